"""Cambium, Mimosa, LigoWave, Deliberant, Tachyon, WISnetworks: links and their access points; agents from the MIBs."""

from __future__ import annotations

from typing import Any

import pytest
from met_agents import agent, column, meet, polled, wireless
from profile_cells import IFX, ports

from netmon.profiles import Cell


def system(cells: dict[str, Cell]) -> dict[str, Any]:
    """Meet an agent that has these cells; give what it says of itself, and its profile."""
    told = meet(cells).summary
    return {"profile": told["profile"], **told["system"]}


# -- Cambium ------------------------------------------------------------------------------------------

EPMP, PILOT, CANOPY = "1.3.6.1.4.1.17713.21", "1.3.6.1.4.1.17713.22.1", "1.3.6.1.4.1.161.19.3"


def epmp(mode: int, **cells: Cell) -> dict[str, Cell]:
    """Make an ePMP; its objects of the radio by their number."""
    own: dict[str, Cell] = {f"{EPMP}.1.2.{number.removeprefix('n')}.0": cell for number, cell in cells.items()}
    told: dict[str, Cell] = {f"{EPMP}.3.8.2.1.0": mode, f"{EPMP}.2.1.64.0": 155, f"{EPMP}.1.1.17.0": b"4.7.1"}
    return agent(EPMP, "Cambium ePMP 3000L", own, told, {f"{EPMP}.1.1.31.0": b"E8UK0001"})


def test_epmp_access_point() -> None:
    """Its stations, also none of them; its frequency."""
    assert wireless(epmp(1, n10=12, n1=5230)) == {
        "wifi_clients": 12,
        'radio_link_frequency_hertz{radio="1"}': 5_230_000_000,
    }
    assert wireless(epmp(1, n10=0))["wifi_clients"] == 0
    told = system(epmp(1, n10=0))
    assert (told["profile"], told["model"], told["version"], told["serial"]) == (
        "cambium_epmp",
        "ePMP 3000L",
        "4.7.1",
        "E8UK0001",
    )
    assert told["cpu_load_ratio"] == pytest.approx(0.155)


def test_epmp_station() -> None:
    """No clients, but a link: signal, above the noise, power, and the distance that stands there as a text."""
    assert wireless(epmp(2, n10=0, n1=5230, n3=-58, n18=31, n5=24, n12=b"1.25")) == {
        'radio_link_signal_dbm{radio="1"}': -58,
        'radio_link_snr_decibels{radio="1"}': 31,
        'radio_link_transmit_power_dbm{radio="1"}': 24,
        'radio_link_frequency_hertz{radio="1"}': 5_230_000_000,
        'radio_link_distance_meters{radio="1"}': 1250,
    }


def test_epmp_writes_bits_where_megabits_belong() -> None:
    """No port is of a thousand terabits."""
    told = meet(epmp(1) | ports(b"lan") | {f"{IFX}.15.1": 1_000_000_000}).summary
    assert told["interfaces"][0]["speed_bytes_per_second"] == 125_000_000


def test_cnpilot_counts_in_total_by_radio_and_by_network() -> None:
    """What is a text there is a number here; a radio that is off has no channel; the point's row has any index."""
    point = f"{PILOT}.1.1"
    cells = agent(
        "1.3.6.1.4.1.17713.22",
        "E410",
        {f"{point}.5.0": b"cnPilot E410", f"{point}.8.0": b"4.2.3.1-r3", f"{point}.4.0": b"W8VB", f"{point}.6.0": 17},
        {f"{point}.14.0": 9},
        column(f"{PILOT}.2.1.3", {1: b"2.4GHz", 2: b"5GHz"}),
        column(f"{PILOT}.2.1.5", {1: 2, 2: 7}),
        column(f"{PILOT}.2.1.6", {1: b"11", 2: b"0"}),
        column(f"{PILOT}.2.1.7", {1: b"20MHz", 2: b"80MHz"}),
        column(f"{PILOT}.2.1.8", {1: 18, 2: 22}),
        column(f"{PILOT}.2.1.16", {1: b"-93", 2: b"-101 dBm"}),
        column(f"{PILOT}.4.1.2", {0: b"Padang", 1: b"Staf", 2: b"Padang"}),
        column(f"{PILOT}.4.1.7", {0: 4, 1: 0, 2: 5}),
    )
    assert wireless(cells) == {
        "wifi_clients": 9,
        'wifi_radio_clients{radio="1",band="2.4"}': 2,
        'wifi_radio_clients{radio="2",band="5"}': 7,
        'wifi_radio_channel{radio="1",band="2.4"}': 11,
        'wifi_radio_channel_width_hertz{radio="1",band="2.4"}': 20_000_000,
        'wifi_radio_channel_width_hertz{radio="2",band="5"}': 80_000_000,
        'wifi_radio_transmit_power_dbm{radio="1",band="2.4"}': 18,
        'wifi_radio_transmit_power_dbm{radio="2",band="5"}': 22,
        'wifi_radio_noise_dbm{radio="1",band="2.4"}': -93,
        'wifi_radio_noise_dbm{radio="2",band="5"}': -101,
        'wifi_ssid_clients{ssid="Padang"}': 9,
        'wifi_ssid_clients{ssid="Staf"}': 0,
    }
    told = system(cells)
    assert (told["profile"], told["model"], told["serial"]) == ("cambium_cnpilot_e", "cnPilot E410", "W8VB")
    assert told["cpu_load_ratio"] == 0.17
    renamed = polled(meet(cells), cells | column(f"{PILOT}.4.1.2", {0: b"Staf", 1: b"Baru", 2: b"Padang"}))
    assert [renamed[f'wifi_ssid_clients{{ssid="{name}"}}'] for name in ("Padang", "Staf", "Baru")] == [5, 4, 0]
    empty = wireless(cells | {f"{point}.14.0": 0} | column(f"{PILOT}.2.1.5", {1: 0, 2: 0}))
    assert (empty["wifi_clients"], empty['wifi_radio_clients{radio="1",band="2.4"}']) == (0, 0)
    by_address = {oid.replace(f"{point}.14.0", f"{point}.14.0.4.86.1.2.3"): cell for oid, cell in cells.items()}
    assert wireless(by_address)["wifi_clients"] == 9


@pytest.mark.parametrize(
    ("raw", "hertz"), [(5_745_000, 5_745_000_000), (902_500, 902_500_000), (24_150, 2_415_000_000)]
)
def test_canopy_frequency_is_khz_or_tenths_of_mhz(raw: int, hertz: int) -> None:
    """By its digits: the old ones without OFDM write fewer."""
    cells = agent(
        "1.3.6.1.4.1.161.19.250.256",
        "CANOPY 20.3.1 AP",
        {f"{CANOPY}.1.7.1.0": 21, f"{CANOPY}.1.7.37.0": raw, f"{CANOPY}.1.12.1.1.0": 40, f"{CANOPY}.1.12.1.2.0": 10},
        {f"{CANOPY}.3.1.266.0": b"PMP 450i", f"{CANOPY}.3.1.35.0": 37},
    )
    read = wireless(cells)
    band = "5" if raw == 5_745_000 else ""
    assert read == {
        "wifi_clients": 21,
        f'wifi_radio_utilization_ratio{{radio="downlink",band="{band}"}}': 0.4,
        f'wifi_radio_utilization_ratio{{radio="uplink",band="{band}"}}': 0.1,
        'radio_link_frequency_hertz{radio="1"}': hertz,
    }
    told = system(cells)
    assert (told["model"], told["version"], told["temperature_celsius"]) == ("PMP 450i", "20.3.1", {"box": 37})


def test_canopy_subscriber_module() -> None:
    """It has no clients; its link has a signal."""
    cells = agent("1.3.6.1.4.1.161.19.250.256", "CANOPY 16.2 SM", {f"{CANOPY}.2.2.21.0": -63, f"{CANOPY}.2.2.95.0": 28})
    assert wireless(cells) == {
        'radio_link_signal_dbm{radio="1"}': -63,
        'radio_link_snr_decibels{radio="vertical"}': 28,
    }


@pytest.mark.parametrize("model", [7, 11])
def test_cambium_ptp(model: int) -> None:
    """A link tells its power and signal in tenths, its rates in kbit/s."""
    ptp = f"1.3.6.1.4.1.17713.{model}"
    told = {f"{ptp}.12.4.0": 230, f"{ptp}.12.12.0": -551, f"{ptp}.20.1.0": 80_000, f"{ptp}.20.2.0": 160_000}
    assert wireless(agent(ptp, "Cambium PTP 50650", told)) == {
        'radio_link_transmit_power_dbm{radio="1"}': 23,
        'radio_link_signal_dbm{radio="1"}': -55.1,
        'radio_link_receive_rate_bytes_per_second{radio="1"}': 10_000_000,
        'radio_link_transmit_rate_bytes_per_second{radio="1"}': 20_000_000,
    }


def test_cambiums_other_gear() -> None:
    """What is not known is read as any device, and is Cambium's."""
    told = system(agent("1.3.6.1.4.1.17713.99", "New"))
    assert (told["profile"], told["vendor"], told["model"]) == ("cambium_device", "Cambium Networks", "New")


def test_cnwave_tells_each_of_its_links() -> None:
    """By the name of the interface; one without a name by its number."""
    node = "1.3.6.1.4.1.17713.60.1.1.1"
    cells = agent(
        "1.3.6.1.4.1.17713.60.1",
        "Cambium cnWave V5000 Distribution Node, Version 1.4",
        column(f"{node}.2", {1: b"link0"}),
        column(f"{node}.6", {1: 14, 2: 9}),
        column(f"{node}.7", {1: -58, 2: -66}),
    )
    assert wireless(cells) == {
        'radio_link_snr_decibels{radio="link0"}': 14,
        'radio_link_signal_dbm{radio="link0"}': -58,
        'radio_link_snr_decibels{radio="2"}': 9,
        'radio_link_signal_dbm{radio="2"}': -66,
    }
    assert (system(cells)["model"], system(cells)["version"]) == ("V5000", "1.4")


# -- Mimosa -------------------------------------------------------------------------------------------

MIMOSA = "1.3.6.1.4.1.43356.2.1.2"


def test_mimosa_link() -> None:
    """Each chain in tenths, each stream's rates in megabits; a link has no clients."""
    cells = agent(
        "1.3.6.1.4.1.43356.1.1.1",
        "Mimosa B5 Firmware 2.5.4",
        column(f"{MIMOSA}.6.1.1.2", {1: 180}),
        column(f"{MIMOSA}.6.1.1.3", {1: -523}),
        column(f"{MIMOSA}.6.1.1.4", {1: -865}),
        column(f"{MIMOSA}.6.1.1.5", {1: 342}),
        column(f"{MIMOSA}.6.1.1.6", {1: 5540}),
        column(f"{MIMOSA}.6.2.1.2", {1: 390}),
        column(f"{MIMOSA}.6.2.1.5", {1: 520}),
    )
    assert wireless(cells) == {
        'radio_link_transmit_power_dbm{radio="1"}': 18,
        'radio_link_signal_dbm{radio="1"}': -52.3,
        'radio_link_noise_dbm{radio="1"}': -86.5,
        'radio_link_snr_decibels{radio="1"}': 34.2,
        'radio_link_frequency_hertz{radio="1"}': 5_540_000_000,
        'radio_link_transmit_rate_bytes_per_second{radio="1"}': 48_750_000,
        'radio_link_receive_rate_bytes_per_second{radio="1"}': 65_000_000,
    }


def test_mimosa_sector_counts_its_clients() -> None:
    """Their rows, which come and go; none is 0; the radio's channel is the one that it names."""
    clients = column(f"{MIMOSA}.9.5.1.1.2", {1: b"\2\0\0\0\0\1", 2: b"\2\0\0\0\0\2"})
    cells = agent(
        "1.3.6.1.4.1.43356.1.1.3",
        "MIMOSA A5-90",
        {f"{MIMOSA}.9.2.1.0": 1},
        column(f"{MIMOSA}.9.3.3.1.2", {1: b"radio A"}),
        column(f"{MIMOSA}.9.3.3.1.7", {1: 5530}),
        column(f"{MIMOSA}.9.3.3.1.8", {1: 108}),
        column(f"{MIMOSA}.9.3.3.1.9", {1: 80}),
        column(f"{MIMOSA}.9.3.3.1.10", {1: 26}),
    )
    radio = 'radio="radio A",band="5"'
    assert wireless(cells) == {
        "wifi_clients": 0,
        f"wifi_radio_channel{{{radio}}}": 108,
        f"wifi_radio_channel_width_hertz{{{radio}}}": 80_000_000,
        f"wifi_radio_transmit_power_dbm{{{radio}}}": 26,
        'radio_link_frequency_hertz{radio="radio A"}': 5_530_000_000,
    }
    assert polled(meet(cells), cells | clients)["wifi_clients"] == 2


# -- LigoWave, Deliberant, WISnetworks, Tachyon ---------------------------------------------------------

LIGO, DLB, WIS, TACHYON = (
    "1.3.6.1.4.1.32750.3.10.1.2.1.1",
    "1.3.6.1.4.1.32761.3.5.1.2.1.1",
    "1.3.6.1.4.1.62821.1.4",
    "1.3.6.1.4.1.57344.1",
)


def ligo(mode: int, *counts: int) -> dict[str, Cell]:
    """Make a LigoDLB with a network for each count of clients."""
    rows = dict(enumerate(counts, 7))
    return agent(
        "1.3.6.1.4.1.32750",
        "LigoDLB 5-20ac v7.64.1",
        column(f"{LIGO}.3", dict.fromkeys(rows, mode)),
        column(f"{LIGO}.4", {row: b"net%d" % row for row in rows}),
        column(f"{LIGO}.6", dict.fromkeys(rows, 5500)),
        column(f"{LIGO}.7", dict.fromkeys(rows, 100)),
        column(f"{LIGO}.11", dict.fromkeys(rows, 300_000)),
        column(f"{LIGO}.14", dict.fromkeys(rows, -57)),
        column(f"{LIGO}.16", rows),
    )


def test_ligowave() -> None:
    """An access point's clients by network; a station has none, but a link."""
    read = wireless(ligo(3, 4, 0))
    assert read["wifi_clients"] == 4
    assert (read['wifi_ssid_clients{ssid="net7"}'], read['wifi_ssid_clients{ssid="net8"}']) == (4, 0)
    assert read['wifi_radio_channel{radio="7",band="5"}'] == 100
    station = wireless(ligo(2, 1))
    assert [name for name in station if "clients" in name] == []
    assert station['radio_link_signal_dbm{radio="7"}'] == -57
    assert station['radio_link_transmit_rate_bytes_per_second{radio="7"}'] == 37_500_000
    assert (system(ligo(3, 0))["model"], system(ligo(3, 0))["version"]) == ("LigoDLB 5-20ac", "7.64.1")


def test_deliberant() -> None:
    """The table's columns are not where LigoWave's are."""
    cells = agent(
        "1.3.6.1.4.1.32761",
        "Deliberant APC 5M-18",
        column(f"{DLB}.3", {6: 3}),
        column(f"{DLB}.4", {6: b"Padang"}),
        column(f"{DLB}.7", {6: 2437}),
        column(f"{DLB}.8", {6: 6}),
        column(f"{DLB}.15", {6: -94}),
        column(f"{DLB}.16", {6: 8}),
    )
    assert wireless(cells) == {
        "wifi_clients": 8,
        'wifi_radio_clients{radio="6",band="2.4"}': 8,
        'wifi_radio_channel{radio="6",band="2.4"}': 6,
        'wifi_radio_noise_dbm{radio="6",band="2.4"}': -94,
        'radio_link_frequency_hertz{radio="6"}': 2_437_000_000,
        'wifi_ssid_clients{ssid="Padang"}': 8,
    }


def test_wisnetworks() -> None:
    """AirMAX's tables below another number, and never GETBULK."""
    cells = agent(
        WIS,
        "Linux 2.6.36",
        {f"{WIS}.1.1.2.1": 2, f"{WIS}.1.1.4.1": 5180, f"{WIS}.1.1.6.1": 20, f"{WIS}.3.1.2.1": b"wis"},
        {f"{WIS}.3.1.5.1": -60, f"{WIS}.3.1.8.1": -95, f"{WIS}.3.1.9.1": 144_000_000, f"{WIS}.3.1.15.1": 3},
    )
    assert wireless(cells) == {
        "wifi_clients": 3,
        'wifi_radio_clients{radio="1",band="5"}': 3,
        'wifi_radio_channel{radio="1",band="5"}': 36,
        'wifi_radio_noise_dbm{radio="1",band="5"}': -95,
        'wifi_radio_transmit_power_dbm{radio="1",band="5"}': 20,
        'radio_link_signal_dbm{radio="1"}': -60,
        'radio_link_transmit_rate_bytes_per_second{radio="1"}': 18_000_000,
        'radio_link_frequency_hertz{radio="1"}': 5_180_000_000,
        'wifi_ssid_clients{ssid="wis"}': 3,
    }
    assert not meet(cells).contact.target.speaks_bulk


def tachyon(mode: bytes, peers: int) -> dict[str, Cell]:
    """Make a Tachyon with so many peers, each ten dB weaker than the one before."""
    numbers = range(peers)
    return agent(
        "1.3.6.1.4.1.57344.1",
        "TNA-301",
        {f"{TACHYON}.3.1.0": b"TNA-301", f"{TACHYON}.3.4.0": b"1.12.1", f"{TACHYON}.3.6.0": 21, f"{TACHYON}.3.7.0": 33},
        {f"{TACHYON}.2.5.0": peers, f"{TACHYON}.2.2.1.2.1": b"wlan0", f"{TACHYON}.2.2.1.4.1": 2},
        {f"{TACHYON}.2.2.1.5.1": 60_480, f"{TACHYON}.2.2.1.6.1": 2160, f"{TACHYON}.2.2.1.3.1": 38},
        {f"{TACHYON}.2.4.1.5.1": mode, f"{TACHYON}.2.4.1.6.1": b"tower", f"{TACHYON}.2.4.1.7.1": peers},
        column(f"{TACHYON}.2.6.1.6", {number: -50 - 10 * number for number in numbers}),
        column(f"{TACHYON}.2.6.1.7", dict.fromkeys(numbers, 2000)),
        column(f"{TACHYON}.2.6.1.13", dict.fromkeys(numbers, 640)),
    )


def test_tachyon_access_point_and_station() -> None:
    """A sector's peers are clients, and their mean is its link; a station's peer is the one that it joined."""
    cells = tachyon(b"master", 2)
    assert wireless(cells) == {
        "wifi_clients": 2,
        'wifi_ssid_clients{ssid="tower"}': 2,
        'wifi_radio_channel{radio="wlan0",band="60"}': 2,
        'wifi_radio_channel_width_hertz{radio="wlan0",band="60"}': 2_160_000_000,
        'radio_link_frequency_hertz{radio="wlan0"}': 60_480_000_000,
        'radio_link_transmit_power_dbm{radio="wlan0"}': 38,
        'radio_link_signal_dbm{radio="1"}': -55,
        'radio_link_transmit_rate_bytes_per_second{radio="1"}': 250_000_000,
        'radio_link_distance_meters{radio="1"}': 640,
    }
    told = system(cells)
    assert (told["profile"], told["model"], told["version"]) == ("tachyon_tna", "TNA-301", "1.12.1")
    assert (told["cpu_load_ratio"], told["memory_used_ratio"]) == (0.21, 0.33)
    assert wireless(tachyon(b"master", 0))["wifi_clients"] == 0
    station = wireless(tachyon(b"station", 1))
    assert [name for name in station if "clients" in name] == []
    assert station['radio_link_signal_dbm{radio="1"}'] == -50
