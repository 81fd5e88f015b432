"""A network to discover: agents made of cells at loopback addresses of the test's own, all on one port."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from profile_cells import PROFILES
from snmp_agents import Agent, Respond, serving
from snmp_city import records_of
from snmpd import free_port

from netmon.discovery import Asker, Existing, Harvest, Keys, PacedClient, Scope, Standing, Turns, sweep
from netmon.model import Credential, Secret
from netmon.probes import Probe
from netmon.profiles import Cell
from netmon.snmp.wire import encode_oid

_PID = os.getpid()
BLOCK = f"127.{20 + _PID % 90}.{_PID // 90 % 250}"
"""The first three numbers of the addresses of this process."""

SECRET = "kunci-rahasia-jaringan"  # noqa: S105 - it must not show up anywhere
CITY = Credential("city", community=Secret(SECRET), networks=(f"{BLOCK}.0/24",))

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
LLDP = "1.0.8802.1.1.2.1.4"
MTXR = "1.3.6.1.4.1.14988.1.1"


def at(last: int) -> str:
    """Give an address of the block."""
    return f"{BLOCK}.{last}"


def octets(address: str) -> bytes:
    """Give an address as an agent holds it."""
    return bytes(map(int, address.split(".")))


def box(name: str, number: int, *, descr: str = "Linux", services: int = 72, **more: Cell) -> dict[str, Cell]:
    """Make the cells of a device with two ports; ``number`` makes its MAC addresses, ``more`` are cells by name."""
    cells: dict[str, Cell] = {
        "1.3.6.1.2.1.1.1.0": descr.encode(),
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.8072.3.2.10",
        "1.3.6.1.2.1.1.3.0": 1000,
        "1.3.6.1.2.1.1.5.0": name.encode(),
        "1.3.6.1.2.1.1.7.0": services,
    }
    for index, port in enumerate((b"ether1", b"ether2"), 1):
        cells |= {f"{IF}.2.{index}": port, f"{IF}.6.{index}": bytes((2, 0, 0, 0, number, index)), f"{IF}.8.{index}": 1}
        cells[f"{IFX}.1.{index}"] = port
    return cells | more


def mikrotik(name: str, number: int, serial: str, board: str = "RB4011") -> dict[str, Cell]:
    """Make the cells of a RouterOS device."""
    return {
        **box(name, number, descr=f"RouterOS {board}", services=78),
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.14988.1",
        f"{MTXR}.7.9.0": board.encode(),
        f"{MTXR}.7.3.0": serial.encode(),
        f"{MTXR}.4.4.0": b"7.15",
    }


def capsman(*points: tuple[str, str, str]) -> dict[str, Cell]:
    """Make the rows of joined access points: identity, serial number, address."""
    cells: dict[str, Cell] = {}
    for index, (name, serial, address) in enumerate(points, 1):
        texts = {2: address, 3: name, 4: "cAP ax", 5: serial, 6: "7.15", 9: "Ok"}
        cells |= {f"{MTXR}.21.3.1.{column}.{index}": text.encode() for column, text in texts.items()}
    return cells


def lldp(port: int, name: str, address: str, mac: bytes = b"\x02\0\0\0\x63\1") -> dict[str, Cell]:
    """Make the rows of one LLDP neighbour with a management address."""
    row = f"0.{port}.1"
    managed = f"{row}.1.4.{address}"
    return {
        f"{LLDP}.1.1.4.{row}": 4,
        f"{LLDP}.1.1.5.{row}": mac,
        f"{LLDP}.1.1.9.{row}": name.encode(),
        f"{LLDP}.2.1.3.{managed}": 2,
    }


def guarded(cells: Mapping[str, Cell], community: str = SECRET) -> Respond:
    """Answer to one community alone, as agents do."""
    records = records_of(cells)
    answer = serving({oid: (tag, encode_oid(v) if isinstance(v, str) else v) for oid, (tag, v) in records.items()})
    return lambda question: answer(question) if question.community == community.encode() else None


@dataclass
class Net:
    """The agents by address, and how to discover them."""

    port: int
    agents: dict[str, Agent] = field(default_factory=dict)

    async def discover(self, *networks: str, **more: Any) -> Harvest:
        """Sweep networks (all of the block's /27 by default)."""
        scope = Scope.of(networks or (f"{BLOCK}.0/27",))
        return await swept(scope, port=self.port, **more)


async def swept(  # noqa: PLR0913 -- a test says what it is about
    scope: Scope,
    *,
    port: int,
    credentials: Mapping[str, Credential] | None = None,
    named: tuple[str, ...] = (),
    community: Secret | None = None,
    existing: Existing | None = None,
    ping: Probe | None = None,
    rate: float = 5000,
    tell: Callable[[Standing], None] = lambda _: None,
    stop: asyncio.Event | None = None,
    follow: bool = True,
) -> Harvest:
    """Sweep a scope with clients of its own."""
    turns = Turns(rate)
    client = PacedClient(scope, turns)
    await client.open()
    try:
        keys = Keys({"city": CITY} if credentials is None else credentials, named, community)
        known = (existing or Existing()).by_address()
        asker = Asker(client, turns, keys, PROFILES, known, ping, port, 1.2)
        return await sweep(scope, asker, tell, stop or asyncio.Event(), follow=follow)
    finally:
        client.close()


@contextlib.asynccontextmanager
async def network(boxes: Mapping[int, Mapping[str, Cell] | Respond]) -> AsyncIterator[Net]:
    """Run an agent at each of these addresses of the block."""
    loop = asyncio.get_running_loop()
    net = Net(free_port(at(1)))
    transports = []
    try:
        for last, cells in boxes.items():
            respond = cells if callable(cells) else guarded(cells)
            transport, agent = await loop.create_datagram_endpoint(
                lambda respond=respond: Agent(respond),  # type: ignore[misc]
                local_addr=(at(last), net.port),
            )
            transports.append(transport)
            net.agents[at(last)] = agent
        yield net
    finally:
        for transport, agent in zip(transports, net.agents.values(), strict=True):
            transport.close()
            await agent.closed.wait()
