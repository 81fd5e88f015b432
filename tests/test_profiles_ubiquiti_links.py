"""Ubiquiti's links, routers and switches; agents written from the MIBs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from met_agents import SYS_DESCR as DESCR
from met_agents import SYS_OBJECT_ID as OBJECT_ID
from met_agents import meet, polled, summary, told
from profile_cells import ports

from netmon.profiles import Cell

UBNT, FROGFOOT, NET_SNMP = "1.3.6.1.4.1.41112", "1.3.6.1.4.1.10002.1", "1.3.6.1.4.1.8072.3.2.10"


# -- links --------------------------------------------------------------------------------------------

AIRFIBER, LTU, AF60 = f"{UBNT}.1.3", f"{UBNT}.1.10.1", f"{UBNT}.1.11.1"


@pytest.mark.parametrize(
    ("raw", "hertz"), [(24_100, 24_100_000_000), (5_820, 5_820_000_000), (10_915_000, 10_915_000_000)]
)
def test_airfiber_frequency_is_mhz_or_khz(raw: int, hertz: int) -> None:
    """By its digits: no link is on 11 THz."""
    link: dict[str, Cell] = {DESCR: b"Linux 2.6.31", OBJECT_ID: FROGFOOT, f"{AIRFIBER}.2.1.40.1": b"v4.1.0"}
    link |= {f"{AIRFIBER}.1.1.5.1": raw, f"{AIRFIBER}.2.1.11.1": -55, f"{AIRFIBER}.2.1.14.1": -57}
    link |= {f"{AIRFIBER}.2.1.5.1": 760_000_000, f"{AIRFIBER}.2.1.4.1": 5100}
    shown = summary(link)
    assert (shown["profile"], shown["system"]["version"]) == ("ubiquiti_airfiber", "4.1.0")
    whole = next(one for one in shown["radio_links"] if one["radio"] == "1")
    assert whole == {
        "radio": "1",
        "frequency_hertz": hertz,
        "receive_rate_bytes_per_second": 95_000_000,
        "distance_meters": 5100,
    }
    assert {one["radio"]: one.get("signal_dbm") for one in shown["radio_links"]} == {
        "1": None,
        "chain 0": -55,
        "chain 1": -57,
    }


def test_airfiber_data_port_is_a_port_of_its_own() -> None:
    """The system does not count what goes through the link; the port's number there is not one of the system's."""
    link: dict[str, Cell] = {**ports(b"lo", b"eth0"), DESCR: b"Linux 2.6.31", OBJECT_ID: FROGFOOT}
    link |= {f"{AIRFIBER}.2.1.40.1": b"v4.1.0", f"{AIRFIBER}.1.1.5.1": 24_100}
    link |= {f"{AIRFIBER}.3.1.7.1": 2**40, f"{AIRFIBER}.3.1.6.1": 2**39}
    met = meet(link)
    assert [(port["name"], port["index"]) for port in met.summary["interfaces"]] == [("lo", 1), ("eth0", 2)]
    read = told(met.read)
    assert read['interface_receive_bytes_total{interface="data"}'] == 2**40
    assert read['interface_transmit_bytes_total{interface="data"}'] == 2**39


def station(base: str, columns: Mapping[int, int], last: int, tail: str = "") -> dict[str, Cell]:
    """Make a row of a table of stations, by their address."""
    return {f"{base}.{column}.2.0.0.0.0.{last}{tail}": value for column, value in columns.items()}


def test_ltu_tells_the_mean_of_its_stations() -> None:
    """One on a link; several on a sector; none is no reading, not 0 dBm."""
    base: dict[str, Cell] = {
        DESCR: b"Linux LTU 4.4",
        OBJECT_ID: NET_SNMP,
        f"{LTU}.3.4.0": b"GBE.v2.3.1",
        f"{LTU}.2.2.0": 5600,
    }
    base |= {f"{LTU}.3.2.0": b"LTU-Rocket", f"{LTU}.2.6.0": 30, f"{LTU}.3.6.0": 12}
    near = station(f"{LTU}.4.1", {5: -50, 6: -52, 3: 80_000, 4: 40_000, 23: 900}, 1)
    far = station(f"{LTU}.4.1", {5: -60, 6: -62, 3: 40_000, 4: 20_000, 23: 2100}, 2)
    shown = summary({**base, **near, **far})
    assert (shown["profile"], shown["system"]["model"], shown["system"]["version"]) == (
        "ubiquiti_ltu",
        "LTU-Rocket",
        "2.3.1",
    )
    assert shown["system"]["cpu_load_ratio"] == 0.12
    links = {one["radio"]: one for one in shown["radio_links"]}
    assert (links["chain 0"]["signal_dbm"], links["chain 1"]["signal_dbm"]) == (-55, -57)
    assert links["1"] == {
        "radio": "1",
        "transmit_power_dbm": 30,
        "frequency_hertz": 5_600_000_000,
        "transmit_rate_bytes_per_second": 7_500_000,
        "receive_rate_bytes_per_second": 3_750_000,
        "distance_meters": 1500,
    }
    assert summary(base)["radio_links"] == [{"radio": "1", "transmit_power_dbm": 30, "frequency_hertz": 5_600_000_000}]
    left = polled(meet({**base, **near}), base)
    assert [name for name in left if name.startswith("radio_link_signal")] == []
    assert left['radio_link_frequency_hertz{radio="1"}'] == 5_600_000_000


def test_af60() -> None:
    """A link of 60 GHz: signal, above the noise, rates, distance."""
    base: dict[str, Cell] = {DESCR: b"Linux 4.9.9", OBJECT_ID: FROGFOOT, f"{AF60}.1.2.1": 64_800}
    base |= {f"{AF60}.2.2.1": b"AF60", f"{AF60}.2.4.1": b"GP.v2.5.1.7", f"{AF60}.2.5.1": 40, f"{AF60}.2.6.1": 9}
    shown = summary({**base, **station(f"{AF60}.3.1", {3: -48, 4: 22, 7: 1_900_000, 8: 950_000, 15: 700}, 1, ".1")})
    assert (shown["profile"], shown["system"]["model"]) == ("ubiquiti_af60", "AF60")
    assert (shown["system"]["cpu_load_ratio"], shown["system"]["memory_used_ratio"]) == (0.09, 0.4)
    assert shown["radio_links"] == [
        {
            "radio": "1",
            "frequency_hertz": 64_800_000_000,
            "signal_dbm": -48,
            "snr_decibels": 22,
            "transmit_rate_bytes_per_second": 237_500_000,
            "receive_rate_bytes_per_second": 118_750_000,
            "distance_meters": 700,
        }
    ]


def test_the_agent_of_airos_is_never_asked_with_getbulk() -> None:
    """Whoever has it, be it a link or a switch; the others are."""
    switch: dict[str, Cell] = {DESCR: b"EdgeSwitch 16XP, 2.1.1", OBJECT_ID: FROGFOOT}
    assert not meet(switch).contact.target.speaks_bulk
    assert meet({**switch, OBJECT_ID: "1.3.6.1.4.1.4413"}).contact.target.speaks_bulk
    link: dict[str, Cell] = {DESCR: b"Linux 4.9.9", f"{AF60}.1.2.1": 64_800, f"{AF60}.2.4.1": b"GP.v2.5.1.7"}
    assert not meet({**link, OBJECT_ID: FROGFOOT}).contact.target.speaks_bulk
    assert meet({**link, OBJECT_ID: UBNT}).contact.target.speaks_bulk


# -- routers and switches -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("descr", "object_id", "profile", "model", "version"),
    [
        (b"EdgeOS v2.0.9-hotfix.7.5600000.230601.0800", f"{UBNT}.1.5", "ubiquiti_edgeos", "EdgeOS", "2.0.9-hotfix.7"),
        (b"EdgeRouter X v1.10.8", NET_SNMP, "ubiquiti_edgeos", "EdgeRouter X", "1.10.8"),
        (
            b"USW-Pro-24-PoE, 6.5.5.14000, Linux 3.18.24",
            "1.3.6.1.4.1.4413",
            "ubiquiti_edgeswitch",
            "USW-Pro-24-PoE",
            "6.5.5.14000",
        ),
        (b"EdgePoint S16, 1.8.2", "1.3.6.1.4.1.4413", "ubiquiti_edgeswitch", "EdgePoint S16", "1.8.2"),
        (b"EdgeSwitch 16XP, 2.1.1", FROGFOOT, "ubiquiti_edgeswitch", "EdgeSwitch 16XP", "2.1.1"),
        (b"Ubiquiti UniFi UDM-Pro 4.0.6 Linux 4.19.152", NET_SNMP, "ubiquiti_unifi_gateway", "UDM-Pro", "4.0.6"),
        (b"Something new 1.0", UBNT, "ubiquiti_device", "Something new 1.0", ""),
    ],
)
def test_what_it_is(descr: bytes, object_id: str, profile: str, model: str, version: str) -> None:
    """Routers, switches, gateways, and what there was not yet."""
    shown = summary({**ports(b"eth0"), DESCR: descr, OBJECT_ID: object_id})
    system = shown["system"]
    assert (shown["profile"], system["vendor"], system["model"], system["version"]) == (
        profile,
        "Ubiquiti",
        model,
        version,
    )
    assert shown["interfaces"][0]["receive_bytes"] == 2**40 + 1


def test_edgeswitch_tells_its_load_in_words() -> None:
    """The first of three shares: of the last five seconds; memory and each of its temperatures."""
    switch = "1.3.6.1.4.1.4413.1.1"
    shown = summary(
        {
            DESCR: b"EdgeSwitch 24-Port Lite, 1.9.2",
            OBJECT_ID: "1.3.6.1.4.1.4413",
            f"{switch}.1.1.4.9.0": b"    5 Secs (  7.2500%)   60 Secs ( 11.5000%)  300 Secs (  9.0000%)",
            f"{switch}.1.1.4.1.0": 64_000,
            f"{switch}.1.1.4.2.0": 256_000,
            f"{switch}.43.1.8.1.5.1.0": 41,
            f"{switch}.43.1.8.1.5.1.1": 38,
        }
    )["system"]
    assert shown["cpu_load_ratio"] == pytest.approx(0.0725)
    assert (shown["memory_used_ratio"], shown["temperature_celsius"]) == (0.75, {"1.0": 41, "1.1": 38})


def test_ufiber_tells_its_optical_ports_beside_the_systems() -> None:
    """By their names, with state and bytes; its thermometers by what they are at."""
    edge = f"{UBNT}.1.5"
    cells: dict[str, Cell] = {**ports(b"lo", b"mgmt"), DESCR: b"EdgeOS v4.4.9.5000", OBJECT_ID: edge}
    cells |= {
        f"{edge}.1.1.0": b"UFiber OLT",
        f"{edge}.1.2.0": b"F00D",
        f"{edge}.4.2.1.2.0": 2,
        f"{edge}.4.2.1.3.0": 39_500,
    }
    for index, (name, is_up) in enumerate(((b"pon1", 1), (b"sfp+1", 2))):
        cells |= {f"{edge}.7.2.1.2.{index}": name, f"{edge}.7.2.1.3.{index}": is_up}
        cells |= {f"{edge}.7.2.1.6.{index}": 100 + index, f"{edge}.7.2.1.7.{index}": 200 + index}
    met = meet(cells)
    system, read = met.summary["system"], told(met.read)
    assert (met.summary["profile"], system["serial"]) == ("ubiquiti_ufiber", "F00D")
    assert system["temperature_celsius"] == {"cpu": 39.5}
    up = [read[f'interface_up{{interface="{name}"}}'] for name in ("lo", "mgmt", "pon1", "sfp+1")]
    assert up == [1, 1, 1, 0]
    assert read['interface_receive_bytes_total{interface="pon1"}'] == 200
    assert read['interface_transmit_bytes_total{interface="sfp+1"}'] == 101
