"""What alerts are made of: outages that people should know of, what lies behind them, and the city's calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from exporters.families import Family, gauge
from exporters.present import CITY, Present, labels
from netmon.model import State

_WORDS = {"device": "a device", "site": "a site", "uplink": "an uplink"}


def families(present: Present) -> Iterator[Family]:
    """Give the open outages of every kind, the causes of those that are upstream's doing, and the calendar."""
    for kind, word in _WORDS.items():
        yield _open(present, kind, word)
    yield _causes(present)
    if present.group in {None, CITY}:
        yield from _calendar(present)


def _open(present: Present, kind: str, word: str) -> Family:
    things, state = present.things, present.state
    listed = {"device": things.devices, "site": things.sites, "uplink": things.uplinks}[kind]
    found = [
        (one.labels, outage.start)
        for one in listed
        if present.shows(one.group) and (outage := state.open_outage(kind, one.id, one.stand, present.now))
    ]
    return gauge(
        f"netmon_{kind}_outage_start_timestamp_seconds",
        f"When an outage of its own began that is open for {word}; it ends only once the return has held.",
        found,
    )


def _causes(present: Present) -> Family:
    dark = [
        one for one in present.things.devices if one.stand.state is State.DOWN_UPSTREAM and present.shows(one.group)
    ]
    known: dict[tuple[str, ...], tuple[str, str] | None] = {}  # many hang on the same: each cause is looked for once
    found = []
    for one in dark:
        behind = present.state.devices[one.id].behind
        if behind not in known:
            known[behind] = present.state.cause_of(one.id, present.now)
        cause = known[behind]
        if cause is not None:
            found.append((f"{one.labels},{labels(cause_kind=cause[0], cause=cause[1])}", 1))
    return gauge(
        "netmon_device_outage_cause",
        "The uplink or device that a device is down because of, the first up its chain that is down itself; always 1.",
        found,
    )


def _calendar(present: Present) -> Iterator[Family]:
    at = datetime.fromtimestamp(present.now, UTC)
    local = at.astimezone(ZoneInfo(present.inventory.city.zone))
    yield gauge(
        "netmon_utc_offset_seconds",
        "What the city's clocks are ahead of UTC now, with their zone's name.",
        [(labels(zone=local.tzname() or ""), (local.replace(tzinfo=UTC) - at).total_seconds())],
    )
    month = present.state.month(present.now)
    yield gauge(
        "netmon_month_end_timestamp_seconds",
        "When the current month ends in the city's zone.",
        [(labels(period=month.label), month.end)],
    )
