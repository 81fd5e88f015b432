"""The SNMP client against agents that are silent, slow, weak, wrong or hostile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest
from snmp_agents import NAME, PATIENT, at, hello, reply, running_agent, silent, until

from netmon.datagram import DatagramSocket, SocketError
from netmon.model import Failure
from netmon.snmp import wire
from netmon.snmp.client import (
    Exchange,
    SnmpClient,
    SnmpError,
    SnmpFailure,
    SnmpLocal,
    SnmpRefused,
    SnmpTimeout,
    SnmpUnreachable,
    Target,
    Timing,
    sockets,
)
from netmon.snmp.client.failures import network_failure
from netmon.snmp.wire import Message

# -- who answers, and when ----------------------------------------------------------------------------


async def test_silence_is_a_timeout_after_all_tries(client: SnmpClient) -> None:
    """The same request, three times, and the error says how long it was waited for."""
    async with running_agent(silent) as agent:
        with pytest.raises(SnmpTimeout, match=r"0\.15 s \(3 tries\)") as caught:
            await client.get(at(agent, timeout=0.05, retries=2), [NAME])
        assert caught.value.failure is Failure.TIMEOUT
        assert len(agent.asked) == 3
        assert len({question.request_id for question in agent.asked}) == 1
    assert (client.requests, client.retries, client.in_flight) == (1, 2, 0)


async def test_a_second_try_may_succeed(client: SnmpClient) -> None:
    """The time is that of the first packet; nobody knows the round trip then."""
    timing = Timing()
    async with running_agent(lambda question: hello(question) if len(agent.asked) > 1 else None) as agent:
        binds = await client.get(at(agent, timeout=0.2, retries=3), [NAME], timing=timing)
    assert binds == [(NAME, wire.OCTET_STRING, b"hello")]
    assert client.retries == 1
    assert timing.rtt is None
    assert time.time() - timing.sent_at >= 0.2


@pytest.mark.parametrize("liar_address", ["127.0.0.1", "127.0.0.66"])
async def test_an_answer_from_elsewhere_changes_nothing(client: SnmpClient, liar_address: str) -> None:
    """Another port or another address, though with the right request-id: counted, and the true answer is waited for."""

    def lied_about(question: Message) -> Message:
        lie = reply(question, [(NAME, wire.OCTET_STRING, b"liar")])
        liar.sendto(wire.encode_message(lie), agent.sources[-1])
        return hello(question)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind((liar_address, 0))
        async with running_agent(lied_about) as agent:
            binds = await client.get(at(agent), [NAME])
    assert binds[0][2] == b"hello"
    assert client.spoofed_replies == 1


async def test_a_doubled_answer_is_counted_and_ignored(client: SnmpClient) -> None:
    """The next question is not answered by the last one's echo."""
    async with running_agent(lambda question: [hello(question)] * 3) as agent:
        for _ in range(5):
            assert (await client.get(at(agent), [NAME]))[0][2] == b"hello"
        await until(lambda: client.late_replies == 10)


async def test_a_late_answer_is_counted_and_ignored(client: SnmpClient) -> None:
    """It belongs to a question that has timed out, and answers no other."""
    other = wire.encode_oid("1.3.6.1.2.1.1.6.0")
    async with running_agent(silent) as agent:
        with pytest.raises(SnmpTimeout):
            await client.get(at(agent, timeout=0.05), [NAME])
        agent.respond = lambda question: [hello(agent.asked[0]), hello(question)]
        assert (await client.get(at(agent), [other]))[0][0] == other
    assert client.late_replies == 1


@pytest.mark.parametrize("damage", [b"\x00", b"\x30", b"GET / HTTP/1.0\r\n\r\n", bytes(2000)])
async def test_nonsense_from_the_device_is_still_an_answer(client: SnmpClient, damage: bytes) -> None:
    """What is no SNMP message is an error of the device, which therefore is there; a good answer may still come."""
    async with running_agent(lambda _: damage) as agent:
        with pytest.raises(SnmpError, match="not SNMP") as caught:
            await client.get(at(agent, timeout=0.1, retries=1), [NAME])
        assert caught.value.failure is None
        assert (client.decode_errors, len(agent.asked)) == (2, 2)
        agent.respond = lambda question: [damage, hello(question)]
        assert (await client.get(at(agent), [NAME]))[0][2] == b"hello"


async def test_an_answer_of_another_version_or_kind_is_not_taken(client: SnmpClient) -> None:
    """A v1 answer to a v2c question, and our own question sent back."""
    async with running_agent(lambda question: [question, hello(question)._replace(version=0)]) as agent:
        with pytest.raises(SnmpError, match="another kind or version"):
            await client.get(at(agent, timeout=0.1), [NAME])


async def test_answers_that_our_own_socket_dropped_are_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lie first: with the drops unseen, a flood is a timeout. Seen, it is no word about the device."""

    def tiny(*args: object, **kwargs: object) -> DatagramSocket:
        return DatagramSocket(*args, **kwargs, receive_buffer=1)  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "DatagramSocket", tiny)

    def flood(question: Message) -> list[Message]:  # sent without an await: nothing is read in between
        return [hello(question)._replace(request_id=5)] * 300 + [hello(question)]

    async def outcome(timeout: float) -> SnmpFailure:  # noqa: ASYNC109 - a try's
        client = SnmpClient()
        await client.open()
        try:
            async with running_agent(flood) as agent:
                with pytest.raises(SnmpFailure) as caught:
                    await client.get(at(agent, timeout=timeout), [NAME])
                if isinstance(caught.value, SnmpLocal):
                    assert client.overflows > 0
                    agent.respond = silent
                    with pytest.raises(SnmpTimeout):  # what was dropped before a question does not excuse it
                        await client.get(at(agent, timeout=timeout), [NAME])
                return caught.value
        finally:
            client.close()

    with monkeypatch.context() as patch:
        patch.setattr(DatagramSocket, "_note_dropped", lambda *_: None)
        assert isinstance(await outcome(0.3), SnmpTimeout)
    truth = await outcome(0.3)
    assert isinstance(truth, SnmpLocal)
    assert "dropped packets" in truth.detail


DEVICE, ROUTER, HERE = "10.0.0.9", "10.0.0.1", "10.0.0.2"


@pytest.mark.parametrize(
    ("icmp", "offender", "kind"),
    [
        ((3, 3), DEVICE, SnmpRefused),
        ((3, 13), DEVICE, SnmpRefused),
        ((3, 3), ROUTER, SnmpUnreachable),
        ((3, 0), ROUTER, SnmpUnreachable),
        ((3, 1), ROUTER, SnmpUnreachable),
        ((3, 1), HERE, SnmpUnreachable),
        ((3, 13), "", SnmpUnreachable),
        ((11, 0), ROUTER, SnmpUnreachable),
        ((12, 0), ROUTER, None),
        ((4, 0), DEVICE, None),
    ],
)
def test_icmp_is_weighed_by_who_sent_it(icmp: tuple[int, int], offender: str, kind: type[SnmpFailure] | None) -> None:
    """LK-1: a refusal from the device itself is an answer; the network's word is down; other messages say nothing."""
    failure = network_failure(SocketError(113, DEVICE, 161, offender, False, *icmp, b""))
    assert failure is None if kind is None else type(failure) is kind


def test_icmpv6_has_other_numbers() -> None:
    """1 is destination unreachable, 3 time exceeded; a zone is no part of the offender's address."""

    def of(icmp_type: int, icmp_code: int, offender: str) -> SnmpFailure | None:
        return network_failure(SocketError(111, "fe80::9%eth0", 161, offender, False, icmp_type, icmp_code, b""))

    assert type(of(1, 4, "fe80::9")) is SnmpRefused
    assert type(of(1, 0, "fe80::1")) is SnmpUnreachable
    assert type(of(3, 0, "fe80::1")) is SnmpUnreachable
    assert of(4, 0, "fe80::9") is None


def test_a_packet_too_large_for_the_path_is_left_to_the_next_try() -> None:
    """The kernel has learnt the size; errors of local origin are otherwise our own."""
    assert network_failure(SocketError(90, DEVICE, 161, ROUTER, False, 3, 4, b"")) is None
    assert type(network_failure(SocketError(1, DEVICE, 161, "", True, 0, 0, b""))) is SnmpLocal


# -- how much at once ---------------------------------------------------------------------------------


async def test_a_device_has_one_question_at_a_time(client: SnmpClient) -> None:
    """The second is sent once the first has ended, in the order in which they were asked."""
    async with running_agent(silent) as agent:
        names = [wire.encode_oid(f"1.3.6.1.{n}") for n in range(5)]
        asked = [asyncio.ensure_future(client.get(at(agent), [name])) for name in names]
        for count in range(1, 6):
            await until(lambda: len(agent.asked) >= count)  # noqa: B023 - awaited here
            await asyncio.sleep(0.01)
            assert len(agent.asked) == count
            assert client.in_flight == 1
            agent.send(hello(agent.asked[-1]))
        assert [binds[0][0] for binds in await asyncio.gather(*asked)] == names


async def test_no_more_than_the_limit_are_in_flight() -> None:
    """Others wait for a place; a device that ends, in whatever way, makes one."""
    client = SnmpClient(limit=3)
    await client.open()
    async with contextlib.AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(running_agent(silent)) for _ in range(7)]
        asked = [asyncio.ensure_future(client.get(at(a, timeout=0.1), [NAME])) for a in agents]
        most = 0
        while not all(a.done() for a in asked):
            await asyncio.sleep(0.005)
            most = max(most, client.in_flight)
        assert most == 3
        assert [len(a.asked) for a in agents] == [1] * 7
        assert all(isinstance(a.exception(), SnmpTimeout) for a in asked)
    client.close()


async def test_packets_leave_in_small_bursts() -> None:
    """At most 32 without a pause, also while others are being refused, and all of them in the end."""
    now = 0.0
    client = SnmpClient(clock=lambda: now)
    await client.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        port = sink.getsockname()[1]
        quiet = [Target(f"127.62.0.{n}", port, timeout=PATIENT) for n in range(1, 201)]
        asked = [client.request(t, t.template(wire.GET, [NAME]), lambda _: None) for t in quiet]
        for sent in (32, 64, 96, 128, 160, 192, 200):
            await until(lambda sent=sent: sum(e.tries for e in asked) >= sent)  # type: ignore[misc]
            await asyncio.sleep(0.01)  # some pauses long, but by its clock it is still the same moment
            assert sum(e.tries for e in asked) == sent
            now += 0.002
    client.close()


async def test_who_is_cancelled_leaves_nothing_behind(client: SnmpClient) -> None:
    """The device is free for the next question at once; the answer to the first counts as late."""
    async with running_agent(silent) as agent:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.get(at(agent), [NAME])
        assert client.in_flight == 0
        agent.respond = lambda question: [hello(agent.asked[0]), hello(question)]
        assert (await client.get(at(agent), [NAME]))[0][2] == b"hello"
    assert client.late_replies == 1


async def test_cancelling_one_that_waits_keeps_the_others(client: SnmpClient) -> None:
    """Only the one that was cancelled is not asked."""
    async with running_agent(silent) as agent:
        asked = [asyncio.ensure_future(client.get(at(agent), [wire.encode_oid(f"1.3.{n}")])) for n in range(3)]
        await until(lambda: len(agent.asked) == 1)
        asked[1].cancel()
        await asyncio.wait([asked[1]])
        agent.respond = hello
        agent.send(hello(agent.asked[0]))
        assert (await asked[2])[0][0] == wire.encode_oid("1.3.2")
        assert (await asked[0])[0][0] == wire.encode_oid("1.3.0")
        assert len(agent.asked) == 2


async def test_closing_tells_everybody(client: SnmpClient) -> None:
    """Nobody waits for ever, and it is our own doing, no outage."""
    async with running_agent(silent) as agent:
        asked = [asyncio.ensure_future(client.get(at(agent), [NAME])) for _ in range(3)]
        await until(lambda: len(agent.asked) == 1)
        client.close()
        for each in asked:
            with pytest.raises(SnmpLocal, match="closed"):
                await each
        with pytest.raises(SnmpLocal, match="not open"):
            await client.get(at(agent), [NAME])


async def test_a_template_is_sent_again_and_again_with_callbacks(client: SnmpClient) -> None:
    """The level below the coroutines: no future, one call back for each request, in which the next may be asked."""
    async with running_agent(hello) as agent:
        target = at(agent)
        template = target.template(wire.GET, [NAME])
        done: list[Exchange] = []

        def on_done(exchange: Exchange) -> None:
            done.append(exchange)
            if len(done) < 10:
                client.request(target, template, on_done)

        client.request(target, template, on_done)
        assert not done
        await until(lambda: len(done) == 10)
        assert all(e.failure is None and e.varbinds[0][2] == b"hello" and e.sent_at for e in done)
        assert len({e.request_id for e in done}) == 10
        assert "padang" not in repr(target) + repr(template) + repr(done[0])


async def test_a_bug_in_a_callback_harms_no_other(client: SnmpClient) -> None:
    """It is reported by the loop; all others are answered."""
    loop = asyncio.get_running_loop()
    bugs: list[object] = []
    loop.set_exception_handler(lambda _, context: bugs.append(context["exception"]))

    def buggy(_: Exchange) -> None:
        raise ZeroDivisionError

    async with running_agent(hello) as agent, running_agent(silent) as dead:
        for target in (at(agent), at(dead, timeout=0.05)):
            client.request(target, target.template(wire.GET, [NAME]), buggy)
        assert (await client.get(at(agent), [NAME]))[0][2] == b"hello"
        with pytest.raises(SnmpTimeout):
            await client.get(at(dead, timeout=0.05), [NAME])
    assert [type(bug) for bug in bugs] == [ZeroDivisionError] * 2
