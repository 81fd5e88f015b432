"""From the first packet that a dead uplink leaves unanswered until the call, with everything as it is deployed.

usage: python bench/paging.py [--quick]

A city of 2,000 devices in 20 kecamatan, reachability each 30 s, in a network namespace. Uplinks die at random moments,
one in each kecamatan, with all that is behind them, so that each is a call of its own; a packet filter swallows what
is sent to them. What goes unanswered is read off the wire: time counts from the first packet of any kind to the
router or to what is behind it, and ends when the webhook has the alert. The peer is what is usual: blackbox_exporter
pings each router at each scrape (15 s), ``probe_success == 0`` for a minute, in the same run with a Prometheus and an
Alertmanager of its own and the same ``group_wait``; it is timed from its own first unanswered echo. It needs root,
nftables, iproute2, Prometheus, Alertmanager and blackbox_exporter, takes ten minutes and stops by itself.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import chained
import cities
from measuring import Row, end, fraction, middle, start, wait_for

_DEVICES: Final = 2000
_KECAMATAN, _KELURAHAN = 20, 5
_ROUTERS: Final = _KECAMATAN * _KELURAHAN
_SPREAD: Final = 300  # seconds in which they die
_SETTLING: Final = 100  # seconds: readings of all, rounds of all, so that nothing of the start is measured
_PATIENCE: Final = 240  # seconds until the last call
_COMMAND: Final = "python bench/paging.py"
_BLACKBOX: Final = "127.0.0.1:19815"
_PEER: Final = ("127.0.0.1:19816", "127.0.0.1:19817")  # its Prometheus, its Alertmanager
_PAYLOAD: Final = b"Prometheus Blackbox Exporter"
_MODULE: Final = "modules: {icmp: {prober: icmp}}\n"
_PROMETHEUS: Final = """\
global: {{scrape_interval: 15s, evaluation_interval: 15s}}
rule_files: [{folder}/rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: [{alertmanager}]}}]}}]}}
scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    params: {{module: [icmp]}}
    static_configs: [{{targets: [{targets}]}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: {blackbox}}}
"""
_RULES: Final = """\
groups:
  - name: blackbox
    rules: [{alert: ProbeFailed, expr: probe_success == 0, for: 1m}]
"""
_ALERTMANAGER: Final = """\
route: {{receiver: inbox, group_by: [instance], group_wait: 10s}}
receivers: [{{name: inbox, webhook_configs: [{{url: "http://{inbox}/peer"}}]}}]
"""


# -- the wire -----------------------------------------------------------------------------------------


class Wire:
    """What is sent to those who die: the moment (Unix seconds), and whether blackbox_exporter sent it, by address."""

    _IP: Final = 0x0800  # ETH_P_IP

    def __init__(self, addresses: Iterable[str]) -> None:
        """Note all that is sent to these addresses from now on, in a thread of its own and for ever."""
        self._seen: dict[str, list[tuple[float, bool]]] = {one: [] for one in addresses}
        self._tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(self._IP))
        self._tap.bind(("lo", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            packet = self._tap.recv(2048)
            found = self._seen.get(socket.inet_ntoa(packet[16:20]))
            if found is not None:
                found.append((time.time(), _PAYLOAD in packet))

    def first(self, addresses: Iterable[str], since: float, by_peer: bool) -> float:
        """Give the moment of the first packet to one of some addresses after another moment."""
        sent = (one for address in addresses for one in list(self._seen[address]))
        return min(at for at, is_peers in sent if at >= since and is_peers == by_peer)


# -- those who die ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Death:
    """An uplink that died, and when (Unix seconds)."""

    uplink: str
    router: int
    at: float

    @property
    def devices(self) -> range:
        """Number its router and what is behind it."""
        return range(self.router, _DEVICES, _ROUTERS)

    @property
    def addresses(self) -> list[str]:
        """Give the addresses of both."""
        return [cities.address(number) for number in self.devices]


def _write_city(folder: Path) -> None:
    """Write the inventory: each kecamatan has more uplinks than the one that dies, so that it does not go dark."""
    lines = ["code,kelurahan,kecamatan_code,kecamatan"]
    for one in range(1, _KECAMATAN + 1):
        code = f"13.71.{one:02}"
        lines += [
            f"{code}.{1000 + two},Kelurahan {one}-{two},{code},Kecamatan {one}" for two in range(1, _KELURAHAN + 1)
        ]
    regions = folder / "regions.csv"
    regions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    cities.write(folder / "city", _DEVICES, routers=_ROUTERS, regions=regions)


def _victims(count: int) -> list[Death]:
    """Choose one uplink in each of so many kecamatan, in any order; they are alive."""
    chance = random.Random(1)
    found = []
    for one in chance.sample(range(_KECAMATAN), count):
        two = chance.randrange(_KELURAHAN)
        found.append(Death(f"up-{1001 + two}-{one + 1:02}", one * _KELURAHAN + two, 0.0))
    return found


def _let_die(victims: list[Death], spread: float) -> list[Death]:
    """Let them die at random moments."""
    chance, began = random.Random(2), time.monotonic()
    moments = sorted(chance.uniform(0, spread) for _ in victims)
    deaths = []
    for victim, moment in zip(victims, moments, strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        chained.kill(victim.devices)
        deaths.append(replace(victim, at=time.time()))
        print(f"{victim.uplink} is dead", file=sys.stderr, flush=True)
    return deaths


# -- those who call -----------------------------------------------------------------------------------


def _start_peer(folder: Path, stack: ExitStack) -> None:
    """Start blackbox_exporter, a Prometheus that asks it for each router, and its Alertmanager."""
    prometheus, alertmanager = _PEER
    folder.mkdir()
    files = {
        "blackbox.yml": _MODULE,
        "rules.yml": _RULES,
        "alertmanager.yml": _ALERTMANAGER.format(inbox=chained.WHERE.inbox),
        "prometheus.yml": _PROMETHEUS.format(
            folder=folder,
            alertmanager=alertmanager,
            targets=", ".join(cities.address(number) for number in range(_ROUTERS)),
            blackbox=_BLACKBOX,
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    options = (f"--config.file={folder / 'blackbox.yml'}", f"--web.listen-address={_BLACKBOX}")
    stack.callback(end, start("prometheus-blackbox-exporter", *options, apart=True, quiet=True))
    for part in ("alerts", "scrapes"):
        (folder / part).mkdir()
    (folder / "alertmanager.yml").rename(folder / "alerts" / "alertmanager.yml")
    (folder / "prometheus.yml").rename(folder / "scrapes" / "prometheus.yml")
    chained.start_alertmanager(folder, alertmanager, folder / "alerts" / "alertmanager.yml", stack)
    chained.start_prometheus(folder, prometheus, folder / "scrapes" / "prometheus.yml", stack)


def _calls(arrived: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Give when the webhook was first told: by uplink, and of the peer by address.

    Raises:
        RuntimeError: It was told of something else than a dead uplink.
    """
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for message in map(json.loads, arrived.read_text(encoding="utf-8").splitlines()):
        for alert in message["payload"].get("alerts", ()):
            labels = alert["labels"]
            if message["to"] == "/peer":
                theirs.setdefault(labels["instance"], message["at"])
            elif message["to"] == "/gateway-url":
                if labels["alertname"] != "UplinkDown":
                    raise RuntimeError(f"a call that is not measured: {labels}")
                ours.setdefault(labels["uplink"], message["at"])
    return ours, theirs


# -- the measurement ----------------------------------------------------------------------------------


def _told(seconds: list[float]) -> str:
    return f"median {middle(seconds):.0f} s, worst {max(seconds):.0f} s"


def _rows(deaths: list[Death], wire: Wire, calls: tuple[dict[str, float], dict[str, float]]) -> list[Row]:
    from_packet: tuple[list[float], list[float]] = [], []
    from_death: tuple[list[float], list[float]] = [], []
    for death in deaths:
        router = cities.address(death.router)
        sent = wire.first(death.addresses, death.at, by_peer=False), wire.first([router], death.at, by_peer=True)
        called = calls[0][death.uplink], calls[1][router]
        for place in (0, 1):
            from_packet[place].append(called[place] - sent[place])
            from_death[place].append(called[place] - death.at)
    what = f"a dead uplink, {len(deaths)} times, rounds of 30 s: time to the call"
    peer = "blackbox_exporter, 15 s, `for: 1m`: "
    rows = []
    for since, (ours, theirs) in (("the first unanswered packet", from_packet), ("its death", from_death)):
        ratio = fraction(middle(ours), middle(theirs))
        rows.append(Row(f"{what} from {since}", _told(ours), f"{peer}{_told(theirs)}", ratio, _COMMAND))
    return rows


def _measure(quick: bool) -> list[Row]:
    count, spread = (5, 60) if quick else (_KECAMATAN, _SPREAD)
    chained.open_network()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        _write_city(folder)
        chained.start_city(folder, stack)
        arrived = chained.start_chain(folder, stack)
        _start_peer(folder / "peer", stack)
        wait_for(chained.is_well, "a city that is well", seconds=_PATIENCE, every=2)
        time.sleep(_SETTLING)
        victims = _victims(count)
        wire = Wire(address for victim in victims for address in victim.addresses)
        deaths = _let_die(victims, spread)
        wait_for(lambda: all(len(each) == count for each in _calls(arrived)), "all calls", seconds=_PATIENCE, every=1)
        return _rows(deaths, wire, _calls(arrived))


def measure(quick: bool) -> list[Row]:
    """Let uplinks die, in a network namespace.

    Raises:
        MissingError: A program, or root, is missing.
    """
    return chained.inside(__file__, quick, "prometheus-blackbox-exporter")


if __name__ == "__main__":
    chained.run_script(_measure, measure, __doc__)
