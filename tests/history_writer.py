"""A program that writes a history until it is killed, and the same stream of observations for its judge.

``python history_writer.py FOLDER SEED START`` prints a number after each commit: how many batches are confirmed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from unittest.mock import patch

from netmon.history import History, hours
from netmon.model import Outcome

OUTCOMES = list(Outcome)


class Seen(NamedTuple):
    """One observation and a value for the hourly figures."""

    key: str
    at: int
    outcome: Outcome
    value: int


def batches(seed: int, start: int) -> Iterator[list[Seen]]:
    """Give rounds of observations for ever: mostly calm, now and then late, repeated, or with a jumping clock."""
    chance, now = Random(seed), start
    while True:
        now += chance.choice([10, 10, 10, 30, 300, 4000, -7])
        batch = []
        for device in range(40):
            if chance.random() < 0.8:
                outcome = Outcome.UP if chance.random() < 0.9 else chance.choice(OUTCOMES)
                at = now + device % 10 - (chance.randrange(200) if chance.random() < 0.1 else 0)
                batch.append(Seen(f"device-{device}", at, outcome, chance.randrange(100)))
        yield batch


def take_in(history: History, batch: list[Seen]) -> None:
    """Give a history one batch."""
    for seen in batch:
        history.observe(seen.key, seen.at, seen.outcome, 75)
        history.add_hourly(seen.key, "wifi_clients", seen.at, seen.value)


def main(folder: str, seed: str, start: str) -> None:
    """Write until killed."""
    # The journal is folded every few dozen commits, so that a kill meets folds too.
    with patch.object(hours, "FOLD", 20_000), History.open(Path(folder)) as history:
        for number, batch in enumerate(batches(int(seed), int(start)), start=1):
            take_in(history, batch)
            history.commit(batch[-1].at)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
