"""The ICMP echo probe in networks of the test's own: routers, dead hosts, loss, firewalls, forgers."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from netns import DEAD_NEIGHBOUR, DEVICE, NEEDS_NETNS, NO_ROUTE_AT_THE_ROUTER, NO_ROUTE_HERE, ROUTER, Network, routed

from netmon.datagram import DatagramSocket
from netmon.model import Check, Failure, Observation, Outcome
from netmon.probes.icmp import Pinger, echoing

pytestmark = [pytest.mark.root, NEEDS_NETNS]


def check(address: str, seconds: float = 0.6) -> Check:
    """A check of an address that waits so long."""
    return Check("ap-1/reachability", "ap-1", "icmp", 30, timeout=seconds, address=address)


@asynccontextmanager
async def pinging(net: Network) -> AsyncIterator[Pinger]:
    """An open pinger in the monitor's namespace."""
    pinger = Pinger()
    with net.inside("monitor"):
        await pinger.open()
    try:
        yield pinger
    finally:
        pinger.close()


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 counters have no event of their own
            await asyncio.sleep(0.005)


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


@pytest.fixture
def kind(request: pytest.FixtureRequest, net: Network) -> str:
    """Allow or forbid unprivileged ICMP sockets in the monitor's namespace."""
    name = str(request.param)
    net.set("monitor", "net.ipv4.ping_group_range", "0 0" if name == "unprivileged" else "1 0")
    return name


ECHO = "icmp type echo-request", "icmpv6 type echo-request"
REJECT = (
    "icmp type echo-request reject with icmp type port-unreachable",
    "icmpv6 type echo-request reject with icmpv6 type port-unreachable",
)


async def observe(net: Network, addresses: dict[str, str], seconds: float = 0.5) -> list[Observation]:
    """One observation of each family's address at the same time: IPv4, IPv6."""
    async with pinging(net) as pinger:
        return await asyncio.gather(*(pinger(check(address, seconds)) for address in addresses.values()))


@pytest.mark.parametrize("kind", ["unprivileged", "raw"], indirect=True)
class TestBehindARouter:
    """A device behind a router, seen through either kind of socket, with IPv4 and IPv6."""

    async def test_the_device_answers(self, net: Network, kind: str) -> None:
        """Through the kind of socket that the system allows."""
        async with pinging(net) as pinger:
            seen = [await pinger(check(address)) for address in DEVICE.values()]
            assert [line._is_raw for line in pinger._lines.values()] == [kind == "raw"] * 2
        assert [(each.failure, each.loss) for each in seen] == [(None, 0.0)] * 2

    async def test_two_of_five_lost_is_up_with_loss(self, net: Network, kind: str) -> None:
        """One answer is enough; the missing ones are the loss."""
        net.lose("device", *ECHO, count=2, of=5)
        for seen in await observe(net, DEVICE):
            assert seen.failure is None
            assert seen.loss == pytest.approx(0.4)
            assert seen.detail == "3 of 5 echoes answered"

    async def test_silence_is_a_timeout(self, net: Network, kind: str) -> None:
        """Within the timeout, and all is lost."""
        net.lose("router", *ECHO, count=1, of=1)
        for seen in await observe(net, DEVICE):
            assert (seen.failure, seen.outcome) == (Failure.TIMEOUT, Outcome.DOWN)
            assert (seen.loss, seen.rtt, seen.detail) == (1.0, None, "none of 5 echoes answered")
            assert 0.45 < seen.duration < 5

    async def test_a_router_without_a_route_says_unreachable(self, net: Network, kind: str) -> None:
        """The network's own word, with who said it. A Linux router says it once a second: else it is a timeout."""
        for family, router in ROUTER.items():
            for _ in range(20):
                (seen,) = await observe(net, {family: NO_ROUTE_AT_THE_ROUTER[family]})
                assert (seen.outcome, seen.loss) == (Outcome.DOWN, 1.0)
                if seen.failure is not Failure.TIMEOUT:
                    break
            assert seen.failure is Failure.UNREACHABLE
            assert seen.detail == f"{router} says: Network is unreachable"

    async def test_a_neighbour_that_does_not_answer_arp_is_unreachable(self, net: Network, kind: str) -> None:
        """This host's own kernel says so, on behalf of the link."""
        for seen in await observe(net, DEAD_NEIGHBOUR, seconds=1.5):
            assert (seen.failure, seen.outcome) == (Failure.UNREACHABLE, Outcome.DOWN)

    async def test_no_route_here_is_our_own_fault(self, net: Network, kind: str) -> None:
        """Nothing was sent: blind, at once, not down."""
        for seen in await observe(net, NO_ROUTE_HERE, seconds=30):
            assert (seen.failure, seen.outcome, seen.loss) == (Failure.LOCAL, Outcome.BLIND, None)
            assert seen.detail == "cannot send: Network is unreachable"
            assert seen.duration < 10

    async def test_a_firewall_here_is_our_own_fault(self, net: Network, kind: str) -> None:
        """EPERM: blind. Of an unprivileged IPv6 socket Linux does not report it: there it looks like silence."""
        net.rules("monitor", "output priority 0", *(f"{each} drop" for each in ECHO))
        four, six = await observe(net, DEVICE)
        for seen in [four] if kind == "unprivileged" else [four, six]:
            assert (seen.failure, seen.detail) == (Failure.LOCAL, "cannot send: Operation not permitted")

    async def test_a_refusal_from_the_device_itself_is_an_answer(self, net: Network, kind: str) -> None:
        """Its own firewall rejects the echo: it is there (LK-1)."""
        net.rules("device", "input priority 0", *REJECT)
        for seen in await observe(net, DEVICE):
            assert seen.failure is None
            assert seen.detail.startswith("the device refuses: ")

    async def test_the_same_words_from_a_router_are_unreachable(self, net: Network, kind: str) -> None:
        """A firewall in between says nothing about the device."""
        net.rules("router", "forward priority 0", *REJECT)
        for seen in await observe(net, DEVICE):
            assert seen.failure is Failure.UNREACHABLE

    async def test_dead_devices_do_not_spoil_the_others(self, net: Network, kind: str) -> None:
        """The errors that dead ones cause are reported to whoever sends next, on the socket that all share."""
        dead = [f"10.93.0.{n}" for n in range(1, 31)] + [f"fd93::{n}" for n in range(1, 31)]
        async with pinging(net) as pinger:
            seen = await asyncio.gather(*(pinger(check(address)) for address in [*dead, *DEVICE.values()]))
        assert {each.failure for each in seen[:-2]} == {Failure.UNREACHABLE, Failure.TIMEOUT}  # Linux says some only
        assert [(each.failure, each.loss) for each in seen[-2:]] == [(None, 0.0)] * 2


async def test_a_link_local_address_is_pinged_on_its_interface(net: Network) -> None:
    """By the interface's name, as people write it."""
    link_local = net.run("router", "ip", "-6", "-o", "address", "show", "dev", "f0", "scope", "link").split()[3]
    with net.inside("monitor"):
        async with pinging(net) as pinger:
            seen = await pinger(check(link_local.split("/")[0] + "%n0"))
    assert (seen.failure, seen.loss) == (None, 0.0)


async def test_loss_by_chance_lowers_no_availability(net: Network) -> None:
    """40 % at random: 12 observations, nearly all up, with about that loss."""
    net.lose("device", "icmp type echo-request", count=40, of=100, by_chance=True)
    async with pinging(net) as pinger:
        seen = await asyncio.gather(*(pinger(check("10.92.0.2", 0.6)) for _ in range(12)))
    ups = [each for each in seen if each.failure is None]
    assert len(ups) >= 8  # by chance fewer: once in a million runs
    assert 0.1 < 1 - pinger.received / pinger.sent < 0.7


async def test_hundreds_of_dead_neighbours_do_not_use_up_the_send_buffer(net: Network) -> None:
    """Echoes that wait for an ARP answer stay in the buffer of the socket that all share."""
    net.set("monitor", "net.ipv4.neigh.n0.retrans_time_ms", 1000)
    try:
        async with pinging(net) as pinger:
            dead = [pinger(check(f"10.91.0.{n}", 1.0)) for n in range(3, 253)]
            seen = await asyncio.gather(*dead, pinger(check("10.92.0.2", 0.6)))
    finally:
        net.set("monitor", "net.ipv4.neigh.n0.retrans_time_ms", 100)
    assert {each.failure for each in seen[:-1]} <= {Failure.TIMEOUT, Failure.UNREACHABLE}
    assert (seen[-1].failure, seen[-1].loss) == (None, 0.0)


# -- a device that forges -----------------------------------------------------------------------------


class Forger:
    """Stands in for the device's kernel: sees each echo and answers what the test says."""

    def __init__(self, net: Network, place: str, answer: Callable[[bytes], bytes | None]) -> None:
        """``answer`` makes of an echo's ICMP message the ICMP message of the answer, or none."""
        with net.inside(place):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.setblocking(False)
        self.answer = answer
        self.echoes: list[tuple[bytes, str]] = []

    def listen(self) -> None:
        """Answer from now on."""
        asyncio.get_running_loop().add_reader(self.socket, self._read)

    def close(self) -> None:
        """Stop."""
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()

    def _read(self) -> None:
        data, (address, _) = self.socket.recvfrom(2000)
        echo = data[20:]
        if echo[0] == 8:
            self.echoes.append((echo, address))
            if (answer := self.answer(echo)) is not None:
                self.socket.sendto(answer, (address, 0))


def reply(echo: bytes, payload: bytes | None = None) -> bytes:
    """Make a true answer to an echo, or one with another payload."""
    body = echo[4:8] + (echo[8:] if payload is None else payload)
    return struct.pack("!BBH", 0, 0, echoing.checksum(bytes(4) + body)) + body


@pytest.fixture
def mute(net: Network) -> Iterator[Network]:
    """The network, with a device (and a router) whose kernel answers no echo."""
    net.set("device", "net.ipv4.icmp_echo_ignore_all", 1)
    yield net
    net.set("device", "net.ipv4.icmp_echo_ignore_all", 0)


@asynccontextmanager
async def forging(net: Network, answer: Callable[[bytes], bytes | None]) -> AsyncIterator[Forger]:
    """A forger at the device."""
    forger = Forger(net, "device", answer)
    forger.listen()
    try:
        yield forger
    finally:
        forger.close()


@pytest.mark.parametrize("kind", ["unprivileged", "raw"], indirect=True)
class TestForgery:
    """Who cannot read our echoes cannot make a dead device look alive."""

    async def test_a_true_answer_of_the_stand_in_counts(self, mute: Network, kind: str) -> None:
        """So that the forgeries below fail for their falsehood alone."""
        async with forging(mute, reply), pinging(mute) as pinger:
            seen = await pinger(check("10.92.0.2", 0.6))
        assert (seen.failure, seen.loss) == (None, 0.0)

    async def test_a_guessed_identifier_and_sequence_do_not_suffice(self, mute: Network, kind: str) -> None:
        """The random bytes are missing."""
        async with forging(mute, lambda echo: reply(echo, bytes(16))), pinging(mute) as pinger:
            seen = await pinger(check("10.92.0.2", 0.6))
        assert (seen.failure, pinger.spoofed, pinger.received) == (Failure.TIMEOUT, 5, 0)

    async def test_an_answer_from_another_address_does_not_count(self, mute: Network, kind: str) -> None:
        """Even with everything else right."""
        mute.rules("router", "postrouting priority 300", "icmp type echo-reply ip saddr set 10.92.0.3")
        async with forging(mute, reply), pinging(mute) as pinger:
            seen = await pinger(check("10.92.0.2", 0.6))
        assert (seen.failure, pinger.spoofed, pinger.received) == (Failure.TIMEOUT, 5, 0)

    async def test_an_answer_after_the_timeout_changes_nothing(self, mute: Network, kind: str) -> None:
        """It is counted as late."""
        async with forging(mute, lambda _: None) as forger, pinging(mute) as pinger:
            seen = await pinger(check("10.92.0.2", 0.2))
            for echo, address in forger.echoes:
                forger.socket.sendto(reply(echo), (address, 0))
            await until(lambda: pinger.late == 5)
        assert (seen.failure, pinger.received, pinger.spoofed) == (Failure.TIMEOUT, 0, 0)

    async def test_answers_that_wait_behind_a_flood_when_time_is_up_count(self, mute: Network, kind: str) -> None:
        """The loop stood still; a wake-up reads a batch only, but nothing is called silent before all is read."""
        async with forging(mute, lambda _: None) as forger, pinging(mute) as pinger:
            observing = asyncio.ensure_future(pinger(check("10.92.0.2", 0.5)))
            await until(lambda: len(forger.echoes) == 5)
            for forged in [True] * 200 + [False]:
                for echo, address in forger.echoes:
                    forger.socket.sendto(reply(echo, bytes(16) if forged else None), (address, 0))
            time.sleep(0.7)  # noqa: ASYNC251 this is the subject
            seen = await observing
        assert (seen.failure, seen.loss, pinger.spoofed) == (None, 0.0, 1000)

    async def test_a_doubled_answer_counts_once(self, mute: Network, kind: str) -> None:
        """Five echoes never have more than five answers."""
        async with forging(mute, reply) as forger, pinging(mute) as pinger:

            def twice(echo: bytes) -> bytes:
                forger.socket.sendto(reply(echo), ("10.91.0.1", 0))
                return reply(echo)

            forger.answer = twice
            seen = await pinger(check("10.92.0.2", 0.6))
            await until(lambda: pinger.late == 5)
        assert (seen.loss, pinger.received) == (0.0, 5)

    async def test_answers_that_our_own_socket_dropped_are_our_own_fault(
        self, mute: Network, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The lie first: with the drops unseen, the same flood is a timeout. Seen, it is blind."""

        def tiny(*args: object, **kwargs: object) -> DatagramSocket:
            return DatagramSocket(*args, **kwargs, receive_buffer=1)  # type: ignore[arg-type]

        monkeypatch.setattr(echoing, "DatagramSocket", tiny)

        async def flood() -> Observation:
            async with forging(mute, lambda _: None) as forger, pinging(mute) as pinger:
                observing = asyncio.ensure_future(pinger(check("10.92.0.2", 0.5)))
                await until(lambda: len(forger.echoes) == 5)
                for _ in range(50):  # without an await: nothing is read in between
                    for echo, address in forger.echoes:
                        forger.socket.sendto(reply(echo, bytes(1000)), (address, 0))
                for echo, address in forger.echoes:
                    forger.socket.sendto(reply(echo), (address, 0))
                return await observing

        with monkeypatch.context() as patch:
            patch.setattr(DatagramSocket, "_note_dropped", lambda *_: None)
            assert (await flood()).failure is Failure.TIMEOUT
        seen = await flood()
        assert (seen.failure, seen.detail, seen.loss) == (Failure.LOCAL, "our own socket dropped packets", None)
