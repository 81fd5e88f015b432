"""From a profile and what a device gave at the first contact to its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from netmon.measures import VALUE_LIMIT, clean, series
from netmon.model import Device, Series
from netmon.profiles.asking import absolute, columns_of, side_by_side
from netmon.profiles.filling import Filler, Term, bounded, bounded_term
from netmon.profiles.plan import Answers, Interface, Plan, Vouchers
from netmon.profiles.terms import Making
from netmon.profiles.texts import hold, identity_of, root_of
from netmon.profiles.transforms import Cell, Transform, text_of
from netmon.profiles.wan import wan_of
from netmon.profiles.words import (
    SYS_UP_TIME,
    Constant,
    Entry,
    FirstOf,
    Get,
    Profile,
    Source,
    Table,
)

_IF_ALIAS: Final = "1.3.6.1.2.1.31.1.1.1.18"  # IF-MIB::ifAlias
_LONGEST_VOUCHER: Final = 256  # bytes; a longer name is not fetched again and again


def make_plan(profile: Profile, device: Device, answers: Answers) -> Plan:
    """Make the plan of a device from what it gave for :func:`~netmon.profiles.asking.needs`."""
    draft = _Draft(profile, device, answers)
    uptime = _uptime(profile, answers)
    for table in profile.tables:
        draft.watch(table)
    for table in profile.tables:
        draft.table(table)
    for entry in profile.scalars:
        draft.entry(entry, {}, "")
    draft.wan()
    groups = [(entry.measure, made) for entry in profile.groups if (made := draft.making.grouped(entry.source))]
    return Plan(
        profile=profile.name,
        device=device,
        identity=identity_of(profile, answers),
        uptime=uptime,
        requests=draft.making.requests.requests(uptime, profile.varbinds()),
        expected=Vouchers(draft.expected),
        watched=Vouchers(draft.watched),
        volatile=side_by_side(draft.making.volatile),
        filler=Filler(device, draft.direct, draft.computed, groups, draft.constants),
        interfaces=draft.interfaces,
    )


def _uptime(profile: Profile, answers: Answers) -> str:
    """Name the instance of sysUpTime; empty where the device has none."""
    said = profile.system.get("uptime")
    oid = said.oid if isinstance(said, Get) else SYS_UP_TIME
    return oid if isinstance(answers.cells.get(oid), int) else ""


class _Draft:
    """The lists of a plan while they grow."""

    def __init__(self, profile: Profile, device: Device, answers: Answers) -> None:
        self.device = device
        self.answers = answers
        self.making = Making(answers, root_of(profile, answers))
        self.expected: dict[int, Cell] = {}
        self.watched: dict[int, Cell] = {}
        self.direct: list[tuple[Series, int, Transform]] = []
        self.computed: list[tuple[Series, Term]] = []
        self.constants: list[tuple[Series, float]] = []
        self.interfaces: dict[str, Interface] = {}
        self._made: set[Series] = set()
        self._labels: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}

    def watch(self, table: Table) -> None:
        for oid in table.watch:
            instance = absolute(oid, self.making.texts.root)
            cell = self.answers.cells.get(instance)
            if cell is not None and not isinstance(cell, float):
                self.watched[self.making.requests.slot(instance)] = cell

    def table(self, table: Table) -> None:
        texts = self.making.texts
        rows = list(self._rows(table))
        names = told_apart((clean(texts.text(table.key_source, index)) or index, index) for index in rows)
        for index, name in zip(rows, names, strict=True):
            self.making.requests.begin_row()
            before = len(self.direct) + len(self.computed)
            labels = {table.key: name, **{label: texts.text(source, index) for label, source in table.labels}}
            for entry in table.columns:
                if texts.applies(entry, index):
                    self.entry(entry, labels, index)
            if len(self.direct) + len(self.computed) > before:
                self._vouch(texts.origin(table.key_source, index), index)
                self._vouch(Get(table.vouch) if table.vouch else None, index)
            self.making.requests.end_row()
            if table.name == "interfaces":  # others with such a key have indexes of their own
                self.interfaces[name] = self._interface(table, index)

    def _rows(self, table: Table) -> Iterator[str]:
        """Give the indexes of a table's rows in their order: every row in which some column has a cell.

        The key's column is one of them where it stands in the same table, not where it is looked up in another.
        """
        root = self.making.texts.root
        columns = [column for entry in table.columns for column in columns_of(entry.source)]
        own = {column.rpartition(".")[0] for column in columns}
        keys = list(columns_of(table.key_source))
        columns += [column for column in keys if column.rpartition(".")[0] in own] if columns else keys
        indexes = {index for column in columns for index in self.answers.rows(absolute(column, root))}
        for index in sorted(indexes, key=lambda text: tuple(map(int, text.split(".")))):
            if hold(table.where, self.answers.columns, index, root):
                yield index

    def _vouch(self, get: Get | None, index: str) -> None:
        """Want the cell that must stay what it is while the plan holds."""
        cell = self.making.texts.cell(get, index) if get else None
        # A fraction is no name, and what is not a number is never what it was.
        if get and cell is not None and not isinstance(cell, float) and len(text_of(cell)) <= _LONGEST_VOUCHER:
            self.expected[self.making.requests.slot(self.making.texts.place(get, index))] = cell

    def _interface(self, table: Table, index: str) -> Interface:
        origin = self.making.texts.origin(table.key_source, index)
        alias = clean(text_of(self.answers.rows(_IF_ALIAS).get(index)))
        if origin is None:
            return Interface(index, alias)
        return Interface(index, alias, self.making.texts.place(origin, index), self.making.texts.cell(origin, index))

    def entry(self, entry: Entry, given: Mapping[str, str], index: str) -> None:
        """Add a measure to the plan, if the device gives it."""
        texts = self.making.texts
        labels = {**given, **{label: texts.text(source, index) for label, source in entry.labels}}
        made = self._shared(series(entry.measure, self.device, labels))
        source: Source | None = entry.source
        while isinstance(source, FirstOf):
            source = self.making.first(source, index)
        if source is None or made in self._made:
            return
        if isinstance(source, Constant):
            self.constants.append((made, source.value))
        elif isinstance(source, Get):
            wanted = self.making.cell(source, index)
            if wanted is None:
                return
            slot, convert = wanted
            self.direct.append((made, slot, bounded(entry.measure, convert)))
        else:
            term = self.making.term(source, index)
            if term is None:
                return
            self.computed.append((made, bounded_term(entry.measure, term)))
        self._made.add(made)

    def wan(self) -> None:
        """Say which port leads to the provider, and have it looked for anew when the route moves."""
        found = wan_of(self.device.wan, self.interfaces, self.answers) if self.device.wan else None
        if found is None:
            return
        self.constants.append((series("interface_wan", self.device, {"interface": found.interface}), 1))
        if found.instance:
            self.watched[self.making.requests.slot(found.instance)] = found.cell

    def _shared(self, made: Series) -> Series:
        """Let the series of one row hold the same labels: a city has as many as series otherwise."""
        labels = self._labels.setdefault(made.labels, made.labels)
        return made if labels is made.labels else Series(made.measure, labels)


def told_apart(named: Iterable[tuple[str, str]]) -> list[str]:
    """Give each (name, index) a name of its own: where a name is not the only one of its kind, the index follows it."""
    rows = [(name, _mark(index)) for name, index in named]
    names = [name for name, _ in rows]
    while len(set(names)) < len(names):
        count = Counter(names)
        names = [
            f"{name[: VALUE_LIMIT - len(mark) - 1]}#{mark}" if count[name] > 1 else name
            for name, (_, mark) in zip(names, rows, strict=True)
        ]
    return names


def _mark(index: str) -> str:
    """Give what tells a row apart: its index, or a digest of one that would leave no room for the name."""
    return index if len(index) <= VALUE_LIMIT // 2 else sha256(index.encode()).hexdigest()[:32]
