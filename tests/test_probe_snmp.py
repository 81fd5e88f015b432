"""Reachability by SNMP, a link as a port of its router, and the transcript of a first contact."""

from __future__ import annotations

from dataclasses import replace

import pytest
import snmprec
from profile_cells import IF, IFX, PROFILES, ports
from snmp_agents import reply, running_agent, silent
from snmp_city import OPEN, SECRET, City, records_of, walked
from snmpd import free_port

from netmon.model import Credential, Device, Failure, Outcome, Role, Secret
from netmon.probes.snmp import first_contact, target_of
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient, SnmpLocal


@pytest.fixture
def city(client: SnmpClient) -> City:
    """Make an empty city."""
    return City(client)


# -- reachability -------------------------------------------------------------------------------------


async def test_a_device_that_answers_is_up(city: City) -> None:
    """With the time of its answer and when the question was sent."""
    async with running_agent(snmprec.responding(records_of(ports(b"ether1")))) as agent:
        seen = await city.probes.reachability(city.add(agent.address, agent.port))
    assert (seen.failure, seen.outcome) == (None, Outcome.UP)
    assert seen.rtt is not None
    assert 0 < seen.rtt < 1
    assert seen.at > 1_700_000_000


@pytest.mark.parametrize("status", [wire.GEN_ERR, wire.AUTHORIZATION_ERROR, wire.NO_SUCH_NAME])
async def test_an_error_is_an_answer(city: City, status: int) -> None:
    """Whatever is wrong with the agent, somebody is there."""
    async with running_agent(lambda question: reply(question, status=status)) as agent:
        seen = await city.probes.reachability(city.add(agent.address, agent.port))
    assert seen.outcome is Outcome.UP


async def test_a_refusal_of_the_device_is_an_answer_and_holds_no_readings(city: City) -> None:
    """ICMP port unreachable from the device itself."""
    check = city.add("127.0.0.1", free_port("127.0.0.1"))
    seen = await city.probes.reachability(check)
    assert (seen.outcome, seen.detail) == (Outcome.UP, "refused")
    assert (await city.probes.readings(check)).failure is Failure.AUTH


async def test_silence_is_a_timeout_after_three_questions(city: City) -> None:
    """All of them within the check's timeout; the scheduler repeats, not the probe."""
    async with running_agent(silent) as agent:
        seen = await city.probes.reachability(city.add(agent.address, agent.port))
        assert len(agent.asked) == 3
    assert seen.failure is Failure.TIMEOUT


async def test_two_lost_questions_are_no_silence(city: City) -> None:
    """The third is answered: the device is up, and nobody knows how long its answer took."""
    answer = snmprec.responding(records_of(ports(b"ether1")))
    async with running_agent(lambda question: answer(question) if len(agent.asked) == 3 else None) as agent:
        seen = await city.probes.reachability(city.add(agent.address, agent.port))
    assert (seen.outcome, seen.rtt) == (Outcome.UP, None)


async def test_reachability_does_not_wait_for_what_else_is_asked_of_a_device(city: City, client: SnmpClient) -> None:
    """A device that leaves questions for its tables unanswered is not found silent for their sake, nor late."""
    uptime = wire.encode_oid("1.3.6.1.2.1.1.3.0")
    answer = snmprec.responding(records_of(ports(b"ether1")))

    async with running_agent(lambda q: answer(q) if [name for name, _, _ in q.varbinds] == [uptime] else None) as agent:
        target = target_of(agent.address, agent.port, OPEN, timeout=30, retries=0)
        template = target.template(wire.GET, [wire.encode_oid("1.3.6.1.2.1.1.1.0")])
        waiting = [client.request(target, template, lambda _: None) for _ in range(20)]
        seen = await city.probes.reachability(city.add(agent.address, agent.port))
        assert seen.outcome is Outcome.UP
        assert len(agent.asked) == 2
        for each in waiting:
            client.cancel(each)


@pytest.mark.parametrize(
    ("credential", "detail"),
    [
        (Credential("open", community=Secret(SECRET), networks=("10.0.0.0/8",)), "may not be sent to 127.0.0.1"),
        (Credential("open"), "has no SNMP community"),
        (Credential("open", version="3"), "has no SNMP user"),
        (Credential("open", version="3", user="u", auth_protocol="SHA-256"), "no password for SHA-256"),
        (None, "there is no credential open"),
    ],
)
async def test_a_credential_goes_nowhere_it_is_not_meant_for(
    city: City, credential: Credential | None, detail: str
) -> None:
    """Nothing is sent; that is our own fault and says nothing of the device."""
    city.credentials.clear()
    if credential is not None:
        city.credentials["open"] = credential
    async with running_agent(silent) as agent:
        check = city.add(agent.address, agent.port)
        for seen in (await city.probes.reachability(check), await city.probes.readings(check)):
            assert (seen.failure, seen.outcome) == (Failure.LOCAL, Outcome.BLIND)
            assert detail in seen.detail
            assert SECRET not in seen.detail
        assert agent.asked == []


async def test_a_name_is_resolved_and_one_without_an_address_is_our_fault(city: City) -> None:
    """A broken resolver is no outage."""
    async with running_agent(snmprec.responding(records_of(ports(b"ether1")))) as agent:
        assert (await city.probes.reachability(city.add("localhost", agent.port))).failure is None
        bad = await city.probes.reachability(city.add("name.invalid", agent.port))
    assert bad.failure is Failure.LOCAL
    assert "name.invalid" in bad.detail


# -- an interface of another device -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "failure", "detail"),
    [
        (1, None, ""),
        (2, Failure.UNREACHABLE, "ether2 is down on rt-1"),
        (7, Failure.UNREACHABLE, "ether2 is down in a lower layer on rt-1"),
        (4, Failure.LOCAL, "rt-1 does not know the state of ether2"),
    ],
)
async def test_a_link_is_what_its_router_says_of_the_port(
    city: City, status: int, failure: Failure | None, detail: str
) -> None:
    """Up is up, another state is down, a router that does not know leaves us blind."""
    records = records_of({**ports(b"ether1", b"ether2"), f"{IF}.8.2": status})
    async with running_agent(snmprec.responding(records)) as agent:
        city.add(agent.address, agent.port)
        seen = await city.probes.interface(city.add_link("ether2"))
    assert (seen.failure, seen.detail) == (failure, detail)


async def test_a_link_is_asked_by_name_after_a_renumbering(city: City) -> None:
    """The port that has its number now is another one."""
    records = records_of(ports(b"ether1", b"ether2"))
    async with running_agent(snmprec.responding(records)) as agent:
        city.add(agent.address, agent.port)
        check = city.add_link("ether2")
        assert (await city.probes.interface(check)).failure is None
        agent.asked.clear()
        assert (await city.probes.interface(check)).failure is None
        assert len(agent.asked) == 1
        records |= records_of({**ports(b"ether0", b"ether1", b"ether2"), f"{IF}.8.3": 2})
        assert (await city.probes.interface(check)).failure is Failure.UNREACHABLE


async def test_nothing_is_known_of_a_link_whose_router_does_not_tell(city: City) -> None:
    """Silence, refusal, no such port, no such router: blind, with the reason."""
    async with running_agent(silent) as agent:
        city.add(agent.address, agent.port)
        mute = await city.probes.interface(city.add_link("ether2"))
    assert (mute.outcome, mute.failure) == (Outcome.BLIND, Failure.LOCAL)
    assert mute.detail.startswith("rt-1 does not tell: no answer")
    city.add("127.0.0.1", free_port("127.0.0.1"))
    assert (await city.probes.interface(city.add_link("ether2"))).failure is Failure.AUTH
    async with running_agent(snmprec.responding(records_of(ports(b"ether1")))) as agent:
        city.add(agent.address, agent.port)
        check = city.add_link("ether9")
        assert (await city.probes.interface(check)).detail == "rt-1 has no interface ether9"
        agent.asked.clear()
        await city.probes.interface(check)
        assert not walked(agent.asked)
    del city.devices["rt-1"]
    assert (await city.probes.interface(check)).outcome is Outcome.BLIND


# -- first contact ------------------------------------------------------------------------------------


async def test_the_transcript_shows_everything_but_the_community(client: SnmpClient) -> None:
    """What was asked and what came back, as lines for people."""
    lines: list[str] = []
    device = Device(id="x", role=Role.ROUTER)
    cells = {
        **ports(b"ether1"),
        "1.3.6.1.2.1.1.1.0": b"Box",
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.1",
        f"{IF}.2.9": b"\xff\0",
    }
    async with running_agent(snmprec.responding(records_of(cells))) as agent:
        target = target_of(agent.address, agent.port, Credential("c", community=Secret(SECRET)), timeout=1, retries=0)
        found = await first_contact(client, PROFILES, device, target, lines.append)
    assert found.summary["reachable"]
    assert [port["name"] for port in found.summary["interfaces"]] == ["ether1", "\ufffd"]
    assert "GET 1.3.6.1.2.1.1.2.0 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.3.0" in lines
    assert "  1.3.6.1.2.1.1.2.0 = OID: 1.3.6.1.4.1.1" in lines
    assert f"  {IFX}.1.1 = STRING: 'ether1'" in lines
    assert f"  {IF}.2.9 = STRING: ff 00" in lines
    assert any(line.startswith("WALK ") for line in lines)
    assert SECRET not in "\n".join(lines)


async def test_a_first_contact_that_fails_says_so(client: SnmpClient) -> None:
    """The same structure, empty; the transcript ends with the reason."""
    lines: list[str] = []
    async with running_agent(silent) as agent:
        target = target_of(agent.address, agent.port, OPEN, timeout=0.1, retries=0)
        found = await first_contact(client, PROFILES, Device(id="x", role=Role.ROUTER), target, lines.append)
    assert found.summary["reachable"] is False
    assert found.summary["wifi"]["clients"] is None
    assert lines[-1].startswith("  no answer in 0.1 s")
    with pytest.raises(SnmpLocal, match="networks"):
        target_of("10.1.2.3", 161, replace(OPEN, networks=("10.2.0.0/16",)), timeout=1, retries=0)
