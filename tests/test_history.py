"""History on disk: what was committed is there again, to the second."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections import defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmon.history import History, HistoryError, Hourly, Revision, file, hours
from netmon.model import Outcome, Span
from netmon.tracks import Change, Row, Track

UP, DOWN, BLIND = Outcome.UP, Outcome.DOWN, Outcome.BLIND
HOUR = 3600


def reopened(history: History, folder: Path) -> History:
    """Close without another word, as a crash would, and read again."""
    history.close()
    return History.open(folder)


# -- observations -------------------------------------------------------------------------------------


def test_a_new_history_is_empty(tmp_path: Path) -> None:
    """Nothing is known of a folder that was just made."""
    with History.open(tmp_path / "deep" / "er") as history:
        assert history.tracks() == {}
        assert history.committed is None
        assert history.first_loaded() == {}
        assert history.revisions(0, 10**10) == []


def test_the_last_observation_survives_without_a_new_row(tmp_path: Path) -> None:
    """A month of one answer is one row; the heartbeat alone tells how long it lasted."""
    history = History.open(tmp_path)
    for at in range(0, 3000, 30):
        history.observe("ap", at, UP, 75)
        history.observe("router", at + 1, DOWN, 75)
        history.commit(at)
    history = reopened(history, tmp_path)
    assert history.tracks() == {"ap": [Span(0, 2970 + 75, UP)], "router": [Span(1, 2971 + 75, DOWN)]}
    assert history.committed == 2970
    history.close()
    with closing(sqlite3.connect(tmp_path / file.FILE)) as db:
        assert db.execute("SELECT count(*) FROM rows").fetchone() == (2,)


def test_what_was_not_committed_is_forgotten(tmp_path: Path) -> None:
    """Nothing reaches the disk before a commit."""
    history = History.open(tmp_path)
    history.observe("ap", 0, UP, 75)
    history.commit(0)
    history.observe("ap", 30, UP, 75)
    history.observe("ap", 60, DOWN, 75)
    history.observe("other", 60, UP, 75)
    history = reopened(history, tmp_path)
    assert history.tracks() == {"ap": [Span(0, 75, UP)]}
    history.close()


def test_a_row_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A restart shorter than the reach begins no new row and changes no span."""
    history = History.open(tmp_path)
    history.observe("ap", 0, UP, 75)
    history.observe("ap", 30, UP, 75)
    history.commit(30)
    history = reopened(history, tmp_path)
    assert history.observe("ap", 100, UP, 75) is Change.EXTENDED
    history.commit(100)
    history = reopened(history, tmp_path)
    assert history.tracks() == {"ap": [Span(0, 175, UP)]}
    history.close()


def test_a_closed_row_keeps_its_end(tmp_path: Path) -> None:
    """When a row ends, what only the heartbeat knew of it goes into the row."""
    history = History.open(tmp_path)
    history.observe("ap", 0, UP, 75)
    history.commit(0)
    history.observe("ap", 50, UP, 75)
    history.commit(50)
    history.observe("ap", 500, DOWN, 75)
    history.commit(500)
    history = reopened(history, tmp_path)
    assert history.track("ap").rows == [Row(0, 50, 75, UP), Row(500, 500, 75, DOWN)]
    history.close()


@pytest.mark.parametrize(
    ("before", "late", "change"),
    [
        ([(0, UP), (30, UP)], (30, BLIND), Change.NOTHING),
        ([(0, DOWN), (30, DOWN)], (30, UP), Change.NEW),  # the row before ends one second earlier
        ([(0, DOWN)], (0, UP), Change.CORRECTED),
        ([(0, UP), (300, UP)], (60, UP), Change.EXTENDED),  # not the latest row
        ([(0, UP), (300, UP)], (200, DOWN), Change.NEW),  # between two rows
        ([(0, UP), (300, UP)], (-100, DOWN), Change.NEW),  # before all
        ([(0, UP), (60, UP)], (30, DOWN), Change.REFUSED),
    ],
)
def test_late_observations_are_kept_like_punctual_ones(
    tmp_path: Path, before: list[tuple[int, Outcome]], late: tuple[int, Outcome], change: Change
) -> None:
    """Whatever an observation did to the track in memory, the disk says the same afterwards."""
    history, model = History.open(tmp_path), Track()
    for at, outcome in before:
        history.observe("ap", at, outcome, 75)
        model.add(at, outcome, 75)
    history.commit(0)
    assert history.observe("ap", *late, 75) is change
    model.add(*late, 75)
    assert history.refused == (change is Change.REFUSED)
    history.commit(0)
    history = reopened(history, tmp_path)
    assert history.track("ap").rows == model.rows
    history.close()


def test_spans_of_unknown_keys_are_empty(tmp_path: Path) -> None:
    """Asking for a check that was never observed makes no trace."""
    with History.open(tmp_path) as history:
        history.observe("ap", 0, UP, 75)
        assert history.track("nobody").rows == []
        assert history.tracks(["nobody", "ap", "else"]) == {"nobody": [], "ap": [Span(0, 75, UP)], "else": []}
        assert list(history.tracks()) == ["ap"]


def test_a_commit_without_news_writes_nothing(tmp_path: Path) -> None:
    """Neither an empty commit nor a repeated observation wakes the disk."""
    with History.open(tmp_path) as history:
        history.observe("ap", 0, UP, 75)
        history.commit(0)
        size = (tmp_path / "history.sqlite-wal").stat().st_size
        history.observe("ap", 0, UP, 75)
        history.commit(1)
        assert (tmp_path / "history.sqlite-wal").stat().st_size == size


observations = st.tuples(
    st.sampled_from(["a", "b", "c"]), st.integers(0, 600), st.sampled_from(list(Outcome)), st.sampled_from([25, 75])
)
courses = st.lists(st.one_of(observations, observations, observations, st.sampled_from(["commit", "crash"])))


@settings(max_examples=150, deadline=None)
@given(courses)
def test_any_course_of_events_leaves_exactly_what_was_confirmed(course: list[Any]) -> None:
    """Observe, commit, crash in any order: a reopened history is the pure track of what was committed."""
    confirmed: list[tuple[str, int, Outcome, int]] = []
    fresh: list[tuple[str, int, Outcome, int]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        history = History.open(folder)
        for event in [*course, "crash"]:
            if event == "commit":
                history.commit(0)
                confirmed, fresh = confirmed + fresh, []
            elif event == "crash":
                history = reopened(history, folder)
                fresh = []
                assert {key: history.track(key).rows for key in history.tracks()} == pure(confirmed)
            else:
                history.observe(*event)
                fresh.append(event)
        history.close()


def pure(seen: list[tuple[str, int, Outcome, int]]) -> dict[str, list[Row]]:
    """Feed the pure tracks."""
    tracks: defaultdict[str, Track] = defaultdict(Track)
    for key, *observation in seen:
        tracks[key].add(*observation)  # type: ignore[arg-type]
    return {key: track.rows for key, track in tracks.items()}


def test_observing_goes_on_while_another_thread_commits(tmp_path: Path) -> None:
    """The disk may be slow: a commit in a thread loses nothing that is observed meanwhile."""
    history, model, stop = History.open(tmp_path), Track(), threading.Event()

    def commit_all_the_time() -> None:
        while not stop.is_set():
            history.commit(0)

    thread = threading.Thread(target=commit_all_the_time)
    thread.start()
    try:
        for at in range(0, 100_000, 10):
            outcome = DOWN if at % 700 == 0 else UP
            history.observe("ap", at, outcome, 25)
            history.add_hourly("ap", "wifi_clients", at, 1)
            model.add(at, outcome, 25)
    finally:
        stop.set()
        thread.join()
    history.commit(0)
    history = reopened(history, tmp_path)
    assert history.track("ap").rows == model.rows
    assert sum(hour.count for hour in history.hourly(0, 100_000)) == 10_000
    history.close()


# -- size ---------------------------------------------------------------------------------------------


def test_a_year_of_a_thousand_devices_is_about_a_megabyte(tmp_path: Path) -> None:
    """What is calm costs no space: rows grow with changes, the heartbeat with devices, nothing with time."""
    history = History.open(tmp_path)
    day = 86400
    for number in range(365):
        for device in range(1000):
            # each device fails for a day every 40 days: 18 rows a year
            outcome = DOWN if (number + device) % 40 == 0 else UP
            history.observe(f"access-point-{device}", number * day + device, outcome, 2 * day)
        history.commit(number * day)
    history.close()
    assert (tmp_path / file.FILE).stat().st_size < 1_300_000
    assert not (tmp_path / "history.sqlite-wal").exists()


def test_a_calm_round_costs_a_few_kilobytes(tmp_path: Path) -> None:
    """2,000 devices, nothing changed: the heartbeat's pages are all that is written, and the log stays bounded."""
    with History.open(tmp_path) as history:
        wal = tmp_path / "history.sqlite-wal"
        sizes = []
        for number in range(400):
            for device in range(2000):
                history.observe(f"ap-{device}", number * 30 + device % 30, UP, 75)
            history.commit(number * 30)
            sizes.append(wal.stat().st_size)
        growth = [after - before for before, after in pairwise(sizes[1:])]
        assert max(growth) <= 5 * 4120
        assert max(sizes) < 5 << 20


# -- hourly figures -----------------------------------------------------------------------------------


def test_hourly_figures_hold_count_minimum_mean_maximum(tmp_path: Path) -> None:
    """Values are counted into the hour in which they were observed, by device and measure."""
    with History.open(tmp_path) as history:
        for at, value in [(HOUR, 4.0), (HOUR + 10, 1.0), (2 * HOUR - 1, 10.0), (2 * HOUR, 7.0)]:
            history.add_hourly("ap", "wifi_clients", at, value)
        history.add_hourly("ap", "rtt", HOUR, 0.25)
        first = Hourly("ap", "wifi_clients", HOUR, 3, 1.0, 5.0, 10.0)
        second = Hourly("ap", "wifi_clients", 2 * HOUR, 1, 7.0, 7.0, 7.0)
        rtt = Hourly("ap", "rtt", HOUR, 1, 0.25, 0.25, 0.25)
        assert history.hourly(0, 3 * HOUR) == [rtt, first, second]
        assert history.hourly(0, 3 * HOUR, "wifi_clients") == [first, second]
        assert history.hourly(0, 2 * HOUR, "wifi_clients") == [first]
        assert history.hourly(HOUR + 1, 3 * HOUR) == [second]
        assert history.hourly(0, 3 * HOUR, "unheard_of") == []


def test_a_value_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    """NaN and infinity say nothing of the hour and would spoil its mean."""
    with History.open(tmp_path) as history:
        for value in (math.nan, math.inf, 3.0):
            history.add_hourly("ap", "wifi_clients", 0, value)
        assert [hour.count for hour in history.hourly(0, HOUR)] == [1]


additions = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["m", "n"]), st.integers(0, 3), st.integers(-9, 9))
hourly_courses = st.lists(st.one_of(additions, additions, st.sampled_from(["commit", "crash"])))


@settings(max_examples=100, deadline=None)
@given(hourly_courses, st.sampled_from([0, 50, 1 << 20]))
def test_no_value_is_lost_or_counted_twice(course: list[Any], fold: int) -> None:
    """Through commits, folds of the journal and crashes, the figures are those of the confirmed values."""
    confirmed: list[tuple[str, str, int, int]] = []
    fresh: list[tuple[str, str, int, int]] = []
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hours, "FOLD", fold)
        folder = Path(name)
        history = History.open(folder)
        for event in [*course, "crash"]:
            if event == "commit":
                history.commit(0)
                confirmed, fresh = confirmed + fresh, []
            elif event == "crash":
                history = reopened(history, folder)
                fresh = []
                assert history.hourly(0, 4 * HOUR) == counted(confirmed)
            else:
                device, measure, hour, value = event
                history.add_hourly(device, measure, hour * HOUR + 5, value)
                fresh.append(event)
                assert history.hourly(0, 4 * HOUR) == counted(confirmed + fresh)
        history.close()


def counted(values: list[tuple[str, str, int, int]]) -> list[Hourly]:
    """Count the slow way."""
    found: defaultdict[tuple[int, str, str], list[int]] = defaultdict(list)
    for device, measure, hour, value in values:
        found[hour, measure, device].append(value)
    return [
        Hourly(device, measure, hour * HOUR, len(v), min(v), sum(v) / len(v), max(v))
        for (hour, measure, device), v in sorted(found.items())
    ]


# -- inventory revisions ------------------------------------------------------------------------------


def test_an_inventory_is_kept_once(tmp_path: Path) -> None:
    """A revision is stored when it differs from the last accepted one; coming back to an old one is a new one."""
    with History.open(tmp_path) as history:
        assert history.accept("r1", {"netmon.yaml": "city: é"}, [], 100)
        assert not history.accept("r1", {"netmon.yaml": "city: é"}, [], 150)
        assert history.accept("r2", {}, [], 200)
        assert history.accept("r1", {"netmon.yaml": "city: é"}, [], 300)
    with History.open(tmp_path) as history:
        assert history.revisions(0, 1000) == [
            Revision(100, "r1", {"netmon.yaml": "city: é"}),
            Revision(200, "r2", {}),
            Revision(300, "r1", {"netmon.yaml": "city: é"}),
        ]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 100, ""),
        (0, 101, "a"),
        (150, 160, "a"),
        (150, 200, "a"),
        (150, 201, "ab"),
        (200, 300, "b"),
        (999, 1000, "c"),
    ],
)
def test_revisions_in_force_in_a_period(tmp_path: Path, start: int, end: int, found: str) -> None:
    """A period has the inventory in force at its start and those accepted within it, end exclusive."""
    with History.open(tmp_path) as history:
        for revision, at in [("a", 100), ("b", 200), ("c", 300)]:
            history.accept(revision, {}, [], at)
        assert "".join(r.revision for r in history.revisions(start, end)) == found


def test_a_clock_set_back_between_two_inventories_hides_none(tmp_path: Path) -> None:
    """The later accepted one counts from its own time on; the earlier one keeps its second."""
    with History.open(tmp_path) as history:
        history.accept("a", {}, [], 1000)
        history.accept("b", {}, [], 900)
        assert [r.revision for r in history.revisions(0, 950)] == ["b"]
        assert [r.revision for r in history.revisions(950, 2000)] == ["a", "b"]
        assert [r.revision for r in history.revisions(1500, 2000)] == ["b"]


def test_the_first_load_of_an_object_is_remembered(tmp_path: Path) -> None:
    """An object's time is that of the first inventory that had it, also when it was gone in between."""
    with History.open(tmp_path) as history:
        history.accept("a", {}, [("device", "x"), ("window", "x")], 100)
        history.accept("b", {}, [("device", "y")], 200)
        history.accept("c", {}, [("device", "x"), ("device", "y"), ("site", "z")], 300)
        assert history.first_loaded() == {
            ("device", "x"): 100,
            ("window", "x"): 100,
            ("device", "y"): 200,
            ("site", "z"): 300,
        }


def test_a_replayed_history_is_since_ever(tmp_path: Path) -> None:
    """Recorded observations have no first load: the files are believed, and no service may go on in that folder."""
    with History.open(tmp_path) as history:
        assert not history.replayed()
        history.accept("a", {"x": "y"}, [("device", "x")], None)
        assert history.replayed()
        assert history.first_loaded() is None
        assert history.revisions(-100, -50) == [Revision(None, "a", {"x": "y"})]
        with pytest.raises(HistoryError, match="do not share a history: name another folder"):
            history.accept("b", {}, [], 100)


# -- who may open it ----------------------------------------------------------------------------------


def test_a_reader_sees_the_last_commit_of_a_running_writer(tmp_path: Path) -> None:
    """Reports and backups work beside the service and see whole commits only."""
    with History.open(tmp_path) as writer:
        writer.observe("ap", 0, UP, 75)
        writer.add_hourly("ap", "wifi_clients", 0, 4)
        writer.commit(0)
        writer.observe("ap", 60, UP, 75)
        with History.open(tmp_path, read_only=True) as reader:
            assert reader.tracks() == {"ap": [Span(0, 75, UP)]}
            assert [hour.mean for hour in reader.hourly(0, HOUR)] == [4.0]
            writer.commit(60)
        with History.open(tmp_path, read_only=True) as reader:
            assert reader.tracks() == {"ap": [Span(0, 135, UP)]}
            reader.observe("ap", 90, UP, 75)
            with pytest.raises(HistoryError, match="may not be written"):
                reader.commit(90)


def test_a_missing_history_is_said_plainly(tmp_path: Path) -> None:
    """Reading where nothing was recorded makes no file and says what to do."""
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(HistoryError, match=r"history\.sqlite: there is no history yet: run netmon first"):
            History.open(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


# -- migrations ---------------------------------------------------------------------------------------

LATEST = len(file.MIGRATIONS)
SECOND = ("ALTER TABLE revisions ADD COLUMN author TEXT NOT NULL DEFAULT ''",)


def test_an_older_file_is_migrated(tmp_path: Path) -> None:
    """A file of this version becomes one of an invented next one with all it held."""
    with History.open(tmp_path) as history:
        history.accept("r", {}, [], 5)
    path = tmp_path / file.FILE
    with closing(file.open_writer(path, (*file.MIGRATIONS, SECOND))) as db:
        assert db.execute("SELECT revision, author FROM revisions").fetchall() == [("r", "")]
        assert db.execute("PRAGMA user_version").fetchone() == (LATEST + 1,)
    with pytest.raises(HistoryError, match=rf"of a newer netmon \(version {LATEST + 1}, this one knows {LATEST}\)"):
        History.open(tmp_path)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All steps are one transaction: half a migration is none."""
    with History.open(tmp_path) as history:
        history.observe("ap", 0, UP, 75)
        history.commit(0)
    path = tmp_path / file.FILE
    with pytest.raises(HistoryError, match="cannot be opened"):
        file.open_writer(path, (*file.MIGRATIONS, SECOND, ("CREATE TABLE rows (again)",)))
    with History.open(tmp_path) as history:
        assert history.tracks() == {"ap": [Span(0, 75, UP)]}
    with closing(sqlite3.connect(path)) as db:
        assert "author" not in [column[1] for column in db.execute("PRAGMA table_info(revisions)")]


def test_an_older_file_is_not_read_without_its_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader may not write, so it cannot migrate: it says who can."""
    History.open(tmp_path).close()
    monkeypatch.setattr(file, "MIGRATIONS", (*file.MIGRATIONS, SECOND))
    with pytest.raises(HistoryError, match=rf"of an older netmon \(version {LATEST}\): start the service once"):
        History.open(tmp_path, read_only=True)


# -- backup and restore -------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a folder with a history in it."""
    folder = tmp_path / "filled"
    with History.open(folder) as history:
        history.accept("r", {"a": "b"}, [("device", "ap")], 5)
        history.observe("ap", 0, UP, 75)
        history.add_hourly("ap", "wifi_clients", 0, 4)
        history.commit(0)
        history.backup(tmp_path / "backup.zip")
        history.observe("ap", 60, UP, 75)
        history.commit(60)
    return folder


def test_a_restored_history_equals_the_one_backed_up(tmp_path: Path, filled: Path) -> None:
    """One file holds all of it, and nothing else is left lying about."""
    History.restore(tmp_path / "backup.zip", tmp_path / "new")
    with History.open(tmp_path / "new") as history:
        assert history.tracks() == {"ap": [Span(0, 75, UP)]}
        assert history.revisions(0, 100) == [Revision(5, "r", {"a": "b"})]
        assert history.first_loaded() == {("device", "ap"): 5}
        assert [hour.mean for hour in history.hourly(0, HOUR)] == [4.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "filled", "new"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["history.sqlite", "lock"]


def test_restore_spares_a_history_unless_told(tmp_path: Path, filled: Path) -> None:
    """Without force nothing changes; with it the old history is put aside, whole."""
    with pytest.raises(HistoryError, match="there is a history already"):
        History.restore(tmp_path / "backup.zip", filled)
    with History.open(filled) as history:
        assert history.tracks() == {"ap": [Span(0, 135, UP)]}
    History.restore(tmp_path / "backup.zip", filled, force=True)
    History.restore(tmp_path / "backup.zip", filled, force=True)
    with History.open(filled) as history:
        assert history.tracks() == {"ap": [Span(0, 75, UP)]}
    aside = tmp_path / "aside"
    aside.mkdir()
    (filled / "history.sqlite.old-1").rename(aside / file.FILE)
    with History.open(aside) as history:
        assert history.tracks() == {"ap": [Span(0, 135, UP)]}


def test_restore_into_an_empty_history_needs_no_force(tmp_path: Path, filled: Path) -> None:
    """A folder that a service made but never filled holds nothing to lose."""
    History.open(tmp_path / "empty").close()
    History.restore(tmp_path / "backup.zip", tmp_path / "empty")
    with History.open(tmp_path / "empty") as history:
        assert list(history.tracks()) == ["ap"]


def test_restore_refuses_under_a_running_service(tmp_path: Path, filled: Path) -> None:
    """The folder's lock holds for restore too."""
    with History.open(filled), pytest.raises(HistoryError, match="another netmon writes here"):
        History.restore(tmp_path / "backup.zip", filled, force=True)


def test_a_backup_replaces_the_older_one_whole(tmp_path: Path, filled: Path) -> None:
    """A backup that cannot be finished leaves the older file and no traces."""
    target = tmp_path / "backup.zip"
    before = target.read_bytes()
    with History.open(filled, read_only=True) as history:
        with pytest.raises(HistoryError, match="cannot take the backup"):
            history.backup(tmp_path / "missing" / "backup.zip")
        assert target.read_bytes() == before
        history.backup(target)
    assert target.read_bytes() != before
