"""The one sink: it turns what probes saw into history and state."""

from __future__ import annotations

from netmon.history import History
from netmon.model import Observation, Series, reach_seconds
from netmon.state import CityState

_CLIENTS = "wifi_clients"
_TRAFFIC = {
    "interface_receive_bytes_total": "wan_receive_bytes",
    "interface_transmit_bytes_total": "wan_transmit_bytes",
}

_Counted = tuple[tuple[int, str], ...]
"""Where in a device's values those stand that belong to the hour, and their name there."""


class Sink:
    """Takes in observations, in the order in which their rounds end."""

    def __init__(self, history: History, state: CityState) -> None:
        """Take where they go."""
        self._history = history
        self._state = state
        self._counters: dict[tuple[str, str], tuple[float, float]] = {}
        self._counted: dict[str, tuple[tuple[Series, ...], str, _Counted]] = {}  # by check

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
        for place, name in self._places(seen):
            value = seen.readings.values[place]
            if name == _CLIENTS:
                self._history.add_hourly(device, _CLIENTS, at, value)
            else:
                self._count_traffic(device, name, seen, value)

    def _places(self, seen: Observation) -> _Counted:
        """Find what belongs to the hour; looked for only where a device tells other series than the last time."""
        series, wan = seen.readings.series, self._state.devices[seen.check.device].wan
        known = self._counted.get(seen.check.id)
        if known is not None and known[0] is series and known[1] == wan:
            return known[2]
        port = ("interface", wan)
        found: list[tuple[int, str]] = []
        for place, one in enumerate(series):
            if one.measure == _CLIENTS:
                found.append((place, _CLIENTS))
            elif wan and one.measure in _TRAFFIC and port in one.labels:
                found.append((place, _TRAFFIC[one.measure]))
        self._counted[seen.check.id] = series, wan, tuple(found)
        return tuple(found)

    def _count_traffic(self, device: str, measure: str, seen: Observation, value: float) -> None:
        """Count the bytes since the poll before, unless the counter began anew or polls were missed."""
        before = self._counters.get((device, measure))
        self._counters[device, measure] = (seen.at, value)
        if before is None:
            return
        grown, passed = value - before[1], seen.at - before[0]
        if grown >= 0 and 0 < passed <= reach_seconds(seen.check.interval):
            self._history.add_hourly(device, measure, int(seen.at), grown)
