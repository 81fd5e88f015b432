"""``netmon simulate``: the simulated city."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain, print_json
from netmon.inventory import load
from netmon.model import Inventory, Secret
from netmon.simulator import (
    ScriptError,
    Simulation,
    SimulationError,
    prepare,
    random_course,
    read_script,
    run_simulation,
)


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "simulate", parents=[common], help="answer SNMP for every device of an inventory on 127.0.0.0/8"
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="INVENTORY", help="instead of --inventory")
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="a course of events: lines of at,duration,event,target,…"
    )
    parser.add_argument("--random", type=float, default=0.0, metavar="N", help="and so many events by chance an hour")
    parser.add_argument("--seed", type=int, default=0, help="of what happens by chance (default: 0)")
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="write who will be silent, when and why, as lines of JSON, to hold a report against",
    )
    parser.add_argument("--for", type=float, metavar="SECONDS", dest="duration", help="stop by itself after that")
    parser.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> int:
    inventory = load(arguments.folder or arguments.inventory).inventory
    community = _community(inventory)
    if community is None:
        complain("credentials.yaml: no device has a credential with an SNMP community; the agents need one")
        return INPUT_IS_WRONG
    try:
        start, (chance, seed) = time.time(), (arguments.random, arguments.seed)
        city = prepare(inventory, community, arguments.script, per_hour=chance, seed=seed, start=start)
        if arguments.truth is not None:
            _write_truth(city, arguments.truth)
        asyncio.run(_run(city, arguments, lambda: _read_again(city, arguments, inventory, start)))
    except (ScriptError, SimulationError, OSError, UnicodeDecodeError) as error:
        complain(str(error))
        return INPUT_IS_WRONG
    return ALL_WELL


def _read_again(city: Simulation, arguments: argparse.Namespace, inventory: Inventory, start: float) -> None:
    """Go on with the script as it is now; one with mistakes changes nothing."""
    by_chance = random_course(inventory, start, arguments.seed, arguments.random)
    try:
        script = arguments.script.read_text(encoding="utf-8")
        city.follow([*read_script(script, inventory, time.time(), str(arguments.script)), *by_chance])
        if arguments.truth is not None:
            _write_truth(city, arguments.truth)
    except (ScriptError, OSError, UnicodeDecodeError) as error:
        complain(str(error))
    else:
        complain(f"{arguments.script} was read again")


def _write_truth(city: Simulation, file: Path) -> None:
    lines = [
        json.dumps({"device": one.device, "start": _iso(one.start), "end": _iso(one.end), "cause": one.cause})
        for one in city.truth(-math.inf, math.inf)
    ]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _community(inventory: Inventory) -> Secret | None:
    """The one community that the agents answer to: that of the first device that has one."""
    for device in inventory.devices.values():
        credential = inventory.credentials.get(device.credential)
        if credential is not None and credential.community is not None:
            return credential.community
    return None


async def _run(city: Simulation, arguments: argparse.Namespace, read_again: Callable[[], None]) -> None:
    def ready(running: Simulation) -> None:
        if arguments.json:
            print_json({"agents": running.devices})
        else:
            print(f"{running.devices} agents answer SNMP", flush=True)

    if arguments.script is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, read_again)
    try:
        async with asyncio.timeout(arguments.duration):
            await run_simulation(city, ready)
    except TimeoutError:
        complain(f"answered {city.answers} of {city.requests} requests")
