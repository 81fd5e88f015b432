"""Access points and controllers of the smaller makers, as their MIBs define them.

Xirrus, Alcatel-Lucent Stellar, Grandstream, Peplink, Teldat, LANCOM and others.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from met_agents import access_points, agent, column, meet, polled, told, wireless

from netmon.profiles import Cell

Cells = dict[str, Cell]
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
LINUX = "1.3.6.1.4.1.8072.3.2.10"


def profile_of(cells: Mapping[str, Cell]) -> str:
    """Say which profile a device that has these cells gets."""
    return meet(cells).plan.profile


# -- Xirrus -------------------------------------------------------------------------------------------

XIRRUS = "1.3.6.1.4.1.21013.1.2"


def test_xirrus() -> None:
    """An array of radios, one of them off; a total of clients; the temperature inside."""
    cells = agent(
        "1.3.6.1.4.1.21013.1.1.1",
        "Xirrus XR630 Wi-Fi Array, ArrayOS Version 6.5.1-3121",
        {f"{XIRRUS}.12.1.2.22.0": 23},
        column(f"{XIRRUS}.24.7.1.2", {1: b"iap1", 2: b"iap2", 3: b"iap3"}),
        column(f"{XIRRUS}.24.7.1.3", {1: 11, 2: 44, 3: 0}),
        column(f"{XIRRUS}.24.7.1.10", {1: -90, 2: -96, 3: 0}),
        column(f"{XIRRUS}.24.7.1.11", {1: 31, 2: 4, 3: 0}),
        column(f"{XIRRUS}.28.21.1.3", {0: 44}),
    )
    assert wireless(cells) == {
        "wifi_clients": 23,
        'wifi_radio_channel{radio="iap1",band="2.4"}': 11,
        'wifi_radio_channel{radio="iap2",band="5"}': 44,
        'wifi_radio_noise_dbm{radio="iap1",band="2.4"}': -90,
        'wifi_radio_noise_dbm{radio="iap2",band="5"}': -96,
        'wifi_radio_utilization_ratio{radio="iap1",band="2.4"}': 0.31,
        'wifi_radio_utilization_ratio{radio="iap2",band="5"}': 0.04,
        'wifi_radio_utilization_ratio{radio="iap3",band=""}': 0,
    }
    assert told(meet(cells).read)['temperature_celsius{sensor="system"}'] == 44
    identity = meet(cells).plan.identity
    assert (identity.model, identity.version) == ("XR630", "6.5.1-3121")


def test_xirrus_is_known_by_its_description_alone() -> None:
    """Some agents give no sysObjectID of the maker's."""
    assert profile_of(agent(LINUX, "Xirrus XN16 ArrayOS Version 4.0")) == "xirrus_arrayos"


# -- Alcatel-Lucent Enterprise Stellar ----------------------------------------------------------------


STELLAR = "1.3.6.1.4.1.6486.802.1.1.2.1.2.12"


@pytest.mark.parametrize("model", [STELLAR, f"{STELLAR}.1", "1.3.6.1.4.1.6486.802.1.1.2.1.2.19"])
def test_stellar_below_its_own_identifier(model: str) -> None:
    """Every model has the same objects below its own sysObjectID; one network on two radios is one network."""
    root = model.removesuffix(".1") + ".1"
    cells = agent(
        model,
        "OAW-AP1321",
        column(f"{root}.3.1.1.2", {1: b"Padang", 2: b"Padang", 3: b"Staf", 4: b"athmon2"}),
        column(f"{root}.4.1.1.4", {"0.26.1.1.1.1": b"Padang", "0.26.1.1.1.2": b"Padang", "0.26.1.1.1.3": b"Staf"}),
    )
    assert wireless(cells) == {
        "wifi_clients": 3,
        'wifi_ssid_clients{ssid="Padang"}': 2,
        'wifi_ssid_clients{ssid="Staf"}': 1,
    }
    assert not meet(cells).contact.target.speaks_bulk


def test_stellar_without_clients() -> None:
    """An empty table of clients is 0 where the device has networks, and nothing where it has none."""
    cells = agent(STELLAR, "OAW-AP1321", column(f"{STELLAR}.1.3.1.1.2", {1: b"Padang", 2: b"athmon2"}))
    assert wireless(cells) == {"wifi_clients": 0, 'wifi_ssid_clients{ssid="Padang"}': 0}
    assert wireless(agent(STELLAR, "OAW-AP1321")) == {}


def test_stellar_radios_and_system() -> None:
    """Numbers may be texts; a radio that is off has no channel."""
    cells = agent(
        STELLAR,
        "OAW-AP1321",
        {f"{STELLAR}.1.1.5.0": b"OAW-AP1321", f"{STELLAR}.1.1.6.0": b"SSZ20", f"{STELLAR}.1.1.7.0": b"41"},
        {f"{STELLAR}.1.1.8.0": 7},
        column(f"{STELLAR}.1.2.1.1.4", {0: b"6", 1: 149, 2: 0}),
        column(f"{STELLAR}.1.2.1.1.5", {0: b"17", 1: 21}),
        column(f"{STELLAR}.1.2.1.1.6", {0: b"33%", 1: 2}),
    )
    assert wireless(cells) == {
        'wifi_radio_channel{radio="0",band="2.4"}': 6,
        'wifi_radio_channel{radio="1",band="5"}': 149,
        'wifi_radio_transmit_power_dbm{radio="0",band="2.4"}': 17,
        'wifi_radio_transmit_power_dbm{radio="1",band="5"}': 21,
        'wifi_radio_utilization_ratio{radio="0",band="2.4"}': 0.33,
        'wifi_radio_utilization_ratio{radio="1",band="5"}': 0.02,
    }
    found = meet(cells)
    assert (found.plan.identity.model, found.plan.identity.serial) == ("OAW-AP1321", "SSZ20")
    read = told(found.read)
    assert (read["cpu_load_ratio"], read["memory_used_ratio"]) == (0.07, 0.41)


# -- Grandstream --------------------------------------------------------------------------------------

GWN = "1.3.6.1.4.1.42397.1.1"


def grandstream(*ssids: bytes) -> Cells:
    """Make an access point; ``ssids`` are the networks of its clients."""
    return agent(
        LINUX,
        "Linux GWN7630 4.4.60 armv7l",
        {f"{GWN}.2.1.0": b"GWN7630", f"{GWN}.2.4.0": b"1.0.21.5"},
        column(f"{GWN}.3.1.1.2", {1: b"2.4GHz", 2: b"5GHz"}),
        column(f"{GWN}.3.1.1.4", {1: 6, 2: 36}),
        column(f"{GWN}.3.1.1.5", {1: 18, 2: 22}),
        column(f"{GWN}.3.2.1.2", {1: b"Padang", 2: b"Staf", 3: b"GWN-MESH-a1b2"}),
        column(f"{GWN}.3.3.1.4", {f"0.11.130.0.0.{number}": ssid for number, ssid in enumerate(ssids)}),
    )


def test_grandstream() -> None:
    """Clients are rows; the network between access points is none of theirs."""
    assert wireless(grandstream(b"Padang", b"Padang")) == {
        "wifi_clients": 2,
        'wifi_ssid_clients{ssid="Padang"}': 2,
        'wifi_ssid_clients{ssid="Staf"}': 0,
        'wifi_radio_channel{radio="2.4GHz",band="2.4"}': 6,
        'wifi_radio_channel{radio="5GHz",band="5"}': 36,
        'wifi_radio_transmit_power_dbm{radio="2.4GHz",band="2.4"}': 18,
        'wifi_radio_transmit_power_dbm{radio="5GHz",band="5"}': 22,
    }
    found = meet(grandstream())
    assert told(found.read)["wifi_clients"] == 0
    assert polled(found, grandstream(b"Staf"))['wifi_ssid_clients{ssid="Staf"}'] == 1
    assert (found.plan.identity.model, found.plan.identity.version) == ("GWN7630", "1.0.21.5")
    assert not found.contact.target.speaks_bulk


# -- Peplink ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", ["1.3.6.1.4.1.27662", "1.3.6.1.4.1.23695"])
def test_peplink_counts_stations_and_lists_access_points(root: str) -> None:
    """Both of the maker's numbers; stations are clients, and access points are access points."""
    cells = agent(
        root,
        "Pepwave MAX HD4",
        {f"{root}.4.1.1.6.0": 2, f"{root}.4.1.1.7.0": 1, f"{root}.4.1.1.8.0": 14},
        column(f"{root}.4.2.3.1.2", {1: b"Padang", 2: b"Staf"}),
        column(f"{root}.4.2.3.1.5", {1: 14, 2: 0}),
        column(f"{root}.4.4.1.1.2", {1: b"1824", 2: b"1825"}),
        column(f"{root}.4.4.1.1.3", {1: b"dermaga", 2: b"parkir"}),
        column(f"{root}.4.4.1.1.4", {1: b"AP One", 2: b"AP One"}),
        column(f"{root}.4.4.1.1.5", {1: b"3.9", 2: b"3.9"}),
        column(f"{root}.4.4.1.1.6", {1: 1, 2: 0}),
        column(f"{root}.4.4.1.1.7", {1: bytes((10, 0, 0, 2)), 2: bytes((10, 0, 0, 3))}),
    )
    assert wireless(cells) == {
        "wifi_clients": 14,
        'wifi_access_points{state="online"}': 1,
        'wifi_ssid_clients{ssid="Padang"}': 14,
        'wifi_ssid_clients{ssid="Staf"}': 0,
    }
    assert [(point["name"], point["state"], point["address"]) for point in access_points(cells)] == [
        ("dermaga", "online", "10.0.0.2"),
        ("parkir", "offline", "10.0.0.3"),
    ]


# -- Teldat, LANCOM -----------------------------------------------------------------------------------


def test_teldat() -> None:
    """Clients of each Wi-Fi interface; a modem without signal has none."""
    teldat = "1.3.6.1.4.1.2007"
    cells = agent(
        f"{teldat}.1.1.199",
        "Router model M1L 1FELAN WLAN 34 156 CPU  S/N: 819/01144  Teldat  (c)1996 - 2018",
        column(IF_NAME, {1: b"ethernet0/0", 6: b"wlan1/0", 7: b"wlan1/1", 8: b"cellular1/0", 9: b"cellular2/0"}),
        column(f"{teldat}.4.1.2.2.2.24.2.1.23", {6: 3, 7: 0}),
        column(f"{teldat}.4.1.2.2.2.18.3.2.1.10", {8: -57, 9: -113}),
        column(f"{teldat}.4.1.2.2.2.18.3.2.1.24", {8: 20, 9: 0}),
    )
    assert wireless(cells) == {
        "wifi_clients": 3,
        'wifi_radio_clients{radio="wlan1/0",band=""}': 3,
        'wifi_radio_clients{radio="wlan1/1",band=""}': 0,
        'radio_link_signal_dbm{radio="cellular1/0"}': -57,
        'radio_link_snr_decibels{radio="cellular1/0"}': 20,
    }
    identity = meet(cells).plan.identity
    assert (identity.model, identity.serial) == ("M1L", "819/01144")


def test_lancom_lcos_counts_who_is_connected() -> None:
    """Stations that only authenticate, or have gone, stand in the table too."""
    lcos, radio = "1.3.6.1.4.1.2356.11.1.3", "6.87.76.65.78.45.49"
    cells = agent(
        "1.3.6.1.4.1.2356.11.8.313",
        "LANCOM OAP-1700B 10.80.0123RU1 / 02.02.2024 1234567890123456",
        {f"{lcos}.57.1.3.{radio}": 36, f"{lcos}.57.1.5.{radio}": -90, f"{lcos}.57.1.6.{radio}": 27},
        {f"{lcos}.57.1.7.{radio}": b"15 dBm"},
        column(f"{lcos}.32.1.10", {1: 3, 2: 1, 3: 3}),
    )
    assert wireless(cells) == {
        "wifi_clients": 2,
        'wifi_radio_channel{radio="WLAN-1",band="5"}': 36,
        'wifi_radio_noise_dbm{radio="WLAN-1",band="5"}': -90,
        'wifi_radio_utilization_ratio{radio="WLAN-1",band="5"}': 0.27,
        'wifi_radio_transmit_power_dbm{radio="WLAN-1",band="5"}': 15,
    }
    identity = meet(cells).plan.identity
    assert (identity.model, identity.version, identity.serial) == (
        "LANCOM OAP-1700B",
        "10.80.0123RU1",
        "1234567890123456",
    )


def test_lancom_lcos_lx() -> None:
    """Stations are rows that hold their network's name."""
    lx, radio = "1.3.6.1.4.1.2356.13.1.3", "6.87.76.65.78.45.50"
    cells = agent(
        "1.3.6.1.4.1.2356.13.8.0.5",
        "Linux HB 4.4.60 (LCOS-LX: 6.10.0042)",
        {f"{lx}.57.1.3.{radio}": 132, f"{lx}.57.1.7.{radio}": 21},
        column(f"{lx}.32.1.99", {"0.26.1.1.1.1": b"Padang", "0.26.1.1.1.2": b"Padang"}),
    )
    assert wireless(cells) == {
        "wifi_clients": 2,
        'wifi_ssid_clients{ssid="Padang"}': 2,
        'wifi_radio_channel{radio="WLAN-2",band="5"}': 132,
        'wifi_radio_transmit_power_dbm{radio="WLAN-2",band="5"}': 21,
    }


# -- the others ---------------------------------------------------------------------------------------


def test_engenius_counts_rows() -> None:
    """Of the list of clients; an access point without networks tells nothing."""
    senao = "1.3.6.1.4.1.14125.100"
    networks = column(f"{senao}.5.2.1.2", {1: b"Padang"})
    clients = column(f"{senao}.5.6.1.3", {1: b"00:1a:2b:3c:4d:5e", 2: b"00:1a:2b:3c:4d:5f"})
    assert wireless(agent(f"{senao}.1.3", "", networks, clients)) == {"wifi_clients": 2}
    assert wireless(agent(f"{senao}.1.3", "", networks)) == {"wifi_clients": 0}
    assert wireless(agent(f"{senao}.1.3", "")) == {}


def test_apple_airport() -> None:
    """It has no sysObjectID; clients and leases are single numbers."""
    cells = agent("", "Apple AirPort - Apple Inc., 2006-2012.", {"1.3.6.1.4.1.63.501.3.2.1.0": 4})
    cells |= {"1.3.6.1.4.1.63.501.3.3.1.0": 9, "1.3.6.1.4.1.63.501.3.1.5.0": b"7.6.9"}
    read = told(meet(cells).read)
    assert (read["wifi_clients"], read["dhcp_leases"]) == (4, 9)
    assert meet(cells).plan.identity.version == "7.6.9"


def test_albentia_names_sectors_by_colour() -> None:
    """Its clients are the stations of subscribers; an index holds the colour as numbers."""
    albentia, blue = "1.3.6.1.4.1.28087.12.10", "4.98.108.117.101"
    cells = agent("1.3.6.1.4.1.28087.12", "AXS-BS-452-N", {f"{albentia}.2.1.0": 31})
    cells |= {f"{albentia}.10.5.1.13.{blue}": 5540, f"{albentia}.10.5.1.6.{blue}": 20}
    cells |= {f"{albentia}.10.5.1.12.{blue}": 12_000, f"{albentia}.10.1.1.5.{blue}": 4150}
    assert wireless(cells) == {
        "wifi_clients": 31,
        'radio_link_frequency_hertz{radio="blue"}': 5_540_000_000,
        'radio_link_transmit_power_dbm{radio="blue"}': 20,
        'radio_link_distance_meters{radio="blue"}': 12_000,
    }
    assert told(meet(cells).read)['temperature_celsius{sensor="blue"}'] == 41.5


def test_alta_labs() -> None:
    """Clients of all its networks; a sensor that is switched off is none."""
    alta = "1.3.6.1.4.1.61802"
    cells = agent(
        LINUX,
        "Alta AP6-Pro 2.1b",
        column(f"{alta}.1.1.2.1.9", {1: 5, 2: 2, 3: 0}),
        column(f"{alta}.1.1.1.1.4", {1: 6, 2: 100}),
        column(f"{alta}.1.1.1.1.5", {1: 44, 2: 3}),
        column(f"{alta}.2.1.1.2", {1: 51, 2: 0}),
        column(f"{alta}.2.1.1.3", {1: 1, 2: 0}),
    )
    assert wireless(cells) == {
        "wifi_clients": 7,
        'wifi_radio_channel{radio="1",band="2.4"}': 6,
        'wifi_radio_channel{radio="2",band="5"}': 100,
        'wifi_radio_utilization_ratio{radio="1",band="2.4"}': 0.44,
        'wifi_radio_utilization_ratio{radio="2",band="5"}': 0.03,
    }
    assert told(meet(cells).read)['temperature_celsius{sensor="1"}'] == 51
    assert 'temperature_celsius{sensor="2"}' not in told(meet(cells).read)


def test_allied_telesis_access_points_are_no_switches() -> None:
    """AlliedWare Plus has the same tree."""
    assert profile_of(agent("1.3.6.1.4.1.207.1.13.1", "AT-TQ4600")) == "allied_tq"
    assert profile_of(agent("1.3.6.1.4.1.207.1.13.1", "Allied Telesis router/switch, AW+ v5.4")) != "allied_tq"


def test_swos() -> None:
    """MikroTik's switch tells its health in tenths."""
    cells = agent(
        "1.3.6.1.4.1.14988.2",
        "CSS326-24G-2S+ SwOS v2.17",
        {"1.3.6.1.4.1.14988.1.1.3.11.0": 470, "1.3.6.1.4.1.14988.1.1.7.3.0": b"7E1A"},
    )
    found = meet(cells)
    assert told(found.read)['temperature_celsius{sensor="cpu-temperature"}'] == 47
    assert (found.plan.identity.model, found.plan.identity.version, found.plan.identity.serial) == (
        "CSS326-24G-2S+",
        "2.17",
        "7E1A",
    )
