"""When a failure is a failure: a deciding check is repeated, pinged and witnessed before its device is down.

The reasons are in ``docs/decisions/002-confirming-a-failure.md``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from netmon.model import NO_READINGS, Check, Failure, Observation, Outcome, ReachKind
from netmon.scheduler.asking import Answer, Asker
from netmon.scheduler.faults import LocalFaults
from netmon.scheduler.witness import Witnesses

_REPEAT_WITHIN: Final = 5.0
"""LK-1: a failure is provisional until a repeat within 5 s has failed too."""

_REPEAT_LATEST: Final = 4.0
"""The repeat waits for the witness no longer than this, counted from the first packet."""

_REPEAT_EARLIEST: Final = 1.0
"""A repeat in the same breath would meet the same lost packet."""

_PARTS: Final = 5
"""With short intervals the repeat may come after this part of one."""


@dataclass(frozen=True, slots=True)
class _Repeat:
    """What the repeat and those asked beside it said."""

    answer: Answer
    ping: Answer | None
    witnessed: bool


class Confirmer:
    """Makes one observation of a check: provisional failures are confirmed, or found to be none."""

    def __init__(
        self,
        asker: Asker,
        witness: Witnesses,
        faults: LocalFaults,
        first_miss: Callable[[str], None],
        *,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """Keep whom to ask; ``first_miss`` is told a device's id when its deciding check first fails."""
        self._asker = asker
        self._witness = witness
        self._faults = faults
        self._first_miss = first_miss
        self._wall = wall
        self._monotonic = monotonic

    async def observe(self, check: Check) -> Observation:
        """Ask the check, confirm its failure where it decides, and give the one observation of this round."""
        first = await self._asker.ask(check)
        observation = self._judged(first)
        if check.decides and observation.outcome is Outcome.DOWN:
            self._first_miss(check.device)
            observation = await self._confirmed(check, first)
        if observation.failure is None and not observation.idle:
            self._witness.heard(check, first.sent)
        return self._dated(observation, first.start)

    def _judged(self, answer: Answer) -> Observation:
        """Take a silence back that can be our own fault."""
        observation = answer.observation
        if observation.outcome is Outcome.DOWN:
            fault = self._faults.since(answer.start)
            if fault:
                return _blind(observation, Failure.LOCAL, fault)
        return observation

    def _dated(self, observation: Observation, start: float) -> Observation:
        """Make an observation blind whose ``at`` was read from a clock that has been set since."""
        if not self._faults.jumped_since(start):
            return observation
        at = self._wall() - (self._monotonic() - start)
        return _blind(observation, Failure.LOCAL, "the wall clock was set meanwhile")._replace(at=at)

    async def _confirmed(self, check: Check, first: Answer) -> Observation:
        between = asyncio.ensure_future(self._witness.answered_since(first.sent, of=check.device))
        try:
            if not await self._repeat_is_in_time(check, first, between):
                return _blind(first.observation, Failure.LOCAL, "the repeat came too late")
            repeat = await self._repeated(check)
            return await self._verdict(first, repeat, between)
        finally:
            between.cancel()

    async def _repeat_is_in_time(self, check: Check, first: Answer, between: asyncio.Future[bool]) -> bool:
        # A controller's list may take long to be read; that somebody is not in it, or not up, is known at its end.
        missed = first.end if check.probe == ReachKind.CONTROLLER else first.sent
        earliest = missed + min(_REPEAT_EARLIEST, check.interval / _PARTS)
        now = self._monotonic()
        await asyncio.wait({between}, timeout=max(0.0, missed + _REPEAT_LATEST - now))
        await asyncio.sleep(max(0.0, earliest - self._monotonic()))
        return self._monotonic() <= missed + _REPEAT_WITHIN

    async def _repeated(self, check: Check) -> _Repeat:
        # All three at once: the witness must answer in the very seconds in which the device is silent.
        asked_from = self._monotonic()
        async with asyncio.TaskGroup() as group:
            repeat = group.create_task(self._asker.ask(check))
            ping = group.create_task(self._asker.ask(_ping_of(check))) if check.confirm_by_ping else None
            witnessed = group.create_task(self._witness.answered_since(asked_from, of=check.device))
            answer = await repeat
            if answer.observation.outcome is Outcome.UP:
                for needless in (ping, witnessed):
                    if needless is not None:
                        needless.cancel()
                return _Repeat(answer, None, witnessed=False)
        return _Repeat(answer, ping.result() if ping is not None else None, witnessed=witnessed.result())

    async def _verdict(self, first: Answer, repeat: _Repeat, between: asyncio.Future[bool]) -> Observation:
        observation = repeat.answer.observation
        if observation.outcome is Outcome.UP:
            return observation._replace(at=first.observation.at, loss=(1.0 + (observation.loss or 0.0)) / 2)
        if observation.outcome is Outcome.BLIND:
            return observation._replace(at=first.observation.at)
        if repeat.ping is not None and repeat.ping.observation.outcome is not Outcome.DOWN:
            return _pinged(first.observation, repeat.ping.observation)
        witnessed = repeat.witnessed and await between and await self._answers_still(observation.check)
        fault = self._faults.since(first.start)
        if fault:
            return _blind(first.observation, Failure.LOCAL, fault)
        if not witnessed:
            return _blind(first.observation, Failure.WITNESS, "no witness answered")
        return first.observation

    async def _answers_still(self, check: Check) -> bool:
        return await self._witness.answered_since(self._monotonic(), of=check.device)


def _pinged(missed: Observation, ping: Observation) -> Observation:
    if ping.failure is None:
        return _blind(missed, Failure.AUTH, "answers ping but not SNMP")._replace(rtt=ping.rtt, loss=ping.loss)
    return _blind(missed, ping.failure, f"no SNMP, and the ping failed for another reason ({ping.detail})")


def _blind(observation: Observation, failure: Failure, why: str) -> Observation:
    detail = f"{why}: {observation.detail}" if observation.detail else why
    return observation._replace(failure=failure, detail=detail, readings=NO_READINGS, identity=None)


def _ping_of(check: Check) -> Check:
    return replace(check, id=f"{check.device}/ping", probe="icmp", port=0, decides=False, confirm_by_ping=False)
