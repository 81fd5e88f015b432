"""The columns of a table of places and devices, and how a cell becomes a value of the inventory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from netmon.discovery.naming import slug
from netmon.discovery.writing import Number, Value


class WrongCellError(ValueError):
    """A cell that means nothing; ``instead`` says what to write."""

    def __init__(self, what: str, instead: str) -> None:
        """Keep both halves of the message."""
        super().__init__(what)
        self.what = what
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the ``key`` of the inventory it becomes, how it is read, and what it is for."""

    key: str
    read: Callable[[str], Value]
    help: str


def identity(cell: str) -> str:
    """Read an id.

    Raises:
        WrongCellError: It is none.
    """
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", cell) is None:
        how = f"write {slug(cell)}" if slug(cell) else "write letters, digits, dots, dashes and underscores"
        raise WrongCellError(f'"{cell}" is no id', how)
    return cell


def _text(cell: str) -> str:
    return cell


def _choice(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.lower())


def _lower(cell: str) -> str:
    return cell.lower()


def _reach(cell: str) -> str:
    return cell if reach_of(cell) else cell.lower()


def _role(cell: str) -> str:
    word = _choice(cell)
    return {"ap": "access_point", "wlc": "controller"}.get(word, word)


def _date(cell: str) -> str:
    """Read a date as it is written here: the day first."""
    found = re.fullmatch(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", cell)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else cell


def _decimal(cell: str) -> str:
    number = cell.replace(",", ".", 1) if cell.count(",") == 1 and "." not in cell else cell
    return Number(number)


def _whole(cell: str) -> str:
    return Number(re.sub(r"[.,]0+$", "", cell))


def _list(pattern: str, cell: str) -> list[str]:
    return [each.strip() for each in re.split(pattern, cell) if each.strip()]


def _words(cell: str) -> Value:
    return [word.lower() for word in _list(r"[\s,;|/+]+", cell)]


def _ids(cell: str) -> Value:
    return [identity(word) for word in _list(r"[\s,;|]+", cell)]


def _texts(cell: str) -> Value:
    return list(_list(r"[,;|]", cell))


def degrees(cell: str, limit: int, what: str, example: str) -> Number:
    """Read a coordinate, with a point or a comma.

    Raises:
        WrongCellError: It is none, or beyond ``limit``.
    """
    number = _decimal(cell)
    if re.fullmatch(r"[-+]?[0-9]{1,3}(\.[0-9]{1,20})?", number) is None:
        raise WrongCellError(f'"{cell}" is no {what}', f"write degrees as a number: {example}")
    if abs(float(number)) > limit:
        raise WrongCellError(f'"{cell}" is no {what}', f"write degrees from -{limit} to {limit}: {example}")
    return Number(number.removeprefix("+"))


def _latitude(cell: str) -> Value:
    return degrees(cell, 90, "latitude", "-0.9903")


def _longitude(cell: str) -> Value:
    return degrees(cell, 180, "longitude", "100.3622")


SITE: Final[Mapping[str, Column]] = {
    "site": Column("id", identity, "id of the site; the row's device stands there"),
    "name": Column("name", _text, "what people call the site or the uplink"),
    "kelurahan": Column("kelurahan", _text, "code of its kelurahan, or its name where only one is called so"),
    "kind": Column("kind", _choice, "what sort of place"),
    "latitude": Column("location", _latitude, "degrees, south is negative; with a point or a comma"),
    "longitude": Column("location", _longitude, "degrees, east is positive"),
    "pillars": Column("pillars", _words, "pillars it serves, separated by blanks or commas"),
    "owner": Column("owner", identity, "one of `owners` in netmon.yaml"),
    "uplink": Column("uplink", identity, "of a site: the uplink it hangs on; without a site: the uplink itself"),
    "ssids": Column("ssids", _texts, "names of its networks on the air, separated by commas or vertical bars"),
    "target": Column("target", _decimal, "availability promised, from 0 to 1"),
    "status": Column("status", _lower, "`planned` where it is yet to come"),
    "commissioned": Column("commissioned", _date, "in service from this day on: 2024-01-29 or 29/01/2024"),
    "decommissioned": Column("decommissioned", _date, "out of service from this day on"),
    "service_hours": Column("service_hours", _text, "agreed hours of each day: 06:00-23:00"),
}
"""Columns of sites, in the order in which they are written."""

_ONLY_OF_SITES: Final = {"site", "kind", "latitude", "longitude", "pillars", "owner", "ssids"}
UPLINK: Final[Mapping[str, Column]] = {
    "uplink": Column("id", identity, SITE["uplink"].help),
    **{name: column for name, column in SITE.items() if name not in _ONLY_OF_SITES | {"uplink"}},
    "provider": Column("provider", _text, "of an uplink: who provides it"),
}
"""Columns of uplinks."""

DEVICE: Final[Mapping[str, Column]] = {
    "device": Column("id", identity, "id of the device"),
    "role": Column("role", _role, "access_point, controller, router, link or switch"),
    "device_name": Column("name", _text, "what people call the device"),
    "address": Column("address", _text, "IPv4, IPv6 or host name"),
    "port": Column("port", _whole, "UDP port of its SNMP agent"),
    "answers_from": Column("answers_from", _text, "another address of its agent, from which answers come"),
    "credential": Column("credential", identity, "a name of `credentials.yaml`"),
    "profile": Column("profile", identity, "vendor profile; found by asking where it is empty"),
    "reach": Column("reach", _reach, "icmp, snmp, tcp:PORT, checkin, or: interface ether2 of rt-1"),
    "interval": Column("interval", _lower, "time between two checks: 30s"),
    "behind": Column("behind", _ids, "ids of devices or uplinks above it"),
    "radius": Column("radius", _decimal, "metres that an access point covers"),
    "wan": Column("wan", _text, "interface of a router or link that leads to the provider"),
    "controller": Column("controller", identity, "the controller that reports this access point"),
    "match": Column("match", _text, "its name or MAC address at that controller"),
}
"""Columns of devices."""

COLUMNS: Final = tuple(dict.fromkeys((*SITE, *UPLINK, *DEVICE)))
"""Every column a table may have."""


def reach_of(cell: str) -> tuple[str, str] | None:
    """Give interface and router of ``interface ether2 of rt-1``; ``None`` for the other ways to reach a device."""
    found = re.fullmatch(r"interface (.+) of (\S+)", cell, re.IGNORECASE)
    return (found[1], found[2]) if found else None
