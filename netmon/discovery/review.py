"""A discovery as text of the inventory: what is new as entries, all else as remarks beside them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from netmon.discovery.entries import Entry, Review, Status, said
from netmon.discovery.merging import Existing
from netmon.discovery.naming import Ids, of_address
from netmon.discovery.same import order
from netmon.discovery.scope import Network
from netmon.discovery.sweep import Harvest
from netmon.discovery.writing import SCHEMA_LINE, Value, entity, quoted, remark
from netmon.model import Role

FILL_IN: Final = "fill in"
"""What stands where only people know: `netmon check` refuses it until somebody has."""

_CONNECTIONS: Final = frozenset({Role.ROUTER, Role.LINK})
_CONTROLLERS: Final = frozenset({Role.CONTROLLER, Role.ROUTER})
_SNMP_PORT: Final = 161
_HOW: Final = (
    'To take over what is new: write the code of the kelurahan wherever it says "fill in", put each device where it',
    "belongs, correct roles that were guessed, remove what is not the city's, save the file in sites/ of the inventory",
    "and let `netmon check` read it. Ids stay for ever: history is kept under them, so choose good ones now.",
)
_SECTIONS: Final = (
    (Status.MOVED, "MOVED: the same device at another address or controller. Correct it where it stands."),
    (Status.GONE, "GONE: in the inventory and not found. Switched off, taken away, or another credential?"),
    (Status.CHANGED, "CHANGED: found, and not as it was."),
)


def write_review(review: Review, harvest: Harvest, existing: Existing, at: float) -> str:
    """Write the file that people review; ``at`` is Unix seconds."""
    lines = [SCHEMA_LINE, *_head(review, harvest, at)]
    for status, title in _SECTIONS:
        entries = review.of(status)
        if entries:
            lines += ["", remark(title)]
            lines += [line for entry in entries for line in _remarks(entry)]
    lines += _new(review, existing)
    as_it_is = review.of(Status.AS_IT_IS)
    if as_it_is:
        lines += ["", remark("AS IT IS: nothing to do.")]
        lines += [remark(_line(entry), inside=2) for entry in as_it_is]
    if review.silent:
        lines += ["", remark("SILENT: these answer a ping, or refuse SNMP; what they are, nobody says.")]
        lines += [remark(line, inside=2) for line in _ranges([each.address for each in review.silent if each.pinged])]
        lines += [
            remark(f"{each.address}: {_refusal(each.refused)}", inside=2) for each in review.silent if each.refused
        ]
    return "".join(f"{line}\n" for line in lines)


def _head(review: Review, harvest: Harvest, at: float) -> Iterator[str]:
    when = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
    yield remark(f"netmon discover {harvest.scope}, {when}")
    yield remark(f"{totals(review, harvest)}.")
    if not harvest.is_complete:
        yield remark("It was stopped before its end: what was not asked is not told of.")
    if review.of(Status.NEW):
        yield "#"
        yield from map(remark, _HOW)


def totals(review: Review, harvest: Harvest) -> str:
    """Say in one line what came of it."""
    counts = ", ".join(f"{len(review.of(status))} {status}" for status in Status if review.of(status))
    echoing = sum(bool(each.pinged) for each in review.silent)
    silent = f", {echoing} more a ping alone" if echoing else ""
    answering = len({entry.found.address for entry in review.entries if entry.found is not None})
    asked = len(harvest.heard)
    answer = "1 device answers" if answering == 1 else f"{answering} devices answer"
    return f"{asked} addresses asked, {answer} SNMP{silent}; {counts or 'nothing to review'}"


def _line(entry: Entry) -> str:
    about = [entry.address, entry.hardware, *entry.notes]
    where = f" ({entry.where})" if entry.where else ""
    return f"{entry.id}{where}: {'; '.join(part for part in about if part)}"


def _remarks(entry: Entry) -> Iterator[str]:
    where = f" ({entry.where})" if entry.where else ""
    about = " ".join(part for part in (entry.address, entry.hardware) if part)
    yield remark(f"{entry.id}{where} {about}", inside=2)
    yield from (remark(note, inside=6) for note in entry.notes)


def _refusal(names: Iterable[str]) -> str:
    return f"an SNMP agent that does not take {', '.join(names)}"


# -- what is new ------------------------------------------------------------------------------------------


def _new(review: Review, existing: Existing) -> list[str]:
    """Write new devices: an uplink for each router and link, a site for what shares a subnet or a controller."""
    entries = review.of(Status.NEW)
    ids = Ids([*existing.ids(), *(entry.id for entry in entries)])
    writable = _writable(review)
    lines: list[str] = []
    uplinks = [entry for entry in entries if entry.role in _CONNECTIONS]
    if uplinks:
        lines += [
            "",
            remark("NEW routers and links: each in an uplink of its own. Those that are alternatives to each"),
        ]
        lines += [remark("other belong into one uplink, those of a site into that site."), "uplinks:"]
    for entry in uplinks:
        lines += [f"  - id: {ids.give(f'uplink-{entry.id}')}", _kelurahan(), "    devices:", *_device(entry)]
    places: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.role not in _CONNECTIONS:
            places.setdefault(_place(entry), []).append(entry)
    if places:
        lines += ["", remark("NEW devices by subnet, and access points by the controller that lists them."), "sites:"]
    for place, inside in places.items():
        lines += [
            f"  - id: {ids.give(f'found-{place}')}",
            f"    name: {quoted(f'Found: {_where(inside[0])}')}",
            _kelurahan(),
        ]
        devices = [entry for entry in inside if entry.id in writable]
        lines.append("    devices:" if devices else "    devices: []")
        lines += [line for entry in devices for line in _device(entry)]
        lines += [line for entry in inside if entry.id not in writable for line in _left_out(entry)]
    return lines


def _writable(review: Review) -> set[str]:
    """Name the new entries that can stand in an inventory: not those that their controller does not tell apart."""
    controllers = {entry.id for entry in review.entries if entry.role in _CONTROLLERS}
    seen: set[tuple[str, str]] = set()
    out = set()
    for entry in review.of(Status.NEW):
        mark = entry.controller, entry.match.lower()
        if entry.controller and (entry.controller not in controllers or not entry.match or mark in seen):
            continue
        seen.add(mark)
        out.add(entry.id)
    return out


def _kelurahan() -> str:
    return f"    kelurahan: {quoted(FILL_IN)}  # the code of its kelurahan in regions.csv, in quotes"


def _place(entry: Entry) -> str:
    """Say with whom an entry stands together until somebody places it."""
    return entry.controller or of_address(str(_subnet(entry).network_address).removesuffix(".0"))


def _where(entry: Entry) -> str:
    return f"listed by {entry.controller}" if entry.controller else str(_subnet(entry))


def _subnet(entry: Entry) -> Network:
    at = ipaddress.ip_address(entry.address)
    return ipaddress.ip_network((at, 24 if at.version == 4 else 64), strict=False)  # noqa: PLR2004 - IPv4


def _device(entry: Entry) -> Iterator[str]:
    yield from (remark(text, 6) for text in _about(entry))
    yield f"      - {entity(_pairs(entry))}"


def _pairs(entry: Entry) -> Iterator[tuple[str, Value]]:
    yield "id", entry.id
    yield "role", entry.role.value
    if entry.found is None:
        yield "controller", entry.controller
        yield "match", entry.match
        return
    found = entry.found
    if found.name and found.name != entry.id:
        yield "name", found.name
    yield "address", found.address
    if found.port != _SNMP_PORT:
        yield "port", found.port
    if found.credential:
        yield "credential", found.credential
    if found.pinged is False:
        yield "reach", "snmp"
    if found.wan and entry.role in _CONNECTIONS:
        yield "wan", found.wan


def _about(entry: Entry) -> Iterator[str]:
    found = entry.found
    if found is None:
        keys = ("model", "version", "serial", "mac", "address")
        about = [f"{key} {value}" for key in keys if (value := said(entry.point, key))]
        yield f"{entry.controller} lists it: {', '.join(about) or 'no more than its name'}"
    else:
        about = [
            found.hardware,
            found.version and f"version {found.version}",
            found.serial and f"serial {found.serial}",
        ]
        yield ", ".join([part for part in about if part] + [f"profile {found.profile}"])
        yield f"role: a guess, {entry.reason}"
        if not found.credential:
            yield "it answers to the community of the command line: fill in a credential of credentials.yaml"
    yield from entry.notes


def _left_out(entry: Entry) -> Iterator[str]:
    why = "its controller is of another role than controller or router" if entry.match else "it has no name and no MAC"
    yield remark(f"left out: {entry.id} of {entry.controller}: {why}, or another one is called the same", 6)


def _ranges(addresses: Iterable[str]) -> Iterator[str]:
    """Give addresses in order, those that follow each other as one range."""
    sorted_ones = [ipaddress.ip_address(each) for each in sorted(addresses, key=order)]
    while sorted_ones:
        first = last = sorted_ones.pop(0)
        while sorted_ones and int(sorted_ones[0]) == int(last) + 1:
            last = sorted_ones.pop(0)
        yield str(first) if first == last else f"{first} - {last}"
