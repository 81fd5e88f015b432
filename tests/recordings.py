"""Recordings of devices read in process, as a first contact would read them, and held against another monitor's values.

For authors of profiles: ``python tests/recordings.py NAME...`` shows what was identified and read, and each
disagreement in the words of the tables in ``tests/recordings/*.yaml``.
"""

from __future__ import annotations

import bisect
import csv
import json
import struct
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from recording_compare import Difference, disagreements, judged
from recording_origins import misplaced
from snmprec import CAPTURES, Records, load

import netmon
from netmon.inventory import load_profiles
from netmon.model import Device, Readings, Role, Secret
from netmon.probes.snmp.contact import Contact, make_contact, values_of
from netmon.probes.snmp.dialogue import Dialogue
from netmon.profiles import (
    Cell,
    Plan,
    Profile,
    ProfileError,
    Rows,
    build,
    gap,
    misfit,
    readings,
    summary,
)
from netmon.snmp.client import SnmpClient, Target

_T = TypeVar("_T")

TABLES = Path(__file__).parent / "recordings"
"""The tables: which profile each recording is, and where netmon differs on purpose."""

DEVICE = Device(id="recorded", role=Role.ACCESS_POINT)


class Instances:
    """Objects by their identifiers; a recording may hold millions."""

    def __init__(self, pairs: Iterable[tuple[str, Cell]]) -> None:
        """Take objects; of one that came twice the later one counts."""
        self.cells = {packed(oid): cell for oid, cell in pairs}

    def __getitem__(self, oid: str) -> Cell:
        """Give one that must be there."""
        return self.cells[packed(oid)]

    def get(self, oid: str) -> Cell:
        """Give one; ``None`` where there is none."""
        return self.cells.get(packed(oid))


class Recording:
    """Everything that a device once gave, in the order of a walk."""

    def __init__(self, records: Records | Iterable[tuple[str, tuple[int, Cell]]]) -> None:
        """Put records in their order; they may come one by one."""
        rows = records.items() if isinstance(records, Mapping) else records
        self.instances = Instances((oid, cell) for oid, (_, cell) in rows)
        self._cells = self.instances.cells
        self._keys = sorted(self._cells)

    def below(self, oid: str, most: int = sys.maxsize) -> dict[str, Cell]:
        """Give what lies below an object, by the rest of its name."""
        key = packed(oid)
        place, size = bisect.bisect_right(self._keys, key), len(key)
        out: dict[str, Cell] = {}
        while place < len(self._keys) and len(out) < most and self._keys[place].startswith(key):
            index = struct.unpack(f">{len(self._keys[place]) // 4 - size // 4}I", self._keys[place][size:])
            out[".".join(map(str, index))] = self._cells[self._keys[place]]
            place += 1
        return out


def packed(oid: str) -> bytes:
    """Write an identifier with four octets a number: these sort as SNMP does."""
    numbers = list(map(int, oid.split(".")))
    return struct.pack(f">{len(numbers)}I", *numbers)


class RecordedDialogue(Dialogue):
    """A conversation with a recording instead of an agent; nothing is sent. It counts what would have been."""

    def __init__(self, recording: Recording) -> None:
        """Speak with a recording."""
        super().__init__(SnmpClient(), Target("127.0.0.1", 161, Secret("recorded")))
        self._recording = recording
        self.packets = 0

    async def get(self, instances: Sequence[str]) -> list[Cell]:
        """Give instances."""
        self.packets += 1
        return [self._recording.instances.get(oid) for oid in instances]

    async def first_below(self, oids: Sequence[str]) -> dict[str, Cell]:
        """Give the first object below each of some."""
        self.packets += 1
        return {oid: next(iter(self._recording.below(oid, 1).values()), None) for oid in oids}

    async def columns(self, columns: Sequence[str]) -> dict[str, Rows]:
        """Give columns."""
        out: dict[str, Rows] = {column: self._recording.below(column) for column in columns}
        rows = max(map(len, out.values()))
        self.packets += rows // self.target.max_repetitions + 1 if self.target.speaks_bulk else rows + 1
        return out


@dataclass(frozen=True)
class Found:
    """What a first contact with a recording found; ``packets`` are those that it would have taken."""

    contact: Contact
    read: Readings
    summary: dict[str, Any]
    packets: int

    @property
    def plan(self) -> Plan:
        """The plan that was made."""
        return self.contact.plan


@lru_cache(maxsize=8)
def recording(name: str) -> Recording:
    """Load a recording; a few are kept."""
    return Recording(load(name))


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, Profile]:
    """Give netmon's profiles."""
    return build(load_profiles())


def find(recorded: Recording, known: Mapping[str, Profile]) -> Found:
    """Make a first contact with a recording."""
    dialogue = RecordedDialogue(recorded)
    contact = _done(make_contact(dialogue, known, DEVICE))
    plan, answers = contact.plan, contact.answers
    ticks = answers.cells.get(plan.uptime)
    read = readings(plan, values_of(plan, answers))
    told = summary(plan, read, contact.access_points, uptime=ticks / 100 if isinstance(ticks, int) else None)
    return Found(contact, read, told, dialogue.packets)


def read_recording(name: str) -> dict[str, Any]:
    """Give the structure of ``netmon probe --json`` for a recording."""
    return find(recording(name), profiles()).summary


def expected_of(name: str) -> dict[str, Any]:
    """Give what another monitor read from a recording."""
    given: dict[str, Any] = json.loads((CAPTURES / f"{name}.expected.json").read_text(encoding="utf-8"))
    return given


def _done(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Finish a coroutine that waits for nothing; inside of a running loop too."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: _T = end.value
        return result
    raise AssertionError("it waits")


def index() -> dict[str, dict[str, str]]:
    """Give the list of all recordings: os, vendor, tier by name."""
    with (CAPTURES / "index.tsv").open(encoding="utf-8", newline="") as lines:
        return {row["name"]: row for row in csv.DictReader(lines, delimiter="\t")}


@dataclass(frozen=True)
class Entry:
    """A recording's entry in a table: its profile, and the reasons of differences by selector."""

    family: str
    name: str
    profile: str
    differs: Mapping[str, str]


def entries(path: Path) -> list[Entry]:
    """Read one table.

    Raises:
        ValueError: An entry has no profile, an unknown key, or a difference without a reason.
    """
    out = []
    for name, told in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
        if (
            not isinstance(told, dict)
            or not isinstance(told.get("profile"), str)
            or told.keys() - {"profile", "differs"}
        ):
            raise ValueError(f"{path.name}: {name}: needs profile, and may have differs")
        differs = told.get("differs") or {}
        if not all(isinstance(reason, str) and reason for reason in differs.values()):
            raise ValueError(f"{path.name}: {name}: each difference needs its reason")
        out.append(Entry(path.stem, str(name), told["profile"], differs))
    return out


@lru_cache(maxsize=1)
def tables() -> tuple[Entry, ...]:
    """Read all tables, in the order of their names."""
    return tuple(entry for path in sorted(TABLES.glob("*.yaml")) for entry in entries(path))


def problems(entry: Entry) -> list[str]:
    """Say what about a recording is not as its table's entry says; empty where all is."""
    found = find(recording(entry.name), profiles())
    out = [f"cannot be read: {gone}" for gone in found.contact.missing]
    if found.plan.profile != entry.profile:
        out.append(f"is {found.plan.profile}, not {entry.profile}")
    values = values_of(found.plan, found.contact.answers)
    if amiss := misfit(found.plan, values) or gap(found.plan, values):
        out.append(f"its plan does not fit itself: {amiss}")
    return out + judged(differing(entry.name, found), entry.differs)


def differing(name: str, found: Found) -> list[Difference]:
    """List where netmon and the other monitor differ."""
    expected = expected_of(name)
    out = disagreements(found.summary, expected, recording(name).instances)
    told = {each.selector for each in out}
    misfits = misplaced(found.plan, found.contact.answers, expected)
    return out + [each for each in misfits if each.selector not in told]


def sound_profiles(say: Callable[[str], object]) -> Mapping[str, Profile]:
    """Give netmon's profiles without those that have mistakes, which are told: authors write several at once."""
    raw: dict[str, Any] = {}
    for path in sorted(Path(netmon.__file__).parent.glob("profiles/*.yaml")):
        try:
            raw[path.stem] = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as mistake:
            say(f"left out: {path.name}: {mistake}\n")
    while True:
        try:
            return build(raw)
        except ProfileError as mistake:
            say(f"left out: {'.'.join(map(str, mistake.path))}: {mistake.message}\n")
            if not mistake.path or str(mistake.path[0]) not in raw:
                raise
            del raw[str(mistake.path[0])]


def sound_tables(say: Callable[[str], object]) -> Mapping[str, Entry]:
    """Give the entries of all tables by name; a table that has a mistake is told and left out."""
    out: dict[str, Entry] = {}
    for path in sorted(TABLES.glob("*.yaml")):
        try:
            out |= {entry.name: entry for entry in entries(path)}
        except (yaml.YAMLError, ValueError) as mistake:
            say(f"left out: {path.name}: {mistake}\n")
    return out


def without_boot(told: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what depends on the time of day."""
    return {**told, "system": {key: value for key, value in told["system"].items() if key != "boot_timestamp_seconds"}}


if __name__ == "__main__":
    from recording_cli import main  # it imports this file

    sys.exit(main(sys.argv[1:]))
