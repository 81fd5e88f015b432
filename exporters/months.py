"""The months on show of each pillar, added up over its sites."""

from __future__ import annotations

from collections.abc import Iterable

from netmon.model import STATES, State
from netmon.state import Account, Stand

Accounts = tuple[Account, ...]
Sums = dict[tuple[str, str], dict[State, int]]
"""Seconds of each state by the month's label and the pillar."""


class Months:
    """The seconds of the sites of each pillar in each month on show.

    They are added up once. Later only what a site had is taken away and what it has now put in its place, where it
    stands otherwise than before; seconds are whole, so that nothing is lost by it.
    """

    def __init__(self) -> None:
        """Begin with nothing added up."""
        self._accounts: Accounts = ()
        self._known: dict[str, Stand] = {}
        self._pillars: dict[str, dict[str, tuple[str, ...]]] = {}  # by month and site
        self._sums: dict[tuple[str, str], _Sum] = {}  # by month and pillar

    def at(self, accounts: Accounts, stands: dict[str, Stand], now: int) -> Sums:
        """Give the sums by the month's label and pillar up to a second; those of no site are not in it."""
        if len(accounts) != len(self._accounts) or any(
            a is not b for a, b in zip(accounts, self._accounts, strict=True)
        ):
            self._begin(accounts)
        known = self._known
        for name, stand in stands.items():
            before = known.get(name)
            if before is not stand:
                if before is not None:
                    self._count(name, before, -1)
                self._count(name, stand, 1)
                known[name] = stand
        found = {key: one.at(now) for key, one in self._sums.items()}
        for account in accounts:
            for name in account.members["site"].keys() - stands.keys():  # it was taken out
                self._add_gone(account, name, now, found)
        return found

    def _begin(self, accounts: Accounts) -> None:
        self._accounts, self._known = accounts, {}
        self._pillars = {
            account.period.label: {name: account.inventory.sites[name].pillars for name in account.members["site"]}
            for account in accounts
        }
        self._sums = {
            (label, pillar): _Sum()
            for label, of in self._pillars.items()
            for pillars in of.values()
            for pillar in pillars
        }

    def _count(self, name: str, stand: Stand, sign: int) -> None:
        for label, seconds in zip(stand.months, stand.before, strict=True):
            for pillar in self._pillars[label].get(name, ()):
                self._sums[label, pillar].count(seconds, sign)
        label = stand.months[-1]
        for pillar in self._pillars[label].get(name, ()):
            self._sums[label, pillar].go_on(stand, sign)

    def _add_gone(self, account: Account, name: str, now: int, found: Sums) -> None:
        label = account.period.label
        for pillar in self._pillars[label][name]:
            for state, count in account.seconds("site", name, now).items():
                found[label, pillar][state] += count


class _Sum:
    """The seconds of a pillar in one month: what is settled, and of each state how many sites go on in it."""

    __slots__ = ("_going_on", "_settled")

    def __init__(self) -> None:
        self._settled = dict.fromkeys(STATES, 0)
        self._going_on = dict.fromkeys(STATES, 0)

    def count(self, seconds: Iterable[int], sign: int) -> None:
        """Add or take away what is settled of a site, in the order of the states."""
        for state, count in zip(STATES, seconds, strict=True):
            self._settled[state] += sign * count

    def go_on(self, stand: Stand, sign: int) -> None:
        """Let a site's state go on from where it begins, or no longer."""
        self._settled[stand.state] -= sign * stand.begins
        self._going_on[stand.state] += sign

    def at(self, now: int) -> dict[State, int]:
        """Give the seconds up to a second of the month, or up to the end of one that is over."""
        return {state: count + self._going_on[state] * now for state, count in self._settled.items()}
