"""The words of probing: what is asked, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from netmon.model.observing import Failure, Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to ask again and again.

    ``id`` is unique and stable (``pam-ap-1/reachability``, ``pam-ap-1/readings``); ``probe`` names the function
    in the dict of probes. ``reach_of`` is set where the target is seen through another device.
    """

    id: str
    device: str
    probe: str
    interval: int
    timeout: float = 2.0
    address: str = ""
    port: int = 0
    credential: str = ""
    profile: str = "auto"
    interface: str = ""
    decides: bool = False  # the one check that says up or down
    confirm_by_ping: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a device: its measure (a name of ``measures.py``) and its labels.

    A city has a hundred thousand of them: the beginning of its line of text is made where it is needed
    (``measures.line_of``) and not kept here.
    """

    measure: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """What a device told: series, and beside each its value.

    ``series`` is the same object from poll to poll while a device tells the same things, so that what is made of it
    can be kept.
    """

    series: tuple[Series, ...] = ()
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[Series, float]]) -> Readings:
        """Make them of pairs."""
        told = tuple(pairs)
        return cls(tuple([series for series, _ in told]), tuple([value for _, value in told]))

    def __iter__(self) -> Iterator[tuple[Series, float]]:
        """Go through the pairs."""
        return zip(self.series, self.values, strict=True)

    def __len__(self) -> int:
        """Count them."""
        return len(self.values)


NO_READINGS: Final = Readings()


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says it is."""

    profile: str = ""
    vendor: str = ""
    model: str = ""
    version: str = ""
    serial: str = ""
    name: str = ""


class Observation(NamedTuple):
    """What one probe saw.

    ``at`` is the wall clock (Unix seconds with fraction) when its first packet was sent; ``duration``, ``rtt`` are
    seconds, ``loss`` a ratio. ``failure`` is ``None`` exactly when the device answered. ``partial`` says that
    not all readings could be had, ``idle`` that there was nothing to ask and nothing was sent. ``detail`` is a
    sentence for people, without secrets.
    """

    check: Check
    at: float
    failure: Failure | None = None
    detail: str = ""
    duration: float = 0.0
    rtt: float | None = None
    loss: float | None = None
    readings: Readings = NO_READINGS
    identity: Identity | None = None
    partial: bool = False
    idle: bool = False

    @property
    def outcome(self) -> Outcome:
        """Up where there is no failure, else what the failure stands for."""
        return Outcome.UP if self.failure is None else self.failure.outcome
