"""What grows with the city and the month: loading an inventory, writing history, a month's report.

usage: python bench/months.py [--quick]
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

import cities
from measuring import NETMON, Row, main, middle, run

from netmon.history import History
from netmon.inventory import load
from netmon.model import Inventory, Outcome, reach_seconds

_START, _END = 1793466000, 1796058000  # November 2026 in Asia/Jakarta
_INTERVAL = 30
_COMMAND = "python bench/months.py"


def _loading(folder: Path, devices: int, turns: int) -> Row:
    cities.write(folder, devices)
    used = [run(NETMON, "check", "--inventory", folder) for _ in range(turns)]
    took, most = middle(one.cpu for one in used), max(one.peak for one in used)
    return Row(
        f"inventory of {devices:,} devices, `netmon check`", f"{took:.1f} s CPU, {most:.0f} MB", command=_COMMAND
    )


def _objects(inventory: Inventory) -> list[tuple[str, str]]:
    kinds = (("device", inventory.devices), ("site", inventory.sites), ("uplink", inventory.uplinks))
    return [(kind, name) for kind, things in kinds for name in things]


def _month(city: Path, data: Path, devices: int, outages: int) -> None:
    """Write a month's history in which each device has so many outages at random."""
    chance = random.Random(1)
    loaded = load(city)
    reach = reach_seconds(_INTERVAL)
    with History.open(data) as history:
        history.accept(loaded.inventory.revision, loaded.files, _objects(loaded.inventory), _START - 86400)
        for name in cities.ids(devices):
            at = _START
            for turn in [*sorted(chance.sample(range(_START, _END, _INTERVAL), 2 * outages)), _END]:
                down = at != _START and chance.random() < 0.5
                # An observation at each end of a stretch, and what lies between is the same: as 30 s apart.
                for moment in range(at, turn, reach):
                    history.observe(name, moment, Outcome.DOWN if down else Outcome.UP, reach)
                at = turn
        history.commit(_END)


def _reporting(folder: Path, devices: int, turns: int, outages: int) -> Row:
    city, data, out = folder / "city", folder / "data", folder / "report.json"
    cities.write(city, devices)
    _month(city, data, devices, outages)
    report: list[str | Path] = [
        NETMON,
        "report",
        "--data",
        data,
        "--inventory",
        city,
        "--month",
        "2026-11",
        "--out",
        out,
    ]
    used = [run(*report) for _ in range(turns)]
    took, most = middle(one.cpu for one in used), max(one.peak for one in used)
    size = (data / "history.sqlite").stat().st_size / 1e6
    what = f"a month's JSON report of {devices:,} devices from history, {outages} changes each"
    return Row(what, f"{took:.1f} s CPU, {most:.0f} MB (history {size:.1f} MB)", command=_COMMAND)


def _committing(folder: Path, devices: int, rounds: int) -> list[Row]:
    """Observe a round and write it, again and again: nothing changes, then one in a hundred does."""
    rows = []
    with History.open(folder / "commits") as history:
        at, names = _START, cities.ids(devices)
        for share in (0.0, 0.01):
            cpu, wall, observed = [], [], []
            for number in range(rounds):
                at += _INTERVAL
                changed = {name for place, name in enumerate(names) if place % 100 == number % 100} if share else set()
                began = time.process_time()
                for name in names:
                    history.observe(name, at, Outcome.DOWN if name in changed else Outcome.UP, 75)
                observed.append(time.process_time() - began)
                began, clock = time.process_time(), time.perf_counter()
                history.commit(at)
                cpu.append(time.process_time() - began)
                wall.append(time.perf_counter() - clock)
            figures = (
                f"{middle(observed) * 1000:.1f} ms to observe, {middle(cpu) * 1000:.1f} ms CPU to commit "
                f"({middle(wall) * 1000:.1f} ms by the clock, synced to disk)"
            )
            rows.append(
                Row(f"history of a round of {devices:,} devices, {share:.0%} changed", figures, command=_COMMAND)
            )
    return rows


def measure(quick: bool) -> list[Row]:
    """Measure all three."""
    os.environ.update(cities.COMMUNITY)
    turns = 1 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            _loading(folder / "loading", 10_000, turns),
            _reporting(folder, 2000, turns, 5 if quick else 20),
            *_committing(folder, 2000, 10 if quick else 50),
        ]


if __name__ == "__main__":
    main(measure, __doc__)
