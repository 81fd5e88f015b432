"""Whom a check asks: numeric addresses for names, and credentials that go nowhere they are not meant for."""

from __future__ import annotations

import ipaddress

from netmon.model import Credential
from netmon.snmp.client import SnmpLocal, Target


def target_of(
    address: str, port: int, credential: Credential, *, timeout: float, retries: int, urgent: bool = False
) -> Target:
    """Make the target of a numeric address; ``timeout`` is seconds a try.

    Raises:
        SnmpLocal: the credential is not for this address, or has no community.
    """
    if credential.networks and not _inside(address, credential.networks):
        raise SnmpLocal(f"the credential {credential.name} may not be sent to {address}: its networks do not hold it")
    if credential.version == "3":
        raise SnmpLocal("SNMP version 3 is not spoken here, only 1 and 2c")
    if credential.community is None:
        raise SnmpLocal(f"the credential {credential.name} has no SNMP community")
    return Target(
        address=address,
        port=port,
        community=credential.community,
        version=credential.version,
        timeout=timeout,
        retries=retries,
        urgent=urgent,
    )


def _inside(address: str, networks: tuple[str, ...]) -> bool:
    at = ipaddress.ip_address(address.partition("%")[0])
    return any(at in ipaddress.ip_network(network, strict=False) for network in networks)
