"""A small world for the scheduler in virtual time: what answers when, and what was asked and observed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from virtual_time import VirtualTimeLoop

from netmon.model import (
    Check,
    Device,
    Failure,
    Inventory,
    Observation,
    Outcome,
    Reach,
    ReachKind,
    Role,
    Site,
    Uplink,
    Witness,
)
from netmon.scheduler import Scheduler, Witnesses

EPOCH = 1_790_000_000.0
NEVER = float("-inf")
WITNESS = Witness("10.0.0.1")


def device(name: str, **more: object) -> Device:
    """Describe an access point with a credential-less ICMP check, its address made from its name."""
    return Device(name, Role.ACCESS_POINT, **{"address": f"addr-{name}", "site": "s", **more})  # type: ignore[arg-type]


def city(devices: Iterable[Device], witness: tuple[Witness, ...] = (WITNESS,)) -> Inventory:
    """Put devices on one site."""
    by_id = {each.id: each for each in devices}
    site = Site("s", "13.71.01.1011", devices=tuple(by_id))
    return Inventory(sites={"s": site}, devices=by_id, witness=witness)


@dataclass
class Asked:
    """One call of a probe; moments are the loop's seconds."""

    address: str
    probe: str
    start: float
    end: float = NEVER
    answered: bool = False
    packets: tuple[float, ...] = ()


@dataclass
class World:
    """Addresses answer unless a test says otherwise; a probe sends ``packets`` requests within its timeout."""

    loop: VirtualTimeLoop
    silent: dict[str, Callable[[float], bool]] = field(default_factory=dict)
    """Address → whether it is silent to a packet sent then. ``probe:address`` goes before ``address``."""

    failing: dict[str, Failure] = field(default_factory=dict)
    """Address → how it fails at once, instead of by silence; ``probe:address`` goes before here too."""

    bug: dict[str, Callable[[], BaseException | None]] = field(default_factory=dict)
    """Address → the exception that the probe raises, or ``None`` this time."""

    uplink_down: Callable[[float], bool] = lambda _: False
    rtt: float = 0.01
    turns: int = 0  # of the loop that reading an answer takes
    packets: int = 2
    duration: dict[str, float] = field(default_factory=dict)
    set_by: float = 0.0  # how far the wall clock was set
    overflowed_at: float = NEVER
    asked: list[Asked] = field(default_factory=list)
    seen: list[tuple[float, Observation]] = field(default_factory=list)
    sink_bug: BaseException | None = None
    waiting: list[tuple[str, asyncio.Event]] = field(default_factory=list)

    async def is_asked(self, address: str) -> Asked:
        """Wait until an address is asked the next time."""
        asked = asyncio.Event()
        self.waiting.append((address, asked))
        await asked.wait()
        return self.asked_of(address)[-1]

    def wall(self) -> float:
        """Give Unix seconds."""
        return EPOCH + self.loop.time() + self.set_by

    def sink(self, observation: Observation) -> None:
        """Keep an observation."""
        if self.sink_bug is not None:
            raise self.sink_bug
        self.seen.append((self.loop.time(), observation))

    async def probe(self, check: Check) -> Observation:
        """Ask as a request-and-response protocol does: some packets, and the timeout shared among them."""
        at = self.wall()
        record = Asked(check.address, check.probe, self.loop.time())
        self.asked.append(record)
        for address, asked in self.waiting:
            if address == check.address:
                asked.set()
        try:
            return await self._ask(check, at, record)
        finally:
            record.end = self.loop.time()

    async def _ask(self, check: Check, at: float, record: Asked) -> Observation:
        raised = self.bug.get(check.address, lambda: None)()
        if raised is not None:
            raise raised
        if check.address in self.duration:
            await asyncio.sleep(self.duration[check.address])
        failure = self.failing.get(f"{check.probe}:{check.address}", self.failing.get(check.address))
        if failure is not None:
            return Observation(check, at, failure, detail="as the test says")
        for _packet in range(self.packets):
            now = self.loop.time()
            record.packets = (*record.packets, now)
            if not self._is_lost(check, now):
                await asyncio.sleep(self.rtt)
                for _ in range(self.turns):
                    await asyncio.sleep(0)
                record.answered = True
                return Observation(check, at, rtt=self.rtt, loss=0.0, duration=self.rtt)
            await asyncio.sleep(check.timeout / self.packets)
        return Observation(check, at, Failure.TIMEOUT, detail="nothing came back", duration=check.timeout)

    def _is_lost(self, check: Check, now: float) -> bool:
        nobody: Callable[[float], bool] = lambda _: False  # noqa: E731
        silent = self.silent.get(f"{check.probe}:{check.address}", self.silent.get(check.address, nobody))
        return self.uplink_down(now) or silent(now)

    def scheduler(self, inventory: Inventory, **more: object) -> Scheduler:
        """Build the real scheduler over this world."""
        probes = dict.fromkeys(("icmp", "snmp", "tcp", "interface", "controller", "readings"), self.probe)
        witness = Witnesses(inventory.witness, probes, wall=self.wall, monotonic=self.loop.time)
        scheduler = Scheduler(
            probes=probes,
            sink=self.sink,
            witness=witness,
            wall=self.wall,
            monotonic=self.loop.time,
            overflowed_at=lambda: self.overflowed_at,
            **more,  # type: ignore[arg-type]
        )
        scheduler.load(inventory)
        return scheduler

    def of(self, name: str) -> list[Observation]:
        """List the observations of a device's deciding check."""
        return [each for _, each in self.seen if each.check.device == name and each.check.decides]

    def outcomes(self, name: str) -> list[Outcome]:
        """List their outcomes."""
        return [each.outcome for each in self.of(name)]

    def asked_of(self, address: str, probe: str = "") -> list[Asked]:
        """List the probes of an address."""
        return [each for each in self.asked if each.address == address and probe in {"", each.probe}]


@asynccontextmanager
async def running(scheduler: Scheduler) -> AsyncIterator[asyncio.Task[None]]:
    """Let the scheduler run, and stop it at the end."""
    task = asyncio.create_task(scheduler.run())
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


__all__ = ["EPOCH", "NEVER", "WITNESS", "Asked", "Reach", "ReachKind", "Uplink", "World", "city", "device", "running"]
