"""Requests whose bytes are made once and sent many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from netmon.snmp.wire.messages import (
    NULL,
    SEQUENCE,
    Pdu,
    VarBind,
    encode_head,
    encode_pdu,
    open_element,
    tlv,
)

FIRST_REQUEST_ID: Final = 0x10000000
LAST_REQUEST_ID: Final = 0x7FFFFFFF
"""Between these two a request-id takes exactly four bytes, so that it can be patched into a template."""

_ID_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Template:
    """A request whose bytes are ready but for its request-id. Its ``repr`` hides the bytes: they hold the community.

    Of SNMPv3 these are the bytes of the PDU alone: what stands around it is another each time.
    """

    version: int
    pdu_type: int
    oids: tuple[bytes, ...]
    non_repeaters: int
    max_repetitions: int
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)

    def datagram(self, request_id: int) -> bytes:
        """Give the message (of SNMPv3: the PDU); the id lies between ``FIRST_REQUEST_ID`` and ``LAST_REQUEST_ID``."""
        return self.before + request_id.to_bytes(_ID_SIZE, "big") + self.after


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
    inside = pdu_template(version, pdu_type, oids, non_repeaters=non_repeaters, max_repetitions=max_repetitions)
    head = encode_head(version, community)
    size = len(head) + len(inside.before) + _ID_SIZE + len(inside.after)
    return replace(inside, before=tlv(SEQUENCE, bytes(size))[:-size] + head + inside.before)


def pdu_template(
    version: int, pdu_type: int, oids: Sequence[bytes], *, non_repeaters: int = 0, max_repetitions: int = 0
) -> Template:
    """Prepare the PDU of a GET, GETNEXT or GETBULK without a message around it, as SNMPv3 needs it.

    Raises:
        WireError: A name is no object identifier.
    """
    binds: list[VarBind] = [(oid, NULL, None) for oid in oids]
    pdu = encode_pdu(Pdu(pdu_type, FIRST_REQUEST_ID, non_repeaters, max_repetitions, binds))
    # The id is the first element of the PDU: its place follows from the sizes, it is never searched for.
    begin, _ = open_element(pdu, 0, len(pdu), pdu_type)
    place = begin + 2
    return Template(
        version,
        pdu_type,
        tuple(oids),
        non_repeaters,
        max_repetitions,
        before=pdu[:place],
        after=pdu[place + _ID_SIZE :],
    )
