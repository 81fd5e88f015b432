"""How every object stands: kept from one look to the next, and worked out anew only where something has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from netmon.model import STATES, State
from netmon.state.account import Account, Formed, Source, untouched
from netmon.state.course import Course, Seconds

Accounts = tuple[Account, ...]
"""The months on show, the current one last."""


@dataclass(slots=True)
class _Looked:
    """When outages of an object were last counted, and whether it was out then."""

    at: int
    out: bool


@dataclass(slots=True, eq=False)
class Stand:
    """One object as it stands: the same one for as long as only time passes.

    ``since`` is ``None`` where it has been so for longer than this month and the one before; an outage's is that of
    the whole outage, whoever it was put down to. ``begins`` is the second from which on the seconds of ``state`` are
    still to be counted in the current month; ``before`` are those of all states until then, in each of the ``months``
    on show in whose report the object is, the current one last.
    """

    state: State
    since: int | None
    begins: int
    months: tuple[str, ...]
    before: tuple[Seconds, ...]
    looked: _Looked
    courses: tuple[Course, ...]
    index: int
    sources: tuple[Source, ...] = ()
    first: int = 0
    until: int = 0

    def seconds(self, now: int) -> dict[str, Mapping[State, int]]:
        """Count the seconds of each state in each month on show up to a second in which it stands like this."""
        found = [dict(zip(STATES, seconds, strict=True)) for seconds in self.before]
        found[-1][self.state] += now - self.begins
        return dict(zip(self.months, found, strict=True))


class Standings:
    """How the objects of one inventory stand, by kind and id, and the outages that have begun."""

    def __init__(self) -> None:
        """Begin without having looked."""
        self.outages: Counter[tuple[str, str]] = Counter()
        self._looked: dict[str, dict[str, _Looked]] = {"device": {}, "site": {}, "uplink": {}}
        self._accounts: Accounts = ()
        self._known: dict[str, dict[str, Stand]] = {}
        self._months: dict[tuple[str, ...], tuple[str, ...]] = {}  # each only once

    def of(self, kind: str, name: str, accounts: Accounts, now: int) -> Stand:
        """Tell how an object of the current month stands."""
        known = self._known_by(accounts).setdefault(kind, {})
        stand = known.get(name)
        if stand is None or not stand.first <= now < stand.until or not untouched(stand.sources, now):
            stand = known[name] = self._formed(kind, name, accounts, now, stand)
        elif stand.looked.at < now:
            stand.looked.at = now
        return stand

    def every(self, kind: str, names: Mapping[str, object], accounts: Accounts, now: int) -> list[Stand]:
        """Tell how every object of a kind stands, in the order of their names: much quicker than one by one."""
        known = self._known_by(accounts).setdefault(kind, {})
        found = []
        for name in names:
            stand = known.get(name)
            if stand is None or not stand.first <= now < stand.until or not untouched(stand.sources, now):
                stand = known[name] = self._formed(kind, name, accounts, now, stand)
            elif stand.looked.at < now:
                stand.looked.at = now
            found.append(stand)
        return found

    def count_outage(self, kind: str, name: str, formed: Formed, now: int) -> _Looked:
        """Count the outages that have begun since the last look; one that was there at the first look is not ours."""
        looked = self._looked[kind].get(name)
        if looked is not None and now < looked.at:
            return looked
        course = formed.course
        out = course.is_out(course.index(now))
        if looked is None:
            looked = self._looked[kind][name] = _Looked(now, out)
            begun = [start for start in course.outages(now, now) if start == now]
        else:
            begun = [start for start in course.outages(looked.at, now) if not (looked.out and start <= looked.at)]
        if begun:  # of most there are none, and need be kept none
            self.outages[kind, name] += len(begun)
        looked.at, looked.out = now, out
        return looked

    def _known_by(self, accounts: Accounts) -> dict[str, dict[str, Stand]]:
        """Give what is known by these accounts: with another month or inventory everything stands anew."""
        mine = self._accounts
        if len(mine) != len(accounts) or any(one is not other for one, other in zip(mine, accounts, strict=True)):
            self._accounts, self._known = accounts, {}
        return self._known

    def _formed(self, kind: str, name: str, accounts: Accounts, now: int, before: Stand | None) -> Stand:
        """Form an object for a second, and give the stand before where it turns out to be that one still."""
        held = [account for account in accounts[:-1] if account.holds(kind, name)] + [accounts[-1]]
        formed = [account.formed(kind, name, now) for account in held]
        courses = tuple([one.course for one in formed])
        course = courses[-1]
        index = course.index(now)
        start = course.start(index)
        looked = self.count_outage(kind, name, formed[-1], now)
        stand = before
        if stand is None or stand.index != index or stand.courses != courses:
            months = tuple([account.period.label for account in held])
            seconds = (*[one.seconds(now) for one in courses[:-1]], course.before(index))
            stand = Stand(
                course.state(index),
                course.since(index),
                max(start, accounts[-1].period.start),
                self._months.setdefault(months, months),
                seconds,
                looked,
                courses,
                index,
            )
        stand.sources = formed[0].sources if len(formed) == 1 else tuple([s for one in formed for s in one.sources])
        stand.first = max(start, *[one.first for one in formed])
        stand.until = min(course.end(index), *[one.until for one in formed])
        if now < looked.at:  # what began until then is still to be counted
            stand.until = min(stand.until, looked.at)
        return stand
