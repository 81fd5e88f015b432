"""The socket of each address family, opened and closed together."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable

from netmon.datagram import DatagramSocket, SocketError


class Sockets:
    """One datagram socket an address family, as many as the system has."""

    def __init__(self, on_datagram: Callable[[bytes, str, int], None], on_error: Callable[[SocketError], None]) -> None:
        """Note who is called with what comes in."""
        self._on_datagram = on_datagram
        self._on_error = on_error
        self._opened: dict[int, DatagramSocket] = {}

    def open(self) -> None:
        """Open them in the running loop; a family that the system does not have is left out.

        Raises:
            OSError: Neither family can be opened.
        """
        failed: list[OSError] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            opened = DatagramSocket(family, on_datagram=self._on_datagram, on_error=self._on_error)
            try:
                opened.open()
            except OSError as error:
                failed.append(error)
            else:
                self._opened[family] = opened
        if not self._opened:
            raise failed[0]

    def close(self) -> None:
        """Close all of them."""
        for opened in self._opened.values():
            opened.close()
        self._opened = {}

    def of(self, family: int) -> DatagramSocket | None:
        """Give the socket of a family; ``None`` where the system has none."""
        return self._opened.get(family)

    def drain(self) -> None:
        """Read all that waits."""
        for opened in tuple(self._opened.values()):
            opened.drain()

    @property
    def overflows(self) -> int:
        """How many packets the kernel dropped because our buffers were full."""
        return sum(opened.overflows for opened in self._opened.values())

    @property
    def overflowed_at(self) -> float:
        """``time.monotonic()`` when that last grew, ``-inf`` before."""
        return max((opened.overflowed_at for opened in self._opened.values()), default=-math.inf)
