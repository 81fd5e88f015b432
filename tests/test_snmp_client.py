"""The SNMP client against net-snmp's own agent."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from snmpd import Snmpd, free_port, needs_snmpd, running_snmpd

from netmon.model import Failure, Secret
from netmon.snmp import wire
from netmon.snmp.client import (
    SnmpClient,
    SnmpError,
    SnmpLocal,
    SnmpRefused,
    SnmpTimeout,
    Target,
    Timing,
)

ADDRESSES = tuple(f"127.61.0.{n}" for n in range(1, 21))
SYSTEM, OR_TABLE, OVERRIDDEN = map(wire.encode_oid, ("1.3.6.1.2.1.1", "1.3.6.1.2.1.1.9", "1.3.6.1.4.1.99999"))
SYS_NAME, SYS_OBJECT_ID, SYS_UP_TIME, NOTHING_THERE = map(
    wire.encode_oid, ("1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.77.0")
)
IF_DESCR, IF_IN_OCTETS, IF_NAME, IF_HC_IN_OCTETS = map(
    wire.encode_oid,
    ("1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.6"),
)
CONFIG = """
sysName gedung-balai-kota
sysObjectID 1.3.6.1.4.1.14988.1
override 1.3.6.1.4.1.99999.1.0 integer -5
override 1.3.6.1.4.1.99999.2.0 octet_str ""
override 1.3.6.1.4.1.99999.3.0 uinteger 4294967295
override 1.3.6.1.4.1.99999.16383.0 integer 1
override 1.3.6.1.4.1.99999.16384.0 integer 2
"""

pytestmark = needs_snmpd


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    """One snmpd for all of these tests, on twenty addresses."""
    with running_snmpd(addresses=ADDRESSES, community="padang", config=CONFIG) as running:
        yield running


@pytest.fixture
def target(agent: Snmpd) -> Target:
    """How to ask it; patient, because tests may run on a busy machine."""
    return Target(agent.address, agent.port, Secret(agent.community), timeout=5.0)


def snmpwalk(target: Target, root: str) -> list[str]:
    """Give the names that net-snmp's own command reads."""
    command = ["snmpwalk", "-v2c", "-c", target.community.reveal(), "-On", f"{target.address}:{target.port}", root]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={"MIBS": "", "PATH": "/usr/bin"})
    return [line.split(" ")[0].removeprefix(".") for line in told.stdout.splitlines() if line.startswith(".")]


async def test_get_gives_values_in_the_order_asked(client: SnmpClient, target: Target) -> None:
    """A string, an identifier as content bytes, a time, and what is not there with its exception's tag."""
    before = time.time()
    timing = Timing()
    binds = await client.get(target, [SYS_NAME, SYS_OBJECT_ID, SYS_UP_TIME, NOTHING_THERE], timing=timing)
    assert binds[0] == (SYS_NAME, wire.OCTET_STRING, b"gedung-balai-kota")
    assert binds[1] == (SYS_OBJECT_ID, wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.4.1.14988.1"))
    assert binds[2][:2] == (SYS_UP_TIME, wire.TIME_TICKS)
    assert binds[3] == (NOTHING_THERE, wire.NO_SUCH_OBJECT, None)
    assert before <= timing.sent_at <= time.time()
    assert timing.rtt is not None
    assert 0 < timing.rtt < 5
    assert timing.requests == client.requests == 1


async def test_get_of_nothing_asks_nothing(client: SnmpClient, target: Target) -> None:
    """An empty list is an empty answer."""
    assert await client.get(target, []) == []
    assert client.requests == 0


async def test_get_next_gives_the_following_object(client: SnmpClient, target: Target) -> None:
    """Of each name; endOfMibView behind the last."""
    binds = await client.get_next(target, [SYS_UP_TIME, wire.encode_oid("2.99")])
    assert binds[0][0] == wire.encode_oid("1.3.6.1.2.1.1.4.0")
    assert binds[1][1:] == (wire.END_OF_MIB_VIEW, None)


async def test_get_bulk_repeats_all_but_the_non_repeaters(client: SnmpClient, target: Target) -> None:
    """One following object for the first name, three for the second."""
    binds = await client.get_bulk(target, [SYSTEM, OVERRIDDEN], non_repeaters=1, max_repetitions=3)
    assert [wire.decode_oid(name) for name, _, _ in binds] == [
        "1.3.6.1.2.1.1.1.0",
        "1.3.6.1.4.1.99999.1.0",
        "1.3.6.1.4.1.99999.2.0",
        "1.3.6.1.4.1.99999.3.0",
    ]
    assert [value for _, _, value in binds[1:]] == [-5, b"", 4294967295]


async def test_get_bulk_without_bulk_is_get_next(client: SnmpClient, target: Target) -> None:
    """One repetition for agents that have no GETBULK or a broken one."""
    assert len(await client.get_bulk(replace(target, bulk=False), [SYSTEM])) == 1
    assert len(await client.get_bulk(replace(target, version="1"), [SYSTEM])) == 1


@pytest.mark.parametrize(
    "how", [{}, {"max_repetitions": 1}, {"max_repetitions": 500}, {"bulk": False}, {"version": "1"}]
)
async def test_walk_reads_what_snmpwalk_reads(client: SnmpClient, target: Target, how: dict[str, object]) -> None:
    """With every version and page size the same names, in the same order, and nothing behind the root."""
    asked = replace(target, **how)  # type: ignore[arg-type]
    names = [wire.decode_oid(name) for name, _, _ in await client.walk(asked, OR_TABLE)]
    assert len(names) > 10
    assert names == snmpwalk(target, "1.3.6.1.2.1.1.9")


async def test_walk_crosses_numbers_that_bytes_misorder(client: SnmpClient, target: Target) -> None:
    """16384 after 16383 is no step backwards."""
    values = [value for _, _, value in await client.walk(target, OVERRIDDEN)]
    assert values == [-5, b"", 4294967295, 1, 2]


async def test_walk_of_nothing_is_empty(client: SnmpClient, target: Target) -> None:
    """Neither an error nor the neighbour's objects."""
    assert await client.walk(target, wire.encode_oid("1.3.6.1.4.1.99998")) == []
    assert await client.walk(target, wire.encode_oid("2.99")) == []
    assert await client.walk(replace(target, version="1"), wire.encode_oid("2.99")) == []


async def test_walk_ends_at_its_limit(client: SnmpClient, target: Target) -> None:
    """An agent may have as many objects as the limit, and not one more."""
    count = len(await client.walk(target, OR_TABLE))
    assert len(await client.walk(target, OR_TABLE, limit=count)) == count
    with pytest.raises(SnmpError, match=f"more than {count - 1} objects"):
        await client.walk(target, OR_TABLE, limit=count - 1)


@pytest.mark.parametrize("how", [{}, {"max_repetitions": 1}, {"bulk": False}])
async def test_table_puts_columns_side_by_side(client: SnmpClient, target: Target, how: dict[str, object]) -> None:
    """Rows of two tables that share an index; a column that the agent does not have stays empty."""
    columns = [IF_DESCR, IF_IN_OCTETS, NOTHING_THERE, IF_NAME, IF_HC_IN_OCTETS]
    rows = await client.table(replace(target, **how), columns)  # type: ignore[arg-type]
    assert rows
    for index, row in rows.items():
        assert [cell and cell[0] for cell in row] == [c + index if c != NOTHING_THERE else None for c in columns]
        assert [cell and cell[1] for cell in row] == [
            wire.OCTET_STRING,
            wire.COUNTER32,
            None,
            wire.OCTET_STRING,
            wire.COUNTER64,
        ]
    names = {row[3][2] for row in rows.values() if row[3]}
    assert b"lo" in names


async def test_table_has_no_width_limit(client: SnmpClient, target: Target) -> None:
    """More columns than fit in one request are read in turn."""
    columns = [wire.encode_oid(f"1.3.6.1.2.1.2.2.1.{n}") for n in range(1, 60)]
    rows = await client.table(target, columns)
    assert all(row[1] and row[9] and row[50] is None for row in rows.values())


async def test_v1_refuses_the_whole_get_for_one_missing_object(client: SnmpClient, target: Target) -> None:
    """The error names the first that is missing, by position and by name; it is an answer of the device."""
    with pytest.raises(SnmpError, match=r"noSuchName about 1\.3\.6\.1\.2\.1\.1\.77\.0") as caught:
        await client.get(replace(target, version="1"), [SYS_NAME, NOTHING_THERE])
    assert (caught.value.status, caught.value.index, caught.value.failure) == (wire.NO_SUCH_NAME, 2, None)


async def test_a_wrong_community_is_silence(client: SnmpClient, target: Target) -> None:
    """By v2c an agent ignores it: every try is spent, and the community is not in the message."""
    timing = Timing()
    wrong = replace(target, community=Secret("hush-hush"), timeout=0.1, retries=2)
    with pytest.raises(SnmpTimeout) as caught:
        await client.get(wrong, [SYS_NAME], timing=timing)
    assert caught.value.failure is Failure.TIMEOUT
    assert (client.requests, client.retries, client.in_flight) == (1, 2, 0)
    assert timing.sent_at > 0
    assert timing.rtt is None
    assert "hush" not in caught.value.detail + repr(wrong) + repr(caught.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.8.7", "::1", "0:0:0:0:0:0:0:1"])
async def test_a_port_that_the_device_itself_refuses_is_an_answer(client: SnmpClient, address: str) -> None:
    """ICMP port unreachable from the very address: the device is there, so there is no failure in LK-1's sense."""
    try:
        port = free_port(address)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with pytest.raises(SnmpRefused) as caught:
        await client.get(Target(address, port, timeout=5.0), [SYS_NAME])
    assert caught.value.failure is None


async def test_ipv6_is_asked_through_its_own_socket(client: SnmpClient) -> None:
    """The same client asks both families."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    with running_snmpd(addresses=["::1"], config=CONFIG) as agent:
        binds = await client.get(Target("::1", agent.port, timeout=5.0), [SYS_NAME])
    assert binds[0][2] == b"gedung-balai-kota"


@pytest.mark.parametrize("address", ["255.255.255.255", "not-an-address", "", "1.2.3.4.5"])
async def test_what_we_cannot_send_is_our_own_fault(client: SnmpClient, address: str) -> None:
    """A destination that we may not send to, or that is none."""
    with pytest.raises(SnmpLocal) as caught:
        await client.get(Target(address, 9), [SYS_NAME])
    assert caught.value.failure is Failure.LOCAL
    assert client.in_flight == 0


async def test_a_version_that_is_not_spoken_is_our_own_fault(client: SnmpClient, target: Target) -> None:
    """Nor is version 3 without a user; nothing is sent."""
    with pytest.raises(SnmpLocal, match="version '2p'"):
        await client.get(replace(target, version="2p"), [SYS_NAME])
    with pytest.raises(SnmpLocal, match="needs a user"):
        await client.get(replace(target, version="3"), [SYS_NAME])
    assert client.requests == 0


async def test_two_hundred_questions_at_once(client: SnmpClient, target: Target) -> None:
    """Twenty devices, ten questions each: all are answered, each by the device that was asked."""
    asked = [replace(target, address=ADDRESSES[n % 20]) for n in range(200)]
    names = [SYS_NAME if n % 3 else SYS_OBJECT_ID for n in range(200)]
    answers = await asyncio.gather(*(client.get(t, [n]) for t, n in zip(asked, names, strict=True)))
    assert [binds[0][0] for binds in answers] == names
    assert client.requests == 200
    assert client.spoofed_replies == client.decode_errors == 0
    assert client.in_flight == 0


async def test_a_loop_that_stood_still_has_not_lost_the_answer(client: SnmpClient, target: Target) -> None:
    """The answer came in time but waits unread: it is read before the timer says that nothing came."""
    asked = replace(target, timeout=0.2, retries=0)
    done = asyncio.Event()
    exchange = client.request(asked, asked.template(wire.GET, [SYS_NAME]), lambda _: done.set())
    client._pump()
    time.sleep(0.6)  # noqa: ASYNC251 - the loop shall stand still
    await done.wait()
    assert exchange.failure is None
    assert exchange.varbinds[0][2] == b"gedung-balai-kota"
