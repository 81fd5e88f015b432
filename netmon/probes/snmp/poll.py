"""One poll by a plan: all its requests at once, one future for them together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netmon.probes.snmp.contact import Contact
from netmon.probes.snmp.dialogue import Dialogue, cell_of
from netmon.profiles import Cell, Rows, Values
from netmon.snmp import wire
from netmon.snmp.client import Exchange, SnmpClient, SnmpError, SnmpFailure, Target
from netmon.snmp.wire import Template


@dataclass(slots=True)
class Polled:
    """What a poll brought.

    ``ticks`` are the sysUpTime cells in the order in which they came, ``sent_at`` the wall clock of the first packet.
    ``gaps`` says what could not be read (empty: nothing).
    """

    values: Values
    ticks: list[int] = field(default_factory=list)
    sent_at: float = 0.0
    gaps: list[str] = field(default_factory=list)


class Poll:
    """A plan made ready to be sent to one target, again and again."""

    def __init__(self, client: SnmpClient, contact: Contact, target: Target) -> None:
        """Prepare the requests."""
        self.target = target
        self._client = client
        self._plan = contact.plan
        self._templates = [
            target.template(wire.GET, [wire.encode_oid(instance) for instance in request])
            for request in contact.plan.requests
        ]

    async def run(self, dialogue: Dialogue) -> Polled:
        """Ask everything.

        Raises:
            SnmpFailure: the device gave no values at all.
        """
        exchanges = await asked_together(self._client, self.target, self._templates)
        for exchange in exchanges:
            if exchange.sent_at:
                dialogue.timing.note(exchange)
        first = next((exchange.failure for exchange in exchanges if exchange.failure is not None), None)
        if first is not None and not any(exchange.varbinds for exchange in exchanges) and _is_end(first):
            raise first
        polled = Polled(Values(()), sent_at=exchanges[0].sent_at if exchanges else 0.0)
        cells: list[Cell] = []
        failed: set[int] = set()
        head = bool(self._plan.uptime)
        for request, exchange in zip(self._plan.requests, exchanges, strict=True):
            answer: list[Cell] | None
            if exchange.failure is None and exchange.varbinds:
                answer = [cell_of(bind) if bind[1] == wire.OBJECT_IDENTIFIER else bind[2] for bind in exchange.varbinds]
            else:
                answer = await self._asked_again(dialogue, request, exchange, polled)
            if answer is None:
                failed.update(range(len(cells), len(cells) + len(request) - head))
                answer = [None] * len(request)
            elif head and isinstance(answer[0], int):
                polled.ticks.append(answer[0])
            cells += answer[head:]
        if failed and len(failed) == len(cells):
            raise SnmpError(polled.gaps[0] if polled.gaps else "the agent gives none of its values")
        polled.values = Values(cells, await self._volatile(dialogue, polled), frozenset(failed))
        return polled

    async def _asked_again(
        self, dialogue: Dialogue, request: Sequence[str], exchange: Exchange, polled: Polled
    ) -> list[Cell] | None:
        """Give the cells of a request that brought none; ``None`` where it brings none this way either."""
        if isinstance(exchange.failure, SnmpError):
            # Too big, or one object that the agent stumbles over: ask for less, and without it.
            try:
                return await dialogue.get(request)
            except SnmpFailure as failure:
                polled.gaps.append(failure.detail)
                return None
        polled.gaps.append(exchange.failure.detail if exchange.failure is not None else "not asked any more")
        return None

    async def _volatile(self, dialogue: Dialogue, polled: Polled) -> dict[str, Rows]:
        columns: dict[str, Rows] = {}
        for group in self._plan.volatile:
            try:
                columns |= await dialogue.columns(group)
            except SnmpFailure as failure:
                polled.gaps.append(failure.detail)
        return columns


def _is_end(failure: SnmpFailure) -> bool:
    """Say whether asking on is useless: an agent's error is about one question, anything else about all."""
    return not isinstance(failure, SnmpError)


async def asked_together(client: SnmpClient, target: Target, templates: Sequence[Template]) -> list[Exchange]:
    """Ask all questions and wait for the last answer; after one without an answer the rest is not asked any more.

    Such an exchange has neither varbinds nor a failure.
    """
    if not templates:
        return []
    done = asyncio.get_running_loop().create_future()
    exchanges: list[Exchange] = []
    on_done = _counting(client, exchanges, len(templates), done)
    exchanges += [client.request(target, template, on_done) for template in templates]
    try:
        await done
    finally:
        for exchange in exchanges:
            client.cancel(exchange)
    return exchanges


def _counting(
    client: SnmpClient, exchanges: list[Exchange], left: int, done: asyncio.Future[None]
) -> Callable[[Exchange], None]:
    def on_done(exchange: Exchange) -> None:
        nonlocal left
        left -= 1
        if exchange.failure is not None and _is_end(exchange.failure):
            left = 0
            for other in exchanges:
                client.cancel(other)
        if left <= 0 and not done.done():
            done.set_result(None)

    return on_done
