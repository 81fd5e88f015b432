"""Devices themselves: what they are, how loaded and how warm, when they started, how quickly they answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from exporters import interfaces
from exporters.families import Family
from exporters.interfaces import Pieces
from exporters.present import Present, Thing, device_labels, kecamatan_of, labels
from netmon.model import Device, Identity, reach_seconds

_SUBJECTS = ("icmp_", "device_", "cpu_", "memory_", "temperature_", "voltage_")
_NOTHING = Identity()


_ENDS: Final = {
    "readings": (
        "Whether a device was read the last time.",
        "Whether some of what a device tells was missing when it was last read.",
    ),
    "commands": (
        "Whether a device answered the commands that it was last sent by SSH.",
        "Whether some of what a device tells by SSH was missing the last time.",
    ),
}


class System:
    """What is written of what the devices of an inventory are."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._infos: dict[str, tuple[Identity, bytes]] = {}
        self._ends: dict[tuple[str, str], tuple[tuple[bool, bool], list[bytes]]] = {}

    def families(self, present: Present, pieces: Pieces) -> Iterator[Family]:
        """Give what devices are, then their readings."""
        shown = [one for one in present.things.devices if present.shows(one.group)]
        yield Family(
            "netmon_device_info",
            "gauge",
            "A device by its id: what it is and what it says it is; always 1.",
            [self._info(present, one) for one in shown],
        )
        for subject in _SUBJECTS:
            yield from interfaces.families(pieces, subject)
        yield from self._read(present, {one.id: one for one in shown})
        devices = present.state.devices
        yield dropped((devices[one.id], count) for one in shown if (count := present.dropped.get(one.id)))

    def _info(self, present: Present, thing: Thing) -> bytes:
        """Give a device's line, written anew where it says something else of itself."""
        told = present.state.identities.get(thing.id, _NOTHING)
        known = self._infos.get(thing.id)
        if known is None or known[0] is not told:
            known = self._infos[thing.id] = told, _info(present, thing, told).encode()
        return known[1]

    def _read(self, present: Present, shown: Mapping[str, Thing]) -> Iterator[Family]:
        """Say of each device that is read how its last reading ended; nothing once that is long ago."""
        lines: dict[str, tuple[list[bytes], list[bytes]]] = {kind: ([], []) for kind in _ENDS}
        for seen in present.state.last_read.values():
            thing = shown.get(seen.check.device)
            if thing is None or present.at >= seen.at + reach_seconds(seen.check.interval):
                continue
            kind = "commands" if seen.check.probe == "ssh" else "readings"
            flags = seen.failure is None, seen.partial
            known = self._ends.get((kind, thing.id))
            if known is None or known[0] != flags:
                own = [
                    f"netmon_{kind}_{name}{{{thing.labels}}} {flag:d}\n"
                    for name, flag in zip(("success", "partial"), flags, strict=True)
                ]
                known = self._ends[kind, thing.id] = flags, [line.encode() for line in own]
            for found, line in zip(lines[kind], known[1], strict=True):
                found.append(line)
        for kind, (success, partial) in _ENDS.items():
            yield Family(f"netmon_{kind}_success", "gauge", success, lines[kind][0])
            yield Family(f"netmon_{kind}_partial", "gauge", partial, lines[kind][1])


def dropped(counts: Iterable[tuple[Device, int]]) -> Family:
    """Give what the series budget left out of devices' readings."""
    return Family(
        "netmon_series_dropped",
        "gauge",
        "Series of a device's readings that are left out because they are more than the budget; the log names them.",
        [f"netmon_series_dropped{{{device_labels(device)}}} {count}\n" for device, count in counts],
    )


def _info(present: Present, thing: Thing, told: Identity) -> str:
    device = present.state.devices[thing.id]
    inventory = present.inventory
    place = inventory.sites[device.site] if device.site else inventory.uplinks[device.uplink]
    own = labels(
        name=device.name or told.name,
        role=device.role.value,
        vendor=told.vendor,
        model=told.model,
        version=told.version,
        profile=told.profile or ("" if device.profile == "auto" else device.profile),
        owner=place.owner,
        kelurahan=place.kelurahan,
        kecamatan=kecamatan_of(inventory, place.kelurahan),
    )
    return f"netmon_device_info{{{thing.labels},{own}}} 1\n"
