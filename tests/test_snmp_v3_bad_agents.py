"""SNMPv3 against agents that are restarted, broken, forged, replayed or silent: what is believed, and what is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from snmp_agents import until
from snmp_v3_agent import (
    ENGINE_ID,
    NOT_DECRYPTED,
    NOT_IN_WINDOW,
    UNKNOWN_ENGINE,
    UNKNOWN_USER,
    WRONG_DIGEST,
    Respond,
    SecureAgent,
    honest,
    running_secure_agent,
)

from netmon.model import Failure, Secret
from netmon.snmp import usm, wire
from netmon.snmp.client import Security, SnmpAuth, SnmpClient, SnmpError, SnmpTimeout, Target, Timing
from netmon.snmp.usm import Engine, Envelope
from netmon.snmp.wire import Pdu

USER = Security("monitor", "SHA-256", Secret("kata-sandi-1"), "AES-128", Secret("kata-sandi-2"))
SIGNED = Security("monitor", "SHA-256", Secret("kata-sandi-1"))
PLAIN = Security("monitor")
NAME = wire.encode_oid("1.3.6.1.2.1.1.3.0")
ANSWER = [(NAME, wire.GAUGE32, 42)]
OTHER_ENGINE = b"\x80\x00\x1f\x88\x04other"


def target(agent: SecureAgent, *, timeout: float = 10.0, retries: int = 0, urgent: bool = False) -> Target:
    """Say how to ask an agent; patient, and without a second try unless a test is about it."""
    return Target(
        agent.address,
        agent.port,
        version="3",
        timeout=timeout,
        retries=retries,
        urgent=urgent,
        security=agent.security,
    )


def question(data: Envelope) -> bool:
    """Say whether it is a question to an engine that is known, not a greeting."""
    return bool(data.engine.engine_id)


def before_the_answer(make: Callable[[SecureAgent, Envelope, Pdu], bytes]) -> Respond:
    """Send something bad before the honest answer to every question."""

    def respond(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        answers = list(honest(agent, envelope, data))
        if not question(envelope):
            return answers
        return [make(agent, envelope, agent.pdu_of(data, envelope)), *answers]

    return respond


def instead(make: Callable[[SecureAgent, Envelope], Sequence[bytes]]) -> Respond:
    """Greet honestly, and send something else for every question."""

    def respond(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        return make(agent, envelope) if question(envelope) else honest(agent, envelope, data)

    return respond


def lie(asked: Pdu) -> Pdu:
    """An answer that must never be believed."""
    return Pdu(wire.RESPONSE, asked.request_id, 0, 0, [(name, wire.GAUGE32, 666) for name, _, _ in asked.varbinds])


def with_wrong_digest(agent: SecureAgent, envelope: Envelope, asked: Pdu) -> bytes:
    """An answer whose digest is one bit off."""
    data = agent.message(envelope.message_id, lie(asked))
    at = usm.decode_envelope(data).digest_at
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


FORGERIES: dict[str, Callable[[SecureAgent, Envelope, Pdu], bytes]] = {
    "a wrong digest": with_wrong_digest,
    "no signature": lambda agent, envelope, asked: agent.message(envelope.message_id, lie(asked), level=0),
    "no privacy": lambda agent, envelope, asked: agent.message(envelope.message_id, lie(asked), level=1),
    "another user": lambda agent, envelope, asked: agent.message(envelope.message_id, lie(asked), user=b"budi"),
    "another engine": lambda agent, envelope, asked: agent.message(
        envelope.message_id, lie(asked), engine=Engine(OTHER_ENGINE, 7, 5000)
    ),
    "another context": lambda agent, envelope, asked: agent.message(
        envelope.message_id, lie(asked), context=(ENGINE_ID, b"other")
    ),
    "another request": lambda agent, envelope, asked: agent.message(
        envelope.message_id, lie(asked)._replace(request_id=asked.request_id + 1)
    ),
    "another kind of PDU": lambda agent, envelope, asked: agent.message(
        envelope.message_id, lie(asked)._replace(pdu_type=wire.GET)
    ),
    "a report of another engine": lambda agent, envelope, _: agent.report(envelope, UNKNOWN_USER).replace(
        ENGINE_ID, OTHER_ENGINE + b"x"
    ),
    "an engine's id that is none": lambda agent, envelope, _: agent.message(
        envelope.message_id, Pdu(wire.REPORT, 0, 0, 0, []), level=0, engine=Engine(b"", 0, 0)
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_is_forged_changes_nothing_and_is_counted(client: SnmpClient, forgery: str) -> None:
    """It comes from the right address with the right message id, before the real answer."""
    async with running_secure_agent(USER, before_the_answer(FORGERIES[forgery])) as agent:
        assert await client.get(target(agent), [NAME]) == ANSWER
    assert client.secured.rejected == 1
    assert (client.secured.stale, client.retries, client.decode_errors) == (0, 0, 0)


async def test_nothing_that_is_unsigned_counts_as_an_answer(client: SnmpClient) -> None:
    """Neither bytes that are no message nor a message of another version make a silent device one that is there."""

    def garbage(agent: SecureAgent, envelope: Envelope) -> Sequence[bytes]:
        message = wire.Message(wire.VERSION_2C, b"public", wire.RESPONSE, envelope.message_id, 0, 0, [])
        return [b"\x30\x03\x02\x01\x03", b"nonsense", wire.encode_message(message)]

    async with running_secure_agent(USER, instead(garbage)) as agent:
        with pytest.raises(SnmpTimeout):
            await client.get(target(agent, timeout=0.3), [NAME])
    assert client.decode_errors == 2


async def test_answers_from_outside_of_the_window_are_ignored(client: SnmpClient) -> None:
    """Signed, but 151 s old or from before the agent's last start: a replay, by RFC 3414, section 3.2, 7b."""
    old = (Engine(ENGINE_ID, 7, 4849), Engine(ENGINE_ID, 6, 5000))

    def replayed(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        answers = list(honest(agent, envelope, data))
        if len(agent.asked) < 3:
            return answers
        asked = agent.pdu_of(data, envelope)
        return [*(agent.message(envelope.message_id, lie(asked), engine=engine) for engine in old), *answers]

    async with running_secure_agent(USER, replayed) as agent:
        assert await client.get(target(agent), [NAME]) == ANSWER
        assert await client.get(target(agent), [NAME]) == ANSWER
    assert client.secured.stale == 2


async def test_old_answers_are_late_and_those_from_elsewhere_spoofed(client: SnmpClient) -> None:
    """A recorded answer has an old message id; one with the right id must come from the right place."""
    async with running_secure_agent(USER) as agent, running_secure_agent(USER) as elsewhere:
        assert await client.get(target(agent), [NAME]) == ANSWER
        agent.respond = lambda *_: [agent.sent[-1]]
        elsewhere.source = agent.source
        with pytest.raises(SnmpTimeout):
            await client.get(target(agent, timeout=0.3), [NAME])
        assert client.late_replies == 1

        def spoofed(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
            elsewhere.send(agent.message(envelope.message_id, lie(agent.pdu_of(data, envelope))))
            elsewhere.send(agent.report(envelope, WRONG_DIGEST))
            return ()

        agent.respond = spoofed
        waiting = asyncio.ensure_future(client.get(target(agent), [NAME]))
        await until(lambda: client.spoofed_replies == 2)
        agent.send(agent.response(agent.asked[-1], Pdu(wire.GET, agent.asked[-1].message_id, 0, 0, [(NAME, 5, None)])))
        assert await waiting == ANSWER


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (UNKNOWN_USER, "does not know the user monitor"),
        (WRONG_DIGEST, "refuses the signature of monitor with SHA-256"),
        (NOT_DECRYPTED, "cannot decrypt what monitor asks with AES-128"),
        (77, "report of 1.3.6.1.6.3.15.1.1.77"),
    ],
)
async def test_reports_say_what_is_wrong(client: SnmpClient, number: int, words: str) -> None:
    """Unsigned, as they have to be; the engine is asked for again before the next question."""
    async with running_secure_agent(USER, instead(lambda agent, e: [agent.report(e, number)])) as agent:
        with pytest.raises(SnmpAuth, match=words) as caught:
            await client.get(target(agent), [NAME])
        assert caught.value.failure is Failure.AUTH
        agent.respond = honest
        assert await client.get(target(agent), [NAME]) == ANSWER
    assert client.secured.discoveries == 2


async def test_silence_of_an_agent_that_greets_is_no_dead_device(client: SnmpClient) -> None:
    """It is there, and does not take our credential; who does not greet either is gone."""
    async with running_secure_agent(USER, instead(lambda *_: ())) as agent:
        with pytest.raises(SnmpAuth, match="is there, but silent when monitor asks"):
            await client.get(target(agent, timeout=0.3, retries=1), [NAME])
        agent.respond = lambda *_: ()
        with pytest.raises(SnmpTimeout):
            await client.get(target(agent, timeout=0.1, retries=1), [NAME])


async def test_lost_packets_are_asked_for_again(client: SnmpClient) -> None:
    """Each step has its retries; nobody knows the round-trip then."""
    lost: set[bool] = set()

    def lose_first(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        if question(envelope) in lost:
            return honest(agent, envelope, data)
        lost.add(question(envelope))
        return ()

    timing = Timing()
    async with running_secure_agent(USER, lose_first) as agent:
        assert await client.get(target(agent, timeout=0.5, retries=2), [NAME], timing=timing) == ANSWER
    assert client.retries == 2
    assert timing.rtt is None


async def test_an_agent_whose_clock_ran_ahead(client: SnmpClient) -> None:
    """Its signed answers carry the clock with them, as far as it goes."""
    async with running_secure_agent(USER) as agent:
        await client.get(target(agent), [NAME])
        agent.time += 100
        await client.get(target(agent), [NAME])
        agent.time += 100
        await client.get(target(agent), [NAME])
        assert client.secured.resyncs == 0
        agent.time += 1000
        assert await client.get(target(agent), [NAME]) == ANSWER
    assert client.secured.resyncs == 1


async def test_only_who_signs_sets_a_clock_that_was_vouched_for(client: SnmpClient) -> None:
    """An unsigned notInTimeWindow is believed at first contact alone, when there is nothing to lose."""

    def unsigned(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        if envelope.flags & usm.AUTH and abs(envelope.engine.time - agent.time) > 150:
            return [agent.report(envelope, NOT_IN_WINDOW)]
        return honest(agent, envelope, data)

    def at_first(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
        if question(envelope):
            return unsigned(agent, envelope, data)
        agent.time -= 1000
        greeting = honest(agent, envelope, data)
        agent.time += 1000
        return greeting

    async with running_secure_agent(USER, at_first) as agent:
        assert await client.get(target(agent), [NAME]) == ANSWER
        assert (client.secured.resyncs, client.secured.rejected) == (1, 0)
        agent.respond = unsigned
        agent.time += 1000
        with pytest.raises(SnmpAuth, match="is there, but silent"):
            await client.get(target(agent, timeout=0.3, retries=1), [NAME])
        assert client.secured.rejected >= 1
        assert await client.get(target(agent), [NAME]) == ANSWER  # it was met anew


async def test_an_agent_that_is_never_content_with_our_clock(client: SnmpClient) -> None:
    """It is asked twice, not for ever."""
    stubborn = instead(lambda agent, envelope: [agent.report(envelope, NOT_IN_WINDOW, signed=True)])
    async with running_secure_agent(USER, stubborn) as agent:
        with pytest.raises(SnmpAuth, match="says again that our notion of its clock is wrong"):
            await client.get(target(agent), [NAME])
        assert sum(map(question, agent.asked)) == 2


async def test_an_agent_that_names_another_engine_each_time(client: SnmpClient) -> None:
    """It is asked a few times, not for ever."""

    def fickle(agent: SecureAgent, envelope: Envelope, _: bytes) -> Sequence[bytes]:
        agent.engine_id = OTHER_ENGINE + bytes((len(agent.asked),))
        return [agent.report(envelope, UNKNOWN_ENGINE)]

    async with running_secure_agent(USER, fickle) as agent:
        with pytest.raises(SnmpAuth, match="does not keep to one engine id"):
            await client.get(target(agent), [NAME])
        assert len(agent.asked) == 4


async def test_the_first_contact_of_two_questions_at_once(client: SnmpClient) -> None:
    """An urgent question beside an ordinary one: both greet, both are answered, nobody waits for a timeout."""
    async with running_secure_agent(USER) as agent:
        asked = [client.get(target(agent, urgent=urgent, timeout=60), [NAME]) for urgent in (False, True)]
        start = time.monotonic()
        assert await asyncio.gather(*asked) == [ANSWER, ANSWER]
        assert time.monotonic() - start < 30
    assert (client.secured.discoveries, client.retries) == (1, 0)


async def test_no_salt_and_no_message_id_is_used_twice(client: SnmpClient) -> None:
    """The salt counts on from a random start, over all agents; a question that is asked again has another id."""
    async with running_secure_agent(USER) as agent, running_secure_agent(USER) as other:
        for _ in range(50):
            await client.get(target(agent), [NAME])
            await client.get(target(other), [NAME])
        agent.boots += 1
        await client.get(target(agent), [NAME])
        asked = [envelope for each in (agent, other) for envelope in each.asked]
    salts = [envelope.salt for envelope in asked if envelope.salt]
    assert len(set(salts)) == len(salts) == 102
    assert len({envelope.message_id for envelope in asked}) == len(asked)
    again = SnmpClient()
    assert again.secured._count != client.secured._count - len(salts)


async def test_a_question_that_is_too_large_for_the_agent_is_asked_in_parts(
    client: SnmpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how large a message may be; 484 bytes hold some twenty objects."""
    names = [wire.encode_oid(f"1.3.6.1.2.1.2.2.1.{n}.1") for n in range(1, 61)]
    monkeypatch.setattr(usm.sealing, "_AFTER_ID", usm.sealing._AFTER_ID.replace(b"\x00\xff\xe3", b"\x00\x01\xe4"))
    async with running_secure_agent(USER) as agent:
        binds = await client.get(target(agent), names)
        assert [name for name, _, _ in binds] == names
        assert sum(map(question, agent.asked)) == 4
        with pytest.raises(SnmpError, match="larger than the 484 bytes") as caught:
            await client.ask(target(agent), target(agent).template(wire.GET, names))
    assert caught.value.status == wire.TOO_BIG


async def test_an_answer_that_cannot_be_decrypted(client: SnmpClient) -> None:
    """Signed by the right key and unreadable: the keys for privacy differ, in one direction."""

    def unreadable(agent: SecureAgent, envelope: Envelope) -> Sequence[bytes]:
        agent.security = replace(USER, priv=Secret("kata-sandi-3"))
        answer = agent.message(envelope.message_id, Pdu(wire.RESPONSE, envelope.message_id, 0, 0, []))
        agent.security = USER
        return [answer]

    async with running_secure_agent(USER, instead(unreadable)) as agent:
        with pytest.raises(SnmpAuth, match="answers monitor cannot be decrypted"):
            await client.get(target(agent), [NAME])


@pytest.mark.parametrize("user", [PLAIN, SIGNED, USER], ids=["noAuthNoPriv", "authNoPriv", "authPriv"])
async def test_what_the_agent_objects_to_is_an_error_as_ever(client: SnmpClient, user: Security) -> None:
    """An error-status is an answer; authorizationError alone says that the credential does not do."""

    def objecting(status: int) -> Respond:
        def respond(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
            if not question(envelope):
                return honest(agent, envelope, data)
            return [agent.response(envelope, agent.pdu_of(data, envelope), status=status)]

        return respond

    async with running_secure_agent(user, objecting(wire.GEN_ERR)) as agent:
        with pytest.raises(SnmpError, match="genErr"):
            await client.get(target(agent), [NAME])
        agent.respond = objecting(wire.AUTHORIZATION_ERROR)
        with pytest.raises(SnmpAuth, match=f"no access with {user.level_name}"):
            await client.get(target(agent), [NAME])


async def test_an_unsigned_agent_is_believed_where_nothing_is_signed(client: SnmpClient) -> None:
    """At noAuthNoPriv nobody can do better; its clock means nothing."""
    async with running_secure_agent(PLAIN) as agent:
        assert await client.get(target(agent), [NAME]) == ANSWER
        agent.boots, agent.time = 1, 0
        assert await client.get(target(agent), [NAME]) == ANSWER
    assert (client.secured.resyncs, client.secured.rejected) == (0, 0)


async def test_the_agents_known_are_not_without_end(client: SnmpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are met again when they are asked again."""
    monkeypatch.setattr("netmon.snmp.client.secured._MOST_PEERS", 2)
    async with running_secure_agent(USER) as agent:
        for name in ("a", "b", "c"):
            agent.security = replace(USER, user=name)
            assert await client.get(target(agent), [NAME]) == ANSWER
    assert [security.user for _, _, security in client.secured.peers] == ["b", "c"]
