"""What an inventory holds, in numbers, for the people who have just written it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from netmon.model import Inventory


def summary(inventory: Inventory, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Count what is there, as plain data for JSON; kelurahan without an uplink or hotspot are named by code.

    ``planned`` counts what is yet to come, which is in none of the other counts.
    """
    sites = [site for site in inventory.sites.values() if not site.planned]
    uplinks = [uplink for uplink in inventory.uplinks.values() if not uplink.planned]
    devices = [device for device in inventory.devices.values() if inventory.is_object(device)]
    return {
        "city": {"name": inventory.city.name, "code": inventory.city.code, "zone": inventory.city.zone},
        "revision": inventory.revision,
        "sites": {
            "active": len(sites),
            "planned": len(inventory.sites) - len(sites),
            "by_kind": _counts(site.kind for site in sites),
            "by_owner": _counts(site.owner for site in sites if site.owner),
            "by_pillar": _counts(pillar for site in sites for pillar in site.pillars),
        },
        "uplinks": {
            "active": len(uplinks),
            "planned": len(inventory.uplinks) - len(uplinks),
            "by_provider": _counts(uplink.provider for uplink in uplinks if uplink.provider),
        },
        "devices": {
            "active": len(devices),
            "planned": len(inventory.devices) - len(devices),
            "by_role": _counts(device.role.value for device in devices),
            "by_profile": _counts(device.profile for device in devices),
            "by_reach": _counts(device.reach.kind.value for device in devices),
        },
        "services": {"active": sum(not inventory.sites[each.site].planned for each in inventory.services.values())},
        "kelurahan": _kelurahan(inventory, {each.kelurahan for each in uplinks}, {each.kelurahan for each in sites}),
        "maintenance": len(inventory.maintenance),
        "warnings": list(warnings),
    }


def _kelurahan(inventory: Inventory, linked: set[str], served: set[str]) -> dict[str, Any]:
    return {
        "all": len(inventory.kelurahan),
        "with_uplink": len(linked),
        "without_uplink": [code for code in inventory.kelurahan if code not in linked],
        "with_hotspot": len(served),
        "without_hotspot": [code for code in inventory.kelurahan if code not in served],
    }


def _counts(words: Iterable[str]) -> dict[str, int]:
    """Count words, the most frequent first."""
    return dict(sorted(Counter(words).items(), key=lambda each: (-each[1], each[0])))
