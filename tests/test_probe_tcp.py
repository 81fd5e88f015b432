"""The TCP probe: an answer, a refusal, silence, the network's word, and faults of our own."""

import asyncio
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from netns import DEAD_NEIGHBOUR, DEVICE, NEEDS_NETNS, NO_ROUTE_AT_THE_ROUTER, NO_ROUTE_HERE, ROUTER, Network, routed

from netmon.model import Check, Failure, Observation, Outcome
from netmon.probes.tcp import TcpProbe

LOOPBACK = pytest.mark.parametrize("address", ["127.0.0.1", "::1"])


def check(address: str, port: int, seconds: float = 2.0) -> Check:
    """A check of a port that waits so long."""
    return Check("ap-1/reachability", "ap-1", "tcp", 30, timeout=seconds, address=address, port=port)


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """A socket that lets others connect."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.bind((address, 0))
        sock.listen()
        yield sock


def closed_port(address: str) -> int:
    """A port at which nobody listens."""
    with listening(address) as sock:
        port: int = sock.getsockname()[1]
        return port


@LOOPBACK
async def test_a_port_that_listens_is_up_with_its_round_trip(address: str) -> None:
    """``at`` is the wall clock of the first packet; a connect says nothing of loss."""
    before = time.time()
    with listening(address) as sock:
        seen = await TcpProbe()(check(address, sock.getsockname()[1]))
    assert (seen.failure, seen.detail, seen.loss) == (None, "", None)
    assert seen.rtt is not None
    assert 0 < seen.rtt < 1
    assert before <= seen.at <= time.time()


@LOOPBACK
async def test_a_refusal_from_the_device_is_an_answer(address: str) -> None:
    """LK-1: a reset is up, and the detail says what it was."""
    port = closed_port(address)
    seen = await TcpProbe()(check(address, port))
    assert seen.failure is None
    assert seen.detail == f"the device refuses port {port}: Connection refused"
    assert seen.rtt is not None


@LOOPBACK
async def test_hanging_up_leaves_no_connection_in_time_wait(address: str) -> None:
    """The device sees a reset; a thousand rounds leave nothing on either side."""
    with listening(address) as sock:
        port = sock.getsockname()[1]
        await TcpProbe()(check(address, port))
        with sock.accept()[0] as accepted, pytest.raises(ConnectionResetError):
            accepted.recv(1)
    table = "/proc/net/tcp6" if ":" in address else "/proc/net/tcp"
    with open(table, encoding="ascii") as lines:  # noqa: PTH123, ASYNC230 a kernel's table
        assert f":{port:04X} " not in lines.read()


async def test_an_answer_that_came_while_the_loop_stood_still_counts() -> None:
    """Longer than the timeout: the lie would be a timeout, and a round trip of a second."""
    with listening("127.0.0.1") as sock:
        observing = asyncio.ensure_future(TcpProbe()(check("127.0.0.1", sock.getsockname()[1], 0.2)))
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 this is the subject
        seen = await observing
    assert (seen.failure, seen.rtt) == (None, None)


async def test_no_free_file_descriptor_is_our_own_fault() -> None:
    """EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with listening("127.0.0.1") as sock:
        port = sock.getsockname()[1]
        spare = os.dup(sock.fileno())
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
        try:
            seen = await TcpProbe()(check("127.0.0.1", port))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            os.close(spare)
    assert (seen.failure, seen.detail) == (Failure.LOCAL, "no socket: Too many open files")


async def test_a_name_that_does_not_resolve_is_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says something about our name servers, nothing about the device."""

    async def answer(*_args: object, **_kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    seen = await TcpProbe()(check("ap-1.example", 80))
    assert seen.failure is Failure.LOCAL
    assert seen.detail == "cannot resolve ap-1.example: Temporary failure in name resolution"


@pytest.mark.parametrize("port", [0, -1, 65536])
async def test_a_port_that_is_none_is_a_bug_of_ours(port: int) -> None:
    """The inventory lets none pass; a connect to port 0 would be refused, and that would read as up."""
    with pytest.raises(ValueError, match="is no TCP port"):
        await TcpProbe()(check("127.0.0.1", port))


async def test_a_cancelled_probe_leaves_nothing_behind() -> None:
    """Neither a socket (its warning would fail this test) nor a reader of the loop."""
    with listening("127.0.0.1") as sock:
        observing = asyncio.ensure_future(TcpProbe()(check("127.0.0.1", sock.getsockname()[1], 60)))
        await asyncio.sleep(0)
        observing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await observing
        with sock.accept()[0] as accepted, pytest.raises(ConnectionResetError):
            accepted.recv(1)


# -- in a network -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> Iterator[Network]:
    """A monitor, a router, and behind it a device."""
    with routed() as net:
        yield net


@pytest.fixture
def net(made: Network) -> Iterator[Network]:
    """The network, without the rules of the test before."""
    yield made
    made.clear_rules()


async def observe(net: Network, addresses: dict[str, str], seconds: float = 0.6) -> list[Observation]:
    """One observation of each family's address at the same time, from the monitor: IPv4, IPv6."""
    probe = TcpProbe()
    with net.inside("monitor"):
        return await asyncio.gather(*(probe(check(address, 80, seconds)) for address in addresses.values()))


@pytest.mark.root
@NEEDS_NETNS
class TestBehindARouter:
    """A device behind a router, with IPv4 and IPv6."""

    async def test_a_reset_from_the_device_is_an_answer(self, net: Network) -> None:
        """As on loopback."""
        for seen in await observe(net, DEVICE):
            assert (seen.failure, seen.detail) == (None, "the device refuses port 80: Connection refused")

    async def test_silence_is_a_timeout(self, net: Network) -> None:
        """A firewall drops what we send, or nobody is there."""
        net.rules("router", "forward priority 0", "tcp dport 80 drop")
        for seen in await observe(net, DEVICE):
            assert (seen.failure, seen.outcome, seen.rtt) == (Failure.TIMEOUT, Outcome.DOWN, None)
            assert seen.detail == "no answer from port 80"
            assert 0.5 < seen.duration < 5

    async def test_a_router_without_a_route_says_unreachable(self, net: Network) -> None:
        """The network's own word, with who said it."""
        for seen, router in zip(await observe(net, NO_ROUTE_AT_THE_ROUTER), ROUTER.values(), strict=True):
            assert (seen.failure, seen.outcome) == (Failure.UNREACHABLE, Outcome.DOWN)
            assert seen.detail == f"{router} says: Network is unreachable"

    async def test_a_neighbour_that_does_not_answer_arp_is_unreachable(self, net: Network) -> None:
        """This host's own kernel says so, on behalf of the link."""
        for seen in await observe(net, DEAD_NEIGHBOUR, seconds=5):
            assert seen.failure is Failure.UNREACHABLE

    async def test_no_route_here_is_our_own_fault(self, net: Network) -> None:
        """The same errno as the router's word, but nobody said it."""
        for seen in await observe(net, NO_ROUTE_HERE):
            assert (seen.failure, seen.outcome) == (Failure.LOCAL, Outcome.BLIND)
            assert seen.detail == "cannot connect: Network is unreachable"

    async def test_port_unreachable_from_a_router_is_no_answer_of_the_device(self, net: Network) -> None:
        """A connect sees "refused", as of a reset; who said it decides."""
        self._reject(net, "router", "forward")
        for seen, router in zip(await observe(net, DEVICE), ROUTER.values(), strict=True):
            assert (seen.failure, seen.detail) == (Failure.UNREACHABLE, f"{router} says: Connection refused")

    async def test_port_unreachable_from_the_device_itself_is_an_answer(self, net: Network) -> None:
        """LK-1: port unreachable from the device itself."""
        self._reject(net, "device", "input")
        for seen in await observe(net, DEVICE):
            assert (seen.failure, seen.detail) == (None, "the device refuses port 80: Connection refused")

    async def test_no_free_port_here_is_our_own_fault(self, net: Network) -> None:
        """EADDRNOTAVAIL: all local ports are in use."""
        net.rules("router", "forward priority 0", "tcp dport 80 drop")
        before = net.run("monitor", "cat", "/proc/sys/net/ipv4/ip_local_port_range")
        net.set("monitor", "net.ipv4.ip_local_port_range", "40000 40001")
        try:
            probe = TcpProbe()
            with net.inside("monitor"):
                seen = await asyncio.gather(*(probe(check(DEVICE["IPv4"], 80, 0.5)) for _ in range(3)))
        finally:
            net.set("monitor", "net.ipv4.ip_local_port_range", before)
        ends = sorted(each.detail for each in seen)
        assert ends == ["cannot connect: Cannot assign requested address", *["no answer from port 80"] * 2]

    @staticmethod
    def _reject(net: Network, place: str, hook: str) -> None:
        net.rules(
            place,
            f"{hook} priority 0",
            "meta nfproto ipv4 tcp dport 80 reject with icmp type port-unreachable",
            "meta nfproto ipv6 tcp dport 80 reject with icmpv6 type port-unreachable",
        )
