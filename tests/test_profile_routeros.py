"""RouterOS: clients wherever the system keeps them, links, hotspot, access points of its two controllers, health."""

from __future__ import annotations

from met_agents import access_points
from profile_cells import IFX, PROFILES, answers_of, met, polled, shown

from netmon.profiles import Cell, identify, identity_of, readings

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
    for row, (clients, state) in enumerate(((3, b"Run"), (0, b"run"), (0, b"Join")), 20):
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
    assert (read['wifi_access_points{state="online"}'], read['wifi_access_points{state="join"}']) == (2, 1)
    assert access_points(cells) == [
        {"name": "ap20", "state": "online", "address": "10.0.0.1"},
        {"name": "ap21", "state": "online", "address": "10.0.0.1"},
        {"name": "ap22", "state": "join", "address": "10.0.0.1"},
    ]


def test_capsman_of_the_new_package() -> None:
    """Joined access points with what they are; their state is said in words, and so is netmon's."""
    cells: dict[str, Cell] = new_access_point("wifi1", "wifi2")
    for row, state in enumerate((b"Ok", b"ok", b"Upgrading"), 1):
        cells |= {
            f"{MT}.21.3.1.2.{row}": b"10.71.3.%d" % row,
            f"{MT}.21.3.1.3.{row}": b"cap-%d" % row,
            f"{MT}.21.3.1.4.{row}": b"cAPGi-5HaxD2HaxD",
            f"{MT}.21.3.1.5.{row}": b"HF0%d" % row,
            f"{MT}.21.3.1.6.{row}": b"7.18.2",
            f"{MT}.21.3.1.9.{row}": state,
        }
    read = wireless(cells)
    assert (read['wifi_access_points{state="online"}'], read['wifi_access_points{state="upgrading"}']) == (2, 1)
    assert read["wifi_clients"] == 2
    assert access_points(cells)[2] == {
        "name": "cap-3",
        "state": "upgrading",
        "address": "10.71.3.3",
        "model": "cAPGi-5HaxD2HaxD",
        "serial": "HF03",
        "version": "7.18.2",
    }


def links(cells: dict[str, Cell]) -> dict[str, float]:
    """Give the readings of radio links alone."""
    return {line: value for line, value in met(cells)[1].items() if line.startswith("radio_link_")}


def test_a_station_is_a_link() -> None:
    """Signal, rates and frequency of the wireless interface that joined an access point."""
    station: dict[str, Cell] = {f"{IFX}.1.4": b"wlan1", f"{MT}.1.1.1.2.4": 150_000_000, f"{MT}.1.1.1.3.4": 90_000_000}
    station |= {f"{MT}.1.1.1.4.4": -47, f"{MT}.1.1.1.5.4": b"backhaul", f"{MT}.1.1.1.7.4": 5745}
    assert links({**BASE, **station}) == {
        'radio_link_signal_dbm{radio="wlan1"}': -47,
        'radio_link_receive_rate_bytes_per_second{radio="wlan1"}': 11_250_000,
        'radio_link_transmit_rate_bytes_per_second{radio="wlan1"}': 18_750_000,
        'radio_link_frequency_hertz{radio="wlan1"}': 5_745_000_000,
    }
    lost = {f"{MT}.1.1.1.{column}.4": 0 for column in (2, 3, 4, 7)}
    assert links({**BASE, **station, **lost}) == {}


def test_sixty_gigahertz() -> None:
    """The radio and the station at the other end; the rate is in megabits, the distance in centimeters."""
    cells: dict[str, Cell] = {**BASE, f"{IFX}.1.3": b"wlan60-1", f"{IFX}.1.5": b"wlan60-station-1"}
    cells |= {f"{MT}.1.8.1.3.3": b"link", f"{MT}.1.8.1.6.3": 58_320, f"{MT}.1.8.1.12.3": -53, f"{MT}.1.8.1.13.3": 2310}
    cells |= {f"{MT}.1.9.1.8.5": 2310, f"{MT}.1.9.1.9.5": -54, f"{MT}.1.9.1.10.5": 18_545}
    assert links(cells) == {
        'radio_link_signal_dbm{radio="wlan60-1"}': -53,
        'radio_link_transmit_rate_bytes_per_second{radio="wlan60-1"}': 288_750_000,
        'radio_link_frequency_hertz{radio="wlan60-1"}': 58_320_000_000,
        'radio_link_signal_dbm{radio="wlan60-station-1"}': -54,
        'radio_link_transmit_rate_bytes_per_second{radio="wlan60-station-1"}': 288_750_000,
        'radio_link_distance_meters{radio="wlan60-station-1"}': 185.45,
    }


def test_cellular_uplink() -> None:
    """Signal of the modem, and how far it stands above noise, which may be 0."""
    cells: dict[str, Cell] = {**BASE, f"{IFX}.1.6": b"lte1", f"{MT}.16.1.1.2.6": -71, f"{MT}.16.1.1.7.6": 0}
    assert links(cells) == {'radio_link_signal_dbm{radio="lte1"}': -71, 'radio_link_snr_decibels{radio="lte1"}': 0}


def test_hotspot_and_leases() -> None:
    """Users of the captive portal come and go; a router without them has no number, leases may be 0."""
    users = {f"{MT}.5.1.1.5.{row}": bytes((10, 5, 50, row)) for row in (1, 2, 3)}
    cells: dict[str, Cell] = {**BASE, **users, f"{MT}.6.1.0": 78}
    plan, read = met(cells)
    assert (read["hotspot_users"], read["dhcp_leases"]) == (3, 78)
    del cells[f"{MT}.5.1.1.5.2"], cells[f"{MT}.5.1.1.5.3"]
    assert shown(plan, cells)["hotspot_users"] == 1
    assert met({**BASE, f"{MT}.6.1.0": 0})[1] == {"dhcp_leases": 0}


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
