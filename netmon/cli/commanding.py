"""What ``netmon probe --ssh`` adds: a device asked once by its profile's commands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from netmon.cli.terminal import print_table
from netmon.model import Check, Credential, Device, Failure, Observation
from netmon.probes.ssh import KNOWN_HOSTS, KnownHosts, SshProbe
from netmon.profiles import Profile

_INTERVAL: Final = 60
_OWN: Final = 3  # labels behind those that every series of a device carries


def speaks_snmp(credential: Credential) -> bool:
    """Say whether a credential is for SNMP at all."""
    return credential.community is not None or bool(credential.user)


async def ask_by_ssh(folder: Path, device: Device, credential: Credential, profile: Profile | None) -> Observation:
    """Ask all commands of a profile; nothing of it is remembered."""
    check = Check(f"{device.id}/commands", device.id, "ssh", _INTERVAL, credential=credential.name)
    if profile is None or profile.commands is None:
        name = profile.name if profile is not None else device.profile
        return Observation(check, 0.0, Failure.LOCAL, f"the profile {name} has no commands: name another by --profile")
    once = replace(profile.commands, keep_open=False)
    probe = SshProbe(
        KnownHosts(folder / KNOWN_HOSTS),
        device=lambda _: device,
        credential=lambda _: credential,
        commands=lambda _: once,
        threads=1,
    )
    with closing(probe):
        return await probe(check)


def plain(seen: Observation) -> Mapping[str, Any]:
    """Give what was told as plain data."""
    return {
        "answered": seen.failure is None,
        "detail": seen.detail,
        "readings": [
            {"measure": one.measure, "labels": dict(one.labels[_OWN:]), "value": value} for one, value in seen.readings
        ],
    }


def show(seen: Observation) -> None:
    """Print what was told."""
    rows = [
        (one.measure, ", ".join(f"{name}={text}" for name, text in one.labels[_OWN:]), f"{value:g}")
        for one, value in seen.readings
    ]
    print()
    if rows:
        print_table("By SSH", ["measure", "", ""], rows)
    if seen.failure is not None:
        print(f"by SSH: {seen.detail}")
    elif seen.detail:
        print(f"not read by SSH: {seen.detail}")
