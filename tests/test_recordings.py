"""Every recording of a real device: which profile it is, and that netmon reads from it what another monitor reads.

Where netmon differs on purpose, or the other is wrong, the reason stands in a table of ``tests/recordings``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from recording_compare import Difference, disagreements, judged
from recording_origins import misplaced
from recordings import Entry, Recording, find, index, problems, profiles, tables
from snmprec import Records, needs_captures

ENTRIES = sorted(tables(), key=lambda entry: (entry.family, entry.name))


@needs_captures
def test_every_recording_is_in_one_table() -> None:
    """No recording is forgotten, none stands in two tables, and no table speaks of one that there is not."""
    assert Counter(entry.name for entry in tables()) == dict.fromkeys(index(), 1)


@needs_captures
@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{entry.family}-{entry.name}" for entry in ENTRIES])
def test_recording(entry: Entry) -> None:
    """It is identified, read whole, and agrees: interfaces, processors, memory, temperatures, clients, radios."""
    assert problems(entry) == []


NO_RADIO: dict[str, object] = {
    "clients": 9,
    "radios": [],
    "ssids": [],
    "access_points": [],
    "access_point_states": {},
}
PORT = {"ifIndex": 3, "ifName": "", "ifDescr": "eth3", "ifOperStatus": "up", "ifSpeed": 10**9, "ifInOctets": 7}


def ours(**changed: object) -> dict[str, object]:
    """Make a summary."""
    told = {"system": {}, "interfaces": [], "wifi": NO_RADIO, "radio_links": []}
    return {**told, **changed}


def wireless(**changed: object) -> dict[str, object]:
    """Make a summary's wireless part."""
    return ours(wifi={**NO_RADIO, **changed})


def sensors(kind: str, *told: tuple[str, object]) -> dict[str, list[dict[str, Any]]]:
    """Make the other monitor's values: description and value of each sensor of a kind."""
    return {
        "wireless_sensors": [
            {"type": kind, "descr": descr, "index": str(number), "value": value}
            for number, (descr, value) in enumerate(told)
        ]
    }


def selectors(mine: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """Name what differs."""
    return [each.selector for each in disagreements(mine, theirs, {})]


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({}, []),
        ({"name": "eth3#3"}, []),
        ({"name": "eth4"}, ["port 3 name"]),
        ({"up": 0}, ["port 3 up"]),
        ({"speed_bytes_per_second": 125}, ["port 3 speed"]),
        ({"receive_bytes": 8}, ["port 3 receive_bytes"]),
        ({"receive_bytes": None}, ["port 3 receive_bytes"]),
        ({"index": 4}, ["port 3 missing"]),
    ],
)
def test_ports_are_compared(changed: dict[str, object], differing: list[str]) -> None:
    """An interface is found by its index; name, state, speed and counters must be the same."""
    port = {"index": 3, "name": "eth3", "up": 1, "speed_bytes_per_second": 125_000_000, "receive_bytes": 7}
    assert selectors(ours(interfaces=[{**port, **changed}]), {"ports": [PORT]}) == differing


def test_system_is_compared() -> None:
    """The mean of the processors, one of the pools of main memory, each of our temperatures."""
    theirs = {
        "processors": [{"usage_percent": 10}, {"usage_percent": 21}],
        "mempools": [{"class": "system", "descr": "RAM", "perc": 50, "used": None, "total": None}],
        "sensors": [{"type": "temperature", "value": 40}],
    }
    good = {"cpu_load_ratio": 0.155, "memory_used_ratio": 0.503, "temperature_celsius": {"cpu": 40}}
    assert selectors(ours(system=good), theirs) == []
    bad = {"cpu_load_ratio": 0.21, "memory_used_ratio": 0.6, "temperature_celsius": {"cpu": 40, "board": 40}}
    assert selectors(ours(system=bad), theirs) == ["cpu", "memory", "temperature 2"]
    assert selectors(ours(), theirs) == ["cpu", "memory", "temperature"]


def test_clients_are_compared() -> None:
    """The total; each network's by its name, those of one name added up; each radio's."""
    theirs = sensors("clients", ("Total", 9), ("SSID: a", 2), ("5G: a", 3), ("wifi0", 1), ("wifi1", 4))
    radios = [{"radio": "wifi0", "clients": 1}, {"radio": "wifi1", "clients": 4}]
    assert selectors(wireless(ssids=[{"ssid": "a", "clients": 5}], radios=radios), theirs) == []
    wrong = wireless(clients=8, ssids=[{"ssid": "a", "clients": 4}], radios=radios[1:])
    assert selectors(wrong, theirs) == ["clients 1", "clients 2", "clients 3", "clients 4"]
    swapped = [{"radio": "wifi0", "clients": 4}, {"radio": "wifi1", "clients": 1}]
    assert selectors(wireless(radios=swapped), theirs)[-2:] == ["clients 4", "clients 5"]
    assert selectors(ours(), sensors("clients", ("SSID: b", 0))) == ["clients 1"]


@pytest.mark.parametrize(
    ("kind", "value", "key", "right", "wrong"),
    [
        ("frequency", 5785, "channel", 157, 153),
        ("frequency", 2484, "channel", 14, 13),
        ("frequency", 5975, "channel", 5, 195),
        ("utilization", 12, "utilization_ratio", 0.12, 12),
        ("noise-floor", -95, "noise_dbm", -95, 95),
    ],
)
def test_radios_are_compared(kind: str, value: float, key: str, right: float, wrong: float) -> None:
    """Frequencies as channels, percents as ratios; a radio that is missing, or has another value, is told."""
    for got, differing in ((right, []), (wrong, [f"{kind} 1"])):
        assert selectors(wireless(radios=[{"radio": "r", key: got}]), sensors(kind, ("r", value))) == differing
    assert selectors(ours(), sensors(kind, ("r", value))) == [f"{kind} 1"]


def test_powers_are_compared() -> None:
    """What is sent with what is sent, what is heard with what is heard."""
    links = [{"radio": "1", "transmit_power_dbm": 20, "signal_dbm": -50}]
    theirs = sensors("power", ("Tx Power", 20), ("Rx Level", -50))
    assert selectors(ours(radio_links=links), theirs) == []
    links[0] |= {"transmit_power_dbm": -50, "signal_dbm": 20}
    assert selectors(ours(radio_links=links), theirs) == ["power 1", "power 2"]


def test_access_points_are_compared() -> None:
    """Joined ones with those online, all with all."""
    theirs = sensors("ap-count", ("Connected APs", 4), ("Total APs", 6))
    assert selectors(wireless(access_point_states={"online": 4, "offline": 2}), theirs) == []
    wrong = wireless(access_point_states={"online": 3, "offline": 1})
    assert selectors(wrong, theirs) == ["ap-count 1", "ap-count 2"]


def test_reasons_are_judged() -> None:
    """A difference needs a reason, a reason needs a difference; numbers may be several, a range, or all."""
    differing = [Difference(selector, 1, 2) for selector in ("cpu", "port 3 speed", "port 12 speed", "port 3 up")]
    assert judged(differing, {"cpu": "…", "port 3,12 speed": "…", "port 3 up": "…"}) == []
    assert judged(differing, {"cpu": "…", "port * speed,up": "…"}) == []
    assert judged(differing, {"cpu": "…", "port 1-12 speed": "…"}) == [f"differs: {differing[3]}"]
    assert judged(differing, {"cpu": "…", "port * speed,up": "…", "port 4 speed": "…", "memory": "…"}) == [
        "does not differ: port 4 speed",
        "does not differ: memory",
    ]
    assert judged(differing[:2], {"port * speed,name": "…"}) == [
        "does not differ: port * name",
        f"differs: {differing[0]}",
    ]


def test_values_come_from_the_same_objects() -> None:
    """Two radios whose values were exchanged are seen, though each value is there."""
    power = "1.3.6.1.4.1.193.81.3.4.3.1.8.1.3"  # PT-RADIOLINK-MIB, of a profile with a row for each radio
    cells: Records = {f"{power}.1": (2, 10), f"{power}.2": (2, 20)}
    cells |= {"1.3.6.1.2.1.1.1.0": (4, b"MINI-LINK"), "1.3.6.1.2.1.1.2.0": (6, "1.3.6.1.4.1.193.81.1.1.3")}
    found = find(Recording(cells), profiles())
    theirs = sensors("power", ("Tx", 10), ("Tx", 20))
    for sensor, row in zip(theirs["wireless_sensors"], (1, 2), strict=True):
        sensor["oids"] = [f"{power}.{row}"]
    assert disagreements(found.summary, theirs, {}) == []
    assert list(misplaced(found.plan, found.contact.answers, theirs)) == []
    for sensor, row in zip(theirs["wireless_sensors"], (2, 1), strict=True):
        sensor["oids"] = [f"{power}.{row}"]
    assert disagreements(found.summary, theirs, {}) == []
    assert [each.selector for each in misplaced(found.plan, found.contact.answers, theirs)] == ["power 1", "power 2"]
