"""Aruba Instant before and from 8.4, controllers; HP's controllers; agents written from the MIBs."""

from __future__ import annotations

import pytest
from met_agents import meet, polled, summary

from netmon.profiles import Cell

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
INSTANT = "1.3.6.1.4.1.14823.2.3.3.1"
POINT, RADIO, CLIENT, SSID = f"{INSTANT}.2.1.1", f"{INSTANT}.2.2.1", f"{INSTANT}.2.4.1", f"{INSTANT}.1.7.1"
WLSX = "1.3.6.1.4.1.14823.2.2.1"
COLUBRIS = "1.3.6.1.4.1.8744.5"
OLD: dict[str, Cell] = {
    DESCR: b"ArubaOS (MODEL: 105), Version 6.4.4.8-4.2.4.21",
    OBJECT_ID: "1.3.6.1.4.1.14823.1.2.32",
}
NEW: dict[str, Cell] = {
    DESCR: b"ArubaOS (MODEL: 515), Version 8.10.0.6-8.10.0.6",
    OBJECT_ID: "1.3.6.1.4.1.14823.1.2.107",
}
CONTROLLER: dict[str, Cell] = {
    DESCR: b"ArubaOS (MODEL: Aruba7205), Version 8.10.0.5 (85514)",
    OBJECT_ID: "1.3.6.1.4.1.14823.1.1.43",
}


def points(*states: int) -> dict[str, Cell]:
    """Make a cluster's rows of access points, ``ap-1`` and so on; a state of 0 is not told."""
    cells: dict[str, Cell] = {}
    for last, state in enumerate(states, 1):
        mac = f"32.76.3.0.0.{last}"
        cells |= {f"{POINT}.2.{mac}": f"ap-{last}".encode(), f"{POINT}.3.{mac}": bytes([10, 0, 0, last])}
        cells |= {f"{POINT}.4.{mac}": f"CN{last}".encode(), f"{POINT}.6.{mac}": b"515", f"{POINT}.7.{mac}": 25 * last}
        cells |= {f"{POINT}.8.{mac}": 250, f"{POINT}.10.{mac}": 1000}
        cells |= {f"{POINT}.11.{mac}": state} if state else {}
    return cells


def radios(*told: tuple[str, int]) -> dict[str, Cell]:
    """Make the radios of ``ap-1``: channel and clients."""
    cells: dict[str, Cell] = {}
    for number, (channel, clients) in enumerate(told):
        index = f"32.76.3.0.0.1.{number}"
        cells |= {f"{RADIO}.4.{index}": channel.encode(), f"{RADIO}.5.{index}": 18, f"{RADIO}.6.{index}": 95}
        cells |= {f"{RADIO}.8.{index}": 40, f"{RADIO}.21.{index}": clients}
    return cells


def ssids(**clients: int) -> dict[str, Cell]:
    """Make the rows of networks."""
    cells: dict[str, Cell] = {}
    for row, (name, count) in enumerate(clients.items()):
        cells |= {f"{SSID}.2.{row}": name.encode(), f"{SSID}.4.{row}": count}
    return cells


def test_instant_from_8_4() -> None:
    """By network and by radio, also of 6 GHz, whose channels have an S behind them; each access point's clients."""
    told = summary(
        {**NEW, **points(1, 2), **radios(("116E", 7), ("6", 3), ("53S", 1)), **ssids(Padang=9, Staf=2, Tamu=0)}
    )
    assert (told["profile"], told["wifi"]["clients"]) == ("aruba_instant", 11)
    assert told["wifi"]["ssids"] == [
        {"ssid": "Padang", "clients": 9},
        {"ssid": "Staf", "clients": 2},
        {"ssid": "Tamu", "clients": 0},
    ]
    common = {"utilization_ratio": 0.4, "noise_dbm": -95, "transmit_power_dbm": 18}
    assert told["wifi"]["radios"] == [
        {"radio": "ap-1/0", "band": "5", "clients": 7, "channel": 116, **common},
        {"radio": "ap-1/1", "band": "2.4", "clients": 3, "channel": 6, **common},
        {"radio": "ap-1/2", "band": "6", "clients": 1, "channel": 53, **common},
    ]
    assert told["wifi"]["access_point_states"] == {"online": 1, "offline": 1}
    first, second = told["wifi"]["access_points"]
    assert (first["name"], first["state"], first["clients"]) == ("ap-1", "online", 11)
    assert (first["address"], first["serial"], first["mac"]) == ("10.0.0.1", "CN1", "20:4c:03:00:00:01")
    assert (second["state"], second["clients"]) == ("offline", 0)


def test_instants_system() -> None:
    """The load and the memory of the whole cluster."""
    system = summary({**NEW, **points(1, 1)})["system"]
    assert (system["model"], system["version"]) == ("515", "8.10.0.6-8.10.0.6")
    assert (system["cpu_load_ratio"], system["memory_used_ratio"]) == (0.375, 0.75)


def test_instant_networks_come_and_go_without_a_new_plan() -> None:
    """Their rows are numbered anew with each change of settings."""
    found = meet({**NEW, **points(1), **ssids(Padang=9, Staf=2)})
    read = polled(found, {**NEW, **points(1, 1), **ssids(Baru=1, Padang=9, Staf=2)})
    assert (read["wifi_clients"], read['wifi_ssid_clients{ssid="Padang"}']) == (12, 9)
    assert read['wifi_ssid_clients{ssid="Baru"}'] == 1
    assert read['wifi_access_points{state="online"}'] == 2


def client_rows(*served_by: int) -> dict[str, Cell]:
    """Make rows of clients, each with the number of the access point that serves it."""
    cells: dict[str, Cell] = {}
    for last, point in enumerate(served_by, 1):
        mac = f"2.0.0.0.0.{last}"
        cells |= {f"{CLIENT}.1.{mac}": bytes([2, 0, 0, 0, 0, last]), f"{CLIENT}.4.{mac}": bytes([10, 0, 0, point])}
    return cells


def test_instant_before_8_4() -> None:
    """The number of rows of clients, for each access point those with its address; no state told means joined."""
    told = summary({**OLD, **points(0, 0), **client_rows(1, 1, 2)})["wifi"]
    assert told["clients"] == 3
    assert told["access_point_states"] == {"online": 2}
    assert [(one["name"], one["state"], one["clients"]) for one in told["access_points"]] == [
        ("ap-1", "online", 2),
        ("ap-2", "online", 1),
    ]


@pytest.mark.parametrize("base", [OLD, NEW], ids=["before", "from"])
def test_instant_without_clients(base: dict[str, Cell]) -> None:
    """No client is 0, without any row too; an agent that tells no access points tells no clients."""
    told = summary({**base, **points(1)})["wifi"]
    assert (told["clients"], told["access_points"][0]["clients"]) == (0, 0)
    assert summary(base)["wifi"]["clients"] is None


def test_instant_radio_that_is_off() -> None:
    """It has no channel, no band, and clients of 0."""
    (radio,) = summary({**NEW, **points(1), **radios(("0", 0)), **ssids(Padang=0)})["wifi"]["radios"]
    assert (radio["clients"], radio["band"], "channel" in radio) == (0, "", False)


def controller(*told: tuple[str, int, tuple[int, ...]]) -> dict[str, Cell]:
    """Make a controller's access points: name, status, the clients of each radio."""
    cells: dict[str, Cell] = {}
    for last, (name, status, clients) in enumerate(told, 1):
        mac = f"32.76.3.0.0.{last}"
        point, radio = f"{WLSX}.5.2.1.4.1", f"{WLSX}.5.2.1.5.1"
        cells |= {f"{point}.2.{mac}": bytes([10, 0, 0, last]), f"{point}.3.{mac}": name.encode()}
        cells |= {f"{point}.6.{mac}": f"CN{last}".encode(), f"{point}.13.{mac}": b"315", f"{point}.19.{mac}": status}
        cells |= {f"{point}.34.{mac}": b"8.10.0.5"}
        for number, count in enumerate(clients, 1):
            cells |= {f"{radio}.7.{mac}.{number}": count, f"{radio}.3.{mac}.{number}": 36 * (number - 1) or 6}
            cells |= {f"{radio}.6.{mac}.{number}": 25, f"{radio}.17.{mac}.{number}": 185}
    return cells


def essids(**clients: int) -> dict[str, Cell]:
    """Make the rows of networks, whose names are only in their index; one has an empty name."""
    rows = {".".join(map(str, (len(name), *name.encode()))): count for name, count in clients.items()}
    return {f"{WLSX}.5.2.1.8.1.2.{index}": count for index, count in {**rows, "0": 0}.items()}


def test_controller() -> None:
    """Totals by scalars, networks by their index, access points with state and clients, radios under their names."""
    told = summary(
        {
            **CONTROLLER,
            **controller(("ap-a", 1, (4, 5)), ("ap-b", 2, (0, 0))),
            **essids(Padang=9, Staf=0),
            f"{WLSX}.1.3.1.0": 1,
            f"{WLSX}.1.3.2.0": 9,
        }
    )
    assert (told["profile"], told["wifi"]["clients"]) == ("aruba_controller", 9)
    radios = [("ap-a/1", "2.4", 4, 6), ("ap-a/2", "5", 5, 36), ("ap-b/1", "2.4", 0, 6), ("ap-b/2", "5", 0, 36)]
    facts = {"utilization_ratio": 0.25, "transmit_power_dbm": 18.5}
    assert told["wifi"]["radios"] == [
        {"radio": radio, "band": band, "clients": clients, "channel": channel, **facts}
        for radio, band, clients, channel in radios
    ]
    assert {"ssid": "Padang", "clients": 9} in told["wifi"]["ssids"]
    assert {"ssid": "Staf", "clients": 0} in told["wifi"]["ssids"]
    assert told["wifi"]["access_point_states"] == {"online": 1}
    first, second = told["wifi"]["access_points"]
    assert first == {
        "name": "ap-a",
        "state": "online",
        "address": "10.0.0.1",
        "model": "315",
        "serial": "CN1",
        "version": "8.10.0.5",
        "mac": "20:4c:03:00:00:01",
        "clients": 9,
    }
    assert (second["state"], second["clients"]) == ("offline", 0)


def test_controllers_networks_come_and_go_without_a_new_plan() -> None:
    """A row of a network is there while some access point sends it out."""
    found = meet({**CONTROLLER, **essids(Padang=9)})
    read = polled(found, {**CONTROLLER, **essids(Staf=3)})
    assert {name: value for name, value in read.items() if name.startswith("wifi_ssid")} == {
        'wifi_ssid_clients{ssid="Staf"}': 3
    }


def test_controller_without_clients_or_wireless() -> None:
    """0 where it tells 0; nothing where it tells nothing."""
    assert summary({**CONTROLLER, f"{WLSX}.1.3.2.0": 0})["wifi"]["clients"] == 0
    assert summary(CONTROLLER)["wifi"]["clients"] is None


def test_controllers_health() -> None:
    """The mean of its processors, its memory, a temperature in a text."""
    cells: dict[str, Cell] = {f"{WLSX}.2.1.13.1.3.1": 20, f"{WLSX}.2.1.13.1.3.2": 30}
    cells |= {f"{WLSX}.1.1.11.1.2.1": 4000, f"{WLSX}.1.1.11.1.3.1": 1000}
    cells |= {f"{WLSX}.2.1.10.0": b"58.00 degrees Celsius (NORMAL)", f"{WLSX}.1.1.12.0": b"CG1"}
    system = summary({**CONTROLLER, **cells})["system"]
    assert (system["cpu_load_ratio"], system["memory_used_ratio"]) == (0.25, 0.25)
    assert (system["model"], system["version"], system["serial"]) == ("Aruba7205", "8.10.0.5", "CG1")
    assert system["temperature_celsius"] == {"chassis": 58}


@pytest.mark.parametrize(("clients", "read"), [(6, 6), (0, 0)])
def test_hp_msm(clients: int, read: int) -> None:
    """A controller of HP's MSM tells clients and the states of its access points."""
    cells: dict[str, Cell] = {DESCR: b"MSM760 - Hardware revision 00", OBJECT_ID: "1.3.6.1.4.1.8744.1.52"}
    cells |= {
        f"{COLUBRIS}.6.1.1.1.0": b"MSM760",
        f"{COLUBRIS}.6.1.1.2.0": b"6.6.3.0",
        f"{COLUBRIS}.25.1.7.2.0": clients,
    }
    for row, state in enumerate((7, 7, 1, 4), 1):
        device = f"{COLUBRIS}.23.1.2.1.1"
        cells |= {f"{device}.2.{row}": f"SG{row}".encode(), f"{device}.3.{row}": bytes([0, 3, 82, 0, 0, row])}
        cells |= {f"{device}.4.{row}": bytes([10, 0, 0, row]), f"{device}.5.{row}": state}
        cells |= {f"{device}.6.{row}": f"ap-{row}".encode()}
    told = summary(cells)
    assert (told["profile"], told["system"]["model"], told["wifi"]["clients"]) == ("hp_msm", "MSM760", read)
    assert told["wifi"]["access_point_states"] == {"online": 2, "offline": 1, "upgrading": 1}
    assert [(one["name"], one["state"]) for one in told["wifi"]["access_points"]] == [
        ("ap-1", "online"),
        ("ap-2", "online"),
        ("ap-3", "offline"),
        ("ap-4", "upgrading"),
    ]


def test_aruba_cx_memory_by_firmware() -> None:
    """Up to 10.06 the memory in use counts buffers and cache, afterwards no longer."""
    storage = "1.3.6.1.2.1.25.2.3.1"
    cells: dict[str, Cell] = {OBJECT_ID: "1.3.6.1.4.1.47196.4.1.1.1.50"}
    rows = ((b"Physical memory", "2", 900), (b"Memory buffers", "1", 100), (b"Cached memory", "1", 500))
    for row, (name, kind, used) in enumerate(rows, 1):
        cells |= {f"{storage}.2.{row}": f"1.3.6.1.2.1.25.2.1.{kind}", f"{storage}.3.{row}": name}
        cells |= {f"{storage}.5.{row}": 1000, f"{storage}.6.{row}": used}
    old = summary({**cells, DESCR: b"Aruba JL635A 8325 GL.10.06.0001"})
    new = summary({**cells, DESCR: b"Aruba JL635A 8325 GL.10.07.0005"})
    assert (old["profile"], old["system"]["memory_used_ratio"]) == ("aruba_cx", 0.3)
    assert new["system"]["memory_used_ratio"] == 0.9
