"""The ICMP echo probe on loopback: answers, names, permissions, a loop that stands still."""

import asyncio
import logging
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from netmon.model import Check, Failure, Outcome
from netmon.probes.icmp import Pinger
from netmon.probes.icmp.echoing import checksum
from netmon.probes.icmp.turns import Row


def check(address: str, seconds: float = 0.6) -> Check:
    """A check of an address."""
    return Check("ap-1/reachability", "ap-1", "icmp", 30, timeout=seconds, address=address)


def may_ping() -> bool:
    """Say whether this process may open an ICMP socket of either kind."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except OSError:
            continue
        return True
    return False


needs_ping = pytest.mark.skipif(not may_ping(), reason="neither ping_group_range nor CAP_NET_RAW allows ICMP here")


@asynccontextmanager
async def pinging() -> AsyncIterator[Pinger]:
    """An open pinger."""
    pinger = Pinger()
    await pinger.open()
    try:
        yield pinger
    finally:
        pinger.close()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 counters have no event of their own
            await asyncio.sleep(0.005)


@needs_ping
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1"])
async def test_a_device_that_answers_is_up_with_its_round_trip_and_no_loss(address: str) -> None:
    """Five echoes, five answers, ``at`` the wall clock of the first."""
    before = time.time()
    async with pinging() as pinger:
        seen = await pinger(check(address))
    assert (seen.failure, seen.loss, seen.detail) == (None, 0.0, "")
    assert seen.rtt is not None
    assert 0 < seen.rtt < 0.1
    assert before <= seen.at <= time.time() - seen.duration + 0.1
    assert (pinger.sent, pinger.received, pinger.late, pinger.spoofed) == (5, 5, 0, 0)


@needs_ping
async def test_a_host_name_is_pinged_at_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """And asked for once, not with each observation."""
    asked: list[str] = []

    async def answer(host: str, *_args: object, **_kwargs: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    async with pinging() as pinger:
        seen = await asyncio.gather(pinger(check("ap-1.example")), pinger(check("ap-1.example")))
    assert [each.failure for each in seen] == [None, None]
    assert asked == ["ap-1.example"]


async def test_a_name_that_does_not_resolve_is_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says something about our name servers, nothing about the device."""

    async def answer(*_args: object, **_kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    async with pinging() as pinger:
        seen = await pinger(check("ap-1.example"))
    assert seen.failure is Failure.LOCAL
    assert seen.detail == "cannot resolve ap-1.example: Temporary failure in name resolution"


@needs_ping
async def test_two_pingers_at_once_do_not_mix() -> None:
    """Raw sockets show each the other's answers: each counts its own, and calls none of the other's late or forged."""
    async with pinging() as one, pinging() as other:
        seen = await asyncio.gather(*(each(check(f"127.0.0.{n}")) for n in range(1, 21) for each in (one, other)))
    assert all(each.failure is None and each.loss == 0 for each in seen)
    for each in (one, other):
        assert (each.sent, each.received, each.late, each.spoofed) == (100, 100, 0, 0)


@needs_ping
async def test_a_loop_that_stands_still_makes_neither_an_outage_nor_loss() -> None:
    """The first answer waits in the buffer far beyond the timeout, the other four echoes are late."""
    async with pinging() as pinger:
        observing = asyncio.ensure_future(pinger(check("127.0.0.1", seconds=0.5)))
        await until(lambda: pinger.sent)
        time.sleep(1.0)  # noqa: ASYNC251 this is the subject
        seen = await observing
    assert (seen.failure, seen.loss) == (None, 0.0)
    assert seen.rtt is not None
    assert seen.rtt < 0.5


@needs_ping
async def test_a_cancelled_observation_leaves_nothing_behind() -> None:
    """Neither a timer nor a sequence number."""
    async with pinging() as pinger:
        observing = asyncio.ensure_future(pinger(check("127.0.0.1")))
        await until(lambda: pinger.received)
        observing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await observing
        assert not pinger._pings
        await until(lambda: all(pace.is_idle() for pace in pinger._paces.values()))
        assert pinger.sent == 1


@needs_ping
async def test_closing_ends_what_is_under_way() -> None:
    """As our own fault where nothing had come back; it does not wait for the timeout."""
    async with pinging() as pinger:
        for line in pinger._lines.values():
            line._on_reply = lambda *_: None  # a device that keeps silent
        observing = asyncio.ensure_future(pinger(check("127.0.0.1", seconds=60)))
        await until(lambda: pinger.sent)
        pinger.close()
        seen = await asyncio.wait_for(observing, 10)
    assert (seen.failure, seen.detail) == (Failure.LOCAL, "cannot send: the pinger was closed")
    assert (await pinger(check("127.0.0.1"))).failure is Failure.LOCAL


async def test_without_permission_every_check_is_blind_and_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for both families and however many checks."""

    def denied(*_args: object) -> socket.socket:
        raise PermissionError(1, "Operation not permitted")

    pinger = Pinger()
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", denied)
        await pinger.open()
    seen = [await pinger(check(address)) for address in ("127.0.0.1", "::1", "127.0.0.1")]
    pinger.close()
    assert {each.failure for each in seen} == {Failure.LOCAL}
    assert {each.outcome for each in seen} == {Outcome.BLIND}
    assert {each.detail for each in seen} == {"no permission to ping"}
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    for remedy in ("net.ipv4.ping_group_range='0 2147483647'", "setcap cap_net_raw+ep /", "AmbientCapabilities="):
        assert remedy in caplog.text


@needs_ping
async def test_a_system_without_ipv6_pings_ipv4_and_says_why_the_rest_is_blind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That is no lack of permission and needs no advice about it."""
    real = socket.socket

    def without_ipv6(family: int, kind: int, proto: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, kind, proto)

    pinger = Pinger()
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", without_ipv6)
        await pinger.open()
    four, six = await asyncio.gather(pinger(check("127.0.0.1")), pinger(check("::1")))
    pinger.close()
    assert four.failure is None
    assert (six.failure, six.detail) == (Failure.LOCAL, "no ICMP socket: Address family not supported by protocol")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@needs_ping
async def test_thousands_wait_with_two_timers_and_each_gets_its_full_time() -> None:
    """Nobody's turn comes early, whoever stands before it; who is done has none; timeouts are not kept for ever."""
    async with pinging() as pinger:
        checks = [check(f"127.0.1.{n + 1}", seconds=0.3 + n % 50 / 1000) for n in range(100)]
        began = time.monotonic()
        seen = await asyncio.gather(*map(pinger, checks))
        assert time.monotonic() - began > 4 * 0.03
        assert [(each.failure, each.loss) for each in seen] == [(None, 0.0)] * 100
        assert all(each.duration > 4 * each.check.timeout / 10 for each in seen)
        await until(lambda: all(pace.is_idle() for pace in pinger._paces.values()))
        await pinger(check("127.0.0.1", seconds=0.2))
        assert len(pinger._paces) == 1


@needs_ping
async def test_more_observations_than_sequence_numbers_are_our_own_fault() -> None:
    """Each owns five of 65,536; the one beyond that says so at once, and there is room again when one has ended."""
    async with pinging() as pinger:
        for line in pinger._lines.values():
            line._on_reply = lambda *_: None  # devices that keep silent
            line.send = lambda *_: None  # type: ignore[method-assign]
        under_way = [asyncio.ensure_future(pinger(check("127.0.0.1", seconds=60))) for _ in range(13107)]
        await until(lambda: pinger.sent >= 13107)
        seen = await pinger(check("127.0.0.1"))
        assert (seen.failure, seen.detail) == (Failure.LOCAL, "13107 observations are under way already")
        under_way[0].cancel()
        await asyncio.wait(under_way[:1])
        one_more = asyncio.ensure_future(pinger(check("127.0.0.1", seconds=60)))
        await asyncio.sleep(0)
        assert len(pinger._pings) == 13107
        pinger.close()
        assert {each.failure for each in await asyncio.gather(*under_way[1:], one_more)} == {Failure.LOCAL}


async def test_a_turn_comes_when_it_is_due_and_at_most_a_hundred_at_once() -> None:
    """In the order of arrival; the loop reads in between; who is done meanwhile is passed over."""

    class Someone:
        def __init__(self) -> None:
            self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    turns: list[list[Someone]] = []
    row: Row[Someone] = Row(0.05, turns.append)
    people = [Someone() for _ in range(250)]
    began = time.monotonic()
    for each in people:
        row.add(each)
    people[7].done.cancel()
    await until(lambda: sum(map(len, turns)) == 249)
    assert time.monotonic() - began >= 0.05
    assert [each for turn in turns for each in turn] == people[:7] + people[8:]
    assert max(map(len, turns)) <= 100
    assert row.is_empty()
    row.add(people[0])
    row.clear()
    await asyncio.sleep(0.1)
    assert sum(map(len, turns)) == 249


@pytest.mark.parametrize("message", [bytes(8), b"\x08\0\0\0\xff\xff\0\1", bytes(range(24)), b"\xff" * 24])
def test_the_checksum_makes_the_sum_of_words_all_ones(message: bytes) -> None:
    """As the receiver of RFC 1071 looks at it: no bit is missing in the sum with the carry brought round."""
    message = b"\x08\0" + message[2:]
    sealed = message[:2] + checksum(message[:2] + bytes(2) + message[4:]).to_bytes(2, "big") + message[4:]
    total = sum(struct.unpack(f"!{len(sealed) // 2}H", sealed))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
