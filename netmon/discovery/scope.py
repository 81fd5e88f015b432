"""Where discovery may send to: the networks that were named, and nothing beside them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

MOST: Final = 65_536
"""Addresses of one discovery: a /16 of IPv4."""

MOST_IPV6: Final = 4_096
"""Of IPv6: whole subnets there have more addresses than anybody could ask in a lifetime."""

_LONE: Final = 2
"""A network of so many addresses has none for itself (RFC 3021, RFC 6164)."""

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class ScopeError(ValueError):
    """These networks cannot be asked; the text says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The networks of one discovery; ``address in scope`` is what stands before every packet."""

    networks: tuple[Network, ...]
    edges: frozenset[Address] = field(init=False)

    def __post_init__(self) -> None:
        """Note the addresses that are nobody's."""
        object.__setattr__(self, "edges", frozenset(edge for network in self.networks for edge in _edges(network)))

    @classmethod
    def of(cls, texts: Iterable[str]) -> Scope:
        """Read networks (``10.71.3.0/24``) and single addresses.

        Raises:
            ScopeError: One is no network, is not to be asked, or they are too many addresses.
        """
        networks = tuple(dict.fromkeys(_network(text) for text in texts))
        scope = cls(networks)
        for version, most in ((6, MOST_IPV6), (4, MOST)):
            size = sum(network.num_addresses for network in networks if network.version == version)
            if size > most:
                raise ScopeError(
                    f"{size:,} addresses of IPv{version} are more than the {most:,} of one discovery "
                    f"(name smaller networks: at most a /{_prefix(version, most)} altogether)"
                )
        return scope

    def __contains__(self, address: str) -> bool:
        """Say whether packets may be sent to a numeric address."""
        try:
            at = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return at not in self.edges and any(at in network for network in self.networks)

    def addresses(self) -> Iterator[str]:
        """Give each address once, in the networks' order."""
        for place, network in enumerate(self.networks):
            before = self.networks[:place]
            for at in network:
                if at not in self.edges and not any(at in other for other in before):
                    yield str(at)

    def count(self) -> int:
        """Say how many addresses there are to ask."""
        return sum(1 for _ in self.addresses())

    def __str__(self) -> str:
        """Name the networks."""
        return " ".join(map(str, self.networks))


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        network = _meant(text)
    if network.is_multicast or network.is_unspecified or _is_for_nobody(network):
        raise ScopeError(f"{text} holds no addresses of devices (write a network in which devices are: 10.71.3.0/24)")
    if network.version == 6 and network.is_link_local:  # noqa: PLR2004 - IPv6
        raise ScopeError(f"{text} is link-local: it means another network on each interface (write a global one)")
    return network


def _is_for_nobody(network: Network) -> bool:
    """Say whether no device can have an address there: 0.0.0.0/8, what is reserved."""
    if network.version == 4:  # noqa: PLR2004 - IPv4
        return network.is_reserved or not int(network.network_address) >> 24
    return network.is_reserved and not network.is_loopback


def _meant(text: str) -> Network:
    """Say what was probably meant by what is no network.

    Raises:
        ScopeError: Always.
    """
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ScopeError(f"{text!r} is no network (write it as 10.71.3.0/24, or one address)") from None
    raise ScopeError(f"{text} has bits set beyond its prefix (write {meant}, or {text.partition('/')[0]} alone)")


def _edges(network: Network) -> Iterator[Address]:
    """Give a network's own address, and in IPv4 that of all its hosts."""
    if network.num_addresses > _LONE:
        yield network.network_address
        if network.version == 4:  # noqa: PLR2004 - IPv4
            yield network.broadcast_address


def _prefix(version: int, most: int) -> int:
    return (32 if version == 4 else 128) - (most - 1).bit_length()  # noqa: PLR2004 - IPv4
