"""``netmon status``: what is down now, since when, and why, as the running service knows it."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from netmon.cli.calling import Called, CallError, address_options
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, print_json, print_table
from netmon.web.status import Status, amiss
from netmon.web.words import clock, share

_KEYS = {"definition", "at", "zone", "city", "counts", "month", "coverage", "uplinks", "sites", "devices", "witness_up"}
_OUT = ("down", "down_upstream")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("status", parents=[common], help="what is down now, since when, and why")
    address_options(parser, "url", "http://127.0.0.1:9810")
    parser.set_defaults(run=_status)


def _status(arguments: argparse.Namespace) -> int:
    service = Called(arguments, "url")
    try:
        found = _status_in(service.get("/api/status"))
    except (CallError, ValueError) as error:
        reason = error.reason if isinstance(error, CallError) else error
        complain(f"{service.url}: no status: {reason} (is netmon running? name its address with --url)")
        return INPUT_IS_WRONG
    if arguments.json:
        print_json(found)
    else:
        _show(found)
    return NOT_WELL if any(one["state"] in _OUT for one in amiss(found)) or found["witness_up"] is False else ALL_WELL


def _status_in(answer: Any) -> Status:
    """Give what was answered, where it is what netmon answers.

    Raises:
        ValueError: It is not.
    """
    if not (isinstance(answer, dict) and answer.keys() >= _KEYS):
        raise ValueError("what answers there gives no status of netmon")
    return answer


def _show(found: Status) -> None:
    zone = ZoneInfo(found["zone"])
    print(f"{found['city']} at {_local(found['at'], zone)} ({found['zone']}), figures by {found['definition']}")
    if found["witness_up"] is False:
        print("The monitor itself is cut off: no witness answers. States are unknown; no outage is booked.")
    for kind, counts in found["counts"].items():
        print(f"{kind + 's':8} " + ", ".join(f"{count} {state}" for state, count in counts.items() if count))
    month = found["month"]
    for kind in ("uplink", "site"):
        figures = month[kind]
        print(
            f"{month['label']} {kind + 's':8} availability {share(figures['availability'], 'en')}, "
            f"data completeness {share(figures['completeness'], 'en')}"
        )
    print(f"kelurahan connected {share(found['coverage']['kelurahan_connected'], 'en')}")
    rows = [
        (one["kind"], one["id"], one["state"], _local(one["since"], zone), one["why"], _on_it(one, found, zone))
        for one in amiss(found)
    ]
    print()
    if any(row[-1] is not None for row in rows):
        print_table("Not up", ["kind", "id", "state", "since", "why", "acknowledged by"], rows)
    elif rows:
        print_table("Not up", ["kind", "id", "state", "since", "why"], [row[:-1] for row in rows])
    else:
        print("Everything that is watched is up.")


def _on_it(one: Status, found: Status, zone: ZoneInfo) -> str | None:
    """Say who is on an outage, since when, and what for."""
    made = one.get("acknowledged")
    if made is None:
        return None
    at = clock(datetime.fromisoformat(made["at"]), datetime.fromisoformat(found["at"]), zone, "en")
    return f"{made['by']}, {at}: {made['note']}"


def _local(at: str | None, zone: ZoneInfo) -> str | None:
    """Write a time in the city's zone; ``None``, a state older than what is looked at, stays so."""
    if at is None:
        return None
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
