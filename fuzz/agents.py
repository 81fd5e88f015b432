"""SNMP agents of every kind of badness, as the bytes of an input say: what the client makes of them."""

from __future__ import annotations

import asyncio
import errno
import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest import mock

from pages import COLUMNS, cells, following
from sealed import ENGINE_ID
from supply import Supply, Trial, text
from wires import Stage, Wire, Wires, staged, wired

from netmon.datagram import SocketError
from netmon.model import Secret
from netmon.snmp import usm, wire
from netmon.snmp.client import Exchange, Memo, SnmpClient, SnmpFailure, Target
from netmon.snmp.usm import Security
from netmon.snmp.usm import keys as usm_keys
from netmon.snmp.wire import Message, Pdu, VarBind, WireError

_ADDRESS, _PORT = "127.0.0.9", 161
NAMES = [wire.encode_oid("1.3.6.1.2.1.1.3.0"), *(column + b"\1" for column in COLUMNS[:2])]
_POLLS = 3
_QUESTIONS = _POLLS + 5 + 3  # three polls; a GET and its halves; a GETBULK, with half the repetitions twice
_MOST_DATAGRAMS = 16  # a question: two tries, by SNMPv3 twice each, and again after what was learnt of the engine
_SECONDS = 12.0  # a question: the same
_ALWAYS = 30  # answers after the input is used up, where the agent does not fall silent then
_TRUTH = b"twelve bytes"
_TOKEN = os.urandom(len(_TRUTH))  # what nobody may believe: an input cannot hold it; as long as what is true
_USERS = (
    Security("open"),
    Security("signs", "SHA-1", Secret("ten-times-a")),
    Security("hides", "SHA-256", Secret("ten-times-b"), "AES-128", Secret("ten-times-c"), context="core"),
)
_RING = usm.KeyRing()


def _right(asked: Pdu) -> Pdu:
    """Answer as a good agent does."""
    names = [name for name, _, _ in asked.varbinds]
    binds: list[VarBind] = [(name, wire.OCTET_STRING, _TRUTH) for name in names]
    if asked.pdu_type != wire.GET:
        binds = []
        for _ in range(min(asked.error_index, 10) if asked.pdu_type == wire.GET_BULK else 1):
            row = [following(name) for name in names]
            names = [name for name, _, _ in row]
            binds += row
    return Pdu(wire.RESPONSE, asked.request_id, 0, 0, binds)


class Agent:
    """Answers as the supply says, honestly or silently once it is used up; remembers what it was asked."""

    def __init__(self, supply: Supply, loop: asyncio.AbstractEventLoop, *, secured: bool) -> None:
        """Read what kind of agent it is."""
        self.supply = supply
        self.loop = loop
        kind = supply.number()
        self.security = _USERS[(kind & 3) % 3] if secured else None
        self.version = "3" if self.security else "1" if kind & 4 else "2c"
        self.honest = _ALWAYS if kind & 8 else 0
        self.bulk = not kind & 16
        self.community = b"padang"
        self.sent = 0
        self.last = b""  # what came in last
        self.count = 0

    def target(self) -> Target:
        """Say how it is asked."""
        return Target(
            _ADDRESS,
            _PORT,
            Secret("padang"),
            self.version,
            1.0,
            1,
            self.bulk,
            max_repetitions=5,
            security=self.security,
        )

    def hears(self, line: Wire, data: bytes, address: str, port: int) -> None:
        """Answer a datagram with up to three."""
        assert (address, port) == (_ADDRESS, _PORT)
        self.sent += 1
        assert self.sent <= _QUESTIONS * _MOST_DATAGRAMS, "it asks without end"
        if self.supply.is_empty:
            if self.honest:
                self.honest -= 1
                self._say(line, self._packed(data, _right(self._asked(data))))
            return
        for _ in range(self.supply.number() & 3):
            self._act(line, data)

    def _act(self, line: Wire, data: bytes) -> None:
        """Do one of the things that agents, or others in their name, do."""
        asked = self._asked(data)
        does = self.supply.number()
        if does < 64:
            self._say(line, self._packed(data, self._strange(asked)), late=does & 31 == 31)
        elif does < 96:
            self._say(line, self.supply.edited(self._packed(data, _right(asked))))
        elif does < 128:
            self._say(line, self.supply.text())
        elif does < 192:
            self._lie(line, data, asked)
        elif does < 224:
            self._report(line, data)
        else:
            self._err(line)

    def _strange(self, asked: Pdu) -> Pdu:
        """Answer with another status, or with bindings of the supply's."""
        kind = self.supply.number()
        answer = _right(asked)
        if kind & 1:
            return answer._replace(error_status=self.supply.number() % 20, error_index=self.supply.number() - 1)
        if kind & 2:
            return answer._replace(varbinds=self._bindings())
        if kind & 4:
            kept = self.supply.number() % (len(answer.varbinds) + 1)
            return answer._replace(varbinds=answer.varbinds[:kept])
        if kind & 8:
            return answer._replace(varbinds=answer.varbinds[::-1])
        return answer

    def _bindings(self) -> list[VarBind]:
        """Read bindings out of the supply, by BER where that makes any, else one by one."""
        content = self.supply.text()
        pdu = wire.tlv(wire.RESPONSE, b"\2\1\0\2\1\0\2\1\0" + wire.tlv(wire.SEQUENCE, content))
        try:
            return wire.decode_pdu(pdu, 0, len(pdu)).varbinds
        except (WireError, IndexError):
            return cells(Supply(content))

    def _lie(self, line: Wire, data: bytes, asked: Pdu) -> None:
        """Give an answer that must not be believed: from elsewhere, to another question, or without a signature."""
        kind = self.supply.number() % 6
        level = None
        if kind == 5:
            if self.security is None or not self.security.level:
                return
            level = 0
        others = {3: (asked.request_id + 1) & 0x7FFFFFFF, 4: (asked.request_id - 1) & 0x7FFFFFFF}
        binds: list[VarBind] = [(name, wire.OCTET_STRING, _TOKEN) for name, _, _ in _right(asked).varbinds]
        lie = Pdu(wire.RESPONSE, others.get(kind, asked.request_id), 0, 0, binds)
        packed = self._packed(data, lie, level)
        if kind == 2:  # to no question, with as many bytes as a question's id has
            packed = packed.replace(asked.request_id.to_bytes(4, "big"), bytes(4))
        address = "127.0.0.10" if kind == 0 else _ADDRESS
        self.loop.call_soon(line.says, packed, address, _PORT + (kind == 1))

    def _report(self, line: Wire, data: bytes) -> None:
        """Send a report, by SNMPv3 unsigned or signed, or another PDU that is no answer."""
        number, how = self.supply.number(), self.supply.number()
        name = wire.encode_oid(f"1.3.6.1.6.3.15.1.1.{number}{'' if how & 8 else '.0'}")
        kind = wire.REPORT if how & 1 else wire.TRAP
        report = Pdu(kind, 0, 0, 0, [(name, wire.COUNTER32, 1)] if how & 2 else [])
        self._say(line, self._packed(data, report, level=usm.AUTH if how & 4 else 0))

    def _err(self, line: Wire) -> None:
        """Let the network say something."""
        local, kind, code = self.supply.number() & 1, self.supply.number() % 13, self.supply.number() % 16
        offender = (_ADDRESS, "127.0.0.1", "")[self.supply.number() % 3]
        number = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.EMSGSIZE)[kind % 3]
        error = SocketError(number, _ADDRESS, _PORT, offender, bool(local), kind, code, self.supply.text()[:64])
        self.loop.call_soon(line.errs, error)

    def _say(self, line: Wire, data: bytes, *, late: bool = False) -> None:
        def says() -> None:
            self.last = data
            line.says(data, _ADDRESS, _PORT)

        if late:
            self.loop.call_later(1.5, says)
        else:  # in the order in which they are said, and before anybody does anything else
            self.loop.call_soon(says)

    # -- writing and reading ------------------------------------------------------------------------------

    def _asked(self, data: bytes) -> Pdu:
        if self.security is None:
            return Pdu(*wire.decode_message(data)[2:])
        envelope = usm.decode_envelope(data)
        keys = _RING.keys(self.security, envelope.engine.engine_id)
        scoped = usm.decode_scoped(usm.decrypted(data, envelope, keys))
        return scoped.pdu._replace(request_id=envelope.message_id)

    def _packed(self, data: bytes, pdu: Pdu, level: int | None = None) -> bytes:
        """Write the message around an answer: of SNMPv3 as the supply says, mostly as it ought to be."""
        if self.security is None:
            version = wire.VERSION_1 if self.version == "1" else wire.VERSION_2C
            return wire.encode_message(Message(version, self.community, *pdu))
        envelope = usm.decode_envelope(data)
        how = self.supply.number()
        level = self.security.level if level is None else level
        if not envelope.engine.engine_id and how < 200:
            name = wire.encode_oid("1.3.6.1.6.3.15.1.1.4.0")
            pdu, level = Pdu(wire.REPORT, 0, 0, 0, [(name, wire.COUNTER32, 1)]), 0
        engine_id = ENGINE_ID + bytes((how,)) if how & 15 == 15 else ENGINE_ID
        clock = (self.supply.number(), self.supply.number(4) >> 1) if how & 16 else (7, 5000)
        bare = Security(self.security.user, self.security.auth_protocol, self.security.auth)
        flags = min(level, self.security.level)
        keys = _RING.keys({1: bare, 3: self.security}[flags], engine_id) if flags else usm.Keys()
        context = (engine_id, self.security.context.encode())
        sealer = usm.Sealer(engine_id, self.security.user.encode(), keys, flags=flags, context=context)
        self.count += 1
        return sealer.seal(envelope.message_id, *clock, wire.encode_pdu(pdu), self.count)


# -- a whole exchange -----------------------------------------------------------------------------------


def _believed(values: Sequence[object]) -> None:
    assert _TOKEN not in values, "a lie was believed"


async def _poll(client: SnmpClient, agent: Agent) -> None:
    """Ask what is asked each minute, three times over: each answer is what the datagram says that ended the wait."""
    template = agent.target().template(wire.GET, NAMES)
    memo = Memo()
    done = asyncio.Event()
    ended: list[tuple[Exchange, bytes]] = []

    def on_done(exchange: Exchange) -> None:
        ended.append((exchange, agent.last))
        if len(ended) == _POLLS:
            done.set()

    asked = [client.request(agent.target(), template, on_done, memo) for _ in range(_POLLS)]
    await done.wait()
    assert [exchange for exchange, _ in ended] == asked, "called back twice, or in another order than asked"
    for exchange, data in ended:
        if exchange.failure is None:
            _check_answer(agent, exchange, data)


def _check_answer(agent: Agent, exchange: Exchange, data: bytes) -> None:
    if exchange.values is not None:
        assert exchange.values[0] == exchange.request_id, "the answer to another question"
        found = tuple(exchange.values[1:])
    else:
        assert tuple(name for name, _, _ in exchange.varbinds) == exchange.template.oids
        found = tuple(value for _, _, value in exchange.varbinds)
    _believed(found)
    assert exchange.tries, "answered before it was asked"
    assert exchange.sent_at, "answered before it was asked"
    assert len(found) == len(exchange.template.oids)
    if agent.security is None:
        read = wire.decode_message(data)
        assert (read.request_id, read.pdu_type) == (exchange.request_id, wire.RESPONSE)
        assert repr(tuple(value for _, _, value in read.varbinds)) == repr(found), "other values than were said"


async def _ask_all(agent: Agent, client: SnmpClient) -> None:
    """Ask all that a device is ever asked."""
    await _poll(client, agent)
    try:
        binds = await client.get(agent.target(), NAMES)
    except SnmpFailure:
        pass
    else:
        assert [name for name, _, _ in binds] == NAMES
        _believed([value for _, _, value in binds])
    try:
        binds = await client.get_bulk(agent.target(), COLUMNS[:2], max_repetitions=4)
    except SnmpFailure:
        return
    _believed([value for _, _, value in binds])


def _exchange(stage: Stage, wires: Wires, *, secured: bool) -> Trial:
    def try_exchange(data: bytes) -> None:
        """Whatever comes in: every question ends in time with its own answer or a failure, and leaves nothing."""

        async def story() -> None:
            agent = Agent(Supply(data), stage.loop, secured=secured)
            client = SnmpClient(clock=stage.loop.time)
            wires.hears = agent.hears
            began = stage.loop.time()
            await client.open()
            try:
                await _ask_all(agent, client)
                assert agent.sent, "nothing was asked over the wire"
                assert client.in_flight == 0, "a question is left in flight"
                assert client.requests <= _QUESTIONS * (1 if agent.security is None else 6)
                assert stage.loop.time() - began <= _QUESTIONS * _SECONDS, "it waits too long"
            finally:
                client.close()

        stage.play(story())

    return try_exchange


@contextmanager
def exchange() -> Iterator[Trial]:
    """Try whole exchanges by SNMPv1 and v2c."""
    with wired() as wires, staged() as stage:
        yield _exchange(stage, wires, secured=False)


@contextmanager
def secured() -> Iterator[Trial]:
    """Try whole exchanges by SNMPv3."""
    known = mock.patch.object(usm_keys, "master_key", functools.cache(usm_keys.master_key))  # a millisecond each
    with wired() as wires, staged() as stage, known:
        yield _exchange(stage, wires, secured=True)


def exchange_seeds() -> list[bytes]:
    """Each kind of agent, with each kind of deed."""
    right, silent, twice = b"\1\0\0", b"\0", b"\2\0\0\0\0"
    too_big, no_name = b"\1\0\1\1\0", b"\1\0\1\2\2"
    raw = b"\1\x60" + text(wire.encode_message(Message(wire.VERSION_2C, b"x", wire.RESPONSE, 1, 0, 0, [])))
    table = b"\1\0\2" + text(b"\0\1\1\1\2\1\3\1\0\2")
    cut, backwards, late = b"\1\0\4\1", b"\1\0\10", b"\1\x1f\0"
    lies = [bytes((2, 0x80, kind, 0, 0)) for kind in range(5)] + [bytes((2, 0, 0, 0x80, kind)) for kind in range(5)]
    reports = [bytes((1, 0xC0, number, 3)) for number in range(8)]
    refused = bytes.fromhex("01e0 00 03 03 00 0000".replace(" ", ""))
    deeds = [right, silent, twice, too_big, no_name, raw, table, cut, backwards, late, *lies, *reports, refused]
    kinds = (0, 4, 8, 12, 16, 24)
    return [bytes((kind,)) + right * lead + deed * 3 for kind in kinds for lead in (0, 2) for deed in deeds]


def secured_seeds() -> list[bytes]:
    """Each user, with each kind of deed."""
    greeting, right, too_big = b"\1\0\0\0", b"\1\0\0\0", b"\1\0\1\1\0\0"
    other_engine, other_time, silent = b"\1\0\0\x0f", b"\1\0\0\x10\7\0\0\1\0", b"\0"
    raw = b"\1\x60" + text(bytes(20))
    damaged = b"\1\x40\1\0\x14\1\0"
    lies = [bytes((1, 0x80, kind, how)) for kind in (0, 1, 2, 5) for how in (0, 255)]
    reports = [bytes((1, 0xC0, number, how, 0)) for number in (*range(8), 128) for how in (3, 7, 11)]
    deeds = [right, too_big, other_engine, other_time, silent, raw, damaged, *lies, *reports]
    return [
        bytes((kind,)) + greeting + lead + deed * 3
        for kind in (0, 1, 2, 9, 10)
        for lead in (b"", right)
        for deed in deeds
    ]
