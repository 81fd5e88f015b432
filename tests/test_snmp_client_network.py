"""The SNMP client in a network of the test's own: whose word it takes for what, with IPv4 and IPv6."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from netns import DEAD_NEIGHBOUR, DEVICE, NEEDS_NETNS, NO_ROUTE_AT_THE_ROUTER, NO_ROUTE_HERE, ROUTER, Network, routed

from netmon.snmp import wire
from netmon.snmp.client import (
    SnmpClient,
    SnmpFailure,
    SnmpLocal,
    SnmpRefused,
    SnmpTimeout,
    SnmpUnreachable,
    Target,
)

NAME = wire.encode_oid("1.3.6.1.2.1.1.5.0")
REJECT = (
    "udp dport 161 meta nfproto ipv4 reject with icmp type {}",
    "udp dport 161 meta nfproto ipv6 reject with icmpv6 type {}",
)

pytestmark = [pytest.mark.root, NEEDS_NETNS]


@pytest.fixture(scope="module")
def made() -> Iterator[Network]:
    """A monitor, a router, and behind it a device on which no agent runs."""
    with routed() as net:
        yield net


@pytest.fixture
def net(made: Network) -> Iterator[Network]:
    """The network, without the rules of the test before."""
    yield made
    made.clear_rules()


@asynccontextmanager
async def opened(net: Network) -> AsyncIterator[SnmpClient]:
    """A client in the monitor's namespace."""
    client = SnmpClient()
    with net.inside("monitor"):
        await client.open()
    try:
        yield client
    finally:
        client.close()


async def ask(net: Network, addresses: dict[str, str], timeout: float = 5.0) -> list[SnmpFailure]:  # noqa: ASYNC109 - a try's
    """Ask one address of each family at the same time, and give what became of it."""
    async with opened(net) as client:
        targets = [Target(address, timeout=timeout, retries=0) for address in addresses.values()]
        failures = await asyncio.gather(*(client.get(t, [NAME]) for t in targets), return_exceptions=True)
        assert client.in_flight == 0
    assert all(isinstance(failure, SnmpFailure) for failure in failures), failures
    return [failure for failure in failures if isinstance(failure, SnmpFailure)]


async def test_a_device_without_an_agent_refuses(net: Network) -> None:
    """Its own kernel says port unreachable: it is there."""
    assert [type(failure) for failure in await ask(net, DEVICE)] == [SnmpRefused] * 2


@pytest.mark.parametrize("word", ["port-unreachable", "admin-prohibited"])
async def test_the_devices_own_firewall_is_an_answer(net: Network, word: str) -> None:
    """Whatever the word: it came from the device."""
    net.rules("device", "input priority 0", *(rule.format(word) for rule in REJECT))
    assert [type(failure) for failure in await ask(net, DEVICE)] == [SnmpRefused] * 2


@pytest.mark.parametrize("word", ["port-unreachable", "admin-prohibited"])
async def test_a_firewall_in_between_says_nothing_about_the_device(net: Network, word: str) -> None:
    """The same words from the router are the network's."""
    net.rules("router", "forward priority 0", *(rule.format(word) for rule in REJECT))
    failures = await ask(net, DEVICE)
    assert [type(failure) for failure in failures] == [SnmpUnreachable] * 2
    assert [failure.detail.split(" says")[0] for failure in failures] == list(ROUTER.values())


async def test_a_router_without_a_route_says_unreachable(net: Network) -> None:
    """With who said it. A Linux router says it once a second: else it is a timeout."""
    for family, router in ROUTER.items():
        for _ in range(20):
            (failure,) = await ask(net, {family: NO_ROUTE_AT_THE_ROUTER[family]}, timeout=0.3)
            if not isinstance(failure, SnmpTimeout):
                break
        assert isinstance(failure, SnmpUnreachable)
        assert failure.detail == f"{router} says: Network is unreachable"


async def test_a_neighbour_that_does_not_answer_arp_is_unreachable(net: Network) -> None:
    """This host's own kernel says so, on behalf of the link."""
    assert [type(failure) for failure in await ask(net, DEAD_NEIGHBOUR)] == [SnmpUnreachable] * 2


async def test_no_route_here_is_our_own_fault(net: Network) -> None:
    """Nothing was sent."""
    failures = await ask(net, NO_ROUTE_HERE)
    assert [type(failure) for failure in failures] == [SnmpLocal] * 2
    assert {failure.detail for failure in failures} == {"could not send: Network is unreachable"}


async def test_a_firewall_here_is_our_own_fault(net: Network) -> None:
    """EPERM."""
    net.rules("monitor", "output priority 0", "udp dport 161 drop")
    failures = await ask(net, DEVICE)
    assert [type(failure) for failure in failures] == [SnmpLocal] * 2
    assert {failure.detail for failure in failures} == {"could not send: Operation not permitted"}


async def test_the_errors_of_dead_devices_are_booked_to_them_alone(net: Network) -> None:
    """On a socket that all share the kernel reports an error to whoever sends next."""
    dead = [f"10.93.0.{n}" for n in range(1, 41)] + [f"10.91.0.{n}" for n in range(100, 140)]
    failures = await ask(net, {address: address for address in [*dead, *DEVICE.values()]}, timeout=1.0)
    assert {type(failure) for failure in failures[:-2]} <= {SnmpUnreachable, SnmpTimeout}
    assert [type(failure) for failure in failures[-2:]] == [SnmpRefused] * 2
