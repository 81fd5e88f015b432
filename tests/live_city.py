"""A city watched without a network: observations go into tracks and state as the sink puts them there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netmon.availability import Evaluation, FirstLoaded, cut_at, evaluate, month_at
from netmon.measures import series
from netmon.model import (
    Check,
    City,
    Device,
    Failure,
    Identity,
    Inventory,
    Kelurahan,
    Observation,
    Outcome,
    Readings,
    Role,
    Site,
    Uplink,
    reach_seconds,
)
from netmon.state import CityState
from netmon.tracks import Track

FAILURES = {Outcome.UP: None, Outcome.DOWN: Failure.TIMEOUT, Outcome.BLIND: Failure.LOCAL}

NOW = 1_794_020_400  # 2026-11-07T10:00:00+07:00, a Saturday


class LiveCity:
    """Tracks and the state that is formed from them."""

    def __init__(
        self,
        inventory: Inventory,
        first_loaded: FirstLoaded | None = None,
        revisions: tuple[tuple[int, Inventory], ...] = (),
    ) -> None:
        """Begin with nothing observed."""
        self.tracks: dict[str, Track] = {}
        self.state = CityState(inventory, self.track, first_loaded, revisions)

    def track(self, name: str) -> Track:
        """Give the track of a device or service."""
        return self.tracks.setdefault(name, Track())

    def observe(self, at: float, name: str, outcome: Outcome = Outcome.UP, **more: object) -> None:
        """Take in an observation that decides; ``more`` are fields of the observation."""
        inventory = self.state.inventory
        watched = inventory.devices.get(name) or inventory.services.get(name)
        if watched is None:
            return
        self.track(name).add(int(at), outcome, reach_seconds(watched.interval))
        if isinstance(watched, Device):
            check = Check(f"{name}/reachability", name, "icmp", watched.interval, decides=True)
            self.state.observe(Observation(check, at, FAILURES[outcome], **more))  # type: ignore[arg-type]

    def watch(self, name: str, start: int, end: int, outcome: Outcome = Outcome.UP) -> None:
        """Observe a device in each of its intervals from ``start`` on, before ``end``."""
        for at in range(start, end, self.state.devices[name].interval):
            self.observe(at, name, outcome)

    def read(self, at: float, name: str, readings: Iterable[tuple[str, dict[str, str], float]], **more: object) -> None:
        """Take in readings ``(measure, labels, value)``."""
        device = self.state.devices[name]
        check = Check(f"{name}/readings", name, "readings", 60)
        values = Readings.of((series(measure, device, own), value) for measure, own, value in readings)
        self.state.observe(Observation(check, at, readings=values, **more))  # type: ignore[arg-type]

    def report(self, now: int, inventory: Inventory | None = None, loaded: FirstLoaded | None = None) -> Evaluation:
        """Compute LK-1 anew for the month so far, the reference."""
        inventory = inventory or self.state.inventory
        period = cut_at(month_at(now, inventory.city.zone), now)
        spans = {name: track.spans() for name, track in self.tracks.items()}
        return evaluate(inventory, spans, period, first_loaded=loaded)


def small_city(**more: object) -> Inventory:
    """Describe a park with two access points behind a router, a mosque with one behind a second uplink."""
    devices = [
        Device("rt-1", Role.ROUTER, "127.0.1.1", name="Router Purus", uplink="up-1", interval=30, wan="ether1"),
        Device("rt-2", Role.ROUTER, "127.0.1.2", uplink="up-2", interval=30),
        Device("ap-1", Role.ACCESS_POINT, "127.0.2.1", name="AP Gazebo", site="park", interval=30, behind=("rt-1",)),
        Device("ap-2", Role.ACCESS_POINT, "127.0.2.2", site="park", interval=30, behind=("rt-1",)),
        Device("ap-3", Role.ACCESS_POINT, "127.0.2.3", site="mosque", interval=60, behind=("rt-2",)),
    ]
    city = Inventory(
        city=City(name="Padang", code="13.71", zone="Asia/Jakarta"),
        kelurahan={
            "13.71.01.1001": Kelurahan("13.71.01.1001", "Purus", "13.71.01", "Padang Barat", 7000),
            "13.71.02.1002": Kelurahan("13.71.02.1002", "Alang Laweh", "13.71.02", "Padang Selatan", 3000),
            "13.71.02.1003": Kelurahan("13.71.02.1003", "Air Manis", "13.71.02", "Padang Selatan", 2000),
        },
        uplinks={
            "up-1": Uplink("up-1", "13.71.01.1001", provider="telkom", devices=("rt-1",)),
            "up-2": Uplink("up-2", "13.71.02.1002", provider="icon", devices=("rt-2",)),
        },
        sites={
            "park": Site(
                "park",
                "13.71.01.1001",
                name="Taman Budaya",
                kind="park",
                location=(-0.95, 100.35),
                pillars=("living", "branding"),
                owner="dispar",
                uplink="up-1",
                devices=("ap-1", "ap-2"),
            ),
            "mosque": Site("mosque", "13.71.02.1002", pillars=("living",), uplink="up-2", devices=("ap-3",)),
        },
        devices={device.id: device for device in devices},
        revision="r-1",
    )
    return replace(city, **more)  # type: ignore[arg-type]


IDENTITY = Identity("mikrotik_routeros", "MikroTik", "RB951", "6.49.10", "SN-1", "core")
