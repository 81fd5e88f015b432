"""An answer that looks like the last one is read at once, and never otherwise than by reading it in full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_snmp_wire import OID, TAGGED

from netmon.snmp import wire
from netmon.snmp.client import Memo
from netmon.snmp.wire import Message, Value, VarBind, WireError

IDS = st.integers(wire.FIRST_REQUEST_ID, wire.LAST_REQUEST_ID)
NAMES = [wire.encode_oid(f"1.3.6.1.2.1.2.2.1.{column}.7") for column in range(1, 6)]
# What agents answer in a poll, each with another of its kind.
KINDS = st.sampled_from(
    [
        (wire.INTEGER, -(2**31), 2**31 - 1),
        (wire.INTEGER, -(2**63), 2**63 - 1),
        (wire.COUNTER32, 0, 2**32 - 1),
        (wire.GAUGE32, 0, 300),
        (wire.TIME_TICKS, 0, 2**32 - 1),
        (wire.COUNTER64, 0, 2**64 - 1),
        (wire.COUNTER64, 2**40, 2**48),
    ]
)
CELLS = KINDS.flatmap(lambda kind: st.tuples(st.just(kind[0]), *[st.integers(*kind[1:])] * 2)) | st.tuples(
    st.sampled_from([wire.OCTET_STRING, wire.IP_ADDRESS]), *[st.binary(min_size=4, max_size=4)] * 2
)


def answer(request_id: int, *binds: VarBind, community: bytes = b"public", status: int = 0) -> bytes:
    """Write an answer as an agent sends it."""
    return wire.encode_message(Message(wire.VERSION_2C, community, wire.RESPONSE, request_id, status, 0, [*binds]))


def read_in_full(data: bytes) -> list[Value] | None:
    """Give what reading gives: the request-id and the values; ``None`` for a message that is none."""
    try:
        message = wire.decode_message(data)
    except WireError:
        return None
    return [message.request_id, *(value for _, _, value in message.varbinds)]


@given(st.lists(CELLS, min_size=1, max_size=5), IDS, IDS)
def test_the_next_answer_is_read_like_this_one(cells: list[tuple[int, Value, Value]], first: int, second: int) -> None:
    """The same sizes: the shape gives what reading gives. Other sizes: it gives nothing."""
    names = NAMES[: len(cells)]
    before, after = (
        answer(request_id, *[(name, cell[0], cell[which]) for name, cell in zip(names, cells, strict=True)])
        for which, request_id in ((1, first), (2, second))
    )
    shape = wire.draw_shape(before, names)
    assert shape is not None
    assert list(shape.read(before) or ()) == read_in_full(before)
    found = shape.read(after)
    assert found is None or list(found) == read_in_full(after)
    sizes = [[len(wire.encode_varbind((NAMES[0], cell[0], cell[which]))) for cell in cells] for which in (1, 2)]
    assert (found is None) == (sizes[0] != sizes[1])


@given(
    st.lists(st.tuples(OID, TAGGED), max_size=8),
    IDS,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4),
)
def test_no_bytes_are_taken_for_what_they_are_not(
    binds: list[tuple[bytes, tuple[int, Value]]], request_id: int, changes: list[tuple[int, int]]
) -> None:
    """Whatever an answer holds and however the next one is damaged: it is read as in full, or not at all."""
    data = answer(request_id, *[(name, *tagged) for name, tagged in binds])
    shape = wire.draw_shape(data, [name for name, _ in binds])
    if shape is None:
        return
    damaged = bytearray(data)
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    found = shape.read(bytes(damaged))
    if found is not None:
        whole = read_in_full(bytes(damaged))
        assert whole is not None
        assert repr(list(found)) == repr(whole)
    if not changes:
        assert found is not None


def test_a_number_that_has_grown_by_a_byte_has_another_shape() -> None:
    """A client count that goes from one byte to two is read in full once."""
    shape = wire.draw_shape(answer(1 << 28, (NAMES[0], wire.GAUGE32, 127)), NAMES[:1])
    assert shape is not None
    assert shape.read(answer(1 << 28, (NAMES[0], wire.GAUGE32, 128))) is None


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1)), NAMES[1:2]),
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1)), NAMES[:2]),
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1), (NAMES[1], wire.GAUGE32, 1)), NAMES[:1]),
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1), status=wire.GEN_ERR), NAMES[:1]),
        (answer(77, (NAMES[0], wire.GAUGE32, 1)), NAMES[:1]),
        (answer(1 << 28, (NAMES[0], wire.OBJECT_IDENTIFIER, NAMES[1])), NAMES[:1]),
        (answer(1 << 28, (NAMES[0], wire.OPAQUE_FLOAT, 1.5)), NAMES[:1]),
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1)) + b"padding", NAMES[:1]),
        (answer(1 << 28, (NAMES[0], wire.GAUGE32, 1))[:-1], NAMES[:1]),
        (b"", NAMES[:1]),
    ],
    ids=["other-name", "too-few", "too-many", "error", "short-id", "identifier", "float", "padded", "cut", "empty"],
)
def test_what_has_no_shape(data: bytes, names: list[bytes]) -> None:
    """An answer to another question, an error, an id that is not ours, values that few agents send."""
    assert wire.draw_shape(data, names) is None


def test_another_community_version_or_error_is_another_shape() -> None:
    """All but the id and the values is compared, the community too."""
    bind = NAMES[0], wire.COUNTER64, 2**40
    shape = wire.draw_shape(answer(1 << 28, bind), NAMES[:1])
    assert shape is not None
    assert shape.read(answer(1 << 29, bind)) is not None
    assert shape.read(answer(1 << 29, bind, community=b"publik")) is None
    assert shape.read(answer(1 << 29, bind, status=wire.GEN_ERR)) is None
    message = wire.decode_message(answer(1 << 29, bind))._replace(version=wire.VERSION_1)
    assert shape.read(wire.encode_message(message)) is None


def test_the_shape_of_a_scoped_pdu() -> None:
    """In SNMPv3 what is read is the decrypted part, which begins with the context."""
    message = wire.decode_message(answer(1 << 28, (NAMES[0], wire.GAUGE32, 5)))
    pdu = wire.encode_pdu(wire.Pdu(*message[2:]))
    scoped = wire.tlv(wire.SEQUENCE, wire.tlv(wire.OCTET_STRING, b"engine") + wire.tlv(wire.OCTET_STRING, b"") + pdu)
    shape = wire.draw_shape(scoped, NAMES[:1])
    assert shape is not None
    assert list(shape.read(scoped) or ()) == [1 << 28, 5]


def test_shapes_are_drawn_more_and_more_rarely_where_answers_keep_none() -> None:
    """An agent whose every answer has other sizes costs no drawing each time."""
    memo = Memo()
    answers = [answer(1 << 28, (NAMES[0], wire.OCTET_STRING, b"x" * (turn % 90))) for turn in range(1, 200)]
    drawn = [turn for turn, data in enumerate(answers, 1) if memo.learn(data, NAMES[:1])]
    assert drawn == [1, 2, 4, 8, 16, 32, 64, 128, 192]


def test_a_number_that_goes_to_and_fro_keeps_both_shapes() -> None:
    """The fourth shape and those before it are read at once; the oldest of five is forgotten."""
    memo = Memo()
    answers = [answer(1 << 28, (NAMES[0], wire.OCTET_STRING, b"x" * size)) for size in range(5)]
    for data in answers[:4]:
        memo.misses = 0
        assert memo.read(data) is None
        memo.learn(data, NAMES[:1])
    assert all(memo.read(data) is not None for data in answers[:4])
    memo.misses = 0
    memo.learn(answers[4], NAMES[:1])
    assert [memo.read(data) is not None for data in answers] == [False, True, True, True, True]
