"""``netmon status``: what is down now, since when, and why, as the running service knows it."""

from __future__ import annotations

import argparse
import base64
import json
import ssl
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, print_json, print_table
from netmon.web.status import Status, amiss
from netmon.web.words import share

_TIMEOUT = 10.0
_KEYS = {"definition", "at", "zone", "city", "counts", "month", "coverage", "uplinks", "sites", "devices", "witness_up"}
_OUT = ("down", "down_upstream")


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("status", parents=[common], help="what is down now, since when, and why")
    parser.add_argument(
        "--url", default="http://127.0.0.1:9810", help="where the service answers (default: %(default)s)"
    )
    parser.add_argument("--user", metavar="NAME", help="a user of the service's --web-config")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="the file whose first line is the password")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="who signed the service's certificate (PEM)")
    parser.set_defaults(run=_status)


def _status(arguments: argparse.Namespace) -> int:
    if not arguments.url.startswith(("http://", "https://")):
        complain(f"--url: {arguments.url!r} is no address of a service (write http://HOST:PORT)")
        return INPUT_IS_WRONG
    if (arguments.user is None) != (arguments.password_file is None):
        complain("--user and --password-file: write both or neither")
        return INPUT_IS_WRONG
    url = f"{arguments.url.rstrip('/')}/api/status"
    try:
        with _asked(url, arguments) as answer:
            found = _status_in(json.load(answer))
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        complain(f"{url}: no status: {reason} (is netmon running? name its address with --url)")
        return INPUT_IS_WRONG
    if arguments.json:
        print_json(found)
    else:
        _show(found)
    return NOT_WELL if any(one["state"] in _OUT for one in amiss(found)) or found["witness_up"] is False else ALL_WELL


def _asked(url: str, arguments: argparse.Namespace) -> Any:
    """Ask for the status.

    Raises:
        OSError: There is no answer, or a file cannot be read.
    """
    request = urllib.request.Request(url)  # noqa: S310 -- http and https alone, see above
    if arguments.user is not None:
        line = arguments.password_file.read_bytes().splitlines()[:1]
        told = base64.b64encode(arguments.user.encode() + b":" + b"".join(line)).decode()
        request.add_unredirected_header("Authorization", f"Basic {told}")
    context = None if arguments.ca_file is None else ssl.create_default_context(cafile=arguments.ca_file)
    return urllib.request.urlopen(request, timeout=_TIMEOUT, context=context)  # noqa: S310 -- as above


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
    rows = [(one["kind"], one["id"], one["state"], _local(one["since"], zone), one["why"]) for one in amiss(found)]
    print()
    if rows:
        print_table("Not up", ["kind", "id", "state", "since", "why"], rows)
    else:
        print("Everything that is watched is up.")


def _local(at: str | None, zone: ZoneInfo) -> str | None:
    """Write a time in the city's zone; ``None``, a state older than what is looked at, stays so."""
    if at is None:
        return None
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
