"""Every kind of value, over the wire and to the reading."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import pytest
from profile_cells import met, shown
from snmp_agents import NAME, ROOT, at, reply, running_agent

from netmon.probes.snmp.dialogue import shown as shown_to_people
from netmon.snmp import wire
from netmon.snmp.client import Exchange, Memo, SnmpClient, Target
from netmon.snmp.wire import Message

VALUES: list[tuple[int, wire.Value, wire.Value]] = [
    (wire.COUNTER64, 2**64 - 1, 2**64 - 2),
    (wire.COUNTER64, 2**63, 2**63 + 1),
    (wire.COUNTER64, 2**40, 2**40 + 255),
    (wire.COUNTER32, 2**32 - 1, 2**31),
    (wire.GAUGE32, 2**31, 2**32 - 1),
    (wire.UINTEGER32, 5, 6),
    (wire.TIME_TICKS, 2**32 - 1, 2**31 + 5),
    (wire.INTEGER, -1, -128),
    (wire.INTEGER, -(2**31), 2**31 - 1),
    (wire.INTEGER, 2**32 - 1, -(2**39)),
    (wire.INTEGER, -(2**63), 2**63 - 1),
    (wire.OPAQUE_FLOAT, -1.5, 21.25),
    (wire.OPAQUE_DOUBLE, math.inf, 0.1),
    (wire.OPAQUE, b"\x04\x01x", b"\x04\x01y"),
    (wire.IP_ADDRESS, bytes((10, 0, 0, 1)), bytes((255, 255, 255, 0))),
    (wire.NSAP_ADDRESS, b"\x00\x01", b"\x00\x02"),
    (wire.OCTET_STRING, b"Padang", "Suráu".encode()),
    (wire.OCTET_STRING, bytes.fromhex("001b210a0b0c"), bytes.fromhex("ffffffffffff")),
    (wire.OCTET_STRING, b"", b""),
    (wire.OCTET_STRING, bytes(range(256)), bytes(range(255, -1, -1))),
    (wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.4.1.9"), wire.encode_oid("1.3.6.1.4.1.8")),
    (wire.NULL, None, None),
    (wire.NO_SUCH_OBJECT, None, None),
    (wire.NO_SUCH_INSTANCE, None, None),
    (wire.END_OF_MIB_VIEW, None, None),
]
"""A tag, and two values whose bytes are equally many."""


async def asked(client: SnmpClient, target: Target, oids: Sequence[bytes], memo: Memo) -> Sequence[wire.Value]:
    """Ask as a poll does, and give the values whichever way they came."""
    done = asyncio.Event()
    exchange: Exchange = client.request(target, target.template(wire.GET, oids), lambda _: done.set(), memo)
    await done.wait()
    assert exchange.failure is None
    return exchange.values[1:] if exchange.values is not None else [value for _, _, value in exchange.varbinds]


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize(("tag", "first", "second"), VALUES)
async def test_a_value_is_the_same_however_it_is_read(
    client: SnmpClient, version: str, tag: int, first: wire.Value, second: wire.Value
) -> None:
    """In full, and by what the last answer looked like; between its neighbours, and when it changes."""
    names = [NAME, ROOT + b"\1", ROOT + b"\2"]
    told = first

    def telling(question: Message) -> Message:
        cells: list[tuple[int, wire.Value]] = [(wire.COUNTER32, 7), (tag, told), (wire.OCTET_STRING, b"end")]
        return reply(question, [(name, *cell) for name, cell in zip(names, cells, strict=True)])

    memo = Memo()
    async with running_agent(telling) as agent:
        for told in (first, first, second, first, second):
            assert list(await asked(client, at(agent, version=version), names, memo)) == [7, told, b"end"]


async def test_a_value_that_changes_its_kind_is_told_as_what_it_is(client: SnmpClient) -> None:
    """A number, then none, a text of as many bytes, the number again: never the last answer's kind."""
    memo = Memo()
    kinds: list[tuple[int, wire.Value]] = [
        (wire.GAUGE32, 65),
        (wire.GAUGE32, 65),
        (wire.OCTET_STRING, b"A"),
        (wire.INTEGER, -1),
        (wire.GAUGE32, 255),
        (wire.NO_SUCH_INSTANCE, None),
        (wire.GAUGE32, 65),
    ]
    told = iter(kinds)
    async with running_agent(lambda question: reply(question, [(NAME, *next(told))])) as agent:
        for _, value in kinds:
            assert list(await asked(client, at(agent), [NAME], memo)) == [value]


def test_a_float_in_an_opaque_is_a_reading_and_no_number_is_none() -> None:
    """As net-snmp tells temperatures; what is NaN was not measured and must not be shown as a value."""
    oid = "1.3.6.1.4.1.99999.1.0"
    scalars = [{"measure": "temperature_celsius", "get": oid, "labels": {"sensor": {"text": "board"}}}]
    line = 'temperature_celsius{sensor="board"}'
    plan, read = met({oid: 21.5}, scalars=scalars)
    assert read[line] == 21.5
    assert line not in shown(plan, {oid: math.nan})
    assert line not in met({oid: math.nan}, scalars=scalars)[1]


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        (wire.OCTET_STRING, b"Padang", "STRING: 'Padang'"),
        (wire.OCTET_STRING, bytes.fromhex("001b21ff0b0c"), "STRING: 00 1b 21 ff 0b 0c"),
        (wire.OCTET_STRING, bytes.fromhex("001b210a0b0c"), "STRING: 00 1b 21 0a 0b 0c"),
        (wire.IP_ADDRESS, bytes((10, 0, 0, 1)), "IpAddress: 10.0.0.1"),
        (wire.OPAQUE_FLOAT, 1.5, "Opaque: 1.5"),
        (wire.OPAQUE, b"\x04\x01x", "Opaque: 04 01 78"),
        (wire.INTEGER, -5, "INTEGER: -5"),
        (wire.COUNTER64, 2**64 - 1, "Counter64: 18446744073709551615"),
        (wire.NO_SUCH_OBJECT, None, "no such object"),
        (wire.END_OF_MIB_VIEW, None, "end of MIB view"),
    ],
)
def test_a_value_is_shown_as_what_it_is(tag: int, value: wire.Value, words: str) -> None:
    """A text as text, a hardware address and other bytes in hexadecimal, an address as people write it."""
    assert shown_to_people((NAME, tag, value)).endswith(words)
