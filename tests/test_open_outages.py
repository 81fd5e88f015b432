"""Outages that people should know of: when one opens, what holds it open, when it ends, and what hangs on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from golden_city import exporter, values_of
from hypothesis import given
from hypothesis import strategies as st
from live_city import NOW, LiveCity, small_city

from netmon.model import STATES, Device, Maintenance, Outcome, Period, Role, State
from netmon.state.course import Course
from netmon.state.open_outages import OpenOutage, open_outage

HOLD = 60
UP, DOWN, UNKNOWN, PLANNED = State.UP, State.DOWN, State.UNKNOWN, State.PLANNED
UPSTREAM, DEGRADED, OUT = State.DOWN_UPSTREAM, State.DEGRADED, State.OUT_OF_SERVICE
WEEK = 7 * 86400

Stretch = tuple[State, int]


def course_of(*stretches: Stretch) -> Course:
    """Lay stretches one after the other, from second 0 on."""
    states: dict[State, list[tuple[int, int]]] = {state: [] for state in STATES}
    at = 0
    for state, seconds in stretches:
        states[state].append((at, at + seconds))
        at += seconds
    return Course(states, Period(0, at - 1, "UTC", "1970-01"))


def told(course: Course, now: int) -> OpenOutage | None:
    """Ask for the open outage of a second."""
    return open_outage(course, course.index(now), now, HOLD)


@pytest.mark.parametrize(
    ("stretches", "now", "expected"),
    [
        pytest.param([(UP, 100)], 90, None, id="up"),
        pytest.param([(UP, 100), (DOWN, 100)], 100, (100, 1), id="opens-with-the-first-second"),
        pytest.param([(DOWN, 100)], 50, (0, 1), id="down-for-as-long-as-is-known"),
        pytest.param([(UP, 100), (DOWN, 10), (UP, 100)], 169, (100, 1), id="a-return-just-too-short"),
        pytest.param([(UP, 100), (DOWN, 10), (UP, 100)], 170, None, id="a-return-that-holds"),
        pytest.param([(UP, 100), (DOWN, 10), (DEGRADED, 100)], 170, None, id="degraded-is-a-return"),
        pytest.param([(UP, 100), (DOWN, 10), (UP, 59), (DOWN, 10)], 175, (100, 2), id="flapping-is-one"),
        pytest.param([(UP, 100), (DOWN, 10), (UP, 60), (DOWN, 10)], 175, (170, 1), id="after-a-hold-another-one"),
        pytest.param([(UP, 99), (DOWN, 1), (UP, 9), (DOWN, 1), (UP, 200)], 229, (99, 2), id="two-hold-twice-as-long"),
        pytest.param([(UP, 99), (DOWN, 1), (UP, 9), (DOWN, 1), (UP, 200)], 230, None, id="and-no-longer"),
        pytest.param([(DOWN, 9), *[(UP, 9), (DEGRADED, 9)] * 9], 69, None, id="degraded-and-up-are-one-return"),
        pytest.param([(UP, 100), (UPSTREAM, 100)], 150, None, id="what-is-upstream-opens-none"),
        pytest.param([(UP, 100), (UNKNOWN, 100)], 150, None, id="what-nobody-knows-opens-none"),
        pytest.param([(UP, 100), (PLANNED, 100)], 150, None, id="what-is-planned-opens-none"),
        pytest.param([(UP, 100), (PLANNED, 50), (DOWN, 90)], 150, (150, 1), id="opens-when-the-window-ends"),
        pytest.param([(UP, 9), (DOWN, 1), (PLANNED, 999)], 900, (9, 1), id="a-window-ends-none"),
        pytest.param([(UP, 9), (DOWN, 1), (UNKNOWN, 99), (DOWN, 9)], 112, (9, 1), id="unknown-between-is-one-outage"),
        pytest.param([(UP, 9), (DOWN, 1), (UPSTREAM, 999), (DOWN, 9)], 1012, (9, 1), id="upstream-between-too"),
        pytest.param([(UP, 9), (DOWN, 1), (OUT, WEEK + 9)], WEEK + 9, (9, 1), id="known-for-a-week"),
        pytest.param([(UP, 9), (DOWN, 1), (OUT, WEEK + 9)], WEEK + 10, None, id="then-forgotten"),
        pytest.param([(UP, 9), (DOWN, 1), (UNKNOWN, WEEK), (UP, 9), (DOWN, 5)], WEEK + 20, (WEEK + 19, 1), id="anew"),
    ],
)
def test_when_an_outage_is_open(stretches: list[Stretch], now: int, expected: tuple[int, int] | None) -> None:
    """It opens with ``down``, and ends when a return has held, longer after every relapse."""
    assert told(course_of(*stretches), now) == (expected and OpenOutage(*expected))


def test_five_relapses_are_the_longest_hold() -> None:
    """What flaps for hours is over five holds after its last outage."""
    course = course_of((UP, 1000), *[(DOWN, 5), (UP, 20)] * 30, (DOWN, 5), (UP, 1000))
    last = 1000 + 30 * 25 + 5
    assert told(course, last + 5 * HOLD - 1) == OpenOutage(1000, 31)
    assert told(course, last + 5 * HOLD) is None


def watched(seconds: list[State]) -> list[OpenOutage | None]:
    """Watch second by second, as somebody would who writes down what happens: the second opinion."""
    found: list[OpenOutage | None] = []
    open_since, outages, up_for = -1, 0, 0
    before = UP
    for now, state in enumerate(seconds):
        if open_since >= 0 and before in {UP, DEGRADED} and up_for >= HOLD * min(outages, 5):
            open_since = -1
        if state is DOWN:
            if open_since < 0:
                open_since, outages = now, 1
            elif before in {UP, DEGRADED}:
                outages += 1
        up_for = up_for + 1 if state in {UP, DEGRADED} else 0
        over = state in {UP, DEGRADED} and up_for - 1 >= HOLD * min(outages, 5)
        found.append(OpenOutage(open_since, outages) if open_since >= 0 and not over else None)
        before = state
    return found


@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(1, 150)), min_size=1, max_size=25))
def test_it_is_what_somebody_saw_who_watched_all_the_time(drawn: list[Stretch]) -> None:
    """At any second the same is told as by counting along, whatever came before."""
    stretches = [one for i, one in enumerate(drawn) if i == 0 or drawn[i - 1][0] is not one[0]]
    course = course_of(*stretches)
    expected = watched([state for state, count in stretches for _ in range(count)])
    total = len(expected)
    for now in {*range(0, total, 7), *[course.start(i) for i in range(len(stretches))], total - 1}:
        assert told(course, now) == expected[now], now


# -- in a city ----------------------------------------------------------------------------------------


def dark_city(hold: int = 180) -> LiveCity:
    """Let the park's router fail with both access points behind it; the mosque is up."""
    inventory = small_city()
    city = LiveCity(replace(inventory, settings=replace(inventory.settings, alert_hold=hold)))
    for name in ("rt-2", "ap-3"):
        city.watch(name, NOW - 1200, NOW)
    for name in ("rt-1", "ap-1", "ap-2"):
        city.watch(name, NOW - 1200, NOW - 300)
        city.watch(name, NOW - 300, NOW, Outcome.DOWN)
    return city


def test_a_router_fails_and_what_hangs_on_it_has_no_outage_of_its_own() -> None:
    """The uplink's outage is open, and so is its router's; site and access points name the uplink as their cause."""
    city = dark_city()
    start = NOW - 300
    assert city.state.open_outages("uplink", NOW) == {"up-1": OpenOutage(start, 1)}
    assert city.state.open_outages("device", NOW) == {"rt-1": OpenOutage(start, 1)}
    assert city.state.open_outages("site", NOW) == {}
    assert city.state.cause_of("ap-1", NOW) == ("uplink", "up-1")
    assert city.state.cause_of("rt-1", NOW) is None
    shown = values_of(exporter(city).text())
    assert shown['netmon_uplink_outage_start_timestamp_seconds{uplink="up-1"}'] == start
    assert shown['netmon_device_outage_start_timestamp_seconds{device="rt-1",site="",uplink="up-1"}'] == start
    for name in ("ap-1", "ap-2"):
        own = f'device="{name}",site="park",uplink=""'
        assert shown[f'netmon_device_outage_cause{{{own},cause_kind="uplink",cause="up-1"}}'] == 1
    assert sum("_outage_start_" in name for name in shown) == 2
    assert sum("_outage_cause{" in name for name in shown) == 2


def test_a_site_that_fails_by_itself_has_an_outage() -> None:
    """Both access points of a park are down while its uplink is up: the site's outage is its own."""
    city = LiveCity(small_city())
    city.watch("rt-1", NOW - 600, NOW)
    for name in ("ap-1", "ap-2"):
        city.watch(name, NOW - 600, NOW - 300)
        city.watch(name, NOW - 300, NOW, Outcome.DOWN)
    assert city.state.open_outages("site", NOW) == {"park": OpenOutage(NOW - 300, 1)}
    shown = values_of(exporter(city).text())
    assert shown['netmon_site_outage_start_timestamp_seconds{site="park"}'] == NOW - 300


def test_the_hold_is_the_settings() -> None:
    """The return of an uplink ends its outage after ``alert_hold``."""
    for hold in (30, 120):
        city = dark_city(hold)
        city.watch("rt-1", NOW, NOW + 600)
        assert city.state.open_outages("uplink", NOW + hold - 1)
        assert city.state.open_outages("uplink", NOW + hold) == {}


def test_causes_are_followed_up_the_chain() -> None:
    """A camera's access point behind a switch behind a router: the uplink is to blame; alone, the switch is."""
    inventory = small_city()
    switch = Device("sw", Role.SWITCH, "127.0.3.1", site="park", interval=30, behind=("rt-1",))
    devices = {**inventory.devices, "sw": switch, "ap-1": replace(inventory.devices["ap-1"], behind=("sw",))}
    for router, cause in ((Outcome.DOWN, ("uplink", "up-1")), (Outcome.UP, ("device", "sw"))):
        city = LiveCity(replace(inventory, devices=devices))
        for name in ("rt-1", "sw", "ap-1"):
            city.watch(name, NOW - 600, NOW - 300)
            city.watch(name, NOW - 300, NOW, router if name == "rt-1" else Outcome.DOWN)
        assert city.state.cause_of("ap-1", NOW) == cause


def test_a_window_and_an_end_of_life_are_nobodys_alarm() -> None:
    """In a window that counts nothing opens; what has been taken out of service has no outage any more."""
    inventory = small_city()
    window = Maintenance("w", ("up-1",), NOW - 400, NOW + 400, announced=NOW - 10 * 86400)
    city = LiveCity(replace(inventory, maintenance={"w": window}))
    gone = replace(inventory.devices["rt-1"], decommissioned=NOW - 100)
    other = LiveCity(replace(inventory, devices={**inventory.devices, "rt-1": gone}))
    for one in (city, other):
        one.watch("rt-1", NOW - 1200, NOW - 300)
        one.watch("rt-1", NOW - 300, NOW + 420, Outcome.DOWN)
    assert city.state.open_outages("uplink", NOW) == {}
    assert city.state.open_outages("uplink", NOW + 400) == {"up-1": OpenOutage(NOW + 400, 1)}
    assert other.state.open_outages("uplink", NOW) == {}


def test_the_calendar_of_alerts() -> None:
    """What the city's clocks are ahead, their zone's name, and when the month ends."""
    shown = values_of(exporter(dark_city()).text())
    assert shown['netmon_utc_offset_seconds{zone="WIB"}'] == 7 * 3600
    assert shown['netmon_month_end_timestamp_seconds{period="2026-11"}'] == 1_796_058_000
