"""The service pinging across real networks: dead hosts, black holes, loss, a cut link, and its own uplink cut.

The monitor's LAN ends at a gate, which is one witness; another lies beyond it. Behind the gate is a kelurahan's router,
and behind that are its access points, one of them reached by SNMP.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from netns import NEEDS_NETNS, Network
from running_city import (
    COMMUNITY,
    CREDENTIALS,
    REGIONS,
    Service,
    netmon,
    outages,
    report,
    running_service,
    wait_until,
)
from snmpd import needs_snmpd, running_snmpd

from netmon.history import History
from netmon.model import Outcome

pytestmark = [pytest.mark.e2e, pytest.mark.root, NEEDS_NETNS, needs_snmpd, pytest.mark.timeout(600)]

INTERVAL = 5
EDGE = INTERVAL + 2
PLACES = ("monitor", "gate", "beyond", "router", "dead", "hole", "lossy", "agent")
ADDRESSES = {"rt": "10.91.0.2", "dead": "10.92.1.2", "hole": "10.92.2.2", "lossy": "10.92.3.2", "agent": "10.92.4.2"}
ALL_UP = dict.fromkeys(ADDRESSES, "up")

SETTINGS = f"""\
city: {{name: Kota, code: "13.71", zone: Asia/Jakarta}}
intervals: {{reachability: {INTERVAL}s, readings: 10s}}
witness: [{{address: 10.90.0.2}}, {{address: 10.93.0.2}}]
"""


def sites(port: int) -> str:
    """Write the places; the agent's port is chosen when it starts."""
    return f"""\
uplinks:
  - {{id: u, kelurahan: "13.71.01.1001", devices: [{{id: rt, role: router, address: {ADDRESSES["rt"]}}}]}}
sites:
  - id: s
    kelurahan: "13.71.01.1001"
    uplink: u
    devices:
      - {{id: dead, role: access_point, address: {ADDRESSES["dead"]}}}
      - {{id: hole, role: access_point, address: {ADDRESSES["hole"]}}}
      - {{id: lossy, role: access_point, address: {ADDRESSES["lossy"]}}}
      - {{id: agent, role: access_point, address: {ADDRESSES["agent"]}, port: {port}, reach: snmp, credential: city}}
"""


@contextmanager
def network() -> Iterator[Network]:
    """Join the places; every one of them has a way to every other."""
    with Network(*PLACES) as net:
        net.join("monitor", "10.90.0.1/24", "gate", "10.90.0.2/24")
        net.join("gate", "10.91.0.1/24", "router", "10.91.0.2/24")
        net.join("gate", "10.93.0.1/24", "beyond", "10.93.0.2/24")
        for number, place in enumerate(("dead", "hole", "lossy", "agent"), 1):
            net.join("router", f"10.92.{number}.1/24", place, f"10.92.{number}.2/24")
            net.run(place, "ip", "route", "add", "default", "via", f"10.92.{number}.1")
        for place, way in (("monitor", "10.90.0.2"), ("router", "10.91.0.1"), ("beyond", "10.93.0.1")):
            net.run(place, "ip", "route", "add", "default", "via", way)
        net.run("gate", "ip", "route", "add", "10.92.0.0/16", "via", "10.91.0.2")
        for place in ("gate", "router"):
            net.set(place, "net.ipv4.ip_forward", 1)
            net.set(place, "net.ipv4.icmp_ratelimit", 0)
        for address in (*ADDRESSES.values(), "10.93.0.2"):
            net.wait_for("monitor", address)
        yield net


class Story:
    """The network and the service in it; what was done when is noted."""

    def __init__(self, net: Network, service: Service, end_agent: Callable[[], None]) -> None:
        """Begin with nothing noted."""
        self.net = net
        self.service = service
        self.end_agent = end_agent
        self.times: dict[str, tuple[float, float]] = {}

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Note from when to when something was so; it lasts three intervals at least."""
        begun = time.time()
        yield
        wait_until(lambda: time.time() > begun + 3 * INTERVAL + EDGE, "some rounds")
        self.times[what] = begun, time.time()


def hosts_fail(story: Story) -> None:
    """One host is switched off, one swallows what comes, one loses a third of it."""
    net = story.net
    with story.during("hosts"):
        net.run("dead", "ip", "link", "set", "f3", "down")
        net.rules("hole", "input priority 0", "icmp type echo-request drop")
        net.lose("lossy", "icmp type echo-request", count=30, of=100, by_chance=True)
        story.service.wait_for_states({**ALL_UP, "dead": "down", "hole": "down"})
        losses: list[float] = []

        def is_lossy() -> bool:
            losses.append(story.service.metrics()['netmon_icmp_loss_ratio{device="lossy",site="s",uplink=""}'])
            return 0 < losses[-1] < 1

        wait_until(is_lossy, "some loss")
    net.run("dead", "ip", "link", "set", "f3", "up")
    net.run("dead", "ip", "route", "replace", "default", "via", "10.92.1.1")
    net.clear_rules()
    story.service.wait_for_states(ALL_UP)


def link_is_cut(story: Story) -> None:
    """The link between gate and router is cut: the router is down, and the rest for its sake."""
    with story.during("link"):
        story.net.run("gate", "ip", "link", "set", "n1", "down")
        story.service.wait_for_states({name: "down_upstream" for name in ADDRESSES if name != "rt"} | {"rt": "down"})
        assert netmon("status", "--url", story.service.url).returncode == 1
        assert story.service.metrics()["netmon_witness_up"] == 1
    story.net.run("gate", "ip", "link", "set", "n1", "up")
    story.net.run("gate", "ip", "route", "replace", "10.92.0.0/16", "via", "10.91.0.2")
    story.service.wait_for_states(ALL_UP)


def own_uplink_is_cut(story: Story, how: str) -> None:
    """Nothing of the monitor's passes the gate, or its link is down: all is unknown."""
    net = story.net
    with story.during(how):
        if how == "black hole":
            net.rules("gate", "prerouting priority -300", "ip saddr 10.90.0.1 drop")
        else:
            net.run("gate", "ip", "link", "set", "f0", "down")
        story.service.wait_for_states(dict.fromkeys(ADDRESSES, "unknown"))
        done = netmon("status", "--url", story.service.url)
        assert (done.returncode, "The monitor itself is cut off" in done.stdout) == (1, True)
        assert story.service.metrics()["netmon_witness_up"] == 0
    net.clear_rules()
    net.run("gate", "ip", "link", "set", "f0", "up")
    net.run("monitor", "ip", "route", "replace", "default", "via", "10.90.0.2")
    net.run("gate", "ip", "route", "replace", "10.92.0.0/16", "via", "10.91.0.2")
    story.service.wait_for_states(ALL_UP)


def agent_ends(story: Story) -> None:
    """The agent falls silent while its host answers: nobody can tell whether the access point serves."""
    with story.during("agent"):
        story.end_agent()
        story.service.wait_for_states({**ALL_UP, "agent": "unknown"})
        assert "answers ping but not SNMP" in story.service.get("/api/status")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, tuple[float, float]], Path]:
    """Live through all of it once; give the times and the data folder."""
    folder = tmp_path_factory.mktemp("icmp")
    inventory, data = folder / "inventory", folder / "data"
    (inventory / "sites").mkdir(parents=True)
    with network() as net, ExitStack() as stack:
        with net.inside("agent"):
            agent = stack.enter_context(running_snmpd(addresses=(ADDRESSES["agent"],), community=COMMUNITY))
        pids = net.pids("agent")
        for name, text in {
            "netmon.yaml": SETTINGS,
            "credentials.yaml": CREDENTIALS.replace("127.0.0.0/8", "10.0.0.0/8"),
            "regions.csv": REGIONS,
            "sites/a.yaml": sites(agent.port),
        }.items():
            (inventory / name).write_text(text)

        def end_agent() -> None:
            # It hangs. One that has ended leaves a closed port, whose refusal is an answer.
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            stack.callback(lambda: [os.kill(pid, signal.SIGCONT) for pid in pids])

        with net.inside("monitor"), running_service(inventory, data, folder / "log") as service:
            story = Story(net, service, end_agent)
            service.wait_for_states(ALL_UP)
            hosts_fail(story)
            link_is_cut(story)
            own_uplink_is_cut(story, "black hole")
            own_uplink_is_cut(story, "link down")
            agent_ends(story)
            assert service.metrics()["netmon_internal_errors_total"] == 0
            assert service.program.stop() == 0
            assert "Traceback" not in service.program.said()
    return story.times, data


def test_every_outage_of_the_network_is_in_the_report_and_no_other(
    told: tuple[dict[str, tuple[float, float]], Path],
) -> None:
    """Dead host and black hole are the devices' own, the cut link the router's; each edge within an interval."""
    times, data = told
    hosts, link = (*times["hosts"], "device"), times["link"]
    wanted = {
        "dead": [hosts, (*link, "upstream")],
        "hole": [hosts, (*link, "upstream")],
        "rt": [(*link, "device")],
        "lossy": [(*link, "upstream")],
        "agent": [(*link, "upstream")],
    }
    found = outages(report(data))
    assert {name: len(all_of_it) for name, all_of_it in found.items()} == {n: len(w) for n, w in wanted.items()}
    for name, expected in wanted.items():
        for (start, end, attribution), one in zip(expected, found[name], strict=True):
            assert one["attribution"] == attribution, (name, one)
            assert -1 <= one["start"] - start <= EDGE, (name, one)
            assert -EDGE <= one["end"] - end <= 2 * EDGE, (name, one)  # a new link takes its time to learn addresses


@pytest.mark.parametrize("how", ["black hole", "link down"])
def test_the_monitors_own_uplink_is_nobodys_outage(told: tuple[dict[str, tuple[float, float]], Path], how: str) -> None:
    """While it was cut nothing was observed: neither up nor down."""
    times, data = told
    # A miss whose repeat was answered is an answer, dated from the miss.
    start, end = times[how][0] + EDGE, times[how][1] - EDGE
    with History.open(data, read_only=True) as history:
        for name, spans in history.tracks().items():
            seen = {span.outcome for span in spans if span.start < end and start < span.end}
            assert seen <= {Outcome.BLIND}, name


def test_a_device_that_answers_ping_and_not_snmp_is_blind(
    told: tuple[dict[str, tuple[float, float]], Path],
) -> None:
    """`confirm_by_ping` is on by default: the agent's end is unknown, and no outage."""
    times, data = told
    start, end = times["agent"][0] + EDGE, times["agent"][1]
    with History.open(data, read_only=True) as history:
        spans = history.tracks()["agent"]
    assert {span.outcome for span in spans if span.start < end and start < span.end} == {Outcome.BLIND}
