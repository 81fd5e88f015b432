"""Whom to ask, and one question with its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from netmon.datagram import Address, address_of
from netmon.model import Secret
from netmon.names import numeric_place
from netmon.snmp import wire
from netmon.snmp.client.failures import SnmpFailure, SnmpLocal
from netmon.snmp.client.peers import Peer
from netmon.snmp.usm import VERSION_3, EnvelopeShape, Security
from netmon.snmp.wire import Shape, Template, Values, VarBind, draw_shape

_RARELY: Final = 64
_MOST_SHAPES: Final = 4
_VERSIONS: Final = {"1": wire.VERSION_1, "2c": wire.VERSION_2C, "3": VERSION_3}


@dataclass(frozen=True, slots=True)
class Target:
    """An agent and how to speak with it: versions 1 and 2c with a ``community``, version 3 with a ``security``.

    ``address`` is a numeric IPv4 or IPv6 address; ``timeout`` is seconds for each try, of which there are
    1 + ``retries``. ``bulk`` false spares agents that are broken there (v1 has none anyway). ``urgent`` questions are
    asked beside the others, not after them. ``answers_from`` is another numeric address of the agent: what comes from
    there, from the port that was asked, is its answer too.
    """

    address: str
    port: int = 161
    community: Secret = Secret("public")  # noqa: RUF009 - an immutable value
    version: str = "2c"
    timeout: float = 1.0
    retries: int = 1
    bulk: bool = True
    max_repetitions: int = 10
    urgent: bool = False
    security: Security | None = None
    answers_from: str = ""

    @property
    def speaks_bulk(self) -> bool:
        """Whether GETBULK may be used."""
        return self.bulk and self.version != "1"

    def kept_template(self, pdu_type: int, oids: Sequence[bytes]) -> Template:
        """Prepare a request that is kept: agents that are asked the same share it."""
        return _shared(self.template(pdu_type, oids))

    def template(
        self, pdu_type: int, oids: Sequence[bytes], *, non_repeaters: int = 0, max_repetitions: int = 0
    ) -> Template:
        """Prepare a request to this agent; it can be sent again and again.

        Raises:
            SnmpLocal: A version that this client does not speak, or version 3 without a user.
            WireError: A name is no object identifier.
        """
        version = _VERSIONS.get(self.version)
        if version is None:
            raise SnmpLocal(f"SNMP version {self.version!r} is not spoken here, only 1, 2c and 3")
        if version == VERSION_3:
            if self.security is None:
                raise SnmpLocal("SNMP version 3 needs a user")
            return wire.pdu_template(
                version, pdu_type, oids, non_repeaters=non_repeaters, max_repetitions=max_repetitions
            )
        community = self.community.reveal().encode()
        return wire.request_template(
            version, community, pdu_type, oids, non_repeaters=non_repeaters, max_repetitions=max_repetitions
        )


@lru_cache(1 << 12)
def _shared(template: Template) -> Template:
    return template


@dataclass(slots=True)
class Timing:
    """Filled in by the calls that it is given to, whether they succeed or fail.

    Attributes:
        sent_at: Wall clock (Unix seconds with fraction) when the first packet of the first request was sent; 0 before.
        rtt: Seconds of the quickest exchange that needed one try; ``None`` when there was none.
        requests: How many questions were asked, retries not counted.
    """

    sent_at: float = 0.0
    rtt: float | None = None
    requests: int = 0

    def note(self, exchange: Exchange) -> None:
        """Take in one more exchange."""
        self.requests += 1
        self.sent_at = self.sent_at or exchange.sent_at
        if exchange.rtt is not None:
            self.rtt = exchange.rtt if self.rtt is None else min(self.rtt, exchange.rtt)


class Memo:
    """What the answers to one GET of one agent looked like; keep one for each that is asked often.

    Attributes:
        misses: Answers in a row that looked like none before.
        envelope: In SNMPv3 what stood around the last one that was read in full.
    """

    __slots__ = ("_shapes", "envelope", "misses")

    def __init__(self) -> None:
        """Know nothing yet."""
        self._shapes: dict[int, Shape] = {}  # by size
        self.envelope: EnvelopeShape | None = None
        self.misses = 0

    def read(self, data: bytes) -> Values | None:
        """Give the request-id and the values of an answer that looks like one before; ``None`` for any other.

        ``data`` is the message, in SNMPv3 the scoped PDU.
        """
        shape = self._shapes.get(len(data))
        return shape.read(data) if shape is not None else None

    def learn(self, data: bytes, names: Sequence[bytes]) -> bool:
        """Draw the shape of an answer to ``names``; more and more rarely where answers keep no shape.

        A number that goes to and fro between one byte and two makes two shapes: some are kept. Says whether it was
        drawn.
        """
        self.misses += 1
        if self.misses & (self.misses - 1) and self.misses % _RARELY:
            return False
        shape = draw_shape(data, names)
        if shape is None:
            return False
        while len(self._shapes) >= _MOST_SHAPES and shape.size not in self._shapes:
            del self._shapes[next(iter(self._shapes))]
        self._shapes[shape.size] = shape
        return True


class Route(NamedTuple):
    """Where a datagram goes: ``name`` is the kernel's for it, ``None`` where it must be looked up each time."""

    family: int
    address: str
    name: Address | None


class Exchange:
    """One question to one agent, and what came of it. Made by ``SnmpClient.request``.

    Attributes:
        target: Who is asked.
        template: What is asked.
        memo: What the last answer looked like, where that is remembered.
        is_done: It has ended: ``failure``, ``values`` or ``varbinds`` holds the answer.
        failure: Why there are no values; ``None`` when there are.
        values: Where the answer looked like the one before, its request-id and its values in the order of the question.
        varbinds: The answer's variable bindings, where it had to be read in full.
        sent_at: Wall clock (Unix seconds with fraction) when its first packet was sent; 0 before.
        rtt: Seconds from packet to answer; ``None`` after a retry, when nobody knows which of them was answered.
        peer: What is known of the agent where it is asked by SNMPv3; ``None`` elsewhere.
    """

    # Defaults of the class, not of each instance: most exchanges need few of them.
    is_done = False
    failure: SnmpFailure | None = None
    values: Values | None = None
    varbinds: Sequence[VarBind] = ()
    sent_at = 0.0
    rtt: float | None = None
    request_id = 0
    tries = 0
    began = math.inf  # our clock at the first packet
    deadline = math.inf
    is_unsent = False  # the send buffer was full
    nonsense = ""  # what was wrong with something that came from the very agent
    also_from = ""  # the target's ``answers_from``, as the kernel spells it
    # The rest is of SNMPv3 alone.
    peer: Peer | None = None
    engines = 0  # engines that the agent has named since it was asked
    is_greeting = False  # the agent's engine is asked for, not yet the question
    is_resynchronised = False  # the agent's clock was taken anew
    is_there = False  # the agent returned a greeting, but is silent about the question

    def __init__(
        self, target: Target, template: Template, on_done: Callable[[Exchange], None], memo: Memo | None = None
    ) -> None:
        """Note what to ask; ``SnmpLocal`` is raised when an address is not numeric."""
        self.target = target
        self.template = template
        self.on_done = on_done
        self.memo = memo
        self.family, self.address, self.name = route_to(target.address, target.port)
        self.line = self.address, target.port, target.urgent
        if target.answers_from:
            self.also_from = numeric_address(target.answers_from)[1]

    def comes_from(self, address: str, port: int) -> bool:
        """Say whether the source of a datagram, as the kernel spells it, is the agent that was asked."""
        return port == self.target.port and (address == self.address or address == self.also_from != "")

    def tell(self) -> None:
        """Call back, or who took its place since."""
        self.on_done(self)


@lru_cache(1 << 16)
def route_to(address: str, port: int) -> Route:
    """Find where datagrams to a numeric address go.

    Raises:
        SnmpLocal: It is no numeric address.
    """
    family, numeric = numeric_address(address)
    # An interface's number may change: the kernel's name of an address with a zone is made each time.
    return Route(family, numeric, None if "%" in numeric else address_of(family, numeric, port))


def numeric_address(text: str) -> tuple[int, str]:
    """Give the family and the one spelling that the kernel uses as well, with ``%zone`` where it is given.

    Raises:
        SnmpLocal: It is no numeric address.
    """
    bare, percent, zone = text.partition("%")
    found = numeric_place(bare)
    if found is None:
        raise SnmpLocal(f"not a numeric address: {text!r}")
    return found[0], found[1] + percent + zone
