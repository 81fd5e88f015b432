"""``netmon ack``: somebody is on an outage. It is kept, shown, counted nowhere, and only from this machine or known."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from answering_city import Place, dark_city
from golden_city import values_of
from live_city import NOW

from netmon.history import History, HistoryError, file
from netmon.model import Acknowledgement, Outcome
from netmon.state import Acknowledgements, NothingOpenError

MADE = Acknowledgement("uplink", "up-1", "Budi", "menuju lokasi", NOW)
TOLD = {"id": "up-1", "by": "Budi", "note": "menuju lokasi"}


async def acknowledge(place: Place, body: Any = None, **how: Any) -> httpx.Response:
    """Send an acknowledgement."""
    return await place.send("POST", "/api/acknowledgements", TOLD if body is None else body, **how)


# -- what it holds for --------------------------------------------------------------------------------


def test_it_holds_for_the_outage_that_was_open_and_for_no_other() -> None:
    """As long as that is open, short returns included; a later outage is another one and has nobody."""
    city = dark_city()
    made = Acknowledgements(city.state, [MADE])
    assert made.valid("uplink", NOW) == {"up-1": MADE}
    assert made.valid("site", NOW) == made.valid("device", NOW) == {}
    city.watch("rt-1", NOW, NOW + 60)  # shorter than it takes to believe in a return
    city.watch("rt-1", NOW + 60, NOW + 300, Outcome.DOWN)
    assert made.valid("uplink", NOW + 299) == {"up-1": MADE}
    city.watch("rt-1", NOW + 300, NOW + 3000)
    assert made.valid("uplink", NOW + 2999) == {}
    city.watch("rt-1", NOW + 3000, NOW + 3300, Outcome.DOWN)
    assert city.state.open_outages("uplink", NOW + 3299).keys() == {"up-1"}
    assert made.valid("uplink", NOW + 3299) == {}


def test_one_from_before_the_outage_says_nothing_of_it() -> None:
    """The second before its beginning is too early, its first second is not."""
    start = dark_city().state.open_outages("uplink", NOW)["up-1"].start
    for at, counts in ((start - 1, False), (start, True)):
        made = Acknowledgements(dark_city().state, [Acknowledgement("uplink", "up-1", "Budi", "x", at)])
        assert bool(made.valid("uplink", NOW)) is counts, at


def test_the_latest_counts() -> None:
    """Whoever says so last is on it, also after a restart that reads all of them in their order."""
    second = Acknowledgement("uplink", "up-1", "Sari", "giliran saya", NOW + 5)
    made = Acknowledgements(dark_city().state, [MADE, second])
    assert made.valid("uplink", NOW + 5) == {"up-1": second}
    made.take(MADE)
    assert made.valid("uplink", NOW + 5) == {"up-1": MADE}


@pytest.mark.parametrize(
    ("name", "kind", "cause", "text"),
    [
        ("up-2", "uplink", None, "the uplink up-2 has no open outage"),
        ("rt-2", "device", None, "the device rt-2 has no open outage"),
        ("park", "site", ("uplink", "up-1"), "park is down because of the uplink up-1: acknowledge that"),
        ("ap-2", "device", ("uplink", "up-1"), "ap-2 is down because of the uplink up-1: acknowledge that"),
        ("nobody", None, None, "there is no uplink, site or device 'nobody'"),
    ],
)
def test_what_has_no_open_outage_is_refused_and_its_cause_named(
    name: str, kind: str | None, cause: tuple[str, str] | None, text: str
) -> None:
    """What is up, what is down because of another, what is not there."""
    with pytest.raises(NothingOpenError) as error:
        Acknowledgements(dark_city().state).kind_of(name, NOW)
    assert (error.value.kind, error.value.cause, str(error.value)) == (kind, cause, text)


def test_what_went_out_of_the_inventory_is_shown_no_more() -> None:
    """An acknowledgement of a thing that is no longer watched does no harm."""
    made = Acknowledgements(dark_city().state, [Acknowledgement("site", "gone", "Budi", "x", NOW)])
    assert made.valid("site", NOW) == {}


# -- on disk ------------------------------------------------------------------------------------------


def test_all_of_them_are_kept_on_disk_in_their_order(tmp_path: Path) -> None:
    """Each is there as soon as it was taken in: after a crash, in a copy for readers, in a backup."""
    made = [MADE, Acknowledgement("site", "mosque", "Sari", 'tanda "petik" – é日', NOW + 1), MADE]
    with History.open(tmp_path / "a") as history:
        for one in made:
            history.acknowledge(one)
        with History.open(tmp_path / "a", read_only=True) as reader:
            assert reader.acknowledgements() == made
        history.backup(tmp_path / "backup")
    History.restore(tmp_path / "backup", tmp_path / "b")
    for folder in ("a", "b"):
        with History.open(tmp_path / folder) as history:
            assert history.acknowledgements() == made


def test_the_outage_is_on_disk_before_its_acknowledgement(tmp_path: Path) -> None:
    """After a crash the outage has begun when it had begun, so that what was said of it still holds."""
    with History.open(tmp_path) as history:
        history.observe("rt-1", NOW - 5, Outcome.DOWN, 75)
        history.acknowledge(MADE)
    with History.open(tmp_path, read_only=True) as history:
        assert [(span.start, span.outcome) for span in history.tracks()["rt-1"]] == [(NOW - 5, Outcome.DOWN)]


def test_a_history_from_before_is_brought_up_to_it(tmp_path: Path) -> None:
    """A file of the first version, with what it holds, takes acknowledgements; so does its backup."""
    tmp_path.joinpath("old").mkdir()
    with closing(file.open_writer(tmp_path / "old" / file.FILE, file.MIGRATIONS[:1])) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        db.execute("INSERT INTO names VALUES (0, 'ap')")
        db.execute("INSERT INTO rows VALUES (0, 5, 30, 75, 0)")
        db.execute("INSERT INTO heartbeat VALUES (0, 30, ?)", (bytes([25, 0, 0, 0]),))
    with History.open(tmp_path / "old") as history:
        (before,) = history.tracks()["ap"]
        assert (before.start, before.end) == (5, 105)
        assert history.acknowledgements() == []
        history.acknowledge(MADE)
        assert history.acknowledgements() == [MADE]


def test_what_cannot_be_written_is_not_half_there(tmp_path: Path) -> None:
    """The error says so; afterwards there is none, and the next one can be written."""
    with History.open(tmp_path) as history:
        with closing(sqlite3.connect(tmp_path / file.FILE, isolation_level=None)) as other:
            trigger = "CREATE TRIGGER full AFTER INSERT ON acknowledgements BEGIN SELECT RAISE(ABORT, 'no room'); END"
            other.execute(trigger)
            with pytest.raises(HistoryError, match=r"cannot take in the acknowledgement.*no room"):
                history.acknowledge(MADE)
            other.execute("DROP TRIGGER full")
        assert history.acknowledgements() == []
        history.acknowledge(MADE)
        assert history.acknowledgements() == [MADE]


# -- told to the service ------------------------------------------------------------------------------


async def test_it_is_recorded_and_shown_everywhere() -> None:
    """By the answer, in the status, on the page in both languages, as a metric; states and figures stay as they are."""
    place = Place()
    before, metrics = (await place.get("/api/status")).json(), place.exporter.text(part="state", group="13.71.01")
    answer = await acknowledge(place, {**TOLD, "note": "  <b>menuju</b> lokasi "})
    assert answer.status_code == 201
    made = {"by": "Budi", "note": "<b>menuju</b> lokasi", "at": "2026-11-07T03:00:00Z"}
    assert answer.json() == {"kind": "uplink", "id": "up-1", **made, "above": None}
    assert place.recorded == [Acknowledgement("uplink", "up-1", "Budi", "<b>menuju</b> lokasi", NOW)]
    after = (await place.get("/api/status")).json()
    shown = {one["id"]: one["acknowledged"] for kind in ("uplinks", "sites", "devices") for one in after[kind]}
    assert {name: one for name, one in shown.items() if one is not None} == {"up-1": made}
    for one in after["uplinks"]:
        one["acknowledged"] = None
    assert after == before
    page = place.exporter.text(part="state", group="13.71.01")
    series = 'netmon_outage_acknowledged{uplink="up-1",by="Budi"}'
    assert values_of(page) == {**values_of(metrics), series: 1}
    assert series not in place.exporter.text(group="13.71.02")
    first = (await place.get("/")).text
    assert "dikonfirmasi oleh Budi, 10.00: &lt;b&gt;menuju&lt;/b&gt; lokasi" in first
    assert "acknowledged by Budi, 10:00: &lt;b&gt;" in (await place.get("/?lang=en")).text
    place.now += 86400
    assert "dikonfirmasi oleh Budi, 07-11-2026 10.00:" in (await place.get("/")).text


async def test_a_device_whose_uplink_is_down_too_leads_to_it() -> None:
    """The router itself may be acknowledged; people are called for the uplink, and the answer says so."""
    answer = await acknowledge(Place(), {**TOLD, "id": "rt-1"})
    assert (answer.status_code, answer.json()["kind"]) == (201, "device")
    assert answer.json()["above"] == {"kind": "uplink", "id": "up-1"}


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("park", 409, {"kind": "site", "cause": {"kind": "uplink", "id": "up-1"}, "near": None}),
        ("up-2", 409, {"kind": "uplink", "cause": None, "near": None}),
        ("mosk", 404, {"kind": None, "cause": None, "near": "mosque"}),
        ("x" * 5000, 404, {"kind": None, "cause": None, "near": None}),
    ],
)
async def test_nothing_open_is_told_with_what_is(name: str, status: int, told: dict[str, Any]) -> None:
    """The cause, the nearest id, and every open outage with its beginning; nothing is recorded."""
    place = Place()
    answer = await acknowledge(place, {**TOLD, "id": name})
    found = answer.json()
    assert answer.status_code == status
    assert {key: found[key] for key in told} == told
    opened = {"up-1": "uplink", "mosque": "site", "rt-1": "device", "ap-3": "device"}
    assert {one["id"]: one["kind"] for one in found["open"]} == opened
    assert (found["open_count"], found["open"][0]["start"]) == (4, "2026-11-07T02:55:00Z")
    assert place.recorded == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b""),
        (400, b"{"),
        (400, b"[" * 8000),
        (400, b"\xff\xfe"),
        (400, [TOLD]),
        (400, {"id": "up-1", "by": "Budi"}),
        (400, {**TOLD, "at": 0}),
        (400, {**TOLD, "by": 7}),
        (400, {**TOLD, "by": None}),
        (400, {**TOLD, "by": " "}),
        (400, {**TOLD, "by": "x" * 61}),
        (400, {**TOLD, "note": "x" * 501}),
        (400, {**TOLD, "note": "two\nlines"}),
        (400, {**TOLD, "note": "\x1b[2J"}),
        (400, {**TOLD, "by": "iduB\u202e"}),
        (413, b" " * 9000),
    ],
    ids=lambda value: None if isinstance(value, int) else f"{str(value)[:40]!a}",
)
async def test_what_is_no_acknowledgement_is_refused(status: int, body: Any) -> None:
    """With a sentence that says why; nothing is recorded."""
    place = Place()
    answer = await acknowledge(place, body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    assert place.recorded == []


ELSEWHERE = ("10.71.0.9", 50_000)


@pytest.mark.parametrize(
    ("guarded", "status", "how"),
    [
        pytest.param(False, 201, {}, id="from-here"),
        pytest.param(False, 201, {"base": "http://localhost:9810"}, id="by-name"),
        pytest.param(False, 201, {"base": "http://[::1]:9810", "peer": ("::1", 1)}, id="by-ipv6"),
        pytest.param(False, 201, {"peer": ("::ffff:127.0.0.1", 1)}, id="ipv4-in-ipv6"),
        pytest.param(False, 201, {"headers": {"origin": "http://127.0.0.1:9810"}}, id="own-origin"),
        pytest.param(False, 403, {"peer": ELSEWHERE}, id="from-elsewhere"),
        pytest.param(False, 403, {"peer": ("", 0)}, id="from-nowhere"),
        pytest.param(False, 403, {"base": "http://evil.example"}, id="rebound-name"),
        pytest.param(False, 403, {"base": "http://127.0.0.1.evil.example"}, id="rebound-look-alike"),
        pytest.param(False, 403, {"base": "http://10.71.0.5:9810"}, id="another-address"),
        pytest.param(False, 403, {"headers": {"host": "[::1"}}, id="no-name"),
        pytest.param(False, 403, {"headers": {"origin": "http://evil.example"}}, id="foreign-origin"),
        pytest.param(False, 403, {"headers": {"origin": "null"}}, id="origin-of-a-file"),
        pytest.param(False, 403, {"headers": {"x-forwarded-for": "10.0.0.1"}}, id="through-a-proxy"),
        pytest.param(True, 201, {"peer": ELSEWHERE, "base": "https://netmon.example"}, id="known-from-elsewhere"),
        pytest.param(True, 403, {"headers": {"origin": "http://evil.example"}}, id="known-by-a-foreign-page"),
        pytest.param(True, 415, {"headers": {"content-type": "text/plain"}}, id="known-by-a-form"),
        pytest.param(False, 415, {"headers": {"content-type": "text/plain"}}, id="form-text"),
        pytest.param(False, 415, {"headers": {"content-type": "multipart/form-data"}}, id="form-multipart"),
        pytest.param(False, 201, {"headers": {"content-type": "Application/JSON; charset=utf-8"}}, id="with-charset"),
    ],
)
async def test_who_may(guarded: bool, status: int, how: dict[str, Any]) -> None:
    """Programs of this machine by a name of this machine, or whoever has said a password; no page from elsewhere."""
    place = Place()
    place.guarded = guarded
    body = json.dumps(TOLD).encode()
    how = {**how, "headers": {"content-type": "application/json", **how.get("headers", {})}}
    answer = await acknowledge(place, body, **how)
    assert answer.status_code == status, answer.text
    assert len(place.recorded) == (status == 201)


async def test_what_is_not_recorded_does_not_count(tmp_path: Path) -> None:
    """A full disk: 503 with the reason; who was on it before still is, on disk and on show; nothing is half there."""
    with History.open(tmp_path) as history:
        place = Place(record=history.acknowledge)
        (pages,) = history._db.execute("PRAGMA page_count").fetchone()
        history._db.execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite then says what it says of a full disk
        kept = 0
        while (answer := await acknowledge(place, {**TOLD, "note": f"{kept:0500d}"})).status_code == 201:
            kept += 1
        assert answer.status_code == 503
        assert "cannot take in the acknowledgement: the disk is full: free some space" in answer.json()["error"]
        assert 0 < kept < 100
        assert [int(one.note) for one in history.acknowledgements()] == [*range(kept)]
        assert int(place.made.valid("uplink", NOW)["up-1"].note) == kept - 1
        history._db.execute(f"PRAGMA max_page_count = {pages + 100}")
        assert (await acknowledge(place)).status_code == 201
        assert history.acknowledgements()[-1] == MADE
