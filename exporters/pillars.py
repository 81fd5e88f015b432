"""The city as the evaluation sees it: pillars and coverage."""

from __future__ import annotations

from collections.abc import Iterator

from exporters.families import Family, gauge
from exporters.months import Months
from exporters.present import Present, labels
from netmon import indicators
from netmon.availability import Figures


class Pillars:
    """What the city's sites add up to, kept up to date site by site."""

    def __init__(self) -> None:
        """Begin without having looked."""
        self._months = Months()

    def families(self, present: Present) -> Iterator[Family]:
        """Give what is told of the city as a whole: pillars and coverage."""
        yield from _now(present)
        yield from self._month(present)
        yield from _coverage(present)

    def _month(self, present: Present) -> Iterator[Family]:
        sums: list[tuple[str, float]] = []
        shares: list[tuple[str, float]] = []
        accounts = present.state.accounts(present.now)
        stands = {one.id: one.stand for one in present.things.sites}
        months = self._months.at(accounts, stands, present.now)
        for pillar in indicators.PILLARS:
            for account in accounts:
                label = account.period.label
                total = months.get((label, pillar))
                if total is None:
                    continue
                sums += [(labels(pillar=pillar, state=one.value, period=label), count) for one, count in total.items()]
                share = Figures(total).availability
                if account is accounts[-1] and share is not None:
                    shares.append((labels(pillar=pillar), share))
        yield gauge(
            "netmon_pillar_period_state_seconds",
            "Seconds of the month so far in each state by LK-1, added up over the sites of a pillar.",
            sums,
        )
        yield gauge(
            "netmon_pillar_availability_ratio", "Availability of a pillar's sites this month so far by LK-1.", shares
        )
        targets = [(labels(pillar=name), share) for name, share in present.inventory.targets.pillars.items()]
        yield gauge("netmon_pillar_target_ratio", "Availability that is promised of a pillar.", targets)


def _now(present: Present) -> Iterator[Family]:
    found = [
        (labels(pillar=name), one) for name, one in indicators.pillars(present.inventory, present.site_states).items()
    ]
    yield gauge(
        "netmon_pillar_sites",
        "Sites that serve a pillar, whatever their state.",
        [(own, one.sites) for own, one in found],
    )
    yield gauge(
        "netmon_pillar_sites_up",
        "Sites of a pillar that are up or degraded.",
        [(own, one.sites_up) for own, one in found],
    )
    yield gauge(
        "netmon_pillar_sites_observed",
        "Sites of a pillar whose state is known.",
        [(own, one.sites_observed) for own, one in found],
    )
    yield gauge(
        "netmon_pillar_coverage_kelurahan_ratio",
        "Share of all kelurahan that have a site of the pillar that is up.",
        [(own, one.kelurahan_ratio) for own, one in found if one.kelurahan_ratio is not None],
    )


def _coverage(present: Present) -> Iterator[Family]:
    inventory, state = present.inventory, present.state
    found = indicators.coverage(inventory, present.villages, state.sites_in_service(present.now))
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
        yield gauge(name, text, [] if value is None else [("", value)])
    targets = inventory.targets
    if targets.connected_share is not None:
        by = labels(by=targets.connected_by.isoformat() if targets.connected_by else "")
        yield gauge(
            "netmon_target_kelurahan_connected_ratio",
            "Share of all kelurahan that is to be connected by a date.",
            [(by, targets.connected_share)],
        )
