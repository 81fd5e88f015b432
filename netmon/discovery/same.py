"""One device met at several addresses is one device."""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from netmon.discovery.found import Found
from netmon.discovery.naming import is_common

_SAME_DIGIT: Final = 1
_SHORTEST_SERIAL: Final = 4
_NO_SERIAL: Final = frozenset({"none", "unknown", "default", "n/a", "null", "not specified", "0123456789", "123456789"})


def serial_of(found: Found) -> str:
    """Give the serial number where it can be one: many agents write something into that place."""
    text = found.serial.strip().lower()
    if len(text) < _SHORTEST_SERIAL or text in _NO_SERIAL or len(set(text)) == _SAME_DIGIT:
        return ""
    return f"{found.vendor.lower()} {text}"


def differ(one: Found, other: Found) -> bool:
    """Say whether two are certainly two: of different serial numbers, or without a common MAC address."""
    serials = serial_of(one), serial_of(other)
    if all(serials) and serials[0] != serials[1]:
        return True
    return bool(one.macs and other.macs and not one.macs & other.macs)


def joined(devices: Iterable[Found], preferred: Mapping[str, object]) -> list[Found]:
    """Make one of those that are the same; the address is one of ``preferred`` (the inventory's), else the lowest."""
    groups: list[list[Found]] = []
    places: dict[Hashable, list[list[Found]]] = {}
    for each in sorted(devices, key=lambda found: (found.address not in preferred, order(found.address))):
        group = next((g for mark in _marks(each) for g in places.get(mark, ()) if _belongs(each, g, mark)), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(each)
        for mark in _marks(each):
            held = places.setdefault(mark, [])
            if not any(group is one for one in held):
                held.append(group)
    return sorted((_one(group) for group in groups), key=lambda found: order(found.address))


def _marks(found: Found) -> list[Hashable]:
    """Give what another meeting with the same device would share."""
    marks: list[Hashable] = []
    if serial := serial_of(found):
        marks.append(("serial", serial))
    if found.engine and not is_common(found.name):
        marks.append(("engine", found.engine, found.name))
    marks += [("address", address) for address in sorted(found.addresses | {found.address})]
    return marks


def _belongs(each: Found, group: list[Found], mark: Hashable) -> bool:
    if any(differ(each, other) for other in group):
        return False
    is_address = isinstance(mark, tuple) and mark[0] == "address"
    return not is_address or any(_name_each_other(each, other) for other in group)


def _name_each_other(one: Found, other: Found) -> bool:
    """Each says that the other's address is its own: an address that many have (192.168.88.1) does not suffice."""
    return one.name == other.name and one.address in other.addresses and other.address in one.addresses


def _one(group: list[Found]) -> Found:
    first, *others = group
    also = tuple(sorted((other.address for other in others), key=order))
    return replace(first, also_at=also, pinged=_any(each.pinged for each in group))


def _any(answers: Iterable[bool | None]) -> bool | None:
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None


def order(address: str) -> tuple[int, int]:
    """Give the place of an address among others, for sorting."""
    at = ipaddress.ip_address(address)
    return at.version, int(at)
