"""What a device may say, and how it becomes a ``Device`` of the model."""

from __future__ import annotations

import ipaddress

from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import quote
from netmon.inventory.places import Entry, Places, What, life, referred
from netmon.inventory.settings import Known
from netmon.model import Device, Reach, ReachKind, Role

AUTO = "auto"
CREDENTIALS = "credentials.yaml"
UNADDRESSED = frozenset({ReachKind.INTERFACE, ReachKind.CHECKIN, ReachKind.CONTROLLER})
"""Ways to reach a device that need no address of it."""

_BY_PING = Reach()

CONTROLLERS = frozenset({"controller", "router"})
"""Roles that report access points; a router may (CAPsMAN)."""


def reach_of(record: Record) -> Reach:
    """Give how a device is reached: as it says, by its controller where it names one, else by ICMP."""
    reach: Reach | None = record.get("reach")
    if reach is not None:
        return reach
    if "controller" in record and "reach" not in record:
        return Reach(ReachKind.CONTROLLER, interface=record.get("match", ""), of=record.get("controller", ""))
    return _BY_PING


def build_device(entry: Entry, behind: tuple[str, ...], known: Known) -> Device:
    """Make the device; ``behind`` holds device ids."""
    record, holder = entry.record, entry.parent
    keys = ("address", "name", "port", "answers_from", "credential", "profile", "radius", "wan", "controller", "match")
    return Device(
        id=entry.id,
        role=Role(record.get("role", Role.SWITCH)),
        site=holder.id if holder and holder.what is What.SITE else "",
        uplink=holder.id if holder and holder.what is What.UPLINK else "",
        reach=reach_of(record),
        interval=record.get("interval", known.settings.interval_reachability),
        behind=behind,
        confirm_by_ping=record.get("confirm_by_ping", known.settings.confirm_by_ping),
        **record.given(*keys, "provider"),
        **life(record, known),
    )


def check_devices(places: Places, known: Known) -> None:
    """Report what is wrong with devices beyond the form of their keys."""
    devices = [entry for entry in places.entries if entry.what is What.DEVICE]
    for entry in devices:
        _check_role(entry, known)
        _check_address(entry, known)
        _check_reach(entry, places, known)
        _check_controller(entry, places, known)
        _check_login(entry, known)
    _check_twice(devices, known)


def _check_role(entry: Entry, known: Known) -> None:
    role = entry.record.get("role")
    allowed = {
        "radius": {"access_point"},
        "controller": {"access_point"},
        "match": {"access_point"},
        "wan": {"router", "link"},
        "provider": {"router", "link"},
    }
    for key, roles in allowed.items():
        if role is not None and key in entry.record and role not in roles:
            at = entry.record.at(key)
            what = f"is for {' and '.join(sorted(roles))} only, this is of role {role}"
            known.report.mistake(at, key, what, "take it out, or correct the role")


def _check_address(entry: Entry, known: Known) -> None:
    record = entry.record
    wrong_reach = "reach" in record and record.get("reach") is None
    if "address" not in record and not wrong_reach and reach_of(record).kind not in UNADDRESSED:
        known.report.mistake(record.node, "address", "is missing from a device", "write an IP address or host name")
    other: str = record.get("answers_from", "")
    address: str = record.get("address", "")
    if not other or not _is_ip(address):
        return
    if other == address:
        what = f"{other} is the address that is asked, whose answers are taken anyway"
        known.report.mistake(record.at("answers_from"), "answers_from", what, "take it out")
    elif ipaddress.ip_address(other).version != ipaddress.ip_address(address).version:
        what = f"{other} is of another family than {address}: no answer to what is sent there can come from it"
        known.report.mistake(record.at("answers_from"), "answers_from", what, "write an address of the same family")


def _check_reach(entry: Entry, places: Places, known: Known) -> None:
    reach: Reach | None = entry.record.get("reach")
    if reach is None or not reach.of:
        return
    target = referred(entry.record, "reach", reach.of, {What.DEVICE}, places, known)
    if target is not None and reach_of(target.record).kind in UNADDRESSED:
        what = f"{quote(reach.of)} has no address of its own to be asked at"
        known.report.mistake(entry.record.at("reach"), "reach.of", what, "name the router that has the interface")


def _check_controller(entry: Entry, places: Places, known: Known) -> None:
    record = entry.record
    for key, other in (("controller", "match"), ("match", "controller")):
        if key in record and other not in record:
            how = "write its name or MAC address there" if other == "match" else "write the controller's id"
            known.report.mistake(record.at(key), other, f"is missing beside {key}", how)
    name: str = record.get("controller", "")
    target = referred(record, "controller", name, {What.DEVICE}, places, known) if name else None
    if target is not None and target.record.get("role", "controller") not in CONTROLLERS:
        what = f"{quote(name)} is of role {target.record.get('role')}"
        known.report.mistake(record.at("controller"), "controller", what, "name a controller, or a router that is one")
    elif target is not None and "credential" not in target.record:
        what = f"{quote(name)} has no credential: nothing is known to ask it with, and its access points stay blind"
        known.report.warning(record.at("controller"), "controller", what, f"give it a name of {CREDENTIALS}")


def _check_login(entry: Entry, known: Known) -> None:
    record = entry.record
    name: str = record.get("credential", "")
    if name and name not in known.credentials:
        known.unknown(record, "credential", name, known.credentials, CREDENTIALS)
    elif name:
        _check_networks(record, name, known)
    elif "credential" not in record and reach_of(record).kind is ReachKind.SNMP:
        what = "is missing: the device is reached by SNMP and nothing is known to ask it with"
        known.report.warning(record.node, "credential", what, f"write a name of {CREDENTIALS}")
    profile: str = record.get("profile", AUTO)
    if known.profiles is not None and profile != AUTO and profile not in known.profiles:
        near = known.report.nearest(profile, known.profiles)
        known.report.mistake(
            record.at("profile"), "profile", f"there is no profile {quote(profile)}", f"write {near or AUTO}"
        )


def _check_networks(record: Record, name: str, known: Known) -> None:
    networks = known.credentials[name].networks
    address: str = record.get("address", "")
    if not networks or not address or not _is_ip(address):
        return
    ip = ipaddress.ip_address(address)
    if not any(ip in ipaddress.ip_network(network) for network in networks):
        what = f"{quote(name)} is never sent to {address}: its networks are {', '.join(networks)}"
        known.report.mistake(record.at("credential"), "credential", what, f"add the network in {CREDENTIALS}")


def _is_ip(address: str) -> bool:
    return ":" in address or address.rpartition(".")[2].isdigit()


def _check_twice(devices: list[Entry], known: Known) -> None:
    seen: dict[tuple[str, ...], Entry] = {}
    for entry in devices:
        record = entry.record
        if "address" in record.values and reach_of(record).kind is not ReachKind.CONTROLLER:
            address: str = record.get("address")
            key, label = ("address", f"{address} port {record.get('port', 161)}")
            mark: tuple[str, ...] = (address.lower(), str(record.get("port", 161)))
        elif "controller" in record.values and "match" in record.values:
            key, label = ("match", f"{quote(record.get('match'))} at {record.get('controller')}")
            mark = ("", record.get("controller"), record.get("match").lower())
        else:
            continue
        first = seen.setdefault(mark, entry)
        if first is not entry:
            there = first.record.at(key)
            what = f"{label} is {first.id or 'a device'} in {there.file}:{there.line} already"
            known.report.mistake(record.at(key), key, what, "list each device once")
