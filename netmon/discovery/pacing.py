"""How fast discovery may send, and the client that keeps to it and to the scope."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from netmon.discovery.scope import Scope
from netmon.snmp.client import SnmpClient, SnmpLocal, SnmpTimeout, Target, Timing
from netmon.snmp.wire import Template, VarBind

_GRAIN: Final = 0.005
"""Seconds that a packet may go early: a loop cannot sleep for less."""

_Waiting = tuple[int, asyncio.Future[None]]
"""How many packets, and who is told that they may go."""


class Turns:
    """Lets so many packets go a second, in the order in which they were asked for, the urgent ones first.

    Whoever has answered is read before the next ones are knocked at: else a device that was found would wait for its
    turn behind all that are still to be looked for, at each of its questions.
    """

    def __init__(self, rate: float) -> None:
        """``rate`` is packets a second."""
        self.sent = 0
        self._rate = rate
        self._next = 0.0
        self._urgent: deque[_Waiting] = deque()
        self._others: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, packets: int = 1, *, urgent: bool = False) -> None:
        """Wait until so many packets may go."""
        turn = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._others).append((packets, turn))
        if self._timer is None:
            self._go()
        await turn

    def _go(self) -> None:
        """Let those go whose time has come, and come again for the others."""
        self._timer = None
        loop = asyncio.get_running_loop()
        while lane := self._urgent or self._others:
            now = loop.time()
            if self._next - now > _GRAIN:
                self._timer = loop.call_at(self._next, self._go)
                return
            packets, turn = lane.popleft()
            if not turn.done():  # else nobody waits for it any more
                self._next = max(self._next, now) + packets / self._rate
                self.sent += packets
                turn.set_result(None)


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
            await self._turns.take(urgent=target.urgent)
            try:
                return await super().ask(once, template, timing)
            except SnmpTimeout:
                continue
        await self._turns.take(urgent=target.urgent)
        return await super().ask(once, template, timing)
