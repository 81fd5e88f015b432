"""Processor time of 1,000 device polls by SNMP v2c and v3, request to exposition text, against Debian's snmp_exporter.

usage: python bench/polling.py [--quick]

The same devices, the same values: a small program answers v2c for all of them, net-snmp's snmpd v3. While it is
measured, the program's counters count and a gauge in 512 changes its size (net-snmp's stand still). Both take turns;
each figure is the median of the turns. Of snmp_exporter it is the whole process, asked over HTTP on connections that
stay open; of netmon it is the probe, the sink and the pieces of text. What netmon then spends on joining the pieces at
a scrape, and on the first contact with a device, stands in rows of its own.
"""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from measuring import MissingError, Row, cpu_seconds, end, fraction, main, middle, pin_apart, start, tell, told
from workloads import (
    WORKLOADS,
    Workload,
    address,
    numbers_of,
    start_agents,
    start_exporter,
    start_secured_agents,
    wait_until_open,
)

_HTTP = 19116
_DEVICES = 500
_COMMAND = "python bench/polling.py"


class Netmon:
    """The process of ``poller.py``."""

    def __init__(self, workload: Workload, devices: int = _DEVICES) -> None:
        """Start it, and let it meet every device."""
        self.process = start(sys.executable, Path(__file__).with_name("poller.py"), workload.name, str(devices))
        self.first = self._told()

    def ask(self, what: str) -> dict[str, Any]:
        """Let it do something and say what it took."""
        tell(self.process, what)
        return self._told()

    def _told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(told(self.process))
        return found


class Exporter:
    """The process of snmp_exporter, and HTTP clients that ask it."""

    port = _HTTP

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.process = start_exporter(folder, _HTTP)
        wait_until_open(_HTTP)

    def text(self, connection: http.client.HTTPConnection, workload: Workload, number: int) -> str:
        """Let it poll one device.

        Raises:
            RuntimeError: It could not.
        """
        connection.request("GET", f"/snmp?target={address(number % _DEVICES)}:{workload.port}&module={workload.name}")
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(body[:300])
        return body

    def poll(self, workload: Workload, count: int) -> float:
        """Let it poll so many devices; give the processor time it took."""
        turns = iter(range(count))

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", _HTTP)
            for number in turns:
                self.text(connection, workload, number)
            connection.close()

        before = cpu_seconds(self.process.pid)
        with ThreadPoolExecutor(workload.at_once) as pool:
            for done in [pool.submit(work) for _ in range(workload.at_once)]:
                done.result()
        return cpu_seconds(self.process.pid) - before


@contextmanager
def _peers() -> Iterator[tuple[subprocess.Popen[str], Exporter]]:
    for program in ("gcc", "prometheus-snmp-exporter", "snmpd"):
        if shutil.which(program) is None:
            packages = "gcc libc6-dev prometheus-snmp-exporter snmpd"
            raise MissingError(f"{program} is not installed: scripts/packages {packages}")
    with tempfile.TemporaryDirectory() as name:
        agents = start_agents(Path(name))
        secured = start_secured_agents(Path(name), _DEVICES)
        exporter = Exporter(Path(name))
        try:
            yield agents, exporter
        finally:
            end(agents, secured, exporter.process)


def _agree(netmon: Netmon, exporter: Exporter, workload: Workload) -> None:
    """Hold the two texts of one device against each other."""
    connection = http.client.HTTPConnection("127.0.0.1", _HTTP)
    theirs = numbers_of(exporter.text(connection, workload, 0))
    connection.close()
    ours = numbers_of(netmon.ask("text")["text"])
    if ours != theirs or len(ours) != workload.numbers:
        different = list(islice(set(ours) ^ set(theirs), 5))
        raise RuntimeError(f"{workload.name}: {len(ours)} and {len(theirs)} numbers, such as {different}")


def _measure(
    workload: Workload, agents: subprocess.Popen[str], exporter: Exporter, turns: int, polls: int
) -> list[Row]:
    netmon = Netmon(workload)
    try:
        _agree(netmon, exporter, workload)
        agents.send_signal(signal.SIGUSR1)  # from here on nothing stands still, as in life
        netmon.ask(str(polls))
        exporter.poll(workload, polls // 4)
        ours, theirs, joins = [], [], []
        for _ in range(turns):
            ours.append(netmon.ask(str(polls * 4))["cpu"] / polls / 4 * 1000)
            theirs.append(exporter.poll(workload, polls) / polls * 1000)
            joins.append(netmon.ask("scrape"))
    finally:
        agents.send_signal(signal.SIGUSR2)
        end(netmon.process)
    poll, peer = middle(ours), middle(theirs)
    join = middle(one["cpu"] for one in joins) / _DEVICES * 1000
    first = netmon.first["cpu"] / netmon.first["polls"] * 1000
    both = poll + join
    return [
        Row(f"CPU of 1,000 polls, {workload.what}", f"{poll:.3f} s", f"{peer:.2f} s", fraction(poll, peer), _COMMAND),
        Row(f"… and a scrape of all of them, {workload.what}", f"{both:.3f} s", "", fraction(both, peer), _COMMAND),
        Row(f"… the first contact with 1,000, {workload.what}", f"{first:.2f} s", "", "", _COMMAND),
    ]


def measure(quick: bool) -> list[Row]:
    """Measure all workloads.

    Raises:
        MissingError: The peer is not installed.
    """
    pin_apart()
    turns, polls = (3, 500) if quick else (9, 1000)
    with _peers() as (agents, exporter):
        return [row for workload in WORKLOADS for row in _measure(workload, agents, exporter, turns, polls)]


if __name__ == "__main__":
    main(measure, __doc__)
