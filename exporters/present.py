"""What one scrape is about: the objects of a group, each with its labels and its present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from netmon import indicators
from netmon.measures import line
from netmon.model import Device, Inventory, Site, State, Uplink
from netmon.state import Account, CityState, Now

CITY = "city"
SELF = "self"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with the finished text of the labels that name it."""

    id: str
    labels: str
    now: Now


class Present:
    """The city in one second, or one group of it (a kecamatan's code); everything is worked out once."""

    def __init__(self, state: CityState, at: float, group: str | None = None) -> None:
        """Look at a city at a time; ``group`` narrows the objects, ``None`` is all of them."""
        self.state = state
        self.at = at
        self.now = int(at)
        self.group = group

    @property
    def inventory(self) -> Inventory:
        """The inventory in force."""
        return self.state.inventory

    @property
    def groups(self) -> list[str]:
        """The groups that it is about."""
        return [*groups(self.inventory), CITY] if self.group is None else [self.group]

    def holds(self, thing: Device | Site | Uplink | str) -> bool:
        """Say whether a thing, or a kelurahan by its code, belongs to the group."""
        return self.group is None or group_of(self.inventory, thing) == self.group

    @cached_property
    def devices(self) -> list[Thing]:
        """The devices of the group."""
        tell = self.state.device
        return [
            Thing(name, device_labels(device), tell(name, self.now))
            for name, device in self.state.devices.items()
            if self.holds(device)
        ]

    @cached_property
    def dropped(self) -> dict[str, int]:
        """The series that the budget left out of fresh readings, by the device's id."""
        return self.state.dropped(self.at)

    @cached_property
    def sites(self) -> list[Thing]:
        """The sites of the group that are objects."""
        return [
            Thing(name, labels(site=name), self.state.site(name, self.now))
            for name in self.state.sites
            if self.holds(self.inventory.sites[name])
        ]

    @cached_property
    def uplinks(self) -> list[Thing]:
        """The uplinks of the group that are objects."""
        return [
            Thing(name, labels(uplink=name), self.state.uplink(name, self.now))
            for name in self.state.uplinks
            if self.holds(self.inventory.uplinks[name])
        ]

    @cached_property
    def _known_sites(self) -> dict[str, Now]:
        """The group's sites, or all of the city's for :data:`CITY`."""
        if self.group == CITY:
            return {name: self.state.site(name, self.now) for name in self.state.sites}
        return {one.id: one.now for one in self.sites}

    @cached_property
    def site_states(self) -> dict[str, State]:
        """The state of every site of the group, of the whole city for :data:`CITY`."""
        return {name: now.state for name, now in self._known_sites.items()}

    @cached_property
    def villages(self) -> dict[str, indicators.Village]:
        """Every kelurahan; what lies outside the group is only right in the whole city and for :data:`CITY`."""
        if self.group == CITY:
            uplinks = {name: self.state.uplink(name, self.now).state for name in self.state.uplinks}
        else:
            uplinks = {one.id: one.now.state for one in self.uplinks}
        return indicators.villages(self.inventory, self.site_states, uplinks)

    def site_seconds(self, account: Account, name: str) -> Mapping[State, int]:
        """Give the seconds that a site has spent in each state of a month on show; it may have been taken out."""
        known = self._known_sites.get(name)
        found = known.seconds.get(account.period.label) if known is not None else None
        return found if found is not None else account.seconds("site", name, self.now)


def labels(**pairs: str) -> str:
    """Write labels without their braces: ``site="a",period="2026-11"``."""
    return line("", pairs.items())[1:-2]


def device_labels(device: Device) -> str:
    """Write the labels that every series of a device carries."""
    return labels(device=device.id, site=device.site, uplink=device.uplink)


def group_of(inventory: Inventory, thing: Device | Site | Uplink | str) -> str:
    """Name the group a thing is scraped with: its kecamatan, or :data:`CITY` where it has none."""
    if isinstance(thing, Device):
        thing = inventory.uplinks[thing.uplink] if thing.uplink else inventory.sites[thing.site]
    code = thing if isinstance(thing, str) else thing.kelurahan
    region = inventory.kelurahan.get(code)
    return region.kecamatan if region is not None else CITY


def groups(inventory: Inventory) -> list[str]:
    """Name the kecamatan that hold something, be it a kelurahan without any site, in the order of their codes."""
    things: list[Site | Uplink] = [*inventory.sites.values(), *inventory.uplinks.values()]
    held = {group_of(inventory, thing) for thing in things} - {CITY}
    return sorted(held | {region.kecamatan for region in inventory.kelurahan.values()})
