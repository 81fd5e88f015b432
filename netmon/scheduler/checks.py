"""Which checks an inventory asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netmon.model import Check, Device, Inventory, ReachKind

_TIMEOUT: Final = 2.0
"""Seconds a device has for its answer."""

_SHARE_OF_INTERVAL: Final = 5
"""With short intervals a device has this part of one, so that a confirmed failure still fits into its round."""

_READABLE: Final = frozenset({ReachKind.ICMP, ReachKind.SNMP, ReachKind.TCP})


def checks_of(inventory: Inventory) -> list[Check]:
    """List the checks of all devices that are objects, in the inventory's order.

    ``DEV/reachability`` decides up and down (its probe is ``icmp``, ``snmp``, ``tcp``, ``interface`` or
    ``controller``); a device with an address and a credential of its own has ``DEV/readings`` besides. An access point
    that is reached by itself and has no credential has its readings from its controller, where it names one. Devices
    that check in by themselves have no check here. ``DEV/commands`` asks by SSH, where the credential logs in by it.
    """
    checks: list[Check] = []
    for device in inventory.devices.values():
        if not inventory.is_object(device):
            continue
        reachability = _reachability(inventory, device)
        if reachability is not None:
            checks.append(reachability)
        if device.reach.kind not in _READABLE:
            continue
        if device.credential and device.address:
            checks += _by_credential(inventory, device)
        elif device.controller:
            checks.append(_joined(inventory, device, f"{device.id}/readings", inventory.settings.interval_readings))
    return checks


def timeout_of(interval: int) -> float:
    """Say how many seconds a device has for its answer when it is asked each ``interval`` seconds."""
    return min(_TIMEOUT, interval / _SHARE_OF_INTERVAL)


def _reachability(inventory: Inventory, device: Device) -> Check | None:
    kind = device.reach.kind
    asked = device
    if kind is ReachKind.CONTROLLER:
        return _joined(inventory, device, f"{device.id}/reachability", device.interval, decides=True)
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


def _joined(inventory: Inventory, device: Device, name: str, interval: int, *, decides: bool = False) -> Check:
    """Ask the controller of an access point, which tells of it by its name or MAC address."""
    controller = inventory.devices[device.controller]
    return Check(
        id=name,
        device=device.id,
        probe=ReachKind.CONTROLLER.value,
        interval=interval,
        timeout=timeout_of(interval),
        address=controller.address,
        port=controller.port,
        credential=controller.credential,
        profile=controller.profile,
        interface=device.match,
        decides=decides,
    )


def _by_credential(inventory: Inventory, device: Device) -> list[Check]:
    """Give the checks that log in; a credential for SSH alone is not tried by SNMP."""
    credential = inventory.credentials.get(device.credential)
    if credential is None or not credential.ssh_user:
        return [_readings(inventory, device)]
    read = _readings(inventory, device)
    asked = replace(read, id=f"{device.id}/commands", probe="ssh", port=credential.ssh_port)
    return [read, asked] if credential.community is not None or credential.user else [asked]


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
