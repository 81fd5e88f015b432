"""Which checks an inventory asks for."""

from __future__ import annotations

from typing import Final

from netmon.model import Check, Device, Inventory, ReachKind

_TIMEOUT: Final = 2.0
"""Seconds a device has for its answer."""

_SHARE_OF_INTERVAL: Final = 5
"""With short intervals a device has this part of one, so that a confirmed failure still fits into its round."""

_READABLE: Final = frozenset({ReachKind.ICMP, ReachKind.SNMP, ReachKind.TCP})


def checks_of(inventory: Inventory) -> list[Check]:
    """List the checks of all devices that are objects, in the inventory's order.

    ``DEV/reachability`` decides up and down (its probe is ``icmp``, ``snmp``, ``tcp`` or ``interface``); a device
    with an address and a credential of its own has ``DEV/readings`` besides. Devices that check in by themselves or
    that a controller reports have no check here.
    """
    checks: list[Check] = []
    for device in inventory.devices.values():
        if not inventory.is_object(device):
            continue
        reachability = _reachability(inventory, device)
        if reachability is not None:
            checks.append(reachability)
        if device.credential and device.address and device.reach.kind in _READABLE:
            checks.append(_readings(inventory, device))
    return checks


def timeout_of(interval: int) -> float:
    """Say how many seconds a device has for its answer when it is asked each ``interval`` seconds."""
    return min(_TIMEOUT, interval / _SHARE_OF_INTERVAL)


def _reachability(inventory: Inventory, device: Device) -> Check | None:
    kind = device.reach.kind
    asked = device
    if kind is ReachKind.INTERFACE:  # the router tells, so the router is asked
        asked = inventory.devices[device.reach.of]
    elif kind not in _READABLE:
        return None
    speaks_snmp = kind in {ReachKind.SNMP, ReachKind.INTERFACE}
    return Check(
        id=f"{device.id}/reachability",
        device=device.id,
        probe=kind.value,
        interval=device.interval,
        timeout=timeout_of(device.interval),
        address=asked.address,
        port=asked.port if speaks_snmp else device.reach.port,
        credential=asked.credential if speaks_snmp else "",
        profile=asked.profile,
        interface=device.reach.interface,
        decides=True,
        confirm_by_ping=kind is ReachKind.SNMP and device.confirm_by_ping,
    )


def _readings(inventory: Inventory, device: Device) -> Check:
    interval = inventory.settings.interval_readings
    return Check(
        id=f"{device.id}/readings",
        device=device.id,
        probe="readings",
        interval=interval,
        timeout=timeout_of(interval),
        address=device.address,
        port=device.port,
        credential=device.credential,
        profile=device.profile,
    )
