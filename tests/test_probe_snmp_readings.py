"""Readings by SNMP: a plan once, many polls, and devices that change, restart, choke or lie."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import snmprec
from profile_cells import IF, IFX, UP_TIME, ports
from snmp_agents import Agent, reply, running_agent
from snmp_city import OPEN, City, records_of, values, walked

from netmon.model import NO_READINGS, Failure
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.snmp.wire import Message


@pytest.fixture
def city(client: SnmpClient) -> City:
    """Make an empty city."""
    return City(client)


# -- readings -----------------------------------------------------------------------------------------


async def test_the_first_contact_walks_and_the_next_poll_does_not(city: City) -> None:
    """Plan once, poll many: then one GET is all."""
    records = records_of(ports(b"ether1", b"ether2"))
    async with running_agent(snmprec.responding(records)) as agent:
        check = city.add(agent.address, agent.port)
        first = await city.probes.readings(check)
        assert walked(agent.asked)
        agent.asked.clear()
        records[f"{IFX}.6.1"] = (wire.COUNTER64, 2**63)
        second = await city.probes.readings(check)
        assert [question.pdu_type for question in agent.asked] == [wire.GET]
    assert not first.partial
    assert first.identity is not None
    assert first.identity.profile == "generic"
    assert values(first, "interface_receive_bytes_total") == {"ether1": 2**40 + 1, "ether2": 2**40 + 2}
    assert values(second, "interface_receive_bytes_total")["ether1"] == 2**63
    boot = values(second, "device_boot_timestamp_seconds")
    assert list(boot.values()) == [pytest.approx(second.at - 10, abs=2)]


async def test_renumbered_ports_keep_their_names_and_numbers(city: City) -> None:
    """After a renumbering no value is ever shown under another port's name."""
    records = records_of(ports(b"ether1", b"ether2"))
    async with running_agent(snmprec.responding(records)) as agent:
        check = city.add(agent.address, agent.port)
        await city.probes.readings(check)
        records |= records_of(ports(b"new", b"ether1", b"ether2"))
        seen = await city.probes.readings(check)
    assert values(seen, "interface_receive_bytes_total") == {"new": 2**40 + 1, "ether1": 2**40 + 2, "ether2": 2**40 + 3}
    assert not seen.partial


async def test_a_vanished_port_vanishes(city: City) -> None:
    """Its series end; the others go on."""
    records = records_of(ports(b"ether1", b"usb"))
    async with running_agent(snmprec.responding(records)) as agent:
        check = city.add(agent.address, agent.port)
        await city.probes.readings(check)
        for oid in [oid for oid in records if oid.endswith(".2") and oid.startswith((IF, IFX))]:
            del records[oid]
        seen = await city.probes.readings(check)
    assert set(values(seen, "interface_up")) == {"ether1"}


async def test_an_agent_that_started_anew_is_met_anew(city: City) -> None:
    """Its sysUpTime fell; the time of start follows."""
    records = records_of({**ports(b"ether1"), UP_TIME: 5_000_000})
    async with running_agent(snmprec.responding(records)) as agent:
        check = city.add(agent.address, agent.port)
        first = await city.probes.readings(check)
        agent.asked.clear()
        records[UP_TIME] = (wire.TIME_TICKS, 100)
        second = await city.probes.readings(check)
        assert walked(agent.asked)
    [before], [after] = (values(each, "device_boot_timestamp_seconds").values() for each in (first, second))
    assert after - before == pytest.approx(49_999, abs=3)


async def test_a_changed_table_and_an_old_plan_are_read_again(city: City) -> None:
    """A new port shows up once the agent counts it, not more than once a minute, and after an hour in any case."""
    records = records_of(ports(b"ether1"))
    async with running_agent(snmprec.responding(records)) as agent:
        check = city.add(agent.address, agent.port)
        await city.probes.readings(check)
        records |= records_of(ports(b"ether1", b"ether2"))
        assert set(values(await city.probes.readings(check), "interface_up")) == {"ether1"}
        city.now += 61
        assert set(values(await city.probes.readings(check), "interface_up")) == {"ether1", "ether2"}
        agent.asked.clear()
        city.now += 3601
        await city.probes.readings(check)
        assert walked(agent.asked)


async def test_a_device_that_the_inventory_moves_gets_other_labels(city: City) -> None:
    """A reload that changes its site changes its series."""
    async with running_agent(snmprec.responding(records_of(ports(b"ether1")))) as agent:
        check = city.add(agent.address, agent.port)
        await city.probes.readings(check)
        city.add(agent.address, agent.port, uplink="up-9")
        seen = await city.probes.readings(check)
    assert {dict(made.labels)["uplink"] for made, _ in seen.readings} == {"up-9"}


async def test_a_port_whose_name_never_rests_gives_no_numbers(city: City) -> None:
    """What nothing vouches for is left out and said, not guessed; the poll ends."""
    cells = ports(b"ether1")
    count = 0

    def restless(question: Message) -> Message:
        nonlocal count
        count += 1
        return snmprec.responding(records_of({**cells, f"{IFX}.1.1": f"port {count}".encode()}))(question)  # type: ignore[return-value]

    async with running_agent(restless) as agent:
        seen = await city.probes.readings(city.add(agent.address, agent.port))
    assert seen.failure is None
    assert (seen.readings, seen.partial) == (NO_READINGS, True)
    assert "no longer 'port" in seen.detail


async def test_a_lost_answer_leaves_the_others(city: City) -> None:
    """A poll of several requests, one of them without an answer: the rest is shown and marked as partial."""
    cells = ports(*(f"ether{n}".encode() for n in range(1, 17)))
    serve = snmprec.responding(records_of(cells))
    losing = False

    def lossy(question: Message) -> Message | None:
        lost = losing and any(name == wire.encode_oid(f"{IFX}.6.16") for name, _, _ in question.varbinds)
        return None if lost else serve(question)  # type: ignore[return-value]

    async with running_agent(lossy) as agent:
        check = city.add(agent.address, agent.port)
        assert len(values(await city.probes.readings(check), "interface_up")) == 16
        losing = True
        seen = await city.probes.readings(check)
    assert seen.failure is None
    assert seen.partial
    assert "no answer" in seen.detail
    assert 0 < len(values(seen, "interface_up")) < 16


async def test_an_agent_with_a_small_buffer_is_asked_for_less(city: City) -> None:
    """After tooBig in halves; nothing is missing."""
    cells = ports(*(f"ether{n}".encode() for n in range(1, 9)))
    serve = snmprec.responding(records_of(cells))

    def small(question: Message) -> Message:
        answer = serve(question)
        assert isinstance(answer, Message)
        return answer if len(answer.varbinds) <= 6 else reply(question, status=wire.TOO_BIG)

    async with running_agent(small) as agent:
        seen = await city.probes.readings(city.add(agent.address, agent.port))
    assert not seen.partial
    assert len(values(seen, "interface_receive_bytes_total")) == 8


async def test_an_agent_that_is_silent_about_many_objects_is_asked_for_few(city: City) -> None:
    """It answers eight at a time at the most, and says nothing otherwise: nothing is missing, now and later."""
    serve = snmprec.responding(records_of(ports(*(f"ether{n}".encode() for n in range(1, 9)))))

    def shy(question: Message) -> Message | None:
        is_too_much = question.pdu_type == wire.GET and len(question.varbinds) > 8
        return None if is_too_much else serve(question)  # type: ignore[return-value]

    async with running_agent(shy) as agent:
        check = city.add(agent.address, agent.port)
        for _ in range(3):
            seen = await city.probes.readings(check)
            assert (seen.failure, seen.partial) == (None, False)
            assert len(values(seen, "interface_receive_bytes_total")) == 8
        assert max(len(question.varbinds) for question in agent.asked[-8:]) <= 8


async def test_after_too_big_less_is_asked_for_at_once(city: City) -> None:
    """The refusal is not provoked anew in every round."""
    serve = snmprec.responding(records_of(ports(*(f"ether{n}".encode() for n in range(1, 9)))))
    refused = 0

    def small(question: Message) -> Message:
        nonlocal refused
        answer = serve(question)
        assert isinstance(answer, Message)
        if len(answer.varbinds) <= 6:
            return answer
        refused += 1
        return reply(question, status=wire.TOO_BIG)

    async with running_agent(small) as agent:
        check = city.add(agent.address, agent.port)
        for _ in range(6):
            await city.probes.readings(check)
        before = refused
        seen = await city.probes.readings(check)
    assert refused == before
    assert len(values(seen, "interface_receive_bytes_total")) == 8


async def test_an_agent_that_chokes_on_large_answers_is_read_nevertheless(city: City) -> None:
    """No answer to more than five rows at once: fewer are asked for, also at the next first contact."""
    serve = snmprec.responding(records_of(ports(b"ether1", b"ether2")))

    def choking(question: Message) -> Message | None:
        too_much = question.pdu_type == wire.GET_BULK and question.error_index > 5
        return None if too_much else serve(question)  # type: ignore[return-value]

    async with running_agent(choking) as agent:
        seen = await city.probes.readings(city.add(agent.address, agent.port))
    assert not seen.partial
    assert set(values(seen, "interface_up")) == {"ether1", "ether2"}


async def test_snmp_v1_is_read_as_well(city: City) -> None:
    """One object that it has not refuses the whole request: it is asked without."""
    city.credentials["open"] = replace(OPEN, version="1")
    cells = {oid: cell for oid, cell in ports(b"ether1", wide=False).items() if oid != "1.3.6.1.2.1.2.1.0"}
    async with running_agent(snmprec.responding(records_of(cells))) as agent:
        seen = await city.probes.readings(city.add(agent.address, agent.port))
    assert not seen.partial
    assert values(seen, "interface_receive_bytes_total") == {"ether1": 1}


async def test_an_endless_poll_ends_within_its_interval(city: City) -> None:
    """An agent that takes its time for each of very many rows."""
    names = [f"port{n}".encode() for n in range(400)]
    serve = snmprec.responding(records_of(ports(*names)))

    async def answer_later(agent: Agent, answer: Message) -> None:
        await asyncio.sleep(0.25)
        agent.send(answer)

    later: set[asyncio.Task[None]] = set()
    holder: list[Agent] = []

    def slow(question: Message) -> None:
        answer = serve(question)
        assert isinstance(answer, Message)
        task = asyncio.ensure_future(answer_later(holder[0], answer))
        later.add(task)
        task.add_done_callback(later.discard)

    async with running_agent(slow) as agent:
        holder.append(agent)
        check = replace(city.add(agent.address, agent.port), interval=1)
        seen = await city.probes.readings(check)
        for task in later:
            task.cancel()
    assert seen.failure is Failure.TIMEOUT
    assert "was not read within" in seen.detail
    assert seen.duration < 30


async def test_what_a_slow_device_told_in_its_time_is_kept(city: City) -> None:
    """It dallies with each of many requests: once its time is over no more are sent, and the rest is missing."""
    names = [f"port{n}" for n in range(120)]
    serve = snmprec.responding(records_of(ports(*(name.encode() for name in names))))
    later: set[asyncio.TimerHandle] = set()
    delay = 0.0

    def slow(question: Message) -> Message | None:
        answer = serve(question)
        assert isinstance(answer, Message)
        if not delay:
            return answer
        later.add(asyncio.get_running_loop().call_later(delay, agent.send, answer))
        return None

    async with running_agent(slow) as agent:
        check = replace(city.add(agent.address, agent.port), timeout=1.5)
        assert len(values(await city.probes.readings(check), "interface_up")) == len(names)
        delay = 0.4
        agent.asked.clear()
        hasty = replace(check, interval=1)  # so it has three seconds, twice the patience for one answer
        seen = await city.probes.readings(hasty)
        assert (seen.failure, seen.partial) == (None, True)
        assert "time for this device was over" in seen.detail
        assert 0 < len(values(seen, "interface_up")) < len(names)
        assert len(agent.asked) < 12
        for handle in later:
            handle.cancel()


async def test_an_agent_that_locks_us_out_after_the_first_contact(city: City) -> None:
    """It is there and refuses: no readings, the reason, and no walk."""
    serve = snmprec.responding(records_of(ports(b"ether1")))
    locked = False

    def locking(question: Message) -> Message:
        answer = reply(question, status=wire.AUTHORIZATION_ERROR) if locked else serve(question)
        assert isinstance(answer, Message)
        return answer

    async with running_agent(locking) as agent:
        check = city.add(agent.address, agent.port)
        assert (await city.probes.readings(check)).failure is None
        locked = True
        agent.asked.clear()
        seen = await city.probes.readings(check)
        assert not walked(agent.asked)
    assert (seen.failure, seen.readings) == (Failure.AUTH, NO_READINGS)
    assert "authorizationError" in seen.detail


async def test_a_device_that_falls_silent_is_asked_one_question(city: City) -> None:
    """However many requests its plan has, and its plan is kept."""
    serve = snmprec.responding(records_of(ports(*(f"ether{n}".encode() for n in range(40)))))
    alive = True
    async with running_agent(lambda question: serve(question) if alive else None) as agent:
        check = city.add(agent.address, agent.port)
        await city.probes.readings(check)
        alive = False
        agent.asked.clear()
        seen = await city.probes.readings(check)
        assert len({question.request_id for question in agent.asked}) == 1
        alive = True
        agent.asked.clear()
        assert not (await city.probes.readings(check)).partial
        assert not walked(agent.asked)
    assert seen.failure is Failure.TIMEOUT
