"""``netmon probe``: first contact with one device; identifies, reads, explains."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from netmon.cli import commanding
from netmon.cli.service import profiles_of
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, print_json, print_table
from netmon.inventory import InventoryError, Loaded, load
from netmon.model import Credential, Device, Observation, Readings, Role, Secret
from netmon.names import Names
from netmon.probes.snmp import FirstContact, first_contact, target_of
from netmon.profiles import Profile
from netmon.snmp.client import SnmpClient, SnmpLocal

_TIMEOUT = 2.0


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "probe", parents=[common], help="first contact with a device: identifies, reads, explains"
    )
    parser.add_argument("target", metavar="TARGET", help="a device's id, or an address and how to log in")
    parser.add_argument("--community", metavar="TEXT", help="SNMP v2c community, instead of a credential")
    parser.add_argument("--credential", metavar="NAME", help="a credential of the inventory")
    parser.add_argument("--port", type=int, help="UDP port (default: the device's, or 161)")
    parser.add_argument("--profile", help="the profile to use (default: the device's, or what it says it is)")
    parser.add_argument("--timeout", type=float, default=_TIMEOUT, help="seconds a try (default: %(default)s)")
    parser.add_argument("--debug", action="store_true", help="show what was sent and what came back")
    parser.add_argument("--ssh", action="store_true", help="ask the profile's commands by SSH too")
    parser.set_defaults(run=_probe)


class _Wrong(Exception):  # noqa: N818 -- what was asked for cannot be done; the text says why
    pass


def _probe(arguments: argparse.Namespace) -> int:
    try:
        loaded = _loaded(arguments)
        device = _device(arguments, loaded)
        credential = _credential(arguments, loaded, device)
        found, told = asyncio.run(_asked(arguments, loaded, device, credential))
    except (_Wrong, SnmpLocal) as wrong:
        complain(str(wrong))
        return INPUT_IS_WRONG
    if arguments.json:
        print_json({**(found.summary if found else {}), **({"ssh": commanding.plain(told)} if told else {})})
    else:
        if found is not None:
            _show(device, found)
        if told is not None:
            commanding.show(told)
    well = found is None or (found.summary["reachable"] and found.failure is None)
    return ALL_WELL if well and (told is None or told.failure is None) else NOT_WELL


async def _asked(
    arguments: argparse.Namespace, loaded: Loaded | None, device: Device, credential: Credential
) -> tuple[FirstContact | None, Observation | None]:
    """Ask by SNMP, unless the credential is for SSH alone, and by SSH where that is wished."""
    if not arguments.ssh:
        return await _contact(arguments, loaded, device, credential), None
    found = None
    if commanding.speaks_snmp(credential):
        found = await _contact(arguments, loaded, device, credential)
    name = (found.summary["profile"] if found is not None else "") or device.profile
    profile = profiles_of(loaded).get(name)
    return found, await commanding.ask_by_ssh(arguments.inventory, device, credential, profile)


def _loaded(arguments: argparse.Namespace) -> Loaded | None:
    """Load the inventory; with a community of its own the command works without one."""
    if arguments.community is not None and not (arguments.inventory / "netmon.yaml").exists():
        return None
    try:
        return load(arguments.inventory, secrets=arguments.community is None)
    except InventoryError:
        if arguments.community is not None:
            return None
        raise


def _device(arguments: argparse.Namespace, loaded: Loaded | None) -> Device:
    known = loaded.inventory.devices.get(arguments.target) if loaded is not None else None
    device = known or Device(id=arguments.target, role=Role.ROUTER, address=arguments.target)
    if not device.address:
        raise _Wrong(f"{device.id} has no address of its own: probe {device.reach.of}, through which it is seen")
    if known is None and arguments.community is None and arguments.credential is None:
        raise _Wrong(
            f"{arguments.target} is no device of the inventory; "
            "for an address say how to log in: --community TEXT or --credential NAME"
        )
    return Device(
        id=device.id,
        role=device.role,
        address=device.address,
        name=device.name,
        site=device.site,
        uplink=device.uplink,
        port=arguments.port or device.port,
        credential=arguments.credential or device.credential,
        profile=arguments.profile or device.profile,
        wan=device.wan,
        answers_from=device.answers_from,
    )


def _credential(arguments: argparse.Namespace, loaded: Loaded | None, device: Device) -> Credential:
    if arguments.community is not None:
        return Credential("--community", community=Secret(arguments.community))
    found = loaded.inventory.credentials.get(device.credential) if loaded is not None else None
    if found is None:
        raise _Wrong(f"there is no credential {device.credential!r} in credentials.yaml" if device.credential
                     else f"{device.id} has no credential: give --community TEXT or --credential NAME")  # fmt: skip
    return found


async def _contact(
    arguments: argparse.Namespace, loaded: Loaded | None, device: Device, credential: Credential
) -> FirstContact:
    profiles = profiles_of(loaded)
    if device.profile != "auto" and device.profile not in profiles:
        near = difflib.get_close_matches(device.profile, profiles, 1)
        where = f"{arguments.inventory}/profiles has no {device.profile}.yaml, nor does netmon come with one"
        raise _Wrong(
            f"--profile: there is no profile {device.profile!r}: {where}{f' (write {near[0]})' if near else ''}"
        )
    try:
        _, address = await Names().resolve(device.address, arguments.timeout)
    except socket.gaierror as error:
        raise _Wrong(f"{device.address}: {error.strerror}") from error
    client = SnmpClient()
    await client.open()
    try:
        target = target_of(
            address,
            device.port,
            credential,
            timeout=arguments.timeout,
            retries=1,
            answers_from=device.answers_from,
        )
        found = await first_contact(client, profiles, device, target, complain if arguments.debug else None)
        if arguments.debug and found.plan is not None:
            _tell_absent(profiles[found.plan.profile], found.read)
        if client.spoofed_replies:
            complain(f"answers came from elsewhere than {address} and were not taken: see answers_from of a device")
        return found
    finally:
        client.close()


def _tell_absent(profile: Profile, read: Readings) -> None:
    """Say which measures of a profile the device gave nothing for: a wrong identifier looks just like that."""
    columns = [entry for table in profile.tables for entry in table.columns]
    named = dict.fromkeys(entry.measure for entry in (*profile.scalars, *columns, *profile.groups))
    given = {made.measure for made, _ in read}
    absent = [measure for measure in named if measure not in given]
    complain(f"nothing given for {', '.join(absent)}" if absent else "something given for every measure of the profile")


def _show(device: Device, found: FirstContact) -> None:
    summary = found.summary
    if found.failure is not None:
        print(f"{device.address} port {device.port}: {found.failure.detail}")
        if not summary["reachable"]:
            print("Is the address right, SNMP switched on, the community the right one, and our address allowed there?")
        return
    print(f"{device.address} port {device.port} answers; profile {summary['profile']}\n")
    print_table("System", ["", ""], [(key, _shown(value)) for key, value in summary["system"].items() if value])
    _show_records("Interfaces", summary["interfaces"])
    for port in summary["interfaces"]:
        if "bytes_wrap_seconds" in port:
            print(f"{port['name']}: 32-bit counters, wrap in {port['bytes_wrap_seconds']:.0f} s at full speed")
    wifi = summary["wifi"]
    if wifi["clients"] is not None:
        print(f"\nWi-Fi clients: {wifi['clients']:g}")
    if wifi["access_point_states"]:
        print(f"Access points: {', '.join(f'{n:g} {state}' for state, n in wifi['access_point_states'].items())}")
    for title, records in (
        ("Radios", wifi["radios"]),
        ("Networks", wifi["ssids"]),
        ("Access points", wifi["access_points"]),
        ("Radio links", summary["radio_links"]),
    ):
        _show_records(title, records)
    for missing in found.missing:
        print(f"not read: {missing}")


def _show_records(title: str, records: Sequence[Mapping[str, object]]) -> None:
    """Print records as a table; nothing where there are none."""
    if records:
        keys = list(dict.fromkeys(key for record in records for key in record))
        print()
        print_table(title, keys, [[_shown(record.get(key)) for key in keys] for record in records])


def _shown(value: object) -> object:
    """Write a number as people want to read it: a few digits behind the point, none where there are none."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(one)}" for key, one in value.items())
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 4)
