"""``netmon drill``: what it tells of each hop, where the way is broken, and that it never leaves a drill behind."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from answering_city import Place
from live_city import NOW
from running_city import NETMON, Program, free_port
from seeming_chain import SeemingChain

from netmon.cli import drill_hops, main
from netmon.cli.drill_words import WORDS

HOPS = ["netmon", "prometheus", "rule", "alertmanager", "receiver", "resolved"]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask twenty times as often."""
    monkeypatch.setattr(drill_hops, "_PAUSE", 0.025)


def lines_of(out: str) -> list[str]:
    """Give what was printed; the seconds of this machine as ``…``, the drill's id as ``d-…``."""
    return [re.sub(r"d-[0-9a-f]{8}", "d-…", re.sub(r"^ +[0-9.]+ s  ", "… ", line)) for line in out.splitlines()]


# -- the whole way ------------------------------------------------------------------------------------


def test_each_hop_is_told_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    """From the series to the page, in the service's own seconds, then the end and the resolve; exit 0."""
    place = Place()
    with SeemingChain(place).served() as where:
        assert main(["drill", "--timeout", "20s", *where]) == 0
    assert lines_of(capsys.readouterr().out) == [
        "LATIHAN d-…: ap-1 di Taman Budaya berpura-pura terputus, paling lama 50 detik.",
        "Pesannya dikirim ke penerima latihan saja.",
        "… netmon menampilkan tandanya di /metrics",
        "… Prometheus sudah membacanya",
        "… aturan Drill menyala",
        "… Alertmanager sudah menerimanya",
        "… pesannya sampai di penerima",
        "Dihubungi setelah 47 detik.",
        "… latihan diakhiri",
        "… Alertmanager mencatatnya pulih",
        "Latihan tidak mengubah keadaan atau angka apa pun.",
    ]
    assert place.drills.current(place.now) is None


def test_in_english_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """English on request; with ``--json`` one document at the end and nothing else."""
    with SeemingChain(Place()).served() as where:
        assert main(["drill", "mosque", "--timeout", "20s", "--language", "en", *where]) == 0
        assert "Paged after 47 s." in capsys.readouterr().out
    with SeemingChain(Place()).served() as where:
        assert main(["drill", "mosque", "--timeout", "20s", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["hop"] for one in found["hops"]] == HOPS
    assert (found["drill"]["site"], found["drill"]["real"], found["paged_after"]) == ("mosque", False, 47)
    assert (found["broken"], found["changes_figures"]) == (None, False)
    assert found["resolved_after"] >= found["hops"][-2]["after"]


def test_a_page_that_did_not_reach_everybody_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    """The webhook was reached and another way was not: exit 1, and which."""
    with SeemingChain(Place(), how="failing").served() as where:
        assert main(["drill", "--timeout", "20s", "--language", "en", *where]) == 1
    out = capsys.readouterr().out
    assert "Paged after 47 s." in out
    assert "LOOK: some could not be sent (webhook 3), though the webhook was." in out


# -- broken somewhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "how", "said"),
    [
        (
            "prometheus",
            "",
            "Prometheus has no target of netmon with group=self: look at http_sd_configs (address {url}/sd).",
        ),
        ("prometheus", "down", "Prometheus cannot read http://10.0.0.1:9810/metrics: connection refused"),
        ("prometheus", "up", "Prometheus reads http://10.0.0.1:9810/metrics: is that the service at {url}?"),
        ("rule", "", "Prometheus has no rule Drill: look at rule_files, then reload Prometheus."),
        ("rule", "error", "The rule Drill fails: no such label"),
        ("rule", "old", "The rule Drill is there and inactive: are its files of this version of netmon?"),
        ("alertmanager", "nobody", "Prometheus tells no Alertmanager: look at alerting: in prometheus.yml."),
        ("alertmanager", "", "Prometheus tells http://10.0.0.1:9093/api/v2/alerts: is that {alertmanager}?"),
        ("receiver", "silenced", "The alert is silenced by 6f5c: netmon silence lists them."),
        ("receiver", "inhibited", "The alert is held back by another one (ab12): look at inhibit_rules."),
        ("receiver", "", 'Alertmanager tells of no failure: look at the route for drill="yes" and its group_wait.'),
        (
            "receiver",
            "failing",
            "What Alertmanager failed to send during this drill: webhook 3. Its log names the cause.",
        ),
        ("resolved", "", "Alertmanager still holds it: Prometheus no longer sends, or still reads the series."),
    ],
)
def test_a_broken_hop_is_named_with_what_to_look_at(
    capsys: pytest.CaptureFixture[str], broken: str, how: str, said: str
) -> None:
    """Exit 1; the hops before it are told, none after it; the drill is ended."""
    place = Place()
    with SeemingChain(place, broken, how).served() as where:
        assert main(["drill", "--timeout", "1s", "--language", "en", *where]) == 1
    out = capsys.readouterr().out
    known = {"url": where[1], "alertmanager": where[5]}
    assert f"{said.format(**known)}\n" in out, out
    assert ("Alertmanager sends it to: drill.\n" in out) == (broken == "receiver" and how in {"", "failing"})
    reached = [name for name in HOPS if re.search(rf" s  {re.escape(WORDS['en'][name])}\n", out)]
    assert reached == HOPS[: HOPS.index(broken)]
    assert re.search(
        rf"^BROKEN after \d+ s: {re.escape(WORDS['en'][broken])}: that did not happen\.$", out, re.MULTILINE
    )
    assert place.drills.current(place.now) is None


def test_a_service_that_no_longer_knows_the_drill_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """After a restart of netmon nothing comes any more: it says so at once."""
    place = Place()
    chain = SeemingChain(place, "receiver")
    forgetful = chain._alerts

    def forget(drill: Any) -> list[dict[str, Any]]:
        found = forgetful(drill)
        if found:
            place.drills._latest = None
        return found

    chain._alerts = forget  # type: ignore[method-assign]
    with chain.served() as where:
        assert main(["drill", "--timeout", "60s", *where]) == 1
    told = capsys.readouterr()
    assert "  netmon tidak mengenal latihan ini lagi" in told.out
    assert "latihan tidak dapat diakhiri (HTTP 404: Not Found); ia berakhir sendiri" in told.err


@pytest.mark.parametrize(("option", "program"), [("--prometheus", "Prometheus"), ("--alertmanager", "Alertmanager")])
def test_without_a_program_no_drill_is_begun(capsys: pytest.CaptureFixture[str], option: str, program: str) -> None:
    """Exit 1 at once, and which program does not answer where."""
    place = Place()
    nowhere = f"http://127.0.0.1:{free_port()}"
    with SeemingChain(place).served() as where:
        assert main(["drill", *where, option, nowhere]) == 1
        out = capsys.readouterr().out
        assert out.startswith(f"PUTUS: {program} tidak menjawab, latihan tidak dimulai.\n  {nowhere}/")
        assert main(["drill", *where, option, nowhere, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"]["hop"] == program.lower()
    assert place.drills._latest is None


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"data": {"alerts": 7}}'])
@pytest.mark.parametrize("path", ["/api/v1/alertmanagers", "/api/v1/query", "/api/v1/alerts", "/api/v2/alerts"])
def test_what_is_no_chain_is_a_broken_one(capsys: pytest.CaptureFixture[str], path: str, content: bytes) -> None:
    """Whatever answers there: exit 1 and the address, and no drill stays."""
    place = Place()
    chain = SeemingChain(place)
    chain.answers[path] = (200, content)
    with chain.served() as where:
        assert main(["drill", "--timeout", "1s", *where]) == 1
    told = capsys.readouterr()
    assert f"{where[3]}{path}" in told.out
    assert told.err == ""
    assert place.drills.current(place.now) is None


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "line", ["alertmanager_notifications_failed_total{", 'alertmanager_notifications_failed_total{integration="x']
)
def test_a_page_of_metrics_that_never_ends_its_lines_takes_no_time(
    capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """A megabyte of beginnings are read as nothing, at once."""
    chain = SeemingChain(Place())
    chain.answers["/metrics"] = (200, line.encode() * (1_000_000 // len(line)))
    with chain.served() as where:
        assert main(["drill", "--timeout", "20s", *where]) == 0
    assert "Dihubungi setelah" in capsys.readouterr().out


# -- what cannot be -----------------------------------------------------------------------------------


def test_what_cannot_be_begun_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2: an unknown place with the nearest, another drill, too long a time, no service."""
    place = Place()
    with SeemingChain(place).served() as where:
        assert main(["drill", "prak", *where]) == 2
        assert capsys.readouterr().err == "netmon: there is no site, uplink or device 'prak' (is it park?)\n"
        place.drills.begin(None, 60, NOW)
        assert main(["drill", *where]) == 2
        assert "goes on for another" in capsys.readouterr().err
        assert main(["drill", "--timeout", "31m", *where]) == 2
        assert capsys.readouterr().err == "--timeout: is longer than 30m\n"
        assert main(["drill", *where, "--url", f"http://127.0.0.1:{free_port()}"]) == 2
        assert "refused" in capsys.readouterr().err
        assert main(["drill", *where, "--url", where[3]]) == 2
        assert "is netmon running?" in capsys.readouterr().err


class Terminal:
    """A terminal at which somebody answers."""

    def __init__(self, answer: str) -> None:
        """Keep the answer."""
        self._answer = answer

    def isatty(self) -> bool:
        """Say that it is one."""
        return True

    def readline(self) -> str:
        """Give the answer."""
        return f"{self._answer}\n"


@pytest.mark.parametrize(("answer", "code"), [("Ya", 0), ("y", 0), ("", 2), ("tidak", 2)])
def test_people_are_called_only_when_it_was_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, code: int
) -> None:
    """On a terminal it asks; only yes is yes."""
    place = Place()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with SeemingChain(place).served() as where:
        assert main(["drill", "--real", "--timeout", "20s", *where]) == code
    told = capsys.readouterr()
    drill = place.drills._latest
    if code:
        assert (drill, told.err) == (None, "tidak jadi: tidak ada pesan yang dikirim\n")
    else:
        assert drill is not None
        assert drill.labels["real"] == "yes"
        assert "Pesannya dikirim kepada yang bertugas, dan diawali kata LATIHAN." in told.out


def test_people_are_not_called_by_a_script_that_did_not_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked ``--yes`` must be written."""
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115, PTH123 -- closed with the test
    with SeemingChain(place := Place()).served() as where:
        assert main(["drill", "--real", *where]) == 2
        assert place.drills._latest is None
        assert "write --yes" in capsys.readouterr().err
        assert main(["drill", "--real", "--yes", "--timeout", "20s", *where]) == 0
    assert place.drills._latest is not None
    assert place.drills._latest.labels["real"] == "yes"
    sys.stdin.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_who_breaks_it_off_leaves_no_drill_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, or a request to end: the drill is ended first."""
    place = Place()
    with (
        SeemingChain(place, "receiver").served() as where,
        Program(tmp_path / "log", *NETMON, "drill", *where) as drill,
    ):
        drill.wait_for("Alertmanager sudah menerimanya")
        assert place.drills.current(place.now) is not None
        drill.signal(number)
        assert drill.process.wait(30) == 130
        assert place.drills.current(place.now) is None
        assert "latihan diakhiri" in drill.said()
        assert "Traceback" not in drill.said()


def test_one_that_died_leaves_a_drill_that_ends_by_itself(tmp_path: Path) -> None:
    """Killed, it can end nothing: the drill ends after its seconds, those of the way and half a minute."""
    place = Place()
    with (
        SeemingChain(place, "receiver").served() as where,
        Program(tmp_path / "log", *NETMON, "drill", "--timeout", "2m", *where) as drill,
    ):
        drill.wait_for("Alertmanager sudah menerimanya")
        drill.kill()
    held = place.drills.current(place.now)
    assert held is not None
    assert held.end == NOW + 150
    assert place.drills.current(NOW + 150) is None


def test_the_words_are_the_same_in_both_languages() -> None:
    """Neither language lacks a text, nor a part of one."""

    def parts(text: str) -> set[str]:
        return set(re.findall(r"\{\w+", text))

    assert WORDS["id"].keys() == WORDS["en"].keys()
    assert [name for name, text in WORDS["id"].items() if parts(text) != parts(WORDS["en"][name])] == []
