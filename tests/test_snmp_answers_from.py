"""Agents that answer from another address than the one that is asked: heard where the inventory says so, else not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import snmprec
from inventories import minimal, site
from profile_cells import ports
from snmp_agents import NAME, Agent, Respond, at, hello, running_agent
from snmp_city import City, records_of, values
from snmp_v3_agent import SecureAgent, honest, running_secure_agent

from netmon.cli import main
from netmon.model import Failure, Secret
from netmon.snmp import wire
from netmon.snmp.client import Security, SnmpClient, SnmpLocal, SnmpTimeout, Target
from netmon.snmp.usm import Envelope
from netmon.snmp.wire import Message

ASKED, OTHER, STRANGER = "127.61.9.1", "127.61.9.2", "127.61.9.3"
USER = Security("monitor", "SHA-256", Secret("kata-sandi-1"), "AES-128", Secret("kata-sandi-2"))
HELLO = [(NAME, wire.OCTET_STRING, b"hello")]


@contextlib.contextmanager
def mouth(port: int, address: str = OTHER) -> Iterator[socket.socket]:
    """Open the socket from which an agent answers that listens elsewhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((address, port))
        yield opened


@contextlib.asynccontextmanager
async def crooked_agent(
    respond: Respond = hello, address: str = OTHER, port: int | None = None
) -> AsyncIterator[Agent]:
    """Run an agent that is asked at one address and answers from another."""
    async with running_agent(lambda _: None, ASKED) as agent:
        with mouth(agent.port if port is None else port, address) as other:

            def answer(question: Message) -> None:
                said = respond(question)
                assert isinstance(said, Message)
                other.sendto(wire.encode_message(said), agent.sources[-1])

            agent.respond = answer
            yield agent


def patient(agent: Agent, answers_from: str = OTHER) -> Target:
    """Ask once, with the other address known."""
    return replace(at(agent), answers_from=answers_from)


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_the_other_address_is_heard_where_it_is_known(client: SnmpClient, version: str) -> None:
    """Answers are matched by request-id and port; nothing counts as spoofed or late."""
    async with crooked_agent() as agent:
        for _ in range(3):
            assert await client.get(replace(patient(agent), version=version), [NAME]) == HELLO
    assert (client.spoofed_replies, client.late_replies) == (0, 0)


async def test_without_it_the_answer_is_spoofed(client: SnmpClient) -> None:
    """Silence, and a count that says why."""
    async with crooked_agent() as agent:
        with pytest.raises(SnmpTimeout):
            await client.get(at(agent, timeout=0.2), [NAME])
    assert client.spoofed_replies == 1


async def test_a_third_address_and_another_port_stay_spoofed(client: SnmpClient) -> None:
    """The option names one address; the port is that of the question."""
    async with crooked_agent(address=STRANGER) as agent:
        with pytest.raises(SnmpTimeout):
            await client.get(replace(patient(agent), timeout=0.2), [NAME])
    async with crooked_agent(port=0) as agent:
        with pytest.raises(SnmpTimeout):
            await client.get(replace(patient(agent), timeout=0.2), [NAME])
    assert client.spoofed_replies == 2


async def test_the_address_that_is_asked_is_heard_as_well(client: SnmpClient) -> None:
    """An agent may answer from either."""
    async with running_agent(hello, ASKED) as agent:
        assert await client.get(patient(agent), [NAME]) == HELLO


async def test_any_spelling_is_the_same_address_and_a_name_is_none(client: SnmpClient) -> None:
    """The kernel's spelling is compared."""
    async with running_agent(lambda _: None, "::1") as agent:
        target = replace(at(agent, timeout=0.1), answers_from="0:0:0:0:0:0:0:1")
        agent.respond = hello
        assert await client.get(target, [NAME]) == HELLO
        with pytest.raises(SnmpLocal, match="not a numeric address: 'router'"):
            await client.get(replace(target, answers_from="router"), [NAME])


@pytest.mark.parametrize(("answers_from", "spoofed"), [(OTHER, 0), ("", 1), (STRANGER, 1)])
async def test_snmpv3_is_the_same(client: SnmpClient, answers_from: str, spoofed: int) -> None:
    """Discovery, the question and its signed answer: all of it comes from the other address, or none is taken."""
    async with running_secure_agent(USER, address=ASKED) as agent:
        with mouth(agent.port) as other:

            def respond(agent: SecureAgent, envelope: Envelope, data: bytes) -> Sequence[bytes]:
                for answer in honest(agent, envelope, data):
                    other.sendto(answer, agent.source)
                return ()

            agent.respond = respond
            target = Target(
                ASKED,
                agent.port,
                version="3",
                security=USER,
                timeout=0.2 if spoofed else 5,
                retries=0,
                answers_from=answers_from,
            )
            if spoofed:
                with pytest.raises(SnmpTimeout):
                    await client.get(target, [NAME])
            else:
                for _ in range(3):
                    assert await client.get(target, [NAME]) == [(NAME, wire.GAUGE32, 42)]
    assert client.spoofed_replies == spoofed


async def test_a_device_of_the_inventory_is_heard_as_soon_as_it_says_so(client: SnmpClient) -> None:
    """Reachability and readings; an inventory that adds or takes out the key is followed at the next check."""
    city = City(client)
    answer = snmprec.responding(records_of(ports(b"ether1")))
    async with crooked_agent(answer) as agent:
        silent = city.add(ASKED, agent.port)
        assert (await city.probes.reachability(silent)).failure is Failure.TIMEOUT
        assert (await city.probes.readings(silent)).failure is Failure.TIMEOUT
        heard = city.add(ASKED, agent.port, answers_from=OTHER)
        assert (await city.probes.reachability(heard)).failure is None
        assert values(await city.probes.readings(heard), "interface_up") == {"ether1": 1}
        assert values(await city.probes.readings(heard), "interface_up") == {"ether1": 1}
        assert (await city.probes.readings(city.add(ASKED, agent.port))).failure is Failure.TIMEOUT


async def test_a_link_is_seen_through_a_router_that_answers_from_elsewhere(client: SnmpClient) -> None:
    """The router's address counts, since it is the router that is asked."""
    city = City(client)
    answer = snmprec.responding(records_of(ports(b"ether1")))
    async with crooked_agent(answer) as agent:
        city.add(ASKED, agent.port, answers_from=OTHER)
        assert (await city.probes.interface(city.add_link("ether1"))).failure is None


async def test_the_first_contact_by_hand_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`netmon probe` names the key where answers came from elsewhere, and with the key reads the device."""
    monkeypatch.setenv("NETMON_CITY_COMMUNITY", "padang")
    (tmp_path / "sites").mkdir()
    async with crooked_agent(snmprec.responding(records_of(ports(b"ether1")))) as agent:
        device = f"id: rt, role: router, address: {ASKED}, port: {agent.port}, credential: city"
        files = minimal(credentials="city: {snmp: {community: {env: NETMON_CITY_COMMUNITY}}}\n")
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        how = ["probe", "rt", "--inventory", str(tmp_path), "--timeout", "0.3"]
        (tmp_path / "sites" / "a.yaml").write_text(site(f"{device}, answers_from: {OTHER}"))
        assert await asyncio.to_thread(main, how) == 0
        assert "ether1" in capsys.readouterr().out
        (tmp_path / "sites" / "a.yaml").write_text(site(device))
        assert await asyncio.to_thread(main, how) == 1
        assert f"answers came from elsewhere than {ASKED}" in capsys.readouterr().err
