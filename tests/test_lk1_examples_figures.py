"""LK-1 by example: figures, targets, outages, incidents, roll-ups.

Every number is worked out by hand. Where no story is told, the spans of what was observed are given as they are.
"""

from dataclasses import replace
from typing import Any

import pytest
from lk1_stories import access_point, city, dns, result, router, told, window

from netmon.availability import Evaluation, Result, Rollup, evaluate
from netmon.model import Inventory, Outcome, Period, Role, Site, Span, State, Targets

UP, DOWN, BLIND = Outcome.UP, Outcome.DOWN, Outcome.BLIND
ALONE = city(access_point(behind=()))


def spans(*lengths: tuple[Outcome | None, int]) -> list[Span]:
    """Lay outcomes end to end from 0; ``None`` is a stretch that nobody observed."""
    at, laid = 0, []
    for outcome, length in lengths:
        if outcome is not None:
            laid.append(Span(at, at + length, outcome))
        at += length
    return laid


def over(start: int, end: int, inventory: Inventory = ALONE, **tracks: list[Span]) -> Evaluation:
    """Evaluate spans over a period."""
    return evaluate(inventory, tracks, Period(start, end, "Asia/Jakarta", "example"))


# -- figures ------------------------------------------------------------------------------------------


def test_figures_always_together() -> None:
    """A story with all seven states in 1000 s, counted by hand.

    Out of service [0, 10); degraded [300, 350); of S = [400, 500) the router's P = [450, 500) takes [440, 500), so
    40 s are its own; the pause after 590 is unknown from 615 to 700; a window [800, 850); up the other 705 s.
    """
    inventory = city(router(), access_point(commissioned=10), dns(), window(800, 850))
    evaluation = told(
        inventory,
        {
            "ap": "up 0..400, down 400..500, up 500..600, up 700..1000",
            "rt": "up 0..450, down 450..500, up 500..1000",
            "dns": "up 0..300, down 300..350, up 350..1000",
        },
        end=1000,
    )
    one = result(evaluation)
    assert dict(one.seconds) == {
        State.UP: 705,
        State.DEGRADED: 50,
        State.DOWN: 40,
        State.DOWN_UPSTREAM: 60,
        State.UNKNOWN: 85,
        State.PLANNED: 50,
        State.OUT_OF_SERVICE: 10,
    }
    assert (one.agreed, one.observed, one.completeness) == (940, 855, 855 / 940)
    assert (one.availability, one.usable) == (755 / 855, 705 / 855)
    assert (one.lower, one.upper) == (755 / 940, 840 / 940)
    assert one.attributable == 815 / 855
    assert [(o.start, o.end, o.attribution) for o in one.outages] == [(400, 500, "mixed")]


RATIOS = ("completeness", "availability", "usable", "lower", "upper", "attributable")


def test_a_denominator_of_0_gives_no_figure() -> None:
    """Never 100 %, never 0 %: all planned has no ratio at all; all unknown has completeness and bounds alone."""
    shut = result(over(0, 600, city(access_point(behind=()), window(0, 600)), ap=[Span(0, 600, UP)]))
    assert [getattr(shut, name) for name in RATIOS] == [None] * 6
    unseen = result(over(0, 600))
    assert [getattr(unseen, name) for name in RATIOS] == [0, None, None, 0, 1, None]


@pytest.mark.parametrize(
    ("sentence", "lengths", "target", "expected"),
    [
        ("99.496 % has not met 99.5 %", [(UP, 99_496), (DOWN, 504)], 0.995, "missed"),
        ("99.5 % has", [(UP, 99_500), (DOWN, 500)], 0.995, "met"),
        ("94.999 % of evidence is insufficient", [(UP, 94_999), (None, 5001)], 0.5, "insufficient"),
        ("95 % is not", [(UP, 95_000), (None, 5000)], 0.5, "met"),
        ("insufficient also when all of it was down", [(DOWN, 10), (None, 99_990)], 0.5, "insufficient"),
        ("nothing observed comes before insufficient", [(BLIND, 100_000)], 0.5, "none"),
        ("a site without a target of its own has 98 %", [(UP, 97_999), (DOWN, 2001)], None, "missed"),
        ("... which is met at 98 %", [(UP, 98_000), (DOWN, 2000)], None, "met"),
    ],
)
def test_target(sentence: str, lengths: Any, target: float | None, expected: str) -> None:
    """A site's target is held against availability, unrounded; completeness decides whether it is judged."""
    inventory = city(access_point(behind=()), site={"target": target})
    assert result(over(0, 100_000, inventory, ap=spans(*lengths)), "s").result == expected, sentence


def test_whose_target() -> None:
    """A device has none, a site its own or the hotspots', an uplink its own or the uplinks'."""
    plain = over(0, 10, city(router(), access_point()))
    assert [(one.id, one.target) for one in plain.objects] == [("rt", None), ("ap", None), ("u", 0.995), ("s", 0.98)]
    own = over(0, 10, city(router(), access_point(), site={"target": 0.9}, uplink={"target": 0.0}))
    assert [(one.id, one.target) for one in own.objects] == [("rt", None), ("ap", None), ("u", 0.0), ("s", 0.9)]
    assert {one.result for one in own.objects} == {"none"}


# -- outages ------------------------------------------------------------------------------------------


def first(evaluation: Evaluation) -> tuple[Any, ...]:
    """Give the access point's first outage."""
    outage = result(evaluation).outages[0]
    seen, carried = (outage.begin_seen, outage.end_seen), (outage.carried_in, outage.carried_out)
    return outage.start, outage.end, outage.attribution, seen, carried


@pytest.mark.parametrize(
    ("sentence", "lengths", "expected"),
    [
        (
            "between up seconds both edges are seen",
            [(UP, 120), (DOWN, 30), (UP, 100)],
            (120, 150, "device", (True, True), (False, False)),
        ),
        (
            "from unknown into unknown neither is",
            [(None, 120), (DOWN, 30)],
            (120, 150, "device", (False, False), (False, False)),
        ),
        (
            "cut at the period's beginning",
            [(UP, 50), (DOWN, 100), (UP, 100)],
            (100, 150, "device", (False, True), (True, False)),
        ),
        ("cut at its end", [(UP, 150), (DOWN, 100), (UP, 100)], (150, 200, "device", (True, False), (False, True))),
        (
            "begun with the period: seen, not carried",
            [(UP, 100), (DOWN, 50), (UP, 100)],
            (100, 150, "device", (True, True), (False, False)),
        ),
        (
            "ended with the period: seen, not carried",
            [(UP, 150), (DOWN, 50), (UP, 100)],
            (150, 200, "device", (True, True), (False, False)),
        ),
        ("longer than the period", [(DOWN, 300)], (100, 200, "device", (False, False), (True, True))),
    ],
)
def test_outage(sentence: str, lengths: Any, expected: tuple[Any, ...]) -> None:
    """Outages of a period [100, 200): cut to it, seen by the neighbouring seconds of all recorded time."""
    assert first(over(100, 200, ap=spans(*lengths))) == expected, sentence


def test_attribution_is_of_the_part_inside_the_period() -> None:
    """Down in [50, 300), of which the router takes [90, 210): mixed as a whole, the device's own from 210 on."""
    inventory = city(router(), access_point())
    tracks = {
        "rt": spans((UP, 100), (DOWN, 100), (UP, 400)),
        "ap": spans((UP, 50), (DOWN, 250), (UP, 300)),
    }
    assert first(over(0, 600, inventory, **tracks))[2] == "mixed"
    assert first(over(100, 200, inventory, **tracks))[:3] == (100, 200, "upstream")
    assert first(over(210, 600, inventory, **tracks))[:3] == (210, 300, "device")


def test_an_outage_beside_a_window_is_not_seen_to_end() -> None:
    """Planned is neither up nor degraded: the outage before a window and the one after it are one incident."""
    inventory = city(access_point(behind=()), window(200, 300))
    one = result(over(0, 600, inventory, ap=spans((UP, 150), (DOWN, 250), (UP, 200))))
    assert [(o.start, o.end, o.begin_seen, o.end_seen, o.incident) for o in one.outages] == [
        (150, 200, True, False, 1),
        (300, 400, False, True, 1),
    ]
    assert (one.incidents, one.mttr_seconds, one.mtbf_seconds) == (1, 150, 350)


# -- incidents ----------------------------------------------------------------------------------------

COURSE = spans((UP, 100), (DOWN, 50), (None, 50), (DOWN, 30), (UP, 170), (DOWN, 20), (UP, 180), (DOWN, 50))


@pytest.mark.parametrize(
    ("period", "numbers", "incidents", "mttr", "mtbf"),
    [
        ((0, 650), [1, 1, 2, 3], 3, (80 + 20) / 2, 450 / 3),  # the third is not over
        ((0, 225), [1, 1], 1, None, 100 / 1),  # the first ends later
        ((220, 650), [1, 2, 3], 2, (80 + 20) / 2, 350 / 2),  # its length is of all its down seconds
        ((230, 400), [], 0, None, None),  # no incident, no figure
        ((160, 190), [], 0, None, None),  # within the first, without a down second
        ((229, 230), [1], 0, 80, None),  # its last second alone
    ],
)
def test_incidents(
    period: tuple[int, int], numbers: list[int], incidents: int, mttr: float | None, mtbf: float | None
) -> None:
    """Down in [100, 150) and [200, 230) with nothing known between; in [400, 420); from 600 to the last second."""
    one = result(over(*period, ap=COURSE))
    assert [outage.incident for outage in one.outages] == numbers
    assert (one.incidents, one.mttr_seconds, one.mtbf_seconds) == (incidents, mttr, mtbf)


@pytest.mark.parametrize(
    ("lengths", "mttr"),
    [
        ([(UP, 100), (DOWN, 50), (UP, 100)], 50),
        ([(None, 100), (DOWN, 50), (UP, 100)], None),
        ([(UP, 100), (DOWN, 50), (None, 10), (UP, 100)], None),
    ],
)
def test_mttr_needs_both_edges_seen(lengths: Any, mttr: float | None) -> None:
    """The second before the first and the one after the last down second are up or degraded, or it does not count."""
    assert result(over(0, 250, ap=spans(*lengths))).mttr_seconds == mttr


def test_mttr_looks_past_the_periods_edges() -> None:
    """An outage that fills the period exactly is seen by the seconds on either side of it."""
    assert result(over(100, 150, ap=spans((UP, 100), (DOWN, 50), (UP, 1)))).mttr_seconds == 50


# -- roll-ups -----------------------------------------------------------------------------------------


def rollup(evaluation: Evaluation, of: str, kind: str, name: str) -> Rollup:
    """Give one roll-up."""
    return next(one for one in evaluation.rollups if (one.of, one.kind, one.id) == (of, kind, name))


def two_sites(**targets: Any) -> Evaluation:
    """Evaluate a site that was up all 1000 s, one seen for 200 s and half of them down, and one never seen."""
    inventory = city(
        router(),
        access_point(behind=()),
        access_point("ap2", site="s2", behind=()),
        access_point("ap3", site="s3", behind=()),
        site={"pillars": ("living", "branding"), "owner": "dispar"},
        uplink={"provider": "telkom"},
    )
    sites = {**inventory.sites, "s2": replace(inventory.sites["s2"], pillars=("living",))}
    inventory = replace(inventory, sites=sites, targets=Targets(**targets))
    return over(0, 1000, inventory, ap=spans((UP, 1000)), ap2=spans((UP, 100), (DOWN, 100)), rt=spans((UP, 1000)))


def test_rollups_add_up_seconds_then_divide() -> None:
    """1100 of 1200 observed seconds, not the mean of 100 % and 50 %."""
    whole = rollup(two_sites(), "site", "city", "13.71")
    assert dict(whole.seconds) == dict.fromkeys(State, 0) | {State.UP: 1100, State.DOWN: 100, State.UNKNOWN: 1800}
    assert (whole.availability, whole.completeness) == (1100 / 1200, 1200 / 3000)
    assert (whole.objects, whole.met, whole.missed, whole.insufficient, whole.without_data) == (3, 1, 0, 1, 1)


def test_rollups_and_what_they_hold() -> None:
    """Sites by kelurahan, kecamatan, city, pillar, owner; uplinks by the first three and provider; none is empty."""
    held = {(one.of, one.kind, one.id): one.objects for one in two_sites().rollups}
    assert held == {
        ("site", "kelurahan", "k-1"): 3,
        ("site", "kecamatan", "kc-1"): 3,
        ("site", "city", "13.71"): 3,
        ("site", "pillar", "living"): 2,
        ("site", "pillar", "branding"): 1,
        ("site", "owner", "dispar"): 1,
        ("uplink", "kelurahan", "k-1"): 1,
        ("uplink", "kecamatan", "kc-1"): 1,
        ("uplink", "city", "13.71"): 1,
        ("uplink", "provider", "telkom"): 1,
    }


def test_a_pillars_target_judges_its_rollup_alone() -> None:
    """Living was up 1100 of 1200 observed seconds (91.7 %), with 60 % of evidence."""
    evaluation = two_sites(pillars={"living": 0.92}, completeness=0.6)
    assert rollup(evaluation, "site", "pillar", "living").result == "missed"
    assert rollup(evaluation, "site", "pillar", "branding").result == "none"
    assert result(evaluation, "s").result == "met"
    assert rollup(two_sites(pillars={"living": 0.92}), "site", "pillar", "living").result == "insufficient"


def test_a_site_of_switches_alone_is_in_no_rollup() -> None:
    """Nor is a planned one: what is no object is nowhere counted."""
    inventory = city(router(), access_point("sw", role=Role.SWITCH), access_point("later", site="s2"))
    later: Site = replace(inventory.sites["s2"], planned=True)
    evaluation = over(0, 10, replace(inventory, sites={**inventory.sites, "s2": later}))
    assert {one.of for one in evaluation.rollups} == {"uplink"}


def test_where_an_object_belongs() -> None:
    """``site`` and ``uplink`` of a device: the one that lists it; of a site or an uplink: itself."""
    belongs: list[Result] = list(over(0, 10, city(router(), access_point())).objects)
    assert [(one.id, one.site or None, one.uplink or None) for one in belongs] == [
        ("rt", None, "u"),
        ("ap", "s", None),
        ("u", None, "u"),
        ("s", "s", None),
    ]
