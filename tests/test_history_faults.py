"""Real faults: killed writers, full disks, files that are not what they should be. Nothing confirmed is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from random import Random

import history_writer
import pytest

from netmon.history import History, HistoryError, file
from netmon.model import Outcome, Span
from netmon.tracks import Row, Track

UP, DOWN = Outcome.UP, Outcome.DOWN
WRITER = Path(history_writer.__file__)
ROOT = WRITER.parent.parent
DEADLINE = 30.0


State = tuple[dict[str, list[Row]], list[tuple[int, str, int, float, float, float]]]
"""Rows of every check; of every hour its start, device, count, minimum, mean, maximum."""


class Model:
    """What the pure tracks and a plain count make of the batches."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.tracks: defaultdict[str, Track] = defaultdict(Track)
        self.hours: defaultdict[tuple[int, str], list[int]] = defaultdict(list)

    def take_in(self, batch: list[history_writer.Seen]) -> None:
        """Add one batch."""
        for seen in batch:
            self.tracks[seen.key].add(seen.at, seen.outcome, 75)
            self.hours[seen.at // 3600 * 3600, seen.key].append(seen.value)

    def state(self) -> State:
        """Give rows and hours."""
        rows = {key: [Row(r.start, r.last, r.reach, r.outcome) for r in t.rows] for key, t in self.tracks.items()}
        hours = sorted(
            (start, key, len(v), float(min(v)), sum(v) / len(v), float(max(v)))
            for (start, key), v in self.hours.items()
        )
        return rows, hours


def state_of(history: History) -> State:
    """Give rows and hours of a history in the model's shape."""
    hours = [(h.start, h.device, h.count, h.minimum, h.mean, h.maximum) for h in history.hourly(-(10**9), 10**11)]
    return {key: history.track(key).rows for key in history.tracks()}, sorted(hours)


@contextmanager
def writer(folder: Path, seed: int, start: int) -> Iterator[subprocess.Popen[str]]:
    """Run the writing program, killed at the latest when the block ends."""
    command = [sys.executable, str(WRITER), str(folder), str(seed), str(start)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def confirmed_by(process: subprocess.Popen[str]) -> int:
    """Say how many batches the killed program had confirmed."""
    assert process.stdout is not None
    printed = [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return int(printed[-1]) if printed else 0


def test_kill_at_any_moment_loses_nothing_confirmed_and_invents_nothing(tmp_path: Path) -> None:
    """A writer is killed again and again at random moments; each time the disk holds a whole number of its commits.

    All that it had confirmed is there; at most the one commit that was not yet confirmed is there besides.
    """
    model, chance, total = Model(), Random(7), 0
    for seed in range(24):
        start = seed * 10_000_000
        with writer(tmp_path, seed, start) as process:
            assert process.stdout is not None
            first = process.stdout.readline() if seed % 4 else ""  # now and then while it starts
            time.sleep(chance.random() * 0.2)  # the random moment, no wait for anything
            process.send_signal(signal.SIGKILL)
            confirmed = max(int(first or 0), confirmed_by(process))
        stream = history_writer.batches(seed, start)
        for batch in islice(stream, confirmed):
            model.take_in(batch)
        with History.open(tmp_path) as history:
            found = state_of(history)
        if found != model.state():
            model.take_in(next(stream))
        assert found == model.state()
        total += confirmed
    assert total > 100


def test_a_backup_beside_a_busy_writer_is_one_of_its_commits(tmp_path: Path) -> None:
    """Each backup taken while commits go on restores to exactly the state after one of them."""
    folder = tmp_path / "busy"
    found = []
    with writer(folder, 1, 0) as process:
        assert process.stdout is not None
        for number in range(4):
            assert process.stdout.readline()
            with History.open(folder, read_only=True) as history:
                history.backup(tmp_path / f"{number}.zip")
        assert process.poll() is None
    for number in range(4):
        History.restore(tmp_path / f"{number}.zip", tmp_path / str(number))
        with History.open(tmp_path / str(number)) as history:
            found.append(state_of(history))
    model, matched = Model(), 0
    for batch in islice(history_writer.batches(1, 0), 20_000):
        model.take_in(batch)
        while matched < 4 and same_size(found[matched], model) and found[matched] == model.state():
            matched += 1
        if matched == 4:
            break
    assert matched == 4


def same_size(found: State, model: Model) -> bool:
    """Compare cheaply first: how many values were counted."""
    return sum(hour[2] for hour in found[1]) == sum(map(len, model.hours.values()))


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """Two services never share a folder; the right to write ends with the process, however it ends."""
    with writer(tmp_path, 1, 0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(HistoryError, match="another netmon writes here: stop it, or give this one a folder"):
            History.open(tmp_path)
        process.kill()
        process.wait(DEADLINE)
        History.open(tmp_path).close()


# -- disks --------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte of the test's own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_disk(filler: Path) -> None:
    """Take every byte that is left."""
    with filler.open("wb", buffering=0) as file_, suppress(OSError):
        while file_.write(bytes(4096)):
            continue
    assert os.statvfs(filler.parent).f_bavail == 0


@pytest.mark.root
def test_a_full_disk_delays_and_loses_nothing(small_disk: Path) -> None:
    """While the disk is full every commit says so; the first one after it has room writes everything."""
    history, model = History.open(small_disk), Model()
    stream = history_writer.batches(3, 0)
    for number in range(12):
        if number == 4:
            fill_disk(small_disk / "filler")
        if number == 8:
            (small_disk / "filler").unlink()
        for batch in islice(stream, 5):
            history_writer.take_in(history, batch)
            model.take_in(batch)
        if 4 <= number < 8:
            with pytest.raises(HistoryError, match=r"history\.sqlite: cannot be written: the disk is full: free some"):
                history.commit(number)
            with pytest.raises(HistoryError, match="the disk is full"):
                history.accept(f"r{number}", {"text": os.urandom(20_000).hex()}, [], number)
        else:
            history.commit(number)
            assert history.accept(f"r{number}", {}, [], number)
    assert state_of(history) == model.state()
    history.close()
    with History.open(small_disk) as history:
        assert state_of(history) == model.state()
        assert [r.at for r in history.revisions(0, 100)] == [0, 1, 2, 3, 8, 9, 10, 11]


def test_a_file_that_may_not_grow_delays_and_loses_nothing(tmp_path: Path) -> None:
    """The same by a limit of the system, where no disk can be mounted."""
    history, model = History.open(tmp_path), Model()
    stream = history_writer.batches(4, 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    refused = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, hard))
    try:
        for batch in islice(stream, 20):
            history_writer.take_in(history, batch)
            model.take_in(batch)
            try:
                history.commit(0)
            except HistoryError:
                refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 0 < refused < 20
    history.commit(0)
    history.close()
    with History.open(tmp_path) as history:
        assert state_of(history) == model.state()


@pytest.mark.root
def test_a_folder_that_may_not_be_written_is_still_read(small_disk: Path) -> None:
    """A writer is told at once; a report needs no right to write."""
    with History.open(small_disk) as history:
        history.observe("ap", 0, UP, 75)
        history.commit(0)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(HistoryError, match="cannot be used for a history: Read-only file system"):
        History.open(small_disk)
    with pytest.raises(HistoryError, match="cannot be made: Read-only file system"):
        History.open(small_disk / "deeper")
    with History.open(small_disk, read_only=True) as history:
        assert history.tracks() == {"ap": [Span(0, 75, UP)]}
        assert history.hourly(0, 3600) == []


# -- files that are not what they should be ---------------------------------------------------------------


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Give a folder with a history of some size, closed."""
    folder = tmp_path / "recorded"
    with History.open(folder) as history:
        history.accept("r", {"a": "b"}, [("device", "ap")], 5)
        for batch in islice(history_writer.batches(5, 0), 60):
            history_writer.take_in(history, batch)
            history.commit(0)
        history.backup(tmp_path / "backup.zip")
    return folder


def test_a_file_of_a_newer_version_is_left_untouched(recorded: Path) -> None:
    """Reading or writing it would guess: both refuse, and not a byte changes."""
    path = recorded / file.FILE
    with closing(file.open_writer(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(
            HistoryError, match=r"of a newer netmon \(version 99, this one knows 2\): it was left untou"
        ):
            History.open(recorded, read_only=read_only)
    assert path.read_bytes() == before
    path.unlink()
    History.open(recorded).close()  # the folder's lock was given back


def test_another_programs_file_is_left_untouched(tmp_path: Path) -> None:
    """A database that netmon did not make is not taken for an empty one."""
    path = tmp_path / file.FILE
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE rows (mine)")
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="it is no history of netmon: move it aside"):
        History.open(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database " * 100, b"SQLite format 3\0" + bytes(500), b"\n"])
def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path, content: bytes) -> None:
    """The message names the file and the ways on; the file stays for whoever can save something of it."""
    path = tmp_path / file.FILE
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(HistoryError, match=r"history\.sqlite: .*damaged.*move it aside, then restore a backup"):
            History.open(tmp_path, read_only=read_only)
    assert path.read_bytes() == content


def test_damage_anywhere_in_the_file_ends_in_a_clear_error_or_does_no_harm(recorded: Path) -> None:
    """Every page in turn is overwritten: opening it either works or says that it is damaged, and changes nothing."""
    path = recorded / file.FILE
    whole, chance, refused = path.read_bytes(), Random(1), 0
    for page in range(0, len(whole), 4096):
        hurt = whole[:page] + chance.randbytes(4096) + whole[page + 4096 :]
        path.write_bytes(hurt)
        words = refusal(lambda: History.open(recorded).close())
        if words:
            refused += 1
            assert words.startswith(str(path))
            assert "move it aside" in words
        assert path.read_bytes() == hurt
    assert refused >= 5


def test_nonsense_in_the_tables_is_damage_too(recorded: Path) -> None:
    """What SQLite reads without complaint must still make sense."""
    for statement in (
        "UPDATE rows SET outcome = 7",
        "UPDATE rows SET last = start - 1",
        "DELETE FROM names WHERE number = 1",
        "UPDATE heartbeat SET lasted = x'000000'",
        "UPDATE journal SET entries = x'00'",
    ):
        path = recorded / file.FILE
        whole = path.read_bytes()
        with closing(file.open_writer(path)) as db:
            db.execute(statement)
        with pytest.raises(HistoryError, match="it is damaged"):
            History.open(recorded)
        path.write_bytes(whole)


def test_a_damaged_backup_changes_nothing(tmp_path: Path, recorded: Path) -> None:
    """Whatever byte of a backup is wrong, restore refuses it and leaves the folder as it was."""
    whole, chance = (tmp_path / "backup.zip").read_bytes(), Random(2)
    hurt, target = tmp_path / "hurt.zip", tmp_path / "target"
    for content in [b"", b"PK", whole[: len(whole) // 2], *(spoiled(whole, chance) for _ in range(60))]:
        hurt.write_bytes(content)
        words = refusal(lambda: History.restore(hurt, target))
        if words:
            assert str(hurt) in words
            assert [path.name for path in target.iterdir()] == ["lock"]
        else:  # some bytes of a zip mean nothing
            with History.open(target) as history, History.open(recorded, read_only=True) as original:
                assert state_of(history) == state_of(original)
            shutil.rmtree(target)


def refusal(action: Callable[[], None]) -> str:
    """Say with which words an action was refused, nothing where it was not."""
    try:
        action()
    except HistoryError as error:
        return str(error)
    return ""


def spoiled(whole: bytes, chance: Random) -> bytes:
    """Change one byte."""
    at = chance.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :]


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A missing file, another zip, a backup of a newer netmon: each has its own words."""
    with pytest.raises(HistoryError, match="there is no such file"):
        History.restore(tmp_path / "nothing.zip", tmp_path / "target")
    for metadata, words in (
        ("{}", "damaged or no backup"),
        ('{"format": "holiday pictures"}', "it is no backup of netmon's history"),
        ('{"format": "netmon history backup", "version": 99}', r"of a newer netmon \(version 99\)"),
    ):
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
            other.writestr("metadata.json", metadata)
        with pytest.raises(HistoryError, match=words):
            History.restore(tmp_path / "other.zip", tmp_path / "target")


HALF_A_TRANSACTION = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.executescript("PRAGMA cache_size = 1; BEGIN; UPDATE rows SET outcome = 0, reach = 1; UPDATE hourly SET count = 9;")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_crash_before_the_write_ahead_log_exists_is_rolled_back(tmp_path: Path, recorded: Path) -> None:
    """A restored file is not in WAL mode until it is opened first; a crash then leaves a journal that counts."""
    target = tmp_path / "target"
    History.restore(tmp_path / "backup.zip", target)
    subprocess.run([sys.executable, "-c", HALF_A_TRANSACTION, str(target / file.FILE)], check=False)
    assert (target / "history.sqlite-journal").exists()
    with History.open(target) as history, History.open(recorded, read_only=True) as original:
        assert state_of(history) == state_of(original)


# -- clocks -------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_leaves_gaps_and_refusals_but_no_inventions(tmp_path: Path) -> None:
    """Hours forward: a gap, since nobody looked. Hours back: what contradicts the record is refused, and counted."""
    history = History.open(tmp_path)
    for at in range(0, 6000, 30):
        history.observe("ap", at, UP, 75)
    for at in range(20_000, 21_000, 30):  # four hours forward
        history.observe("ap", at, UP, 75)
    for at in range(4000, 8000, 30):  # and back again
        history.observe("ap", at, DOWN, 75)
    history.commit(8000)
    expected = [Span(0, 5980, UP), Span(5980, 7990 + 75, DOWN), Span(20_000, 20_990 + 75, UP)]
    assert history.tracks() == {"ap": expected}
    assert history.refused == len(range(4000, 5971, 30))
    history.close()
    with History.open(tmp_path) as history:
        assert history.tracks() == {"ap": expected}
        assert history.refused == 0
