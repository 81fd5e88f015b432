"""SSH against devices that misbehave: each fault ends in time, says what it is, and costs nobody else."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from ssh_devices import PASSWORD, USER, Manners, SshDevice, silence, ssh_device

from netmon.model import Check, Credential, Device, Failure, Observation, Role, Secret
from netmon.probes.ssh import KnownHosts, SshProbe
from netmon.probes.ssh.line import Watched
from netmon.probes.ssh.session import Session
from netmon.profiles import Commands
from netmon.profiles.commands import read_commands
from netmon.profiles.nodes import Node

SUMMARY = "show ac-config client summary"
TOTAL = "========= show sta status =========\n\nTotal Sta Num : 17\nBackup Sta Num : 0\n"
RAW = {
    "ssh": {"device_type": "cisco_ios"},
    "commands": [{"send": SUMMARY, "pattern": r"Total Sta Num\s*:\s*(?P<wifi_clients>\d+)"}],
}
LIMIT = 20.0
"""Seconds that a device has which is to answer."""
SHORT = 1.5
"""Seconds that a device has which is not to answer."""


def commands(raw: object = RAW, **ssh: object) -> Commands:
    """Read the commands of a profile."""
    fields = dict(raw)  # type: ignore[call-overload]
    fields["ssh"] = {**fields["ssh"], **ssh}
    read = read_commands(Node(fields, ()).mapping({"ssh", "commands"}))
    assert read is not None
    return read


class City:
    """A probe with devices of one credential each, by the port on which they listen."""

    def __init__(self, folder: Path, *, limit: float = LIMIT, threads: int = 8, told: tuple[str, ...] = ()) -> None:
        """Know no device yet; ``limit`` is seconds, ``told`` what SNMP tells."""
        self.known = KnownHosts(folder / "known_hosts")
        self.commands = commands()
        self.devices: dict[str, Device] = {}
        self.credentials: dict[str, Credential] = {}
        self.told = told
        self.probe = SshProbe(
            self.known,
            device=self.devices.get,
            credential=self.credentials.get,
            commands=lambda _: self.commands,
            told=lambda _: self.told,
            threads=threads,
            limit=limit,
        )

    def close(self) -> None:
        """End all threads."""
        self.probe.close()

    def add(self, name: str, port: int, password: str = PASSWORD, interval: int = 60) -> Check:
        """Put a device into the inventory, and give its check."""
        self.devices[name] = Device(name, Role.CONTROLLER, "127.0.0.1", site="s", credential=name)
        self.credentials[name] = Credential(name, ssh_user=USER, ssh_password=Secret(password), ssh_port=port)
        return Check(f"{name}/commands", name, "ssh", interval, credential=name, address="127.0.0.1", port=port)

    def trusted(self, name: str, device: SshDevice, interval: int = 60) -> Check:
        """Put a device into the inventory whose host key is known."""
        self.known.record("127.0.0.1", device.port, device.host_key)
        return self.add(name, device.port, interval=interval)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """Give a probe that knows no host key yet."""
    with closing(City(tmp_path)) as made:
        yield made


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[City]:
    """Give a probe that waits for no device for long."""
    with closing(City(tmp_path, limit=SHORT)) as made:
        yield made


def clients(seen: Observation) -> list[float]:
    """Give what was read of clients."""
    assert seen.failure is None, seen
    return [value for series, value in seen.readings if series.measure == "wifi_clients"]


async def test_a_device_is_asked_and_its_session_is_kept(city: City) -> None:
    """One login serves many polls; the readings' series are the same object from poll to poll."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
        seen = [await city.probe(check) for _ in range(3)]
        assert [clients(one) for one in seen] == [[17]] * 3
        assert not seen[0].partial
        assert device.logins == 1
        assert seen[1].readings.series is seen[0].readings.series


async def test_a_session_that_may_not_be_kept_is_closed(city: City) -> None:
    """With ``keep_open: false`` each poll logs in and out."""
    city.commands = commands(keep_open=False)
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
        assert [clients(await city.probe(check)) for _ in range(2)] == [[17], [17]]
        assert device.logins == 2


async def test_a_session_that_died_is_opened_anew_within_the_poll(city: City) -> None:
    """A device that hung up between two polls is asked all the same."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
        assert clients(await city.probe(check)) == [17]
        device.hang_up()
        assert clients(await city.probe(check)) == [17]
        assert device.logins == 2


@pytest.mark.e2e
async def test_a_session_that_fell_silent_is_opened_anew_within_the_poll(city: City) -> None:
    """A kept session must show its prompt again; one that does not is not waited for to the end."""
    manners = Manners(answers={SUMMARY: TOTAL})
    with ssh_device(manners) as device:
        check = city.trusted("ac", device)
        assert clients(await city.probe(check)) == [17]
        manners.deaf_after = 0
        asked = asyncio.create_task(city.probe(check))
        await asyncio.sleep(1)
        manners.deaf_after = 1 << 30
        assert clients(await asked) == [17]
        assert device.logins == 2


async def test_an_unknown_host_key_is_refused(city: City) -> None:
    """Before the password is sent; what to do is said, with the fingerprint."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        seen = await city.probe(city.add("ac", device.port))
        assert seen.failure is Failure.AUTH
        assert device.host_key.fingerprint() in seen.detail
        assert "netmon trust ac" in seen.detail
        assert device.logins == 0


async def test_a_changed_host_key_is_refused(city: City) -> None:
    """Both fingerprints are said; nothing is overwritten."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
    with ssh_device(Manners(answers={SUMMARY: TOTAL}), port=device.port) as other:
        seen = await city.probe(check)
        assert seen.failure is Failure.AUTH
        assert device.host_key.fingerprint() in seen.detail
        assert other.host_key.fingerprint() in seen.detail
        assert "--replace" in seen.detail
        assert other.logins == 0
        assert city.known.keys("127.0.0.1", device.port) == (device.host_key,)


async def test_a_host_key_of_another_kind_is_refused(city: City) -> None:
    """A device known by one kind of key that shows only another is not who it was."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
    with ssh_device(key=paramiko.RSAKey.generate(2048), port=device.port) as other:
        seen = await city.probe(check)
        assert (seen.failure, other.logins) == (Failure.AUTH, 0)
        assert "host key" in seen.detail


async def test_a_wrong_password_is_refused_and_shown_nowhere(city: City, caplog: pytest.LogCaptureFixture) -> None:
    """The device is there and does not take it: AUTH. Neither logs nor observations have it, at the finest level."""
    caplog.set_level(logging.DEBUG)
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        city.known.record("127.0.0.1", device.port, device.host_key)
        seen = await city.probe(city.add("ac", device.port, "salah-sekali"))
        assert seen.failure is Failure.AUTH
        assert "password" in seen.detail
        right = await city.probe(city.add("ac", device.port))
        assert clients(right) == [17]
    told = caplog.text + repr(seen) + repr(right)
    assert "salah-sekali" not in told
    assert PASSWORD not in told
    assert SUMMARY not in caplog.text


FAULTS: dict[str, tuple[Manners, Failure, str]] = {
    "no-prompt": (Manners(mute=True), Failure.TIMEOUT, "prompt|in its time"),
    "hangs-in-command": (Manners(deaf_after=2), Failure.TIMEOUT, "in its time|prompt"),
    "hangs-up-in-answer": (Manners(drops_in=SUMMARY), Failure.UNREACHABLE, "hung up"),
    "answers-for-ever": (Manners(floods_in=SUMMARY), Failure.AUTH, "answered more than"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_ends_in_time_and_says_what_it_is(city: City, hasty: City, fault: str) -> None:
    """No prompt, a hang, a hang-up in the middle, an endless answer: a failure, no reading, and no thread left."""
    manners, failure, detail = FAULTS[fault]
    with ssh_device(replace(manners, answers={SUMMARY: TOTAL})) as device:
        asked = hasty if failure is Failure.TIMEOUT else city
        check = asked.trusted("ac", device)
        began = time.monotonic()
        seen = await asked.probe(check)
        assert time.monotonic() - began < asked.probe._limit + 5
        assert seen.failure is failure, seen.detail
        assert any(word in seen.detail for word in detail.split("|")), seen.detail
        assert not seen.readings.values
        await _until(lambda: not asked.probe._talks)


@pytest.mark.parametrize(
    "says", [b"", b"SSH-2.0-slow\r\n", b"HTTP/1.0 400\r\n\r\n" * 400], ids=["mute", "kex", "other"]
)
async def test_what_is_no_ssh_server_ends_in_time(hasty: City, says: bytes) -> None:
    """A port that takes the connection and says nothing, half of it, or something else."""
    with silence(says) as port:
        began = time.monotonic()
        seen = await hasty.probe(hasty.add("ac", port.port))
        assert time.monotonic() - began < SHORT + 5
        assert seen.failure in {Failure.TIMEOUT, Failure.UNREACHABLE}
        await _until(lambda: not hasty.probe._talks)


async def test_a_closed_port_says_so(city: City) -> None:
    """Nobody listens: the device refuses."""
    with silence() as port:
        check = city.add("ac", port.port)
    seen = await city.probe(check)
    assert (seen.failure, seen.detail) == (Failure.UNREACHABLE, "the device refuses the port of SSH")


async def test_pages_banners_and_slow_output_are_read_through(city: City) -> None:
    """A pager is turned, a greeting that looks like a prompt is passed over, an answer may come line by line."""
    rows = "\n".join([f"{number:3} 02:00:00:00:00:{number:02d} Aktif" for number in range(1, 31)])
    greeting = "\n*** Hanya untuk petugas! ***\n*** Only for staff # $ > ***\n\n"
    manners = Manners(answers={SUMMARY: f"{rows}\n{TOTAL}"}, greeting=greeting, page=7, pause=0.02)
    city.commands = commands(
        {
            **RAW,
            "commands": [
                *RAW["commands"],
                {"send": SUMMARY, "each": r"^\s*\d+ [0-9a-f:]{17} (?P<state>Aktif)$", "count": "wifi_access_points"},
            ],
        }
    )
    with ssh_device(manners) as device:
        seen = await city.probe(city.trusted("ac", device))
        assert clients(seen) == [17]
        assert [value for series, value in seen.readings if series.measure == "wifi_access_points"] == [30]
        assert not seen.partial


async def test_zero_is_a_value_and_a_refusal_is_none(city: City) -> None:
    """``0`` is read as 0; a command that the device does not know gives nothing, and is said."""
    with ssh_device(Manners(answers={SUMMARY: "Total Sta Num : 0"})) as device:
        check = city.trusted("ac", device)
        assert clients(await city.probe(check)) == [0]
        device.manners.answers = {}
        seen = await city.probe(check)
        assert (clients(seen), seen.partial) == ([], True)
        assert "Invalid input" in seen.detail


async def test_what_was_told_before_a_hang_is_kept(city: City) -> None:
    """The answers of a device that then hangs count, marked as partial, and no sum that lacks a part."""
    pattern = r"^(?P<wifi_clients>\d+)$"
    city.commands = commands(
        {
            **RAW,
            "commands": [
                {"send": "show one", "pattern": pattern, "sum": "wifi_clients"},
                {
                    "send": "show load",
                    "pattern": r"^(?P<temperature_celsius>\d+)",
                    "fields": {"sensor": {"text": "cpu"}},
                },
                {"send": "show two", "pattern": pattern, "sum": "wifi_clients"},
            ],
        }
    )
    manners = Manners(answers={"show one": "3", "show load": "41", "show two": "4"}, drops_in="show two")
    with ssh_device(manners) as device:
        check = city.trusted("ac", device)
        seen = await city.probe(check)
        assert (seen.failure, seen.partial, list(seen.readings.values)) == (None, True, [41])
        assert "hung up" in seen.detail
        manners.drops_in = ""
        assert clients(await city.probe(check)) == [7]


async def test_what_snmp_tells_is_not_asked(city: City) -> None:
    """Where SNMP gives all that the commands would, nothing is sent at all, and the observation says so."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
        city.told = ("wifi_clients",)
        seen = await city.probe(check)
        assert (seen.idle, seen.failure, device.logins) == (True, None, 0)
        city.told = ()
        assert clients(await city.probe(check)) == [17]


async def test_devices_that_hang_do_not_keep_others_waiting(tmp_path: Path) -> None:
    """With four threads, three devices that hang and hung before: the ninth is read while they wait."""
    with (
        closing(City(tmp_path, threads=4, limit=SHORT)) as city,
        silence() as hole,
        ssh_device(Manners(answers={SUMMARY: TOTAL})) as device,
    ):
        hanging = [city.add(f"ac-{number}", hole.port) for number in range(3)]
        await asyncio.gather(*map(city.probe, hanging))
        began = time.monotonic()
        tasks = [asyncio.create_task(city.probe(check)) for check in hanging]
        assert clients(await city.probe(city.trusted("ac", device))) == [17]
        assert not tasks[-1].done()
        assert time.monotonic() - began < 3 * SHORT
        assert {(await task).failure for task in tasks} == {Failure.TIMEOUT}


async def test_a_poll_that_nobody_waits_for_ends_its_thread(city: City) -> None:
    """A check that is taken out of the inventory while it hangs leaves no connection and no thread behind."""
    with silence() as hole:
        task = asyncio.create_task(city.probe(city.add("ac", hole.port)))
        await _until(lambda: bool(city.probe._talks))
        task.cancel()
        began = time.monotonic()
        await _until(lambda: not city.probe._talks)
        assert time.monotonic() - began < LIMIT / 4


async def test_a_check_ends_within_its_interval(city: City) -> None:
    """Whatever the limit is: the next round must find the one before ended."""
    with silence() as hole:
        began = time.monotonic()
        seen = await city.probe(city.add("ac", hole.port, interval=2))
        assert time.monotonic() - began < 2
        assert seen.failure is Failure.TIMEOUT


async def test_two_polls_at_once_keep_one_session(city: City) -> None:
    """``/probe`` may ask while the scheduler does: what the second opened is kept, the other logs out."""
    with ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        check = city.trusted("ac", device)
        seen = await asyncio.gather(city.probe(check), city.probe(check))
        assert [clients(one) for one in seen] == [[17], [17]]
        assert len(city.probe._sessions) == 1
        await _until(lambda: sum(one.is_active() for one in device._transports) == 1)
        assert clients(await city.probe(check)) == [17]
        assert device.logins == 2


async def test_closing_ends_every_thread(tmp_path: Path) -> None:
    """Threads of polls under way and of kept sessions end with the service."""
    before = set(threading.enumerate())
    city = City(tmp_path)
    with silence() as hole, ssh_device(Manners(answers={SUMMARY: TOTAL})) as device:
        await city.probe(city.trusted("ac", device))
        task = asyncio.create_task(city.probe(city.add("hole", hole.port)))
        await _until(lambda: bool(city.probe._talks))
        city.close()
        await task
    await _until(lambda: not [one for one in threading.enumerate() if one not in before and one.name.startswith("ssh")])


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"ssh_password": None}, "neither a password nor a key"),
        ({"ssh_key": Secret("no key")}, "private key"),
        ({"networks": ("10.71.0.0/16",)}, "may not be sent"),
        ({"ssh_user": ""}, "how to log in"),
    ],
    ids=["no-secret", "bad-key", "other-network", "no-user"],
)
async def test_a_credential_that_cannot_be_used_is_our_own_fault(
    city: City, change: dict[str, object], detail: str
) -> None:
    """LOCAL, and nothing is sent."""
    with ssh_device() as device:
        check = city.trusted("ac", device)
        city.credentials["ac"] = replace(city.credentials["ac"], **change)  # type: ignore[arg-type]
        seen = await city.probe(check)
        assert (seen.failure, device.logins) == (Failure.LOCAL, 0)
        assert detail in seen.detail


async def test_a_driver_that_netmiko_does_not_have_is_our_own_fault(city: City) -> None:
    """LOCAL, by its name."""
    city.commands = commands(device_type="acme_os")
    with ssh_device() as device:
        seen = await city.probe(city.trusted("ac", device))
        assert (seen.failure, seen.detail) == (Failure.LOCAL, "netmiko has no driver acme_os")


async def test_a_template_of_ntc_templates_is_read(city: City) -> None:
    """Fields of a template become measures and labels; one that does not exist is named."""
    head = "AP Name  Slots  AP Model  Ethernet MAC  Location  Country  IP Address  Clients  DSE Location"
    row = "AP-1     2      AIR-AP    02:00:00:00:00:01  default location  ID  10.71.3.11  12  [0 ,0 ,0 ]"
    answer = f"Number of APs........ 1\n\n{head}\n-------  -----  --------\n{row}\n"
    command = {
        "send": "show ap summary",
        "template": "cisco_wlc_ssh_show_ap_summary",
        "fields": {"wifi_clients": "CLIENTS"},
    }
    city.commands = commands({**RAW, "commands": [{**command, "sum": "wifi_clients"}]})
    with ssh_device(Manners(answers={"show ap summary": answer})) as device:
        check = city.trusted("ac", device)
        assert clients(await city.probe(check)) == [12]
        city.commands = commands({**RAW, "commands": [{**command, "template": "no_such_template"}]})
        seen = await city.probe(check)
        assert (seen.partial, seen.detail) == (True, "show ap summary: ntc-templates has no template no_such_template")


@pytest.mark.parametrize("fault", ["none", "prompt", "password", "key", "mute"])
async def test_nothing_of_a_session_is_left_in_circles(city: City, hasty: City, fault: str) -> None:
    """The service looks for circles of garbage seldom: sessions that end, in whatever way, leave none."""
    hasty.commands = city.commands = commands(keep_open=False)
    probe = hasty if fault in {"prompt", "mute"} else city
    with ssh_device(Manners(answers={SUMMARY: TOTAL}, mute=fault == "prompt")) as device, silence() as hole:
        check = probe.add("ac", device.port) if fault == "key" else probe.trusted("ac", device)
        if fault == "password":
            check = probe.add("ac", device.port, "salah-sekali")
        elif fault == "mute":
            check = probe.add("ac", hole.port)
        await probe.probe(check)  # the first time loads what is needed
        gc.collect()
        gc.disable()
        try:
            await probe.probe(check)
            await _until(lambda: not _left())  # a thread may still be about to let go
        finally:
            gc.enable()


def _left() -> list[object]:
    """Find what is left of sessions on our side."""
    kinds = (paramiko.Transport, paramiko.Channel, Watched, Session)
    found = [one for one in gc.get_objects() if isinstance(one, kinds) and vars(one)]
    return [one for one in found if not _is_of_server(one)]


def _is_of_server(one: object) -> bool:
    transport = getattr(one, "transport", one)
    return bool(getattr(transport, "server_mode", False))


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 -- what is waited for happens in a thread
            await asyncio.sleep(0.02)
