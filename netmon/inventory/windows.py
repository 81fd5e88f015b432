"""``maintenance.yaml``: announced windows."""

from __future__ import annotations

from collections.abc import Iterable

from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import quote
from netmon.inventory.places import Places, What
from netmon.inventory.settings import Known
from netmon.model import Maintenance


def read_windows(records: Iterable[Record], places: Places, known: Known) -> dict[str, Maintenance]:
    """Give the windows by id, in the file's order, and report what is wrong with them."""
    found: dict[str, Maintenance] = {}
    first: dict[str, Record] = {}
    for record in records:
        window = _window(record, places, known)
        if window.id in first:
            there = first[window.id].at("id")
            what = f"{quote(window.id)} is the id of the window in line {there.line} already"
            known.report.mistake(record.at("id"), "id", what, "give each window an id of its own")
        elif window.id:
            first[window.id] = record
            found[window.id] = window
    return found


def _window(record: Record, places: Places, known: Known) -> Maintenance:
    scope: list[str] = record.get("scope", [])
    if not scope and "scope" in record.values:
        known.report.mistake(record.at("scope"), "scope", "covers nothing", "write ids of what it covers, or city")
    for name in scope:
        _check_scope(record, name, places, known)
    start, end, announced = (known.unix(record, key) for key in ("start", "end", "announced"))
    if start is not None and end is not None and end <= start:
        written = "begins when it ends" if end == start else "ends before it begins"
        known.report.mistake(record.at("end"), "end", f"the window {written}", "write an end after its start")
    if start is not None and announced is not None and announced > start:
        what = "it was announced after it began"
        known.report.warning(record.at("announced"), "announced", what, "it counts only with approved_by and reason")
    return Maintenance(
        id=record.get("id", ""),
        scope=tuple(dict.fromkeys(scope)),
        start=start or 0,
        end=end or 0,
        announced=announced,
        reason=record.get("reason", ""),
        approved_by=record.get("approved_by", ""),
        only=record.get("only", False),
    )


def _check_scope(record: Record, name: str, places: Places, known: Known) -> None:
    entry = places.by_id.get(name)
    if entry is not None and entry.what is What.SERVICE:
        what = f"{quote(name)} is a service, which has no windows"
        known.report.mistake(
            record.at("scope", name), "scope", what, f"write its site, {entry.parent.id if entry.parent else ''}"
        )
    if entry is not None or name in known.regions or not known.broken.isdisjoint({"sites", "regions.csv"}):
        return
    near = known.report.nearest(name, [*places.by_id, *known.regions])
    what = f"{quote(name)} is no site, uplink, device, kelurahan or kecamatan"
    known.report.mistake(
        record.at("scope", name), "scope", what, f"write {near}" if near else "write one that is there, or city"
    )
