"""A discovery as plain data, for ``netmon discover --json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from netmon.discovery.entries import Entry, Review, Status, said
from netmon.discovery.found import Found, Heard
from netmon.discovery.sweep import Harvest


def as_data(review: Review, harvest: Harvest) -> dict[str, Any]:
    """Give everything that was found as JSON has it."""
    return {
        "networks": [str(network) for network in harvest.scope.networks],
        "complete": harvest.is_complete,
        "asked": len(harvest.heard),
        "packets": harvest.packets,
        "counts": {_word(status): len(review.of(status)) for status in Status},
        "devices": [_entry(entry) for entry in review.entries],
        "silent": [_silent(each) for each in review.silent],
    }


def _word(status: Status) -> str:
    return status.replace(" ", "_")


def _entry(entry: Entry) -> dict[str, Any]:
    found = entry.found
    return {
        "status": _word(entry.status),
        "id": entry.id,
        "role": entry.role.value,
        "role_guessed_because": entry.reason or None,
        "address": entry.address or None,
        "controller": entry.controller or None,
        "match": entry.match or None,
        "hardware": entry.hardware or None,
        "serial": entry.serial or None,
        "where": entry.where or None,
        "notes": list(entry.notes),
        **(_found(found) if found is not None else {}),
        **({"state": said(entry.point, "state") or None} if entry.controller else {}),
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "port": found.port,
        "credential": found.credential or None,
        "answers_ping": found.pinged,
        "also_at": list(found.also_at),
        "profile": found.profile,
        "vendor": found.vendor or None,
        "model": found.model or None,
        "version": found.version or None,
        "sys_name": found.name or None,
        "macs": sorted(found.macs),
        "interfaces": list(found.interfaces),
        "clients": found.clients,
        "access_points": len(found.access_points),
        "neighbours": [asdict(neighbour) for neighbour in found.neighbours],
    }


def _silent(heard: Heard) -> dict[str, Any]:
    return {"address": heard.address, "rtt_seconds": heard.rtt, "refuses": list(heard.refused)}
