"""From a poll's values to readings, for the same plan again and again. Pure.

A plan fixes where each cell stands, so that most of the work is done by few steps in C for all cells together: cells
are picked at once, and one look tells whether all of them are the numbers that they should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import inf, isfinite
from operator import is_, itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from netmon.measures import MEASURES, series
from netmon.model import Device, Readings, Series
from netmon.profiles.transforms import Cell, Transform, number

Rows = Mapping[str, Cell]
"""A column's cells by the dotted text of their index, in the order of the walk."""

Pick = Callable[[Sequence[Cell]], tuple[Cell, ...]]

_NUMBERS: Final = frozenset({int, float})
_MOST_TEXTS: Final = 4096


class Values(NamedTuple):
    """What a poll brought: the plan's cells in their order (``None`` for none), and the volatile columns.

    ``failed`` are the slots of requests that had no answer: they say nothing, not even that a row is gone.
    """

    cells: Sequence[Cell]
    columns: Mapping[str, Rows] = MappingProxyType({})
    failed: frozenset[int] = frozenset()


Term = Callable[[Values], float | None]
Grouped = Callable[[Values], dict[str, float] | None]


def picker(slots: Sequence[int]) -> Pick:
    """Make a function that gives the cells of these slots, in their order."""
    if not slots:
        return lambda _: ()
    if len(slots) == 1:
        only = slots[0]
        return lambda cells: (cells[only],)
    pick: Any = itemgetter(*slots)
    return pick  # type: ignore[no-any-return]  # with two or more places it gives a tuple


def _is_told(value: Any) -> bool:
    """Say whether a value is a number: what is not finite was not measured."""
    return isinstance(value, int | float) and isfinite(value)


_BOUNDS: Final = MappingProxyType(
    {
        name: (1 if name == "wifi_radio_channel" else 0, 1 if measure.unit == "ratio" else inf)
        for name, measure in MEASURES.items()
        if measure.unit in {"", "ratio", "hertz", "meters", "bytes_per_second"} and not name.startswith("interface_")
    }
)
"""The least and the most of measures. Those of interfaces, a switch's many, come of transforms that bound them."""


def is_sane(measure: str, value: float) -> bool:
    """Say whether a measure can have this value: finite, no share above 1, nothing counted below 0."""
    least, most = _BOUNDS.get(measure, (-inf, inf))
    return isfinite(value) and least <= value <= most


@lru_cache(4096)  # a city's plans share them, as they share what they bound
def bounded(measure: str, convert: Transform) -> Transform:
    """Let a cell that makes no sane value of its measure give none."""
    if measure not in _BOUNDS:
        return convert

    def bound(cell: Cell) -> float | None:
        value = convert(cell)
        return value if value is not None and is_sane(measure, value) else None

    return bound


def bounded_term(measure: str, term: Term) -> Term:
    """Let a term that makes no sane value of its measure give none."""
    if measure not in _BOUNDS:
        return term

    def bound(values: Values) -> float | None:
        value = term(values)
        return value if value is not None and is_sane(measure, value) else None

    return bound


class Filler:
    """What a plan makes of values: its series, and how each comes to its value."""

    def __init__(
        self,
        device: Device,
        direct: Sequence[tuple[Series, int, Transform]],
        computed: Sequence[tuple[Series, Term]],
        grouped: Sequence[tuple[str, Grouped]],
        constants: Sequence[tuple[Series, float]],
    ) -> None:
        """Take what the first contact found: cells, terms over cells, groups over rows, constants."""
        self._device = device
        self._slots = tuple([slot for _, slot, _ in direct])
        self._pick = picker(self._slots)
        self._turns = tuple([(place, turn) for place, (_, _, turn) in enumerate(direct) if turn is not number])
        self._terms = tuple([term for _, term in computed])
        self._own = (*(made for made, _, _ in direct), *(made for made, _ in computed))
        self._grouped = tuple(grouped)
        self._constant_values = tuple([value for _, value in constants])
        self._boot = series("device_boot_timestamp_seconds", device)
        self._after = tuple([made for made, _ in constants])
        self._all = (*self._own, *self._after, self._boot)
        self._last = self._all
        self._texts: dict[tuple[str, str], Series] = {}
        self._gaps: list[int] = []
        self._keep, self._kept = picker(range(len(self._own))), self._own

    def without(self, values: Values) -> Iterator[Series]:
        """Give the series whose cells a device no longer gives; a slot that failed says nothing."""
        for made, slot in zip(self._own, self._slots, strict=False):  # what is computed follows behind
            if values.cells[slot] is None and slot not in values.failed:
                yield made

    def fill(self, values: Values, boot: float | None) -> Readings:
        """Make a poll's readings, in the order of the plan; what the device did not give is absent."""
        told: list[Any] = [*self._pick(values.cells)]
        for place, turn in self._turns:
            told[place] = turn(told[place])
        told += [term(values) for term in self._terms]
        made = self._own
        if not _NUMBERS.issuperset(map(type, told)) or not isfinite(sum(told)):
            made, told = self._given(told)
        if self._grouped or made is not self._own or boot is None:
            return self._joined(list(made), told, values, boot)
        return Readings(self._all, (*told, *self._constant_values, boot))

    def _given(self, told: list[Any]) -> tuple[tuple[Series, ...], list[float]]:
        """Leave out what was not told; mostly that is what was not told the last time either."""
        gaps = [place for place, value in enumerate(told) if value is None]
        if gaps != self._gaps:
            self._gaps = gaps
            places = sorted(set(range(len(told))).difference(gaps))
            self._keep = picker(places)
            self._kept = tuple([self._own[place] for place in places])
        numbers: list[Any] = [*self._keep(told)]
        if _NUMBERS.issuperset(map(type, numbers)) and isfinite(sum(numbers)):
            return self._kept, numbers
        pairs = [(one, value) for one, value in zip(self._kept, numbers, strict=True) if _is_told(value)]
        return tuple([one for one, _ in pairs]), [value for _, value in pairs]

    def _joined(self, made: list[Series], told: list[float], values: Values, boot: float | None) -> Readings:
        """Put together what differs from poll to poll; the series that were there the last time are the same object."""
        for one, value in self._groups(values).items():
            made.append(one)
            told.append(value)
        made += self._after
        told += self._constant_values
        if boot is not None:
            made.append(self._boot)
            told.append(boot)
        if len(made) != len(self._last) or not all(map(is_, made, self._last)):
            self._last = tuple(made)
        return Readings(self._last, tuple(told))

    def _groups(self, values: Values) -> dict[Series, float]:
        sums: dict[Series, float] = {}
        for measure, split in self._grouped:
            for text, value in (split(values) or {}).items():
                if not is_sane(measure, value):
                    continue
                one = self._series(measure, text)
                # Two texts may become one when they are cleaned; a series must not appear twice.
                sums[one] = sums.get(one, 0) + value
        return sums

    def _series(self, measure: str, text: str) -> Series:
        """Give the series of a group's text, the same object each time; texts that come and go are forgotten."""
        found = self._texts.get((measure, text))
        if found is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            found = series(measure, self._device, {MEASURES[measure].labels[0]: text})
            self._texts[measure, text] = found
        return found
