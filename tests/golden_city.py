"""A small city after an hour of life, of which every family of metrics tells something; and how to read its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from live_city import IDENTITY, NOW, LiveCity, small_city

from exporters import Exporter, Monitor
from netmon.indicators import AreaCoverage
from netmon.measures import MEASURES, Measure
from netmon.model import Acknowledgement, Device, Failure, Maintenance, Outcome, Role, Site, Targets
from netmon.scheduler.counters import Counters


def golden_city() -> LiveCity:
    """Let a small city live through an hour: an outage of a router, a blind one, a window, readings, a planned site."""
    inventory = small_city()
    window = Maintenance("w-1", ("up-2", "mosque"), NOW - 600, NOW + 600, announced=NOW - 10 * 86400, only=True)
    planned = Site("library", "13.71.02.1003", planned=True)
    beach = Site("beach", "13.71.02.1003", uplink="up-2", devices=("ap-4",))
    ap = Device("ap-4", Role.ACCESS_POINT, "127.0.2.4", site="beach", interval=60, behind=("rt-2",))
    inventory = replace(
        inventory,
        devices={**inventory.devices, "ap-4": ap},
        sites={**inventory.sites, "library": planned, "beach": beach},
        maintenance={"w-1": window},
        targets=Targets(pillars={"living": 0.99}, connected_share=1.0, connected_by=date(2026, 12, 31)),
    )
    city = LiveCity(inventory, {}, ((NOW - 86400, inventory),))
    for name in ("rt-2", "ap-2", "ap-3", "ap-4"):
        city.watch(name, NOW - 3600, NOW)
    for name in ("rt-1", "ap-1"):
        city.watch(name, NOW - 3600, NOW - 1800)
        city.watch(name, NOW - 1800, NOW - 900, Outcome.DOWN)
        city.watch(name, NOW - 900, NOW - 300)
    city.watch("rt-1", NOW - 300, NOW)
    city.watch("ap-1", NOW - 300, NOW, Outcome.DOWN)
    city.observe(NOW - 10, "ap-2", Outcome.BLIND)
    city.observe(NOW - 5.25, "rt-1", rtt=0.00125, loss=0.2)
    city.read(NOW - 20, "rt-1", list(router_readings()), identity=IDENTITY)
    city.read(NOW - 20, "ap-2", [("wifi_clients", {}, 0), ("wifi_radio_clients", {"radio": "wlan1", "band": "2.4"}, 0)])
    return city


def router_readings() -> Iterator[tuple[str, dict[str, str], float]]:
    """Give a reading of every measure that is not a ping's."""
    labels = {
        "interface": "ether1",
        "alias": "ke kantor",
        "radio": "wlan1",
        "band": "5",
        "ssid": "Padang",
        "state": "up",
    }
    labels["sensor"] = "cpu"
    for number, measure in enumerate(MEASURES.values()):
        if not measure.name.startswith("icmp_"):
            yield measure.name, {name: labels[name] for name in measure.labels}, _plausible(measure, number)


def _plausible(measure: Measure, number: int) -> float:
    if measure.name.endswith(("_info", "_up")):
        return 1
    return 0.25 if measure.unit == "ratio" else number


DRILL = {
    "drill": "d-1",
    "device": "ap-2",
    "site": "park",
    "uplink": "up-1",
    "kelurahan": "13.71.01.1001",
    "kecamatan": "13.71.01",
    "owner": "dispar",
    "real": "no",
}
MADE = {
    kind: {name: Acknowledgement(kind, name, "Budi", "menuju lokasi", NOW - 60)}
    for kind, name in (("device", "ap-1"), ("site", "park"), ("uplink", "up-1"))
}


def monitor() -> Monitor:
    """Describe a monitor that has done something of each kind."""
    counters = Counters()
    icmp = counters.of("icmp")
    icmp.rounds, icmp.requests, icmp.duration_count, icmp.duration_sum = 12, 14, 12, 0.75
    icmp.failures[Failure.TIMEOUT] = 2
    return Monitor(
        counts=counters,
        witness_up=True,
        revision="r-1",
        devices=5,
        sockets={"icmp": {"sent": 70, "received": 60}},
        history_committed=NOW - 3,
        drill=DRILL,
    )


def exporter(city: LiveCity, at: float = NOW) -> Exporter:
    """Show a city at a time."""
    area = AreaCoverage(11_780.97, 1.6964e-05, {"living": 1.6964e-05, "branding": 0.0})
    return Exporter(city.state, monitor, area=lambda: area, acknowledged=lambda kind, _: MADE[kind], wall=lambda: at)


def series_of(page: str) -> list[str]:
    """Give the series of a page, without their values."""
    return [line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")]


def values_of(page: str) -> dict[str, float]:
    """Give the values of a page by series."""
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
