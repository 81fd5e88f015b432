"""The shared datagram socket: what it reads, what it reports, what it survives."""

import asyncio
import errno
import logging
import math
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from netmon import datagram
from netmon.datagram import DatagramSocket, SocketError, address_of

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
FAMILIES = pytest.mark.parametrize("family", LOOPBACK, ids=["IPv4", "IPv6"])


@dataclass
class Heard:
    """What a socket's callbacks were given."""

    datagrams: list[tuple[bytes, str, int]] = field(default_factory=list)
    errors: list[SocketError] = field(default_factory=list)

    def socket(self, family: int = socket.AF_INET, receive_buffer: int = 4 << 20) -> DatagramSocket:
        """Make a UDP socket that reports here."""
        return DatagramSocket(
            family,
            on_datagram=lambda *datagram: self.datagrams.append(datagram),
            on_error=self.errors.append,
            receive_buffer=receive_buffer,
        )


@pytest.fixture
def heard() -> Heard:
    """What the callbacks of a socket are given."""
    return Heard()


@pytest.fixture
def peer(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A plain UDP socket of a device, on the family of the test."""
    callspec = getattr(request.node, "callspec", None)
    family = socket.AF_INET if callspec is None else callspec.params.get("family", socket.AF_INET)
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK[family], 0))
        sock.settimeout(10)
        yield sock


def silent_port(family: int = socket.AF_INET) -> int:
    """A port on loopback at which nobody listens."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK[socket.AddressFamily(family)], 0))
        port: int = sock.getsockname()[1]
        return port


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 the sockets under test are polled, they have no event of their own
            await asyncio.sleep(0.005)


@FAMILIES
async def test_an_answer_comes_with_the_senders_address_and_port(
    heard: Heard, peer: socket.socket, family: socket.AddressFamily
) -> None:
    """An answer reaches ``on_datagram`` with who sent it."""
    sock = heard.socket(family)
    sock.open()
    try:
        port = peer.getsockname()[1]
        sock.send(b"question", LOOPBACK[family], port)
        data, client = peer.recvfrom(100)
        peer.sendto(data.upper(), client)
        await until(lambda: heard.datagrams)
        assert heard.datagrams == [(b"QUESTION", LOOPBACK[family], port)]
    finally:
        sock.close()


@FAMILIES
async def test_a_datagram_of_the_largest_size_arrives_whole(
    heard: Heard, peer: socket.socket, family: socket.AddressFamily
) -> None:
    """And the next one as well: nothing of the first is left over in it."""
    sock = heard.socket(family)
    sock.open()
    try:
        sock.send(b"hello", LOOPBACK[family], peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        largest = bytes(range(256)) * 255 + bytes(227)
        for data in (largest, b"", b"short"):
            peer.sendto(data, client)
        await until(lambda: len(heard.datagrams) == 3)
        assert [data for data, _, _ in heard.datagrams] == [largest, b"", b"short"]
    finally:
        sock.close()


@FAMILIES
async def test_an_address_made_beforehand_serves_for_many_posts(
    heard: Heard, peer: socket.socket, family: socket.AddressFamily
) -> None:
    """Errors of others are handed on by ``post`` as by ``send``; a closed socket says so."""
    sock = heard.socket(family)
    sock.open()
    name = address_of(family, LOOPBACK[family], peer.getsockname()[1])
    try:
        sock.post(b"to the dead", address_of(family, LOOPBACK[family], silent_port(family)))
        for data in (b"one", b"two"):
            sock.post(data, name)
            assert peer.recv(100) == data
        assert [error.errno for error in heard.errors] == [errno.ECONNREFUSED]
    finally:
        sock.close()
    with pytest.raises(OSError, match="not open"):
        sock.post(b"three", name)


def test_an_address_keeps_its_interface() -> None:
    """By name or number; an interface that is not there is told."""
    loopback = socket.if_nametoindex("lo")
    assert address_of(socket.AF_INET6, "fe80::1%lo", 161) == ("fe80::1", 161, 0, loopback)
    assert address_of(socket.AF_INET6, f"fe80::1%{loopback}", 161) == ("fe80::1", 161, 0, loopback)
    assert address_of(socket.AF_INET6, "fe80::1", 161) == ("fe80::1", 161)
    assert address_of(socket.AF_INET, "192.0.2.1", 161) == ("192.0.2.1", 161)
    with pytest.raises(OSError, match=r"."):
        address_of(socket.AF_INET6, "fe80::1%nosuch0", 161)


@FAMILIES
async def test_the_networks_word_on_a_datagram_names_its_destination_and_who_said_so(
    heard: Heard, family: socket.AddressFamily
) -> None:
    """A port unreachable comes as it stands in the error queue, with the quoted datagram."""
    sock = heard.socket(family)
    sock.open()
    try:
        port = silent_port(family)
        sock.send(b"question", LOOPBACK[family], port)
        await until(lambda: heard.errors)
        kind, code = (3, 3) if family == socket.AF_INET else (1, 4)  # port unreachable
        loopback = LOOPBACK[family]
        assert heard.errors == [
            SocketError(errno.ECONNREFUSED, loopback, port, loopback, False, kind, code, b"question")
        ]
    finally:
        sock.close()


@FAMILIES
def test_the_trap_an_unrelated_send_reports_the_error_of_another(family: socket.AddressFamily) -> None:
    """What a plain socket with IP_RECVERR does: the second send fails for what the first one met."""
    with (
        socket.socket(family, socket.SOCK_DGRAM) as plain,
        socket.socket(family, socket.SOCK_DGRAM) as innocent,
    ):
        datagram.report_errors(plain)
        innocent.bind((LOOPBACK[family], 0))
        plain.sendto(b"to the dead", (LOOPBACK[family], silent_port(family)))
        with pytest.raises(ConnectionRefusedError):
            plain.sendto(b"to the innocent", innocent.getsockname()[:2])


@FAMILIES
async def test_a_send_survives_the_error_of_another_and_hands_it_on(
    heard: Heard, peer: socket.socket, family: socket.AddressFamily
) -> None:
    """The datagram of the innocent goes out, the errors of the dead go to ``on_error``."""
    sock = heard.socket(family)
    sock.open()
    try:
        dead = [silent_port(family) for _ in range(3)]
        for port in dead:  # no await in between: the loop reads nothing, each send meets the error of the one before
            sock.send(b"to the dead", LOOPBACK[family], port)
        sock.send(b"to the innocent", LOOPBACK[family], peer.getsockname()[1])
        assert peer.recv(100) == b"to the innocent"
        assert {error.port for error in heard.errors} == set(dead)
        assert all(error.errno == errno.ECONNREFUSED and not error.local for error in heard.errors)
    finally:
        sock.close()


async def test_a_send_survives_an_error_whose_entry_found_no_room(heard: Heard, peer: socket.socket) -> None:
    """With the buffer full of answers the queue takes no entry, but the next send still reports the error."""
    sock = heard.socket(receive_buffer=1)
    sock.open()
    try:
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        for _ in range(50):
            peer.sendto(bytes(1000), client)
        sock.send(b"to the dead", "127.0.0.1", silent_port())
        sock.send(b"to the innocent", "127.0.0.1", peer.getsockname()[1])
        assert peer.recv(100) == b"to the innocent"
    finally:
        sock.close()


async def test_faults_of_our_own_are_raised_by_the_send(heard: Heard) -> None:
    """Too long, not permitted, not open: the caller is told, each with its errno."""
    sock = heard.socket()
    sock.open()
    try:
        with pytest.raises(OSError, match="too long") as too_long:
            sock.send(bytes(65530), "127.0.0.1", 9)
        assert too_long.value.errno == errno.EMSGSIZE
        assert all(error.local for error in heard.errors)
        with pytest.raises(PermissionError):
            sock.send(b"", "255.255.255.255", 9)
    finally:
        sock.close()
    with pytest.raises(OSError, match="not open") as closed:
        sock.send(b"", "127.0.0.1", 9)
    assert closed.value.errno == errno.EBADF


async def test_an_error_of_local_origin_does_not_keep_the_loop_busy(heard: Heard, peer: socket.socket) -> None:
    """Such an entry makes the socket readable for ever while recvmsg finds nothing: it must be taken away."""
    sock = heard.socket()
    sock.open()
    try:
        raw = sock._socket
        assert raw is not None
        with pytest.raises(OSError, match="too long"):
            raw.sendto(bytes(65530), ("127.0.0.1", 9))
        await until(lambda: heard.errors)
        assert [error.local for error in heard.errors] == [True]
        before = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.sleep(0.3)
        after = resource.getrusage(resource.RUSAGE_SELF)
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.15
    finally:
        sock.close()


async def test_dropped_packets_are_noticed_though_no_later_packet_comes(heard: Heard, peer: socket.socket) -> None:
    """The drops after the last packet count too, and ``overflowed_at`` is when they were seen."""
    sock = heard.socket(receive_buffer=4096)
    sock.open()
    try:
        assert (sock.overflows, sock.overflowed_at) == (0, -math.inf)
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        before = time.monotonic()
        for _ in range(100):
            peer.sendto(bytes(500), client)
        read = sock.drain()
        assert read == len(heard.datagrams) < 100
        assert sock.overflows == 100 - read
        assert before <= sock.overflowed_at <= time.monotonic()

        first = sock.overflowed_at
        sock.drain()
        assert (sock.overflows, sock.overflowed_at) == (100 - read, first)
    finally:
        sock.close()


@pytest.mark.parametrize(("size", "buffer"), [(500, 4096), (1, 64 << 10), (60_000, 4 << 20)])
async def test_a_wake_up_that_found_a_full_buffer_looks_for_dropped_packets(
    heard: Heard, peer: socket.socket, size: int, buffer: int
) -> None:
    """Nobody drains: the loop's own reading notices."""
    sock = heard.socket(receive_buffer=buffer)
    sock.open()
    try:
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        for _ in range(1000):
            peer.sendto(bytes(size), client)
        await until(lambda: sock.overflows)
        await until(lambda: len(heard.datagrams) + sock.overflows == 1000)
    finally:
        sock.close()


async def test_dropped_packets_are_noticed_by_the_next_packet_where_the_system_has_no_other_figure(
    heard: Heard, peer: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without SO_MEMINFO the counter beside a later packet tells."""
    monkeypatch.setattr(datagram, "_SO_MEMINFO", 9999)  # an option that no system knows
    sock = heard.socket(receive_buffer=4096)
    sock.open()
    try:
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        for _ in range(100):
            peer.sendto(bytes(500), client)
        read = sock.drain()
        assert sock.overflows == 0
        peer.sendto(b"a later one", client)
        assert sock.drain() == 1
        assert sock.overflows == 100 - read
    finally:
        sock.close()


async def test_the_counter_of_drops_runs_over_and_never_backwards(heard: Heard) -> None:
    """It is 32 bits wide, and a packet that had waited carries an older figure."""
    sock = heard.socket()
    sock.open()
    try:
        sock._dropped = 0xFFFFFFFE
        sock._note_dropped(3)
        assert sock.overflows == 5
        sock._note_dropped(1)  # the figure of a packet that had waited
        assert (sock.overflows, sock._dropped) == (5, 3)
    finally:
        sock.close()


async def test_drain_reads_what_waits_while_the_loop_stood_still(heard: Heard, peer: socket.socket) -> None:
    """A thousand answers and an error: all of it before a timer may say that nothing came."""
    sock = heard.socket()
    sock.open()
    try:
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        sock.send(b"to the dead", "127.0.0.1", silent_port())
        for number in range(1000):
            peer.sendto(struct.pack("!I", number), client)
        assert sock.drain() >= 1000
        assert [struct.unpack("!I", data)[0] for data, _, _ in heard.datagrams] == list(range(1000))
        assert len(heard.errors) == 1
        assert sock.overflows == 0
    finally:
        sock.close()


async def test_a_wake_up_reads_a_bounded_batch_so_that_timers_get_their_turn(heard: Heard, peer: socket.socket) -> None:
    """At most 200 datagrams are read between two turns of the loop."""
    sock = heard.socket()
    sock.open()
    try:
        sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
        _, client = peer.recvfrom(100)
        for _ in range(500):
            peer.sendto(b"answer", client)
        seen: list[int] = []
        while len(heard.datagrams) < 500:
            await asyncio.sleep(0)
            seen.append(len(heard.datagrams))
        assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) <= 200
    finally:
        sock.close()


async def test_closing_within_a_callback_ends_the_batch(peer: socket.socket) -> None:
    """What waits behind the datagram that made the owner close is not handed on."""
    got: list[bytes] = []

    def answer(data: bytes, _address: str, _port: int) -> None:
        got.append(data)
        sock.close()

    sock = DatagramSocket(socket.AF_INET, on_datagram=answer, on_error=lambda _: None)
    sock.open()
    sock.send(b"hello", "127.0.0.1", peer.getsockname()[1])
    _, client = peer.recvfrom(100)
    peer.sendto(b"first", client)
    peer.sendto(b"second", client)
    await until(lambda: got)
    assert sock.drain() == 0
    assert got == [b"first"]
    sock.close()


async def test_a_buffer_that_the_system_cuts_is_told_once(
    heard: Heard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the right to more, the log names the setting that gives it."""
    monkeypatch.setattr(datagram, "_SO_RCVBUFFORCE", socket.SO_RCVBUF)  # as without CAP_NET_ADMIN
    caplog.set_level(logging.INFO, "netmon.datagram")
    sock = heard.socket(receive_buffer=1 << 30)
    sock.open()
    sock.close()
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "net.core.rmem_max=1073741824" in caplog.text


async def test_a_socket_that_cannot_be_set_up_is_closed_again(heard: Heard) -> None:
    """The warning of a socket left open would fail this test."""
    sock = DatagramSocket(
        socket.AF_INET,
        on_datagram=lambda *_: None,
        on_error=lambda _: None,
        options=[(socket.SOL_SOCKET, 9999, b"")],
    )
    with pytest.raises(OSError, match="Invalid argument"):
        sock.open()
    assert sock.drain() == 0
