"""``netmon silence`` with a real Alertmanager, and with what only looks like one."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from inventories import GOOD
from running_city import Program, free_port, wait_until

from netmon.cli import main

SITE, UPLINK, DEVICE = "pantai-air-manis", "uplink-air-manis", "pam-ap-1"
WHY = ("--by", "Budi", "--reason", "ganti UPS")
WINDOW = "Gangguan tetap dihitung; untuk pekerjaan terencana, umumkan jendela di maintenance.yaml."
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
UNKNOWN = "6f5c3a52-0000-4000-8000-000000000000"


class Told:
    """How a command ended and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        """Keep them."""
        self.code, self.out, self.err = code, out, err


Command = Callable[..., Told]


@pytest.fixture
def silence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``netmon silence`` on the good inventory in this process."""
    monkeypatch.setenv("COLUMNS", "250")

    def command(*words: str) -> Told:
        capsys.readouterr()
        try:
            code = main(["silence", "--inventory", str(GOOD), *words])
        except SystemExit as end:
            code = int(end.code or 0)
        return Told(code, *capsys.readouterr())

    return command


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an Alertmanager that tells nobody, with an alert of a site and one of a device behind an uplink."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("not installed: prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    where = f"127.0.0.1:{free_port()}"
    arguments = (f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}")
    listening = (f"--web.listen-address={where}", "--cluster.listen-address=")
    with Program(folder / "log", program, *arguments, *listening) as running:
        url = f"http://{where}"
        wait_until(lambda: is_ready(url), "Alertmanager")
        labels = [{"alertname": "SiteDown", "site": SITE}, {"alertname": "DeviceDown", "site": SITE, "device": DEVICE}]
        body = json.dumps([{"labels": one} for one in labels]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/api/v2/alerts", body, headers)  # noqa: S310 -- http alone
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 -- http alone
        wait_until(lambda: len(get(f"{url}/api/v2/alerts")) == 2, "its alerts")
        yield url
        running.stop()


def get(url: str) -> Any:
    """Ask for JSON."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- http alone
        return json.load(answer)


def is_ready(url: str) -> bool:
    """Say whether Alertmanager answers."""
    try:
        get(f"{url}/api/v2/status")
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def made_by(told: Told) -> str:
    """Give the id of the silence that was made."""
    found = ID.search(told.out)
    assert found is not None, told.out + told.err
    return found[0]


# -- with a real one ----------------------------------------------------------------------------------


def test_a_site_is_silenced_shown_listed_and_heard_again(alertmanager: str, silence: Command) -> None:
    """Made, with what it covers now and until when in the city's zone; Alertmanager keeps it; ended by its id."""
    told = silence(SITE, "--for", "2h", *WHY, "--alertmanager", alertmanager)
    name = made_by(told)
    assert told.code == 0, told.err
    first, covers, *rest = told.out.splitlines()
    until = datetime.now(UTC) + timedelta(hours=2 + 7)
    what, moment = rf"Lokasi {SITE} \(Pantai Air Manis\) dibisukan", rf"\d\d-\d\d-{until:%Y} \d\d\.\d\d WIB"
    assert re.fullmatch(f"{what} sampai {moment} oleh Budi: ganti UPS", first)
    assert covers == "Peringatan yang sedang tercakup:"
    assert set(rest[:2]) == {f"  SiteDown {SITE}", f"  DeviceDown {DEVICE}"}
    assert rest[2:] == [f"Akhiri lebih awal dengan: netmon silence --end {name}", WINDOW]

    kept = get(f"{alertmanager}/api/v2/silence/{name}")
    assert kept["matchers"] == [{"name": "site", "value": SITE, "isEqual": True, "isRegex": False}]
    assert (kept["createdBy"], kept["comment"], kept["status"]["state"]) == ("Budi", "ganti UPS", "active")
    assert abs(datetime.fromisoformat(kept["endsAt"]).timestamp() - time.time() - 7200) < 60
    wait_until(lambda: silenced(alertmanager) == {"SiteDown", "DeviceDown"}, "silenced alerts")

    told = silence("--alertmanager", alertmanager)
    assert told.code == 0
    (row,) = [line for line in told.out.splitlines() if line.startswith(name)]
    assert f'site="{SITE}"' in row
    assert row.split()[-3:] == ["Budi", "ganti", "UPS"]
    assert told.out.splitlines()[-1] == WINDOW

    told = silence("--end", name, "--alertmanager", alertmanager)
    assert (told.code, told.out) == (0, f'{name} diakhiri: site="{SITE}"\n')
    assert name not in silence("--alertmanager", alertmanager).out
    wait_until(lambda: silenced(alertmanager) == set(), "alerts that are heard")
    told = silence("--end", name, "--alertmanager", alertmanager)
    assert (told.code, told.out) == (2, "")
    assert "has ended already" in told.err


def silenced(url: str) -> set[str]:
    """Name the alerts that are silenced."""
    return {one["labels"]["alertname"] for one in get(f"{url}/api/v2/alerts") if one["status"]["silencedBy"]}


@pytest.mark.parametrize(("kind", "place"), [("uplink", UPLINK), ("device", DEVICE)])
def test_an_uplink_and_a_device_by_their_own_label(alertmanager: str, silence: Command, kind: str, place: str) -> None:
    """JSON, in which it says that it changes no figure; listed as JSON too."""
    told = silence(place, "--for", "30m", *WHY, "--alertmanager", alertmanager, "--json")
    made = json.loads(told.out)
    assert (made["kind"], made["place"], made["changes_figures"]) == (kind, place, False)
    assert [one["alertname"] for one in made["covers"]] == (["DeviceDown"] if kind == "device" else [])
    listed = {one["id"]: one for one in json.loads(silence("--alertmanager", alertmanager, "--json").out)}
    assert listed[made["id"]]["matchers"] == [f'{kind}="{place}"']
    assert silence("--end", made["id"], "--alertmanager", alertmanager, "--json").code == 0


def test_one_alert_of_a_place_alone(alertmanager: str, silence: Command) -> None:
    """What else happens there is heard."""
    told = silence(SITE, "--alert", "DeviceDown", "--for", "1h", *WHY, "--alertmanager", alertmanager)
    name = made_by(told)
    assert told.out.startswith(f"DeviceDown: lokasi {SITE} (Pantai Air Manis) dibisukan sampai ")
    assert f"\n  DeviceDown {DEVICE}\n" in told.out
    assert "SiteDown" not in told.out
    wait_until(lambda: silenced(alertmanager) == {"DeviceDown"}, "the silenced alert")
    (listed,) = json.loads(silence("--alertmanager", alertmanager, "--json").out)
    assert set(listed["matchers"]) == {'alertname="DeviceDown"', f'site="{SITE}"'}
    assert silence("--end", name, "--alertmanager", alertmanager).code == 0


def test_in_english_on_request(alertmanager: str, silence: Command) -> None:
    """The same in English; nothing is covered."""
    told = silence(UPLINK, "--for", "1d", *WHY, "--alertmanager", alertmanager, "--language", "en")
    assert re.match(rf"Uplink {UPLINK}.* is silenced until \d{{4}}-.* WIB by Budi: ganti UPS\n", told.out)
    assert "It covers no alert now." in told.out
    assert told.out.endswith("The outage still counts; for planned work announce a window in maintenance.yaml.\n")
    silence("--end", made_by(told), "--alertmanager", alertmanager)
    told = silence("--alertmanager", alertmanager, "--language", "en")
    assert (told.code, told.out) == (0, "Nothing is silenced.\n")


def test_a_silence_that_there_is_not(alertmanager: str, silence: Command) -> None:
    """Exit 2, and where to find those that there are."""
    told = silence("--end", UNKNOWN, "--alertmanager", alertmanager)
    assert (told.code, told.out) == (2, "")
    assert told.err == f"--end: there is no silence {UNKNOWN} (netmon silence lists those that there are)\n"


# -- what cannot be meant -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((SITE,), "--for: is missing"),
        ((SITE, "--for", "2h", "--by", "Budi"), "--reason: is missing"),
        ((SITE, "--for", "2h", "--reason", "x"), "--by: is missing"),
        ((SITE, "--for", "2h", "--by", "Budi", "--reason", " "), "--reason: is blank"),
        ((SITE, "--for", "2h", "--by", "Budi", "--reason", "\x1b[2J"), "--reason: holds control characters"),
        ((SITE, "--for", "8d", *WHY), "--for: is longer than 7 days: announce a window in maintenance.yaml instead"),
        ((SITE, "--for", "0h", *WHY), "'0h' is no duration"),
        ((SITE, "--for", "2", *WHY), "'2' is no duration"),
        ((SITE, "--for=-2h", *WHY), "'-2h' is no duration"),
        (("pantai-air-mani", "--for", "2h", *WHY), f"no site, uplink or device 'pantai-air-mani' (is it {SITE}?)"),
        (("--for", "2h", *WHY), "--for: name the site, uplink or device"),
        ((SITE, "--alert", "SiteDwon", "--for", "2h", *WHY), "--alert: there is no alert 'SiteDwon' (is it SiteDown?)"),
        (("--alert", "SiteDown"), "--alert: name the site, uplink or device"),
        (("--end", "../status"), "--end: '../status' is no id of a silence"),
        ((SITE, "--end", UNKNOWN), "--end: ends a silence, and takes no SITE"),
    ],
    ids=lambda value: None if isinstance(value, str) else ascii("_".join(word[-12:] for word in value)),
)
def test_what_cannot_be_meant_is_refused(silence: Command, words: tuple[str, ...], said: str) -> None:
    """Exit 2 before anybody is asked."""
    told = silence(*words, "--alertmanager", f"http://127.0.0.1:{free_port()}")
    assert (told.code, told.out) == (2, "")
    assert said in told.err


# -- with what only looks like one --------------------------------------------------------------------


@contextmanager
def answering(status: int, content: bytes, *, location: str = "", cut: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Serve one answer to everything; give the address and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content) + 1000 * cut))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 -- as the library calls them

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


SOME = {
    "id": UNKNOWN,
    "status": {"state": "active"},
    "matchers": [{"name": "site", "value": "x", "isRegex": True}],
    "startsAt": "2026-11-24T10:00:00.000Z",
    "endsAt": "2026-11-24T12:00:00.123456789Z",
    "createdBy": "\x1b[31mmerah\u202e",
    "comment": "a\nb",
}
LISTED = json.dumps([SOME]).encode()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"{}"),
        (200, b"[7]"),
        (200, b"[null]"),
        (200, LISTED.replace(b"2026-11-24T12", b"soon")),
        (200, LISTED.replace(b'"active"', b"[]")),
        (200, LISTED.replace(b'"matchers": [', b'"matchers": [7, ')),
        (200, LISTED.replace(b"00.000Z", b"00")),
        (401, b"Unauthorized"),
        (500, b"\x1b[2J" * 10_000),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else f"{value[:20]!r}-{len(value)}",
)
def test_what_is_no_alertmanager_is_said_in_a_line(silence: Command, status: int, content: bytes) -> None:
    """Exit 2, one line of a bounded length, nothing that steers a terminal."""
    with answering(status, content) as (url, _):
        for words in ((), (SITE, "--for", "2h", *WHY), ("--end", UNKNOWN)):
            told = silence(*words, "--alertmanager", url)
            assert (told.code, told.out, told.err.count("\n")) == (2, "", 1), words
            assert url in told.err
            assert len(told.err) < 700
            assert "\x1b" not in told.err


def test_an_answer_that_is_cut_off(silence: Command) -> None:
    """What ends too early is no list."""
    with answering(200, LISTED[:-5], cut=True) as (url, _):
        told = silence("--alertmanager", url)
    assert (told.code, told.out) == (2, "")


def test_nobody_is_led_elsewhere(silence: Command) -> None:
    """A redirect is not followed: the order and the password were not meant for another address."""
    with (
        answering(200, LISTED) as (other, asked),
        answering(302, b"", location=f"{other}/api/v2/silences") as (url, _),
    ):
        told = silence("--alertmanager", url)
    assert (told.code, asked) == (2, [])
    assert "HTTP 302" in told.err


def test_what_others_wrote_steers_no_terminal(silence: Command) -> None:
    """Names and reasons of other people's silences are shown as text."""
    with answering(200, LISTED) as (url, _):
        told = silence("--alertmanager", url)
    assert told.code == 0
    (row,) = [line for line in told.out.splitlines() if line.startswith(UNKNOWN)]
    assert 'site=~"x"' in row
    assert "24-11-2026 19.00 WIB" in row
    assert "\ufffd[31mmerah\ufffd" in row
    assert "a b" in row


def test_nobody_there(silence: Command) -> None:
    """Exit 2 and the address that was asked; a password file that is not there is named too."""
    url = f"http://127.0.0.1:{free_port()}"
    told = silence("--alertmanager", url)
    assert told.code == 2
    assert told.err == f"{url}/api/v2/silences: [Errno 111] Connection refused\n"
    told = silence("--alertmanager", url, "--user", "budi", "--password-file", str(Path("nowhere") / "there"))
    assert told.code == 2
    assert "nowhere" in told.err
