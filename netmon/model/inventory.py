"""The words of the inventory, in which the loader hands it on: checked and resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a device is for."""

    ACCESS_POINT = "access_point"
    CONTROLLER = "controller"
    ROUTER = "router"
    LINK = "link"
    SWITCH = "switch"


class Secret:
    """A text that never shows itself: ``repr``, ``str`` and formatting give ``<secret>``."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def reveal(self) -> str:
        """Give the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        """Hide the text."""
        return "<secret>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare the texts."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash the text."""
        return hash(self._text)

    def __reduce__(self) -> str:
        """Refuse to be pickled: a secret stays in this process."""
        raise TypeError("a secret cannot be pickled")


@dataclass(frozen=True, slots=True)
class Credential:
    """How to log in to a device by SNMP and SSH; ``networks`` are the only ones it is ever sent to (empty: any)."""

    name: str
    version: str = "2c"  # "1", "2c" or "3"
    community: Secret | None = None
    user: str = ""
    auth_protocol: str = ""
    auth: Secret | None = None
    priv_protocol: str = ""
    priv: Secret | None = None
    context: str = ""
    ssh_user: str = ""
    ssh_password: Secret | None = None
    ssh_key: Secret | None = None  # the text of a private key
    ssh_port: int = 22
    networks: tuple[str, ...] = ()


class ReachKind(StrEnum):
    """The kinds of the one check that decides up and down."""

    ICMP = "icmp"
    SNMP = "snmp"
    TCP = "tcp"
    INTERFACE = "interface"
    CHECKIN = "checkin"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Reach:
    """How a device is reached: ``port`` for TCP, ``interface`` and ``of`` (a device's id) for an interface.

    For an access point that its controller reports, ``of`` is the controller and ``interface`` the match.
    """

    kind: ReachKind = ReachKind.ICMP
    port: int = 0
    interface: str = ""
    of: str = ""


TimeSpans = tuple[tuple[int, int], ...]
"""Pairs of seconds after local midnight, end exclusive; an end may lie after 86400 (it runs into the next day)."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When a thing is agreed to serve, in the city's zone. ``week`` is Monday to Sunday.

    ``holidays`` is ``None`` where a holiday is an ordinary day.
    """

    week: tuple[TimeSpans, TimeSpans, TimeSpans, TimeSpans, TimeSpans, TimeSpans, TimeSpans]
    holidays: TimeSpans | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One box that is watched. Exactly one of ``site`` and ``uplink`` is set (the one that lists it).

    ``behind`` holds the ids of the *devices* that are the group of alternatives above it: the loader has
    already replaced an uplink's id by its routers and links, and filled in the site's uplink.
    ``confirm_by_ping`` and ``interval`` are resolved too.
    """

    id: str
    role: Role
    address: str = ""
    name: str = ""
    site: str = ""
    uplink: str = ""
    port: int = 161
    credential: str = ""
    profile: str = "auto"
    reach: Reach = field(default_factory=Reach)
    interval: int = 30
    behind: tuple[str, ...] = ()
    confirm_by_ping: bool = True
    radius: float = 50.0
    wan: str = ""
    controller: str = ""
    match: str = ""
    commissioned: int | None = None
    decommissioned: int | None = None
    service_hours: ServiceHours | None = None
    provider: str = ""
    answers_from: str = ""  # another address of its SNMP agent, from which answers come


@dataclass(frozen=True, slots=True)
class Service:
    """A check of something at a site as a visitor meets it. ``affects_wifi``: its failure degrades the hotspot."""

    id: str
    site: str
    check: str
    name: str = ""
    address: str = ""
    port: int = 0
    interval: int = 300
    affects_wifi: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """A place with free Wi-Fi. ``planned``: yet to come, not watched, no object of any report."""

    id: str
    kelurahan: str
    name: str = ""
    kind: str = "other"
    location: tuple[float, float] | None = None  # latitude, longitude
    pillars: tuple[str, ...] = ()
    owner: str = ""
    uplink: str = ""
    ssids: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    target: float | None = None
    planned: bool = False
    commissioned: int | None = None
    decommissioned: int | None = None
    service_hours: ServiceHours | None = None


@dataclass(frozen=True, slots=True)
class Uplink:
    """A kelurahan's connection. ``planned``: yet to come, neither it nor its devices are objects."""

    id: str
    kelurahan: str
    name: str = ""
    provider: str = ""
    owner: str = ""
    devices: tuple[str, ...] = ()
    target: float | None = None
    planned: bool = False
    commissioned: int | None = None
    decommissioned: int | None = None
    service_hours: ServiceHours | None = None


@dataclass(frozen=True, slots=True)
class Kelurahan:
    """An urban village of the city."""

    code: str
    name: str
    kecamatan: str
    kecamatan_name: str
    population: int | None = None


Ring = tuple[tuple[float, float], ...]
"""Longitude and latitude of each corner, the first once more at the end."""

Polygon = tuple[Ring, ...]
"""The outline, then the holes in it."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """An announced window. ``scope`` holds ids of sites, uplinks, devices, kelurahan, kecamatan, or ``city``."""

    id: str
    scope: tuple[str, ...]
    start: int
    end: int
    announced: int | None = None
    reason: str = ""
    approved_by: str = ""
    only: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """What the monitor itself must reach, outside everything it watches."""

    address: str
    reach: Reach = field(default_factory=Reach)
    port: int = 161
    credential: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """The city: ``bounds`` are south, west, north, east."""

    name: str = ""
    code: str = "city"
    zone: str = "UTC"
    language: str = "id"
    bounds: tuple[float, float, float, float] | None = None


def _empty() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Targets:
    """Shares from 0 to 1 that the city has promised; ``connected_by`` is a date."""

    uplink: float = 0.995
    hotspot: float = 0.98
    completeness: float = 0.95
    pillars: Mapping[str, float] = field(default_factory=_empty)
    connected_share: float | None = None
    connected_by: date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The rest of ``netmon.yaml``; durations in seconds."""

    interval_reachability: int = 30
    interval_readings: int = 60
    interval_service: int = 300
    notice: int = 86400
    recovery_grace: int = 0
    alert_hold: int = 180  # a return lasts so long before an outage is over for those who are called
    confirm_by_ping: bool = True
    series_budget: int = 500
    ssh_threads: int = 8
    probe_networks: tuple[str, ...] = ()  # where /probe may ask addresses that are no device's


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything the city has told netmon, checked and resolved; mappings keep the files' order.

    ``sites``, ``uplinks`` and ``devices`` hold the planned ones too: ask :meth:`is_object` before counting.
    ``revision`` is a digest of the files' content.
    """

    city: City = field(default_factory=City)
    settings: Settings = field(default_factory=Settings)
    targets: Targets = field(default_factory=Targets)
    kelurahan: Mapping[str, Kelurahan] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    uplinks: Mapping[str, Uplink] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    witness: tuple[Witness, ...] = ()
    holidays: frozenset[date] = frozenset()
    boundaries: Mapping[str, tuple[Polygon, ...]] = field(default_factory=dict)  # by the code of a kelurahan
    revision: str = ""

    def is_object(self, device: Device) -> bool:
        """Say whether the device counts at all: it does not where its site or uplink is planned."""
        if device.uplink:
            return not self.uplinks[device.uplink].planned
        return not (device.site and self.sites[device.site].planned)

    def access_points(self, site: Site) -> tuple[Device, ...]:
        """The devices from which the site's state is formed."""
        return tuple(d for d in map(self.devices.__getitem__, site.devices) if d.role is Role.ACCESS_POINT)

    def connections(self, uplink: Uplink) -> tuple[Device, ...]:
        """The alternatives from which the uplink's state is formed: its routers and links."""
        return tuple(d for d in map(self.devices.__getitem__, uplink.devices) if d.role in {Role.ROUTER, Role.LINK})
