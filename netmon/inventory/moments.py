"""Durations, dates, times and service hours, as people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from netmon.inventory.mistakes import Wrong
from netmon.model import ServiceHours, TimeSpans

Moment = datetime | date
"""A time with or without its offset, or a day."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 366 * 86400
DAY = 86400

EARLIEST, LATEST = 1970, 2999

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?: ?(Z)|([+-])([0-9]{2}):?([0-9]{2})?)?",
)
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


def duration(text: str, least: int) -> int:
    """Read ``90s``, ``5m``, ``24h`` or ``2d`` as seconds.

    Raises:
        Wrong: It is none, or out of its limits.
    """
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if found is None:
        bare = re.fullmatch(r"[0-9]{1,9}", text)
        if bare and int(text) == least == 0:
            return 0
        raise Wrong("{} is no duration", f"write {text}s" if bare else "write it as 90s, 5m, 24h or 2d")
    seconds = int(found[1]) * UNITS[found[2]]
    if not least <= seconds <= LONGEST:
        raise Wrong("{} is out of its limits", f"write at least {least}s and at most 366d")
    return seconds


def day(text: str) -> date:
    """Read ``2026-12-25``.

    Raises:
        Wrong: It is no day of the calendar.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        raise Wrong("{} is no date", "write it as 2026-12-31")
    if not EARLIEST <= int(found[1]) <= LATEST:
        raise Wrong("{} is no year to plan with", f"write a year from {EARLIEST} to {LATEST}")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Wrong("{} is not in the calendar", "write a month from 01 to 12 and a day it has") from None


def time(text: str) -> datetime:
    """Read an ISO 8601 date and time; seconds and offset may be left out, a fraction of a second is cut off.

    Raises:
        Wrong: It is none.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        bare = _DATE.fullmatch(text) is not None
        raise Wrong("{} is no time", f"write {text}T00:00" if bare else "write it as 2026-11-12T22:00+07:00")
    on = day(found[1])
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    try:
        at = datetime(on.year, on.month, on.day, hour, minute, second)  # noqa: DTZ001 -- the zone comes below or later
        if found[5]:
            return at.replace(tzinfo=UTC)
        if not found[6]:
            return at
        offset = timedelta(hours=int(found[7]), minutes=int(found[8] or 0))
        return at.replace(tzinfo=timezone(-offset if found[6] == "-" else offset))
    except ValueError:
        raise Wrong("{} is no time of the day", "write hours to 23, minutes and seconds to 59") from None


def time_or_day(text: str) -> Moment:
    """Read a time, or a day (which begins at midnight in the city's zone).

    Raises:
        Wrong: It is neither.
    """
    return day(text) if _DATE.fullmatch(text) else time(text)


def unix(moment: Moment, zone: ZoneInfo) -> int:
    """Give the Unix second of a moment; what has no offset is in the zone.

    Raises:
        Wrong: The zone's clocks skip that time, or show it twice.
    """
    if not isinstance(moment, datetime):
        # Where clocks are put forward at midnight the day begins an hour later: fold=0 gives that very second.
        return int(datetime(moment.year, moment.month, moment.day, tzinfo=zone).timestamp())
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise Wrong(f"{moment:%Y-%m-%dT%H:%M} does not exist in {zone.key}: the clocks skip it", "write another time")
    if first.utcoffset() != second.utcoffset():
        said = f"{first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}"
        raise Wrong(f"{moment:%Y-%m-%dT%H:%M} comes twice in {zone.key}", f"write {said}")
    return int(first.timestamp())


def spans(text: str) -> TimeSpans:
    """Read the hours of a day, ``06:00-12:00, 13:00-23:00`` or ``closed``: seconds after midnight, sorted, disjoint.

    Raises:
        Wrong: They are none.
    """
    if text.strip() == "closed":
        return ()
    found = sorted(_span(part.strip()) for part in text.split(","))
    for before, after in pairwise(found):
        if after[0] < before[1]:
            raise Wrong("the hours in {} overlap", "write each hour once")
    return tuple(found)


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Wrong("{} is not how hours are written", "write 06:00-23:00, several with commas, or closed")
    hours = [int(found[1]), int(found[3])]
    minutes = [int(found[2]), int(found[4])]
    start, end = (hour * 3600 + minute * 60 for hour, minute in zip(hours, minutes, strict=True))
    if max(minutes) > 59 or start >= DAY or end > DAY:  # noqa: PLR2004 -- minutes of an hour
        raise Wrong("{} is not within a day", "write 00:00 to 24:00; only an end may be 24:00")
    if start == end:
        raise Wrong("{} begins when it ends", "write 00:00-24:00 for the whole day, or closed")
    return (start, end) if start < end else (start, end + DAY)


def days(text: str) -> tuple[int, ...]:
    """Read ``mon-fri``, ``sat`` or ``mon,wed,fri`` as numbers of days, Monday being 0.

    Raises:
        Wrong: It names no days, or one twice.
    """
    found: list[int] = []
    for part in text.split(","):
        ends = [word.strip() for word in part.split("-")]
        if not 1 <= len(ends) <= 2 or not all(word in DAYS for word in ends):  # noqa: PLR2004 -- from and to
            raise Wrong("{} names no days", "write mon, mon-fri, sat,sun or holidays")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found += [number % 7 for number in range(first, last + 1 if first <= last else last + 8)]
    if len(set(found)) < len(found):
        raise Wrong("{} names a day twice", "write each day once")
    return tuple(found)


def every_day(hours: TimeSpans) -> ServiceHours:
    """Give the service hours that are the same on each day, holidays too."""
    return ServiceHours((hours,) * 7)
