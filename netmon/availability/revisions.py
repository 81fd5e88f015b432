"""Which inventory a period is reported with (LK-1, "Which inventory")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from netmon.model import Device, Inventory, Site, Uplink

Place = TypeVar("Place", Site, Uplink)

Revision = tuple[int, Inventory]
"""When it was accepted (Unix seconds), and what it said."""


def combined(revisions: Sequence[Revision]) -> Inventory:
    """Give the last revision with everything that an earlier one had, decommissioned when it was taken out.

    Args:
        revisions: Those in force at some time of the period, in the order of their times; at least one.

    Raises:
        ValueError: There is no revision.
    """
    if not revisions:
        raise ValueError("no revision was in force")
    result = revisions[-1][1]
    for index in range(len(revisions) - 2, -1, -1):
        # An object that went and came back is in a later revision, and that one speaks for it.
        result = _keep(result, revisions[index][1], revisions[index + 1][0])
    return result


def _keep(later: Inventory, earlier: Inventory, taken_out: int) -> Inventory:
    """Put back into a revision what an earlier one had and it has not."""
    devices = {
        name: _ended_device(device, taken_out)
        for name, device in earlier.devices.items()
        if earlier.is_object(device) and not (name in later.devices and later.is_object(later.devices[name]))
    }
    sites = _gone(earlier.sites, later.sites, taken_out)
    uplinks = _gone(earlier.uplinks, later.uplinks, taken_out)
    if not (devices or sites or uplinks):
        return later
    services = {name: one for name, one in earlier.services.items() if name not in later.services}
    kept = replace(
        later,
        kelurahan={**earlier.kelurahan, **later.kelurahan},
        devices={**later.devices, **devices},
        services={**later.services, **services},
        sites={**later.sites, **sites},
        uplinks={**later.uplinks, **uplinks},
    )
    return _listed(kept, devices)


def _ended_device(device: Device, at: int) -> Device:
    return replace(device, decommissioned=_ended(device, at))


def _ended(thing: Device | Site | Uplink, at: int) -> int:
    return at if thing.decommissioned is None else min(thing.decommissioned, at)


def _gone(earlier: Mapping[str, Place], later: Mapping[str, Place], at: int) -> dict[str, Place]:
    return {
        name: replace(thing, decommissioned=_ended(thing, at))
        for name, thing in earlier.items()
        if not thing.planned and (name not in later or later[name].planned)
    }


def _listed(inventory: Inventory, devices: Mapping[str, Device]) -> Inventory:
    """Let the site or uplink of each device that was put back list it again."""
    sites, uplinks = dict(inventory.sites), dict(inventory.uplinks)
    for device in devices.values():
        if device.site and device.id not in sites[device.site].devices:
            sites[device.site] = replace(sites[device.site], devices=(*sites[device.site].devices, device.id))
        if device.uplink and device.id not in uplinks[device.uplink].devices:
            uplinks[device.uplink] = replace(
                uplinks[device.uplink], devices=(*uplinks[device.uplink].devices, device.id)
            )
    return replace(inventory, sites=sites, uplinks=uplinks)
