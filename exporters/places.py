"""Places: sites, uplinks, kelurahan, the down-time that their targets allow, their maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from exporters.families import Family, gauge
from exporters.present import Present, Thing, Things, group_of, kecamatan_of, labels
from netmon import indicators
from netmon.measures import format_value
from netmon.model import Inventory, Site, State, Uplink
from netmon.state import CityState

_ALLOWED = "netmon_target_budget_seconds"
_LEFT = "netmon_target_budget_remaining_seconds"
_EATING = frozenset({State.UNKNOWN, State.DOWN, State.DOWN_UPSTREAM})
"""The states in which a budget shrinks by the second."""


class Places:
    """What is written of the places of an inventory."""

    def __init__(self, things: Things) -> None:
        """Write what does not change."""
        inventory = self._inventory = things.inventory
        self._told = [
            (name, text, [(group, "".join([line for _, line in of]).encode()) for group, of in groupby(lines, _group)])
            for name, text, lines in _told(inventory)
        ]
        own = {site.id: site.target for site in inventory.sites.values()}
        self._budgets = [_Budget("site", one, own[one.id], inventory.targets.hotspot) for one in things.sites]
        own = {uplink.id: uplink.target for uplink in inventory.uplinks.values()}
        self._budgets += [_Budget("uplink", one, own[one.id], inventory.targets.uplink) for one in things.uplinks]
        self._villages = [
            (code, group_of(inventory, code), labels(kelurahan=code, kecamatan=region.kecamatan))
            for code, region in inventory.kelurahan.items()
        ]

    def families(self, present: Present) -> Iterator[Family]:
        """Give what is told of places: sites, uplinks, kelurahan, their targets and maintenance."""
        for name, text, lines in self._told:
            yield Family(name, "gauge", text, [line for group, line in lines if present.shows(group)])
        yield from self._connected(present)
        yield from self._left(present)
        yield _maintenance(present)

    def _connected(self, present: Present) -> Iterator[Family]:
        villages = present.villages
        found = [(own, villages[code]) for code, group, own in self._villages if present.shows(group)]
        yield gauge(
            "netmon_kelurahan_connected",
            "1 where an uplink of the kelurahan is up, 0 where all are down; left out while that is not known.",
            [(own, int(one.connected)) for own, one in found if one.connected is not None],
        )
        yield gauge(
            "netmon_kelurahan_hotspots",
            "Hotspots of a kelurahan, whatever their state.",
            [(own, one.hotspots) for own, one in found],
        )
        yield gauge(
            "netmon_kelurahan_hotspots_up",
            "Hotspots of a kelurahan that are up or degraded.",
            [(own, one.hotspots_up) for own, one in found],
        )

    def _left(self, present: Present) -> Iterator[Family]:
        shown = [one for one in self._budgets if present.shows(one.thing.group)]
        for one in shown:
            stand = one.thing.stand
            if stand is not one.told or stand.state in _EATING:
                one.renew(present.state, present.now)
        yield Family(
            _ALLOWED,
            "gauge",
            "Down-time that the target allows in this whole month, of the time that was or can still be observed.",
            [one.allowed for one in shown],
        )
        yield Family(
            _LEFT,
            "gauge",
            "What is left of the down-time that the target allows this month; negative once it is missed.",
            [one.left for one in shown],
        )


class _Budget:
    """What is written of a target's budget; it changes only while what it is of is not up."""

    __slots__ = ("_kind", "_target", "allowed", "left", "thing", "told")

    def __init__(self, kind: str, thing: Thing, own: float | None, default: float) -> None:
        self.thing = thing
        self.told: object = None
        self._kind = kind
        self._target = default if own is None else own
        self.allowed = self.left = b""

    def renew(self, state: CityState, now: int) -> None:
        """Write it for a second."""
        thing, stand = self.thing, self.thing.stand
        self.told = stand
        seconds = stand.seconds(now)[stand.months[-1]]
        allowed, left = indicators.budget(
            self._target,
            state.agreed_in_month(self._kind, thing.id, now),
            seconds[State.UNKNOWN],
            seconds[State.DOWN] + seconds[State.DOWN_UPSTREAM],
        )
        self.allowed = f"{_ALLOWED}{{{thing.labels}}} {format_value(round(allowed, 3))}\n".encode()
        self.left = f"{_LEFT}{{{thing.labels}}} {format_value(round(left, 3))}\n".encode()


def _group(told: tuple[str, str]) -> str:
    return told[0]


def _told(inventory: Inventory) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Give each family that only tells: its name, its help, its lines with their groups."""
    sites = [(group_of(inventory, one), one) for one in inventory.sites.values() if not one.planned]
    uplinks = [(group_of(inventory, one), one) for one in inventory.uplinks.values() if not one.planned]
    name = "netmon_site_info"
    yield (
        name,
        "A site by its id: what it is, where, whose, behind what; always 1.",
        [(group, f"{name}{{{_site(inventory, site)}}} 1\n") for group, site in sites],
    )
    name = "netmon_site_pillar"
    yield (
        name,
        "A pillar of the smart city that a site serves; always 1.",
        [(group, f"{name}{{{labels(site=s.id, pillar=pillar)}}} 1\n") for group, s in sites for pillar in s.pillars],
    )
    name = "netmon_uplink_info"
    yield (
        name,
        "An uplink by its id: which kelurahan it connects, whose it is; always 1.",
        [(group, f"{name}{{{_uplink(inventory, uplink)}}} 1\n") for group, uplink in uplinks],
    )
    name = "netmon_kelurahan_info"
    yield (
        name,
        "A kelurahan by its code: its name and kecamatan; always 1.",
        [(group_of(inventory, code), f"{name}{{{_village(inventory, code)}}} 1\n") for code in inventory.kelurahan],
    )


def _site(inventory: Inventory, site: Site) -> str:
    latitude, longitude = site.location if site.location is not None else ("", "")
    return labels(
        site=site.id,
        name=site.name,
        kind=site.kind,
        kelurahan=site.kelurahan,
        kecamatan=kecamatan_of(inventory, site.kelurahan),
        owner=site.owner,
        uplink=site.uplink,
        latitude=str(latitude),
        longitude=str(longitude),
    )


def _uplink(inventory: Inventory, uplink: Uplink) -> str:
    return labels(
        uplink=uplink.id,
        name=uplink.name,
        kelurahan=uplink.kelurahan,
        kecamatan=kecamatan_of(inventory, uplink.kelurahan),
        provider=uplink.provider,
        owner=uplink.owner,
    )


def _village(inventory: Inventory, code: str) -> str:
    region = inventory.kelurahan[code]
    return labels(
        kelurahan=region.code,
        name=region.name,
        kecamatan=region.kecamatan,
        kecamatan_name=region.kecamatan_name,
    )


def _maintenance(present: Present) -> Family:
    inventory = present.inventory
    active = [
        (labels(**{kind: name, "maintenance": window}), 1.0)
        for kind, name, window in present.state.active_windows(present.now)
        if present.holds(inventory.sites[name] if kind == "site" else inventory.uplinks[name])
    ]
    return gauge(
        "netmon_maintenance_active",
        "A maintenance window that counts and covers it now; always 1.",
        [(own, 1) for own, _ in active],
    )
