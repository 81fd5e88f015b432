"""An access point as RouterOS shows one by SNMP, made up, and how snmp_exporter walks the tables that netmon reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from netmon.snmp import wire

Cell = tuple[bytes, int, wire.Value]

_PORTS: Final = ("ether1", "ether2", "wlan1", "wlan2", "guest-2", "guest-5", "bridge", "lo")
_RADIOS: Final = {3: (2437, 3), 4: (5180, 6), 5: (0, 4), 6: (0, 5)}  # by index: megahertz (0: virtual) and clients
_HOST: Final = "1.3.6.1.2.1.25"
_MIKROTIK: Final = "1.3.6.1.4.1.14988.1.1"
_IF: Final = "1.3.6.1.2.1.2.2.1"
_IFX: Final = "1.3.6.1.2.1.31.1.1.1"
_CLIENTS: Final = f"{_MIKROTIK}.1.3.1.6"  # MIKROTIK-MIB::mtxrWlApClientCount


def cells() -> Iterator[Cell]:
    """Give name, tag and value of every object that the access point has."""
    for oid, tag, value in (*_system(), *_ports(), *_host(), *_wireless()):
        yield wire.encode_oid(oid), tag, value


def clients() -> int:
    """Give how many clients it has."""
    return sum(count for _, count in _RADIOS.values())


def _system() -> Iterator[tuple[str, int, wire.Value]]:
    texts = {"1.3.6.1.2.1.1.1.0": b"RouterOS cAP ac", "1.3.6.1.2.1.1.5.0": b"cap-1", f"{_MIKROTIK}.4.4.0": b"6.49.17"}
    texts |= {f"{_MIKROTIK}.7.3.0": b"F00F00F00F00", f"{_MIKROTIK}.7.9.0": b"cAP ac"}
    for oid, text in texts.items():
        yield oid, wire.OCTET_STRING, text
    yield "1.3.6.1.2.1.1.2.0", wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.4.1.14988.1")
    yield "1.3.6.1.2.1.1.3.0", wire.TIME_TICKS, 123_456_789
    yield "1.3.6.1.2.1.2.1.0", wire.INTEGER, len(_PORTS)
    yield f"{_MIKROTIK}.3.8.0", wire.INTEGER, 240
    yield f"{_MIKROTIK}.3.10.0", wire.INTEGER, 410
    yield f"{_MIKROTIK}.6.1.0", wire.GAUGE32, clients()


def _ports() -> Iterator[tuple[str, int, wire.Value]]:
    for index, name in enumerate(_PORTS, 1):
        for column in (f"{_IF}.2", f"{_IFX}.1"):
            yield f"{column}.{index}", wire.OCTET_STRING, name.encode()
        yield f"{_IF}.6.{index}", wire.OCTET_STRING, bytes((2, 0x71, 0, 0, 0, index))
        for column, number in ((1, index), (3, 6), (4, 1500), (7, 1), (8, 1 + (name == "ether2"))):
            yield f"{_IF}.{column}.{index}", wire.INTEGER, number
        yield f"{_IF}.5.{index}", wire.GAUGE32, 1_000_000_000
        for column in (10, 11, 13, 14, 16, 17, 19, 20):
            yield f"{_IF}.{column}.{index}", wire.COUNTER32, 1_000_000 * column + index
        for column in (6, 7, 8, 9, 10, 11, 12, 13):
            yield f"{_IFX}.{column}.{index}", wire.COUNTER64, 10_000_000_000 * column + index
        yield f"{_IFX}.15.{index}", wire.GAUGE32, 1000
        yield f"{_IFX}.18.{index}", wire.OCTET_STRING, b""


def _host() -> Iterator[tuple[str, int, wire.Value]]:
    for index, kind, name, size in ((65536, 2, b"main memory", 131072), (131072, 4, b"system disk", 16384)):
        row = f"{_HOST}.2.3.1.{{}}.{index}"
        yield row.format(1), wire.INTEGER, index
        yield row.format(2), wire.OBJECT_IDENTIFIER, wire.encode_oid(f"{_HOST}.2.1.{kind}")
        yield row.format(3), wire.OCTET_STRING, name
        for column, number in ((4, 1024), (5, size), (6, size // 3)):
            yield row.format(column), wire.INTEGER, number
    for processor in range(1, 5):
        yield f"{_HOST}.3.3.1.1.{processor}", wire.OBJECT_IDENTIFIER, wire.encode_oid("0.0")
        yield f"{_HOST}.3.3.1.2.{processor}", wire.INTEGER, 10 + processor


def _wireless() -> Iterator[tuple[str, int, wire.Value]]:
    for index, (megahertz, count) in _RADIOS.items():
        row = f"{_MIKROTIK}.1.3.1.{{}}.{index}"
        yield row.format(4), wire.OCTET_STRING, b"Padang-Smart-City" if megahertz else b"Tamu"
        yield row.format(5), wire.OCTET_STRING, bytes((2, 0x71, 0, 0, 1, index))
        yield row.format(6), wire.COUNTER32, count
        yield row.format(7), wire.INTEGER, megahertz
        yield row.format(8), wire.OCTET_STRING, b"2ghz-n" if megahertz < 5000 else b"5ghz-ac"
        yield row.format(9), wire.INTEGER, -104
        for column in (2, 3, 10, 11):
            yield row.format(column), wire.GAUGE32, 60
        for client in range(count):  # mtxrWlRtabEntry: a row for each associated client
            station = f"{_MIKROTIK}.1.2.1.{{}}.2.113.0.0.{index}.{client}.{index}"
            yield station.format(3), wire.INTEGER, -50 - client
            for column in (4, 5, 6, 7):
                yield station.format(column), wire.COUNTER32, 100_000 + client
            for column in (8, 9):
                yield station.format(column), wire.GAUGE32, 65_000_000


def module() -> dict[str, Any]:
    """Give snmp_exporter's module: plain walks of the tables, every column a metric of the row's index."""
    columns = {
        _IF: range(3, 21),
        _IFX: range(6, 20),
        f"{_HOST}.2.3.1": (4, 5, 6),
        f"{_HOST}.3.3.1": (2,),
        f"{_MIKROTIK}.1.3.1": (2, 3, 6, 7, 9, 10, 11),
    }
    metrics: list[dict[str, Any]] = [
        {
            "name": f"column_{table.rpartition('.')[0].replace('.', '_')}_{column}",
            "oid": f"{table}.{column}",
            "type": "gauge",
            "help": "a column",
            "indexes": [{"labelname": "row", "type": "gauge"}],
        }
        for table, numbers in columns.items()
        for column in numbers
        if f"{table}.{column}" not in {f"{_IF}.6", f"{_IFX}.18"}
    ]
    scalars = (f"{_MIKROTIK}.3.8", f"{_MIKROTIK}.3.10", "1.3.6.1.2.1.1.3")
    metrics += [
        {"name": f"scalar_{oid.replace('.', '_')}", "oid": oid, "type": "gauge", "help": "an object"} for oid in scalars
    ]
    return {
        "walk": [table.rpartition(".")[0] for table in columns],
        "get": [f"{o}.0" for o in scalars],
        "metrics": metrics,
    }


def clients_walked(text: str) -> float:
    """Add up the clients in what snmp_exporter gives."""
    name = f"column_{_CLIENTS.rpartition('.')[0].rpartition('.')[0].replace('.', '_')}_6{{"
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))
