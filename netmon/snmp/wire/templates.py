"""Requests whose bytes are made once and sent many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from netmon.snmp.wire.messages import (
    GET,
    NULL,
    SEQUENCE,
    Name,
    Pdu,
    VarBind,
    encode_head,
    encode_pdu,
    expected_name,
    open_element,
    tlv,
)

FIRST_REQUEST_ID: Final = 0x10000000
LAST_REQUEST_ID: Final = 0x7FFFFFFF
"""Between these two a request-id takes exactly four bytes, so that it can be patched into a template."""


@dataclass(frozen=True, slots=True)
class Template:
    """A request whose bytes are ready but for its request-id. Its ``repr`` hides the bytes: they hold the community.

    ``expected`` are the names that its answer has, where they are known beforehand (GET).
    """

    version: int
    pdu_type: int
    oids: tuple[bytes, ...]
    non_repeaters: int
    max_repetitions: int
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    expected: tuple[Name, ...] = field(repr=False, default=())

    def datagram(self, request_id: int) -> bytes:
        """Give the whole message; the id lies between ``FIRST_REQUEST_ID`` and ``LAST_REQUEST_ID``."""
        return self.before + request_id.to_bytes(4, "big") + self.after


def request_template(
    version: int,
    community: bytes,
    pdu_type: int,
    oids: Sequence[bytes],
    *,
    non_repeaters: int = 0,
    max_repetitions: int = 0,
) -> Template:
    """Prepare a GET, GETNEXT or GETBULK (the last two numbers are for GETBULK alone).

    Raises:
        WireError: A name is no object identifier.
    """
    marker = FIRST_REQUEST_ID
    binds: list[VarBind] = [(oid, NULL, None) for oid in oids]
    pdu = encode_pdu(Pdu(pdu_type, marker, non_repeaters, max_repetitions, binds))
    message = tlv(SEQUENCE, encode_head(version, community) + pdu)
    # The id is the first element of the PDU: its place follows from the sizes, it is never searched for.
    begin, _ = open_element(pdu, 0, len(pdu), pdu_type)
    place = len(message) - len(pdu) + begin + 2
    expected = tuple(map(expected_name, oids)) if pdu_type == GET else ()
    return Template(
        version,
        pdu_type,
        tuple([name for name, _, _ in expected]) if expected else tuple(oids),
        non_repeaters,
        max_repetitions,
        before=message[:place],
        after=message[place + 4 :],
        expected=expected,
    )
