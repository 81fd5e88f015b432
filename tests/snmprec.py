"""Recordings of devices (``.snmprec``: one ``oid|tag|value`` a line) as answers, for tests."""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from snmp_agents import Respond, reply

from netmon.profiles import Answers, Cell, Needs
from netmon.snmp import wire
from netmon.snmp.wire import Message, VarBind

CAPTURES = Path(os.environ.get("NETMON_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data" / "captures"
"""Where recordings lie when they are there; they are no part of this repository."""

needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recordings in {CAPTURES} (set NETMON_SHARED)")

Records = dict[str, tuple[int, Cell]]
"""Tag and value by dotted identifier."""


def load(name: str) -> Records:
    """Read a recording; a line that is none, or whose value does not fit its tag, is left out."""
    with (CAPTURES / f"{name}.snmprec").open("rb") as lines:
        return dict(records(lines))


def read(recorded: bytes) -> Records:
    """Read a whole recording."""
    return dict(records(recorded.split(b"\n")))


def records(lines: Iterable[bytes]) -> Iterator[tuple[str, tuple[int, Cell]]]:
    """Read a recording's lines; only line feeds end one, whatever control characters a value has."""
    for line in lines:
        oid, _, rest = line.decode("latin-1").rstrip("\r\n").partition("|")
        kind, bar, value = rest.partition("|")
        if bar and oid[:1].isdigit():
            try:
                yield oid, _record(kind, value)
            except ValueError:
                continue


def _record(kind: str, value: str) -> tuple[int, Cell]:
    tag = int(kind.rstrip("xe:nurmi") or 0)
    if kind.endswith("x"):
        return tag, bytes.fromhex(value)
    if tag in {2, 65, 66, 67, 70}:
        return tag, int(value)
    if tag == 6:
        return tag, value.strip(".")
    if tag == 5:
        return tag, None
    if tag == 64:
        return tag, bytes(map(int, value.split(".")))
    return tag, value.encode("latin-1")


def answers(records: Records, asked: Needs) -> Answers:
    """Give what a device that is this recording would give for a profile's needs."""
    columns: dict[str, dict[str, Cell]] = {column: {} for group in asked.columns for column in group}
    for oid, (_, cell) in records.items():
        parts = oid.split(".")
        for cut in range(7, len(parts)):
            column = ".".join(parts[:cut])
            if column in columns:
                columns[column][".".join(parts[cut:])] = cell
    return Answers({oid: records[oid][1] for oid in asked.instances if oid in records}, columns)


def responding(records: Mapping[str, tuple[int, Cell]]) -> Respond:
    """Give an agent that answers (v1 and v2c) from these records; whoever changes them changes the device.

    A write to ``records`` is seen at once, also a new or a vanished object.
    """
    store = _Store(records)

    def respond(question: Message) -> Message:
        asked = [name for name, _, _ in question.varbinds]
        if question.pdu_type == wire.GET:
            binds = [store.bind(wire.decode_oid(name)) for name in asked]
        else:
            binds = list(store.rows(asked, 1 if question.pdu_type == wire.GET_NEXT else question.error_index))
        missing = [place for place, (_, tag, _) in enumerate(binds, 1) if tag >= wire.NO_SUCH_OBJECT]
        if question.version == wire.VERSION_1 and missing:
            return reply(question, status=wire.NO_SUCH_NAME, index=missing[0])
        return reply(question, binds)

    return respond


class _Store:
    """Records in the order of SNMP."""

    def __init__(self, records: Mapping[str, tuple[int, Cell]]) -> None:
        self._records = records
        self._keys: list[tuple[int, ...]] = []
        self._names: list[str] = []

    def bind(self, oid: str) -> VarBind:
        tag, cell = self._records.get(oid, (wire.NO_SUCH_INSTANCE, None))
        value = wire.encode_oid(cell or "0.0") if isinstance(cell, str) else cell
        return wire.encode_oid(oid), tag, value

    def rows(self, asked: list[bytes], count: int) -> Iterator[VarBind]:
        if set(self._names) != set(self._records):
            self._keys = sorted(tuple(map(int, oid.split("."))) for oid in self._records)
            self._names = [".".join(map(str, key)) for key in self._keys]
        for _ in range(count):
            for column, name in enumerate(asked):
                place = bisect.bisect_right(self._keys, tuple(map(int, wire.decode_oid(name).split("."))))
                if place == len(self._names):
                    yield name, wire.END_OF_MIB_VIEW, None
                else:
                    yield (bind := self.bind(self._names[place]))
                    asked[column] = bind[0]
