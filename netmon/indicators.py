"""Pure: what the smart-city evaluation asks of the present, formed from the inventory and the objects' states.

Shares are of *all* the city's kelurahan; what is not known to be up does not count as reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netmon.model import Inventory, Site, State

PILLARS = ("government", "economy", "living", "branding", "environment", "society")
"""The pillars of the "Gerakan Menuju 100 Smart City"."""

SERVING = frozenset({State.UP, State.DEGRADED})

States = Mapping[str, State]
"""The state of each object by id; what is planned to come is not in it."""


@dataclass(frozen=True, slots=True)
class Pillar:
    """One pillar now. ``kelurahan_ratio`` is ``None`` for a city without kelurahan."""

    sites: int
    sites_up: int
    sites_observed: int
    kelurahan_ratio: float | None


@dataclass(frozen=True, slots=True)
class Village:
    """One kelurahan now. ``connected`` is ``None`` where it has no uplink or its state is not known."""

    connected: bool | None
    hotspots: int
    hotspots_up: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of the whole city, from 0 to 1; ``None`` where there is nothing to divide by."""

    connected: float | None
    hotspot: float | None
    population: float | None


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """The area that access points cover, in square metres, and its share of the city, by pillar too."""

    square_meters: float
    ratio: float
    pillars: Mapping[str, float]


def pillars(inventory: Inventory, sites: States) -> dict[str, Pillar]:
    """Give every pillar that a site serves, in the order of :data:`PILLARS`."""
    members: dict[str, list[Site]] = {pillar: [] for pillar in PILLARS}
    for name in sites:
        site = inventory.sites[name]
        for pillar in set(site.pillars) & members.keys():
            members[pillar].append(site)
    return {pillar: _pillar(inventory, found, sites) for pillar, found in members.items() if found}


def _pillar(inventory: Inventory, members: list[Site], sites: States) -> Pillar:
    serving = [site for site in members if sites[site.id] in SERVING]
    reached = {site.kelurahan for site in serving} & inventory.kelurahan.keys()
    return Pillar(
        sites=len(members),
        sites_up=len(serving),
        sites_observed=sum(sites[site.id] is not State.UNKNOWN for site in members),
        kelurahan_ratio=_share(len(reached), len(inventory.kelurahan)),
    )


def villages(inventory: Inventory, sites: States, uplinks: States) -> dict[str, Village]:
    """Give every kelurahan of the city by code."""
    links: dict[str, list[State]] = {}
    for name, state in uplinks.items():
        links.setdefault(inventory.uplinks[name].kelurahan, []).append(state)
    spots: dict[str, list[State]] = {}
    for name, state in sites.items():
        spots.setdefault(inventory.sites[name].kelurahan, []).append(state)
    nothing: list[State] = []
    found: dict[str, Village] = {}
    for code in inventory.kelurahan:
        here = spots.get(code, nothing)
        serving = len([state for state in here if state in SERVING])
        found[code] = Village(_connected(links.get(code, nothing)), len(here), serving)
    return found


def _connected(uplinks: list[State]) -> bool | None:
    """One uplink that is up is enough; otherwise all that are in service must be known to be down."""
    if any(state in SERVING for state in uplinks):
        return True
    known = [state for state in uplinks if state in {State.DOWN, State.DOWN_UPSTREAM}]
    return False if known and State.UNKNOWN not in uplinks else None


def coverage(inventory: Inventory, found: Mapping[str, Village], in_service: Collection[str]) -> Coverage:
    """Give the city's shares.

    Args:
        inventory: The city.
        found: Its kelurahan, as :func:`villages` gives them.
        in_service: Ids of the sites that are commissioned, whether up or not.
    """
    served = {inventory.sites[name].kelurahan for name in in_service} & inventory.kelurahan.keys()
    people = {code: region.population for code, region in inventory.kelurahan.items()}
    total = sum(count for count in people.values() if count is not None)
    reached = sum(people[code] or 0 for code, village in found.items() if village.hotspots_up)
    known = bool(people) and None not in people.values()
    return Coverage(
        connected=_share(sum(village.connected is True for village in found.values()), len(inventory.kelurahan)),
        hotspot=_share(len(served), len(inventory.kelurahan)),
        population=_share(reached, total) if known else None,
    )


def budget(target: float, agreed: int, unknown: int, down: int) -> tuple[float, float]:
    """Give the seconds of down-time that a month's target allows, and what is left of them.

    Args:
        target: Share from 0 to 1.
        agreed: Agreed seconds of the whole month, its future too.
        unknown: Seconds of them so far that were not observed: availability does not count them.
        down: Seconds so far in which it did not answer.
    """
    allowed = (1 - target) * (agreed - unknown)
    return allowed, allowed - down


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
