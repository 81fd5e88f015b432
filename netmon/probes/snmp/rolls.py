"""A controller's roll: the access points that it tells of, read once for all who ask and kept for a moment."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final

from netmon.measures import clean
from netmon.model import Check, Device, Failure
from netmon.probes.snmp.access import Access, limit_of
from netmon.probes.snmp.contact import recognize
from netmon.probes.snmp.dialogue import Dialogue
from netmon.profiles import (
    ONLINE,
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    AccessPoint,
    Answers,
    Cell,
    Profile,
    Rows,
    access_points,
    listing_needs,
    mac_digits,
    started_anew,
)
from netmon.snmp.client import SnmpClient, SnmpFailure, SnmpLocal, Timing

_KEPT: Final = 2  # rolls of a controller: what the first one says, the second one confirms
_PARTS: Final = 2  # of an interval: for one of them a roll is shared
_PARTS_OF_FAILURE: Final = 5
_PROFILE_SECONDS: Final = 3600.0  # which profile fits is found out again after so long
_HEAD: Final = (SYS_OBJECT_ID, SYS_DESCR, SYS_UP_TIME)


class Points:
    """The access points of a roll, found by name or MAC address."""

    def __init__(self, listed: Iterable[AccessPoint] = ()) -> None:
        """Sort them."""
        self._named: dict[str, list[AccessPoint]] = {}
        self._folded: dict[str, list[AccessPoint]] = {}
        self._by_mac: dict[str, list[AccessPoint]] = {}
        for point in listed:
            name, digits = text_of(point, "name"), mac_digits(text_of(point, "mac"))
            if name:
                self._named.setdefault(name, []).append(point)
                self._folded.setdefault(name.casefold(), []).append(point)
            if digits:
                self._by_mac.setdefault(digits, []).append(point)

    def matching(self, match: str) -> list[AccessPoint]:
        """Give those of this name or MAC address; of this name in upper or lower case where there are none."""
        name = clean(match)
        found = {id(point): point for point in self._named.get(name, ())}
        found |= {id(point): point for point in self._by_mac.get(mac_digits(name), ())}
        return list(found.values()) or self._folded.get(name.casefold(), [])


def text_of(point: AccessPoint, field_name: str) -> str:
    """Give what a controller tells of an access point as text; empty where it tells nothing."""
    told = point.get(field_name, "")
    return told if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True)
class Roll:
    """What a controller told at one time, or why it did not.

    Rolls of one controller are numbered in their order, from 1. ``sent`` is when the first packet was sent, ``booted``
    when the controller's agent started (``-inf`` where it does not say), both on the monotonic clock; ``took`` is the
    seconds that it took to be read. ``profile`` and ``vendor`` are the controller's.
    """

    number: int = 0
    sent: float = 0.0
    took: float = 0.0
    booted: float = -inf
    points: Points = field(default_factory=Points)
    profile: str = ""
    vendor: str = ""
    failure: Failure | None = None
    detail: str = ""

    def has_online(self, match: str) -> bool:
        """Say whether just one access point matches and is online."""
        found = self.points.matching(match)
        return len(found) == 1 and found[0].get("state") == ONLINE

    def is_young(self, now: float, interval: float) -> bool:
        """Say whether an access point that is asked each ``interval`` seconds may still be told from it.

        That is half the interval, and less where it could not be read: a lost packet must not hide everybody for long.
        Of a controller that takes long it is up to the whole interval, so that it is not read without a pause.
        """
        share = interval / (_PARTS if self.failure is None else _PARTS_OF_FAILURE)
        return now - self.sent <= min(interval, max(share, 2 * self.took))


@dataclass(frozen=True, slots=True)
class _Met:
    """A controller as it was met: which profile fits, and how its agent wants to be asked.

    ``head`` is what it said of itself, ``at`` the monotonic time.
    """

    device: Device
    profiles: Mapping[str, Profile]
    head: tuple[Cell, Cell]
    at: float
    profile: Profile
    repetitions: int


class _Reading:
    """One reading for all who wait for it; when nobody does any longer, it is given up."""

    def __init__(self, reading: Coroutine[Any, Any, Roll]) -> None:
        self._task = asyncio.ensure_future(reading)
        self._waiting = 0
        self._is_given_up = False

    @property
    def is_over(self) -> bool:
        """Whether nobody can wait for it any more."""
        return self._is_given_up or self._task.done()

    async def result(self) -> Roll:
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._is_given_up = True
                self._task.cancel()


@dataclass(slots=True)
class _Controller:
    """What is known of a controller: what it told last, in the order of the readings, and the reading under way."""

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    met: _Met | None = None
    rolls: tuple[Roll, ...] = ()
    reading: _Reading | None = None


class Rolls:
    """Reads the rolls of controllers: one reading of each at a time, for all who wait for it."""

    def __init__(
        self,
        client: SnmpClient,
        access: Access,
        profiles: Callable[[], Mapping[str, Profile]],
        *,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """Look profiles up when they are needed; both clocks give seconds."""
        self._client = client
        self._access = access
        self._profiles = profiles
        self._wall = wall
        self._monotonic = monotonic
        self._controllers: dict[str, _Controller] = {}

    def kept(self, controller: Device, after: int, interval: float) -> list[Roll]:
        """Give the rolls with a number higher than ``after`` that are young enough, in their order."""
        now = self._monotonic()
        rolls = self._known(controller).rolls
        return [roll for roll in rolls if roll.number > after and roll.is_young(now, interval)]

    async def anew(self, controller: Device, check: Check) -> Roll:
        """Read the roll, or wait for the reading that is under way; what fails is a roll too.

        A reading ends by itself within the time of the check that began it.
        """
        known = self._known(controller)
        reading = known.reading
        if reading is None or reading.is_over:
            reading = known.reading = _Reading(self._read(controller, known, check))
        return await reading.result()

    def _known(self, controller: Device) -> _Controller:
        return self._controllers.setdefault(controller.id, _Controller())

    async def _read(self, controller: Device, known: _Controller, check: Check) -> Roll:
        """Read a roll and keep it."""
        roll, number = Roll(), next(known.numbers)
        wall, began = self._wall(), self._monotonic()
        timing = Timing()
        limit = limit_of(check)
        try:
            async with asyncio.timeout(limit) as deadline:
                dialogue = Dialogue(self._client, await self._access.target_of_device(controller, check.timeout))
                timing = dialogue.timing
                roll = await self._told(controller, known, dialogue)
        except TimeoutError:
            if not deadline.expired():
                raise
            roll = Roll(failure=Failure.LOCAL, detail=f"{controller.id} was not read within {limit:g} s")
        except SnmpFailure as why:
            # A controller's silence says nothing of an access point: it is never down for it (LK-1).
            failure = Failure.AUTH if why.failure in {None, Failure.AUTH} else Failure.LOCAL
            roll = Roll(failure=failure, detail=f"{controller.id} does not tell: {why.detail}")
        took = self._monotonic() - began
        sent = min(max(timing.sent_at - wall, 0.0), took)  # seconds after the beginning
        roll = replace(roll, number=number, sent=began + sent, took=took - sent)
        known.rolls = (*known.rolls, roll)[-_KEPT:]
        return roll

    async def _told(self, controller: Device, known: _Controller, dialogue: Dialogue) -> Roll:
        """Ask for the list of access points and for nothing else; sysUpTime before and after it.

        Raises:
            SnmpFailure: the controller does not answer, has no such list, or started anew meanwhile.
        """
        object_id, descr, before = await dialogue.get(_HEAD)
        met = await self._met(controller, known, dialogue, (object_id, descr))
        if not met.profile.access_points:
            raise SnmpLocal(f"its profile {met.profile.name} lists no access points")
        columns: dict[str, Rows] = {}
        for group in listing_needs(met.profile, _dotted(object_id)).columns:
            columns |= await dialogue.columns(group)
        (ticks,) = await dialogue.get((SYS_UP_TIME,))
        at = self._monotonic()
        if isinstance(ticks, int) and started_anew(ticks, before if isinstance(before, int) else None):
            raise SnmpLocal("it started anew while it was read")
        if dialogue.target.max_repetitions != met.repetitions:
            known.met = replace(met, repetitions=dialogue.target.max_repetitions)
        listed = access_points(met.profile, Answers({SYS_OBJECT_ID: object_id}, columns))
        booted = at - ticks / 100 if isinstance(ticks, int) else -inf
        return Roll(booted=booted, points=Points(listed), profile=met.profile.name, vendor=met.profile.vendor)

    async def _met(self, controller: Device, known: _Controller, dialogue: Dialogue, head: tuple[Cell, Cell]) -> _Met:
        """Give the profile that fits, found out anew where the controller or what is known of it has changed."""
        met, now, profiles = known.met, self._monotonic(), self._profiles()
        if (
            met is None
            or met.head != head
            or met.device != controller
            or met.profiles is not profiles
            or now - met.at > _PROFILE_SECONDS
        ):
            descr = head[1].decode(errors="replace") if isinstance(head[1], bytes) else ""
            profile = await recognize(dialogue, profiles, controller.profile, _dotted(head[0]), descr)
            met = known.met = _Met(controller, profiles, head, now, profile, profile.repetitions())
        dialogue.adapt(bulk=met.profile.asks_bulk(), repetitions=met.repetitions)
        return met


def _dotted(object_id: Cell) -> str:
    return object_id if isinstance(object_id, str) else ""
