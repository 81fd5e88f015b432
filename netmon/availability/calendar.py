"""When a thing is agreed to serve: life-cycle, service hours, maintenance windows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from netmon.availability.intervals import Interval, Intervals, intersect, union
from netmon.model import Device, Inventory, Maintenance, Period, ServiceHours, Site, Uplink

FOREVER = 1 << 60
"""Later than any time that is ever recorded; ``-FOREVER`` is earlier."""

FirstLoaded = Mapping[tuple[str, str], int]
"""When netmon first loaded an object: ``("device" | "site" | "uplink" | "maintenance", id)`` to Unix seconds."""


def month(label: str, zone: str) -> Period:
    """Give the calendar month ``"2026-11"`` in a zone.

    Raises:
        ValueError: The label is not a month.
    """
    year, _, number = label.partition("-")
    if len(year) != 4 or len(number) != 2 or not (year + number).isdigit():  # noqa: PLR2004 -- YYYY-MM
        raise ValueError(f"{label!r} is not a month (write it as 2026-11)")
    first = date(int(year), int(number), 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(_instant(first, 0, ZoneInfo(zone)), _instant(following, 0, ZoneInfo(zone)), zone, label)


def month_at(at: float, zone: str) -> Period:
    """Give the calendar month in a zone that holds an instant."""
    return month(datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m"), zone)


def cut_at(period: Period, now: int) -> Period:
    """Cut a period that has not ended at ``now``, and mark it partial (LK-1, "Time")."""
    if now >= period.end:
        return period
    return Period(period.start, max(period.start, now), period.zone, period.label, partial=True)


def _instant(day: date, second: int, zone: ZoneInfo) -> int:
    """The Unix second of a wall-clock time; seconds past midnight may reach into the next day."""
    days, rest = divmod(second, 86400)
    there = day + timedelta(days=days)
    local = datetime(there.year, there.month, there.day, rest // 3600, rest % 3600 // 60, rest % 60, tzinfo=zone)
    return int(local.timestamp())


def open_hours(hours: ServiceHours, span: Interval, zone: str, holidays: Collection[date]) -> Intervals:
    """Give the seconds of ``span`` within the service hours, days being those of the zone."""
    tz = ZoneInfo(zone)
    day = datetime.fromtimestamp(span[0], tz).date() - timedelta(days=2)  # yesterday's night may reach into today
    last = datetime.fromtimestamp(span[1], tz).date() + timedelta(days=1)
    found: Intervals = []
    while day <= last:
        spans = hours.week[day.weekday()]
        if hours.holidays is not None and day in holidays:
            spans = hours.holidays
        found += [(_instant(day, start, tz), _instant(day, end, tz)) for start, end in spans]
        day += timedelta(days=1)
    return intersect(union(found), [span])


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window as it is judged: whether it counts, and why in a sentence."""

    id: str
    counted: bool
    why: str


def judge(window: Maintenance, notice: int, first_loaded: FirstLoaded | None) -> Window:
    """Say whether a window counts (LK-1, "Windows that count").

    Announced is the later of what the file says and when netmon first loaded it; without ``first_loaded`` (a
    replay) the file is believed.
    """
    announced = window.announced
    if first_loaded is not None:
        loaded = first_loaded.get(("maintenance", window.id))
        if loaded is not None:
            announced = loaded if announced is None else max(announced, loaded)
    if announced is not None and announced <= window.start - notice:
        return Window(window.id, counted=True, why=f"announced {window.start - announced} s before it begins")
    if window.approved_by and window.reason:
        return Window(window.id, counted=True, why=f"approved by {window.approved_by}: {window.reason}")
    if announced is None:
        return Window(window.id, counted=False, why="retroactive: it was never announced, and nobody approved it")
    lead = window.start - announced
    when = f"{lead} s before" if lead > 0 else f"{-lead} s after"
    why = f"retroactive: announced {when} it begins, {notice} s before are needed, or approved_by and reason"
    return Window(window.id, counted=False, why=why)


class Calendar:
    """Life-cycle, hours and windows of every device of an inventory, each worked out once for one span of time."""

    def __init__(self, inventory: Inventory, span: Interval, first_loaded: FirstLoaded | None) -> None:
        """Take the inventory; nothing is computed until it is asked for."""
        self.inventory = inventory
        self.span = span
        self._loaded = first_loaded
        self._hours: dict[ServiceHours, Intervals] = {}
        self._lives: dict[str, Interval] = {}
        self.windows = [judge(w, inventory.settings.notice, first_loaded) for w in inventory.maintenance.values()]
        self.covering: dict[str, frozenset[str]] = {}
        """The devices that each window that counts covers at some time, by the window's id."""
        self._planned = self._cover()

    def life(self, device: Device) -> Interval:
        """Give the device's life: from commissioned to decommissioned, its own and its site's or uplink's."""
        found = self._lives.get(device.id)
        if found is None:
            start, end = self._dates("device", device)
            parent = self._parent(device)
            if parent is not None:
                first, last = self._dates("site" if isinstance(parent, Site) else "uplink", parent)
                start, end = max(start, first), min(end, last)
            found = self._lives[device.id] = (start, max(start, end))
        return found

    def agreed(self, device: Device) -> Intervals:
        """Give the seconds of the span in which the device is in service: its life and everybody's hours."""
        open_ = intersect([self.life(device)], [self.span])
        for owner in (device, self._parent(device)):
            if owner is not None and owner.service_hours is not None:
                open_ = intersect(open_, self._open(owner.service_hours))
        return open_

    def planned(self, device: Device) -> Intervals:
        """Give the seconds in which a window that counts covers the device."""
        return intersect(self._planned.get(device.id, []), [self.span])

    def members(self, device: Device) -> list[Device]:
        """Give the group that the device is behind; what is planned to come is no member."""
        devices = self.inventory.devices
        found = [devices[name] for name in device.behind if name in devices]
        return [member for member in found if self.inventory.is_object(member)]

    def _parent(self, device: Device) -> Site | Uplink | None:
        if device.uplink:
            return self.inventory.uplinks[device.uplink]
        return self.inventory.sites[device.site] if device.site else None

    def _dates(self, kind: str, thing: Device | Site | Uplink) -> Interval:
        start = thing.commissioned
        if start is None:
            start = -FOREVER if self._loaded is None else self._loaded.get((kind, thing.id), -FOREVER)
        return start, FOREVER if thing.decommissioned is None else thing.decommissioned

    def _open(self, hours: ServiceHours) -> Intervals:
        found = self._hours.get(hours)
        if found is None:
            city = self.inventory.city
            found = self._hours[hours] = open_hours(hours, self.span, city.zone, self.inventory.holidays)
        return found

    # -- windows -----------------------------------------------------------------------------------------

    def _cover(self) -> dict[str, Intervals]:
        """Work out which seconds of each device the windows that count cover."""
        covered: dict[str, list[Interval]] = {}
        for window, judged in zip(self.inventory.maintenance.values(), self.windows, strict=True):
            if not judged.counted:
                continue
            found = self._covered_by(window)
            self.covering[window.id] = frozenset(found)
            for name, times in found.items():
                covered.setdefault(name, []).extend(times)
        return {name: union(times) for name, times in covered.items()}

    def _covered_by(self, window: Maintenance) -> dict[str, Intervals]:
        named = scope_devices(self.inventory, window.scope)
        memo: dict[str, Intervals] = {name: [(window.start, window.end)] for name in named}
        if not window.only and named:
            for device in self.inventory.devices.values():
                self._behind_covered(device, window, memo)
        return {name: times for name, times in memo.items() if times}

    def _behind_covered(self, device: Device, window: Maintenance, memo: dict[str, Intervals]) -> Intervals:
        """Cover a device while every member of its group is covered, along chains."""
        if device.id not in memo:
            memo[device.id] = []  # the inventory has no cycles; this keeps a broken one from recursing for ever
            covers = [(m, self._behind_covered(m, window, memo)) for m in self.members(device)]
            memo[device.id] = all_members([(self.life(m), times) for m, times in covers], (window.start, window.end))
        return memo[device.id]


def all_members(members: list[tuple[Interval, Intervals]], within: Interval) -> Intervals:
    """Give the seconds in which every member that lives has a property, and at least one lives.

    ``members`` pairs each member's life with the seconds in which it has the property.
    """
    if not members:
        return []
    common: Intervals | None = None
    lives = union(life for life, _ in members)
    for life, times in members:
        # Where it does not live, a member is none and cannot object.
        mine = union(times, [(-FOREVER - 1, life[0]), (life[1], FOREVER + 1)])
        common = mine if common is None else intersect(common, mine)
        if not common:
            return []
    return intersect(intersect(common or [], lives), [within])


def scope_devices(inventory: Inventory, scope: Collection[str]) -> set[str]:
    """Give the ids of the devices that a window's scope names: by device, site, uplink, kelurahan, kecamatan, city."""
    named = set(scope)
    found = {name for name in named if name in inventory.devices}
    owners: list[Site | Uplink] = [*inventory.sites.values(), *inventory.uplinks.values()]
    for owner in owners:
        region = inventory.kelurahan.get(owner.kelurahan)
        places = {owner.id, owner.kelurahan, "city"} | ({region.kecamatan} if region else set())
        if places & named:
            found.update(owner.devices)
    return {name for name in found if inventory.is_object(inventory.devices[name])}
