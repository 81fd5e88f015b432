"""Where the service answers HTTP: the socket, and a server that leaves signals to it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

_HIGHEST_PORT: Final = 65535


def listen(where: str) -> socket.socket:
    """Open the socket for HTTP.

    Raises:
        ValueError: The address is not of the form HOST:PORT.
        OSError: It cannot be had.
    """
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise ValueError("write HOST:PORT, such as 127.0.0.1:9810 or [::1]:9810")
    host = host.removeprefix("[").removesuffix("]")
    family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, int(port)), family=family, backlog=128)


class Server(uvicorn.Server):
    """Leaves signals to the service, and says when it answers."""

    def __init__(self, config: uvicorn.Config, answers: Callable[[], None]) -> None:
        """Take what is served; ``answers`` is called once, as soon as requests are answered."""
        super().__init__(config)
        self._answers = answers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._answers()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
