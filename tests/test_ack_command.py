"""``netmon ack``: what it says, in which language, and how it ends."""

from __future__ import annotations

import json

import pytest
from answering_city import Place
from live_city import NOW, LiveCity, small_city
from running_city import free_port

from netmon.cli import main

WORDS = ("--by", "Budi", "--note", "menuju lokasi")


def test_the_command_says_what_was_done_and_what_it_does_not_change(capsys: pytest.CaptureFixture[str]) -> None:
    """In Indonesian by default, in English on request, as JSON; the status shows it."""
    place = Place()
    with place.served() as url:
        assert main(["ack", "up-1", *WORDS, "--url", url]) == 0
        assert capsys.readouterr().out == (
            "Jaringan up-1: dikonfirmasi oleh Budi: menuju lokasi\n"
            "Pengingat gangguan ini berhenti. Gangguan tetap dihitung: konfirmasi tidak mengubah angka apa pun.\n"
        )
        assert main(["ack", "rt-1", *WORDS, "--url", url, "--language", "en"]) == 0
        assert capsys.readouterr().out == (
            "Device rt-1: acknowledged by Budi: menuju lokasi\n"
            "Note: the uplink up-1 is down too, and people are called for that. Acknowledge up-1 as well.\n"
            "Reminders of this outage stop. The outage still counts: an acknowledgement changes no figure.\n"
        )
        assert main(["ack", "mosque", *WORDS, "--url", url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["kind"] == "site"
        assert main(["status", "--url", url]) == 1
    table = capsys.readouterr().out
    assert [line.split()[:2] for line in table.splitlines() if "Budi, 10:00: menuju lokasi" in line] == [
        ["uplink", "up-1"],
        ["site", "mosque"],
        ["device", "rt-1"],
    ]
    assert len(place.recorded) == 3


def test_the_command_says_what_is_open_instead(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2: the cause to acknowledge instead, or what is open since when in the city's zone."""
    with Place().served() as url:
        assert main(["ack", "park", *WORDS, "--url", url]) == 2
        assert capsys.readouterr() == ("", "park terputus karena jaringan up-1: konfirmasi up-1\n")
        assert main(["ack", "mosk", *WORDS, "--url", url, "--language", "en"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            "there is no uplink, site or device mosk (is it mosque?)\n"
            "Outages that are open:\n"
            "  uplink up-1 since 07-11-2026 09.55\n"
            "  site mosque since 07-11-2026 09.55\n"
            "  device rt-1 since 07-11-2026 09.55\n"
            "  device ap-3 since 07-11-2026 09.55\n"
        )
    calm = LiveCity(small_city())
    for name in calm.state.devices:
        calm.watch(name, NOW - 600, NOW)
    with Place(calm).served() as url:
        assert main(["ack", "park", *WORDS, "--url", url]) == 2
    assert capsys.readouterr().err == "park tidak sedang mengalami gangguan terbuka\nTidak ada gangguan yang terbuka.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "", "--note", "x"), "--by: is blank: write something"),
        (("--by", "Budi", "--note", "x" * 501), "--note: is longer than 500 characters: shorten it"),
        (("--by", "Budi", "--note", "a\nb"), "--note: holds control characters or line breaks"),
        ((*WORDS, "--url", "ftp://x"), "is no address of a service (write http://HOST:PORT)"),
        ((*WORDS, "--url", "http://budi:rahasia@127.0.0.1"), "write user and password by --user and --password-file"),
        ((*WORDS, "--user", "budi"), "--user and --password-file: write both or neither"),
    ],
    ids=lambda value: None if isinstance(value, str) else "_".join(word[:12] for word in value if word != "--by"),
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """Exit 2 and one line, without a password that stood in an address."""
    assert main(["ack", "up-1", *words]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert said in told.err
    assert "rahasia" not in told.err


def test_nobody_there_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 with the address that was asked."""
    url = f"http://127.0.0.1:{free_port()}"
    assert main(["ack", "up-1", *WORDS, "--url", url]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert url in told.err
    assert "refused" in told.err
