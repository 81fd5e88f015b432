"""Access points that answer by themselves, of Ruijie, TP-Link, D-Link, Fortinet and Zyxel: agents from the MIBs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from met_agents import summary

from netmon.profiles import Cell

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
RUIJIE = "1.3.6.1.4.1.4881.1.1.10.2.82"
EAP = "1.3.6.1.4.1.11863.10.1"
HUAWEI = "1.3.6.1.4.1.2011.6.139"
FORTIAP = "1.3.6.1.4.1.12356.120"
ZYXEL = "1.3.6.1.4.1.890.1.15.3.5"


def by_ssid(told: Mapping[str, Any]) -> dict[str, float]:
    """Give the clients of each network."""
    return {one["ssid"]: one["clients"] for one in told["wifi"]["ssids"]}


@pytest.mark.parametrize("clients", [(4, 9), (0, 0)], ids=["some", "none"])
def test_huawei(clients: tuple[int, int]) -> None:
    """An access point that works without a controller lists its radios; what it does not know is no reading."""
    cells: dict[str, Cell] = {
        DESCR: b"Huawei AP7052DN\r\nHuawei Versatile Routing Platform Software\r\n"
        b"VRP (R) software,Version 5.170 (AP7052DN FAT V200R019C00SPC805)",
        OBJECT_ID: "1.3.6.1.4.1.2011.2.240.99",
        f"{HUAWEI}.12.1.1.1.0": 2,
        f"{HUAWEI}.12.1.2.2.0": sum(clients),
    }
    for radio, (channel, noise, power) in enumerate(((6, -91, 24), (149, 0, 255))):
        row = f"0.46.199.1.2.3.{radio}"
        told: dict[int, Cell] = {
            5: radio + 1,
            7: channel,
            10: 1 + 3 * radio,
            24: noise,
            25: 12,
            40: clients[radio],
            45: power,
        }
        cells |= {f"{HUAWEI}.16.1.2.1.{column}.{row}": cell for column, cell in told.items()}
    read = summary(cells)["wifi"]
    common = {"utilization_ratio": 0.12}
    assert read["clients"] == sum(clients)
    assert read["radios"] == [
        {
            "radio": "0",
            "band": "2.4",
            "clients": clients[0],
            "channel": 6,
            "channel_width_hertz": 20_000_000,
            "noise_dbm": -91,
            "transmit_power_dbm": 24,
            **common,
        },
        {"radio": "1", "band": "5", "clients": clients[1], "channel": 149, "channel_width_hertz": 80_000_000, **common},
    ]


def test_huawei_controller_has_no_radios() -> None:
    """The radios in a controller's list are those of its access points: no series of its own."""
    cells: dict[str, Cell] = {
        DESCR: b"VRP (R) software,Version 5.170 (AC6508 V200R019C10SPC500)",
        OBJECT_ID: "1.3.6.1.4.1.2011.2.240.17",
        f"{HUAWEI}.12.1.1.1.0": 1,
        f"{HUAWEI}.12.1.2.2.0": 7,
        f"{HUAWEI}.16.1.2.1.40.0.46.199.1.2.3.0": 7,
    }
    read = summary(cells)["wifi"]
    assert (read["clients"], read["radios"]) == (7, [])


@pytest.mark.parametrize("clients", [(4, 9), (0, 0)], ids=["some", "none"])
def test_ruijie(clients: tuple[int, int]) -> None:
    """An access point without a controller: total, radios by the names of their interfaces, networks."""
    cells: dict[str, Cell] = {
        DESCR: b"Ruijie Indoor AP720-L (802.11a/n/ac and 802.11b/g/n) By Ruijie Networks",
        OBJECT_ID: "1.3.6.1.4.1.4881.1.1.10.1.144",
        f"{RUIJIE}.2.2.1.0": sum(clients),
    }
    for row, (name, channel, count) in enumerate(
        zip((b"Dot11radio 1/0", b"Dot11radio 2/0"), (6, 149), clients, strict=True), 5
    ):
        cells |= {f"{IF_NAME}.{row}": name, f"{RUIJIE}.1.2.1.1.10.{row}": channel, f"{RUIJIE}.1.2.1.1.7.{row}": count}
    for row, (ssid, count) in enumerate(zip((b"Padang", b"Staf"), clients, strict=True), 1):
        cells |= {f"{RUIJIE}.1.1.4.1.2.{row}": ssid, f"{RUIJIE}.2.2.34.1.5.{row}": count}
    told = summary(cells)
    assert (told["profile"], told["wifi"]["clients"]) == ("ruijie_rgos", sum(clients))
    assert by_ssid(told) == {"Padang": clients[0], "Staf": clients[1]}
    assert told["wifi"]["radios"] == [
        {"radio": "Dot11radio 1/0", "band": "2.4", "channel": 6, "clients": clients[0]},
        {"radio": "Dot11radio 2/0", "band": "5", "channel": 149, "clients": clients[1]},
    ]


@pytest.mark.parametrize(
    ("descr", "object_id"),
    [
        (b"Linux EAP225-Outdoor 3.3.8", "1.3.6.1.4.1.11863.3.2.10"),
        (b"Linux EAP610 5.4.55", "1.3.6.1.4.1.8072.3.2.10"),
        (b"Linux something", "1.3.6.1.4.1.11863.3.2.99"),
    ],
)
@pytest.mark.parametrize("clients", [17, 0])
def test_tplink_eap(descr: bytes, object_id: str, clients: int) -> None:
    """An EAP says how many clients it has, and nothing of its radios."""
    told = summary({DESCR: descr, OBJECT_ID: object_id, f"{EAP}.1.1.0": clients})
    assert (told["profile"], told["wifi"]["clients"]) == ("tplink_eap", clients)
    assert told["wifi"]["radios"] == []


def test_tplink_eap_that_lists_clients_alone() -> None:
    """Where there is no number, the rows of its clients are counted."""
    cells: dict[str, Cell] = {DESCR: b"Linux EAP245 3.3.8", OBJECT_ID: "1.3.6.1.4.1.11863.3.2.10"}
    cells |= {f"{EAP}.1.2.1.2.{row}": b"00-11-22-33-44-55" for row in (1, 2, 3)}
    assert summary(cells)["wifi"]["clients"] == 3


def test_tplink_eap_without_its_own_objects() -> None:
    """An EAP whose firmware has no such object has no number of clients: that is not 0."""
    told = summary({DESCR: b"Linux EAP115 3.3.8", OBJECT_ID: "1.3.6.1.4.1.11863.3.2.10"})
    assert (told["profile"], told["wifi"]["clients"]) == ("tplink_eap", None)


@pytest.mark.parametrize("model", ["37", "52", "999"])
@pytest.mark.parametrize("stations", [[b"Padang", b"Padang", b"Staf"], []], ids=["some", "none"])
def test_dlink(model: str, stations: list[bytes]) -> None:
    """Each model's objects lie below its own number; clients are the rows of a table, their network is in them."""
    own = f"1.3.6.1.4.1.171.10.37.{model}"
    cells: dict[str, Cell] = {
        DESCR: b"D-Link DAP-2660",
        OBJECT_ID: own,
        f"{own}.5.1.1.0": b"2.06 10:11:12 03/04/2015",
        f"{own}.5.1.3.0": 1250,
        f"{own}.5.1.4.0": 61,
        f"{own}.2.1.3.3.4.1.1.1.2": 0,
    }
    for row, ssid in enumerate(stations, 1):
        cells |= {f"{own}.2.1.3.3.4.2.1.2.2.{row}": b"\0\1\2\3\4\5", f"{own}.2.1.3.3.4.2.1.7.2.{row}": ssid}
    told = summary(cells)
    assert (told["system"]["model"], told["system"]["version"]) == ("DAP-2660", "2.06")
    assert (told["system"]["cpu_load_ratio"], told["system"]["memory_used_ratio"]) == (0.125, 0.61)
    assert told["wifi"]["clients"] == len(stations)
    assert by_ssid(told) == ({"Padang": 2, "Staf": 1} if stations else {})


def test_fortiap() -> None:
    """Radios have the clients of their virtual access points; a radio that listens has no channel; names add up."""
    cells: dict[str, Cell] = {
        DESCR: b"pam-ap-1",
        OBJECT_ID: "1.3.6.1.4.1.12356.120.10.43106",
        f"{FORTIAP}.1.1.0": b"FP431F-v7.2-build0318",
        f"{FORTIAP}.3.43.0": 9,
    }
    for radio, (channel, power) in enumerate(((11, 17), (149, 21), (0, 0))):
        cells |= {f"{FORTIAP}.4.1.1.14.{radio}": channel, f"{FORTIAP}.4.1.1.10.{radio}": power}
    for row, (ssid, clients) in {
        "0.0": (b"Padang", 2),
        "0.1": (b"", 0),
        "1.0": (b"Padang", 6),
        "1.1": (b"Staf", 1),
    }.items():
        cells |= {f"{FORTIAP}.7.1.1.4.{row}": ssid, f"{FORTIAP}.7.1.1.45.{row}": clients}
    told = summary(cells)
    assert (told["wifi"]["clients"], by_ssid(told)) == (9, {"Padang": 8, "Staf": 1})
    assert told["wifi"]["radios"] == [
        {"radio": "0", "band": "2.4", "channel": 11, "transmit_power_dbm": 17, "clients": 2},
        {"radio": "1", "band": "5", "channel": 149, "transmit_power_dbm": 21, "clients": 7},
        {"radio": "2", "band": "", "transmit_power_dbm": 0, "clients": 0},
    ]


@pytest.mark.parametrize("descr", [b"NWA1123-AC PRO", b"WAX650S", b"WAC6303D-S", b"WBE660S", b"A new name"])
def test_zyxel(descr: bytes) -> None:
    """Any access point of theirs, also one of a name that nobody knows, has a total and its radios by band."""
    cells: dict[str, Cell] = {DESCR: descr, OBJECT_ID: "1.3.6.1.4.1.890.1.15", f"{ZYXEL}.15.0": 3}
    for row, (clients, mode, channel) in enumerate(((2, 1, 11), (1, 2, 149), (0, 3, 0)), 1):
        cells |= {f"{ZYXEL}.1.1.2.{row}": clients, f"{ZYXEL}.1.1.5.{row}": mode, f"{ZYXEL}.1.1.1.{row}": channel}
    cells |= {f"{ZYXEL}.2.1.4.{row}": ssid for row, ssid in enumerate((b"Padang", b"Staf", b"Padang"), 1)}
    told = summary(cells)
    assert (told["profile"], told["wifi"]["clients"]) == ("zyxel_nwa", 3)
    assert by_ssid(told) == {"Padang": 2, "Staf": 1}
    assert told["wifi"]["radios"] == [
        {"radio": "2.4GHz", "band": "2.4", "clients": 2, "channel": 11},
        {"radio": "5GHz", "band": "5", "clients": 1, "channel": 149},
        {"radio": "6GHz", "band": "6", "clients": 0},
    ]
