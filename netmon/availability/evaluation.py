"""LK-1 over a whole inventory: every object's figures, the roll-ups, and how the windows were judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netmon.availability.calendar import Calendar, FirstLoaded, Window
from netmon.availability.figures import Figures, Outage, add_up, reliability, seconds_of
from netmon.availability.intervals import Interval
from netmon.availability.states import Observations, States, device_states, group_states
from netmon.model import Inventory, Period, Site, Span, Uplink


@dataclass(frozen=True, slots=True)
class Result(Figures):
    """The figures of one object: ``kind`` is ``device``, ``site`` or ``uplink``."""

    kind: str
    id: str
    site: str
    uplink: str
    outages: tuple[Outage, ...]
    incidents: int
    mttr_seconds: float | None
    mtbf_seconds: float | None
    target: float | None
    result: str  # met, missed, insufficient or none


@dataclass(frozen=True, slots=True)
class Rollup(Figures):
    """The added-up seconds of the objects (``of``: ``site`` or ``uplink``) of a kelurahan, pillar, owner, provider."""

    kind: str
    id: str
    of: str
    objects: int
    met: int
    missed: int
    insufficient: int
    without_data: int
    target: float | None
    result: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A period by LK-1."""

    period: Period
    objects: tuple[Result, ...]
    rollups: tuple[Rollup, ...]
    maintenance: tuple[Window, ...]


def evaluate(
    inventory: Inventory,
    tracks: Mapping[str, Sequence[Span]],
    period: Period,
    *,
    first_loaded: FirstLoaded | None = None,
) -> Evaluation:
    """Compute LK-1 for a period from what was observed in all recorded time.

    Args:
        inventory: What was in force.
        tracks: Spans by device or service id, as :func:`tracks_of` or a history gives them.
        period: What to report.
        first_loaded: When objects and windows were first loaded; ``None`` in a replay, which believes the files.
    """
    calendar = Calendar(inventory, _recorded(tracks, period), first_loaded)
    observations = Observations(inventory, tracks)
    states = {
        device.id: device_states(device, calendar, observations)
        for device in inventory.devices.values()
        if inventory.is_object(device)
    }
    objects = [
        _result(("device", name, inventory.devices[name].site, inventory.devices[name].uplink), one, period, None, 0.0)
        for name, one in states.items()
    ]
    objects += _groups(inventory, states, calendar.span, period)
    windows = zip(inventory.maintenance.values(), calendar.windows, strict=True)
    touching = [judged for window, judged in windows if window.start < period.end and window.end > period.start]
    return Evaluation(period, tuple(objects), tuple(rollups_of(inventory, objects)), tuple(touching))


def _recorded(tracks: Mapping[str, Sequence[Span]], period: Period) -> Interval:
    """All recorded time and the period, with a second on both sides to look at."""
    start = min((spans[0].start for spans in tracks.values() if spans), default=period.start)
    end = max((spans[-1].end for spans in tracks.values() if spans), default=period.end)
    return min(start, period.start) - 1, max(end, period.end) + 1


def _groups(inventory: Inventory, states: Mapping[str, States], span: Interval, period: Period) -> Iterator[Result]:
    """The uplinks, then the sites, that have members of which a state can be formed."""
    completeness = inventory.targets.completeness
    for uplink in inventory.uplinks.values():
        members = [states[device.id] for device in inventory.connections(uplink)] if not uplink.planned else []
        if members:
            target = inventory.targets.uplink if uplink.target is None else uplink.target
            formed = group_states(members, span)
            yield _result(("uplink", uplink.id, "", uplink.id), formed, period, target, completeness)
    for site in inventory.sites.values():
        members = [states[device.id] for device in inventory.access_points(site)] if not site.planned else []
        if members:
            target = inventory.targets.hotspot if site.target is None else site.target
            formed = group_states(members, span)
            yield _result(("site", site.id, site.id, ""), formed, period, target, completeness)


def _result(
    names: tuple[str, str, str, str], states: States, period: Period, target: float | None, completeness: float
) -> Result:
    kind, name, site, uplink = names
    figures = Figures(seconds_of(states, period))
    failed = reliability(states, period)
    return Result(
        seconds=figures.seconds,
        kind=kind,
        id=name,
        site=site,
        uplink=uplink,
        outages=failed.outages,
        incidents=failed.incidents,
        mttr_seconds=failed.mttr_seconds,
        mtbf_seconds=failed.mtbf_seconds,
        target=target,
        result=figures.judged(target, completeness),
    )


def groups_of(inventory: Inventory, thing: Site | Uplink) -> Iterator[tuple[str, str]]:
    """Name the roll-ups ``(kind, id)`` into which a site or an uplink goes."""
    region = inventory.kelurahan.get(thing.kelurahan)
    yield "kelurahan", thing.kelurahan
    if region is not None:
        yield "kecamatan", region.kecamatan
    yield "city", inventory.city.code
    if isinstance(thing, Uplink):
        if thing.provider:
            yield "provider", thing.provider
        return
    for pillar in thing.pillars:
        yield "pillar", pillar
    if thing.owner:
        yield "owner", thing.owner


_ORDER = ("kelurahan", "kecamatan", "city", "pillar", "owner", "provider")


def rollups_of(inventory: Inventory, objects: Iterable[Result]) -> Iterator[Rollup]:
    """Add up the sites, then the uplinks, by every group they are in; groups without objects are left out."""
    found: dict[tuple[str, int, str], list[Result]] = {}
    for one in objects:
        if one.kind == "device":
            continue
        thing = inventory.sites[one.id] if one.kind == "site" else inventory.uplinks[one.id]
        for kind, name in groups_of(inventory, thing):
            found.setdefault((one.kind, _ORDER.index(kind), name), []).append(one)
    for (of, order, name), members in sorted(found.items()):
        yield _rollup(inventory, (_ORDER[order], name, of), members)


def _rollup(inventory: Inventory, names: tuple[str, str, str], members: Sequence[Result]) -> Rollup:
    kind, name, of = names
    figures = Figures(add_up(member.seconds for member in members))
    target = inventory.targets.pillars.get(name) if kind == "pillar" else None
    results = [member.result for member in members]
    return Rollup(
        seconds=figures.seconds,
        kind=kind,
        id=name,
        of=of,
        objects=len(members),
        met=results.count("met"),
        missed=results.count("missed"),
        insufficient=results.count("insufficient"),
        without_data=sum(member.observed == 0 for member in members),
        target=target,
        result=figures.judged(target, inventory.targets.completeness),
    )
