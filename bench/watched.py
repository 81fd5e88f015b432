"""The service as anybody starts it, with a scheduler that notes when each round begins and ends.

usage: python bench/watched.py NOTES [what ``netmon`` is told]
NOTES gets a line for each round: the check's id, its interval in seconds, and the monotonic seconds of its first call
of a probe and of its observation. :func:`delays` holds them against the turns of the checks.
"""

from __future__ import annotations

import bisect
import contextlib
import sys
import time
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from netmon.cli import main, service
from netmon.model import Check, Observation
from netmon.probes import Probe
from netmon.scheduler import Scheduler, first_turn


class Round(NamedTuple):
    """One round; moments are monotonic seconds."""

    check: str
    interval: int
    begun: float
    ended: float


# -- noting -------------------------------------------------------------------------------------------


def _watched(notes: TextIO) -> type[Scheduler]:
    class Watched(Scheduler):
        """Puts a note beside each call of a probe and of the sink."""

        def __init__(self, *, probes: Mapping[str, Probe], sink: Callable[[Observation], None], **more: Any) -> None:
            begun: dict[str, float] = {}

            def noting(probe: Probe) -> Probe:
                async def call(check: Check) -> Observation:
                    begun.setdefault(check.id, time.monotonic())
                    return await probe(check)

                return call

            def noted(seen: Observation) -> None:
                sink(seen)
                now, check = time.monotonic(), seen.check
                notes.write(f"{check.id} {check.interval} {begun.pop(check.id, now):.4f} {now:.4f}\n")

            super().__init__(probes={name: noting(probe) for name, probe in probes.items()}, sink=noted, **more)

    return Watched


def _run() -> int:
    with Path(sys.argv[1]).open("w", encoding="ascii") as notes, contextlib.suppress(SystemExit):
        service.Scheduler = _watched(notes)  # type: ignore[attr-defined]
        return main(sys.argv[2:])
    return 2


# -- reading the notes --------------------------------------------------------------------------------


def rounds_of(notes: Path, leave_out: Container[str] = ()) -> dict[str, list[Round]]:
    """Give the rounds by their check, in order of time, without those of some devices."""
    found: dict[str, list[Round]] = {}
    for line in notes.read_text(encoding="ascii").splitlines():
        check, interval, begun, ended = line.split()
        if check.partition("/")[0] not in leave_out:
            found.setdefault(check, []).append(Round(check, int(interval), float(begun), float(ended)))
    return found


@dataclass(frozen=True, slots=True)
class Delays:
    """Of the rounds of some time, sorted, in seconds: how late they began, and from their turn to their observation."""

    begun: list[float]
    seen: list[float]


def share(values: list[float], part: float) -> float:
    """Give the value that this part of sorted ones does not exceed."""
    return values[min(int(len(values) * part), len(values) - 1)]


def delays(rounds: Mapping[str, list[Round]], since: float, until: float) -> Delays:
    """Give the delays of all turns between two moments (monotonic seconds).

    Raises:
        RuntimeError: A turn had no round, although the service ran on.
    """
    both = [each for one in rounds.values() for each in _turns(one, since, until)]
    return Delays(sorted(begun for begun, _ in both), sorted(seen for _, seen in both))


def _turns(rounds: list[Round], since: float, until: float) -> Iterator[tuple[float, float]]:
    """Give both delays of each turn of a check: of the first round that ended after it.

    A look out of turn that still runs serves as the turn's round, as the scheduler has it.
    """
    ends = [one.ended for one in rounds]
    name, interval = rounds[0].check, rounds[0].interval
    turn = first_turn(name, interval, since)
    while turn < until:
        place = bisect.bisect_left(ends, turn)
        if place == len(ends):
            raise RuntimeError(f"{name}: no round after its turn, although the service ran on")
        yield max(0.0, rounds[place].begun - turn), ends[place] - turn
        turn += interval


if __name__ == "__main__":
    sys.exit(_run())
