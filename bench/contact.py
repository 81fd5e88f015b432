"""An access point: the packets and processor time of its first contact, and of a poll against a plain walk.

usage: python bench/contact.py [--quick]

The same made-up RouterOS access point answers at 2,000 addresses. netmon recognises each, reads its tables and plans;
then both poll: netmon by its plan, Debian's snmp_exporter by walking the tables that netmon's profile reads.
"""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import access_point
from measuring import MissingError, Row, end, fraction, main, middle, pin_apart, told
from polling import Exporter, Netmon
from workloads import ACCESS_POINT, PORT, answer, compiled

_COMMAND = "python bench/contact.py"


def _counted(agents: subprocess.Popen[str]) -> int:
    agents.send_signal(signal.SIGHUP)
    return int(told(agents))


def _packets(agents: subprocess.Popen[str], work: Callable[[], float]) -> tuple[float, int]:
    """Do some work; give the processor time that it took, and the packets."""
    before = _counted(agents)
    seconds = work()
    return seconds, _counted(agents) - before


def _agree(netmon: Netmon, exporter: Exporter) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", exporter.port)
    walked = access_point.clients_walked(exporter.text(connection, ACCESS_POINT, 0))
    connection.close()
    lines = netmon.ask("text")["text"].splitlines()
    read = next(float(line.rpartition(" ")[2]) for line in lines if line.startswith("netmon_wifi_clients{"))
    if not read == walked == access_point.clients():
        raise RuntimeError(f"{read:g} and {walked:g} clients of {access_point.clients()}")


def _measured(agents: subprocess.Popen[str], exporter: Exporter, turns: int, devices: int) -> list[Row]:
    began, before = time.perf_counter(), _counted(agents)
    netmon = Netmon(ACCESS_POINT, devices)
    try:
        met, clock = (_counted(agents) - before) / devices, time.perf_counter() - began
        _agree(netmon, exporter)
        agents.send_signal(signal.SIGUSR1)
        polls = devices // 4
        ours, theirs = [], []
        for _ in range(turns):
            ours.append(_packets(agents, lambda: netmon.ask(str(devices))["cpu"]))
            theirs.append(_packets(agents, lambda: exporter.poll(ACCESS_POINT, polls)))
    finally:
        end(netmon.process)
    cpu = [middle(one[0] for one in side) / count * 1000 for side, count in ((ours, devices), (theirs, polls))]
    sent = [middle(one[1] for one in side) / count for side, count in ((ours, devices), (theirs, polls))]
    first = netmon.first["cpu"] / devices * 1000
    return [
        Row(
            f"{devices:,} access points recognised, read and planned",
            f"{met:.1f} packets and {first:.1f} ms CPU each, {clock:.0f} s for all",
            command=_COMMAND,
        ),
        Row("a poll of an access point: packets", f"{sent[0]:.1f}", f"{sent[1]:.1f}", fraction(*sent), _COMMAND),
        Row("CPU of 1,000 polls of access points", f"{cpu[0]:.2f} s", f"{cpu[1]:.2f} s", fraction(*cpu), _COMMAND),
    ]


def measure(quick: bool) -> list[Row]:
    """Measure first contacts and polls.

    Raises:
        MissingError: The peer is not installed.
    """
    for program in ("gcc", "prometheus-snmp-exporter"):
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not installed: scripts/packages gcc libc6-dev prometheus-snmp-exporter")
    pin_apart()
    turns, devices = (3, 400) if quick else (7, 2000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        agents = answer(compiled(folder), folder / "entries", access_point.cells(), PORT)
        exporter = Exporter(folder)
        try:
            return _measured(agents, exporter, turns, devices)
        finally:
            end(agents, exporter.process)


if __name__ == "__main__":
    main(measure, __doc__)
