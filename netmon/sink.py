"""The one sink: it turns what probes saw into history and state."""

from __future__ import annotations

from netmon.history import History
from netmon.model import Observation, reach_seconds
from netmon.state import CityState

_CLIENTS = "wifi_clients"
_TRAFFIC = {
    "interface_receive_bytes_total": "wan_receive_bytes",
    "interface_transmit_bytes_total": "wan_transmit_bytes",
}

_COUNTED = frozenset({_CLIENTS, *_TRAFFIC})


class Sink:
    """Takes in observations, in the order in which their rounds end."""

    def __init__(self, history: History, state: CityState) -> None:
        """Take where they go."""
        self._history = history
        self._state = state
        self._counters: dict[tuple[str, str], tuple[float, float]] = {}

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
        wan = self._state.devices[device].wan
        for series, value in seen.readings:
            if series.measure not in _COUNTED:
                continue  # nearly all of them
            if series.measure == _CLIENTS:
                self._history.add_hourly(device, _CLIENTS, at, value)
            elif wan and ("interface", wan) in series.labels:
                self._count_traffic(device, _TRAFFIC[series.measure], seen, value)

    def _count_traffic(self, device: str, measure: str, seen: Observation, value: float) -> None:
        """Count the bytes since the poll before, unless the counter began anew or polls were missed."""
        before = self._counters.get((device, measure))
        self._counters[device, measure] = (seen.at, value)
        if before is None:
            return
        grown, passed = value - before[1], seen.at - before[0]
        if grown >= 0 and 0 < passed <= reach_seconds(seen.check.interval):
            self._history.add_hourly(device, measure, int(seen.at), grown)
