"""Who is reachable: states now, and this month by LK-1; of devices, sites and uplinks.

The text of an object is kept from page to page, as it is sent: while it stands as it did, one number in it grows.
"""

from __future__ import annotations

from collections.abc import Iterator

from exporters.families import Family
from exporters.present import Present, Thing, Things, labels
from netmon.model import STATES, Observation, Outcome, State
from netmon.state import CityState

_KNOWN_UP = {State.UP: "1", State.DEGRADED: "1", State.DOWN: "0", State.DOWN_UPSTREAM: "0"}
_WORDS = {"device": "The device", "site": "The site", "uplink": "The uplink"}
_NAMED_STATES = tuple((state, state.value) for state in STATES)
_NAMED_OUTCOMES = tuple((outcome, outcome.value) for outcome in Outcome)
_LAST = "netmon_device_last_observation_timestamp_seconds"
_COUNTED = "netmon_device_observations_total"


class Reachability:
    """What is written of the reachability of all objects of an inventory."""

    def __init__(self, things: Things) -> None:
        """Begin with nothing written."""
        self._lines = {
            "device": [_Lines("device", one) for one in things.devices],
            "site": [_Lines("site", one) for one in things.sites],
            "uplink": [_Lines("uplink", one) for one in things.uplinks],
        }
        self._seen = [_Seen(one) for one in things.devices]

    def families(self, present: Present) -> Iterator[Family]:
        """Give the families of reachability of every object, then what is told of devices alone."""
        for kind, lines in self._lines.items():
            shown = lines if present.group is None else [one for one in lines if one.thing.group == present.group]
            outages = present.state.outages.get
            for one in shown:
                counted = outages((kind, one.thing.id), 0)
                if one.thing.stand is not one.told or counted != one.counted:
                    one.renew(counted)
            yield from _of(kind, shown, present.now)
        yield from self._observations(present)
        yield Family(
            "netmon_state_timestamp_seconds",
            "gauge",
            "The second up to which states and seconds of the group are told.",
            [f"netmon_state_timestamp_seconds{{{labels(group=group)}}} {present.now}\n" for group in present.groups],
        )

    def _observations(self, present: Present) -> Iterator[Family]:
        shown = self._seen if present.group is None else [one for one in self._seen if present.shows(one.thing.group)]
        latest = present.state.last.get
        for one in shown:
            last = latest(one.thing.id)
            if last is None or last is not one.told:
                one.renew(present.state, last)
        yield Family(
            _LAST,
            "gauge",
            "When the latest observation that decides up and down was begun.",
            [one.last for one in shown if one.last],
        )
        yield Family(
            _COUNTED,
            "counter",
            "Observations that decide up and down, by outcome, since netmon started.",
            [one.counts for one in shown],
        )


class _Lines:
    """What is written of one object; of its seconds, ``grows`` is followed by the number that grows by the second."""

    __slots__ = (
        "after",
        "before",
        "counted",
        "grown",
        "grows",
        "kind",
        "observed",
        "outages",
        "states",
        "thing",
        "told",
        "up",
    )

    def __init__(self, kind: str, thing: Thing) -> None:
        self.thing = thing
        self.kind = kind
        self.told: object = None
        self.counted = -1
        self.outages = self.observed = self.up = self.states = self.before = self.grows = self.after = b""
        self.grown = 0

    def renew(self, outages: int) -> None:
        """Write it anew for another stand, or another number of outages."""
        stand = self.thing.stand
        kind, own, state = self.kind, self.thing.labels, stand.state
        if self.counted != outages:
            self.counted = outages
            self.outages = f"netmon_{kind}_outages_total{{{own}}} {outages}\n".encode()
        if self.told is stand:
            return
        self.told = stand
        self.observed = f"netmon_{kind}_observed{{{own}}} {0 if state is State.UNKNOWN else 1}\n".encode()
        self.up = f"netmon_{kind}_up{{{own}}} {_KNOWN_UP[state]}\n".encode() if state in _KNOWN_UP else b""
        self.states = "".join(
            [f'netmon_{kind}_state{{{own},state="{word}"}} {1 if one is state else 0}\n' for one, word in _NAMED_STATES]
        ).encode()
        self._write_seconds(f"netmon_{kind}_period_state_seconds{{{own}")

    def _write_seconds(self, beginning: str) -> None:
        stand = self.thing.stand
        written: list[str] = []
        for label, counted in zip(stand.months, stand.before, strict=True):
            for (state, word), seconds in zip(_NAMED_STATES, counted, strict=True):
                line = f'{beginning},state="{word}",period="{label}"}} '
                if state is stand.state and label == stand.months[-1]:
                    self.grown = seconds - stand.begins
                    self.before, self.grows = "".join(written).encode(), line.encode()
                    written = []
                else:
                    written.append(f"{line}{seconds}\n")
        self.after = "".join(written).encode()

    def seconds(self, now: int) -> tuple[bytes, bytes, bytes]:
        """Give the lines of its seconds up to a second in which it stands as it did."""
        return self.before, b"%b%d\n" % (self.grows, self.grown + now), self.after


class _Seen:
    """What is written of a device's observations; ``told`` is the latest of them."""

    __slots__ = ("counts", "last", "thing", "told")

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.told: Observation | None = None
        self.last = self.counts = b""

    def renew(self, state: CityState, last: Observation | None) -> None:
        """Write it anew for another latest one."""
        name, own = self.thing.id, self.thing.labels
        self.told = last
        self.last = b"" if last is None else f"{_LAST}{{{own}}} {last.at:.3f}\n".encode()
        counted = state.observations
        self.counts = "".join(
            [f'{_COUNTED}{{{own},outcome="{word}"}} {counted[name, one]}\n' for one, word in _NAMED_OUTCOMES]
        ).encode()


def _of(kind: str, shown: list[_Lines], now: int) -> Iterator[Family]:
    name, word = f"netmon_{kind}", _WORDS[kind]
    yield Family(
        f"{name}_observed",
        "gauge",
        f"1 where the state is known, 0 where it is unknown: {word.lower()} is listed always.",
        [one.observed for one in shown],
    )
    yield Family(
        f"{name}_up",
        "gauge",
        f"1 up or degraded, 0 down; {word.lower()} is left out while unknown, planned or out of service.",
        [one.up for one in shown if one.up],
    )
    yield Family(f"{name}_state", "gauge", f"{word}'s state by LK-1: exactly one is 1.", [one.states for one in shown])
    yield Family(
        f"{name}_period_state_seconds",
        "gauge",
        "Seconds of the month so far in each state by LK-1; a gauge, since what is learnt late corrects it.",
        [lines for one in shown for lines in one.seconds(now)],
    )
    yield Family(
        f"{name}_outages_total",
        "counter",
        "Outages begun since netmon started.",
        [one.outages for one in shown],
    )
