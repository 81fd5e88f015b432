"""Whom a check asks: numeric addresses for names, and credentials that go nowhere they are not meant for."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Final

from netmon.model import Credential
from netmon.snmp.client import SnmpLocal, Target, numeric_address

Resolve = Callable[[str], Awaitable[str]]
"""From a host's name to a numeric address; raises ``OSError`` where it has none."""

_KEEP: Final = 300.0
_KEEP_FAILURE: Final = 30.0


async def resolve_by_system(name: str) -> str:
    """Ask the system's resolver, outside the loop; the first address that it gives.

    Raises:
        OSError: it knows none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    return str(found[0][4][0])


class Addresses:
    """Numeric addresses of names, asked for every five minutes at most; an old one is better than none."""

    def __init__(
        self, resolve: Resolve = resolve_by_system, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask ``resolve``; ``monotonic`` is for tests."""
        self._resolve = resolve
        self._monotonic = monotonic
        self._found: dict[str, tuple[str, float]] = {}  # an address (empty: none), and until when it is good

    async def numeric(self, address: str) -> str:
        """Give a numeric address as it is, and the one of a name.

        Raises:
            SnmpLocal: a name that has none.
        """
        if _is_numeric(address):
            return numeric_address(address)[1]
        known, until = self._found.get(address, ("", 0.0))
        if self._monotonic() >= until:
            try:
                known, keep = await self._resolve(address), _KEEP
            except (OSError, UnicodeError):
                keep = _KEEP_FAILURE
            self._found[address] = known, self._monotonic() + keep
        if not known:
            raise SnmpLocal(f"the name {address!r} has no address")
        return known


def _is_numeric(address: str) -> bool:
    try:
        numeric_address(address)
    except SnmpLocal:
        return False
    return True


def target_of(address: str, port: int, credential: Credential, *, timeout: float, retries: int) -> Target:
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
    )


def _inside(address: str, networks: tuple[str, ...]) -> bool:
    at = ipaddress.ip_address(address.partition("%")[0])
    return any(at in ipaddress.ip_network(network, strict=False) for network in networks)
