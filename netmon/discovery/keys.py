"""Which credential is tried where: bound ones in their networks, others only when they are named."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from netmon.discovery.scope import Network
from netmon.model import Credential, Secret

COMMUNITY: Final = "--community"
"""What a community of the command line is called where a credential's name would stand."""


class Keys:
    """The credentials of one discovery."""

    def __init__(
        self, credentials: Mapping[str, Credential], named: Iterable[str] = (), community: Secret | None = None
    ) -> None:
        """Choose from the inventory's ``credentials``: the ``named`` ones, and those that are bound to networks."""
        chosen = [credentials[name] for name in dict.fromkeys(named)]
        chosen += [each for each in credentials.values() if each.networks and each not in chosen]
        if community is not None:
            chosen.insert(0, Credential(COMMUNITY, community=community))
        self._chosen = tuple(each for each in chosen if _speaks_snmp(each))

    def at(self, address: str, own: str = "") -> tuple[Credential, ...]:
        """Give those that may be sent to an address, in the order of trying; ``own`` is the known device's, first."""
        allowed = [each for each in self._chosen if not each.networks or _inside(address, each.networks)]
        return tuple(sorted(allowed, key=lambda each: each.name != own))

    def may_enter(self, network: Network) -> bool:
        """Say whether any of them may be sent to any address of a network."""
        return any(
            not each.networks
            or any(
                other.version == network.version and other.overlaps(network) for other in map(_network, each.networks)
            )
            for each in self._chosen
        )


def _speaks_snmp(credential: Credential) -> bool:
    return bool(credential.user) if credential.version == "3" else credential.community is not None


def _inside(address: str, networks: Iterable[str]) -> bool:
    at = ipaddress.ip_address(address)
    return any(at in _network(network) for network in networks)


def _network(text: str) -> Network:
    return ipaddress.ip_network(text)
