"""Files of recorded observations as they come: from spreadsheets, other systems, other zones, broken disks."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_lk1_month import city

from netmon.model import Outcome, Span
from netmon.observations import MOST_SHOWN, ObservationsError, read

AT = 1_793_811_600  # 2026-11-04T17:00:00Z
HEADER = "at,device,outcome\n"


def spans(folder: Path, text: str | bytes, name: str = "o.csv") -> list[Span]:
    """Read a file and give what it says of the router."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder / name, city())["rt-1"]


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Read a file that cannot be used and give the lines of the complaint, without the file's name."""
    with pytest.raises(ObservationsError) as refused:
        spans(folder, text)
    return [line.removeprefix(f"{folder / 'o.csv'}:") for line in str(refused.value).splitlines()]


ONE = [Span(AT, AT + 150, Outcome.UP)]


@pytest.mark.parametrize(
    "at",
    [
        "1793811600",
        "1793811600.0",
        "1793811600.999999999",
        "01793811600",
        "2026-11-04T17:00:00Z",
        "2026-11-04T17:00:00.999999Z",
        "2026-11-04 17:00:00+00:00",
        "2026-11-05T00:00:00+07:00",
        "2026-11-05T00:00+07:00",
        "2026-11-04T12:00:00-05:00",
        "2026-11-04T22:30:00+05:30",
        "20261104T170000Z",
    ],
)
def test_a_second_may_be_written_in_many_ways(tmp_path: Path, at: str) -> None:
    """Unix seconds or a date and time with an offset; a fraction is cut off (LK-1, "Time")."""
    assert spans(tmp_path, f"{HEADER}{at},rt-1,up\n") == ONE


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADER}{AT},rt-1,up\n",
        f"{HEADER}{AT},rt-1,up\r\n".replace("e\n", "e\r\n"),
        f"{HEADER}{AT},rt-1,up\r".replace("\n", "\r"),
        f"{HEADER}{AT},rt-1,up",
        f'"at","device","outcome"\n"{AT}","rt-1","up"\n',
        f"at, device ,outcome\n{AT},rt-1,up\n",
        f"{HEADER}\n\n{AT},rt-1,up\n\n",
        f"{HEADER}{AT},rt-1,up\n{AT},rt-1,up\n",
        f"{HEADER}{AT},rt-1,blind\n{AT},rt-1,up\n{AT},rt-1,down\n",
    ],
)
def test_how_a_file_was_written_changes_nothing(tmp_path: Path, text: str) -> None:
    """Byte order mark, line ends of three systems, none at the end, quotes, empty lines, doubled lines."""
    assert spans(tmp_path, text) == ONE
    assert spans(tmp_path, gzip.compress(text.encode()), "o.csv.gz") == ONE


def test_seconds_before_1970_are_cut_off_downwards(tmp_path: Path) -> None:
    """Half a second before a second lies in the one before, on both sides of the epoch."""
    (found,) = spans(tmp_path, f"{HEADER}-0.5,rt-1,up\n")
    assert found.start == -1
    (found,) = spans(tmp_path, f"{HEADER}1969-12-31T23:59:59.500Z,rt-1,up\n")
    assert found.start == -1


@pytest.mark.parametrize(
    ("at", "what"),
    [
        ("", "'' is no time"),
        (" ", "' ' is no time"),
        ("now", "'now' is no time"),
        ("1e9", "'1e9' is no time"),
        ("nan", "'nan' is no time"),
        ("inf", "'inf' is no time"),
        ("0x6af0", "'0x6af0' is no time"),
        ("1_793_811_600", "is no time"),
        ("+1793811600", "is no time"),
        ("²", "'²' is no time"),
        ("1793811600\0", r"'1793811600\x00' is no time"),
        ("2026-11-04T17:00:00", "has no offset"),
        ("2026-11-04", "has no offset"),
        ("2026-11-04T24:00:01Z", "is no time"),
        ("2026-11-04T23:59:60Z", "is no time"),
        ("2026-02-29T00:00:00Z", "is no time"),
        ("04/11/2026 17:00", "is no time"),
        ("99999999999", None),
        ("999999999999", "'999999999999' is"),
        ("9" * 400, "is no time"),
        ("-99999999999.5", None),
    ],
)
def test_what_is_no_time_is_named(tmp_path: Path, at: str, what: str | None) -> None:
    """Nothing is guessed: no zone, no exponent, no leap second; a far time is one as long as it is a number."""
    text = f"{HEADER}{at},rt-1,up\n"
    if what is None:
        assert len(spans(tmp_path, text)) == 1
        return
    (line,) = mistakes(tmp_path, text)
    assert line.startswith("2: at: ")
    assert what in line


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (f"{AT},,up", "device: '' is no device"),
        (f"{AT}, rt-1,up", "device: ' rt-1' is no device"),
        (f"{AT},RT-1,up", "device: 'RT-1' is no device"),
        (f"{AT},rt-1, up", "outcome: ' up' is not an outcome"),
        (f"{AT};rt-1;up", "has 1 cells; 3 are needed"),
        (f"{AT}\trt-1\tup", "has 1 cells; 3 are needed"),
        (",", "has 2 cells"),
        (f"{AT},rt-1,up\0", r"outcome: 'up\x00' is not an outcome"),
        (f'{AT},"rt-1"x,up', "is not CSV"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(tmp_path: Path, row: str, what: str) -> None:
    """By its line: cells are taken as they stand."""
    assert any(line.startswith(f"2: {what}") for line in mistakes(tmp_path, f"{HEADER}{row}\n"))


def test_a_line_of_ten_million_characters_is_refused_at_once(tmp_path: Path) -> None:
    """Without a line end, or within quotes: named by line, in moments, and not repeated to the reader."""
    for text in ("x" * 10_000_000, '"' + "x\n" * 5_000_000, "\0" * 10_000_000):
        begun = time.monotonic()
        lines = mistakes(tmp_path, f"{HEADER}{AT},rt-1,up\n{text}")
        assert time.monotonic() - begun < 10
        assert len(lines) == 1
        assert "is not CSV" in lines[0]
        assert len(lines[0]) < 200


def test_a_long_cell_is_not_repeated_whole(tmp_path: Path) -> None:
    """A complaint is for people."""
    (line,) = mistakes(tmp_path, f"{HEADER}{AT},rt-1,{'x' * 100_000}\n")
    assert len(line) < 300
    lines = mistakes(tmp_path, f"{HEADER}{'9' * 100_000},{'y' * 100_000},up\n")
    assert all(len(line) < 300 for line in lines)


def test_a_file_of_another_kind_is_not_answered_with_a_million_lines(tmp_path: Path) -> None:
    """The first mistakes, and how many there are."""
    lines = mistakes(tmp_path, HEADER + "a,b\n" * 50_000)
    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1].endswith(f"and {50_000 - MOST_SHOWN} more mistakes")


@pytest.mark.parametrize("text", [b"\xff\xfea\x00t\x00", HEADER.encode() + b"1793811600,rt-\xe9,up\n", b"\x80" * 5000])
def test_another_encoding_is_named(tmp_path: Path, text: bytes) -> None:
    """UTF-16, Latin-1, a binary file."""
    with pytest.raises(ObservationsError, match="is not UTF-8 text"):
        spans(tmp_path, text)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """The system's own word is told."""
    with pytest.raises(ObservationsError, match="cannot be read"):
        read(tmp_path, city())


def test_progress_is_told_now_and_then(tmp_path: Path) -> None:
    """The number of lines read, growing."""
    told: list[int] = []
    rows = "".join(f"{AT + second},rt-1,up\n" for second in range(600_000))
    (tmp_path / "o.csv").write_text(HEADER + rows)
    found = read(tmp_path / "o.csv", city(), progress=told.append)["rt-1"]
    assert found == [Span(AT, AT + 599_999 + 150, Outcome.UP)]
    assert told == sorted(told)
    assert len(told) == 2


@given(st.binary(max_size=200))
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    """No other exception reaches the user."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for content in (text, HEADER.encode() + text):
        path.write_bytes(content)
        with suppress(ObservationsError):
            assert set(read(path, city())) >= {"rt-1", "ap-1"}
