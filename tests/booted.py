"""A systemd of a test's own, as PID 1 of namespaces of its own, with the units of ``deploy/systemd`` as they stand.

It has its own processes, network, mounts, ``/etc``, ``/opt``, ``/run`` and ``/var/lib``, and no units but those it is
given; netmon lies in ``/opt/netmon`` there as it does on a server. Nothing of it touches the machine's own systemd.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from running_city import environment, wait_until

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "deploy" / "systemd"
OWN = (*UNITS.glob("netmon*.service"), *UNITS.glob("netmon*.timer"))
SYSTEMD = Path("/lib/systemd/systemd")
NAMESPACES = ("--pid", "--mount", "--cgroup", "--ipc", "--uts", "--net")

TARGETS = ("sysinit", "basic", "shutdown", "multi-user", "network-online", "umount", "final", "timers", "default")
"""Units that others refer to; here they do nothing."""

BOOT = """\
set -eu
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
cp -a /etc /mnt/etc
rm -rf /mnt/etc/systemd/system/*
cp -a {stage}/etc/. /mnt/etc/
mount --bind /mnt/etc /etc
mount -t tmpfs -o mode=755 tmpfs /opt
cp -a {stage}/opt/. /opt/
mkdir /opt/python
mount --bind {python} /opt/python
mount --bind {packages} /opt/netmon/lib/{version}/site-packages
mount -t tmpfs -o mode=755 tmpfs /var/lib
umount -R /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
systemd-sysusers
exec {systemd} --system --unit=basic.target --show-status=no
"""

LAUNCHER = """\
#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=/opt/netmon/src
exec /opt/netmon/bin/python -m netmon.cli "$@"
"""
"""A Python that was moved does not find its own library by itself."""


def skip_reason() -> str:
    """Say why this machine cannot start a systemd of a test's own; empty where it can."""
    if os.geteuid() != 0:
        return "a systemd of its own needs root"
    missing = [program for program in ("unshare", "nsenter", "ip", "systemctl") if shutil.which(program) is None]
    if missing or not SYSTEMD.exists():
        return f"not installed: {', '.join(missing) or 'systemd'}"
    if _cgroups() is None:
        return "cgroup2 is not mounted"
    made = subprocess.run(["unshare", "--fork", *NAMESPACES, "true"], capture_output=True, check=False)
    return "" if made.returncode == 0 else "this system allows no namespaces"


class Booted:
    """A running systemd."""

    def __init__(self, pid: int, log: Path) -> None:
        """Keep its process, and where units write."""
        self.pid = pid
        self.log = log

    def enter(self, *command: str | Path) -> list[str]:
        """Give a command line that runs inside all of its namespaces."""
        return ["nsenter", f"--target={self.pid}", "--all", *map(str, command)]

    def beside(self, *command: str | Path) -> list[str]:
        """Give a command line that runs in its network alone: what a test brings along."""
        return ["nsenter", f"--target={self.pid}", "--net", *map(str, command)]

    def run(self, *command: str | Path, check: bool = True, stdin: str = "") -> str:
        """Run a command inside to its end, and give what it says."""
        done = subprocess.run(
            self.enter(*command),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment(),
            input=stdin,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0 or not check, f"{command}: {said}\n{self.said()}"
        return said

    def show(self, unit: str, name: str) -> str:
        """Give a property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def said(self) -> str:
        """Give what the units have written."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


@contextmanager
def booted(folder: Path, etc: Path, units: Iterable[Path], drop_ins: Mapping[str, str]) -> Iterator[Booted]:
    """Start a systemd with these units, and what lies in ``etc`` in its ``/etc``; end it, and all of it, at the end.

    ``drop_ins`` are changes to units by their names; the units themselves are taken as they are. More units may be
    put into its ``/etc/systemd/system``.
    """
    stage = _stage(folder, etc, units, drop_ins)
    script = folder / "boot.sh"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    script.write_text(
        BOOT.format(
            stage=stage,
            python=sys.base_prefix,
            packages=sysconfig.get_path("purelib"),
            version=version,
            systemd=SYSTEMD,
        ),
        encoding="utf-8",
    )
    with ExitStack() as stack:
        group = stack.enter_context(_own_cgroup())
        output = stack.enter_context((folder / "boot.log").open("wb"))
        unshare = ("unshare", "--fork", "--kill-child=SIGKILL", *NAMESPACES, "sh", str(script))
        process = subprocess.Popen(
            ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(group / "cgroup.procs"), *unshare],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={
                "PATH": os.environ["PATH"],
                "container": "netmon-test",
                "SYSTEMD_UNIT_PATH": f"/etc/systemd/system:{stage / 'units'}",
                "SYSTEMD_GENERATOR_PATH": str(stage / "none"),
                "SYSTEMD_LOG_TARGET": "console",
            },
        )
        stack.callback(process.wait, 60)
        stack.callback(process.kill)

        def is_up() -> Booted | None:
            assert process.poll() is None, (folder / "boot.log").read_text(encoding="utf-8")
            child = _child(process.pid)
            if child is None or _name(child) != "systemd":
                return None
            found = Booted(child, folder / "units.log")
            return found if "active" in found.run("systemctl", "is-active", "basic.target", check=False) else None

        yield wait_until(is_up, "a systemd of its own")


def _stage(folder: Path, etc: Path, taken: Iterable[Path], drop_ins: Mapping[str, str]) -> Path:
    """Lay out what lies in ``/etc`` and ``/opt`` there, and the units."""
    stage = folder / "stage"
    netmon, units = stage / "opt" / "netmon", stage / "units"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for made in (netmon / "bin", netmon / "lib" / version / "site-packages", stage / "none", units):
        made.mkdir(parents=True)
    for package in ("netmon", "exporters"):
        shutil.copytree(ROOT / package, netmon / "src" / package, ignore=shutil.ignore_patterns("__pycache__"))
    (netmon / "pyvenv.cfg").write_text("home = /opt/python/bin\ninclude-system-site-packages = false\n", "utf-8")
    (netmon / "bin" / "python").symlink_to(f"/opt/python/bin/{version}")
    (netmon / "bin" / "netmon").write_text(LAUNCHER, encoding="utf-8")
    (netmon / "bin" / "netmon").chmod(0o755)
    shutil.copy(ROOT / "tests" / "unit_trial.py", netmon / "src")
    shutil.copytree(etc, stage / "etc")
    for unit in taken:
        shutil.copy(unit, units)
    for target in TARGETS:
        (units / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n", encoding="utf-8")
    log = f"[Service]\nStandardOutput=append:{folder / 'units.log'}\nStandardError=inherit\n"
    for unit, text in {"service": log, **drop_ins}.items():
        (units / f"{unit}.d").mkdir()
        (units / f"{unit}.d" / f"{unit}.conf").write_text(text, encoding="utf-8")
    return stage


def _cgroups() -> Path | None:
    """Find where cgroup2 is mounted."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    return None


@contextmanager
def _own_cgroup() -> Iterator[Path]:
    mounted = _cgroups()
    assert mounted is not None
    group = Path(tempfile.mkdtemp(prefix="netmon-test-", dir=mounted))

    def is_empty() -> bool:
        return "populated 0" in (group / "cgroup.events").read_text(encoding="utf-8")

    try:
        yield group
    finally:
        wait_until(is_empty, "the end of all that systemd started")
        for path in sorted(group.rglob("*/"), reverse=True):
            path.rmdir()
        group.rmdir()


def _child(pid: int) -> int | None:
    """Give the process that a process has started; none while there is none."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return None
    return int(found[0]) if found else None


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
