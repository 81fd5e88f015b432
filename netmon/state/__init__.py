"""What is true now: the state of every device, site and uplink, this month so far, and the latest readings.

It computes with the very functions of :mod:`netmon.availability`, object by object and only where something has
changed; what changes with time alone (an observation that has grown old, a window that begins) is found when it is
asked for. Every method takes the clock as a parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from netmon.availability import FirstLoaded, combined, month_at
from netmon.model import Device, Identity, Inventory, Observation, Outcome, Period, State
from netmon.state.account import FOREVER, Account, sites_of, uplinks_of
from netmon.state.acknowledged import KINDS, Acknowledged, Acknowledgements, NothingOpenError, nobody
from netmon.state.open_outages import OpenOutage, cause_of, open_outage
from netmon.state.readings import Latest
from netmon.state.standing import Stand, Standings
from netmon.tracks import Track

__all__ = [
    "KEPT_AFTER_MONTH",
    "KINDS",
    "Account",
    "Acknowledged",
    "Acknowledgements",
    "CityState",
    "Latest",
    "NothingOpenError",
    "Now",
    "OpenOutage",
    "Stand",
    "nobody",
]

KEPT_AFTER_MONTH: Final = 10 * 86400
"""A finished month stays on show this long."""


@dataclass(frozen=True, slots=True)
class Now:
    """One object at one second: its state, since when, and its seconds of each state in each shown month.

    ``since`` is ``None`` where it has been so for longer than this month and the one before; an outage's is that of
    the whole outage, whoever it was put down to. ``seconds`` are by the month's label; a month in whose report the
    object is not, is left out.
    """

    state: State
    since: int | None
    seconds: Mapping[str, Mapping[State, int]]


@dataclass(frozen=True, slots=True)
class _InService:
    """The sites that are in service in each second of ``[since, until)``."""

    account: Account
    since: int
    until: int
    sites: list[str]


class CityState:
    """What is true now of one inventory."""

    def __init__(
        self,
        inventory: Inventory,
        track_of: Callable[[str], Track],
        first_loaded: FirstLoaded | None,
        revisions: Sequence[tuple[int, Inventory]] = (),
    ) -> None:
        """Begin with what is recorded.

        Args:
            inventory: What is in force.
            track_of: Gives the live track of a device or service by id, always the same one.
            first_loaded: When objects and windows were first loaded; ``None`` believes the files.
            revisions: What was accepted when (Unix seconds), in that order; the last one is ``inventory``. Without
                them it has been in force since ever.
        """
        self._track_of = track_of
        self.last: dict[str, Observation] = {}  # the latest one that decides, by device
        self.last_read: dict[str, Observation] = {}  # the latest one that brought readings or failed to, by check
        self.identities: dict[str, Identity] = {}
        self.observations: Counter[tuple[str, Outcome]] = Counter()
        self._standings = Standings()
        self.outages = self._standings.outages
        self._readings = Latest(inventory.settings.series_budget)
        self._revisions = [*revisions[:-1]]
        self.load(inventory, first_loaded, revisions[-1][0] if revisions else -FOREVER)

    def load(self, inventory: Inventory, first_loaded: FirstLoaded | None, at: int) -> None:
        """Go on with another inventory, accepted at a time; what was seen of devices that stay is kept."""
        self.inventory = inventory
        self._first_loaded = first_loaded
        self._accept(inventory, at)
        self._accounts: tuple[Account, ...] = ()
        self._in_service: _InService | None = None
        self.devices = {d.id: d for d in inventory.devices.values() if inventory.is_object(d)}
        self.sites = sites_of(inventory)
        self.uplinks = uplinks_of(inventory)
        self._listed: dict[str, Mapping[str, object]] = {
            "device": self.devices,
            "site": self.sites,
            "uplink": self.uplinks,
        }
        self._readings.load(self.devices, inventory.settings.series_budget)
        for check in [check for check, seen in self.last_read.items() if seen.check.device not in self.devices]:
            del self.last_read[check]
        for device in set(self.last) - set(self.devices):
            del self.last[device]
        for device in set(self.identities) - set(self.devices):
            del self.identities[device]

    def _accept(self, inventory: Inventory, at: int) -> None:
        """Remember a revision; the same files again are the same revision still."""
        if self._revisions and inventory.revision and self._revisions[-1][1].revision == inventory.revision:
            at = self._revisions.pop()[0]
        self._revisions.append((at, inventory))

    # -- taking in ---------------------------------------------------------------------------------------

    def observe(self, seen: Observation) -> None:
        """Take in what a probe saw; the history has it already."""
        device = self.devices.get(seen.check.device)
        if device is None or seen.idle:
            return
        if seen.check.decides:
            self.last[device.id] = seen
            self.observations[device.id, seen.outcome] += 1
            self._count_outages(device, int(seen.at))
        else:
            self.last_read[seen.check.id] = seen
        if seen.identity is not None:
            self.identities[device.id] = seen.identity
        self._readings.keep(device, seen)

    def _count_outages(self, device: Device, now: int) -> None:
        if self._accounts and now < self._accounts[-1].period.start:
            return  # told after midnight of what was before: the next look counts it, and the month on show stays
        account = self._accounts_at(now)[-1]
        for kind, name in (("device", device.id), ("site", device.site), ("uplink", device.uplink)):
            if name in self._listed[kind]:
                self._standings.count_outage(kind, name, account.formed(kind, name, now), now)

    # -- telling -----------------------------------------------------------------------------------------

    def device(self, name: str, now: int) -> Now:
        """Give a device's present.

        Raises:
            KeyError: No such device is an object of the inventory.
        """
        return self._tell("device", name, now)

    def site(self, name: str, now: int) -> Now:
        """Give a site's present, formed from its access points.

        Raises:
            KeyError: No such site is an object of the inventory.
        """
        return self._tell("site", name, now)

    def uplink(self, name: str, now: int) -> Now:
        """Give an uplink's present, formed from its routers and links.

        Raises:
            KeyError: No such uplink is an object of the inventory.
        """
        return self._tell("uplink", name, now)

    def stands(self, kind: str, now: int) -> list[Stand]:
        """Tell how every ``device``, ``site`` or ``uplink`` stands, in the inventory's order.

        A stand is the same object from one call to the next for as long as only time passes.
        """
        return self._standings.every(kind, self._listed[kind], self.accounts(now), now)

    def open_outages(self, kind: str, now: int) -> dict[str, OpenOutage]:
        """Give the outages that people should know of, by the id of every ``device``, ``site`` or ``uplink`` with one.

        What has been decommissioned has none.
        """
        stands = zip(self._listed[kind], self.stands(kind, now), strict=True)
        found = {name: self.open_outage(kind, name, stand, now) for name, stand in stands}
        return {name: outage for name, outage in found.items() if outage is not None}

    def open_outage(self, kind: str, name: str, stand: Stand, now: int) -> OpenOutage | None:
        """Give the open outage of one thing that stands like this in a second; ``None`` where none is."""
        outage = open_outage(stand.courses[-1], stand.index, now, self.inventory.settings.alert_hold)
        return outage if outage is not None and self._lives(kind, name, now) else None

    def cause_of(self, device: str, now: int) -> tuple[str, str] | None:
        """Name the uplink or device that a device is down because of, as its kind and id.

        It is followed up to the first that is down by itself. ``None`` where the device is not ``down_upstream``.

        Raises:
            KeyError: No such device is an object of the inventory.
        """
        return cause_of(self.devices, device, lambda name: self.device(name, now).state)

    def _lives(self, kind: str, name: str, now: int) -> bool:
        members = [name] if kind == "device" else (self.sites if kind == "site" else self.uplinks)[name]
        account = self._accounts_at(now)[-1]
        return any(start <= now < end for start, end in [self._life(account, member) for member in members])

    def month(self, now: int) -> Period:
        """Give the calendar month of a second, whole."""
        return self._accounts_at(now)[-1].period

    def accounts(self, now: int) -> tuple[Account, ...]:
        """Give the months on show, the current one last, each with all the objects that its report has."""
        accounts = self._accounts_at(now)
        return accounts if now < accounts[0].period.end + KEPT_AFTER_MONTH else accounts[-1:]

    def agreed_in_month(self, kind: str, name: str, now: int) -> int:
        """Count the seconds of the whole current month, its future too, in which service is agreed."""
        return self._accounts_at(now)[-1].agreed(kind, name, now)

    def in_service(self, site: str, now: int) -> bool:
        """Say whether a site has been commissioned and not decommissioned, whatever the hour."""
        return self._lives("site", site, now)

    def sites_in_service(self, now: int) -> list[str]:
        """Name the sites that have been commissioned and not decommissioned, in the inventory's order."""
        account = self._accounts_at(now)[-1]
        known = self._in_service
        if known is None or known.account is not account or not known.since <= now < known.until:
            turns = {turn for members in self.sites.values() for name in members for turn in self._life(account, name)}
            known = self._in_service = _InService(
                account,
                max((turn for turn in turns if turn <= now), default=-FOREVER),
                min((turn for turn in turns if turn > now), default=FOREVER),
                [name for name in self.sites if self.in_service(name, now)],
            )
        return known.sites

    def _life(self, account: Account, name: str) -> tuple[int, int]:
        return account.calendar.life(self.devices[name])

    def active_windows(self, now: int) -> list[tuple[str, str, str]]:
        """Give ``(kind, id, window)`` of every site and uplink that a counted window covers in this second."""
        found = []
        covering = self._accounts_at(now)[-1].calendar.covering
        for window in self.inventory.maintenance.values():
            if window.start <= now < window.end and window.id in covering:
                covered = covering[window.id]
                for kind, groups in (("site", self.sites), ("uplink", self.uplinks)):
                    found += [(kind, name, window.id) for name, members in groups.items() if covered & {*members}]
        return found

    def readings(self, now: float, of: Container[str] | None = None) -> dict[str, list[bytes]]:
        """Give the pieces of text (UTF-8) of every measure that are not older than 2.5 of their intervals.

        ``of`` narrows the devices.
        """
        return self._readings.fresh(now, of)

    def told(self, device: str, now: float) -> Container[str]:
        """Name the measures that SNMP tells of a device by now; what a command line tells of them is not shown."""
        return self._readings.told(device, now)

    def dropped(self, now: float) -> dict[str, int]:
        """Count the series that the budget left out of fresh readings, by device; those with none are not in it."""
        return self._readings.dropped(now)

    def numbers(self, measure: str, now: float) -> dict[str, float]:
        """Give the fresh values of a measure that a device has one of, by device."""
        return self._readings.numbers(measure, now)

    # -- forming -----------------------------------------------------------------------------------------

    def _accounts_at(self, now: int) -> tuple[Account, ...]:
        """The accounts of the month before and of the month of a second, made anew when the month changes.

        The month before is missing where no inventory was in force in it.
        """
        accounts = self._accounts
        if not accounts or not accounts[-1].period.start <= now < accounts[-1].period.end:
            zone = self.inventory.city.zone
            current = month_at(now, zone)
            before = month_at(current.start - 1, zone)
            found = [self._account(period, before.start, period is current) for period in (before, current)]
            accounts = self._accounts = tuple(account for account in found if account is not None)
        return accounts

    def _account(self, period: Period, since: int, is_current: bool) -> Account | None:
        """The account of a month with the inventory it is reported with (LK-1, "Which inventory")."""
        after = [max(later, at + 1) for (at, _), (later, _) in pairwise(self._revisions)] + [FOREVER]
        revisions = zip(self._revisions, after, strict=True)
        found = [one for one, until in revisions if one[0] < period.end and until > period.start]
        if is_current and (not found or found[-1] is not self._revisions[-1]):
            found.append(self._revisions[-1])  # the clock was set back: what is in force is known all the same
        return Account(period, combined(found), since, self._first_loaded, self._track_of) if found else None

    def _tell(self, kind: str, name: str, now: int) -> Now:
        if name not in self._listed[kind]:
            raise KeyError(name)  # a month's account also knows what was taken out
        stand = self._standings.of(kind, name, self.accounts(now), now)
        return Now(stand.state, stand.since, stand.seconds(now))
