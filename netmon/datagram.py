"""One non-blocking datagram socket that many requests share, in the running asyncio loop.

SNMP and ICMP ask thousands of devices through one socket an address family. Such a socket can lie in three ways,
and each is made visible here: the kernel drops answers for lack of buffer (``overflows``), the error that one
device caused is reported to whoever sends next (the error queue is read instead, see :class:`SocketError`), and
answers wait unread while the loop stands still (``drain`` reads them before a timer says that nothing came).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

log = logging.getLogger(__name__)

# Linux numbers that the socket module does not name (linux/in.h, linux/in6.h, asm-generic/socket.h).
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_SO_SNDBUFFORCE: Final = 32
_SO_RCVBUFFORCE: Final = 33
_SO_RXQ_OVFL: Final = 40
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_MEMINFO_DROPS: Final = 8
_OVERFLOW: Final = struct.Struct("=I")
_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")  # errno, origin, type, code, pad, info, data (linux/errqueue.h)
_ORIGIN_LOCAL: Final = 1
_RECVERR_OF: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, _IP_RECVERR),
    socket.AF_INET6: (socket.IPPROTO_IPV6, _IPV6_RECVERR),
}

_REFUSALS_4: Final = frozenset({(3, 2), (3, 3), (3, 9), (3, 10), (3, 13)})  # RFC 792, RFC 1812 5.2.7.1
_REFUSALS_6: Final = frozenset({(1, 1), (1, 4), (1, 5), (1, 6)})  # RFC 4443 3.1

_LARGEST: Final = 65535
_ANCILLARY: Final = 128  # room for a dropped-packets counter, or for an extended error and its offender
_BATCH: Final = 200  # datagrams a wake-up: timers and others get their turn in between
_TRIES: Final = 8  # a send meets at most this many errors of other datagrams
_LEAST_TRUESIZE: Final = 512  # the kernel charges a waiting datagram with at least this many bytes of buffer
_MOST_TRUESIZE: Final = 128 << 10  # and a long one with hardly more than this
_SEND_BUFFER: Final = 4 << 20  # five echoes each to hundreds of dead neighbours wait in it for their ARP answers

Address = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class SocketError:
    """What became of one datagram that was sent: ``struct sock_extended_err`` of ip(7).

    ``errno`` is the error, ``address`` and ``port`` the datagram's destination, ``offender`` who said so (the device,
    a router, or this host itself for a neighbour that does not answer ARP; empty when unknown). ``local`` says that
    the error was made while sending, not reported by the network. ``icmp_type`` and ``icmp_code`` are those of the
    ICMP or ICMPv6 message. ``data`` is the quoted beginning of the datagram: 8 bytes or more of what followed its IP
    header on raw and ICMP sockets, the payload (often empty) on UDP sockets.
    """

    errno: int
    address: str
    port: int
    offender: str
    local: bool
    icmp_type: int
    icmp_code: int
    data: bytes

    @property
    def is_refusal(self) -> bool:
        """Say whether the destination itself refuses (protocol, port, prohibited): it is there, and answers (LK-1).

        The same words from anyone else are the network's "unreachable", as a firewall on the way says them.
        """
        is_own = not self.local and self.offender == self.address.partition("%")[0]
        return is_own and (self.icmp_type, self.icmp_code) in (_REFUSALS_6 if ":" in self.offender else _REFUSALS_4)


class DatagramSocket:
    """One non-blocking socket of one address family, read by the running asyncio loop.

    ``on_datagram`` is called with the data, the sender's address (as ``inet_ntop`` writes it, a link-local one with
    its interface's number: ``fe80::1%2``) and its port; ``on_error`` with each entry of the error queue. Both may be
    called from within :meth:`drain`, ``on_error`` also from within :meth:`send`, so a request must be registered
    before it is sent. ``receive_buffer`` is bytes.

    Attributes:
        overflows: How many packets the kernel dropped for lack of buffer (or for a wrong checksum: it counts both as
            one) since :meth:`open`.
        overflowed_at: ``time.monotonic()`` when ``overflows`` was last seen to grow, ``-inf`` before. A drop is
            noticed at the latest by :meth:`drain`, also when no later packet arrives; sooner where so
            many waited at once that the buffer may have been full.
    """

    def __init__(
        self,
        family: int,
        kind: int = socket.SOCK_DGRAM,
        proto: int = 0,
        *,
        on_datagram: Callable[[bytes, str, int], None],
        on_error: Callable[[SocketError], None],
        receive_buffer: int = 4 << 20,
        options: Sequence[tuple[int, int, bytes]] = (),
    ) -> None:
        """Note what to open; ``options`` are further ``setsockopt`` calls: level, option, value."""
        self.overflows = 0
        self.overflowed_at = -math.inf
        self._family = socket.AddressFamily(family)
        self._kind = kind
        self._proto = proto
        self._on_datagram = on_datagram
        self._on_error = on_error
        self._receive_buffer = receive_buffer
        self._options = tuple(options)
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dropped = 0  # the kernel's 32-bit counter as we last saw it
        self._all_waiting = 0  # as many datagrams as fit in the buffer
        self._fullest = 0  # with fewer the buffer was not full
        self._knows_drops = True

    def open(self) -> None:
        """Open the socket and let the running loop read it.

        Raises:
            OSError: The system does not allow or know such a socket; ``PermissionError`` for lack of rights.
        """
        self._loop = asyncio.get_running_loop()
        sock = socket.socket(self._family, self._kind, self._proto)
        try:
            self._configure(sock)
        except OSError:
            sock.close()
            raise
        self._socket = sock
        self._dropped = 0
        self._loop.add_reader(sock, self._read, _BATCH)

    def close(self) -> None:
        """Close the socket; may be called again, and from within a callback."""
        sock, self._socket = self._socket, None
        if sock is not None and self._loop is not None:
            self._loop.remove_reader(sock)
            sock.close()

    def send(self, data: bytes, address: str, port: int) -> None:
        """Send one datagram to a numeric address.

        The kernel reports an error that an earlier datagram met, to any other device, to whoever sends next, and
        does not send. Such errors go to ``on_error`` and the datagram is sent again.

        Raises:
            OSError: A fault of our own: no route, no permission, no buffer (``BlockingIOError``: the send buffer is
                full), too long, closed (EBADF).
        """
        self.post(data, address_of(self._family, address, port))

    def post(self, data: bytes, name: Address) -> None:
        """Send one datagram to where :func:`address_of` says; else as :meth:`send`."""
        sock = self._socket
        if sock is None:
            raise OSError(errno.EBADF, "the socket is not open")
        try:
            sock.sendto(data, name)
        except BlockingIOError:
            raise
        except OSError:
            self._post_again(sock, data, name)

    def drain(self) -> int:
        """Read all that waits now, the error queue included, and look for dropped packets.

        Call it before a timer may say that nothing came. Gives how many datagrams and errors of the network were read.
        """
        sock = self._socket
        if sock is None:
            return 0
        # What waits at this moment fits in the buffer; a flood that refills it while we read does not hold us.
        count = self._read(self._all_waiting) + self._read_errors(sock)
        self._count_dropped(sock)
        return count

    def _configure(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        level, option = _RECVERR_OF[self._family]
        sock.setsockopt(level, option, 1)
        if self._family == socket.AF_INET6 and self._kind == socket.SOCK_DGRAM:  # a raw one refuses, and is so anyway
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            _drops(sock)
        except OSError:  # before Linux 4.12: the counters beside packets remain, which lag one packet behind
            self._knows_drops = False
            sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        _enlarge(sock, _SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BUFFER)
        _enlarge(sock, _SO_RCVBUFFORCE, socket.SO_RCVBUF, self._receive_buffer)
        for each_level, each_option, value in self._options:
            sock.setsockopt(each_level, each_option, value)
        granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)  # the kernel doubles what it is asked for
        self._all_waiting = granted // _LEAST_TRUESIZE + 1
        self._fullest = min(granted // _MOST_TRUESIZE, _BATCH)
        if granted < self._receive_buffer:
            log.info(
                "receive buffer: %d of %d bytes granted; sysctl net.core.rmem_max=%d allows more devices at once",
                granted // 2,
                self._receive_buffer,
                self._receive_buffer,
            )

    def _post_again(self, sock: socket.socket, data: bytes, name: Address) -> None:
        # The first failure may be an error whose entry found no room in the error queue: one more try in any case.
        self._read_errors(sock)
        for tries_left in reversed(range(_TRIES - 1)):
            try:
                sock.sendto(data, name)
            except BlockingIOError:
                raise
            except OSError:
                if not tries_left or not self._read_errors(sock):
                    raise
            else:
                return

    def _read(self, limit: int) -> int:
        sock = self._socket
        if sock is None:
            return 0
        receive = sock.recvfrom if self._knows_drops else partial(self._receive_counted, sock)
        on_datagram, is_four = self._on_datagram, self._family == socket.AF_INET
        count = 0
        while count < limit and sock is self._socket:
            try:
                data, name = receive(_LARGEST)
            except BlockingIOError:
                break
            except OSError:
                # The error of an earlier datagram, reported here and thereby cleared; its entry is in the queue.
                self._read_errors(sock)
            else:
                on_datagram(data, name[0] if is_four else _written(name), name[1])
            count += 1
        if not count:  # woken, yet nothing to read: an error of local origin, which a read does not report
            self._read_errors(sock)
        elif count >= self._fullest:
            self._count_dropped(sock)
        return count

    def _receive_counted(self, sock: socket.socket, size: int) -> tuple[bytes, Address]:
        data, ancillary, _, name = sock.recvmsg(size, _ANCILLARY)
        if ancillary:  # only ever the counter, and only once a packet was dropped
            self._see_dropped(ancillary)
        return data, name

    def _read_errors(self, sock: socket.socket) -> int:
        """Hand on all that waits in the error queue; say how many entries were the network's."""
        count = 0
        for _ in range(self._all_waiting):
            if sock is not self._socket:
                break
            try:
                error = read_error(sock)
            except BlockingIOError:
                break
            if error is not None:
                count += not error.local
                self._on_error(error)
        return count

    def _see_dropped(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL:
                self._note_dropped(_OVERFLOW.unpack_from(value)[0])

    def _count_dropped(self, sock: socket.socket) -> None:
        if self._knows_drops and sock is self._socket:
            self._note_dropped(_drops(sock))

    def _note_dropped(self, counter: int) -> None:
        grown = counter - self._dropped & 0xFFFFFFFF
        if 0 < grown < 1 << 31:  # otherwise an older figure than the one we know
            self._dropped = counter
            self.overflows += grown
            self.overflowed_at = time.monotonic()


def address_of(family: int, address: str, port: int) -> Address:
    """Give where to :meth:`~DatagramSocket.post` what is for a numeric address, an interface's name looked up.

    Raises:
        OSError: There is no such interface.
    """
    # Given two items, Python overwrites the zone of "fe80::1%eth0" with 0.
    if family == socket.AF_INET6 and "%" in address:
        bare, _, zone = address.partition("%")
        return bare, port, 0, int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
    return address, port


def read_error(sock: socket.socket) -> SocketError | None:
    """Take one entry from the error queue of a socket that has IP_RECVERR or IPV6_RECVERR set.

    Gives ``None`` for an entry that is no extended error.

    Raises:
        BlockingIOError: The queue is empty.
    """
    data, ancillary, _, name = sock.recvmsg(_LARGEST, _ANCILLARY, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    for level, kind, value in ancillary:
        if (level, kind) in _RECVERR_OF.values() and len(value) >= _EXTENDED_ERROR.size:
            number, origin, icmp_type, icmp_code, _, _ = _EXTENDED_ERROR.unpack_from(value)
            return SocketError(
                errno=number,
                address=_written(name) if name else "",
                port=name[1] if name else 0,
                offender=_offender(value[_EXTENDED_ERROR.size :]),
                local=origin == _ORIGIN_LOCAL,
                icmp_type=icmp_type,
                icmp_code=icmp_code,
                data=data,
            )
    return None


def report_errors(sock: socket.socket) -> None:
    """Let a socket keep the network's errors in its error queue, for :func:`read_error`."""
    level, option = _RECVERR_OF[sock.family]
    sock.setsockopt(level, option, 1)


def _drops(sock: socket.socket) -> int:
    meminfo = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    dropped: int = _MEMINFO.unpack_from(meminfo)[_MEMINFO_DROPS]
    return dropped


def _written(name: Address) -> str:
    if len(name) == 4 and name[3]:  # noqa: PLR2004 an IPv6 name's fourth item is its zone
        return f"{name[0]}%{name[3]}"
    return name[0]


def _offender(sockaddr: bytes) -> str:
    family = int.from_bytes(sockaddr[:2], sys.byteorder)
    if family == socket.AF_INET and len(sockaddr) >= 8:  # noqa: PLR2004 struct sockaddr_in: family, port, address
        return socket.inet_ntop(socket.AF_INET, sockaddr[4:8])
    if family == socket.AF_INET6 and len(sockaddr) >= 24:  # noqa: PLR2004 sockaddr_in6: family, port, flow, address
        return socket.inet_ntop(socket.AF_INET6, sockaddr[8:24])
    return ""


def _enlarge(sock: socket.socket, force: int, ask: int, size: int) -> None:
    """Set a buffer's size: beyond the system's limit where we may (CAP_NET_ADMIN), else as far as it goes."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, force, size)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, ask, size)
