"""What discovery knows of one device that it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another device that one has seen on a port of its own; what was not said is empty."""

    protocol: str  # lldp, cdp or mndp
    port: str
    name: str = ""
    address: str = ""
    mac: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered SNMP, as it describes itself.

    ``addresses`` are those that it says are its own, ``also_at`` other ones at which this discovery met it, ``wan``
    the interface that leads out where the profile knows it, ``missing`` what could not be read. ``pinged`` says
    whether it answers ping, ``None`` where it was not asked; ``services`` is its sysServices (RFC 3418), ``forwards``
    whether it routes.
    """

    address: str
    port: int = 161
    credential: str = ""
    pinged: bool | None = None
    profile: str = ""
    vendor: str = ""
    model: str = ""
    version: str = ""
    serial: str = ""
    name: str = ""
    descr: str = ""
    engine: str = ""
    macs: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    interfaces: tuple[str, ...] = ()
    wan: str = ""
    has_wifi: bool = False
    clients: float | None = None
    services: int = 0
    forwards: bool = False
    access_points: tuple[Mapping[str, Any], ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    also_at: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def hardware(self) -> str:
        """What people would call the box: maker and model."""
        if self.model.lower().startswith(self.vendor.lower()):
            return self.model or self.profile
        return f"{self.vendor} {self.model}".strip()


@dataclass(slots=True)
class Heard:
    """What one address said: nothing, an echo, or a device.

    ``pinged`` is ``None`` where it was not pinged, or could not be; ``tried`` names the credentials that were sent,
    ``refused`` those that the agent there does not take; ``trouble`` is what kept us from asking.
    """

    address: str
    pinged: bool | None = None
    rtt: float | None = None
    found: Found | None = None
    refused: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    trouble: str = ""
