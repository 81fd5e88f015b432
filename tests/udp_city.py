"""SNMP agents at many loopback addresses in a thread of their own: they go on while the test's loop stands still."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from typing import Self

from snmp_agents import reply

from netmon.snmp import wire
from netmon.snmp.wire import encode_message

_TICK = 0.02


class UdpCity(threading.Thread):
    """Answers every SNMP question with its own bindings, ``delay`` seconds later, unless ``is_cut``."""

    def __init__(self, addresses: list[str], delay: float = 0.0) -> None:
        """Open one socket an address, all with one port."""
        super().__init__(daemon=True)
        self.delay = delay
        self.is_cut = False
        self.answered = 0
        self.port = 0
        self._sockets: list[socket.socket] = []
        for address in addresses:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sockets.append(opened)
            opened.bind((address, self.port))
            opened.setblocking(False)
            self.port = opened.getsockname()[1]
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        """Begin to answer."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and close."""
        self._is_over.set()
        self.join()
        for opened in self._sockets:
            opened.close()

    def run(self) -> None:
        """Answer until the end."""
        due: deque[tuple[float, socket.socket, bytes, object]] = deque()
        with selectors.DefaultSelector() as selector:
            for opened in self._sockets:
                selector.register(opened, selectors.EVENT_READ)
            while not self._is_over.is_set():
                for key, _ in selector.select(_TICK):
                    opened = key.fileobj
                    assert isinstance(opened, socket.socket)
                    data, asker = opened.recvfrom(65535)
                    if not self.is_cut:
                        answer = encode_message(reply(wire.decode_message(data)))
                        due.append((time.monotonic() + self.delay, opened, answer, asker))
                while due and due[0][0] <= time.monotonic():
                    _, opened, answer, asker = due.popleft()
                    opened.sendto(answer, asker)  # type: ignore[arg-type]
                    self.answered += 1
