"""Echo requests and what they met: the socket of one address family."""

from __future__ import annotations

import errno
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from netmon.datagram import Address, DatagramSocket, SocketError

SEQUENCES: Final = 1 << 16
TOKEN: Final = 16  # random bytes an observation: who did not see them cannot answer
_HEADER: Final = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_ECHO: Final = struct.Struct(f"!BBHHH{TOKEN}s")


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The numbers of one family; ``unreachable`` are the types of error that mean it."""

    proto: int
    request: int
    reply: int
    only_replies: tuple[int, int, bytes]  # the filter of a raw socket
    unreachable: frozenset[int]


DIALECTS: Final = {
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


class EchoSocket:
    """The socket of one family: knows whether it is raw, makes echoes and reads what they met."""

    def __init__(
        self,
        family: socket.AddressFamily,
        on_reply: Callable[[int, bytes, str], None],
        on_error: Callable[[int, bytes, SocketError], None],
    ) -> None:
        """Note who is told: of a reply its sequence, token and sender; of an error what it quotes of them."""
        self.family = family
        self._dialect = DIALECTS[family]
        self._on_reply = on_reply
        self._on_error = on_error
        self._is_raw = False
        self._sees_header = False  # raw IPv4 alone shows the IP header, and leaves the checksum to us
        self._identifier = secrets.randbelow(SEQUENCES)  # on an unprivileged socket the kernel puts in its own
        self.socket = self._make(socket.SOCK_DGRAM)

    def open(self) -> None:
        """Open an unprivileged socket, else a raw one.

        Raises:
            OSError: Neither is allowed or known.
        """
        try:
            self.socket.open()
        except OSError:
            self._is_raw = True
            self._sees_header = self.family == socket.AF_INET
            self.socket = self._make(socket.SOCK_RAW, self._dialect.only_replies)
            self.socket.open()

    def sum_of(self, token: bytes) -> int:
        """Give what :meth:`send` wants to know of a token: all of the checksum but the sequence number."""
        return checksum(_ECHO.pack(self._dialect.request, 0, 0, self._identifier, 0, token))

    def send(self, name: Address, sequence: int, token: bytes, rest: int) -> None:
        """Send an echo; raises as :meth:`DatagramSocket.send`."""
        checksum = (rest - sequence) % 0xFFFF if self._sees_header else 0  # else the kernel's work
        self.socket.post(_ECHO.pack(self._dialect.request, 0, checksum, self._identifier, sequence, token), name)

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
        start = (data[0] & 15) * 4 if self._sees_header else 0
        if len(data) != start + _ECHO.size:
            self._read_odd(data[start:], address)
            return
        kind, _, _, identifier, sequence, token = _ECHO.unpack_from(data, start)
        if kind == self._dialect.reply and (identifier == self._identifier or not self._is_raw):
            self._on_reply(sequence, token, address)

    def _read_odd(self, message: bytes, address: str) -> None:
        if len(message) >= _HEADER.size:
            kind, _, _, identifier, sequence = _HEADER.unpack_from(message)
            if kind == self._dialect.reply and self._is_ours(identifier):
                self._on_reply(sequence, message[_HEADER.size :], address)

    def _read_error(self, error: SocketError) -> None:
        if error.local or error.icmp_type not in self._dialect.unreachable or len(error.data) < _HEADER.size:
            return
        kind, _, _, identifier, sequence = _HEADER.unpack_from(error.data)
        if kind == self._dialect.request and self._is_ours(identifier):
            self._on_error(sequence, error.data[_HEADER.size : _ECHO.size], error)

    def _is_ours(self, identifier: int) -> bool:
        return not self._is_raw or identifier == self._identifier  # unprivileged: the kernel has looked already


def explained(fault: OSError) -> str:
    """Say why an echo could not be sent."""
    if fault.errno == errno.ENOBUFS:
        return f"{fault.strerror} (neighbour table full? sysctl net.ipv4.neigh.default.gc_thresh3)"
    return str(fault.strerror)


def checksum(message: bytes) -> int:
    """Give the Internet checksum (RFC 1071) of an even number of bytes, 0 where it may be 0xFFFF as well.

    Its sum of 16-bit words with the carry brought round is the remainder of division by 0xFFFF.
    """
    return -int.from_bytes(message, "big") % 0xFFFF
