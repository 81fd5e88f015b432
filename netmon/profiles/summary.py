"""A first contact as plain data, for ``netmon probe --json`` and the table that people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netmon.model import Readings
from netmon.profiles.listing import AccessPoint
from netmon.profiles.plan import Plan


def summary(
    plan: Plan, read: Readings, access_points: Sequence[AccessPoint], *, uptime: float | None = None
) -> dict[str, Any]:
    """Put what a device said in one plain structure.

    ``uptime`` is seconds. Keys of interfaces and radios are the measures without their first word and ``_total``
    (``receive_bytes``, ``speed_bytes_per_second``); what the device does not give has no key, except
    ``wifi.clients``, which is ``None`` then.
    """
    identity = plan.identity
    ports = _by(read, "interface")
    return {
        "reachable": True,
        "profile": plan.profile,
        "system": {
            "name": identity.name,
            "vendor": identity.vendor,
            "model": identity.model,
            "version": identity.version,
            "serial": identity.serial,
            "uptime_seconds": uptime,
            **_flat(read),
        },
        "interfaces": [
            {"name": name, "index": _number(port.index), "alias": port.alias, **ports.get(name, {})}
            for name, port in plan.interfaces.items()
        ],
        "wifi": {
            "clients": next((value for made, value in read if made.measure == "wifi_clients"), None),
            "radios": _listed(read, "radio", "wifi_radio_"),
            "ssids": _listed(read, "ssid", "wifi_ssid_"),
            "access_points": [dict(point) for point in access_points],
            "access_point_states": _by_state(read),
        },
        "radio_links": _listed(read, "radio", "radio_link_"),
    }


def unreachable(profile: str = "") -> dict[str, Any]:
    """Give the same structure for a device that did not answer."""
    wifi: dict[str, Any] = {"clients": None, "radios": [], "ssids": [], "access_points": [], "access_point_states": {}}
    return {"reachable": False, "profile": profile, "system": {}, "interfaces": [], "wifi": wifi, "radio_links": []}


def _by_state(read: Readings) -> dict[str, float]:
    """Give how many access points a controller has in each state."""
    return {dict(made.labels)["state"]: value for made, value in read if made.measure == "wifi_access_points"}


def _number(index: str) -> int | str:
    return int(index) if index.isdigit() else index


def _flat(read: Readings) -> dict[str, Any]:
    """Give processors, memory and sensors: a number, or numbers by sensor."""
    out: dict[str, Any] = {}
    for made, value in read:
        labels = dict(made.labels)
        if made.measure in {"cpu_load_ratio", "memory_used_ratio", "device_boot_timestamp_seconds"}:
            out[made.measure.removeprefix("device_")] = value
        elif "sensor" in labels:
            out.setdefault(made.measure, {})[labels["sensor"]] = value
    return out


def _by(read: Readings, label: str) -> dict[str, dict[str, float]]:
    """Give each row's numbers by their short names, by the text of this label."""
    out: dict[str, dict[str, float]] = {}
    for made, value in read:
        text = next((text for name, text in made.labels if name == label), None)
        if text is not None and made.measure != "interface_info":
            out.setdefault(text, {})[_short(made.measure, f"{label}_")] = value
    return out


def _short(measure: str, prefix: str) -> str:
    return measure.removeprefix(prefix).removesuffix("_total")


def _listed(read: Readings, label: str, prefix: str) -> list[dict[str, Any]]:
    """Give one entry for each text of a label, in the order of the readings."""
    out: dict[str, dict[str, Any]] = {}
    for made, value in read:
        labels = dict(_own(made.labels))
        if label in labels and made.measure.startswith(prefix):
            entry = out.setdefault(labels[label], {label: labels[label]})
            if "band" in labels:
                entry["band"] = labels["band"]
            entry[_short(made.measure, prefix)] = value
    return list(out.values())


def _own(labels: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return (pair for pair in labels if pair[0] not in {"device", "site", "uplink"})
