"""What was found, held against the inventory: new, moved, gone, changed, as it is."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from netmon.discovery.entries import Entry, Review, Status, marks_of, marks_of_point, said
from netmon.discovery.found import Found, Heard
from netmon.discovery.naming import Ids, is_common, of_address, slug
from netmon.discovery.remembering import Memory
from netmon.discovery.roles import guess
from netmon.discovery.same import joined, order, serial_of
from netmon.discovery.sweep import Harvest
from netmon.model import Device, Inventory, ReachKind, Role
from netmon.profiles import mac_digits


@dataclass(frozen=True, slots=True)
class Existing:
    """What is known before: the inventory, the file and line of its devices, and what was found last time."""

    inventory: Inventory = field(default_factory=Inventory)
    where: Mapping[str, str] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)

    def by_address(self) -> dict[str, Device]:
        """Give the devices that have a numeric address of their own; of several at one, the first."""
        found: dict[str, Device] = {}
        for device in self.inventory.devices.values():
            if _is_numeric(device.address):
                found.setdefault(str(ipaddress.ip_address(device.address)), device)
        return found

    def ids(self) -> Iterator[str]:
        """Give every id and code that a new id must not be."""
        known = self.inventory
        yield from (*known.sites, *known.uplinks, *known.devices, *known.services, *known.kelurahan, "city")
        yield from (each.kecamatan for each in known.kelurahan.values())


def places_of(files: Mapping[str, str]) -> dict[str, str]:
    """Give for each id the file and line that it stands in: ``sites/a.yaml:12``."""
    found: dict[str, str] = {}
    for name, text in files.items():
        if name.startswith("sites/"):
            for number, line in enumerate(text.splitlines(), 1):
                for hit in re.finditer(r"""\bid:\s*["']?([A-Za-z0-9][A-Za-z0-9._-]*)""", line.partition(" #")[0]):
                    found.setdefault(hit[1], f"{name}:{number}")
    return found


def merge(harvest: Harvest, existing: Existing, now: float) -> Review:
    """Hold a harvest against what is known; ``now`` is Unix seconds."""
    known = existing.by_address()
    devices = joined(harvest.found, known)
    pairs = _paired(devices, harvest, existing, known)
    ids = Ids(existing.ids())
    entries = [_entry(found, pairs.get(found.address), existing, ids) for found in devices]
    entries += _doubles(entries, known, existing)
    entries += _reported(entries, existing, ids)
    told = {entry.device.id for entry in entries if entry.device is not None}
    entries += _silent(harvest, existing, told, now)
    met = {at for found in devices for at in (found.address, *found.also_at)}
    silent = (each for each in harvest.heard.values() if (each.pinged or each.refused) and each.address not in met)
    return Review(tuple(entries), tuple(sorted(silent, key=lambda each: order(each.address))))


# -- which device of the inventory is it ------------------------------------------------------------------


def _paired(
    devices: list[Found], harvest: Harvest, existing: Existing, known: Mapping[str, Device]
) -> dict[str, tuple[Device, str]]:
    """Give for each address found the device that it is, and by what a moved one is known (empty: by its address)."""
    serials = {serial_of(found): found.address for found in devices if serial_of(found)}
    pairs: dict[str, tuple[Device, str]] = {}
    for found in devices:
        device = known.get(found.address)
        if device is not None and not _has_left(device, found, existing, serials):
            pairs[found.address] = device, ""
    taken = {device.id for device, _ in pairs.values()}
    doubled = {at for found in devices for at in found.also_at}
    missing = [
        device
        for at, device in known.items()
        if device.id not in taken and at not in doubled and (at in harvest.heard or at not in harvest.scope)
    ]
    for found in devices:
        if missing and found.address not in pairs:
            hit = _known_again(found, missing, existing, devices)
            if hit is not None:
                pairs[found.address] = hit
                missing.remove(hit[0])
    return pairs


def _has_left(device: Device, found: Found, existing: Existing, serials: Mapping[str, str]) -> bool:
    """Say whether another box stands at the device's address, and the device itself was found elsewhere."""
    memory = existing.memories.get(device.id)
    serial = _serial(memory, found) if memory is not None else ""
    return bool(serial and serial_of(found) and serial != serial_of(found) and serial in serials)


def _serial(memory: Memory, like: Found) -> str:
    """Give a remembered serial number in the form of those that are found."""
    return f"{like.vendor.lower()} {memory.serial.strip().lower()}" if memory.serial else ""


def _known_again(
    found: Found, missing: Iterable[Device], existing: Existing, devices: Iterable[Found]
) -> tuple[Device, str] | None:
    """Say which missing device this is, and by what it is known."""
    missing = list(missing)
    for device in missing:
        memory = existing.memories.get(device.id)
        if memory is not None and serial_of(found) and _serial(memory, found) == serial_of(found):
            return device, f"its serial number {found.serial}"
    for device in missing:
        memory = existing.memories.get(device.id)
        common = sorted(found.macs.intersection(memory.macs)) if memory is not None else []
        if common:
            return device, f"its MAC address {common[0]}"
    for device in missing:
        if device.address in found.addresses:
            return device, f"its own address {device.address}"
    if is_common(found.name) or sum(other.name == found.name for other in devices) > 1:
        return None
    for device in missing:
        memory = existing.memories.get(device.id)
        names = {slug(device.id), slug(memory.name) if memory is not None else ""}
        if slug(found.name) in names or found.name == device.name:
            return device, f"its name {found.name}"
    return None


# -- what that means --------------------------------------------------------------------------------------


def _entry(found: Found, pair: tuple[Device, str] | None, existing: Existing, ids: Ids) -> Entry:
    if pair is None:
        role, reason = guess(found)
        name = ids.give(found.name or found.model or "device", of_address(found.address))
        return Entry(Status.NEW, name, role, reason, found, notes=tuple(_facts(found)))
    device, known_by = pair
    notes = list(_changes(found, device, existing))
    status = Status.CHANGED if notes else Status.AS_IT_IS
    if known_by and device.address in found.addresses:
        notes.insert(0, f"answers at {found.address}, not at {device.address}, which it says is its own too")
        status = Status.CHANGED
    elif known_by:
        notes.insert(0, f"address: {device.address} → {found.address}, known by {known_by}")
        status = Status.MOVED
    where = existing.where.get(device.id, "")
    return Entry(status, device.id, device.role, "", found, device, notes=(*notes, *_facts(found)), where=where)


def _facts(found: Found) -> Iterator[str]:
    if found.also_at:
        yield f"also at {', '.join(found.also_at)}"
    if found.neighbours:
        yield f"beside it: {'; '.join(_neighbours(found))}"
    if found.missing:
        yield f"not read: {'; '.join(found.missing)}"


def _neighbours(found: Found) -> Iterator[str]:
    for each in found.neighbours:
        name = each.name or each.mac or each.address
        at = f" ({each.address})" if each.address and each.address != name else ""
        yield f"{each.port} → {name}{at}"


def _changes(found: Found, device: Device, existing: Existing) -> Iterator[str]:
    """Name what is no longer as the inventory, or what was found before, has it."""
    memory = existing.memories.get(device.id)
    if memory is not None:
        pairs = {"serial number": (memory.serial, found.serial), "name": (memory.name, found.name)}
        pairs |= {"model": (memory.model, found.model), "firmware": (memory.version, found.version)}
        yield from (f"{what}: {was} → {now}" for what, (was, now) in pairs.items() if was and now and was != now)
    if found.credential and found.credential != device.credential:
        before = device.credential or "none"
        yield f"credential: answers to {found.credential}, the inventory says {before}"
    if device.wan and found.interfaces and device.wan not in found.interfaces:
        yield f"wan: it has no interface {device.wan} ({', '.join(found.interfaces[:12])})"
    if device.reach.kind is ReachKind.ICMP and found.pinged is False:
        yield "reach: it answers SNMP and no ping (write reach: snmp)"
    for other in existing.inventory.devices.values():
        port = other.reach.interface
        is_its_port = other.reach.kind is ReachKind.INTERFACE and other.reach.of == device.id
        if is_its_port and found.interfaces and port not in found.interfaces:
            yield f"{other.id} is its interface {port}, which it does not have"


def _doubles(entries: Iterable[Entry], known: Mapping[str, Device], existing: Existing) -> list[Entry]:
    """Give those devices of the inventory that turned out to be another one's second address."""
    out = []
    for entry in list(entries):
        for at in entry.found.also_at if entry.found is not None else ():
            device = known.get(at)
            if device is not None and (entry.device is None or device.id != entry.device.id):
                note = f"is the same device as {entry.id} ({entry.address})"
                where = existing.where.get(device.id, "")
                out.append(Entry(Status.CHANGED, device.id, device.role, device=device, notes=(note,), where=where))
    return out


# -- what controllers report ------------------------------------------------------------------------------


def _reported(entries: list[Entry], existing: Existing, ids: Ids) -> list[Entry]:
    """Give the access points that controllers report and that did not answer for themselves."""
    out: list[Entry] = []
    known = [device for device in existing.inventory.devices.values() if device.controller]
    by_mark: dict[str, list[Device]] = {}
    for device in known:
        for mark in marks_of(device.match):
            by_mark.setdefault(mark, []).append(device)
    listed = {entry.id: entry.found.access_points for entry in entries if entry.found and entry.found.access_points}
    held = {name: {mark for point in points for mark in marks_of_point(point)} for name, points in listed.items()}
    own = {mark for entry in entries if entry.found is not None for mark in _own_marks(entry.found)}
    for controller, points in listed.items():
        names = Counter(said(point, "name").casefold() for point in points)
        for point in points:
            if own.isdisjoint(_marks(point)):
                meant = [device for mark in marks_of_point(point) for device in by_mark.get(mark, ())]
                here = next((each for each in meant if _is_here(each, controller, held)), None)
                out.append(_point(point, controller, here, names, existing, ids))
    told = {entry.device.id for entry in out if entry.device is not None}
    for device in known:
        if device.controller in listed and device.id not in told and not _is_listed(device, held):
            where = existing.where.get(device.id, "")
            note = f"{device.controller} does not list {device.match}"
            out.append(Entry(Status.GONE, device.id, device.role, device=device, notes=(note,), where=where))
    return out


def _is_here(device: Device, controller: str, held: Mapping[str, set[str]]) -> bool:
    """Say whether a device that an access point may be is at this controller, or came here from another."""
    return device.controller == controller or (device.controller not in held or not _is_listed(device, held))


def _is_listed(device: Device, held: Mapping[str, set[str]]) -> bool:
    return not held[device.controller].isdisjoint(marks_of(device.match))


def _own_marks(found: Found) -> Iterator[tuple[str, str]]:
    yield from (("mac", mac) for mac in map(mac_digits, found.macs))
    yield from (("address", address) for address in (found.address, *found.also_at))
    if found.serial:
        yield "serial", found.serial.lower()


def _marks(point: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give that by which an access point is known again where it answers for itself."""
    texts = {"mac": mac_digits(said(point, "mac")), "address": said(point, "address")}
    texts["serial"] = said(point, "serial").lower()
    return ((key, text) for key, text in texts.items() if text)


def _point(
    point: Mapping[str, object],
    controller: str,
    device: Device | None,
    names: Mapping[str, int],
    existing: Existing,
    ids: Ids,
) -> Entry:
    state = said(point, "state")
    notes = () if state in {"", "online"} else (f"state: {state}",)
    if device is not None:
        moved = device.controller != controller
        notes = (f"controller: {device.controller} → {controller}", *notes) if moved else notes
        where = existing.where.get(device.id, "")
        status = Status.MOVED if moved else Status.AS_IT_IS
        return Entry(status, device.id, device.role, "", None, device, controller, device.match, point, notes, where)
    name = said(point, "name")
    match = name if name and names[name.casefold()] == 1 else said(point, "mac") or name
    found_id = ids.give(name or "ap", said(point, "mac") or of_address(said(point, "address")))
    role = Role.ACCESS_POINT
    return Entry(Status.NEW, found_id, role, "its controller lists it", None, None, controller, match, point, notes)


# -- what was not found -----------------------------------------------------------------------------------


def _silent(harvest: Harvest, existing: Existing, told: set[str], now: float) -> Iterator[Entry]:
    known = existing.by_address()
    for at, device in known.items():
        heard = harvest.heard.get(at)
        if heard is not None and device.id not in told and _is_expected(device, existing.inventory, now):
            status, note = _judged(device, heard)
            where = existing.where.get(device.id, "")
            yield Entry(status, device.id, device.role, device=device, notes=(note,), where=where)


def _judged(device: Device, heard: Heard) -> tuple[Status, str]:
    """Say what it means that a device of the inventory does not answer as the one that it is."""
    name = device.credential
    if heard.found is not None:
        return Status.GONE, f"another device answers at {device.address}: {heard.found.name or heard.found.hardware}"
    if name and name in heard.refused:
        return Status.CHANGED, f"the agent there does not take the credential {name}"
    if heard.pinged and name in heard.tried:
        return Status.CHANGED, f"answers ping, and not SNMP by {name}"
    if heard.pinged or (heard.pinged is None and not heard.tried):
        kept = f" (its credential {name} may not be tried there)" if name else ""
        echo = "answers ping" if heard.pinged else heard.trouble or "was not pinged"
        return Status.AS_IT_IS, f"{echo}; was not asked by SNMP{kept}"
    return Status.GONE, heard.trouble or f"nothing answers at {device.address}"


def _is_expected(device: Device, inventory: Inventory, now: float) -> bool:
    """Say whether a device should be there: it counts, and is in service."""
    begins, ends = device.commissioned, device.decommissioned
    return inventory.is_object(device) and (begins is None or begins <= now) and (ends is None or now < ends)


def _is_numeric(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
