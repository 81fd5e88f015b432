"""``netmon discover`` as people use it: against real agents and the simulated city, and when it is wrong or stopped."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from discovered_net import SECRET, at
from running_city import BLOCK, COMMUNITY, NETMON, PORT, SITES, environment, netmon, running_city, write_inventory
from snmpd import needs_snmpd, running_snmpd

from netmon.cli import main

HERE = f"{at(0)}/29"


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Run the command in this process, without an inventory."""

    def command(*words: str) -> tuple[int, str, str]:
        folder = str(tmp_path)
        code = main(["discover", *words, "--inventory", f"{folder}/none", "--data", f"{folder}/data"])
        return code, *capsys.readouterr()

    return command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["10.0.0.0/8", "--community", "x"], "more than the 65,536 of one discovery"),
        (["10.71.3.5/24", "--community", "x"], "write 10.71.3.0/24"),
        ([HERE], "none:1: file: is no folder"),
        ([HERE, "--community", "x", "--credential", "city"], "there is no credential 'city'"),
        ([HERE, "--community", "x", "--timeout", "0"], "--timeout: write seconds"),
        ([HERE, "--community", "x", "--out", __file__], "is there already and stays as it is"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_sent(tell: Any, words: list[str], said: str) -> None:
    """Exit 2, nothing on the standard output."""
    code, out, err = tell(*words)
    assert (code, out) == (2, "")
    assert said in err


def test_nobody_there_is_not_well(tell: Any) -> None:
    """Exit 1, and a text that says so."""
    code, out, err = tell(f"{at(1)}/32", "--community", "x", "--no-ping", "--timeout", "0.2", "--port", "1")
    assert code == 1
    assert "1 addresses asked, 0 devices answer SNMP; nothing to review" in out
    assert "it is pinged alone" not in err


@pytest.fixture(scope="module")
def agent() -> Iterator[int]:
    """Run snmpd on three addresses and give its port."""
    config = "sysName rt-asli\nsysLocation Padang\n"
    with running_snmpd(addresses=(at(1), at(2), at(3)), community=SECRET, config=config) as running:
        yield running.port


@needs_snmpd
def test_a_real_agent_is_found_and_its_community_nowhere_shown(agent: int, tmp_path: Path) -> None:
    """Text to a new file, data on the standard output, exit 0; a second run knows it again."""
    out = tmp_path / "found.yaml"
    words = ("discover", HERE, "--community", SECRET, "--port", str(agent), "--no-ping", "--data", tmp_path / "data")
    done = netmon(*words, "--inventory", tmp_path / "none", "--json", "--out", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["asked"], found["complete"], found["counts"]["new"]) == (6, True, 1)
    [device] = found["devices"]
    assert (device["id"], device["also_at"], device["credential"]) == ("rt-asli", [at(2), at(3)], None)
    assert "rt-asli" in out.read_text()
    remembered = (tmp_path / "data" / "discovered.json").read_text()
    assert "rt-asli" in remembered
    for text in (done.stdout, done.stderr, out.read_text(), remembered):
        assert SECRET not in text


@needs_snmpd
def test_interrupted_it_prints_what_was_found_so_far(agent: int, tmp_path: Path) -> None:
    """Ctrl-C: exit 130, and text that says that it was stopped."""
    words = [*NETMON, "discover", f"{at(0)}/24", "--community", SECRET, "--port", str(agent), "--rate", "10"]
    command = [*words, "--no-ping", "--inventory", str(tmp_path / "none"), "--data", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as program:
        assert program.stderr is not None
        while "packets a second" not in (line := program.stderr.readline()):
            assert line, "it ended early"
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert "stopped before its end" in out
    assert "stopping; what was found so far follows" in err
    assert "Traceback" not in err


@pytest.mark.e2e
def test_a_simulated_city_is_discovered_reviewed_and_checked(tmp_path: Path) -> None:
    """Two sites are not in the inventory yet: what is written for them loads once the kelurahan is filled in."""
    whole, part = write_inventory(tmp_path / "whole"), tmp_path / "part"
    missing = ("- {id: d1,", "- {id: e1,")
    places = "".join(line for line in SITES.splitlines(keepends=True) if not line.strip().startswith(missing))
    write_inventory(part, places)
    words = ("discover", f"{BLOCK}.0/24", "--inventory", part, "--data", tmp_path / "data", "--port", str(PORT))
    with running_city(whole, tmp_path):
        first = netmon(*words, "--rate", "2000", "--out", tmp_path / "found.yaml")
        assert first.returncode == 0, first.stderr
        text = (tmp_path / "found.yaml").read_text()
        (part / "sites" / "found.yaml").write_text(text.replace("fill in", "13.71.02.1002"))
        assert netmon("check", part).returncode == 0
        second = json.loads(netmon(*words, "--rate", "2000", "--json").stdout)
    assert COMMUNITY not in text + first.stdout + first.stderr
    for name in ("d1-1", "e1-1", "e1-2"):
        assert f"id: {name}," in text
    # The two witnesses are no devices of the inventory.
    assert second["counts"] | {"as_it_is": 0} == {"new": 0, "moved": 0, "gone": 0, "changed": 0, "as_it_is": 0}
    assert second["counts"]["as_it_is"] == 24
