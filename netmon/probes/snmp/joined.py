"""Access points that are known only through their controller: their state and their clients, from its list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from netmon.measures import series
from netmon.model import NO_READINGS, Check, Device, Failure, Identity, Observation, Readings, Series
from netmon.probes.snmp.access import limit_of
from netmon.probes.snmp.rolls import Roll, Rolls, text_of
from netmon.profiles import ONLINE, AccessPoint

_REJOINING: Final = 600.0
"""Seconds after its start in which a controller does not know yet who is missing: its access points notice that it was
away, start a new search (CAPWAP, RFC 5415, section 2.3), and may load another firmware from it before they join."""

_MINUTE: Final = 60


@dataclass(slots=True)
class _Known:
    """An access point as the inventory has it, and what was seen of it.

    ``told`` is the number of the last roll that it was told from; ``online`` the monotonic time of the last one in
    which it was online; ``is_seen``: it was listed once.
    """

    device: Device
    clients: tuple[Series, ...]
    told: int = 0
    online: float = -inf
    is_seen: bool = False
    identity: Identity | None = None


class Joined:
    """The probe of what a controller tells of an access point.

    All that ask within half an interval share one reading of the controller, and nobody is told from one reading
    twice: whoever asks again, as for the repeat that confirms a failure, is told from a later one. Of two readings
    that both say that an access point is not up it is told the first one first, so that the second one confirms it:
    however many are lost at once, two readings tell of all of them.
    """

    def __init__(
        self,
        rolls: Rolls,
        device: Callable[[str], Device | None],
        was_up: Callable[[str], bool],
        *,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """Look devices up when they are needed; ``was_up`` says whether a device was ever observed to be up."""
        self._rolls = rolls
        self._device = device
        self._was_up = was_up
        self._wall = wall
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}

    async def observe(self, check: Check) -> Observation:
        """Say what the controller says: listed and online is up.

        Listed with another state, or no longer listed, is down (``UNREACHABLE``). Where the controller does not
        answer, does not take the credential, does not know the access point or knows several, nothing is known of it:
        the observation is blind (LK-1, "What is observed").
        """
        began = self._monotonic()
        point = self._device(check.device)
        controller = self._device(point.controller) if point is not None else None
        if point is None or controller is None:
            self._known.pop(check.device, None)
            return Observation(
                check, self._wall(), Failure.LOCAL, f"{check.device} names no controller of the inventory"
            )
        known, limit = self._of(point), limit_of(check)
        try:
            async with asyncio.timeout(limit) as deadline:
                roll = self._kept(check, known, controller) or await self._rolls.anew(controller, check)
        except TimeoutError:
            if not deadline.expired():
                raise
            late = f"{controller.id} was not read within {limit:g} s"
            at = self._wall() - (self._monotonic() - began)
            return Observation(check, at, Failure.LOCAL, late, duration=limit)
        known.told = max(known.told, roll.number)
        return self._observed(check, known, roll, began)

    def _of(self, point: Device) -> _Known:
        known = self._known.get(point.id)
        if known is None or known.device != point:
            known = self._known[point.id] = _Known(point, (series("wifi_clients", point),))
        return known

    def _kept(self, check: Check, known: _Known, controller: Device) -> Roll | None:
        """Give a roll that was read lately, if there is one from which this access point was not told yet."""
        kept = self._rolls.kept(controller, known.told, check.interval)
        if not kept or kept[-1].failure is not None or kept[-1].has_online(known.device.match):
            return kept[-1] if kept else None
        return next(roll for roll in kept if roll.failure is None and not roll.has_online(known.device.match))

    def _observed(self, check: Check, known: _Known, roll: Roll, began: float) -> Observation:
        found = roll.points.matching(known.device.match) if roll.failure is None else []
        failure, detail = _verdict(known, roll, found, lambda: self._was_up(known.device.id))
        known.is_seen = known.is_seen or len(found) == 1
        now = self._monotonic()
        told, identity = NO_READINGS, None
        if failure is None:
            known.online = roll.sent
            told, identity = _told(known, found[0]), _identified(known, roll, found[0])
        return Observation(
            check,
            self._wall() - (now - roll.sent),
            failure,
            detail,
            duration=now - began,
            readings=told,
            identity=identity,
        )


def _told(known: _Known, point: AccessPoint) -> Readings:
    clients = point.get("clients")
    return NO_READINGS if clients is None or isinstance(clients, str) else Readings(known.clients, (clients,))


def _identified(known: _Known, roll: Roll, point: AccessPoint) -> Identity:
    told = {key: text_of(point, key) for key in ("model", "version", "serial", "name")}
    identity = Identity(profile=roll.profile, vendor=roll.vendor, **told)
    if known.identity != identity:
        known.identity = identity
    return known.identity or identity


def _verdict(
    known: _Known, roll: Roll, found: list[AccessPoint], was_up: Callable[[], bool]
) -> tuple[Failure | None, str]:
    """Say what a roll means for one access point, which may be any of ``found``."""
    if roll.failure is not None:
        return roll.failure, roll.detail
    if not found:
        return _absent(known, roll, was_up)
    if len(found) > 1:
        controller, match = known.device.controller, known.device.match
        names = ", ".join(f"{text_of(point, 'name')} {text_of(point, 'mac')}".strip() for point in found[:3])
        what = f"{controller} lists {len(found)} access points that match {match} ({names}): write the MAC of one"
        return Failure.LOCAL, what
    return _listed(known, roll, found[0])


def _listed(known: _Known, roll: Roll, point: AccessPoint) -> tuple[Failure | None, str]:
    """Say what the state means with which an access point is listed."""
    controller, name, state = (
        known.device.controller,
        text_of(point, "name") or known.device.match,
        text_of(point, "state"),
    )
    if state == ONLINE:
        return None, ""
    if not state:
        return Failure.LOCAL, f"{controller} does not tell the state of {name}"
    if _is_rejoining(known, roll):
        return Failure.LOCAL, f"{controller} started {_minutes(roll)} min ago, and {name} is {state} since"
    return Failure.UNREACHABLE, f"{controller}: {name} is {state}"


def _absent(known: _Known, roll: Roll, was_up: Callable[[], bool]) -> tuple[Failure, str]:
    """Say what it means that an access point is not listed."""
    controller, match = known.device.controller, known.device.match
    if _is_rejoining(known, roll):
        return Failure.LOCAL, f"{controller} started {_minutes(roll)} min ago and does not list {match} yet"
    if known.is_seen or was_up():
        return Failure.UNREACHABLE, f"{controller} no longer lists {match}"
    return Failure.LOCAL, f"{controller} knows no access point {match}: is match right?"


def _is_rejoining(known: _Known, roll: Roll) -> bool:
    """Say whether the controller started so lately that the access point may be on its way back to it.

    One that has been online since is not.
    """
    return _up_time(roll) < _REJOINING and known.online < roll.booted


def _up_time(roll: Roll) -> float:
    return roll.sent + roll.took - roll.booted


def _minutes(roll: Roll) -> int:
    return int(_up_time(roll)) // _MINUTE
