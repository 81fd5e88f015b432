"""Reading SNMPv3 messages: the envelope, the security parameters, the scoped PDU (RFC 3412, section 6)."""

from __future__ import annotations

import hmac
from typing import Final, NamedTuple

from netmon.snmp.usm.keys import Keys
from netmon.snmp.wire import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Pdu,
    Shape,
    WireError,
    decode_pdu,
    open_element,
    shape_of,
)

VERSION_3: Final = 3
AUTH: Final = 1
PRIV: Final = 2
REPORTABLE: Final = 4
LEAST_MAX_SIZE: Final = 484
"""Bytes of a message that every engine takes (RFC 3412, section 6.3)."""

_SECURITY_MODEL: Final = 3  # the User-based one
_LARGEST_INT: Final = 0x7FFFFFFF
_SHORTEST_ENGINE_ID, _LONGEST_ENGINE_ID = 5, 32  # RFC 3411, SnmpEngineID
_LONGEST_USER: Final = 32
_LONG_FORM: Final = 0x80
_NEGATIVE: Final = 0x80  # of an integer's first byte
_MESSAGE: Final = (INTEGER, SEQUENCE, OCTET_STRING)  # the version, the header, the security parameters
_HEADER: Final = (INTEGER, INTEGER, OCTET_STRING, INTEGER)  # id, largest size, flags, model
_PARAMETERS: Final = (OCTET_STRING, INTEGER, INTEGER, OCTET_STRING, OCTET_STRING, OCTET_STRING)
_VERSION: Final = b"\x02\x01\x03"


class Engine(NamedTuple):
    """The authoritative engine as a message names it: id, boots, seconds since boot."""

    engine_id: bytes
    boots: int
    time: int


class Envelope(NamedTuple):
    """A message but for its PDU. Nothing in it is vouched for before ``authenticated`` says so.

    ``digest_at`` is where the digest stands, ``data_at`` and ``end`` where the scoped PDU does: encrypted where
    ``flags`` has ``PRIV``.
    """

    message_id: int
    max_size: int
    flags: int
    engine: Engine
    user: bytes
    digest: bytes
    salt: bytes
    digest_at: int
    data_at: int
    end: int


class Scoped(NamedTuple):
    """A PDU and the context that it is about."""

    context_engine_id: bytes
    context: bytes
    pdu: Pdu


def is_version_3(data: bytes) -> bool:
    """Say whether a datagram begins like a message of version 3, whatever follows."""
    second = data[1] if len(data) > 1 else 0
    at = 2 if second < _LONG_FORM else 2 + (second & 0x7F)
    return data[at : at + 3] == _VERSION and data[0] == SEQUENCE


def is_engine_id(content: bytes) -> bool:
    """Say whether this can be the id of an engine (RFC 3411, ``SnmpEngineID``)."""
    return _SHORTEST_ENGINE_ID <= len(content) <= _LONGEST_ENGINE_ID


def decode_envelope(data: bytes) -> Envelope:
    """Read everything but the scoped PDU; bytes after the message are ignored.

    Raises:
        WireError: It is no SNMPv3 message of the User-based Security Model.
    """
    try:
        at, end = open_element(data, 0, len(data), SEQUENCE)
        (version, header, parameters), places = _elements(data, at, end, _MESSAGE)
        if _number(version) != VERSION_3:
            raise WireError(f"not SNMPv3: version {_number(version)}")
        (message_id, max_size, flags, model), _ = _elements(header, 0, len(header), _HEADER)
        if _number(model) != _SECURITY_MODEL or len(flags) != 1:
            raise WireError("not the User-based Security Model, or flags that are not one byte")
        if flags[0] & (AUTH | PRIV) == PRIV:
            raise WireError("encrypted without authentication")
        at, stop = open_element(parameters, 0, len(parameters), SEQUENCE)
        (engine_id, boots, time, user, digest, salt), inside = _elements(parameters, at, stop, _PARAMETERS)
    except IndexError:
        raise WireError("the message ends too early") from None
    if len(engine_id) > _LONGEST_ENGINE_ID or len(user) > _LONGEST_USER:
        raise WireError("the engine's id or the user's name is too long")
    engine = Engine(engine_id, _number(boots), _number(time))
    digest_at, data_at = places[2] + inside[4], places[2] + len(parameters)
    return Envelope(
        _number(message_id), _number(max_size), flags[0], engine, user, digest, salt, digest_at, data_at, end
    )


class EnvelopeShape:
    """What the envelopes of one agent's answers look like: all but its id, clock, digest and salt stays the same."""

    __slots__ = ("_envelope", "_shape")

    def __init__(self, envelope: Envelope, shape: Shape) -> None:
        """Note an envelope, and where in the message stands what changes."""
        self._envelope = envelope
        self._shape = shape

    def read(self, data: bytes) -> Envelope | None:
        """Give the envelope of a message of this shape, as :func:`decode_envelope` would; ``None`` for any other."""
        found = self._shape.read(data)
        if found is None:
            return None
        _, max_size, flags, engine, user, _, _, digest_at, data_at, end = self._envelope
        message_id, boots, time, digest, salt, _ = found
        if not (message_id >= 0 and 0 <= boots <= _LARGEST_INT and 0 <= time <= _LARGEST_INT):
            return None
        engine = Engine(engine.engine_id, boots, time)
        return Envelope(message_id, max_size, flags, engine, user, digest, salt, digest_at, data_at, end)


def draw_envelope(data: bytes, envelope: Envelope) -> EnvelopeShape | None:
    """Learn from a message that :func:`decode_envelope` has read what the next one of its agent may look like."""
    at, end = open_element(data, 0, len(data), SEQUENCE)
    (_, header, parameters), places = _elements(data, at, end, _MESSAGE)
    (message_id, *_), (id_at, *_) = _elements(header, 0, len(header), _HEADER)
    at, stop = open_element(parameters, 0, len(parameters), SEQUENCE)
    (_, boots, time, _, digest, salt), inside = _elements(parameters, at, stop, _PARAMETERS)
    fields = [
        (INTEGER, places[1] + id_at, len(message_id)),
        (INTEGER, places[2] + inside[1], len(boots)),
        (INTEGER, places[2] + inside[2], len(time)),
        (OCTET_STRING, places[2] + inside[4], len(digest)),
        (OCTET_STRING, places[2] + inside[5], len(salt)),
        (OCTET_STRING, envelope.data_at, end - envelope.data_at),
    ]
    shape = shape_of(data, fields) if end == len(data) else None
    return EnvelopeShape(envelope, shape) if shape is not None else None


def _elements(data: bytes, at: int, end: int, tags: tuple[int, ...]) -> tuple[list[bytes], list[int]]:
    """Read elements that follow each other: their contents, and where those begin. What comes after them is ignored.

    Raises:
        WireError: One has another tag, or reaches beyond the end.
        IndexError: ``data`` ends before its length.
    """
    contents, places = [], []
    for tag in tags:
        start = at + 2
        stop = start + data[at + 1]
        if data[at] != tag or data[at + 1] >= _LONG_FORM or stop > end:
            start, stop = open_element(data, at, end, tag)
        contents.append(data[start:stop])
        places.append(start)
        at = stop
    return contents, places


def _number(content: bytes) -> int:
    number = int.from_bytes(content, "big")
    if not content or content[0] >= _NEGATIVE or number > _LARGEST_INT:
        raise WireError("a number is not in 0..2147483647")
    return number


def authenticated(data: bytes, envelope: Envelope, keys: Keys) -> bool:
    """Say whether a message carries the digest that only who knows the key can make (RFC 3414, section 6.3.2)."""
    size = keys.digest_size
    if not size or not envelope.flags & AUTH or len(envelope.digest) != size:
        return False
    at = envelope.digest_at
    expected = keys.digest(data[:at] + bytes(size) + data[at + size : envelope.end])
    return hmac.compare_digest(expected, envelope.digest)


def decrypted(data: bytes, envelope: Envelope, keys: Keys) -> bytes:
    """Give the bytes of the scoped PDU, for DES with padding behind it.

    Raises:
        WireError: It is encrypted without our having a key, or has a size that cannot be.
    """
    if not envelope.flags & PRIV:
        return data[envelope.data_at : envelope.end]
    if keys.privacy is None:
        raise WireError("encrypted, which was not asked for")
    try:
        at, stop = open_element(data, envelope.data_at, envelope.end, OCTET_STRING)
    except IndexError:
        raise WireError("the message ends too early") from None
    engine = envelope.engine
    return keys.privacy.decrypt(data[at:stop], engine.boots, engine.time, envelope.salt)


def decode_scoped(data: bytes) -> Scoped:
    """Read a scoped PDU; bytes after it are padding.

    Raises:
        WireError: It is none.
    """
    try:
        at, end = open_element(data, 0, len(data), SEQUENCE)
        at, after = open_element(data, at, end, OCTET_STRING)
        context_engine_id = data[at:after]
        at, after = open_element(data, after, end, OCTET_STRING)
        return Scoped(context_engine_id, data[at:after], decode_pdu(data, after, end))
    except IndexError:
        raise WireError("the scoped PDU ends too early") from None
