"""What happens to the simulated city, and when: a course of events, read from a script or drawn by chance.

A script is CSV, one event a line, with the header ``at,duration,event,target,value``; the last column may be left
out, empty lines and lines that begin with ``#`` say nothing::

    at,duration,event,target,value
    # a power cut; access points need 90 seconds to start
    5m,20m,power,13.71.05,90
    2026-11-24T10:00+07:00,1h,fibre,uplink-air-manis,

``at`` is a duration after the start (``90``, ``5m``, ``1h30m``) or a date and time with an offset. What an event
does is told by ``Kind``.
"""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from netmon.model import Inventory, Role, Site, Uplink

HEADER: Final = ("at", "duration", "event", "target", "value")
START_DELAY: Final = 120.0
"""Seconds that an access point needs to start when power returns and the script says nothing else."""


class Kind(StrEnum):
    """The kinds of event; ``target`` and ``value`` are those of the script's columns."""

    POWER = "power"
    """A place (city, kecamatan, kelurahan, site, uplink) is without power; its access points come back ``value``
    seconds after everything else (120)."""
    FIBRE = "fibre"
    """A fibre is cut: the routers of an uplink, or the one router that is named, fall silent, and with them what is
    behind; nothing starts anew afterwards."""
    DEAD = "dead"
    """A device is broken; of a link that is a router's interface the interface is down; a service is closed."""
    SLOW = "slow"
    """A device answers after ``value`` seconds (1). No outage by itself: whoever waits that long has an answer."""
    LOSS = "loss"
    """A share of ``value`` (0.3) of a device's requests stays unanswered. No outage by itself."""
    WITNESS = "witness"
    """A witness falls silent (an address; empty: all of them) and nothing else."""
    MONITOR = "monitor"
    """The monitor's own uplink fails: everything is silent, the witnesses too."""
    RESTART = "restart"
    """A device starts anew: silent for the duration (which may be 0), then its sysUpTime and counters begin at 0."""
    CREDENTIAL = "credential"
    """A device was given another community: it ignores what comes with the old one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens: ``at`` in Unix seconds, ``duration`` in seconds."""

    at: float
    duration: float
    kind: Kind
    target: str = ""
    value: float | None = None

    @property
    def end(self) -> float:
        """When it is over, in Unix seconds."""
        return self.at + self.duration


class ScriptError(ValueError):
    """A script with mistakes: the message has a line for each of them."""


_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_UNITS: Final = (86400, 3600, 60, 1)


def _duration(text: str) -> float | None:
    """Read ``90``, ``90s``, ``5m``, ``1h30m``, ``2d``: seconds, or ``None`` where it is no duration."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True))


def _moment(text: str, start: float) -> float | None:
    after = _duration(text)
    if after is not None:
        return start + after
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when.timestamp() if when.tzinfo else None


def places(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Name the devices of every place: of the city, of kecamatan, kelurahan, sites and uplinks."""
    found: dict[str, list[str]] = {inventory.city.code: []}
    things: list[Uplink | Site] = [*inventory.uplinks.values(), *inventory.sites.values()]
    for thing in things:
        kelurahan = inventory.kelurahan.get(thing.kelurahan)
        kecamatan = kelurahan.kecamatan if kelurahan else ""
        for place in {inventory.city.code, kecamatan, thing.kelurahan, thing.id} - {""}:
            found.setdefault(place, []).extend(thing.devices)
    return {place: tuple(devices) for place, devices in found.items()}


def _targets(inventory: Inventory) -> dict[Kind, set[str]]:
    """Say what may be hit by what."""

    def _is_router(device: str) -> bool:
        return inventory.devices[device].role is Role.ROUTER

    objects = {d.id for d in inventory.devices.values() if inventory.is_object(d)}
    agents = {d.id for d in inventory.devices.values() if d.id in objects and d.address}
    return {
        Kind.POWER: set(places(inventory)),
        Kind.FIBRE: {u.id for u in inventory.uplinks.values() if not u.planned} | {d for d in agents if _is_router(d)},
        Kind.DEAD: objects | set(inventory.services),
        Kind.WITNESS: {w.address for w in inventory.witness} | {""},
        Kind.MONITOR: {""},
        **dict.fromkeys((Kind.SLOW, Kind.LOSS, Kind.RESTART, Kind.CREDENTIAL), agents),
    }


def read_script(text: str, inventory: Inventory, start: float, name: str = "script") -> list[Event]:
    """Read a script; times after the start become Unix seconds with ``start``. The order of lines means nothing.

    Raises:
        ScriptError: With all mistakes, each as ``NAME:LINE: COLUMN: what is wrong``.
    """
    targets = _targets(inventory)
    events: list[Event] = []
    mistakes: list[str] = []
    header: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if header is None:
            header = cells
            if tuple(cells) not in {HEADER, HEADER[:4]}:
                mistakes.append(f"{name}:{number}: header: it must be {','.join(HEADER)}")
            continue
        event, wrong = _event(cells, targets, start)
        mistakes += [f"{name}:{number}: {mistake}" for mistake in wrong]
        if event is not None:
            events.append(event)
    if mistakes:
        raise ScriptError("\n".join(mistakes))
    return sorted(events, key=lambda e: e.at)


def _event(cells: list[str], targets: dict[Kind, set[str]], start: float) -> tuple[Event | None, list[str]]:
    if not len(HEADER) - 1 <= len(cells) <= len(HEADER):
        return None, [f"line: {len(cells)} columns instead of {len(HEADER)}"]
    at = _moment(cells[0], start)
    duration = _duration(cells[1])
    wrong = []
    if at is None:
        wrong.append(f"at: {cells[0]!r} is neither a duration (5m) nor a date and time with an offset")
    if duration is None:
        wrong.append(f"duration: {cells[1]!r} is no duration (90s, 5m, 1h30m)")
    if cells[2] not in set(Kind):
        return None, [*wrong, f"event: {cells[2]!r} is none of {', '.join(Kind)}"]
    kind = Kind(cells[2])
    if cells[3] not in targets[kind]:
        wrong.append(f"target: {cells[3]!r} is nothing that {kind} can happen to")
    value, mistake = _value(kind, cells[4] if len(cells) == len(HEADER) else "")
    wrong += mistake
    if wrong or at is None or duration is None:
        return None, wrong
    return Event(at, duration, kind, cells[3], value), []


def _value(kind: Kind, text: str) -> tuple[float | None, list[str]]:
    if not text:
        return None, []
    if kind not in {Kind.POWER, Kind.SLOW, Kind.LOSS}:
        return None, [f"value: {kind} has none"]
    seconds = _duration(text)
    if seconds is None or (kind is Kind.LOSS and seconds > 1):
        return None, [f"value: {text!r} is no {'share from 0 to 1' if kind is Kind.LOSS else 'number of seconds'}"]
    return seconds, []


# -- by chance ----------------------------------------------------------------------------------------

_LIKELY: Final = {
    Kind.DEAD: 5,
    Kind.FIBRE: 3,
    Kind.RESTART: 3,
    Kind.POWER: 2,
    Kind.SLOW: 2,
    Kind.LOSS: 2,
    Kind.CREDENTIAL: 1,
    Kind.WITNESS: 1,
    Kind.MONITOR: 1,
}
_SHORTEST: Final = 60.0
_USUAL: Final = 900.0
_LONGEST: Final = 6 * 3600.0
HORIZON: Final = 31 * 86400.0
"""A course by chance lasts this many seconds, where nobody says otherwise."""


def random_course(
    inventory: Inventory, start: float, seed: int, per_hour: float, lasts: float = HORIZON
) -> list[Event]:
    """Draw ``lasts`` seconds of events, ``per_hour`` on average; the same seed and inventory give the same."""
    if per_hour <= 0:
        return []
    drawn = _draw(inventory, start, random.Random(seed), per_hour)  # noqa: S311 - weather, not secrets
    return list(itertools.takewhile(lambda event: event.at < start + lasts, drawn))


def _draw(inventory: Inventory, start: float, chance: random.Random, per_hour: float) -> Iterator[Event]:
    targets = {kind: sorted(ids) for kind, ids in _targets(inventory).items()}
    targets[Kind.POWER] = sorted({k.kecamatan for k in inventory.kelurahan.values()} & set(targets[Kind.POWER]))
    targets[Kind.FIBRE] = [f for f in targets[Kind.FIBRE] if f in inventory.uplinks]
    targets[Kind.DEAD] = [d for d in targets[Kind.DEAD] if _breaks(inventory, d)]
    kinds = [kind for kind in _LIKELY if targets[kind]]
    at = start
    while kinds:
        at += chance.expovariate(per_hour / 3600)
        kind = chance.choices(kinds, [_LIKELY[k] for k in kinds])[0]
        lasts = 0.0 if kind is Kind.RESTART else min(_SHORTEST + chance.expovariate(1 / _USUAL), _LONGEST)
        value = {Kind.SLOW: chance.uniform(0.1, 1.0), Kind.LOSS: chance.uniform(0.05, 0.4)}.get(kind)
        yield Event(round(at), round(lasts), kind, chance.choice(targets[kind]), value)


def _breaks(inventory: Inventory, target: str) -> bool:
    """Say whether it is a thing that breaks on its own: an access point, a link, a service; routers have `fibre`."""
    device = inventory.devices.get(target)
    return device is None or device.role in {Role.ACCESS_POINT, Role.LINK}
