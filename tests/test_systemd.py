"""The units of ``deploy/systemd``: right to systemd, as closed as the page says, and tried under a real systemd."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from booted import OWN, ROOT, UNITS, Booted, booted, skip_reason
from running_city import (
    COMMUNITY,
    NETMON,
    VARIABLE,
    Program,
    netmon,
    read_metrics,
    wait_until,
    write_inventory,
)

from netmon.history import History

SERVICES = sorted(path.name for path in UNITS.glob("netmon*.service"))
PAGE = ROOT / "docs" / "deployment.md"

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt-get install systemd"
)
needs_boot = pytest.mark.skipif(bool(skip_reason()), reason=skip_reason())

PLACES = """\
sites:
  - id: a1  # by SNMP and by ping
    kelurahan: "13.71.01.1001"
    devices:
      - AP a1-1 11
      - {id: a1-2, role: access_point, address: 127.0.0.12}
"""
MORE_PLACES = PLACES + "      - {id: a1-3, role: access_point, address: 127.0.0.13}\n"


# -- what systemd says about them -----------------------------------------------------------------------


@needs_analyze
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """Every unit is verified, with netmon where it is installed here."""
    found = shutil.which("netmon", path=str(Path(sys.executable).parent))
    assert found is not None
    units = []
    for unit in OWN:
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text(encoding="utf-8").replace("/opt/netmon/bin/netmon", found), "utf-8")
    assert len(units) == 3
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_analyze
@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_is_as_closed_as_the_page_says(unit: str) -> None:
    """The exposure that ``systemd-analyze security`` counts is not above the figure in docs/deployment.md."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / unit],
        capture_output=True,
        text=True,
        check=True,
    )
    counted = re.search(r"exposure level for \S+ ([\d.]+)", done.stdout)
    told = re.search(rf"`{re.escape(unit)}` \| ([\d.]+)", PAGE.read_text(encoding="utf-8"))
    assert counted
    assert told
    assert float(counted[1]) <= float(told[1])


# -- under a real systemd -------------------------------------------------------------------------------


@contextmanager
def served(folder: Path, drop_in: str = "") -> Iterator[Booted]:
    """Boot with a small inventory, the simulated city beside it, and the secret as the page says."""
    etc = folder / "etc"
    write_inventory(etc / "netmon", PLACES, interval=5)
    (etc / "sysusers.d").mkdir()
    shutil.copy(UNITS / "netmon.sysusers.conf", etc / "sysusers.d" / "netmon.conf")
    (etc / "netmon.environment").write_text(f"{VARIABLE}={COMMUNITY}\n", encoding="utf-8")
    (etc / "netmon.environment").chmod(0o600)
    with booted(folder, etc, OWN, {"netmon.service": drop_in}) as system:
        yield system


def states(system: Booted) -> dict[str, str]:
    """Ask netmon inside which device is in which state."""
    text = system.run("/opt/netmon/bin/netmon", "status", "--json", "--url", "http://127.0.0.1:9810", check=False)
    return {one["id"]: one["state"] for one in json.loads(text)["devices"]} if text.startswith("{") else {}


ALLOWED = {
    "raw ICMP": "opened",
    "raw ICMPv6": "opened",
    "own folder": "600",
    "temporary folder": "600",
    "names": "True",
    "history": "1",
    "threads": "True",
    "bcrypt": "True",
    "cryptography": "20 64",
    "shapely": "True",
    "netmiko": "True",
    "isal": "True",
    "TLS": "True",
    "zones": "Asia/Jakarta",
    "boot time": "True",
}
REFUSED = {
    "packet socket": "EAFNOSUPPORT",
    "netlink socket": "EAFNOSUPPORT",
    "/etc": "EROFS",
    "/opt": "EROFS",
    "/root": "EACCES",
    "kernel settings": "EROFS",
    "secrets": "EACCES",
    "root": "EPERM",
    "namespaces": "EPERM",
    "executable memory": "EPERM",
    "priority": "EPERM",
    "clock": "EPERM",
    "other processes": "0",
}


@needs_boot
@pytest.mark.root
def test_the_unit_allows_what_netmon_needs_and_refuses_the_rest(tmp_path: Path) -> None:
    """Tried inside the unit: sockets, folders, libraries with code of their own; and what an intruder would try."""
    trial = "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecReload=\nExecStart=\n"
    trial += "ExecStart=/opt/netmon/bin/python /opt/netmon/src/unit_trial.py\n"
    trial += "Environment=LD_LIBRARY_PATH=/opt/python/lib\n"
    with served(tmp_path, trial) as system:
        system.run("systemctl", "start", "netmon.service")
        found = json.loads(system.said())
    assert found == ALLOWED | REFUSED


@needs_boot
@pytest.mark.root
@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_netmon_lives_under_its_unit(tmp_path: Path) -> None:
    """Ready when it watches; reloads; is killed and started again when it hangs; is backed up; ends well.

    Pings go by CAP_NET_RAW, the only capability there is; its hanging is nobody's outage.
    """
    with served(tmp_path, "[Service]\nWatchdogSec=3s\n") as system:
        arguments = ("simulate", "--inventory", tmp_path / "etc" / "netmon", "--for", "900")
        with Program(tmp_path / "city.log", *NETMON, *arguments, prefix=system.beside()) as city:
            city.wait_for("agents answer SNMP")
            system.run("systemctl", "start", "netmon.service")
            assert system.show("netmon.service", "StatusText") == "devices watched: 2"
            wait_until(lambda: states(system) == dict.fromkeys(("a1-1", "a1-2"), "up"), "both devices up")
            check_process(system)
            check_reload(system)
            check_watchdog(system)
            check_backup(system, tmp_path)
            system.run("systemctl", "stop", "netmon.service")
            assert system.show("netmon.service", "Result") == "success"
            assert system.show("netmon.service", "ExecMainStatus") == "0"
            assert COMMUNITY not in system.said()


def check_process(system: Booted) -> None:
    """Hold the process to an ordinary user with one capability, and its metrics of itself to be there."""
    pid = system.show("netmon.service", "MainPID")
    status = dict(line.split(":\t") for line in system.run("cat", f"/proc/{pid}/status").splitlines() if ":\t" in line)
    user = system.run("id", "-u", "netmon").strip()
    assert set(status["Uid"].split()) == {user} != {"0"}
    net_raw = f"{1 << 13:016x}"
    assert [status[f"Cap{kind}"] for kind in ("Eff", "Prm", "Bnd", "Amb")] == [net_raw] * 4
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    metrics = read_metrics(fetch(system, "/metrics?group=self"))
    assert metrics["process_start_time_seconds"] > 1e9
    assert metrics["process_resident_memory_bytes"] > 0


def fetch(system: Booted, path: str) -> str:
    """Read a page of netmon inside."""
    code = f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9810{path}').read().decode())"
    return system.run("/opt/netmon/bin/python", "-c", code)


def check_reload(system: Booted) -> None:
    """Take an inventory with a device more by ``systemctl reload``, and refuse one with mistakes."""
    places = Path("/etc/netmon/sites/all.yaml")
    written = system.run("cat", places)
    system.run("tee", places, stdin=written + MORE_PLACES.removeprefix(PLACES))
    system.run("systemctl", "reload", "netmon.service")
    wait_until(lambda: system.show("netmon.service", "StatusText") == "devices watched: 3", "the new inventory")
    wait_until(lambda: states(system).get("a1-3") == "up", "the new device")
    system.run("tee", places, stdin="sites: [7]\n")
    system.run("systemctl", "reload", "netmon.service")
    wait_until(lambda: "refused" in system.show("netmon.service", "StatusText"), "the refusal")
    assert system.show("netmon.service", "ActiveState") == "active"
    system.run("tee", places, stdin=written)
    system.run("systemctl", "reload", "netmon.service")
    wait_until(lambda: system.show("netmon.service", "StatusText") == "devices watched: 2", "the old inventory")


def check_watchdog(system: Booted) -> None:
    """Stop the process: systemd misses the pats, ends it and starts it again."""
    before = system.show("netmon.service", "MainPID")
    assert system.show("netmon.service", "NRestarts") == "0"
    system.run("kill", "-STOP", before)
    wait_until(lambda: system.show("netmon.service", "NRestarts") == "1", "a restart by the watchdog")
    wait_until(lambda: system.show("netmon.service", "ActiveState") == "active", "netmon ready again")
    assert system.show("netmon.service", "MainPID") not in {before, "0"}
    wait_until(lambda: states(system) == dict.fromkeys(("a1-1", "a1-2"), "up"), "both devices up again")


def check_backup(system: Booted, folder: Path) -> None:
    """Back up beside the running service; the file holds what was seen, and no second of it was down."""
    system.run("systemctl", "start", "netmon-backup.timer")
    assert " 02:" in system.show("netmon-backup.timer", "NextElapseUSecRealtime")
    system.run("systemctl", "start", "netmon-backup.service")
    day = system.run("date", "+%u").strip()
    kept = folder / "kept.zip"
    packed = subprocess.run(
        system.enter("cat", f"/var/lib/netmon-backups/history-{day}.zip"), capture_output=True, check=True
    )
    kept.write_bytes(packed.stdout)
    assert netmon("restore", kept, "--data", folder / "restored").returncode == 0
    with History.open(folder / "restored", read_only=True) as history:
        seen = {span.outcome.value for spans in history.tracks().values() for span in spans}
    assert seen == {"up"}
