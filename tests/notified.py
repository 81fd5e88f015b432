"""A service manager's socket: what a process tells it, datagram by datagram."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

DEADLINE = 60.0


class Told:
    """What has been told so far; each datagram is a mapping of its assignments."""

    def __init__(self, sock: socket.socket) -> None:
        """Listen on a bound socket."""
        self._sock = sock

    def next(self, deadline: float = DEADLINE) -> dict[str, str]:
        """Wait for the next datagram.

        Raises:
            TimeoutError: None came in so many seconds.
        """
        self._sock.settimeout(deadline)
        return dict(line.split("=", 1) for line in self._sock.recv(65536).decode().splitlines())

    def all(self) -> list[dict[str, str]]:
        """Give what has arrived and was not read yet."""
        found = []
        while True:
            try:
                found.append(self.next(0.0))
            except BlockingIOError:
                return found

    def wait_for(self, word: str, deadline: float = DEADLINE) -> dict[str, str]:
        """Read on until a datagram has an assignment of this word, and give it."""
        end = time.monotonic() + deadline
        while True:
            found = self.next(max(0.01, end - time.monotonic()))
            if word in found:
                return found


@contextmanager
def notify_socket(address: str) -> Iterator[Told]:
    """Bind a socket as a service manager does; ``@`` begins an abstract name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + address[1:] if address.startswith("@") else address)
        yield Told(sock)
