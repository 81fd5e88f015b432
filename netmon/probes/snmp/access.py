"""Whom a check asks, and for how long: numbers for names, and credentials that go nowhere they are not meant for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from netmon.model import Check, Credential, Device
from netmon.names import Names
from netmon.snmp.client import Security, SnmpLocal, Target

_SHARE: Final = 0.9  # of its interval that a check may take


class Access:
    """Finds out whom to ask, and with what, where a credential of the inventory is to be used."""

    def __init__(self, credential: Callable[[str], Credential | None], names: Names) -> None:
        """Look credentials up when they are needed, so that a reload changes them."""
        self._credential = credential
        self._names = names
        self._targets: dict[tuple[str, int, float, int, bool, str], tuple[Credential, Target]] = {}

    async def target(
        self,
        address: str,
        port: int,
        credential: str,
        *,
        patience: float,
        retries: int = 1,
        urgent: bool = False,
        answers_from: str = "",
    ) -> Target:
        """Give whom to ask.

        ``patience`` is seconds a try, of which there are 1 + ``retries``; ``answers_from`` is another numeric address
        of the agent. What is asked for again is the same object.

        Raises:
            SnmpLocal: a name without an address, no such credential, or one that is not for this address.
        """
        found = self._credential(credential)
        if found is None:
            raise SnmpLocal(f"there is no credential {credential}" if credential else "no credential is given for SNMP")
        try:
            _, numeric = await self._names.resolve(address, patience)
        except OSError as error:
            raise SnmpLocal(f"the name {address!r} has no address: {error.strerror}") from error
        key = numeric, port, patience, retries, urgent, answers_from
        made = self._targets.get(key)
        if made is None or made[0] is not found:
            target = target_of(
                numeric, port, found, timeout=patience, retries=retries, urgent=urgent, answers_from=answers_from
            )
            made = self._targets[key] = found, target
        return made[1]

    async def target_of_device(self, device: Device, patience: float) -> Target:
        """Give whom to ask where a device's tables are to be read; ``patience`` is seconds a try, of which there are 2.

        Raises:
            SnmpLocal: as :meth:`target`.
        """
        return await self.target(
            device.address, device.port, device.credential, patience=patience, answers_from=device.answers_from
        )


def limit_of(check: Check) -> float:
    """Give the seconds after which a check gives up by itself, before its next round is due."""
    return max(check.interval * _SHARE, 2 * check.timeout)


def target_of(
    address: str,
    port: int,
    credential: Credential,
    *,
    timeout: float,
    retries: int,
    urgent: bool = False,
    answers_from: str = "",
) -> Target:
    """Make the target of a numeric address; ``timeout`` is seconds a try, ``answers_from`` its other address.

    Raises:
        SnmpLocal: the credential is not for this address, or lacks a community or a user.
    """
    if credential.networks and not _inside(address, credential.networks):
        raise SnmpLocal(f"the credential {credential.name} may not be sent to {address}: its networks do not hold it")
    target = Target(
        address,
        port,
        version=credential.version,
        timeout=timeout,
        retries=retries,
        urgent=urgent,
        answers_from=answers_from,
    )
    if credential.version == "3":
        return replace(target, security=security_of(credential))
    if credential.community is None:
        raise SnmpLocal(f"the credential {credential.name} has no SNMP community")
    return replace(target, community=credential.community)


def security_of(credential: Credential) -> Security:
    """Make a user of SNMPv3 of a credential of version 3.

    Raises:
        SnmpLocal: the credential names no user, or a protocol without its password.
    """
    if not credential.user:
        raise SnmpLocal(f"the credential {credential.name} has no SNMP user")
    try:
        return Security(
            user=credential.user,
            auth_protocol=credential.auth_protocol,
            auth=credential.auth,
            priv_protocol=credential.priv_protocol,
            priv=credential.priv,
            context=credential.context,
        )
    except ValueError as error:
        raise SnmpLocal(f"the credential {credential.name} cannot be used: {error}") from error


def _inside(address: str, networks: tuple[str, ...]) -> bool:
    at = ipaddress.ip_address(address.partition("%")[0])
    return any(at in ipaddress.ip_network(network, strict=False) for network in networks)
