"""One observation: what was sent and answered, and the judgement on it."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netmon.datagram import Address, SocketError, address_of
from netmon.model import Check, Failure, Observation
from netmon.probes.icmp.echoing import EchoSocket, explained
from netmon.probes.icmp.turns import Row

ECHOES: Final = 5
"""Echoes an observation: one answer is enough to be up, the missing ones are the loss."""

_SPACING: Final = 0.15  # seconds between echoes; less where the timeout is short


class Pace:
    """What follows an echo, and when: the next echo, or the end; shared by all observations of one timeout."""

    def __init__(
        self, timeout: float, echo: Callable[[list[Ping]], None], conclude: Callable[[list[Ping]], None]
    ) -> None:
        """``timeout`` is seconds from the first echo on; ``conclude`` is for those who waited for answers in vain."""
        spacing = min(_SPACING, timeout / (2 * ECHOES))
        self.echoes = Row(spacing, echo)
        self.ends = Row(timeout - (ECHOES - 1) * spacing, conclude)

    def is_idle(self) -> bool:
        """Say whether nobody waits."""
        return self.echoes.is_empty() and self.ends.is_empty()

    def clear(self) -> None:
        """Send all away."""
        self.echoes.clear()
        self.ends.clear()


@dataclass(slots=True, eq=False)
class Ping:
    """One observation under way; times are monotonic seconds.

    ``slot`` × 5 is the sequence number of its first echo, ``waiting`` when each echo was sent: 0 before, and when it
    was answered. ``rest`` is what :meth:`EchoSocket.sum_of` gave.
    """

    check: Check
    address: str
    line: EchoSocket
    slot: int
    pace: Pace
    done: asyncio.Future[None]
    token: bytes
    name: Address = field(init=False)
    rest: int = field(init=False)
    at: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    tried: int = 0
    sent: int = 0
    waiting: list[float] = field(default_factory=lambda: [0.0] * ECHOES)
    answered: int = 0
    trip: float = math.inf  # the shortest
    fault: OSError | None = None
    refused: SocketError | None = None  # by the device itself
    unreachable: SocketError | None = None

    def __post_init__(self) -> None:
        """Prepare what all echoes have in common."""
        self.name = address_of(self.line.family, self.address, 0)
        self.rest = self.line.sum_of(self.token)

    def finish(self) -> None:
        """Let the observation be judged."""
        if not self.done.done():
            self.done.set_result(None)

    def observation(self) -> Observation:
        """Judge. What we did wrong comes before what the network did not do."""
        failure, detail = self._verdict()
        spoiled = self.fault is not None or self._is_robbed()
        return Observation(
            self.check,
            self.at,
            failure,
            detail,
            time.monotonic() - self.began,
            # Longer than the timeout is the time it lay in our buffer while the loop stood still, not a round trip.
            self.trip if self.trip <= self.check.timeout else None,
            None if spoiled or failure is Failure.LOCAL else 1 - self.answered / self.sent,
        )

    def _is_robbed(self) -> bool:
        return self.line.socket.overflowed_at >= self.began

    def _verdict(self) -> tuple[Failure | None, str]:
        if self.answered:
            return None, "" if self.answered == ECHOES else f"{self.answered} of {self.sent} echoes answered"
        if self.refused is not None:
            return None, f"the device refuses: {os.strerror(self.refused.errno)}"
        if self.fault is not None:
            return Failure.LOCAL, f"cannot send: {explained(self.fault)}"
        if self._is_robbed():
            return Failure.LOCAL, "our own socket dropped packets"
        if self.unreachable is not None:
            return Failure.UNREACHABLE, f"{self.unreachable.offender} says: {os.strerror(self.unreachable.errno)}"
        return Failure.TIMEOUT, f"none of {self.sent} echoes answered"
