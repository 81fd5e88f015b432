"""``netmon.yaml`` as values of the model, and what the other files are held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from netmon.inventory import moments, source
from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import Report, Wrong, quote
from netmon.inventory.source import shown
from netmon.model import City, Credential, Kelurahan, Reach, ReachKind, Settings, Targets, Witness

FILE = "netmon.yaml"
UTC = ZoneInfo("UTC")
EMPTY = Record(source.Mapping(FILE, 1))


@dataclass(slots=True)
class Known:
    """What is known when places and windows are read.

    ``broken`` names the files that could not be read: what they would have named is not called unknown.
    ``regions`` holds what a window's scope may name beside ids: codes of kelurahan and kecamatan, and ``city``.
    ``profiles`` is ``None`` where the profiles are not at hand.
    """

    report: Report
    broken: frozenset[str] = frozenset()
    city: City = field(default_factory=City)
    zone: ZoneInfo = UTC
    settings: Settings = field(default_factory=Settings)
    targets: Targets = field(default_factory=Targets)
    holidays: frozenset[date] = frozenset()
    owners: Mapping[str, str] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    kelurahan: Mapping[str, Kelurahan] = field(default_factory=dict)
    regions: Collection[str] = ()
    profiles: Collection[str] | None = None

    def unknown(self, record: Record, key: str, name: str, known: Collection[str], where: str, label: str = "") -> None:
        """Report a name that the file ``where`` does not have."""
        if where in self.broken:
            return
        near = self.report.nearest(name, known)
        how = f"write {near}" if near else "write one that is there, or add it"
        self.report.mistake(record.at(key), label or key, f"{quote(name)} is not in {where}", how)

    def unix(self, record: Record, key: str) -> int | None:
        """Give a moment of a record in Unix seconds; ``None`` where it is missing or wrong."""
        moment = record.get(key)
        if moment is None:
            return None
        try:
            return moments.unix(moment, self.zone)
        except Wrong as wrong:
            self.report.mistake(record.at(key), key, wrong.what, wrong.instead)
            return None


def read_settings(record: Record, known: Known) -> None:
    """Fill ``known`` with the city and its settings."""
    city: Record = record.get("city", EMPTY)
    known.zone = _zone(city, known.report)
    known.city = City(
        name=city.get("name", ""),
        code=city.get("code", ""),
        zone=known.zone.key,
        **city.given("language", "bounds"),
    )
    known.settings = _settings(record)
    known.targets = _targets(record)
    known.holidays = frozenset(record.get("holidays", ()))
    written = record.nodes.get("owners")
    names = written.entries if isinstance(written, source.Mapping) else {}
    owners: dict[str, Record] = record.get("owners", {})
    known.owners = {name: owners.get(name, EMPTY).get("name", name) for name in names}


def _zone(city: Record, report: Report) -> ZoneInfo:
    name = city.get("zone")
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = report.nearest(name, available_timezones())
        report.mistake(
            city.at("zone"), "city.zone", f"{quote(name)} is no time zone", f"write {near or 'Asia/Jakarta'}"
        )
        return UTC


def _settings(record: Record) -> Settings:
    intervals: Record = record.get("intervals", EMPTY)
    return Settings(
        **record.given("notice", "recovery_grace", "alert_hold", "confirm_by_ping", "series_budget", "ssh_threads"),
        probe_networks=tuple(record.get("probe_networks", ())),
        **intervals.given(
            interval_reachability="reachability", interval_readings="readings", interval_service="service"
        ),
    )


def _targets(record: Record) -> Targets:
    targets: Record = record.get("targets", EMPTY)
    connected: Record = targets.get("kelurahan_connected", EMPTY)
    return Targets(
        **targets.given("uplink", "hotspot", "completeness"),
        **connected.given(connected_share="share", connected_by="by"),
        pillars=MappingProxyType(targets.get("pillars", {})),
    )


def read_witnesses(record: Record, known: Known) -> tuple[Witness, ...]:
    """Give the witnesses; none at all is worth a warning."""
    records: list[Record] = record.get("witness", [])
    if not records and "witness" not in record:
        what = "there is none: an outage of the monitor's own link looks like an outage of the city"
        known.report.warning(record.node, "witness", what, "write addresses outside everything that is watched")
    return tuple(_witness(each, known) for each in records)


def _witness(record: Record, known: Known) -> Witness:
    reach: Any = record.get("reach", Reach())
    if reach.kind not in {ReachKind.ICMP, ReachKind.SNMP, ReachKind.TCP}:
        what = f"{shown(record.nodes['reach'])} is no way to reach a witness"
        known.report.mistake(record.at("reach"), "witness.reach", what, "write icmp, snmp or tcp:PORT")
    credential: str = record.get("credential", "")
    if credential and credential not in known.credentials:
        known.unknown(record, "credential", credential, known.credentials, "credentials.yaml", "witness.credential")
    return Witness(record.get("address", ""), reach, credential=credential, **record.given("port"))
