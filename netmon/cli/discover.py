"""``netmon discover``: what is out there, as text of the inventory for people to review."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netmon.cli.options import data_folder
from netmon.cli.service import profiles_of
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, console, print_json
from netmon.discovery import (
    Asker,
    Existing,
    Harvest,
    Keys,
    PacedClient,
    Review,
    Scope,
    ScopeError,
    Standing,
    Status,
    Turns,
    as_data,
    memory_of,
    merge,
    places_of,
    recall,
    remember,
    sweep,
    totals,
    write_review,
)
from netmon.inventory import InventoryError, Loaded, load
from netmon.model import Inventory, Secret
from netmon.probes import Probe
from netmon.probes.icmp import Pinger

_LOG: Final = logging.getLogger(__name__)
_RATE: Final = 200
_FASTEST: Final = 100_000
_TIMEOUT: Final = 1.0
_SNMP: Final = 161
_EVERY: Final = 10.0
"""Seconds between two lines of progress where nobody sees a bar."""
_INTERRUPTED: Final = 130
_ECHOES_AND_TRIES: Final = 6
"""Packets of an address where nobody is."""

_STYLES: Final = {
    Status.NEW: "green",
    Status.MOVED: "yellow",
    Status.GONE: "bold red",
    Status.CHANGED: "yellow",
}


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "discover", parents=[common], help="look for devices in networks; prints inventory text to review"
    )
    parser.add_argument("networks", nargs="+", metavar="CIDR", help="networks (10.71.3.0/24) or single addresses")
    parser.add_argument("--community", metavar="TEXT", help="SNMP v2c community to try, before the credentials")
    parser.add_argument(
        "--credential", action="append", default=[], metavar="NAME",
        help="try this credential too; without it those are tried that are bound to these networks",
    )  # fmt: skip
    parser.add_argument("--port", type=_number(1, 65535), default=_SNMP, help="UDP port of agents (default: 161)")
    parser.add_argument(
        "--rate", type=_number(1, _FASTEST), default=_RATE, metavar="N", help="packets a second (default: %(default)s)"
    )
    parser.add_argument("--timeout", type=float, default=_TIMEOUT, help="seconds a try (default: %(default)s)")
    parser.add_argument("--no-ping", action="store_true", help="ask by SNMP alone")
    parser.add_argument("--no-follow", action="store_true", help="do not ask silent neighbours of what is found again")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the text there; the file must not exist")
    parser.set_defaults(run=_discover)


def _number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}")
        return int(text)

    return number


class _Wrong(Exception):  # noqa: N818 -- what was asked for cannot be done; the text says why
    pass


@dataclass(frozen=True, slots=True)
class _Plan:
    """A discovery that can begin."""

    scope: Scope
    loaded: Loaded | None
    keys: Keys
    existing: Existing


def _discover(arguments: argparse.Namespace) -> int:
    try:
        plan = _plan(arguments)
        harvest = asyncio.run(_run(arguments, plan))
    except (_Wrong, ScopeError) as wrong:
        complain(str(wrong))
        return INPUT_IS_WRONG
    now = time.time()
    review = merge(harvest, plan.existing, now)
    _hand_over(arguments, review, harvest, plan, now)
    _remember(arguments, review, plan)
    for address, fault in harvest.faults.items():
        _LOG.error("%s was not read, by a bug of ours", address, exc_info=fault)
    if not harvest.is_complete:
        return _INTERRUPTED
    is_well = not harvest.faults and any(entry.found is not None for entry in review.entries)
    return ALL_WELL if is_well and not review.of(Status.GONE) and not review.of(Status.MOVED) else NOT_WELL


# -- before -----------------------------------------------------------------------------------------------


def _plan(arguments: argparse.Namespace) -> _Plan:
    scope = Scope.of(arguments.networks)
    if arguments.out is not None and arguments.out.exists():
        raise _Wrong(f"--out: {arguments.out} is there already and stays as it is (name a new file)")
    if not 0 < arguments.timeout <= 60:  # noqa: PLR2004 - a minute
        raise _Wrong("--timeout: write seconds, more than 0 and at most 60")
    loaded = _loaded(arguments)
    inventory = loaded.inventory if loaded is not None else Inventory()
    for name in arguments.credential:
        if name not in inventory.credentials:
            near = difflib.get_close_matches(name, inventory.credentials, 1)
            known = f"write {near[0]}" if near else f"there are: {', '.join(inventory.credentials) or 'none'}"
            raise _Wrong(f"--credential: there is no credential {name!r} in credentials.yaml ({known})")
    community = Secret(arguments.community) if arguments.community is not None else None
    keys = Keys(inventory.credentials, arguments.credential, community)
    where = places_of(loaded.files) if loaded is not None else {}
    try:
        memories = recall(data_folder(arguments))
    except OSError as error:
        complain(f"what was found before cannot be read, and is not compared: {error}")
        memories = {}
    return _Plan(scope, loaded, keys, Existing(inventory, where, memories))


def _loaded(arguments: argparse.Namespace) -> Loaded | None:
    """Load the inventory; with a community of its own the command works without one, or without its secrets."""
    if not (arguments.inventory / "netmon.yaml").exists() and arguments.community is not None:
        complain(f"there is no inventory in {arguments.inventory}: everything that is found is new")
        return None
    try:
        return load(arguments.inventory)
    except InventoryError:
        if arguments.community is None:
            raise
    loaded = load(arguments.inventory, secrets=False)
    complain("the secrets of credentials.yaml are not there: only --community is tried")
    return loaded


# -- meanwhile --------------------------------------------------------------------------------------------


async def _run(arguments: argparse.Namespace, plan: _Plan) -> Harvest:
    """Ask everybody; Ctrl-C ends it with what was found so far, a second one at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        complain("stopping; what was found so far follows")
        stop.set()

    turns = Turns(arguments.rate)
    client = PacedClient(plan.scope, turns)
    pinger = None if arguments.no_ping else Pinger()
    await client.open()
    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        if pinger is not None:
            await pinger.open()
        _announce(arguments, plan)
        asker = _asker(arguments, plan, client, turns, pinger)
        with _progress() as tell:
            harvest = await sweep(plan.scope, asker, tell, stop, follow=not arguments.no_follow)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        client.close()
        if pinger is not None:
            pinger.close()
    if client.spoofed_replies:
        complain("some answers came from other addresses than were asked, and were not taken: see answers_from")
    return harvest


def _asker(arguments: argparse.Namespace, plan: _Plan, client: PacedClient, turns: Turns, ping: Probe | None) -> Asker:
    return Asker(
        client=client,
        turns=turns,
        keys=plan.keys,
        profiles=profiles_of(plan.loaded),
        known=plan.existing.by_address(),
        ping=ping,
        port=arguments.port,
        timeout=arguments.timeout,
    )


def _announce(arguments: argparse.Namespace, plan: _Plan) -> None:
    count = plan.scope.count()
    seconds = count * _ECHOES_AND_TRIES / arguments.rate
    lasting = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{max(seconds, 1):.0f} seconds"  # noqa: PLR2004 - as people say it
    complain(f"{count:,} addresses at {arguments.rate:,} packets a second: about {lasting}; Ctrl-C ends it earlier")
    for network in plan.scope.networks:
        if not plan.keys.may_enter(network):
            complain(
                f"no credential is for {network}: it is pinged alone "
                "(bind one to it by `networks`, or name one: --credential NAME, --community TEXT)"
            )


@contextmanager
def _progress() -> Iterator[Callable[[Standing], None]]:
    """Show how far it has come: a bar where somebody sees it, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[found]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(error=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(standing: Standing) -> None:
            key = f"{standing.stage} {standing.total}"
            if key not in tasks:
                tasks[key] = bars.add_task(standing.stage, total=standing.total, found="")
            found = f"{standing.answered} answer, {standing.devices} devices"
            bars.update(tasks[key], completed=standing.done, found=found)

        yield tell


class _Lines:
    """Says now and then in a line how far it has come."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY

    def __call__(self, standing: Standing) -> None:
        now = time.monotonic()
        if now >= self._next or standing.done == standing.total:
            self._next = now + _EVERY
            found = f"{standing.answered} answer, {standing.devices} devices"
            complain(f"{standing.stage}: {standing.done:,} of {standing.total:,}, {found}")


# -- afterwards -------------------------------------------------------------------------------------------


def _hand_over(arguments: argparse.Namespace, review: Review, harvest: Harvest, plan: _Plan, now: float) -> None:
    text = write_review(review, harvest, plan.existing, now)
    if arguments.out is not None:
        _write(arguments.out, text)
    if arguments.json:
        print_json(as_data(review, harvest))
    elif arguments.out is None:
        print(text, end="")
    _show(review, harvest)
    if arguments.out is not None:
        complain(f"written: {arguments.out}")


def _write(path: Path, text: str) -> None:
    """Write a new file; where somebody else was quicker, nothing that was found is lost."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        complain(f"--out: {path} could not be written ({error.strerror}); it follows here")
        print(text, end="")


def _show(review: Review, harvest: Harvest) -> None:
    """Show what came of it as a table, on the error output: the text itself may go into a file."""
    from rich.table import Table  # noqa: PLC0415 -- a twentieth of a second that others need not wait for
    from rich.text import Text  # noqa: PLC0415 -- as above

    out = console(error=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "id", "role", "address", "what it is", "to know"):
        table.add_column(column, overflow="fold")
    shown = [entry for status in Status if status is not Status.AS_IT_IS for entry in review.of(status)]
    for entry in shown:
        role = f"{entry.role.value}{'?' if entry.reason else ''}"
        at = entry.address or f"at {entry.controller or (entry.device.controller if entry.device else '')}"
        cells = (entry.status.value, entry.id, role, at, entry.hardware, "; ".join(entry.notes))
        table.add_row(
            *(Text(_line(cell), style=_STYLES[entry.status] if not n else "") for n, cell in enumerate(cells))
        )
    if shown:
        out.print(table)
    complain(f"{totals(review, harvest)}; {harvest.packets:,} packets")


def _line(text: str) -> str:
    """Keep what a device says of itself from steering a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def _remember(arguments: argparse.Namespace, review: Review, plan: _Plan) -> None:
    met = {entry.id: memory_of(entry.found) for entry in review.entries if entry.found is not None}
    kept = {name: memory for name, memory in plan.existing.memories.items() if name in plan.existing.inventory.devices}
    try:
        remember(data_folder(arguments), {**kept, **met})
    except OSError as error:
        complain(f"what was found is not remembered for the next time: {error}")
