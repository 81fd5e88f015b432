"""One TCP connection with an end in time and in size, which can be cut from any thread."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from typing import Any, Final

from netmon.model import Failure

_MOST_TEXT: Final = 1 << 20
"""Characters of one answer; a device that goes on for ever is cut."""

_PAGER: Final = re.compile(
    r"(?:-{2,}\s*\(?more\)?(?:\s*\(\d+%\))?\s*-*|<-+\s*more\s*-+>|\[Q quit\|[^\]]*\]|"
    r"press (?:any key|enter|space|return)[^\r\n]{0,60}|\(q\) quit[^\r\n]{0,60})[ \t]*\Z",
    re.IGNORECASE,
)
_PAGED: Final = re.compile(
    r"(?:-{2,}[ \t]*\(?more\)?(?:[ \t]*\(\d+%\))?[ \t]*-*|<-+[ \t]*more[ \t]*-+>|\[Q quit\|[^\]]*\])"
    r"(?:[\b\r \t]|\x1b\[[0-9;]*[A-Za-z])*",
    re.IGNORECASE,
)
_TAIL: Final = 120
_JOINED: Final = 2.0  # seconds in which a thread of paramiko's whose socket is closed has surely ended


class SshError(Exception):
    """Why a device could not be asked; ``detail`` is a sentence for people, without secrets."""

    def __init__(self, failure: Failure, detail: str) -> None:
        """Keep both."""
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class Line:
    """A connection to a device; ``until`` (monotonic seconds) ends all that is done on it.

    Its methods may be called from any thread.
    """

    def __init__(self, until: float) -> None:
        """Begin without a connection."""
        self.until = until
        self._sock: socket.socket | None = None
        self._is_cut = False
        self._room = _MOST_TEXT
        self._transports: list[Any] = []

    def carries(self, transport: Any) -> None:
        """Note a transport of paramiko on this line, for :meth:`undo`."""
        self._transports.append(transport)

    def undo(self) -> None:
        """Take apart what was on the line, once it is cut and nobody uses it any more.

        Paramiko's objects hold each other in circles. In the service such circles are looked for seldom
        (``netmon.cli.settling``), and sessions that end each minute would pile up.
        """
        self.cut()
        while self._transports:
            transport = self._transports.pop()
            transport.close()
            transport.join(_JOINED)
            parts = [part for part in vars(transport).values() if type(part).__module__.startswith("paramiko")]
            for part in (*parts, transport):
                vars(part).clear()

    def connect(self, family: int, address: str, port: int) -> socket.socket:
        """Connect.

        Raises:
            OSError: It failed, or took too long.
        """
        sock = self._sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(max(self.left(), 0.01))
        place: Any = (address, port)
        if family == socket.AF_INET6:
            bare, _, zone = address.partition("%")
            place = (bare, port, 0, int(zone or 0))
        sock.connect(place)
        return sock

    def left(self) -> float:
        """Give the seconds that are left."""
        return self.until - time.monotonic()

    def go_on(self, until: float) -> None:
        """Take a new end, for another poll on the same connection."""
        self.until = until

    def make_room(self) -> None:
        """Begin another answer."""
        self._room = _MOST_TEXT

    def check(self, text: str = "") -> None:
        """Count what came.

        Raises:
            SshError: The time is over, the line was cut, or too much came.
        """
        if self._is_cut or self.left() <= 0:
            raise SshError(Failure.TIMEOUT, "the device did not answer in its time")
        self._room -= len(text)
        if self._room < 0:
            raise SshError(Failure.AUTH, f"the device answered more than {_MOST_TEXT} characters to one command")

    def cut(self) -> None:
        """End the connection, whoever waits on it."""
        self._is_cut = True
        sock = self._sock
        if sock is not None:
            with suppress(OSError):  # it may be closed already
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


class Watched:
    """Stands before netmiko's channel: sees the time, the size, the other end hanging up, and turns a pager's pages."""

    def __init__(self, inner: Any, line: Line) -> None:
        """Take netmiko's channel (``netmiko.channel.SSHChannel``)."""
        self._inner = inner
        self._line = line
        self._tail = ""

    def write_channel(self, out_data: str) -> None:
        """Send a text."""
        self._line.check()
        self._tail = ""
        self._inner.write_channel(out_data)

    def read_buffer(self) -> str:
        """Read once what has come."""
        return self.read_channel()

    def read_channel(self) -> str:
        """Read what has come.

        Raises:
            SshError: The other end hung up; and as :meth:`Line.check`.
        """
        self._line.check()
        came = ""
        while piece := str(self._inner.read_buffer()):
            self._line.check(piece)
            came += piece
        end = self._inner.remote_conn
        if not came and (end is None or end.closed or end.eof_received):
            raise SshError(Failure.UNREACHABLE, "the device hung up")
        if came:
            self._tail = (self._tail + came)[-_TAIL:]
            if _PAGER.search(self._tail):
                self._tail = ""
                self._inner.write_channel(" ")
        return came


def without_pages(text: str) -> str:
    """Take a pager's own words, and how it wipes them away, out of an answer."""
    return _PAGED.sub("", text)
