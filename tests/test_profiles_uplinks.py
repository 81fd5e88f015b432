"""Uplinks: what any device tells by the standard objects, and what makers tell beyond; agents made from MIBs."""

from __future__ import annotations

import pytest
from profile_cells import met
from recordings import Recording, find, profiles

from netmon.profiles import Cell

ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
SENSOR = "1.3.6.1.2.1.99.1.1.1"
STORAGE = "1.3.6.1.2.1.25.2.3.1"
RAM, OTHER = "1.3.6.1.2.1.25.2.1.2", "1.3.6.1.2.1.25.2.1.1"


def device(sys_object_id: str, sys_descr: str = "", **cells: Cell) -> dict[str, Cell]:
    """Make a device's first cells."""
    return {
        "1.3.6.1.2.1.1.1.0": sys_descr.encode(),
        "1.3.6.1.2.1.1.2.0": sys_object_id,
        "1.3.6.1.2.1.1.3.0": 100,
        **cells,
    }


def storage(*rows: tuple[str, str, int, int]) -> dict[str, Cell]:
    """Make rows of hrStorageTable: type, description, size, used."""
    out: dict[str, Cell] = {}
    for index, (kind, descr, size, used) in enumerate(rows, 1):
        out |= {f"{STORAGE}.2.{index}": kind, f"{STORAGE}.3.{index}": descr.encode()}
        out |= {f"{STORAGE}.5.{index}": size, f"{STORAGE}.6.{index}": used}
    return out


def sensor(
    index: int, name: str, value: int, *, scale: int = 9, digits: int = 0, status: int = 1, kind: int = 8
) -> dict[str, Cell]:
    """Make a row of entPhySensorTable and its name."""
    row = {1: kind, 2: scale, 3: digits, 4: value, 5: status}
    return {
        f"{ENTITY}.7.{index}": name.encode(),
        **{f"{SENSOR}.{column}.{index}": cell for column, cell in row.items()},
    }


def test_memory_of_linux() -> None:
    """Buffers and caches are counted as used, and are taken off; rows that are a part of another are no memory."""
    rows = storage(
        (RAM, "Physical memory", 1000, 800),
        (OTHER, "Virtual memory", 3000, 900),
        (OTHER, "Memory buffers", 1000, 100),
        (OTHER, "Cached memory", 300, 300),
        (RAM, "Shared memory", 50, 50),
    )
    assert met(device("1.3.6.1.4.1.8072.3.2.10", "Linux") | rows)[1]["memory_used_ratio"] == 0.4
    assert met(device("1.3.6.1.4.1.99999") | storage((RAM, "RAM", 1000, 800)))[1]["memory_used_ratio"] == 0.8
    assert "memory_used_ratio" not in met(device("1.3.6.1.4.1.99999"))[1]


def test_temperatures_of_any_device() -> None:
    """Scale and precision are the sensor's own; no other kinds, none that do not work, no optical modules."""
    cells = device("1.3.6.1.4.1.99999")
    cells |= sensor(1, "board", 41)
    cells |= sensor(2, "inlet", 235, digits=1)
    cells |= sensor(3, "core", 4256, digits=2)
    cells |= sensor(4, "modem", 42562, digits=3)
    cells |= sensor(5, "chip", 39000, scale=8)
    cells |= sensor(6, "fan", 3000, kind=10)
    cells |= sensor(7, "gone", 0, status=2)
    cells |= sensor(8, "SFP 1/1", 44)
    assert met(cells)[1] == {
        'temperature_celsius{sensor="board"}': 41,
        'temperature_celsius{sensor="inlet"}': 23.5,
        'temperature_celsius{sensor="core"}': 42.56,
        'temperature_celsius{sensor="modem"}': 42.562,
        'temperature_celsius{sensor="chip"}': 39,
    }


def test_lm_sensors() -> None:
    """Thousandths of a degree; a sensor that reads 0 is not there."""
    lm = "1.3.6.1.4.1.2021.13.16.2.1"
    cells = {f"{lm}.2.1": b"Core 0", f"{lm}.3.1": 41500, f"{lm}.2.2": b"temp1", f"{lm}.3.2": 0}
    read = met(device("1.3.6.1.4.1.8072.3.2.10", "Linux") | cells)[1]
    assert read == {'temperature_celsius{sensor="Core 0"}': 41.5}


@pytest.mark.parametrize(
    ("profile", "cells", "read"),
    [
        (
            "netgear_switch",
            device(
                "1.3.6.1.4.1.4526.100.11.22",
                "M4300",
                **{
                    "1.3.6.1.4.1.4526.10.1.1.4.9.0": b"    5 Secs ( 96.49%)   60 Secs ( 12.5%)  300 Secs ( 11.81%)",
                    "1.3.6.1.4.1.4526.10.1.1.4.1.0": 200,
                    "1.3.6.1.4.1.4526.10.1.1.4.2.0": 800,
                    "1.3.6.1.4.1.4526.10.43.1.8.1.5.1.0": 47,
                    "1.3.6.1.4.1.4526.10.43.1.8.1.5.1.1": 0,
                },
            ),
            {"cpu_load_ratio": 0.125, "memory_used_ratio": 0.75, 'temperature_celsius{sensor="sensor/1.0"}': 47},
        ),
        (
            "extreme_xos",
            device(
                "1.3.6.1.4.1.1916.2.139",
                "ExtremeXOS (X480-24x) version 15.3.5.2 v1535b2-patch1-13 by release-manager",
                **{
                    "1.3.6.1.4.1.1916.1.32.1.2.0": b"7.5",
                    "1.3.6.1.4.1.1916.1.32.2.2.1.2.1": b"1000",
                    "1.3.6.1.4.1.1916.1.32.2.2.1.3.1": b"250",
                    "1.3.6.1.4.1.1916.1.1.1.8.0": 38,
                },
            ),
            {"cpu_load_ratio": 0.075, "memory_used_ratio": 0.75, 'temperature_celsius{sensor="system"}': 38},
        ),
        (
            "juniper_wlc",
            device(
                "1.3.6.1.4.1.14525.3.3.5",
                "Juniper Networks, Inc WLC2800 9.0.3.5 REL",
                **{"1.3.6.1.4.1.14525.4.4.1.1.4.0": 0, "1.3.6.1.4.1.14525.4.5.1.1.1.0": 3},
            ),
            {"wifi_clients": 0, 'wifi_access_points{state="online"}': 3},
        ),
        (
            "sonicwall_sonicos",
            device(
                "1.3.6.1.4.1.8741.1",
                "SonicWALL TZ 300 (SonicOS Enhanced 6.5.4.4-44n)",
                **{"1.3.6.1.4.1.8741.1.3.1.3.0": 12, "1.3.6.1.4.1.8741.1.3.1.4.0": 55},
            ),
            {"cpu_load_ratio": 0.12, "memory_used_ratio": 0.55},
        ),
        (
            "ruckus_icx",
            device(
                "1.3.6.1.4.1.1991.1.3.57.1.1.1.1",
                "Brocade Communications Systems, Inc. ICX6430-24, IronWare Version 08.0.30tT311",
                **{"1.3.6.1.4.1.1991.1.1.2.1.52.0": 1, "1.3.6.1.4.1.1991.1.1.1.1.18.0": 96},
            ),
            {"cpu_load_ratio": 0.01, 'temperature_celsius{sensor="chassis"}': 48},
        ),
        (
            "radwin_rw",
            device(
                "1.3.6.1.4.1.4458.20.6.1.1",
                "Wireless Link",
                **{
                    "1.3.6.1.4.1.4458.1000.1.5.9.1.0": -67,
                    "1.3.6.1.4.1.4458.1000.1.5.4.0": 0,
                    "1.3.6.1.4.1.4458.1000.1.5.29.0": 300,
                },
            ),
            {
                'radio_link_signal_dbm{radio="1"}': -67,
                'radio_link_transmit_power_dbm{radio="1"}': 0,
                'radio_link_distance_meters{radio="1"}': 300,
            },
        ),
        (
            "siklu_multihaul",
            device(
                "1.3.6.1.4.1.31926.35",
                "MH-T265",
                **{
                    "1.3.6.1.4.1.31926.35.1.1.3.1.1.2.105": b"kantor",
                    "1.3.6.1.4.1.31926.35.1.1.3.1.1.7.105": -60,
                    "1.3.6.1.4.1.31926.35.1.1.3.1.1.8.105": b"13.5",
                    "1.3.6.1.4.1.31926.35.1.1.3.1.1.15.105": 800,
                },
            ),
            {
                'radio_link_signal_dbm{radio="kantor"}': -60,
                'radio_link_snr_decibels{radio="kantor"}': 13.5,
                'radio_link_transmit_rate_bytes_per_second{radio="kantor"}': 100_000_000,
            },
        ),
        (
            "teltonika_rutos",
            device(
                "1.3.6.1.4.1.48690",
                "Linux RUT955 5.4.291 #0 mips",
                **{
                    "1.3.6.1.4.1.48690.1.3.0": b"RUT95500XXXX",
                    "1.3.6.1.4.1.48690.2.2.1.12.1": -71,
                    "1.3.6.1.4.1.48690.2.2.1.17.1": 415,
                    "1.3.6.1.4.1.48690.2.2.1.19.1": b"6.7",
                },
            ),
            {
                'radio_link_signal_dbm{radio="modem/1"}': -71,
                'radio_link_snr_decibels{radio="modem/1"}': 6.7,
                'temperature_celsius{sensor="modem/1"}': 41.5,
            },
        ),
        (
            "saf_integra",
            device(
                "1.3.6.1.4.1.7571.100.1.1.7.10",
                "Prod: Integra-X;Vers: 3.19.6;S/N: 1",
                **{
                    "1.3.6.1.4.1.7571.100.1.1.7.10.2.1.3.0": -32,
                    "1.3.6.1.4.1.7571.100.1.1.7.10.2.2.2.0": 11645000,
                    "1.3.6.1.4.1.7571.100.1.1.7.10.4.10.0": 770,
                },
            ),
            {
                "cpu_load_ratio": 0.23,
                'radio_link_signal_dbm{radio="A"}': -32,
                'radio_link_frequency_hertz{radio="B"}': 11_645_000_000,
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_makers(profile: str, cells: dict[str, Cell], read: dict[str, float]) -> None:
    """The maker's own objects, as its MIB has them."""
    plan, told = met(cells)
    assert plan.profile == profile
    assert told == pytest.approx(read)


MODELS = {
    "juniper_junos": (
        "1.3.6.1.4.1.2636.1.1.1.4.131.2",
        "Juniper Networks, Inc. ex3400-48t Ethernet Switch, kernel JUNOS 15.1X53-D59.4, Build",
        "ex3400-48t 15.1X53-D59.4",
    ),
    "extreme_xos": (
        "1.3.6.1.4.1.1916.2.139",
        "ExtremeXOS (X480-24x) version 15.3.5.2 v1535b2",
        "X480-24x 15.3.5.2",
    ),
    "extreme_voss": (
        "1.3.6.1.4.1.1916.2.473",
        "7520-48Y-8C-FabricEngine (9.1.1.0)",
        "7520-48Y-8C-FabricEngine 9.1.1.0",
    ),
    "alcatel_aos": (
        "1.3.6.1.4.1.6486.800.1.1.2.1.13.1.2",
        "Alcatel-Lucent OS6350-P24 6.7.2.100.R01 Service Release",
        "OS6350-P24 6.7.2.100.R01",
    ),
    "draytek_vigor": (
        "1.3.6.1.4.1.7367",
        "DrayTek Corporation, Router Model: Vigor2920 Series, Version: 3.8.8.2, Build",
        "Vigor2920 3.8.8.2",
    ),
    "pfsense_firewall": (
        "1.3.6.1.4.1.8072.3.2.8",
        "pfSense gate.example 2.4.5-RELEASE-p1 pfSense FreeBSD 11.3-STABLE amd64",
        "pfSense 2.4.5-RELEASE-p1",
    ),
    "nokia_timos": (
        "1.3.6.1.4.1.6527.1.3.4",
        "TiMOS-C-10.0.R4 cpm/hops Nokia SAS-R 7210 Copyright (c) 2000-2018 Nokia.",
        "SAS-R 7210 10.0.R4",
    ),
}


@pytest.mark.parametrize("profile", MODELS)
def test_models(profile: str) -> None:
    """Model and version come out of the description, where there is nothing better."""
    sys_object_id, sys_descr, told = MODELS[profile]
    identity = met(device(sys_object_id, sys_descr))[0].identity
    assert (identity.profile, f"{identity.model} {identity.version}") == (profile, told)


@pytest.mark.parametrize(
    ("profile", "cells"),
    [
        ("generic", {}),
        ("teltonika_rutos", {"1.3.6.1.4.1.48690.1.3.0": b"RUTX11000XXX"}),
        ("ddwrt_linux", {"1.3.6.1.4.1.8072.1.3.2.3.1.1.6.100.105.115.116.114.111": b"DD-WRT 3.10.108-d8"}),
        ("generic", {"1.3.6.1.4.1.8072.1.3.2.3.1.1.6.100.105.115.116.114.111": b"Debian 12"}),
    ],
)
def test_what_a_linux_is(profile: str, cells: dict[str, Cell]) -> None:
    """Many systems say that they are net-snmp on Linux; what else they have tells which."""
    agent = Recording((oid, (0, cell)) for oid, cell in (device("1.3.6.1.4.1.8072.3.2.10", "Linux") | cells).items())
    assert find(agent, profiles()).plan.profile == profile
