"""The inventory's known_hosts: OpenSSH's own format, read when it changes, and never overwritten unasked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import paramiko
import pytest
from ssh_devices import ssh_device

from netmon.cli import main
from netmon.probes.ssh import HostKey, KnownHosts, Standing

ED = HostKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIEV4YW1wbGVFeGFtcGxlRXhhbXBsZUV4YW1wbGVFeGFt")
RSA = HostKey("ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDExample0")
OTHER = HostKey("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIE90aGVyT3RoZXJPdGhlck90aGVyT3RoZXJPdGhlck90")


@pytest.fixture
def known(tmp_path: Path) -> KnownHosts:
    """Give a file that is not there yet."""
    return KnownHosts(tmp_path / "known_hosts")


def test_a_file_that_is_not_there_knows_nobody(known: KnownHosts) -> None:
    """Everybody is new."""
    assert known.standing("10.71.3.11", 22, ED) is Standing.NEW
    assert known.keys("10.71.3.11", 22) == ()


@pytest.mark.parametrize("port", [22, 2222])
def test_what_is_recorded_is_known(known: KnownHosts, port: int) -> None:
    """By address and port; another key of the same place is a change, another port is another place."""
    known.record("10.71.3.11", port, ED)
    assert known.standing("10.71.3.11", port, ED) is Standing.KNOWN
    assert known.standing("10.71.3.11", port, OTHER) is Standing.CHANGED
    assert known.standing("10.71.3.11", port, RSA) is Standing.CHANGED
    assert known.standing("10.71.3.11", port + 1, ED) is Standing.NEW
    assert known.standing("10.71.3.12", port, ED) is Standing.NEW


def test_a_recorded_key_replaces_that_places_alone(known: KnownHosts) -> None:
    """Remarks and other devices stay as they were written."""
    known.path.write_text(f"# the city's devices\n10.71.3.11 {ED.kind} {ED.text} pam\n10.71.3.12 {ED.kind} {ED.text}\n")
    known.record("10.71.3.11", 22, OTHER)
    lines = known.path.read_text().splitlines()
    assert lines == [
        "# the city's devices",
        f"10.71.3.12 {ED.kind} {ED.text}",
        f"10.71.3.11 {OTHER.kind} {OTHER.text}",
    ]


@pytest.mark.parametrize(
    ("hosts", "host", "port", "standing"),
    [
        ("ap-1,10.71.3.11", "AP-1", 22, Standing.KNOWN),
        ("10.71.3.*", "10.71.3.200", 22, Standing.KNOWN),
        ("10.71.3.*,!10.71.3.9", "10.71.3.9", 22, Standing.NEW),
        ("[10.71.3.11]:2222", "10.71.3.11", 2222, Standing.KNOWN),
        ("2001:db8::1", "2001:db8::1", 22, Standing.KNOWN),
        ("10.71.3.1", "10.71.3.11", 22, Standing.NEW),
    ],
)
def test_names_patterns_and_ports(known: KnownHosts, hosts: str, host: str, port: int, standing: Standing) -> None:
    """As sshd(8) says of the first word."""
    known.path.write_text(f"{hosts} {ED.kind} {ED.text}\n")
    assert known.standing(host, port, ED) is standing


def test_a_revoked_key_is_refused_wherever_it_is_shown(known: KnownHosts) -> None:
    """Also where it is written down as known; authorities and lines that are none are passed over."""
    known.path.write_text(
        f"@revoked * {ED.kind} {ED.text}\n10.71.3.11 {ED.kind} {ED.text}\n@cert-authority * {RSA.kind} {RSA.text}\n"
        "half a line\n10.71.3.12 ssh-rsa no*base64\n"
    )
    assert known.standing("10.71.3.11", 22, ED) is Standing.REVOKED
    assert known.standing("10.71.3.12", 22, RSA) is Standing.NEW


def test_openssh_agrees(known: KnownHosts, tmp_path: Path) -> None:
    """A key that ssh-keygen made has the fingerprint that it says; names that it hashed are found."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "host"], check=True)
    kind, text, *_ = (tmp_path / "host.pub").read_text().split()
    key = HostKey(kind, text)
    told = subprocess.run(["ssh-keygen", "-lf", tmp_path / "host.pub"], check=True, capture_output=True, text=True)
    assert key.fingerprint() in told.stdout
    known.record("10.71.3.11", 2222, key)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known.path], check=True, capture_output=True)
    assert known.path.read_text().startswith("|1|")
    assert known.standing("10.71.3.11", 2222, key) is Standing.KNOWN
    assert known.standing("10.71.3.12", 2222, key) is Standing.NEW


# -- netmon trust -------------------------------------------------------------------------------------

SITE = """\
sites:
  - id: park
    kelurahan: "13.71.01.1001"
    devices:
      - {{id: ap-1, role: access_point, address: 127.0.0.1, credential: one}}
      - {{id: ap-2, role: access_point, address: 127.0.0.1, port: 1161, credential: two}}
      - {{id: ap-3, role: access_point, address: 127.0.0.3}}
"""


def inventory(folder: Path, one: int, two: int) -> Path:
    """Write an inventory with two devices that are asked by SSH, on these ports."""
    (folder / "sites").mkdir(parents=True)
    (folder / "netmon.yaml").write_text('city: {code: "13.71", zone: Asia/Jakarta}\nwitness: []\n')
    (folder / "regions.csv").write_text(
        "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1001,Purus,13.71.01,Padang Barat\n"
    )
    (folder / "sites" / "a.yaml").write_text(SITE.format())
    (folder / "credentials.yaml").write_text(
        f"one: {{ssh: {{user: monitor, password: {{env: NETMON_TEST_PW}}, port: {one}}}}}\n"
        f"two: {{ssh: {{user: monitor, password: {{env: NETMON_TEST_PW}}, port: {two}}}}}\n"
    )
    return folder


def trust(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, dict[str, dict[str, str]], str]:
    """Run the command; give its code, what it found by device, and what it complained."""
    code = main(["trust", *words, "--inventory", str(folder), "--json", "--timeout", "10"])
    told = capsys.readouterr()
    found = json.loads(told.out) if told.out else []
    return code, {one["device"]: one for one in found}, told.err


def test_trust_records_the_first_contact_and_never_overwrites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First it records and shows the fingerprint; then it knows; a changed key stays out until ``--replace``."""
    with ssh_device() as first, ssh_device() as second:
        folder = inventory(tmp_path / "inventory", first.port, second.port)
        code, found, _ = trust(capsys, folder, "--all")
        assert code == 0
        assert {name: one["what"] for name, one in found.items()} == {"ap-1": "recorded", "ap-2": "recorded"}
        assert found["ap-1"]["fingerprint"] == first.host_key.fingerprint()
        assert trust(capsys, folder, "ap-1")[1]["ap-1"]["what"] == "known"
        assert first.logins == 0
        port = first.port
    before = (folder / "known_hosts").read_text()
    with ssh_device(key=paramiko.ECDSAKey.generate(), port=port) as changed:
        code, found, _ = trust(capsys, folder, "ap-1")
        assert (code, found["ap-1"]["what"]) == (1, "changed")
        assert first.host_key.fingerprint() in found["ap-1"]["detail"]
        assert (folder / "known_hosts").read_text() == before
        code, found, _ = trust(capsys, folder, "ap-1", "--replace")
        assert (code, found["ap-1"]["what"]) == (0, "replaced")
        assert KnownHosts(folder / "known_hosts").keys("127.0.0.1", port) == (changed.host_key,)
        code, found, _ = trust(capsys, folder, "--all")
        assert (code, found["ap-2"]["what"]) == (1, "silent")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "--all"),
        (["ap-1", "--all"], "--all"),
        (["--all", "--replace"], "--replace"),
        (["ap-3"], "'ap-3': no such device"),
        (["nobody"], "'nobody': no such device"),
    ],
    ids=["nobody-named", "both", "replace-all", "no-ssh", "unknown"],
)
def test_what_cannot_be_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    """Exit 2, and what to write instead."""
    code, found, told = trust(capsys, inventory(tmp_path / "inventory", 22, 22), *words)
    assert (code, found) == (2, {})
    assert complaint in told


def test_people_read_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the fingerprint, and what to do with it."""
    with ssh_device() as device:
        folder = inventory(tmp_path / "inventory", device.port, device.port)
        assert main(["trust", "ap-1", "--inventory", str(folder)]) == 0
        told = capsys.readouterr().out
    assert device.host_key.fingerprint() in told
    assert "Compare the fingerprints" in told
