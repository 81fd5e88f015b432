"""Whom a check asks: numeric addresses for names, and credentials that go nowhere they are not meant for."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from netmon.model import Credential
from netmon.snmp.client import Security, SnmpLocal, Target


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
