"""The objects of the simulated agents, MIB by MIB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from netmon.simulator.agents import Leaf, Moment, Port, Radio, Read
from netmon.simulator.city import SLOT
from netmon.snmp import wire

_U32: Final = 0xFFFFFFFF
_PACKET: Final = 700  # bytes of a usual packet
_LOOPBACK: Final = 24  # softwareLoopback, IANAifType-MIB
_DAY_SLOTS: Final = 86400 // SLOT


def system(description: str, object_id: str, services: int = 78) -> Iterator[Leaf]:
    """SNMPv2-MIB, the system group."""
    base = "1.3.6.1.2.1.1."
    yield Leaf(base + "1.0", wire.OCTET_STRING, description.encode())
    yield Leaf(base + "2.0", wire.OBJECT_IDENTIFIER, wire.encode_oid(object_id))
    yield Leaf(base + "3.0", wire.TIME_TICKS, Moment.ticks)
    yield Leaf(base + "4.0", wire.OCTET_STRING, b"noc@example.org")
    yield Leaf(base + "5.0", wire.OCTET_STRING, lambda m: m.box.name.encode())
    yield Leaf(base + "6.0", wire.OCTET_STRING, lambda m: m.box.location.encode())
    yield Leaf(base + "7.0", wire.INTEGER, services)


def mac(moment: Moment, index: int) -> bytes:
    """Make the hardware address of an interface: locally administered, so that it is nobody's."""
    return bytes((0x02, 0x71)) + (moment.box.key & 0xFFFFFF).to_bytes(3, "big") + bytes((index & 0xFF,))


def interfaces(ports: Iterable[Port]) -> Iterator[Leaf]:
    """IF-MIB: ifTable and ifXTable with 32 and 64 bits, all columns that are not obsolete."""
    ports = tuple(ports)
    yield Leaf("1.3.6.1.2.1.2.1.0", wire.INTEGER, len(ports))
    yield Leaf("1.3.6.1.2.1.31.1.5.0", wire.TIME_TICKS, 0)
    for port in ports:
        yield from _port(port)
        yield from _port_counters(port)


def _port(port: Port) -> Iterator[Leaf]:
    def column(number: int, tag: int, value: int | bytes | Read) -> Leaf:
        return Leaf(f"1.3.6.1.2.1.2.2.1.{number}.{port.index}", tag, value)

    def extension(number: int, tag: int, value: int | bytes | Read) -> Leaf:
        return Leaf(f"1.3.6.1.2.1.31.1.1.1.{number}.{port.index}", tag, value)

    def oper_status(moment: Moment) -> int:
        cut = moment.box.cut_ports.get(port.name)
        return 1 if port.connected and not (cut and cut(moment.at)) else 2

    loopback = port.iana_type == _LOOPBACK
    yield column(1, wire.INTEGER, port.index)
    yield column(2, wire.OCTET_STRING, port.name.encode())
    yield column(3, wire.INTEGER, port.iana_type)
    yield column(4, wire.INTEGER, 65536 if loopback else 1500)
    yield column(5, wire.GAUGE32, min(port.megabits * 1_000_000, _U32))
    yield column(6, wire.OCTET_STRING, b"\0" * 6 if loopback else lambda m: mac(m, port.index))
    yield column(7, wire.INTEGER, 1)
    yield column(8, wire.INTEGER, oper_status)
    yield column(9, wire.TIME_TICKS, 0)
    yield extension(1, wire.OCTET_STRING, port.name.encode())
    yield extension(14, wire.INTEGER, 1)
    yield extension(15, wire.GAUGE32, port.megabits)
    yield extension(16, wire.INTEGER, 2)
    yield extension(17, wire.INTEGER, 1 if port.iana_type == 6 else 2)  # noqa: PLR2004 - ethernetCsmacd
    yield extension(18, wire.OCTET_STRING, port.alias.encode())
    yield extension(19, wire.TIME_TICKS, 0)


def _port_counters(port: Port) -> Iterator[Leaf]:
    def bytes_in(moment: Moment) -> int:
        return moment.octets(port, 1.0)

    def bytes_out(moment: Moment) -> int:
        return moment.octets(port, 0.2)

    def rare(moment: Moment) -> int:
        return moment.octets(port, 1e-8)

    for octets, packets, errors, high in ((bytes_in, 11, (13, 14), 6), (bytes_out, 17, (19, 20), 10)):
        first = packets - 1
        yield Leaf(f"1.3.6.1.2.1.2.2.1.{first}.{port.index}", wire.COUNTER32, _low(octets))
        yield Leaf(f"1.3.6.1.2.1.2.2.1.{packets}.{port.index}", wire.COUNTER32, _low(octets, _PACKET))
        yield Leaf(f"1.3.6.1.2.1.2.2.1.{errors[0]}.{port.index}", wire.COUNTER32, _low(rare))
        yield Leaf(f"1.3.6.1.2.1.2.2.1.{errors[1]}.{port.index}", wire.COUNTER32, _low(rare, 3))
        yield Leaf(f"1.3.6.1.2.1.31.1.1.1.{high}.{port.index}", wire.COUNTER64, octets)
        yield Leaf(f"1.3.6.1.2.1.31.1.1.1.{high + 1}.{port.index}", wire.COUNTER64, _high(octets, _PACKET))
        yield Leaf(f"1.3.6.1.2.1.31.1.1.1.{high + 2}.{port.index}", wire.COUNTER64, _high(octets, _PACKET * 90))
        yield Leaf(f"1.3.6.1.2.1.31.1.1.1.{high + 3}.{port.index}", wire.COUNTER64, _high(octets, _PACKET * 60))


def _low(count: Callable[[Moment], int], unit: int = 1) -> Read:
    return lambda moment: count(moment) // unit & _U32


def _high(count: Callable[[Moment], int], unit: int) -> Read:
    return lambda moment: count(moment) // unit


def host_resources(processors: int, memory_kib: int, disk_kib: int) -> Iterator[Leaf]:
    """HOST-RESOURCES-MIB as RouterOS and small Linux systems fill it: up-time, memory, disk, processors."""
    base = "1.3.6.1.2.1.25."
    yield Leaf(base + "1.1.0", wire.TIME_TICKS, Moment.ticks)
    yield Leaf(base + "2.2.0", wire.INTEGER, memory_kib)
    stores = (
        (65536, "1.3.6.1.2.1.25.2.1.2", b"main memory", memory_kib),
        (131072, "1.3.6.1.2.1.25.2.1.4", b"system disk", disk_kib),
    )
    for index, kind, description, size in stores:
        row = f"{base}2.3.1.{{}}.{index}"
        yield Leaf(row.format(1), wire.INTEGER, index)
        yield Leaf(row.format(2), wire.OBJECT_IDENTIFIER, wire.encode_oid(kind))
        yield Leaf(row.format(3), wire.OCTET_STRING, description)
        yield Leaf(row.format(4), wire.INTEGER, 1024)
        yield Leaf(row.format(5), wire.INTEGER, size)
        yield Leaf(row.format(6), wire.INTEGER, _used(size, index == 65536))  # noqa: PLR2004 - the memory's index
        yield Leaf(row.format(7), wire.COUNTER32, 0)
    for processor in range(1, processors + 1):
        yield Leaf(f"{base}3.2.1.1.{processor}", wire.INTEGER, processor)
        yield Leaf(f"{base}3.2.1.2.{processor}", wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.2.1.25.3.1.3"))
        yield Leaf(f"{base}3.3.1.1.{processor}", wire.OBJECT_IDENTIFIER, wire.encode_oid("0.0"))
        yield Leaf(f"{base}3.3.1.2.{processor}", wire.INTEGER, Moment.load)


def _used(size: int, moves: bool) -> int | Read:
    return (lambda moment: size * (25 + moment.load() // 3) // 100) if moves else size * 3 // 4


def linux() -> Iterator[Leaf]:
    """UCD-SNMP-MIB: load and idle processor, as net-snmp has them."""
    for index, (label, factor) in enumerate(((b"Load-1", 1.0), (b"Load-5", 0.9), (b"Load-15", 0.8)), 1):
        yield Leaf(f"1.3.6.1.4.1.2021.10.1.1.{index}", wire.INTEGER, index)
        yield Leaf(f"1.3.6.1.4.1.2021.10.1.2.{index}", wire.OCTET_STRING, label)
        yield Leaf(f"1.3.6.1.4.1.2021.10.1.5.{index}", wire.INTEGER, _scaled(factor))
    yield Leaf("1.3.6.1.4.1.2021.11.11.0", wire.INTEGER, lambda m: 100 - m.load())


def _scaled(factor: float) -> Read:
    return lambda moment: int(moment.load() * factor)


# -- MIKROTIK-MIB -------------------------------------------------------------------------------------

MIKROTIK: Final = "1.3.6.1.4.1.14988.1.1."
REGISTRATIONS: Final = MIKROTIK + "1.2.1"
"""mtxrWlRtabEntry: a row for each associated client, by its address and the interface."""
_REGISTRATIONS: Final = wire.encode_oid(REGISTRATIONS)


def mikrotik(board: str, version: str, radios: Iterable[Radio]) -> Iterator[Leaf]:
    """MIKROTIK-MIB: health, licence, system, and the access point table of the ``wireless`` package."""
    yield Leaf(MIKROTIK + "3.8.0", wire.INTEGER, lambda m: 236 + int(5 * m.box.city.luck(m.box.key, m.slot)))
    yield Leaf(MIKROTIK + "3.10.0", wire.INTEGER, _temperature(10))
    gauges = (("temperature", _temperature(1), 14, 1), ("voltage", lambda m: 236 + m.slot % 3, 13, 3))
    for name, read, index, unit in gauges:
        yield Leaf(f"{MIKROTIK}3.100.1.2.{index}", wire.OCTET_STRING, name.encode())
        yield Leaf(f"{MIKROTIK}3.100.1.3.{index}", wire.INTEGER, read)
        yield Leaf(f"{MIKROTIK}3.100.1.4.{index}", wire.INTEGER, unit)
    yield Leaf(MIKROTIK + "4.1.0", wire.OCTET_STRING, lambda m: b"%04X-%04X" % (m.box.key & 0xFFFF, m.box.key >> 16))
    yield Leaf(MIKROTIK + "4.3.0", wire.INTEGER, 4)
    yield Leaf(MIKROTIK + "4.4.0", wire.OCTET_STRING, version.encode())
    yield Leaf(MIKROTIK + "6.1.0", wire.GAUGE32, lambda m: sum(m.all_clients().values()))
    yield Leaf(MIKROTIK + "7.3.0", wire.OCTET_STRING, lambda m: b"SIM%09X" % m.box.key)
    yield Leaf(MIKROTIK + "7.4.0", wire.OCTET_STRING, version.encode())
    yield Leaf(MIKROTIK + "7.8.0", wire.OCTET_STRING, board.encode())
    yield Leaf(MIKROTIK + "7.9.0", wire.OCTET_STRING, board.encode())
    radios = tuple(radios)
    for radio in radios:
        yield from _radio(radio)
    if radios:
        yield Leaf(MIKROTIK + "1.4.0", wire.GAUGE32, lambda m: sum(m.all_clients().values()))


def _temperature(unit: int) -> Read:
    return lambda moment: (34 + moment.load() // 6) * unit


def _radio(radio: Radio) -> Iterator[Leaf]:
    """mtxrWlApEntry: a row for each interface that is an access point."""

    def column(number: int, tag: int, value: int | bytes | Read) -> Leaf:
        return Leaf(f"{MIKROTIK}1.3.1.{number}.{radio.index}", tag, value)

    def clients(moment: Moment) -> int:
        return moment.clients(radio.index)

    yield column(2, wire.GAUGE32, 0)
    yield column(3, wire.GAUGE32, 0)
    yield column(4, wire.OCTET_STRING, lambda m: m.box.ssid.encode())
    yield column(5, wire.OCTET_STRING, lambda m: mac(m, radio.index))
    yield column(6, wire.COUNTER32, clients)
    yield column(7, wire.INTEGER, radio.frequency)
    yield column(8, wire.OCTET_STRING, radio.band.encode())
    yield column(9, wire.INTEGER, lambda m: -112 + int(10 * m.box.city.luck(radio.index, m.slot)))
    yield column(10, wire.COUNTER32, lambda m: 70 + int(30 * m.box.city.luck(m.box.key, -m.slot)))
    yield column(11, wire.COUNTER32, clients)


def registrations(moment: Moment) -> Iterator[tuple[bytes, bytes]]:
    """Give mtxrWlRtabEntry at a moment: as many rows as mtxrWlApClientCount says, with made-up private addresses."""
    for index, count in moment.all_clients().items():
        for client in range(count):
            yield from _registration(moment, index, client)


def _registration(moment: Moment, index: int, client: int) -> Iterator[tuple[bytes, bytes]]:
    city, key = moment.box.city, moment.box.key + index
    chance = int(city.luck(key, 1_000_000 + client) * 2**32)
    row = wire.encode_sub_ids((0x06, 0x71, client & 0xFF, *chance.to_bytes(4, "big")[:3], index))
    minutes = moment.slot % _DAY_SLOTS
    strength = -40 - chance % 45
    columns = (
        (3, wire.INTEGER, strength),
        (4, wire.COUNTER32, (chance % 400_000 + 1) * minutes & _U32),
        (5, wire.COUNTER32, (chance % 60_000 + 1) * minutes & _U32),
        (8, wire.GAUGE32, 6_500_000 + chance % 400_000_000),
        (9, wire.GAUGE32, 6_000_000 + chance % 200_000_000),
        (11, wire.TIME_TICKS, minutes * SLOT * 100),
        (12, wire.INTEGER, strength + 105),
    )
    for column, tag, value in columns:
        name = _REGISTRATIONS + bytes((column,)) + row
        yield name, wire.encode_varbind((name, tag, value))
