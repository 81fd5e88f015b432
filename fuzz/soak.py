"""Runs each harness for its number of inputs, says how many ran, and fails where one found something.

Usage:
    python fuzz/soak.py [NAME …]
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from one import HERE

PLACE = Path(os.environ.get("NETMON_FUZZ_PLACE", HERE.parent / ".fuzz"))
"""Where inputs are kept: ``NAME/`` those that reached something new, ``NAME-…`` findings."""

SHARE = int(os.environ.get("NETMON_FUZZ_SHARE", "1"))
"""One of how many inputs is tried, where there is less time."""

SEED = int(os.environ.get("NETMON_FUZZ_SEED", time.time()))
"""Where chance begins; another each time."""

MEMORY = 400
"""MiB that a harness may take in all; about 100 are Python, the fuzzer, netmon's modules and the inputs kept."""

SECONDS = 10
"""For one input; a thousand times what any takes."""

_LAST = re.compile(r"DONE +cov: (\d+) ft: (\d+)")
_RUNS = re.compile(r"stat::number_of_executed_units: (\d+)")


def begin(name: str) -> list[str]:
    """Write a harness's seeds, and give the command that runs it."""
    from harnesses import HARNESSES  # noqa: PLC0415 - only once something is there to run them

    harness = HARNESSES[name]
    corpus = PLACE / name
    seeds = PLACE / f"{name}.seeds"
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.seeds()):
        (seeds / f"{number:03}").write_bytes(seed)
    runs = max(1000, harness.runs // SHARE)
    options = {
        "runs": runs,
        "max_len": harness.longest,
        "len_control": 0,
        "timeout": SECONDS,
        "rss_limit_mb": MEMORY,
        "artifact_prefix": PLACE / f"{name}-",
        "print_final_stats": 1,
        "verbosity": 1,
        "seed": SEED,
    }
    words = [f"-{key}={value}" for key, value in options.items()]
    return [sys.executable, str(HERE / "one.py"), name, *words, str(corpus), str(seeds)]


def run(name: str) -> bool:
    """Run one harness and tell what came of it."""
    began = time.monotonic()
    done = subprocess.run(begin(name), capture_output=True, text=True, errors="replace", check=False)
    took = time.monotonic() - began
    told = done.stderr + done.stdout
    runs = _RUNS.search(told)
    if done.returncode == 0 and runs:
        last = _LAST.search(told)
        reached = f"{last[1]} edges" if last else "?"
        print(f"{name:10} {int(runs[1]):>11,} inputs {took:7.0f} s   {reached}", flush=True)
        return True
    words = "\n".join(line for line in told.splitlines() if not line.startswith(("#", "INFO:", "WARNING:")))
    print(f"{name:10} FOUND SOMETHING (exit {done.returncode})\n{words[-6000:]}", flush=True)
    for finding in sorted(PLACE.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)[-1:]:
        print(f"repeat it with: {sys.executable} fuzz/one.py {name} {finding}", flush=True)
    return False


def main() -> int:
    """Run those that are named, or all."""
    if importlib.util.find_spec("atheris") is None:
        print("NOT FUZZED: atheris has no wheel for this Python or machine (CPython 3.11 to 3.13, Linux, x86-64)")
        return 0
    from harnesses import HARNESSES  # noqa: PLC0415

    names = sys.argv[1:] or list(HARNESSES)
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        return sum(not fine for fine in side_by_side.map(run, names))


if __name__ == "__main__":
    raise SystemExit(main())
