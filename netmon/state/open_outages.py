"""Outages that people should know of: those a thing is to blame for itself, held through short returns.

What is paged is decided here and not in a rule, so that a restart of whoever reads it neither loses nor doubles
a page. None of it changes a figure: LK-1 counts the outages as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from netmon.model import Device, Role, State
from netmon.state.course import Course

_UP: Final = frozenset({State.UP, State.DEGRADED})
_NOT_TOLD: Final = frozenset({State.UNKNOWN, State.PLANNED, State.OUT_OF_SERVICE})

_OUT: Final = frozenset({State.DOWN, State.DOWN_UPSTREAM})
_CONNECTING: Final = frozenset({Role.ROUTER, Role.LINK})

_MOST_HOLDS: Final = 5
"""A return is believed after so many holds at most, however often it was none."""

_FORGOTTEN: Final = 7 * 86400
"""Seconds without a state that tells, after which nobody is kept waiting for the end of an outage."""

_FARTHEST: Final = 1000
"""Stretches that are looked back at; what flaps more often than that is open since the first of them."""


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """An outage that goes on, or has not been over for long enough: its beginning (Unix seconds).

    ``outages`` is how often the thing has gone down since, the first time included.
    """

    start: int
    outages: int


def open_outage(course: Course, index: int, now: int, hold: int) -> OpenOutage | None:
    """Tell the outage of its own that is open for a thing in a second; ``None`` where none is.

    It opens when the thing is ``down``, and ends when it has been up or degraded for ``hold`` seconds, times the
    number of outages since it opened (five at most). Nothing else ends it: in a window, out of its hours or while
    nobody knows, nobody can say that it is over; after seven days of that it is forgotten. What is down because of
    its upstream opens nothing. ``index`` is the position of the second's stretch.
    """
    if course.state(index) in _UP and (index == 0 or now - course.start(index) >= hold * _MOST_HOLDS):
        return None  # most things, most of the time
    found: OpenOutage | None = None
    untold = back = 0
    for at in range(_opened_after(course, index, hold), index + 1):
        state, start = course.state(at), course.start(at)
        lasted = (course.end(at) if at < index else now) - start
        untold = untold + lasted if state in _NOT_TOLD else 0
        back = back + lasted if state in _UP else 0
        if state is State.DOWN:
            found = OpenOutage(start, 1) if found is None else _again(course, at, found)
        elif untold >= _FORGOTTEN or (state in _UP and back >= hold * _holds(found)):
            found = None
    return found


def _opened_after(course: Course, index: int, hold: int) -> int:
    """Find a stretch before which nothing can have been left open."""
    for at in range(index - 1, max(0, index - _FARTHEST), -1):
        if course.state(at) in _UP and course.end(at) - course.start(at) >= hold * _MOST_HOLDS:
            return at
    return max(0, index - _FARTHEST)


def _holds(found: OpenOutage | None) -> int:
    return min(found.outages, _MOST_HOLDS) if found is not None else 0


def _again(course: Course, at: int, found: OpenOutage) -> OpenOutage:
    """Count another outage, where the thing was up since the last."""
    return OpenOutage(found.start, found.outages + 1) if course.state(at - 1) in _UP else found


def cause_of(devices: Mapping[str, Device], name: str, state_of: Callable[[str], State]) -> tuple[str, str] | None:
    """Name what a device is down because of, as :meth:`netmon.state.CityState.cause_of` tells it.

    An uplink stands for its routers and links. Where all that it is behind has come back, it is what was just back.
    """
    device, seen = devices[name], {name}
    if state_of(name) is not State.DOWN_UPSTREAM:
        return None
    while True:
        above = [devices[one] for one in device.behind if one in devices and one not in seen]
        if not above:
            break
        device = next((one for one in above if state_of(one.id) in _OUT), above[0])
        seen.add(device.id)
        if state_of(device.id) is not State.DOWN_UPSTREAM:
            break
    if device.id == name:
        return None
    return ("uplink", device.uplink) if device.uplink and device.role in _CONNECTING else ("device", device.id)
