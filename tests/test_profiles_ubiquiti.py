"""Ubiquiti's access points and bridges: UniFi of every generation, airMAX; agents written from the MIBs."""

from __future__ import annotations

import pytest
from met_agents import SYS_DESCR as DESCR
from met_agents import SYS_OBJECT_ID as OBJECT_ID
from met_agents import meet, polled, summary
from profile_cells import IF, IFX, ports
from profile_cells import polled as values

from netmon.profiles import Cell

UBNT, FROGFOOT, NET_SNMP = "1.3.6.1.4.1.41112", "1.3.6.1.4.1.10002.1", "1.3.6.1.4.1.8072.3.2.10"
RADIO, VAP = f"{UBNT}.1.6.1.1.1", f"{UBNT}.1.6.1.2.1"
AIRMAX = f"{UBNT}.1.4"
PRODUCT, FIRMWARE = "1.2.840.10036.3.1.2.1.3", "1.2.840.10036.3.1.2.1.4"


# -- UniFi --------------------------------------------------------------------------------------------

Network = tuple[str, bytes, int]
"""A row of the table of networks: its radio, name, clients."""


def access_point(*networks: Network, descr: bytes = b"U6-Pro 6.7.1.15000", object_id: str = UBNT) -> dict[str, Cell]:
    """Make the cells of an access point with two radios; the one of 5 GHz has its channel only where a network is."""
    cells: dict[str, Cell] = {DESCR: descr, OBJECT_ID: object_id}
    for index, (radio, busy) in enumerate((("ng", 41), ("na", 7)), 1):
        cells |= {f"{RADIO}.3.{index}": radio.encode(), f"{RADIO}.6.{index}": busy}
    for index, (radio, ssid, clients) in enumerate(networks, 1):
        channel, power = (6, 20) if radio == "ng" else (149, 23)
        cells |= {f"{VAP}.4.{index}": channel, f"{VAP}.6.{index}": ssid, f"{VAP}.8.{index}": clients}
        cells |= {f"{VAP}.9.{index}": radio.encode(), f"{VAP}.21.{index}": power}
    return cells


NETWORKS: tuple[Network, ...] = (("ng", b"Padang", 3), ("ng", b"Staf", 1), ("na", b"Padang", 8), ("na", b"", 2))


def test_unifi_counts_in_total_by_radio_and_by_network() -> None:
    """A network on both radios is one name; one without a name counts for its radio and in total."""
    wifi = summary(access_point(*NETWORKS))["wifi"]
    assert wifi["clients"] == 14
    assert wifi["ssids"] == [{"ssid": "Padang", "clients": 11}, {"ssid": "Staf", "clients": 1}]
    assert wifi["radios"] == [
        {
            "radio": "ng",
            "band": "2.4",
            "clients": 4,
            "channel": 6,
            "transmit_power_dbm": 20,
            "utilization_ratio": 0.41,
        },
        {
            "radio": "na",
            "band": "5",
            "clients": 10,
            "channel": 149,
            "transmit_power_dbm": 23,
            "utilization_ratio": 0.07,
        },
    ]


def test_unifi_without_a_client_and_without_a_network() -> None:
    """Both are 0; a radio without a network has neither channel nor power."""
    quiet = summary(access_point(("ng", b"Padang", 0)))["wifi"]
    assert (quiet["clients"], quiet["ssids"]) == (0, [{"ssid": "Padang", "clients": 0}])
    bare = summary(access_point())["wifi"]
    assert (bare["clients"], bare["ssids"]) == (0, [])
    assert bare["radios"] == [
        {"radio": "ng", "band": "2.4", "clients": 0, "utilization_ratio": 0.41},
        {"radio": "na", "band": "5", "clients": 0, "utilization_ratio": 0.07},
    ]


def test_unifi_radio_that_is_off_has_no_channel() -> None:
    """The table says 0, which is no channel."""
    cells = access_point(("ng", b"Padang", 0), ("na", b"Padang", 0)) | {f"{VAP}.4.2": 0, f"{VAP}.21.2": 0}
    radios = {one["radio"]: one for one in summary(cells)["wifi"]["radios"]}
    assert radios["ng"]["channel"] == 6
    assert radios["na"].keys() == {"radio", "band", "clients", "utilization_ratio"}


def test_unifi_renumbers_its_networks_with_every_change_of_settings() -> None:
    """The next poll counts right by the same plan: clients of one network are never shown as another's."""
    changed = access_point(("na", b"Staf", 5), ("na", b"Padang", 0), ("ng", b"Baru", 2))
    read = polled(meet(access_point(*NETWORKS)), changed)
    assert {name: value for name, value in read.items() if "clients" in name} == {
        "wifi_clients": 7,
        'wifi_radio_clients{radio="ng",band="2.4"}': 2,
        'wifi_radio_clients{radio="na",band="5"}': 5,
        'wifi_ssid_clients{ssid="Staf"}': 5,
        'wifi_ssid_clients{ssid="Padang"}': 0,
        'wifi_ssid_clients{ssid="Baru"}': 2,
    }


@pytest.mark.parametrize(
    ("descr", "object_id", "model", "version"),
    [
        (b"UAP-AC-Lite 4.0.66.10000", NET_SNMP, "UAP-AC-Lite", "4.0.66.10000"),
        (b"U7-Pro 7.0.9.15000", UBNT, "U7-Pro", "7.0.9.15000"),
        (b"E7 8.0.1.16000", NET_SNMP, "E7", "8.0.1.16000"),
        (b"UAL6 5.60.1.12000", UBNT, "UAL6", "5.60.1.12000"),
        (b"U6-IW 6.5.1.14000", "1.3.6.1.4.1", "U6-IW", "6.5.1.14000"),
        (b"UAP-nanoHD", UBNT, "UAP-nanoHD", ""),
    ],
)
def test_unifi_that_tells_its_description_and_ports_alone(
    descr: bytes, object_id: str, model: str, version: str
) -> None:
    """It is known by its name; how many clients it has it does not say, so there is no number."""
    told = summary({**ports(b"eth0", b"wifi0"), DESCR: descr, OBJECT_ID: object_id})
    assert (told["profile"], told["system"]["model"], told["system"]["version"]) == ("ubiquiti_unifi", model, version)
    assert (told["wifi"]["clients"], told["wifi"]["radios"]) == (None, [])
    assert [(port["name"], port["receive_bytes"]) for port in told["interfaces"]] == [
        ("eth0", 2**40 + 1),
        ("wifi0", 2**40 + 2),
    ]


def test_unifi_of_the_first_generation() -> None:
    """It says that it is a Linux, as airMAX does; its product's name tells them apart."""
    old: dict[str, Cell] = {DESCR: b"Linux UBNT 2.6.32.33 #1 mips", OBJECT_ID: FROGFOOT, f"{PRODUCT}.5": b"UAP-LR"}
    told = summary(
        {**old, f"{FROGFOOT}.1.1.4.2.1.3.2": 31, f"{FROGFOOT}.1.1.1.1.0": 62000, f"{FROGFOOT}.1.1.1.2.0": 31000}
    )
    assert (told["profile"], told["system"]["model"]) == ("ubiquiti_unifi", "UAP-LR")
    assert (told["system"]["cpu_load_ratio"], told["system"]["memory_used_ratio"]) == (0.31, 0.5)
    assert told["wifi"]["clients"] is None
    unnamed = access_point(*NETWORKS, descr=b"Linux 4.4.60", object_id=NET_SNMP)
    assert summary(unnamed)["profile"] == "ubiquiti_unifi"
    assert summary({**old, f"{PRODUCT}.5": b"NanoStation M5"})["profile"] != "ubiquiti_unifi"


# -- airMAX -------------------------------------------------------------------------------------------

BRIDGE: dict[str, Cell] = {
    DESCR: b"Linux 4.4.7 #3 Mon Jan 6 10:00:00 WIB 2025 mips",
    OBJECT_ID: FROGFOOT,
    f"{PRODUCT}.5": b"Rocket 5AC",
    f"{FIRMWARE}.5": b"WA.ar934x.v8.7.11.46000.220601.0400",
    f"{AIRMAX}.1.1.2.1": 2,
    f"{AIRMAX}.1.1.4.1": 5745,
    f"{AIRMAX}.1.1.6.1": 22,
    f"{AIRMAX}.1.1.7.1": 3000,
    f"{AIRMAX}.5.1.2.1": b"padang-ptmp",
    f"{AIRMAX}.5.1.5.1": -61,
    f"{AIRMAX}.5.1.8.1": -96,
    f"{AIRMAX}.5.1.9.1": 130_000_000,
    f"{AIRMAX}.5.1.10.1": 104_000_000,
    f"{AIRMAX}.5.1.14.1": 40,
    f"{AIRMAX}.5.1.15.1": 5,
    f"{AIRMAX}.6.1.7.1": 255,
    f"{AIRMAX}.8.3.0": 1234,
    f"{AIRMAX}.8.4.0": 47,
    f"{FROGFOOT}.1.1.1.1.0": 60000,
    f"{FROGFOOT}.1.1.1.2.0": 30000,
    f"{FROGFOOT}.1.1.1.4.0": 15000,
}


def test_airmax_access_point() -> None:
    """Stations, and the radio in the words of Wi-Fi and of links."""
    told = summary(BRIDGE)
    assert told["profile"] == "ubiquiti_airos"
    system = told["system"]
    assert (system["model"], system["version"]) == ("Rocket 5AC", "8.7.11.46000.220601.0400")
    assert system["cpu_load_ratio"] == pytest.approx(0.1234)
    assert (system["memory_used_ratio"], system["temperature_celsius"]) == (0.25, {"board": 47})
    assert told["wifi"]["clients"] == 5
    assert told["wifi"]["ssids"] == [{"ssid": "padang-ptmp", "clients": 5}]
    assert told["wifi"]["radios"] == [
        {
            "radio": "1",
            "band": "5",
            "clients": 5,
            "channel": 149,
            "channel_width_hertz": 40_000_000,
            "utilization_ratio": 0.255,
            "noise_dbm": -96,
            "transmit_power_dbm": 22,
        }
    ]
    assert told["radio_links"] == [
        {
            "radio": "1",
            "signal_dbm": -61,
            "transmit_rate_bytes_per_second": 16_250_000,
            "receive_rate_bytes_per_second": 13_000_000,
            "frequency_hertz": 5_745_000_000,
            "distance_meters": 3000,
        }
    ]


def test_airmax_station_has_no_clients_and_an_idle_access_point_has_none() -> None:
    """What a station has joined is no client of it: no number; an access point without stations: 0."""
    station = summary({**BRIDGE, f"{AIRMAX}.1.1.2.1": 1, f"{AIRMAX}.5.1.15.1": 1})
    assert (station["wifi"]["clients"], station["wifi"]["ssids"]) == (None, [])
    assert "clients" not in station["wifi"]["radios"][0]
    assert station["radio_links"][0]["signal_dbm"] == -61
    idle = summary({**BRIDGE, f"{AIRMAX}.5.1.15.1": 0})["wifi"]
    assert (idle["clients"], idle["ssids"]) == (0, [{"ssid": "padang-ptmp", "clients": 0}])


def test_airmax_network_name_that_changed_vouches_no_longer() -> None:
    """The clients of one network are never shown as another's: the plan is made anew."""
    plan = meet(BRIDGE).plan
    assert plan.expected.changed(values(plan, BRIDGE)) == []
    renamed = {**BRIDGE, f"{AIRMAX}.5.1.2.1": b"other"}
    assert plan.expected.changed(values(plan, renamed)) == [b"padang-ptmp"]


@pytest.mark.parametrize(
    ("version", "raw", "celsius"),
    [
        (b"WA.v8.7.4.40000.210101.1200", 380_000_000, {"board": 38}),
        (b"WA.v8.7.6.41000.210601.1200", 450_000_000, {"board": 45}),
        (b"WA.v8.7.7.41000.210601.1200", 45, {"board": 45}),
        (b"WA.v8.5.0.36000.180101.1200", 66, {"board": 66}),
        (b"WA.v8.5.0.36000.180101.1200", 0, None),
    ],
)
def test_airmax_temperature_of_three_versions_is_ten_million_times_as_high(
    version: bytes, raw: int, celsius: dict[str, float] | None
) -> None:
    """Those are known by their number; 0 is a model without a sensor."""
    told = summary({**BRIDGE, f"{FIRMWARE}.5": version, f"{AIRMAX}.8.4.0": raw})
    assert told["system"].get("temperature_celsius") == celsius


def test_airmax_is_never_asked_with_getbulk() -> None:
    """Its agent answers GETBULK wrongly."""
    assert not meet(BRIDGE).contact.target.speaks_bulk
    assert meet(access_point()).contact.target.speaks_bulk


def test_airmax_that_tells_nothing_of_its_own() -> None:
    """It is known by its description; another Linux of that agent too, one without is not."""
    told = summary({DESCR: b"Linux 4.4.7 #3 mips", OBJECT_ID: AIRMAX})
    assert (told["profile"], told["system"]["model"], told["wifi"]["clients"]) == ("ubiquiti_airos", "airMAX", None)
    assert summary({DESCR: b"Linux 5.10", OBJECT_ID: NET_SNMP})["profile"] != "ubiquiti_airos"


@pytest.mark.parametrize("cells", [access_point(*NETWORKS), BRIDGE], ids=["unifi", "airmax"])
def test_a_first_contact_is_few_packets(cells: dict[str, Cell]) -> None:
    """An access point with a dozen ports is met in less than sixty."""
    many = ports(*[f"ath{number}".encode() for number in range(12)])
    assert meet({**many, **cells}).packets < 60
    assert f"{IF}.2.12" in many
    assert f"{IFX}.6.12" in many
