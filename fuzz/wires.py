"""In the place of sockets: what is sent goes to the harness, what it says comes in; and a loop without real time."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest import mock

from virtual_time import VirtualTimeLoop

from netmon.datagram import DatagramSocket, SocketError

T = TypeVar("T")


class Wire:
    """What is behind a socket: what comes in by ``says`` and ``errs`` goes to whoever opened it."""

    def __init__(
        self, family: int, kind: int, on_datagram: Callable[[bytes, str, int], None], on_error: Callable[..., None]
    ) -> None:
        """Note who is to be told."""
        self.family = family
        self.kind = kind
        self.is_open = False
        self._on_datagram = on_datagram
        self._on_error = on_error

    def says(self, data: bytes, address: str, port: int) -> None:
        """Let a datagram come in."""
        if self.is_open:
            self._on_datagram(data, address, port)

    def errs(self, error: SocketError) -> None:
        """Let an error come in."""
        if self.is_open:
            self._on_error(error)


class Wires:
    """Has all sockets on wires: ``hears`` is given the wire and what was sent on it, with address and port.

    ``denied`` are kinds of socket that the system does not allow.
    """

    def __init__(self) -> None:
        """Allow all, hear nothing."""
        self.denied: frozenset[int] = frozenset()
        self.hears: Callable[[Wire, bytes, str, int], None] = lambda *_: None

    def stand_ins(self) -> dict[str, Any]:
        """Give what takes the place of a socket's methods; ``post`` is ``send`` to the kernel's name of an address."""

        def init(sock: Any, family: int, kind: int = 0, _proto: int = 0, **told: Any) -> None:
            sock.overflows, sock.overflowed_at = 0, -math.inf
            sock.wire = Wire(family, kind, told["on_datagram"], told["on_error"])

        def opened(sock: Any) -> None:
            if sock.wire.kind in self.denied:
                raise PermissionError
            sock.wire.is_open = True

        def closed(sock: Any) -> None:
            sock.wire.is_open = False

        return {
            "__init__": init,
            "open": opened,
            "close": closed,
            "send": lambda sock, data, address, port: self.hears(sock.wire, data, address, port),
            "post": lambda sock, data, name: self.hears(sock.wire, data, name[0], name[1]),
            "drain": lambda _: 0,
        }


@contextmanager
def wired() -> Iterator[Wires]:
    """Put every :class:`netmon.datagram.DatagramSocket` on a wire, whoever makes it."""
    wires = Wires()
    with contextlib.ExitStack() as patches:
        for name, stand_in in wires.stand_ins().items():
            patches.enter_context(mock.patch.object(DatagramSocket, name, stand_in))
        yield wires


class Stage:
    """Plays stories in a loop whose time costs nothing; an exception anywhere in the loop ends them."""

    def __init__(self) -> None:
        """Make the loop."""
        self.loop = VirtualTimeLoop()
        self._bugs: list[BaseException] = []
        self.loop.set_exception_handler(self._note)

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._bugs.append(context.get("exception") or RuntimeError(context["message"]))

    def play(self, story: Awaitable[T]) -> T:
        """Run a story to its end."""
        self._bugs.clear()

        async def told() -> T:
            return await story

        result = self.loop.run_until_complete(told())
        if self._bugs:
            raise self._bugs[0]
        return result


@contextmanager
def staged() -> Iterator[Stage]:
    """Open a stage and close it."""
    stage = Stage()
    try:
        yield stage
    finally:
        stage.loop.close()
