"""The latest readings of every device as pieces of text by measure, within the budget of series."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netmon.measures import DEVICE_LABELS, MEASURES, format_value
from netmon.measures import series as series_of
from netmon.model import Device, Observation, ReachKind, Series, reach_seconds

_LOG: Final = logging.getLogger(__name__)
_PINGED: Final = ("icmp_rtt_seconds", "icmp_loss_ratio")
_INTERFACE: Final = "interface"
_NAMED: Final = 10
"""Rows left out that the log names; their number tells of the rest."""

Value = tuple[Series, float]
Row = tuple[str, str]
"""What series of one device have in common: ``("interface", "ether1")``; two empty texts for the device's own."""

_NOTHING: Final[Mapping[Row, int]] = MappingProxyType({})


@dataclass(slots=True)
class Pieces:
    """The readings of one observation: text by measure, and the rows that the budget left out, with their series."""

    device: str
    fresh_until: float
    texts: dict[str, str]
    numbers: dict[str, float]  # of the measures that a device has one of
    left_out: Mapping[Row, int]

    @property
    def dropped(self) -> int:
        """How many series the budget left out."""
        return sum(self.left_out.values())


class Readings:
    """What devices told last, by check."""

    def __init__(self, budget: int) -> None:
        """Begin with nothing; a device may have ``budget`` series."""
        self._budget = budget
        self._kept: dict[str, Pieces] = {}
        self._series: dict[tuple[str, str], Series] = {}
        self._named: set[str] = set()

    def load(self, devices: Container[str], budget: int) -> None:
        """Go on with another inventory: its devices, its budget."""
        self._budget = budget
        self._series = {}
        self._named = set()
        for check in [check for check, one in self._kept.items() if one.device not in devices]:
            del self._kept[check]

    def keep(self, device: Device, seen: Observation) -> None:
        """Take in what an observation brought; one without readings leaves those before it to grow old."""
        values = values_of(device, seen, self._series)
        if values:
            pieces = self._kept[seen.check.id] = pieces_of(device, seen, values, self._budget)
            if pieces.left_out and device.id not in self._named:
                self._named.add(device.id)
                _name(pieces, len(values), self._budget)

    def fresh(self, now: float, of: Container[str] | None) -> dict[str, list[str]]:
        """Give the pieces of text of every measure that are not too old, of some devices or of all."""
        found: dict[str, list[str]] = {}
        for one in self._kept.values():
            if now < one.fresh_until and (of is None or one.device in of):
                for measure, text in one.texts.items():
                    found.setdefault(measure, []).append(text)
        return found

    def numbers(self, measure: str, now: float) -> dict[str, float]:
        """Give the fresh values of a measure that a device has one of, by device."""
        return {
            one.device: one.numbers[measure]
            for one in self._kept.values()
            if now < one.fresh_until and measure in one.numbers
        }

    def dropped(self, now: float) -> dict[str, int]:
        """Count the series that the budget left out of fresh readings, by device; those with none are not in it."""
        return {one.device: one.dropped for one in self._kept.values() if one.left_out and now < one.fresh_until}


def values_of(device: Device, seen: Observation, known: dict[tuple[str, str], Series] | None = None) -> list[Value]:
    """Give all that an observation tells, a ping's round trip and loss too; ``known`` remembers their series."""
    values = [*seen.readings]
    if seen.check.probe != ReachKind.ICMP:
        return values
    series = {} if known is None else known
    for measure, value in zip(_PINGED, (seen.rtt, seen.loss), strict=True):
        if value is not None:
            key = device.id, measure
            if key not in series:
                series[key] = series_of(measure, device)
            values.append((series[key], value))
    return values


def pieces_of(device: Device, seen: Observation, values: Sequence[Value], budget: int) -> Pieces:
    """Write values as text, as many of them as the budget allows."""
    left_out = _NOTHING
    # What the ping tells comes in an observation of its own: its room is kept free.
    room = budget - len(_PINGED) if device.reach.kind is ReachKind.ICMP else budget
    if len(values) > room and seen.check.probe != ReachKind.ICMP:
        values, left_out = within(values, room, device.wan)
    lines: dict[str, list[str]] = {}
    numbers: dict[str, float] = {}
    for series, value in values:
        text = f"{series.line}{value if type(value) is int else format_value(value)}\n"
        found = lines.get(series.measure)
        if found is not None:
            found.append(text)
            continue
        lines[series.measure] = [text]
        if not MEASURES[series.measure].labels:
            numbers[series.measure] = value
    texts = {measure: "".join(found) for measure, found in lines.items()}
    return Pieces(device.id, seen.at + reach_seconds(seen.check.interval), texts, numbers, left_out)


def within(values: Iterable[Value], room: int, first: str = "") -> tuple[list[Value], dict[Row, int]]:
    """Keep at most ``room`` values: whole rows, in an order that does not change; give the others by row.

    A device's own values come before those of radios, networks and sensors, these before interfaces; among these
    ``first`` is the first, the others are in the order of their names with numbers counted (``ether2`` before
    ``ether10``). From the first row on that does not fit all are left out, so that one that comes and goes moves
    no other.
    """
    rows: dict[Row, list[Value]] = {}
    for value in values:
        own = value[0].labels[len(DEVICE_LABELS) :]
        rows.setdefault(own[0] if own else ("", ""), []).append(value)
    kept: list[Value] = []
    left_out: dict[Row, int] = {}
    for row in sorted(rows, key=lambda row: _rank(row, first)):
        if left_out or len(kept) + len(rows[row]) > room:
            left_out[row] = len(rows[row])
        else:
            kept += rows[row]
    return kept, left_out


def _rank(row: Row, first: str) -> tuple[bool, bool, bool, str, list[str | int]]:
    label, name = row
    parts = [int(part) if index % 2 else part for index, part in enumerate(re.split(r"([0-9]+)", name))]
    return bool(label), label == _INTERFACE, name != first, label, parts


def _name(pieces: Pieces, told: int, budget: int) -> None:
    names = [f"{label} {name!r}" if label else "its own" for label, name in pieces.left_out]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    _LOG.warning(
        "%s tells %d series, more than its budget of %d: %d are left out, those of %s%s",
        pieces.device,
        told,
        budget,
        pieces.dropped,
        ", ".join(names[:_NAMED]),
        more,
    )
