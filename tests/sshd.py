"""Start OpenSSH's sshd on loopback, with users of the test's own whose shells answer like devices."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
WRAPPER = next(iter(sorted(Path("/usr/lib").glob("**/libnss_wrapper.so"))), None)
DEADLINE = 20.0
PASSWORD = "rahasia-ssh"  # noqa: S105 -- of users that exist in a test alone
HASH = "$6$netmon$4LrF9PBfZLBcjtOwvm9bD01vZtgKvPKpu7rpipQXdA1WUwsd1YHI2YH/GrbP9gb4a.NCkhaG8YeICgTVyX4yE."
"""What crypt(3) makes of it."""

needs_sshd = pytest.mark.skipif(
    PROGRAM is None or WRAPPER is None,
    reason="sshd or libnss_wrapper is not installed (Debian: openssh-server, libnss-wrapper)",
)

IWINFO = """\
#!/bin/sh
# What iwinfo says on OpenWrt: two networks on the second radio, one on the first, and a mesh that serves nobody.
describe() {
    printf '%-9s ESSID: "%s"\\n' "$1" "$2"
    printf '          Access Point: 02:00:00:00:00:01\\n'
    printf '          Mode: %s  Channel: %s (%s GHz)  HT Mode: HE20\\n' "$3" "$4" "$5"
    printf '          Center Channel 1: %s 2: unknown\\n' "$4"
    printf '          Tx-Power: 20 dBm  Link Quality: unknown/70\\n'
    printf '          Signal: unknown  Noise: %s\\n' "$6"
    printf '          Bit Rate: unknown\\n'
    printf '          Supports VAPs: yes  PHY name: %s\\n\\n' "$7"
}
station() { printf '02:00:00:00:01:%02d  -58 dBm / -109 dBm (SNR 51)  10 ms ago\\n\\tRX: unknown   768 Pkts.\\n' "$1"; }
info() {
    case $1 in
        phy0-ap0) describe phy0-ap0 'Padang-Smart-City' Master 6 2.437 '-91 dBm' phy0 ;;
        phy1-ap0) describe phy1-ap0 'Padang-Smart-City' Master 36 5.180 unknown phy1 ;;
        phy1-ap1) describe phy1-ap1 'Kantor Lurah' Master 36 5.180 unknown phy1 ;;
        mesh0) describe mesh0 'mesh' 'Mesh Point' 36 5.180 '-95 dBm' phy1 ;;
    esac
}
case $#$2 in
    0) for each in phy0-ap0 phy1-ap0 phy1-ap1 mesh0; do info "$each"; done ;;
    2info) info "$1" ;;
    2assoclist)
        case $1 in
            phy0-ap0) station 1; station 2; station 3 ;;
            phy1-ap0) station 4; station 5 ;;
            mesh0) station 9 ;;
            *) echo 'No station connected' ;;
        esac ;;
esac
"""

OPENWRT = """\
#!/bin/sh
echo 'BusyBox v1.36.1 built-in shell (ash)'
echo ' OpenWrt 23.05'
PATH={folder}:$PATH PS1='root@OpenWrt:~# ' ENV= exec /bin/sh -i
"""

ROUTEROS = """\
#!{python} -u
import sys
ANSWERS = {{
    "/interface wireless registration-table print count-only": "7",
    "/caps-man registration-table print count-only": "5",
    "/ip hotspot active print count-only": "0",
    "/system health print": " # NAME  VALUE  TYPE\\r\\n 0  voltage  24.1  V\\r\\n 1  cpu-temperature  42    C",
}}
PROMPT = "[monitor@pam-ap-1] > "
sys.stdout.write("\\r\\n  MikroTik RouterOS 6.49.10 (c) 1999-2023       http://www.mikrotik.com/\\r\\n\\r\\n")
while True:
    sys.stdout.write(PROMPT)
    sys.stdout.flush()
    line = sys.stdin.readline()
    command = line.strip()
    if not line or command == "quit":
        break
    if command in ANSWERS:
        print(ANSWERS[command])
    elif command.startswith("/interface wifi"):
        print("bad command name wifi (line 1 column 12)")
    elif command:
        print("bad command name", command.split()[0], "(line 1 column 1)")
"""


@dataclass(frozen=True)
class Sshd:
    """A running server; ``user`` logs in by :data:`PASSWORD` or by the private key."""

    address: str
    port: int
    user: str
    folder: Path
    log: Path

    @property
    def private_key(self) -> str:
        """The text of a private key that it takes."""
        return (self.folder / "id").read_text()

    def host_key(self, kind: str = "ed25519") -> tuple[str, str]:
        """The kind and the base64 text of one of its host keys."""
        words = (self.folder / f"host_{kind}.pub").read_text().split()
        return words[0], words[1]


@contextlib.contextmanager
def running_sshd(user: str, shell: str, *, address: str = "127.0.0.1", port: int = 0) -> Iterator[Sshd]:
    """Start sshd, wait until it answers, and stop it afterwards; ``shell`` is the text of the user's shell."""
    assert PROGRAM is not None, "mark the test with needs_sshd"
    assert WRAPPER is not None, "mark the test with needs_sshd"
    with tempfile.TemporaryDirectory(prefix="sshd-") as name:
        folder = Path(name)
        server = Sshd(address, port or free_port(address), user, folder, folder / "log")
        _write(server, shell)
        environment = {**os.environ, **_wrapped(folder)}
        command = [PROGRAM, "-D", "-e", "-f", str(folder / "sshd_config")]
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with server.log.open("wb") as log:
            process = subprocess.Popen(command, env=environment, stderr=log, stdout=log, cwd=folder)
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(DEADLINE)


def _write(server: Sshd, shell: str) -> None:
    folder = server.folder
    for path, kind in (("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("id", "ed25519")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / path)], check=True)
    program = folder / "shell"
    program.write_text(shell.format(folder=folder, python=sys.executable))
    (folder / "iwinfo").write_text(IWINFO)
    for path in (program, folder / "iwinfo"):
        path.chmod(0o755)
    (folder / "authorized_keys").write_text((folder / "id.pub").read_text())
    (folder / "passwd").write_text(_users(server, program))
    (folder / "group").write_text(f"users:x:{os.getgid()}:\n")
    (folder / "shadow").write_text(f"{server.user}:{HASH}:19000:0:99999:7:::\n")
    (folder / "sshd_config").write_text(
        f"ListenAddress {server.address}\nPort {server.port}\n"
        f"HostKey {folder}/host_ed25519\nHostKey {folder}/host_rsa\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication yes\n"
        f"PermitRootLogin yes\nPidFile none\nPrintMotd no\nPrintLastLog no\nBanner {folder}/banner\nUseDNS no\n"
    )
    (folder / "banner").write_text("Hanya untuk petugas! # > $ Only for staff.\n")


def _users(server: Sshd, program: Path) -> str:
    """Give the user, with the very number of whoever runs the test, and the one whom sshd is while nobody is known."""
    own = f"{server.user}:x:{os.getuid()}:{os.getgid()}::{server.folder}:{program}\n"
    return own + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"


def _wrapped(folder: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(WRAPPER),
        "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
        "NSS_WRAPPER_GROUP": str(folder / "group"),
        "NSS_WRAPPER_SHADOW": str(folder / "shadow"),
    }


def _wait(server: Sshd, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"sshd did not come up:\n{server.log.read_text()}")
        with contextlib.suppress(OSError), socket.create_connection((server.address, server.port), 1) as tried:
            if tried.recv(4):
                return
        time.sleep(0.05)


def free_port(address: str) -> int:
    """Find a TCP port that is free."""
    with socket.create_server((address, 0)) as server:
        return int(server.getsockname()[1])
