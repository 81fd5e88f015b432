"""What the service manager is told (sd_notify): that netmon answers, loads anew, ends, and that it still works."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_LOG: Final = logging.getLogger(__name__)
_MICRO: Final = 1_000_000
_PATIENCE: Final = 30.0
"""Seconds that a round may be overdue with none begun: thrice as long as one takes when nothing answers."""

_LOOK_AGAIN: Final = 1.0
"""Seconds after which the scheduler is looked at anew, where it did not deserve a pat."""


class Notifier:
    """Datagrams to ``NOTIFY_SOCKET``, in the words of sd_notify(3); without that variable nothing is sent."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        status: Callable[[], str],
        overdue: Callable[[], float],
        pid: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read where to send.

        Args:
            environment: The variables ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID``.
            status: Gives the line that ``systemctl status`` shows.
            overdue: Gives the seconds for which a round has been due and none begun.
            pid: This process.
            monotonic: The clock, in seconds.
        """
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._every = _half_of_watchdog(environment, os.getpid() if pid is None else pid)
        self._status = status
        self._overdue = overdue
        self._monotonic = monotonic

    def ready(self) -> None:
        """Tell that the service answers, and how it stands."""
        self._tell("READY=1", f"STATUS={self._status()}")

    def stopping(self) -> None:
        """Tell that it ends."""
        self._tell("STOPPING=1", "STATUS=ending")

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Tell that it loads anew, and afterwards that it is ready again."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={int(self._monotonic() * _MICRO)}", "STATUS=loading anew")
        try:
            yield
        finally:
            self.ready()

    async def keep_watchdog(self) -> None:
        """Pat the watchdog from the loop, until cancelled; where there is none, only wait.

        A pat vouches that the loop turns and that the scheduler begins rounds as they come due. That history is
        written or pages are served vouches for nothing: a monitor that asks nobody would do both.
        """
        if self._address is None or self._every is None:
            await asyncio.get_running_loop().create_future()
            return
        stood_still = False
        while True:
            overdue = self._overdue()
            if overdue <= _PATIENCE:
                self._tell("WATCHDOG=1")
            elif not stood_still:
                _LOG.error("no round has begun for %.0f s although one is due: the watchdog gets no sign", overdue)
            stood_still = overdue > _PATIENCE
            await asyncio.sleep(min(_LOOK_AGAIN, self._every) if stood_still else self._every)

    def _tell(self, *words: str) -> None:
        """Send one datagram; a service manager that does not take it is no reason to stop watching a city."""
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            _LOG.warning("the service manager could not be told %s: %s", words[0], error)


def _address(text: str) -> str | None:
    """Give the address of the socket: a path, or an abstract name, written with ``@`` in place of the zero byte."""
    if not text:
        return None
    if text.startswith("@"):
        return "\0" + text[1:]
    if text.startswith("/"):
        return text
    _LOG.warning("NOTIFY_SOCKET=%s is neither a path nor an abstract name: nothing is told", text)
    return None


def _half_of_watchdog(environment: Mapping[str, str], pid: int) -> float | None:
    """Give the seconds between two pats; none where no watchdog waits for this process."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    return int(microseconds) / _MICRO / 2
