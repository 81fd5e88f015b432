"""Access points behind a controller in the running service: states, metrics, pages, report, over a restart too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from joined_city import LONG_AGO, PROFILE, Controller, Point
from running_city import CREDENTIALS, Service, netmon, report, running_service, wait_until
from snmp_agents import Agent, running_agent

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LOBBY = Point("AP-Lobby", clients=7)
GATE = Point("AP-Gate", clients=4, mac=bytes.fromhex("001a2b3c4d5e"))
HALL = Point("AP-Hall", clients=30)  # of the controller, and not in the inventory

SETTINGS = """\
city: {{name: Kota Kecil, code: "13.71", zone: Asia/Jakarta, language: id}}
intervals: {{reachability: 5s, readings: 10s}}
confirm_by_ping: false
witness: [{{address: 127.0.0.1, port: {port}, reach: snmp, credential: city}}]
"""

PLACES = """\
sites:
  - id: hall
    name: Gedung Serbaguna
    kelurahan: "13.71.01.1001"
    devices:
      - {{id: wlc-1, role: controller, address: 127.0.0.1, port: {port}, credential: city, reach: snmp,
         profile: acme_wlc}}
      - {{id: lobby, role: access_point, controller: wlc-1, match: ap-lobby}}
      - {{id: gate, role: access_point, controller: wlc-1, match: 00-1A-2B-3C-4D-5E}}
      - {{id: roof, role: access_point, controller: wlc-1, match: AP-Roof}}
"""

REGIONS = "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1001,Air Manis,13.71.01,Padang Selatan\n"


def inventory_of(folder: Path, wlc: Agent, witness: Agent) -> Path:
    """Write the inventory, with a profile of its own, and give its folder."""
    files = {
        "netmon.yaml": SETTINGS.format(port=witness.port),
        "credentials.yaml": CREDENTIALS,
        "regions.csv": REGIONS,
        "sites/hall.yaml": PLACES.format(port=wlc.port),
        "profiles/acme_wlc.yaml": yaml.safe_dump({"extends": "generic", **PROFILE}),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class Story:
    """The service and the controller that a story needs."""

    def __init__(self, folder: Path, wlc: Controller, agents: tuple[Agent, Agent]) -> None:
        """Write the inventory."""
        self.wlc = wlc
        self.folder = folder
        self.inventory = inventory_of(folder / "inventory", *agents)
        self.running = ExitStack()

    async def start(self) -> None:
        """Start the service."""
        service = running_service(self.inventory, self.folder / "data", self.folder / "netmon.log")
        self.service: Service = await asyncio.to_thread(self.running.enter_context, service)

    async def states(self, **wanted: str) -> None:
        """Wait for states by device."""
        names = {name.replace("_", "-"): state for name, state in wanted.items()}
        await asyncio.to_thread(self.service.wait_for_states, names)

    async def metric(self, series: str, value: float | None) -> None:
        """Wait for a value in the metrics; ``None``: the series is not there."""

        def is_there() -> bool:
            return self.service.metrics().get(series) == value

        await asyncio.to_thread(wait_until, is_there, f"{series} {value}")

    async def why(self, name: str, reason: str, after: str = "") -> None:
        """Wait until ``netmon status`` gives this reason for a device."""

        def is_given() -> bool:
            devices = self.service.status()["devices"]
            return any(one["id"] == name and f"{after}: {reason}" in one["why"] for one in devices)

        await asyncio.to_thread(wait_until, is_given, f"{name}: {reason}")


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """Run the controller, a witness and the service."""
    wlc, witness = Controller(), Controller()
    wlc.lists(LOBBY, GATE, HALL)
    async with running_agent(wlc.respond) as agent, running_agent(witness.respond) as outside:
        found = Story(tmp_path, wlc, (agent, outside))
        with found.running:
            await found.start()
            yield found


def series(device: str, measure: str = "wifi_clients") -> str:
    """Name a device's own series."""
    return f'netmon_{measure}{{device="{device}",site="hall",uplink=""}}'


async def test_access_points_live_and_die_by_the_word_of_their_controller(story: Story) -> None:
    """Up with clients; down when it says so or lists them no more; unknown while it is silent; up again."""
    await story.states(wlc_1="up", lobby="up", gate="up", roof="unknown")
    await story.metric(series("lobby"), 7)
    await story.metric(series("gate"), 4)
    await story.why("roof", "wlc-1 knows no access point AP-Roof: is match right?")
    page = await asyncio.to_thread(story.service.get, "/metrics")
    assert (
        'netmon_device_info{device="gate",site="hall",uplink="",name="AP-Gate",role="access_point",'
        'vendor="Acme",model="AP-9",version="7.1",profile="acme_wlc",owner="",'
        'kelurahan="13.71.01.1001",kecamatan="13.71.01"} 1'
    ) in page

    story.wlc.lists(Point("AP-Lobby", "offline"), GATE, HALL)
    await story.states(lobby="down", gate="up")
    await story.metric(series("lobby", "device_up"), 0)
    await story.why("lobby", "wlc-1: AP-Lobby is offline", after="not up, says its controller")
    assert "AP-Lobby is offline" in await asyncio.to_thread(story.service.get, "/")

    story.wlc.lists(Point("AP-Lobby", "offline"), HALL)
    await story.states(lobby="down", gate="down")
    await story.why("gate", "wlc-1 no longer lists 00-1A-2B-3C-4D-5E")

    story.wlc.silent = True
    await story.states(wlc_1="down", lobby="unknown", gate="unknown")
    await story.why("gate", "wlc-1 does not tell: no answer in")

    story.wlc.silent = False
    story.wlc.lists(LOBBY, GATE, HALL)
    await story.states(wlc_1="up", lobby="up", gate="up", roof="unknown")
    told = {one["id"]: one for one in (await asyncio.to_thread(story.service.status))["sites"]}
    assert told["hall"]["clients"] == 11

    await asyncio.to_thread(story.service.program.stop)
    found = await asyncio.to_thread(report, story.folder / "data")
    (lobby,) = (one for one in found["objects"] if one["id"] == "lobby")
    assert lobby["seconds"]["up"] > 0
    assert lobby["seconds"]["down"] > 0
    assert lobby["incidents"] == 1


async def test_who_left_while_the_monitor_was_away_is_down(story: Story) -> None:
    """The history knows that it was up; a controller that has just started does not know yet who is missing."""
    await story.states(lobby="up", gate="up")
    await asyncio.to_thread(story.service.program.stop)
    story.wlc.lists(GATE, ticks=6000)
    await story.start()
    await story.why("lobby", "wlc-1 started 1 min ago and does not list ap-lobby yet")
    story.wlc.lists(GATE, ticks=LONG_AGO)
    await story.states(lobby="down", gate="up")
    checked = await asyncio.to_thread(netmon, "status", "--url", story.service.url)
    assert checked.returncode == 1
    assert "wlc-1 no longer lists ap-lobby" in checked.stdout
