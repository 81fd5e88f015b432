"""What the devices of the polling measurement hold, and how netmon and snmp_exporter are told to ask for it.

Every cell of a workload holds another number, so that two readers agree exactly when the numbers that they give for
each interface are the same.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import access_point
import yaml
from measuring import start, wait_for

from netmon.snmp import wire

COMMUNITY: Final = "bench"
PORT: Final = 11610
SECURED_PORT: Final = 11611
USER: Final = "monitor"
AUTH_PASSWORD: Final = "bench-authentication"  # noqa: S105 - of agents on loopback, while it is measured
PRIV_PASSWORD: Final = "bench-privacy"  # noqa: S105 - the same
AT_ONCE: Final = 64
"""Polls under way at a time, of either reader: as a poller of thousands of devices has them."""
FEW_AT_ONCE: Final = 8
"""The same where little is asked: a packet wakes whoever sleeps, which costs more than to read it."""

_ROOT: Final = "1.3.6.1.4.1.8072.9999.9999"  # NET-SNMP-MIB::netSnmpPlaypen
_TABLE: Final = f"{_ROOT}.2.1"
_ROWS, _COLUMNS = 10, 20

# Measures of a device and of its radios, with the labels that are not the device's; asked as they are, unscaled.
_SCALARS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("wifi_clients", {}),
    ("wifi_radio_clients", {"radio": "wlan1", "band": "2.4"}),
    ("wifi_radio_clients", {"radio": "wlan2", "band": "5"}),
    ("wifi_ssid_clients", {"ssid": "Padang-Smart-City"}),
    ("wifi_radio_channel", {"radio": "wlan1", "band": "2.4"}),
    ("wifi_radio_channel", {"radio": "wlan2", "band": "5"}),
    ("wifi_radio_noise_dbm", {"radio": "wlan1", "band": "2.4"}),
    ("wifi_radio_noise_dbm", {"radio": "wlan2", "band": "5"}),
    ("temperature_celsius", {"sensor": "board"}),
    ("voltage_volts", {"sensor": "board"}),
)
_PORT_MEASURES: Final = (
    "interface_receive_bytes_total",
    "interface_transmit_bytes_total",
    "interface_receive_errors_total",
    "interface_transmit_errors_total",
    "interface_receive_discards_total",
    "interface_transmit_discards_total",
    "interface_up",
    "interface_admin_up",
    "interface_speed_bytes_per_second",
)


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of poll: a netmon profile (none: what fits), a module of snmp_exporter, how many numbers both give.

    ``is_secured``: by SNMPv3, authPriv with SHA-256 and AES-128, of net-snmp's agent; else by v2c.
    """

    name: str
    what: str
    numbers: int
    profile: Mapping[str, Any]
    module: Mapping[str, Any]
    is_secured: bool = False
    at_once: int = AT_ONCE

    @property
    def port(self) -> int:
        """Where its agents listen."""
        return SECURED_PORT if self.is_secured else PORT


def address(number: int) -> str:
    """Give the address of a device."""
    return f"127.2.{number // 250}.{number % 250 + 1}"


# -- the agents ---------------------------------------------------------------------------------------


def compiled(folder: Path) -> Path:
    """Compile the program that answers."""
    program = folder / "responder"
    subprocess.run(["gcc", "-O2", "-o", program, Path(__file__).with_name("responder.c")], check=True)
    return program


def start_agents(folder: Path) -> subprocess.Popen[str]:
    """Compile and start the process that answers for all devices."""
    program = compiled(folder)
    return answer(program, folder / "entries", cells(), PORT)


def answer(
    program: Path, data: Path, cells: Iterable[tuple[bytes, int, wire.Value]], port: int
) -> subprocess.Popen[str]:
    """Start the compiled process with these objects."""
    data.write_bytes(b"".join(_entry(*cell) for cell in sorted(cells)))
    agents = start(program, str(port), data, apart=True)
    row = f":{port:04X} 00000000:0000 07"
    wait_for(lambda: row in Path("/proc/net/udp").read_text(encoding="ascii"), f"UDP port {port}")
    return agents


def start_secured_agents(folder: Path, devices: int) -> subprocess.Popen[str]:
    """Start the process that answers SNMPv3 for so many devices, with the same scalars: net-snmp's snmpd.

    They are one engine of SNMPv3, which makes no difference to who asks: each address is met for itself.
    """
    lines = [f"createUser {USER} SHA-256 {AUTH_PASSWORD} AES {PRIV_PASSWORD}", f"rouser {USER} priv"]
    for name, tag, value in cells():
        if wire.decode_oid(name).startswith(f"{_ROOT}.1."):
            kind = "integer" if tag == wire.INTEGER else "uinteger"
            lines.append(f"override {wire.decode_oid(name)} {kind} {value!s}")
    (folder / "snmpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    listen = [f"udp:{address(number)}:{SECURED_PORT}" for number in range(devices)]
    environment = ("env", f"SNMP_PERSISTENT_DIR={folder}", f"SNMPCONFPATH={folder}", "MIBS=")
    options = ("-f", "-Lf", folder / "snmpd.log", "-C", "-c", folder / "snmpd.conf", "-I", "-smux")
    return start(*environment, "snmpd", *options, *listen, apart=True)


def _entry(name: bytes, tag: int, value: wire.Value) -> bytes:
    bind = wire.encode_varbind((name, tag, value))
    return bytes([len(name)]) + name + len(bind).to_bytes(2, "big") + bind


def cells() -> Iterator[tuple[bytes, int, wire.Value]]:
    """Give name, tag and value of every object that the agents hold."""
    oid = wire.encode_oid
    yield oid("1.3.6.1.2.1.1.1.0"), wire.OCTET_STRING, b"An access point of the measurement, 1.0"
    yield oid("1.3.6.1.2.1.1.2.0"), wire.OBJECT_IDENTIFIER, oid(_ROOT)
    yield oid("1.3.6.1.2.1.1.3.0"), wire.TIME_TICKS, 123_456_789
    for number in range(len(_SCALARS)):
        yield oid(f"{_ROOT}.1.{number + 1}.0"), wire.GAUGE32 if number % 3 else wire.INTEGER, 40 + number
    for row in range(1, _ROWS + 1):
        yield oid(f"{_TABLE}.1.{row}"), wire.OCTET_STRING, b"GigabitEthernet0/%d" % row
        for column in range(2, _COLUMNS + 2):
            # Six columns of 64 bits, six of 32, the rest small: as IF-MIB has them.
            tag, scale = [(wire.COUNTER64, 10**10), (wire.COUNTER32, 10**6), (wire.GAUGE32, 1)][min(column // 8, 2)]
            yield oid(f"{_TABLE}.{column}.{row}"), tag, scale * (100 * column + row)


# -- netmon -------------------------------------------------------------------------------------------


def _texts(labels: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"text": text} for name, text in labels.items()}


def _scalar_profile() -> dict[str, Any]:
    entries = [
        {"measure": measure, "get": f"{_ROOT}.1.{number}.0", **({"labels": _texts(labels)} if labels else {})}
        for number, (measure, labels) in enumerate(_SCALARS, 1)
    ]
    return {"scalars": entries}


def _table_profile() -> dict[str, Any]:
    # More columns than interfaces have measures: the rest are told apart by a label.
    columns: list[dict[str, Any]] = []
    for column in range(2, _COLUMNS + 2):
        entry: dict[str, Any] = {"get": f"{_TABLE}.{column}"}
        if column - 2 < len(_PORT_MEASURES):
            columns.append({"measure": _PORT_MEASURES[column - 2], **entry})
        else:
            columns.append({"measure": "interface_info", **entry, "labels": _texts({"alias": f"column{column}"})})
    return {"tables": [{"name": "ports", "key": {"interface": f"{_TABLE}.1"}, "columns": columns}]}


# -- snmp_exporter ------------------------------------------------------------------------------------


def write_modules(file: Path) -> None:
    """Write snmp_exporter's configuration, as its generator writes it for just these objects."""
    secured = {
        "username": USER,
        "security_level": "authPriv",
        "auth_protocol": "SHA256",
        "password": AUTH_PASSWORD,
        "priv_protocol": "AES",
        "priv_password": PRIV_PASSWORD,
    }
    logins: dict[bool, dict[str, Any]] = {
        False: {"version": 2, "auth": {"community": COMMUNITY}},
        True: {"version": 3, "auth": secured},
    }
    modules = {work.name: {**work.module, **logins[work.is_secured]} for work in (*WORKLOADS, ACCESS_POINT)}
    file.write_text(yaml.safe_dump(modules, sort_keys=False), encoding="utf-8")


def _scalar_module() -> dict[str, Any]:
    names = [(f"{_ROOT}.1.{number}", f"{measure}{number}") for number, (measure, _) in enumerate(_SCALARS, 1)]
    return {
        "get": [f"{oid}.0" for oid, _ in names],
        "metrics": [{"name": name, "oid": oid, "type": "gauge", "help": name} for oid, name in names],
    }


def _table_module() -> dict[str, Any]:
    lookups = [
        {"labels": ["ifIndex"], "labelname": "interface", "oid": f"{_TABLE}.1", "type": "DisplayString"},
        {"labels": [], "labelname": "ifIndex"},
    ]
    metrics = [
        {
            "name": f"interface_column{column}",
            "oid": f"{_TABLE}.{column}",
            "type": "counter" if column < 14 else "gauge",
            "help": f"column {column}",
            "indexes": [{"labelname": "ifIndex", "type": "gauge"}],
            "lookups": lookups,
        }
        for column in range(2, _COLUMNS + 2)
    ]
    return {"walk": [_TABLE], "metrics": metrics}


WORKLOADS: Final = (
    Workload("scalars", "10 scalars", len(_SCALARS), _scalar_profile(), _scalar_module()),
    Workload(
        "secured",
        "10 scalars by SNMPv3 (SHA-256, AES-128)",
        len(_SCALARS),
        _scalar_profile(),
        _scalar_module(),
        is_secured=True,
    ),
    Workload("table", "10 interfaces × 20 columns", _ROWS * _COLUMNS, _table_profile(), _table_module()),
    Workload(
        "scalars_few",
        "10 scalars, 8 at a time",
        len(_SCALARS),
        _scalar_profile(),
        _scalar_module(),
        at_once=FEW_AT_ONCE,
    ),
    Workload(
        "table_few",
        "10 interfaces × 20 columns, 8 at a time",
        _ROWS * _COLUMNS,
        _table_profile(),
        _table_module(),
        at_once=FEW_AT_ONCE,
    ),
)

ACCESS_POINT: Final = Workload("access_point", "an access point", 0, {}, access_point.module())
"""A device that netmon recognises by itself, as it would in a city; measured by ``contact.py``."""


def numbers_of(text: str) -> list[tuple[str, float]]:
    """Give the numbers of an exposition text with the interface of each, sorted; what a reader tells of itself not."""
    found = []
    for line in text.splitlines():
        if line and not line.startswith(("#", "snmp_", "netmon_device_boot")):
            series, _, value = line.rpartition(" ")
            found.append((series.partition('interface="')[2].partition('"')[0], float(value)))
    return sorted(found)


def start_exporter(folder: Path, port: int) -> subprocess.Popen[str]:
    """Start snmp_exporter with these modules."""
    write_modules(folder / "snmp.yml")
    return start(
        "prometheus-snmp-exporter",
        f"--config.file={folder / 'snmp.yml'}",
        "--log.level=error",
        f"--web.listen-address=127.0.0.1:{port}",
    )


def wait_until_open(port: int) -> None:
    """Wait until somebody listens on a TCP port of this machine."""
    row = f":{port:04X} 00000000:0000 0A"
    wait_for(lambda: row in Path("/proc/net/tcp").read_text(encoding="ascii"), f"port {port}")
