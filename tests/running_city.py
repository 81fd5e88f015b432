"""A small city on loopback and the real programs over it: ``netmon simulate``, ``netmon run`` and the commands."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NETMON = (sys.executable, "-m", "netmon.cli")
COMMUNITY = "komunitas-rahasia"  # searched for in everything that netmon says
VARIABLE = "NETMON_TEST_COMMUNITY"
PORT = 1261
DEADLINE = 60.0

_PID = os.getpid()  # addresses of its own for each process, so that tests may run side by side
BLOCK = f"127.{120 + _PID % 100}.{_PID // 100 % 200}"

REGIONS = """\
code,kelurahan,kecamatan_code,kecamatan
13.71.01.1001,Air Manis,13.71.01,Padang Selatan
13.71.01.1002,Bukit Gado-Gado,13.71.01,Padang Selatan
13.71.02.1001,Sawahan,13.71.02,Padang Timur
13.71.02.1002,Jati,13.71.02,Padang Timur
13.71.03.1001,Purus,13.71.03,Padang Barat
"""

CREDENTIALS = f"city:\n  snmp: {{version: 2c, community: {{env: {VARIABLE}}}}}\n  networks: [127.0.0.0/8]\n"

SETTINGS = """\
city: {{name: Kota Kecil, code: "13.71", zone: Asia/Jakarta, language: id}}
intervals: {{reachability: {interval}s, readings: 10s}}
recovery_grace: {grace}s
confirm_by_ping: false
witness:
  - {{address: {block}.201, port: {port}, reach: snmp, credential: city}}
  - {{address: {block}.202, port: {port}, reach: snmp, credential: city}}
"""

SITES = """\
uplinks:
  - id: uplink-a  # two routers, one suffices
    kelurahan: "13.71.01.1001"
    provider: telkom
    devices:
      - {id: rt-a1, role: router, at: 1, wan: ether1}
      - {id: rt-a2, role: router, at: 2}
  - {id: uplink-b, kelurahan: "13.71.01.1002", provider: icon, devices: [{id: rt-b, role: router, at: 3}]}
  - id: uplink-c  # a chain: behind the next
    kelurahan: "13.71.02.1001"
    devices:
      - {id: rt-c, role: router, at: 4, behind: [uplink-d]}
  - {id: uplink-d, kelurahan: "13.71.02.1002", provider: telkom, devices: [{id: rt-d, role: router, at: 5}]}
  - id: uplink-e  # a second provider on the same router
    kelurahan: "13.71.03.1001"
    provider: telkom
    devices:
      - {id: rt-e, role: router, name: MikroTik RB5009, at: 6, wan: ether1}
      - {id: link-e, role: link, provider: icon, reach: {interface: ether2, of: rt-e}}
sites:
  - id: a1
    kelurahan: "13.71.01.1001"
    kind: tourism
    pillars: [living]
    uplink: uplink-a
    devices: [AP a1-1 11, AP a1-2 12]
  - id: a2
    kelurahan: "13.71.01.1001"
    kind: office
    pillars: [government]
    uplink: uplink-a
    devices: [AP a2-1 13, AP a2-2 14]
  - id: b1  # its access points hang on a switch
    kelurahan: "13.71.01.1002"
    uplink: uplink-b
    devices:
      - {id: b1-switch, role: switch, at: 20}
      - {id: b1-1, role: access_point, at: 21, behind: [b1-switch]}
      - {id: b1-2, role: access_point, at: 22, behind: [b1-switch]}
  - {id: b2, kelurahan: "13.71.01.1002", uplink: uplink-b, devices: [AP b2-1 23, AP b2-2 24]}
  - {id: c1, kelurahan: "13.71.02.1001", uplink: uplink-c, devices: [AP c1-1 31, AP c1-2 32]}
  - {id: d1, kelurahan: "13.71.02.1002", uplink: uplink-d, devices: [AP d1-1 41]}
  - {id: e1, kelurahan: "13.71.03.1001", uplink: uplink-e, devices: [AP e1-1 51, AP e1-2 52]}
  - {id: e2, kelurahan: "13.71.03.1001", uplink: uplink-e, devices: [AP e2-1 53, AP e2-2 54]}
"""
"""Six routers and a link, eight sites with fifteen access points; ``at`` is the last part of an address."""

TWO_DEVICES = """\
uplinks:
  - {id: uplink-a, kelurahan: "13.71.01.1001", devices: [{id: rt-a, role: router, at: 1}]}
sites:
  - {id: a1, kelurahan: "13.71.01.1001", uplink: uplink-a, devices: [AP a1-1 11, AP a1-2 12]}
"""


def sites(text: str) -> str:
    """Write the short form of devices out: ``AP a1-1 11`` and ``at: 11``."""
    text = re.sub(r"AP ([\w-]+) (\d+)", r"{id: \1, name: MikroTik cAP ac, role: access_point, at: \2}", text)
    return re.sub(r"\bat: (\d+)", rf"address: {BLOCK}.\1, port: {PORT}, credential: city, reach: snmp", text)


def write_inventory(folder: Path, places: str = SITES, *, interval: int = 5, grace: int = 10, extra: str = "") -> Path:
    """Write an inventory and give its folder; ``extra`` are more lines of ``netmon.yaml``."""
    (folder / "sites").mkdir(parents=True, exist_ok=True)
    settings = SETTINGS.format(interval=interval, grace=grace, block=BLOCK, port=PORT) + extra
    files = {
        "netmon.yaml": settings,
        "credentials.yaml": CREDENTIALS,
        "regions.csv": REGIONS,
        "sites/all.yaml": sites(places),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment of the programs."""
    return {**os.environ, VARIABLE: COMMUNITY, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", **(more or {})}


def netmon(
    *arguments: str | Path, stdin: str | None = None, timeout: float = DEADLINE
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*NETMON, *map(str, arguments)],
        capture_output=True,
        text=True,
        input=stdin,
        env=environment(),
        timeout=timeout,
        check=False,
    )


def wait_until(holds: Callable[[], Any], what: str, deadline: float = DEADLINE) -> Any:
    """Wait until something holds, and give it."""
    end = time.monotonic() + deadline
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < end, f"waited {deadline:g} s for {what}"
        time.sleep(0.1)


def seconds(text: str) -> float:
    """Read a time that netmon wrote."""
    return datetime.fromisoformat(text).timestamp()


def free_port() -> int:
    """Find a TCP port that nobody uses at the moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Program:
    """A program that runs until it is stopped; what it says is kept in a file."""

    def __init__(self, log: Path, *command: str | Path, prefix: Iterable[str] = ()) -> None:
        """Start it."""
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*prefix, *map(str, command)], stdout=output, stderr=output, env=environment()
            )

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)

    def said(self) -> str:
        """Give all that it has said so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str, deadline: float = DEADLINE) -> None:
        """Wait until it says something."""

        def is_said() -> bool:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.said()}"
            return text in self.said()

        wait_until(is_said, f"{text!r} in {self.log}", deadline)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self, deadline: float = DEADLINE) -> int:
        """Ask it to end, and give its exit code."""
        self.process.terminate()
        return self.process.wait(deadline)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(DEADLINE)


@dataclass(frozen=True)
class Service:
    """A running ``netmon run``."""

    program: Program
    url: str
    inventory: Path
    data: Path

    def get(self, path: str) -> str:
        """Read a page."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as answer:  # noqa: S310 -- http alone
            text: str = answer.read().decode()
            return text

    def answers(self) -> bool:
        """Say whether it answers HTTP and is ready."""
        try:
            return "ready" in self.get("/-/ready")
        except (urllib.error.URLError, ConnectionError):
            return False

    def metrics(self) -> dict[str, float]:
        """Read ``/metrics``: value by series."""
        return read_metrics(self.get("/metrics"))

    def status(self) -> dict[str, Any]:
        """Ask ``netmon status --json``."""
        done = netmon("status", "--json", "--url", self.url)
        assert done.returncode in {0, 1}, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def states(self) -> dict[str, str]:
        """Give every device's state by its id."""
        return {one["id"]: one["state"] for one in json.loads(self.get("/api/status"))["devices"]}

    def wait_for_states(self, wanted: Mapping[str, str], deadline: float = DEADLINE) -> None:
        """Wait until devices are in these states."""

        def are_there() -> bool:
            assert self.program.process.poll() is None, self.program.said()
            states = self.states()
            return all(states.get(name) == state for name, state in wanted.items())

        wait_until(are_there, f"{wanted}", deadline)


def read_metrics(text: str) -> dict[str, float]:
    """Read the text format: value by series, labels as they stand."""
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, _, value in lines}


@contextmanager
def running_service(
    inventory: Path, data: Path, log: Path, *, command: Iterable[str] = NETMON, port: int = 0
) -> Iterator[Service]:
    """Start ``netmon run``, wait until it is ready, and end it at the end."""
    port = port or free_port()
    where = f"127.0.0.1:{port}"
    arguments = ("run", "--inventory", inventory, "--data", data, "--listen", where)
    with Program(log, *command, *arguments) as program:
        service = Service(program, f"http://{where}", inventory, data)

        def is_ready() -> bool:
            assert program.process.poll() is None, f"it ended with {program.process.returncode}:\n{program.said()}"
            return service.answers()

        wait_until(is_ready, "the service")
        yield service


@contextmanager
def running_city(inventory: Path, folder: Path, script: str = "", *, seed: int = 0) -> Iterator[Program]:
    """Start ``netmon simulate`` with a script, wait until it answers; its truth lies in ``folder/truth.jsonl``."""
    arguments: list[str | Path] = ["simulate", "--inventory", inventory, "--seed", str(seed), "--for", "900"]
    if script:
        (folder / "script.csv").write_text(f"at,duration,event,target,value\n{script}", encoding="utf-8")
        arguments += ["--script", folder / "script.csv", "--truth", folder / "truth.jsonl"]
    with Program(folder / "city.log", *NETMON, *arguments) as program:
        program.wait_for("agents answer SNMP")
        yield program


def read_truth(folder: Path) -> list[dict[str, Any]]:
    """Read the simulator's truth; ``start`` and ``end`` become Unix seconds."""
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [one | {"start": seconds(one["start"]), "end": seconds(one["end"])} for one in found]


def this_month(zone_hours: int = 7) -> str:
    """Name the month in the city's zone."""
    return datetime.fromtimestamp(time.time() + zone_hours * 3600, UTC).strftime("%Y-%m")


def report(data: Path, month: str | None = None) -> dict[str, Any]:
    """Ask ``netmon report`` for this month so far."""
    done = netmon("report", "--data", data, "--month", month or this_month())
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def outages(document: Mapping[str, Any], kind: str = "device") -> dict[str, list[dict[str, Any]]]:
    """Give the outages of every object of a kind that has any; ``start`` and ``end`` become Unix seconds."""
    return {
        one["id"]: [o | {"start": seconds(o["start"]), "end": seconds(o["end"])} for o in one["outages"]]
        for one in document["objects"]
        if one["kind"] == kind and one["outages"]
    }
