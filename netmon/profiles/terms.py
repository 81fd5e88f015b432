"""From the sources of a profile to functions of a poll's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from netmon.profiles.asking import absolute, named
from netmon.profiles.filling import Grouped, Rows, Term, Values
from netmon.profiles.plan import (
    Answers,
    Requests,
    added,
    as_term,
    averaged,
    divided,
    used,
)
from netmon.profiles.texts import LONGEST_TEXT, Texts, first_row, hold, text_in
from netmon.profiles.transforms import TRANSFORMS, Cell, Transform, number, text_of
from netmon.profiles.words import Add, Aggregate, Constant, First, FirstOf, Get, Ratio, Source


@lru_cache(1024)  # a profile says few things of many cells: a city's plans share them
def converter(get: Get) -> Transform:
    """Make the function from a cell to the measure's number."""
    steps: list[Transform] = [TRANSFORMS[name] for name in get.transforms]
    meanings = dict(get.map)

    def convert(cell: Cell) -> float | None:
        if get.pattern and cell is not None:
            found = re.search(get.pattern, text_of(cell)[:LONGEST_TEXT])
            cell = (found[1] if found.re.groups else found[0]).encode() if found else None
        if get.unknown and text_of(cell) in get.unknown:
            return None
        if get.equals is not None:
            return None if cell is None else int((cell if isinstance(get.equals, int) else text_of(cell)) == get.equals)
        value: Cell = meanings.get(text_of(cell)) if meanings else cell
        for step in steps:
            value = step(value)
        return None if get.nonzero and not value else number(value)

    return _quick(get, steps) or convert


def _quick(get: Get, steps: Sequence[Transform]) -> Transform | None:
    """Give the shortest way to a number where a profile says little of a cell, as of nearly all; else ``None``."""
    wanted = get.equals
    said = replace(get, oid="", index=None)
    if said == Get("", transforms=get.transforms) and len(steps) <= 1:
        return steps[0] if steps else number
    if isinstance(wanted, int) and said == Get("", equals=wanted):
        return lambda cell: None if cell is None else int(cell == wanted)
    return None


class Making:
    """One plan in the making."""

    def __init__(self, answers: Answers, root: str) -> None:
        """Begin with nothing wanted."""
        self.texts = Texts(answers, root)
        self.answers = answers
        self.requests = Requests(answers)
        self.volatile: dict[str, None] = {}
        self._known_of: dict[Aggregate, bool] = {}
        self._sorted: dict[Aggregate, dict[str, list[str]]] = {}
        self._shares: dict[Aggregate, _Shares] = {}

    def cell(self, get: Get, index: str) -> tuple[int, Transform] | None:
        """Want one cell; ``None`` where the device has none."""
        if self.texts.cell(get, index) is None:
            return None
        return self.requests.slot(self.texts.place(get, index)), converter(get)

    def term(self, source: Source, index: str = "") -> Term | None:
        """Make the term of a source; ``None`` where the device gives nothing for it."""
        match source:
            case Get() if wanted := self.cell(source, index):
                return as_term(*wanted)
            case Constant(value=value):
                return lambda _: value
            case FirstOf() if chosen := self.first(source, index):
                return self.term(chosen, index)
            case Add(sources=several) if terms := [term for one in several if (term := self.term(one, index))]:
                return added(terms)
            case Ratio() | Aggregate() | First():
                return self._computed(source, index)
        return None

    def _computed(self, source: Ratio | Aggregate | First, index: str) -> Term | None:
        if isinstance(source, First):
            row = first_row(self.answers.columns, source, self.texts.root)
            return self.term(source.get, row) if row else None
        return self._ratio(source, index) if isinstance(source, Ratio) else self._aggregate(source, index)

    def first(self, several: FirstOf, index: str) -> Source | None:
        """Choose the first source that says something now, else the first that the device has at all."""
        given = [one for one in several.sources if self._gives(one, index)]
        saying = [one for one in given if not isinstance(one, Get | Ratio) or self._says(one, index)]
        return next(iter(saying or given), None)

    def _says(self, source: Get | Ratio, index: str) -> bool:
        """Say whether a source gives a number of what was just read."""
        if isinstance(source, Get):
            return converter(source)(self.texts.cell(source, index)) is not None
        trial = Making(self.answers, self.texts.root)
        term = trial.term(source, index)
        return term is not None and term(trial.requests.values()) is not None

    def _gives(self, source: Source | None, index: str) -> bool:
        match source:
            case Get():
                return self.texts.cell(source, index) is not None
            case FirstOf(sources=several) | Add(sources=several):
                return any(self._gives(one, index) for one in several)
            case Ratio(part=part, whole=whole, free=free):
                return self._gives(whole, index) and any(self._gives(one, index) for one in (part, *free) if one)
            case Aggregate():
                return self._has(source)
            case First():
                return bool(first_row(self.answers.columns, source, self.texts.root))
            case _:
                return source is not None

    def _has(self, aggregate: Aggregate) -> bool:
        """Say whether a device has what is aggregated: rows, or another column that says that there could be some."""
        if aggregate not in self._known_of:
            self._known_of[aggregate] = self._is_there(aggregate)
        return self._known_of[aggregate]

    def _is_there(self, aggregate: Aggregate) -> bool:
        if aggregate.unless and self._rows(aggregate.unless):
            return False
        rows = self._rows(aggregate.column)
        if aggregate.where:
            rows = {index: cell for index, cell in rows.items() if self._holds(aggregate, index)}
        if rows or (aggregate.how == "count" and not aggregate.exists):
            return True
        return bool(aggregate.exists and self._rows(aggregate.exists))

    def _holds(self, aggregate: Aggregate, index: str) -> bool:
        return hold(aggregate.where, self.answers.columns, index, self.texts.root)

    def _rows(self, column: str) -> Rows:
        return self.answers.rows(absolute(column, self.texts.root))

    def _ratio(self, ratio: Ratio, index: str) -> Term | None:
        if not self._gives(ratio, index):
            return None
        whole = self.term(ratio.whole, index)
        above = self.term(ratio.part or Add(ratio.free), index)
        if not whole or not above:
            return None
        return divided(above, whole) if ratio.part else used(whole, above)

    def _aggregate(self, aggregate: Aggregate, index: str) -> Term | None:
        if not self._has(aggregate):
            return None
        own = self.texts.text(aggregate.matches, index) if aggregate.matches else None
        if own == "":
            return None  # a row that does not say who it is has no rows of its own: those that say nothing are not its
        if aggregate.volatile:
            return self._walked(aggregate, own)
        if aggregate not in self._sorted:
            self._sorted[aggregate] = self._sort(aggregate)
        cells = [self.cell(aggregate.cell(), row) for row in self._sorted[aggregate].get(own or "", ())]
        terms = [as_term(*cell) for cell in cells if cell]
        if aggregate.how == "mean":
            return averaged(terms) if terms else None
        return added(terms)

    def _sort(self, aggregate: Aggregate) -> dict[str, list[str]]:
        """Put an aggregate's rows together that belong to one row of a table; all of them where it has no such."""
        by = aggregate.by or aggregate.cell()
        out: dict[str, list[str]] = {}
        for row in self._rows(aggregate.column):
            if self._holds(aggregate, row):
                out.setdefault(self.texts.text(by, row) if aggregate.matches else "", []).append(row)
        return out

    def _walked(self, aggregate: Aggregate, own: str | None) -> Term:
        """Make the term of a column whose rows come and go: ``own`` is the text that a row must hold, if any."""
        shares = self._shares.get(aggregate)
        if shares is None:
            self._walk_beside(aggregate, aggregate.by or Get(aggregate.column))
            shares = self._shares[aggregate] = _Shares(aggregate, self.walk(aggregate.column), self.texts.root)
        return shares.term(own)

    def _walk_beside(self, aggregate: Aggregate, by: Source) -> None:
        """Want walked each time what tells which rows of a column are meant."""
        for where in aggregate.where:
            self.walk(where.column)
        for oid, _ in named((by,), in_table=True):
            self.walk(oid)

    def walk(self, column: str) -> str:
        """Want a column walked each time; gives its whole name."""
        column = absolute(column, self.texts.root)
        self.volatile[column] = None
        return column

    # -- groups ----------------------------------------------------------------------------------------

    def grouped(self, source: Source) -> Grouped | None:
        """Make a group's function: from a poll's values to one number for each text; ``None``: there is no such."""
        match source:
            case Aggregate(by=by) if by is not None:
                return self._group(source, by) if self._has(source) else None
            case FirstOf(sources=several):
                return next((made for one in several if (made := self.grouped(one))), None)
            case Add(sources=several):
                parts = [made for one in several if (made := self.grouped(one))]
                return _united(parts) if parts else None
            case _:
                return None

    def _group(self, aggregate: Aggregate, by: Source) -> Grouped:
        known = self._known(aggregate.known) if aggregate.known else []
        if aggregate.volatile:
            return self._walked_group(aggregate, by, known)
        cells = [
            (self.texts.text(by, row), as_term(*cell))
            for row in self._rows(aggregate.column)
            if self._holds(aggregate, row) and (cell := self.cell(aggregate.cell(), row))
        ]

        def split(values: Values) -> dict[str, float] | None:
            out: dict[str, float] = dict.fromkeys(known, 0)
            for text, term in cells:
                value = term(values)
                if value is None:
                    return None
                if text:
                    out[text] = out.get(text, 0) + value
            return out

        return split

    def _known(self, source: Source) -> list[str]:
        """Give the texts that a group has even where nothing is counted."""
        rows = dict.fromkeys(index for oid, _ in named((source,), in_table=True) for index in self._rows(oid))
        return [text for index in rows if (text := self.texts.text(source, index))]

    def _walked_group(self, aggregate: Aggregate, by: Source, known: list[str]) -> Grouped:
        column, root = self.walk(aggregate.column), self.texts.root
        convert = converter(aggregate.cell())
        self._walk_beside(aggregate, by)

        def split(values: Values) -> dict[str, float] | None:
            rows = values.columns.get(column)
            if rows is None:
                return None
            out: dict[str, float] = dict.fromkeys(known, 0)
            for row, cell in rows.items():
                text = text_in(values.columns, by, row, root)
                value = 1 if aggregate.how == "count" else convert(cell)
                if text and value is not None and hold(aggregate.where, values.columns, row, root):
                    out[text] = out.get(text, 0) + value
            return out

        return split


class _Shares:
    """A walked column's numbers by the text in their rows: sorted once a poll for all rows that have a share of them.

    A controller has a thousand radios and five thousand clients: each radio must not look through all of them.
    """

    def __init__(self, aggregate: Aggregate, column: str, root: str) -> None:
        self._aggregate = aggregate
        self._column = column
        self._root = root
        self._by = aggregate.by or Get(aggregate.column)
        self._convert = converter(aggregate.cell())
        self._terms = 0
        self._left = 0
        self._columns: Mapping[str, Rows] | None = None
        self._numbers: dict[str, float | None] | None = None
        self._nothing = self._number([])

    def term(self, own: str | None) -> Term:
        """Make the term of the rows that hold this text; ``None``: of all."""
        self._terms += 1

        def share(values: Values) -> float | None:
            numbers = self._of(values.columns)
            return None if numbers is None else numbers.get(own or "", self._nothing)

        return share

    def _of(self, columns: Mapping[str, Rows]) -> dict[str, float | None] | None:
        """Sort what was walked, kept until the last term has asked for its share: then nobody needs it any longer."""
        if self._columns is not columns:
            self._columns, self._numbers, self._left = columns, self._sort(columns), self._terms
        numbers = self._numbers
        self._left -= 1
        if self._left <= 0:
            self._columns = self._numbers = None
        return numbers

    def _sort(self, columns: Mapping[str, Rows]) -> dict[str, float | None] | None:
        rows = columns.get(self._column)
        if rows is None:
            return None
        is_shared = self._aggregate.matches is not None
        parts: dict[str, list[Cell]] = {}
        for row, cell in rows.items():
            if hold(self._aggregate.where, columns, row, self._root):
                text = text_in(columns, self._by, row, self._root) if is_shared else ""
                parts.setdefault(text, []).append(cell)
        return {text: self._number(cells) for text, cells in parts.items()}

    def _number(self, cells: Sequence[Cell]) -> float | None:
        if self._aggregate.how == "count":
            return len(cells)
        numbers = [value for cell in cells if (value := self._convert(cell)) is not None]
        if self._aggregate.how == "mean":
            return sum(numbers) / len(numbers) if numbers else None
        return sum(numbers)


def _united(parts: Sequence[Grouped]) -> Grouped:
    """Add up groups, text by text; nothing where one of them fails."""

    def split(values: Values) -> dict[str, float] | None:
        out: dict[str, float] = {}
        for part in parts:
            found = part(values)
            if found is None:
                return None
            for text, value in found.items():
                out[text] = out.get(text, 0) + value
        return out

    return split
