"""What is wrong now, since when and why, as plain data: for ``netmon status``, the first page, and other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from netmon import indicators
from netmon.availability import Figures, add_up
from netmon.model import DEFINITION, STATES, Device, Failure, ReachKind, State, iso, reach_seconds
from netmon.state import KINDS, Acknowledged, CityState, Now, nobody
from netmon.web.words import WORDS

Status = dict[str, Any]
"""What JSON can hold. Times are ISO 8601 in UTC, ratios numbers from 0 to 1 or ``None``. ``since`` is ``None``
where it has been so for longer than this month and the one before."""


class _City:
    """A city in one second; every object is asked once."""

    def __init__(self, state: CityState, now: int, words: Mapping[str, str], acknowledged: Acknowledged) -> None:
        self.state = state
        self.words = words
        self.now = now
        self.inventory = state.inventory
        self.devices = {name: state.device(name, now) for name in state.devices}
        self.sites = {name: state.site(name, now) for name in state.sites}
        self.uplinks = {name: state.uplink(name, now) for name in state.uplinks}
        self.clients = state.numbers("wifi_clients", now)
        self.acknowledged = {kind: acknowledged(kind, now) for kind in KINDS}


def status(state: CityState, at: float, language: str = "en", acknowledged: Acknowledged = nobody) -> Status:
    """Give the present: counts by state, this month so far, and every object with its state, since when and why.

    Args:
        state: The city.
        at: The time, in Unix seconds.
        language: What the reasons are written in, one of :data:`netmon.web.words.LANGUAGES`; the rest has none.
        acknowledged: Tells who is on an outage.
    """
    now = int(at)
    city = _City(state, now, WORDS[language], acknowledged)
    uplinks = [_uplink(city, name) for name in city.uplinks]
    sites = [_site(city, name) for name in city.sites]
    devices = [_device(city, device) for device in state.devices.values()]
    return {
        "definition": DEFINITION,
        "at": iso(now),
        "city": city.inventory.city.name,
        "zone": city.inventory.city.zone,
        "language": city.inventory.city.language,
        "revision": city.inventory.revision,
        "counts": {
            kind: _counts(things) for kind, things in (("uplink", uplinks), ("site", sites), ("device", devices))
        },
        "month": _month(city),
        "coverage": _coverage(city),
        "uplinks": uplinks,
        "sites": sites,
        "devices": devices,
        "maintenance": [
            {"kind": kind, "id": name, "maintenance": window} for kind, name, window in state.active_windows(now)
        ],
    }


def _counts(things: list[Status]) -> dict[str, int]:
    found = Counter(thing["state"] for thing in things)
    return {state.value: found[state.value] for state in STATES}


def _present(now: Now) -> Status:
    return {"state": now.state.value, "since": iso(now.since) if now.since is not None else None}


def _uplink(city: _City, name: str) -> Status:
    uplink = city.inventory.uplinks[name]
    return {
        "kind": "uplink",
        "id": name,
        "name": uplink.name,
        "provider": uplink.provider,
        **_place(city, uplink.kelurahan),
        **_present(city.uplinks[name]),
        "why": _reasons(city, city.state.uplinks[name]),
        "acknowledged": _acknowledged(city, "uplink", name),
    }


def _site(city: _City, name: str) -> Status:
    site = city.inventory.sites[name]
    counted = [city.clients[device] for device in city.state.sites[name] if device in city.clients]
    return {
        "kind": "site",
        "id": name,
        "name": site.name,
        "owner": site.owner,
        "uplink": site.uplink or None,
        **_place(city, site.kelurahan),
        **_present(city.sites[name]),
        "clients": sum(counted) if counted else None,
        "why": _reasons(city, city.state.sites[name]),
        "acknowledged": _acknowledged(city, "site", name),
    }


def _device(city: _City, device: Device) -> Status:
    last = city.state.last.get(device.id)
    return {
        "kind": "device",
        "id": device.id,
        "name": device.name,
        "role": device.role.value,
        "address": device.address,
        "site": device.site or None,
        "uplink": device.uplink or None,
        **_present(city.devices[device.id]),
        "last_observation": iso(int(last.at)) if last is not None else None,
        "why": _reason(city, device),
        "acknowledged": _acknowledged(city, "device", device.id),
    }


def _acknowledged(city: _City, kind: str, name: str) -> Status | None:
    """Say who is on the open outage of a thing."""
    one = city.acknowledged[kind].get(name)
    return None if one is None else {"by": one.by, "note": one.note, "at": iso(one.at)}


def _place(city: _City, code: str) -> Status:
    region = city.inventory.kelurahan.get(code)
    return {
        "kelurahan": code,
        "kelurahan_name": region.name if region is not None else "",
        "kecamatan": region.kecamatan if region is not None else "",
        "kecamatan_name": region.kecamatan_name if region is not None else "",
    }


def _reasons(city: _City, members: tuple[str, ...]) -> str:
    """Say what is amiss with the members of a group: once what is true of all of them, else by whom it is."""
    names: dict[str, list[str]] = {}
    for name in members:
        names.setdefault(_reason(city, city.state.devices[name]), []).append(name)
    if len(names) == 1:
        return next(iter(names))
    return "; ".join(f"{', '.join(whom)}: {why}" for why, whom in names.items() if why)


def _reason(city: _City, device: Device) -> str:
    """Say why a device is not up, in words; nothing where it is."""
    present, words = city.devices[device.id].state, city.words
    if present in {State.UP, State.OUT_OF_SERVICE}:
        return ""
    if present is State.PLANNED:
        return words["why_planned"]
    if present is State.DOWN_UPSTREAM:
        return words["why_upstream"].format(words["and"].join(device.behind))
    if present is State.DEGRADED:
        return words["why_degraded"]
    return _seen(city, device)


def _seen(city: _City, device: Device) -> str:
    """Say what the latest observation of a device says, where it is not up."""
    words, last = city.words, city.state.last.get(device.id)
    if last is None:
        return words["why_never"]
    if last.failure is None or city.now >= int(last.at) + reach_seconds(last.check.interval):
        return words["why_lately"]
    told = last.check.probe == ReachKind.CONTROLLER and last.failure is Failure.UNREACHABLE
    failure = words[ReachKind.CONTROLLER.value if told else last.failure.value]
    return f"{failure}: {last.detail}" if last.detail else failure


def _month(city: _City) -> Status:
    account = city.state.accounts(city.now)[-1]
    period = account.period
    found: Status = {"label": period.label, "start": iso(period.start), "until": iso(city.now)}
    for kind, members in account.members.items():
        figures = Figures(add_up(account.seconds(kind, name, city.now) for name in members))
        complete = figures.completeness
        found[kind] = {
            "availability": figures.availability,
            "completeness": complete,
            "insufficient": complete is not None and complete < city.inventory.targets.completeness,
        }
    return found


def _coverage(city: _City) -> Status:
    sites = {name: now.state for name, now in city.sites.items()}
    uplinks = {name: now.state for name, now in city.uplinks.items()}
    villages = indicators.villages(city.inventory, sites, uplinks)
    in_service = [name for name in sites if city.state.in_service(name, city.now)]
    found = indicators.coverage(city.inventory, villages, in_service)
    return {
        "kelurahan": len(villages),
        "kelurahan_connected": found.connected,
        "kelurahan_hotspot": found.hotspot,
    }


def amiss(status: Status) -> Iterator[Status]:
    """Give the uplinks, sites and devices of a status that are down, degraded or unknown."""
    troubles = {State.DOWN.value, State.DOWN_UPSTREAM.value, State.DEGRADED.value, State.UNKNOWN.value}
    for kind in ("uplinks", "sites", "devices"):
        yield from (one for one in status[kind] if one["state"] in troubles)
