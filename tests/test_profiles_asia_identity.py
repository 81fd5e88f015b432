"""What gear of Asian makers is taken for, and what it says of itself: also models that no recording has."""

from __future__ import annotations

import pytest
from met_agents import summary

from netmon.profiles import Cell

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
HUAWEI = "1.3.6.1.4.1.2011"
H3C = "1.3.6.1.4.1.25506.2.6.1.1.1.1"

S5731 = (
    b"S5731-S24P4X\r\nHuawei Versatile Routing Platform Software\r\n"
    b"VRP (R) software,Version 5.170 (S5731 V200R021C00SPC600)\r\nCopyright (C) 2000-2022"
)
MSR = (
    b"H3C Comware Platform Software, Software Version 7.1.064, Release 0615P18\r\nH3C MSR3610-XS\r\n"
    b"Copyright (c) 2004-2020 New H3C Technologies Co., Ltd."
)
HPE = (
    b"HPE Comware Platform Software, Software Version 7.1.070, Release 3208P03\r\n"
    b"HPE 5130 24G PoE+ 4SFP+ EI\r\nCopyright (c) 2010-2018"
)
NE40E = b"Huawei Versatile Routing Platform Software\nVRP (R) software, Version 8.21 (NE40E-X3 V800R021C10SPC500)"


@pytest.mark.parametrize(
    ("object_id", "descr", "profile", "vendor", "model", "version"),
    [
        (
            f"{HUAWEI}.2.23.719",
            S5731,
            "huawei_vrp",
            "Huawei",
            "S5731-S24P4X",
            "V200R021C00SPC600",
        ),
        (
            f"{HUAWEI}.2.224.400",
            b"Huawei Versatile Routing Platform Software\nVRP (R) software, Version 8.191 (CE6881 V200R019C10SPC800)",
            "huawei_vrp",
            "Huawei",
            "CE6881",
            "V200R019C10SPC800",
        ),
        (f"{HUAWEI}.2.248", b"Huawei Integrated Access Software", "huawei_smartax", "Huawei", None, ""),
        (
            "1.3.6.1.4.1.25506.1.2210",
            MSR,
            "h3c_comware",
            "H3C",
            "H3C MSR3610-XS",
            "7.1.064, Release 0615P18",
        ),
        (
            "1.3.6.1.4.1.25506.11.1.181",
            HPE,
            "h3c_comware",
            "HPE",
            "HPE 5130 24G PoE+ 4SFP+ EI",
            "7.1.070, Release 3208P03",
        ),
        (
            "1.3.6.1.4.1.4881.1.1.10.1.260",
            b"Ruijie Gigabit Security & Intelligence Access Switch (S2910C-24GT2XS-HP-E) By Ruijie Networks",
            "ruijie_rgos",
            "Ruijie",
            "S2910C-24GT2XS-HP-E",
            "",
        ),
        (
            "1.3.6.1.4.1.3902.3.600.3.1.1000",
            b"ZXR10 ROS Version V4.08.23 ZXR10_M6000 Software, Version V3.00.10P12, Copyright (c)",
            "zte_zxr10",
            "ZTE",
            "M6000",
            "V3.00.10P12",
        ),
        (
            "1.3.6.1.4.1.11863.5.300",
            b"Omada 24-Port Gigabit L2+ Managed Switch",
            "tplink_jetstream",
            "TP-Link",
            None,
            "",
        ),
        ("1.3.6.1.4.1.11863.1.1.99", b"16-Port Gigabit Smart Switch", "tplink_switch", "TP-Link", None, ""),
        (
            "1.3.6.1.4.1.171.10.153.2.1",
            b"WS6-DGS-1210-10P/F1 6.20.007",
            "dlink_switch",
            "D-Link",
            "DGS-1210-10P/F1",
            "6.20.007",
        ),
        ("1.3.6.1.4.1.12356.106.1.1244", b"", "fortinet_fortiswitch", "Fortinet", "", ""),
        ("1.3.6.1.4.1.890.1.15", b"XGS1930-28HP", "zyxel_zynos", "Zyxel", "XGS1930-28HP", ""),
        ("1.3.6.1.4.1.890.1.15", b"ATP200", "zyxel_zywall", "Zyxel", "ATP200", ""),
        ("1.3.6.1.4.1.890.1.15", b"USG FLEX 100H", "zyxel_zywall", "Zyxel", "USG FLEX 100H", ""),
        ("1.3.6.1.4.1.890.1.2", b"VMG8825-T50K", "zyxel", "Zyxel", "VMG8825-T50K", ""),
    ],
)
def test_identity(object_id: str, descr: bytes, profile: str, vendor: str, model: str | None, version: str) -> None:
    """Maker, model and version stand in what each says; a model that is nowhere is the description itself."""
    told = summary({OBJECT_ID: object_id, DESCR: descr})
    system = told["system"]
    assert (told["profile"], system["vendor"], system["version"]) == (profile, vendor, version)
    assert system["model"] == (descr.decode() if model is None else model)


def test_model_in_another_place() -> None:
    """A Huawei router may put its model into the brackets behind the version alone."""
    told = summary(
        {
            OBJECT_ID: f"{HUAWEI}.2.297.14",
            DESCR: NE40E,
        }
    )
    assert (told["system"]["model"], told["system"]["version"]) == ("NE40E-X3", "V800R021C10SPC500")


@pytest.mark.parametrize(
    ("object_id", "load", "memory", "temperature"),
    [
        (f"{HUAWEI}.2.23.719", *[f"{HUAWEI}.5.25.31.1.1.1.1.{column}" for column in (5, 7, 11)]),
        ("1.3.6.1.4.1.25506.1.2210", *[f"{H3C}.{column}" for column in (6, 8, 12)]),
    ],
    ids=["huawei", "h3c"],
)
def test_parts_without_a_processor(object_id: str, load: str, memory: str, temperature: str) -> None:
    """Parts (fans, ports) say 0 of everything: they are left out of the means, and are no sensors."""
    cells: dict[str, Cell] = {
        OBJECT_ID: object_id,
        DESCR: b"H3C Comware" if "25506" in object_id else b"VRP (R) software,Version 5.170 (S5731 V200R021C00)",
    }
    for row, (name, said) in enumerate(((b"Board 1", (40, 30, 45)), (b"Fan", (0, 0, 0)), (b"Board 2", (0, 50, 47))), 1):
        cells |= {f"{ENTITY}.7.{row}": name}
        cells |= {f"{column}.{row}": one for column, one in zip((load, memory, temperature), said, strict=True)}
    system = summary(cells)["system"]
    assert (system["cpu_load_ratio"], system["memory_used_ratio"]) == (0.2, 0.4)
    assert system["temperature_celsius"] == {"Board 1": 45, "Board 2": 47}


def test_older_huawei() -> None:
    """Where parts tell nothing, the older tables of processors and memories are read."""
    told = summary(
        {
            OBJECT_ID: f"{HUAWEI}.2.23.96",
            DESCR: b"VRP (R) software,Version 5.30 (S2300 V100R002)",
            f"{HUAWEI}.6.3.4.1.2.0.0.0": 12,
            f"{HUAWEI}.6.3.5.1.1.2.0.0.0": 1000,
            f"{HUAWEI}.6.3.5.1.1.3.0.0.0": 250,
        }
    )
    assert (told["system"]["cpu_load_ratio"], told["system"]["memory_used_ratio"]) == (0.12, 0.75)


def test_older_zyxel_switch() -> None:
    """Older switches have their objects below the number of the model."""
    own = "1.3.6.1.4.1.890.1.5.8.98"
    told = summary({OBJECT_ID: own, DESCR: b"GS-2048", f"{own}.12.7.0": 35, f"{own}.1.10.0": b"0A12"})
    assert (told["system"]["cpu_load_ratio"], told["system"]["serial"]) == (0.35, "0A12")


def test_fortigate_sensors() -> None:
    """Of all sensors those are temperatures whose names say so; what is no number is none."""
    sensors = (
        (b"+12V", b"12.07"),
        (b"LM75 U2", b"35"),
        (b"PSU Temp A", b"26.5"),
        (b"FAN1", b"7200"),
        (b"Temp 2", b"N/A"),
    )
    cells: dict[str, Cell] = {OBJECT_ID: "1.3.6.1.4.1.12356.101.1.5004", DESCR: b""}
    for row, (name, value) in enumerate(sensors, 1):
        cells |= {f"1.3.6.1.4.1.12356.101.4.3.2.1.2.{row}": name, f"1.3.6.1.4.1.12356.101.4.3.2.1.3.{row}": value}
    assert summary(cells)["system"]["temperature_celsius"] == {"LM75 U2": 35, "PSU Temp A": 26.5}


def test_jetstream_transceivers() -> None:
    """Temperatures that are texts are numbers."""
    told = summary(
        {
            OBJECT_ID: "1.3.6.1.4.1.11863.5.33",
            DESCR: b"JetStream 8-Port Gigabit PoE Switch",
            "1.3.6.1.4.1.11863.6.1.1.5.0": b"T1500G-10MPS 3.0",
            "1.3.6.1.4.1.11863.6.96.1.7.1.1.1.49161": b"1/0/9",
            "1.3.6.1.4.1.11863.6.96.1.7.1.1.2.49161": b"50.375000",
        }
    )
    assert told["system"]["model"] == "T1500G-10MPS"
    assert told["system"]["temperature_celsius"] == {"transceiver/1/0/9": 50.375}


def test_newer_dlink_switch() -> None:
    """Newer switches tell of each unit: its processor, its main memory and not the flash, its testpoints."""
    own = "1.3.6.1.4.1.171.14.5.1"
    told = summary(
        {
            OBJECT_ID: "1.3.6.1.4.1.171.10.167.1",
            DESCR: b"DGS-3130-30TS Gigabit Ethernet Switch",
            f"{own}.7.1.5.1.1": 20,
            f"{own}.4.1.3.1.1": 1000,
            f"{own}.4.1.4.1.1": 300,
            f"{own}.4.1.3.1.2": 500,
            f"{own}.4.1.4.1.2": 490,
            f"{own}.1.1.1.3.1.1": b"Center",
            f"{own}.1.1.1.4.1.1": 41,
        }
    )
    system = told["system"]
    assert (told["profile"], system["model"]) == ("dlink_switch", "DGS-3130-30TS")
    assert (system["cpu_load_ratio"], system["memory_used_ratio"]) == (0.2, 0.3)
    assert system["temperature_celsius"] == {"Center": 41}
