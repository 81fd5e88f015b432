"""Sites, uplinks, devices and services: what is listed, under which id, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import quote
from netmon.inventory.settings import Known


class What(StrEnum):
    """The things that share one space of ids."""

    SITE = "site"
    UPLINK = "uplink"
    DEVICE = "device"
    SERVICE = "service"

    @property
    def phrase(self) -> str:
        """How a sentence calls one of them."""
        return f"an {self.value}" if self is What.UPLINK else f"a {self.value}"


@dataclass(slots=True)
class Entry:
    """One thing of a file of sites; ``id`` is empty where a mistake stands. ``inside`` holds devices and services."""

    id: str
    what: What
    record: Record
    parent: Entry | None = None
    inside: list[Entry] = field(default_factory=list)

    @property
    def is_planned(self) -> bool:
        """It is yet to come, or what lists it is."""
        holder = self.parent or self
        return bool(holder.record.get("status") == "planned")

    @property
    def is_connection(self) -> bool:
        """Its kind keeps an uplink connected: a router or link."""
        return self.record.get("role") in {"router", "link"}


@dataclass(slots=True)
class Places:
    """Everything listed, in the files' order, and by id (of two with one id, the first)."""

    entries: list[Entry] = field(default_factory=list)
    by_id: dict[str, Entry] = field(default_factory=dict)

    def of(self, what: What) -> Iterable[Entry]:
        """Give the entries of one sort that have an id of their own, in the files' order."""
        return (entry for entry in self.by_id.values() if entry.what is what)


def list_places(files: Iterable[Record], known: Known) -> Places:
    """List what the files hold, and report ids that are given twice."""
    places = Places()
    for file in files:
        for key in file.nodes:
            if key not in file.values:
                known.broken |= {"sites"}
            what = What.SITE if key == "sites" else What.UPLINK
            for record in file.get(key, ()):
                _enter(places, Entry(record.get("id", ""), what, record), known)
    return places


def _enter(places: Places, entry: Entry, known: Known) -> None:
    places.entries.append(entry)
    if entry.id:
        _name(places, entry, known)
    for key in entry.record.nodes:
        if key in {"devices", "services"}:
            what = What.DEVICE if key == "devices" else What.SERVICE
            for record in entry.record.get(key, ()):
                child = Entry(record.get("id", ""), what, record, entry)
                entry.inside.append(child)
                _enter(places, child, known)


def _name(places: Places, entry: Entry, known: Known) -> None:
    first = places.by_id.setdefault(entry.id, entry)
    at = entry.record.at("id")
    if first is not entry:
        there = first.record.at("id")
        what = f"{quote(entry.id)} is the id of {first.what.phrase} in {there.file}:{there.line} already"
        known.report.mistake(at, "id", what, "give each thing an id of its own")
    elif entry.id in known.regions:
        what = f"{quote(entry.id)} means a region in the scope of a window"
        known.report.mistake(at, "id", what, "choose another id")


def life(record: Record, known: Known) -> dict[str, Any]:
    """Give when a thing is in service, by the model's names."""
    moments = {key: known.unix(record, key) for key in ("commissioned", "decommissioned")}
    return {**moments, **record.given("service_hours")}


def referred(record: Record, key: str, name: str, wanted: set[What], places: Places, known: Known) -> Entry | None:
    """Give what an id refers to; ``None``, and a mistake in the report, where it is unknown or of another sort."""
    entry = places.by_id.get(name)
    label = "reach.of" if key == "reach" else key
    if entry is None:
        if "sites" not in known.broken:
            sort = " or ".join(each.value for each in sorted(wanted))
            near = known.report.nearest(name, [each.id for each in places.by_id.values() if each.what in wanted])
            how = f"write {near}" if near else f"write the id of {_phrases(wanted)}"
            known.report.mistake(record.at(key, name), label, f"there is no {sort} {quote(name)}", how)
        return None
    if entry.what not in wanted:
        what = f"{quote(name)} is {entry.what.phrase}"
        known.report.mistake(record.at(key, name), label, what, f"write the id of {_phrases(wanted)}")
        return None
    return entry


def _phrases(wanted: set[What]) -> str:
    return " or ".join(each.phrase for each in sorted(wanted))
