"""The running service with a simulated city of 2,000 devices: processor time, memory, and its ``/metrics``.

usage: python bench/city.py [--quick]      (``large.py`` does it with 10,000)

Reachability (five echoes) each 30 s, readings by SNMP each 60 s, a scrape of ``/metrics`` each 15 s, as Prometheus
does it. The simulated city runs in a process of its own. What the first contacts cost is over when measuring begins.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import cities
from measuring import NETMON, Row, cpu_seconds, end, main, memory, middle, peak, pin_apart, start, told, wait_for
from workloads import wait_until_open

LISTEN = "127.0.0.1:19810"
"""Where the service is asked."""

_DEVICES = 2000
_WARM_UP = 75  # seconds: a round of readings, and the first contact with each device
_SCRAPE_EVERY = 15
_COMMAND = "python bench/city.py"


@dataclass
class Scrapes:
    """Pages fetched: seconds each took and bytes of the last, by what was asked."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)

    def fetch(self, query: str = "") -> bytes:
        """Fetch a page; ``query`` is what follows ``/metrics``."""
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://{LISTEN}/metrics{query}", timeout=60) as answer:
            page: bytes = answer.read()
        self.seconds.setdefault(query, []).append(time.perf_counter() - began)
        self.size[query] = len(page)
        self.series[query] = sum(not line.startswith(b"#") for line in page.splitlines())
        return page

    def told(self, query: str) -> str:
        """Say what a page takes."""
        took = self.seconds[query]
        return (
            f"{middle(took) * 1000:.0f} ms (quickest {min(took) * 1000:.0f}), "
            f"{self.size[query] / 1e6:.1f} MB, {self.series[query]:,} series"
        )


def start_city(folder: Path, stack: ExitStack, devices: int, *netmon: str | Path) -> subprocess.Popen[str]:
    """Start a simulated city and the service that watches it, by a command that does as ``netmon`` does."""
    cities.write(folder / "city", devices)
    os.environ.update(cities.COMMUNITY)
    simulator = start(NETMON, "simulate", folder / "city", apart=True)
    stack.callback(end, simulator)
    told(simulator)  # that its agents answer
    what: list[str | Path] = ["run", "--inventory", folder / "city", "--data", folder / "data", "--listen", LISTEN]
    service = start(*(netmon or (NETMON,)), *what, quiet=True)
    stack.callback(end, service)
    wait_until_open(19810)
    return service


def is_read(devices: int) -> bool:
    """Say whether there are readings of every device."""
    lines = Scrapes().fetch("?part=readings").splitlines()
    return sum(line.startswith(b"netmon_device_boot_timestamp_seconds{") for line in lines) >= devices


def watch(service: subprocess.Popen[str], scrapes: Scrapes, seconds: int) -> tuple[float, float]:
    """Scrape for so long; give the seconds of processor time, and of the clock."""
    began, before = time.monotonic(), cpu_seconds(service.pid)
    until, due = began + seconds, began
    while due < until:
        time.sleep(max(0.0, due - time.monotonic()))
        scrapes.fetch()
        due += _SCRAPE_EVERY
    time.sleep(max(0.0, until - time.monotonic()))
    return cpu_seconds(service.pid) - before, time.monotonic() - began


def held_by(service: subprocess.Popen[str]) -> str:
    """Say what a process holds in memory, and held at most."""
    now = memory(service.pid)
    return f"Rss {now['Rss']:.0f} MB, Pss {now['Pss']:.0f} MB, peak {peak(service.pid):.0f} MB"


def _rows(used: float, wall: float, held: str, scrapes: Scrapes) -> list[Row]:
    city = f"{_DEVICES:,} devices, reachability 30 s, readings 60 s"
    pages = {"": "/metrics", "?part=state": "/metrics?part=state", "?part=readings": "/metrics?part=readings"}
    return [
        Row(f"{city}, scraped each 15 s: CPU", f"{used / wall:.1%} of one core", command=_COMMAND),
        Row(f"{city}: memory", held, command=_COMMAND),
        *(Row(f"`{page}` of that city", scrapes.told(query), command=_COMMAND) for query, page in pages.items()),
    ]


def measure(quick: bool) -> list[Row]:
    """Let the service run for some minutes."""
    pin_apart()
    seconds = 60 if quick else 120
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        service = start_city(Path(name), stack, _DEVICES)
        time.sleep(_WARM_UP)
        wait_for(lambda: is_read(_DEVICES), "readings of every device", every=5)
        scrapes = Scrapes()
        used, wall = watch(service, scrapes, seconds)
        for query in ("?part=state", "?part=readings") * 5:
            scrapes.fetch(query)
        return _rows(used, wall, held_by(service), scrapes)


if __name__ == "__main__":
    main(measure, __doc__)
