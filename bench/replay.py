"""Replays a month of 500 devices at 60 s: 21.6 million observations through a pipe; prints time and peak memory.

usage: python bench/replay.py [--devices 500] [--shuffle]
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START, END, STEP = 1793466000, 1796058000, 60  # November 2026 in Asia/Jakarta
NETMON = Path(sys.executable).with_name("netmon")


def inventory(folder: Path, devices: int) -> None:
    """Write an inventory of one uplink and a site for each access point."""
    (folder / "sites").mkdir()
    (folder / "netmon.yaml").write_text(
        'city: {name: Bench, code: "13.71", zone: Asia/Jakarta, language: id}\nintervals: {reachability: 60s}\n'
    )
    (folder / "regions.csv").write_text(
        "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1011,Air Manis,13.71.01,Padang Selatan\n"
    )
    lines = [
        "uplinks:",
        '  - {id: up, kelurahan: "13.71.01.1011", devices: [{id: d0, role: router, address: 127.0.1.1}]}',
    ]
    lines.append("sites:")
    for number in range(1, devices):
        address = f"127.1.{number >> 8}.{number & 255}"
        lines.append(
            f'  - {{id: s{number}, name: S{number}, kind: park, kelurahan: "13.71.01.1011", uplink: up, '
            f"devices: [{{id: d{number}, role: access_point, address: {address}}}]}}"
        )
    (folder / "sites" / "all.yaml").write_text("\n".join(lines) + "\n")


def observations(devices: int, shuffle: bool) -> None:
    """Write the observations to the standard output, round by round: 0.1 % of them down."""
    chance = random.Random(1)
    write = sys.stdout.write
    write("at,device,outcome\n")
    rounds = list(range(START, END, STEP))
    if shuffle:
        chance.shuffle(rounds)
    for at in rounds:
        down = {chance.randrange(devices * 4) for _ in range(2)}
        write("".join([f"{at + d % 60},d{d},{'down' if d in down else 'up'}\n" for d in range(devices)]))


def main() -> None:
    """Run the replay with the generator on the other end of a pipe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--shuffle", action="store_true")
    parser.add_argument("--generate", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.generate:
        observations(arguments.devices, arguments.shuffle)
        return
    with tempfile.TemporaryDirectory() as name:
        inventory(Path(name), arguments.devices)
        began = time.perf_counter()
        generate = [sys.executable, __file__, "--generate", "--devices", str(arguments.devices)]
        generator = subprocess.Popen([*generate, *(["--shuffle"] if arguments.shuffle else [])], stdout=subprocess.PIPE)
        replay = [NETMON, "replay", "-", "--inventory", name, "--month", "2026-11", "--out", f"{name}/report.json"]
        subprocess.run(replay, stdin=generator.stdout, check=True)
        generator.wait()
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    count = arguments.devices * (END - START) // STEP
    print(f"{count / 1e6:.1f} million observations: {took:.0f} s, peak {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
