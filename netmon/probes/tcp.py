"""TCP connect: does something at the device's port answer."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final

from netmon.datagram import SocketError, read_error, report_errors
from netmon.model import Check, Failure, Observation
from netmon.names import Names

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # struct linger: on, 0 s


class TcpProbe:
    """The TCP probe: a :data:`netmon.probes.Probe` that connects and hangs up at once.

    Connected or refused by the device itself (a reset; LK-1): up. Nothing within ``check.timeout``: ``TIMEOUT``. An
    ICMP error, which the kernel keeps in the socket's error queue with the name of who sent it: ``UNREACHABLE``, also
    where it says "port unreachable" but a router in between sent it. An error without such an entry was not made by
    the network (no route, no permission, no free port or file descriptor): ``LOCAL``. It hangs up with a reset, so
    that neither side keeps a connection in TIME_WAIT.
    """

    def __init__(self, names: Names | None = None) -> None:
        """Prepare; ``names`` may be shared with other probes."""
        self._names = names or Names()

    async def __call__(self, check: Check) -> Observation:
        """Connect to ``check.address`` (a name or an address) and ``check.port``.

        Raises:
            ValueError: The port is not one of TCP's; the inventory lets none such pass.
        """
        if not 0 < check.port < 1 << 16:
            raise ValueError(f"{check.id}: {check.port} is no TCP port")
        at, began = time.time(), time.monotonic()
        try:
            family, address = await self._names.resolve(check.address, check.timeout)
            sock = socket.socket(family, socket.SOCK_STREAM)
        except socket.gaierror as fault:
            return Observation(check, at, Failure.LOCAL, f"cannot resolve {check.address}: {fault.strerror}")
        except OSError as fault:
            return Observation(check, at, Failure.LOCAL, f"no socket: {fault.strerror}")
        with sock:
            sock.setblocking(False)
            report_errors(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            at, began = time.time(), time.monotonic()
            ending = await _connect(sock, address, check)
            duration = time.monotonic() - began
        failure, detail = ending.verdict(check)
        # Longer than the timeout is the time our loop stood still.
        rtt = duration if failure is None and duration <= check.timeout else None
        return Observation(check, at, failure, detail, duration, rtt)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a connect ended: ``number`` 0 is connected, EINPROGRESS not at all; ``word`` is the network's."""

    number: int
    word: SocketError | None = None

    def verdict(self, check: Check) -> tuple[Failure | None, str]:
        if self.number == 0:
            return None, ""
        if self.word is not None:
            said = os.strerror(self.word.errno)
            if self.word.is_refusal:
                return None, f"the device refuses port {check.port}: {said}"
            return Failure.UNREACHABLE, f"{self.word.offender} says: {said}"
        if self.number in {errno.ECONNREFUSED, errno.ECONNRESET}:
            return None, f"the device refuses port {check.port}: {os.strerror(self.number)}"
        if self.number in {errno.EINPROGRESS, errno.ETIMEDOUT}:
            return Failure.TIMEOUT, f"no answer from port {check.port}"
        return Failure.LOCAL, f"cannot connect: {os.strerror(self.number)}"


async def _connect(sock: socket.socket, address: str, check: Check) -> _Ending:
    """Connect; judged by the socket's own state, not by who woke us, since after a pause both are due at once."""
    target = _target(sock.family, address, check.port)
    number = sock.connect_ex(target)
    if number != errno.EINPROGRESS:
        return _Ending(number)
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    loop.add_writer(sock, wake)
    timer = loop.call_later(check.timeout, wake)
    try:
        await woken
    finally:
        timer.cancel()
        loop.remove_writer(sock)
    word = _word(sock)
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return _Ending(number or _unconnected(sock), word)


def _unconnected(sock: socket.socket) -> int:
    try:
        sock.getpeername()
    except OSError:
        return errno.EINPROGRESS
    return 0


def _word(sock: socket.socket) -> SocketError | None:
    try:
        error = read_error(sock)
    except BlockingIOError:
        return None
    return None if error is None or error.local else error


def _target(family: int, address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    if family == socket.AF_INET6:
        bare, _, zone = address.partition("%")
        return bare, port, 0, int(zone or 0)
    return address, port
