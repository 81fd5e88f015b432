"""An agent of SNMPv3 for tests, in the test's own loop: honest by default, and as bad as a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import cast

from netmon.snmp import usm, wire
from netmon.snmp.usm import Engine, Envelope, Security
from netmon.snmp.wire import Pdu, VarBind

ENGINE_ID = bytes.fromhex("80001f8804706164616e67")
UNSUPPORTED_LEVEL, NOT_IN_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, NOT_DECRYPTED = range(1, 7)
"""The objects of usmStats (SNMP-USER-BASED-SM-MIB) that a report is about."""

Respond = Callable[["SecureAgent", Envelope, bytes], Sequence[bytes]]


def honest(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
    """Answer as RFC 3414, section 3.2, wants it."""
    if envelope.engine.engine_id != agent.engine_id:
        return [agent.report(envelope, UNKNOWN_ENGINE)]
    if envelope.user != agent.security.user.encode():
        return [agent.report(envelope, UNKNOWN_USER)]
    if envelope.flags & 3 != agent.security.level:
        return [agent.report(envelope, UNSUPPORTED_LEVEL)]
    if envelope.flags & usm.AUTH and not usm.authenticated(data, envelope, agent.keys):
        return [agent.report(envelope, WRONG_DIGEST)]
    if envelope.flags & usm.AUTH and (
        envelope.engine.boots != agent.boots or abs(envelope.engine.time - agent.time) > 150
    ):
        return [agent.report(envelope, NOT_IN_WINDOW, signed=True)]
    return [agent.response(envelope, agent.pdu_of(data, envelope))]


class SecureAgent(asyncio.DatagramProtocol):
    """Answers each datagram with what ``respond`` gives; its clock stands still."""

    def __init__(self, security: Security, respond: Respond) -> None:
        """Note whom to serve and how."""
        self.security = security
        self.respond = respond
        self.engine_id, self.boots, self.time = ENGINE_ID, 7, 5000
        self.ring = usm.KeyRing()
        self.asked: list[Envelope] = []
        self.sent: list[bytes] = []
        self.source: tuple[str, int] = ("", 0)
        self.count = 0
        self.transport: asyncio.DatagramTransport | None = None
        self.closed = asyncio.Event()
        self.address, self.port = "", 0

    @property
    def keys(self) -> usm.Keys:
        """The keys of its user."""
        return self.ring.keys(self.security, self.engine_id)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where we are."""
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.address, self.port = transport.get_extra_info("sockname")[:2]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the socket is closed."""
        self.closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        envelope = usm.decode_envelope(data)
        self.asked.append(envelope)
        self.source = addr
        for each in self.respond(self, envelope, data):
            self.send(each)

    def send(self, data: bytes) -> None:
        """Send to whoever asked last."""
        assert self.transport is not None
        self.sent.append(data)
        self.transport.sendto(data, self.source)

    def pdu_of(self, data: bytes, envelope: Envelope) -> Pdu:
        """Read what is asked."""
        return usm.decode_scoped(usm.decrypted(data, envelope, self.keys)).pdu

    def response(self, envelope: Envelope, asked: Pdu, *, status: int = 0) -> bytes:
        """Answer every object with 42."""
        binds: list[VarBind] = [(name, wire.GAUGE32, 42) for name, _, _ in asked.varbinds]
        pdu = Pdu(wire.RESPONSE, asked.request_id, status, 0, binds)
        return self.message(envelope.message_id, pdu)

    def report(self, envelope: Envelope, number: int, *, signed: bool = False) -> bytes:
        """Report one of the usmStats."""
        name = wire.encode_oid(f"1.3.6.1.6.3.15.1.1.{number}.0")
        pdu = Pdu(wire.REPORT, 0, 0, 0, [(name, wire.COUNTER32, 1)])
        return self.message(envelope.message_id, pdu, level=usm.AUTH if signed else 0)

    def message(
        self,
        message_id: int,
        pdu: Pdu,
        *,
        level: int | None = None,
        user: bytes | None = None,
        engine: Engine | None = None,
        context: tuple[bytes, bytes] | None = None,
    ) -> bytes:
        """Write a message; what is not said is as it ought to be."""
        level = self.security.level if level is None else level
        engine = engine or Engine(self.engine_id, self.boots, self.time)
        user = (self.security.user.encode() if level else b"") if user is None else user
        user = self.security.user.encode() if pdu.pdu_type == wire.RESPONSE and user == b"" else user
        keys = {0: usm.Keys(), 1: _without_privacy(self.ring, self.security, self.engine_id), 3: self.keys}[level]
        context = context or (self.engine_id, self.security.context.encode())
        sealer = usm.Sealer(engine.engine_id, user, keys, flags=level, context=context)
        self.count += 1
        return sealer.seal(message_id, engine.boots, engine.time, wire.encode_pdu(pdu), self.count)


def _without_privacy(ring: usm.KeyRing, security: Security, engine_id: bytes) -> usm.Keys:
    return ring.keys(Security(security.user, security.auth_protocol, security.auth), engine_id)


@contextlib.asynccontextmanager
async def running_secure_agent(
    security: Security, respond: Respond = honest, address: str = "127.0.0.1"
) -> AsyncIterator[SecureAgent]:
    """Run an agent on a free port."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(
        lambda: SecureAgent(security, respond), local_addr=(address, 0)
    )
    try:
        yield agent
    finally:
        transport.close()
        await agent.closed.wait()
