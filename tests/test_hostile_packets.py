"""Every kind of bad agent, over the wire: what the client and the readings make of it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import snmprec
from profile_cells import IF, IFX, PROFILES, ports
from snmp_agents import COLUMNS, NAME, ROOT, TABLE, Respond, at, reply, running_agent, serving, silent, until
from snmp_city import City, records_of, values, walked
from snmp_v3_agent import SecureAgent, honest, running_secure_agent

from netmon.model import Observation, Secret
from netmon.probes.snmp import SnmpProbes
from netmon.probes.snmp.dialogue import Dialogue
from netmon.snmp import wire
from netmon.snmp.client import Exchange, Memo, SnmpAuth, SnmpClient, SnmpError, SnmpTimeout, Target
from netmon.snmp.usm import Envelope, Security
from netmon.snmp.wire import Message, Pdu, VarBind


@pytest.fixture
def city(client: SnmpClient) -> City:
    """An empty city."""
    return City(client)


# -- bad answers to a GET -----------------------------------------------------------------------------


async def test_the_largest_datagram_is_judged_at_once(client: SnmpClient) -> None:
    """Ten thousand bindings that nobody asked for, and one of 65,000 bytes: no time, nothing kept."""
    many = [(b"\x2b", wire.NULL, None)] * 9000
    large = [(NAME, wire.OCTET_STRING, bytes(65_000))]
    async with running_agent(lambda question: reply(question, many)) as agent:
        began = time.perf_counter()
        with pytest.raises(SnmpError, match="other objects"):
            await client.get(at(agent), [NAME])
        agent.respond = lambda question: reply(question, large)
        assert await client.get(at(agent), [NAME]) == large
        assert time.perf_counter() - began < 2


async def test_a_truncated_answer_is_no_answer_wherever_it_ends(client: SnmpClient) -> None:
    """The whole one behind it is taken."""
    async with running_agent(silent) as agent:
        binds: list[VarBind] = [(NAME, wire.OCTET_STRING, b"hello"), (ROOT, wire.COUNTER64, 2**63)]

        def cut(question: Message) -> list[Message | bytes]:
            whole = wire.encode_message(reply(question, binds))
            return [*(whole[:size] for size in range(1, len(whole))), whole]

        agent.respond = cut
        assert await client.get(at(agent), [NAME, ROOT]) == binds
        assert client.decode_errors == len(wire.encode_message(reply(agent.asked[0], binds))) - 1


async def test_an_answer_to_the_first_try_may_come_after_the_second(client: SnmpClient) -> None:
    """It answers the question; its double is late."""

    def late(question: Message) -> list[Message]:
        return [reply(question, [(NAME, wire.INTEGER, n)]) for n in (1, 2)] if len(agent.asked) > 1 else []

    async with running_agent(late) as agent:
        assert await client.get(at(agent, timeout=0.1, retries=2), [NAME]) == [(NAME, wire.INTEGER, 1)]
        await until(lambda: client.late_replies == 1)


async def test_an_answer_without_a_question_is_none(client: SnmpClient) -> None:
    """Behind a good answer comes one with id 0, of the same shape: the next question has no id yet, and is asked."""
    told: list[VarBind] = [(NAME, wire.OCTET_STRING, b"truth")]
    lie: list[VarBind] = [(NAME, wire.OCTET_STRING, b"a lie")]

    def telling(question: Message) -> list[bytes]:
        forged = bytearray(wire.encode_message(reply(question, lie)))
        at_id = forged.index(question.request_id.to_bytes(4, "big"))
        forged[at_id : at_id + 4] = bytes(4)
        return [wire.encode_message(reply(question, told)), bytes(forged)]

    async with running_agent(telling) as agent:
        memo, target, ended = Memo(), at(agent), list[Exchange]()
        template = target.template(wire.GET, [NAME])
        for count in (2, 6):
            for _ in range(count):
                client.request(target, template, ended.append, memo)
            await until(lambda: len(ended) == 2 or len(ended) == 8)
            await until(lambda: client.in_flight == 0)
        assert len(agent.asked) == 8
    found = [e.values[1:] if e.values is not None else [bind[2] for bind in e.varbinds] for e in ended]
    assert [list(each) for each in found] == [[b"truth"]] * 8


@pytest.mark.parametrize("last", [0, 1, 128, 16384, 2**32 - 1])
@pytest.mark.parametrize("instance", [(), (0,)])
async def test_a_report_may_be_about_any_object(client: SnmpClient, last: int, instance: tuple[int, ...]) -> None:
    """SNMPv3: one that nobody knows refuses the question, in words, also where its last byte only looks like a 0."""
    name = wire.encode_oid("1.3.6.1.6.3.15.1.1") + wire.encode_sub_ids((last, *instance))
    user = Security("monitor", "SHA-1", Secret("a-password"))

    def reporting(agent: SecureAgent, envelope: Envelope, data: bytes) -> list[bytes]:
        if not envelope.engine.engine_id:
            return list(honest(agent, envelope, data))
        report = Pdu(wire.REPORT, 0, 0, 0, [(name, wire.COUNTER32, 1)])
        return [agent.message(envelope.message_id, report, level=0)]

    async with running_secure_agent(user, reporting) as agent:
        target = Target(agent.address, agent.port, version="3", security=user, timeout=1.0, retries=0)
        with pytest.raises(SnmpAuth, match=r"the agent (refuses|does not)"):
            await client.get(target, [NAME])


# -- bad answers to a walk ----------------------------------------------------------------------------


@pytest.mark.parametrize("room", [1, 2, 3, 5, 7])
async def test_a_getbulk_may_be_cut_short_anywhere(client: SnmpClient, room: int) -> None:
    """RFC 3416, section 4.2.3: an agent returns as many as fit, also in the middle of a row; nothing is missing."""
    serve = serving(TABLE)

    def short(question: Message) -> Message:
        answer = serve(question)
        assert isinstance(answer, Message)
        return answer._replace(varbinds=answer.varbinds[:room])

    async with running_agent(short) as agent:
        rows = await client.table(at(agent), COLUMNS)
    assert [[cell and cell[2] for cell in row] for row in rows.values()] == [
        [column * 1000 + row for column in (1, 2, 3, 4)] for row in range(1, 26)
    ]


async def test_a_walk_by_doubled_and_late_answers_is_whole(client: SnmpClient) -> None:
    """Each answer comes twice, the one before it once more."""
    serve = serving(TABLE)
    before: list[Message] = []

    def doubling(question: Message) -> list[Message]:
        answer = serve(question)
        assert isinstance(answer, Message)
        before.append(answer)
        return [*before[-2:-1], answer, answer]

    async with running_agent(doubling) as agent:
        rows = await client.table(at(agent), COLUMNS)
        await until(lambda: client.late_replies == 2 * len(agent.asked) - 1)
    assert len(rows) == 25


async def test_a_column_that_is_blamed_beyond_the_last_ends_all_the_same(client: SnmpClient) -> None:
    """An SNMPv1 agent says noSuchName about a fifth of one object: the one that was asked for has ended."""
    serve = serving(TABLE)

    def blaming(question: Message) -> Message:
        answer = serve(question)
        assert isinstance(answer, Message)
        return answer._replace(error_index=5) if answer.error_status else answer

    async with running_agent(blaming) as agent:
        rows = await client.table(at(agent, version="1"), COLUMNS[3:])
    assert len(rows) == 25


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 5, 2**31 - 1])
@pytest.mark.parametrize("columns", [1, 2, 4])
async def test_an_error_about_no_object_ends_a_walk(client: SnmpClient, index: int, columns: int) -> None:
    """By a table, or by SnmpError, whichever object is blamed."""
    blames: Respond = lambda question: reply(question, status=wire.NO_SUCH_NAME, index=index)  # noqa: E731
    async with running_agent(blames) as agent:
        try:
            assert await client.table(at(agent, version="1"), COLUMNS[:columns]) == {}
        except SnmpError as error:
            assert error.status == wire.NO_SUCH_NAME  # noqa: PT017 - either way is right
        assert len(agent.asked) <= columns


# -- bad agents and their readings --------------------------------------------------------------------


async def test_an_agent_without_end_is_read_without_its_tables(city: City) -> None:
    """Interfaces for ever: the poll ends, the device is up, and what is missing is said."""
    cells = ports(b"ether1")
    serve = snmprec.responding(records_of(cells))
    endless = tuple(wire.encode_oid(root) for root in (IF, IFX))

    def babbling(question: Message) -> Message:
        if question.pdu_type != wire.GET_BULK or not question.varbinds[0][0].startswith(endless):
            answer = serve(question)
            assert isinstance(answer, Message)
            return answer
        binds: list[VarBind] = []
        asked_for = [name for name, _, _ in question.varbinds]
        for _ in range(question.error_index):
            asked_for = [_one_more(name) for name in asked_for]
            binds += [(name, wire.INTEGER, 1) for name in asked_for]
        return reply(question, binds)

    async with running_agent(babbling) as agent:
        seen = await city.probes.readings(replace(city.add(agent.address, agent.port), timeout=5.0))
    assert seen.failure is None
    assert seen.partial
    assert "no end" in seen.detail


def _one_more(name: bytes) -> bytes:
    """Give the same column's next row."""
    size = len(wire.encode_oid(IF if name.startswith(wire.encode_oid(IF)) else IFX)) + 1
    last = wire.sub_ids(name[size:]) or (0,)
    return name[:size] + wire.encode_sub_ids([last[0] + 1])


async def read(
    city: City, respond: Respond, *, polls: int = 2, patience: float = 5.0
) -> tuple[Observation, list[Message]]:
    """Meet an agent and poll it; gives the last observation and all that was asked."""
    async with running_agent(respond) as agent:
        check = replace(city.add(agent.address, agent.port), timeout=patience)
        for _ in range(polls):
            seen = await city.probes.readings(check)
        return seen, agent.asked


@pytest.mark.parametrize("hates", ["silence", "genErr", "nothing", "nonsense"])
async def test_an_agent_that_hates_getbulk_is_read_where_its_profile_says_so(client: SnmpClient, hates: str) -> None:
    """With ``bulk: false`` it never sees one; without, it is up, and what could not be read is said."""
    serve = snmprec.responding(records_of(ports(b"ether1", b"ether2")))

    def hating(question: Message) -> Message | bytes | None:
        if question.pdu_type != wire.GET_BULK:
            return serve(question)  # type: ignore[return-value]
        return {
            "silence": None,
            "genErr": reply(question, status=wire.GEN_ERR),
            "nothing": question._replace(pdu_type=wire.RESPONSE, error_status=0, error_index=0, varbinds=[]),
            "nonsense": b"\x30\x03bad",
        }[hates]

    city = City(client)
    seen, asked_for = await read(city, hating, polls=1, patience=0.2)
    assert walked(asked_for)
    assert (seen.failure, seen.partial) == (None, True)
    assert values(seen, "interface_up") == {}
    spared = {name: replace(profile, bulk=False) for name, profile in PROFILES.items()}
    city.probes = SnmpProbes(client, lambda: spared, city.devices.get, city.credentials.get)
    seen, asked_for = await read(city, hating)
    assert not walked(asked_for)
    assert not seen.partial
    assert set(values(seen, "interface_up")) == {"ether1", "ether2"}


@pytest.mark.parametrize("index", ["right", "none", "wild"])
async def test_an_agent_that_stumbles_over_one_object_keeps_the_others(city: City, index: str) -> None:
    """GenErr about one counter: only that one is missing, whether the agent says which it is or not."""
    serve = snmprec.responding(records_of(ports(b"ether1", b"ether2")))
    sore = wire.encode_oid(f"{IFX}.6.2")
    is_sore = False

    def stumbling(question: Message) -> Message:
        names = [name for name, _, _ in question.varbinds]
        if is_sore and question.pdu_type == wire.GET and sore in names:
            blamed = {"right": names.index(sore) + 1, "none": 0, "wild": 2**31 - 1}[index]
            return reply(question, status=wire.GEN_ERR, index=blamed)
        return serve(question)  # type: ignore[return-value]

    async with running_agent(stumbling) as agent:
        check = city.add(agent.address, agent.port)
        assert not (await city.probes.readings(check)).partial
        is_sore = True
        seen = await city.probes.readings(check)
        assert len(agent.asked) < 60
    assert set(values(seen, "interface_receive_bytes_total")) == {"ether1"}
    assert set(values(seen, "interface_up")) == {"ether1", "ether2"}
    assert (seen.failure, seen.partial) == (None, True)


async def test_an_agent_whose_tables_loop_is_up_and_partial(city: City) -> None:
    """The same page again and again."""
    cells = ports(b"ether1", b"ether2")
    serve = snmprec.responding(records_of(cells))
    looped: list[Message] = []

    def looping(question: Message) -> Message:
        answer = serve(question)
        assert isinstance(answer, Message)
        if question.pdu_type != wire.GET_BULK:
            return answer
        looped.append(answer)
        first = looped[0].varbinds
        return answer._replace(varbinds=[first[place % len(first)] for place in range(len(answer.varbinds))])

    seen, asked_for = await read(city, looping, polls=1)
    assert (seen.failure, seen.partial) == (None, True)
    assert "goes backwards" in seen.detail
    assert len(asked_for) < 40


async def test_the_three_exceptions_are_no_values(client: SnmpClient) -> None:
    """The three exceptions in an answer to a GET are no values, whichever the agent takes."""
    exceptions = (wire.NO_SUCH_OBJECT, wire.NO_SUCH_INSTANCE, wire.END_OF_MIB_VIEW)
    names = [ROOT + bytes((number,)) for number in range(3)]
    told: list[VarBind] = [(name, tag, None) for name, tag in zip(names, exceptions, strict=True)]
    async with running_agent(lambda question: reply(question, told)) as agent:
        dialogue = Dialogue(client, at(agent))
        assert await dialogue.get([wire.decode_oid(name) for name in names]) == [None] * 3


async def test_silence_in_the_middle_of_a_walk_is_a_timeout(client: SnmpClient) -> None:
    """Nobody waits for the rest for ever."""
    serve = serving(TABLE)
    async with running_agent(lambda question: serve(question) if len(agent.asked) < 3 else None) as agent:
        with pytest.raises(SnmpTimeout):
            await client.table(replace(at(agent, timeout=0.1), max_repetitions=2), COLUMNS)
    assert client.in_flight == 0
