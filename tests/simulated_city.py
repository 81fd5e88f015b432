"""A small city for the simulator's tests: two kelurahan, every way of hanging on an uplink, and how to ask it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from netmon.model import (
    City,
    Device,
    Inventory,
    Kelurahan,
    Reach,
    ReachKind,
    Role,
    Secret,
    Service,
    Settings,
    Site,
    Uplink,
    Witness,
)
from netmon.simulator import Event, Simulation
from netmon.snmp import wire

START = 1_795_400_000  # Monday, 23 November 2026, 02:13:20 UTC: 09:13:20 in Padang
COMMUNITY = "small-city"
PORT = 1161
SYS_UP_TIME = wire.encode_oid("1.3.6.1.2.1.1.3.0")
DEADLINE = 30.0

_PID = os.getpid()  # addresses of its own for each process, so that tests may run side by side
_BLOCK = f"127.{100 + _PID % 100}.{_PID // 100 % 200}"

ROUTERS = ("rt-a", "rt-b1", "rt-b2")
BEHIND_A = ("sw", "ap-1", "ap-2")
WITNESSES = (f"{_BLOCK}.201", f"{_BLOCK}.202")

_SNMP = Reach(ReachKind.SNMP)
_USUAL: dict[str, Any] = {"port": PORT, "reach": _SNMP, "confirm_by_ping": False, "interval": 30}


def address(number: int) -> str:
    """Give an address of this process."""
    return f"{_BLOCK}.{number}"


def _devices() -> Iterator[Device]:
    yield Device("rt-a", Role.ROUTER, address(1), "MikroTik RB4011", uplink="uplink-a", **_USUAL)
    link = Reach(ReachKind.INTERFACE, interface="ether2", of="rt-a")
    yield Device("link-a", Role.LINK, uplink="uplink-a", reach=link, confirm_by_ping=False)
    yield Device("rt-b1", Role.ROUTER, address(2), "Debian net-snmp", uplink="uplink-b", **_USUAL)
    yield Device("rt-b2", Role.ROUTER, address(3), "Huawei AR617VW", uplink="uplink-b", **_USUAL)
    above = ("rt-a", "link-a")
    yield Device("sw", Role.SWITCH, address(4), "MikroTik CRS112", site="pantai", behind=above, **_USUAL)
    for number in (1, 2):
        name = f"Gerbang {number} - MikroTik cAP ac"
        yield Device(
            f"ap-{number}", Role.ACCESS_POINT, address(10 + number), name, site="pantai", behind=("sw",), **_USUAL
        )
    yield Device(
        "ap-3", Role.ACCESS_POINT, address(13), "Ruijie RG-AP720-L", site="kantor", behind=("rt-b1", "rt-b2"), **_USUAL
    )
    yield Device("ap-new", Role.ACCESS_POINT, address(14), site="rencana", behind=("rt-b1", "rt-b2"), **_USUAL)


def small_city(recovery_grace: int = 60) -> Inventory:
    """Describe it: `pantai` behind a router with a second provider as a link, `kantor` behind two routers."""
    devices = {d.id: d for d in _devices()}
    return Inventory(
        city=City("Kota", "13.71", "Asia/Jakarta"),
        settings=Settings(recovery_grace=recovery_grace),
        kelurahan={
            "13.71.01.1011": Kelurahan("13.71.01.1011", "Air Manis", "13.71.01", "Padang Selatan"),
            "13.71.02.1001": Kelurahan("13.71.02.1001", "Sawahan", "13.71.02", "Padang Timur"),
        },
        uplinks={
            "uplink-a": Uplink("uplink-a", "13.71.01.1011", devices=("rt-a", "link-a")),
            "uplink-b": Uplink("uplink-b", "13.71.02.1001", devices=("rt-b1", "rt-b2")),
        },
        sites={
            "pantai": Site(
                "pantai",
                "13.71.01.1011",
                "Pantai",
                "tourism",
                uplink="uplink-a",
                ssids=("Padang-Smart-City",),
                devices=("sw", "ap-1", "ap-2"),
                services=("gate",),
            ),
            "kantor": Site("kantor", "13.71.02.1001", "Kantor", "office", uplink="uplink-b", devices=("ap-3",)),
            "rencana": Site("rencana", "13.71.02.1001", uplink="uplink-b", devices=("ap-new",), planned=True),
        },
        services={"gate": Service("gate", "pantai", "tcp", address=address(30), port=8443)},
        devices=devices,
        witness=tuple(Witness(a, _SNMP, PORT) for a in WITNESSES),
    )


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: float = START

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass
class Asker:
    """Asks a running simulation, whose clock is its own to set."""

    simulation: Simulation
    inventory: Inventory
    clock: Clock = field(default_factory=Clock)

    def endpoints(self) -> dict[str, tuple[str, int]]:
        """Name everything that could answer: devices by id, witnesses by address."""
        found = {d.id: (d.address, d.port) for d in self.inventory.devices.values() if d.address}
        return found | {w.address: (w.address, w.port) for w in self.inventory.witness}

    async def ask(self, names: Iterable[str], oids: Iterable[bytes] = (SYS_UP_TIME,)) -> dict[str, list[wire.VarBind]]:
        """Ask for objects at the clock's time; give what those answered who did.

        It waits until the simulation has read every request: what it has not answered by then, it never will.
        """
        endpoints = self.endpoints()
        request = wire.request_template(wire.VERSION_2C, COMMUNITY.encode(), wire.GET, tuple(oids))
        names = list(names)
        with asking_socket() as sock:
            due = self.simulation.requests + len(names)
            for number, name in enumerate(names):
                sock.sendto(request.datagram(wire.FIRST_REQUEST_ID + number), endpoints[name])
            await until(lambda: self.simulation.requests >= due)
            return {names[m.request_id - wire.FIRST_REQUEST_ID]: m.varbinds for m in received(sock)}

    async def silent(self, at: float) -> set[str]:
        """Say who does not answer at a time, planned devices apart."""
        self.clock.now = at
        planned = {d.id for d in self.inventory.devices.values() if not self.inventory.is_object(d)}
        everybody = set(self.endpoints()) - planned
        return everybody - set(await self.ask(everybody))

    async def number(self, name: str, oid: str) -> int:
        """Read one number of a device at the clock's time."""
        answers = await self.ask([name], [wire.encode_oid(oid)])
        value = answers[name][0][2]
        assert isinstance(value, int), (name, oid, answers[name])
        return value


@contextmanager
def asking_socket() -> Iterator[socket.socket]:
    """Open a socket to ask from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


def received(sock: socket.socket) -> Iterator[wire.Message]:
    """Give what has arrived."""
    while True:
        try:
            yield wire.decode_message(sock.recv(65535))
        except BlockingIOError:
            return


async def until(holds: Callable[[], bool], deadline: float = DEADLINE) -> None:
    """Wait until a condition (a callable) holds."""
    async with asyncio.timeout(deadline):
        while not holds():  # noqa: ASYNC110 - what is waited for knows nothing of us
            await asyncio.sleep(0.002)


@asynccontextmanager
async def simulated(
    events: Iterable[Event] = (), inventory: Inventory | None = None, seed: int = 0
) -> AsyncIterator[Asker]:
    """Run a simulation with a clock that the test sets."""
    inventory = inventory or small_city()
    clock = Clock()
    simulation = Simulation(inventory, events, Secret(COMMUNITY), clock, seed)
    await simulation.start()
    try:
        yield Asker(simulation, inventory, clock)
    finally:
        await simulation.stop()


async def tool(*command: str) -> list[str]:
    """Run one of net-snmp's programs and give the lines it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(DEADLINE):
        out, _ = await process.communicate()
    return out.decode(errors="replace").splitlines()
