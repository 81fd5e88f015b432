"""People and their traffic in the simulated city: pure functions of a seed and the time.

The same seed and the same second give the same numbers in every process, so that a test can tell in advance what a
device must answer, and a city that is started again goes on where it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zlib import crc32
from zoneinfo import ZoneInfo

SLOT: Final = 60
"""People come and go once in so many seconds; in between their number stands still."""

_DRIFT: Final = 900  # how long it takes for one device's luck to change
_HOUR: Final = 3600
_WEEK_HOURS: Final = 168
_WEEK: Final = _WEEK_HOURS * _HOUR
_FULL: Final = 9
_FRIDAY: Final = 4
_SATURDAY: Final = 5

# How busy a kind of place is at each hour of the day, from 0 (nobody) to 9: on a weekday, on a weekend day.
_BUSY: Final = {
    "office": ("000000125899868974211000", "000000001111111111100000"),
    "health": ("111111248998775432221111", "111111236776432222211111"),
    "education": ("000000138999789876432100", "000000012333333322111000"),
    "worship": ("000138421113932262396100", "000138421224832262396200"),
    "tourism": ("000000111222333467765310", "000001246677778899987420"),
    "park": ("000002321112222356654210", "000004765444445678876420"),
    "market": ("001247899987666544321000", "001258999998766544321000"),
    "transport": ("111235786545556678765321", "111235677666667789876421"),
    "uplink": ("321111234555555556789864", "421111223455566667899875"),
    "other": ("111111234555555555543211", "111111223444444444443211"),
}
_FRIDAY_PRAYER: Final = "000138421115992262396100"


def _week(kind: str) -> tuple[float, ...]:
    weekday, weekend = _BUSY.get(kind, _BUSY["other"])
    days = [weekday] * _SATURDAY + [weekend] * 2
    if kind == "worship":
        days[_FRIDAY] = _FRIDAY_PRAYER
    return tuple(int(digit) / _FULL for digit in "".join(days))


class Rhythm:
    """How busy one kind of place is through the week, from Monday's first hour on."""

    __slots__ = ("_hours", "_sums")

    def __init__(self, kind: str) -> None:
        """Take the week of a kind of place (an inventory's ``kind``, or ``uplink``)."""
        self._hours = _week(kind)
        sums = [0.0]
        for hour in self._hours:
            sums.append(sums[-1] + hour * _HOUR)
        self._sums = tuple(sums)

    def busy(self, hour: float) -> float:
        """Say how busy it is at an hour of the week (0 to 168, fractions between), from 0 to 1."""
        whole = int(hour)
        part = hour - whole
        return self._hours[whole % _WEEK_HOURS] * (1 - part) + self._hours[(whole + 1) % _WEEK_HOURS] * part

    def seconds(self, at: float) -> float:
        """Count the busy seconds from a Monday in the past to ``at`` (seconds, by the city's clock); it never falls."""
        weeks, rest = divmod(at, _WEEK)
        hour = min(int(rest // _HOUR), _WEEK_HOURS - 1)
        return weeks * self._sums[-1] + self._sums[hour] + self._hours[hour] * (rest - hour * _HOUR)


class City:
    """The time of day in the city, and chance that is the same for everybody who asks."""

    def __init__(self, zone: str, seed: int, start: float) -> None:
        """Take the city's time zone; counters keep its offset of ``start``, so that no clock change turns them back."""
        self._zone = ZoneInfo(zone)
        self.seed: Final = seed
        offset = datetime.fromtimestamp(start, self._zone).utcoffset()
        monday = datetime(1970, 1, 5, tzinfo=UTC).timestamp()
        self._shift = (offset.total_seconds() if offset else 0.0) - monday
        self._rhythms: dict[str, Rhythm] = {}
        self._hour = (-1, 0.0)

    def rhythm(self, kind: str) -> Rhythm:
        """Give the rhythm of a kind of place."""
        if kind not in self._rhythms:
            self._rhythms[kind] = Rhythm(kind)
        return self._rhythms[kind]

    def week_hour(self, slot: int) -> float:
        """Tell the hour of the local week, 0 at Monday's midnight, of a slot (Unix seconds divided by ``SLOT``)."""
        if self._hour[0] != slot:
            local = datetime.fromtimestamp(slot * SLOT, self._zone)
            self._hour = (slot, local.weekday() * 24 + local.hour + local.minute / 60)
        return self._hour[1]

    def luck(self, key: int, count: int) -> float:
        """Throw a die that shows the same for the same key and count: from 0 to 1, exclusive."""
        return crc32(b"%d/%d/%d" % (self.seed, key, count)) / 4294967296

    def clients(self, key: int, rhythm: Rhythm, capacity: int, slot: int) -> int:
        """Count the clients of a radio that holds ``capacity`` of them at the busiest time."""
        turn, part = divmod(slot * SLOT, _DRIFT)
        mood = self.luck(key, turn) * (_DRIFT - part) + self.luck(key, turn + 1) * part
        return int(capacity * rhythm.busy(self.week_hour(slot)) * (0.6 + 0.4 * mood / _DRIFT) + self.luck(key, -slot))

    def busy_seconds(self, rhythm: Rhythm, since: float, until: float) -> float:
        """Count the busy seconds between two times (Unix seconds); it never falls as ``until`` grows."""
        return rhythm.seconds(until + self._shift) - rhythm.seconds(since + self._shift)
