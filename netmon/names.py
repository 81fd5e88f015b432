"""From what the inventory calls an address to the address that packets are sent to."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_LIFETIME: Final = 60.0
_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)

Place = tuple[socket.AddressFamily, str]
"""The address family and the numeric address as the kernel writes it (``fe80::1%2`` where it is link-local)."""


class Names:
    """Resolves host names without stopping the loop, and remembers an answer for a minute.

    Several that ask for one name at the same time share one question; a failure is not remembered.
    """

    def __init__(self, lifetime: float = _LIFETIME) -> None:
        """Start with nothing known; ``lifetime`` is seconds."""
        self._lifetime = lifetime
        self._known: dict[str, _Question] = {}
        self._numeric: dict[str, Place] = {}  # by what the inventory says

    async def resolve(self, host: str, timeout: float) -> Place:  # noqa: ASYNC109 the question goes on, only we leave
        """Give the family and the address of a host name or of a numeric address (at once, without any lookup).

        A name with several addresses gives the one that the system prefers (RFC 6724).

        Raises:
            socket.gaierror: The name does not exist, or no answer came within ``timeout`` seconds. That says
                something about our name servers and nothing about the device.
        """
        numeric = self._numeric.get(host)
        if numeric is not None:
            return numeric
        numeric = numeric_place(host)
        if numeric is not None:
            self._numeric[host] = numeric
            return numeric
        try:
            numeric = _place(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST))
        except socket.gaierror:
            pass  # a name then
        except UnicodeError:
            raise _not_a_name(host) from None
        else:
            if "%" not in host:  # an interface may come back with another number
                self._numeric[host] = numeric
            return numeric
        question = self._known.get(host)
        if question is None or question.is_over(self._lifetime):
            question = _Question(asyncio.ensure_future(_ask(host)))
            self._known[host] = question
            question.answer.add_done_callback(lambda _: self._forget_failed(host, question))
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(question.answer)
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {timeout:g} s") from None

    def _forget_failed(self, host: str, question: _Question) -> None:
        answer = question.answer
        if (answer.cancelled() or answer.exception() is not None) and self._known.get(host) is question:
            del self._known[host]


def numeric_place(text: str) -> Place | None:
    """Give the family and the kernel's spelling of a plain numeric address; ``None`` for anything else."""
    for family in _FAMILIES:
        try:
            return family, socket.inet_ntop(family, socket.inet_pton(family, text))
        except (OSError, ValueError):
            continue  # not of this family
    return None


@dataclass(slots=True)
class _Question:
    answer: asyncio.Future[Place]
    asked: float = field(default_factory=time.monotonic)

    def is_over(self, lifetime: float) -> bool:
        return self.answer.done() and time.monotonic() >= self.asked + lifetime


async def _ask(host: str) -> Place:
    try:
        return _place(await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM))
    except UnicodeError:
        raise _not_a_name(host) from None


def _not_a_name(host: str) -> socket.gaierror:
    return socket.gaierror(socket.EAI_NONAME, f"{host!r} cannot be a host name")


def _place(found: Sequence[tuple[Any, ...]]) -> Place:
    family, _, _, _, name = found[0]
    zone = name[3] if family == socket.AF_INET6 else 0
    return family, f"{name[0]}%{zone}" if zone else str(name[0])
