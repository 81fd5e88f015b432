"""Who is reachable: states now, and this month by LK-1; of devices, sites and uplinks."""

from __future__ import annotations

from collections.abc import Iterator

from exporters.families import Family
from exporters.present import Present, Thing, labels
from netmon.model import STATES, Outcome, State

_KNOWN_UP = {State.UP: "1", State.DEGRADED: "1", State.DOWN: "0", State.DOWN_UPSTREAM: "0"}
_WORDS = {"device": "The device", "site": "The site", "uplink": "The uplink"}


def families(present: Present) -> Iterator[Family]:
    """Give the families of reachability of every object, then what is told of devices alone."""
    for kind, things in (("device", present.devices), ("site", present.sites), ("uplink", present.uplinks)):
        yield from _of(kind, things, present)
    yield from _observations(present)
    yield Family(
        "netmon_state_timestamp_seconds",
        "gauge",
        "The second up to which states and seconds of the group are told.",
        [f"netmon_state_timestamp_seconds{{{labels(group=group)}}} {present.now}\n" for group in present.groups],
    )


def _of(kind: str, things: list[Thing], present: Present) -> Iterator[Family]:
    name, word = f"netmon_{kind}", _WORDS[kind]
    yield Family(
        f"{name}_observed",
        "gauge",
        f"1 where the state is known, 0 where it is unknown: {word.lower()} is listed always.",
        [f"{name}_observed{{{one.labels}}} {0 if one.now.state is State.UNKNOWN else 1}\n" for one in things],
    )
    yield Family(
        f"{name}_up",
        "gauge",
        f"1 up or degraded, 0 down; {word.lower()} is left out while unknown, planned or out of service.",
        [f"{name}_up{{{one.labels}}} {_KNOWN_UP[one.now.state]}\n" for one in things if one.now.state in _KNOWN_UP],
    )
    yield Family(f"{name}_state", "gauge", f"{word}'s state by LK-1: exactly one is 1.", _states(name, things))
    yield Family(
        f"{name}_period_state_seconds",
        "gauge",
        "Seconds of the month so far in each state by LK-1; a gauge, since what is learnt late corrects it.",
        [text for one in things for text in _periods(name, one)],
    )
    yield Family(
        f"{name}_outages_total",
        "counter",
        "Outages begun since netmon started.",
        [f"{name}_outages_total{{{one.labels}}} {present.state.outages[kind, one.id]}\n" for one in things],
    )


def _states(name: str, things: list[Thing]) -> list[str]:
    words = [state.value for state in STATES]
    return [
        "".join(
            f'{name}_state{{{one.labels},state="{word}"}} {1 if word == one.now.state.value else 0}\n' for word in words
        )
        for one in things
    ]


def _periods(name: str, one: Thing) -> Iterator[str]:
    for label, seconds in one.now.seconds.items():
        yield "".join(
            f'{name}_period_state_seconds{{{one.labels},state="{state.value}",period="{label}"}} {count}\n'
            for state, count in seconds.items()
        )


def _observations(present: Present) -> Iterator[Family]:
    state = present.state
    name = "netmon_device_last_observation_timestamp_seconds"
    yield Family(
        name,
        "gauge",
        "When the latest observation that decides up and down was begun.",
        [f"{name}{{{one.labels}}} {state.last[one.id].at:.3f}\n" for one in present.devices if one.id in state.last],
    )
    name = "netmon_device_observations_total"
    yield Family(
        name,
        "counter",
        "Observations that decide up and down, by outcome, since netmon started.",
        [
            f"{name}{{{one.labels},{labels(outcome=outcome)}}} {state.observations[one.id, outcome]}\n"
            for one in present.devices
            for outcome in Outcome
        ],
    )
