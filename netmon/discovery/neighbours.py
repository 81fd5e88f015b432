"""Who a device has seen beside itself: LLDP, CDP, and the neighbour list of RouterOS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Final

from netmon.discovery.found import Neighbour
from netmon.measures import clean
from netmon.profiles import Cell, Rows

LLDP_REMOTE: Final = "1.0.8802.1.1.2.1.4.1.1"  # LLDP-MIB::lldpRemEntry
LLDP_CHASSIS_KIND, LLDP_CHASSIS, LLDP_NAME, LLDP_DESCR = (f"{LLDP_REMOTE}.{column}" for column in (4, 5, 9, 10))
LLDP_COLUMNS: Final = (LLDP_CHASSIS_KIND, LLDP_CHASSIS, LLDP_NAME, LLDP_DESCR)
LLDP_ADDRESSES: Final = "1.0.8802.1.1.2.1.4.2.1.3"  # LLDP-MIB::lldpRemManAddrIfSubtype: the address is in its index
LLDP_PORTS: Final = "1.0.8802.1.1.2.1.3.7.1.3"  # LLDP-MIB::lldpLocPortId

CDP: Final = "1.3.6.1.4.1.9.9.23.1.2.1.1"  # CISCO-CDP-MIB::cdpCacheEntry
CDP_ADDRESS, CDP_DEVICE, CDP_PLATFORM = (f"{CDP}.{column}" for column in (4, 6, 8))
CDP_COLUMNS: Final = (CDP_ADDRESS, CDP_DEVICE, CDP_PLATFORM)

MNDP: Final = "1.3.6.1.4.1.14988.1.1.11.1.1"  # MIKROTIK-MIB::mtxrNeighborEntry
MNDP_ADDRESS, MNDP_MAC, MNDP_PLATFORM, MNDP_NAME, MNDP_PORT = (f"{MNDP}.{column}" for column in (2, 3, 5, 6, 8))
MNDP_COLUMNS: Final = (MNDP_ADDRESS, MNDP_MAC, MNDP_PLATFORM, MNDP_NAME, MNDP_PORT)

_MAC_KIND: Final = 4  # LldpChassisIdSubtype macAddress
_ADDRESS_KIND: Final = 5  # networkAddress: a byte of its family, then the address
_MAC_SIZE: Final = 6
_SIZES: Final = {1: 4, 2: 16}  # AddressFamilyNumbers: IPv4, IPv6
_LLDP_INDEX: Final = 3  # lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex

Columns = Mapping[str, Rows]
"""Rows by column; a column that was not asked may be missing."""


def lldp(columns: Columns, names: Mapping[str, str]) -> Iterator[Neighbour]:
    """Read lldpRemTable (IEEE 802.1AB); ``names`` are those of interfaces by index, where ports have none."""
    ports = columns.get(LLDP_PORTS, {})
    addresses = dict(_managed(columns.get(LLDP_ADDRESSES, {})))
    chassis, kinds = columns.get(LLDP_CHASSIS, {}), columns.get(LLDP_CHASSIS_KIND, {})
    for index in {**columns.get(LLDP_NAME, {}), **chassis}:
        place = index.split(".")
        if len(place) != _LLDP_INDEX:
            continue
        box, kind = chassis.get(index), kinds.get(index)
        address = addresses.get(index, "")
        if not address and kind == _ADDRESS_KIND and isinstance(box, bytes):
            address = address_of(box[1:])
        yield Neighbour(
            "lldp",
            _port(ports.get(place[1]), names.get(place[1], place[1])),
            text(columns.get(LLDP_NAME, {}).get(index)),
            address,
            mac_of(box) if kind == _MAC_KIND else "",
            text(columns.get(LLDP_DESCR, {}).get(index)),
        )


def _managed(rows: Rows) -> Iterator[tuple[str, str]]:
    """Give a neighbour's management address by its row: its kind, size and bytes end the index."""
    for index in rows:
        numbers = [int(part) for part in index.split(".")]
        row, rest = numbers[:_LLDP_INDEX], numbers[_LLDP_INDEX:]
        size = _SIZES.get(rest[0]) if rest else None
        if size is None or len(rest) - 1 not in {size, size + 1}:  # some leave the size out
            continue
        if all(number <= 255 for number in rest[-size:]):  # noqa: PLR2004 - octets
            yield ".".join(map(str, row)), address_of(bytes(rest[-size:]))


def _port(cell: Cell, otherwise: str) -> str:
    if isinstance(cell, bytes) and len(cell) == _MAC_SIZE and not cell.isascii():
        return otherwise  # its port is known by a MAC address, which nobody recognises
    return text(cell) or otherwise


def cdp(columns: Columns, names: Mapping[str, str]) -> Iterator[Neighbour]:
    """Read cdpCacheTable; ``names`` are those of interfaces by index."""
    for index in {**columns.get(CDP_DEVICE, {}), **columns.get(CDP_ADDRESS, {})}:
        port = index.partition(".")[0]
        cell = columns.get(CDP_ADDRESS, {}).get(index)
        yield Neighbour(
            "cdp",
            names.get(port, port),
            text(columns.get(CDP_DEVICE, {}).get(index)),
            address_of(cell) if isinstance(cell, bytes) else "",
            platform=text(columns.get(CDP_PLATFORM, {}).get(index)),
        )


def mndp(columns: Columns, names: Mapping[str, str]) -> Iterator[Neighbour]:
    """Read mtxrNeighborTable; ``names`` are those of interfaces by index."""
    for index in {**columns.get(MNDP_NAME, {}), **columns.get(MNDP_MAC, {})}:
        number = columns.get(MNDP_PORT, {}).get(index)
        port = str(number) if isinstance(number, int) else ""
        cell = columns.get(MNDP_ADDRESS, {}).get(index)
        yield Neighbour(
            "mndp",
            names.get(port, port),
            text(columns.get(MNDP_NAME, {}).get(index)),
            address_of(cell) if isinstance(cell, bytes) else "",
            mac_of(columns.get(MNDP_MAC, {}).get(index)),
            text(columns.get(MNDP_PLATFORM, {}).get(index)),
        )


def text(cell: Cell) -> str:
    """Give a cell's text on one line."""
    return " ".join(clean(cell).split()) if isinstance(cell, bytes) else ""


def mac_of(cell: Cell) -> str:
    """Give six octets as ``00:1a:2b:3c:4d:5e``; empty for anything else, all zeros and those of groups."""
    if not isinstance(cell, bytes) or len(cell) != _MAC_SIZE or not any(cell) or cell[0] & 1:
        return ""
    return cell.hex(":")


def address_of(octets: bytes) -> str:
    """Give 4 or 16 octets as an address of one device; empty for anything else, and for none."""
    if len(octets) not in _SIZES.values():
        return ""
    address = ipaddress.ip_address(octets)
    return "" if address.is_unspecified or address.is_multicast else str(address)
