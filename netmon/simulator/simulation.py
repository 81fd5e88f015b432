"""The simulated city on the network: one socket for each device, answered from one event loop."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import resource
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from netmon.model import Inventory, ReachKind, Secret
from netmon.simulator.agents import Box
from netmon.simulator.answers import answer
from netmon.simulator.boxes import boxes, witness_box
from netmon.simulator.city import City
from netmon.simulator.doors import Doors
from netmon.simulator.events import Event, Kind, random_course, read_script
from netmon.simulator.outages import Calendar, Course, Silence
from netmon.simulator.troubles import SimulationError
from netmon.snmp import wire

_LOG: Final = logging.getLogger(__name__)
_BURST: Final = 64
_SPARE_FILES: Final = 256
_LARGEST: Final = 65535
_Peer = tuple[str, int] | tuple[str, int, int, int]
_SLOW: Final = 1.0
_LOSS: Final = 0.3


class _Plan(NamedTuple):
    """What an agent is made from; ``weather`` are its slow and lossy times."""

    box: Box
    endpoint: tuple[str, int]
    community: Secret
    silent: Calendar
    weather: Sequence[Event]


class Agent:
    """One device's socket and what it does with requests."""

    __slots__ = ("_asked", "_box", "_community", "_lossy", "_silent", "_slow", "endpoint", "sock")

    def __init__(self, plan: _Plan) -> None:
        """Bind the device's own address.

        Raises:
            SimulationError: The address cannot be had.
        """
        self.endpoint: Final = plan.endpoint
        self._asked = 0
        self.follow(plan)
        self.sock: Final = _bind(plan.box.id, plan.endpoint)

    def follow(self, plan: _Plan) -> None:
        """Go on as another plan of the same device says."""
        weather = plan.weather
        self._box = plan.box
        self._community = plan.community.reveal().encode()
        self._silent = plan.silent
        self._slow = [(Calendar([(e.at, e.end)]), e.value or _SLOW) for e in weather if e.kind is Kind.SLOW]
        self._lossy = [
            (Calendar([(e.at, e.end)]), _LOSS if e.value is None else e.value) for e in weather if e.kind is Kind.LOSS
        ]

    def delay(self, at: float) -> float | None:
        """Say after how many seconds the device answers what it is asked at a time; ``None``: it does not."""
        self._asked += 1
        if self._silent.holds(at):
            return None
        for times, share in self._lossy:
            if times.holds(at) and self._box.city.luck(self._box.key, self._asked) < share:
                return None
        return max((wait for times, wait in self._slow if times.holds(at)), default=0.0)

    def answer(self, data: bytes, at: float) -> bytes | None:
        """Answer a datagram; one with another community is ignored (``None``).

        Raises:
            WireError: It is no request.
        """
        request = wire.decode_message(data)
        if not hmac.compare_digest(request.community, self._community):
            return None
        return answer(self._box, request, at)


def _bind(name: str, endpoint: tuple[str, int]) -> socket.socket:
    address = ipaddress.ip_address(endpoint[0])
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_DGRAM)  # noqa: PLR2004 - IPv6
    try:
        sock.setblocking(False)
        sock.bind(endpoint)
    except OSError as error:
        sock.close()
        raise SimulationError(f"{name}: {endpoint[0]} port {endpoint[1]}: {error.strerror}") from error
    return sock


class Simulation:
    """A city of an inventory that answers SNMP, and the truth about its outages.

    ``events`` have their times in Unix seconds, and so has ``clock``. A device answers to the community of its own
    credential where the inventory holds one, else to ``community``. ``requests`` and ``answers`` count datagrams.
    """

    def __init__(
        self,
        inventory: Inventory,
        events: Iterable[Event],
        community: Secret,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
    ) -> None:
        """Work out the city; nothing is opened before ``start``.

        Raises:
            SimulationError: An address is not this machine's own.
        """
        self._inventory = inventory
        self._community = community
        self._clock = clock
        self._course = Course(inventory, events)
        self._start = clock()
        self._city = City(inventory.city.zone, seed, self._start)
        self._plans = self._planned()
        self._agents: list[Agent] = []
        self._doors = Doors(inventory, self._course, clock)
        self._late: set[asyncio.TimerHandle] = set()
        self.requests = 0
        self.answers = 0
        foreign = [f"{box.id} ({endpoint[0]})" for box, endpoint, *_ in self._plans if not _is_ours(endpoint[0])]
        if foreign:
            raise SimulationError(f"not in 127.0.0.0/8 or ::1: {', '.join(foreign[:5])}")

    def follow(self, events: Iterable[Event]) -> None:
        """Go on with other events from now on; nobody who asks meanwhile is missed.

        What goes on and is not among them ends now, what had not begun is forgotten, and what is past stays the truth.
        """
        now, coming = self._clock(), set(events)
        past = [e for e in self._course.events if e.at < now and e not in coming]
        cut = [replace(e, duration=min(e.duration, now - e.at)) for e in past]
        self._course = Course(self._inventory, [*cut, *coming])
        self._plans = self._planned()
        for agent, plan in zip(self._agents, self._plans, strict=False):  # none before the start
            agent.follow(plan)
        self._doors.follow(self._course)

    @property
    def devices(self) -> int:
        """How many agents there are, witnesses included."""
        return len(self._plans)

    def _planned(self) -> list[_Plan]:
        return [*self._devices(self._start), *self._witnesses(self._start)]

    def _devices(self, start: float) -> Iterable[_Plan]:
        weather: dict[str, list[Event]] = {}
        for event in self._course.events:
            if event.kind in {Kind.SLOW, Kind.LOSS}:
                weather.setdefault(event.target, []).append(event)
        for device, box in boxes(self._inventory, self._course, self._city, start):
            silent = [*self._course.silent(device.id), *self._course.foreign(device.id), *self._course.monitor]
            community = self._community_of(device.credential)
            yield _Plan(box, (device.address, device.port), community, Calendar(silent), weather.get(device.id, ()))

    def _witnesses(self, start: float) -> Iterable[_Plan]:
        for witness in self._inventory.witness:
            if witness.reach.kind is ReachKind.SNMP:
                events = [
                    e for e in self._course.events if e.kind is Kind.WITNESS and e.target in {"", witness.address}
                ]
                silent = Calendar([*self._course.monitor, *((e.at, e.end) for e in events)])
                community = self._community_of(witness.credential)
                box = witness_box(witness, self._city, start)
                yield _Plan(box, (witness.address, witness.port), community, silent, ())

    def _community_of(self, name: str) -> Secret:
        credential = self._inventory.credentials.get(name)
        return (credential.community if credential else None) or self._community

    async def start(self) -> None:
        """Open every socket and answer from now on.

        Raises:
            SimulationError: A socket cannot be had; none is left open.
        """
        _allow_files(len(self._plans) + _SPARE_FILES)
        loop = asyncio.get_running_loop()
        try:
            for plan in self._plans:
                agent = Agent(plan)
                self._agents.append(agent)
                loop.add_reader(agent.sock, self._read, agent)
            await self._doors.start()
        except SimulationError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything; more than once does no harm."""
        loop = asyncio.get_running_loop()
        for handle in self._late:
            handle.cancel()
        self._late.clear()
        for agent in self._agents:
            loop.remove_reader(agent.sock)
            agent.sock.close()
        self._agents.clear()
        await self._doors.stop()

    def truth(self, start: float, end: float) -> list[Silence]:
        """Tell every silence in ``[start, end)`` (Unix seconds) and its cause, in inventory order.

        Only of the devices that count; see ``Course.truth`` for what is a silence.
        """
        return self._course.truth(start, end)

    def _read(self, agent: Agent) -> None:
        for _ in range(_BURST):
            try:
                data, peer = agent.sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            self._take(agent, data, peer)

    def _take(self, agent: Agent, data: bytes, peer: _Peer) -> None:
        self.requests += 1
        at = self._clock()
        wait = agent.delay(at)
        if wait is None:
            return
        try:
            response = agent.answer(data, at)
        except wire.WireError as error:
            _LOG.debug("%s: not a request: %s", agent.endpoint[0], error)
            return
        if response is None:
            return
        if wait:
            self._send_late(agent, response, peer, wait)
        else:
            self._send(agent, response, peer)

    def _send(self, agent: Agent, response: bytes, peer: _Peer) -> None:
        try:
            agent.sock.sendto(response, peer)
        except OSError as error:
            _LOG.debug("%s: answer not sent: %s", agent.endpoint[0], error.strerror)
            return
        self.answers += 1

    def _send_late(self, agent: Agent, response: bytes, peer: _Peer, wait: float) -> None:
        def send() -> None:
            self._late.discard(handle)
            self._send(agent, response, peer)

        handle = asyncio.get_running_loop().call_later(wait, send)
        self._late.add(handle)


def _is_ours(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _allow_files(count: int) -> None:
    """Raise the limit of open files as far as this process may.

    Raises:
        SimulationError: It may not be raised far enough.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    try:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count, hard if hard == resource.RLIM_INFINITY else max(count, hard))
        )
    except (ValueError, OSError) as error:
        raise SimulationError(f"{count} open files are needed and {hard} allowed: raise it with ulimit -n") from error


def prepare(
    inventory: Inventory,
    community: Secret,
    script: Path | None = None,
    *,
    per_hour: float = 0.0,
    seed: int = 0,
    start: float | None = None,
) -> Simulation:
    """Make a simulation with a script's events and, on average, ``per_hour`` more by chance.

    Both count from ``start`` (Unix seconds), from now without one.

    Raises:
        ScriptError: The script has mistakes.
        SimulationError: The city cannot be simulated here.
        OSError: The script cannot be read.
        UnicodeDecodeError: The script is not UTF-8.
    """
    start = time.time() if start is None else start
    events = read_script(script.read_text(encoding="utf-8"), inventory, start, str(script)) if script else []
    return Simulation(inventory, [*events, *random_course(inventory, start, seed, per_hour)], community, seed=seed)


async def run_simulation(simulation: Simulation, ready: Callable[[Simulation], None] | None = None) -> None:
    """Simulate until cancelled; ``ready`` is called once, when everything answers.

    Raises:
        SimulationError: A socket cannot be had.
    """
    await simulation.start()
    try:
        if ready:
            ready(simulation)
        await asyncio.get_running_loop().create_future()
    finally:
        await simulation.stop()
