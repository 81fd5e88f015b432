"""A period as the history recorded it, with the inventory that was in force in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netmon.availability import Evaluation, combined, cut_at, evaluate, month, month_at
from netmon.history import History, Revision
from netmon.inventory import Loaded, load_city, load_files
from netmon.model import Device, Inventory, Period, Service, Span, reach_seconds

_EVER = 1 << 60


class NothingRecorded(Exception):  # noqa: N818 -- it is no error of anybody's, just an empty answer
    """The history holds nothing about the period."""


def zone_of(history: History) -> str:
    """Give the city's zone by the latest inventory.

    Raises:
        NothingRecorded: No inventory was ever accepted.
    """
    revisions = history.revisions(_EVER - 1, _EVER)  # the one that stays in force
    if not revisions:
        raise NothingRecorded("the history holds no inventory: run netmon first")
    return load_city(revisions[-1].files).zone


def period_of(history: History, label: str | None, now: int) -> Period:
    """Give the month to report: ``label`` or the last complete one, cut at ``now`` unless it is a replayed one.

    Raises:
        NothingRecorded: No inventory was ever accepted.
        ValueError: The label is not a month.
    """
    zone = zone_of(history)
    period = month(label, zone) if label else month_at(month_at(now, zone).start - 1, zone)
    return period if history.replayed() else cut_at(period, now)


def inventory_of(history: History, period: Period) -> Inventory:
    """Give the inventory a period is reported with: the last revision in force, and what earlier ones had.

    Raises:
        NothingRecorded: No inventory was in force in the period.
    """
    revisions = history.revisions(period.start, period.end)
    if not revisions:
        raise NothingRecorded(f"nothing is recorded for {period.label}: no inventory was in force then")
    return combined([(one.at or 0, _read(one)) for one in revisions])


def recent_revisions(history: History, inventory: Inventory, now: int) -> list[tuple[int, Inventory]]:
    """Give the inventories in force since the beginning of the month before, with when each was accepted.

    ``inventory`` is the one in force: what was accepted with its content is not read again.
    """
    zone = inventory.city.zone
    start = month_at(month_at(now, zone).start - 1, zone).start
    return [
        (one.at or 0, inventory if one.revision == inventory.revision else _read(one))
        for one in history.revisions(start, now + 1)
    ]


def _read(one: Revision) -> Inventory:
    return load_files(one.files, secrets=False).inventory


def evaluate_recorded(history: History, period: Period) -> Evaluation:
    """Compute LK-1 for a period from the history.

    Raises:
        NothingRecorded: No inventory was in force in the period.
    """
    return evaluate(inventory_of(history, period), history.tracks(), period, first_loaded=history.first_loaded())


def record(history: History, loaded: Loaded, tracks: Mapping[str, Sequence[Span]]) -> None:
    """Write recorded observations and the inventory they belong to into a history of their own.

    Raises:
        HistoryError: It cannot be written, or holds something already.
    """
    inventory = loaded.inventory
    history.accept(inventory.revision, loaded.files, [], None)
    everything: list[Device | Service] = [*inventory.devices.values(), *inventory.services.values()]
    for watched in everything:
        history.record(watched.id, tracks.get(watched.id, ()), reach_seconds(watched.interval))
    history.commit(0)
