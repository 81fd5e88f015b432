"""What is wrong now, since when and why, as plain data: for ``netmon status``, the first page, and other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from netmon import indicators
from netmon.availability import Figures, add_up
from netmon.model import DEFINITION, STATES, Device, Observation, State, iso
from netmon.state import CityState, Now

Status = dict[str, Any]
"""What JSON can hold. Times are ISO 8601 in UTC, ratios numbers from 0 to 1 or ``None``. ``since`` is ``None``
where it has been so for longer than this month and the one before."""


def status(state: CityState, at: float) -> Status:
    """Give the present: counts by state, this month so far, and every object with its state, since when and why."""
    now = int(at)
    uplinks = [_uplink(state, name, now) for name in state.uplinks]
    sites = [_site(state, name, now) for name in state.sites]
    devices = [_device(state, device, now) for device in state.devices.values()]
    return {
        "definition": DEFINITION,
        "at": iso(now),
        "city": state.inventory.city.name,
        "zone": state.inventory.city.zone,
        "language": state.inventory.city.language,
        "revision": state.inventory.revision,
        "counts": {
            kind: _counts(things) for kind, things in (("uplink", uplinks), ("site", sites), ("device", devices))
        },
        "month": _month(state, now),
        "coverage": _coverage(state, now),
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


def _uplink(state: CityState, name: str, now: int) -> Status:
    uplink = state.inventory.uplinks[name]
    return {
        "kind": "uplink",
        "id": name,
        "name": uplink.name,
        "provider": uplink.provider,
        **_place(state, uplink.kelurahan),
        **_present(state.uplink(name, now)),
        "why": _reasons(state, state.uplinks[name], now),
    }


def _site(state: CityState, name: str, now: int) -> Status:
    site = state.inventory.sites[name]
    clients = state.numbers("wifi_clients", now)
    counted = [clients[device] for device in state.sites[name] if device in clients]
    return {
        "kind": "site",
        "id": name,
        "name": site.name,
        "owner": site.owner,
        "uplink": site.uplink or None,
        **_place(state, site.kelurahan),
        **_present(state.site(name, now)),
        "clients": sum(counted) if counted else None,
        "why": _reasons(state, state.sites[name], now),
    }


def _device(state: CityState, device: Device, now: int) -> Status:
    last = state.last.get(device.id)
    return {
        "kind": "device",
        "id": device.id,
        "name": device.name,
        "role": device.role.value,
        "address": device.address,
        "site": device.site or None,
        "uplink": device.uplink or None,
        **_present(state.device(device.id, now)),
        "last_observation": iso(int(last.at)) if last is not None else None,
        "why": _reason(state, device, now),
    }


def _place(state: CityState, code: str) -> Status:
    region = state.inventory.kelurahan.get(code)
    return {
        "kelurahan": code,
        "kelurahan_name": region.name if region is not None else "",
        "kecamatan": region.kecamatan if region is not None else "",
        "kecamatan_name": region.kecamatan_name if region is not None else "",
    }


def _reasons(state: CityState, members: tuple[str, ...], now: int) -> str:
    """Say what is amiss with the members of a group."""
    amiss = [(name, _reason(state, state.devices[name], now)) for name in members]
    return "; ".join(f"{name}: {why}" for name, why in amiss if why)


def _reason(state: CityState, device: Device, now: int) -> str:
    """Say why a device is not up, in words; nothing where it is."""
    present = state.device(device.id, now).state
    if present in {State.UP, State.OUT_OF_SERVICE}:
        return ""
    if present is State.PLANNED:
        return "announced work"
    if present is State.DOWN_UPSTREAM:
        return "behind " + " and ".join(device.behind) + ", which is down"
    last = state.last.get(device.id)
    return _told(last, present) if last is not None else "not observed yet"


def _told(last: Observation, present: State) -> str:
    if last.failure is None:
        return "not observed lately" if present is State.UNKNOWN else last.detail
    return f"{last.failure.value}: {last.detail}" if last.detail else last.failure.value


def _month(state: CityState, now: int) -> Status:
    account = state.accounts(now)[-1]
    period = account.period
    found: Status = {"label": period.label, "start": iso(period.start), "until": iso(now)}
    for kind, members in account.members.items():
        figures = Figures(add_up(account.seconds(kind, name, now) for name in members))
        found[kind] = {"availability": figures.availability, "completeness": figures.completeness}
    return found


def _coverage(state: CityState, now: int) -> Status:
    sites = {name: state.site(name, now).state for name in state.sites}
    uplinks = {name: state.uplink(name, now).state for name in state.uplinks}
    villages = indicators.villages(state.inventory, sites, uplinks)
    found = indicators.coverage(state.inventory, villages, [name for name in sites if state.in_service(name, now)])
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
