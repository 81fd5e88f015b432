"""``netmon drill``: an alert is rehearsed on the running system, from netmon to whoever gets the page."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from netmon.cli.alertmanager import Alertmanager
from netmon.cli.calling import Called, CallError, address_options
from netmon.cli.drill_hops import Reached, Way
from netmon.cli.drill_words import WORDS
from netmon.cli.options import duration
from netmon.cli.prometheus import Prometheus
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, print_json, shown

_LONGEST: Final = 1800
_SPARE: Final = 30
"""Seconds that a drill lasts beyond the time for its way: it is ended by the command unless that has died."""

_YES: Final = frozenset({"y", "ya", "yes"})


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "drill",
        parents=[common],
        help="rehearse an alert on the running system and time its way to the receiver; changes no figure",
        description="Marks one device as failing by way of a series of its own (netmon_drill), follows the alert "
        "through Prometheus and Alertmanager to the receiver, and prints each hop with its time. Its messages begin "
        "with LATIHAN and go to a receiver of rehearsals. It changes no state and no figure, and ends by itself. Exit "
        "code 1: a hop is broken, and it says which.",
    )
    parser.add_argument("place", nargs="?", metavar="SITE", help="the id of a site, an uplink or a device; else any")
    parser.add_argument("--real", action="store_true", help="call those who are on call now, with LATIHAN before it")
    parser.add_argument("--yes", action="store_true", help="do not ask before --real")
    parser.add_argument(
        "--timeout", type=duration, default=300, metavar="TIME", help="for the whole way to the receiver (default: 5m)"
    )
    parser.add_argument("--language", choices=sorted(WORDS, reverse=True), default="id", help="default: %(default)s")
    address_options(parser, "url", "http://127.0.0.1:9810")
    address_options(parser, "prometheus", "http://127.0.0.1:9090", of="Prometheus", prefix="prometheus-")
    address_options(parser, "alertmanager", "http://127.0.0.1:9093", of="Alertmanager", prefix="alertmanager-")
    parser.set_defaults(run=_drill)


def _drill(arguments: argparse.Namespace) -> int:
    words = WORDS[arguments.language]
    if arguments.timeout > _LONGEST:
        complain(f"--timeout: is longer than {_LONGEST // 60}m")
        return INPUT_IS_WRONG
    netmon = Called(arguments, "url")
    alertmanager = Called(arguments, "alertmanager", prefix="alertmanager-")
    way = Way(
        netmon,
        Prometheus(Called(arguments, "prometheus", prefix="prometheus-")),
        Alertmanager(alertmanager),
        words,
        alertmanager_url=alertmanager.url,
    )
    if arguments.real and not arguments.yes and not _is_wanted(words):
        return INPUT_IS_WRONG
    rehearsal = _Rehearsal(arguments, netmon, way, words)
    return rehearsal.run()


def _is_wanted(words: Mapping[str, str]) -> bool:
    """Ask whether people are to be called."""
    if not sys.stdin.isatty():
        complain("--real: calls people; write --yes where nobody can be asked")
        return False
    if input(words["ask"]).strip().lower() in _YES:
        return True
    complain(words["not_asked"])
    return False


class _Rehearsal:
    """One drill, and what is told of it."""

    def __init__(self, arguments: argparse.Namespace, netmon: Called, way: Way, words: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._netmon = netmon
        self._way = way
        self._words = words
        self._told: dict[str, Any] = {
            "drill": None,
            "hops": [],
            "paged_after": None,
            "resolved_after": None,
            "broken": None,
            "failed": [],
            "changes_figures": False,
        }

    def run(self) -> int:
        """Hold it, and give the exit code."""
        silent = self._way.prepare()
        if silent is not None:
            program, error = silent
            self._say(self._words["unreachable"].format(program=program))
            self._say(f"  {error}")
            self._told["broken"] = {"hop": program.lower(), "hints": [str(error)]}
            return self._end(NOT_WELL)
        drill = self._begin()
        self._told["drill"] = drill
        self._say_begun(drill)
        try:
            with _heeding_sigterm():
                self._way.begin(drill["id"])
                is_paged = all(self._hop_is_reached(self._way.follow(hop, self._seconds)) for hop in self._way.hops())
                if is_paged:
                    self._told["paged_after"] = round(self._way.paged_after(), 1)
                    self._say(self._words["paged"].format(seconds=self._told["paged_after"]))
        finally:
            self._finish(drill["id"])
        return self._end(self._follow_to_the_end() if is_paged else NOT_WELL)

    @property
    def _seconds(self) -> int:
        return int(self._arguments.timeout)

    def _begin(self) -> dict[str, Any]:
        """Begin it in the running service.

        Raises:
            CallError: The service does not want to, or there is none.
        """
        wanted = {
            "site": self._arguments.place,
            "real": self._arguments.real,
            "seconds": self._seconds + _SPARE,
        }
        answer = self._netmon.ask("/api/drills", method="POST", body=wanted)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if answer.is_fine and isinstance(found, dict) and isinstance(found.get("id"), str):
            return found
        if not answer.is_fine and isinstance(found, dict) and isinstance(found.get("error"), str):
            near = found.get("near")
            raise CallError("netmon", found["error"] + (f" (is it {near}?)" if near else ""))
        what = "what answers there is no netmon" if answer.is_fine else f"HTTP {answer.status}: {answer.reason}"
        raise CallError(self._netmon.url, f"{what} (is netmon running? name its address with --url)")

    def _say_begun(self, drill: Mapping[str, Any]) -> None:
        words = self._words
        texts = {name: drill.get(name) for name in ("id", "device", "name")}
        self._say(words["begun"].format(**texts, seconds=self._seconds + _SPARE))
        self._say(words["to_real" if self._arguments.real else "to_drill"])

    def _hop_is_reached(self, hop: Reached) -> bool:
        after = None if hop.after is None else round(hop.after, 1)
        self._told["hops"].append({"hop": hop.name, "after": after, "waited": round(hop.waited, 1)})
        if after is not None:
            self._say(f"{after:7.1f} s  {self._words[hop.name]}")
            return True
        self._told["broken"] = {"hop": hop.name, "hints": list(hop.hints)}
        self._say(self._words["broken"].format(seconds=hop.waited, what=self._words[hop.name]))
        for hint in hop.hints:
            self._say(f"  {hint}")
        return False

    def _finish(self, name: str) -> None:
        """End the drill, however this came."""
        try:
            answer = self._netmon.ask(f"/api/drills/{name}", method="DELETE")
            error = "" if answer.is_fine else f"HTTP {answer.status}: {answer.reason}"
        except CallError as failure:
            error = str(failure)
        if error:
            complain(shown(self._words["not_ended"].format(error=error)))
        else:
            self._say(f"{time.monotonic() - self._way.start:7.1f} s  {self._words['ended']}")

    def _follow_to_the_end(self) -> int:
        hop = self._way.follow(self._way.resolving(), self._seconds)
        if not self._hop_is_reached(hop):
            return NOT_WELL
        self._told["resolved_after"] = self._told["hops"][-1]["after"]
        failed = self._told["failed"] = self._way.undelivered()
        if failed:
            self._say(self._words["undelivered"].format(counts=", ".join(failed)))
        return NOT_WELL if failed else ALL_WELL

    def _end(self, code: int) -> int:
        if self._arguments.json:
            print_json(self._told)
        else:
            self._say(self._words["effect"])
        return code

    def _say(self, text: str) -> None:
        """Print a line as it happens; with ``--json`` nothing but that is printed."""
        if not self._arguments.json:
            print(shown(text), flush=True)


@contextmanager
def _heeding_sigterm() -> Iterator[None]:
    """Let a request to end be what Ctrl-C is: the drill is ended before the command."""

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
