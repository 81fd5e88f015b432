"""What a controller tells of its access points: their state, their clients, and how rarely it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from joined_city import EPOCH, LIST, LONG_AGO, NONE, UP_TIME, Answer, Controller, Joined, Point
from snmp_agents import Agent, reply, running_agent, until
from snmp_city import SECRET

from netmon.measures import line_of
from netmon.model import Credential, Failure, Identity, Observation, Outcome, Secret
from netmon.probes.snmp.rolls import Points
from netmon.profiles import mac_digits
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.snmp.wire import Message

LOBBY = Point("AP-Lobby", clients=7, mac=bytes.fromhex("001a2b3c4d5e"))
MINUTE = 60 * 100


@pytest.fixture
def wlc() -> Controller:
    """Make a controller that lists nothing."""
    return Controller()


@pytest.fixture
async def agent(wlc: Controller) -> AsyncIterator[Agent]:
    """Run the controller's agent."""
    async with running_agent(wlc.respond) as agent:
        yield agent


@pytest.fixture
async def city(client: SnmpClient, agent: Agent) -> Joined:
    """Make an inventory of the controller."""
    return Joined(client, agent.address, agent.port)


def said(seen: Observation) -> tuple[Outcome, str]:
    """Give what an observation says."""
    return seen.outcome, seen.detail


# -- state, clients, identity ---------------------------------------------------------------------------


async def test_an_access_point_that_is_listed_as_online_is_up(city: Joined, wlc: Controller) -> None:
    """With its clients, under its own id and site, and what it is."""
    wlc.lists(Point("AP-Hall"), LOBBY)
    seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert said(seen) == (Outcome.UP, "")
    ((made, value),) = seen.readings
    assert line_of(made) == 'netmon_wifi_clients{device="lobby",site="hall",uplink=""} '
    assert value == 7
    assert seen.identity == Identity("generic", "Acme", "AP-9", "7.1", "SN2", "AP-Lobby")
    assert seen.at == EPOCH + city.now


async def test_no_client_is_zero_and_no_column_of_clients_is_no_reading(city: Joined, wlc: Controller) -> None:
    """Zero is a value; what the controller does not tell is absent."""
    wlc.lists(Point("AP-1"), Point("AP-2"))
    del wlc.records[f"{LIST}.7.2"]
    first, second = [await city.probe(city.add(f"ap-{n}", f"AP-{n}")) for n in (1, 2)]
    assert first.readings.values == (0,)
    assert (second.outcome, len(second.readings)) == (Outcome.UP, 0)


@pytest.mark.parametrize("state", ["offline", "upgrading"])
async def test_only_online_is_up(city: Joined, wlc: Controller, state: str) -> None:
    """Any other word of the controller is down, in its own words and without clients."""
    wlc.lists(replace(LOBBY, state=state))
    seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert (seen.failure, seen.detail) == (Failure.UNREACHABLE, f"wlc-1: AP-Lobby is {state}")
    assert len(seen.readings) == 0


async def test_a_state_that_is_not_told_is_not_known(city: Joined, wlc: Controller) -> None:
    """The row is there, its state is not."""
    wlc.lists(replace(LOBBY, state=""))
    seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert said(seen) == (Outcome.BLIND, "wlc-1 does not tell the state of AP-Lobby")


async def test_one_that_is_no_longer_listed_is_down(city: Joined, wlc: Controller) -> None:
    """It was listed before, in this process."""
    wlc.lists(Point("AP-Hall"), LOBBY)
    check = city.add("lobby", "AP-Lobby")
    assert (await city.probe(check)).outcome is Outcome.UP
    wlc.lists(Point("AP-Hall"))
    assert said(await city.probe(check)) == (Outcome.DOWN, "wlc-1 no longer lists AP-Lobby")


async def test_one_that_was_ever_up_and_is_not_listed_is_down(city: Joined, wlc: Controller) -> None:
    """The history remembers it over a restart of the monitor; who was never seen may be a wrong word in the file."""
    wlc.lists(Point("AP-Hall"))
    city.were_up.add("lobby")
    assert (await city.probe(city.add("lobby", "AP-Lobby"))).failure is Failure.UNREACHABLE
    seen = await city.probe(city.add("gate", "AP-Gate"))
    assert (seen.failure, seen.detail) == (
        Failure.LOCAL,
        "wlc-1 knows no access point AP-Gate: is match right?",
    )


async def test_another_match_is_another_access_point(city: Joined, wlc: Controller) -> None:
    """What was seen under the word before says nothing of the new one."""
    wlc.lists(LOBBY)
    assert (await city.probe(city.add("lobby", "AP-Lobby"))).outcome is Outcome.UP
    seen = await city.probe(city.add("lobby", "AP-Loby"))
    assert "is match right?" in seen.detail


# -- a controller that starts ----------------------------------------------------------------------------


@pytest.mark.parametrize("listed", [(), (replace(LOBBY, state="offline"),)], ids=["missing", "offline"])
async def test_a_controller_that_has_just_started_does_not_know_yet(
    city: Joined, wlc: Controller, listed: tuple[Point, ...]
) -> None:
    """Its access points come back to it within minutes: until then nothing is known of those that are not online."""
    check = city.add("lobby", "AP-Lobby")
    wlc.lists(LOBBY)
    assert (await city.probe(check)).outcome is Outcome.UP
    city.now += 600
    wlc.lists(*listed, ticks=4 * MINUTE)
    seen = await city.probe(check)
    assert seen.failure is Failure.LOCAL
    assert "wlc-1 started 4 min ago" in seen.detail
    city.now += 600
    wlc.lists(*listed, ticks=14 * MINUTE)
    assert (await city.probe(check)).outcome is Outcome.DOWN


async def test_one_that_came_back_and_leaves_again_is_down(city: Joined, wlc: Controller) -> None:
    """The controller has started a few minutes ago, but has seen it since."""
    check = city.add("lobby", "AP-Lobby")
    wlc.lists(LOBBY, ticks=2 * MINUTE)
    assert (await city.probe(check)).outcome is Outcome.UP
    city.now += 60
    wlc.lists(ticks=3 * MINUTE)
    assert (await city.probe(check)).outcome is Outcome.DOWN


async def test_a_controller_that_starts_while_it_is_read_tells_nothing(city: Joined, client: SnmpClient) -> None:
    """What was read may be half of its list."""
    wlc = Controller()
    wlc.lists(Point("AP-Hall"), LOBBY)

    def respond(question: Message) -> Answer:
        if question.pdu_type == wire.GET_BULK:
            wlc.lists(ticks=10)
        return wlc.respond(question)

    async with running_agent(respond) as agent:
        city = Joined(client, agent.address, agent.port)
        city.were_up.add("lobby")
        seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert said(seen) == (Outcome.BLIND, "wlc-1 does not tell: it started anew while it was read")


# -- matching ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "match",
    [
        "AP-Lobby",
        "ap-lobby",
        " AP-Lobby ",
        "00:1a:2b:3c:4d:5e",
        "00-1A-2B-3C-4D-5E",
        "001a.2b3c.4d5e",
        "0:1A:2b:3c:4d:5E",
    ],
)
async def test_a_match_is_a_name_or_a_mac_in_any_spelling(city: Joined, wlc: Controller, match: str) -> None:
    """Upper and lower case, and the marks between digits, mean nothing."""
    wlc.lists(Point("AP-Hall"), LOBBY, Point("AP-Lobby-2"))
    assert (await city.probe(city.add("lobby", match))).identity is not None


def test_a_name_as_it_is_written_goes_before_one_in_another_case() -> None:
    """Two names that differ in case alone are two access points."""
    upper, lower = {"name": "AP-1"}, {"name": "ap-1"}
    points = Points([upper, lower])
    assert points.matching("ap-1") == [lower]
    assert points.matching("AP-1") == [upper]
    assert points.matching("Ap-1") == [upper, lower]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("AP-Lobby", ""),
        ("", ""),
        ("00:1a:2b:3c:4d", ""),
        ("00:1a:2b:3c:4d:5g", ""),
        ("001:a:2b:3c:4d:5e", ""),
        ("001A2B3C4D5E", "001a2b3c4d5e"),
        ("00 1a 2b 3c 4d 5e", "001a2b3c4d5e"),
    ],
)
def test_what_is_a_mac_address(text: str, digits: str) -> None:
    """Twelve digits in six pairs, three groups or one; a pair may lack its zero."""
    assert mac_digits(text) == digits


@pytest.mark.parametrize(
    ("points", "match"),
    [
        ((LOBBY, replace(LOBBY, state="offline", mac=bytes(6))), "AP-Lobby"),
        ((Point("AP-LOBBY"), Point("ap-lobby")), "AP-Lobby"),
        ((LOBBY, Point("001a2b3c4d5e")), "001a2b3c4d5e"),
    ],
    ids=["one name twice", "two cases", "a name that is another's MAC"],
)
async def test_two_that_match_are_no_guess(
    city: Joined, wlc: Controller, points: tuple[Point, ...], match: str
) -> None:
    """The error says which they are, and what to write."""
    wlc.lists(*points)
    seen = await city.probe(city.add("lobby", match))
    assert seen.failure is Failure.LOCAL
    assert seen.detail.startswith(f"wlc-1 lists 2 access points that match {match} (")
    assert "write the MAC of one" in seen.detail


# -- a controller that does not tell ---------------------------------------------------------------------


async def test_a_silent_controller_says_nothing_of_its_access_points(city: Joined, wlc: Controller) -> None:
    """Blind, however long they have been known, and one attempt for all of them."""
    wlc.lists(LOBBY, Point("AP-Hall"))
    checks = [city.add("lobby", "AP-Lobby"), city.add("hall-1", "AP-Hall")]
    assert {(await city.probe(check)).outcome for check in checks} == {Outcome.UP}
    city.now += 20
    wlc.silent = True
    wlc.asked.clear()
    for check in checks:
        seen = await city.probe(check)
        assert (seen.failure, seen.outcome) == (Failure.LOCAL, Outcome.BLIND)
        assert seen.detail.startswith("wlc-1 does not tell: ")
    assert len(wlc.asked) == 2  # one question and its repeat
    city.now += 7
    wlc.silent = False
    assert (await city.probe(city.add("hall-2", "AP-Hall"))).outcome is Outcome.UP


async def test_a_list_that_is_read_in_part_says_nothing(city: Joined, client: SnmpClient) -> None:
    """The agent stops answering in the middle of its table."""
    wlc = Controller()
    wlc.lists(*[Point(f"AP-{n}") for n in range(40)])

    def respond(question: Message) -> Answer:
        answers = wlc.readings() == 0 or question.pdu_type == wire.GET
        return wlc.respond(question) if answers else None

    async with running_agent(respond) as agent:
        city = Joined(client, agent.address, agent.port)
        city.were_up.add("lobby")
        seen = await city.probe(city.add("lobby", "AP-39"))
    assert seen.outcome is Outcome.BLIND


@pytest.mark.parametrize("status", [wire.GEN_ERR, wire.AUTHORIZATION_ERROR])
async def test_a_controller_that_refuses_is_a_matter_of_the_credential(client: SnmpClient, status: int) -> None:
    """It is there and does not tell."""
    async with running_agent(lambda question: reply(question, status=status)) as agent:
        city = Joined(client, agent.address, agent.port)
        seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert (seen.failure, seen.outcome) == (Failure.AUTH, Outcome.BLIND)


@pytest.mark.parametrize(
    ("credential", "detail"),
    [
        (Credential("open", community=Secret(SECRET), networks=("10.0.0.0/8",)), "may not be sent to 127.0.0.1"),
        (Credential("open"), "has no SNMP community"),
    ],
)
async def test_a_credential_goes_nowhere_it_is_not_meant_for(
    city: Joined, wlc: Controller, credential: Credential, detail: str
) -> None:
    """Nothing is sent, and nothing is known."""
    city.credential = credential
    seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert seen.failure is Failure.LOCAL
    assert detail in seen.detail
    assert SECRET not in seen.detail
    assert wlc.asked == []


async def test_a_device_that_is_no_controller_is_said_to_be_none(city: Joined) -> None:
    """Its profile lists no access points."""
    city.profiles = NONE
    seen = await city.probe(city.add("lobby", "AP-Lobby"))
    assert said(seen) == (Outcome.BLIND, "wlc-1 does not tell: its profile generic lists no access points")


async def test_a_controller_that_is_gone_from_the_inventory_is_our_own_fault(city: Joined) -> None:
    """A round may be under way while the inventory is loaded anew."""
    check = city.add("lobby", "AP-Lobby")
    del city.devices["wlc-1"]
    assert said(await city.probe(check)) == (Outcome.BLIND, "lobby names no controller of the inventory")


async def test_a_list_that_takes_too_long_is_given_up(city: Joined, client: SnmpClient) -> None:
    """Before the next round is due; whoever joined the reading later waits no longer than that either."""
    wlc = Controller()
    wlc.lists(*[Point(f"AP-{n}") for n in range(100)])
    late: list[asyncio.TimerHandle] = []

    def respond(question: Message) -> None:
        answer = wlc.respond(question)
        assert isinstance(answer, Message)
        late.append(asyncio.get_running_loop().call_later(0.2, slow.send, answer))

    async with running_agent(respond) as slow:
        city = Joined(client, slow.address, slow.port)
        checks = [replace(city.add(f"ap-{n}", f"AP-{n}"), interval=1) for n in range(2)]
        seen = await asyncio.gather(*map(city.probe, checks))
        for timer in late:
            timer.cancel()
    assert {said(one) for one in seen} == {(Outcome.BLIND, "wlc-1 was not read within 0.9 s")}


# -- one reading for all ---------------------------------------------------------------------------------


async def test_all_that_ask_share_one_reading(city: Joined, wlc: Controller) -> None:
    """At the same time, and for half an interval after; only the columns of the list, and the time of start."""
    wlc.lists(*[Point(f"AP-{n}", clients=n) for n in range(200)])
    checks = [city.add(f"ap-{n}", f"AP-{n}") for n in range(200)]
    seen = await asyncio.gather(*map(city.probe, checks[:150]))
    city.now += 14
    seen += [await city.probe(check) for check in checks[150:]]
    assert [one.readings.values for one in seen] == [(n,) for n in range(200)]
    assert wlc.readings() == 1
    assert {one.at for one in seen} == {EPOCH + 1000}
    columns = {wire.decode_oid(name) for q in wlc.asked if q.pdu_type == wire.GET_BULK for name, _, _ in q.varbinds}
    assert all(column.startswith(f"{LIST}.") for column in columns)
    city.now += 2
    await city.probe(checks[0])
    assert wlc.readings() == 2


async def test_what_is_told_from_an_older_reading_is_dated_by_it(city: Joined, wlc: Controller) -> None:
    """The observation was made when the controller was asked, not when somebody wanted to know."""
    wlc.lists(Point("AP-1"), Point("AP-2"))
    for name in ("ap-1", "ap-2"):
        seen = await city.probe(city.add(name, name.upper()))
        assert (seen.at, seen.outcome) == (EPOCH + 1000, Outcome.UP)
        city.now += 10


async def test_whoever_asks_again_is_told_from_a_later_reading(city: Joined, wlc: Controller) -> None:
    """A repeat that were told from the same one would confirm nothing."""
    wlc.lists(replace(LOBBY, state="offline"))
    check = city.add("lobby", "AP-Lobby")
    assert (await city.probe(check)).outcome is Outcome.DOWN
    wlc.lists(LOBBY)
    assert (await city.probe(check)).outcome is Outcome.UP
    assert wlc.readings() == 2


async def test_two_readings_tell_of_all_that_were_lost_at_once(city: Joined, wlc: Controller) -> None:
    """Each is told twice that it is not up, from two readings; nobody reads the list for himself."""
    wlc.lists(*[Point(f"AP-{n}", "offline") for n in range(200)])
    checks = [city.add(f"ap-{n}", f"AP-{n}") for n in range(200)]
    for check in checks:
        city.now += 0.05
        for _ in range(2):
            assert (await city.probe(check)).outcome is Outcome.DOWN
    assert wlc.readings() == 2


async def test_one_that_is_back_in_the_latest_reading_is_up(city: Joined, wlc: Controller) -> None:
    """The first of two readings is told only where the second one says the same."""
    wlc.lists(replace(LOBBY, state="offline"), Point("AP-2", "offline"))
    second = city.add("ap-2", "AP-2")
    await city.probe(second)
    wlc.lists(LOBBY, Point("AP-2", "offline"))
    await city.probe(second)
    assert (await city.probe(city.add("lobby", "AP-Lobby"))).outcome is Outcome.UP
    assert wlc.readings() == 2


async def test_a_reading_for_nobody_is_given_up_and_the_next_one_is_whole(city: Joined, wlc: Controller) -> None:
    """The inventory was loaded anew while a silent controller was asked."""
    wlc.lists(LOBBY)
    wlc.silent = True
    check = city.add("lobby", "AP-Lobby")
    waiting = [asyncio.ensure_future(city.probe(check)) for _ in range(2)]
    await until(lambda: len(wlc.asked) == 1)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    wlc.silent = False
    assert (await city.probe(check)).outcome is Outcome.UP


async def test_the_profile_is_found_once(city: Joined, wlc: Controller) -> None:
    """And again when the controller says that it is another one."""
    wlc.lists(LOBBY)
    check = city.add("lobby", "AP-Lobby")
    assert (await city.probe(check)).outcome is Outcome.UP
    city.profiles = NONE
    assert "lists no access points" in (await city.probe(check)).detail


async def test_a_controller_without_a_time_of_start_is_believed(city: Joined, wlc: Controller) -> None:
    """It cannot be told that it has just started."""
    wlc.lists(ticks=LONG_AGO)
    del wlc.records[UP_TIME]
    city.were_up.add("lobby")
    assert (await city.probe(city.add("lobby", "AP-Lobby"))).outcome is Outcome.DOWN
