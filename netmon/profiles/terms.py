"""From the sources of a profile to functions of a poll's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from netmon.profiles.asking import absolute
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
from netmon.profiles.texts import LONGEST_TEXT, Texts
from netmon.profiles.transforms import TRANSFORMS, Cell, Transform, number, text_of
from netmon.profiles.words import Add, Aggregate, Constant, FirstOf, Get, Ratio, Source, Where


@lru_cache(1024)  # a profile says few things of many cells: a city's plans share them
def converter(get: Get) -> Transform:
    """Make the function from a cell to the measure's number."""
    steps: list[Transform] = [TRANSFORMS[name] for name in get.transforms]

    def convert(cell: Cell) -> float | None:
        if get.pattern and cell is not None:
            found = re.search(get.pattern, text_of(cell)[:LONGEST_TEXT])
            cell = (found[1] if found.re.groups else found[0]).encode() if found else None
        if get.equals is not None:
            return None if cell is None else int((cell if isinstance(get.equals, int) else text_of(cell)) == get.equals)
        value: Cell = cell
        for step in steps:
            value = step(value)
        return None if get.nonzero and not value else number(value)

    return convert if steps or get.pattern or get.equals is not None or get.nonzero else number


def _picked(where: Where | None, rows_of: Mapping[str, Rows], index: str) -> bool:
    return where is None or text_of(rows_of.get(where.column, {}).get(index)) == where.equal


class Making:
    """One plan in the making."""

    def __init__(self, answers: Answers, root: str) -> None:
        """Begin with nothing wanted."""
        self.texts = Texts(answers, root)
        self.answers = answers
        self.requests = Requests(answers)
        self.volatile: dict[str, None] = {}

    def cell(self, get: Get, index: str) -> tuple[int, Transform] | None:
        """Want one cell; ``None`` where the device has none."""
        if self.texts.cell(get, index) is None:
            return None
        return self.requests.slot(self.texts.place(get, index)), converter(get)

    def term(self, source: Source, index: str = "") -> Term | None:
        """Make the term of a source; ``None`` where the device gives nothing for it."""
        match source:
            case Get():
                wanted = self.cell(source, index)
                return as_term(*wanted) if wanted else None
            case Constant(value=value):
                return lambda _: value
            case FirstOf():
                chosen = self.first(source, index)
                return self.term(chosen, index) if chosen else None
            case Add(sources=several):
                terms = [term for one in several if (term := self.term(one, index))]
                return added(terms) if terms else None
            case Ratio():
                return self._ratio(source, index)
            case Aggregate():
                return self._aggregate(source, index)

    def first(self, several: FirstOf, index: str) -> Source | None:
        """Choose the first source that says something now, else the first that the device has at all."""
        given = [one for one in several.sources if self._gives(one, index)]
        saying = [one for one in given if not isinstance(one, Get) or self._says(one, index)]
        return next(iter(saying or given), None)

    def _says(self, get: Get, index: str) -> bool:
        return converter(get)(self.texts.cell(get, index)) is not None

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
            case _:
                return source is not None

    def _has(self, aggregate: Aggregate) -> bool:
        """Say whether a device has what is aggregated: rows, or another column that says that there could be some."""
        if aggregate.unless and self._rows(aggregate.unless):
            return False
        rows = self._rows(aggregate.column)
        if aggregate.where:
            rows = {index: cell for index, cell in rows.items() if self._chosen(aggregate, index)}
        if rows or (aggregate.how == "count" and not aggregate.exists):
            return True
        return bool(aggregate.exists and self._rows(aggregate.exists))

    def _chosen(self, aggregate: Aggregate, index: str) -> bool:
        return _picked(self._where(aggregate), self.answers.columns, index)

    def _where(self, aggregate: Aggregate) -> Where | None:
        where = aggregate.where
        return Where(absolute(where.column, self.texts.root), where.equal) if where else None

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
        if aggregate.volatile:
            return self._walked(aggregate, text_of(self._rows(aggregate.matches).get(index)))
        get = Get(aggregate.column, aggregate.transforms)
        cells = [self.cell(get, row) for row in self._rows(aggregate.column) if self._chosen(aggregate, row)]
        terms = [as_term(*cell) for cell in cells if cell]
        if not terms:
            return lambda _: 0
        return averaged(terms) if aggregate.how == "mean" else added(terms)

    def _walked(self, aggregate: Aggregate, own: str) -> Term:
        """Make the term of a column whose rows come and go: ``own`` is the text that a row must hold, if any."""
        column = self.walk(aggregate.column)
        where = self._where(aggregate)
        if where:
            self.walk(where.column)
        convert = converter(Get(column, aggregate.transforms))

        def over(values: Values) -> float | None:
            rows = values.columns.get(column)
            if rows is None:
                return None
            cells = [cell for row, cell in rows.items() if _picked(where, values.columns, row)]
            if aggregate.matches:
                cells = [cell for cell in cells if text_of(cell) == own]
            if aggregate.how == "count":
                return len(cells)
            numbers = [value for cell in cells if (value := convert(cell)) is not None]
            return sum(numbers) / (max(len(numbers), 1) if aggregate.how == "mean" else 1)

        return over

    def walk(self, column: str) -> str:
        """Want a column walked each time; gives its whole name."""
        column = absolute(column, self.texts.root)
        self.volatile[column] = None
        return column

    # -- groups ----------------------------------------------------------------------------------------

    def grouped(self, source: Source) -> Grouped | None:
        """Make a group's function: from a poll's values to one number for each text."""
        sources = source.sources if isinstance(source, Add) else (source,)
        parts = [self._group(one) for one in sources if isinstance(one, Aggregate) and self._has(one)]
        if not parts:
            return None

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

    def _group(self, aggregate: Aggregate) -> Grouped:
        names = [text_of(cell) for cell in self._rows(aggregate.known).values()] if aggregate.known else []
        known = [name for name in names if name]
        if aggregate.volatile:
            return self._walked_group(aggregate, known)
        get = Get(aggregate.column, aggregate.transforms)
        by = self._rows(aggregate.by)
        cells = [
            (text_of(by.get(row)), as_term(*cell))
            for row in self._rows(aggregate.column)
            if self._chosen(aggregate, row) and (cell := self.cell(get, row))
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

    def _walked_group(self, aggregate: Aggregate, known: list[str]) -> Grouped:
        column, by, where = self.walk(aggregate.column), self.walk(aggregate.by), self._where(aggregate)
        convert = converter(Get(column, aggregate.transforms))
        if where:
            self.walk(where.column)

        def split(values: Values) -> dict[str, float] | None:
            rows, texts = values.columns.get(column), values.columns.get(by)
            if rows is None or texts is None:
                return None
            out: dict[str, float] = dict.fromkeys(known, 0)
            for row, cell in rows.items():
                text = text_of(texts.get(row))
                value = 1 if aggregate.how == "count" else convert(cell)
                if text and value is not None and _picked(where, values.columns, row):
                    out[text] = out.get(text, 0) + value
            return out

        return split
