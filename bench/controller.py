"""Processor time of a round of 500 access points at one controller, against a walk of the same columns by net-snmp.

usage: python bench/controller.py [--quick]

A small program answers as the controller. Of netmon it is one check of each access point by the probe, from which its
state, its clients and what it is follow; the process has started long before. Of net-snmp's snmpbulkwalk it is the
whole process, once for all access points; whoever asks for each of them by itself pays that 500 times.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import MissingError, Row, end, fraction, main, middle, run, start, tell, told
from workloads import address, answer, compiled

from netmon.model import Credential, Device, Inventory, Outcome, Reach, ReachKind, Role, Secret, Site
from netmon.probes.snmp import SnmpProbes
from netmon.profiles import build
from netmon.scheduler import checks_of
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient

_POINTS = 500
_PORT = 16163
_LIST = "1.3.6.1.4.1.99999.7.1"
_INTERVAL = 30
_ROUNDS, _QUICK = 20, 5
_COMMAND = "python bench/controller.py"
_TEXTS = {"name": 1, "model": 4, "version": 5, "serial": 6}
_PROFILE = {
    "vendor": "Acme",
    "access_points": [
        {
            **{field: f"{_LIST}.{column}" for field, column in _TEXTS.items()},
            "mac": {"get": f"{_LIST}.2", "transform": "mac"},
            "state": {"get": f"{_LIST}.3", "map": {"1": "online", "2": "offline"}},
            "clients": f"{_LIST}.7",
        }
    ],
}


def _cells() -> Iterator[tuple[bytes, int, wire.Value]]:
    """Give the controller's objects: who it is, and a row of seven cells for each access point."""
    yield wire.encode_oid("1.3.6.1.2.1.1.1.0"), wire.OCTET_STRING, b"Acme WLC"
    yield wire.encode_oid("1.3.6.1.2.1.1.2.0"), wire.OBJECT_IDENTIFIER, wire.encode_oid("1.3.6.1.4.1.99999.1")
    yield wire.encode_oid("1.3.6.1.2.1.1.3.0"), wire.TIME_TICKS, 100 * 86400 * 100
    for row in range(1, _POINTS + 1):
        cells: dict[int, tuple[int, wire.Value]] = {
            1: (wire.OCTET_STRING, f"AP-{row:03}".encode()),
            2: (wire.OCTET_STRING, bytes((2, 0, 0, 0, row >> 8, row & 255))),
            3: (wire.INTEGER, 1),
            4: (wire.OCTET_STRING, b"Acme AP-515"),
            5: (wire.OCTET_STRING, b"8.10.0.11"),
            6: (wire.OCTET_STRING, f"CNX{row:06}".encode()),
            7: (wire.GAUGE32, row % 40),
        }
        for column, (tag, value) in cells.items():
            yield wire.encode_oid(f"{_LIST}.{column}.{row}"), tag, value


def _inventory() -> Inventory:
    usual: dict[str, Any] = {"port": _PORT, "credential": "city"}
    devices = {"wlc": Device("wlc", Role.CONTROLLER, address(0), site="hall", **usual)}
    for row in range(1, _POINTS + 1):
        match = f"AP-{row:03}"
        reach = Reach(ReachKind.CONTROLLER, interface=match, of="wlc")
        devices[match] = Device(match, Role.ACCESS_POINT, site="hall", reach=reach, controller="wlc", match=match)
    site = Site("hall", "k", devices=tuple(devices))
    return Inventory(
        devices=devices, sites={"hall": site}, credentials={"city": Credential("city", community=Secret("x"))}
    )


async def _work(rounds: int) -> dict[str, Any]:
    """Ask for all access points in so many rounds; give the seconds of each and the number of requests of one."""
    inventory = _inventory()
    checks = [check for check in checks_of(inventory) if check.probe == ReachKind.CONTROLLER]
    passed = [0.0]
    client = SnmpClient()
    await client.open()
    profiles = build({"generic": _PROFILE})
    probe = SnmpProbes(
        client,
        lambda: profiles,
        inventory.devices.get,
        inventory.credentials.get,
        monotonic=lambda: passed[0] + time.monotonic(),
    ).probes()["controller"]
    taken = []
    for _ in range(rounds + 1):
        before, asked = time.process_time(), client.requests
        seen = [await probe(check) for check in checks]
        taken.append(time.process_time() - before)
        if {one.outcome for one in seen} != {Outcome.UP}:
            raise RuntimeError(seen[0].detail)
        passed[0] += _INTERVAL
    client.close()
    return {"rounds": taken[1:], "requests": client.requests - asked}


def measure(quick: bool) -> list[Row]:
    """Measure, and give the rows of the table.

    Raises:
        MissingError: A program is not installed.
    """
    for program in ("gcc", "snmpbulkwalk"):
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not installed: scripts/packages gcc libc6-dev snmp")
    rounds = _QUICK if quick else _ROUNDS
    where = f"{address(0)}:{_PORT}"
    walk = ("snmpbulkwalk", "-v2c", "-cx", "-m", "", "-On", "-Cr20", where, _LIST)
    with tempfile.TemporaryDirectory() as name:
        agent = answer(compiled(Path(name)), Path(name) / "entries", _cells(), _PORT)
        worker = start(sys.executable, __file__, "--work")
        try:
            tell(worker, str(rounds))
            found: dict[str, Any] = json.loads(told(worker))
            theirs = middle([run(*walk).cpu for _ in range(rounds)])
        finally:
            end(agent, worker)
    ours = middle(found["rounds"])
    what = f"CPU of a round of {_POINTS} access points at one controller ({found['requests']} requests)"
    once, each = f"{theirs * 1000:.0f} ms, snmpbulkwalk once", f"{theirs * _POINTS:.1f} s, snmpbulkwalk once for each"
    return [
        Row(what, f"{ours * 1000:.0f} ms", once, fraction(ours, theirs), _COMMAND),
        Row(what, f"{ours * 1000:.0f} ms", each, fraction(ours, theirs * _POINTS), _COMMAND),
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        print(json.dumps(asyncio.run(_work(int(sys.stdin.readline())))), flush=True)
    else:
        main(measure, __doc__)
