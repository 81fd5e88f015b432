"""Devices themselves: what they are, how loaded and how warm, when they started, how quickly they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporters import interfaces
from exporters.families import Family
from exporters.interfaces import Pieces
from exporters.present import Present, device_labels, labels
from netmon.model import Device, Identity

_SUBJECTS = ("icmp_", "device_", "cpu_", "memory_", "temperature_", "voltage_")
_NOTHING = Identity()


def families(present: Present, pieces: Pieces) -> Iterator[Family]:
    """Give what devices are, then their readings."""
    devices = [device for device in present.state.devices.values() if present.holds(device)]
    yield Family(
        "netmon_device_info",
        "gauge",
        "A device by its id: what it is and what it says it is; always 1.",
        [_info(present, one) for one in devices],
    )
    for subject in _SUBJECTS:
        yield from interfaces.families(pieces, subject)
    yield dropped((one, count) for one in devices if (count := present.dropped.get(one.id)))


def dropped(counts: Iterable[tuple[Device, int]]) -> Family:
    """Give what the series budget left out of devices' readings."""
    return Family(
        "netmon_series_dropped",
        "gauge",
        "Series of a device's readings that are left out because they are more than the budget; the log names them.",
        [f"netmon_series_dropped{{{device_labels(device)}}} {count}\n" for device, count in counts],
    )


def _info(present: Present, device: Device) -> str:
    told = present.state.identities.get(device.id, _NOTHING)
    owner = present.inventory.sites[device.site].owner if device.site else ""
    own = labels(
        name=device.name or told.name,
        role=device.role.value,
        vendor=told.vendor,
        model=told.model,
        version=told.version,
        profile=told.profile or ("" if device.profile == "auto" else device.profile),
        owner=owner,
    )
    return f"netmon_device_info{{{device_labels(device)},{own}}} 1\n"
