"""Asking by SNMPv3: what is known of each agent's engine, and what the messages that come back mean.

The states of a conversation: nothing is known of the engine (it is asked for its id); its id and a first word of its
clock are known (nobody has vouched for them yet); a signed message has come (from then on only signed ones move our
notion of its clock). An agent that says our notion is wrong, or that its id is another, is asked once more.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum
from typing import Final

from netmon.snmp import usm, wire
from netmon.snmp.client.exchange import Exchange
from netmon.snmp.client.failures import SnmpAuth, SnmpError, SnmpFailure
from netmon.snmp.client.peers import Peer
from netmon.snmp.usm import Envelope, Scoped, Security
from netmon.snmp.wire import Pdu, VarBind, WireError

_MOST_PEERS: Final = 1 << 16
_MOST_ENGINES: Final = 3  # ids that an agent may name while one question is open
_NOBODY: Final = usm.Sealer(b"", b"", usm.Keys(), flags=usm.REPORTABLE, context=(b"", b""))
_NOTHING: Final = wire.pdu_template(usm.VERSION_3, wire.GET, ())
_SALTS: Final = 1 << 64
_PRIVACY_IS_WRONG: Final = "the privacy password or protocol is wrong"

_UNSUPPORTED_LEVEL, _NOT_IN_WINDOW, _UNKNOWN_USER, _UNKNOWN_ENGINE, _WRONG_DIGEST, _NOT_DECRYPTED = (
    wire.encode_oid(f"1.3.6.1.6.3.15.1.1.{n}") for n in range(1, 7)
)  # the usmStats of SNMP-USER-BASED-SM-MIB, without the instance
_WORDS: Final = {
    _UNSUPPORTED_LEVEL: "does not give the user {user} the security level {level}",
    _UNKNOWN_USER: "does not know the user {user}",
    _WRONG_DIGEST: "refuses the signature of {user} with {auth}: the authentication password or protocol is wrong",
    _NOT_DECRYPTED: f"cannot decrypt what {{user}} asks with {{priv}}: {_PRIVACY_IS_WRONG}",
    wire.encode_oid("1.3.6.1.6.3.12.1.4"): "says that the context {context!r} is not available",
    wire.encode_oid("1.3.6.1.6.3.12.1.5"): "does not know the context {context!r}",
    wire.encode_oid("1.3.6.1.6.3.11.2.1.1"): "does not speak the User-based Security Model",
}


class Step(Enum):
    """What an incoming message asks for, where it neither answers nor ends the question."""

    IGNORE = "it changes nothing"
    ANSWERED = "it is the answer, and the exchange holds its values"
    AGAIN = "the same question is to be asked again, with what was learnt"


class Secured:
    """The agents that are asked by SNMPv3, and the rules of RFC 3414 for what they send.

    Attributes:
        rejected: Messages that fit an open question but not its user, engine, level or digest: forged, most likely.
        stale: Signed messages from outside of the time window (RFC 3414, section 3.2, 7b).
        resyncs: How often an agent's clock was taken anew, because it said that ours is wrong.
        discoveries: How often an engine was met: the first time, or under another id.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Know nobody; ``clock`` is the client's."""
        self.rejected = 0
        self.stale = 0
        self.resyncs = 0
        self.discoveries = 0
        self.peers: dict[tuple[str, int, Security], Peer] = {}
        self._clock = clock
        self._ring = usm.KeyRing()
        self._count = random.SystemRandom().randrange(_SALTS)

    def peer(self, address: str, port: int, security: Security) -> Peer:
        """Give what is known of an agent."""
        key = address, port, security
        known = self.peers.get(key)
        if known is None:
            while len(self.peers) >= _MOST_PEERS:
                del self.peers[next(iter(self.peers))]
            known = self.peers[key] = Peer(security)
        return known

    # -- sending ------------------------------------------------------------------------------------------

    def datagrams(self, exchange: Exchange, peer: Peer) -> tuple[bytes, ...]:
        """Give what asks an exchange's question once; the engine's id comes first, where it is not known.

        A retry asks as well whether the agent is there at all: who keeps silent about what it cannot read is no dead
        device.

        Raises:
            SnmpError: The question is larger than the agent takes; ``status`` is tooBig.
        """
        exchange.is_greeting = not peer.engine_id
        if exchange.is_greeting:
            return (_greeting(exchange.request_id),)
        question = self._question(exchange, peer)
        return (question,) if exchange.tries == 1 else (question, _greeting(exchange.request_id))

    def _question(self, exchange: Exchange, peer: Peer) -> bytes:
        self._count = (self._count + 1) % _SALTS
        pdu = exchange.template.datagram(exchange.request_id)
        message = peer.seal(exchange.request_id, pdu, self._count, self._clock())
        if len(message) > peer.max_size:
            raise SnmpError(f"the question is larger than the {peer.max_size} bytes the agent takes", wire.TOO_BIG)
        return message

    # -- receiving ----------------------------------------------------------------------------------------

    def receive(self, exchange: Exchange, peer: Peer, data: bytes, envelope: Envelope) -> Pdu | SnmpFailure | Step:
        """Say what a message means that came from the right address with the exchange's message id."""
        if not envelope.flags & usm.AUTH:
            return self._unsigned(exchange, peer, data, envelope)
        if (
            not peer.engine_id
            or envelope.engine.engine_id != peer.engine_id
            or envelope.user != peer.user
            or not usm.authenticated(data, envelope, peer.keys)
        ):
            return self._reject()
        return self._signed(exchange, peer, data, envelope)

    def _signed(self, exchange: Exchange, peer: Peer, data: bytes, envelope: Envelope) -> Pdu | SnmpFailure | Step:
        """Judge a message that the agent itself has signed."""
        now = self._clock()
        try:
            plain = usm.decrypted(data, envelope, peer.keys)
            if self._looks_alike(exchange, peer, envelope, plain, now):
                return Step.ANSWERED
            scoped = usm.decode_scoped(plain)
        except WireError as error:  # who signed it knows our password for that, so it is no forgery
            return SnmpAuth(f"what the agent answers {peer.security.user} cannot be decrypted: {error}")
        if scoped.pdu.pdu_type == wire.REPORT:
            return self._report(exchange, peer, envelope, scoped, now)
        if not peer.accept(envelope.engine.boots, envelope.engine.time, now):
            self.stale += 1
            return Step.IGNORE
        answer = self._response(exchange, peer, envelope, scoped)
        if isinstance(answer, Pdu) and (memo := exchange.memo) and memo.learn(plain, exchange.template.oids):
            memo.envelope = usm.draw_envelope(data, envelope)
        return answer

    @staticmethod
    def _looks_alike(exchange: Exchange, peer: Peer, envelope: Envelope, plain: bytes, now: float) -> bool:
        """Take a signed answer that looks like the last one, which was judged in full: the same context and kind."""
        memo = exchange.memo
        found = memo.read(plain) if memo is not None else None
        if (
            memo is None
            or found is None
            or found[0] != exchange.request_id
            or envelope.flags & (usm.AUTH | usm.PRIV) != peer.security.level
            or not peer.accept(envelope.engine.boots, envelope.engine.time, now)
        ):
            return False
        memo.misses = 0
        exchange.values = found
        return True

    @staticmethod
    def silent(peer: Peer) -> SnmpFailure:
        """Say what it means that an agent returned our greetings, but not one of our questions."""
        peer.forget()
        security = peer.security
        guesses = [_PRIVACY_IS_WRONG] if security.priv_protocol else []
        guesses += [f"it does not know the context {security.context!r}"] if security.context else []
        maybe = f": maybe {', or '.join(guesses)}" if guesses else ""
        return SnmpAuth(f"the agent is there, but silent when {security.user} asks{maybe}")

    def _reject(self) -> Step:
        self.rejected += 1
        return Step.IGNORE

    def _unsigned(self, exchange: Exchange, peer: Peer, data: bytes, envelope: Envelope) -> Pdu | SnmpFailure | Step:
        """Judge a message that nobody vouches for: a report may be one, an answer only where we do not sign either."""
        try:
            scoped = usm.decode_scoped(usm.decrypted(data, envelope, peer.keys))
        except WireError:
            return self._reject()
        if scoped.pdu.pdu_type == wire.REPORT:
            return self._report(exchange, peer, envelope, scoped, self._clock())
        if peer.security.level or envelope.engine.engine_id != peer.engine_id or envelope.user != peer.user:
            return self._reject()
        return self._response(exchange, peer, envelope, scoped)

    def _response(self, exchange: Exchange, peer: Peer, envelope: Envelope, scoped: Scoped) -> Pdu | SnmpFailure | Step:
        """Judge an answer whose sender and time are right (RFC 3412, section 7.2, 10 to 12)."""
        pdu, security = scoped.pdu, peer.security
        if (
            envelope.flags & (usm.AUTH | usm.PRIV) != security.level
            or pdu.pdu_type != wire.RESPONSE
            or pdu.request_id != exchange.request_id
            or (scoped.context_engine_id, scoped.context) != peer.context
        ):
            return self._reject()
        peer.max_size = max(envelope.max_size, usm.LEAST_MAX_SIZE)
        if pdu.error_status == wire.AUTHORIZATION_ERROR:
            return SnmpAuth(f"the agent gives the user {security.user} no access with {security.level_name}")
        return pdu

    # -- reports ------------------------------------------------------------------------------------------

    def _report(
        self, exchange: Exchange, peer: Peer, envelope: Envelope, scoped: Scoped, now: float
    ) -> SnmpFailure | Step:
        """Judge a report: the agent did not take our message, or tells its engine."""
        engine = envelope.engine
        counter = _counter(scoped.pdu.varbinds)
        if counter == _UNKNOWN_ENGINE or not peer.engine_id:
            return self._meet(exchange, peer, envelope, now)
        if engine.engine_id != peer.engine_id:
            return self._reject()
        if counter == _NOT_IN_WINDOW:
            return self._resynchronise(exchange, peer, envelope, now)
        peer.forget()
        about = _WORDS.get(counter)
        if about is None:
            return SnmpAuth(f"the agent refuses SNMPv3 with a report of {wire.decode_oid(counter)}")
        security = peer.security
        words = about.format(
            user=security.user,
            level=security.level_name,
            auth=security.auth_protocol,
            priv=security.priv_protocol,
            context=security.context,
        )
        return SnmpAuth(f"the agent {words}")

    def _meet(self, exchange: Exchange, peer: Peer, envelope: Envelope, now: float) -> SnmpFailure | Step:
        """Take an engine's id and its word of its clock; keys are made for it."""
        engine = envelope.engine
        if not usm.is_engine_id(engine.engine_id):
            return self._reject()
        if engine.engine_id == peer.engine_id:  # a greeting that went out beside this question, or another's
            exchange.is_there = not exchange.is_greeting
            return Step.IGNORE if exchange.is_there else Step.AGAIN
        exchange.engines += 1
        if exchange.engines > _MOST_ENGINES:
            peer.forget()
            return SnmpAuth("the agent does not keep to one engine id")
        self.discoveries += 1
        peer.meet(engine, self._ring.keys(peer.security, engine.engine_id), now)
        peer.max_size = max(envelope.max_size, usm.LEAST_MAX_SIZE)
        return Step.AGAIN

    def _resynchronise(self, exchange: Exchange, peer: Peer, envelope: Envelope, now: float) -> SnmpFailure | Step:
        """Take an agent's clock that is not in our window, once for a question.

        Also where it went back: agents that lose their boots begin again at the same number, and would be deaf for us
        until they were as old as before. Nobody can replay that, because the signature covers the id of our
        message, which is not used twice. An unsigned report moves only what nobody has vouched for yet.
        """
        if not envelope.flags & usm.AUTH and (peer.is_synchronised or not peer.security.level):
            return self._reject()
        if exchange.is_resynchronised:
            peer.forget()
            return SnmpAuth("the agent says again that our notion of its clock is wrong")
        exchange.is_resynchronised = True
        self.resyncs += 1
        peer.synchronise(envelope.engine.boots, envelope.engine.time, now, signed=bool(envelope.flags & usm.AUTH))
        return Step.AGAIN


def _greeting(message_id: int) -> bytes:
    """Give the message that asks an agent for its engine (RFC 3414, section 4): no user, no objects."""
    return _NOBODY.seal(message_id, 0, 0, _NOTHING.datagram(message_id), 0)


def _counter(binds: list[VarBind]) -> bytes:
    """Give the object that a report is about, with or without its instance 0; empty for none."""
    name = binds[0][0] if binds else b""
    # A zero byte is an instance only where it is a number of its own, not the end of a longer one.
    return name[:-1] if name.endswith(b"\x00") and name[-2:-1] < b"\x80" else name
