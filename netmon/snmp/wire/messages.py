"""PDUs, and v1 and v2c messages: reading and writing them (RFC 3416, RFC 1901, RFC 1157)."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from netmon.snmp.wire.oids import LONGEST_SUB_IDS, WireError, is_well_formed

VERSION_1: Final = 0
VERSION_2C: Final = 1

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
NSAP_ADDRESS: Final = 0x45  # RFC 1442, obsolete, still sent by a few
COUNTER64: Final = 0x46
UINTEGER32: Final = 0x47  # RFC 1442, obsolete, still sent by a few
NO_SUCH_OBJECT: Final = 0x80
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB_VIEW: Final = 0x82
OPAQUE_FLOAT: Final = 0x9F78  # net-snmp's float inside an Opaque; the tag is two bytes there, one number here
OPAQUE_DOUBLE: Final = 0x9F79

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
TRAP_V1: Final = 0xA4
GET_BULK: Final = 0xA5
INFORM: Final = 0xA6
TRAP: Final = 0xA7
REPORT: Final = 0xA8

ERROR_STATUS: Final = (
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
)
"""The names of ``error-status``, by number (RFC 3416, section 3)."""
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
GEN_ERR: Final = 5
AUTHORIZATION_ERROR: Final = 16

Value = int | bytes | float | None
"""``int`` for numbers; ``bytes`` for strings, addresses, Opaque and object identifiers; ``float`` for the two opaque
numbers; ``None`` for NULL and the three exceptions (noSuchObject, noSuchInstance, endOfMibView)."""

VarBind = tuple[bytes, int, Value]
"""Name (the object identifier's content bytes), tag, value."""

_UNSIGNED_LIMIT: Final = {
    COUNTER32: 0xFFFFFFFF,
    GAUGE32: 0xFFFFFFFF,
    TIME_TICKS: 0xFFFFFFFF,
    UINTEGER32: 0xFFFFFFFF,
    COUNTER64: 0xFFFFFFFFFFFFFFFF,
}
_NUMBERS: Final = frozenset({INTEGER, *_UNSIGNED_LIMIT})
_STRINGS: Final = frozenset({OCTET_STRING, IP_ADDRESS, NSAP_ADDRESS})
_VALUELESS: Final = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
_PDU_TYPES: Final = frozenset({GET, GET_NEXT, RESPONSE, SET, GET_BULK, INFORM, TRAP, REPORT})
_OPAQUE_FORMATS: Final = {OPAQUE_FLOAT: b"\x9f\x78\x04", OPAQUE_DOUBLE: b"\x9f\x79\x08"}
_LONG_FORM: Final = 0x80
_LONGEST_LENGTH: Final = 4  # bytes of a length; a datagram needs two, net-snmp always sends that
_LONGEST_INTEGER: Final = 8
_LONGEST_UNSIGNED: Final = 9
_SURELY_FITS: Final = 4  # bytes that no number's type is too small for


# -- reading ------------------------------------------------------------------------------------------


class Pdu(NamedTuple):
    """What is asked or answered. In a GETBULK the two error fields are non-repeaters and max-repetitions."""

    pdu_type: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]


class Message(NamedTuple):
    """A v1 or v2c message. In a GETBULK the two error fields are non-repeaters and max-repetitions."""

    version: int
    community: bytes
    pdu_type: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]

    def __repr__(self) -> str:
        """Show all but the community, which is a secret."""
        return f"Message(version={self.version}, community=<secret>, pdu={self[2:]!r})"


def decode_message(data: bytes) -> Message:
    """Read one v1 or v2c message; bytes after it are ignored.

    Raises:
        WireError: They are not such a message (SNMPv1's own trap PDU and SNMPv3 are none).
    """
    try:
        at, end = open_element(data, 0, len(data), SEQUENCE)
        version, at = read_integer(data, at, end)
        if version not in (VERSION_1, VERSION_2C):
            raise WireError(f"not SNMP v1 or v2c: version {version}")
        at, stop = open_element(data, at, end, OCTET_STRING)
        return Message(version, data[at:stop], *decode_pdu(data, stop, end))
    except IndexError:
        raise WireError("the message ends too early") from None


def decode_pdu(data: bytes, at: int, end: int) -> Pdu:
    """Read the PDU that fills ``data[at:end]``.

    Raises:
        WireError: It does not, or is none of RFC 3416.
        IndexError: ``data`` ends before ``end``.
    """
    pdu_type = data[at]
    if pdu_type not in _PDU_TYPES:
        raise WireError(f"not a PDU: tag {pdu_type:#04x}")
    at, stop = open_element(data, at, end, pdu_type)
    if stop != end:
        raise WireError("bytes after the PDU")
    request_id, at = read_integer(data, at, stop)
    error_status, at = read_integer(data, at, stop)
    error_index, at = read_integer(data, at, stop)
    at, stop = open_element(data, at, stop, SEQUENCE)
    if stop != end:
        raise WireError("bytes after the variable bindings")
    return Pdu(pdu_type, request_id, error_status, error_index, _varbinds(data, at, stop))


def _long(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read the rest of a long-form length whose first byte was ``first``: the length and where the content begins."""
    count = first & 0x7F
    if not 1 <= count <= _LONGEST_LENGTH:
        raise WireError("a length of no or too many bytes")
    return int.from_bytes(data[at : at + count], "big"), at + count


def open_element(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Enter the element at ``at``, which must have this tag and end by ``end``: where its content begins and ends.

    Raises:
        WireError: It does not.
        IndexError: ``data`` ends before its length.
    """
    if data[at] != tag:
        raise WireError(f"tag {data[at]:#04x} instead of {tag:#04x}")
    size = data[at + 1]
    at += 2
    if size >= _LONG_FORM:
        size, at = _long(data, at, size)
    if at + size > end:
        raise WireError("an element reaches beyond what holds it")
    return at, at + size


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read the INTEGER at ``at``: its value and where it ends.

    Raises:
        WireError: There is none of 1 to 8 bytes.
        IndexError: ``data`` ends before its length.
    """
    at, stop = open_element(data, at, end, INTEGER)
    if not 0 < stop - at <= _LONGEST_INTEGER:
        raise WireError("an INTEGER of no or too many bytes")
    return int.from_bytes(data[at:stop], "big", signed=True), stop


def _varbinds(data: bytes, at: int, end: int) -> list[VarBind]:
    """Read variable bindings, unrolled as well: 25 of them take about 20 µs.

    The one comparison after the value's length vouches for all lengths inside the binding: they add up to it.
    """
    binds: list[VarBind] = []
    while at < end:
        stop = at + 2 + data[at + 1]
        if data[at] != SEQUENCE or data[at + 1] >= _LONG_FORM or stop > end:
            at, stop = open_element(data, at, end, SEQUENCE)
        else:
            at += 2
        size = data[at + 1]
        if data[at] != OBJECT_IDENTIFIER:
            raise WireError("a variable binding without a name")
        at += 2
        if size >= _LONG_FORM:
            size, at = _long(data, at, size)
        name = data[at : at + size]
        at += size
        if (size > LONGEST_SUB_IDS or not name.isascii()) and not is_well_formed(name):
            raise WireError("a malformed object identifier")
        tag = data[at]
        size = data[at + 1]
        at += 2
        if size >= _LONG_FORM:
            size, at = _long(data, at, size)
        if at + size != stop:
            raise WireError("a variable binding's lengths do not add up")
        if 0 < size <= _SURELY_FITS and tag in _NUMBERS:
            binds.append((name, tag, int.from_bytes(data[at:stop], "big", signed=tag == INTEGER)))
        else:
            binds.append((name, *_value(tag, data[at:stop])))
        at = stop
    return binds


def _value(tag: int, content: bytes) -> tuple[int, Value]:
    """Read a value by its tag, the frequent ones first."""
    if tag in _UNSIGNED_LIMIT and 0 < len(content) <= _LONGEST_UNSIGNED:
        number = int.from_bytes(content, "big")
        if number <= _UNSIGNED_LIMIT[tag]:
            return tag, number
    if tag in _STRINGS:
        return tag, content
    if tag == INTEGER and 0 < len(content) <= _LONGEST_INTEGER:
        return tag, int.from_bytes(content, "big", signed=True)
    if tag in _VALUELESS and not content:
        return tag, None
    if tag == OBJECT_IDENTIFIER and is_well_formed(content):
        return tag, content
    if tag == OPAQUE:
        return _opaque(content)
    raise WireError(f"a malformed value with tag {tag:#04x}")


def _opaque(content: bytes) -> tuple[int, Value]:
    """Look inside an Opaque for net-snmp's numbers; anything else stays as it is."""
    if content[:3] == _OPAQUE_FORMATS[OPAQUE_FLOAT] and len(content) == 7:  # noqa: PLR2004 - 3 + 4
        return OPAQUE_FLOAT, float(struct.unpack(">f", content[3:])[0])
    if content[:3] == _OPAQUE_FORMATS[OPAQUE_DOUBLE] and len(content) == 11:  # noqa: PLR2004 - 3 + 8
        return OPAQUE_DOUBLE, float(struct.unpack(">d", content[3:])[0])
    return OPAQUE, content


# -- writing ------------------------------------------------------------------------------------------


def encode_message(message: Message) -> bytes:
    """Write a message.

    Raises:
        WireError: A value does not fit its tag, or a name is no object identifier.
    """
    pdu = Pdu(message.pdu_type, message.request_id, message.error_status, message.error_index, message.varbinds)
    return tlv(SEQUENCE, encode_head(message.version, message.community) + encode_pdu(pdu))


def encode_pdu(pdu: Pdu) -> bytes:
    """Write a PDU.

    Raises:
        WireError: As ``encode_message``.
    """
    numbers = b"".join(tlv(INTEGER, _int_content(n)) for n in pdu[1:4])
    return tlv(pdu.pdu_type, numbers + tlv(SEQUENCE, b"".join(map(encode_varbind, pdu.varbinds))))


def encode_varbind(varbind: VarBind) -> bytes:
    """Write one variable binding, as ``encode_message`` would (so that an agent can prepare constant ones).

    Raises:
        WireError: As ``encode_message``.
    """
    name, tag, value = varbind
    if not is_well_formed(name):
        raise WireError("a malformed object identifier")
    return tlv(SEQUENCE, tlv(OBJECT_IDENTIFIER, name) + _encode_value(tag, value))


def encode_head(version: int, community: bytes) -> bytes:
    """Write what stands before the PDU of a v1 or v2c message."""
    return tlv(INTEGER, _int_content(version)) + tlv(OCTET_STRING, community)


def tlv(tag: int, content: bytes) -> bytes:
    """Write one element, its length in the fewest bytes."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    count = (size.bit_length() + 7) // 8
    return bytes((tag, _LONG_FORM | count)) + size.to_bytes(count, "big") + content


def _int_content(number: int) -> bytes:
    """Give the fewest two's complement bytes."""
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def _encode_value(tag: int, value: Value) -> bytes:
    limit = _UNSIGNED_LIMIT.get(tag)
    if isinstance(value, int):
        if limit is not None and 0 <= value <= limit:
            return tlv(tag, _int_content(value))
        if tag == INTEGER and -(2**63) <= value < 2**63:
            return tlv(tag, _int_content(value))
    elif isinstance(value, bytes):
        if tag in _STRINGS or tag == OPAQUE or (tag == OBJECT_IDENTIFIER and is_well_formed(value)):
            return tlv(tag, value)
    elif isinstance(value, float):
        if tag in _OPAQUE_FORMATS:
            return tlv(OPAQUE, _OPAQUE_FORMATS[tag] + struct.pack(">f" if tag == OPAQUE_FLOAT else ">d", value))
    elif tag in _VALUELESS:
        return tlv(tag, b"")
    raise WireError(f"tag {tag:#04x} cannot carry this {type(value).__name__}")
