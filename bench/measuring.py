"""What all measurements need: processor time of processes, their memory, medians, and the rows of the table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

NETMON: Final = Path(sys.executable).with_name("netmon")
ROOT: Final = Path(__file__).parents[1]

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_CORES: Final = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``peer`` and ``ratio`` are empty where netmon is measured alone."""

    what: str
    netmon: str
    peer: str = ""
    ratio: str = ""
    command: str = ""


class MissingError(Exception):
    """A program that the measurement needs is not installed."""


def cpu_seconds(pid: int) -> float:
    """Give the processor time a process has used so far, its ended threads included (10 ms exact)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> dict[str, float]:
    """Give what a process holds in memory, in MB: ``Rss``, ``Pss`` (shared pages by their share), and more."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {name.rstrip(":"): int(size) / 1024 for name, size, _ in map(str.split, lines)}


def peak(pid: int) -> float:
    """Give the most memory a process ever held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@dataclass(frozen=True, slots=True)
class Used:
    """What a process that has ended took: seconds of processor time and by the clock, MB of memory at its peak."""

    cpu: float
    wall: float
    peak: float


def start(
    *command: str | Path, apart: bool = False, quiet: bool = False, anywhere: bool = False
) -> subprocess.Popen[str]:
    """Start a process that is measured, or one ``apart`` that is not, with pipes.

    ``quiet``: its log is thrown away; ``anywhere``: it may have all cores.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
        preexec_fn=unpin if anywhere else pin_apart if apart else pin,  # noqa: PLW1509 - no threads yet
    )


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Write a line to a process that was started with :func:`start`."""
    if process.stdin is None:
        raise ValueError("it has no pipe")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def told(process: subprocess.Popen[str]) -> str:
    """Wait for a line of a process that was started with :func:`start`."""
    if process.stdout is None:
        raise ValueError("it has no pipe")
    return process.stdout.readline()


def run(*command: str | Path) -> Used:
    """Run a command that is measured to its end, its output thrown away.

    Raises:
        RuntimeError: It failed.
    """
    began = time.perf_counter()
    child = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.DEVNULL,
        preexec_fn=pin,  # noqa: PLW1509 - no threads yet
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    return Used(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024)


def pin(pid: int = 0) -> None:
    """Keep a process that is measured on the last core; what it talks to may have the others."""
    os.sched_setaffinity(pid, _CORES[-1:])


def pin_apart(pid: int = 0) -> None:
    """Keep a process off the core of those that are measured, where there is another one."""
    os.sched_setaffinity(pid, _CORES[:-1] or _CORES)


def unpin(pid: int = 0) -> None:
    """Let a process have every core."""
    os.sched_setaffinity(pid, _CORES)


def end(*processes: subprocess.Popen[str]) -> None:
    """Stop processes and wait for them."""
    for process in processes:
        process.terminate()
        process.communicate()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60, every: float = 0.05) -> None:
    """Wait until something holds, and look each so many seconds.

    Raises:
        TimeoutError: It does not, for so long.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not after {seconds:g} s")
        time.sleep(every)


def fraction(ours: float, theirs: float) -> str:
    """Write how much less (``1/12``) or more (``1.4 ×``) we take than a peer."""
    if ours <= 0:
        return "0"
    return f"1/{theirs / ours:.1f}" if theirs >= ours else f"{ours / theirs:.2f} ×"


def middle(values: Iterable[float]) -> float:
    """Give the median."""
    return median(values)


def show(rows: Iterable[Row]) -> None:
    """Print rows for a person."""
    for row in rows:
        peer = f"   peer {row.peer}   ratio {row.ratio}" if row.peer else ""
        print(f"{row.what}: {row.netmon}{peer}", flush=True)


def main(measure: Callable[[bool], list[Row]], doc: str | None) -> None:
    """Be the command line of one measurement: ``--quick`` for a first look."""
    if set(sys.argv[1:]) - {"--quick"}:
        sys.exit(doc)
    try:
        show(measure("--quick" in sys.argv))
    except MissingError as missing:
        sys.exit(str(missing))
