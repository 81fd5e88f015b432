"""A controller made of cells, whose access points come and go, and an inventory of those that are known through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from snmp_agents import Respond
from snmp_city import OPEN
from snmprec import responding

from netmon.model import Check, Credential, Device, Inventory, Reach, ReachKind, Role, Site
from netmon.probes.snmp import SnmpProbes
from netmon.profiles import Cell, build
from netmon.scheduler import checks_of
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.snmp.wire import Message

Answer = Message | bytes | Sequence[Message | bytes] | None
LIST = "1.3.6.1.4.1.99999.7.1"
UP_TIME = "1.3.6.1.2.1.1.3.0"
EPOCH = 1_790_000_000.0
LONG_AGO = 100 * 86400 * 100
PROFILE = {
    "vendor": "Acme",
    "access_points": [
        {
            "name": f"{LIST}.1",
            "mac": {"get": f"{LIST}.2", "transform": "mac"},
            "state": {"get": f"{LIST}.3", "map": {"1": "online", "2": "offline", "3": "upgrading"}},
            "model": f"{LIST}.4",
            "version": f"{LIST}.5",
            "serial": f"{LIST}.6",
            "clients": f"{LIST}.7",
        }
    ],
}
PROFILES = build({"generic": PROFILE})
NONE = build({"generic": {"vendor": "Acme"}})
STATES = {"online": 1, "offline": 2, "upgrading": 3}


@dataclass(frozen=True)
class Point:
    """An access point as a controller lists it."""

    name: str
    state: str = "online"
    clients: int = 0
    mac: bytes = b""


def records_of(*points: Point, ticks: int = LONG_AGO) -> dict[str, tuple[int, Cell]]:
    """Give the cells of a controller that has been up for ``ticks`` hundredths of a second."""
    records: dict[str, tuple[int, Cell]] = {
        "1.3.6.1.2.1.1.1.0": (wire.OCTET_STRING, b"Acme WLC"),
        "1.3.6.1.2.1.1.2.0": (wire.OBJECT_IDENTIFIER, "1.3.6.1.4.1.99999.1"),
        UP_TIME: (wire.TIME_TICKS, ticks),
        "1.3.6.1.4.1.99999.8.0": (wire.INTEGER, 0),
    }
    for row, point in enumerate(points, 1):
        texts = {1: point.name, 4: "AP-9", 5: "7.1", 6: f"SN{row}"}
        cells: dict[int, tuple[int, Cell]] = {n: (wire.OCTET_STRING, text.encode()) for n, text in texts.items()}
        cells[2] = (wire.OCTET_STRING, point.mac or bytes((2, 0, 0, 0, row >> 8, row & 255)))
        if point.state:
            cells[3] = (wire.INTEGER, STATES[point.state])
        cells[7] = (wire.GAUGE32, point.clients)
        records |= {f"{LIST}.{column}.{row}": cell for column, cell in cells.items()}
    return records


@dataclass
class Controller:
    """A controller's agent; ``asked`` are the questions that it was asked, ``silent`` whether it answers none."""

    records: dict[str, tuple[int, Cell]] = field(default_factory=records_of)
    silent: bool = False
    asked: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer from the records."""
        self._answer: Respond = responding(self.records)

    def lists(self, *points: Point, ticks: int = LONG_AGO) -> None:
        """List these access points from now on."""
        self.records.clear()
        self.records |= records_of(*points, ticks=ticks)

    def respond(self, question: Message) -> Answer:
        """Answer a question."""
        self.asked.append(question)
        return None if self.silent else self._answer(question)

    def readings(self) -> int:
        """Count how often its list was read from the beginning."""
        first = wire.encode_oid(f"{LIST}.1")
        return sum(question.pdu_type == wire.GET_BULK and question.varbinds[0][0] == first for question in self.asked)


@dataclass
class Joined:
    """An inventory of one controller and its access points, and probes that look into it."""

    client: SnmpClient
    address: str
    port: int
    now: float = 1000.0
    real_time: bool = False
    credential: Credential = OPEN
    were_up: set[str] = field(default_factory=set)
    devices: dict[str, Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the controller and the probes."""
        self.profiles = PROFILES
        self.devices["wlc-1"] = Device(
            "wlc-1", Role.CONTROLLER, self.address, site="hall", port=self.port, credential="open"
        )
        self.probes = SnmpProbes(
            self.client,
            lambda: self.profiles,
            self.devices.get,
            lambda name: self.credential if name == "open" else None,
            was_up=self.were_up.__contains__,
            wall=time.time if self.real_time else lambda: EPOCH + self.now,
            monotonic=time.monotonic if self.real_time else lambda: self.now,
        ).probes()
        self.probe = self.probes["controller"]

    def inventory(self) -> Inventory:
        """Give the inventory of the moment."""
        return Inventory(devices=self.devices, sites={"hall": Site("hall", "k", devices=tuple(self.devices))})

    def add(self, name: str, match: str, **more: object) -> Check:
        """Add an access point and give its check, with little patience."""
        reach = Reach(ReachKind.CONTROLLER, interface=match, of="wlc-1")
        device = Device(name, Role.ACCESS_POINT, site="hall", reach=reach, controller="wlc-1", match=match)
        self.devices[name] = replace(device, **more)  # type: ignore[arg-type]
        (check,) = (check for check in checks_of(self.inventory()) if check.id == f"{name}/reachability")
        return replace(check, timeout=0.3)
