"""Messages of SNMPv1 and v2c, PDUs, and the quick way to read answers that look like the last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from supply import Supply, Trial, edits, text

from netmon.snmp import usm, wire
from netmon.snmp.wire import Message, Pdu, VarBind, WireError

_LEAST_BINDING = 6  # bytes: the headers of the binding, of an empty name and of an empty value
_NAMES = [
    wire.encode_oid(name) for name in ("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.31.1.1.1.6.1", "1.3.6.1.4.1.14988.1.16384")
]
_VALUES: list[tuple[int, wire.Value]] = [
    (wire.TIME_TICKS, 1234567),
    (wire.COUNTER64, 2**63),
    (wire.COUNTER32, 2**32 - 1),
    (wire.GAUGE32, 1),
    (wire.INTEGER, -5),
    (wire.INTEGER, 2**31),
    (wire.OCTET_STRING, b"ether1"),
    (wire.OCTET_STRING, b"\0\x1b\xff\0\0\1"),
    (wire.OCTET_STRING, b"x" * 200),
    (wire.IP_ADDRESS, b"\x0a\0\0\1"),
    (wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.4.1.14988.1")),
    (wire.OPAQUE_FLOAT, 1.5),
    (wire.OPAQUE_DOUBLE, -2.25),
    (wire.OPAQUE, b"\4\1x"),
    (wire.NSAP_ADDRESS, b"\1\2"),
    (wire.UINTEGER32, 7),
    (wire.NULL, None),
    (wire.NO_SUCH_OBJECT, None),
    (wire.NO_SUCH_INSTANCE, None),
    (wire.END_OF_MIB_VIEW, None),
]


def _answers() -> list[Message]:
    """Give messages that hold every kind of value."""
    one_each = [
        [(_NAMES[place % 3] + bytes((place,)), tag, value)] for place, (tag, value) in enumerate(_VALUES)
    ]  # names of different lengths
    several = [bind for binds in one_each for bind in binds]
    return [
        Message(wire.VERSION_2C, b"public", wire.RESPONSE, 0x12345678, 0, 0, binds)
        for binds in ([], several, *one_each)
    ] + [
        Message(wire.VERSION_1, b"", wire.RESPONSE, -1, wire.NO_SUCH_NAME, 1, several[:2]),
        Message(wire.VERSION_2C, b"c" * 130, wire.GET_BULK, 0x7FFFFFFF, 2, 10, several[:3]),
    ]


def _same(first: object, second: object) -> bool:
    return first == second or repr(first) == repr(second)  # a NaN is not equal to itself


def _check_bindings(binds: Sequence[VarBind], size: int) -> None:
    """Names can be shown, ordered and read back; there are not more bindings than bytes can hold."""
    assert len(binds) * _LEAST_BINDING <= size
    before = b""
    for name, tag, value in binds:
        assert wire.is_well_formed(name)
        assert name in (b"", wire.encode_oid(wire.decode_oid(name)))
        assert wire.oid_precedes(before, name) + wire.oid_precedes(name, before) + (before == name) == 1
        assert wire.oid_precedes(before, name) == (wire.sub_ids(before) < wire.sub_ids(name))
        if tag == wire.OBJECT_IDENTIFIER:
            assert isinstance(value, bytes)
            wire.decode_oid(value)
        before = name


def try_message(data: bytes) -> None:
    """Any bytes are a message or ``WireError``; what is one is written and read back as the same."""
    try:
        message = wire.decode_message(data)
    except WireError:
        return
    _check_bindings(message.varbinds, len(data))
    written = wire.encode_message(message)
    assert _same(tuple(wire.decode_message(written)), tuple(message)), "another message after writing and reading"
    assert _same(tuple(wire.decode_message(data + b"\x30\x80")), tuple(message)), "bytes behind a message changed it"
    for size in (len(written) - 1, len(written) // 2):
        try:
            wire.decode_message(written[:size])
        except WireError:
            continue
        raise AssertionError("a truncated message was read")


def _pdu(data: bytes, end: int) -> Pdu | None:
    try:
        return wire.decode_pdu(data, 0, end)
    except (WireError, IndexError):  # as its documentation says
        return None


def try_pdu(data: bytes) -> None:
    """The same of a PDU; it never depends on what lies behind its end."""
    pdu = _pdu(data, len(data))
    for behind in (b"\0" * 8, b"\x30\x06\x06\x00\x05\x00\x7f\xff"):
        assert _same(_pdu(data + behind, len(data)), pdu), "what lies behind a PDU changed it"
    if pdu is None:
        return
    _check_bindings(pdu.varbinds, len(data))
    written = wire.encode_pdu(pdu)
    assert _same(wire.decode_pdu(written, 0, len(written)), pdu), "another PDU after writing and reading"


def try_shape(data: bytes) -> None:
    """What a shape reads out of an answer is what reading the answer gives, for any answer and any later one.

    The input is an answer and how it changes until the next one.
    """
    supply = Supply(data)
    first = supply.text()
    later = supply.edited(first)
    try:
        message = wire.decode_message(first)
    except WireError:
        pass
    else:
        _hold_against(message[:2], message, first, later)
    try:
        scoped = usm.decode_scoped(first)
    except WireError:
        return
    _hold_against(scoped[:2], scoped.pdu, first, later)


def _hold_against(head: tuple[object, ...], answer: Message | Pdu, first: bytes, later: bytes) -> None:
    names = [name for name, _, _ in answer.varbinds]
    assert wire.draw_shape(first, [*names, b"\x2b"]) is None, "a shape for names that were not answered"
    assert not names or wire.draw_shape(first, names[:-1]) is None, "a shape for fewer names"
    shape = wire.draw_shape(first, names)
    if shape is None:
        return
    assert (answer.pdu_type, answer.error_status) == (wire.RESPONSE, 0), "a shape of what is no good answer"
    for data in (first, later, first + b"\0", first[:-1]):
        found = shape.read(data)
        assert found is not None or data is not first, "an answer does not have its own shape"
        if found is None:
            continue
        again, read = _read(data, isinstance(answer, Message))
        values = tuple(value for _, _, value in read.varbinds)
        assert again == head, "of another version, community or context"
        assert (read.pdu_type, read.error_status) == (wire.RESPONSE, 0)
        assert [name for name, _, _ in read.varbinds] == names, "values of other names"
        assert _same(tuple(found), (read.request_id, *values)), "other values than reading gives"


def _read(data: bytes, is_message: bool) -> tuple[tuple[object, ...], Message | Pdu]:
    if is_message:
        message = wire.decode_message(data)
        return message[:2], message
    scoped = usm.decode_scoped(data)
    return scoped[:2], scoped.pdu


def message_seeds() -> list[bytes]:
    """Messages with every kind of value, and spellings that real agents are known for."""
    sloppy = ("0282000107", "4104ffffffff", "4608ffffffffffffffff", "048200026869", "0600", "44079f78047fc00000")
    return [
        *map(wire.encode_message, _answers()),
        *(_message_with(bytes.fromhex(value)) for value in sloppy),
        wire.request_template(wire.VERSION_2C, b"public", wire.GET, _NAMES).datagram(wire.FIRST_REQUEST_ID),
    ]


def _message_with(value: bytes) -> bytes:
    bind = wire.tlv(wire.SEQUENCE, b"\x06\x03\x2b\x06\x01" + value)
    pdu = wire.tlv(wire.RESPONSE, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + wire.tlv(wire.SEQUENCE, bind))
    return wire.tlv(wire.SEQUENCE, b"\x02\x01\x01\x04\x01x" + pdu)


def pdu_seeds() -> list[bytes]:
    """The PDUs of those messages."""
    return [wire.encode_pdu(Pdu(*message[2:])) for message in _answers()]


def shape_seeds() -> list[bytes]:
    """Those messages, and scoped PDUs, with and without changes at their end and in their request-id."""
    context = wire.tlv(wire.OCTET_STRING, b"\x80\0\x1f\x88\4test") + wire.tlv(wire.OCTET_STRING, b"")
    scoped = [wire.tlv(wire.SEQUENCE, context + pdu) for pdu in pdu_seeds()]
    return [
        text(first) + changes
        for first in (*map(wire.encode_message, _answers()), *scoped)
        for changes in (edits(), edits((len(first) - 1, 3)), edits((20, 1), (len(first) - 2, 255)))
    ]


@contextmanager
def message() -> Iterator[Trial]:
    """Try messages."""
    yield try_message


@contextmanager
def pdu() -> Iterator[Trial]:
    """Try PDUs."""
    yield try_pdu


@contextmanager
def shape() -> Iterator[Trial]:
    """Try shapes."""
    yield try_shape
