"""The states of LK-1, second by second: the first half of the count in ``lk1_oracle`` (its head says how we read)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from math import floor
from zoneinfo import ZoneInfo

from netmon.model import Device, Inventory, Maintenance, Outcome, Period, ReachKind, ServiceHours, Site, State, Uplink

FirstLoaded = Mapping[tuple[str, str], int] | None
Observations = Sequence[tuple[int, str, Outcome]]
Seen = list[Outcome | None]

LONG = 10**12
WORKING = (State.UP, State.DEGRADED)


@dataclass(frozen=True)
class Month:
    """What the count is about: ``begin`` and ``end`` bound all recorded time and the period.

    ``lives`` and ``hours`` hold, by device, the seconds its dates allow and the service hours that must allow too.
    """

    inventory: Inventory
    first_loaded: FirstLoaded
    begin: int
    end: int
    lives: dict[str, range]
    hours: dict[str, list[ServiceHours]]

    def seconds(self) -> range:
        """Every second there is."""
        return range(self.begin, self.end)


def bounds(inventory: Inventory, observations: Observations, period: Period, first_loaded: FirstLoaded) -> Month:
    """Begin one second early and end one second late, so that every second has its neighbours."""
    begin, end = period.start, period.end
    for at, name, _ in observations:
        begin = min(begin, at)
        end = max(end, at + _reach(inventory, name))
    devices = inventory.devices.values()
    lives = {device.id: life(inventory, first_loaded, device) for device in devices}
    hours = {
        device.id: [thing.service_hours for _, thing in _with_owner(inventory, device) if thing.service_hours]
        for device in devices
    }
    return Month(inventory, first_loaded, begin - 1, end + 1, lives, hours)


def watched(inventory: Inventory) -> list[Device]:
    """Give the devices that are objects, in the order of the inventory."""
    return [device for device in inventory.devices.values() if inventory.is_object(device)]


# -- what is observed ---------------------------------------------------------------------------------


def _reach(inventory: Inventory, name: str) -> int:
    checked = inventory.devices[name] if name in inventory.devices else inventory.services[name]
    return floor(2.5 * checked.interval)


def _best(outcomes: list[Outcome]) -> Outcome:
    """Of several in one second, ``up`` beats ``down`` beats ``blind``."""
    if Outcome.UP in outcomes:
        return Outcome.UP
    if Outcome.DOWN in outcomes:
        return Outcome.DOWN
    return Outcome.BLIND


def observed(month: Month, observations: Iterable[tuple[int, str, Outcome]]) -> dict[str, Seen]:
    """For each device and service: what was observed of it in each second, ``None`` where nothing was."""
    inventory = month.inventory
    at_second: dict[str, dict[int, list[Outcome]]] = {}
    for at, name, outcome in observations:
        at_second.setdefault(name, {}).setdefault(at, []).append(outcome)
    seen: dict[str, Seen] = {}
    for name in [*inventory.devices, *inventory.services]:
        reach = _reach(inventory, name)
        mine = at_second.get(name, {})
        last, outcome_of_last = None, None
        seen[name] = []
        for t in month.seconds():
            if t in mine:
                last, outcome_of_last = t, _best(mine[t])
            seen[name].append(outcome_of_last if last is not None and t < last + reach else None)
    for device in inventory.devices.values():
        if not inventory.is_object(device):  # "their observations are ignored"
            seen[device.id] = [None for _ in month.seconds()]
    told = {device.id: _told_by_router(device, seen) for device in inventory.devices.values()}
    return seen | told


def _told_by_router(device: Device, seen: dict[str, Seen]) -> Seen:
    if device.reach.kind is not ReachKind.INTERFACE:
        return seen[device.id]
    told: Seen = []
    for of_router, own in zip(seen[device.reach.of], seen[device.id], strict=True):
        told.append(own if of_router is Outcome.UP else of_router)
    return told


# -- life-cycle and hours -----------------------------------------------------------------------------


def _with_owner(inventory: Inventory, device: Device) -> list[tuple[str, Device | Site | Uplink]]:
    """Give the device and what lists it: both must allow."""
    things: list[tuple[str, Device | Site | Uplink]] = [("device", device)]
    if device.site:
        things.append(("site", inventory.sites[device.site]))
    if device.uplink:
        things.append(("uplink", inventory.uplinks[device.uplink]))
    return things


def life(inventory: Inventory, first_loaded: FirstLoaded, device: Device) -> range:
    """Give the seconds that the dates of the device and of what lists it allow."""
    first, behind_last = -LONG, LONG
    for kind, thing in _with_owner(inventory, device):
        commissioned = thing.commissioned
        if commissioned is None and first_loaded is not None:
            commissioned = first_loaded.get((kind, thing.id))
        if commissioned is not None:
            first = max(first, commissioned)
        if thing.decommissioned is not None:
            behind_last = min(behind_last, thing.decommissioned)
    return range(first, behind_last)


def open_at(inventory: Inventory, hours: ServiceHours, t: int) -> bool:
    """Say whether the service hours hold second ``t``: a span of its own day, or one begun the day before."""
    local = datetime.fromtimestamp(t, ZoneInfo(inventory.city.zone))
    second_of_day = local.hour * 3600 + local.minute * 60 + local.second
    today = local.date()
    yesterday = today - timedelta(days=1)
    for start, end in _spans_of_day(inventory, hours, today):
        if start <= second_of_day < end:
            return True
    since_yesterday = second_of_day + 86400
    return any(start <= since_yesterday < end for start, end in _spans_of_day(inventory, hours, yesterday))


def _spans_of_day(inventory: Inventory, hours: ServiceHours, day: date) -> tuple[tuple[int, int], ...]:
    if day in inventory.holidays and hours.holidays is not None:
        return hours.holidays
    return hours.week[day.weekday()]


def in_service(month: Month, device: Device, t: int) -> bool:
    """Say whether the device is in service in second ``t``: dates and hours, its own and its owner's."""
    if t not in month.lives[device.id]:
        return False
    return all(open_at(month.inventory, hours, t) for hours in month.hours[device.id])


# -- upstream -----------------------------------------------------------------------------------------


def members(month: Month, device: Device, t: int) -> list[Device]:
    """Give the devices that are members of the group above ``device`` in second ``t``."""
    above = [month.inventory.devices[name] for name in device.behind]
    return [member for member in above if month.inventory.is_object(member) and t in month.lives[member.id]]


def stretches(flags: list[bool]) -> list[tuple[int, int]]:
    """Give the maximal stretches of ``True``, as half-open pairs of positions."""
    found = []
    start = None
    for position, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = position
        if not flag and start is not None:
            found.append((start, position))
            start = None
    return found


def attributed(month: Month, device: Device, seen: dict[str, Seen]) -> list[bool]:
    """Say for each second whether an observed ``down`` of it is attributed upstream."""
    down = [outcome is Outcome.DOWN for outcome in seen[device.id]]
    upstream = [False] * len(down)
    if not device.behind:
        return upstream
    group_down = []
    for position, t in enumerate(month.seconds()):
        group = members(month, device, t)
        group_down.append(bool(group) and all(seen[member.id][position] is Outcome.DOWN for member in group))
    above = [month.inventory.devices[name] for name in device.behind]
    grace = max([device.interval, *(one.interval for one in above if month.inventory.is_object(one))])
    for p_start, p_end in stretches(group_down):
        first = p_start - grace
        behind_last = p_end + grace + month.inventory.settings.recovery_grace
        for s_start, s_end in stretches(down):
            if s_start < p_end and p_start < s_end:  # they share at least one second
                for position in range(s_start, s_end):
                    if first <= position < behind_last:
                        upstream[position] = True
    return upstream


# -- windows ------------------------------------------------------------------------------------------


def window_counts(month: Month, window: Maintenance) -> bool:
    """Say whether the window was announced in time, or was approved with a reason."""
    if window.approved_by and window.reason:
        return True
    announced = window.announced
    if month.first_loaded is not None:
        loaded = month.first_loaded.get(("maintenance", window.id))
        if loaded is not None:
            announced = loaded if announced is None else max(announced, loaded)
    return announced is not None and announced <= window.start - month.inventory.settings.notice


def _named(inventory: Inventory, window: Maintenance, device: Device) -> bool:
    """Say whether the scope names the device, or what lists it, or the place that is in."""
    if device.id in window.scope or device.site in window.scope or device.uplink in window.scope:
        return True
    place = inventory.sites[device.site].kelurahan if device.site else inventory.uplinks[device.uplink].kelurahan
    kecamatan = inventory.kelurahan[place].kecamatan if place in inventory.kelurahan else None
    return "city" in window.scope or place in window.scope or kecamatan in window.scope


def covers(month: Month, window: Maintenance, device: Device, t: int) -> bool:
    """Say whether the window covers the device in second ``t``, by name or by what it is behind."""
    if _named(month.inventory, window, device):
        return True
    if window.only:
        return False
    group = members(month, device, t)
    return bool(group) and all(covers(month, window, member, t) for member in group)


def planned(month: Month, device: Device, t: int) -> bool:
    """Say whether a window that counts covers the device in second ``t``."""
    for window in month.inventory.maintenance.values():
        if window.start <= t < window.end and window_counts(month, window) and covers(month, window, device, t):
            return True
    return False


# -- one state for each second ------------------------------------------------------------------------


def device_states(month: Month, observations: Observations) -> dict[str, list[State]]:
    """Give the state of every watched device in each second."""
    seen = observed(month, observations)
    states: dict[str, list[State]] = {}
    for device in watched(month.inventory):
        upstream = attributed(month, device, seen)
        failing = _services_fail(month, device, seen)
        states[device.id] = []
        for position, t in enumerate(month.seconds()):
            outcome = seen[device.id][position]
            if not in_service(month, device, t):
                state = State.OUT_OF_SERVICE
            elif planned(month, device, t):
                state = State.PLANNED
            elif outcome is None or outcome is Outcome.BLIND:
                state = State.UNKNOWN
            elif outcome is Outcome.DOWN:
                state = State.DOWN_UPSTREAM if upstream[position] else State.DOWN
            else:
                state = State.DEGRADED if failing[position] else State.UP
            states[device.id].append(state)
    return states


def _services_fail(month: Month, device: Device, seen: dict[str, Seen]) -> list[bool]:
    fails = [False for _ in month.seconds()]
    site = month.inventory.sites.get(device.site)
    if site is None or device not in month.inventory.access_points(site):
        return fails
    for service in month.inventory.services.values():
        if service.site == site.id and service.affects_wifi:
            for position, outcome in enumerate(seen[service.id]):
                if outcome is Outcome.DOWN:
                    fails[position] = True
    return fails


def group_states(members_states: list[list[State]]) -> list[State]:
    """Form the state of a site or an uplink in each second from those of its members."""
    return [_formed(now) for now in zip(*members_states, strict=True)]


@cache
def _formed(now: tuple[State, ...]) -> State:
    left = [state for state in now if state not in {State.PLANNED, State.OUT_OF_SERVICE}]
    if not left:
        return State.PLANNED if State.PLANNED in now else State.OUT_OF_SERVICE
    if all(state is State.UP for state in left):
        return State.UP
    if any(state in WORKING for state in left):
        return State.DEGRADED
    if State.UNKNOWN in left:
        return State.UNKNOWN
    if all(state is State.DOWN_UPSTREAM for state in left):
        return State.DOWN_UPSTREAM
    return State.DOWN
