"""When each check is asked: spread over its interval, never two at a time, never in a burst."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import itertools
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from netmon.model import Check, Failure, Inventory, Observation, Outcome
from netmon.probes import Probe
from netmon.scheduler.asking import Asker
from netmon.scheduler.checks import checks_of
from netmon.scheduler.confirm import Confirmer
from netmon.scheduler.faults import LocalFaults
from netmon.scheduler.witness import Witnesses

_GRID: Final = 0.1  # turns come in steps of so many seconds, those of one step together: it wakes the loop less often
_EARLY: Final = 0.001  # a turn so many seconds ahead has come: its step is one, however its sums were rounded
_SHORTEST_SLEEP: Final = 0.02
_LATE: Final = 1.0
_CATCH_UP_SLEEP: Final = 0.1
_CATCH_UP_RATE: Final = 4  # what is overdue is begun at this many times the ordinary rate
_CATCH_UP_LEAST: Final = 10  # rounds at once
_IDLE: Final = 60.0
_SOON_GAP: Final = 5.0  # seconds between two looks at one device, or half its interval where that is less
_SLOWEST: Final = 20
_HASH_RANGE: Final = 1 << 64


@dataclass(slots=True, eq=False)
class _Lane:
    """Checks that share a limit, and how many of their rounds run; moments are seconds on the monotonic clock.

    What decides up and down has a lane of its own, so that it never waits for readings.
    """

    limit: int
    queue: list[tuple[float, int, _Entry, bool]] = field(default_factory=list)  # due, tie-breaker, entry, "look soon"
    running: int = 0
    at_once: int = _CATCH_UP_LEAST
    begun: float = float("-inf")  # the latest round
    rests_until: float = float("-inf")


@dataclass(slots=True, eq=False)
class _Entry:
    """A check and where it stands; moments are seconds on the monotonic clock."""

    check: Check
    lane: _Lane
    due: float
    begun: float = float("-inf")
    duration: float = 0.0
    task: asyncio.Task[None] | None = None
    looks_soon: bool = False
    removed: bool = False
    outcome: Outcome | None = None  # of the last round


class Scheduler:
    """Asks every check of the inventory in its interval and hands each observation to the sink.

    Attributes:
        counters: What was asked, failed, was late or skipped, and our own bugs.
        witness: Who tells whether the monitor itself is cut off.
    """

    def __init__(
        self,
        *,
        probes: Mapping[str, Probe],
        sink: Callable[[Observation], None],
        witness: Witnesses,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        limit: int = 1000,
        overflowed_at: Callable[[], float],
    ) -> None:
        """Keep what is needed to ask; nothing is asked before :meth:`run`.

        ``sink`` is called once a round, in the loop. ``limit`` rounds at most of the checks that decide, and as many of
        the others, run at a time. ``overflowed_at`` gives the monotonic time when a shared socket was last seen to drop
        packets, ``-inf`` before.
        """
        self.counters = witness.counters
        self.witness = witness
        self._bugs = witness.bugs
        self._sink = sink
        self._wall = wall
        self._monotonic = monotonic
        self._faults = LocalFaults(self.counters, wall=wall, monotonic=monotonic, overflowed_at=overflowed_at)
        asker = Asker(probes, self.counters, self._bugs, wall=wall, monotonic=monotonic)
        self._confirmer = Confirmer(asker, witness, self._faults, self._first_miss, wall=wall, monotonic=monotonic)
        self._entries: dict[str, _Entry] = {}
        self._deciding: dict[str, _Entry] = {}  # by device
        self._behind: dict[str, tuple[str, ...]] = {}
        self._ahead_of: dict[str, tuple[str, ...]] = {}  # what hangs on a device
        self._lanes = {decides: _Lane(limit) for decides in (True, False)}
        self._numbers = itertools.count()
        self._wake = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    def load(self, inventory: Inventory) -> None:
        """Take an inventory, the first or a new one, at any moment in the loop's thread.

        Checks that have not changed keep their turn, a running round included; those that are gone stop at once.
        """
        checks = {check.id: check for check in checks_of(inventory)}
        now = self._monotonic()
        for entry in [entry for entry in self._entries.values() if checks.get(entry.check.id) != entry.check]:
            self._remove(entry)
        for check in checks.values():
            if check.id not in self._entries:
                due = first_turn(check.id, check.interval, now)
                entry = self._entries[check.id] = _Entry(check, self._lanes[check.decides], due)
                self._push(entry, due)
        self._deciding = {entry.check.device: entry for entry in self._entries.values() if entry.check.decides}
        self._behind = {device.id: device.behind for device in inventory.devices.values()}
        self._ahead_of = _turned_round(self._behind)
        for decides, lane in self._lanes.items():
            rate = sum(1 / check.interval for check in checks.values() if check.decides == decides)
            lane.at_once = max(_CATCH_UP_LEAST, round(_CATCH_UP_RATE * rate * _CATCH_UP_SLEEP))
        self.witness.load(inventory.witness, self._deciding)
        self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled; then every round that still runs is cancelled too, and nothing is left behind."""
        self._line_up()
        self._faults.start()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self.witness.run())
                while True:
                    pause = _LATE
                    with self._bugs.caught():
                        now = self._monotonic()
                        pause = min([self._begin_due(lane, group, now) for lane in self._lanes.values()])
                    await self._rest(pause)
        finally:
            self._group = None
            self._faults.stop()

    def _line_up(self) -> None:
        """Set every check's first turn: time between loading and running is nobody's lateness."""
        now = self._monotonic()
        for lane in self._lanes.values():
            lane.queue.clear()
        for entry in self._entries.values():
            entry.due = max(entry.due, first_turn(entry.check.id, entry.check.interval, now))
            entry.looks_soon = False
            self._push(entry, entry.due)

    def soon(self, device: str) -> None:
        """Look at a device now, out of turn; an unknown device is nothing to look at.

        Several wishes are one look, and a device is looked at no more than once in five seconds (or half its
        interval): a wish that comes too early is kept until then.
        """
        entry = self._deciding.get(device)
        if entry is None or entry.looks_soon or entry.task is not None:
            return
        entry.looks_soon = True
        due = max(self._monotonic(), entry.begun + min(_SOON_GAP, entry.check.interval / 2))
        self._push(entry, due, soon=True)
        if entry.lane.queue[0][2] is entry:  # otherwise we are up before, or still catching up
            self._wake.set()

    def slow(self) -> list[tuple[str, float]]:
        """List the devices whose last rounds took longest, with seconds, slowest first; twenty at most."""
        slowest: dict[str, float] = {}
        for entry in self._entries.values():
            device = entry.check.device
            slowest[device] = max(slowest.get(device, 0.0), entry.duration)
        return heapq.nlargest(_SLOWEST, ((d, s) for d, s in slowest.items() if s > 0), key=lambda item: item[1])

    def overdue(self) -> float:
        """Say for how many seconds a round that decides has been due and none begun; 0 while rounds begin."""
        lane = self._lanes[True]
        if not lane.queue:
            return 0.0
        return max(0.0, self._monotonic() - max(lane.begun, lane.queue[0][0]))

    def _first_miss(self, device: str) -> None:
        for parent in self._behind.get(device, ()):
            self.soon(parent)

    def _remove(self, entry: _Entry) -> None:
        entry.removed = True
        del self._entries[entry.check.id]
        if entry.task is not None:
            entry.task.cancel()

    def _push(self, entry: _Entry, due: float, *, soon: bool = False) -> None:
        heapq.heappush(entry.lane.queue, (due, next(self._numbers), entry, soon))

    async def _rest(self, pause: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()
        self._wake.clear()

    def _begin_due(self, lane: _Lane, group: asyncio.TaskGroup, now: float) -> float:
        """Begin the rounds of a lane whose time has come, so many at once; say how long to rest."""
        if now < lane.rests_until - _EARLY:
            return lane.rests_until - now
        for _ in range(lane.at_once):
            if lane.running >= lane.limit or not lane.queue:
                return _IDLE  # the end of a round, or a new inventory, wakes us
            due, _, entry, soon = lane.queue[0]
            if due > now + _EARLY:
                return max(_SHORTEST_SLEEP, due - now)
            heapq.heappop(lane.queue)
            if entry.removed:
                continue
            if soon:
                entry.looks_soon = False
                begins = entry.task is None
            else:
                begins = self._turn(entry, now)
            if begins:
                self._begin(group, entry, now)
        lane.rests_until = now + _CATCH_UP_SLEEP
        return _CATCH_UP_SLEEP

    def _turn(self, entry: _Entry, now: float) -> bool:
        """Count a check's turn, set its next one, and say whether it can be asked."""
        counters = self.counters.of(entry.check.probe)
        late = max(0.0, now - entry.due)
        missed = int(late // entry.check.interval)  # whole rounds gone by while nobody could ask: not made up for
        counters.skipped += missed
        entry.due += (missed + 1) * entry.check.interval
        self._push(entry, entry.due)
        if entry.task is not None:  # a look between two turns that still goes on is this turn's
            counters.skipped += now - entry.begun >= entry.check.interval - _LATE
            return False
        counters.late_seconds_max = max(counters.late_seconds_max, late)
        counters.late += late > _LATE
        return True

    def _begin(self, group: asyncio.TaskGroup, entry: _Entry, now: float) -> None:
        entry.begun = entry.lane.begun = now
        entry.lane.running += 1
        entry.task = group.create_task(self._round(entry), name=entry.check.id)
        entry.task.add_done_callback(lambda _: self._ended(entry))

    def _ended(self, entry: _Entry) -> None:
        entry.task = None
        entry.duration = self._monotonic() - entry.begun
        if entry.lane.running == entry.lane.limit:
            self._wake.set()
        entry.lane.running -= 1

    async def _round(self, entry: _Entry) -> None:
        check = entry.check
        at = self._wall()
        observation: Observation | None = None
        with self._bugs.caught():
            observation = await self._confirmer.observe(check)
        if observation is None:
            observation = Observation(check, at, Failure.INTERNAL, detail=self._bugs.last)
        counters = self.counters.of(check.probe)
        counters.rounds += 1
        if observation.failure is not None:
            counters.failures[observation.failure] += 1
        with self._bugs.caught():
            self._sink(observation)
        if check.decides:
            self._look_behind(entry, observation.outcome)

    def _look_behind(self, entry: _Entry, outcome: Outcome) -> None:
        """When a device fails or returns, look at what hangs on it: whoever is called is told what is dark."""
        before, entry.outcome = entry.outcome, outcome
        if {before, outcome} == {Outcome.UP, Outcome.DOWN}:
            for device in self._ahead_of.get(entry.check.device, ()):
                self.soon(device)


def _turned_round(behind: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Give what is behind each device, of what each device is behind."""
    found: dict[str, list[str]] = {}
    for device, parents in behind.items():
        for parent in parents:
            found.setdefault(parent, []).append(device)
    return {parent: tuple(devices) for parent, devices in found.items()}


def first_turn(check: str, interval: int, now: float) -> float:
    """Give the first turn of a check from ``now`` on, in monotonic seconds.

    Turns lie a hash of the check's id into its interval (seconds), in whole steps of a tenth of a second.
    """
    digest = hashlib.sha256(check.encode()).digest()
    phase = int(int.from_bytes(digest[:8]) / _HASH_RANGE * interval / _GRID) * _GRID
    return now + (phase - now) % interval
