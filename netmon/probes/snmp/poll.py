"""One poll by a plan: its requests one after the other, one future for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from netmon.probes.snmp.dialogue import Dialogue, cell_of
from netmon.profiles import Cell, Plan, Rows, Values
from netmon.snmp import wire
from netmon.snmp.client import Exchange, Memo, SnmpClient, SnmpError, SnmpFailure, Target
from netmon.snmp.wire import Template

_OUT_OF_TIME: Final = "the time for this device was over before it was read whole"


@dataclass(slots=True)
class Polled:
    """What a poll brought.

    ``ticks`` are the sysUpTime cells in the order in which they came, ``sent_at`` the wall clock of the first packet.
    ``gaps`` says what could not be read (empty: nothing).
    """

    values: Values
    ticks: list[int]
    sent_at: float = 0.0
    gaps: list[str] = field(default_factory=list)


class Poll:
    """A plan made ready to be sent to one target, again and again."""

    def __init__(self, client: SnmpClient, plan: Plan, target: Target) -> None:
        """Prepare the requests."""
        self.target = target
        self._client = client
        self._plan = plan
        self._dialogue = Dialogue(client, target)
        self._questions = tuple([
            (target.template(wire.GET, tuple(map(wire.encode_oid, request))), Memo()) for request in plan.requests
        ])  # fmt: skip

    async def run(self, until: float) -> Polled:
        """Ask everything; from ``until`` on (the loop's time) nothing more, and what was read by then is kept.

        Raises:
            SnmpFailure: the device gave no values at all.
        """
        exchanges = await self._asked(until)
        first = exchanges[0]
        if first.failure is not None and _is_end(first.failure):
            raise first.failure
        polled = Polled(Values(()), [], first.sent_at)
        answers: list[Sequence[Cell] | None] = [_answer_of(exchange) for exchange in exchanges]
        if None in answers or len(answers) < len(self._questions):
            answers = await self._asked_again(exchanges, answers, polled)
        failed = self._gather(answers, polled)
        if failed or self._plan.volatile:
            cells = polled.values.cells
            if len(failed) == len(cells) > 0:
                raise SnmpError(polled.gaps[0])
            polled.values = Values(cells, await self._volatile(polled, until), frozenset(failed))
        return polled

    def _gather(self, answers: Sequence[Sequence[Cell] | None], polled: Polled) -> list[int]:
        """Put the answers together; gives the slots of requests without one."""
        cells: list[Cell] = []
        begin = 1 + bool(self._plan.uptime)
        failed: list[int] = []
        for request, answer in zip(self._plan.requests, answers, strict=True):
            if answer is None:
                missing = len(request) + 1 - begin
                failed += range(len(cells), len(cells) + missing)
                cells += [None] * missing
                continue
            ticks = answer[1]
            if begin > 1 and isinstance(ticks, int):
                polled.ticks.append(ticks)
            cells += answer[begin:]
        polled.values = Values(cells)
        return failed

    async def _asked(self, until: float) -> list[Exchange]:
        asking = _Asking(self._client, self.target, self._questions, until)
        asking.ask()
        try:
            await asking.done
        finally:
            self._client.cancel(asking.exchanges[-1])  # nothing to do when it is done
        return asking.exchanges

    async def _asked_again(
        self, exchanges: Sequence[Exchange], answers: Sequence[Sequence[Cell] | None], polled: Polled
    ) -> list[Sequence[Cell] | None]:
        """Complete the answers: ask for less where the agent stumbled; ``None`` for what is not to be had."""
        completed: list[Sequence[Cell] | None] = []
        for request, exchange, answer in zip_longest(self._plan.requests, exchanges, answers):
            completed.append(answer if answer is not None else await self._piecewise(request, exchange, polled))
        return completed

    async def _piecewise(
        self, request: Sequence[str], exchange: Exchange | None, polled: Polled
    ) -> Sequence[Cell] | None:
        if exchange is None:
            polled.gaps = polled.gaps or [_OUT_OF_TIME]
        elif isinstance(exchange.failure, SnmpError):
            # Too big, or one object that the agent stumbles over: ask for less, and without it.
            try:
                return [None, *await self._dialogue.get(request)]
            except SnmpFailure as failure:
                polled.gaps.append(failure.detail)
        else:
            polled.gaps.append(exchange.failure.detail if exchange.failure is not None else "an empty answer")
        return None

    async def _volatile(self, polled: Polled, until: float) -> dict[str, Rows]:
        """Walk what comes and goes; a table that cannot be read, or not in time, is a gap."""
        columns: dict[str, Rows] = {}
        try:
            async with asyncio.timeout_at(until):
                for group in self._plan.volatile:
                    try:
                        columns |= await self._dialogue.columns(group)
                    except SnmpFailure as failure:
                        polled.gaps.append(failure.detail)
        except TimeoutError:
            polled.gaps.append(_OUT_OF_TIME)
        return columns


class _Asking:
    """Questions that are asked one after the other: each answer's callback sends the next one."""

    __slots__ = ("_client", "_loop", "_questions", "_target", "_until", "done", "exchanges")

    def __init__(
        self, client: SnmpClient, target: Target, questions: Sequence[tuple[Template, Memo]], until: float
    ) -> None:
        self._client = client
        self._target = target
        self._questions = questions
        self._until = until
        self._loop = asyncio.get_running_loop()
        self.done = self._loop.create_future()
        self.exchanges: list[Exchange] = []

    def ask(self) -> None:
        template, memo = self._questions[len(self.exchanges)]
        self.exchanges.append(self._client.request(self._target, template, self._on_done, memo))

    def _on_done(self, exchange: Exchange) -> None:
        failure = exchange.failure
        is_over = len(self.exchanges) == len(self._questions) or (failure is not None and _is_end(failure))
        if not is_over and self._loop.time() < self._until:
            self.ask()
        elif not self.done.done():
            self.done.set_result(None)


def _is_end(failure: SnmpFailure) -> bool:
    """Say whether asking on is useless: an agent's error is about one question, anything else about all."""
    return not isinstance(failure, SnmpError)


def _answer_of(exchange: Exchange) -> Sequence[Cell] | None:
    """Give the request-id and the cells of an answer; ``None`` where there is none."""
    if exchange.values is not None:
        return exchange.values
    if exchange.failure is not None or not exchange.varbinds:
        return None
    cells = [cell_of(bind) if bind[1] == wire.OBJECT_IDENTIFIER else bind[2] for bind in exchange.varbinds]
    return [exchange.request_id, *cells]
