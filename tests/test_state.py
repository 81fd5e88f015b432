"""What is true now: held against LK-1 computed anew, second by second; and what the report does not tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_city import IDENTITY, NOW, LiveCity, small_city
from live_stories import SEED, Story, stories
from lk1_strategies import FIRST, LAST, Draw, Observations, histories, inventories

from netmon.availability import Evaluation, add_up, combined, cut_at, evaluate, month_at
from netmon.model import STATES, Inventory, Maintenance, Outcome, Period, Reach, ReachKind, State
from netmon.state import KEPT_AFTER_MONTH, CityState
from netmon.state.course import Course

Seconds = dict[tuple[str, str], dict[State, int]]


# -- held against the report --------------------------------------------------------------------------


def told(state: CityState, now: int, label: str) -> Seconds:
    """Ask a state for the seconds that every object has spent in each state of a month."""
    found: Seconds = {}
    for kind, names, tell in (
        ("device", state.devices, state.device),
        ("uplink", state.uplinks, state.uplink),
        ("site", state.sites, state.site),
    ):
        for name in names:
            seconds = tell(name, now).seconds
            if label in seconds:
                found[kind, name] = dict(seconds[label])
    return found


def states_told(state: CityState, now: int) -> dict[tuple[str, str], State]:
    """Ask a state for the state of every object."""
    found = {("device", name): state.device(name, now).state for name in state.devices}
    found |= {("uplink", name): state.uplink(name, now).state for name in state.uplinks}
    return found | {("site", name): state.site(name, now).state for name in state.sites}


def counted(evaluation: Evaluation) -> Seconds:
    """Give the seconds of a report."""
    return {(one.kind, one.id): dict(one.seconds) for one in evaluation.objects}


def grown(before: Seconds, after: Seconds) -> dict[tuple[str, str], State]:
    """Tell the state of the one second that lies between two reports."""
    return {
        name: next(state for state in STATES if seconds[state] != before.get(name, {}).get(state, 0))
        for name, seconds in after.items()
    }


def compare(city: LiveCity, now: int, loaded: dict[tuple[str, str], int] | None) -> None:
    """Hold a city's state against reports of this month and of the one before, both cut at now."""
    zone = city.state.inventory.city.zone
    current = month_at(now, zone)
    spans = {name: track.spans() for name, track in city.tracks.items()}

    def report(period: Any) -> Seconds:
        return counted(evaluate(city.state.inventory, spans, period, first_loaded=loaded))

    until_now = report(cut_at(current, now))
    assert told(city.state, now, current.label) == until_now
    assert states_told(city.state, now) == grown(until_now, report(cut_at(current, now + 1)))
    before = month_at(current.start - 1, zone)
    assert told(city.state, now, before.label) == (report(before) if now < before.end + KEPT_AFTER_MONTH else {})


@given(stories())
@SEED
def test_state_and_months_are_those_of_the_report_at_every_second(story: Story) -> None:
    """At any moment, asked about any second, every object has the report's state and seconds."""
    case = story.case
    city = LiveCity(case.inventory, case.first_loaded)
    done = 0
    for after, now in story.questions:
        for at, name, what in case.observations[done:after]:
            city.observe(at, name, what)
        done = max(done, after)
        compare(city, now, case.first_loaded)


@given(stories())
@settings(SEED, max_examples=6)
def test_asking_at_every_observation_and_second_tells_the_same(story: Story) -> None:
    """A state that was asked all the time tells what one tells that was never asked before."""
    case = story.case
    asked = LiveCity(case.inventory, case.first_loaded)
    for at, name, what in case.observations:
        asked.observe(at, name, what)
        states_told(asked.state, at + 3)
    now = story.questions[-1][1]
    fresh = CityState(case.inventory, asked.track, case.first_loaded)
    label = month_at(now, case.inventory.city.zone).label
    assert told(asked.state, now, label) == told(fresh, now, label)
    assert states_told(asked.state, now) == states_told(fresh, now)


@st.composite
def reloads(draw: Draw) -> tuple[Inventory, Inventory, Observations, Observations, int, int]:
    """Draw two inventories of the same names, what was observed under each, when the second came, and a later time."""
    first, second = draw(inventories()), draw(inventories())
    at = draw(st.integers(FIRST + 1, LAST))
    before = sorted(one for one in draw(histories(first)) if one[0] < at)
    after = sorted(one for one in draw(histories(second)) if one[0] >= at)
    return first, second, before, after, at, draw(st.integers(at + 1, LAST + 200))


@given(reloads())
@settings(SEED, max_examples=25)
def test_another_inventory_is_reported_as_the_report_does(
    story: tuple[Inventory, Inventory, Observations, Observations, int, int],
) -> None:
    """After a reload the month holds what was taken out until then: sites and totals are the report's."""
    first, second, before, after, at, now = story
    city = LiveCity(first)
    for seen in before:
        city.observe(*seen)
    states_told(city.state, at)
    city.state.load(second, None, at)
    for seen in after:
        city.observe(*seen)
    month = month_at(now, second.city.zone)
    account = city.state.accounts(now)[-1]
    spans = {name: track.spans() for name, track in city.tracks.items()}
    reported = counted(evaluate(combined([(0, first), (at, second)]), spans, cut_at(month, now)))
    seconds = told(city.state, now, month.label)
    assert seconds == {name: reported[name] for name in seconds}
    for kind, members in account.members.items():
        total = add_up(account.seconds(kind, name, now) for name in members)
        assert total == add_up(reported[name] for name in reported if name[0] == kind)


@pytest.mark.parametrize("leaves", [20, 50, 3 * 86400])
def test_attribution_does_not_look_further_ahead_than_the_report(leaves: int) -> None:
    """Where a group will consist of dead members alone once another has left it, today is as the report says."""
    inventory = small_city()
    dying = replace(inventory.devices["ap-1"], behind=("rt-1", "rt-2"))
    leaving = replace(inventory.devices["rt-2"], decommissioned=NOW + leaves, interval=60)
    city = LiveCity(replace(inventory, devices={**inventory.devices, "ap-1": dying, "rt-2": leaving}))
    city.watch("rt-2", NOW - 300, NOW)
    for name in ("rt-1", "ap-1"):
        city.watch(name, NOW - 300, NOW, Outcome.DOWN)
    for now in range(NOW - 30, NOW + 100, 7):
        compare(city, now, None)


def test_an_earlier_second_is_told_from_what_was_observed_and_no_further() -> None:
    """Asked about the past, an outage goes on no longer than it was observed, and reaches no later failure above it."""
    inventory = small_city()
    quick = replace(inventory.devices["ap-1"], interval=10)
    slow = replace(inventory.devices["rt-1"], interval=100)
    city = LiveCity(replace(inventory, devices={**inventory.devices, "ap-1": quick, "rt-1": slow}))
    city.watch("ap-1", NOW - 170, NOW + 101, Outcome.DOWN)
    city.observe(NOW + 130, "rt-1", Outcome.DOWN)
    for now in (NOW + 40, NOW + 90, NOW + 120, NOW + 129, NOW + 131, NOW + 300):
        compare(city, now, None)


def test_a_finished_month_still_learns_who_was_to_blame() -> None:
    """An upstream that fails after midnight, within its grace, takes the last seconds of the month upon it."""
    inventory = small_city()
    slow = replace(inventory.devices["rt-1"], interval=300)
    city = LiveCity(replace(inventory, devices={**inventory.devices, "rt-1": slow}))
    midnight = month_at(NOW, "Asia/Jakarta").start
    city.watch("rt-1", midnight - 1000, midnight)
    city.watch("ap-1", midnight - 600, midnight + 90, Outcome.DOWN)
    compare(city, midnight + 90, None)
    city.observe(midnight + 110, "rt-1", Outcome.DOWN)
    city.watch("ap-1", midnight + 90, midnight + 900, Outcome.DOWN)
    compare(city, midnight + 900, None)
    assert city.state.device("ap-1", midnight + 900).seconds["2026-10"][State.DOWN_UPSTREAM] == 190


def test_a_finished_month_takes_what_is_told_late() -> None:
    """What arrives after it was formed, an extension or a new stretch, is in it."""
    city = LiveCity(small_city())
    midnight = month_at(NOW, "Asia/Jakarta").start
    for name in ("ap-1", "ap-2"):
        city.watch(name, midnight - 600, midnight - 80)
    compare(city, midnight + 100, None)
    accounts = city.state.accounts(midnight + 100)
    city.observe(midnight - 40, "ap-1")
    city.observe(midnight - 10, "ap-2", Outcome.DOWN)
    assert city.state.accounts(midnight + 101) == accounts  # nothing was thrown away for what was told late
    compare(city, midnight + 200, None)
    assert city.state.device("ap-2", midnight + 200).seconds["2026-10"][State.DOWN] == 10


def test_a_link_behind_a_blind_router_is_as_in_the_report() -> None:
    """What a router no longer tells of its link, while it is blind and after, second by second."""
    inventory = small_city()
    link = replace(inventory.devices["rt-2"], reach=Reach(ReachKind.INTERFACE, interface="sfp1", of="rt-1"))
    city = LiveCity(replace(inventory, devices={**inventory.devices, "rt-2": link}))
    city.observe(NOW, "rt-1", Outcome.BLIND)
    city.observe(NOW + 20, "rt-2", Outcome.DOWN)
    city.observe(NOW + 20, "ap-3", Outcome.DOWN)
    for now in range(NOW, NOW + 240, 3):
        compare(city, now, None)


def test_a_late_observation_counts_though_the_state_was_asked_before() -> None:
    """What arrives after its coverage was asked about is in the seconds all the same."""
    city = LiveCity(small_city())
    city.observe(NOW, "ap-1")
    assert city.state.device("ap-1", NOW + 80).state is State.UNKNOWN
    city.observe(NOW + 70, "ap-1")  # it was sent in time and told late
    compare(city, NOW + 400, None)
    assert city.state.device("ap-1", NOW + 400).seconds["2026-11"][State.UP] == 70 + 75


def test_an_outage_begins_once_whoever_it_is_put_down_to() -> None:
    """Stretches of down and down upstream without a gap are one outage, which begins with the first of them."""
    states: dict[State, list[tuple[int, int]]] = {state: [] for state in STATES}
    states |= {State.UP: [(0, 90)], State.DOWN: [(90, 95), (200, 301)]}
    states |= {State.DOWN_UPSTREAM: [(95, 130)], State.UNKNOWN: [(130, 200)]}
    course = Course(states, Period(0, 300, "UTC", "1970-01"))
    assert course.states() == states
    looks = {(97, 120): [90], (40, 89): [], (40, 90): [90], (130, 199): [], (129, 250): [200, 90], (130, 250): [200]}
    assert {look: list(course.outages(*look)) for look in looks} == looks


# -- what the report does not tell --------------------------------------------------------------------


def test_since_is_the_beginning_of_the_state_and_of_the_whole_outage() -> None:
    """An outage goes on when it turns out that the upstream is to blame; a state older than two months has no since."""
    city = LiveCity(small_city())
    assert city.state.device("ap-1", NOW).since is None
    city.watch("ap-1", NOW, NOW + 60)
    assert city.state.device("ap-1", NOW + 60).since == NOW
    city.watch("ap-1", NOW + 60, NOW + 600, Outcome.DOWN)
    city.watch("rt-1", NOW + 300, NOW + 600, Outcome.DOWN)
    assert city.state.device("ap-1", NOW + 599).state is State.DOWN_UPSTREAM
    assert city.state.device("ap-1", NOW + 599).since == NOW + 60
    assert city.state.device("rt-1", NOW + 599).since == NOW + 300


def test_outages_are_counted_once_however_often_they_are_asked_for() -> None:
    """Two outages of a device are two; its site, which kept an access point, has none; their uplink none."""
    city = LiveCity(small_city())
    course = [Outcome.UP, Outcome.DOWN, Outcome.DOWN, Outcome.UP, Outcome.DOWN, Outcome.UP]
    for step, what in enumerate(course):
        at = NOW + 30 * step
        city.observe(at, "rt-1")
        city.observe(at, "ap-2")
        city.observe(at + 1, "ap-1", what)
        for now in (at + 20, at + 10, at + 1, at + 25):
            city.state.device("ap-1", now)
    assert city.state.outages["device", "ap-1"] == 2
    assert city.state.outages["site", "park"] == 0
    assert city.state.outages["uplink", "up-1"] == 0


def test_an_outage_that_is_learnt_of_while_the_clock_stands_back_is_counted() -> None:
    """Asked again once the time of the latest look has come, it counts what it could not count before."""
    city = LiveCity(small_city())
    city.observe(NOW, "rt-1")
    city.state.stands("device", NOW + 36)
    city.observe(NOW + 28, "rt-1", Outcome.DOWN)
    city.state.stands("device", NOW + 34)  # the clock was set back
    assert city.state.outages["device", "rt-1"] == 0
    for now in (NOW + 36, NOW + 64):
        city.state.stands("device", now)
        assert city.state.outages["device", "rt-1"] == 1


def test_an_outage_that_was_there_at_the_start_was_not_begun_since() -> None:
    """A quick restart amid an outage begins none; an outage begun with the first observation is one."""
    before = LiveCity(small_city())
    before.watch("ap-1", NOW - 300, NOW, Outcome.DOWN)
    city = LiveCity(small_city())
    city.tracks = before.tracks
    city.observe(NOW, "ap-1", Outcome.DOWN)
    city.observe(NOW, "ap-2", Outcome.DOWN)
    assert city.state.outages["device", "ap-1"] == 0
    assert city.state.outages["device", "ap-2"] == 1
    assert city.state.outages["site", "park"] == 1


def test_an_outage_dated_back_counts() -> None:
    """A failure is dated from its first miss, before a page that still said up: it is counted at the next look."""
    city = LiveCity(small_city())
    city.observe(NOW, "ap-1")
    assert city.state.device("ap-1", NOW + 34).state is State.UP
    city.observe(NOW + 30, "ap-1", Outcome.DOWN)
    city.state.device("ap-1", NOW + 36)
    assert city.state.outages["device", "ap-1"] == 1


def test_the_end_of_a_window_in_an_outage_begins_one_without_an_observation() -> None:
    """Announced work that takes too long is an outage from the window's end on."""
    window = Maintenance("w", ("ap-1",), NOW, NOW + 40, announced=NOW - 2 * 86400)
    city = LiveCity(small_city(maintenance={"w": window}))
    city.observe(NOW + 10, "ap-1", Outcome.DOWN)
    assert city.state.device("ap-1", NOW + 39).state is State.PLANNED
    assert city.state.outages["device", "ap-1"] == 0
    assert city.state.device("ap-1", NOW + 40).state is State.DOWN
    assert city.state.outages["device", "ap-1"] == 1


def test_a_finished_month_stays_ten_days() -> None:
    """Both months are on show for ten days, then the current one alone; the finished one no longer moves."""
    city = LiveCity(small_city())
    start = month_at(NOW, "Asia/Jakarta").start
    city.watch("ap-1", start - 600, start + 600)
    shown = city.state.device("ap-1", start + 600).seconds
    assert list(shown) == ["2026-10", "2026-11"]
    assert shown["2026-10"][State.UP] == 600
    later = city.state.device("ap-1", start + 10 * 86400 - 1).seconds
    assert later["2026-10"] == shown["2026-10"]
    assert list(city.state.device("ap-1", start + 10 * 86400).seconds) == ["2026-11"]


def test_a_month_before_the_first_inventory_is_not_shown() -> None:
    """Where no inventory was in force there is no report, and no month either."""
    inventory = small_city()
    city = LiveCity(inventory, {}, ((NOW - 3600, inventory),))
    assert list(city.state.device("ap-1", NOW).seconds) == ["2026-11"]


def test_each_month_has_the_inventory_it_is_reported_with() -> None:
    """A device that came this month is in no earlier report; one that changed its hours did not change them then."""
    start = month_at(NOW, "Asia/Jakarta").start
    now = small_city()
    devices = {name: one for name, one in now.devices.items() if name != "ap-2"}
    before = replace(
        now, revision="r-0", devices=devices, sites={**now.sites, "park": replace(now.sites["park"], devices=("ap-1",))}
    )
    city = LiveCity(now, None, ((start - 86400, before), (start, now)))
    city.watch("ap-1", start - 600, start)
    assert list(city.state.device("ap-2", start + 5).seconds) == ["2026-11"]
    assert city.state.site("park", start + 5).seconds["2026-10"][State.UP] == 600  # ap-2 was not yet missing


def test_what_was_taken_out_in_an_earlier_month_is_in_no_later_report() -> None:
    """A mosque that left the inventory in September is no object of October's or November's."""
    start = month_at(NOW, "Asia/Jakarta").start
    whole = small_city()
    devices = {name: one for name, one in whole.devices.items() if name != "ap-3"}
    now = replace(whole, revision="r-2", devices=devices, sites={"park": whole.sites["park"]})
    gone = LiveCity(now, None, ((start - 90 * 86400, whole), (start - 40 * 86400, now)))
    assert [one.holds("site", "mosque") for one in gone.state.accounts(start + 5)] == [False, False]
    left = LiveCity(now, None, ((start - 90 * 86400, whole), (start - 20 * 86400, now)))
    assert [one.holds("site", "mosque") for one in left.state.accounts(start + 5)] == [True, False]


def test_a_clock_set_back_before_the_inventory_was_taken_does_not_hide_it() -> None:
    """Whatever the clock says, everything that is in force can be asked for."""
    inventory = small_city()
    city = LiveCity(inventory, {}, ((NOW, inventory),))
    assert city.state.device("ap-1", NOW - 40 * 86400).state is State.UNKNOWN


def test_readings_vanish_after_two_and_a_half_of_their_intervals() -> None:
    """Readings of a check are on show for 150 s at an interval of 60 s, and not a moment longer."""
    city = LiveCity(small_city())
    city.read(NOW + 0.25, "ap-1", [("wifi_clients", {}, 0)], identity=IDENTITY)
    line = 'netmon_wifi_clients{device="ap-1",site="park",uplink=""} 0\n'
    assert city.state.readings(NOW + 150.2) == {"wifi_clients": [line.encode()]}
    assert city.state.numbers("wifi_clients", NOW + 150.2) == {"ap-1": 0}
    assert city.state.readings(NOW + 150.25) == {}
    assert city.state.numbers("wifi_clients", NOW + 150.25) == {}


def test_a_failed_poll_leaves_the_readings_to_grow_old() -> None:
    """A poll without an answer neither renews nor clears what was read; the next readings replace all of it."""
    city = LiveCity(small_city())
    city.read(NOW, "ap-1", [("cpu_load_ratio", {}, 0.5), ("wifi_clients", {}, 3)])
    city.read(NOW + 60, "ap-1", [])
    assert city.state.numbers("wifi_clients", NOW + 149) == {"ap-1": 3}
    assert city.state.numbers("wifi_clients", NOW + 150) == {}
    city.read(NOW + 120, "ap-1", [("wifi_clients", {}, 5)])
    assert city.state.numbers("cpu_load_ratio", NOW + 121) == {}


def test_what_is_taken_out_of_the_inventory_is_gone_at_once() -> None:
    """Nothing is told of a device that is no longer watched: no state, no readings, no identity."""
    city = LiveCity(small_city())
    city.observe(NOW, "ap-3")
    city.read(NOW, "ap-3", [("wifi_clients", {}, 1)], identity=IDENTITY)
    inventory = small_city()
    devices = {name: one for name, one in inventory.devices.items() if name != "ap-3"}
    sites = {"park": inventory.sites["park"]}
    city.state.load(replace(inventory, devices=devices, sites=sites, revision="r-2"), None, NOW + 1)
    assert city.state.readings(NOW + 2) == {}
    for told_of in (city.state.last, city.state.identities, city.state.devices):
        assert "ap-3" not in told_of
    for ask, name in ((city.state.device, "ap-3"), (city.state.site, "mosque")):
        with pytest.raises(KeyError):
            ask(name, NOW + 2)


def test_an_empty_city_has_a_month() -> None:
    """Without any object there is still a present."""
    state = LiveCity(Inventory()).state
    assert state.month(NOW).label == "2026-11"
    assert state.active_windows(NOW) == []
