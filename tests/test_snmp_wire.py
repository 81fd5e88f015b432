from __future__ import annotations

import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netmon.snmp import wire
from netmon.snmp.wire import Message, VarBind, WireError, decode_message, encode_message

SUB_ID = st.integers(0, 2**32 - 1) | st.integers(0, 300) | st.sampled_from([127, 128, 16383, 16384, 2**21, 2**28])
NUMBERS = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 2**32 - 81))
).flatmap(lambda top: st.lists(SUB_ID, max_size=12).map(lambda rest: (*top, *rest)))
OID = NUMBERS.map(lambda numbers: wire.encode_oid(".".join(map(str, numbers))))
UNSIGNED_32 = st.sampled_from([wire.COUNTER32, wire.GAUGE32, wire.TIME_TICKS, wire.UINTEGER32])
TAGGED = st.one_of(
    st.tuples(st.just(wire.INTEGER), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(UNSIGNED_32, st.integers(0, 2**32 - 1)),
    st.tuples(st.just(wire.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.sampled_from([wire.OCTET_STRING, wire.IP_ADDRESS, wire.NSAP_ADDRESS]), st.binary(max_size=300)),
    st.tuples(st.just(wire.OPAQUE), st.binary(max_size=6)),
    st.tuples(st.just(wire.OPAQUE_FLOAT), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(wire.OPAQUE_DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(wire.OBJECT_IDENTIFIER), OID),
    st.tuples(
        st.sampled_from([wire.NULL, wire.NO_SUCH_OBJECT, wire.NO_SUCH_INSTANCE, wire.END_OF_MIB_VIEW]), st.none()
    ),
)
VARBIND = st.builds(lambda name, tagged: (name, *tagged), OID, TAGGED)
INT32 = st.integers(-(2**31), 2**31 - 1)
PDU_TYPE = st.sampled_from(
    [wire.GET, wire.GET_NEXT, wire.RESPONSE, wire.SET, wire.GET_BULK, wire.INFORM, wire.TRAP, wire.REPORT]
)
MESSAGE = st.builds(
    Message,
    st.sampled_from([wire.VERSION_1, wire.VERSION_2C]),
    st.binary(max_size=200),
    PDU_TYPE,
    INT32,
    INT32,
    INT32,
    st.lists(VARBIND, max_size=30),
)


def a_reply(*binds: VarBind) -> Message:
    """Make an answer."""
    return Message(wire.VERSION_2C, b"public", wire.RESPONSE, 0x12345678, 0, 0, list(binds))


def with_value(tlv: bytes) -> bytes:
    """Give a message whose one binding has this encoded value."""
    bind = wire.tlv(wire.SEQUENCE, b"\x06\x03\x2b\x06\x01" + tlv)
    pdu = wire.tlv(wire.RESPONSE, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + wire.tlv(wire.SEQUENCE, bind))
    return wire.tlv(wire.SEQUENCE, b"\x02\x01\x01\x04\x01x" + pdu)


# -- object identifiers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("1.3.6.1.2.1", "2b06010201"),
        (".1.3.6.1.4.1.14988", "2b06010401f50c"),
        ("0.0", "00"),
        ("0.39", "27"),
        ("1.0", "28"),
        ("2.0", "50"),
        ("2.47", "7f"),
        ("2.48", "8100"),
        ("2.999.3", "883703"),
        ("1.3.127.128.16383.16384", "2b7f8100ff7f818000"),
        ("1.3.4294967295.0", "2b8fffffff7f00"),
    ],
)
def test_an_identifier_has_the_bytes_of_x690(text: str, content: str) -> None:
    """Base 128, most significant first, the first two numbers in one; a leading dot means nothing."""
    assert wire.encode_oid(text).hex() == content
    assert wire.decode_oid(bytes.fromhex(content)) == text.removeprefix(".")


@pytest.mark.parametrize(
    "text",
    [
        ".".join(["1"] * 129),
        "1.3." + "9" * 5000,
        "",
        ".",
        "1",
        "1.40",
        "3.1",
        "1.3.",
        "1..3",
        "1.3.x",
        "1.3.-1",
        "1.3.4294967296",
        "2.4294967295",
        "1.3.²",
        "1.3 ",
    ],
)
def test_what_is_no_identifier_is_refused(text: str) -> None:
    """Too few numbers, too many, too large, or none at all."""
    with pytest.raises(WireError):
        wire.encode_oid(text)


@pytest.mark.parametrize("content", ["2b80", "2b8001", "2b86", "2b9080808000", "2bffffffffff7f", "01" * 128])
def test_malformed_content_bytes_are_refused(content: str) -> None:
    """A padded number, an unfinished one, one beyond 32 bits, more numbers than an identifier may have."""
    with pytest.raises(WireError):
        wire.sub_ids(bytes.fromhex(content))
    with pytest.raises(WireError):
        wire.decode_oid(bytes.fromhex(content))
    with pytest.raises(WireError):
        decode_message(with_value(wire.tlv(wire.OBJECT_IDENTIFIER, bytes.fromhex(content))))


def test_no_bytes_at_all_are_zero_dot_zero() -> None:
    """Some agents send an empty identifier where they mean 0.0."""
    assert wire.decode_oid(b"") == "0.0"


@given(NUMBERS)
def test_identifiers_survive_text_and_bytes(numbers: tuple[int, ...]) -> None:
    """Any identifier comes back as it was."""
    text = ".".join(map(str, numbers))
    assert wire.decode_oid(wire.encode_oid(text)) == text


@given(st.lists(SUB_ID, max_size=20))
def test_an_index_survives_its_bytes(numbers: list[int]) -> None:
    """Any index comes back as it was."""
    assert wire.sub_ids(wire.encode_sub_ids(numbers)) == tuple(numbers)


def test_bytes_do_not_compare_like_numbers() -> None:
    """16384 follows 16383, though its first byte is smaller."""
    small, large = wire.encode_oid("1.3.16383"), wire.encode_oid("1.3.16384")
    assert small > large
    assert wire.oid_precedes(small, large)
    assert not wire.oid_precedes(large, small)


@given(NUMBERS, NUMBERS)
@example((1, 3, 16383), (1, 3, 16384))
@example((1, 3, 16383, 1), (1, 3, 16383))
def test_the_order_of_identifiers_is_the_order_of_their_numbers(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    """Whatever their lengths, and in both ways to ask for it."""
    a, b = (wire.encode_oid(".".join(map(str, n))) for n in (first, second))
    assert wire.oid_precedes(a, b) == (first < second)
    assert (wire.sub_ids(a) < wire.sub_ids(b)) == (first < second)


# -- messages -----------------------------------------------------------------------------------------


def test_a_get_is_the_packet_that_net_snmp_sends() -> None:
    """The bytes of ``snmpget -v2c -c public … 1.3.6.1.2.1.1.5.0`` with request-id 0x12345678."""
    template = wire.request_template(wire.VERSION_2C, b"public", wire.GET, [wire.encode_oid("1.3.6.1.2.1.1.5.0")])
    assert template.datagram(0x12345678).hex() == (
        "302902010104067075626c6963a01c020412345678020100020100300e300c06082b060102010105000500"
    )


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 20, 200, 5000])
@pytest.mark.parametrize("community", [b"", b"public", b"c" * 130, b"c" * 300])
def test_a_template_gives_whole_messages_for_any_request_id(count: int, community: bytes) -> None:
    """The id is patched into the right place, whatever the sizes of what lies before it."""
    names = [wire.encode_oid(f"1.3.6.1.2.1.2.2.1.{n}") for n in range(count)]
    template = wire.request_template(
        wire.VERSION_2C, community, wire.GET_BULK, names, non_repeaters=2, max_repetitions=300
    )
    for request_id in (wire.FIRST_REQUEST_ID, 0x12345678, wire.LAST_REQUEST_ID):
        message = decode_message(template.datagram(request_id))
        assert message[:6] == (wire.VERSION_2C, community, wire.GET_BULK, request_id, 2, 300)
        assert message.varbinds == [(name, wire.NULL, None) for name in names]


@given(MESSAGE)
def test_every_message_survives_its_bytes(message: Message) -> None:
    """Any message comes back as it was."""
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize(
    ("tag", "value", "content"),
    [
        (wire.INTEGER, 0, "020100"),
        (wire.INTEGER, 127, "02017f"),
        (wire.INTEGER, 128, "02020080"),
        (wire.INTEGER, -1, "0201ff"),
        (wire.INTEGER, -128, "020180"),
        (wire.INTEGER, -129, "0202ff7f"),
        (wire.INTEGER, -(2**31), "020480000000"),
        (wire.COUNTER32, 2**32 - 1, "410500ffffffff"),
        (wire.GAUGE32, 2**31, "42050080000000"),
        (wire.TIME_TICKS, 255, "430200ff"),
        (wire.COUNTER64, 2**64 - 1, "460900ffffffffffffffff"),
        (wire.COUNTER64, 2**63 - 1, "46087fffffffffffffff"),
        (wire.OCTET_STRING, b"", "0400"),
        (wire.OCTET_STRING, b"x" * 128, "048180" + "78" * 128),
        (wire.IP_ADDRESS, bytes([10, 0, 0, 1]), "40040a000001"),
        (wire.OPAQUE_FLOAT, 1.5, "44079f78043fc00000"),
        (wire.OPAQUE_DOUBLE, -2.0, "440b9f7908c000000000000000"),
        (wire.OPAQUE, b"\x9f\x78\x04xyz", "44069f780478797a"),
        (wire.NO_SUCH_OBJECT, None, "8000"),
        (wire.NO_SUCH_INSTANCE, None, "8100"),
        (wire.END_OF_MIB_VIEW, None, "8200"),
    ],
)
def test_values_have_the_fewest_bytes(tag: int, value: wire.Value, content: str) -> None:
    """Two's complement with as few bytes as it takes; net-snmp's floats inside an Opaque."""
    bind = (wire.encode_oid("1.3.6.1"), tag, value)
    assert wire.encode_varbind(bind).hex().endswith("06032b0601" + content)
    assert decode_message(encode_message(a_reply(bind))).varbinds == [bind]


@pytest.mark.parametrize(
    ("content", "tag", "value"),
    [
        ("4104ffffffff", wire.COUNTER32, 2**32 - 1),
        ("4608ffffffffffffffff", wire.COUNTER64, 2**64 - 1),
        ("02840000000107", wire.INTEGER, 7),
        ("02020007", wire.INTEGER, 7),
        ("048200026869", wire.OCTET_STRING, b"hi"),
        ("0600", wire.OBJECT_IDENTIFIER, b""),
    ],
)
def test_known_sloppy_encodings_are_read(content: str, tag: int, value: wire.Value) -> None:
    """No leading zero byte, lengths and numbers longer than needed, an empty identifier: nothing can be misread."""
    assert decode_message(with_value(bytes.fromhex(content))).varbinds == [(b"\x2b\x06\x01", tag, value)]


def test_a_nan_stays_one() -> None:
    """A sensor without a reading may send one."""
    bind = (wire.encode_oid("1.3.6.1"), wire.OPAQUE_DOUBLE, math.nan)
    value = decode_message(encode_message(a_reply(bind))).varbinds[0][2]
    assert isinstance(value, float)
    assert math.isnan(value)


def test_bytes_after_the_message_are_ignored() -> None:
    """Some agents pad their datagrams."""
    message = a_reply((b"\x2b", wire.INTEGER, 5))
    assert decode_message(encode_message(message) + b"\x00\x00padding") == message


@pytest.mark.parametrize(
    "content",
    [
        "0200",
        "0209000000000000000001",
        "4100",
        "41050100000000",
        "460a0000ffffffffffffffff",
        "4609ffffffffffffffffff",
        "0501ff",
        "800100",
        "0101ff",
        "3000",
        "04",
        "0480",
        "04850000000001ff",
        "0484ffffffff",
        "0404ff",
        "0682",
    ],
)
def test_malformed_values_are_refused(content: str) -> None:
    """Numbers of no or too many bytes or beyond their type, a NULL with content, unknown tags, lengths that lie."""
    with pytest.raises(WireError):
        decode_message(with_value(bytes.fromhex(content)))


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (wire.COUNTER32, -1),
        (wire.COUNTER32, 2**32),
        (wire.COUNTER64, 2**64),
        (wire.INTEGER, 2**63),
        (wire.INTEGER, b"5"),
        (wire.OCTET_STRING, 5),
        (wire.OCTET_STRING, None),
        (wire.OBJECT_IDENTIFIER, b"\x80"),
        (wire.NULL, 0),
        (wire.INTEGER, 1.5),
        (0x99, b""),
    ],
)
def test_a_value_that_does_not_fit_its_tag_is_not_sent(tag: int, value: wire.Value) -> None:
    """Neither one that is out of range nor one of another kind."""
    with pytest.raises(WireError):
        wire.encode_varbind((b"\x2b\x06\x01", tag, value))


def test_an_snmpv3_message_is_refused() -> None:
    """Its version is 3; what follows is laid out differently."""
    with pytest.raises(WireError, match="version 3"):
        decode_message(bytes.fromhex("3003020103"))


def test_a_v1_trap_is_refused() -> None:
    """Its PDU has other fields (RFC 1157, section 4.1.6)."""
    with pytest.raises(WireError, match="0xa4"):
        decode_message(wire.tlv(wire.SEQUENCE, b"\x02\x01\x00\x04\x00" + wire.tlv(wire.TRAP_V1, b"")))


# -- hostile bytes ------------------------------------------------------------------------------------


def survives(data: bytes) -> None:
    """Decode: a message or WireError, nothing else."""
    try:
        message = decode_message(data)
    except WireError:
        return
    for name, tag, value in message.varbinds:
        wire.decode_oid(name)
        if tag == wire.OBJECT_IDENTIFIER:
            assert isinstance(value, bytes)
            wire.decode_oid(value)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_message_or_wire_error(data: bytes) -> None:
    """No other exception leaves the decoder."""
    survives(data)


@given(MESSAGE, st.data())
def test_a_truncated_message_is_always_refused(message: Message, data: st.DataObject) -> None:
    """However much is missing."""
    whole = encode_message(message)
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        decode_message(whole[:length])


@given(MESSAGE, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_message_gives_a_message_or_wire_error(message: Message, changes: list[tuple[int, int]]) -> None:
    """And what still is a message holds only well-formed identifiers."""
    damaged = bytearray(encode_message(message))
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    survives(bytes(damaged))


def test_nesting_is_never_followed_down() -> None:
    """A datagram full of opening tags is refused at once."""
    with pytest.raises(WireError):
        decode_message(b"\x30\x82\xff\xfb" * 16000)
    with pytest.raises(WireError):
        decode_message(b"\x30\x80" * 30000)


@pytest.mark.parametrize("filler", [b"\xff", b"\x81", b"\x80", b"\x7f", b"\xff\xff\xff\xff\x7f"])
def test_a_huge_identifier_is_refused_quickly(filler: bytes) -> None:
    """A datagram that is one identifier costs no more than reading it: far below the second allowed here."""
    name = (filler * 65000)[:65000]
    bind = wire.tlv(wire.SEQUENCE, wire.tlv(wire.OBJECT_IDENTIFIER, name) + b"\x05\x00")
    pdu = wire.tlv(wire.RESPONSE, b"\x02\x01\x01\x02\x01\x00\x02\x01\x00" + wire.tlv(wire.SEQUENCE, bind))
    data = wire.tlv(wire.SEQUENCE, b"\x02\x01\x01\x04\x00" + pdu)
    begin = time.perf_counter()
    with pytest.raises(WireError):
        decode_message(data)
    assert time.perf_counter() - begin < 1


def test_a_community_is_never_shown() -> None:
    """Neither a message nor a template tells it in its repr."""
    template = wire.request_template(wire.VERSION_2C, b"hush-hush", wire.GET, [b"\x2b\x06"])
    message = decode_message(template.datagram(wire.FIRST_REQUEST_ID))
    assert message.community == b"hush-hush"
    assert "hush" not in repr(message) + str(message) + repr(template) + str(template)
