"""Rehearsals on the running system, as it is deployed: every hop for real, and each of them broken for real."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alert_chain import NEEDS_THE_CHAIN, Chain
from alert_cities import Places, kelurahan
from alert_settings import QUICK
from running_city import netmon, report, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), NEEDS_THE_CHAIN]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Start the whole chain over a small city that is well."""
    folder = tmp_path_factory.mktemp("drill")
    places, (code, *_) = Places(), next(iter(kelurahan().values()))
    uplink = places.uplink("air", code)
    for site in ("pantai", "balai"):
        places.site(site, code, uplink, 2)
    inventory = places.write(folder / "inventory", hold=10)
    with Chain(folder, inventory, QUICK) as started:
        yield started


def drill(chain: Chain, *words: str) -> subprocess.CompletedProcess[str]:
    """Hold a drill to its end."""
    where = (f"--{option}" for option in ("url", "prometheus", "alertmanager"))
    programs = (chain.url(name) for name in ("netmon", "prometheus", "alertmanager"))
    named = [word for pair in zip(where, programs, strict=True) for word in pair]
    return netmon("drill", "--timeout", "60s", *named, *words, timeout=180)


@contextmanager
def changed(chain: Chain, program: str, file: Path, old: str, new: str) -> Iterator[None]:
    """Change a configuration of a running program, and put it back."""
    text = file.read_text(encoding="utf-8")
    found = re.sub(old, new, text, flags=re.DOTALL)
    assert found != text, f"{file} no longer says {old!r}: adapt the test"
    load(chain, program, file, found)
    yield
    load(chain, program, file, text)


def load(chain: Chain, program: str, file: Path, text: str) -> None:
    """Let a program load another configuration."""
    file.write_text(text, encoding="utf-8")
    before = reloads(chain, program)
    chain.signal(program, signal.SIGHUP)
    wait_until(lambda: reloads(chain, program) > before, f"{program} to load it anew")
    # Prometheus looks its Alertmanagers up again, and tells nobody until then.
    wait_until(lambda: chain._prometheus("alertmanagers")["activeAlertmanagers"], "Prometheus to know Alertmanager")


def reloads(chain: Chain, program: str) -> int:
    """Count how often a program has loaded its configuration."""
    said = chain._running[program].said()
    return said.count("Completed loading of configuration file")


def test_a_drill_goes_the_whole_way_and_only_to_the_receiver_of_drills(chain: Chain) -> None:
    """Each hop with its time, the page in the words of a drill, and the resolve; exit 0; nobody else hears of it."""
    before, calls = report(chain.data)["objects"], len(chain.messages("on-call"))
    done = drill(chain, "pantai", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    hops = {one["hop"]: one["after"] for one in found["hops"]}
    assert list(hops) == ["netmon", "prometheus", "rule", "alertmanager", "receiver", "resolved"]
    assert list(hops.values()) == sorted(hops.values())
    assert 0 < found["paged_after"] < 60
    page = chain.wait_for("drill", "Drill", drill_id=found["drill"]["id"])
    (alert,) = page.alerts
    told = {name: alert["labels"].get(name) for name in ("device", "site", "uplink", "owner", "drill", "real")}
    assert told == {
        "device": "ap-pantai-1",
        "site": "pantai",
        "uplink": "jalur-air",
        "owner": "diskominfo",
        "drill": "yes",
        "real": "no",
    }
    assert alert["annotations"]["summary"].startswith("LATIHAN")
    chain.wait_for("drill", "Drill", "resolved", drill_id=found["drill"]["id"])
    assert len(chain.messages("on-call")) == calls
    assert outages_of(report(chain.data)["objects"]) == outages_of(before) == []


def outages_of(objects: list[dict[str, Any]]) -> list[str]:
    """Name what had an outage."""
    return [one["id"] for one in objects if one["outages"]]


def test_a_real_one_calls_those_on_call_and_says_that_it_is_a_drill(chain: Chain) -> None:
    """The page goes to both; whoever reads it first reads LATIHAN."""
    done = drill(chain, "--real", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    name = json.loads(done.stdout)["drill"]["id"]
    for receiver in ("drill", "on-call"):
        page = chain.wait_for(receiver, "Drill", drill_id=name)
        assert all(one["annotations"]["summary"].startswith("LATIHAN") for one in page.alerts)
    assert [one.text for one in chain.inbox.telegrams if "LATIHAN" in one.text]


def test_a_silenced_site_holds_its_drill_back_too(chain: Chain) -> None:
    """It says by which silence, at once; without the silence it arrives."""
    inventory = ("--inventory", chain.inventory, "--alertmanager", chain.url("alertmanager"))
    why = ("--by", "Budi", "--reason", "uji coba", "--json")
    made = json.loads(netmon("silence", "balai", "--for", "1h", *why, *inventory).stdout)
    done = drill(chain, "balai")
    assert done.returncode == 1, done.stdout
    assert f"dibisukan oleh {made['id']}" in done.stdout
    assert netmon("silence", "--end", made["id"], *inventory).returncode == 0


def test_without_the_rule_it_says_so(chain: Chain) -> None:
    """Prometheus reads the series, and nothing fires."""
    (file,) = [one for one in (chain.folder / "rules").iterdir() if "alert: Drill\n" in one.read_text(encoding="utf-8")]
    with changed(chain, "prometheus", file, "alert: Drill\n", "alert: Dril\n"):
        done = drill(chain, "--timeout", "20s")
    assert done.returncode == 1, done.stdout
    assert "aturan Drill menyala tidak terjadi" in done.stdout
    assert "Prometheus tidak punya aturan Drill: periksa rule_files" in done.stdout


def test_without_its_webhook_it_says_what_could_not_be_sent(chain: Chain) -> None:
    """Alertmanager has it and cannot deliver: which integration fails, and what must be there."""
    file = chain.folder / "alertmanager.yml"
    with changed(chain, "alertmanager", file, r"/api/drills/received", "/api/drills/nowhere/received"):
        done = drill(chain, "--timeout", "30s")
    assert done.returncode == 1, done.stdout
    assert "pesannya sampai di penerima tidak terjadi" in done.stdout
    assert "Alertmanager mengirimnya ke: drill." in done.stdout
    assert "/api/drills/received (deploy/alertmanager)" in done.stdout
    assert "Yang gagal dikirim Alertmanager selama latihan ini: webhook" in done.stdout


def test_while_prometheus_is_told_of_no_alertmanager(chain: Chain) -> None:
    """The rule fires and nobody hears of it."""
    file = chain.folder / "prometheus.yml"
    where = re.escape(chain.url("alertmanager").removeprefix("http://"))
    with changed(chain, "prometheus", file, where, "127.0.0.1:9"):
        done = drill(chain, "--timeout", "20s")
    assert done.returncode == 1, done.stdout
    assert "Alertmanager sudah menerimanya tidak terjadi" in done.stdout
    assert (
        f"Prometheus mengirim ke http://127.0.0.1:9/api/v2/alerts: apakah itu {chain.url('alertmanager')}?"
        in done.stdout
    )


def test_without_prometheus_none_is_begun(chain: Chain) -> None:
    """Exit 1 at once, and which program does not answer."""
    chain.stop("prometheus")
    try:
        done = drill(chain)
        assert done.returncode == 1, done.stdout
        assert done.stdout.startswith("PUTUS: Prometheus tidak menjawab, latihan tidak dimulai.\n")
        assert "netmon_drill" not in chain.netmon.get("/metrics?group=self")
    finally:
        chain.start("prometheus")
