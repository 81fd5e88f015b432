"""``make stack``: the whole chain on one machine, as anybody starts it, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from running_city import Program, environment, free_port, netmon, wait_until, write_inventory

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in ("prometheus", "prometheus-alertmanager")),
        reason="not installed: prometheus prometheus-alertmanager",
    ),
]

STACK = Path(__file__).parents[1] / "scripts" / "stack.py"
ADDRESSES = ("LISTEN", "PROMETHEUS_LISTEN", "ALERTMANAGER_LISTEN", "INBOX_LISTEN", "MAIL_LISTEN")
PARTS = 6  # inbox, city, netmon, Prometheus, Alertmanager, hops
PAGED = 120.0  # seconds: a scrape, an evaluation and ten seconds of grouping after half a minute


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a stack of its own: a small city, free ports, a folder, nothing by chance."""
    inventory = write_inventory(tmp_path / "inventory")
    own = {name: f"127.0.0.1:{free_port()}" for name in ADDRESSES}
    return environment({**own, "INVENTORY": str(inventory), "DATA": str(tmp_path / "run"), "RANDOM_EVENTS": "0"})


class Stack(Program):
    """A running stack."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        """Start it."""
        own = [f"{name}={value}" for name, value in settings.items() if os.environ.get(name) != value]
        self.folder = folder / "run" / "stack"
        super().__init__(folder / "log", "env", *own, sys.executable, STACK)

    def parts(self) -> dict[int, str]:
        """Give the command lines of its children by their process."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()
        return {int(pid): Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8") for pid in children}

    def inbox(self) -> list[dict[str, Any]]:
        """Give what has arrived, without signs of life."""
        lines = (self.folder / "inbox.jsonl").read_text(encoding="utf-8").splitlines()
        return [one for one in map(json.loads, lines) if "dead-man" not in one["to"]]


def runs(pid: int) -> bool:
    """Say whether a process runs; one that has ended and is not yet waited for does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def stack(tmp_path: Path, settings: dict[str, str]) -> Iterator[Stack]:
    """Start a stack, and see that nothing of it is left, however it ended."""
    with Stack(tmp_path, settings) as running:
        running.wait_for("Ctrl-C ends it all", 120)
        parts = running.parts()
        assert len(parts) == PARTS, parts
        yield running
    wait_until(lambda: not any(map(runs, parts)), f"the end of {parts}")


def test_an_alert_travels_to_the_inbox(stack: Stack, settings: dict[str, str]) -> None:
    """A line in the course cuts a fibre: called by webhook, Telegram and mail, each hop told; Ctrl-C ends it with 0."""
    wait_until(lambda: '"d1-1"' in stack_states(settings), "a city that is up")
    with (stack.folder / "course.csv").open("a", encoding="utf-8") as course:
        course.write("0,15m,fibre,uplink-c,\n")
    wait_until(lambda: {"webhook", "telegram", "e-mail"} <= kinds(stack), "three messages", PAGED)
    assert all("uplink-c" in json.dumps(one) or "Sawahan" in one["text"] for one in stack.inbox())
    (called,) = [one for one in stack.inbox() if one["kind"] == "webhook"]
    assert {one["labels"]["alertname"] for one in called["payload"]["alerts"]} == {"UplinkDown"}
    said = stack.said()
    hops = [
        said.index(text) for text in ("netmon        uplink-c is down", "Prometheus    UplinkDown", "webhook to /g")
    ]
    assert hops == sorted(hops)
    stack.signal(signal.SIGINT)
    assert stack.process.wait(60) == 0
    assert "Traceback" not in stack.said()


def stack_states(settings: dict[str, str]) -> str:
    """Give the devices that are up, as JSON."""
    found = json.loads(netmon("status", "--json", "--url", f"http://{settings['LISTEN']}").stdout or "{}")
    return json.dumps([one["id"] for one in found.get("devices", ()) if one["state"] == "up"])


def kinds(stack: Stack) -> set[str]:
    """Name the ways by which an alert of the uplink came."""
    return {one["kind"] for one in stack.inbox()}


def test_a_part_that_dies_ends_the_rest(stack: Stack) -> None:
    """It says which, shows the end of its log, and exits with 1."""
    (victim,) = [pid for pid, command in stack.parts().items() if "prometheus-alertmanager" in command.split("\0")[0]]
    os.kill(victim, signal.SIGKILL)
    assert stack.process.wait(60) == 1
    assert "stack: Alertmanager ended with -9, so all of it ends\nts=" in stack.said()


def test_the_end_of_the_stack_is_the_end_of_its_parts(stack: Stack) -> None:
    """Also where it is killed and can end nothing by itself."""
    stack.kill()


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path, settings: dict[str, str]) -> None:
    """It names the address, whose it is and how to choose another one; what is no address also."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with Stack(tmp_path, settings | {"PROMETHEUS_LISTEN": address}) as refused:
            assert refused.process.wait(60) == 2
    assert refused.said() == (
        f"stack: {address}, of Prometheus: Address already in use; "
        "for another one: make stack PROMETHEUS_LISTEN=127.0.0.1:PORT\n"
    )
    with Stack(tmp_path, settings | {"MAIL_LISTEN": "mail"}) as refused:
        assert refused.process.wait(60) == 2
    assert "stack: mail, of the inbox's mail: is no HOST:PORT; " in refused.said()
    assert not (tmp_path / "run").exists()
