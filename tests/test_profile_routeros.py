"""RouterOS: clients wherever the system keeps them, health, identity; and recordings of real routers."""

from __future__ import annotations

import json
from typing import Any

import pytest
import snmprec
from profile_cells import IFX, PROFILES, ROUTER, answers_of, met, polled, shown

from netmon.profiles import Cell, access_points, identify, identity_of, make_plan, needs, readings, summary

MT = "1.3.6.1.4.1.14988.1.1"
BASE: dict[str, Cell] = {
    "1.3.6.1.2.1.1.1.0": b"RouterOS RB951G-2HnD",
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.14988.1",
    "1.3.6.1.2.1.1.3.0": 1000,
    "1.3.6.1.2.1.1.5.0": b"rt-air-manis",
    f"{MT}.4.4.0": b"7.16.1 (stable)",
    f"{MT}.7.3.0": b"AB12CD",
}


def old_access_point(*clients: int) -> dict[str, Cell]:
    """Make the cells of a router with the old wireless package: its radio, and a virtual access point for each more."""
    cells: dict[str, Cell] = dict(BASE)
    for row, (count, ssid, megahertz) in enumerate(
        zip(clients, (b"Padang", b"Staf", b"Padang"), (5220, 0, 0), strict=False), 4
    ):
        cells |= {f"{IFX}.1.{row}": f"wlan{row}".encode(), f"{MT}.1.3.1.4.{row}": ssid, f"{MT}.1.3.1.6.{row}": count}
        cells |= {
            f"{MT}.1.3.1.7.{row}": megahertz,
            f"{MT}.1.3.1.8.{row}": b"5220/20-Ce/an",
            f"{MT}.1.3.1.9.{row}": -111,
        }
    return cells


def new_access_point(*clients: str) -> dict[str, Cell]:
    """Make the cells of the new wifi package: two interfaces, and clients by the interface that they are on."""
    cells: dict[str, Cell] = dict(BASE)
    for row, (name, ssid, channel) in enumerate(
        ((b"wifi1", b"Padang", b"5180/ax/Ceee"), (b"wifi2", b"Staf", b"2412/ax")), 1
    ):
        cells |= {f"{MT}.21.5.1.2.{row}": name, f"{MT}.21.5.1.3.{row}": ssid, f"{MT}.21.5.1.4.{row}": channel}
    for number, interface in enumerate(clients):
        index = f"2.0.0.0.0.{number}.{1 if interface == 'wifi1' else 2}"
        cells |= {f"{MT}.21.4.1.2.{index}": interface.encode()}
        cells |= {f"{MT}.21.4.1.3.{index}": b"Padang" if interface == "wifi1" else b"Staf"}
    return cells


def wireless(cells: dict[str, Cell]) -> dict[str, float]:
    """Give the wireless readings alone."""
    return {line: value for line, value in met(cells)[1].items() if line.startswith("wifi_")}


def test_identity() -> None:
    """Model from the system's description where the board does not tell; the version without its channel."""
    profile = identify(PROFILES, "1.3.6.1.4.1.14988.1", "")
    said = identity_of(profile, answers_of(profile, BASE))
    assert (said.profile, said.vendor, said.model) == ("mikrotik_routeros", "MikroTik", "RB951G-2HnD")
    assert (said.version, said.serial, said.name) == ("7.16.1", "AB12CD", "rt-air-manis")


def test_old_wireless_package() -> None:
    """Total, each radio, each network name; a virtual access point has no band and no channel."""
    assert wireless(old_access_point(7, 0, 4)) == {
        "wifi_clients": 11,
        'wifi_radio_clients{radio="wlan4",band="5"}': 7,
        'wifi_radio_clients{radio="wlan5",band=""}': 0,
        'wifi_radio_clients{radio="wlan6",band=""}': 4,
        'wifi_radio_channel{radio="wlan4",band="5"}': 44,
        'wifi_radio_channel_width_hertz{radio="wlan4",band="5"}': 40_000_000,
        'wifi_radio_channel_width_hertz{radio="wlan5",band=""}': 40_000_000,
        'wifi_radio_channel_width_hertz{radio="wlan6",band=""}': 40_000_000,
        'wifi_radio_noise_dbm{radio="wlan4",band="5"}': -111,
        'wifi_radio_noise_dbm{radio="wlan5",band=""}': -111,
        'wifi_radio_noise_dbm{radio="wlan6",band=""}': -111,
        'wifi_ssid_clients{ssid="Padang"}': 11,
        'wifi_ssid_clients{ssid="Staf"}': 0,
    }


def test_no_client_is_zero_and_no_wifi_is_nothing() -> None:
    """A router without Wi-Fi has no number of clients."""
    assert wireless(old_access_point(0))["wifi_clients"] == 0
    assert wireless(new_access_point())["wifi_clients"] == 0
    assert wireless(dict(BASE)) == {}


def test_a_network_name_that_changed_vouches_no_longer() -> None:
    """The clients of one network are never shown as another's."""
    cells = old_access_point(7)
    plan, _ = met(cells)
    cells[f"{MT}.1.3.1.4.4"] = b"Other"
    assert plan.expected.changed(polled(plan, cells)) == [b"Padang"]


def test_new_wifi_package() -> None:
    """Rows of the registration table, by interface and by network; networks without a client are 0."""
    assert wireless(new_access_point("wifi1", "wifi1")) == {
        "wifi_clients": 2,
        'wifi_radio_clients{radio="wifi1",band="5"}': 2,
        'wifi_radio_clients{radio="wifi2",band="2.4"}': 0,
        'wifi_radio_channel{radio="wifi1",band="5"}': 36,
        'wifi_radio_channel{radio="wifi2",band="2.4"}': 1,
        'wifi_radio_channel_width_hertz{radio="wifi1",band="5"}': 80_000_000,
        'wifi_ssid_clients{ssid="Padang"}': 2,
        'wifi_ssid_clients{ssid="Staf"}': 0,
    }


def test_clients_come_and_go_without_a_new_plan() -> None:
    """The registration table is walked each time."""
    before, after = new_access_point("wifi1"), new_access_point("wifi1", "wifi2", "wifi2")
    plan, read = met(before)
    assert (read["wifi_clients"], shown(plan, after)["wifi_clients"]) == (1, 3)
    assert shown(plan, after)['wifi_radio_clients{radio="wifi2",band="2.4"}'] == 2


def test_a_table_that_could_not_be_walked_gives_nothing() -> None:
    """Not 0, and not the part that the other package gave."""
    cells = {**old_access_point(5), **new_access_point("wifi1")}
    plan, read = met(cells)
    assert read["wifi_clients"] == 6
    lost = polled(plan, cells)
    lost = type(lost)(lost.cells, {}, lost.failed)
    assert not [made for made, _ in readings(plan, lost) if made.measure in {"wifi_clients", "wifi_ssid_clients"}]


def test_a_stations_registration_is_no_client() -> None:
    """In station mode the table holds the access point that was joined."""
    peer = {f"{MT}.1.2.1.3.2.0.0.0.0.1.4": -50}
    station: dict[str, Cell] = {**BASE, **peer, f"{MT}.1.1.1.7.4": 5745}
    assert "wifi_clients" not in wireless(station)
    assert wireless({**BASE, **peer}) == {"wifi_clients": 1}


def test_capsman() -> None:
    """Clients and joined access points of the old package's controller."""
    cells: dict[str, Cell] = dict(BASE)
    for row, (clients, state) in enumerate(((3, b"Run"), (0, b"Run"), (0, b"Join")), 20):
        cells |= {f"{IFX}.1.{row}": f"cap{row}".encode(), f"{MT}.1.7.1.2.{row}": clients}
        cells |= {f"{MT}.1.7.1.5.{row}": b"5180/20-Ceee/ac(28dBm)"}
        cells |= {
            f"{MT}.1.11.1.2.{row}": f"ap{row}".encode(),
            f"{MT}.1.11.1.3.{row}": state,
            f"{MT}.1.11.1.4.{row}": b"10.0.0.1",
        }
    for client in range(3):
        cells |= {f"{MT}.1.5.1.11.2.0.0.0.0.{client}.20": -60, f"{MT}.1.5.1.12.2.0.0.0.0.{client}.20": b"Padang"}
    read = wireless(cells)
    assert read["wifi_clients"] == 3
    assert read['wifi_ssid_clients{ssid="Padang"}'] == 3
    assert read['wifi_radio_clients{radio="cap20",band="5"}'] == 3
    assert read['wifi_radio_channel{radio="cap22",band="5"}'] == 36
    assert (read['wifi_access_points{state="Run"}'], read['wifi_access_points{state="Join"}']) == (2, 1)
    profile = identify(PROFILES, "1.3.6.1.4.1.14988.1", "")
    assert access_points(profile, answers_of(profile, cells))[2] == {
        "name": "ap22",
        "state": "Join",
        "address": "10.0.0.1",
    }


def test_health() -> None:
    """The list of gauges where there is one, else the single objects; fans and states are no temperature."""
    gauges: dict[str, Cell] = {}
    for row, (name, value, unit) in {
        13: (b"voltage", 243, 3),
        17: (b"cpu-temperature", 38, 1),
        71: (b"fan1-speed", 0, 2),
    }.items():
        gauges |= {f"{MT}.3.100.1.2.{row}": name, f"{MT}.3.100.1.3.{row}": value, f"{MT}.3.100.1.4.{row}": unit}
    single: dict[str, Cell] = {f"{MT}.3.8.0": 240, f"{MT}.3.11.0": 410}
    assert met({**BASE, **single})[1] == {
        'voltage_volts{sensor="voltage"}': 24.0,
        'temperature_celsius{sensor="cpu-temperature"}': 41.0,
    }
    assert met({**BASE, **single, **gauges})[1] == {
        'voltage_volts{sensor="voltage"}': 24.3,
        'temperature_celsius{sensor="cpu-temperature"}': 38,
    }


# -- recordings ---------------------------------------------------------------------------------------

NAMES = sorted(path.name.removesuffix(".snmprec") for path in snmprec.CAPTURES.glob("routeros*.snmprec"))


def read_recording(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what netmon makes of a recording, and what is expected of it."""
    records = snmprec.load(name)
    cells = {oid: cell for oid, (_, cell) in records.items()}
    object_id, descr = cells.get("1.3.6.1.2.1.1.2.0", ""), cells.get("1.3.6.1.2.1.1.1.0", b"")
    assert isinstance(descr, bytes)
    profile = identify(PROFILES, str(object_id), descr.decode(errors="replace"))
    answers = snmprec.answers(records, needs(profile, str(object_id)))
    plan = make_plan(profile, ROUTER, answers)
    read = readings(plan, polled(plan, cells))
    expected = json.loads((snmprec.CAPTURES / f"{name}.expected.json").read_text())
    return summary(plan, read, access_points(profile, answers)), expected


@snmprec.needs_captures
@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_router_reads_as_expected(name: str) -> None:
    """Clients, ports with their counters and states, processors: equal to another monitor's figures."""
    found, expected = read_recording(name)
    assert found["profile"] == "mikrotik_routeros"
    sensors = [each for each in expected.get("wireless_sensors", []) if each["type"] == "clients"]
    assert found["wifi"]["clients"] == (sum(each["value"] for each in sensors) if sensors else None)
    by_index = {port["index"]: port for port in found["interfaces"]}
    for port in expected.get("ports", []):
        mine = by_index[port["ifIndex"]]
        assert mine["name"].split("#")[0] == port["ifName"]
        assert mine["receive_bytes"] == port["ifInOctets"]
        assert mine["transmit_bytes"] == port["ifOutOctets"]
        assert mine["up"] == (port["ifOperStatus"] == "up")
        assert mine["admin_up"] == (port["ifAdminStatus"] == "up")
        assert mine.get("speed_bytes_per_second", 0) * 8 == (port["ifSpeed"] or 0)
    cores = [each["usage_percent"] for each in expected.get("processors", [])]
    if cores:
        assert found["system"]["cpu_load_ratio"] == pytest.approx(sum(cores) / len(cores) / 100)
