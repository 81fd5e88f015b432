"""What a course of events means for every device: when it is silent, when it starts anew, and whose fault it is. Pure.

The script is also the truth that a report can be held against, so causes are told in the words of LK-1: what is
behind a group of which all members are silent is silent for the group's sake, a little before and after included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import reduce
from math import inf
from typing import Final, NamedTuple

from netmon.model import Device, Inventory, ReachKind, Role
from netmon.simulator.events import START_DELAY, Event, Kind, places

REJOIN: Final = 600.0
"""Seconds for which a controller that has just started is not believed when it says that an access point is away."""

Stretch = tuple[float, float]
"""``[start, end)`` in Unix seconds; lists of them are sorted and do not touch."""


class Cause(StrEnum):
    """Why a device is silent."""

    DEVICE = "device"
    UPSTREAM = "upstream"
    MONITOR = "monitor"
    """The monitor cannot tell: its own uplink has failed, or a credential no longer fits a device that it pings."""


class Silence(NamedTuple):
    """A stretch in which a device does not answer, for one cause."""

    device: str
    start: float
    end: float
    cause: Cause


# -- stretches ----------------------------------------------------------------------------------------


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Merge stretches that overlap or touch; empty ones vanish."""
    merged: list[Stretch] = []
    for start, end in sorted(s for s in stretches if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def meet(first: Sequence[Stretch], second: Sequence[Stretch]) -> list[Stretch]:
    """Give what lies in both."""
    found: list[Stretch] = []
    here = there = 0
    while here < len(first) and there < len(second):
        start, end = max(first[here][0], second[there][0]), min(first[here][1], second[there][1])
        if start < end:
            found.append((start, end))
        if first[here][1] < second[there][1]:
            here += 1
        else:
            there += 1
    return found


def without(stretches: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """Give what lies in the first and not in the second."""
    edges = [-inf, *(edge for stretch in taken for edge in stretch), inf]
    return meet(stretches, list(zip(edges[::2], edges[1::2], strict=True)))


class Calendar:
    """Stretches that are asked very often whether a time lies in one of them."""

    __slots__ = ("_edges", "stretches")

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        """Merge and keep the stretches."""
        self.stretches: Final = union(stretches)
        self._edges = [edge for stretch in self.stretches for edge in stretch]

    def holds(self, at: float) -> bool:
        """Say whether the time lies in a stretch."""
        return bool(bisect_right(self._edges, at) & 1)


# -- what events do -----------------------------------------------------------------------------------


class Course:
    """A course of events, worked out for every device of an inventory."""

    def __init__(self, inventory: Inventory, events: Iterable[Event]) -> None:
        """Work out who is silent when."""
        self._inventory = inventory
        self.events: Final = tuple(sorted(events, key=lambda e: (e.at, e.kind, e.target)))
        self.monitor: Final = union((e.at, e.end) for e in self.events if e.kind is Kind.MONITOR)
        self._own: dict[str, list[Stretch]] = {}
        self._foreign: dict[str, list[Stretch]] = {}
        self._starts: dict[str, list[float]] = {}
        self._silent: dict[str, list[Stretch]] = {}
        members = places(inventory)
        for event in self.events:
            self._apply(event, members)

    def _apply(self, event: Event, members: dict[str, tuple[str, ...]]) -> None:
        if event.kind is Kind.POWER:
            for device in members[event.target]:
                self._cut_power(event, device)
        elif event.kind is Kind.FIBRE:
            uplink = self._inventory.uplinks.get(event.target)
            for device in uplink.devices if uplink else (event.target,):
                if self._inventory.devices[device].role is Role.ROUTER:
                    self._darken(device, event.at, event.end)
        elif event.kind in {Kind.DEAD, Kind.RESTART}:
            self._darken(event.target, event.at, event.end)
            self._starts.setdefault(event.target, []).append(event.end)
        elif event.kind is Kind.CREDENTIAL:
            self._foreign.setdefault(event.target, []).append((event.at, event.end))

    def _cut_power(self, event: Event, device: str) -> None:
        slow = self._inventory.devices[device].role is Role.ACCESS_POINT
        delay = (START_DELAY if event.value is None else event.value) if slow else 0.0
        self._darken(device, event.at, event.end + delay)
        self._starts.setdefault(device, []).append(event.end)

    def _darken(self, device: str, start: float, end: float) -> None:
        self._own.setdefault(device, []).append((start, end))

    def own(self, thing: str) -> list[Stretch]:
        """Tell when a device or service is out of order by itself (a wrong credential apart)."""
        return union(self._own.get(thing, ()))

    def foreign(self, device: str) -> list[Stretch]:
        """Tell when a device has another community than the monitor."""
        return union(self._foreign.get(device, ()))

    def starts(self, device: str) -> list[float]:
        """Tell when a device starts anew, in order of time."""
        return sorted(set(self._starts.get(device, ())))

    def silent(self, device: str) -> list[Stretch]:
        """Tell when the network hides a device or it is out of order, whatever its community and the monitor."""
        if device not in self._silent:
            box = self._inventory.devices[device]
            stretches = self.own(device) + self.group(box.behind)
            if box.reach.kind is ReachKind.INTERFACE:
                stretches += self.silent(box.reach.of)
            self._silent[device] = union(stretches)
        return self._silent[device]

    def group(self, members: Sequence[str]) -> list[Stretch]:
        """Tell when all members of a group of alternatives are silent; an empty group never is."""
        common: list[Stretch] | None = None
        for member in members:
            common = self.silent(member) if common is None else meet(common, self.silent(member))
        return common or []

    # -- the truth ------------------------------------------------------------------------------------

    def truth(self, start: float, end: float) -> list[Silence]:
        """Tell for every device that counts when it is silent in ``[start, end)`` and why, in inventory order.

        Stretches of one device do not overlap; neighbours differ in cause. Slow answers and lost packets are no
        silence. A wrong credential is: where the monitor pings as well, it cannot tell (``monitor``), elsewhere
        silence is silence (``device``). Of an access point nobody can tell while its controller does not answer, or has
        just started and has not seen it yet.
        """
        found: list[Silence] = []
        for device in self._inventory.devices.values():
            if self._inventory.is_object(device):
                found += self._of(device, start, end)
        return found

    def _untold(self, device: Device) -> list[Stretch]:
        """Tell when the monitor cannot tell: it pings a device whose credential fails, or the router of a link."""
        untold = [*self.monitor]
        if device.reach.kind is ReachKind.INTERFACE:
            untold += self._untold(self._inventory.devices[device.reach.of])
        elif device.reach.kind is ReachKind.CONTROLLER:
            untold += [*self.silent(device.controller), *self.foreign(device.controller), *self._rejoining(device)]
        elif device.reach.kind is ReachKind.SNMP and device.confirm_by_ping:
            untold += without(self.foreign(device.id), self.silent(device.id))
        return union(untold)

    def _rejoining(self, device: Device) -> list[Stretch]:
        """Tell when the controller of an access point cannot know that it is away: it has itself just started."""
        starts = self.starts(device.controller)
        away = self.silent(device.id)
        return [(at, min(a[1], at + REJOIN)) for at in starts for a in away if a[0] <= at < a[1]]

    def _down(self, device: Device) -> list[Stretch]:
        """Tell when the monitor sees a device down, rightly or for its credential's sake."""
        down = [*self.silent(device.id)]
        if device.reach.kind is ReachKind.INTERFACE:
            down += self._down(self._inventory.devices[device.reach.of])
        elif device.reach.kind is ReachKind.SNMP and not device.confirm_by_ping:
            down += self.foreign(device.id)
        return without(union(down), self._untold(device))

    def _of(self, device: Device, start: float, end: float) -> list[Silence]:
        untold, down = self._untold(device), self._down(device)
        upstream = self._upstream(device, down)
        parts = [
            *((s, Cause.MONITOR) for s in untold),
            *((s, Cause.UPSTREAM) for s in upstream),
            *((s, Cause.DEVICE) for s in without(down, upstream)),
        ]
        cut = [Silence(device.id, max(s[0], start), min(s[1], end), cause) for s, cause in sorted(parts)]
        return [silence for silence in cut if silence.start < silence.end]

    def _upstream(self, device: Device, down: Sequence[Stretch]) -> list[Stretch]:
        """Attribute as LK-1 does: seconds of a silence that meets the group's, widened by grace on both sides."""
        if not device.behind:
            return []
        group = [self._inventory.devices[m] for m in device.behind]
        grace = max(d.interval for d in (device, *group))
        late = grace + self._inventory.settings.recovery_grace
        above = reduce(meet, map(self._down, group))
        found: list[Stretch] = []
        for silence in down:
            touching = [p for p in above if p[0] < silence[1] and silence[0] < p[1]]
            found += meet([silence], union((a - grace, b + late) for a, b in touching))
        return union(found)
