"""Prints how an alert travels: what netmon says is down, what Prometheus fires, what Alertmanager holds back.

usage: python scripts/hops.py NETMON PROMETHEUS ALERTMANAGER      (three URLs)

Each is asked once a second; a line says what began or is over. What is sent then, ``inbox.py`` prints.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

_MOST_LINES: Final = 8
_EVERY: Final = 1.0  # seconds


class Hop(NamedTuple):
    """One of the three: where it is asked, and what of its answer holds now, by anything that names it."""

    name: str
    url: str
    holding: Callable[[Any], Mapping[str, str]]


def down(status: Any) -> dict[str, str]:
    """Read netmon's ``/api/status``: uplinks and sites that are down by themselves."""
    places = (*status["uplinks"], *status["sites"])
    return {f"{one['kind']} {one['id']}": f"{one['id']} is down" for one in places if one["state"] == "down"}


def firing(answer: Any) -> dict[str, str]:
    """Read Prometheus's ``/api/v1/alerts``."""
    alerts = (one for one in answer["data"]["alerts"] if one["state"] == "firing")
    return {key: text for key, text in map(_alert, alerts) if "Watchdog" not in text}


def held_back(answer: Any) -> dict[str, str]:
    """Read Alertmanager's ``/api/v2/alerts``: what another alert or a silence keeps quiet."""
    found = {}
    for one in answer:
        if one["status"]["state"] == "suppressed":
            key, text = _alert(one)
            why = "inhibited" if one["status"]["inhibitedBy"] else "silenced"
            found[f"{why} {key}"] = f"{why}: {text}"
    return found


def _alert(one: Mapping[str, Any]) -> tuple[str, str]:
    labels, notes = one["labels"], one["annotations"]
    return json.dumps(labels, sort_keys=True), f"{labels['alertname']}: {notes.get('summary', labels)}"


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Say what began and what is over; few lines, however much it is."""
    began = [text for key, text in after.items() if key not in before]
    over = [f"over: {text}" for key, text in before.items() if key not in after]
    lines = began + over
    return [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else lines


def main(urls: list[str]) -> int:
    """Follow until a signal ends it."""
    if len(urls) != 3:  # noqa: PLR2004 - as the usage says
        print(__doc__, file=sys.stderr)
        return 2
    netmon, prometheus, alertmanager = urls
    hops = (
        Hop("netmon", f"{netmon}/api/status", down),
        Hop("Prometheus", f"{prometheus}/api/v1/alerts", firing),
        Hop("Alertmanager", f"{alertmanager}/api/v2/alerts", held_back),
    )
    known: dict[str, Mapping[str, str]] = {}
    while True:
        for hop in hops:
            try:
                with urllib.request.urlopen(hop.url, timeout=10) as answer:  # noqa: S310 - http alone
                    now = hop.holding(json.load(answer))
            except (urllib.error.URLError, OSError, ValueError, http.client.HTTPException):
                continue  # it is busy, or ends: who started it says so
            clock = time.strftime("%H:%M:%S")
            for line in changes(known.get(hop.name, {}), now):
                print(f"{clock}  {hop.name:12}  {line}", flush=True)
            known[hop.name] = now
        time.sleep(_EVERY)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
