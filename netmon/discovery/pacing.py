"""How fast discovery may send, and the client that keeps to it and to the scope."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from netmon.discovery.scope import Scope
from netmon.snmp.client import SnmpClient, SnmpLocal, SnmpTimeout, Target, Timing
from netmon.snmp.wire import Template, VarBind

_GRAIN: Final = 0.005
"""Seconds that a packet may go early: a loop cannot sleep for less."""


class Turns:
    """Lets so many packets go a second, in the order in which they were asked for."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``rate`` is packets a second."""
        self.sent = 0
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    async def take(self, packets: int = 1) -> None:
        """Wait until so many packets may go."""
        now = self._clock()
        due = max(self._next, now)
        self._next = due + packets / self._rate
        self.sent += packets
        if due - now > _GRAIN:
            await self._sleep(due - now)


class PacedClient(SnmpClient):
    """An SNMP client whose every question waits for its turn, and which asks nobody outside of the scope."""

    def __init__(self, scope: Scope, turns: Turns) -> None:
        """Note the bounds."""
        super().__init__()
        self._scope = scope
        self._turns = turns

    async def ask(self, target: Target, template: Template, timing: Timing | None = None) -> list[VarBind]:
        """Ask one question; each try takes a turn of its own.

        Raises:
            SnmpFailure: As the client's own; ``SnmpLocal`` for an address outside of the scope, to which nothing is
                sent.
        """
        if target.address not in self._scope:
            raise SnmpLocal(f"{target.address} lies outside of {self._scope}: nothing was sent")
        once = replace(target, retries=0)
        for _ in range(target.retries):
            await self._turns.take()
            try:
                return await super().ask(once, template, timing)
            except SnmpTimeout:
                continue
        await self._turns.take()
        return await super().ask(once, template, timing)
