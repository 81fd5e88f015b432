"""The outcome of a discovery, entry by entry: what it means for the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netmon.discovery.found import Found, Heard
from netmon.model import Device, Role
from netmon.profiles import mac_digits


class Status(StrEnum):
    """How what was found stands to the inventory."""

    NEW = "new"
    MOVED = "moved"
    GONE = "gone"
    CHANGED = "changed"
    AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class Entry:
    """One device: found, known, or both.

    ``role`` is the inventory's, or a guess of which ``reason`` tells. ``controller`` and ``match`` are set where it is
    known through a controller alone, and ``point`` is what that one says. ``notes`` are what a reviewer should know,
    ``where`` the file and line of the inventory.
    """

    status: Status
    id: str
    role: Role
    reason: str = ""
    found: Found | None = None
    device: Device | None = None
    controller: str = ""
    match: str = ""
    point: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def address(self) -> str:
        """Where it was found, or where the inventory has it."""
        if self.found is not None:
            return self.found.address
        return (self.device.address if self.device is not None else "") or said(self.point, "address")

    @property
    def hardware(self) -> str:
        """What people would call the box."""
        return self.found.hardware if self.found is not None else said(self.point, "model")

    @property
    def serial(self) -> str:
        """Its serial number."""
        return self.found.serial if self.found is not None else said(self.point, "serial")


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that is to be reviewed: ``silent`` are addresses that answer ping, or an agent that refuses."""

    entries: tuple[Entry, ...]
    silent: tuple[Heard, ...]

    def of(self, status: Status) -> tuple[Entry, ...]:
        """Give the entries of one status."""
        return tuple(entry for entry in self.entries if entry.status is status)


def said(point: Mapping[str, Any], key: str) -> str:
    """Give what a controller says of an access point, as one line of text."""
    value = point.get(key)
    return "" if value is None else " ".join(str(value).split())


def marks_of(match: str) -> tuple[str, ...]:
    """Give what ``match`` of the inventory may mean: a name, and a MAC address where it is one."""
    return tuple(filter(None, (match.casefold().strip(), mac_digits(match))))


def marks_of_point(point: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what an access point can be matched by: its name, its MAC address."""
    return tuple(filter(None, (said(point, "name").casefold(), mac_digits(said(point, "mac")))))


def matches(match: str, point: Mapping[str, Any]) -> bool:
    """Say whether an access point is the one that ``match`` of the inventory means: by its name or MAC address."""
    return not set(marks_of(match)).isdisjoint(marks_of_point(point))
