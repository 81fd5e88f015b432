"""Extreme Networks: access points with HiveOS, controllers HiPath and WiNG, as their MIBs define them."""

from __future__ import annotations

import pytest
from met_agents import access_points, agent, column, meet, polled, told, wireless

from netmon.profiles import Cell

Cells = dict[str, Cell]
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"


# -- Extreme Networks: HiveOS -------------------------------------------------------------------------

AH = "1.3.6.1.4.1.26928.1"
AH_INTERFACE = f"{AH}.1.1.2.1"


def hive_access_point(*clients: int) -> Cells:
    """Make an access point of two radios with two networks; ``clients`` are the interfaces on which each one is."""
    names = {7: b"wifi0", 8: b"wifi1", 14: b"wifi0.1", 16: b"wifi1.1", 17: b"wifi1.2", 3: b"eth0"}
    ssids = {7: b"N/A", 8: b"N/A", 14: b"Padang", 16: b"Padang", 17: b"Staf", 3: b"N/A"}
    associations = {f"{at}.6.0.26.43.60.77.{number}": ssids[at] for number, at in enumerate(clients)}
    return agent(
        AH,
        "AP230, HiveOS 8.2r1 build-122222",
        column(f"{AH_INTERFACE}.1.1.1", names),
        column(f"{AH_INTERFACE}.1.1.2", ssids),
        column(f"{AH_INTERFACE}.5.1.1", {7: 6, 8: 149}),
        column(f"{AH_INTERFACE}.5.1.2", {7: 5, 8: 19}),
        column(f"{AH_INTERFACE}.5.1.3", {7: 161, 8: 158}),
        column(f"{AH_INTERFACE}.2.1.10", associations),
        {f"{AH}.2.9.0": len(clients), f"{AH}.2.3.0": 12, f"{AH}.2.4.0": 40, f"{AH}.2.10.0": 45},
    )


def test_hiveos_counts_clients_by_radio_and_by_network() -> None:
    """A client's row begins with the interface of its network, which belongs to a radio; noise is told plus 256."""
    assert wireless(hive_access_point(14, 16, 17, 17)) == {
        "wifi_clients": 4,
        'wifi_radio_clients{radio="wifi0",band="2.4"}': 1,
        'wifi_radio_clients{radio="wifi1",band="5"}': 3,
        'wifi_radio_channel{radio="wifi0",band="2.4"}': 6,
        'wifi_radio_channel{radio="wifi1",band="5"}': 149,
        'wifi_radio_transmit_power_dbm{radio="wifi0",band="2.4"}': 5,
        'wifi_radio_transmit_power_dbm{radio="wifi1",band="5"}': 19,
        'wifi_radio_noise_dbm{radio="wifi0",band="2.4"}': -95,
        'wifi_radio_noise_dbm{radio="wifi1",band="5"}': -98,
        'wifi_ssid_clients{ssid="Padang"}': 2,
        'wifi_ssid_clients{ssid="Staf"}': 2,
    }


def test_hiveos_without_clients() -> None:
    """Nobody there is 0, in total and by network; an interface without a network is none."""
    read = wireless(hive_access_point())
    assert (read["wifi_clients"], read['wifi_ssid_clients{ssid="Padang"}']) == (0, 0)
    assert 'wifi_ssid_clients{ssid="N/A"}' not in read


def test_hiveos_system() -> None:
    """Processor, memory and temperature are the maker's own objects."""
    read = told(meet(hive_access_point()).read)
    assert (read["cpu_load_ratio"], read["memory_used_ratio"]) == (0.12, 0.4)
    assert read['temperature_celsius{sensor="system"}'] == 45


@pytest.mark.parametrize("descr", ["HiveAP330, HiveOS 6.5r9 build-111111", "AP4000, IQ Engine 10.6r7"])
def test_hiveos_old_and_new_names(descr: str) -> None:
    """The access points of Aerohive and those of Extreme are one family."""
    assert meet(agent(AH, descr)).plan.profile == "extreme_hiveos"


def test_a_switch_of_aerohive_is_no_access_point() -> None:
    """It has the same sysObjectID."""
    assert meet(agent(AH, "SR2024P, HiveOS 6.5r8")).plan.profile != "extreme_hiveos"


# -- Extreme Networks: HiPath -------------------------------------------------------------------------

HWC = "1.3.6.1.4.1.4329.15.3"


def hipath_controller() -> Cells:
    """Make a controller with three access points, one of them gone; two radios of the first; two networks."""
    points = f"{HWC}.5.1.2.1"
    return agent(
        "1.3.6.1.4.1.4329.15.1.1.11",
        "HiPath Wireless Controller C5110",
        {f"{HWC}.6.1.0": 12, f"{HWC}.5.2.1.0": 2, f"{HWC}.5.1.1.0": 3},
        column(f"{points}.2", {1: b"pantai-1", 2: b"pantai-2", 3: b"gudang"}),
        column(f"{points}.4", {1: b"1300A", 2: b"1300B", 3: b"1300C"}),
        column(f"{points}.7", {1: b"09.21", 2: b"09.21", 3: b"09.15"}),
        column(f"{points}.14", {1: bytes((10, 71, 3, 1)), 2: bytes((10, 71, 3, 2)), 3: bytes(4)}),
        column(f"{points}.22", {1: 1, 2: 1, 3: 2}),
        column(f"{HWC}.5.2.2.1.14", {1: 5, 2: 7, 3: 0}),
        column(f"{HWC}.3.4.5.1.2", {1: 9, 2: 3}),
        column(f"{HWC}.3.4.4.1.4", {1: b"padang", 2: b"staf"}),
        column(f"{HWC}.3.4.4.1.5", {1: b"Padang", 2: b"Staf"}),
        column(IF_NAME, {1: b"esa0", 101: b"pantai-1 radio1", 102: b"pantai-1 radio2"}),
        column(f"{HWC}.5.2.4.1.1", {101: 5180, 102: 0}),
        column(f"{HWC}.5.2.4.1.2", {101: 4, 102: 1}),
        column(f"{HWC}.1.4.3.1.32", {101: -92, 102: 0}),
        column(f"{HWC}.5.2.5.1.5", {"1.1": 17, "1.2": 0}),
        column("1.3.6.1.4.1.5624.1.2.49.1.1.1.1.4", {"1.1": 250, "1.2": 350}),
    )


def test_hipath() -> None:
    """Totals, networks, radios by the controller's interfaces; a radio that is off has no channel."""
    assert wireless(hipath_controller()) == {
        "wifi_clients": 12,
        'wifi_access_points{state="online"}': 2,
        'wifi_ssid_clients{ssid="Padang"}': 9,
        'wifi_ssid_clients{ssid="Staf"}': 3,
        'wifi_radio_channel{radio="pantai-1 radio1",band="5"}': 36,
        'wifi_radio_channel_width_hertz{radio="pantai-1 radio1",band="5"}': 80_000_000,
        'wifi_radio_channel_width_hertz{radio="pantai-1 radio2",band=""}': 20_000_000,
        'wifi_radio_noise_dbm{radio="pantai-1 radio1",band="5"}': -92,
        'wifi_radio_utilization_ratio{radio="pantai-1/1",band=""}': 0.17,
        'wifi_radio_utilization_ratio{radio="pantai-1/2",band=""}': 0,
    }
    assert told(meet(hipath_controller()).read)["cpu_load_ratio"] == 0.3


def test_hipath_access_points() -> None:
    """Each with its state, address and clients."""
    assert access_points(hipath_controller()) == [
        {
            "name": "pantai-1",
            "state": "online",
            "address": "10.71.3.1",
            "serial": "1300A",
            "version": "09.21",
            "clients": 5,
        },
        {
            "name": "pantai-2",
            "state": "online",
            "address": "10.71.3.2",
            "serial": "1300B",
            "version": "09.21",
            "clients": 7,
        },
        {"name": "gudang", "state": "offline", "serial": "1300C", "version": "09.15", "clients": 0},
    ]


# -- Extreme Networks: WiNG ---------------------------------------------------------------------------

WING = "1.3.6.1.4.1.388.50.1.4.2"


def wing_controller(*clients: int) -> Cells:
    """Make a controller with two access points, of which the second is gone; ``clients`` are those of each radio."""
    macs = {1: bytes.fromhex("84248d000001"), 2: bytes.fromhex("84248d000002"), 3: bytes.fromhex("84248d000003")}
    rows = {1: "132.36.141.0.0.1", 2: "132.36.141.0.0.2", 3: "132.36.141.0.0.3"}
    told_of: dict[int, dict[int, Cell]] = {
        1: {**macs},
        2: {1: b"VX9000", 2: b"AP7532", 3: b"ap650"},
        3: {1: b"vx-1", 2: b"balai-1", 3: b"balai-2"},
        4: dict.fromkeys(rows, b"5.9.3.1"),
        5: {1: b"A1", 2: b"A2", 3: b"A3"},
        7: {1: 1, 2: 1, 3: 2},
    }
    cells = agent("1.3.6.1.4.1.388.50.1.1.36", "VX9000, Version 5.9.3.1-001R MIB=01a")
    for number, values in told_of.items():
        cells |= column(f"{WING}.1.1.{number}", {rows[at]: value for at, value in values.items()})
    for radio, (at, count) in enumerate(zip((2, 2, 3), clients, strict=False)):
        row = f"{rows[at]}.1.{radio}"
        cells |= {f"{WING}.25.9.1.1.2.{row}": macs[at], f"{WING}.25.9.1.1.15.{row}": count}
    return cells


def test_wing_controller() -> None:
    """The controller itself is no access point; clients of an access point are those of its radios."""
    assert wireless(wing_controller(3, 4, 0)) == {
        "wifi_clients": 7,
        'wifi_access_points{state="online"}': 1,
        'wifi_access_points{state="offline"}': 1,
    }
    assert access_points(wing_controller(3, 4, 0)) == [
        {
            "name": name,
            "mac": f"84:24:8d:00:00:{mac}",
            "model": model,
            "version": "5.9.3.1",
            "serial": serial,
            "state": state,
            "clients": clients,
        }
        for name, mac, model, serial, state, clients in (
            ("balai-1", "02", "AP7532", "A2", "online", 7),
            ("balai-2", "03", "ap650", "A3", "offline", 0),
        )
    ]


def test_wing_states_are_read_at_each_poll() -> None:
    """An access point that comes back is online in the next poll, without a new plan."""
    cells = wing_controller(3, 4, 0)
    found = meet(cells)
    cells[f"{WING}.1.1.7.132.36.141.0.0.3"] = 1
    assert polled(found, cells)['wifi_access_points{state="online"}'] == 2


def test_symbol_before_wing() -> None:
    """An old access point tells one number; its identity stands in its description."""
    cells = agent(
        "1.3.6.1.4.1.388.15", "Symbol AP-5131, Version 2.5.0.0-040R", {"1.3.6.1.4.1.388.11.2.4.2.100.10.1.18.1": 6}
    )
    assert wireless(cells) == {"wifi_clients": 6}
    identity = meet(cells).plan.identity
    assert (identity.model, identity.version) == ("AP-5131", "2.5.0.0-040R")
