"""What holds of LK-1 for every city and every history: the invariants, and the count second by second."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from lk1_compare import differences, plain
from lk1_oracle import count
from lk1_oracle_states import open_at
from lk1_strategies import DAYS, FIRST, LAST, MIDNIGHT, ZONES, Case, cases, long_hours, power_cuts

from netmon.availability import Calendar, Evaluation, Observations, Result, States, device_states, evaluate, tracks_of
from netmon.availability.calendar import open_hours
from netmon.availability.intervals import Intervals, contains
from netmon.model import City, Device, Inventory, Outcome, Period, Service, ServiceHours, State, reach_seconds
from netmon.tracks import Track

SOAK = os.environ.get("NETMON_HYPOTHESIS") == "soak"
BROKEN = {State.DOWN, State.DOWN_UPSTREAM}

pytestmark = pytest.mark.timeout(0 if SOAK else 300)


def examples(number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Try so many examples, the same ones in every run; with NETMON_HYPOTHESIS=soak fifty times as many, new ones."""
    return settings(
        max_examples=number * 50 if SOAK else number,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        print_blob=True,
    )


def evaluated(case: Case, period: Period | None = None) -> Evaluation:
    """Evaluate a case by the code under test."""
    tracks = tracks_of(case.observations, case.inventory)
    return evaluate(case.inventory, tracks, period or case.period, first_loaded=case.first_loaded)


def told_apart(expected: Any, actual: Any) -> str:
    """Write the differences one a line; empty where there is none."""
    return "\n".join(differences(expected, actual))


def counted(case: Case) -> dict[str, Any]:
    """Count a case second by second."""
    return count(case.inventory, case.observations, case.period, case.first_loaded)


# -- the count second by second -----------------------------------------------------------------------


@given(cases())
@examples(150)
def test_evaluation_agrees_with_the_count_second_by_second(case: Case) -> None:
    """Seconds, figures, outages, incidents, roll-ups and windows are those that plain counting gives."""
    assert not told_apart(counted(case), plain(evaluated(case)))


@given(power_cuts())
@examples(150)
def test_attribution_agrees_with_the_count(case: Case) -> None:
    """Failures of an uplink and of what is behind it that nearly coincide: whose they are, second by second."""
    assert not told_apart(counted(case), plain(evaluated(case)))


# -- the invariants -----------------------------------------------------------------------------------


@given(cases())
@examples(40)
def test_the_seven_states_add_up_to_the_period(case: Case) -> None:
    """Every second of the period has exactly one of the seven states, for every object."""
    for one in evaluated(case).objects:
        assert all(seconds >= 0 for seconds in one.seconds.values()), one
        assert sum(one.seconds.values()) == case.period.end - case.period.start, one


@given(cases(), st.integers(FIRST, LAST))
@examples(40)
def test_the_parts_of_a_split_period_add_up(case: Case, cut: int) -> None:
    """A period split at any point gives parts whose seconds add up, as do the seconds of their outages."""
    assume(case.period.start < cut < case.period.end)
    whole = evaluated(case)
    parts = [
        evaluated(case, dataclasses.replace(case.period, start=start, end=end))
        for start, end in ((case.period.start, cut), (cut, case.period.end))
    ]
    for one, left, right in zip(whole.objects, parts[0].objects, parts[1].objects, strict=True):
        added = {state: left.seconds[state] + right.seconds[state] for state in State}
        assert added == one.seconds, one.id
        assert _outage_seconds(left) + _outage_seconds(right) == _outage_seconds(one), one.id


def _outage_seconds(one: Result) -> int:
    return sum(outage.end - outage.start for outage in one.outages)


@given(cases())
@examples(40)
def test_outages_hold_exactly_the_down_seconds(case: Case) -> None:
    """Outages lie in the period, in order and apart, and hold every down second; incident numbers count from 1."""
    for one in evaluated(case).objects:
        edges = [edge for outage in one.outages for edge in (outage.start, outage.end)]
        assert edges == sorted(set(edges)), one.id
        assert all(case.period.start <= edge <= case.period.end for edge in edges), one.id
        assert _outage_seconds(one) == sum(one.seconds[state] for state in BROKEN), one.id
        numbers = [outage.incident for outage in one.outages]
        assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1)), one.id
        assert one.incidents <= len(set(numbers)), one.id


@given(cases(), st.data())
@examples(40)
def test_alone_or_in_a_group_gives_the_same_figure(case: Case, data: st.DataObject) -> None:
    """An object gives the same figures whether the rest of the city is there or not."""
    results = evaluated(case).objects
    assume(results)
    chosen = data.draw(st.sampled_from(results))
    inventory = _only(case.inventory, chosen)
    seen = [one for one in case.observations if one[1] in inventory.devices or one[1] in inventory.services]
    alone = dataclasses.replace(case, inventory=inventory, observations=seen)
    again = {(one.kind, one.id): one for one in evaluated(alone).objects}
    assert again[chosen.kind, chosen.id] == chosen


def _only(inventory: Inventory, one: Result) -> Inventory:
    """Keep one object, what it is formed from, and what that is behind or looks through; other places go."""
    if one.kind == "device":
        wanted = [one.id]
    else:
        lister = inventory.sites[one.id] if one.kind == "site" else inventory.uplinks[one.id]
        wanted = list(lister.devices)
    kept: set[str] = set()
    while wanted:
        device = inventory.devices[wanted.pop()]
        if device.id not in kept:
            kept.add(device.id)
            wanted += [*device.behind, *([device.reach.of] if device.reach.of else [])]
    return dataclasses.replace(
        inventory,
        devices={name: device for name, device in inventory.devices.items() if name in kept},
        sites={name: _with_only(site, kept) for name, site in inventory.sites.items() if kept & {*site.devices}},
        uplinks={name: _with_only(up, kept) for name, up in inventory.uplinks.items() if kept & {*up.devices}},
    )


def _with_only(thing: Any, kept: set[str]) -> Any:
    return dataclasses.replace(thing, devices=tuple(name for name in thing.devices if name in kept))


@given(cases(), st.integers(0, 99))
@examples(40)
def test_order_and_doubles_change_nothing(case: Case, seed: int) -> None:
    """Sorting, shuffling or doubling the observations gives the same evaluation."""
    chance = random.Random(seed)
    again = [*case.observations, *chance.sample(case.observations, len(case.observations) // 2)]
    chance.shuffle(again)
    expected = evaluated(dataclasses.replace(case, observations=sorted(case.observations)))
    assert evaluated(case) == expected
    assert evaluated(dataclasses.replace(case, observations=again)) == expected


@given(cases(), st.integers(0, 99))
@examples(40)
def test_one_after_the_other_or_in_one_go_gives_the_same_spans(case: Case, seed: int) -> None:
    """Rows that grow with each observation, as in the service, and broken off by restarts, give a replay's spans."""
    chance = random.Random(seed)
    watched: dict[str, Device | Service] = {**case.inventory.devices, **case.inventory.services}
    growing = {name: Track() for name in watched}
    for at, name, outcome in sorted(case.observations, key=lambda seen: (seen[0], chance.random())):
        growing[name].add(at, outcome, reach_seconds(watched[name].interval))
        if chance.random() < 0.1:
            growing[name] = Track(growing[name].rows)
    spans = tracks_of(case.observations, case.inventory)
    assert {name: track.spans() for name, track in growing.items()} == spans


@given(cases())
@examples(40)
def test_a_rename_changes_nothing(case: Case) -> None:
    """Names are for people: identity is the id."""
    expected = evaluated(case)
    inventory = case.inventory
    renamed = dataclasses.replace(
        inventory,
        devices={key: dataclasses.replace(one, name=f"new {key}") for key, one in inventory.devices.items()},
        sites={key: dataclasses.replace(one, name="new") for key, one in inventory.sites.items()},
        uplinks={key: dataclasses.replace(one, name="new") for key, one in inventory.uplinks.items()},
        services={key: dataclasses.replace(one, name="new") for key, one in inventory.services.items()},
    )
    assert evaluated(dataclasses.replace(case, inventory=renamed)) == expected


# -- a missing observation, a restart -----------------------------------------------------------------

BEGIN, END = FIRST - 300, LAST + 300


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Every second's state of every device, and the stretches in which it was observed down."""

    states: dict[str, list[State]]
    down: dict[str, Intervals]

    @classmethod
    def of(cls, case: Case) -> Timeline:
        """Lay a case out second by second."""
        calendar = Calendar(case.inventory, (BEGIN, END), case.first_loaded)
        observations = Observations(case.inventory, tracks_of(case.observations, case.inventory))
        watched = [device for device in case.inventory.devices.values() if case.inventory.is_object(device)]
        return cls(
            {device.id: _laid_out(device_states(device, calendar, observations)) for device in watched},
            {device.id: observations.of(device.id).down for device in watched},
        )


def _laid_out(states: States) -> list[State]:
    line = [State.OUT_OF_SERVICE] * (END - BEGIN)
    for state, stretches in states.items():
        for start, end in stretches:
            line[start - BEGIN : end - BEGIN] = [state] * (end - start)
    return line


def _around(case: Case, name: str, first: int, last: int) -> tuple[int, int]:
    """Give the time between the last observation before ``first`` and the first one after ``last``."""
    own = [at for at, who, _ in case.observations if who == name]
    return max((at for at in own if at < first), default=BEGIN), min((at for at in own if at > last), default=END)


@given(cases(), st.data())
@examples(60)
def test_a_missing_observation_changes_only_the_time_around_it(case: Case, data: st.DataObject) -> None:
    """Without it only what lies between its neighbours changes, and attribution in outages that touch that time."""
    assume(case.observations)
    at, name, _ = case.observations[data.draw(st.integers(0, len(case.observations) - 1))]
    fewer = dataclasses.replace(case, observations=[o for o in case.observations if o[:2] != (at, name)])
    before, after = _around(case, name, at, at)
    was, now = Timeline.of(case), Timeline.of(fewer)
    for device in was.states:
        touching = _touching(was.down[device], before, after) + _touching(now.down[device], before, after)
        free = _shown_by(case.inventory, device, name)
        for t, (one, other) in enumerate(zip(was.states[device], now.states[device], strict=True), BEGIN):
            if one is other or (free and before <= t < after):
                continue
            assert {one, other} == BROKEN, (device, t, one, other)
            assert any(start <= t < end for start, end in touching), (device, t, one, other)


def _touching(stretches: Intervals, before: int, after: int) -> Intervals:
    return [(start, end) for start, end in stretches if start <= after and before <= end]


def _shown_by(inventory: Inventory, device: str, name: str) -> bool:
    """Say whether what is observed of ``name`` shows in the device's own state: itself, its router, its service."""
    service = inventory.services.get(name)
    own = inventory.devices[device]
    return name in {device, own.reach.of} or (service is not None and service.site == own.site)


@given(cases(), st.tuples(st.integers(FIRST, LAST), st.integers(1, 300)))
@examples(60)
def test_a_restart_leaves_unknown_and_never_begins_an_outage(case: Case, restart: tuple[int, int]) -> None:
    """While the monitor stands still, the last outcome reaches 2.5 intervals and then nothing is known.

    An outage begins with a failed observation, or where a window or closing time ends during one; never by a pause.
    One of a link that is an interface may also begin with an observation of its router that lets it be believed.
    """
    first, last = restart[0], restart[0] + restart[1] - 1
    fewer = dataclasses.replace(case, observations=[o for o in case.observations if not first <= o[0] <= last])
    failed = {(name, at) for at, name, outcome in fewer.observations if outcome is Outcome.DOWN}
    seen = {(name, at) for at, name, _ in fewer.observations}
    now = Timeline.of(fewer)
    for name, states in now.states.items():
        device = case.inventory.devices[name]
        for t in range(BEGIN + 1, END):
            earlier, state = states[t - 1 - BEGIN], states[t - BEGIN]
            if state in BROKEN and earlier in {State.UP, State.DEGRADED, State.UNKNOWN}:
                assert (name, t) in failed or (device.reach.of, t) in seen, (name, t, earlier)
        before, after = _around(fewer, name, first, last)
        silent = states[max(before + reach_seconds(device.interval), first) - BEGIN : after - BEGIN]
        if not device.reach.of:
            assert {*silent} <= {State.UNKNOWN, State.PLANNED, State.OUT_OF_SERVICE}, name


# -- service hours ------------------------------------------------------------------------------------


@given(long_hours(), st.sets(st.sampled_from(DAYS)), st.sampled_from(ZONES), st.data())
@examples(150)
def test_service_hours_are_those_of_the_citys_clock(
    hours: ServiceHours, holidays: set[date], zone: str, data: st.DataObject
) -> None:
    """Hours over midnight, several a day, closed days and holidays, over days and in Indonesia's three zones."""
    inventory = Inventory(city=City(zone=zone), holidays=frozenset(holidays))
    start = data.draw(st.integers(MIDNIGHT - 200_000, MIDNIGHT + 100_000))
    span = (start, start + 300_000)
    spans = open_hours(hours, span, zone, inventory.holidays)
    edges = {t for interval in spans for edge in interval for t in (edge - 1, edge)}
    drawn = data.draw(st.lists(st.integers(span[0], span[1] - 1), max_size=50))
    for t in sorted({*drawn, *edges, span[0], span[1] - 1}):
        if not span[0] <= t < span[1]:
            continue
        assert contains(spans, t) == open_at(inventory, hours, t), t
