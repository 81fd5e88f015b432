"""LK-1 by example: life-cycle, service hours and maintenance windows.

Every number is worked out by hand. Where it is not a day, a period is 600 s, asked every 10 s.
"""

from datetime import date
from typing import Any

import pytest
from lk1_stories import ALWAYS_UP, access_point, city, interface_of, router, spent, told, window

from netmon.availability import cut_at, evaluate, month
from netmon.model import Device, Inventory, Maintenance, Outcome, Period, ServiceHours, Span, TimeSpans

# -- periods ------------------------------------------------------------------------------------------


def test_a_month_is_a_calendar_month_of_the_city() -> None:
    """November 2026 in Asia/Jakarta is [2026-10-31T17:00:00Z, 2026-11-30T17:00:00Z): 2,592,000 s."""
    november = month("2026-11", "Asia/Jakarta")
    assert (november.start, november.end) == (1_793_466_000, 1_796_058_000)
    assert november.end - november.start == 2_592_000


def test_a_period_that_has_not_ended_is_cut_at_now() -> None:
    """The future is in no denominator, and the report says so."""
    whole = month("2026-11", "Asia/Jakarta")
    assert cut_at(whole, whole.start + 100) == Period(whole.start, whole.start + 100, whole.zone, whole.label, True)
    assert cut_at(whole, whole.end) == whole


# -- life-cycle ---------------------------------------------------------------------------------------

DATES: dict[str, Any] = {"commissioned": 100, "decommissioned": 500}


@pytest.mark.parametrize(
    ("sentence", "inventory", "out"),
    [
        ("before commissioned, from decommissioned on", city(access_point(behind=(), **DATES)), 200),
        ("a site's dates hold for its devices", city(access_point(behind=()), site=DATES), 200),
        (
            "both must allow",
            city(access_point(behind=(), commissioned=50, decommissioned=300), site=DATES),
            400,
        ),
        ("an uplink's dates hold for its devices", city(router("ap"), uplink=DATES), 200),
        ("an uplink's dates say nothing of the sites behind it", city(router(), access_point(), uplink=DATES), 0),
    ],
)
def test_dates(sentence: str, inventory: Inventory, out: int) -> None:
    """Out of service outside the dates; missing dates are since ever and for ever."""
    expected = {"up": 600 - out, "out_of_service": out}
    assert spent(told(inventory, {"ap": ALWAYS_UP})) == {state: n for state, n in expected.items() if n}, sentence


@pytest.mark.parametrize(
    ("sentence", "device", "first_loaded", "out"),
    [
        ("since netmon first loaded it", access_point(behind=()), {("device", "ap"): 100}, 100),
        ("what the file says counts", access_point(behind=(), commissioned=50), {("device", "ap"): 100}, 50),
        ("the site's first load counts too", access_point(behind=()), {("device", "ap"): 0, ("site", "s"): 200}, 200),
        ("in replay since ever", access_point(behind=()), None, 0),
    ],
)
def test_commissioned_missing(sentence: str, device: Device, first_loaded: Any, out: int) -> None:
    """Without a date a thing is in service since it was first loaded."""
    evaluation = told(city(device), {"ap": ALWAYS_UP}, first_loaded=first_loaded)
    assert spent(evaluation).get("out_of_service", 0) == out, sentence


# -- service hours ------------------------------------------------------------------------------------

HOUR = 3600
MONDAY = 1_793_552_400  # 2 November 2026, 00:00 in Asia/Jakarta
SHUT: TimeSpans = ()
NIGHT = ((22 * HOUR, 28 * HOUR),)
DAYTIME = ((6 * HOUR, 23 * HOUR),)


def week(monday: TimeSpans, rest: TimeSpans = SHUT, sunday: TimeSpans = SHUT, **more: Any) -> ServiceHours:
    """Make hours of a Monday, the days after it, and a Sunday."""
    return ServiceHours((monday, rest, rest, rest, rest, rest, sunday), **more)


@pytest.mark.parametrize(
    ("sentence", "hours", "hours_open"),
    [
        ("06:00-23:00 every day", week(DAYTIME, DAYTIME, DAYTIME), 17),
        ("the end is exclusive: 06:00-07:00 is an hour", week(((6 * HOUR, 7 * HOUR),)), 1),
        ("24:00 is allowed", week(((12 * HOUR, 24 * HOUR),)), 12),
        ("several spans", week(((6 * HOUR, 9 * HOUR), (10 * HOUR, 12 * HOUR))), 5),
        ("22:00-04:00 every night", week(NIGHT, NIGHT, NIGHT), 6),
        ("a night belongs to the day on which it begins", week(NIGHT), 2),
        ("... so Monday's small hours are Sunday's", week(SHUT, sunday=NIGHT), 4),
        ("a day not named is closed", week(SHUT, DAYTIME, DAYTIME), 0),
        ("a holiday has hours of its own", week(DAYTIME, holidays=((0, HOUR),)), 1),
        ("... or is closed", week(DAYTIME, holidays=SHUT), 0),
        ("... and without them is an ordinary day", week(DAYTIME, holidays=None), 17),
        ("a night goes on into a holiday", week(DAYTIME, sunday=NIGHT, holidays=SHUT), 4),
    ],
)
def test_service_hours(sentence: str, hours: ServiceHours, hours_open: int) -> None:
    """Monday 2 November 2026, a holiday, up all day: hours up and out of service."""
    inventory = city(access_point(behind=(), service_hours=hours), holidays=frozenset({date(2026, 11, 2)}))
    tracks = {"ap": [Span(MONDAY - 86400, MONDAY + 2 * 86400, Outcome.UP)]}
    evaluation = evaluate(inventory, tracks, Period(MONDAY, MONDAY + 86400, "Asia/Jakarta", "day"))
    expected = {"up": hours_open * HOUR, "out_of_service": (24 - hours_open) * HOUR}
    assert spent(evaluation) == {state: n for state, n in expected.items() if n}, sentence


def test_hours_of_device_and_site_must_both_allow() -> None:
    """06:00-23:00 and 22:00-04:00 leave the hour from 22:00 to 23:00."""
    both = city(
        access_point(behind=(), service_hours=week(DAYTIME, DAYTIME, DAYTIME)),
        site={"service_hours": week(NIGHT, NIGHT, NIGHT)},
    )
    tracks = {"ap": [Span(MONDAY, MONDAY + 86400, Outcome.UP)]}
    evaluation = evaluate(both, tracks, Period(MONDAY, MONDAY + 86400, "Asia/Jakarta", "day"))
    assert spent(evaluation) == spent(evaluation, "s") == {"up": HOUR, "out_of_service": 23 * HOUR}


# -- windows that count -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "announced", "first_loaded", "counts"),
    [
        ("a day before", {"announced": 200 - 86400}, None, True),
        ("a second late", {"announced": 201 - 86400}, None, False),
        ("never announced", {"announced": None}, None, False),
        ("late, but approved with a reason", {"announced": 200, "approved_by": "head", "reason": "fire"}, None, True),
        ("approved without a reason", {"announced": 200, "approved_by": "head"}, None, False),
        ("a reason without approval", {"announced": 200, "reason": "fire"}, None, False),
        ("first loaded later than the file says", {}, 201 - 86400, False),
        ("first loaded in time", {"announced": None}, 200 - 86400, True),
        ("loaded in time, announced late", {"announced": 0}, 100 - 86400, False),
        ("replay believes the file", {"announced": 200 - 86400}, None, True),
    ],
)
def test_window_counts(sentence: str, announced: dict[str, Any], first_loaded: int | None, counts: bool) -> None:
    """A window of 100 s, the access point off: planned where the window counts, and down where it is retroactive."""
    inventory = city(access_point(behind=()), window(**announced))
    loaded = None if first_loaded is None else {("maintenance", "w"): first_loaded}
    evaluation = told(inventory, {"ap": "up 0..200, down 200..300, up 300..600"}, first_loaded=loaded)
    assert spent(evaluation) == {"up": 500, "planned" if counts else "down": 100}, sentence
    assert [(one.id, one.counted) for one in evaluation.maintenance] == [("w", counts)]


@pytest.mark.parametrize(
    ("sentence", "things", "planned"),
    [
        ("a device", [window(scope=("ap",))], 100),
        ("a site", [window(scope=("s",))], 100),
        ("an uplink: what is behind it", [window(scope=("u",))], 100),
        ("a kelurahan", [window(scope=("k-1",))], 100),
        ("a kecamatan", [window(scope=("kc-1",))], 100),
        ("the city", [window(scope=("city",))], 100),
        ("another kelurahan", [window(scope=("k-2",))], 0),
        ("only: what is behind is not covered", [window(scope=("u",), only=True)], 0),
        ("only: what is named is", [window(scope=("u", "ap"), only=True)], 100),
        ("overlapping windows: their union", [window(), window(250, 350, "w2")], 150),
        ("a window past the period", [window(550, 700)], 50),
    ],
)
def test_window_covers(sentence: str, things: list[Maintenance], planned: int) -> None:
    """What a scope names, and what is behind it."""
    evaluation = told(city(router(), access_point(), *things), {"ap": ALWAYS_UP})
    assert spent(evaluation) == ({"up": 600 - planned, "planned": planned} if planned else {"up": 600}), sentence


@pytest.mark.parametrize(
    ("sentence", "windows", "more", "planned"),
    [
        ("one of two alternatives", [window(scope=("rt",))], {}, 0),
        ("both, in one window", [window(scope=("rt", "rt2"))], {}, 100),
        ("one each in two windows", [window(scope=("rt",)), window(name="w2", scope=("rt2",))], {}, 0),
        ("the other is retired and no member", [window(scope=("rt",))], {"decommissioned": 0}, 100),
        ("... from 250 on", [window(scope=("rt",))], {"decommissioned": 250}, 50),
    ],
)
def test_window_covers_a_group(sentence: str, windows: list[Maintenance], more: dict[str, Any], planned: int) -> None:
    """A device is covered when every member of the group that it is behind is covered."""
    inventory = city(router(), router("rt2", **more), access_point(behind=("rt", "rt2")), *windows)
    assert spent(told(inventory, {"ap": ALWAYS_UP})).get("planned", 0) == planned, sentence


def test_window_covers_along_chains() -> None:
    """Access point behind switch behind router; an interface of the router is not behind it unless it says so."""
    switch = access_point("sw")
    chain = city(router(), interface_of("rt"), switch, access_point(behind=("sw",)), window(scope=("rt",)))
    evaluation = told(chain, dict.fromkeys(("rt", "link", "sw", "ap"), ALWAYS_UP))
    assert spent(evaluation) == spent(evaluation, "sw") == spent(evaluation, "rt") == {"up": 500, "planned": 100}
    assert spent(evaluation, "link") == {"up": 600}


def test_an_outage_that_outlasts_its_window() -> None:
    """It is planned until the window ends, and down or down_upstream from there on."""
    story = "up 0..200, down 200..350, up 350..600"
    own = told(city(router(), access_point(), window(scope=("ap",))), {"ap": story, "rt": ALWAYS_UP})
    assert spent(own) == {"up": 450, "planned": 100, "down": 50}
    upstream = told(city(router(), access_point(), window(scope=("ap",))), {"ap": story, "rt": story})
    assert spent(upstream) == {"up": 450, "planned": 100, "down_upstream": 50}


def test_the_report_lists_the_windows_with_a_second_in_the_period() -> None:
    """In the file's order, whatever they cover; a window that ends where the period begins has no second in it."""
    windows = [window(590, 700, "late"), window(-50, 0, "before"), window(600, 700, "after"), window(-50, 1, "early")]
    inventory = city(access_point(behind=()), *windows)
    assert [one.id for one in told(inventory, {}).maintenance] == ["late", "early"]


# -- priority -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "device", "windows", "story", "expected"),
    [
        ("out of service before planned", {"decommissioned": 0}, [window(0, 600)], "down 0..600", "out_of_service"),
        ("planned before unknown", {}, [window(0, 600)], "", "planned"),
        ("planned before down", {}, [window(0, 600)], "down 0..600", "planned"),
        ("planned before up", {}, [window(0, 600)], ALWAYS_UP, "planned"),
        ("out of service before unknown", {"commissioned": 600}, [], "", "out_of_service"),
        ("unknown before the upstream's failure", {}, [], "blind 0..600", "unknown"),
        ("upstream before down", {}, [], "down 0..600", "down_upstream"),
    ],
)
def test_priority(sentence: str, device: dict[str, Any], windows: list[Maintenance], story: str, expected: str) -> None:
    """One state for each second, by priority; the router is down all the time."""
    inventory = city(router(), access_point(**device), *windows)
    assert spent(told(inventory, {"ap": story, "rt": "down 0..600"})) == {expected: 600}, sentence


def test_windows_hours_and_dates_of_the_upstream_do_not_excuse_it() -> None:
    """Attribution looks at what was observed, before windows and hours: a router in a window still proves its group.

    The window is for the router only; the router is planned, what is behind it is down because of it.
    """
    closed = week(SHUT)
    inventory = city(router(service_hours=closed), access_point(), window(scope=("u",), only=True))
    evaluation = told(inventory, dict.fromkeys(("ap", "rt"), "up 0..200, down 200..300, up 300..600"))
    assert spent(evaluation) == {"up": 500, "down_upstream": 100}
    assert spent(evaluation, "rt") == {"out_of_service": 600}
