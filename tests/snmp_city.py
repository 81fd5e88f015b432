"""An inventory that a test can change, probes that look into it, agents made of cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from profile_cells import IFX, PROFILES, UP_TIME

from netmon.model import Check, Credential, Device, Observation, Reach, ReachKind, Role, Secret
from netmon.probes.snmp import SnmpProbes
from netmon.profiles import Cell
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.snmp.wire import Message

SECRET = "kept-to-ourselves"  # noqa: S105 - it must not show up anywhere
OPEN = Credential("open", community=Secret("public"))


@dataclass
class City:
    """An inventory that a test can change, and probes that look into it."""

    client: SnmpClient
    devices: dict[str, Device] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=lambda: {"open": OPEN})
    now: float = 1000.0

    def __post_init__(self) -> None:
        """Make the probes."""
        self.probes = SnmpProbes(
            self.client, lambda: PROFILES, self.devices.get, self.credentials.get, monotonic=lambda: self.now
        )

    def add(self, address: str, port: int, **more: object) -> Check:
        """Add a router and give its readings check."""
        device = Device(id="rt-1", role=Role.ROUTER, address=address, port=port, uplink="up-1", credential="open")
        self.devices["rt-1"] = replace(device, **more)  # type: ignore[arg-type]
        return check_of(self.devices["rt-1"])

    def add_link(self, interface: str) -> Check:
        """Add a link that is a port of the router and give its reachability check."""
        reach = Reach(ReachKind.INTERFACE, interface=interface, of="rt-1")
        self.devices["link-2"] = Device(id="link-2", role=Role.LINK, uplink="up-1", reach=reach)
        router = self.devices["rt-1"]
        return replace(check_of(router), id="link-2/reachability", device="link-2", interface=interface, decides=True)


def check_of(device: Device, seconds: float = 0.4) -> Check:
    """Make a check of a device."""
    return Check(
        id=f"{device.id}/readings",
        device=device.id,
        probe="readings",
        interval=60,
        timeout=seconds,
        address=device.address,
        port=device.port,
        credential=device.credential,
    )


def records_of(cells: Mapping[str, Cell]) -> dict[str, tuple[int, Cell]]:
    """Give cells the tags of an agent."""
    return {oid: (_tag(oid, cell), cell) for oid, cell in cells.items()}


def _tag(oid: str, cell: Cell) -> int:
    if oid == UP_TIME:
        return wire.TIME_TICKS
    if isinstance(cell, bytes):
        return wire.OCTET_STRING
    if isinstance(cell, str):
        return wire.OBJECT_IDENTIFIER
    return wire.COUNTER64 if oid.startswith(IFX) else wire.INTEGER


def values(observation: Observation, measure: str) -> dict[str, float]:
    """Give a measure's values by the last of their labels."""
    return {made.labels[-1][1]: value for made, value in observation.readings if made.measure == measure}


def walked(questions: Iterable[Message]) -> bool:
    """Say whether there was a walk among the questions."""
    return any(question.pdu_type == wire.GET_BULK for question in questions)
