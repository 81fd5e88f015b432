"""The city as the evaluation sees it: places, pillars, coverage, targets, maintenance."""

from __future__ import annotations

from collections.abc import Iterator

from exporters.families import Family
from exporters.present import Present, labels
from netmon import indicators
from netmon.availability import Figures, add_up
from netmon.measures import format_value
from netmon.model import Site, State, Uplink
from netmon.state import Account


def families(present: Present) -> Iterator[Family]:
    """Give what is told of places: sites, uplinks, kelurahan, their targets and maintenance."""
    yield from _places(present)
    yield from _villages(present)
    yield from _budgets(present)
    yield _maintenance(present)


def city_families(present: Present) -> Iterator[Family]:
    """Give what is told of the city as a whole: pillars and coverage."""
    yield from _pillars_now(present)
    yield from _pillars_month(present)
    yield from _coverage(present)


def _gauge(name: str, text: str, samples: list[tuple[str, float]]) -> Family:
    """A family of gauges from pairs of labels and value."""
    lines = [f"{name}{{{own}}} {format_value(value)}\n" if own else f"{name} {format_value(value)}\n"
             for own, value in samples]  # fmt: skip
    return Family(name, "gauge", text, lines)


def _places(present: Present) -> Iterator[Family]:
    inventory = present.inventory
    sites = [site for site in inventory.sites.values() if not site.planned and present.holds(site)]
    uplinks = [uplink for uplink in inventory.uplinks.values() if not uplink.planned and present.holds(uplink)]
    yield _gauge(
        "netmon_site_info",
        "A site by its id: what it is, where, whose, behind what; always 1.",
        [(_site(present, site), 1) for site in sites],
    )
    serving = [(labels(site=site.id, pillar=pillar), 1.0) for site in sites for pillar in site.pillars]
    yield _gauge(
        "netmon_site_pillar",
        "A pillar of the smart city that a site serves; always 1.",
        [(own, 1) for own, _ in serving],
    )
    yield _gauge(
        "netmon_uplink_info",
        "An uplink by its id: which kelurahan it connects, whose it is; always 1.",
        [(_uplink(uplink), 1) for uplink in uplinks],
    )
    known = [
        (labels(kelurahan=r.code, name=r.name, kecamatan=r.kecamatan, kecamatan_name=r.kecamatan_name), 1)
        for r in inventory.kelurahan.values()
        if present.holds(r.code)
    ]
    yield _gauge(
        "netmon_kelurahan_info",
        "A kelurahan by its code: its name and kecamatan; always 1.",
        [(own, 1) for own, _ in known],
    )


def _site(present: Present, site: Site) -> str:
    region = present.inventory.kelurahan.get(site.kelurahan)
    latitude, longitude = site.location if site.location is not None else ("", "")
    return labels(
        site=site.id,
        name=site.name,
        kind=site.kind,
        kelurahan=site.kelurahan,
        kecamatan=region.kecamatan if region is not None else "",
        owner=site.owner,
        uplink=site.uplink,
        latitude=str(latitude),
        longitude=str(longitude),
    )


def _uplink(uplink: Uplink) -> str:
    return labels(uplink=uplink.id, kelurahan=uplink.kelurahan, provider=uplink.provider)


def _villages(present: Present) -> Iterator[Family]:
    regions = present.inventory.kelurahan
    found = [
        (labels(kelurahan=code, kecamatan=regions[code].kecamatan), village)
        for code, village in present.villages.items()
        if present.holds(code)
    ]
    yield _gauge(
        "netmon_kelurahan_connected",
        "1 where an uplink of the kelurahan is up, 0 where all are down; left out while that is not known.",
        [(own, int(one.connected)) for own, one in found if one.connected is not None],
    )
    yield _gauge(
        "netmon_kelurahan_hotspots",
        "Hotspots of a kelurahan, whatever their state.",
        [(own, v.hotspots) for own, v in found],
    )
    yield _gauge(
        "netmon_kelurahan_hotspots_up",
        "Hotspots of a kelurahan that are up or degraded.",
        [(own, v.hotspots_up) for own, v in found],
    )


def _budgets(present: Present) -> Iterator[Family]:
    inventory, state = present.inventory, present.state
    allowed: list[tuple[str, float]] = []
    left: list[tuple[str, float]] = []
    for kind, things, default in (
        ("site", present.sites, inventory.targets.hotspot),
        ("uplink", present.uplinks, inventory.targets.uplink),
    ):
        for one in things:
            own = inventory.sites[one.id].target if kind == "site" else inventory.uplinks[one.id].target
            seconds = one.now.seconds[state.month(present.now).label]
            both = indicators.budget(
                default if own is None else own,
                state.agreed_in_month(kind, one.id, present.now),
                seconds[State.UNKNOWN],
                seconds[State.DOWN] + seconds[State.DOWN_UPSTREAM],
            )
            allowed.append((one.labels, round(both[0], 3)))
            left.append((one.labels, round(both[1], 3)))
    yield _gauge(
        "netmon_target_budget_seconds",
        "Down-time that the target allows in this whole month, of the time that was or can still be observed.",
        allowed,
    )
    yield _gauge(
        "netmon_target_budget_remaining_seconds",
        "What is left of the down-time that the target allows this month; negative once it is missed.",
        left,
    )


def _maintenance(present: Present) -> Family:
    inventory = present.inventory
    active = [
        (labels(**{kind: name, "maintenance": window}), 1.0)
        for kind, name, window in present.state.active_windows(present.now)
        if present.holds(inventory.sites[name] if kind == "site" else inventory.uplinks[name])
    ]
    return _gauge(
        "netmon_maintenance_active",
        "A maintenance window that counts and covers it now; always 1.",
        [(own, 1) for own, _ in active],
    )


def _pillars_now(present: Present) -> Iterator[Family]:
    found = [
        (labels(pillar=name), one) for name, one in indicators.pillars(present.inventory, present.site_states).items()
    ]
    yield _gauge(
        "netmon_pillar_sites",
        "Sites that serve a pillar, whatever their state.",
        [(own, one.sites) for own, one in found],
    )
    yield _gauge(
        "netmon_pillar_sites_up",
        "Sites of a pillar that are up or degraded.",
        [(own, one.sites_up) for own, one in found],
    )
    yield _gauge(
        "netmon_pillar_sites_observed",
        "Sites of a pillar whose state is known.",
        [(own, o.sites_observed) for own, o in found],
    )
    yield _gauge(
        "netmon_pillar_coverage_kelurahan_ratio",
        "Share of all kelurahan that have a site of the pillar that is up.",
        [(own, one.kelurahan_ratio) for own, one in found if one.kelurahan_ratio is not None],
    )


def _pillars_month(present: Present) -> Iterator[Family]:
    inventory = present.inventory
    sums: list[tuple[str, float]] = []
    shares: list[tuple[str, float]] = []
    accounts = present.state.accounts(present.now)
    for pillar in indicators.PILLARS:
        for account in accounts:
            total, label = _pillar_seconds(account, pillar, present), account.period.label
            if total is None:
                continue
            sums += [(labels(pillar=pillar, state=state.value, period=label), count) for state, count in total.items()]
            share = Figures(total).availability
            if account is accounts[-1] and share is not None:
                shares.append((labels(pillar=pillar), share))
    yield _gauge(
        "netmon_pillar_period_state_seconds",
        "Seconds of the month so far in each state by LK-1, added up over the sites of a pillar.",
        sums,
    )
    yield _gauge(
        "netmon_pillar_availability_ratio", "Availability of a pillar's sites this month so far by LK-1.", shares
    )
    targets = [(labels(pillar=name), share) for name, share in inventory.targets.pillars.items()]
    yield _gauge("netmon_pillar_target_ratio", "Availability that is promised of a pillar.", targets)


def _pillar_seconds(account: Account, pillar: str, present: Present) -> dict[State, int] | None:
    """Add up a pillar's sites, those that were taken out in this month too; ``None`` where there is none."""
    sites = account.inventory.sites
    parts = [present.site_seconds(account, name) for name in account.members["site"] if pillar in sites[name].pillars]
    return add_up(parts) if parts else None


def _coverage(present: Present) -> Iterator[Family]:
    inventory, state = present.inventory, present.state
    in_service = [name for name in state.sites if state.in_service(name, present.now)]
    found = indicators.coverage(inventory, present.villages, in_service)
    for name, text, value in (
        (
            "netmon_coverage_kelurahan_connected_ratio",
            "Share of all kelurahan that have an uplink that is up.",
            found.connected,
        ),
        (
            "netmon_coverage_kelurahan_hotspot_ratio",
            "Share of all kelurahan with a hotspot in service, up or not.",
            found.hotspot,
        ),
        (
            "netmon_coverage_population_ratio",
            "Share of the population whose kelurahan has a hotspot that is up or degraded.",
            found.population,
        ),
    ):
        yield _gauge(name, text, [] if value is None else [("", value)])
    targets = inventory.targets
    if targets.connected_share is not None:
        by = labels(by=targets.connected_by.isoformat() if targets.connected_by else "")
        yield _gauge(
            "netmon_target_kelurahan_connected_ratio",
            "Share of all kelurahan that is to be connected by a date.",
            [(by, targets.connected_share)],
        )
