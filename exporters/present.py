"""What a page is about: the objects of an inventory, and the second in which they are shown."""

from __future__ import annotations

from functools import cached_property

from netmon import indicators
from netmon.measures import line
from netmon.model import Device, Inventory, Site, State, Uplink
from netmon.state import CityState, Stand

CITY = "city"
SELF = "self"


class Thing:
    """An object of the inventory: the finished text of the labels that name it, its group, how it was last shown."""

    __slots__ = ("group", "id", "labels", "stand")

    def __init__(self, name: str, own: str, group: str, stand: Stand) -> None:
        """Put it together."""
        self.id = name
        self.labels = own
        self.group = group
        self.stand = stand


class Things:
    """All objects of one inventory, made once and kept from page to page."""

    def __init__(self, state: CityState, now: int) -> None:
        """Name everything."""
        inventory = self.inventory = state.inventory
        self._state = state
        self.groups = [*groups(inventory), CITY]
        self.devices = [
            Thing(name, device_labels(device), group_of(inventory, device), stand)
            for (name, device), stand in zip(state.devices.items(), state.stands("device", now), strict=True)
        ]
        self.sites = [
            Thing(name, labels(site=name), group_of(inventory, inventory.sites[name]), stand)
            for name, stand in zip(state.sites, state.stands("site", now), strict=True)
        ]
        self.uplinks = [
            Thing(name, labels(uplink=name), group_of(inventory, inventory.uplinks[name]), stand)
            for name, stand in zip(state.uplinks, state.stands("uplink", now), strict=True)
        ]

    def look(self, now: int) -> None:
        """Let every object stand as it does in a second."""
        for kind, things in (("device", self.devices), ("site", self.sites), ("uplink", self.uplinks)):
            for thing, stand in zip(things, self._state.stands(kind, now), strict=True):
                thing.stand = stand


class Present:
    """The city in one second, or one group of it (a kecamatan's code); everything is worked out once."""

    def __init__(self, state: CityState, things: Things, at: float, group: str | None = None) -> None:
        """Look at a city at a time; ``group`` narrows the objects, ``None`` is all of them."""
        self.state = state
        self.things = things
        self.at = at
        self.now = int(at)
        self.group = group

    @property
    def inventory(self) -> Inventory:
        """The inventory in force."""
        return self.things.inventory

    @property
    def groups(self) -> list[str]:
        """The groups that it is about."""
        return self.things.groups if self.group is None else [self.group]

    def holds(self, thing: Device | Site | Uplink | str) -> bool:
        """Say whether a thing, or a kelurahan by its code, belongs to the group."""
        return self.group is None or group_of(self.inventory, thing) == self.group

    def shows(self, group: str) -> bool:
        """Say whether what belongs to a group is shown."""
        return self.group is None or self.group == group

    @cached_property
    def dropped(self) -> dict[str, int]:
        """The series that the budget left out of fresh readings, by the device's id."""
        return self.state.dropped(self.at)

    @cached_property
    def site_states(self) -> dict[str, State]:
        """The state of every site of the city."""
        return {one.id: one.stand.state for one in self.things.sites}

    @cached_property
    def villages(self) -> dict[str, indicators.Village]:
        """Every kelurahan of the city."""
        uplinks = {one.id: one.stand.state for one in self.things.uplinks}
        return indicators.villages(self.inventory, self.site_states, uplinks)


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
    return kecamatan_of(inventory, thing if isinstance(thing, str) else thing.kelurahan) or CITY


def kecamatan_of(inventory: Inventory, kelurahan: str) -> str:
    """Give the code of the kecamatan that a kelurahan lies in; nothing where that is not known."""
    region = inventory.kelurahan.get(kelurahan)
    return region.kecamatan if region is not None else ""


def groups(inventory: Inventory) -> list[str]:
    """Name the kecamatan that hold something, be it a kelurahan without any site, in the order of their codes."""
    things: list[Site | Uplink] = [*inventory.sites.values(), *inventory.uplinks.values()]
    held = {group_of(inventory, thing) for thing in things} - {CITY}
    return sorted(held | {region.kecamatan for region in inventory.kelurahan.values()})
