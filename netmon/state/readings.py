"""The latest readings of every device as pieces of text by measure, within the budget of series."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from netmon.measures import DEVICE_LABELS, MEASURES, line_of, wan_port
from netmon.measures import series as series_of
from netmon.model import Device, Observation, ReachKind, Readings, Series, reach_seconds

_LOG: Final = logging.getLogger(__name__)
_PINGED: Final = ("icmp_rtt_seconds", "icmp_loss_ratio")
_INTERFACE: Final = "interface"
_SSH: Final = "ssh"
_READ: Final = "/readings"  # behind a device's id: the check that reads it by SNMP
_APART: Final = b"\0"  # stands in no line: names are cleaned of it
_FEW_EACH: Final = 4  # lines of a measure below which it is quicker to write all at once and to cut
_NAMED: Final = 10
"""Rows left out that the log names; their number tells of the rest."""

Value = tuple[Series, float]
Row = tuple[str, str]
"""What series of one device have in common: ``("interface", "ether1")``; two empty texts for the device's own."""

_NOBODY: Final[Container[str]] = frozenset()
_NOTHING: Final[Mapping[Row, int]] = MappingProxyType({})


class Layout:
    """How the values of the same series become text, again and again: one step in C writes the lines of a measure.

    Of bytes, because Python formats them three times as fast as text. What is to be written at a place is fixed by the
    kinds of the values that the format was made for: whole numbers by ``%d``, finite others by their ``repr``.
    """

    __slots__ = ("_alone", "_formats", "_in_order", "_kinds", "_measures", "series")

    def __init__(self, series: tuple[Series, ...]) -> None:
        """Put the series of each measure together, in their order."""
        self.series = series
        order = [place for found in self._places().values() for place in found]
        self._in_order = itemgetter(*order) if order != list(range(len(series))) else None
        self._alone = {measure: of[0] for measure, of in self._places().items() if not MEASURES[measure].labels}
        self._kinds: tuple[type, ...] = ()
        self._formats: list[tuple[str, bytes, slice]] = []
        self._measures: tuple[str, ...] = ()  # where all lines are written at once

    def _places(self) -> dict[str, list[int]]:
        """Give the places of each measure's series."""
        places: dict[str, list[int]] = {}
        for place, one in enumerate(self.series):
            places.setdefault(one.measure, []).append(place)
        return places

    def texts(self, values: tuple[float, ...]) -> dict[str, bytes]:
        """Write the lines of every measure."""
        written: tuple[float, ...] = values if self._in_order is None else self._in_order(values)
        kinds = tuple(map(type, written))
        if kinds != self._kinds:
            self._fit(values, kinds)
        if self._measures:
            return dict(zip(self._measures, (self._formats[0][1] % written).split(_APART), strict=True))
        return {measure: line % written[of] for measure, line, of in self._formats}

    def _fit(self, values: tuple[float, ...], kinds: tuple[type, ...]) -> None:
        """Make the formats for values of these kinds."""
        self._kinds = kinds
        self._formats = []
        begin = 0
        for measure, places in self._places().items():
            lines = [line_of(self.series[place]).encode().replace(b"%", b"%%") for place in places]
            codes = [b"%a\n" if type(values[place]) is float else b"%d\n" for place in places]
            parts = [line + code for line, code in zip(lines, codes, strict=True)]
            self._formats.append((measure, b"".join(parts), slice(begin, begin + len(places))))
            begin += len(places)
        self._measures = ()
        if len(values) < _FEW_EACH * len(self._formats):
            self._measures = tuple([measure for measure, _, _ in self._formats])
            self._formats = [("", _APART.join([line for _, line, _ in self._formats]), slice(begin))]

    def number(self, measure: str, values: tuple[float, ...]) -> float | None:
        """Give the value of a measure that a device has one of; ``None`` where it is not told."""
        place = self._alone.get(measure)
        return None if place is None else values[place]


@dataclass(slots=True)
class _Kept:
    """What one check brought last: text by measure, and the rows that the budget left out, with their series."""

    device: str
    layout: Layout
    values: tuple[float, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)
    fresh_until: float = -inf
    left_out: Mapping[Row, int] = field(default_factory=dict)
    gives_way: str = ""  # to this check, whose word on a measure counts while it is fresh

    def number(self, measure: str) -> float | None:
        return self.layout.number(measure, self.values)


class Latest:
    """What devices told last, by check."""

    def __init__(self, budget: int) -> None:
        """Begin with nothing; a device may have ``budget`` series."""
        self._budget = budget
        self._kept: dict[str, _Kept] = {}  # by check
        self._pinged: dict[tuple[str, bool, bool], tuple[Series, ...]] = {}
        self._named: set[str] = set()

    def load(self, devices: Container[str], budget: int) -> None:
        """Go on with another inventory: its devices, its budget."""
        self._budget = budget
        self._pinged = {}
        self._named = set()
        for check in [check for check, one in self._kept.items() if one.device not in devices]:
            del self._kept[check]

    def keep(self, device: Device, seen: Observation) -> None:
        """Take in what an observation brought; one without readings leaves those before it to grow old."""
        told = self._ping(device, seen) if seen.check.probe == ReachKind.ICMP else seen.readings
        if not told.values:
            return
        left_out = _NOTHING
        # What the ping tells comes in an observation of its own: its room is kept free.
        room = self._budget - len(_PINGED) if device.reach.kind is ReachKind.ICMP else self._budget
        if seen.check.probe == _SSH and (before := self._kept.get(f"{device.id}{_READ}")) is not None:
            room -= len(before.values)  # what SNMP tells has its room first
        if len(told.values) > room and seen.check.probe != ReachKind.ICMP:
            number = len(told)
            within_budget, left_out = within(told, room, wan_port(device, told.series))
            told = Readings.of(within_budget)
            self._name(device.id, left_out, number)
        kept = self._kept.get(seen.check.id)
        if kept is None or (kept.layout.series is not told.series and kept.layout.series != told.series):
            kept = self._kept[seen.check.id] = _Kept(device.id, Layout(told.series))
        kept.values, kept.left_out = told.values, left_out
        kept.texts = kept.layout.texts(told.values)
        kept.fresh_until = seen.at + reach_seconds(seen.check.interval)
        if seen.check.probe == _SSH:
            kept.gives_way = f"{device.id}{_READ}"

    def _ping(self, device: Device, seen: Observation) -> Readings:
        """Give what a ping tells besides: its round trip and its loss."""
        values = tuple([value for value in (seen.rtt, seen.loss) if value is not None])
        key = device.id, seen.rtt is not None, seen.loss is not None
        made = self._pinged.get(key)
        if made is None:
            told = [name for name, is_told in zip(_PINGED, key[1:], strict=True) if is_told]
            made = self._pinged[key] = tuple([series_of(measure, device) for measure in told])
        return Readings(made, values)

    def fresh(self, now: float, of: Container[str] | None) -> dict[str, list[bytes]]:
        """Give the pieces of text (UTF-8) of every measure that are not too old, of some devices or of all."""
        found: dict[str, list[bytes]] = {}
        for one in self._kept.values():
            if now < one.fresh_until and (of is None or one.device in of):
                better = self._told(one.gives_way, now) if one.gives_way else _NOBODY
                for measure, text in one.texts.items():
                    if measure not in better:
                        found.setdefault(measure, []).append(text)
        return found

    def told(self, device: str, now: float) -> Container[str]:
        """Name the measures that SNMP tells of a device by now."""
        return self._told(f"{device}{_READ}", now)

    def _told(self, check: str, now: float) -> Container[str]:
        kept = self._kept.get(check)
        return kept.texts if kept is not None and now < kept.fresh_until else _NOBODY

    def numbers(self, measure: str, now: float) -> dict[str, float]:
        """Give the fresh values of a measure that a device has one of, by device."""
        return {
            one.device: value
            for one in self._kept.values()
            if now < one.fresh_until
            and (value := one.number(measure)) is not None
            and not (one.gives_way and measure in self._told(one.gives_way, now))
        }

    def dropped(self, now: float) -> dict[str, int]:
        """Count the series that the budget left out of fresh readings, by device; those with none are not in it."""
        found: dict[str, int] = {}
        for one in self._kept.values():
            if one.left_out and now < one.fresh_until:
                found[one.device] = found.get(one.device, 0) + sum(one.left_out.values())
        return found

    def _name(self, device: str, left_out: Mapping[Row, int], told: int) -> None:
        """Tell the log once a device what the budget leaves out."""
        if device in self._named:
            return
        self._named.add(device)
        names = [f"{label} {name!r}" if label else "its own" for label, name in left_out]
        _LOG.warning(
            "%s tells %d series, more than its budget of %d: %d are left out, those of %s%s",
            device,
            told,
            self._budget,
            sum(left_out.values()),
            ", ".join(names[:_NAMED]),
            f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "",
        )


def within(values: Iterable[Value], room: int, first: str = "") -> tuple[list[Value], dict[Row, int]]:
    """Keep at most ``room`` values: whole rows, in an order that does not change; give the others by row.

    A device's own values come first, then the interface ``first``, then those of radios, networks and sensors, then
    those of interfaces; a kind of which there is more than room (a controller's radios) comes after all that there is
    less of. Rows of a kind are in the order of their names with numbers counted (``ether2`` before ``ether10``). From
    the first row on that does not fit all are left out, so that one that comes and goes moves no other.
    """
    rows: dict[Row, list[Value]] = {}
    for value in values:
        own = value[0].labels[len(DEVICE_LABELS) :]
        rows.setdefault(own[0] if own else ("", ""), []).append(value)
    sizes: Counter[str] = Counter()
    for (label, _), of_row in rows.items():
        sizes[label] += len(of_row)
    kept: list[Value] = []
    left_out: dict[Row, int] = {}
    for row in sorted(rows, key=lambda row: _rank(row, first, is_large=sizes[row[0]] > room)):
        if left_out or len(kept) + len(rows[row]) > room:
            left_out[row] = len(rows[row])
        else:
            kept += rows[row]
    return kept, left_out


def _rank(row: Row, first: str, *, is_large: bool) -> tuple[bool, bool, bool, bool, str, list[str | int]]:
    label, name = row
    parts = [int(part) if index % 2 else part for index, part in enumerate(re.split(r"([0-9]+)", name))]
    is_other = label != "" and row != (_INTERFACE, first)
    return label != "", is_other, is_large and is_other, label == _INTERFACE, label, parts
