"""Small cities with a short, eventful life, for the property tests of LK-1.

Everything happens within a quarter of an hour around a midnight in Padang, between a Sunday and a Monday, so that the
count second by second stays quick and the service hours have a night to cross.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from netmon.model import (
    City,
    Device,
    Inventory,
    Kelurahan,
    Maintenance,
    Outcome,
    Period,
    Reach,
    ReachKind,
    Role,
    Service,
    ServiceHours,
    Settings,
    Site,
    Targets,
    TimeSpans,
    Uplink,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
Observations = list[tuple[int, str, Outcome]]

MIDNIGHT = 1793552400  # Monday 2 November 2026, 00:00 in Asia/Jakarta
FIRST, LAST = MIDNIGHT - 400, MIDNIGHT + 500
SUNDAY, MONDAY = date(2026, 11, 1), date(2026, 11, 2)
KELURAHAN = {
    "k-1": Kelurahan("k-1", "Satu", "kc-1", "Kecamatan Satu"),
    "k-2": Kelurahan("k-2", "Dua", "kc-1", "Kecamatan Satu"),
    "k-3": Kelurahan("k-3", "Tiga", "kc-2", "Kecamatan Dua"),
}

times = st.integers(FIRST, LAST)
intervals = st.sampled_from([10, 25, 7, 30, 60])
places = st.sampled_from(sorted(KELURAHAN))
outcomes = st.sampled_from([Outcome.DOWN, Outcome.UP, Outcome.BLIND])


@st.composite
def seldom(draw: Draw, strategy: st.SearchStrategy[Any], otherwise: Any = None) -> Any:
    """Draw from ``strategy`` about once in a dozen times, so that most things of a city are plain."""
    return draw(strategy) if draw(st.integers(0, 11)) == 7 else otherwise


@dataclass(frozen=True, repr=False)
class Case:
    """One city, what was observed of it, and the period asked for."""

    inventory: Inventory
    observations: Observations
    period: Period
    first_loaded: dict[tuple[str, str], int] | None = None

    def __repr__(self) -> str:
        """Show what a reader of a failure needs: no defaults, no year, observations in runs."""
        inventory = self.inventory
        things = [*inventory.uplinks.values(), *inventory.sites.values(), *inventory.devices.values()]
        things += [*inventory.services.values(), *inventory.maintenance.values(), inventory.settings]
        lines = [_told(thing) for thing in things]
        lines += [f"{name}: {_runs([o for o in self.observations if o[1] == name])}" for name in self._seen()]
        lines.append(f"holidays={sorted(map(str, inventory.holidays))} first_loaded={self.first_loaded}")
        lines.append(f"period {self.period.start - MIDNIGHT} to {self.period.end - MIDNIGHT}")
        return "a city (times in seconds from midnight)\n  " + "\n  ".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the same in a falsifying example."""
        for number, line in enumerate(repr(self).split("\n")):
            if number:
                printer.break_()
            printer.text(line)

    def _seen(self) -> list[str]:
        return sorted({name for _, name, _ in self.observations})


def _told(thing: Any) -> str:
    """Write a frozen value with what is not default in it, times from midnight on."""
    said = []
    for one in fields(thing):
        value = getattr(thing, one.name)
        if value not in (one.default, (), "", None, Reach()):
            relative = isinstance(value, int) and value > MIDNIGHT // 2
            said.append(f"{one.name}={value - MIDNIGHT if relative else value!r}")
    return f"{type(thing).__name__}({', '.join(said)})"


def _runs(observations: Observations) -> str:
    """Write the observations of one check as ``up -400..490/10, down 500``."""
    runs: list[list[Any]] = []  # outcome, first, last, step
    for at, _, outcome in sorted(observations):
        run = runs[-1] if runs else None
        if run and run[0] is outcome and run[3] in {0, at - run[2]}:
            run[2:] = [at, at - run[2]]
        else:
            runs.append([outcome, at, at, 0])
    return ", ".join(f"{o} {a - MIDNIGHT}" + (f"..{b - MIDNIGHT}/{step}" if step else "") for o, a, b, step in runs)


@dataclass
class Draft:
    """A city while it is drawn."""

    devices: dict[str, Device] = field(default_factory=dict)
    uplinks: dict[str, Uplink] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)


# -- hours and life-cycle -----------------------------------------------------------------------------


@st.composite
def day_spans(draw: Draw, begin: int, end: int) -> TimeSpans:
    """Draw up to two spans of one day, in seconds after its midnight."""
    edges = sorted(draw(st.sets(st.integers(begin, end), min_size=2, max_size=4)))
    return tuple((edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2))


sundays = st.one_of(
    st.just(((0, 86400),)), st.just(()), day_spans(86400 - 400, 86400), day_spans(86400 - 400, 86400 + 500)
)
mondays = st.one_of(st.just(((0, 86400),)), st.just(()), day_spans(0, 500))


@st.composite
def service_hours(draw: Draw) -> ServiceHours:
    """Draw hours for the Sunday and the Monday of the story; holidays keep their own or are ordinary days."""
    rest: tuple[TimeSpans, ...] = ((),) * 5
    week = (draw(mondays), *rest, draw(sundays))
    return ServiceHours(week, draw(st.one_of(st.none(), st.just(()), sundays, mondays)))


DAYS = [SUNDAY - timedelta(days=1), SUNDAY, MONDAY, MONDAY + timedelta(days=1)]
ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]


def long_hours() -> st.SearchStrategy[ServiceHours]:
    """Draw hours for all days of the week, of any length below a day, over midnight too."""
    day = st.one_of(st.just(()), st.just(((0, 86400),)), day_spans(0, 86400), day_spans(43200, 129600))
    return st.builds(ServiceHours, st.tuples(day, day, day, day, day, day, day), st.one_of(st.none(), day))


def life(draw: Draw) -> dict[str, Any]:
    """Draw dates and hours, mostly none."""
    return {
        "commissioned": draw(seldom(times)),
        "decommissioned": draw(seldom(times)),
        "service_hours": draw(seldom(service_hours())),
    }


# -- the city -----------------------------------------------------------------------------------------


def _groups(draft: Draft, uplinks: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw what a device may be behind: nothing, the connections of an uplink, or any devices drawn before it."""
    whole = [tuple(d for d in draft.uplinks[u].devices if draft.devices[d].role is not Role.SWITCH) for u in uplinks]
    choices: list[st.SearchStrategy[tuple[str, ...]]] = [st.just(()), *map(st.just, whole)]
    if draft.devices:
        choices.append(st.lists(st.sampled_from(list(draft.devices)), min_size=1, max_size=3, unique=True).map(tuple))
    return st.one_of(*choices)


def _add_uplink(draw: Draw, draft: Draft, number: int) -> None:
    name = f"up{number}"
    earlier = list(draft.uplinks)
    behind = draw(seldom(_groups(draft, earlier), ()))
    listed: list[str] = []
    for position in range(draw(st.integers(1, 3))):
        device = f"{name}-rt{position}"
        role = draw(st.sampled_from([Role.ROUTER, Role.LINK, Role.ROUTER, Role.SWITCH]))
        reach = Reach()
        if draft.devices and draw(st.sampled_from([False, False, True])):
            reach = Reach(ReachKind.INTERFACE, interface="ether2", of=draw(st.sampled_from(list(draft.devices))))
        draft.devices[device] = Device(
            device, role, uplink=name, interval=draw(intervals), behind=behind, reach=reach, **life(draw)
        )
        listed.append(device)
    draft.uplinks[name] = Uplink(
        name,
        draw(places),
        provider=draw(st.sampled_from(["", "telkom", "icon"])),
        devices=tuple(listed),
        target=draw(seldom(st.just(0.5))),
        planned=draw(seldom(st.just(True), False)),
        **life(draw),
    )


def _add_site(draw: Draw, draft: Draft, number: int) -> None:
    name = f"site{number}"
    uplink = draw(st.sampled_from(["", *draft.uplinks, *draft.uplinks]))
    listed: list[str] = []
    above = draw(_groups(draft, [uplink] * 4 if uplink else []))
    if draw(st.sampled_from([False, False, True])):
        switch = f"{name}-sw"
        draft.devices[switch] = Device(switch, Role.SWITCH, site=name, interval=draw(intervals), behind=above)
        listed, above = [switch], (switch,)
    for position in range(draw(st.sampled_from([1, 2, 3, 4, 0]))):
        device = f"{name}-ap{position}"
        behind = draw(seldom(_groups(draft, list(draft.uplinks)), above))
        draft.devices[device] = Device(
            device, Role.ACCESS_POINT, site=name, interval=draw(intervals), behind=behind, **life(draw)
        )
        listed.append(device)
    services = [f"{name}-sv{position}" for position in range(draw(st.sampled_from([0, 0, 1, 2])))]
    for service in services:
        affects = draw(st.sampled_from([True, True, False]))
        draft.services[service] = Service(service, name, "dns", interval=draw(intervals), affects_wifi=affects)
    draft.sites[name] = Site(
        name,
        draw(places),
        pillars=draw(st.sampled_from([(), ("living",), ("living", "branding")])),
        owner=draw(st.sampled_from(["", "dispar"])),
        uplink=uplink,
        devices=tuple(listed),
        services=tuple(services),
        target=draw(seldom(st.just(0.5))),
        planned=draw(seldom(st.just(True), False)),
        **life(draw),
    )


@st.composite
def windows(draw: Draw, name: str, scopes: Sequence[str]) -> Maintenance:
    """Draw a window: in time, late, never announced, approved, short of a reason, only for what it names."""
    start = draw(times)
    announced = st.one_of(st.just(start - NOTICE), st.just(start - NOTICE + 1), st.none(), st.just(FIRST - 3 * NOTICE))
    return Maintenance(
        name,
        tuple(draw(st.lists(st.sampled_from(scopes), min_size=1, max_size=2, unique=True))),
        start,
        start + draw(st.integers(1, 400)),
        announced=draw(announced),
        reason=draw(st.sampled_from(["works", ""])),
        approved_by=draw(seldom(st.just("head"), "")),
        only=draw(seldom(st.just(True), False)),
    )


NOTICE = 300


@st.composite
def inventories(draw: Draw) -> Inventory:
    """Draw a small city."""
    draft = Draft()
    for number in range(draw(st.sampled_from([1, 1, 2, 3]))):
        _add_uplink(draw, draft, number)
    for number in range(draw(st.sampled_from([1, 1, 2, 3, 4]))):
        _add_site(draw, draft, number)
    scopes = [*draft.devices, *draft.uplinks, *draft.sites, *KELURAHAN, "kc-1", "kc-2", "city"]
    names = [f"w{number}" for number in range(draw(st.integers(0, 3)))]
    return Inventory(
        city=City(code="13.71", zone="Asia/Jakarta"),
        settings=Settings(notice=NOTICE, recovery_grace=draw(st.sampled_from([0, 40]))),
        targets=Targets(completeness=draw(st.sampled_from([0.95, 0.5])), pillars={"living": 0.6}),
        kelurahan=KELURAHAN,
        sites=draft.sites,
        uplinks=draft.uplinks,
        devices=draft.devices,
        services=draft.services,
        maintenance={name: draw(windows(name, scopes)) for name in names},
        holidays=draw(st.sampled_from([frozenset(), frozenset({SUNDAY}), frozenset({MONDAY})])),
    )


# -- what was observed --------------------------------------------------------------------------------


Story = tuple[set[str], int, int, Outcome | None]
"""Whom something befalls, from when until when, and what is observed of them then (``None``: nothing)."""


def _touched(inventory: Inventory, target: str) -> set[str]:
    """Name the checks that an event of ``target`` touches: all, those of an uplink or a site, or that one."""
    if target == "all":
        return {*inventory.devices, *inventory.services}
    if target in inventory.uplinks:
        return {*inventory.uplinks[target].devices}
    if target in inventory.sites:
        return {*inventory.sites[target].devices, *inventory.sites[target].services}
    return {target}


@st.composite
def events(draw: Draw, inventory: Inventory) -> list[Story]:
    """Draw what happens to one, to some or to all; what befalls an uplink, its sites feel sooner, later or not."""
    checked = [*inventory.devices, *inventory.services]
    target = draw(st.sampled_from([*inventory.uplinks, *inventory.uplinks, *checked, *inventory.sites, "all"]))
    start, end = draw(times), draw(st.integers(1, 300))
    end += start
    what = draw(st.one_of(st.just(Outcome.DOWN), outcomes, st.none()))
    stories: list[Story] = [(_touched(inventory, target), start, end, what)]
    for site in inventory.sites.values():
        if target in inventory.uplinks and site.uplink == target and draw(st.sampled_from([True, True, False])):
            sooner, longer = draw(st.integers(-60, 60)), draw(st.integers(-60, 120))
            stories.append(({*site.devices}, start + sooner, end + longer, what))
    return stories


@st.composite
def histories(draw: Draw, inventory: Inventory) -> Observations:
    """Draw what was observed: each check in its own step, and events that befall one, some or all of them."""
    checked: dict[str, Device | Service] = {**inventory.devices, **inventory.services}
    happened = [story for stories in draw(st.lists(events(inventory), min_size=1, max_size=6)) for story in stories]
    seen: Observations = []
    for name, thing in checked.items():
        usual = draw(seldom(st.sampled_from([Outcome.DOWN, None]), Outcome.UP))
        for at in range(FIRST + draw(st.integers(0, thing.interval)), LAST, thing.interval):
            what = usual
            for touched, start, end, instead in happened:
                if name in touched and start <= at < end:
                    what = instead
            if what is not None:
                seen.append((at, name, what))
    seen += draw(st.lists(st.tuples(times, st.sampled_from(list(checked)), outcomes), max_size=6))
    if seen and draw(st.booleans()):
        again = draw(st.lists(st.integers(0, len(seen) - 1), max_size=3))
        seen += [(*seen[place][:2], draw(outcomes)) for place in again]
        random.Random(draw(st.integers(0, 9))).shuffle(seen)
    return seen


@st.composite
def periods(draw: Draw) -> Period:
    """Draw a period: the whole story or a part of it."""
    start, end = sorted(draw(st.one_of(st.just((FIRST, LAST)), st.tuples(times, times))))
    return Period(start, max(end, start + 1), "Asia/Jakarta", "part")


@st.composite
def cases(draw: Draw) -> Case:
    """Draw a city, its history and a period; sometimes also when netmon first loaded what there is."""
    inventory = draw(inventories())
    names = [
        *(("device", name) for name in inventory.devices),
        *(("site", name) for name in inventory.sites),
        *(("uplink", name) for name in inventory.uplinks),
        *(("maintenance", name) for name in inventory.maintenance),
    ]
    loaded = None
    if draw(seldom(st.just(True), False)):
        moments = st.one_of(st.just(FIRST - 3 * NOTICE), st.just(FIRST - 3 * NOTICE), times)
        loaded = {name: draw(moments) for name in names}
    return Case(inventory, draw(histories(inventory)), draw(periods()), loaded)


@st.composite
def power_cuts(draw: Draw) -> Case:
    """Draw one uplink, one site and failures of both that nearly coincide: what upstream attribution is about."""
    name, group = "up0", [f"up0-rt{number}" for number in range(draw(st.sampled_from([1, 2])))]
    draft = Draft()
    for router in group:
        dates = {"decommissioned": draw(seldom(times)), "commissioned": draw(seldom(times))}
        draft.devices[router] = Device(router, Role.ROUTER, uplink=name, interval=draw(intervals), **dates)
    points = ["site0-ap0", "site0-ap1"]
    for point in points:
        behind = draw(st.sampled_from([tuple(group), tuple(group), (points[0],) if point != points[0] else ()]))
        draft.devices[point] = Device(point, Role.ACCESS_POINT, site="site0", interval=draw(intervals), behind=behind)
    inventory = Inventory(
        city=City(code="13.71", zone="Asia/Jakarta"),
        settings=Settings(recovery_grace=draw(st.sampled_from([0, 40]))),
        kelurahan=KELURAHAN,
        sites={"site0": Site("site0", "k-1", uplink=name, devices=tuple(points))},
        uplinks={name: Uplink(name, "k-1", devices=tuple(group))},
        devices=draft.devices,
    )
    seen: Observations = []
    cuts = draw(st.lists(st.tuples(times, st.integers(1, 200)), min_size=1, max_size=3))
    edges = st.sampled_from([0, 0, -10, 10, -40, 40, 70, 150])
    for device in draft.devices.values():
        felt = [(start + draw(edges), start + length + draw(edges)) for start, length in cuts]
        for at in range(FIRST + draw(st.integers(0, device.interval)), LAST, device.interval):
            down = any(start <= at < end for start, end in felt)
            seen.append((at, device.id, Outcome.DOWN if down else Outcome.UP))
    lost = draw(st.sets(st.integers(0, len(seen) - 1), max_size=4))
    return Case(inventory, [one for place, one in enumerate(seen) if place not in lost], draw(periods()))
