"""A course of events silences exactly those whom it should, and tells the truth about it afterwards."""

from __future__ import annotations

import itertools
import random
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_city import (
    BEHIND_A,
    COMMUNITY,
    PORT,
    START,
    WITNESSES,
    Asker,
    address,
    received,
    simulated,
    small_city,
    tool,
    until,
)
from simulated_city import asking_socket as ask_from

from netmon.availability import evaluate
from netmon.inventory import load
from netmon.model import Inventory, Outcome, Period, Span, State
from netmon.simulator import Cause, Event, Kind, ScriptError, Silence, random_course, read_script
from netmon.simulator.events import HORIZON
from netmon.simulator.outages import Course, meet, union, without
from netmon.snmp import wire

ROOT = Path(__file__).parent.parent
A_DARK = {"rt-a", *BEHIND_A}
EVERYBODY = {*A_DARK, "rt-b1", "rt-b2", "ap-3", *WITNESSES}
UP_TIME = "1.3.6.1.2.1.1.3.0"


# -- who is silent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "target", "silent"),
    [
        (Kind.POWER, "13.71", EVERYBODY - set(WITNESSES)),
        (Kind.POWER, "13.71.01", A_DARK),
        (Kind.POWER, "13.71.02.1001", {"rt-b1", "rt-b2", "ap-3"}),
        (Kind.POWER, "pantai", {"sw", "ap-1", "ap-2"}),
        (Kind.POWER, "uplink-a", A_DARK),
        (Kind.FIBRE, "uplink-a", A_DARK),
        (Kind.FIBRE, "uplink-b", {"rt-b1", "rt-b2", "ap-3"}),
        (Kind.FIBRE, "rt-b1", {"rt-b1"}),
        (Kind.DEAD, "ap-1", {"ap-1"}),
        (Kind.DEAD, "sw", {"sw", "ap-1", "ap-2"}),
        (Kind.DEAD, "rt-a", A_DARK),
        (Kind.DEAD, "link-a", set()),
        (Kind.DEAD, "gate", set()),
        (Kind.RESTART, "rt-a", A_DARK),
        (Kind.CREDENTIAL, "rt-a", {"rt-a"}),
        (Kind.SLOW, "ap-1", {"ap-1"}),
        (Kind.WITNESS, "", set(WITNESSES)),
        (Kind.WITNESS, WITNESSES[1], {WITNESSES[1]}),
        (Kind.MONITOR, "", EVERYBODY),
    ],
    ids=lambda value: "a-witness" if value in WITNESSES else None,  # their addresses differ from process to process
)
async def test_an_event_silences_exactly_whom_it_should(kind: Kind, target: str, silent: set[str]) -> None:
    """While it lasts, and nobody before or after; of a redundant group one member alone hides nothing behind it.

    (What is slow counts as silent here: it has not answered when the request has been read.)
    """
    event = Event(START + 100, 50, kind, target, 0.0 if kind is Kind.POWER else None)
    async with simulated([event]) as asker:
        assert await asker.silent(START + 99.9) == set()
        assert await asker.silent(START + 100) == silent
        assert await asker.silent(START + 149.9) == silent
        assert await asker.silent(START + 150) == set()


async def test_access_points_need_longer_after_a_power_cut() -> None:
    """Routers and switches are back at once, access points after their start; all of them have started anew."""
    async with simulated([Event(START + 100, 50, Kind.POWER, "13.71.01", 40)]) as asker:
        assert await asker.silent(START + 149) == A_DARK
        assert await asker.silent(START + 150) == {"ap-1", "ap-2"}
        assert await asker.silent(START + 189) == {"ap-1", "ap-2"}
        assert await asker.silent(START + 190) == set()
        assert await asker.number("rt-a", UP_TIME) == await asker.number("ap-1", UP_TIME) == 4000
        assert await asker.number("rt-b1", UP_TIME) > 4000


async def test_a_cut_fibre_starts_nothing_anew() -> None:
    """The router went on all the time: its sysUpTime has grown by the outage."""
    async with simulated([Event(START + 100, 50, Kind.FIBRE, "uplink-a")]) as asker:
        before = await asker.number("rt-a", UP_TIME)
        asker.clock.now = START + 200
        assert await asker.number("rt-a", UP_TIME) == before + 20_000


async def test_overlapping_events_end_with_the_last() -> None:
    """A device that is dead in a power cut stays silent until both are over."""
    events = [Event(START + 100, 50, Kind.POWER, "pantai", 0), Event(START + 120, 100, Kind.DEAD, "ap-1")]
    async with simulated(events) as asker:
        assert await asker.silent(START + 130) == {"sw", "ap-1", "ap-2"}
        assert await asker.silent(START + 160) == {"ap-1"}
        assert await asker.silent(START + 220) == set()


async def test_a_dead_link_is_an_interface_that_is_down() -> None:
    """The router says so in ifOperStatus, and answers for all the rest."""
    oper_status = "1.3.6.1.2.1.2.2.1.8."
    async with simulated([Event(START + 100, 50, Kind.DEAD, "link-a")]) as asker:
        seen = []
        for after in (0, 100, 150):
            asker.clock.now = START + after
            seen.append((await asker.number("rt-a", oper_status + "1"), await asker.number("rt-a", oper_status + "2")))
    assert seen == [(1, 1), (1, 2), (1, 1)]


@pytest.mark.skipif(shutil.which("snmpget") is None, reason="net-snmp's programs are missing (snmp)")
async def test_a_slow_agent_answers_late() -> None:
    """The answer comes after the time the script says; one who waits has it, one who does not has none."""
    async with simulated([Event(START + 100, 50, Kind.SLOW, "ap-1", 0.6)]) as asker:
        asker.clock.now = START + 120
        ask = ("snmpget", "-v2c", "-c", COMMUNITY, "-r", "0", f"{address(11)}:{PORT}", UP_TIME)
        assert "Timeout" in "\n".join(await tool(*ask, "-t", "0.2"))
        assert "Timeticks" in "\n".join(await tool(*ask, "-t", "20"))


async def test_answers_that_are_still_due_are_dropped_by_a_stop() -> None:
    """Nothing is sent by a simulation that has stopped."""
    async with simulated([Event(START, 50, Kind.SLOW, "ap-1", 30.0)]) as asker:
        assert await asker.ask(["ap-1"]) == {}
        await asker.simulation.stop()
        assert asker.simulation.answers == 0


async def test_other_events_take_the_place_of_those_before() -> None:
    """What goes on and is not among them ends, what had not begun never comes, what is past stays the truth."""
    goes_on = Event(START + 100, 200, Kind.DEAD, "ap-3")
    events = [
        Event(START + 10, 20, Kind.DEAD, "ap-1"),
        Event(START + 100, 900, Kind.POWER, "pantai", 30),
        goes_on,
        Event(START + 400, 100, Kind.DEAD, "rt-b1"),
    ]
    async with simulated(events) as asker:
        assert await asker.silent(START + 150) == {"sw", "ap-1", "ap-2", "ap-3"}
        asker.simulation.follow([goes_on, Event(START + 250, 100, Kind.SLOW, "ap-1", 30.0)])
        assert await asker.silent(START + 160) == {"ap-1", "ap-2", "ap-3"}  # they need time to start
        assert await asker.silent(START + 190) == {"ap-3"}
        assert await asker.number("sw", UP_TIME) == 4000
        assert await asker.silent(START + 260) == {"ap-1", "ap-3"}
        assert await asker.silent(START + 410) == set()
        told = asker.simulation.truth(START, START + 900)
    assert [(one.device, one.start - START, one.end - START) for one in told if one.device in {"ap-1", "ap-3"}] == [
        ("ap-1", 10, 30),
        ("ap-1", 100, 180),
        ("ap-3", 100, 300),
    ]


async def lost(asker: Asker, count: int = 300) -> list[bool]:
    """Ask an access point many times and tell which requests it did not answer."""
    request = wire.request_template(wire.VERSION_2C, COMMUNITY.encode(), wire.GET, (wire.encode_oid(UP_TIME),))
    answered = set()
    with ask_from() as sock:
        for number in range(count):
            due = asker.simulation.requests + 1
            sock.sendto(request.datagram(wire.FIRST_REQUEST_ID + number), asker.endpoints()["ap-1"])
            await until(lambda due=due: asker.simulation.requests >= due)
            answered |= {message.request_id - wire.FIRST_REQUEST_ID for message in received(sock)}
    return [number not in answered for number in range(count)]


async def test_loss_takes_a_share_and_the_same_each_time() -> None:
    """About the share that the script says, decided by the seed; nothing is lost before and after."""
    event = Event(START + 100, 50, Kind.LOSS, "ap-1", 0.25)
    seen = []
    for seed in (1, 1, 2):
        async with simulated([event], seed=seed) as asker:
            asker.clock.now = START + 120
            seen.append(await lost(asker))
            asker.clock.now = START + 160
            assert not any(await lost(asker, 50))
    assert seen[0] == seen[1] != seen[2]
    assert all(0.12 < sum(misses) / len(misses) < 0.4 for misses in seen)


# -- the truth ----------------------------------------------------------------------------------------


def truth(*events: Event, inventory: Inventory | None = None) -> list[tuple[str, int, int, str]]:
    """Tell the truth about the hour after the start, in seconds after it."""
    found = Course(inventory or small_city(), events).truth(START, START + 3600)
    return [(s.device, round(s.start - START), round(s.end - START), s.cause.value) for s in found]


def test_what_is_behind_is_silent_for_the_sake_of_what_is_above() -> None:
    """A cut fibre is the router's own outage, the link's too, and upstream for all behind them along the chain."""
    assert truth(Event(START + 100, 50, Kind.FIBRE, "uplink-a")) == [
        ("rt-a", 100, 150, "device"),
        ("link-a", 100, 150, "device"),
        ("sw", 100, 150, "upstream"),
        ("ap-1", 100, 150, "upstream"),
        ("ap-2", 100, 150, "upstream"),
    ]


def test_one_of_two_providers_hides_nothing() -> None:
    """What is behind a group is upstream only while all its members are silent."""
    events = [Event(START + 100, 100, Kind.FIBRE, "rt-b1"), Event(START + 150, 100, Kind.DEAD, "rt-b2")]
    assert truth(*events) == [
        ("rt-b1", 100, 200, "device"),
        ("rt-b2", 150, 250, "device"),
        ("ap-3", 150, 200, "upstream"),
    ]


def test_the_start_after_a_power_cut_is_upstream_as_far_as_grace_reaches() -> None:
    """Grace is the interval (30 s) and the recovery grace (60 s) that the inventory says."""
    assert truth(Event(START + 100, 50, Kind.POWER, "13.71.02", 200)) == [
        ("rt-b1", 100, 150, "device"),
        ("rt-b2", 100, 150, "device"),
        ("ap-3", 100, 240, "upstream"),
        ("ap-3", 240, 350, "device"),
    ]


def test_a_dead_device_stays_its_own_cause_around_an_uplink_failure() -> None:
    """Only the seconds of the failure, widened by grace, are upstream."""
    events = [Event(START + 100, 1000, Kind.DEAD, "ap-3"), Event(START + 500, 100, Kind.FIBRE, "uplink-b")]
    assert [line for line in truth(*events) if line[0] == "ap-3"] == [
        ("ap-3", 100, 470, "device"),
        ("ap-3", 470, 690, "upstream"),
        ("ap-3", 690, 1100, "device"),
    ]


def test_the_monitors_own_failure_is_nobodys_outage() -> None:
    """It covers everything, what is down at the time too; silent witnesses alone hide nobody."""
    events = [Event(START + 100, 100, Kind.DEAD, "ap-1"), Event(START + 150, 20, Kind.MONITOR)]
    found = truth(*events, Event(START + 900, 50, Kind.WITNESS))
    assert {line[0] for line in found if line[1:] == (150, 170, "monitor")} == {
        *("rt-a", "link-a", "sw", "ap-1", "ap-2", "rt-b1", "rt-b2", "ap-3")
    }
    assert [line for line in found if line[3] != "monitor"] == [
        ("ap-1", 100, 150, "device"),
        ("ap-1", 170, 200, "device"),
    ]


def test_a_wrong_credential_is_silence_unless_a_ping_tells() -> None:
    """Without a ping the monitor sees silence and nothing else; with one it knows that it cannot tell."""
    event = Event(START + 100, 50, Kind.CREDENTIAL, "rt-b1")
    assert truth(event) == [("rt-b1", 100, 150, "device")]
    city = small_city()
    devices = {d.id: replace(d, confirm_by_ping=True) for d in city.devices.values()}
    assert truth(event, inventory=replace(city, devices=devices)) == [("rt-b1", 100, 150, "monitor")]


def test_slow_answers_and_lost_packets_are_no_outage() -> None:
    """They are trouble, but the device is there."""
    assert truth(Event(START + 100, 50, Kind.SLOW, "ap-1", 1), Event(START + 100, 50, Kind.LOSS, "ap-1", 0.5)) == []


def test_the_truth_is_cut_to_what_was_asked() -> None:
    """And an instant restart is no silence."""
    course = Course(small_city(), [Event(START, 100, Kind.DEAD, "ap-1"), Event(START + 50, 0, Kind.RESTART, "ap-2")])
    assert course.truth(START + 40, START + 60) == [Silence("ap-1", START + 40, START + 60, Cause.DEVICE)]


async def test_silence_on_the_network_is_the_truth() -> None:
    """In a wild course of all kinds, at any time, those who do not answer are those whom the truth names."""
    inventory = small_city()
    weather = {Kind.SLOW, Kind.LOSS}
    events = [e for e in random_course(inventory, START, 7, 120, 7200) if e.kind not in weather]
    assert {e.kind for e in events} == set(Kind) - weather
    moments = random.Random(3)
    async with simulated(events) as asker:
        told = asker.simulation.truth(START, START + 10_000)
        for _ in range(150):
            at = START + moments.uniform(0, 9000)
            silent = {s.device for s in told if s.start <= at < s.end} - {"link-a"}
            assert await asker.silent(at) - set(WITNESSES) == silent, at - START


def test_stretches_of_a_device_do_not_overlap() -> None:
    """And neighbours that touch differ in their cause, whatever happens."""
    for seed in range(20):
        events = random_course(small_city(), START, seed, 200, 20_000)
        told = Course(small_city(), events).truth(START, START + 20_000)
        for first, second in itertools.pairwise(told):
            if first.device == second.device:
                assert first.end < second.start or (first.end == second.start and first.cause != second.cause)


def test_stretches_are_reckoned_with_as_sets() -> None:
    """Union, what lies in both, what lies in one and not in the other: as second by second."""
    chance = random.Random(5)
    for _ in range(200):
        pairs = [[(chance.randrange(40), chance.randrange(40)) for _ in range(chance.randrange(5))] for _ in "ab"]
        a, b = (union([(min(p), max(p)) for p in some]) for some in pairs)
        in_a, in_b = ({t for s, e in x for t in range(int(s), int(e))} for x in (a, b))
        for got, expected in ((meet(a, b), in_a & in_b), (without(a, b), in_a - in_b), (union([*a, *b]), in_a | in_b)):
            assert {t for s, e in got for t in range(int(s), int(e))} == expected
            assert all(first[1] < second[0] for first, second in itertools.pairwise(got))


# -- scripts and chance -------------------------------------------------------------------------------

SCRIPT = f"""\
# a morning in the small city
at,duration,event,target,value

5m,1h30m,power,13.71.02,90
2026-11-23T09:30+07:00,20m,fibre,uplink-a
90,0,restart,ap-1,
1d,1m30s,slow,ap-2,0.5s
60s,60,witness,{WITNESSES[0]},
"""


def test_a_script_is_read() -> None:
    """Times after the start and with an offset, durations in all forms, comments; in the order of time."""
    assert read_script(SCRIPT, small_city(), START) == [
        Event(START + 60, 60, Kind.WITNESS, WITNESSES[0]),
        Event(START + 90, 0, Kind.RESTART, "ap-1"),
        Event(START + 300, 5400, Kind.POWER, "13.71.02", 90),
        Event(START + 1000, 1200, Kind.FIBRE, "uplink-a"),
        Event(START + 86400, 90, Kind.SLOW, "ap-2", 0.5),
    ]


def test_all_mistakes_of_a_script_are_told_at_once() -> None:
    """Each with its line and column."""
    lines = [
        "at,duration,event,target,value",
        "soon,1m,dead,ap-1,",
        "2026-11-23T09:30,1m,dead,ap-1,",
        "1m,-5,dead,ap-1,",
        "1m,1m,flood,ap-1,",
        "1m,1m,dead,ap-9,",
        "1m,1m,fibre,ap-1,",
        "1m,1m,power,ap-1,",
        "1m,1m,dead,ap-1,5",
        "1m,1m,loss,ap-1,1.5",
        "1m,1m,slow,ap-1,long",
        "1m,1m",
    ]
    with pytest.raises(ScriptError) as raised:
        read_script("\n".join(lines), small_city(), START, "day.csv")
    assert str(raised.value).splitlines() == [
        "day.csv:2: at: 'soon' is neither a duration (5m) nor a date and time with an offset",
        "day.csv:3: at: '2026-11-23T09:30' is neither a duration (5m) nor a date and time with an offset",
        "day.csv:4: duration: '-5' is no duration (90s, 5m, 1h30m)",
        "day.csv:5: event: 'flood' is none of power, fibre, dead, slow, loss, witness, monitor, restart, credential",
        "day.csv:6: target: 'ap-9' is nothing that dead can happen to",
        "day.csv:7: target: 'ap-1' is nothing that fibre can happen to",
        "day.csv:8: target: 'ap-1' is nothing that power can happen to",
        "day.csv:9: value: dead has none",
        "day.csv:10: value: '1.5' is no share from 0 to 1",
        "day.csv:11: value: 'long' is no number of seconds",
        "day.csv:12: line: 2 columns instead of 5",
    ]


def test_a_script_without_its_header_is_refused() -> None:
    """So that a forgotten header does not swallow the first event."""
    with pytest.raises(ScriptError, match=r"^script:1: header: it must be at,duration,event,target,value$"):
        read_script("1m,1m,dead,ap-1,\n", small_city(), START)


def test_chance_is_the_same_for_the_same_seed() -> None:
    """About as many events as were asked for, all kinds of them, within the horizon, none without a target."""
    inventory = small_city()
    first, again, other = (random_course(inventory, START, seed, 6) for seed in (1, 1, 2))
    assert first == again != other
    assert 0.9 < len(first) / (6 * HORIZON / 3600) < 1.1
    assert {e.kind for e in first} == set(Kind)
    assert all(START <= e.at <= START + HORIZON for e in first)
    assert random_course(inventory, START, 1, 0) == []


def test_a_random_month_of_the_example_city_is_worked_out_quickly() -> None:
    """Six events an hour for a month, and their truth: seconds, not minutes."""
    inventory = load(ROOT / "inventory", secrets=False).inventory
    course = Course(inventory, random_course(inventory, START, 1, 6))
    told = course.truth(START, START + HORIZON)
    assert {s.cause for s in told} == set(Cause)
    assert len({s.device for s in told}) == sum(inventory.is_object(d) for d in inventory.devices.values())


def test_the_truth_speaks_lk_1() -> None:
    """Of perfect observations of a wild day, LK-1 says what the truth says: seconds and attribution of each device."""
    city, end = small_city(), START + 20_000
    for seed in range(10):
        course = Course(city, random_course(city, START, seed, 60, 15_000))
        told = course.truth(START, end)
        tracks: dict[str, list[Span]] = {}
        for device in (d for d in city.devices.values() if city.is_object(d)):
            own = [(int(s.start), int(s.end), s.cause) for s in told if s.device == device.id]
            tracks[device.id] = _spans(own, end)
        for result in evaluate(city, tracks, Period(START, end, "Asia/Jakarta", "day")).objects:
            if result.kind == "device":
                found = Counter(dict.fromkeys(Cause, 0))
                for silence in told:
                    if silence.device == result.id:
                        found[silence.cause] += round(silence.end - silence.start)
                seconds = result.seconds
                assert (found[Cause.DEVICE], found[Cause.UPSTREAM], found[Cause.MONITOR]) == (
                    seconds[State.DOWN],
                    seconds[State.DOWN_UPSTREAM],
                    seconds[State.UNKNOWN],
                ), (seed, result.id)


def _spans(silences: list[tuple[int, int, Cause]], end: int) -> list[Span]:
    """Make the observations that a monitor without any delay would have made."""
    spans, at = [], START
    for start, stop, cause in silences:
        if at < start:
            spans.append(Span(at, start, Outcome.UP))
        spans.append(Span(start, stop, Outcome.BLIND if cause is Cause.MONITOR else Outcome.DOWN))
        at = stop
    return [*spans, Span(at, end, Outcome.UP)] if at < end else spans


def test_the_documentation_knows_every_kind_and_its_script_is_one() -> None:
    """What docs/simulator.md says can be done, can be done, in the example city."""
    text = (ROOT / "docs/simulator.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(Kind)
    script = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    events = read_script(script[0], load(ROOT / "inventory", secrets=False).inventory, START)
    assert {e.kind for e in events} == {Kind.POWER, Kind.FIBRE, Kind.DEAD}
