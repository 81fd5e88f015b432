"""Whom to ask, and one question with its answer."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from netmon.model import Secret
from netmon.snmp import wire
from netmon.snmp.client.failures import SnmpFailure, SnmpLocal
from netmon.snmp.client.peers import Peer
from netmon.snmp.usm import VERSION_3, Security
from netmon.snmp.wire import Template, VarBind

_VERSIONS: Final = {"1": wire.VERSION_1, "2c": wire.VERSION_2C, "3": VERSION_3}


@dataclass(frozen=True, slots=True)
class Target:
    """An agent and how to speak with it: versions 1 and 2c with a ``community``, version 3 with a ``security``.

    ``address`` is a numeric IPv4 or IPv6 address; ``timeout`` is seconds for each try, of which there are
    1 + ``retries``. ``bulk`` false spares agents that are broken there (v1 has none anyway). ``urgent`` questions are
    asked beside the others, not after them.
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

    @property
    def speaks_bulk(self) -> bool:
        """Whether GETBULK may be used."""
        return self.bulk and self.version != "1"

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


class Exchange:
    """One question to one agent, and what came of it. Made by ``SnmpClient.request``.

    Attributes:
        template: What was asked.
        is_done: It has ended: ``failure`` or ``varbinds`` holds the answer.
        failure: Why there are no values; ``None`` when there are.
        varbinds: The answer's variable bindings, in the order of the question.
        sent_at: Wall clock (Unix seconds with fraction) when its first packet was sent; 0 before.
        rtt: Seconds from packet to answer; ``None`` after a retry, when nobody knows which of them was answered.
        peer: What is known of the agent where it is asked by SNMPv3; ``None`` elsewhere.
    """

    __slots__ = (
        "address",
        "began",
        "deadline",
        "engines",
        "failure",
        "family",
        "is_done",
        "is_greeting",
        "is_resynchronised",
        "is_there",
        "is_unsent",
        "is_urgent",
        "nonsense",
        "on_done",
        "peer",
        "port",
        "request_id",
        "retries",
        "rtt",
        "sent_at",
        "template",
        "timeout",
        "tries",
        "varbinds",
    )

    def __init__(self, target: Target, template: Template, on_done: Callable[[Exchange], None]) -> None:
        """Note what to ask; ``SnmpLocal`` is raised when the address is not numeric."""
        self.family, self.address = numeric_address(target.address)
        self.port = target.port
        self.is_urgent = target.urgent
        self.timeout = target.timeout
        self.template = template
        self.on_done = on_done
        self.is_done = False
        self.failure: SnmpFailure | None = None
        self.varbinds: list[VarBind] = []
        self.sent_at = 0.0
        self.rtt: float | None = None
        self.request_id = 0
        self.tries = 0
        self.retries = target.retries
        self.began = math.inf  # our clock at the first packet
        self.deadline = math.inf
        self.is_unsent = False  # the send buffer was full
        self.nonsense = ""  # what was wrong with something that came from the very agent
        # The rest is of SNMPv3 alone.
        self.peer: Peer | None = None
        self.engines = 0  # engines that the agent has named since it was asked
        self.is_greeting = False  # the agent's engine is asked for, not yet the question
        self.is_resynchronised = False  # the agent's clock was taken anew
        self.is_there = False  # the agent returned a greeting, but is silent about the question


def numeric_address(text: str) -> tuple[int, str]:
    """Give the family and the one spelling that the kernel uses as well, with ``%zone`` where it is given.

    Raises:
        SnmpLocal: It is no numeric address.
    """
    bare, percent, zone = text.partition("%")
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return family, socket.inet_ntop(family, socket.inet_pton(family, bare)) + percent + zone
        except (OSError, ValueError):
            continue
    raise SnmpLocal(f"not a numeric address: {text!r}")
