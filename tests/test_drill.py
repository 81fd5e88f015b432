"""Rehearsals in the service: one at a time, for a while, in a series of their own; no state and no figure knows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from answering_city import Place
from golden_city import series_of
from hypothesis import given
from hypothesis import strategies as st
from live_city import NOW, small_city
from running_city import TWO_DEVICES, VARIABLE, write_inventory

from netmon.availability import cut_at, month_at
from netmon.cli.front import Front
from netmon.cli.service import Service, _objects
from netmon.drills import LONGEST, BusyError, Drills, UnknownPlaceError
from netmon.history import History, file
from netmon.inventory import load
from netmon.model import Inventory, Outcome, Role
from netmon.reports.document import document
from netmon.reports.recorded import evaluate_recorded

BEGIN = {"site": "park", "real": False, "seconds": 60}
LABELS = {
    "device": "ap-1",
    "site": "park",
    "uplink": "up-1",
    "kelurahan": "13.71.01.1001",
    "kecamatan": "13.71.01",
    "owner": "dispar",
    "real": "no",
}


def drills(inventory: Inventory | None = None) -> Drills:
    """Give the rehearsals of a small city; where nobody names a place it is the first."""
    city = inventory or small_city()
    return Drills(lambda: city, choose=lambda places: places[0])


def message(*alerts: Any, **more: Any) -> dict[str, Any]:
    """Write a message of Alertmanager's webhook."""
    return {"version": "4", "status": "firing", "receiver": "drill", "alerts": list(alerts), **more}


def alert(name: str, status: str = "firing") -> dict[str, Any]:
    """Write an alert of such a message."""
    return {"status": status, "labels": {"alertname": "Drill", "drill_id": name}, "annotations": {}}


# -- where and how long -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "labels"),
    [
        (None, LABELS),
        ("park", LABELS),
        ("ap-2", {**LABELS, "device": "ap-2"}),
        ("up-1", {**LABELS, "device": "rt-1", "site": "", "owner": ""}),
        ("rt-1", {**LABELS, "device": "rt-1", "site": "", "owner": ""}),
        ("mosque", {**LABELS, "device": "ap-3", "site": "mosque", "uplink": "up-2", "owner": ""}),
    ],
)
def test_a_drill_is_labelled_as_the_device_that_pretends(place: str | None, labels: dict[str, str]) -> None:
    """By site, uplink or device, or somewhere; with its place and owner, so that it goes the way of a true alert."""
    if place == "mosque":
        labels = {**labels, "kelurahan": "13.71.02.1002", "kecamatan": "13.71.02"}
    drill = drills().begin(place, 60, NOW)
    assert drill.labels == {"drill": drill.id, **labels}
    assert (drill.start, drill.end, drill.paged, drill.resolved) == (NOW, NOW + 60, None, None)


def test_of_a_site_an_access_point_is_taken_before_a_switch() -> None:
    """What people use is rehearsed with."""
    city = small_city()
    devices = {**city.devices, "ap-1": replace(city.devices["ap-1"], role=Role.SWITCH)}
    assert drills(replace(city, devices=devices)).begin("park", 60, NOW).labels["device"] == "ap-2"


@pytest.mark.parametrize("seconds", [0, -1, 0.5, LONGEST + 1, float("inf"), float("nan")])
def test_a_drill_lasts_a_bounded_time(seconds: float) -> None:
    """From a second to an hour."""
    with pytest.raises(ValueError, match="lasts from 1 to 3600 seconds"):
        drills().begin(None, seconds, NOW)


def test_a_drill_ends_by_itself_and_there_is_one_at_a_time() -> None:
    """Until its last second no other begins; then it is over, whoever began it, and another one may begin."""
    held = drills()
    first = held.begin(None, 60, NOW)
    with pytest.raises(BusyError, match=f"the drill {first.id} goes on for another 1 s"):
        held.begin(None, 60, NOW + 59)
    assert held.current(NOW + 59.9) == first
    assert held.current(NOW + 60) is None
    second = held.begin(None, 60, NOW + 60)
    assert second.id != first.id
    assert held.find(first.id) is None
    assert held.current(NOW - 1) is None  # the clock was set back: no drill goes on for hours


def test_a_drill_is_ended_once() -> None:
    """It is over at once; ending it again, or one that there is not, changes nothing."""
    held = drills()
    drill = held.begin(None, 60, NOW)
    assert held.end("d-nothing", NOW) is None
    assert held.end(drill.id, NOW + 5) == replace(drill, end=NOW + 5)
    assert held.end(drill.id, NOW + 9) == replace(drill, end=NOW + 5)
    assert held.current(NOW + 5) is None


def test_where_nothing_can_fail_there_is_no_drill() -> None:
    """An unknown place, a planned one, an empty city."""
    city = small_city()
    with pytest.raises(UnknownPlaceError, match="no site, uplink or device 'prak'"):
        drills().begin("prak", 60, NOW)
    planned = {**city.sites, "park": replace(city.sites["park"], planned=True)}
    with pytest.raises(UnknownPlaceError, match="nothing of park is watched"):
        drills(replace(city, sites=planned)).begin("park", 60, NOW)
    with pytest.raises(UnknownPlaceError, match="there is nothing to rehearse with"):
        drills(replace(city, sites={}, uplinks={}, devices={})).begin(None, 60, NOW)


# -- what comes back ----------------------------------------------------------------------------------


def test_the_first_page_and_the_first_resolve_are_kept() -> None:
    """Of a message with other alerts too; repeats change nothing."""
    held = drills()
    drill = held.begin(None, 60, NOW)
    assert held.hear(message(alert("d-other")), NOW + 1) is None
    assert held.hear(message(alert("d-other"), alert(drill.id)), NOW + 47) == drill.id
    assert held.hear(message(alert(drill.id)), NOW + 48) == drill.id
    held.end(drill.id, NOW + 50)
    assert held.hear(message(alert(drill.id, "resolved")), NOW + 70) == drill.id
    found = held.find(drill.id)
    assert found is not None
    assert (found.paged, found.end, found.resolved) == (NOW + 47, NOW + 50, NOW + 70)


def test_an_alert_is_a_drills_by_its_id_wherever_that_stands() -> None:
    """In any label or annotation, whole."""
    held = drills()
    drill = held.begin(None, 60, NOW)
    assert held.hear(message({"status": "firing", "labels": {"a": f"x{drill.id}"}, "annotations": {}}), NOW) is None
    told = {"status": "firing", "labels": {}, "annotations": {"drill": drill.id}}
    assert held.hear(message(told), NOW) == drill.id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["firing", "resolved", "labels"]),
    lambda one: (
        st.lists(one, max_size=4)
        | st.dictionaries(st.sampled_from(["alerts", "status", "labels", "annotations"]) | st.text(max_size=5), one)
    ),
)


@given(JSON)
def test_no_message_brings_it_down(told: Any) -> None:
    """Whatever comes as JSON is no message, or not of this drill."""
    held = drills()
    drill = held.begin(None, 60, NOW)
    for found in (told, {"alerts": told}, {"alerts": [told]}, message(told)):
        with suppress(ValueError):
            assert held.hear(found, NOW) is None
    assert held.find(drill.id) == drill


# -- over HTTP ----------------------------------------------------------------------------------------


async def test_a_drill_is_begun_shown_heard_and_ended_over_http() -> None:
    """Its series is there from the beginning to the end and then no more; what it was stays to be asked for."""
    place = Place()
    begun = await place.send("POST", "/api/drills", BEGIN)
    assert begun.status_code == 201
    drill = begun.json()
    where = {name: drill[name] for name in LABELS if name != "real"}
    assert where == {name: text for name, text in LABELS.items() if name != "real"}
    assert (drill["name"], drill["real"], drill["start"], drill["end"]) == ("Taman Budaya", False, NOW, NOW + 60)
    assert drill["paged"] is None
    series = {name for name in series_of(place.exporter.text()) if name.startswith("netmon_drill")}
    labels = ",".join(f'{name}="{text}"' for name, text in sorted({**LABELS, "drill": drill["id"]}.items()))
    assert series == {f"netmon_drill{{{labels}}}"}
    assert "netmon_drill{" in place.exporter.text(part="state", group="self")
    assert "netmon_drill" not in place.exporter.text(part="state", group="13.71.01")
    place.now = NOW + 47.25
    heard = await place.send("POST", "/api/drills/received", message(alert(drill["id"])))
    assert (heard.status_code, heard.json()) == (200, {"drill": drill["id"]})
    assert (await place.get(f"/api/drills/{drill['id']}")).json() == {**drill, "paged": NOW + 47.25, "at": NOW + 47.25}
    ended = await place.send("DELETE", f"/api/drills/{drill['id']}")
    assert (ended.status_code, ended.json()["end"]) == (200, NOW + 47.25)
    assert "netmon_drill" not in place.exporter.text()


async def test_what_cannot_be_begun_is_refused_with_the_reason() -> None:
    """A place that there is not, another drill, one that there is not (any more)."""
    place = Place()
    unknown = await place.send("POST", "/api/drills", {**BEGIN, "site": "prak"})
    assert (unknown.status_code, unknown.json()["near"]) == (404, "park")
    assert (await place.send("POST", "/api/drills", {**BEGIN, "site": None})).status_code == 201
    busy = await place.send("POST", "/api/drills", BEGIN)
    assert (busy.status_code, "goes on for another 60 s" in busy.json()["error"]) == (409, True)
    for method in ("GET", "DELETE"):
        assert (await place.send(method, "/api/drills/d-none")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        {},
        {**BEGIN, "more": 1},
        {**BEGIN, "site": 7},
        {**BEGIN, "real": "no"},
        {**BEGIN, "real": 0},
        {**BEGIN, "seconds": "60"},
        {**BEGIN, "seconds": True},
        {**BEGIN, "seconds": 3601},
        b'{"site": null, "real": false, "seconds": NaN}',
        b'{"site": null, "real": false, "seconds": 1e999}',
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_what_is_no_order_for_a_drill_is_refused(body: Any) -> None:
    """400 with a sentence; none begins."""
    place = Place()
    answer = await place.send("POST", "/api/drills", body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})
    assert place.drills.current(NOW) is None


async def test_messages_that_are_none_or_too_large_are_refused() -> None:
    """400 and 413; what is of no drill of ours is fine, or Alertmanager would send it again."""
    place = Place()
    answers = [
        await place.send("POST", "/api/drills/received", body, headers={"content-type": "application/json"})
        for body in (message(), b"[]", b"{", b"[" * 200_000, json.dumps(message("x" * 300_000)).encode())
    ]
    assert [one.status_code for one in answers] == [200, 400, 400, 400, 413]
    assert answers[0].json() == {"drill": None}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/drills"), ("POST", "/api/drills/received"), ("DELETE", "/api/drills/{id}")]
)
async def test_a_drill_is_begun_and_ended_from_this_machine_alone(method: str, path: str) -> None:
    """As an acknowledgement is: not from elsewhere, not by a page from elsewhere, unless it is known."""
    place = Place()
    drill = place.drills.begin(None, 60, NOW)
    where = path.format(id=drill.id)
    for how in ({"peer": ("10.71.0.9", 1)}, {"base": "http://evil.example"}, {"headers": {"origin": "http://evil"}}):
        refused = await place.send(method, where, {}, **how)
        assert refused.status_code == 403, how
    assert place.drills.current(NOW) == drill
    place.guarded = True
    known = await place.send(method, where, {}, peer=("10.71.0.9", 1), base="https://netmon.example")
    assert known.status_code != 403


# -- no figure ----------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, History]]:
    """Build the service as ``netmon run`` does, over a history with something in it; nothing is watched."""
    monkeypatch.setenv(VARIABLE, "rahasia")
    folder = write_inventory(tmp_path / "inventory", TWO_DEVICES)
    loaded = load(folder)
    with History.open(tmp_path / "data") as history:
        history.accept(loaded.inventory.revision, loaded.files, _objects(loaded.inventory), NOW - 1000)
        for device in ("rt-a", "a1-1", "a1-2"):
            for at in range(NOW - 600, NOW, 5):
                history.observe(device, at, Outcome.DOWN if at < NOW - 300 else Outcome.UP, 12)
        history.commit(NOW)
        yield Service(folder, loaded, history, Front(None)), history


def rows_of(folder: Path) -> list[str]:
    """Write out every table of a history."""
    with closing(sqlite3.connect(f"file:{folder / 'data' / file.FILE}?mode=ro", uri=True)) as db:
        return list(db.iterdump())


def state_of(metrics: str) -> list[str]:
    """Give the lines of a page that tell of the city, without what is told of the process and the time."""
    passing = ("netmon_state_timestamp_seconds", "process_", "netmon_drill")
    lines = [line for line in metrics.splitlines() if not line.startswith(("#", *passing))]
    return [line for line in lines if "_period_state_seconds" not in line and "_budget_" not in line]


async def test_a_drill_touches_no_state_no_history_and_no_report(
    service: tuple[Service, History], tmp_path: Path
) -> None:
    """Before, during and after a drill, a real one too: the same state, file and report, byte by byte but for time."""
    running, history = service
    transport = httpx.ASGITransport(running._app, client=("127.0.0.1", 1))

    async def everything(client: httpx.AsyncClient) -> tuple[Any, ...]:
        status = (await client.get("/api/status")).json()
        told = {name: status[name] for name in ("counts", "uplinks", "sites", "devices", "maintenance")}
        period = cut_at(month_at(NOW, "Asia/Jakarta"), NOW)
        report = json.dumps(document(evaluate_recorded(history, period)))
        history.commit(NOW)
        page = (await client.get("/metrics")).text
        return told, state_of(page), report, rows_of(tmp_path), history.tracks(), running.state.outages.copy()

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        before = await everything(client)
        assert '"down": 300' in before[2]
        for real in (False, True):
            drill = (await client.post("/api/drills", json={"site": "a1", "real": real, "seconds": 60})).json()
            assert f'drill="{drill["id"]}"' in (await client.get("/metrics?group=self")).text
            assert await everything(client) == before
            await client.post("/api/drills/received", json=message(alert(drill["id"])))
            assert await everything(client) == before
            assert (await client.delete(f"/api/drills/{drill['id']}")).status_code == 200
            assert "netmon_drill" not in (await client.get("/metrics?group=self")).text
            assert await everything(client) == before
