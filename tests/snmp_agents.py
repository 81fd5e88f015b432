"""Small SNMP agents for tests, mostly bad ones, in the test's own loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import cast

from netmon.model import Secret
from netmon.snmp import wire
from netmon.snmp.client import Target
from netmon.snmp.wire import Message, VarBind, encode_message, oid_precedes, sub_ids

Respond = Callable[[Message], "Message | bytes | Sequence[Message | bytes] | None"]


class Agent(asyncio.DatagramProtocol):
    """Answers each question with what ``respond`` gives: nothing, one answer or several, made or raw."""

    def __init__(self, respond: Respond) -> None:
        """Note how to answer."""
        self.respond = respond
        self.asked: list[Message] = []
        self.sources: list[tuple[str, int]] = []
        self.transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()
        self.address, self.port = "", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where we are."""
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.address, self.port = transport.get_extra_info("sockname")[:2]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the socket is closed."""
        self.closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        question = wire.decode_message(data)
        self.asked.append(question)
        self.sources.append(addr)
        answer = self.respond(question)
        for each in [answer] if isinstance(answer, Message | bytes) else answer or []:
            self.send(each)

    def send(self, answer: Message | bytes) -> None:
        """Send to whoever asked last."""
        assert self.transport is not None
        data = answer if isinstance(answer, bytes) else encode_message(answer)
        self.transport.sendto(data, self.sources[-1])


@contextlib.asynccontextmanager
async def running_agent(respond: Respond, address: str = "127.0.0.1") -> AsyncIterator[Agent]:
    """Run an agent on a free port."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: Agent(respond), local_addr=(address, 0))
    try:
        yield agent
    finally:
        transport.close()
        await agent.closed.wait()


def reply(question: Message, varbinds: Sequence[VarBind] = (), *, status: int = 0, index: int = 0) -> Message:
    """Answer a question."""
    return question._replace(
        pdu_type=wire.RESPONSE, error_status=status, error_index=index, varbinds=list(varbinds) or question.varbinds
    )


def silent(_: Message) -> None:
    """Never answer."""


def serving(mib: Mapping[str, tuple[int, wire.Value]], *, room: int = 1000) -> Respond:
    """A right agent for these objects (v1 and v2c); an answer of more than ``room`` bindings is tooBig."""
    table = {wire.encode_oid(name): value for name, value in mib.items()}
    names = sorted(table, key=sub_ids)

    def following(name: bytes) -> VarBind:
        after = next((n for n in names if oid_precedes(name, n)), None)
        return (name, wire.END_OF_MIB_VIEW, None) if after is None else (after, *table[after])

    def respond(question: Message) -> Message:
        asked = [name for name, _, _ in question.varbinds]
        binds: list[VarBind] = []
        if question.pdu_type == wire.GET:
            binds = [(n, *table.get(n, (wire.NO_SUCH_INSTANCE, None))) for n in asked]
        rounds = {wire.GET_NEXT: 1, wire.GET_BULK: question.error_index}.get(question.pdu_type, 0)
        for _ in range(rounds):
            row = [following(name) for name in asked]
            asked = [name for name, _, _ in row]
            binds += row
        if len(binds) > room:
            return reply(question, status=wire.TOO_BIG)
        missing = [i for i, bind in enumerate(binds, 1) if bind[1] >= wire.NO_SUCH_OBJECT]
        if question.version == wire.VERSION_1 and missing:
            return reply(question, status=wire.NO_SUCH_NAME, index=missing[0])
        return reply(question, binds)

    return respond


async def until(holds: Callable[[], bool], *, deadline: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(deadline):
        while not holds():  # noqa: ASYNC110 - what is waited for are counters
            await asyncio.sleep(0.002)


# -- what the client's tests ask, and how ---------------------------------------------------------------

NAME = wire.encode_oid("1.3.6.1.2.1.1.5.0")
ROOT = wire.encode_oid("1.3.6.1.2.1.2.2.1")
COLUMNS = [ROOT + wire.encode_sub_ids([column]) for column in (1, 2, 3, 4)]
TABLE = {f"1.3.6.1.2.1.2.2.1.{c}.{i}": (wire.INTEGER, c * 1000 + i) for c in (1, 2, 3, 4) for i in range(1, 26)}
PATIENT = 5.0


def at(agent: Agent, *, timeout: float = PATIENT, retries: int = 0, version: str = "2c") -> Target:
    """How to ask this agent."""
    return Target(agent.address, agent.port, Secret("padang"), timeout=timeout, retries=retries, version=version)


def hello(question: Message) -> Message:
    """Answer any GET with a greeting."""
    return reply(question, [(name, wire.OCTET_STRING, b"hello") for name, _, _ in question.varbinds])
