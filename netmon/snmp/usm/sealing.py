"""Writing SNMPv3 messages: what stands around a PDU is prepared once for an engine and a user."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from netmon.snmp.usm.keys import Keys
from netmon.snmp.wire import INTEGER, OCTET_STRING, SEQUENCE, tlv

_BEFORE_ID: Final = (
    b"\x02\x01\x03\x30\x11\x02\x04"  # the version; the global data of 17 bytes; four bytes of msgID follow
)
_AFTER_ID: Final = b"\x02\x03\x00\xff\xe3\x04\x01%c\x02\x01\x03"  # we take 65,507 bytes; flags; the model


class Sealer:
    """Puts PDUs into messages of one user for one engine, about one context.

    The message id, the clock, the salt and the digest are another each time; its ``repr`` shows none of its keys.
    """

    __slots__ = ("_after_id", "_context", "_digest", "_engine", "_keys", "_privacy", "_user")

    def __init__(self, engine_id: bytes, user: bytes, keys: Keys, *, flags: int, context: tuple[bytes, bytes]) -> None:
        """Prepare it.

        ``flags`` are all of ``msgFlags``; the keys sign and encrypt where they can, so they must fit. ``context`` is
        the id of its engine, and its name.
        """
        self._keys = keys
        self._privacy = keys.privacy
        self._digest = bytes(keys.digest_size)
        self._after_id = _AFTER_ID % flags
        self._engine = tlv(OCTET_STRING, engine_id)
        self._user = tlv(OCTET_STRING, user) + tlv(OCTET_STRING, self._digest)
        self._context = tlv(OCTET_STRING, context[0]) + tlv(OCTET_STRING, context[1])

    def seal(self, message_id: int, boots: int, time: int, pdu: bytes, count: int) -> bytes:
        """Write the message around a PDU.

        ``message_id`` takes four bytes, as a template's request-id does; ``boots`` and ``time`` are the engine's;
        ``count`` (64 bits) is a number for the salt that was never used with these keys.
        """
        data = _head(SEQUENCE, len(self._context) + len(pdu)) + self._context + pdu
        salt = b""
        if self._privacy is not None:
            hidden, salt = self._privacy.encrypt(data, boots, time, count)
            data = _head(OCTET_STRING, len(hidden)) + hidden
        behind = _head(OCTET_STRING, len(salt)) + salt
        inside = self._engine + _number(boots) + _number(time) + self._user + behind
        head = _head(SEQUENCE, len(inside))
        parameters = _head(OCTET_STRING, len(head) + len(inside)) + head + inside
        content = _BEFORE_ID + message_id.to_bytes(4, "big") + self._after_id + parameters + data
        message = _head(SEQUENCE, len(content)) + content
        size = len(self._digest)
        if not size:
            return message
        end = len(message) - len(data) - len(behind)  # of the digest
        return message[: end - size] + self._keys.digest(message) + message[end:]


@lru_cache(1 << 12)
def _head(tag: int, size: int) -> bytes:
    """Give tag and length of an element with so many bytes of content."""
    return tlv(tag, bytes(size))[: -size or None]


def _number(number: int) -> bytes:
    size = number.bit_length() // 8 + 1
    return bytes((INTEGER, size)) + number.to_bytes(size, "big")
