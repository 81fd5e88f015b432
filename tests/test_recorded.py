"""A month is reported with the inventory that was in force in it, and with what earlier ones had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from inventories import REGIONS, minimal

from netmon.availability import combined, evaluate, month
from netmon.history import History, HistoryError
from netmon.inventory import load_files
from netmon.model import Inventory, Outcome, Period, Span
from netmon.reports.document import document
from netmon.reports.recorded import (
    NothingRecorded,
    evaluate_recorded,
    inventory_of,
    period_of,
    recent_revisions,
    record,
    zone_of,
)

NOVEMBER = month("2026-11", "Asia/Jakarta")
START, END = NOVEMBER.start, NOVEMBER.end
DAY = 86400
REACH = 75


def uplink(name: str = "u", status: str = "active", number: int = 1, more: str = "") -> str:
    """An uplink with one router, ``rt-NAME``."""
    return (
        f'  - {{id: {name}, kelurahan: "13.71.01.1011", status: {status}{more},'
        f" devices: [{{id: rt-{name}, role: router, address: 10.0.1.{number}}}]}}\n"
    )


def files(*uplinks: str, sites: str = "", **more: str) -> dict[str, str]:
    """An inventory as texts."""
    text = (f"uplinks:\n{''.join(uplinks)}" if uplinks else "") + (f"sites:\n{sites}" if sites else "")
    return minimal(text, **more)


def site(*devices: tuple[str, int], name: str = "s", more: str = "") -> str:
    """A site with access points."""
    listed = ", ".join(f"{{id: {one}, role: access_point, address: 10.0.2.{number}}}" for one, number in devices)
    return f'  - {{id: {name}, kelurahan: "13.71.01.1011"{more}, devices: [{listed}]}}\n'


def accept(history: History, texts: Mapping[str, str], at: int | None) -> Inventory:
    """Take an inventory as the service does."""
    inventory = load_files(texts, environ={}).inventory
    objects = [("device", d.id) for d in inventory.devices.values() if inventory.is_object(d)]
    objects += [("site", s.id) for s in inventory.sites.values() if not s.planned]
    objects += [("uplink", u.id) for u in inventory.uplinks.values() if not u.planned]
    objects += [("maintenance", window) for window in inventory.maintenance]
    history.accept(inventory.revision, inventory_files(texts), objects, at)
    return inventory


def inventory_files(texts: Mapping[str, str]) -> dict[str, str]:
    """What is kept of an inventory: its texts."""
    return dict(texts)


def seconds(history: History, period: Period = NOVEMBER) -> dict[str, dict[str, int]]:
    """Give every object's seconds that are not 0."""
    return {
        one.id: {state.value: count for state, count in one.seconds.items() if count}
        for one in evaluate_recorded(history, period).objects
    }


def watch(history: History, name: str, *spans: tuple[int, int, Outcome]) -> None:
    """Record spans of observations."""
    history.record(name, [Span(*span) for span in spans], REACH)


# -- which inventory ----------------------------------------------------------------------------------


def test_a_device_that_was_taken_out_stays_in_the_month(tmp_path: Path) -> None:
    """Decommissioned in the second in which the next revision was accepted; what it saw before counts."""
    middle = START + 10 * DAY
    with History.open(tmp_path) as history:
        accept(history, files(sites=site(("a", 1), ("b", 2))), START - DAY)
        accept(history, files(sites=site(("a", 1))), middle)
        watch(history, "a", (START, END, Outcome.UP))
        watch(history, "b", (START, middle, Outcome.DOWN))
        found = seconds(history)
        assert found["b"] == {"down": 10 * DAY, "out_of_service": 20 * DAY}
        assert found["s"] == {"degraded": 10 * DAY, "up": 20 * DAY}


def test_a_site_that_was_taken_out_stays_with_its_outages(tmp_path: Path) -> None:
    """Nobody gets rid of an outage by deleting the place."""
    middle = START + 10 * DAY
    with History.open(tmp_path) as history:
        accept(history, files(sites=site(("a", 1)) + site(("b", 2), name="t")), START - DAY)
        accept(history, files(sites=site(("a", 1))), middle)
        watch(history, "b", (START, middle, Outcome.DOWN))
        found = {one.id: one for one in evaluate_recorded(history, NOVEMBER).objects}
        assert [(o.start, o.end) for o in found["t"].outages] == [(START, middle)]
        city = next(r for r in evaluate_recorded(history, NOVEMBER).rollups if r.kind == "city")
        assert city.objects == 2


def test_what_was_taken_out_before_the_month_is_not_in_it(tmp_path: Path) -> None:
    """A revision that another had followed before the month began was never in force in it."""
    with History.open(tmp_path) as history:
        accept(history, files(sites=site(("a", 1), ("b", 2))), START - 2 * DAY)
        accept(history, files(sites=site(("a", 1))), START)
        assert set(seconds(history)) == {"a", "s"}


def test_what_comes_after_the_month_is_not_in_it(tmp_path: Path) -> None:
    """The last revision in force in the month speaks, not the latest."""
    with History.open(tmp_path) as history:
        accept(history, files(sites=site(("a", 1))), START - DAY)
        accept(history, files(sites=site(("b", 2))), END)
        assert set(seconds(history)) == {"a", "s"}
        assert "b" in inventory_of(history, month("2026-12", "Asia/Jakarta")).devices


def test_what_is_in_force_is_not_read_again(tmp_path: Path) -> None:
    """A service begins with the inventory that it has loaded; what was in force in between is read from the history."""
    first, between = files(sites=site(("a", 1))), files(sites=site(("a", 1), ("b", 2)))
    with History.open(tmp_path) as history:
        accept(history, first, START - DAY)
        accept(history, between, START + DAY)
        loaded = accept(history, first, START + 2 * DAY)
        found = recent_revisions(history, loaded, START + 3 * DAY)
        assert [at - START for at, _ in found] == [-DAY, DAY, 2 * DAY]
        assert [one is loaded for _, one in found] == [True, False, True]
        assert set(found[1][1].devices) == {"a", "b"}


def test_a_planned_uplink_that_becomes_active_counts_from_then_on(tmp_path: Path) -> None:
    """Before its first load as an active one it is out of service; while it is planned it is no object."""
    middle = START + 10 * DAY
    with History.open(tmp_path) as history:
        accept(history, files(uplink(status="planned"), uplink("v", number=2)), START - DAY)
        watch(history, "rt-u", (START, END, Outcome.UP))
        assert set(seconds(history)) == {"rt-v", "v"}
        accept(history, files(uplink(), uplink("v", number=2)), middle)
        found = seconds(history)
        assert found["u"] == found["rt-u"] == {"out_of_service": 10 * DAY, "up": 20 * DAY}


def test_commissioned_missing_is_the_first_load(tmp_path: Path) -> None:
    """Whatever was observed before; a date in the file is believed instead."""
    loaded = START + 3 * DAY
    with History.open(tmp_path) as history:
        accept(history, files(uplink(), uplink("v", number=2, more=", commissioned: 2026-11-02")), loaded)
        for name in ("rt-u", "rt-v"):
            watch(history, name, (START, END, Outcome.UP))
        found = seconds(history)
        assert found["u"] == {"out_of_service": 3 * DAY, "up": 27 * DAY}
        # A date of its uplink holds for the router; the router's own first load holds as well.
        assert found["v"] == found["rt-v"]


def test_what_went_and_came_back_is_spoken_for_by_the_latest(tmp_path: Path) -> None:
    """A device that was left out for a day by mistake is not decommissioned; the day is what was observed of it."""
    with History.open(tmp_path) as history:
        whole = files(sites=site(("a", 1), ("b", 2)))
        accept(history, whole, START - DAY)
        accept(history, files(sites=site(("a", 1))), START + 5 * DAY)
        accept(history, whole, START + 6 * DAY)
        watch(history, "b", (START, START + 5 * DAY, Outcome.UP), (START + 6 * DAY, END, Outcome.UP))
        assert seconds(history)["b"] == {"up": 29 * DAY, "unknown": DAY}


# -- windows ------------------------------------------------------------------------------------------

WINDOW_START = START + 10 * DAY
WINDOW = """\
maintenance:
  - {id: w, scope: [u], start: 2026-11-11T00:00+07:00, end: 2026-11-11T04:00+07:00, announced: 2026-11-08T00:00+07:00,
     reason: PLN}
"""


@pytest.mark.parametrize(
    ("loaded", "counted"),
    [
        (WINDOW_START - 5 * DAY, True),
        (WINDOW_START - DAY, True),
        (WINDOW_START - DAY + 1, False),
        (WINDOW_START + 1, False),
        (WINDOW_START + 5 * DAY, False),
    ],
)
def test_a_window_counts_from_when_it_was_first_loaded(tmp_path: Path, loaded: int, counted: bool) -> None:
    """The file says three days before; it is believed no further back than netmon has seen it."""
    with History.open(tmp_path) as history:
        accept(history, files(uplink()), START - DAY)
        accept(history, files(uplink(), maintenance=WINDOW), loaded)
        watch(history, "rt-u", (START, END, Outcome.DOWN))
        (window,) = evaluate_recorded(history, NOVEMBER).maintenance
        assert window.counted is counted
        assert seconds(history)["u"].get("planned", 0) == (4 * 3600 if counted else 0)


def test_a_replay_believes_the_file(tmp_path: Path) -> None:
    """Recorded observations have no first load: announced and commissioned are what the files say, or since ever."""
    loaded = load_files(files(uplink(), maintenance=WINDOW), environ={})
    with History.open(tmp_path) as history:
        record(history, loaded, {"rt-u": [Span(START, END, Outcome.UP)]})
        assert seconds(history)["u"] == {"up": 30 * DAY - 4 * 3600, "planned": 4 * 3600}


# -- live and replayed --------------------------------------------------------------------------------


def test_a_live_month_is_cut_at_now_and_a_replayed_one_is_not(tmp_path: Path) -> None:
    """`partial` says so; a month that is over is whole in both."""
    now = START + 5 * DAY
    with History.open(tmp_path / "live") as history:
        accept(history, files(uplink()), START)
        assert period_of(history, "2026-11", now) == Period(START, now, "Asia/Jakarta", "2026-11", partial=True)
        assert period_of(history, "2026-11", END + 1) == NOVEMBER
    with History.open(tmp_path / "replayed") as history:
        record(history, load_files(files(uplink()), environ={}), {})
        assert period_of(history, "2026-11", now) == NOVEMBER


def test_without_a_label_the_last_complete_month_is_reported(tmp_path: Path) -> None:
    """In the zone of the latest inventory: an hour after its midnight it is the month before."""
    with History.open(tmp_path) as history:
        accept(history, files(uplink()), START)
        assert zone_of(history) == "Asia/Jakarta"
        assert period_of(history, None, END + 3600) == NOVEMBER
        assert period_of(history, None, END - 3600).label == "2026-10"


def test_the_future_of_a_month_is_in_no_figure(tmp_path: Path) -> None:
    """A report in mid-month: its seconds add up to the time that has passed."""
    now = START + 5 * DAY
    with History.open(tmp_path) as history:
        accept(history, files(uplink()), START)
        watch(history, "rt-u", (START, now + 50, Outcome.UP))
        (router, found) = evaluate_recorded(history, period_of(history, "2026-11", now)).objects
        assert sum(found.seconds.values()) == sum(router.seconds.values()) == 5 * DAY
        assert found.availability == 1.0


def test_nothing_recorded_is_said_in_words(tmp_path: Path) -> None:
    """No inventory at all, or none that was in force in the month."""
    with History.open(tmp_path) as history:
        with pytest.raises(NothingRecorded, match="holds no inventory"):
            period_of(history, "2026-11", END)
        accept(history, files(uplink()), END)
        with pytest.raises(NothingRecorded, match="nothing is recorded for 2026-11"):
            evaluate_recorded(history, NOVEMBER)
        with pytest.raises(ValueError, match="is not a month"):
            period_of(history, "11-2026", END)


def test_a_replay_is_the_evaluation_itself(tmp_path: Path) -> None:
    """What was written and read again gives the document that the observations give at once."""
    loaded = load_files(files(uplink(), sites=site(("a", 1), more=", uplink: u")), environ={})
    tracks = {
        "rt-u": [Span(START - 500, START + 100, Outcome.UP), Span(START + 100, START + 4000, Outcome.DOWN)],
        "a": [Span(START, START + 3000, Outcome.DOWN), Span(START + 3000, END, Outcome.BLIND)],
    }
    expected = document(evaluate(loaded.inventory, tracks, NOVEMBER))
    with History.open(tmp_path) as history:
        record(history, loaded, tracks)
    with History.open(tmp_path, read_only=True) as history:
        assert document(evaluate_recorded(history, NOVEMBER)) == expected
    with History.open(tmp_path) as history, pytest.raises(HistoryError, match="name an empty folder"):
        record(history, loaded, tracks)


def test_a_live_history_takes_no_recorded_observations(tmp_path: Path) -> None:
    """Nor the other way round: one believes its files, the other its clock."""
    loaded = load_files(files(uplink()), environ={})
    with History.open(tmp_path / "live") as history:
        accept(history, files(uplink()), START)
        with pytest.raises(HistoryError, match="do not share a history"):
            record(history, loaded, {})
    with History.open(tmp_path / "replayed") as history:
        record(history, loaded, {})
        with pytest.raises(HistoryError, match="do not share a history"):
            accept(history, files(uplink("w")), START)


# -- combined -----------------------------------------------------------------------------------------

Revisions = Sequence[tuple[int, dict[str, str]]]
Ends = dict[str, int | None]
A = files(sites=site(("a", 1)))
AB = files(sites=site(("a", 1), ("b", 2)))
B = files(sites=site(("b", 2)))
U_PLANNED = files(uplink(status="planned"), uplink("v", number=2))
U_ACTIVE = files(uplink(), uplink("v", number=2))
ENDING = files(sites=site(("a", 1), ("b", 2), more=", decommissioned: 2026-11-02"))


@pytest.mark.parametrize(
    ("revisions", "ends"),
    [
        ([(1, A)], {"a": None}),
        ([(1, A), (2, AB)], {"a": None, "b": None}),
        ([(1, AB), (2, A)], {"a": None, "b": 2}),
        ([(1, AB), (2, A), (3, AB)], {"a": None, "b": None}),
        ([(1, AB), (2, A), (3, B)], {"a": 3, "b": None}),
        ([(1, AB), (2, A), (3, A)], {"a": None, "b": 2}),
        ([(1, A), (2, AB), (3, A)], {"a": None, "b": 3}),
        ([(1, U_ACTIVE), (2, U_PLANNED)], {"rt-u": 2, "rt-v": None}),
        ([(1, U_PLANNED), (2, U_ACTIVE)], {"rt-u": None, "rt-v": None}),
        ([(1, U_PLANNED), (2, A)], {"rt-v": 2, "a": None}),
    ],
)
def test_what_an_earlier_revision_had_ends_when_it_was_taken_out(revisions: Revisions, ends: Ends) -> None:
    """The objects of the combined inventory, and when each of them was decommissioned."""
    found = combined([(at, load_files(texts, environ={}).inventory) for at, texts in revisions])
    objects = {d.id: d.decommissioned for d in found.devices.values() if found.is_object(d)}
    assert objects == ends


def test_a_thing_that_ended_before_it_was_taken_out_ended_then() -> None:
    """The file's date is earlier: it stays; the site's holds for its device."""
    ended = load_files(ENDING, environ={}).inventory
    found = combined([(START, ended), (START + 20 * DAY, load_files(files(uplink()), environ={}).inventory)])
    assert found.sites["s"].decommissioned == START + DAY
    assert found.devices["b"].decommissioned == START + 20 * DAY


def test_a_device_that_moved_is_where_it_is_now() -> None:
    """Identity is the id: the new place speaks for it, and the old place, now empty, is kept without it."""
    before = load_files(files(sites=site(("a", 1)) + site(("b", 2), name="t")), environ={}).inventory
    after = load_files(files(sites=site(("a", 1), name="t2") + site(("b", 2), name="t")), environ={}).inventory
    found = combined([(1, before), (2, after)])
    assert found.devices["a"].site == "t2"
    assert found.devices["a"].decommissioned is None
    assert found.sites["s"].decommissioned == 2
    result = {one.id: one for one in evaluate(found, {"a": [Span(START, END, Outcome.UP)]}, NOVEMBER).objects}
    assert result["t2"].availability == 1.0


def test_no_revision_is_no_inventory() -> None:
    """There is nothing to combine."""
    with pytest.raises(ValueError, match="no revision"):
        combined([])


def test_a_combined_inventory_can_be_evaluated_whatever_was_taken_out() -> None:
    """Sites, uplinks, services, kelurahan: each may vanish with what hangs on it."""
    everything: dict[str, Any] = files(
        uplink(), sites=site(("a", 1), more=", uplink: u, services: [{id: g, check: dns}]"), maintenance=WINDOW
    )
    nothing = files(uplink("v", number=2)) | {"regions.csv": REGIONS.replace("1011", "1012").replace("Manis", "Asin")}
    nothing = {name: text.replace("1011", "1012") for name, text in nothing.items()}
    found = combined(
        [
            (START, load_files(everything, environ={}).inventory),
            (START + DAY, load_files(nothing, environ={}).inventory),
        ]
    )
    tracks = {"a": [Span(START, END, Outcome.UP)], "rt-u": [Span(START, END, Outcome.UP)]}
    result = {one.id: one for one in evaluate(found, tracks, NOVEMBER).objects}
    assert set(result) == {"a", "rt-u", "rt-v", "s", "u", "v"}
    for name in ("a", "rt-u", "s", "u"):
        assert result[name].seconds["out_of_service"] == 29 * DAY, name
        assert result[name].availability == 1.0
