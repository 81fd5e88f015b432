"""The commands as people and scripts use them: what they print, where, and how they end."""

from __future__ import annotations

import gc
import gzip
import io
import json
import random
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from inventories import BAD, GOOD, SECRETS
from running_city import COMMUNITY, free_port
from test_lk1_month import city as month_city

from netmon import __version__
from netmon.cli import main, probing
from netmon.history import History
from netmon.inventory import load_profiles
from netmon.measures import series
from netmon.model import Device, Outcome, Readings, Role
from netmon.profiles import build
from netmon.state import CityState
from netmon.tracks import Track
from netmon.web.status import status

ROOT = Path(__file__).parent.parent
MONTH = Path(__file__).parent / "data" / "lk1"
COMMANDS = (
    *(
        "check",
        "schema",
        "run",
        "probe",
        "trust",
        "status",
        "ack",
        "silence",
        "report",
        "replay",
        "backup",
        "restore",
        "simulate",
    ),
)
MISTAKE = re.compile(r"[\w./-]+:\d+: [^:]+: .+")
LABEL = ("--month", "2026-11")


class Told:
    """How a command ended and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        """Keep them."""
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> Any:
        """Read the standard output, all of it, as JSON."""
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str | Path) -> Told:
        capsys.readouterr()
        try:
            code = main([*map(str, words)])
        except SystemExit as end:
            code = int(end.code or 0)
        return Told(code, *capsys.readouterr())

    return command


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the secrets of the good inventory and give its folder."""
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)
    return GOOD


# -- all of them --------------------------------------------------------------------------------------


def test_help_names_every_command(run: Any) -> None:
    """`netmon --help` lists them with a sentence each."""
    told = run("--help")
    assert told.code == 0
    for name in COMMANDS:
        assert re.search(rf"^    {name} +\w", told.out, re.MULTILINE), name


def test_the_environment_may_name_the_folders(
    run: Any, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NETMON_INVENTORY and NETMON_DATA stand for the options; an option is stronger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETMON_INVENTORY", str(good))
    assert run("check", "--json").json()["city"]["name"] == "Kota Contoh"
    assert run("check", "--inventory", tmp_path / "nowhere").code == 2
    monkeypatch.setenv("NETMON_DATA", str(tmp_path / "kept"))
    History.open(tmp_path / "kept").close()
    assert run("backup", tmp_path / "file").code == 0
    told = run("backup", tmp_path / "file", "--data", tmp_path / "other")
    assert (told.code, str(tmp_path / "other") in told.err) == (2, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run: Any, name: str) -> None:
    """`--help` of each names the options that all have."""
    told = run(name, "--help")
    assert told.code == 0
    assert "--inventory DIR" in told.out
    assert "--data DIR" in told.out
    assert "--json" in told.out


@pytest.mark.parametrize("words", [(), ("fly",), ("check", "--fast"), ("report", "--format", "scroll")])
def test_what_netmon_does_not_know_is_wrong_input(run: Any, words: tuple[str, ...]) -> None:
    """No command, an unknown one, an unknown option or format: exit 2, nothing on the standard output."""
    told = run(*words)
    assert (told.code, told.out) == (2, "")
    assert told.err


def test_a_command_loads_only_what_it_needs(document: tuple[bytes, Path]) -> None:
    """A check and a report start without the service's server, pages, ciphers and geometry."""
    script = (
        "import sys; from netmon.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'uvicorn', 'starlette', 'jinja2', 'prometheus_client', 'cryptography', 'shapely', 'rich'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    for words in (("check", GOOD, "--no-secrets", "--json"), ("report", "--data", document[1], *LABEL)):
        told = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
        assert (told.stderr, bool(told.stdout)) == ("[]\n", True), words


@pytest.mark.parametrize("words", [("check", GOOD, "--no-secrets"), ("check", BAD)])
def test_the_garbage_collector_waits_for_the_command_and_no_longer(run: Any, words: tuple[str | Path, ...]) -> None:
    """Whether the command went well or not."""
    run(*words)
    assert gc.isenabled()


def test_the_version_is_the_packages(run: Any) -> None:
    """`netmon --version` prints it."""
    assert run("--version").out == f"netmon {__version__}\n"


# -- check, schema ------------------------------------------------------------------------------------


def test_check_says_what_is_there(run: Any, good: Path) -> None:
    """Tables for people: exit 0, counts, kelurahan without an uplink."""
    told = run("check", good)
    assert told.code == 0
    for word in ("Kota Contoh (13.71)", "sites", "uplinks", "devices", "access_point", "kelurahan", "with an uplink"):
        assert word in told.out, word


def test_check_prints_json(run: Any, good: Path) -> None:
    """`--json` gives the same to programs, and nothing else on the standard output."""
    found = run("check", "--json", "--inventory", good).json()
    assert found["city"]["name"] == "Kota Contoh"
    assert found["devices"]["active"] > 0


@pytest.mark.parametrize("folder", sorted(path.name for path in BAD.iterdir()))
def test_check_names_every_mistake_with_its_place(run: Any, folder: str) -> None:
    """Exit 2, nothing on the standard output, each line ``FILE:LINE: KEY: what is wrong``."""
    told = run("check", BAD / folder, "--no-secrets" if folder != "secret_not_there" else "--json")
    assert (told.code, told.out) == (2, "")
    lines = told.err.splitlines()
    assert lines
    assert [line for line in lines if not MISTAKE.fullmatch(line)] == []


def test_check_misses_a_folder_that_is_not_there(run: Any, tmp_path: Path) -> None:
    """It is named."""
    told = run("check", tmp_path / "none")
    assert told.code == 2
    assert f"{tmp_path}/none:1: file: is no folder" in told.err


def test_check_looks_secrets_up_unless_told_not_to(run: Any) -> None:
    """A variable that is not set is a mistake; on a reviewer's machine `--no-secrets` leaves them alone."""
    told = run("check", GOOD)
    assert told.code == 2
    assert "NETMON_CITY_COMMUNITY" in told.err
    assert run("check", GOOD, "--no-secrets").code == 0


def test_schema_is_the_one_that_the_example_names(run: Any) -> None:
    """`netmon schema` prints the very file that editors read."""
    assert run("schema").json() == json.loads((ROOT / "inventory" / "schema.json").read_text())


# -- replay, report -----------------------------------------------------------------------------------

PLACES = """\
uplinks:
  - {id: uplink-1, kelurahan: "13.71.01.1011", devices: [{id: rt-1, role: router, address: 10.0.0.1}]}
sites:
  - id: site-1
    kelurahan: "13.71.01.1011"
    pillars: [living]
    uplink: uplink-1
    devices: [{id: ap-1, role: access_point, address: 10.0.0.2}]
"""
WINDOW = (
    "maintenance:\n  - {id: w1, scope: [site-1], start: 2026-11-12T15:00:00Z, end: 2026-11-12T19:00:00Z,"
    " announced: 2026-11-09T15:00:00Z, reason: contoh}\n"
)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the inventory of the month that tells monitors apart."""
    folder = tmp_path_factory.mktemp("month")
    (folder / "sites").mkdir()
    (folder / "netmon.yaml").write_text(
        'city: {name: Contoh, code: "13.71", zone: Asia/Jakarta}\nintervals: {reachability: 60s}\n'
        "witness: [{address: 10.0.0.9}]\n"
    )
    (folder / "regions.csv").write_text(
        "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1011,Air Manis,13.71.01,Padang Selatan\n"
    )
    (folder / "maintenance.yaml").write_text(WINDOW)
    (folder / "sites" / "a.yaml").write_text(PLACES)
    return folder


@pytest.fixture(scope="module")
def document(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """Replay the month once: the document, and the folder with the history that `--data` wrote."""
    folder = tmp_path_factory.mktemp("replayed")
    words = ("replay", MONTH / "observations.csv.gz", "--inventory", inventory, *LABEL)
    out = folder / "month.json"
    assert main([*map(str, (*words, "--data", folder / "data", "--out", out))]) == 0
    return out.read_bytes(), folder / "data"


def test_replay_gives_the_expected_month(document: tuple[bytes, Path]) -> None:
    """Every field of the expected file, to the second, out of the packed observations."""
    expected, found = json.loads((MONTH / "expected.json").read_text()), json.loads(document[0])
    assert found["definition"] == expected["definition"]
    assert found["period"].items() >= expected["period"].items()
    assert found["period"]["partial"] is False
    assert len(found["objects"]) == len(expected["objects"])
    for one, other in zip(expected["objects"], found["objects"], strict=True):
        assert {key: other[key] for key in one} == one
    assert [(one["id"], one["counted"]) for one in found["maintenance"]] == [("w1", True)]


def test_report_from_the_replayed_history_is_the_same_document(run: Any, document: tuple[bytes, Path]) -> None:
    """Byte for byte: `report` is computed from what `replay --data` wrote."""
    told = run("report", "--data", document[1], *LABEL, "--format", "json")
    assert told.code == 0
    assert told.out.encode() == document[0]


def test_the_order_of_observations_and_their_number_mean_nothing(
    run: Any, document: tuple[bytes, Path], inventory: Path, tmp_path: Path
) -> None:
    """Shuffled, and each line twice, gives the same document; it is read from a file that is not packed."""
    with gzip.open(MONTH / "observations.csv.gz", "rt") as file:
        header, *lines = file.readlines()
    lines *= 2
    random.Random(1).shuffle(lines)
    observations = tmp_path / "shuffled.csv"
    observations.write_text(header + "".join(lines))
    told = run("replay", observations, "--inventory", inventory, *LABEL)
    assert told.code == 0
    assert told.out.encode() == document[0]


FEW = "at,device,outcome\n2026-11-05T00:00:00+07:00,rt-1,up\n1793811660,rt-1,down\n2026-11-04T17:02:00Z,ap-1,blind\n"


def seconds_of(text: str) -> dict[str, dict[str, int]]:
    """Give the seconds of each state of each device."""
    return {one["id"]: one["seconds"] for one in json.loads(text)["objects"] if one["kind"] == "device"}


@pytest.mark.parametrize(
    "text",
    [
        FEW,
        "\ufeff" + FEW,
        FEW.replace("\n", "\r\n"),
        FEW.replace("rt-1,", '"rt-1",'),
        FEW + "\n\n",
        FEW.replace(":00Z", ":00.999Z").replace("1793811660", "1793811660.5"),
        FEW.replace("2026-11-04T17:02:00Z", "2026-11-05T02:02:00+09:00"),
    ],
    ids=["plain", "byte order mark", "CRLF", "quotes", "empty lines", "fractions", "another offset"],
)
def test_replay_reads_what_is_meant_the_same(run: Any, inventory: Path, tmp_path: Path, text: str) -> None:
    """However the file was written: a second of up, of down, of blind; a fraction of a second is cut off."""
    (tmp_path / "few.csv").write_text(text, newline="")
    told = run("replay", tmp_path / "few.csv", "--inventory", inventory, *LABEL)
    assert told.code == 0, told.err
    found = seconds_of(told.out)
    assert (found["rt-1"]["up"], found["rt-1"]["down"]) == (60, 150)
    assert found["ap-1"]["unknown"] == 2_592_000 - 4 * 3600


def test_replay_reads_standard_input(
    run: Any, inventory: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``-`` is the standard input, with the same outcome as a file."""
    (tmp_path / "few.csv").write_text(FEW)
    from_file = run("replay", tmp_path / "few.csv", "--inventory", inventory, *LABEL)
    for given in (FEW, "\ufeff" + FEW):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        told = run("replay", "-", "--inventory", inventory, *LABEL)
        assert (told.code, told.out, told.err) == (0, from_file.out, from_file.err)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("2026-11-05T00:00:00,rt-1,up", "at: '2026-11-05T00:00:00' has no offset"),
        ("yesterday,rt-1,up", "at: 'yesterday' is no time"),
        ("2026-13-05T00:00:00Z,rt-1,up", "at: '2026-13-05T00:00:00Z' is no time"),
        ("99999999999999,rt-1,up", "at: '99999999999999'"),
        ("1793811660,rt-2,up", "device: 'rt-2' is no device or service"),
        ("1793811660,rt-1,UP", "outcome: 'UP' is not an outcome"),
        ("1793811660,rt-1", "has 2 cells; 3 are needed"),
        ("1793811660,rt-1,up,", "has 4 cells; 3 are needed"),
        ("1793811660,rt-1,", "outcome: '' is not an outcome"),
        ('1793811660,"rt-1,up', "is not CSV"),
    ],
)
def test_replay_names_a_mistake_with_its_line(run: Any, inventory: Path, tmp_path: Path, line: str, what: str) -> None:
    """Exit 2, the file and the line, and no document."""
    observations = tmp_path / "o.csv"
    observations.write_text(f"{FEW}{line}\n")
    told = run("replay", observations, "--inventory", inventory, *LABEL)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"{observations}:5: {what}"), told.err


def test_replay_names_all_mistakes_at_once(run: Any, inventory: Path, tmp_path: Path) -> None:
    """Each with its line; of very many the first hundred and how many more there are."""
    observations = tmp_path / "o.csv"
    observations.write_text("at,device,outcome\n" + "x,rt-1,up\n1793811660,rt-9,no\n" * 100)
    told = run("replay", observations, "--inventory", inventory, *LABEL)
    assert told.code == 2
    lines = told.err.splitlines()
    assert len(lines) == 101
    assert [line.split(":")[1] for line in lines[:3]] == ["2", "3", "3"]
    assert lines[-1].endswith("and 200 more mistakes")


def test_unknown_ids_are_passed_over_when_asked(run: Any, inventory: Path, tmp_path: Path) -> None:
    """`--ignore-unknown` skips them, and nothing but them."""
    (tmp_path / "few.csv").write_text(FEW)
    (tmp_path / "more.csv").write_text(FEW + "1793811660,elsewhere,down\n")
    few = run("replay", tmp_path / "few.csv", "--inventory", inventory, *LABEL)
    more = run("replay", tmp_path / "more.csv", "--inventory", inventory, *LABEL, "--ignore-unknown")
    assert (more.code, more.out) == (0, few.out)
    (tmp_path / "bad.csv").write_text(FEW + "1793811660,elsewhere,maybe\n")
    assert run("replay", tmp_path / "bad.csv", "--inventory", inventory, *LABEL, "--ignore-unknown").code == 2


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "--month: say which month"),
        (("--month", "November"), "--month: 'November' is not a month"),
        (("--month", "2026-13"), "--month: "),
        (("--month", "2026-11", "--out", "/proc/none/month.json"), "--out: /proc/none/month.json cannot be written"),
        (("--month", "2026-11", "--data", "/proc/none"), "/proc/none: cannot be made"),
    ],
)
def test_replay_refuses_what_it_cannot_do(
    run: Any, inventory: Path, tmp_path: Path, words: tuple[str, ...], what: str
) -> None:
    """One line that names the option, exit 2."""
    (tmp_path / "few.csv").write_text(FEW)
    told = run("replay", tmp_path / "few.csv", "--inventory", inventory, *words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(what), told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("none.csv", None, "cannot be read"),
        ("plain.csv.gz", FEW.encode(), "cannot be read"),
        ("cut.csv.gz", gzip.compress(FEW.encode(), mtime=0)[:-12], "cannot be read"),
        ("latin.csv", b"at,device,outcome\n1793811660,rt-\xe9,up\n", "is not UTF-8 text"),
        ("empty.csv", b"", "the first line must be at,device,outcome"),
        ("other.csv", b"time,host,state\n", "the first line must be at,device,outcome"),
    ],
)
def test_replay_says_why_a_file_cannot_be_used(
    run: Any, inventory: Path, tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    """Missing, not packed, cut short, of another encoding, empty, of another kind."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    told = run("replay", tmp_path / name, "--inventory", inventory, *LABEL)
    assert (told.code, told.out) == (2, "")
    assert what in told.err
    assert str(tmp_path / name) in told.err


def test_out_is_written_whole_or_not_at_all(run: Any, document: tuple[bytes, Path], tmp_path: Path) -> None:
    """Nothing else is left in the folder; the standard output stays empty."""
    told = run("report", "--data", document[1], *LABEL, "--out", tmp_path / "month.json")
    assert (told.code, told.out) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["month.json"]
    assert (tmp_path / "month.json").read_bytes() == document[0]


def test_recorded_observations_are_not_mixed_with_others(
    run: Any, document: tuple[bytes, Path], inventory: Path, tmp_path: Path
) -> None:
    """A second replay into the same folder is refused: its figures would be nobody's."""
    (tmp_path / "few.csv").write_text(FEW)
    told = run("replay", tmp_path / "few.csv", "--inventory", inventory, *LABEL, "--data", document[1])
    assert (told.code, told.out) == (2, "")
    assert "name an empty folder with --data" in told.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--data", "/nowhere/at/all"), "there is no history yet"),
        (("--data", "DATA", "--month", "11-2026"), "--month: '11-2026' is not a month"),
    ],
)
def test_report_refuses_what_it_cannot_do(
    run: Any, document: tuple[bytes, Path], words: tuple[str, ...], what: str
) -> None:
    """No history, no month: exit 2 and one line."""
    told = run("report", *(str(document[1]) if word == "DATA" else word for word in words))
    assert (told.code, told.out) == (2, "")
    assert what in told.err
    assert told.err.count("\n") == 1


def test_report_of_a_history_without_an_inventory_says_so(run: Any, tmp_path: Path) -> None:
    """A folder in which nothing was ever accepted."""
    History.open(tmp_path).close()
    told = run("report", "--data", tmp_path, *LABEL)
    assert told.code == 2
    assert "the history holds no inventory" in told.err


# -- backup, restore ----------------------------------------------------------------------------------


def test_a_backup_gives_the_same_report(run: Any, document: tuple[bytes, Path], tmp_path: Path) -> None:
    """Backed up, restored elsewhere, reported: byte for byte the same."""
    kept = tmp_path / "netmon.backup"
    assert run("backup", kept, "--data", document[1]).code == 0
    assert run("restore", kept, "--data", tmp_path / "new").code == 0
    told = run("report", "--data", tmp_path / "new", *LABEL)
    assert told.out.encode() == document[0]


def test_restore_overwrites_only_when_forced(run: Any, document: tuple[bytes, Path], tmp_path: Path) -> None:
    """There is a history already: exit 2; with `--force` it is put aside, not lost."""
    kept, data = tmp_path / "netmon.backup", tmp_path / "data"
    run("backup", kept, "--data", document[1])
    run("restore", kept, "--data", data)
    told = run("restore", kept, "--data", data)
    assert told.code == 2
    assert "there is a history already" in told.err
    assert run("restore", kept, "--data", data, "--force").code == 0
    assert [path.name for path in data.glob("*.old-*")]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no zip", b"x" * 5000])
def test_restore_refuses_what_is_no_backup(run: Any, tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, damaged, of another kind: exit 2, one line, nothing made."""
    if content is not None:
        (tmp_path / "b").write_bytes(content)
    told = run("restore", tmp_path / "b", "--data", tmp_path / "data")
    assert told.code == 2
    assert told.err.count("\n") == 1
    assert not (tmp_path / "data" / "history.sqlite").exists()


def test_backup_of_nothing_is_refused(run: Any, tmp_path: Path) -> None:
    """No history, or a folder that cannot be written: exit 2 and one line."""
    told = run("backup", tmp_path / "b", "--data", tmp_path / "none")
    assert (told.code, told.err.count("\n")) == (2, 1)
    History.open(tmp_path / "data").close()
    told = run("backup", "/proc/none/b", "--data", tmp_path / "data")
    assert (told.code, told.err.count("\n")) == (2, 1), told.err


# -- status -------------------------------------------------------------------------------------------

NOW = 1_794_020_400  # 2026-11-07T10:00:00+07:00


def served_status(outcome: Outcome, *, witness_up: bool | None = True) -> bytes:
    """Give what a service would answer whose router was just observed so, and its access point up."""
    tracks = {"rt-1": Track(), "ap-1": Track()}
    state = CityState(month_city(), tracks.__getitem__, None)
    tracks["rt-1"].add(NOW - 10, outcome, 150)
    tracks["ap-1"].add(NOW - 10, Outcome.UP, 150)
    return json.dumps({**status(state, NOW), "witness_up": witness_up}).encode()


@contextmanager
def serving(content: bytes) -> Iterator[str]:
    """Answer every request with this, and give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("outcome", "witness_up", "code", "text"),
    [
        (Outcome.UP, True, 0, "Everything that is watched is up."),
        (Outcome.DOWN, True, 1, "rt-1"),
        (Outcome.BLIND, True, 0, "unknown"),
        (Outcome.BLIND, False, 1, "The monitor itself is cut off"),
    ],
)
def test_status_ends_with_1_when_something_is_down(
    run: Any, outcome: Outcome, witness_up: bool, code: int, text: str
) -> None:
    """Down, or the monitor cut off, is "not well"; unknown alone is shown and no alarm."""
    with serving(served_status(outcome, witness_up=witness_up)) as url:
        told = run("status", "--url", url)
        assert (told.code, text in told.out) == (code, True), told.out
        found = run("status", "--json", "--url", url + "/")
        assert found.code == code
        assert found.json()["definition"] == "LK-1"


@pytest.mark.parametrize("content", [b"<html>another server</html>", b""])
def test_status_of_another_server_is_wrong_input(run: Any, content: bytes) -> None:
    """What answers is no netmon: exit 2 and the address that was asked."""
    with serving(content) as url:
        told = run("status", "--url", url)
    assert (told.code, told.out) == (2, "")
    assert url in told.err


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"zone": "Nowhere/None"}'])
def test_status_of_another_servers_json_is_wrong_input(run: Any, content: bytes) -> None:
    """JSON, and yet no status of netmon."""
    with serving(content) as url:
        for words in ((), ("--json",)):
            told = run("status", "--url", url, *words)
            assert (told.code, told.out) == (2, ""), words
            assert "no status of netmon" in told.err


def test_status_without_a_service_says_how_to_name_it(run: Any) -> None:
    """Nobody listens, or it is no address at all: exit 2."""
    told = run("status", "--url", f"http://127.0.0.1:{free_port()}")
    assert told.code == 2
    assert "is netmon running?" in told.err
    assert run("status", "--url", "ftp://somewhere").code == 2


# -- run, simulate ------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["9810", "nowhere", "127.0.0.1:http", "127.0.0.1:70000", "256.1.1.1:9810"])
def test_run_refuses_an_address_that_is_none(run: Any, good: Path, tmp_path: Path, where: str) -> None:
    """Exit 2 and one line that repeats it; no history is begun."""
    told = run("run", "--inventory", good, "--data", tmp_path / "data", "--listen", where)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"--listen: {where}: ")
    assert told.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_run_refuses_an_inventory_with_mistakes(run: Any, tmp_path: Path) -> None:
    """All of them, exit 2; no history is begun."""
    told = run("run", "--inventory", BAD / "several_files", "--data", tmp_path / "data")
    assert told.code == 2
    assert len(told.err.splitlines()) > 1
    assert not (tmp_path / "data").exists()


def test_simulate_refuses_a_city_that_is_elsewhere(run: Any, good: Path) -> None:
    """It never takes a real device's place."""
    told = run("simulate", good)
    assert (told.code, told.out) == (2, "")
    assert "not in 127.0.0.0/8" in told.err


def test_simulate_refuses_a_script_with_mistakes(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them with their lines; a script that is not there too."""
    monkeypatch.setenv("NETMON_CITY_COMMUNITY", COMMUNITY)
    (tmp_path / "s.csv").write_text("at,duration,event,target,value\nsoon,1,dead,nobody,\n")
    told = run("simulate", ROOT / "inventory", "--script", tmp_path / "s.csv")
    assert (told.code, told.out) == (2, "")
    assert [line.split(":")[1] for line in told.err.splitlines()] == ["2", "2"]
    told = run("simulate", ROOT / "inventory", "--script", tmp_path / "none.csv")
    assert (told.code, told.err.count("\n")) == (2, 1)


# -- probe --------------------------------------------------------------------------------------------


def test_probe_of_nobody_is_wrong_input(run: Any, good: Path) -> None:
    """An unknown target without a way to log in, a credential or profile that is not there: exit 2, one line."""
    for words in (
        ("10.9.9.9",),
        ("10.9.9.9", "--credential", "none"),
        ("10.9.9.9", "--community", COMMUNITY, "--profile", "none"),
        ("no-such-host.invalid", "--community", COMMUNITY),
    ):
        told = run("probe", *words, "--inventory", good)
        assert (told.code, told.out) == (2, ""), words
        assert told.err.count("\n") == 1, words
        assert COMMUNITY not in told.err


def test_probe_without_an_answer_is_not_well(run: Any, good: Path) -> None:
    """Nobody is there: exit 1; JSON says ``reachable: false``, text asks what may be wrong."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = str(silent.getsockname()[1])
        words = ("probe", "127.0.0.1", "--port", port, "--community", COMMUNITY, "--timeout", "0.2")
        told = run(*words, "--inventory", good)
        assert told.code == 1
        assert "Is the address right" in told.out
        told = run(*words, "--inventory", good, "--json", "--debug")
        assert (told.code, told.json()["reachable"]) == (1, False)
        assert "no answer" in told.err
        assert COMMUNITY not in told.out + told.err


def test_a_refusal_by_the_devices_host_is_not_well(run: Any, good: Path) -> None:
    """The port is closed: exit 1, and the device's own word is told."""
    told = run("probe", "127.0.0.1", "--port", str(free_port()), "--community", COMMUNITY, "--inventory", good)
    assert told.code == 1
    assert "refuses SNMP" in told.out


def test_probe_names_the_measures_that_a_device_gives_nothing_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes a profile sees a wrong identifier; one in which all came is said to be so."""
    profile = build(load_profiles())["grandstream_switch"]
    made = series("temperature_celsius", Device("ap", Role.ACCESS_POINT), {"sensor": "system"})
    probing._tell_absent(profile, Readings((made,), (40.0,)))
    told = capsys.readouterr().err
    assert told.startswith("nothing given for ")
    assert "cpu_load_ratio" in told
    assert "temperature_celsius" not in told
    probing._tell_absent(replace(profile, scalars=(), tables=(), groups=()), Readings((), ()))
    assert capsys.readouterr().err == "something given for every measure of the profile\n"


# -- behind a web configuration file -------------------------------------------------------------------


def test_run_refuses_a_web_configuration_with_mistakes(run: Any, good: Path, tmp_path: Path) -> None:
    """Before anything is served: the file's name, the line, the key."""
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users:\n  budi: rahasia\n")
    told = run("run", "--inventory", good, "--data", tmp_path, "--web-config", web)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"{web}:2: basic_auth_users.budi: this is no bcrypt hash")
    assert "rahasia" not in told.err


def test_run_refuses_a_certificate_that_is_none(run: Any, good: Path, tmp_path: Path) -> None:
    """What OpenSSL cannot use is named."""
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: web.yml, key_file: web.yml}\n")
    told = run("run", "--inventory", good, "--data", tmp_path, "--web-config", web)
    assert told.code == 2
    assert "cannot be used" in told.err


def test_status_needs_a_user_and_a_password(run: Any, tmp_path: Path) -> None:
    """One alone is a mistake; a file that is not there is named."""
    told = run("status", "--user", "budi")
    assert (told.code, told.err) == (2, "--user and --password-file: write both or neither\n")
    told = run("status", "--user", "budi", "--password-file", tmp_path / "nowhere")
    assert told.code == 2
    assert "nowhere" in told.err
