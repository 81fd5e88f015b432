"""From an inventory to the boxes of its simulated city: what each device is, where it stands, when it started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zlib import crc32

from netmon.model import Device, Inventory, ReachKind, Witness
from netmon.simulator import models
from netmon.simulator.agents import Box, Point
from netmon.simulator.city import City
from netmon.simulator.controllers import mac_of
from netmon.simulator.outages import Calendar, Course

_SHORTEST_LIFE: Final = 20 * 86400
_LIVES: Final = 200 * 86400
_UPLINK_OWNER: Final = "uplink"


def boxes(inventory: Inventory, course: Course, city: City, start: float) -> Iterator[tuple[Device, Box]]:
    """Build a box for every device that answers by itself: those that count and have an address."""
    cuts = _cut_ports(inventory, course)
    points = _points(inventory, course, city)
    for device in inventory.devices.values():
        if device.address and inventory.is_object(device):
            box = _box(inventory, device, city)
            box.starts = [_first_start(box.key, start), *course.starts(device.id)]
            box.cut_ports = {name: Calendar(course.own(link)).holds for name, link in cuts.get(device.id, ())}
            box.points = tuple(points.get(device.id, ()))
            yield device, box


def witness_box(witness: Witness, city: City, start: float) -> Box:
    """Build the box of a witness."""
    key = crc32(witness.address.encode())
    box = Box(witness.address, "witness", "", "", key, models.witness(), city.rhythm("other"), city, [])
    box.starts = [_first_start(key, start)]
    return box


def _box(inventory: Inventory, device: Device, city: City) -> Box:
    key = crc32(device.id.encode())
    model = models.choose(device, city.luck(key, -1))
    site = inventory.sites.get(device.site)
    if site is None:
        kelurahan = inventory.kelurahan.get(inventory.uplinks[device.uplink].kelurahan)
        location = kelurahan.name if kelurahan else ""
        return Box(device.id, device.id, location, "", key, model, city.rhythm(_UPLINK_OWNER), city, [])
    ssid = site.ssids[0] if site.ssids else "WiFi-Publik"
    return Box(device.id, device.id, site.name or site.id, ssid, key, model, city.rhythm(site.kind), city, [])


def _first_start(key: int, start: float) -> float:
    """Choose a start in the past that does not depend on when the simulation begins: devices outlive it."""
    life = _SHORTEST_LIFE + key % _LIVES
    return start - (start + key) % life


def _cut_ports(inventory: Inventory, course: Course) -> dict[str, list[tuple[str, str]]]:
    """Name the interfaces that are links of their own: router → (interface, link) pairs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for device in inventory.devices.values():
        if device.reach.kind is ReachKind.INTERFACE and course.own(device.id):
            found.setdefault(device.reach.of, []).append((device.reach.interface, device.id))
    return found


def _points(inventory: Inventory, course: Course, city: City) -> dict[str, list[Point]]:
    """Describe the access points that are known through a controller, by controller."""
    found: dict[str, list[Point]] = {}
    for device in inventory.devices.values():
        if device.reach.kind is ReachKind.CONTROLLER and inventory.is_object(device):
            key = crc32(device.id.encode())
            site = inventory.sites.get(device.site)
            rhythm = city.rhythm(site.kind if site else _UPLINK_OWNER)
            is_away = Calendar(course.silent(device.id)).holds
            point = Point(device.match, mac_of(device.match, key), key, rhythm, is_away)
            found.setdefault(device.controller, []).append(point)
    return found
