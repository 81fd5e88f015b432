"""A city of one router and one access point, and short stories of what was observed, for the examples of LK-1.

Times are seconds from 0. Everything is asked every 10 s, so that an observation describes 25 s at most.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from netmon.availability import Evaluation, Result, evaluate, tracks_of
from netmon.model import (
    City,
    Device,
    Inventory,
    Kelurahan,
    Maintenance,
    Outcome,
    Period,
    Reach,
    ReachKind,
    Role,
    Service,
    Settings,
    Site,
    State,
    Uplink,
)

ALWAYS_UP = "up 0..600"


def access_point(name: str = "ap", **more: Any) -> Device:
    """Make an access point of the site, behind the router unless ``behind`` says otherwise."""
    return Device(name, **{"role": Role.ACCESS_POINT, "site": "s", "interval": 10, "behind": ("rt",), **more})


def router(name: str = "rt", **more: Any) -> Device:
    """Make a router of the uplink."""
    return Device(name, **{"role": Role.ROUTER, "uplink": "u", "interval": 10, **more})


def interface_of(of: str, name: str = "link", **more: Any) -> Device:
    """Make a link of the uplink that is an interface of a router."""
    return router(name, role=Role.LINK, reach=Reach(ReachKind.INTERFACE, interface="ether2", of=of), **more)


def dns(name: str = "dns", site: str = "s", **more: Any) -> Service:
    """Make a service of the site that affects the Wi-Fi."""
    return Service(name, site, "dns", **{"interval": 10, "affects_wifi": True, **more})


def window(start: int = 200, end: int = 300, name: str = "w", **more: Any) -> Maintenance:
    """Make a window that was announced long before, of the site unless ``scope`` says otherwise."""
    return Maintenance(name, start=start, end=end, **{"scope": ("s",), "announced": -(10**6), **more})


def city(*things: Device | Service | Maintenance, **more: Any) -> Inventory:
    """Build the city of these things; ``site`` and ``uplink`` hold what differs in ``s`` and ``u``."""
    devices = {one.id: one for one in things if isinstance(one, Device)}
    services = {one.id: one for one in things if isinstance(one, Service)}
    site_names = {"s": None} | {one.site: None for one in devices.values() if one.site}
    uplink_names = {"u": None} | {one.uplink: None for one in devices.values() if one.uplink}
    of_site, of_uplink = more.pop("site", {}), more.pop("uplink", {})
    sites = {
        name: Site(
            name,
            **{
                "kelurahan": "k-1",
                "uplink": "u",
                "devices": tuple(one.id for one in devices.values() if one.site == name),
                "services": tuple(one.id for one in services.values() if one.site == name),
                **(of_site if name == "s" else {}),
            },
        )
        for name in site_names
    }
    uplinks = {
        name: Uplink(
            name,
            "k-1",
            devices=tuple(one.id for one in devices.values() if one.uplink == name),
            **(of_uplink if name == "u" else {}),
        )
        for name in uplink_names
    }
    settings = Settings(**more.pop("settings", {}))
    windows = {one.id: one for one in things if isinstance(one, Maintenance)}
    kelurahan = {"k-1": Kelurahan("k-1", "Satu", "kc-1", "Kecamatan Satu")}
    base = Inventory(City(code="13.71", zone="Asia/Jakarta"), settings, kelurahan=kelurahan, **more)
    return _with(base, sites=sites, uplinks=uplinks, devices=devices, services=services, maintenance=windows)


def _with(base: Inventory, **more: Any) -> Inventory:
    return replace(base, **more)


def observations(inventory: Inventory, stories: dict[str, str]) -> list[tuple[int, str, Outcome]]:
    """Read stories: ``"up 0..300, down 300"`` is up from 0 in steps of the interval, ending before 300, then down."""
    watched: dict[str, Device | Service] = {**inventory.devices, **inventory.services}
    seen = []
    for name, story in stories.items():
        for outcome, start, end in re.findall(r"(\w+) (-?\d+)(?:\.\.(\d+))?", story):
            last = int(end) if end else int(start) + 1
            seen += [(at, name, Outcome(outcome)) for at in range(int(start), last, watched[name].interval)]
    return seen


def told(inventory: Inventory, stories: dict[str, str], start: int = 0, end: int = 600, **more: Any) -> Evaluation:
    """Evaluate stories."""
    tracks = tracks_of(observations(inventory, stories), inventory)
    return evaluate(inventory, tracks, Period(start, end, "Asia/Jakarta", "example"), **more)


def result(evaluation: Evaluation, name: str = "ap") -> Result:
    """Give the object with this id."""
    return next(one for one in evaluation.objects if one.id == name)


def spent(evaluation: Evaluation, name: str = "ap") -> dict[str, int]:
    """Say how many seconds the object spent in each state, without the states it never was in."""
    seconds = result(evaluation, name).seconds
    return {state.value: seconds[state] for state in State if seconds[state]}
