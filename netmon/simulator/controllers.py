"""The simulated controller: it tells of the access points that are known only through it.

RUIJIE-AC-MGMT-MIB: a list of all access points with their state, and one of those that are connected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from netmon.simulator.agents import Leaf, Moment, Point
from netmon.snmp import wire

_AC: Final = "1.3.6.1.4.1.4881.1.1.10.2.56."
_TOTALS: Final = _AC + "1.1."
LISTS: Final = _AC + "2.1"
"""What the two lists lie below: rows by MAC address, those of access points that are away come and go in the second."""

_GENERAL: Final = wire.encode_oid(f"{LISTS}.8.1")
_CONNECTED: Final = wire.encode_oid(f"{LISTS}.1.1")
_ONLINE, _OFFLINE = 1, 2
_MODEL: Final = b"RG-AP720-L"
_VERSION: Final = b"AP_RGOS 11.9(6)B15"
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}[:-]?){6}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)


def mac_of(match: str, key: int) -> bytes:
    """Give an access point's MAC address: what the inventory calls it by, where that is one, else one of its own."""
    if _MAC.fullmatch(match):
        return bytes.fromhex(re.sub("[^0-9a-f]", "", match.lower()))
    return bytes((2, 0)) + key.to_bytes(4, "big")


def controller() -> Iterator[Leaf]:
    """What a controller says of all its access points together."""
    yield Leaf(_TOTALS + "11.0", wire.GAUGE32, lambda m: sum(not point.is_away(m.at) for point in m.box.points))
    yield Leaf(_TOTALS + "15.0", wire.GAUGE32, lambda m: sum(_clients(m, point) for point in m.box.points))
    yield Leaf(_TOTALS + "80.0", wire.GAUGE32, lambda m: sum(point.is_away(m.at) for point in m.box.points))


def listed(moment: Moment) -> Iterator[tuple[bytes, bytes]]:
    """Give the rows of both lists at a moment."""
    for point in moment.box.points:
        away = point.is_away(moment.at)
        yield from _row(_GENERAL, point, (
            (2, wire.OCTET_STRING, point.name.encode()),
            (3, wire.INTEGER, _OFFLINE if away else _ONLINE),
        ))  # fmt: skip
        if not away:
            yield from _row(_CONNECTED, point, (
                (2, wire.OCTET_STRING, point.name.encode()),
                (32, wire.OCTET_STRING, b"G1%09X" % point.key),
                (34, wire.GAUGE32, _clients(moment, point)),
                (37, wire.OCTET_STRING, _VERSION),
                (39, wire.OCTET_STRING, _MODEL),
                (48, wire.INTEGER, _ONLINE),
            ))  # fmt: skip


def _row(entry: bytes, point: Point, cells: tuple[tuple[int, int, int | bytes], ...]) -> Iterator[tuple[bytes, bytes]]:
    index = wire.encode_sub_ids(point.mac)
    for column, tag, value in cells:
        name = entry + bytes((column,)) + index
        yield name, wire.encode_varbind((name, tag, value))


def _clients(moment: Moment, point: Point) -> int:
    if point.is_away(moment.at):
        return 0
    return moment.box.city.clients(point.key, point.rhythm, point.capacity, moment.slot)
