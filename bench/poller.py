"""The netmon side of ``polling.py``: polls when it is told to on its standard input, and says what it took.

usage: python bench/poller.py WORKLOAD DEVICES
It reads lines: a number of polls to make, ``scrape``, or ``text`` (what the first device's poll gave).
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from workloads import ACCESS_POINT, AUTH_PASSWORD, COMMUNITY, PRIV_PASSWORD, USER, WORKLOADS, Workload, address

from exporters import Exporter, Monitor
from netmon.cli.settling import look_seldom, settle
from netmon.history import History
from netmon.inventory import load_profiles
from netmon.measures import text
from netmon.model import Check, Credential, Device, Inventory, Observation, Role, Secret, Site
from netmon.probes.snmp import SnmpProbes
from netmon.profiles import build
from netmon.sink import Sink
from netmon.snmp.client import SnmpClient
from netmon.state import CityState

_INTERVAL = 3600  # seconds; nothing grows old while it is measured


def _credential(work: Workload) -> Credential:
    if not work.is_secured:
        return Credential("city", community=Secret(COMMUNITY))
    auth, priv = Secret(AUTH_PASSWORD), Secret(PRIV_PASSWORD)
    return Credential(
        "city", version="3", user=USER, auth_protocol="SHA-256", auth=auth, priv_protocol="AES-128", priv=priv
    )


def _city(devices: int, profile: str, work: Workload) -> Inventory:
    points = {
        f"ap-{n}": Device(
            f"ap-{n}", Role.ACCESS_POINT, address(n), site="s", port=work.port, credential="city", profile=profile
        )
        for n in range(devices)
    }
    sites = {"s": Site("s", "13.71.01.1011", devices=tuple(points))}
    return Inventory(sites=sites, devices=points, credentials={"city": _credential(work)})


class Poller:
    """What polls: the service's own parts from the request to the finished text, without its clock."""

    def __init__(self, client: SnmpClient, history: History, workload: str, devices: int) -> None:
        """Wire it as ``netmon run`` does."""
        work = next(work for work in (*WORKLOADS, ACCESS_POINT) if work.name == workload)
        profiles = build({**load_profiles(), "bench": work.profile})
        profile = "bench" if work.profile else "auto"
        city = _city(devices, profile, work)
        self.last: Observation | None = None
        state = CityState(city, history.track, history.first_loaded())
        self._sink = Sink(history, state)
        self._probe = SnmpProbes(client, lambda: profiles, city.devices.get, city.credentials.get).readings
        self._checks = [
            Check(f"{d.id}/readings", d.id, "readings", _INTERVAL, 2.0, d.address, d.port, "city", profile)
            for d in city.devices.values()
        ]
        self._turn = 0
        self._at_once = work.at_once
        self.exporter = Exporter(state, Monitor)

    def _next(self, count: int) -> Iterable[Check]:
        for _ in range(count):
            yield self._checks[self._turn % len(self._checks)]
            self._turn += 1

    async def poll(self, count: int) -> None:
        """Poll one device after the other, some at once.

        Raises:
            RuntimeError: A device did not give everything.
        """
        turns = iter(self._next(count))

        async def work() -> None:
            for check in turns:
                seen = await self._probe(check)
                if seen.failure is not None or seen.partial:
                    raise RuntimeError(f"{check.device}: {seen.detail}")
                self._sink(seen)
                self.last = seen

        await asyncio.gather(*(work() for _ in range(self._at_once)))


async def _measured(work: Awaitable[object]) -> float:
    before = time.process_time()
    await work
    return time.process_time() - before


async def _scraped(exporter: Exporter) -> str:
    return exporter.text("readings")


async def _serve(poller: Poller, devices: int, say: Callable[[Any], None]) -> None:
    say({"cpu": await _measured(poller.poll(devices)), "polls": devices})  # the first contact with each
    look_seldom()  # as the service does
    settle()
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if line == "text":
            say({"text": text(poller.last.readings) if poller.last else ""})
        elif line == "scrape":
            say({"cpu": await _measured(_scraped(poller.exporter)), "bytes": len(poller.exporter.text("readings"))})
        else:
            say({"cpu": await _measured(poller.poll(int(line))), "polls": int(line)})


async def _main(workload: str, devices: int) -> None:
    client = SnmpClient()
    await client.open()
    try:
        with tempfile.TemporaryDirectory() as folder, History.open(Path(folder)) as history:
            poller = Poller(client, history, workload, devices)
            await _serve(poller, devices, lambda told: print(json.dumps(told), flush=True))
    finally:
        client.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
