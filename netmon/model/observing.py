"""The words of time and of what is observed: outcomes, failures, states, spans, periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

DEFINITION: Final = "LK-1"
"""The version of the definition of availability that this code computes."""

COVERAGE: Final = 2.5
"""An observation describes at most this many intervals (LK-1, "Coverage of an observation")."""


def reach_seconds(interval: int) -> int:
    """Say how many seconds an observation describes at most: ``floor(2.5 x interval)`` (LK-1)."""
    return interval * 5 // 2


def iso(at: int) -> str:
    """Write a Unix second as ISO 8601 in UTC: ``2026-10-31T17:00:00Z``."""
    return f"{datetime.fromtimestamp(at, UTC).isoformat()[:19]}Z"


class Outcome(StrEnum):
    """What one observation says of a device (LK-1, "What is observed")."""

    UP = "up"
    DOWN = "down"
    BLIND = "blind"


class Failure(StrEnum):
    """Why a probe has no answer; a value, never an exception."""

    TIMEOUT = "timeout"  # nothing came back
    UNREACHABLE = "unreachable"  # the network said so
    AUTH = "auth"  # the device is there and refuses our credential
    LOCAL = "local"  # our own fault: no route, no buffer, no permission, dropped packets, a loop that stood still
    WITNESS = "witness"  # no witness answered: the monitor itself is cut off
    INTERNAL = "internal"  # a bug of ours

    @property
    def outcome(self) -> Outcome:
        """The outcome it stands for: only the network's own silence or word is ``down``."""
        return Outcome.DOWN if self in {Failure.TIMEOUT, Failure.UNREACHABLE} else Outcome.BLIND


class State(StrEnum):
    """The seven states of LK-1, in the order of the report's JSON."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    DOWN_UPSTREAM = "down_upstream"
    UNKNOWN = "unknown"
    PLANNED = "planned"
    OUT_OF_SERVICE = "out_of_service"


STATES: Final = tuple(State)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that observations cover with one outcome."""

    start: int
    end: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Period:
    """The time a report is about.

    ``end`` is where counting stops, ``partial`` says that this is "now" and not the period's own end.
    """

    start: int
    end: int
    zone: str
    label: str
    partial: bool = False
