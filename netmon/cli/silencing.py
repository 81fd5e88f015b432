"""``netmon silence``: nobody is called for a place for a while. Alertmanager keeps the silence, netmon counts on."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final
from zoneinfo import ZoneInfo

from netmon.cli.alertmanager import Alert, Alertmanager, Silence
from netmon.cli.calling import Called, address_options
from netmon.cli.collecting import nothing_collected
from netmon.cli.options import duration
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain, print_json, print_table, shown
from netmon.inventory import load
from netmon.model import NAME_LONGEST, NOTE_LONGEST, Inventory, plain
from netmon.web.runbooks import load as load_runbooks

_LONGEST: Final = 7 * 86400
_ID_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LISTED: Final = 20

_INDONESIAN: Final = {
    "uplink": "jaringan",
    "site": "lokasi",
    "device": "perangkat",
    "made": "{kind} {id}{name} dibisukan sampai {until} oleh {by}: {reason}",
    "end": "Akhiri lebih awal dengan: netmon silence --end {silence}",
    "covers": "Peringatan yang sedang tercakup:",
    "covers_none": "Saat ini tidak ada peringatan yang tercakup.",
    "more": "  dan {count} lagi",
    "effect": "Gangguan tetap dihitung; untuk pekerjaan terencana, umumkan jendela di maintenance.yaml.",
    "title": "Yang dibisukan",
    "columns": "ID,peringatan,dari,sampai,oleh,alasan",
    "none": "Tidak ada yang dibisukan.",
    "ended": "{silence} diakhiri: {matchers}",
}
_ENGLISH: Final = {
    "uplink": "uplink",
    "site": "site",
    "device": "device",
    "made": "{kind} {id}{name} is silenced until {until} by {by}: {reason}",
    "end": "End it earlier by: netmon silence --end {silence}",
    "covers": "Alerts that it covers now:",
    "covers_none": "It covers no alert now.",
    "more": "  and {count} more",
    "effect": "The outage still counts; for planned work announce a window in maintenance.yaml.",
    "title": "Silenced",
    "columns": "ID,alerts,from,until,by,reason",
    "none": "Nothing is silenced.",
    "ended": "{silence} has ended: {matchers}",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"id": _INDONESIAN, "en": _ENGLISH}


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "silence",
        parents=[common],
        help="silence the alerts of a place in Alertmanager for a while, list silences, end one",
        description="Makes a silence in Alertmanager for a site, an uplink or a device of the inventory; without one "
        "it lists the silences. It changes no figure: the outage still counts. For planned work announce a window in "
        "maintenance.yaml.",
    )
    parser.add_argument("place", nargs="?", metavar="SITE", help="the id of a site, an uplink or a device")
    parser.add_argument(
        "--for", dest="seconds", type=duration, metavar="TIME", help="how long: 30m, 2h, 1d; at most 7d"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why")
    parser.add_argument("--by", metavar="NAME", help="who wants it")
    parser.add_argument("--alert", metavar="NAME", help="silence this alert of the place alone, such as LinkSaturated")
    parser.add_argument("--end", metavar="ID", help="end the silence of this id")
    parser.add_argument("--language", choices=sorted(_WORDS, reverse=True), default="id", help="default: %(default)s")
    address_options(parser, "alertmanager", "http://127.0.0.1:9093", of="Alertmanager")
    parser.set_defaults(run=_silence)


def _silence(arguments: argparse.Namespace) -> int:
    wrong = _wrong(arguments)
    if wrong:
        complain(wrong)
        return INPUT_IS_WRONG
    alertmanager = Alertmanager(Called(arguments, "alertmanager"))
    if arguments.end is not None:
        return _end(alertmanager, arguments)
    with nothing_collected():
        inventory = load(arguments.inventory, secrets=False).inventory
    if arguments.place is None:
        return _list(alertmanager, arguments, ZoneInfo(inventory.city.zone))
    return _make(alertmanager, arguments, inventory)


def _wrong(arguments: argparse.Namespace) -> str:
    """Say what does not fit together, or nothing."""
    wanted = {"--for": arguments.seconds, "--by": arguments.by, "--reason": arguments.reason}
    maybe = {"SITE": arguments.place, "--alert": arguments.alert, **wanted}
    given = [name for name, value in maybe.items() if value is not None]
    if arguments.end is not None:
        if given:
            return f"--end: ends a silence, and takes no {' and no '.join(given)}"
        is_one = _ID_FORM.fullmatch(arguments.end) is not None
        return "" if is_one else f"--end: {arguments.end!r} is no id of a silence (netmon silence lists them)"
    if arguments.alert is not None and arguments.alert not in (known := list(load_runbooks())):
        near = get_close_matches(arguments.alert, known, 1)
        return f"--alert: there is no alert {arguments.alert!r}" + (f" (is it {near[0]}?)" if near else "")
    if arguments.place is None:
        return f"{given[0]}: name the site, uplink or device that is to be silenced" if given else ""
    missing = [name for name in wanted if name not in given]
    if missing:
        return f"{missing[0]}: is missing; write netmon silence {arguments.place} --for 2h --by NAME --reason TEXT"
    return _unfit(arguments)


def _unfit(arguments: argparse.Namespace) -> str:
    """Say what a silence cannot be made with, or nothing."""
    if arguments.seconds > _LONGEST:
        return "--for: is longer than 7 days: announce a window in maintenance.yaml instead"
    for name, longest in (("by", NAME_LONGEST), ("reason", NOTE_LONGEST)):
        try:
            plain(getattr(arguments, name), longest)
        except ValueError as error:
            return f"--{name}: {error}"
    return ""


def _make(alertmanager: Alertmanager, arguments: argparse.Namespace, inventory: Inventory) -> int:
    words, place = _WORDS[arguments.language], arguments.place
    kind = _kind(inventory, place)
    if kind is None:
        near = get_close_matches(place, [*inventory.sites, *inventory.uplinks, *inventory.devices], 1)
        complain(f"SITE: there is no site, uplink or device {place!r}" + (f" (is it {near[0]}?)" if near else ""))
        return INPUT_IS_WRONG
    by, reason = plain(arguments.by, NAME_LONGEST), plain(arguments.reason, NOTE_LONGEST)
    start = datetime.now(UTC)
    end = start + timedelta(seconds=arguments.seconds)
    labels = {kind: place} if arguments.alert is None else {"alertname": arguments.alert, kind: place}
    silence = alertmanager.make(labels, start, end, by=by, reason=reason)
    covered = [one for one in alertmanager.alerts(f'{kind}="{place}"') if labels.items() <= one.labels.items()]
    if arguments.json:
        print_json(_made(silence, kind, place, arguments.alert, (start, end), (by, reason), covered))
        return ALL_WELL
    until = _local(end, ZoneInfo(inventory.city.zone), arguments.language)
    name = _name(inventory, kind, place)
    of = f"{arguments.alert}: {words[kind]}" if arguments.alert else words[kind].capitalize()
    text = words["made"].format(kind=of, id=place, name=f" ({name})" if name else "", until=until, by=by, reason=reason)
    lines = [text, *_covered(covered, words), words["end"].format(silence=silence), words["effect"]]
    print("\n".join(shown(line) for line in lines))
    return ALL_WELL


def _kind(inventory: Inventory, name: str) -> str | None:
    """Say as what a place is named in the labels of alerts."""
    listed = {"site": inventory.sites, "uplink": inventory.uplinks, "device": inventory.devices}
    return next((kind for kind, things in listed.items() if name in things), None)


def _name(inventory: Inventory, kind: str, name: str) -> str:
    if kind == "site":
        return inventory.sites[name].name
    return inventory.uplinks[name].name if kind == "uplink" else inventory.devices[name].name


def _made(
    silence: str,
    kind: str,
    place: str,
    alert: str | None,
    times: tuple[datetime, datetime],
    why: tuple[str, str],
    covered: list[Alert],
) -> dict[str, Any]:
    """Give a new silence as plain data."""
    return {
        "id": silence,
        "kind": kind,
        "place": place,
        "alert": alert,
        "start": times[0].isoformat(timespec="seconds"),
        "end": times[1].isoformat(timespec="seconds"),
        "by": why[0],
        "reason": why[1],
        "covers": [dict(one.labels) for one in covered],
        "changes_figures": False,
    }


def _covered(covered: list[Alert], words: Mapping[str, str]) -> list[str]:
    if not covered:
        return [words["covers_none"]]
    lines = [f"  {_title(one)}" for one in covered[:_LISTED]]
    more = len(covered) - len(lines)
    return [words["covers"], *lines, *([words["more"].format(count=more)] if more else [])]


def _title(alert: Alert) -> str:
    """Name an alert: what, and of what."""
    of = next((alert.labels[kind] for kind in ("device", "site", "uplink", "kecamatan") if alert.labels.get(kind)), "")
    return f"{alert.labels.get('alertname', '')} {of}".strip()


def _list(alertmanager: Alertmanager, arguments: argparse.Namespace, zone: ZoneInfo) -> int:
    words, found = _WORDS[arguments.language], alertmanager.silences()
    if arguments.json:
        print_json([_plain(one) for one in found])
        return ALL_WELL
    if not found:
        print(words["none"])
        return ALL_WELL
    rows = [
        (
            one.id,
            ", ".join(one.matchers),
            _local(one.start, zone, arguments.language),
            _local(one.end, zone, arguments.language),
            one.by,
            one.reason,
        )
        for one in found
    ]
    print_table(words["title"], words["columns"].split(","), rows)
    print(words["effect"])
    return ALL_WELL


def _plain(one: Silence) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "matchers": list(one.matchers),
        "start": one.start.isoformat(timespec="seconds"),
        "end": one.end.isoformat(timespec="seconds"),
        "by": one.by,
        "reason": one.reason,
    }


def _end(alertmanager: Alertmanager, arguments: argparse.Namespace) -> int:
    found = alertmanager.silence(arguments.end)
    if found is None or found.state == "expired":
        state = "there is no silence" if found is None else "has ended already: the silence"
        complain(f"--end: {state} {arguments.end} (netmon silence lists those that there are)")
        return INPUT_IS_WRONG
    alertmanager.end(arguments.end)
    if arguments.json:
        print_json(_plain(found) | {"state": "expired"})
        return ALL_WELL
    words = _WORDS[arguments.language]
    print(shown(words["ended"].format(silence=found.id, matchers=", ".join(found.matchers))))
    return ALL_WELL


def _local(at: datetime, zone: ZoneInfo, language: str) -> str:
    return at.astimezone(zone).strftime("%d-%m-%Y %H.%M %Z" if language == "id" else "%Y-%m-%d %H:%M %Z")
