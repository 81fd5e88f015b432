"""What sites, uplinks and services may say, and how they become values of the model."""

from __future__ import annotations

from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import quote
from netmon.inventory.places import Entry, Places, What, life, referred
from netmon.inventory.settings import Known
from netmon.model import Service, Site, Uplink

WIFI_CHECKS = frozenset({"dhcp", "dns", "portal", "internet"})
"""Checks whose failure degrades the Wi-Fi unless the service says otherwise (LK-1, "A service")."""

NEEDS = {"tcp": ("address", "port"), "http": ("address",), "icmp": ("address",)}
"""Keys that a check cannot do without."""


def build_site(entry: Entry, known: Known) -> Site:
    """Make the site."""
    record = entry.record
    return Site(
        id=entry.id,
        pillars=tuple(dict.fromkeys(record.get("pillars", ()))),
        ssids=tuple(record.get("ssids", ())),
        devices=tuple(each.id for each in entry.inside if each.what is What.DEVICE),
        services=tuple(each.id for each in entry.inside if each.what is What.SERVICE),
        planned=entry.is_planned,
        kelurahan=record.get("kelurahan", ""),
        **record.given("name", "kind", "location", "owner", "uplink", "target"),
        **life(record, known),
    )


def build_uplink(entry: Entry, known: Known) -> Uplink:
    """Make the uplink."""
    record = entry.record
    return Uplink(
        id=entry.id,
        kelurahan=record.get("kelurahan", ""),
        devices=tuple(each.id for each in entry.inside),
        planned=entry.is_planned,
        **record.given("name", "provider", "owner", "target"),
        **life(record, known),
    )


def build_service(entry: Entry, known: Known) -> Service:
    """Make the service."""
    record = entry.record
    check: str = record.get("check", "")
    affects = record.get("affects", "wifi" if check in WIFI_CHECKS else "none")
    return Service(
        id=entry.id,
        site=entry.parent.id if entry.parent else "",
        check=check,
        interval=record.get("interval", known.settings.interval_service),
        affects_wifi=affects == "wifi",
        **record.given("name", "address", "port"),
    )


def check_sites(places: Places, known: Known) -> None:
    """Report what is wrong with sites, uplinks and services beyond the form of their keys."""
    for entry in places.entries:
        if entry.what is not What.SERVICE:
            _check_life(entry.record, known)
        if entry.what in {What.SITE, What.UPLINK}:
            code = entry.record.get("kelurahan")
            if code is not None and code not in known.kelurahan:
                known.unknown(entry.record, "kelurahan", code, known.kelurahan, "regions.csv")
            _check_owner(entry.record, known)
        if entry.what is What.SITE:
            _check_site(entry.record, places, known)
        elif entry.what is What.SERVICE:
            _check_service(entry.record, known)


def _check_life(record: Record, known: Known) -> None:
    if "commissioned" not in record.values or "decommissioned" not in record.values:
        return
    start, end = known.unix(record, "commissioned"), known.unix(record, "decommissioned")
    if start is not None and end is not None and end <= start:
        what = "is not after `commissioned`"
        known.report.mistake(record.at("decommissioned"), "decommissioned", what, "write a later date")


def _check_owner(record: Record, known: Known) -> None:
    owner: str = record.get("owner", "")
    if owner and owner not in known.owners and "netmon.yaml" not in known.broken:
        near = known.report.nearest(owner, known.owners)
        what = f"{quote(owner)} is not among the owners in netmon.yaml"
        known.report.mistake(record.at("owner"), "owner", what, f"write {near}" if near else "add it there")


def _check_site(record: Record, places: Places, known: Known) -> None:
    uplink: str = record.get("uplink", "")
    if uplink:
        referred(record, "uplink", uplink, {What.UPLINK}, places, known)
    _check_location(record, known)


def _check_location(record: Record, known: Known) -> None:
    place: tuple[float, float] | None = record.get("location")
    bounds = known.city.bounds
    if place is None or bounds is None:
        return
    south, west, north, east = bounds

    def inside(latitude: float, longitude: float) -> bool:
        return south <= latitude <= north and west <= longitude <= east

    if not inside(*place):
        swapped = inside(place[1], place[0])
        how = f"write the latitude first: [{place[1]}, {place[0]}]" if swapped else "correct it, or widen the bounds"
        what = f"[{place[0]}, {place[1]}] lies outside of city.bounds"
        known.report.mistake(record.at("location"), "location", what, how)


def _check_service(record: Record, known: Known) -> None:
    check: str = record.get("check", "")
    for key in NEEDS.get(check, ()):
        if key not in record:
            known.report.mistake(record.node, key, f"is missing; a check by {check} needs it", f"write the {key}")
