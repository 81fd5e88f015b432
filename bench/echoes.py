"""Processor time of 10,000 ICMP echoes on loopback, against fping.

usage: python bench/echoes.py [--quick]

2,000 devices with five echoes each. netmon asks at most as many devices at once as its sequence numbers allow without
waiting, fping as fast as it may (``-i 0.01 -p 10``). The kernel answers within the sender's own call, so both pay for
both directions.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from measuring import MissingError, Row, fraction, main, middle, run
from workloads import address

from netmon.model import Check
from netmon.probes.icmp import ECHOES, Pinger

_DEVICES = 2000
_AT_ONCE = 500
_COMMAND = "python bench/echoes.py"


async def _ping(devices: int) -> float:
    pinger = Pinger()
    await pinger.open()
    turns = iter([Check(f"d{n}/reachability", f"d{n}", "icmp", 30, 2.0, address(n)) for n in range(devices)])

    async def work() -> None:
        for check in turns:
            seen = await pinger(check)
            if seen.failure is not None or seen.loss:
                raise RuntimeError(f"{check.address}: {seen.detail}")

    began = time.process_time()
    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    took = time.process_time() - began
    pinger.close()
    return took


def measure(quick: bool) -> list[Row]:
    """Ping everybody some times, in turns.

    Raises:
        MissingError: fping is not installed.
    """
    if shutil.which("fping") is None:
        raise MissingError("fping is not installed: scripts/packages fping")
    ours, theirs = [], []
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as targets:
        targets.write("".join(f"{address(n)}\n" for n in range(_DEVICES)))
        targets.flush()
        fping = ["fping", "-q", "-c", str(ECHOES), "-i", "0.01", "-p", "10", "-f", targets.name]
        for _ in range(2 if quick else 7):
            ours.append(_own_turn())
            theirs.append(run("sh", "-c", f"{' '.join(fping)} 2>/dev/null").cpu)
    what = f"CPU of {_DEVICES * ECHOES:,} echoes"
    both = middle(ours), middle(theirs)
    return [Row(what, f"{both[0]:.2f} s", f"fping {both[1]:.2f} s", fraction(*both), _COMMAND)]


def _own_turn() -> float:
    """Ping in a process of its own, whose start does not count."""
    with tempfile.NamedTemporaryFile() as told:
        run(sys.executable, __file__, "--once", told.name)
        return float(Path(told.name).read_text(encoding="ascii"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        Path(sys.argv[2]).write_text(str(asyncio.run(_ping(_DEVICES))), encoding="ascii")
    else:
        main(measure, __doc__)
