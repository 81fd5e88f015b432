"""What the service manager is told: readiness, reloads, the end, and a pat only while rounds begin."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from notified import Told, notify_socket
from running_city import COMMUNITY, NETMON, TWO_DEVICES, Program, free_port, running_service, write_inventory
from virtual_time import VirtualTimeLoop, run_virtually
from watched_city import World, city, device, running

from netmon.cli.notifying import Notifier
from netmon.model import Outcome

ONE_DEVICE = """\
sites:
  - {id: a1, kelurahan: "13.71.01.1001", devices: [AP a1-1 11]}
"""
WATCHDOG = {"WATCHDOG_USEC": "30000000"}
_numbers = itertools.count()


@contextmanager
def told(more: Mapping[str, str], **parts: object) -> Iterator[tuple[Notifier, Told]]:
    """Make a notifier and the socket that it tells."""
    address = f"@netmon-test-{os.getpid()}-{next(_numbers)}"
    arguments = {"status": lambda: "devices watched: 3", "overdue": lambda: 0.0, "pid": 7} | parts
    with notify_socket(address) as socket:
        yield Notifier({"NOTIFY_SOCKET": address, **more}, **arguments), socket  # type: ignore[arg-type]


# -- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("abstract", [True, False], ids=["abstract", "path"])
def test_ready_and_the_end_are_told_by_either_kind_of_address(tmp_path: Path, abstract: bool) -> None:
    """One datagram each, with what ``systemctl status`` shows."""
    address = f"@netmon-test-{os.getpid()}-{next(_numbers)}" if abstract else str(tmp_path / "notify")
    with notify_socket(address) as socket:
        notifier = Notifier({"NOTIFY_SOCKET": address}, status=lambda: "devices watched: 3", overdue=lambda: 0.0)
        notifier.ready()
        notifier.stopping()
        assert socket.all() == [
            {"READY": "1", "STATUS": "devices watched: 3"},
            {"STOPPING": "1", "STATUS": "ending"},
        ]


def test_a_reload_is_told_with_its_time_and_ends_ready_even_when_it_fails() -> None:
    """The service manager needs the time of its beginning; a service that never gets ready again would hang there."""
    with told({}, monotonic=lambda: 12.5) as (notifier, socket):
        with pytest.raises(OSError, match="no room"), notifier.reloading():
            raise OSError("no room")
        assert socket.all() == [
            {"RELOADING": "1", "MONOTONIC_USEC": "12500000", "STATUS": "loading anew"},
            {"READY": "1", "STATUS": "devices watched: 3"},
        ]


@pytest.mark.parametrize("address", ["", "notify", "vsock:2:1234"])
def test_without_an_address_that_it_knows_nothing_is_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No variable is usual and silent; a strange one is named once."""
    monkeypatch.chdir(tmp_path)
    with notify_socket("notify") as socket:
        notifier = Notifier({"NOTIFY_SOCKET": address}, status=str, overdue=lambda: 0.0)
        notifier.ready()
        assert socket.all() == []
    assert [address in record.message for record in caplog.records] == ([True] if address else [])


def test_a_service_manager_that_is_gone_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The failure is in the log, and the city is watched on."""
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}, status=str, overdue=lambda: 0.0)
    notifier.ready()
    assert "could not be told READY=1" in caplog.text


# -- the watchdog ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "pats"),
    [
        (WATCHDOG, 5),
        (WATCHDOG | {"WATCHDOG_PID": "7"}, 5),
        (WATCHDOG | {"WATCHDOG_PID": "8"}, 0),
        ({}, 0),
        ({"WATCHDOG_USEC": "0"}, 0),
        ({"WATCHDOG_USEC": "often"}, 0),
    ],
    ids=["all", "ours", "others", "unset", "off", "no-number"],
)
def test_a_pat_comes_at_half_of_the_time_where_a_watchdog_waits_for_us(variables: Mapping[str, str], pats: int) -> None:
    """Thirty seconds: a pat each fifteen; another process's watchdog is not ours."""

    async def story(_loop: VirtualTimeLoop) -> int:
        with told(variables) as (notifier, socket):
            task = asyncio.ensure_future(notifier.keep_watchdog())
            await asyncio.sleep(61)
            assert not task.done()
            task.cancel()
            return len([one for one in socket.all() if one == {"WATCHDOG": "1"}])

    assert run_virtually(story) == pats


def test_a_scheduler_that_begins_no_rounds_gets_no_pat(caplog: pytest.LogCaptureFixture) -> None:
    """The loop turns all the while; pats end once a round is half a minute overdue, and return with the rounds."""

    async def story(loop: VirtualTimeLoop) -> tuple[int, int, int]:
        scheduler = World(loop).scheduler(city([device("a", interval=10)]))
        with told(WATCHDOG, overdue=scheduler.overdue) as (notifier, socket):
            watchdog = asyncio.ensure_future(notifier.keep_watchdog())
            async with running(scheduler):
                await asyncio.sleep(120)
            await asyncio.sleep(10 + 30 + 15)  # the next round's time, the patience, the rest between two looks
            before = len(socket.all())
            await asyncio.sleep(600)
            meanwhile = len(socket.all())
            async with running(scheduler):
                await asyncio.sleep(12)
                after = len(socket.all())
            watchdog.cancel()
        return before, meanwhile, after

    with caplog.at_level(logging.ERROR):
        before, meanwhile, after = run_virtually(story)
    assert before >= 120 / 15
    assert meanwhile == 0
    assert after == 1
    assert caplog.text.count("no round has begun") == 1


def test_an_outage_of_all_is_no_standstill() -> None:
    """Three thousand devices fall silent, three times as many as may be asked at once: rounds go on beginning."""

    async def story(loop: VirtualTimeLoop) -> float:
        names = [f"ap-{n}" for n in range(3000)]
        world = World(loop, silent={f"addr-{name}": lambda now: now > 1100 for name in names})
        scheduler = world.scheduler(city([device(name) for name in names]))
        longest = 0.0
        async with running(scheduler):
            for _ in range(300):
                await asyncio.sleep(1)
                longest = max(longest, scheduler.overdue())
        assert world.outcomes("ap-7")[-1] is Outcome.DOWN
        return longest

    assert run_virtually(story) < 10


def test_nothing_to_ask_is_no_standstill() -> None:
    """An inventory without devices has no round that could be overdue."""

    async def story(loop: VirtualTimeLoop) -> float:
        scheduler = World(loop).scheduler(city([], witness=()))
        async with running(scheduler):
            await asyncio.sleep(1000)
        return scheduler.overdue()

    assert run_virtually(story) == 0.0


# -- the real program -----------------------------------------------------------------------------------

SLEEPER = (
    "import signal, time; signal.signal(signal.SIGUSR1, lambda *_: time.sleep(4)); "
    "from netmon.cli import main; raise SystemExit(main())"
)
"""netmon, whose loop a signal holds up for four seconds while its threads go on."""


def pats_within(socket: Told, seconds: float) -> int:
    """Count the pats of the next seconds."""
    socket.all()
    time.sleep(seconds)
    return sum("WATCHDOG" in one for one in socket.all())


def test_the_service_tells_how_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready once it answers, pats while it works, none while it is stopped or its loop is held up; reload and end.

    A second of watchdog: a pat each half second.
    """
    inventory = write_inventory(tmp_path / "inventory", TWO_DEVICES)
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    command = (sys.executable, "-c", SLEEPER)
    with (
        notify_socket(address) as socket,
        running_service(inventory, tmp_path / "data", tmp_path / "log", command=command) as service,
    ):
        assert socket.wait_for("READY") == {"READY": "1", "STATUS": "devices watched: 3"}
        assert service.answers()
        for _ in range(3):
            socket.wait_for("WATCHDOG")

        service.program.signal(signal.SIGSTOP)
        assert pats_within(socket, 2.2) <= 1  # one may have been on its way
        service.program.signal(signal.SIGCONT)
        socket.wait_for("WATCHDOG")

        service.program.signal(signal.SIGUSR1)
        assert pats_within(socket, 3) <= 1
        socket.wait_for("WATCHDOG")

        (inventory / "sites" / "all.yaml").write_text("sites: [7]\n", encoding="utf-8")
        service.program.signal(signal.SIGHUP)
        assert int(socket.wait_for("RELOADING")["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert socket.wait_for("READY")["STATUS"] == "devices watched: 3; the latest inventory was refused, see the log"

        write_inventory(inventory, ONE_DEVICE)
        service.program.signal(signal.SIGHUP)
        socket.wait_for("RELOADING")
        assert socket.wait_for("READY")["STATUS"] == "devices watched: 1"

        service.program.process.terminate()
        socket.wait_for("STOPPING")
        assert service.program.stop() == 0
    assert COMMUNITY not in service.program.said()


def test_ready_is_told_only_once_requests_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is started after netmon may ask it at once: the moment it is told, /-/ready says so."""
    inventory = write_inventory(tmp_path / "inventory", TWO_DEVICES)
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    where = f"127.0.0.1:{free_port()}"
    arguments = ("run", "--inventory", inventory, "--data", tmp_path / "data", "--listen", where)
    with notify_socket(address) as socket, Program(tmp_path / "log", *NETMON, *arguments) as program:
        assert "READY" in socket.next()
        with urllib.request.urlopen(f"http://{where}/-/ready", timeout=5) as answer:
            assert answer.status == 200
        assert program.stop() == 0
