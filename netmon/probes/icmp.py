"""ICMP echo (RFC 792, RFC 4443): is the device there, how far away, how much is lost on the way."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netmon.datagram import DatagramSocket, SocketError
from netmon.model import Check, Failure, Observation
from netmon.names import Names

log = logging.getLogger(__name__)

ECHOES: Final = 5
"""Echoes an observation: one answer is enough to be up, the missing ones are the loss."""

_SPACING: Final = 0.15  # seconds between echoes; less where the timeout is short
_HEADER: Final = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_TOKEN: Final = 16  # random bytes an observation: who did not see them cannot answer
_LENGTH: Final = _HEADER.size + _TOKEN
_SEQUENCES: Final = 1 << 16
_PYTHON: Final = os.path.realpath(sys.executable)  # capabilities belong to the file itself, not to a link to it


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The numbers of one family; ``unreachable`` are the types of error that mean it."""

    proto: int
    request: int
    reply: int
    only_replies: tuple[int, int, bytes]  # the filter of a raw socket
    unreachable: frozenset[int]


_DIALECTS: Final = {
    socket.AF_INET: _Dialect(
        proto=socket.IPPROTO_ICMP,
        request=8,
        reply=0,
        only_replies=(255, 1, struct.pack("=I", 0xFFFFFFFF & ~1)),  # SOL_RAW, ICMP_FILTER: a bit set is a type blocked
        unreachable=frozenset({3, 11}),  # destination unreachable; time exceeded, as in a loop of routes
    ),
    socket.AF_INET6: _Dialect(
        proto=socket.IPPROTO_ICMPV6,
        request=128,
        reply=129,
        only_replies=(  # ICMP6_FILTER (RFC 3542), 129 is bit 1 of the fifth word
            socket.IPPROTO_ICMPV6,
            1,
            struct.pack("=8I", *(0xFFFFFFFF & ~(2 if word == 4 else 0) for word in range(8))),  # noqa: PLR2004
        ),
        unreachable=frozenset({1, 3}),
    ),
}


class _EchoSocket:
    """The socket of one family: knows whether it is raw, makes echoes and reads what they met."""

    def __init__(
        self,
        family: socket.AddressFamily,
        on_reply: Callable[[int, bytes, str], None],
        on_error: Callable[[int, bytes, SocketError], None],
    ) -> None:
        self.family = family
        self._dialect = _DIALECTS[family]
        self._on_reply = on_reply
        self._on_error = on_error
        self._is_raw = False
        self._identifier = secrets.randbelow(_SEQUENCES)  # on an unprivileged socket the kernel puts in its own
        self.socket = self._make(socket.SOCK_DGRAM)

    def open(self) -> None:
        try:
            self.socket.open()
        except OSError:
            self._is_raw = True
            self.socket = self._make(socket.SOCK_RAW, self._dialect.only_replies)
            self.socket.open()

    def send(self, address: str, sequence: int, token: bytes) -> None:
        request = self._dialect.request
        checksum = 0  # the kernel's work, except on raw IPv4
        if self._is_raw and self.family == socket.AF_INET:
            checksum = _checksum(_HEADER.pack(request, 0, 0, self._identifier, sequence) + token)
        self.socket.send(_HEADER.pack(request, 0, checksum, self._identifier, sequence) + token, address, 0)

    def _make(self, kind: int, *options: tuple[int, int, bytes]) -> DatagramSocket:
        return DatagramSocket(
            self.family,
            kind,
            self._dialect.proto,
            on_datagram=self._read,
            on_error=self._read_error,
            options=options,
        )

    def _read(self, data: bytes, address: str, _port: int) -> None:
        if self._is_raw and self.family == socket.AF_INET:
            data = data[(data[0] & 15) * 4 :]  # raw IPv4 alone shows the IP header
        if len(data) < _HEADER.size:
            return
        kind, _, _, identifier, sequence = _HEADER.unpack_from(data)
        if kind == self._dialect.reply and self._is_ours(identifier):
            self._on_reply(sequence, data[_HEADER.size :], address)

    def _read_error(self, error: SocketError) -> None:
        if error.local or error.icmp_type not in self._dialect.unreachable or len(error.data) < _HEADER.size:
            return
        kind, _, _, identifier, sequence = _HEADER.unpack_from(error.data)
        if kind == self._dialect.request and self._is_ours(identifier):
            self._on_error(sequence, error.data[_HEADER.size : _LENGTH], error)

    def _is_ours(self, identifier: int) -> bool:
        return not self._is_raw or identifier == self._identifier  # unprivileged: the kernel has looked already


@dataclass(slots=True, eq=False)
class _Ping:
    """One observation under way. ``waiting``: sequence → when its echo was sent; times are monotonic seconds."""

    check: Check
    address: str
    line: _EchoSocket
    done: asyncio.Future[None]
    at: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    token: bytes = field(default_factory=lambda: secrets.token_bytes(_TOKEN))
    tried: int = 0
    sent: int = 0
    waiting: dict[int, float] = field(default_factory=dict)
    trips: list[float] = field(default_factory=list)
    fault: OSError | None = None
    refused: SocketError | None = None  # by the device itself
    unreachable: SocketError | None = None
    timer: asyncio.TimerHandle | None = None

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def observation(self) -> Observation:
        """Judge. What we did wrong comes before what the network did not do."""
        failure, detail = self._verdict()
        spoiled = self.fault is not None or self._is_robbed()
        trip = min(self.trips, default=None)
        loss = None if spoiled or failure is Failure.LOCAL else 1 - len(self.trips) / self.sent
        return Observation(
            check=self.check,
            at=self.at,
            failure=failure,
            detail=detail,
            duration=time.monotonic() - self.began,
            # Longer than the timeout is the time it lay in our buffer while the loop stood still, not a round trip.
            rtt=trip if trip is not None and trip <= self.check.timeout else None,
            loss=loss,
        )

    def _is_robbed(self) -> bool:
        return self.line.socket.overflowed_at >= self.began

    def _verdict(self) -> tuple[Failure | None, str]:
        if self.trips:
            return None, "" if len(self.trips) == ECHOES else f"{len(self.trips)} of {self.sent} echoes answered"
        if self.refused is not None:
            return None, f"the device refuses: {os.strerror(self.refused.errno)}"
        if self.fault is not None:
            return Failure.LOCAL, f"cannot send: {_explained(self.fault)}"
        if self._is_robbed():
            return Failure.LOCAL, "our own socket dropped packets"
        if self.unreachable is not None:
            return Failure.UNREACHABLE, f"{self.unreachable.offender} says: {os.strerror(self.unreachable.errno)}"
        return Failure.TIMEOUT, f"none of {self.sent} echoes answered"


class Pinger:
    """The ICMP echo probe: a :data:`netmon.probes.Probe` with one shared socket an address family.

    An observation is five echoes, 0.15 s apart; the last is given the rest of ``check.timeout``. When the loop stood
    still, the echoes that are late get their full time all the same, so that a pause of ours looks like no loss. An
    answer counts when identifier, sequence, sender and 16 random bytes fit. ``rtt`` is the shortest round trip (the
    one that our own load and the device's slow path disturbed least), ``loss`` the share of echoes without answer.

    ``TIMEOUT``: no answer. ``UNREACHABLE``: no answer, and the network said so; this host's own kernel counts as the
    network where a neighbour does not answer ARP. ``LOCAL``: no permission, no route, no buffer, an unknown name,
    packets dropped by our own socket. A refusal from the device itself is an answer (LK-1).

    Attributes:
        sent: Echoes sent.
        received: Answers that counted.
        late: Answers to nothing that is waited for: after the timeout, or doubled.
        spoofed: Answers (or errors) to an echo under way that came from elsewhere or do not know its random bytes.
    """

    def __init__(self, names: Names | None = None) -> None:
        """Prepare; ``names`` may be shared with other probes."""
        self.sent = 0
        self.received = 0
        self.late = 0
        self.spoofed = 0
        self._names = names or Names()
        self._lines: dict[socket.AddressFamily, _EchoSocket] = {}
        self._missing: dict[socket.AddressFamily, str] = {}
        self._pings: set[_Ping] = set()
        self._waiting: dict[int, _Ping] = {}  # sequence → whose echo; one row of numbers for both families
        self._sequence = secrets.randbelow(_SEQUENCES)

    async def open(self) -> None:
        """Open the sockets in the running loop, unprivileged ones (ping_group_range) before raw ones (CAP_NET_RAW).

        Where neither is allowed it logs once what to do, and every check is ``LOCAL``.
        """
        is_denied = False
        for family in _DIALECTS:
            line = _EchoSocket(family, self._on_reply, self._on_error)
            try:
                line.open()
            except PermissionError:
                is_denied = True
                self._missing[family] = "no permission to ping"
            except OSError as fault:
                self._missing[family] = f"no ICMP socket: {_explained(fault)}"
            else:
                self._lines[family] = line
        if is_denied:
            log.error(
                "not allowed to ping: every ICMP check is blind. Do one of these and restart: "
                "sysctl -w net.ipv4.ping_group_range='0 2147483647'; setcap cap_net_raw+ep %s; "
                "AmbientCapabilities=CAP_NET_RAW in the systemd unit",
                _PYTHON,
            )

    def close(self) -> None:
        """Close the sockets; observations under way end with what they have, ``LOCAL`` where that is nothing."""
        for line in self._lines.values():
            line.socket.close()
        self._lines.clear()
        for ping in self._pings:
            ping.fault = OSError(errno.EBADF, "the pinger was closed")
            ping.finish()

    async def __call__(self, check: Check) -> Observation:
        """Ping ``check.address`` (a name or an address) and say what came back."""
        began = time.time()
        try:
            family, address = await self._names.resolve(check.address, check.timeout)
        except socket.gaierror as fault:
            return Observation(check, began, Failure.LOCAL, f"cannot resolve {check.address}: {fault.strerror}")
        line = self._lines.get(family)
        if line is None:
            return Observation(check, began, Failure.LOCAL, self._missing.get(family, "the pinger is not open"))
        ping = _Ping(check, address, line, asyncio.get_running_loop().create_future())
        self._pings.add(ping)
        try:
            self._echo(ping)
            await ping.done
            return ping.observation()
        finally:
            self._forget(ping)

    def _echo(self, ping: _Ping) -> None:
        """Send the next echo and set the time of what comes after it."""
        ping.tried += 1
        try:
            sequence = self._next_sequence()
            self._waiting[sequence] = ping  # before it is sent: sending may hand on errors
            ping.waiting[sequence] = time.monotonic()
            ping.line.send(ping.address, sequence, ping.token)
        except OSError as fault:
            ping.fault = fault
        else:
            ping.sent += 1
            self.sent += 1
        spacing = min(_SPACING, ping.check.timeout / (2 * ECHOES))
        loop = ping.done.get_loop()
        if ping.tried < ECHOES:
            ping.timer = loop.call_later(spacing, self._echo, ping)
        elif ping.sent:
            ping.timer = loop.call_later(ping.check.timeout - (ECHOES - 1) * spacing, self._conclude, ping)
        else:
            ping.finish()

    def _conclude(self, ping: _Ping) -> None:
        ping.line.socket.drain()  # what came in time but was not read yet is no loss
        ping.finish()

    def _next_sequence(self) -> int:
        for _ in range(_SEQUENCES):
            self._sequence = (self._sequence + 1) % _SEQUENCES
            if self._sequence not in self._waiting:
                return self._sequence
        raise OSError(errno.ENOBUFS, "65,536 echoes are under way already")

    def _forget(self, ping: _Ping) -> None:
        self._pings.discard(ping)
        if ping.timer is not None:
            ping.timer.cancel()
        for sequence in ping.waiting:
            del self._waiting[sequence]

    def _on_reply(self, sequence: int, token: bytes, address: str) -> None:
        ping = self._waiting.get(sequence)
        if ping is None:
            self.late += 1
            return
        if ping.address != address or ping.token != token:
            self.spoofed += 1
            return
        self.received += 1
        del self._waiting[sequence]
        ping.trips.append(time.monotonic() - ping.waiting.pop(sequence))
        if ping.sent == ECHOES and not ping.waiting:
            ping.finish()

    def _on_error(self, sequence: int, token: bytes, error: SocketError) -> None:
        ping = self._waiting.get(sequence)
        if ping is None or ping.address != error.address:
            return
        # A router need quote no more than 8 bytes of an echo (RFC 792): what it quotes of the token must fit.
        if not ping.token.startswith(token):
            self.spoofed += 1
        elif error.is_refusal and len(token) == _TOKEN:
            ping.refused = error
        else:
            ping.unreachable = error


def _explained(fault: OSError) -> str:
    if fault.errno == errno.ENOBUFS:
        return f"{fault.strerror} (neighbour table full? sysctl net.ipv4.neigh.default.gc_thresh3)"
    return str(fault.strerror)


def _checksum(message: bytes) -> int:
    """Give the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
