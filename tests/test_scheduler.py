"""The scheduler's turns, in virtual time: spread, limited, counted, and never stopped by a bug."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from virtual_time import VirtualTimeLoop, run_virtually
from watched_city import EPOCH, World, city, device, running

from netmon.model import (
    Check,
    Device,
    Failure,
    Inventory,
    Outcome,
    Reach,
    ReachKind,
    Role,
    Settings,
    Site,
    Uplink,
)
from netmon.scheduler import checks_of

# -- which checks there are -----------------------------------------------------------------------------


def test_each_kind_of_reach_becomes_one_deciding_check() -> None:
    """ICMP has no port; SNMP asks the device's port with its credential; TCP its own port; an interface its router."""
    router = Device("rt", Role.ROUTER, address="10.1.0.1", uplink="u", port=1161, credential="city", profile="mikrotik")
    link = Device("lk", Role.LINK, uplink="u", reach=Reach(ReachKind.INTERFACE, interface="ether2", of="rt"))
    snmp = Device("ap", Role.ACCESS_POINT, address="10.1.0.2", uplink="u", reach=Reach(ReachKind.SNMP), credential="c")
    tcp = Device("sw", Role.SWITCH, address="10.1.0.3", uplink="u", reach=Reach(ReachKind.TCP, port=443), interval=10)
    devices = {each.id: each for each in (router, link, snmp, tcp)}
    inventory = Inventory(uplinks={"u": Uplink("u", "k", devices=tuple(devices))}, devices=devices)

    deciding = [check for check in checks_of(inventory) if check.decides]

    assert deciding == [
        Check("rt/reachability", "rt", "icmp", 30, address="10.1.0.1", profile="mikrotik", decides=True),
        Check(
            "lk/reachability",
            "lk",
            "interface",
            30,
            address="10.1.0.1",
            port=1161,
            credential="city",
            profile="mikrotik",
            interface="ether2",
            decides=True,
        ),
        Check(
            "ap/reachability",
            "ap",
            "snmp",
            30,
            address="10.1.0.2",
            port=161,
            credential="c",
            decides=True,
            confirm_by_ping=True,
        ),
        Check("sw/reachability", "sw", "tcp", 10, address="10.1.0.3", port=443, decides=True),
    ]


def test_a_device_with_address_and_credential_is_read_as_well() -> None:
    """Readings have the settings' interval, never decide, and need a credential."""
    inventory = replace(
        city([device("read", credential="c"), device("silent")]), settings=Settings(interval_readings=120)
    )
    readings = [check for check in checks_of(inventory) if not check.decides]
    assert readings == [Check("read/readings", "read", "readings", 120, address="addr-read", port=161, credential="c")]


def test_what_is_planned_or_reports_by_itself_has_no_check() -> None:
    """A device of a planned site is no object; who checks in is not asked."""
    devices = {
        "a": Device("a", Role.ACCESS_POINT, address="10.0.0.1", site="planned", credential="c"),
        "b": Device("b", Role.ACCESS_POINT, site="built", reach=Reach(ReachKind.CHECKIN), credential="c"),
    }
    sites = {"planned": Site("planned", "k", planned=True, devices=("a",)), "built": Site("built", "k")}
    assert checks_of(Inventory(sites=sites, devices=devices)) == []


@pytest.mark.parametrize(("interval", "timeout"), [(30, 2.0), (10, 2.0), (5, 1.0), (2, 0.4), (1, 0.2)])
def test_a_short_interval_shortens_the_timeout(interval: int, timeout: float) -> None:
    """A failure and its repeat must fit into a round, or a device that is down would be unobserved in between."""
    (check,) = checks_of(city([device("a", interval=interval)]))
    assert check.timeout == timeout


# -- turns ----------------------------------------------------------------------------------------------


def test_each_check_has_its_turn_once_an_interval_and_they_are_spread_evenly() -> None:
    """Of 1,000 checks each tenth of the interval holds about a tenth, and each comes 30 s after its last."""

    async def story(loop: VirtualTimeLoop) -> World:
        world = World(loop)
        async with running(world.scheduler(city(device(f"ap-{n}") for n in range(1000)))):
            await asyncio.sleep(119.95)  # ends between two turns
        return world

    world = run_virtually(story)
    starts: dict[str, list[float]] = {}
    for asked in world.asked:
        starts.setdefault(asked.address, []).append(asked.start)
    del starts["10.0.0.1"]  # the witness
    assert len(starts) == 1000
    assert {len(turns) for turns in starts.values()} == {4}
    assert all(abs(later - earlier - 30) < 0.03 for turns in starts.values() for earlier, later in pairwise(turns))
    tenths = Counter(int((turns[0] - 1000) // 3) for turns in starts.values())
    assert all(70 <= tenths[tenth] <= 130 for tenth in range(10)), tenths


def test_the_turn_is_the_same_in_every_process() -> None:
    """The place in the interval is a digest of the id: a restart does not shuffle the city."""

    async def story(loop: VirtualTimeLoop) -> float:
        world = World(loop)
        async with running(world.scheduler(city([device("pam-ap-1")], witness=()))):
            await asyncio.sleep(31)
        return world.asked[0].start % 30

    # sha256 of "pam-ap-1/reachability", its first 8 bytes as a part of 2**64, times 30 s: 29.335, in whole tenths
    assert run_virtually(story) == pytest.approx(PAM_PHASE, abs=0.03)


PAM_PHASE = 29.3


def test_every_round_gives_one_observation_and_no_round_is_late() -> None:
    """An hour of a quiet city: as many observations as rounds, none late, none skipped."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city(device(f"ap-{n}", credential="c") for n in range(20)))
        async with running(scheduler):
            await asyncio.sleep(3600)
        icmp, readings = scheduler.counters.of("icmp"), scheduler.counters.of("readings")
        assert icmp.rounds == 20 * 120
        assert readings.rounds == 20 * 60
        assert len(world.seen) == icmp.rounds + readings.rounds
        assert not any(each.failure for _, each in world.seen)
        assert (icmp.late, icmp.skipped, scheduler.counters.bugs) == (0, 0, 0)
        assert icmp.late_seconds_max < 0.05
        assert icmp.duration_count == icmp.requests > icmp.rounds  # the witness is asked as well
        assert icmp.duration_sum == pytest.approx(icmp.requests * 0.01)

    run_virtually(story)


def test_a_check_that_still_runs_is_skipped_and_counted_never_doubled() -> None:
    """A failure that takes 8 s to confirm with an interval of 5 s has every second turn."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, duration={"addr-slow": 3.0}, silent={"addr-slow": lambda _: True})
        scheduler = world.scheduler(city([device("slow", interval=5)]))
        async with running(scheduler):
            await asyncio.sleep(119)
        asked = world.asked_of("addr-slow")
        assert all(later.start >= earlier.end for earlier, later in pairwise(asked))
        counters = scheduler.counters.of("icmp")
        assert counters.rounds == pytest.approx(12, abs=1)
        assert counters.rounds + counters.skipped == pytest.approx(24, abs=1)
        assert counters.late == 0

    run_virtually(story)


def test_no_more_rounds_run_at_a_time_than_the_limit_and_the_rest_is_late() -> None:
    """With a limit of 10, slow devices make others wait; the wait is measured."""

    async def story(loop: VirtualTimeLoop) -> None:
        names = [f"ap-{n}" for n in range(100)]
        world = World(loop, duration={f"addr-{name}": 5.0 for name in names})
        scheduler = world.scheduler(city([device(name) for name in names], witness=()), limit=10)
        async with running(scheduler):
            await asyncio.sleep(300)
        edges = sorted([(each.start, 1) for each in world.asked] + [(each.end, -1) for each in world.asked])
        at_once = most = 0
        for _, step in edges:
            at_once += step
            most = max(most, at_once)
        assert most == 10
        counters = scheduler.counters.of("icmp")
        assert counters.late > 100
        assert counters.late_seconds_max > 5
        assert {each.check.device for _, each in world.seen} == set(names)  # nobody starves

    run_virtually(story)


def test_what_decides_never_waits_for_readings() -> None:
    """More silent agents than can be read at a time: readings fall behind, reachability keeps its turns."""

    async def story(loop: VirtualTimeLoop) -> None:
        names = [f"ap-{n}" for n in range(100)]
        world = World(loop, silent={f"readings:addr-{name}": lambda _: True for name in names})
        scheduler = world.scheduler(city(device(name, credential="c") for name in names), limit=2)
        async with running(scheduler):
            await asyncio.sleep(300)
        assert scheduler.counters.of("readings").late > 50
        icmp = scheduler.counters.of("icmp")
        assert icmp.rounds == pytest.approx(1000, abs=5)
        assert icmp.late_seconds_max < 0.2

    run_virtually(story)


def test_after_a_standstill_missed_rounds_are_skipped_and_no_burst_follows() -> None:
    """100 s in which nothing ran: three rounds of each device are gone, the next one comes at four times the rate."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city(device(f"ap-{n}") for n in range(600)))
        async with running(scheduler):
            await asyncio.sleep(60)
            loop.stand_still(100)
            after = loop.time()
            await asyncio.sleep(60)
        counters = scheduler.counters.of("icmp")
        assert counters.skipped == pytest.approx(600 * 100 / 30 - 300, abs=400)
        assert scheduler.counters.standstills == 1
        begun = [each.start - after for each in world.asked if each.start >= after and each.address != "10.0.0.1"]
        per_second = Counter(int(start) for start in begun)
        assert max(per_second.values()) <= 120, per_second  # 300 were due at once; 20 a second is the ordinary rate
        assert len({each.check.device for at, each in world.seen if after <= at < after + 30}) == 600
        late = max(at for at, each in world.seen)
        assert late > after + 50  # and it goes on

    run_virtually(story)


def test_a_city_of_skipped_rounds_keeps_its_turns() -> None:
    """After the standstill each check comes again at the moments that the hash of its id gives."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        async with running(world.scheduler(city([device("ap")], witness=()))):
            await asyncio.sleep(40)
            loop.stand_still(47)
            await asyncio.sleep(100)
        phases = {round(each.start % 30, 1) for each in world.asked[-3:]}
        assert phases == {round(world.asked[0].start % 30, 1)}

    run_virtually(story)


# -- bugs -----------------------------------------------------------------------------------------------


def test_a_bug_in_a_probe_is_internal_and_all_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted each time, its traceback is logged once a minute, its message is kept out of observations."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, bug={"addr-broken": lambda: ValueError("s3cret")})
        scheduler = world.scheduler(city([device("broken", interval=25), device("sound")]))
        async with running(scheduler):
            await asyncio.sleep(300)
        assert {each.failure for each in world.of("broken")} == {Failure.INTERNAL}
        assert world.outcomes("broken") == [Outcome.BLIND] * 12
        assert world.outcomes("sound") == [Outcome.UP] * 10
        assert scheduler.counters.bugs == 12
        assert scheduler.counters.of("icmp").failures == {Failure.INTERNAL: 12}
        assert "s3cret" not in world.of("broken")[0].detail
        assert world.of("broken")[0].detail.startswith("ValueError in watched_city.py:")

    with caplog.at_level(logging.ERROR):
        run_virtually(story)
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == 4  # 12 bugs 25 s apart, one place


def test_a_cancellation_that_nobody_asked_for_is_a_bug() -> None:
    """A probe whose future was cancelled by somebody else does not vanish without an observation."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, bug={"addr-a": asyncio.CancelledError})
        scheduler = world.scheduler(city([device("a")]))
        async with running(scheduler):
            await asyncio.sleep(90)
        assert [each.failure for each in world.of("a")] == [Failure.INTERNAL] * 3
        assert scheduler.counters.bugs == 3

    run_virtually(story)


def test_a_probe_that_hangs_is_ended_and_makes_no_outage() -> None:
    """A probe bounds itself; one that does not has not seen that nothing came."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, duration={"addr-a": 1e6})
        scheduler = world.scheduler(city([device("a")]))
        async with running(scheduler):
            await asyncio.sleep(185)
        observed = world.of("a")
        assert {each.failure for each in observed} == {Failure.INTERNAL}
        assert observed[0].detail == "the probe icmp did not end within 30 s"
        assert 0 < scheduler.counters.of("icmp").skipped <= 6

    run_virtually(story)


def test_a_probe_that_was_held_up_with_the_loop_does_not_hang() -> None:
    """After a standstill every timer is overdue, the probe's deadline too: its answer is read all the same."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, rtt=0.5, turns=5)
        scheduler = world.scheduler(city([device("a")]))
        async with running(scheduler):
            await world.is_asked("addr-a")
            await asyncio.sleep(0.1)
            loop.stand_still(100)
            await asyncio.sleep(30)
        assert world.outcomes("a")[0] is Outcome.UP
        assert scheduler.counters.bugs == 0

    run_virtually(story)


def test_an_unknown_probe_is_a_bug_and_no_more() -> None:
    """A check whose probe nobody registered is INTERNAL."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device("a"), device("b", reach=Reach(ReachKind.TCP, port=1))]))
        del scheduler._confirmer._asker._probes["tcp"]  # type: ignore[attr-defined]
        async with running(scheduler):
            await asyncio.sleep(60)
        assert [each.failure for each in world.of("b")] == [Failure.INTERNAL] * 2
        assert world.outcomes("a") == [Outcome.UP] * 2

    run_virtually(story)


def test_a_sink_that_fails_does_not_stop_the_rounds() -> None:
    """A full disk is the sink's to report; the checks go on and the bugs are counted."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, sink_bug=OSError("disk full"))
        scheduler = world.scheduler(city([device("a")]))
        async with running(scheduler):
            await asyncio.sleep(90)
            world.sink_bug = None
            await asyncio.sleep(30)
        assert scheduler.counters.bugs == 3
        assert world.outcomes("a") == [Outcome.UP]

    run_virtually(story)


def test_a_bug_while_confirming_still_gives_an_observation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks between the first miss and the verdict: the round ends with INTERNAL."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, silent={"addr-a": lambda _: True})
        scheduler = world.scheduler(city([device("a")]))

        async def broken(*_: object, **__: object) -> bool:
            await asyncio.sleep(0)
            raise RuntimeError("broken")

        monkeypatch.setattr(scheduler.witness, "answered_since", broken)
        async with running(scheduler):
            await asyncio.sleep(100)
        assert [each.failure for each in world.of("a")] == [Failure.INTERNAL] * 3

    run_virtually(story)


# -- the clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [3, -3])
def test_a_wall_clock_that_jumps_neither_stops_nor_piles_up_rounds(hours: int) -> None:
    """Rounds are timed by the monotonic clock; the jump is counted once; ``at`` follows the wall clock."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device(f"ap-{n}") for n in range(10)]))
        async with running(scheduler):
            await asyncio.sleep(60.005)
            world.set_by = hours * 3600.0
            await asyncio.sleep(60)
        assert scheduler.counters.clock_jumps == 1
        assert all(len(world.of(f"ap-{n}")) == 4 for n in range(10))
        assert [round(each.at - EPOCH - at - (hours * 3600 if at > 1060.01 else 0)) for at, each in world.seen] == [
            0
        ] * 40

    run_virtually(story)


@pytest.mark.parametrize("silent", [False, True])
def test_an_observation_during_which_the_clock_was_set_is_blind_and_dated_by_the_new_clock(silent: bool) -> None:
    """Its ``at`` was read from a clock that was wrong, before or after."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, rtt=1.0, silent={"addr-ap": lambda _: silent})
        scheduler = world.scheduler(city([device("ap")]))
        async with running(scheduler):
            begun = (await world.is_asked("addr-ap")).start
            await asyncio.sleep(0.3)
            world.set_by = 7200.0
            await asyncio.sleep(20)
            (only,) = world.of("ap")
        assert only.failure is Failure.LOCAL
        assert only.at == pytest.approx(EPOCH + 7200 + begun, abs=0.001)
        assert "clock" in only.detail

    run_virtually(story)


def test_a_clock_that_is_slewed_gently_disturbs_nothing() -> None:
    """Steps of two seconds and less are passed on as they are."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device("ap")]))
        async with running(scheduler):
            for _ in range(60):
                world.set_by += 1.5
                await asyncio.sleep(5)
        assert scheduler.counters.clock_jumps == 0
        assert set(world.outcomes("ap")) == {Outcome.UP}

    run_virtually(story)


# -- reload ---------------------------------------------------------------------------------------------


def test_a_reload_keeps_what_is_unchanged_and_its_running_round() -> None:
    """The kept check neither loses nor repeats a turn; the removed one stops in the middle of its round."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, duration={"addr-keep": 1.0, "addr-go": 1.0})
        scheduler = world.scheduler(city([device("keep"), device("go")]))
        async with running(scheduler):
            await world.is_asked("addr-go")
            scheduler.load(city([device("keep"), device("new")]))
            await asyncio.sleep(65)
            await world.is_asked("addr-keep")
            scheduler.load(city([replace(device("keep"), name="another name"), device("new")]))
            await asyncio.sleep(65)
        assert world.of("go") == []
        keeps = [each.start for each in world.asked_of("addr-keep")]
        assert all(abs(later - earlier - 30) < 0.03 for earlier, later in pairwise(keeps))
        assert len(world.of("keep")) == len(keeps)
        assert len(world.of("new")) >= 4

    run_virtually(story)


def test_a_changed_check_is_asked_at_its_new_address_only() -> None:
    """A new address or interval is a new check."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device("ap")]))
        async with running(scheduler):
            await asyncio.sleep(45)
            moved = loop.time()
            scheduler.load(city([device("ap", address="elsewhere", interval=10)]))
            await asyncio.sleep(60)
        assert all(each.start < moved for each in world.asked_of("addr-ap"))
        assert len(world.asked_of("elsewhere")) == 6

    run_virtually(story)


def test_an_inventory_that_cannot_be_loaded_changes_nothing() -> None:
    """Loading computes all checks before it touches a single one."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device("ap")]))
        async with running(scheduler):
            with pytest.raises(KeyError):
                scheduler.load(city([device("lk", reach=Reach(ReachKind.INTERFACE, of="nobody"))]))
            await asyncio.sleep(60)
        assert world.outcomes("ap") == [Outcome.UP] * 2

    run_virtually(story)


def test_reloading_again_and_again_starves_nobody() -> None:
    """A reload each second leaves every turn where it was."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        inventory = city([device(f"ap-{n}") for n in range(10)])
        scheduler = world.scheduler(inventory)
        async with running(scheduler):
            for _ in range(90):
                await asyncio.sleep(1)
                scheduler.load(inventory)
        assert all(len(world.of(f"ap-{n}")) == 3 for n in range(10))

    run_virtually(story)


# -- out of turn, and the end ---------------------------------------------------------------------------


def test_many_wishes_to_look_soon_are_one_look_and_keep_the_turn() -> None:
    """A trap storm asks a device no more often than each five seconds; its regular turns stay."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        scheduler = world.scheduler(city([device("ap")]))
        async with running(scheduler):
            await asyncio.sleep(60)
            regular = world.asked_of("addr-ap")[-1].start
            storm = loop.time()
            for _ in range(200):  # 20 s
                scheduler.soon("ap")
                scheduler.soon("nobody")
                await asyncio.sleep(0.1)
            during = [each.start for each in world.asked_of("addr-ap") if each.start >= storm]
            await asyncio.sleep(40)
        assert 4 <= len(during) <= 6
        assert during[0] - max(storm, regular + 5) < 0.11
        assert any(abs(each.start - regular - 30) < 0.03 for each in world.asked_of("addr-ap"))

    run_virtually(story)


def test_a_turn_that_a_look_between_two_turns_takes_is_not_left_out() -> None:
    """A dead router is looked at whenever what is behind it fails: that is no sign of a monitor with too much to do."""

    async def story(loop: VirtualTimeLoop) -> None:
        behind = [device(f"ap-{n}", behind=("rt",)) for n in range(30)]
        world = World(loop)
        for one in behind:
            world.silent[f"addr-{one.id}"] = lambda _: True
        world.silent["addr-rt"] = lambda _: True
        world.duration["addr-rt"] = 2.0
        scheduler = world.scheduler(city([device("rt"), *behind, device("other")]))
        async with running(scheduler):
            await asyncio.sleep(600)
        starts = [each.start for each in world.asked_of("addr-rt")]
        assert len(starts) > 2 * 2 * 600 / 30  # more often than its turns, each time twice
        assert max(later - earlier for earlier, later in pairwise(starts)) < 30
        assert scheduler.counters.of("icmp").skipped == 0

    run_virtually(story)


def test_what_hangs_on_a_device_is_looked_at_when_it_fails_and_when_it_returns() -> None:
    """Whoever is called about a router is told what is dark behind it: known within seconds, not within a round."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop)
        fails = loop.time() + 100
        returns = fails + 100
        behind = [device(f"ap-{n}", behind=("rt",)) for n in range(30)]
        everything = [device("rt"), *behind, device("far", behind=("ap-0",)), device("other")]
        for one in everything[:-1]:
            world.silent[f"addr-{one.id}"] = lambda now: fails <= now < returns
        async with running(world.scheduler(city(everything))):
            await asyncio.sleep(290)

        def known(name: str, outcome: Outcome, after: float) -> float:
            return next(
                at
                for at, one in world.seen
                if one.check.device == name and one.check.decides and one.outcome is outcome and at > after
            )

        for outcome, after in ((Outcome.DOWN, fails), (Outcome.UP, returns)):
            router = known("rt", outcome, after)
            assert max(known(one.id, outcome, after) for one in behind) - router < 12
            assert known("far", outcome, after) - known("ap-0", outcome, after) < 12
        assert len(world.asked_of("addr-other")) == pytest.approx(290 / 30, abs=1)

    run_virtually(story)


def test_cancelled_it_leaves_no_task_behind() -> None:
    """Rounds, questions to witnesses and timers end with it, also in the middle of confirmations."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, silent={f"addr-ap-{n}": lambda _: True for n in range(50)})
        async with running(world.scheduler(city([device(f"ap-{n}") for n in range(50)]))):
            await asyncio.sleep(20)
            assert len(asyncio.all_tasks()) > 3
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        before = len(world.asked)
        await asyncio.sleep(60)
        assert len(world.asked) == before

    run_virtually(story)


def test_it_names_the_devices_that_take_longest() -> None:
    """Slowest first, twenty at most."""

    async def story(loop: VirtualTimeLoop) -> None:
        world = World(loop, duration={f"addr-ap-{n}": n / 20 for n in range(30)})
        scheduler = world.scheduler(city([device(f"ap-{n}") for n in range(30)]))
        assert scheduler.slow() == []
        async with running(scheduler):
            await asyncio.sleep(60)
        slow = scheduler.slow()
        assert [name for name, _ in slow] == [f"ap-{n}" for n in range(29, 9, -1)]
        assert slow[0][1] == pytest.approx(29 / 20 + 0.01)

    run_virtually(story)
