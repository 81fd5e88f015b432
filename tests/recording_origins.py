"""Which readings come from the objects that another monitor reads: found by changing these and reading again.

Values alone may agree by chance (two radios of one power); this tells whose value it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from recording_compare import Difference, channel_of

from netmon.model import Readings, Series
from netmon.probes.snmp.contact import values_of
from netmon.profiles import Answers, Cell, Plan, readings

_MEASURES: Final = {
    "clients": ("wifi_clients", "wifi_radio_clients", "wifi_ssid_clients"),
    "frequency": ("wifi_radio_channel", "radio_link_frequency_hertz"),
    "utilization": ("wifi_radio_utilization_ratio",),
    "noise-floor": ("wifi_radio_noise_dbm", "radio_link_noise_dbm"),
    "power": ("wifi_radio_transmit_power_dbm", "radio_link_transmit_power_dbm", "radio_link_signal_dbm"),
    "ap-count": ("wifi_access_points",),
}


def misplaced(plan: Plan, answers: Answers, expected: Mapping[str, Any]) -> Iterator[Difference]:
    """Tell of sensors whose objects become readings here, but none that has their value."""
    for selector, sensor, moved in origins(plan, answers, expected):
        value = sensor["value"]
        if any(made.measure == "wifi_ssid_clients" for made in moved):
            continue  # a name's clients on several radios or in several networks are added up here
        if not any(_is_near(one, given) for one in _as_ours(sensor["type"], value) for given in moved.values()):
            about = f"from their objects come {', '.join(sorted({made.measure for made in moved}))}"
            yield Difference(selector, value, sorted(moved.values()), about)


def _as_ours(kind: str, value: float) -> tuple[float, ...]:
    if kind == "frequency":
        return channel_of(value), value * 1e6
    return (value / 100,) if kind == "utilization" else (value,)


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def origins(
    plan: Plan, answers: Answers, expected: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], dict[Series, float]]]:
    """Give for each of the other monitor's wireless sensors the readings that come from its objects.

    Gives its selector, the sensor, and the readings by series; sensors from whose objects none comes are left out.
    """
    numbers: dict[str, int] = {}
    before = dict(_read(plan, answers))
    for sensor in expected.get("wireless_sensors", ()):
        kind = sensor["type"]
        numbers[kind] = numbers.get(kind, 0) + 1
        if kind not in _MEASURES or sensor["value"] is None:
            continue
        after = dict(_read(plan, _changed(answers, sensor["oids"])))
        moved = {
            made: value
            for made, value in before.items()
            if made.measure in _MEASURES[kind] and after.get(made) != value
        }
        if moved:
            yield f"{kind} {numbers[kind]}", sensor, moved


def _other(cell: Cell) -> Cell:
    """Give a cell that says another number."""
    if isinstance(cell, bytes):
        return re.sub(rb"\d+", lambda found: str(int(found[0]) + 1).encode(), cell, count=1)
    return cell + 1 if isinstance(cell, int) else cell


def _changed(answers: Answers, oids: Iterable[str]) -> Answers:
    """Give what a device would have given if these objects had said other numbers."""
    cells = {oid: _other(cell) if oid in oids else cell for oid, cell in answers.cells.items()}
    columns = {}
    for column, rows in answers.columns.items():
        own = {oid[len(column) + 1 :] for oid in oids if oid.startswith(f"{column}.")}
        columns[column] = {**rows, **{index: _other(rows[index]) for index in own if index in rows}} if own else rows
    return Answers(cells, columns)


def _read(plan: Plan, answers: Answers) -> Readings:
    return readings(plan, values_of(plan, answers))
