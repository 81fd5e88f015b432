"""Rehearsals of an alert: one device is marked as failing in a series of its own, and nothing else knows of it.

A drill ends by itself, so that whoever began it may die; there is one at a time. It takes no part in states, in the
history or in reports: this module knows of none of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from netmon.model import Device, Inventory, Role

LONGEST: Final = 3600
"""Seconds that a drill may last."""

_MOST_ALERTS: Final = 1000
"""Alerts of one message that are looked at."""


class DrillError(Exception):
    """A drill cannot begin; the text says why."""


class BusyError(DrillError):
    """There is one already."""


class UnknownPlaceError(DrillError):
    """It can be held nowhere, or not there; ``known`` are the ids where it can be, if it may be a misspelt one."""

    def __init__(self, text: str, known: Sequence[str] = ()) -> None:
        """Say why."""
        super().__init__(text)
        self.known = known


@dataclass(frozen=True, slots=True)
class Drill:
    """A rehearsal: what pretends to fail, from when to when (Unix seconds), and when the page came and went.

    ``labels`` are those of its series, all of them, ``drill`` (its id) first.
    """

    id: str
    labels: Mapping[str, str]
    name: str
    start: float
    end: float
    paged: float | None = None
    resolved: float | None = None


class Drills:
    """The drill that goes on, if any, and the last one."""

    def __init__(
        self, inventory: Callable[[], Inventory], *, choose: Callable[[Sequence[str]], str] = secrets.choice
    ) -> None:
        """Look the inventory up when it is needed; ``choose`` picks a place where nobody named one."""
        self._inventory = inventory
        self._choose = choose
        self._latest: Drill | None = None

    def current(self, at: float) -> Drill | None:
        """Give the drill that goes on at a time."""
        drill = self._latest
        return drill if drill is not None and drill.start <= at < drill.end else None

    def find(self, name: str) -> Drill | None:
        """Give a drill by its id, for as long as it is the last one."""
        drill = self._latest
        return drill if drill is not None and drill.id == name else None

    def begin(self, place: str | None, seconds: float, at: float, *, real: bool = False) -> Drill:
        """Begin one at a site, an uplink or a device, or anywhere, for so many seconds.

        Raises:
            BusyError: Another one goes on.
            UnknownPlaceError: There is no such place, or nothing there that could fail.
            ValueError: It is to last less than a second or longer than :data:`LONGEST`.
        """
        if not 1 <= seconds <= LONGEST:
            raise ValueError(f"a drill lasts from 1 to {LONGEST} seconds")
        going_on = self.current(at)
        if going_on is not None:
            raise BusyError(f"the drill {going_on.id} goes on for another {going_on.end - at:.0f} s")
        device = self._device(place)
        name = f"d-{secrets.token_hex(4)}"
        labels = self._labels(name, device, real=real)
        drill = Drill(name, labels, self._name(device), at, at + seconds)
        self._latest = drill
        return drill

    def end(self, name: str, at: float) -> Drill | None:
        """End a drill by its id, where it goes on; give it as it is then."""
        drill = self.find(name)
        if drill is not None and at < drill.end:
            drill = self._latest = replace(drill, end=at)
        return drill

    def hear(self, message: Any, at: float) -> str | None:
        """Take in what Alertmanager sends to its webhook; give the id of the drill it is about, where it is the last.

        Raises:
            ValueError: It is no such message.
        """
        alerts = message.get("alerts") if isinstance(message, dict) else None
        if not isinstance(alerts, list):
            raise ValueError("this is no message of Alertmanager's webhook")  # noqa: TRY004 -- a value from outside
        drill = self._latest
        told = {one["status"] for one in alerts[:_MOST_ALERTS] if drill is not None and _is_of(one, drill.id)}
        if drill is None or not told:
            return None
        if "firing" in told and drill.paged is None:
            self._latest = replace(drill, paged=at)
        elif "resolved" in told and drill.resolved is None:
            self._latest = replace(drill, resolved=at)
        return drill.id

    def _device(self, place: str | None) -> Device:
        """Give a device that can fail: of a site preferably an access point."""
        inventory = self._inventory()
        devices = {one.id: one for one in inventory.devices.values() if inventory.is_object(one)}
        if place in devices:
            return devices[place]
        members = {name: one.devices for name, one in inventory.sites.items()}
        members |= {name: one.devices for name, one in inventory.uplinks.items()}
        able = {name: found for name in members if (found := [devices[one] for one in members[name] if one in devices])}
        if place is None:
            sites = [name for name in inventory.sites if name in able] or [*able]
            if not sites:
                raise UnknownPlaceError("nothing in the inventory is watched: there is nothing to rehearse with")
            place = self._choose(sites)
        if place not in able:
            if place in members:
                raise UnknownPlaceError(f"nothing of {place} is watched: choose another place")
            raise UnknownPlaceError(f"there is no site, uplink or device {place!r}", [*able, *devices])
        return min(able[place], key=lambda one: one.role is not Role.ACCESS_POINT)

    def _labels(self, name: str, device: Device, *, real: bool) -> dict[str, str]:
        inventory = self._inventory()
        site = inventory.sites.get(device.site)
        uplink = inventory.uplinks.get(device.uplink or (site.uplink if site is not None else ""))
        place = site if site is not None else uplink
        region = inventory.kelurahan.get(place.kelurahan) if place is not None else None
        return {
            "drill": name,
            "device": device.id,
            "site": device.site,
            "uplink": uplink.id if uplink is not None else "",
            "kelurahan": place.kelurahan if place is not None else "",
            "kecamatan": region.kecamatan if region is not None else "",
            "owner": place.owner if place is not None else "",
            "real": "yes" if real else "no",
        }

    def _name(self, device: Device) -> str:
        """Give what people call the place."""
        inventory = self._inventory()
        place = inventory.sites.get(device.site) or inventory.uplinks.get(device.uplink)
        return (place.name or place.id) if place is not None else device.id


def _is_of(alert: Any, name: str) -> bool:
    """Say whether an alert of a message is a drill's: its id is in one of its labels or annotations."""
    if not isinstance(alert, dict) or not isinstance(alert.get("status"), str):
        return False
    texts = (alert.get("labels"), alert.get("annotations"))
    return any(name in one.values() for one in texts if isinstance(one, dict))
