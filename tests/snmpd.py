"""Start Debian's snmpd on loopback with a configuration of one's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmon.snmp import wire

PROGRAM = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
DEADLINE = 20.0

needs_snmpd = pytest.mark.skipif(PROGRAM is None, reason="snmpd is not installed (Debian: snmpd)")


@dataclass(frozen=True)
class Snmpd:
    """A running agent: it answers on ``port`` of each of ``addresses``."""

    addresses: tuple[str, ...]
    port: int
    community: str

    @property
    def address(self) -> str:
        """The first address."""
        return self.addresses[0]


@contextlib.contextmanager
def running_snmpd(
    *, addresses: Sequence[str] = ("127.0.0.1",), community: str = "public", config: str = "", port: int = 0
) -> Iterator[Snmpd]:
    """Start snmpd, wait until it answers, and stop it afterwards; ``config`` is appended to its snmpd.conf.

    ``port`` is for one that is started again where it was before.
    """
    assert PROGRAM is not None, "mark the test with needs_snmpd"
    agent = Snmpd(tuple(addresses), port or free_port(addresses[0]), community)
    listen = ",".join(f"udp6:[{a}]:{agent.port}" if ":" in a else f"udp:{a}:{agent.port}" for a in addresses)
    with tempfile.TemporaryDirectory(prefix="snmpd-") as name:
        folder = Path(name)
        (folder / "snmpd.conf").write_text(
            f"agentaddress {listen}\nrocommunity {community}\nrocommunity6 {community}\n{config}\n"
        )
        log = folder / "log"
        command = [PROGRAM, "-f", "-Lf", str(log), "-C", "-c", str(folder / "snmpd.conf"), "-I", "-smux"]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": name, "SNMPCONFPATH": name, "MIBS": ""}
        process = subprocess.Popen(command, env=environment)
        try:
            _wait_for(agent, process, log)
            yield agent
        finally:
            process.terminate()
            process.wait(DEADLINE)


def free_port(address: str) -> int:
    """Find a UDP port that nobody uses at the moment."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(agent: Snmpd, process: subprocess.Popen[bytes], log: Path) -> None:
    question = wire.request_template(
        wire.VERSION_2C, agent.community.encode(), wire.GET, [wire.encode_oid("1.3.6.1.2.1.1.3.0")]
    ).datagram(wire.FIRST_REQUEST_ID)
    family = socket.AF_INET6 if ":" in agent.address else socket.AF_INET
    end = time.monotonic() + DEADLINE
    with socket.socket(family, socket.SOCK_DGRAM) as asker:
        asker.connect((agent.address, agent.port))
        asker.settimeout(0.2)
        while time.monotonic() < end and process.poll() is None:
            try:
                asker.send(question)
                asker.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(0.02)
            else:
                return
    raise RuntimeError(f"snmpd does not answer:\n{log.read_text() if log.exists() else ''}")
