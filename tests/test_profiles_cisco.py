"""Cisco and Meraki: controllers, autonomous access points, the cloud's agent; agents written from the MIBs."""

from __future__ import annotations

import pytest
from met_agents import meet, polled, summary

from netmon.profiles import Cell

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
AIRESPACE = "1.3.6.1.4.1.14179"
WLAN, POINT, RADIO = f"{AIRESPACE}.2.1.1.1", f"{AIRESPACE}.2.2.1.1", f"{AIRESPACE}.2.2.2.1"
JOINED = "1.3.6.1.4.1.9.9.513.1.3.35.0"
DOT11, DOT11_IF = "1.3.6.1.4.1.9.9.273.1", "1.3.6.1.4.1.9.9.272.1"
CLOUD = "1.3.6.1.4.1.29671.1.1"
MODEL, VERSION, SERIAL = (f"1.3.6.1.2.1.47.1.1.1.1.{column}" for column in (13, 10, 11))
AIREOS: dict[str, Cell] = {DESCR: b"Cisco Controller", OBJECT_ID: "1.3.6.1.4.1.9.1.1279"}
C9800: dict[str, Cell] = {
    DESCR: b"Cisco IOS Software [Cupertino], C9800 Software (C9800_IOSXE-K9), Version 17.9.4, RELEASE SOFTWARE (fc5)",
    OBJECT_ID: "1.3.6.1.4.1.9.1.2530",
}
AIRONET: dict[str, Cell] = {
    DESCR: b"Cisco IOS Software, C1260 Software (AP3G1-K9W7-M), Version 15.3(3)JF12, RELEASE SOFTWARE (fc2)",
    OBJECT_ID: "1.3.6.1.4.1.9.1.1034",
}


def wlans(**clients: int) -> dict[str, Cell]:
    """Make the rows of a controller's networks, ``name_1`` and ``name_2`` being two of one name."""
    cells: dict[str, Cell] = {}
    for row, (name, count) in enumerate(clients.items(), 1):
        cells |= {f"{WLAN}.2.{row}": name.split("_")[0].encode(), f"{WLAN}.38.{row}": count}
    return cells


def points(*told: tuple[str, int, tuple[int, ...]]) -> dict[str, Cell]:
    """Make the rows of access points: name, status, the clients of each radio."""
    cells: dict[str, Cell] = {}
    for last, (name, status, radios) in enumerate(told, 1):
        mac = f"0.26.43.60.77.{last}"
        cells |= {f"{POINT}.3.{mac}": name.encode(), f"{POINT}.6.{mac}": status, f"{POINT}.8.{mac}": b"8.10.185.0"}
        cells |= {f"{POINT}.16.{mac}": b"AIR-AP2802I-F-K9", f"{POINT}.17.{mac}": f"FGL{last}".encode()}
        cells |= {f"{POINT}.19.{mac}": bytes([10, 1, 2, last])}
        cells |= {f"{RADIO}.15.{mac}.{slot}": clients for slot, clients in enumerate(radios)}
    return cells


@pytest.mark.parametrize("base", [AIREOS, C9800], ids=["aireos", "c9800"])
def test_controller(base: dict[str, Cell]) -> None:
    """The same tables on both systems: total and networks (two of one name add up), each access point's clients."""
    told = summary(
        {
            **base,
            **wlans(Padang_1=20, Padang_2=3, Staf=0),
            **points(("ap-a", 1, (9, 11)), ("ap-b", 1, (0, 0)), ("ap-c", 3, ())),
            JOINED: 3,
            f"{POINT}.33.0.26.43.60.77.2": bytes([0, 26, 43, 1, 2, 3]),
        }
    )
    assert told["profile"] == "cisco_wlc"
    assert told["wifi"]["clients"] == 23
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 23}, {"ssid": "Staf", "clients": 0}]
    assert told["wifi"]["radios"] == []
    assert told["wifi"]["access_point_states"] == {"online": 3}
    first, second, third = told["wifi"]["access_points"]
    assert first == {
        "name": "ap-a",
        "state": "online",
        "address": "10.1.2.1",
        "model": "AIR-AP2802I-F-K9",
        "serial": "FGL1",
        "version": "8.10.185.0",
        "mac": "00:1a:2b:3c:4d:01",
        "clients": 20,
    }
    assert (second["clients"], third["state"], third["clients"]) == (0, "upgrading", 0)
    assert second["mac"] == "00:1a:2b:01:02:03"  # the one on its label, where it is told


def test_controller_without_clients_and_without_tables() -> None:
    """No client is 0; a controller that tells no networks has no number of clients."""
    assert summary({**AIREOS, **wlans(Padang=0)})["wifi"]["clients"] == 0
    told = summary({**AIREOS, f"{AIRESPACE}.1.1.5.1.0": 12})
    assert told["wifi"]["access_point_states"] == {}
    assert (told["wifi"]["clients"], told["wifi"]["ssids"], told["system"]["cpu_load_ratio"]) == (None, [], 0.12)


def test_networks_come_and_go_without_a_new_plan() -> None:
    """A network that was added counts at the next poll, one that was taken away no more, a new name has the clients."""
    found = meet({**AIREOS, **wlans(Padang=5, Staf=2)})
    read = polled(found, {**AIREOS, **wlans(Padang=5, Tamu=3, Rapat=4)})
    assert read["wifi_clients"] == 12
    assert {name: value for name, value in read.items() if name.startswith("wifi_ssid")} == {
        'wifi_ssid_clients{ssid="Padang"}': 5,
        'wifi_ssid_clients{ssid="Tamu"}': 3,
        'wifi_ssid_clients{ssid="Rapat"}': 4,
    }
    assert polled(found, {**AIREOS, **wlans(Padang=5)})["wifi_clients"] == 5


def test_older_controllers_tell_joined_access_points_elsewhere() -> None:
    """The newest object first, then the older scalar, then the rows themselves."""
    rows = points(("ap-a", 1, (1,)), ("ap-b", 1, (1,)))
    scalar: dict[str, Cell] = {"1.3.6.1.4.1.9.9.618.1.8.4.0": 5}
    assert summary({**AIREOS, **rows})["wifi"]["access_point_states"] == {"online": 2}
    assert summary({**AIREOS, **rows, **scalar})["wifi"]["access_point_states"] == {"online": 5}
    assert summary({**AIREOS, **rows, **scalar, JOINED: 7})["wifi"]["access_point_states"] == {"online": 7}


def test_a_controllers_identity_and_health() -> None:
    """AireOS tells its version in its inventory, IOS XE in its description; 5000 degrees are no temperature."""
    inventory: dict[str, Cell] = {
        f"{AIRESPACE}.1.1.1.3.0": b"AIR-CT5520-K9",
        f"{AIRESPACE}.1.1.1.4.0": b"FCH1",
        f"{AIRESPACE}.1.1.1.14.0": b"8.10.185.0",
        f"{AIRESPACE}.1.1.5.2.0": 4000,
        f"{AIRESPACE}.1.1.5.3.0": 1000,
        f"{AIRESPACE}.2.3.1.13.0": 5000,
    }
    system = summary({**AIREOS, **inventory})["system"]
    assert (system["model"], system["version"], system["serial"]) == ("AIR-CT5520-K9", "8.10.185.0", "FCH1")
    assert (system["memory_used_ratio"], system.get("temperature_celsius")) == (0.75, None)
    warm = summary({**AIREOS, **inventory, f"{AIRESPACE}.2.3.1.13.0": 41})["system"]
    assert warm["temperature_celsius"] == {"unit": 41}
    entity: dict[str, Cell] = {f"{MODEL}.1": b"C9800-L-F-K9", f"{SERIAL}.1": b"FCL1"}
    system = summary({**C9800, **wlans(Padang=1), **entity, "1.3.6.1.4.1.9.9.109.1.1.1.1.8.1": 7})["system"]
    assert (system["model"], system["version"], system["serial"]) == ("C9800-L-F-K9", "17.9.4", "FCL1")
    assert system["cpu_load_ratio"] == 0.07


def test_ios_xe_without_wireless_is_a_switch() -> None:
    """The same description without the controller's tables is only a switch or a router."""
    assert summary(C9800)["profile"] == "cisco_iosxe"


def aironet(clients: tuple[int, int], channels: tuple[int, int] = (6, 44)) -> dict[str, Cell]:
    """Make an autonomous access point with two radios and two networks; the clients are all on the first of them."""
    cells: dict[str, Cell] = {**AIRONET, "1.3.6.1.2.1.2.1.0": 3}
    for row, name in enumerate(("Do0", "Do1", "Gi0"), 1):
        cells |= {f"1.3.6.1.2.1.31.1.1.1.1.{row}": name.encode(), f"1.3.6.1.2.1.2.2.1.8.{row}": 1}
    for row, (count, channel) in enumerate(zip(clients, channels, strict=True), 1):
        cells |= {f"{DOT11}.1.2.1.1.{row}": count, f"{DOT11_IF}.1.2.5.1.3.{row}": channel}
        cells |= {f"{DOT11_IF}.1.1.6.1.2.{row}.1": b"Padang", f"{DOT11_IF}.1.1.6.1.2.{row}.2": b"Staf"}
        ssid = ".".join(map(str, (6, *b"Padang")))
        cells |= {f"{DOT11}.2.1.1.16.{row}.{ssid}.2.0.0.0.{row}.{one}": b"\n\0\0\1" for one in range(count)}
    return cells


def test_autonomous_access_point() -> None:
    """Clients by interface, and by the network in the index of their rows; a network without a client is 0."""
    told = summary(aironet((4, 2)))
    assert told["profile"] == "cisco_ios_ap"
    assert told["wifi"]["clients"] == 6
    assert told["wifi"]["radios"] == [
        {"radio": "Do0", "band": "2.4", "clients": 4, "channel": 6},
        {"radio": "Do1", "band": "5", "clients": 2, "channel": 44},
    ]
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 6}, {"ssid": "Staf", "clients": 0}]
    assert told["system"]["version"] == "15.3(3)JF12"


def test_autonomous_access_point_without_clients() -> None:
    """0, also for each radio and network; a radio that is off has no channel."""
    told = summary(aironet((0, 0), (1, 0)))["wifi"]
    assert (told["clients"], [radio["clients"] for radio in told["radios"]]) == (0, [0, 0])
    assert "channel" not in told["radios"][1]
    assert told["ssids"] == [{"ssid": "Padang", "clients": 0}, {"ssid": "Staf", "clients": 0}]


def test_ios_without_radios_is_a_router() -> None:
    """IOS that has no associations has no number of clients."""
    told = summary(AIRONET)
    assert (told["profile"], told["wifi"]["clients"]) == ("cisco_ios", None)


def cloud(*told: tuple[str, str, int, int]) -> dict[str, Cell]:
    """Make the cloud's agent: name, product, status and clients of each device."""
    cells: dict[str, Cell] = {
        DESCR: b"Cisco Meraki Cloud Controller",
        OBJECT_ID: "1.3.6.1.4.1.29671.1",
        f"{CLOUD}.1.0": b"Kota",
    }
    for last, (name, product, status, clients) in enumerate(told, 1):
        mac = f"0.24.10.0.0.{last}"
        row: tuple[Cell, ...] = (bytes([0, 24, 10, 0, 0, last]), name.encode(), status, b"", clients, 0)
        row += (bytes([103, 0, 0, last]), f"Q2-{last}".encode(), product.encode())
        cells |= {f"{CLOUD}.4.1.{column}.{mac}": cell for column, cell in enumerate(row, 1)}
    return cells


def test_meraki_cloud() -> None:
    """Access points with state and clients; the clients of switches are none of Wi-Fi."""
    cells = cloud(
        ("ap-a", "MR36-HW", 1, 12), ("ap-b", "CW9162I", 1, 0), ("ap-c", "MR36-HW", 0, 0), ("sw", "MS120-8", 1, 40)
    )
    told = summary(cells)
    assert (told["profile"], told["system"]["name"]) == ("cisco_meraki_cloud", "Kota")
    assert told["wifi"]["clients"] == 12
    assert told["wifi"]["access_point_states"] == {"online": 2, "offline": 1}
    assert [(one["name"], one["state"], one["clients"]) for one in told["wifi"]["access_points"]] == [
        ("ap-a", "online", 12),
        ("ap-b", "online", 0),
        ("ap-c", "offline", 0),
    ]
    assert told["wifi"]["access_points"][0] == {
        "name": "ap-a",
        "state": "online",
        "address": "103.0.0.1",
        "model": "MR36-HW",
        "serial": "Q2-1",
        "mac": "00:18:0a:00:00:01",
        "clients": 12,
    }


@pytest.mark.parametrize("base", [9, 10, 12])
def test_meraki_access_point(base: int) -> None:
    """Fifteen rows for each radio are one radio, wherever the first begins; one that is off is none."""
    cells: dict[str, Cell] = {DESCR: b"Meraki MR46 Cloud Managed AP", OBJECT_ID: "1.3.6.1.4.1.29671.2.40"}
    for first, channel in ((base, 11), (base + 15, 64), (base + 30, 0)):
        cells |= {f"1.2.840.10036.4.5.1.1.{row}": channel for row in range(first, first + 15)}
    told = summary(cells)
    assert (told["profile"], told["system"]["model"], told["wifi"]["clients"]) == ("cisco_meraki", "MR46", None)
    assert told["wifi"]["radios"] == [
        {"radio": "1", "band": "2.4", "channel": 11},
        {"radio": "2", "band": "5", "channel": 64},
    ]


def test_old_and_new_memory_objects() -> None:
    """The pool of the processor on IOS; on IOS XE the whole system's, also where its 64-bit objects are 0."""
    pool: dict[str, Cell] = {"1.3.6.1.4.1.9.9.48.1.1.1.5.1": 30, "1.3.6.1.4.1.9.9.48.1.1.1.6.1": 70}
    router: dict[str, Cell] = {**AIRONET, **pool}
    assert summary(router)["system"]["memory_used_ratio"] == 0.3
    cpm = "1.3.6.1.4.1.9.9.109.1.1.1.1"
    whole: dict[str, Cell] = {f"{cpm}.12.1": 800, f"{cpm}.13.1": 200, f"{cpm}.17.1": 0, f"{cpm}.19.1": 0}
    assert summary({**C9800, **pool, **whole})["system"]["memory_used_ratio"] == 0.8


WAP121 = b"Linux 2.6.21.5-lvl7-dev, Cisco Small Business WAP121 (WAP121-E-K9), Version 1.0.6.8"
C1300 = b"Catalyst 1300 Series Managed Switch, 8-port GE (C1300-8T-E-2G)"
SG350 = b"SG350-28P 28-Port Gigabit PoE Managed Switch"
NXOS = b"Cisco NX-OS(tm) n9000, Software (n9000-dk9), Version 9.3(8), RELEASE SOFTWARE"
IOSXR = b"Cisco IOS XR Software (ASR9K), Version 6.4.2"
ISR = b"Cisco IOS Software, ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.6.4"
C2600 = b"Cisco Internetwork Operating System Software \r\nIOS (tm) C2600 Software (C2600-I-M), Version 12.3(26)"


@pytest.mark.parametrize(
    ("descr", "object_id", "profile", "model"),
    [
        pytest.param(WAP121, "9.6.1.32.121.1", "cisco_wap", "WAP121", id="wap121"),
        pytest.param(C1300, "9.1.3229", "cisco_sb", "C1300-8T-E-2G", id="c1300"),
        pytest.param(SG350, "9.6.1.95.28.5", "cisco_sb", "SG350-28P", id="sg350"),
        pytest.param(NXOS, "9.12.3.1.3.1507", "cisco", None, id="nxos"),
        pytest.param(IOSXR, "9.1.1762", "cisco", None, id="iosxr"),
        pytest.param(ISR, "9.1.1706", "cisco_iosxe", "ISR", id="isr"),
        pytest.param(C2600, "9.1.186", "cisco_ios", "C2600", id="c2600"),
    ],
)
def test_which_cisco(descr: bytes, object_id: str, profile: str, model: str | None) -> None:
    """Each of the maker's systems has a profile of its own; the others at least the maker's."""
    told = summary({DESCR: descr, OBJECT_ID: f"1.3.6.1.4.1.{object_id}"})
    assert told["profile"] == profile
    assert model is None or told["system"]["model"] == model


def test_temperatures_of_sensors() -> None:
    """Systems without the table of the chassis tell them as sensors: whole degrees of parts that work, no modules."""
    sensor, name = "1.3.6.1.4.1.9.9.91.1.1.1.1", "1.3.6.1.2.1.47.1.1.1.1.7"
    cells: dict[str, Cell] = {DESCR: NXOS, OBJECT_ID: "1.3.6.1.4.1.9.12.3.1.3.1507"}
    parts = {
        b"Inlet": (8, 9, 0, 31, 1),
        b"Module": (8, 8, 0, 43882, 1),
        b"Spare": (8, 9, 0, 0, 2),
        b"Fan": (10, 9, 0, 900, 1),
    }
    for row, (part, told) in enumerate(parts.items(), 1):
        cells |= {f"{name}.{row}": part}
        cells |= {f"{sensor}.{column}.{row}": cell for column, cell in enumerate(told, 1)}
    assert summary(cells)["system"]["temperature_celsius"] == {"Inlet": 31}
    isr: dict[str, Cell] = {**cells, DESCR: ISR, OBJECT_ID: "1.3.6.1.4.1.9.1.1706"}
    assert summary(isr)["system"]["temperature_celsius"]["Inlet"] == 31
