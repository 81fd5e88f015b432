"""Whether the monitor itself is cut off: it asks what lies outside everything it watches."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from netmon.model import Check, ReachKind, Witness
from netmon.probes import Probe
from netmon.scheduler.asking import Asker
from netmon.scheduler.bugs import Bugs
from netmon.scheduler.counters import Counters

_GAP: Final = 0.2
"""Seconds between two probes of one witness, however many devices fail: questions meanwhile share the next probe."""

_STAND_INS: Final = 5
"""Without a witness, this many of the devices that answered last are asked in its place."""


@dataclass(slots=True, eq=False)
class _Seat:
    """One witness, or a device in its place. Moments are when probes were begun, on the monotonic clock."""

    check: Check
    begun: float = -math.inf
    asked: float = -math.inf  # of the last probe that has ended
    answered: float = -math.inf  # of the last probe that was answered
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class _Question:
    """Somebody waits to hear whether one of ``seats`` answered a probe begun at ``at`` or later."""

    at: float
    of: str
    seats: Sequence[_Seat]
    verdict: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Witnesses:
    """Asks the witnesses, for many failing devices at once and each witness at most five times a second.

    Where none is configured, an answer of any other device serves (:meth:`heard`), and the devices that answered
    last are asked in its place.

    Attributes:
        up: Whether a witness answered when last asked; ``None`` before the first word.
        last_answer: Wall clock (Unix seconds) of the last answer, 0 before.
        counters: What the scheduler counts; the scheduler shares it.
        bugs: Where exceptions of our own end; the scheduler shares it.
    """

    def __init__(
        self,
        witnesses: Sequence[Witness],
        probes: Mapping[str, Probe],
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        interval: float = 10.0,
    ) -> None:
        """Take the inventory's witnesses; each is asked every ``interval`` seconds also when nothing fails."""
        self.up: bool | None = None
        self.last_answer = 0.0
        self.counters = Counters()
        self.bugs = Bugs(self.counters, monotonic)
        self._asker = Asker(probes, self.counters, self.bugs, wall=wall, monotonic=monotonic)
        self._wall = wall
        self._monotonic = monotonic
        self._interval = interval
        self._witnesses = tuple(witnesses)
        self._seats = [_Seat(_check_of(witness)) for witness in self._witnesses]
        self._heard: dict[str, _Seat] = {}  # stand-ins by device, the one that answered last at the end
        self._questions: list[_Question] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def load(self, witnesses: Sequence[Witness], devices: Iterable[str] = ()) -> None:
        """Take a new inventory's witnesses; ``devices`` are those whose answers may serve in their place."""
        known = frozenset(devices)
        self._heard = {device: seat for device, seat in self._heard.items() if device in known}
        if tuple(witnesses) == self._witnesses:
            return
        for seat in self._seats:
            if seat.task is not None:
                seat.task.cancel()
        self._witnesses = tuple(witnesses)
        self._seats = [_Seat(_check_of(witness)) for witness in self._witnesses]
        self.up = None
        for question in self._questions:
            question.seats = self._seats_for(question.of)
        self._settle()

    async def run(self) -> None:
        """Ask every witness in turn, so that ``up`` is known when nothing fails; until cancelled."""
        try:
            while True:
                if self._seats:
                    with self.bugs.caught():
                        await self.answered_since(self._monotonic())
                await asyncio.sleep(self._interval)
        finally:
            running = tuple(self._tasks)
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task

    async def answered_since(self, at: float, *, of: str = "") -> bool:
        """Say whether a witness has answered a probe sent at ``at`` (monotonic seconds) or later, asking if need be.

        Waits for the first answer, or until every witness has left such a probe unanswered. ``of`` is the device in
        question: where devices serve in place of witnesses, it cannot be its own.
        """
        question = _Question(at, of, self._seats_for(of))
        self._questions.append(question)
        self._settle()
        try:
            return await question.verdict
        finally:
            with suppress(ValueError):  # settled questions have left the list
                self._questions.remove(question)

    def heard(self, check: Check, sent: float) -> None:
        """Note that a device answered a packet sent at ``sent`` (monotonic seconds); only deciding checks stand in.

        What a controller tells of an access point is no answer of it, and may have been told a while ago.
        """
        if self._seats or check.probe == ReachKind.CONTROLLER:
            return
        self._note_answer()
        seat = self._heard.pop(check.device, None)
        if check.decides:
            if seat is None or seat.check != check:
                seat = _Seat(check)
            seat.answered = max(seat.answered, sent)
        if seat is not None:
            self._heard[check.device] = seat
        for question in self._questions:
            if question.of != check.device and sent >= question.at:
                _answer(question, True)
        self._drop_answered()

    def _seats_for(self, of: str) -> Sequence[_Seat]:
        if self._seats:
            return self._seats
        others = (seat for device, seat in reversed(self._heard.items()) if device != of)
        return list(islice(others, _STAND_INS))

    def _settle(self) -> None:
        """Answer what can be answered, and ask for the rest."""
        for question in self._questions:
            if any(seat.answered >= question.at for seat in question.seats):
                _answer(question, True)
            elif all(seat.asked >= question.at for seat in question.seats):
                if not self._seats:
                    self.up = False
                _answer(question, False)
        self._drop_answered()
        for question in self._questions:
            for seat in question.seats:
                if seat.task is None and seat.asked < question.at:
                    seat.task = asyncio.get_running_loop().create_task(self._ask(seat))
                    self._tasks.add(seat.task)
                    seat.task.add_done_callback(self._tasks.discard)

    def _drop_answered(self) -> None:
        self._questions = [question for question in self._questions if not question.verdict.done()]

    async def _ask(self, seat: _Seat) -> None:
        try:
            pause = seat.begun + _GAP - self._monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            seat.begun = self._monotonic()
            answer = await self._asker.ask(seat.check)
        finally:
            seat.task = None
        seat.asked = seat.begun
        if answer.observation.failure is None:
            seat.answered = seat.begun
            self._note_answer()
        elif self._seats:
            self._note_silence()
        self._settle()

    def _note_answer(self) -> None:
        self.up = True
        self.last_answer = self._wall()

    def _note_silence(self) -> None:
        # One that has never been asked to the end may still answer.
        if all(seat.asked > seat.answered for seat in self._seats):
            self.up = False


def _answer(question: _Question, answered: bool) -> None:
    if not question.verdict.done():
        question.verdict.set_result(answered)


def _check_of(witness: Witness) -> Check:
    kind = witness.reach.kind
    return Check(
        id=f"witness/{witness.address}",
        device="",
        probe=kind.value,
        interval=1,  # a question must not wait long for a probe that hangs
        address=witness.address,
        port=witness.reach.port if kind is ReachKind.TCP else witness.port,
        credential=witness.credential,
    )
