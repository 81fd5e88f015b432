"""When a failure is a failure: repeated, pinged, witnessed, and never the monitor's own fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import VirtualTimeLoop, run_virtually
from watched_city import EPOCH, NEVER, WITNESS, World, city, device, running

from netmon.model import Check, Device, Failure, Observation, Outcome, Reach, ReachKind, Witness
from netmon.scheduler import Scheduler, Witnesses

ALWAYS: Callable[[float], bool] = lambda _: True  # noqa: E731
SNMP = Reach(ReachKind.SNMP)


def observe(
    devices: list[Device],
    *,
    seconds: float = 45,
    witness: tuple[Witness, ...] = (WITNESS,),
    meanwhile: Callable[[World, Scheduler], Any] | None = None,
    **world_is: Any,
) -> World:
    """Run a city for a while and give the world with what it saw; ``meanwhile`` is a coroutine function."""

    async def story(loop: VirtualTimeLoop) -> World:
        world = World(loop, **world_is)
        scheduler = world.scheduler(city(devices, witness))
        async with running(scheduler):
            if meanwhile is not None:
                await asyncio.wait_for(meanwhile(world, scheduler), seconds)
            await asyncio.sleep(1000 + seconds - loop.time())
        assert scheduler.counters.bugs == 0
        return world

    return run_virtually(story)


def lost(*numbers: int) -> Callable[[float], bool]:
    """Lose the packets with these numbers, counted from 0."""
    counted = iter(range(10**9))
    return lambda _: next(counted) in numbers


def first(world: World, name: str = "gate") -> Observation:
    """Give the first observation of a device."""
    return world.of(name)[0]


# -- the repeat -----------------------------------------------------------------------------------------


def test_a_repeat_that_is_answered_is_up_with_loss_dated_at_the_first_packet() -> None:
    """Both packets of the first probe are lost, the repeat is answered: not an outage."""
    world = observe([device("gate")], silent={"addr-gate": lost(0, 1)})
    seen = first(world)
    asked, repeat = world.asked_of("addr-gate")[:2]
    assert seen.outcome is Outcome.UP
    assert seen.at == EPOCH + asked.start
    assert seen.loss == 0.5
    assert repeat.start - asked.start <= 5


def test_a_failure_is_down_after_repeat_and_witness_and_dated_at_the_first_miss() -> None:
    """The repeat begins within 5 s of the first packet; one observation comes of it."""
    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, seconds=30)
    (seen,) = world.of("gate")
    asked, repeat = world.asked_of("addr-gate")
    assert (seen.outcome, seen.failure) == (Outcome.DOWN, Failure.TIMEOUT)
    assert seen.at == EPOCH + asked.start
    assert repeat.start - asked.start <= 5


def test_an_immediate_refusal_by_the_network_is_not_repeated_in_the_same_breath() -> None:
    """An ICMP unreachable comes in a moment; what made it is given a second to pass."""
    world = observe([device("gate")], failing={"addr-gate": Failure.UNREACHABLE}, seconds=30)
    asked, repeat = world.asked_of("addr-gate")
    assert 1 <= repeat.start - asked.start <= 5
    assert first(world).failure is Failure.UNREACHABLE


def test_a_repeat_that_cannot_begin_within_five_seconds_proves_nothing() -> None:
    """A probe that takes 6 s leaves no time: blind, and it says why."""
    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, duration={"addr-gate": 6.0})
    assert first(world).failure is Failure.LOCAL
    assert "too late" in first(world).detail


@pytest.mark.parametrize("failure", [Failure.AUTH, Failure.LOCAL, Failure.INTERNAL])
def test_what_is_blind_already_is_not_repeated(failure: Failure) -> None:
    """Only silence and the network's word can become an outage."""
    world = observe([device("gate")], failing={"addr-gate": failure}, seconds=30)
    assert first(world).failure is failure
    assert len(world.asked_of("addr-gate")) == 1


def test_readings_that_fail_are_neither_confirmed_nor_do_they_decide() -> None:
    """A device whose SNMP is silent while it answers ping is up, and its readings are tried once a round."""
    world = observe([device("gate", credential="c")], silent={"readings:addr-gate": ALWAYS}, seconds=60)
    assert set(world.outcomes("gate")) == {Outcome.UP}
    assert len(world.asked_of("addr-gate", "readings")) == 1


def test_at_the_first_miss_the_parents_are_asked_at_once() -> None:
    """Both alternatives above a silent access point are looked at within a moment of the miss, not at their turn."""
    parents = [device("rt-1", interval=86400), device("rt-2", interval=86400)]
    world = observe([*parents, device("gate", behind=("rt-1", "rt-2"))], silent={"addr-gate": ALWAYS})
    miss = world.asked_of("addr-gate")[0].end
    for parent in ("rt-1", "rt-2"):
        assert [each.start - miss for each in world.asked_of(f"addr-{parent}")] == pytest.approx([0], abs=0.05)
        assert world.outcomes(parent) == [Outcome.UP]


def test_a_thousand_children_that_fail_together_ask_their_parent_a_few_times() -> None:
    """Wishes are coalesced: at most one look each five seconds."""
    children = [device(f"ap-{n}", behind=("rt",)) for n in range(300)]
    world = observe(
        [device("rt"), *children], silent={child.address: ALWAYS for child in children}, seconds=60, witness=(WITNESS,)
    )
    looks = [each.start for each in world.asked_of("addr-rt")]
    assert 6 <= len(looks) <= 16
    assert sum(Outcome.DOWN in world.outcomes(child.id) for child in children) == 300


# -- confirming by ping ---------------------------------------------------------------------------------


def test_a_device_that_answers_ping_but_not_snmp_is_blind() -> None:
    """``confirm_by_ping``: the agent or our credential fails, the device does not."""
    world = observe([device("gate", reach=SNMP)], silent={"snmp:addr-gate": ALWAYS})
    assert first(world).failure is Failure.AUTH
    assert first(world).detail == "answers ping but not SNMP: nothing came back"


def test_a_device_silent_to_snmp_and_ping_is_down() -> None:
    """Then it is gone."""
    world = observe([device("gate", reach=SNMP)], silent={"addr-gate": ALWAYS})
    assert first(world).failure is Failure.TIMEOUT


def test_without_confirm_by_ping_nobody_pings() -> None:
    """On 127.0.0.0/8 everything answers ping: there the inventory says so."""
    world = observe([device("gate", reach=SNMP, confirm_by_ping=False)], silent={"snmp:addr-gate": ALWAYS})
    assert first(world).failure is Failure.TIMEOUT
    assert world.asked_of("addr-gate", "icmp") == []


def test_a_ping_that_cannot_be_sent_confirms_nothing() -> None:
    """No permission for ICMP is our fault: blind, not down."""
    world = observe(
        [device("gate", reach=SNMP)], silent={"snmp:addr-gate": ALWAYS}, failing={"icmp:addr-gate": Failure.LOCAL}
    )
    assert first(world).failure is Failure.LOCAL


# -- the witness ----------------------------------------------------------------------------------------


def test_while_no_witness_answers_nothing_is_down() -> None:
    """The monitor is cut off: blind, and ``up`` of the witnesses says so."""
    world = observe([device(f"ap-{n}") for n in range(20)], uplink_down=ALWAYS)
    assert {each.failure for _, each in world.seen} == {Failure.WITNESS}


def test_one_witness_of_several_is_enough() -> None:
    """Only when all are silent is the monitor blind."""
    witnesses = (Witness("10.0.0.1"), Witness("10.0.0.2", Reach(ReachKind.TCP, port=443)))
    world = observe([device("gate")], silent={"addr-gate": ALWAYS, "10.0.0.1": ALWAYS}, witness=witnesses)
    assert first(world).outcome is Outcome.DOWN


@pytest.mark.parametrize("miss", ["silence", "refusal"])
@pytest.mark.parametrize("start", [n / 4 for n in range(-8, 17)])
@pytest.mark.parametrize("length", [1.0, 2.4, 4.0, 8.0])
def test_an_uplink_that_fails_around_the_packets_makes_no_outage(start: float, length: float, miss: str) -> None:
    """The device is well all the time; the monitor's uplink fails at any moment before, between or after its packets.

    The device's very first probe fails by chance besides, which is when a witness asked only once, at the first
    miss, would vouch for an uplink that fails just before the repeat.
    """

    async def cut(world: World, _: Scheduler) -> None:
        begun = (await world.is_asked("addr-gate")).start
        world.uplink_down = lambda now: begun + start <= now < begun + start + length
        await asyncio.sleep(0.1)
        world.failing.clear()

    lost_packets = lost(0, 1) if miss == "silence" else lost()
    refused = {"addr-gate": Failure.UNREACHABLE} if miss == "refusal" else {}
    world = observe([device("gate")], silent={"addr-gate": lost_packets}, failing=refused, meanwhile=cut, seconds=44)
    assert Outcome.DOWN not in world.outcomes("gate")
    assert len(world.of("gate")) == pytest.approx(1.5, abs=0.5)


def test_the_witness_answers_between_the_packets_during_the_repeat_and_after_it() -> None:
    """The bracket: three answers, to probes begun after the first packet, beside the repeat, and after its end."""
    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, seconds=30)
    asked, repeat = world.asked_of("addr-gate")
    begun = [each.start for each in world.asked_of("10.0.0.1") if each.start >= asked.start and each.answered]
    assert any(asked.end <= start < repeat.start for start in begun)
    assert any(repeat.start <= start < repeat.start + 0.5 for start in begun)
    assert any(repeat.end <= start for start in begun)


def test_many_failures_share_the_questions_to_a_witness() -> None:
    """A power cut of 1,000 devices asks each witness no more than five times a second, one probe at a time."""
    names = [f"ap-{n}" for n in range(1000)]
    world = observe([device(name) for name in names], silent={f"addr-{name}": ALWAYS for name in names}, seconds=60)
    probes = world.asked_of(WITNESS.address)
    assert all(later.start - earlier.start >= 0.199 for earlier, later in pairwise(probes))
    assert all(later.start >= earlier.end for earlier, later in pairwise(probes))
    assert len(probes) <= 60 * 5
    assert {each.outcome for _, each in world.seen} == {Outcome.DOWN}


def test_the_witness_is_asked_also_when_nothing_fails() -> None:
    """``up`` is unknown at first, and known within the first round; the last answer is dated by the wall clock."""

    async def look(world: World, scheduler: Scheduler) -> None:
        witness = scheduler.witness
        assert witness.up is None
        assert witness.last_answer == 0
        await asyncio.sleep(1)
        assert witness.up is True
        assert witness.last_answer == pytest.approx(world.wall(), abs=1.1)
        world.uplink_down = ALWAYS
        await asyncio.sleep(15)
        assert witness.up is False
        world.uplink_down = lambda _: False
        await asyncio.sleep(15)
        assert witness.up is True

    observe([device("gate", interval=3600)], meanwhile=look)


def test_a_witness_that_hangs_holds_nobody_up_for_long() -> None:
    """A hanging witness probe is ended; the other witness's answer counts at once."""
    witnesses = (Witness("10.0.0.1"), Witness("10.0.0.2"))
    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, duration={"10.0.0.1": 9.9}, witness=witnesses)
    assert first(world).outcome is Outcome.DOWN
    assert world.seen[0][0] - (first(world).at - EPOCH) < 7


def test_new_witnesses_answer_open_questions() -> None:
    """A reload in the middle of a question puts it to the new witnesses."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, duration={"10.0.0.1": 9.0})
        witness = Witnesses((WITNESS,), {"icmp": world.probe}, wall=world.wall, monotonic=loop.time)
        question = asyncio.create_task(witness.answered_since(loop.time()))
        await asyncio.sleep(0.1)
        witness.load((Witness("10.0.0.2"),))
        assert await asyncio.wait_for(question, 1) is True
        assert len(world.asked_of("10.0.0.2")) == 1

    run_virtually(story)


# -- without a witness ----------------------------------------------------------------------------------


def test_without_a_witness_another_device_serves() -> None:
    """Its answer, to a packet sent after the failed one, proves that the monitor is not cut off."""
    world = observe([device("gate"), device("other")], silent={"addr-gate": ALWAYS}, witness=(), seconds=95)
    assert Outcome.DOWN in world.outcomes("gate")
    assert set(world.outcomes("other")) == {Outcome.UP}


def test_without_a_witness_a_single_device_is_blind_never_down() -> None:
    """Nobody can tell its failure from ours; its own other checks are no witness for it."""
    world = observe([device("gate", credential="c")], silent={"icmp:addr-gate": ALWAYS}, witness=(), seconds=95)
    assert {each.failure for each in world.of("gate")} == {Failure.WITNESS}


def test_a_device_never_vouches_for_its_own_failure() -> None:
    """Neither is it asked as a stand-in for itself, nor does an answer of its other checks count; another's does."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, silent={"addr-other": ALWAYS})
        own = Check("gate/reachability", "gate", "icmp", 30, address="addr-gate", decides=True)
        other = replace(own, id="other/reachability", device="other", address="addr-other")
        witness = Witnesses((), {"icmp": world.probe}, wall=world.wall, monotonic=loop.time)
        witness.heard(own, loop.time())
        assert await witness.answered_since(loop.time(), of="gate") is False
        assert world.asked == []

        witness.heard(other, loop.time() - 1)
        question = asyncio.create_task(witness.answered_since(loop.time(), of="gate"))
        await asyncio.sleep(0.1)
        witness.heard(own, loop.time())
        witness.heard(other, loop.time() - 10)  # to a packet sent before the failed one
        assert await question is False
        assert {each.address for each in world.asked} == {"addr-other"}

        question = asyncio.create_task(witness.answered_since(loop.time(), of="gate"))
        await asyncio.sleep(0.1)
        witness.heard(other, loop.time())
        assert await question is True

    run_virtually(story)


def test_without_a_witness_a_monitor_that_is_cut_off_is_blind() -> None:
    """When all fail together, nobody is down."""

    async def cut(world: World, _: Scheduler) -> None:
        await asyncio.sleep(60)
        world.uplink_down = ALWAYS

    world = observe([device(f"ap-{n}") for n in range(10)], witness=(), meanwhile=cut, seconds=150)
    failures = [each.failure for _, each in world.seen if each.failure]
    assert failures
    assert set(failures) == {Failure.WITNESS}


def test_without_a_witness_a_power_cut_in_half_of_the_city_is_seen() -> None:
    """The devices that answered last are asked in a witness's place."""

    async def cut(world: World, _: Scheduler) -> None:
        await asyncio.sleep(60)
        world.silent.update({f"addr-ap-{n}": ALWAYS for n in range(50)})

    world = observe([device(f"ap-{n}") for n in range(100)], witness=(), meanwhile=cut, seconds=150)
    assert all(world.outcomes(f"ap-{n}")[-1] is Outcome.DOWN for n in range(50))
    assert all(set(world.outcomes(f"ap-{n}")) == {Outcome.UP} for n in range(50, 100))


# -- faults of our own ----------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [0.5, 1.5, 2.5, 3.5])
def test_a_standstill_within_the_life_of_a_failure_makes_it_blind(when: float) -> None:
    """In the first probe or in the repeat: while nothing runs, answers are not read in time."""

    async def stand_still(world: World, _: Scheduler) -> None:
        await world.is_asked("addr-gate")
        await asyncio.sleep(when)
        world.loop.stand_still(1.5)

    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, meanwhile=stand_still, seconds=60)
    assert first(world).failure is Failure.LOCAL
    assert world.outcomes("gate")[1] is Outcome.DOWN


def test_a_standstill_that_was_over_before_the_probe_began_excuses_nothing() -> None:
    """A device is not blind for ever because the loop once stood still."""

    async def stand_still(world: World, _: Scheduler) -> None:
        await asyncio.sleep(0.3)
        world.loop.stand_still(3)
        await asyncio.sleep(0)

    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, meanwhile=stand_still, seconds=60)
    assert set(world.outcomes("gate")) == {Outcome.DOWN}


def test_a_buffer_that_overflowed_since_the_first_packet_makes_a_failure_blind() -> None:
    """The answer may have been among the dropped packets."""

    async def overflow(world: World, _: Scheduler) -> None:
        await world.is_asked("addr-gate")
        await asyncio.sleep(0.1)
        world.overflowed_at = world.loop.time()

    world = observe([device("gate")], silent={"addr-gate": ALWAYS}, meanwhile=overflow, seconds=65)
    assert first(world).failure is Failure.LOCAL
    assert "overflowed" in first(world).detail
    assert world.outcomes("gate")[1] is Outcome.DOWN  # what was dropped before does not matter any more


def test_an_answer_counts_whatever_else_went_wrong() -> None:
    """A standstill or an overflow takes a silence back, never an answer."""

    async def go_wrong(world: World, _: Scheduler) -> None:
        await world.is_asked("addr-gate")
        world.loop.stand_still(3)
        world.overflowed_at = world.loop.time()

    world = observe([device("gate")], meanwhile=go_wrong)
    assert set(world.outcomes("gate")) == {Outcome.UP}


# -- any course of events -------------------------------------------------------------------------------

stretches = st.lists(st.tuples(st.integers(0, 115), st.integers(1, 40)), max_size=3)


def covers(spans: list[tuple[int, int]]) -> Callable[[float], bool]:
    """Say whether a moment lies in one of these (start, length), counted from the start of the test."""
    return lambda now: any(start <= now - 1000 < start + length for start, length in spans)


@given(
    silences=st.lists(stretches, min_size=3, max_size=3),
    cuts=stretches,
    standstills=st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0.3, 0.8, 1.2, 5.0, 20.0])), max_size=3),
    overflows=st.lists(st.integers(0, 60), max_size=2),
    bugs=st.sets(st.integers(0, 12), max_size=3),
    slow=st.sampled_from([0.0, 0.5, 3.0]),
)
def test_no_outage_without_an_answer_of_the_witness_after_the_repeat(
    silences: list[list[tuple[int, int]]],
    cuts: list[tuple[int, int]],
    standstills: list[tuple[int, float]],
    overflows: list[int],
    bugs: set[int],
    slow: float,
) -> None:
    """Whatever happens: one observation a round, none lost, in order; and no ``down`` that is not proven.

    Proven: the device was truly silent to every packet of two probes, the second begun 1 s to 5 s after the first;
    the witness answered probes sent after the first and after the second; the loop never stood still meanwhile.
    """
    names = ["a", "b", "c"]
    calls = iter(range(10**9))

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, uplink_down=covers(cuts), duration={"addr-c": slow})
        world.silent = {f"addr-{name}": covers(spans) for name, spans in zip(names, silences, strict=True)}
        world.bug = {"addr-a": lambda: ValueError("x") if next(calls) in bugs else None}
        scheduler = world.scheduler(city([device(name, interval=10) for name in names]))
        still: list[tuple[float, float]] = []

        def stand_still(seconds: float) -> None:
            still.append((loop.time(), loop.time() + seconds))
            loop.stand_still(seconds)

        def overflow() -> None:
            world.overflowed_at = loop.time()

        for at, seconds in standstills:
            loop.call_at(1000 + at, stand_still, seconds)
        for at in overflows:
            loop.call_at(1000 + at, overflow)
        async with running(scheduler):
            await asyncio.sleep(120)
            scheduler.load(city([], (WITNESS,)))  # no new rounds; those that run are cancelled
            await asyncio.sleep(0)
        check_all(world, scheduler, names, still)

    run_virtually(story)


def check_all(world: World, scheduler: Scheduler, names: list[str], still: list[tuple[float, float]]) -> None:
    """Hold what was observed against what truly happened."""
    counters = scheduler.counters.of("icmp")
    assert counters.rounds == len(world.seen)
    missed = int(1 + sum(end - start for start, end in still) // 10)
    for name in names:
        observed = [(at, each) for at, each in world.seen if each.check.device == name]
        assert 12 - counters.skipped - missed - 1 <= len(observed) <= 13
        dates = [each.at for _, each in observed]
        assert dates == sorted(dates)
        for booked, each in observed:
            if each.outcome is Outcome.DOWN:
                check_proof(world, f"addr-{name}", each.at - EPOCH, booked, still)


def check_proof(world: World, address: str, at: float, booked: float, still: list[tuple[float, float]]) -> None:
    """Hold one ``down`` against what truly happened between its first packet and its booking."""
    probes = [each for each in world.asked_of(address) if at - 0.001 <= each.start <= booked]
    assert len(probes) == 2
    begun, repeat = probes
    assert not begun.answered
    assert not repeat.answered
    assert begun.start == pytest.approx(at)
    assert 1 - 0.001 <= repeat.start - begun.start <= 5
    answered = [each.start for each in world.asked_of(WITNESS.address) if each.answered and each.end <= booked]
    assert any(begun.start <= start for start in answered)
    assert any(repeat.packets[0] <= start for start in answered)
    assert any(repeat.end <= start for start in answered)
    assert not any(start < booked and end > begun.start and end - start > 1 for start, end in still)
    assert world.overflowed_at == NEVER or not begun.start <= world.overflowed_at <= booked
