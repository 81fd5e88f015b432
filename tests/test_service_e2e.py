"""The service among real troubles: killed, stopped, reloaded, without room, with a clock that jumps.

Whatever happens to the monitor is never an outage of what it watches, and nothing confirmed is lost.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from running_city import (
    BLOCK,
    COMMUNITY,
    NETMON,
    PORT,
    TWO_DEVICES,
    Program,
    Service,
    free_port,
    netmon,
    outages,
    read_truth,
    report,
    running_city,
    running_service,
    seconds,
    wait_until,
    write_inventory,
)

from netmon.history import History, HistoryError
from netmon.model import Outcome, Span, reach_seconds

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

DEVICES = ("rt-a", "a1-1", "a1-2")
ALL_UP = dict.fromkeys(DEVICES, "up")
INTERVAL = 5
EDGE = INTERVAL + 2


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Write the inventory of a router and two access points."""
    return write_inventory(tmp_path / "inventory", TWO_DEVICES, interval=INTERVAL)


@pytest.fixture
def city(inventory: Path, tmp_path: Path) -> Iterator[Program]:
    """Simulate it, without any event."""
    with running_city(inventory, tmp_path) as program:
        yield program


def tracks(data: Path) -> dict[str, list[Span]]:
    """Read what is committed."""
    with History.open(data, read_only=True) as history:
        return history.tracks()


def commits(data: Path) -> int:
    """Say how far the committed history reaches: the latest end of a span; 0 while there is none."""
    with suppress(HistoryError):
        return max((spans[-1].end for spans in tracks(data).values() if spans), default=0)
    return 0


def outcome_at(spans: list[Span], second: int) -> Outcome | None:
    """Give what was observed in a second."""
    return next((span.outcome for span in spans if span.start <= second < span.end), None)


def assert_kept(before: dict[str, list[Span]], after: dict[str, list[Span]]) -> None:
    """Assert that what was confirmed before is still there: each second up to the last observation of each device."""
    for name, spans in before.items():
        last = spans[-1].end - reach_seconds(INTERVAL)
        for second in range(spans[0].start, last + 1):
            assert outcome_at(after[name], second) is outcome_at(spans, second), (name, second)


def states_in_report(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Give the seconds of each state of each device."""
    return {one["id"]: one["seconds"] for one in document["objects"] if one["kind"] == "device"}


# -- killed -------------------------------------------------------------------------------------------

COURSE = """\
15,35,dead,a1-1,
65,32,fibre,uplink-a,
"""
KILLS = ((26, 3), (44, 3), (62, 8), (80, 3), (93, 22))
"""Seconds after the start of the course, and seconds until the service is started again: within outages, before
their begin and before their end; the last pause is longer than an observation reaches."""


Killed = tuple[list[dict[str, Any]], Path, list[tuple[float, float]]]


@pytest.fixture
def killed(inventory: Path, tmp_path: Path) -> Killed:
    """Live through a course in which the service is killed again and again; give truth, data and the pauses."""
    data, pauses = tmp_path / "data", []
    with running_city(inventory, tmp_path, COURSE):
        truth = read_truth(tmp_path)
        start = min(one["start"] for one in truth) - 15
        before: dict[str, list[Span]] = {}
        for second, pause in KILLS:
            with running_service(inventory, data, tmp_path / "log") as service:
                wait_until(lambda at=start + second: time.time() >= at, "the moment")
                before = tracks(data)
                service.program.kill()
            pauses.append((time.time(), pause))
            time.sleep(pause)
            assert_kept(before, tracks(data))
        with running_service(inventory, data, tmp_path / "log") as service:
            service.wait_for_states(ALL_UP)
            assert service.program.stop() == 0
        assert_kept(before, tracks(data))
    return truth, data, pauses


def test_a_killed_service_loses_and_invents_nothing(killed: Killed) -> None:
    """Kill -9 at five moments: every outage is one that was, no restart begins one, the long pause is unknown."""
    truth, data, pauses = killed
    document, found = report(data), tracks(data)
    silences: dict[str, list[tuple[float, float]]] = {}
    for one in truth:
        silences.setdefault(one["device"], []).append((one["start"], one["end"]))
    told = outages(document)
    assert set(told) == set(DEVICES)
    late = EDGE + reach_seconds(INTERVAL)  # what was seen last before a kill is believed so long
    for name, outages_of_it in told.items():
        for one in outages_of_it:
            (was,) = [(a, b) for a, b in silences[name] if a - 1 <= one["start"] <= b + EDGE]
            assert one["end"] <= was[1] + late, (name, one)
            # Where its begin was seen, it is the true one; a restart in the middle sees none.
            assert not one["begin_seen"] or one["start"] - was[0] <= EDGE, (name, one)
            assert not one["end_seen"] or abs(one["end"] - was[1]) <= EDGE, (name, one)
            above = any(
                s.outcome is Outcome.DOWN and s.start < one["end"] and one["start"] < s.end for s in found["rt-a"]
            )
            assert one["attribution"] == ("upstream" if above and name != "rt-a" else "device"), (name, one)
        assert len({one["incident"] for one in outages_of_it}) == len(silences[name]), name
    check_long_pause(found, states_in_report(document), *pauses[-1])


def check_long_pause(
    found: dict[str, list[Span]], states: dict[str, dict[str, int]], killed_at: float, pause: float
) -> None:
    """Nothing is carried over a pause that is longer than an observation reaches."""
    for name, spans in found.items():
        for second in range(int(killed_at) + reach_seconds(INTERVAL) + 1, int(killed_at + pause)):
            assert outcome_at(spans, second) is None, (name, second)
        assert states[name]["unknown"] >= pause - reach_seconds(INTERVAL) - 1, name


# -- stopped in the ordinary way ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_in_seconds_with_everything_written(
    city: Program, inventory: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Exit code 0; what was seen since the last commit is there; nothing is left open for the next start."""
    data = tmp_path / "data"
    with running_service(inventory, data, tmp_path / "log") as service:
        service.wait_for_states(ALL_UP)
        seen = max(seconds(one["last_observation"]) for one in json.loads(service.get("/api/status"))["devices"])
        begun = time.monotonic()
        service.program.signal(number)
        assert service.program.process.wait(30) == 0
        assert time.monotonic() - begun < 10
        assert "Traceback" not in service.program.said()
    assert commits(data) >= seen + reach_seconds(INTERVAL)
    with History.open(data) as history:
        assert set(history.tracks()) == set(DEVICES)


def test_a_silent_city_does_not_hold_up_the_stop(inventory: Path, tmp_path: Path) -> None:
    """With every probe waiting for an answer the service still ends at once."""
    with ExitStack() as stack:
        for number in (1, 11, 12, 201, 202):
            silent = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            silent.bind((f"{BLOCK}.{number}", PORT))
        service = stack.enter_context(running_service(inventory, tmp_path / "data", tmp_path / "log"))
        wait_until(lambda: "no witness answered" in service.get("/api/status"), "failures")
        begun = time.monotonic()
        assert service.program.stop(30) == 0
        assert time.monotonic() - begun < 10


# -- stands still -------------------------------------------------------------------------------------


def test_a_service_that_stands_still_books_no_outage(city: Program, inventory: Path, tmp_path: Path) -> None:
    """Stopped for twenty seconds and continued, twice: unknown, counted, and nobody's outage."""
    data = tmp_path / "data"
    with running_service(inventory, data, tmp_path / "log") as service:
        service.wait_for_states(ALL_UP)
        for _ in range(2):
            service.program.signal(signal.SIGSTOP)
            time.sleep(20)
            service.program.signal(signal.SIGCONT)
            wait_until(service.answers, "the service")
            service.wait_for_states(ALL_UP)
        metrics = service.metrics()
        assert metrics["netmon_standstills_total"] >= 2
        assert sum(value for name, value in metrics.items() if "_outages_total{" in name) == 0
        assert service.program.stop() == 0
    document = report(data)
    assert outages(document) == {}
    for name, found in states_in_report(document).items():
        assert found["down"] == found["down_upstream"] == 0, name
        assert found["unknown"] >= 2 * (20 - reach_seconds(INTERVAL) - 1), name


# -- the clock ----------------------------------------------------------------------------------------

CLOCK = """\
import signal, sys, time
real, offset, where = time.time, 0.0, sys.argv[1]
def now():
    return real() + offset
def jump(*_):
    global offset
    with open(where) as file:
        offset = float(file.read())
time.time = now
signal.signal(signal.SIGUSR1, jump)
from netmon.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""The service with a wall clock that a signal sets by as many seconds as a file says."""


def test_a_clock_that_jumps_invents_nothing(city: Program, inventory: Path, tmp_path: Path) -> None:
    """Two hours forward, back again, two hours back and forward: no outage, no bug, and it goes on recording."""
    data, offset = tmp_path / "data", tmp_path / "offset"
    command = (sys.executable, "-c", CLOCK, str(offset))
    with running_service(inventory, data, tmp_path / "log", command=command) as service:
        service.wait_for_states(ALL_UP)
        for number, jump in enumerate((7200, 0, -7200, 0), 1):
            offset.write_text(str(jump))
            service.program.signal(signal.SIGUSR1)
            wait_until(lambda n=number: service.metrics()["netmon_clock_jumps_total"] >= n, "the jump to be noticed")
            at = time.time() + jump

            def is_seen(at: float = at) -> bool:
                devices = json.loads(service.get("/api/status"))["devices"]
                return all(seconds(one["last_observation"]) > at + EDGE for one in devices)

            wait_until(is_seen, "rounds after the jump")
        last = int(time.time())
        metrics = service.metrics()
        assert metrics["netmon_internal_errors_total"] == 0
        assert sum(value for name, value in metrics.items() if "_outages_total{" in name) == 0
        assert service.program.stop() == 0
        assert "the wall clock was set by" in service.program.said()
    document = report(data)
    assert outages(document) == {}
    found = tracks(data)
    for name in DEVICES:
        assert outcome_at(found[name], last - EDGE) is Outcome.UP, name
        assert Outcome.DOWN not in {span.outcome for span in found[name]}, name


# -- reload -------------------------------------------------------------------------------------------

MORE = TWO_DEVICES.replace("AP a1-1 11, AP a1-2 12", "AP a1-1 11, AP a1-3 13")
BROKEN = MORE.replace("kelurahan:", "kelurahann:", 1)


def test_a_reload_takes_what_is_right_and_refuses_what_is_wrong(inventory: Path, tmp_path: Path) -> None:
    """One access point comes, one goes; mistakes keep the inventory before and are told by log and metric."""
    data = tmp_path / "data"
    both = write_inventory(tmp_path / "both", TWO_DEVICES.replace("a1-2 12", "a1-2 12, AP a1-3 13"), interval=INTERVAL)
    with (
        running_city(both, tmp_path),
        running_service(inventory, data, tmp_path / "log") as service,
    ):
        service.wait_for_states(ALL_UP)
        revision = json.loads(service.get("/api/status"))["revision"]
        up_to = time.time() + 3
        wait_until(lambda: time.time() > up_to, "some seconds of being up")

        write_inventory(inventory, MORE, interval=INTERVAL)
        service.program.signal(signal.SIGHUP)
        service.wait_for_states({"rt-a": "up", "a1-1": "up", "a1-3": "up"})
        assert set(service.states()) == {"rt-a", "a1-1", "a1-3"}
        page = service.get("/metrics")
        assert 'device="a1-2"' not in page
        assert "netmon_inventory_reload_success 1" in page
        second = json.loads(service.get("/api/status"))["revision"]
        assert second != revision

        write_inventory(inventory, BROKEN, interval=INTERVAL)
        service.program.signal(signal.SIGHUP)
        service.program.wait_for("sites/all.yaml:2: kelurahann: is no key of an uplink (write kelurahan)")
        assert "netmon_inventory_reload_success 0" in service.get("/metrics")
        assert f'netmon_inventory_info{{revision="{second}"}} 1' in service.get("/metrics")
        service.wait_for_states({"rt-a": "up", "a1-1": "up", "a1-3": "up"})

        write_inventory(inventory, MORE, interval=INTERVAL)
        service.program.signal(signal.SIGHUP)
        wait_until(lambda: "netmon_inventory_reload_success 1" in service.get("/metrics"), "the inventory to be taken")
        check_backup(service, tmp_path)
        assert service.program.stop() == 0
    document = report(data)
    assert outages(document) == {}
    found = states_in_report(document)
    assert set(found) == {"rt-a", "a1-1", "a1-2", "a1-3"}
    assert found["a1-2"]["up"] > 0
    assert found["a1-2"]["unknown"] <= 3 * EDGE  # it was taken out, and is not missed
    assert found["a1-3"]["out_of_service"] > found["a1-1"]["out_of_service"]


def check_backup(service: Service, folder: Path) -> None:
    """A backup beside the running service holds what is committed, and can be restored and reported."""
    kept = folder / "netmon.backup"
    done = netmon("backup", kept, "--data", service.data)
    assert done.returncode == 0, done.stderr
    assert netmon("restore", kept, "--data", folder / "restored").returncode == 0
    assert_kept(tracks(folder / "restored"), tracks(service.data))
    assert outages(report(folder / "restored")) == {}
    done = netmon("restore", kept, "--data", service.data, "--force")
    assert done.returncode == 2
    assert "another netmon writes here" in done.stderr


# -- what it needs at the start -----------------------------------------------------------------------


def test_a_start_that_cannot_be_says_why_in_a_line(inventory: Path, tmp_path: Path) -> None:
    """A port in use, a folder that another service holds, one that may not be written, a file: exit 2."""
    data = tmp_path / "data"
    with running_service(inventory, data, tmp_path / "log") as service:
        taken = service.url.removeprefix("http://")
        cases: list[tuple[Path, str, str]] = [
            (tmp_path / "other", taken, f"--listen: {taken}: "),
            (data, f"127.0.0.1:{free_port()}", f"{data}: another netmon writes here"),
            (Path("/proc/netmon"), f"127.0.0.1:{free_port()}", "/proc/netmon: cannot be made"),
            (tmp_path / "log", f"127.0.0.1:{free_port()}", f"{tmp_path / 'log'}: cannot be made"),
        ]
        for folder, listen, what in cases:
            done = netmon("run", "--inventory", inventory, "--data", folder, "--listen", listen)
            assert (done.returncode, done.stdout) == (2, ""), done.stderr
            lines = done.stderr.splitlines()
            assert len(lines) == 1, done.stderr
            assert lines[0].startswith(what)
        assert "already in use" in netmon("run", "--inventory", inventory, "--listen", taken).stderr
        assert service.answers()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
def test_a_folder_that_is_read_only_is_refused(inventory: Path, tmp_path: Path) -> None:
    """On a file system mounted read-only: exit 2 and one line, with a history in it and without."""
    data = tmp_path / "data"
    data.mkdir()
    mount(data, "size=4m")
    try:
        for with_history in (False, True):
            if with_history:
                History.open(data).close()
            subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
            done = netmon("run", "--inventory", inventory, "--data", data, "--listen", f"127.0.0.1:{free_port()}")
            subprocess.run(["mount", "-o", "remount,rw", str(data)], check=True)
            assert done.returncode == 2
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert str(data) in done.stderr
    finally:
        subprocess.run(["umount", str(data)], check=True)


# -- the disk -----------------------------------------------------------------------------------------


def mount(folder: Path, size: str) -> None:
    """Mount a file system of its own in memory, or skip the test."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.decode().strip()}")


def fill(folder: Path) -> Path:
    """Take every byte that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            continue
    return filler


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
def test_a_full_disk_delays_what_is_written_and_loses_nothing(inventory: Path, tmp_path: Path) -> None:
    """It goes on watching, says so in log and metrics, and writes everything when there is room again."""
    data = tmp_path / "data"
    data.mkdir()
    mount(data, "size=2m")
    try:
        with (
            running_city(inventory, tmp_path, "25,20,dead,a1-1,\n"),
            running_service(inventory, data, tmp_path / "log") as service,
        ):
            service.wait_for_states(ALL_UP)
            wait_until(lambda: commits(data), "the first commit")
            filler = fill(data)
            service.wait_for_states({"a1-1": "down", "a1-2": "up"})
            service.wait_for_states(ALL_UP)
            service.program.wait_for("the disk is full: free some space")
            failures = service.metrics()["netmon_history_commit_failures_total"]
            assert failures >= 1
            assert not any(span.outcome is Outcome.DOWN for span in tracks(data)["a1-1"])
            filler.unlink()

            def is_written() -> bool:
                return any(span.outcome is Outcome.DOWN for span in tracks(data)["a1-1"])

            wait_until(is_written, "the history to be written")
            assert service.program.stop() == 0
        (silence,) = read_truth(tmp_path)
        document = report(data)
        found = outages(document)
        assert list(found) == ["a1-1"]
        (one,) = found["a1-1"]
        assert -1 <= one["start"] - silence["start"] <= EDGE
        assert -EDGE <= one["end"] - silence["end"] <= EDGE
        for name, states in states_in_report(document).items():
            assert states["unknown"] <= 2 * EDGE, name
    finally:
        subprocess.run(["umount", str(data)], check=True)


# -- secrets ------------------------------------------------------------------------------------------


def test_no_secret_is_told_by_anything(city: Program, inventory: Path, tmp_path: Path) -> None:
    """The community is in no log, page, metric, answer, report, backup or file of the history."""
    data = tmp_path / "data"
    said = []
    with running_service(inventory, data, tmp_path / "log", command=(*NETMON, "--verbose")) as service:
        service.wait_for_states(ALL_UP)
        wait_until(lambda: "netmon_wifi_clients{" in service.get("/metrics"), "readings")
        said += [service.get(path) for path in ("/metrics", "/sd", "/", "/?lang=en", "/api/status", "/-/ready")]
        for words in (
            ("check", inventory),
            ("check", "--json", inventory),
            ("status", "--url", service.url),
            ("status", "--json", "--url", service.url),
            ("probe", "rt-a", "--inventory", inventory),
            ("probe", "rt-a", "--inventory", inventory, "--json"),
            ("probe", "rt-a", "--inventory", inventory, "--debug"),
            ("probe", f"{BLOCK}.11", "--port", str(PORT), "--community", COMMUNITY, "--debug"),
            ("probe", f"{BLOCK}.11", "--port", str(PORT), "--community", f"{COMMUNITY}-wrong", "--debug", "--json"),
            ("backup", tmp_path / "kept", "--data", data),
        ):
            done = netmon("--verbose", *words)
            said += [done.stdout, done.stderr]
        assert service.program.stop() == 0
    said += [json.dumps(report(data)), service.program.said(), city.said()]
    for text in said:
        assert COMMUNITY not in text
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert COMMUNITY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("device", ["rt-a", "a1-1"])
def test_a_probe_of_a_device_identifies_and_reads_it(city: Program, inventory: Path, device: str) -> None:
    """Text for people, the agreed form as JSON, a transcript on request; the wrong community is not well."""
    words = ("probe", device, "--inventory", inventory)
    text = netmon(*words)
    assert text.returncode == 0, text.stderr
    assert "answers; profile" in text.stdout
    found = json.loads(netmon(*words, "--json").stdout)
    assert set(found) == {"reachable", "profile", "system", "interfaces", "wifi", "radio_links"}
    assert found["reachable"] is True
    assert found["interfaces"]
    assert set(found["wifi"]) == {"clients", "radios", "ssids", "access_points", "access_point_states"}
    debug = netmon(*words, "--debug")
    assert debug.stdout == text.stdout or "answers; profile" in debug.stdout
    assert "GET 1.3.6.1.2.1.1.2.0" in debug.stderr
    wrong = netmon(*words, "--community", "something-else", "--timeout", "0.3")
    assert wrong.returncode == 1
    assert "Is the address right" in wrong.stdout
