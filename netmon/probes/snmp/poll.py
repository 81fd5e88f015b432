"""One poll by a plan: its requests one after the other, one future for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from netmon.probes.snmp.dialogue import FEW, Dialogue, cell_of
from netmon.profiles import Cell, Plan, Rows, Values
from netmon.snmp import wire
from netmon.snmp.client import Exchange, Memo, SnmpClient, SnmpError, SnmpFailure, SnmpTimeout, Target
from netmon.snmp.wire import Template

_LEAST: Final = 4  # objects in a request that every agent can answer
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

    def __init__(self, client: SnmpClient, plan: Plan, target: Target, most: int = 0) -> None:
        """Prepare the requests; ``most`` is the number of objects in one, 0: as many as the plan puts into it."""
        self.target = target
        self._client = client
        self._plan = plan
        self._dialogue = Dialogue(client, target)
        self._most = most or max(map(len, plan.requests))
        self._is_proven = False  # all of it was answered once
        self._prepare()

    def of(self, target: Target) -> Poll:
        """Make the same for another target."""
        return Poll(self._client, self._plan, target, self._most)

    def _prepare(self) -> None:
        head = self._plan.requests[0][: bool(self._plan.uptime)]
        self._requests = self._plan.requests
        if self._most < max(map(len, self._requests)):
            self._requests = tuple([
                (*head, *piece)
                for request in self._plan.requests
                for piece in _pieces(request[len(head) :], self._most - len(head))
            ])  # fmt: skip
        self._questions = tuple([
            (self.target.kept_template(wire.GET, tuple(map(wire.encode_oid, request))), Memo())
            for request in self._requests
        ])  # fmt: skip

    def ask_for_less(self, most: int = 0) -> bool:
        """Ask for ``most`` objects at a time from now on, for half as many as now; false: it cannot be less."""
        most = most or self._most // 2
        if not _LEAST <= most < self._most:
            return False
        self._most = most
        self._prepare()
        return True

    async def run(self, until: float) -> Polled:
        """Ask everything; from ``until`` on (the loop's time) nothing more, and what was read by then is kept.

        Raises:
            SnmpFailure: the device gave no values at all.
        """
        exchanges = await self._asked(until)
        if not self._is_proven and self._is_too_much(exchanges):
            exchanges = await self._asked(until)
        first = exchanges[0]
        if first.failure is not None and _is_end(first.failure):
            raise first.failure
        polled = Polled(Values(()), [], first.sent_at)
        answers = [_answer_of(exchange) for exchange in exchanges]
        if None not in answers and len(answers) == len(self._questions):
            self._is_proven = True
            self._gather(answers, polled)
            failed: list[int] = []
        else:
            failed = await self._completed(exchanges, answers, polled)
        if failed or self._plan.volatile:
            columns = await self._volatile(polled, until)
            polled.values = Values(polled.values.cells, columns, frozenset(failed))
        return polled

    async def _asked(self, until: float) -> list[Exchange]:
        if len(self._questions) > 1:
            asking = _Asking(self._client, self.target, self._questions, until)
            exchanges, done = asking.exchanges, asking.done
            asking.ask()
        else:
            template, memo = self._questions[0]
            done = asyncio.get_running_loop().create_future()
            exchanges = [self._client.request(self.target, template, done.set_result, memo)]
        try:
            await done
        finally:
            if done.cancelled():  # who waited was
                self._client.cancel(exchanges[-1])
        return exchanges

    async def _completed(
        self, exchanges: Sequence[Exchange], answers: Sequence[Sequence[Cell] | None], polled: Polled
    ) -> list[int]:
        """Complete what was not answered, as far as that goes; gives the slots of requests without an answer.

        Raises:
            SnmpError: There is nothing at all.
        """
        failed = self._gather(await self._asked_again(exchanges, answers, polled), polled)
        if len(failed) == len(polled.values.cells) > 0:
            raise SnmpError(polled.gaps[0])
        if any(isinstance(one.failure, SnmpError) and one.failure.status == wire.TOO_BIG for one in exchanges):
            self.ask_for_less()
        return failed

    def _is_too_much(self, exchanges: Sequence[Exchange]) -> bool:
        """Ask for less where an agent that has just been met is silent about many objects at a time."""
        return any(isinstance(one.failure, SnmpTimeout) for one in exchanges) and self.ask_for_less(FEW)

    def _gather(self, answers: Sequence[Sequence[Cell] | None], polled: Polled) -> list[int]:
        """Put the answers together; gives the slots of requests without one."""
        cells: list[Cell] = []
        begin = 1 + bool(self._plan.uptime)
        failed: list[int] = []
        for request, answer in zip(self._requests, answers, strict=True):
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

    async def _asked_again(
        self, exchanges: Sequence[Exchange], answers: Sequence[Sequence[Cell] | None], polled: Polled
    ) -> list[Sequence[Cell] | None]:
        """Complete the answers: ask for less where the agent stumbled; ``None`` for what is not to be had."""
        completed: list[Sequence[Cell] | None] = []
        for request, exchange, answer in zip_longest(self._requests, exchanges, answers):
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


def _pieces(instances: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Cut into pieces; nothing is one piece too: a request for the time of start alone."""
    for at in range(0, len(instances) or 1, size):
        yield instances[at : at + size]


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
