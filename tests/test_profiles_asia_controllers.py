"""Controllers of Huawei, H3C, Ruijie, Fortinet, Zyxel and ZTE: agents written from the MIBs' definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import recordings
from profile_cells import below

from netmon.profiles import Cell, Plan, Values, readings

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
HUAWEI = "1.3.6.1.4.1.2011.6.139"
H3C = "1.3.6.1.4.1.25506.2.75"
RUIJIE = "1.3.6.1.4.1.4881.1.1.10.2.56"
FORTIGATE = "1.3.6.1.4.1.12356.101.14"
MERU = "1.3.6.1.4.1.15983.1.1"
ZYXEL = "1.3.6.1.4.1.890.1.15.3.3.1"
ZTE = "1.3.6.1.4.1.3902.154.8.11.1.3.1.1.3.1.1"


def found(cells: Mapping[str, Cell]) -> recordings.Found:
    """Meet an agent that has these cells."""
    met = recordings.Recording({oid: (0, cell) for oid, cell in cells.items()})
    return recordings.find(met, recordings.profiles())


def wifi(cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Give what is read of an agent's Wi-Fi."""
    told: dict[str, Any] = found(cells).summary["wifi"]
    return told


def polled(plan: Plan, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Poll an agent that was met before: the Wi-Fi readings by measure and its own label."""
    asked = [cells.get(oid) for request in plan.requests for oid in request[bool(plan.uptime) :]]
    columns = {column: below(cells, column) for group in plan.volatile for column in group}
    return {
        "/".join([made.measure, *[text for name, text in made.labels if name in {"ssid", "state"}]]): value
        for made, value in readings(plan, Values(asked, columns))
        if made.measure.startswith("wifi_")
    }


def index_of(text: bytes) -> str:
    """Write a text as a part of an index: its length and its octets (RFC 2578, section 7.7)."""
    return ".".join(map(str, (len(text), *text)))


def by_ssid(told: Mapping[str, Any]) -> dict[str, float]:
    """Give the clients of each network."""
    return {one["ssid"]: one["clients"] for one in told["ssids"]}


# -- Huawei ---------------------------------------------------------------------------------------------


def huawei(networks: Mapping[bytes, tuple[int, int]], *points: tuple[bytes, int, int]) -> dict[str, Cell]:
    """Make an access controller: clients of each network in both bands; name, run state, clients of each AP."""
    cells: dict[str, Cell] = {
        DESCR: b"Huawei AC6508\r\nHuawei Versatile Routing Platform Software\r\n"
        b"VRP (R) software,Version 5.170 (AC6508 V200R019C10SPC500)\r\nCopyright (C)",
        OBJECT_ID: "1.3.6.1.4.1.2011.2.240.17",
        f"{HUAWEI}.12.1.2.1.0": sum(state == 8 for _, state, _ in points),
    }
    for ssid, (slow, fast) in networks.items():
        cells |= {f"{HUAWEI}.17.1.2.1.2.{index_of(ssid)}": slow, f"{HUAWEI}.17.1.2.1.3.{index_of(ssid)}": fast}
    for last, (name, state, clients) in enumerate(points, 1):
        row = f"0.46.199.0.0.{last}"
        cells |= {f"{HUAWEI}.13.3.3.1.{column}.{row}": b"text" for column in (2, 3, 7)}
        cells |= {f"{HUAWEI}.13.3.3.1.4.{row}": name, f"{HUAWEI}.13.3.3.1.6.{row}": state}
        cells |= {f"{HUAWEI}.13.3.3.1.13.{row}": bytes([10, 1, 3, last]), f"{HUAWEI}.13.3.3.1.44.{row}": clients}
    return cells


def test_huawei_controller() -> None:
    """Networks have the clients of both bands, the total is theirs; an access point has name, state, clients."""
    told = wifi(huawei({b"Padang": (3, 9), b"Staf": (0, 0)}, (b"pam-ap-1", 8, 12), (b"pam-ap-2", 4, 0)))
    assert told["clients"] == 12
    assert by_ssid(told) == {"Padang": 12, "Staf": 0}
    assert told["access_point_states"] == {"online": 1}
    assert told["access_points"] == [
        {
            "name": f"pam-ap-{last}",
            "mac": f"00:2e:c7:00:00:0{last}",
            "state": state,
            "address": f"10.1.3.{last}",
            "model": "text",
            "version": "text",
            "serial": "text",
            "clients": clients,
        }
        for last, state, clients in ((1, "online", 12), (2, "offline", 0))
    ]


def test_huawei_total_of_its_own() -> None:
    """Where the controller says itself how many are associated, that is the total."""
    cells = {**huawei({b"Padang": (3, 9)}), f"{HUAWEI}.12.1.2.2.0": 13}
    assert wifi(cells)["clients"] == 13


def test_huawei_with_six_gigahertz() -> None:
    """Clients of the third band are clients too."""
    cells = {**huawei({b"Padang": (3, 9)}), f"{HUAWEI}.17.1.2.1.17.{index_of(b'Padang')}": 5}
    told = wifi(cells)
    assert (told["clients"], by_ssid(told)) == (17, {"Padang": 17})


def test_huawei_without_clients() -> None:
    """Nobody is 0, in total and in each network."""
    told = wifi(huawei({b"Padang": (0, 0)}, (b"pam-ap-1", 8, 0)))
    assert (told["clients"], by_ssid(told)) == (0, {"Padang": 0})


def test_huawei_names_in_chinese() -> None:
    """Names that are no UTF-8 are read with replaced characters; the access points stay two."""
    names = ["办公室一".encode("gbk"), "办公室二".encode("gbk")]
    told = wifi(huawei({"免费".encode("gbk"): (1, 1)}, *[(name, 8, 1) for name in names]))
    assert sum(by_ssid(told).values()) == 2
    assert [point["mac"] for point in told["access_points"]] == ["00:2e:c7:00:00:01", "00:2e:c7:00:00:02"]
    assert all("\ufffd" in point["name"] for point in told["access_points"])


@pytest.mark.parametrize(
    ("run_state", "state"),
    [(1, "offline"), (2, "pending"), (5, "provisioning"), (7, "upgrading"), (8, "online"), (11, "standby")],
)
def test_huawei_states(run_state: int, state: str) -> None:
    """Only what serves is online; a second controller's access points are on standby there."""
    assert wifi(huawei({}, (b"pam-ap-1", run_state, 0)))["access_points"][0]["state"] == state


def test_huawei_networks_come_and_go() -> None:
    """A network that is made after the first contact is read at the next poll, and one that is gone is gone."""
    plan = found(huawei({b"Padang": (1, 2)}, (b"pam-ap-1", 8, 3))).plan
    now = polled(plan, huawei({b"Wisata": (4, 0)}, (b"pam-ap-1", 8, 4)))
    assert now == {"wifi_clients": 4, "wifi_ssid_clients/Wisata": 4, "wifi_access_points/online": 1}


def test_huawei_switch_is_no_controller() -> None:
    """A switch of the same system has no Wi-Fi."""
    cells = {oid: cell for oid, cell in huawei({}).items() if not oid.startswith(HUAWEI)}
    assert wifi(cells)["clients"] is None


# -- H3C ------------------------------------------------------------------------------------------------


def h3c(stations: list[bytes], *points: tuple[bytes, int | None, int]) -> dict[str, Cell]:
    """Make an access controller: the network of each station; name, status, clients of each AP."""
    cells: dict[str, Cell] = {
        DESCR: b"H3C Comware Platform Software, Software Version 7.1.064, Release 5452P02\r\nH3C WX3510H\r\n"
        b"Copyright (c) 2004-2021 New H3C Technologies Co., Ltd.",
        OBJECT_ID: "1.3.6.1.4.1.25506.1.1935",
        f"{H3C}.1.1.2.1.0": sum(status in {5, None} for _, status, _ in points),
        f"{H3C}.1.1.2.2.0": len(stations),
        f"{H3C}.1.1.3.6.0": len(stations),
    }
    for last, ssid in enumerate(stations, 1):
        cells[f"{H3C}.3.1.1.1.12.120.0.0.0.0.{last}"] = ssid
    for last, (name, status, clients) in enumerate(points, 1):
        row = index_of(f"219801A0YG8165E0000{last}".encode())
        cells |= {f"{H3C}.2.1.2.1.8.{row}": name, f"{H3C}.2.1.2.1.7.{row}": clients}
        cells |= {f"{H3C}.2.1.2.1.9.{row}": b"WA4320i-ACN", f"{H3C}.2.1.2.1.11.{row}": b"R5452P02"}
        cells |= {f"{H3C}.2.1.2.1.2.{row}": bytes([10, 2, 0, last]), f"{H3C}.2.1.2.1.3.{row}": b"\x0c\xda\x41\0\0\1"}
        if status is not None:
            cells[f"{H3C}.2.1.1.1.4.{row}"] = status
    return cells


def test_h3c_controller() -> None:
    """The total is the controller's own; networks are counted in its stations; an AP's index is its serial number."""
    told = wifi(h3c([b"Padang", b"Staf", b"Padang"], (b"ap39", 5, 3), (b"ap40", 3, 0)))
    assert (told["clients"], by_ssid(told)) == (3, {"Padang": 2, "Staf": 1})
    assert told["access_point_states"] == {"online": 1}
    assert told["access_points"][0] == {
        "name": "ap39",
        "mac": "0c:da:41:00:00:01",
        "state": "online",
        "address": "10.2.0.1",
        "model": "WA4320i-ACN",
        "version": "R5452P02",
        "serial": "219801A0YG8165E00001",
        "clients": 3,
    }
    assert told["access_points"][1]["state"] == "upgrading"


def test_h3c_without_clients() -> None:
    """Nobody is 0, and no network is named."""
    told = wifi(h3c([], (b"ap39", 5, 0)))
    assert (told["clients"], told["ssids"]) == (0, [])


def test_h3c_without_the_table_of_states() -> None:
    """Both tables list those alone that have joined: one without a status has joined all the same."""
    assert wifi(h3c([], (b"ap39", None, 0)))["access_points"][0]["state"] == "online"


def test_h3c_stations_come_and_go() -> None:
    """Stations are counted at each poll."""
    plan = found(h3c([b"Padang"], (b"ap39", 5, 1))).plan
    now = polled(plan, h3c([b"Staf", b"Staf"], (b"ap39", 5, 2)))
    assert now == {"wifi_clients": 2, "wifi_ssid_clients/Staf": 2, "wifi_access_points/online": 1}


# -- Ruijie ---------------------------------------------------------------------------------------------


def ruijie(networks: Mapping[bytes, int], *points: tuple[bytes, int, int]) -> dict[str, Cell]:
    """Make an access controller: clients of each network; name, state (2: gone), clients of each AP."""
    cells: dict[str, Cell] = {
        DESCR: b"Ruijie Wireless Switch (WS6008) By Ruijie Networks",
        OBJECT_ID: "1.3.6.1.4.1.4881.1.1.10.1.97",
        f"{RUIJIE}.1.1.11.0": sum(state == 1 for _, state, _ in points),
        f"{RUIJIE}.1.1.15.0": sum(networks.values()),
        f"{RUIJIE}.1.1.80.0": sum(state == 2 for _, state, _ in points),
    }
    for row, (ssid, clients) in enumerate(networks.items(), 1):
        cells |= {f"{RUIJIE}.4.1.2.1.1.{row}": ssid, f"{RUIJIE}.4.1.1.1.13.{row}": clients}
    for last, (name, state, clients) in enumerate(points, 1):
        row_of = f"88.105.108.0.0.{last}"
        cells |= {f"{RUIJIE}.2.1.8.1.2.{row_of}": name, f"{RUIJIE}.2.1.8.1.3.{row_of}": state}
        cells |= {f"{RUIJIE}.2.1.8.1.6.{row_of}": bytes([10, 3, 0, last]), f"{RUIJIE}.2.1.8.1.15.{row_of}": clients}
        told: dict[int, Cell] = {2: name, 32: b"G1KD", 34: clients, 37: b"AP_RGOS 11.1", 39: b"AP720-L", 48: 1}
        if state == 1:  # the other table knows those alone that are connected
            cells |= {f"{RUIJIE}.2.1.1.1.{column}.{row_of}": cell for column, cell in told.items()}
    return cells


def test_ruijie_controller() -> None:
    """Totals are the controller's own; each access point is one, whether one table lists it or both."""
    told = wifi(ruijie({b"Padang": 2, b"Staf": 0}, (b"pam-ap-1", 1, 2), (b"pam-ap-2", 2, 0)))
    assert (told["clients"], by_ssid(told)) == (2, {"Padang": 2, "Staf": 0})
    assert told["access_point_states"] == {"online": 1, "offline": 1}
    assert told["access_points"] == [
        {
            "name": "pam-ap-1",
            "mac": "58:69:6c:00:00:01",
            "state": "online",
            "address": "10.3.0.1",
            "model": "AP720-L",
            "version": "AP_RGOS 11.1",
            "serial": "G1KD",
            "clients": 2,
        },
        {"name": "pam-ap-2", "mac": "58:69:6c:00:00:02", "state": "offline", "address": "10.3.0.2", "clients": 0},
    ]


def test_ruijie_old_controller() -> None:
    """Where the controller lists connected access points and its clients alone, they are the list, and are counted."""
    cells = {oid: cell for oid, cell in ruijie({}, (b"pam-ap-1", 1, 3)).items() if f"{RUIJIE}.2.1.8." not in oid}
    cells |= {
        f"{RUIJIE}.5.1.1.1.17.120.0.0.0.0.{last}": ssid for last, ssid in enumerate((b"Padang", b"Staf", b"Padang"))
    }
    told = wifi({**cells, f"{RUIJIE}.1.1.15.0": 3})
    assert (told["clients"], by_ssid(told)) == (3, {"Padang": 2, "Staf": 1})
    assert [(one["name"], one["state"], one["clients"]) for one in told["access_points"]] == [("pam-ap-1", "online", 3)]


def test_ruijie_without_clients() -> None:
    """Nobody is 0, in total and in each network."""
    told = wifi(ruijie({b"Padang": 0}, (b"pam-ap-1", 1, 0)))
    assert (told["clients"], by_ssid(told)) == (0, {"Padang": 0})


# -- Fortinet -------------------------------------------------------------------------------------------


def fortigate(*points: tuple[bytes, int | None, int]) -> dict[str, Cell]:
    """Make a firewall with FortiAPs: name, state of the session (none: no session), clients of each."""
    cells: dict[str, Cell] = {
        DESCR: b"Gerbang",
        OBJECT_ID: "1.3.6.1.4.1.12356.101.1.1001",
        "1.3.6.1.4.1.12356.101.4.1.1.0": b"v7.4.4,build2662,240514 (GA.F)",
        f"{FORTIGATE}.2.4.0": len(points),
        f"{FORTIGATE}.2.5.0": sum(state == 2 for _, state, _ in points),
        f"{FORTIGATE}.2.7.0": sum(clients for _, _, clients in points),
    }
    for row, (ssid, clients) in enumerate(((b"Padang", 4), (b"Staf", 0), (b"Padang", 1))):
        cells |= {f"{FORTIGATE}.3.1.1.1.{row}": ssid, f"{FORTIGATE}.3.1.12.1.{row}": clients}
    for last, (name, state, clients) in enumerate(points, 1):
        row_of = f"1.{index_of(f'FP231FTF2000000{last}'.encode())}"
        cells[f"{FORTIGATE}.4.3.1.3.{row_of}"] = name
        told: dict[int, Cell] = {
            7: state,
            17: clients,
            3: bytes([10, 4, 0, last]),
            6: b"\x38\xc0\xea\0\0\1",
            12: b"231F",
            14: b"7.4.2",
        }
        if state is not None:
            cells |= {f"{FORTIGATE}.4.4.1.{column}.{row_of}": cell for column, cell in told.items()}
    return cells


def test_fortigate_with_access_points() -> None:
    """Networks of one name add up; an access point that is configured, but has no session, is offline."""
    told = wifi(fortigate((b"pam-ap-1", 2, 5), (b"", 1, 0), (b"pam-ap-3", None, 0)))
    assert (told["clients"], by_ssid(told)) == (5, {"Padang": 5, "Staf": 0})
    assert told["access_point_states"] == {"online": 1}
    assert told["access_points"][0] == {
        "name": "pam-ap-1",
        "mac": "38:c0:ea:00:00:01",
        "state": "online",
        "address": "10.4.0.1",
        "model": "231F",
        "version": "7.4.2",
        "serial": "FP231FTF20000001",
        "clients": 5,
    }
    assert [(one["name"], one["state"]) for one in told["access_points"][1:]] == [
        ("FP231FTF20000002", "offline"),
        ("pam-ap-3", "offline"),
    ]


def test_fortigate_without_access_points() -> None:
    """A firewall that controls none says 0 of all."""
    told = wifi({oid: cell for oid, cell in fortigate().items() if not oid.startswith(f"{FORTIGATE}.3.")})
    assert (told["clients"], told["access_points"], told["access_point_states"]) == (0, [], {"online": 0})


def test_fortiwlc() -> None:
    """The total is the controller's own; stations name their access point by its number."""
    cells: dict[str, Cell] = {
        DESCR: b"FortiWLC-200D",
        OBJECT_ID: "1.3.6.1.4.1.15983.1.1.2",
        f"{MERU}.3.1.13.9.0": 1,
        f"{MERU}.3.1.13.11.0": 2,
    }
    for row, (name, number, state) in enumerate(((b"AP-1", 11, 3), (b"AP-2", 12, 2)), 1):
        cells |= {f"{MERU}.4.2.1.1.2.{row}": name, f"{MERU}.4.2.1.1.4.{row}": number, f"{MERU}.4.2.1.1.27.{row}": state}
    cells |= {f"{MERU}.3.1.7.1.9.{row}": 11 for row in (1, 2)}
    told = wifi(cells)
    assert (told["clients"], told["access_point_states"]) == (2, {"online": 1})
    assert told["access_points"] == [
        {"name": "AP-1", "state": "online", "clients": 2},
        {"name": "AP-2", "state": "offline", "clients": 0},
    ]


# -- Zyxel, ZTE -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("descr", [b"NXC2500", b"NXC5500", b"USG FLEX 200"])
def test_zyxel_controller(descr: bytes) -> None:
    """A controller, or a firewall that controls, gives the total and its access points by state."""
    cells: dict[str, Cell] = {DESCR: descr, OBJECT_ID: "1.3.6.1.4.1.890.1.15"}
    cells |= {f"{ZYXEL}.{number}.0": count for number, count in enumerate((7, 1, 2, 31), 1)}
    row: dict[int, Cell] = {2: b"\xb0\xb2\xdc\0\0\1", 3: b"pam-ap-1", 4: bytes([10, 5, 0, 1]), 5: 31}
    cells |= {f"1.3.6.1.4.1.890.1.15.3.5.11.1.{column}.1": cell for column, cell in row.items()}
    told = wifi(cells)
    assert (told["clients"], told["access_point_states"]) == (31, {"online": 7, "offline": 1, "pending": 2})
    assert told["access_points"] == [
        {"name": "pam-ap-1", "mac": "b0:b2:dc:00:00:01", "address": "10.5.0.1", "clients": 31}
    ]


def test_zte_controller() -> None:
    """Its access points have name, state, model and serial number."""
    cells: dict[str, Cell] = {DESCR: b"ZXV10 W908 Version: V1.0.01", OBJECT_ID: "1.3.6.1.4.1.3902.154.1"}
    for row, state in enumerate((6, 1), 1):
        row_cells: dict[int, Cell] = {9: state, 11: f"pam-ap-{row}".encode(), 12: b"SN", 14: b"W815N"}
        cells |= {f"{ZTE}.{column}.{row}": cell for column, cell in row_cells.items()}
    told = wifi(cells)
    assert told["access_point_states"] == {"online": 1, "offline": 1}
    assert told["access_points"][0] == {"name": "pam-ap-1", "state": "online", "serial": "SN", "model": "W815N"}
