"""The probes that speak SNMP, and what they remember of each device between two checks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from netmon.model import NO_READINGS, Check, Credential, Device, Failure, Observation
from netmon.names import Names
from netmon.probes import Probe
from netmon.probes.snmp.access import Access, limit_of
from netmon.probes.snmp.contact import make_contact
from netmon.probes.snmp.dialogue import Dialogue
from netmon.probes.snmp.joined import Joined
from netmon.probes.snmp.poll import Poll, Polled
from netmon.probes.snmp.rolls import Rolls
from netmon.profiles import (
    SYS_UP_TIME,
    Interface,
    Plan,
    Profile,
    boot_timestamp,
    gap,
    is_as_planned,
    misfit,
    readings,
    started_anew,
    table_changed,
)
from netmon.snmp.client import SnmpClient, SnmpFailure, SnmpLocal, SnmpRefused, Target, Timing

_PLAN_SECONDS: Final = 3600.0  # what vouches for nothing (an alias, a model) is read again after so long
_PARTIAL_PLAN_SECONDS: Final = 300.0  # sooner where the first contact left something out
_PATIENCE: Final = 60.0  # an agent whose tables always "changed" costs no walk more often
_QUESTIONS: Final = 3  # of one reachability check
_IF_OPER_STATUS: Final = "1.3.6.1.2.1.2.2.1.8"  # IF-MIB::ifOperStatus
_UP: Final = 1
_UNKNOWN: Final = 4
_STATUS: Final = {2: "down", 3: "testing", 5: "dormant", 6: "not present", 7: "down in a lower layer"}


@dataclass(slots=True)
class _Known:
    """A device as it was met: its plan and what the last poll saw.

    ``missing`` says what the first contact could not read. ``check`` and ``credential`` are those of the last poll that
    looked everything up, ``None`` where they must be looked up each time.
    """

    device: Device
    profiles: Mapping[str, Profile]
    plan: Plan
    missing: tuple[str, ...]
    adapted: Target
    made: float
    valid_until: float
    poll: Poll
    asked: Target | None = None  # the target that ``poll`` was made from, before it was adapted to the agent
    check: Check | None = None
    credential: Credential | None = None
    ticks: int | None = None
    boot: float | None = None


class SnmpProbes:
    """Probes for the scheduler; they share one client and the plans that first contacts made.

    Each is a :data:`netmon.probes.Probe`: what the network does is an observation, never an exception.
    """

    def __init__(
        self,
        client: SnmpClient,
        profiles: Callable[[], Mapping[str, Profile]],
        device: Callable[[str], Device | None],
        credential: Callable[[str], Credential | None],
        *,
        names: Names | None = None,
        was_up: Callable[[str], bool] = lambda _: False,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look devices, credentials and profiles up when they are needed, so that a reload changes them.

        ``names`` are resolved host names, shared with other probes; ``was_up`` says of a device's id whether it was
        ever observed to be up; ``wall`` and ``monotonic`` are for tests.
        """
        self._client = client
        self._profiles = profiles
        self._device = device
        self._credential = credential
        self._access = Access(credential, names or Names())
        self._wall = wall
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        rolls = Rolls(client, self._access, profiles, wall=wall, monotonic=monotonic)
        self._joined = Joined(rolls, device, was_up, wall=wall, monotonic=monotonic)

    def probes(self) -> dict[str, Probe]:
        """Give them by the names that checks use."""
        return {
            "snmp": self.reachability,
            "readings": self.readings,
            "interface": self.interface,
            "controller": self._joined.observe,
        }

    # -- reachability ------------------------------------------------------------------------------------

    async def reachability(self, check: Check) -> Observation:
        """Ask for sysUpTime: the scheduler repeats. Any word from the device itself is an answer (LK-1).

        The question is sent three times within the check's timeout, and an answer to any of them counts until its
        end: a path that loses a third of its packets is no outage.
        """
        start, began = self._wall(), self._monotonic()
        dialogue: Dialogue | None = None
        failure, detail = None, ""
        try:
            patience, retries = check.timeout / _QUESTIONS, _QUESTIONS - 1
            device = self._device(check.device)  # none of a witness
            # Urgent: whoever reads tables from a device that has fallen silent must not keep us from seeing it.
            target = await self._access.target(
                check.address,
                check.port,
                check.credential,
                patience=patience,
                retries=retries,
                urgent=True,
                answers_from=device.answers_from if device else "",
            )
            dialogue = Dialogue(self._client, target)
            await dialogue.get((SYS_UP_TIME,))
        except SnmpFailure as why:
            failure, detail = why.failure, "refused" if isinstance(why, SnmpRefused) else why.detail
        timing = dialogue.timing if dialogue else None
        return Observation(
            check,
            (timing.sent_at if timing else 0.0) or start,
            failure,
            detail,
            duration=self._monotonic() - began,
            rtt=timing.rtt if timing and failure is None else None,
        )

    # -- readings ----------------------------------------------------------------------------------------

    async def readings(self, check: Check) -> Observation:
        """Read a device by its plan, which is made at the first contact and when the device is no longer as it was.

        What was read when the device's time is over is kept, and marked as partial.
        """
        start, began = self._wall(), self._monotonic()
        until = asyncio.get_running_loop().time() + limit_of(check)
        try:
            known = self._ready(check, began)
            if known is not None:
                polled = await known.poll.run(until)
                if not self._reason(known, polled):
                    return self._observed(check, known, polled, "", start=start, began=began)
            return await self._read(check, start, began, until)
        except TimeoutError:
            limit = f"the device was not read within {limit_of(check):g} s"
            return self._failed(check, start, began, Failure.TIMEOUT, limit)
        except SnmpFailure as why:
            # A refusal or an error is an answer, but holds no readings; this check decides nothing.
            return self._failed(check, start, began, why.failure or Failure.AUTH, why.detail)

    def _ready(self, check: Check, now: float) -> _Known | None:
        """Give what is known of a device where nothing has changed since the last poll: nothing need be looked up."""
        known = self._known.get(check.device)
        if (
            known is not None
            and known.check is check
            and known.device is self._device(check.device)
            and known.credential is self._credential(check.credential)
            and known.profiles is self._profiles()
            and now <= known.valid_until
            and not self._locks[check.device].locked()
        ):
            return known
        return None

    def _failed(self, check: Check, start: float, began: float, failure: Failure, detail: str) -> Observation:
        return Observation(check, start, failure, detail, duration=self._monotonic() - began)

    async def _read(self, check: Check, start: float, began: float, until: float) -> Observation:
        """Read a device that may have to be met first; ``TimeoutError`` where that takes until the end."""
        device = self._device(check.device)
        if device is None:
            self._known.pop(check.device, None)
            raise SnmpLocal(f"{check.device} is no longer in the inventory")
        target = await self._access.target_of_device(device, check.timeout)
        async with self._lock(device.id):
            dialogue = Dialogue(self._client, target)
            async with asyncio.timeout_at(until):
                known = await self._valid(device, dialogue)
            polled = await known.poll.run(until)
            wrong = ""
            if self._reason(known, polled):
                async with asyncio.timeout_at(until):
                    known = await self._met(device, dialogue)
                polled = await known.poll.run(until)
                # A row that changes its name while it is read is nobody's; so is what was read with it.
                wrong = misfit(known.plan, polled.values)
            if target.address == device.address:  # a name may have another address the next time
                known.check, known.credential = check, self._credential(check.credential)
            return self._observed(check, known, polled, wrong, start=start, began=began)

    def _lock(self, device: str) -> asyncio.Lock:
        return self._locks.setdefault(device, asyncio.Lock())

    async def _valid(self, device: Device, dialogue: Dialogue) -> _Known:
        """Give what is known of a device, while it is not too old and the inventory says the same of it."""
        known = self._known.get(device.id)
        if (
            known is None
            or (known.device is not device and known.device != device)
            or known.profiles is not self._profiles()
            or self._monotonic() > known.valid_until
        ):
            return await self._met(device, dialogue)
        if known.asked is not dialogue.target:
            known.asked = dialogue.target
            dialogue.adapt(bulk=known.adapted.bulk, repetitions=known.adapted.max_repetitions)
            if known.poll.target != dialogue.target:
                known.poll = known.poll.of(dialogue.target)
        return known

    async def _met(self, device: Device, dialogue: Dialogue) -> _Known:
        """Meet a device: identify it, read what it has, plan."""
        before = self._known.get(device.id)
        profiles = self._profiles()
        learnt = before.adapted.max_repetitions if before is not None else 0
        contact = await make_contact(dialogue, profiles, device, repetitions=learnt)
        poll = Poll(self._client, contact.plan, contact.target, contact.most)
        made = self._monotonic()
        until = made + (_PARTIAL_PLAN_SECONDS if contact.missing else _PLAN_SECONDS)
        known = _Known(device, profiles, contact.plan, contact.missing, contact.target, made, until, poll)
        if before is not None:
            known.ticks, known.boot = before.ticks, before.boot
        self._known[device.id] = known
        return known

    def _reason(self, known: _Known, polled: Polled) -> str:
        """Say why a plan must be made anew; empty while it fits."""
        plan, values = known.plan, polled.values
        before = known.ticks
        for ticks in polled.ticks:
            if started_anew(ticks, before):
                return "the agent started anew"
            before = ticks
        if is_as_planned(plan, values):
            return ""
        if (table_changed(plan, values) or gap(plan, values)) and self._monotonic() - known.made > _PATIENCE:
            return "its tables changed"
        return misfit(plan, values)

    def _observed(
        self, check: Check, known: _Known, polled: Polled, wrong: str, *, start: float, began: float
    ) -> Observation:
        plan, values = known.plan, polled.values
        at = polled.sent_at or start
        boot = None
        if polled.ticks:
            boot = known.boot = boot_timestamp(polled.ticks[0], at, known.boot)
            known.ticks = polled.ticks[-1]
        lacks = gap(plan, values)
        detail = lacks
        if known.missing or polled.gaps or wrong:
            detail = "; ".join([*known.missing, *polled.gaps, *([wrong] if wrong else [])][:3])
        return Observation(
            check,
            at,
            detail=detail,
            duration=self._monotonic() - began,
            readings=NO_READINGS if wrong else readings(plan, values, boot),
            identity=plan.identity,
            partial=bool(detail),
        )

    # -- an interface of another device ------------------------------------------------------------------

    async def interface(self, check: Check) -> Observation:
        """Ask a router for the state of the port through which a link is seen.

        Up is up, any other state that the router names is down. Where the router is silent, refuses or does not tell,
        nothing is known of the link: the observation is blind (LK-1, "A link").
        """
        start, began = self._wall(), self._monotonic()
        link = self._device(check.device)
        router = self._device(link.reach.of) if link else None
        if router is None:
            return self._failed(check, start, began, Failure.LOCAL, f"{check.device} names no router of the inventory")
        failure: Failure | None
        timing = Timing()
        limit = limit_of(check)
        try:
            async with asyncio.timeout(limit) as deadline:
                dialogue = Dialogue(self._client, await self._access.target_of_device(router, check.timeout))
                timing = dialogue.timing
                async with self._lock(router.id):
                    failure, detail = await self._port_state(router, check.interface, dialogue)
        except TimeoutError:
            if not deadline.expired():
                raise
            failure, detail = Failure.LOCAL, f"{router.id} was not read within {limit:g} s"
        except SnmpFailure as why:
            failure = Failure.AUTH if why.failure is None else Failure.LOCAL
            detail = f"{router.id} does not tell: {why.detail}"
        return Observation(check, timing.sent_at or start, failure, detail, duration=self._monotonic() - began)

    async def _port_state(self, router: Device, name: str, dialogue: Dialogue) -> tuple[Failure | None, str]:
        known = self._known.get(router.id)
        was_known = known is not None and known.device == router
        if known is None or not was_known:
            known = await self._met(router, dialogue)
        status = await self._status(known, name, dialogue)
        renamed = name in known.plan.interfaces or self._monotonic() - known.made > _PATIENCE
        if status is None and was_known and renamed:
            known = await self._met(router, dialogue)
            status = await self._status(known, name, dialogue)
        if status is None:
            return Failure.LOCAL, f"{router.id} has no interface {name}"
        if status == _UP:
            return None, ""
        if status in _STATUS:
            return Failure.UNREACHABLE, f"{name} is {_STATUS[status]} on {router.id}"
        return Failure.LOCAL, f"{router.id} does not know the state of {name}"

    async def _status(self, known: _Known, name: str, dialogue: Dialogue) -> int | None:
        """Ask for a port's state together with the cell that vouches for it; ``None``: there is no such port."""
        port: Interface | None = known.plan.interfaces.get(name)
        if port is None:
            return None
        status, *vouchers = await dialogue.get(
            (f"{_IF_OPER_STATUS}.{port.index}", *([port.key_cell] if port.key_cell else ()))
        )
        if vouchers and vouchers[0] != port.key_value:
            return None
        return status if isinstance(status, int) else _UNKNOWN
