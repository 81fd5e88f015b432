"""A month of 500 devices at 60 s, 21.6 million recorded observations through a pipe: time and memory of a replay.

usage: python bench/replay.py [--quick]      (quick: 50 devices)
       python bench/replay.py --generate DEVICES > FILE.csv      (only the observations)
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cities
from measuring import NETMON, Row, main, pin, pin_apart

START, END, STEP = 1793466000, 1796058000, 60  # November 2026 in Asia/Jakarta


def observations(devices: int) -> None:
    """Write the observations to the standard output, round by round: 0.1 % of them down."""
    chance = random.Random(1)
    write = sys.stdout.write
    write("at,device,outcome\n")
    for at in range(START, END, STEP):
        down = {chance.randrange(devices * 4) for _ in range(2)}
        write("".join([f"{at + d % 60},d{d},{'down' if d in down else 'up'}\n" for d in range(devices)]))


def measure(quick: bool) -> list[Row]:
    """Run the replay with the generator on the other end of a pipe."""
    devices = 50 if quick else 500
    with tempfile.TemporaryDirectory() as name:
        city = Path(name) / "city"
        cities.write(city, devices, reachability=STEP, snmp=False, routers=1)
        generate = [sys.executable, __file__, "--generate", str(devices)]
        replay = [NETMON, "replay", "-", "--inventory", city, "--month", "2026-11", "--out", f"{name}/report.json"]
        began = time.perf_counter()
        generator = subprocess.Popen(generate, stdout=subprocess.PIPE, preexec_fn=pin_apart)  # noqa: PLW1509
        command = [str(part) for part in replay]
        replayed = subprocess.Popen(command, stdin=generator.stdout, preexec_fn=pin)  # noqa: PLW1509
        _, status, used = os.wait4(replayed.pid, 0)
        replayed.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - began
        generator.communicate()
    if replayed.returncode:
        raise RuntimeError(f"the replay ended with {replayed.returncode}")
    count = devices * (END - START) // STEP
    figures = (
        f"{used.ru_utime + used.ru_stime:.0f} s CPU ({took:.0f} s by the clock), peak {used.ru_maxrss / 1024:.0f} MB"
    )
    return [Row(f"replay of {count / 1e6:.1f} million observations", figures, command="python bench/replay.py")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--generate"]:
        observations(int(sys.argv[2]))
    else:
        main(measure, __doc__)
