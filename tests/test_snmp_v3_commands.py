"""SNMPv3 from the inventory to what people read: ``netmon probe`` and ``netmon run`` with a real snmpd."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_city import REGIONS, netmon, running_service, wait_until
from snmpd import Snmpd, needs_snmpd, running_snmpd

pytestmark = needs_snmpd

AUTH, PRIV, WRONG = "kata-sandi-satu", "kata-sandi-dua", "kata-sandi-tiga"
AGENT = f"""
sysName ap-1
createUser monitor SHA-256 {AUTH} AES {PRIV}
rouser monitor priv
"""
CREDENTIAL = """\
{name}:
  snmp:
    version: 3
    user: monitor
    auth: {{protocol: SHA-256, file: {folder}/{auth}}}
    priv: {{protocol: AES, file: {folder}/{priv}}}
"""
CREDENTIALS = {"right": ("auth", "priv"), "wrong": ("wrong", "priv"), "silent": ("auth", "wrong")}
SETTINGS = """\
city: {name: Kota Kecil, code: "13.71", zone: Asia/Jakarta, language: id}
intervals: {reachability: 5s, readings: 10s}
confirm_by_ping: false
"""


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    """One snmpd with a user."""
    with running_snmpd(addresses=("127.61.4.1", "127.61.4.2", "127.61.4.3"), config=AGENT) as running:
        yield running


@pytest.fixture
def inventory(agent: Snmpd, tmp_path: Path) -> Path:
    """Write three access points that are one agent, each with a credential of its own."""
    secrets, folder = tmp_path / "secrets", tmp_path / "inventory"
    secrets.mkdir()
    for name, text in (("auth", AUTH), ("priv", PRIV), ("wrong", WRONG)):
        (secrets / name).write_text(text)
    (folder / "sites").mkdir(parents=True)
    devices = "".join(
        f"  - {{id: ap-{name}, role: access_point, address: {address}, port: {agent.port}, "
        f"credential: {name}, reach: snmp}}\n"
        for name, address in zip(CREDENTIALS, agent.addresses, strict=True)
    )
    (folder / "netmon.yaml").write_text(SETTINGS)
    (folder / "credentials.yaml").write_text(
        "".join(
            CREDENTIAL.format(name=name, folder=secrets, auth=auth, priv=priv)
            for name, (auth, priv) in CREDENTIALS.items()
        )
    )
    (folder / "regions.csv").write_text(REGIONS)
    (folder / "sites" / "all.yaml").write_text(f'sites:\n- id: s1\n  kelurahan: "13.71.01.1001"\n  devices:\n{devices}')
    return folder


def hides_secrets(text: str) -> bool:
    """Say whether none of the passwords is in a text."""
    return not any(secret in text for secret in (AUTH, PRIV, WRONG))


def test_probe_speaks_version_3(inventory: Path) -> None:
    """The first contact reads what a device is; the transcript has no secret."""
    done = netmon("probe", "ap-right", "--inventory", inventory, "--json", "--debug")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["reachable"] is True
    assert told["system"]["name"] == "ap-1"
    assert told["interfaces"]
    assert "GET 1.3.6.1.2.1.1.2.0" in done.stderr
    assert hides_secrets(done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("device", "words"),
    [("ap-wrong", "the authentication password or protocol is wrong"), ("ap-silent", "the privacy password")],
)
def test_probe_says_what_is_wrong_with_a_credential(inventory: Path, device: str, words: str) -> None:
    """The device is there, so nobody is asked whether the address is right; exit 1."""
    done = netmon("probe", device, "--inventory", inventory, "--timeout", "0.5")
    assert done.returncode == 1
    assert words in done.stdout
    assert "Is the address right" not in done.stdout
    assert hides_secrets(done.stdout + done.stderr)
    told = json.loads(netmon("probe", device, "--inventory", inventory, "--timeout", "0.5", "--json").stdout)
    assert told["reachable"] is True
    assert told["interfaces"] == []


@pytest.mark.e2e
def test_the_service_speaks_version_3(inventory: Path, tmp_path: Path) -> None:
    """Up with the right credential and read; with a wrong one unknown, never down: the device is there."""
    with running_service(inventory, tmp_path / "data", tmp_path / "log") as service:
        service.wait_for_states({"ap-right": "up", "ap-wrong": "unknown", "ap-silent": "unknown"})

        def told() -> bool:
            devices = {one["id"]: one for one in json.loads(service.get("/api/status"))["devices"]}
            return "authentication password" in devices["ap-wrong"]["why"] and "silent" in devices["ap-silent"]["why"]

        wait_until(told, "what is wrong with the credentials")
        wait_until(lambda: 'netmon_interface_up{device="ap-right"' in service.get("/metrics"), "readings")
        page, status = service.get("/metrics"), service.get("/api/status")
        assert 'netmon_device_observations_total{device="ap-wrong",site="s1",uplink="",outcome="down"} 0' in page
        assert 'netmon_interface_up{device="ap-wrong"' not in page
        assert service.program.stop() == 0
        assert hides_secrets(page + status + service.program.said())
