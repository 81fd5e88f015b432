"""How every object stands: kept from one look to the next, and worked out anew only where something has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from netmon.model import State
from netmon.state.account import OUT, Account, Formed, Source, untouched

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
    still to be counted in the current month, whose ``label`` it has; ``before`` are those of all states until then,
    by the label of each month on show in whose report the object is.
    """

    state: State
    since: int | None
    begins: int
    label: str
    before: Mapping[str, Mapping[State, int]]
    looked: _Looked
    formed: tuple[Formed, ...] = ()  # of the months on show, the current one first
    index: int = 0
    sources: tuple[Source, ...] = ()
    first: int = 0
    until: int = 0

    def seconds(self, now: int) -> dict[str, Mapping[State, int]]:
        """Count the seconds of each state in each month on show up to a second in which it stands like this."""
        found = dict(self.before)
        current = dict(found[self.label])
        current[self.state] += now - self.begins
        found[self.label] = current
        return found


class Standings:
    """How the objects of one inventory stand, by kind and id, and the outages that have begun."""

    def __init__(self) -> None:
        """Begin without having looked."""
        self.outages: Counter[tuple[str, str]] = Counter()
        self._looked: dict[tuple[str, str], _Looked] = {}
        self._accounts: Accounts = ()
        self._known: dict[str, dict[str, Stand]] = {}

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
        looked = self._looked.get((kind, name))
        if looked is not None and now < looked.at:
            return looked
        out = formed.edges[formed.index(now)][2] in OUT
        if looked is None:
            looked = self._looked[kind, name] = _Looked(now, out)
            self.outages[kind, name] += now in formed.outages(now, now)
            return looked
        begun = [start for start in formed.outages(looked.at, now) if not (looked.out and start <= looked.at)]
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
        current = accounts[-1]
        formed = [current.formed(kind, name, now)]
        index = formed[0].index(now)
        looked = self.count_outage(kind, name, formed[0], now)
        seconds: dict[str, Mapping[State, int]] = {}
        for account in accounts[:-1]:
            if account.holds(kind, name):
                formed.append(account.formed(kind, name, now))
                seconds[account.period.label] = account.seconds_of(formed[-1], now)
        start, end, state = formed[0].edges[index]
        stand = before
        if stand is None or stand.index != index or not _same(stand.formed, formed):
            seconds[current.period.label] = current.before(formed[0], index)
            begins = max(start, current.period.start)
            since = _since(formed[0], index)
            stand = Stand(state, since, begins, current.period.label, seconds, looked, tuple(formed), index)
        stand.sources = tuple([source for one in formed for source in one.sources])
        stand.first = max(start, *[one.first for one in formed])
        stand.until = min(end, *[one.until for one in formed])
        if now < looked.at:  # what began until then is still to be counted
            stand.until = min(stand.until, looked.at)
        return stand


def _same(left: tuple[Formed, ...], right: list[Formed]) -> bool:
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))


def _since(formed: Formed, index: int) -> int | None:
    """Say when a stretch began; an outage with its first stretch. ``None``: before anything that is looked at."""
    edges = formed.edges
    if edges[index][2] in OUT:
        while index > 0 and edges[index - 1][2] in OUT:
            index -= 1
    return formed.starts[index] if index > 0 else None
