"""The one sink: it turns what probes saw into history and state."""

from __future__ import annotations

from typing import Final, NamedTuple

from netmon.history import History
from netmon.measures import wan_port
from netmon.model import Observation, Series, reach_seconds
from netmon.state import CityState

_CLIENTS: Final = "wifi_clients"
_TRAFFIC: Final = {
    "interface_receive_bytes_total": "wan_receive_bytes",
    "interface_transmit_bytes_total": "wan_transmit_bytes",
}
_MARKS: Final = {
    "device_boot_timestamp_seconds": "boot",
    "interface_bytes_wrap_seconds": "wrap",
    "interface_discontinuity_uptime_seconds": "reset",
}
_ROUND: Final = 2**32  # what a counter of 32 bits loses when it goes round
_DALLIED: Final = 5.0  # seconds by which a time of start may be reckoned too early, since answers take their time


class _Places(NamedTuple):
    """Where in a device's values those stand that belong to the hour, and what tells how to read them."""

    clients: tuple[int, ...] = ()
    traffic: tuple[tuple[int, str], ...] = ()  # with the name of their figures
    boot: int = -1
    wrap: int = -1
    reset: int = -1


class _Known(NamedTuple):
    """The places found for these series: ``said`` is the inventory's word for the WAN port, ``wan`` its name."""

    series: tuple[Series, ...]
    said: str
    wan: str
    places: _Places


class _Count(NamedTuple):
    """One of the WAN port's counters as it was told: times are Unix seconds; ``None`` is what was not told.

    ``wrap`` is the seconds in which a counter of 32 bits goes round at full speed, ``reset`` the uptime at which it
    last began anew.
    """

    at: float
    value: float
    boot: float | None = None
    wrap: float | None = None
    reset: float | None = None


class Sink:
    """Takes in observations, in the order in which their rounds end."""

    def __init__(self, history: History, state: CityState) -> None:
        """Take where they go."""
        self._history = history
        self._state = state
        self._counts: dict[tuple[str, str], _Count] = {}  # by device and figures
        self._places: dict[str, _Known] = {}  # by check

    def __call__(self, seen: Observation) -> None:
        """Record what decides up and down, count what belongs to the hour, and let the state know."""
        check = seen.check
        if check.device not in self._state.devices:
            return  # it was taken out of the inventory while its round was under way
        if check.decides:
            self._history.observe(check.device, int(seen.at), seen.outcome, reach_seconds(check.interval))
        self._count_hour(seen)
        self._state.observe(seen)

    def _count_hour(self, seen: Observation) -> None:
        device, at = seen.check.device, int(seen.at)
        if seen.rtt is not None and seen.check.decides:
            self._history.add_hourly(device, "rtt_seconds", at, seen.rtt)
        if not seen.readings.values:
            return
        places = self._found(seen)
        for place in places.clients:
            self._history.add_hourly(device, _CLIENTS, at, seen.readings.values[place])
        if places.traffic:
            self._count_traffic(seen, places)

    def _found(self, seen: Observation) -> _Places:
        """Find what belongs to the hour; looked for only where a device tells other series than the last time."""
        device, series = self._state.devices[seen.check.device], seen.readings.series
        known = self._places.get(seen.check.id)
        if known is not None and known.series is series and known.said == device.wan:
            return known.places
        wan = wan_port(device, series)
        if known is not None and known.wan != wan:
            for name in _TRAFFIC.values():
                self._counts.pop((device.id, name), None)  # another port's counter goes on from nothing
        places = _places_of(series, wan)
        self._places[seen.check.id] = _Known(series, device.wan, wan, places)
        return places

    def _count_traffic(self, seen: Observation, places: _Places) -> None:
        """Count the bytes since the poll before, unless polls were missed or the counters do not tell."""
        values, device = seen.readings.values, seen.check.device
        marks = [values[place] if place >= 0 else None for place in (places.boot, places.wrap, places.reset)]
        for place, name in places.traffic:
            now = _Count(seen.at, values[place], *marks)
            before, self._counts[device, name] = self._counts.get((device, name)), now
            if before is not None and 0 < now.at - before.at <= reach_seconds(seen.check.interval):
                grown = _grown(before, now, seen.duration)
                if grown is not None:
                    self._history.add_hourly(device, name, int(seen.at), grown)


def _places_of(series: tuple[Series, ...], wan: str) -> _Places:
    clients, traffic, marks = [], [], {}
    for place, one in enumerate(series):
        is_wan = wan != "" and ("interface", wan) in one.labels
        if one.measure == _CLIENTS:
            clients.append(place)
        elif is_wan and one.measure in _TRAFFIC:
            traffic.append((place, _TRAFFIC[one.measure]))
        elif one.measure in _MARKS and (is_wan or not one.measure.startswith("interface_")):
            marks[_MARKS[one.measure]] = place
    return _Places(tuple(clients), tuple(traffic), **marks)


def _grown(before: _Count, now: _Count, duration: float) -> float | None:
    """Say by how much a counter grew between two polls; ``None`` where nobody can know.

    A fall is a counter that began anew and lost what it had counted; one of 32 bits may also have gone round, once and
    no further than the port's speed allows. ``duration`` is how long the second poll took, in seconds: so much later
    than it says may it have read the counter.
    """
    if _began_anew(before, now) or (before.wrap is None) is not (now.wrap is None):
        return None  # in the second case one counter may have 32 bits and the other 64
    difference = now.value - before.value
    if before.wrap is None or now.wrap is None:
        return difference if difference >= 0 else None
    rounds = (now.at + duration - before.at) / min(before.wrap, now.wrap)  # at full speed
    if rounds >= 1:
        return None  # whether it is below or above what it was
    if difference >= 0:
        return difference
    over = difference + _ROUND
    knows_start = before.boot is not None and now.boot is not None  # else the fall may be a restart
    return over if knows_start and over <= _ROUND * rounds else None


def _began_anew(before: _Count, now: _Count) -> bool:
    """Say whether the device restarted after the poll before, or told that it set its counters anew.

    A time of start that moves a little is a clock that drifts.
    """
    if before.reset is not None and now.reset is not None and before.reset != now.reset:
        return True
    if before.boot is None or now.boot is None:
        return False
    return now.boot > before.boot and now.boot > before.at - _DALLIED
