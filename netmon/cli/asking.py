"""Asking one device or address now, out of turn, for ``/probe``: what is seen goes into no state and no history."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from exporters import Answers, Question, RefusedError
from netmon.model import Check, Credential, Device, Inventory, Role
from netmon.names import Names
from netmon.probes import Probe
from netmon.scheduler import checks_of

_BAD: Final = 400
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TIMEOUT: Final = 2.0
"""Seconds that an address outside the inventory has for an answer, as the devices of the inventory have."""

_INTERVAL: Final = 60

Reader = Callable[[Device, Credential], Probe]
"""Gives a probe that reads a device of no inventory by a credential, and forgets it afterwards."""


class Asking:
    """Asks every check of a device side by side; of an address what can be asked of it."""

    def __init__(
        self,
        inventory: Callable[[], Inventory],
        probes: Mapping[str, Probe],
        *,
        reader: Reader | None = None,
        names: Names | None = None,
        profiles: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Look the inventory up when it is needed, so that a reload changes it.

        ``reader`` reads addresses; without it none is asked by SNMP. ``profiles`` names those that there are.
        """
        self._inventory = inventory
        self._probes = probes
        self._reader = reader
        self._names = names or Names()
        self._profiles = profiles
        self._checks: tuple[Inventory | None, dict[str, list[Check]]] = (None, {})

    async def __call__(self, question: Question, seconds: float) -> Answers:
        """Ask; what has not answered within ``seconds`` is left out.

        Raises:
            RefusedError: No such device is watched, or the address may not be asked.
        """
        if question.target:
            device, asked = await self._stranger(question, seconds)
        else:
            device, asked = self._known(question.device)
        tasks = [asyncio.ensure_future(probe(check)) for check, probe in asked]
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        seen = tuple(task.result() for task in tasks if task in done)
        return Answers(device, seen, complete=not late)

    def _known(self, name: str) -> tuple[Device, list[tuple[Check, Probe]]]:
        inventory = self._inventory()
        if self._checks[0] is not inventory:
            by_device: dict[str, list[Check]] = {}
            for check in checks_of(inventory):
                by_device.setdefault(check.device, []).append(check)
            self._checks = inventory, by_device
        checks = self._checks[1].get(name)
        if not checks:
            raise RefusedError(_NOT_FOUND, f"no device {name[:100]!r} is watched")
        return inventory.devices[name], [(check, self._probes[check.probe]) for check in checks]

    async def _stranger(self, question: Question, seconds: float) -> tuple[Device, list[tuple[Check, Probe]]]:
        """Find out whether an address may be asked, and how.

        The name is resolved once: what was checked is what is asked, whatever the name says a moment later.
        """
        inventory = self._inventory()
        networks = inventory.settings.probe_networks
        if not networks:
            raise RefusedError(
                _FORBIDDEN, "addresses are not asked: say ?device=ID, or name their networks in probe_networks"
            )
        try:
            _, numeric = await self._names.resolve(question.target, seconds)
        except OSError as error:
            raise RefusedError(_BAD, f"{question.target} has no address: {error.strerror}") from error
        if not _lies_in(numeric, networks):
            raise RefusedError(_FORBIDDEN, f"{question.target} lies in none of probe_networks")
        device = Device(
            question.target,
            Role.ROUTER,
            numeric,
            port=question.port,
            credential=question.credential,
            profile=question.profile,
        )
        if not question.credential:
            return device, [(_check(device, "icmp"), self._probes["icmp"])]
        return device, [(_check(device, "readings"), self._read(device, inventory))]

    def _read(self, device: Device, inventory: Inventory) -> Probe:
        name = device.credential
        credential = inventory.credentials.get(name)
        if credential is None or self._reader is None:
            raise RefusedError(_NOT_FOUND, f"there is no credential {name[:100]!r}")
        if not credential.networks:
            raise RefusedError(
                _FORBIDDEN,
                f"the credential {name} is bound to no networks: it is not sent to any address that is asked",
            )
        if not _lies_in(device.address, credential.networks):
            raise RefusedError(_FORBIDDEN, f"the credential {name} is not for the networks of {device.id}")
        profiles = {"auto", *self._profiles()}
        if device.profile not in profiles:
            raise RefusedError(
                _NOT_FOUND, f"there is no profile {device.profile[:100]!r}: {', '.join(sorted(profiles))}"
            )
        return self._reader(device, credential)


def _check(device: Device, probe: str) -> Check:
    return Check(
        f"{device.id}/{probe}",
        device.id,
        probe,
        _INTERVAL,
        _TIMEOUT,
        device.address,
        port=device.port,
        credential=device.credential,
        profile=device.profile,
    )


def _lies_in(address: str, networks: Iterable[str]) -> bool:
    """Say whether a numeric address lies in one of some networks; IPv4 in IPv6's clothes is that IPv4 address."""
    at = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped is not None:
        at = at.ipv4_mapped
    return any(at in ipaddress.ip_network(network) for network in networks)
