"""SSH with OpenSSH's own server, whose users' shells answer like RouterOS and OpenWrt, and what becomes of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from golden_city import exporter, values_of
from live_city import IDENTITY, NOW, LiveCity, small_city
from sshd import OPENWRT, PASSWORD, ROUTEROS, Sshd, free_port, needs_sshd, running_sshd

from netmon.cli import main
from netmon.inventory import load_profiles
from netmon.measures import series
from netmon.model import Check, Credential, Device, Failure, Observation, Readings, Role, Secret, Settings
from netmon.probes.ssh import HostKey, KnownHosts, SshProbe, shown_key
from netmon.profiles import Profile, build
from netmon.scheduler.checks import checks_of

DEVICE = Device("pam-ap-1", Role.ACCESS_POINT, "127.0.0.1", site="pantai", credential="city")


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    """Give the profiles that come with netmon."""
    return dict(build(load_profiles()))


@pytest.fixture(scope="module")
def routeros() -> Iterator[Sshd]:
    """Run a router; netmiko logs in with its terminal's size behind the name, as RouterOS allows."""
    with running_sshd("monitor+ct511w4098h", ROUTEROS) as server:
        yield server


@pytest.fixture(scope="module")
def openwrt() -> Iterator[Sshd]:
    """Run an access point with a real shell and an iwinfo of the test's own."""
    with running_sshd("monitor", OPENWRT) as server:
        yield server


class Asked:
    """A probe for one server with a profile."""

    def __init__(self, server: Sshd, profile: Profile, known: KnownHosts) -> None:
        """Log in by password."""
        self.credential = Credential("city", ssh_user="monitor", ssh_password=Secret(PASSWORD), ssh_port=server.port)
        self.known = known
        self.probe = SshProbe(
            known,
            device=lambda _: DEVICE,
            credential=lambda _: self.credential,
            commands=lambda _: profile.commands,
            limit=20,
        )

    async def __call__(self) -> Observation:
        """Ask once."""
        return await self.probe(Check("pam-ap-1/commands", "pam-ap-1", "ssh", 60, credential="city"))


@asynccontextmanager
async def asking(server: Sshd, profile: Profile, folder: Path, *, trusts: str = "ed25519") -> AsyncIterator[Asked]:
    """Ask a server that is known by its key of a kind (none: empty)."""
    known = KnownHosts(folder / "known_hosts")
    if trusts:
        known.record(server.address, server.port, HostKey(*server.host_key(trusts)))
    asked = Asked(server, profile, known)
    with closing(asked.probe):
        yield asked


def told(seen: Observation) -> dict[tuple[str, ...], float]:
    """Give the values by measure and the texts of its own labels."""
    assert seen.failure is None, seen.detail
    return {(one.measure, *[text for _, text in one.labels[3:]]): value for one, value in seen.readings}


@needs_sshd
async def test_routeros_is_read(routeros: Sshd, profiles: dict[str, Profile], tmp_path: Path) -> None:
    """Clients of the packages that it has are added up; the one that it does not have is nothing missing; 0 is 0."""
    async with asking(routeros, profiles["mikrotik_routeros"], tmp_path) as ask:
        for _ in range(2):
            seen = await ask()
            assert told(seen) == {
                ("wifi_clients",): 12,
                ("hotspot_users",): 0,
                ("voltage_volts", "voltage"): 24.1,
                ("temperature_celsius", "cpu-temperature"): 42,
            }
            assert not seen.partial


@needs_sshd
async def test_openwrt_is_read(openwrt: Sshd, profiles: dict[str, Profile], tmp_path: Path) -> None:
    """Clients in total, by radio and by network; a network without clients has 0; the mesh counts for nobody."""
    async with asking(openwrt, profiles["openwrt_linux"], tmp_path) as ask:
        seen = await ask()
    assert told(seen) == {
        ("wifi_clients",): 5,
        ("wifi_radio_clients", "phy0", "2.4"): 3,
        ("wifi_radio_clients", "phy1", "5"): 2,
        ("wifi_ssid_clients", "Padang-Smart-City"): 5,
        ("wifi_ssid_clients", "Kantor Lurah"): 0,
        ("wifi_radio_channel", "phy0", "2.4"): 6,
        ("wifi_radio_channel", "phy1", "5"): 36,
        ("wifi_radio_noise_dbm", "phy0", "2.4"): -91,
        ("wifi_radio_transmit_power_dbm", "phy0", "2.4"): 20,
        ("wifi_radio_transmit_power_dbm", "phy1", "5"): 20,
    }
    assert not seen.partial


@needs_sshd
async def test_a_private_key_logs_in(openwrt: Sshd, profiles: dict[str, Profile], tmp_path: Path) -> None:
    """Instead of a password."""
    async with asking(openwrt, profiles["openwrt_linux"], tmp_path) as ask:
        ask.credential = replace(ask.credential, ssh_password=None, ssh_key=Secret(openwrt.private_key.strip()))
        assert told(await ask())["wifi_clients",] == 5


@needs_sshd
async def test_a_server_with_several_keys_shows_the_one_that_is_known(
    openwrt: Sshd, profiles: dict[str, Profile], tmp_path: Path
) -> None:
    """Known by its RSA key alone, it is asked for that one, though it prefers another."""
    async with asking(openwrt, profiles["openwrt_linux"], tmp_path, trusts="rsa") as ask:
        assert (await shown_key(openwrt.address, openwrt.port, 10)).kind == "ssh-ed25519"
        assert told(await ask())["wifi_clients",] == 5


@needs_sshd
async def test_a_wrong_password_is_said(openwrt: Sshd, profiles: dict[str, Profile], tmp_path: Path) -> None:
    """The device is there, and does not take it."""
    async with asking(openwrt, profiles["openwrt_linux"], tmp_path) as ask:
        ask.credential = replace(ask.credential, ssh_password=Secret("salah-sekali"))
        seen = await ask()
    assert seen.failure is Failure.AUTH
    assert "salah-sekali" not in seen.detail


@needs_sshd
async def test_an_unknown_server_is_not_told_the_password(
    openwrt: Sshd, profiles: dict[str, Profile], tmp_path: Path
) -> None:
    """First it must be trusted: its log holds no try to log in from this one."""
    async with asking(openwrt, profiles["openwrt_linux"], tmp_path, trusts="") as ask:
        before = openwrt.log.read_text().count("password")
        seen = await ask()
        assert seen.failure is Failure.AUTH
        assert "netmon trust pam-ap-1" in seen.detail
        assert openwrt.log.read_text().count("password") == before


# -- what becomes of it ---------------------------------------------------------------------------------


def by_ssh(city: LiveCity, at: float, name: str, clients: float, **more: object) -> None:
    """Let a device tell its clients by SSH."""
    device = city.state.devices[name]
    check = Check(f"{name}/commands", name, "ssh", 60)
    pairs = [(series("wifi_clients", device), clients), (series("hotspot_users", device), 1)]
    city.state.observe(Observation(check, at, readings=Readings.of(pairs), **more))  # type: ignore[arg-type]


CLIENTS = 'netmon_wifi_clients{device="ap-1",site="park",uplink=""}'
USERS = 'netmon_hotspot_users{device="ap-1",site="park",uplink=""}'


@pytest.mark.parametrize("ssh_first", [True, False])
def test_what_snmp_tells_counts_while_it_is_fresh(ssh_first: bool) -> None:
    """A series is never twice on the page: SSH's word on a measure counts only where SNMP has none."""
    city = LiveCity(small_city())
    steps = [lambda: by_ssh(city, NOW, "ap-1", 5), lambda: city.read(NOW - 60, "ap-1", [("wifi_clients", {}, 4)])]
    for step in steps if ssh_first else reversed(steps):
        step()
    page = exporter(city, NOW).text()
    assert (values_of(page)[CLIENTS], values_of(page)[USERS]) == (4, 1)
    assert page.count(CLIENTS) == 1
    assert city.state.numbers("wifi_clients", NOW) == {"ap-1": 4}
    assert "wifi_clients" in city.state.told("ap-1", NOW)
    later = NOW + 91  # SNMP's is 151 s old by now
    assert values_of(exporter(city, later).text())[CLIENTS] == 5
    assert city.state.numbers("wifi_clients", later) == {"ap-1": 5}
    assert "wifi_clients" not in city.state.told("ap-1", later)


def test_the_budget_gives_room_to_snmp_first() -> None:
    """Both together are no more than the budget."""
    city = LiveCity(small_city(settings=Settings(series_budget=5)))
    city.read(NOW, "ap-1", [("cpu_load_ratio", {}, 0.5), ("memory_used_ratio", {}, 0.5)])
    by_ssh(city, NOW, "ap-1", 5)
    page = exporter(city, NOW).text()
    assert CLIENTS not in page
    assert values_of(page)['netmon_series_dropped{device="ap-1",site="park",uplink=""}'] == 2


def test_how_the_last_commands_ended_is_told_apart_from_readings() -> None:
    """Each has series of its own; a check that had nothing to ask has none."""
    city = LiveCity(small_city())
    city.read(NOW, "ap-1", [("cpu_load_ratio", {}, 0.5)], identity=IDENTITY)
    by_ssh(city, NOW, "ap-1", 5, partial=True)
    idle = Observation(Check("ap-2/commands", "ap-2", "ssh", 60), NOW, idle=True)
    city.state.observe(idle)
    values = values_of(exporter(city, NOW).text())
    labels = '{device="ap-1",site="park",uplink=""}'
    assert values[f"netmon_commands_success{labels}"] == 1
    assert values[f"netmon_commands_partial{labels}"] == 1
    assert values[f"netmon_readings_partial{labels}"] == 0
    assert not [name for name in values if name.startswith("netmon_commands") and "ap-2" in name]


def test_a_credential_says_which_checks_a_device_has() -> None:
    """SNMP and SSH each have a check; a credential for SSH alone is not tried by SNMP."""
    both = Credential("both", community=Secret("public"), ssh_user="monitor", ssh_port=2222)
    only = Credential("only", ssh_user="monitor")
    snmp = Credential("snmp", community=Secret("public"))
    city = small_city()
    devices = {
        name: replace(city.devices[name], credential=credential)
        for name, credential in (("ap-1", "both"), ("ap-2", "only"), ("ap-3", "snmp"))
    }
    asked = checks_of(replace(city, devices=devices, credentials={"both": both, "only": only, "snmp": snmp}))
    read = [check.id for check in asked if not check.decides]
    assert read == ["ap-1/readings", "ap-1/commands", "ap-2/commands", "ap-3/readings"]
    [command] = [check for check in asked if check.id == "ap-1/commands"]
    assert (command.probe, command.port, command.interval, command.address) == ("ssh", 2222, 60, "127.0.2.1")


# -- by hand, and in the service -------------------------------------------------------------------------


def city_of(folder: Path, server: Sshd, profile: str) -> Path:
    """Write an inventory with one access point that is asked by SSH alone."""
    (folder / "sites").mkdir(parents=True)
    (folder / "netmon.yaml").write_text(
        'city: {code: "13.71", zone: Asia/Jakarta}\nwitness: []\nintervals: {reachability: 5s, readings: 5s}\n'
    )
    (folder / "regions.csv").write_text(
        "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1001,Purus,13.71.01,Padang Barat\n"
    )
    (folder / "sites" / "a.yaml").write_text(
        f'sites:\n  - id: park\n    kelurahan: "13.71.01.1001"\n    devices:\n      - {{id: ap-1, role: access_point, '
        f'address: 127.0.0.1, credential: city, profile: {profile}, reach: "tcp:{server.port}"}}\n'
    )
    (folder / "credentials.yaml").write_text(
        f"city: {{ssh: {{user: monitor, password: {{env: NETMON_TEST_PW}}, port: {server.port}}}}}\n"
    )
    return folder


@needs_sshd
def test_probe_shows_what_ssh_tells(
    openwrt: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``netmon probe --ssh``: before the device is trusted it says what to do, then it shows the readings."""
    monkeypatch.setenv("NETMON_TEST_PW", PASSWORD)
    folder = city_of(tmp_path / "inventory", openwrt, "openwrt_linux")
    words = ["probe", "ap-1", "--ssh", "--inventory", str(folder)]
    assert main(words) == 1
    assert "netmon trust ap-1" in capsys.readouterr().out
    assert main(["trust", "ap-1", "--inventory", str(folder), "--json"]) == 0
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["ssh"]
    assert found["answered"]
    assert {"measure": "wifi_clients", "labels": {}, "value": 5} in found["readings"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "wifi_ssid_clients" in told
    assert "ssid=Kantor Lurah" in told
    assert main([*words, "--profile", "generic"]) == 1
    assert "has no commands" in capsys.readouterr().out


@needs_sshd
@pytest.mark.e2e
def test_the_service_asks_by_ssh(routeros: Sshd, tmp_path: Path) -> None:
    """A device that has no SNMP: its clients are on the page, its profile's name too, its password nowhere."""
    folder = city_of(tmp_path / "inventory", routeros, "mikrotik_routeros")
    KnownHosts(folder / "known_hosts").record("127.0.0.1", routeros.port, HostKey(*routeros.host_key()))
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "netmon.cli", "--verbose", "run", "--inventory", str(folder)]
    command += ["--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{port}"]
    page, log = "", tmp_path / "log"
    with log.open("wb") as output:
        service = subprocess.Popen(command, env={**os.environ, "NETMON_TEST_PW": PASSWORD}, stderr=output)
        try:
            deadline = time.monotonic() + 60
            while 'netmon_wifi_clients{device="ap-1"' not in page and time.monotonic() < deadline:
                time.sleep(0.2)
                with contextlib.suppress(httpx.TransportError):
                    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        finally:
            service.terminate()
            assert service.wait(30) == 0
    values = values_of(page)
    labels = '{device="ap-1",site="park",uplink=""}'
    assert values[f"netmon_wifi_clients{labels}"] == 12
    assert values[f"netmon_hotspot_users{labels}"] == 0
    assert values[f"netmon_commands_success{labels}"] == 1
    assert f"netmon_readings_success{labels}" not in values
    told = page + log.read_text()
    assert PASSWORD not in told
    assert "registration-table" not in told


def test_nothing_of_ssh_is_loaded_before_it_is_needed() -> None:
    """The libraries are heavy: a service whose devices are asked by SNMP alone starts and lives without them."""
    heavy = ("netmiko", "paramiko", "textfsm", "serial")
    told = subprocess.run(
        [sys.executable, "-c", f"import netmon.cli.service, sys; print([m for m in {heavy} if m in sys.modules])"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == "[]"
