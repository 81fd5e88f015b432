"""``netmon ack``: somebody is on an outage, and says so to the running service."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netmon.cli.calling import Answer, Called, CallError, address_options
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain, print_json, shown
from netmon.model import NAME_LONGEST, NOTE_LONGEST, plain
from netmon.state import KINDS

_LISTED: Final = 20

_ID: Final = {
    "uplink": "jaringan",
    "site": "lokasi",
    "device": "perangkat",
    "done": "{kind} {id}: dikonfirmasi oleh {by}: {note}",
    "effect": "Pengingat gangguan ini berhenti. Gangguan tetap dihitung: konfirmasi tidak mengubah angka apa pun.",
    "above": "Perhatian: {kind} {id} juga terputus, dan untuk itulah orang dihubungi. Konfirmasi juga {id}.",
    "unknown": "tidak ada jaringan, lokasi, atau perangkat {id}",
    "near": " (maksudnya {near}?)",
    "cause": "{id} terputus karena {kind} {cause}: konfirmasi {cause}",
    "nothing": "{id} tidak sedang mengalami gangguan terbuka",
    "open": "Gangguan yang terbuka:",
    "none": "Tidak ada gangguan yang terbuka.",
    "more": "  dan {count} lagi",
    "since": "sejak",
}
_EN: Final = {
    "uplink": "uplink",
    "site": "site",
    "device": "device",
    "done": "{kind} {id}: acknowledged by {by}: {note}",
    "effect": "Reminders of this outage stop. The outage still counts: an acknowledgement changes no figure.",
    "above": "Note: the {kind} {id} is down too, and people are called for that. Acknowledge {id} as well.",
    "unknown": "there is no uplink, site or device {id}",
    "near": " (is it {near}?)",
    "cause": "{id} is down because of the {kind} {cause}: acknowledge {cause}",
    "nothing": "{id} has no open outage",
    "open": "Outages that are open:",
    "none": "No outage is open.",
    "more": "  and {count} more",
    "since": "since",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"id": _ID, "en": _EN}


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "ack",
        parents=[common],
        help="say that somebody is on an outage: stops its reminders, changes no figure",
        description="Records in the running service that somebody is on an open outage. It is shown in the status, on "
        "the first page and in messages, and stops the reminders. It changes no figure: the outage counts as before.",
    )
    parser.add_argument(
        "outage", metavar="OUTAGE", help="the id of the uplink, site or device that is down, as netmon status shows it"
    )
    parser.add_argument("--by", required=True, metavar="NAME", help="who is on it")
    parser.add_argument("--note", required=True, metavar="TEXT", help="what is being done")
    parser.add_argument("--language", choices=sorted(_WORDS, reverse=True), default="id", help="default: %(default)s")
    address_options(parser, "url", "http://127.0.0.1:9810")
    parser.set_defaults(run=_acknowledge)


def _acknowledge(arguments: argparse.Namespace) -> int:
    words = _WORDS[arguments.language]
    told = {"id": arguments.outage}
    for name, text, longest in (("by", arguments.by, NAME_LONGEST), ("note", arguments.note, NOTE_LONGEST)):
        try:
            told[name] = plain(text, longest)
        except ValueError as error:
            complain(f"--{name}: {error}")
            return INPUT_IS_WRONG
    service = Called(arguments, "url")
    answer = service.ask("/api/acknowledgements", method="POST", body=told)
    found = _object(answer, service.url)
    if not answer.is_fine:
        for line in _refusal(found, words):
            complain(shown(line))
        return INPUT_IS_WRONG
    if arguments.json:
        print_json(found)
        return ALL_WELL
    kind, name = _thing(found, words) or ("", arguments.outage)
    print(shown(words["done"].format(kind=kind.capitalize(), id=name, by=told["by"], note=told["note"])))
    above = _thing(found.get("above"), words)
    if above is not None:
        print(shown(words["above"].format(kind=above[0], id=above[1])))
    print(words["effect"])
    return ALL_WELL


def _object(answer: Answer, url: str) -> dict[str, Any]:
    """Give what was answered.

    Raises:
        CallError: It is nothing that netmon answers.
    """
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict) and (_thing(found, _EN) if answer.is_fine else isinstance(found.get("error"), str)):
        return found
    what = "what answers there is no netmon" if answer.is_fine else f"HTTP {answer.status}: {answer.reason}"
    raise CallError(url, f"{what} (is netmon running? name its address with --url)")


def _thing(found: Any, words: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the kind of a thing, in words, and its id."""
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return None
    kind = found.get("kind")
    return (words[kind], found["id"]) if isinstance(kind, str) and kind in KINDS else None


def _refusal(found: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Say why there is nothing to acknowledge, and what there is."""
    opened = found.get("open")
    if not isinstance(opened, list):
        return [str(found["error"])]
    name, near, cause = found.get("id"), found.get("near"), _thing(found.get("cause"), words)
    if cause is not None:
        return [words["cause"].format(id=name, kind=cause[0], cause=cause[1])]
    if _thing(found, words) is not None:
        return [words["nothing"].format(id=name), *_opened(found, opened, words)]
    first = words["unknown"].format(id=name) + (words["near"].format(near=near) if near else "")
    return [first, *_opened(found, opened, words)]


def _opened(found: Mapping[str, Any], opened: list[Any], words: Mapping[str, str]) -> list[str]:
    lines = [
        f"  {thing[0]} {thing[1]} {words['since']} {_local(one.get('start'), found.get('zone'))}"
        for one in opened[:_LISTED]
        if (thing := _thing(one, words)) is not None
    ]
    if not lines:
        return [words["none"]]
    count = found.get("open_count")
    more = count - len(lines) if isinstance(count, int) else 0
    return [words["open"], *lines, *([words["more"].format(count=more)] if more > 0 else [])]


def _local(at: Any, zone: Any) -> str:
    """Write a time in the city's zone."""
    try:
        return datetime.fromisoformat(str(at)).astimezone(ZoneInfo(str(zone))).strftime("%d-%m-%Y %H.%M")
    except (ValueError, ZoneInfoNotFoundError):
        return str(at)
