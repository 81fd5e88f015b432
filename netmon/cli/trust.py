"""``netmon trust``: writes down the host keys by which devices are known from then on."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, NOT_WELL, complain, print_json, print_table, working
from netmon.inventory import load
from netmon.model import Device, Inventory
from netmon.names import Names
from netmon.probes.ssh import KNOWN_HOSTS, KnownHosts, SshError, Standing, shown_key

_TIMEOUT: Final = 10.0
_AT_ONCE: Final = 16


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("trust", parents=[common], help="write down the SSH host keys of devices")
    parser.add_argument("device", nargs="?", metavar="DEVICE", help="a device's id")
    parser.add_argument("--all", action="store_true", help="every device whose credential logs in by SSH")
    parser.add_argument("--replace", action="store_true", help="take the new key of a device whose key has changed")
    parser.add_argument("--timeout", type=float, default=_TIMEOUT, help="seconds a device (default: %(default)s)")
    parser.set_defaults(run=_trust)


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one device; ``what`` is recorded, known, replaced, changed, revoked or silent."""

    device: str
    address: str
    kind: str
    fingerprint: str
    what: str
    detail: str = ""


def _trust(arguments: argparse.Namespace) -> int:
    if (arguments.device is None) == (not arguments.all):
        complain("say which device: netmon trust DEVICE, or --all")
        return INPUT_IS_WRONG
    if arguments.all and arguments.replace:
        complain("--replace: a key that has changed is looked at device by device: netmon trust DEVICE --replace")
        return INPUT_IS_WRONG
    inventory = load(arguments.inventory, secrets=False).inventory
    devices = [device for device in inventory.devices.values() if _by_ssh(inventory, device)]
    if arguments.device is not None:
        devices = [device for device in devices if device.id == arguments.device]
    if not devices:
        what = "no device of the inventory" if arguments.all else repr(arguments.device) + ": no such device"
        complain(f"{what} with an address and a credential that says how to log in by SSH")
        return INPUT_IS_WRONG
    known = KnownHosts(arguments.inventory / KNOWN_HOSTS)
    try:
        with working("asking for host keys"):
            found = asyncio.run(_every(devices, inventory, known, arguments))
    except OSError as error:
        complain(f"{known.path}: {error.strerror}")
        return INPUT_IS_WRONG
    _show(found, known.path, as_json=arguments.json)
    return ALL_WELL if all(one.what in {"recorded", "known", "replaced"} for one in found) else NOT_WELL


def _by_ssh(inventory: Inventory, device: Device) -> bool:
    credential = inventory.credentials.get(device.credential)
    return bool(credential is not None and credential.ssh_user and device.address and inventory.is_object(device))


async def _every(
    devices: Sequence[Device], inventory: Inventory, known: KnownHosts, arguments: argparse.Namespace
) -> list[_Found]:
    names, gate = Names(), asyncio.Semaphore(_AT_ONCE)

    async def one(device: Device) -> _Found:
        port = inventory.credentials[device.credential].ssh_port
        async with gate:
            return await _one(device, port, known, names, arguments)

    return list(await asyncio.gather(*map(one, devices)))


async def _one(device: Device, port: int, known: KnownHosts, names: Names, arguments: argparse.Namespace) -> _Found:
    place = f"{device.address} port {port}"
    try:
        key = await shown_key(device.address, port, arguments.timeout, names)
    except SshError as error:
        return _Found(device.id, place, "", "", "silent", error.detail)
    standing = known.standing(device.address, port, key)
    what, detail = standing.value, ""
    if standing is Standing.CHANGED:
        detail = "known is " + ", ".join(f"{one.kind} {one.fingerprint()}" for one in known.keys(device.address, port))
    if standing is Standing.NEW or (standing is Standing.CHANGED and arguments.replace):
        known.record(device.address, port, key)
        what = "recorded" if standing is Standing.NEW else "replaced"
    return _Found(device.id, place, key.kind, key.fingerprint(), what, detail)


def _show(found: Sequence[_Found], path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [(one.device, one.address, one.kind, one.fingerprint, one.what, one.detail) for one in found]
    print_table("Host keys", ["device", "address", "kind", "fingerprint", "", ""], rows)
    if any(one.what in {"recorded", "replaced"} for one in found):
        print(f"\nWritten to {path}. Compare the fingerprints with what the devices say of themselves.")
    if any(one.what == "changed" for one in found):
        print("\nA key that has changed is a new device, a new firmware, or somebody in between: find out which, then")
        print("netmon trust DEVICE --replace")
