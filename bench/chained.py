"""A city in a network namespace with the whole chain of alerts: netmon, Prometheus, Alertmanager, and where they call.

A packet filter swallows what is sent to the dead, as a cut fibre does: no error, no answer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cities
from measuring import NETMON, ROOT, MissingError, Row, end, main, pin_apart, start, told, wait_for

sys.path.append(str(ROOT / "scripts"))  # where `make stack` has it
from chain import Addresses, write_alertmanager, write_prometheus

WHERE: Final = Addresses("127.0.0.1:19810", "127.0.0.1:19811", "127.0.0.1:19812", "127.0.0.1:19813", "127.0.0.1:19814")
"""Who listens where, in the namespace."""

_FILTER: Final = """\
table inet bench {
  set dead { type ipv4_addr; }
  chain input {
    type filter hook input priority 0;
    ip daddr @dead drop
  }
}
"""


# -- inside the namespace -----------------------------------------------------------------------------


def open_network() -> None:
    """Bring the loopback up, with a filter that swallows nothing yet; leave a core to what is measured."""
    pin_apart()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=_FILTER, text=True, check=True)


def kill(numbers: Iterable[int]) -> None:
    """Swallow from now on what is sent to these devices."""
    _filter(f"add element inet bench dead {{ {', '.join(cities.address(number) for number in numbers)} }}")


def revive() -> None:
    """Swallow nothing any more."""
    _filter("flush set inet bench dead")


def _filter(command: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=command, text=True, check=True)


def start_city(folder: Path, stack: ExitStack) -> None:
    """Start the simulated city of ``folder/city`` and the service that watches it."""
    os.environ.update(cities.COMMUNITY)
    simulator = start(NETMON, "simulate", folder / "city", apart=True)
    stack.callback(end, simulator)
    told(simulator)  # that its agents answer
    options = ("--inventory", folder / "city", "--data", folder / "data", "--listen", WHERE.netmon)
    stack.callback(end, start(NETMON, "run", *options, quiet=True))
    wait_for(lambda: answers(WHERE.netmon), "netmon")


def start_chain(folder: Path, stack: ExitStack) -> Path:
    """Start the inbox, Alertmanager and Prometheus as they are deployed; give the file of what arrives."""
    arrived = folder / "inbox.jsonl"
    inbox = (ROOT / "scripts" / "inbox.py", "--http", WHERE.inbox, "--smtp", WHERE.mail, "--keep", arrived)
    silent = subprocess.Popen([sys.executable, *map(str, inbox)], stdout=subprocess.DEVNULL, text=True)
    stack.callback(end, silent)
    wait_for(lambda: answers(WHERE.inbox, "/"), "the inbox")
    start_alertmanager(folder, WHERE.alertmanager, write_alertmanager(folder / "alertmanager", WHERE), stack)
    start_prometheus(folder, WHERE.prometheus, write_prometheus(folder / "prometheus", WHERE), stack)
    return arrived


def start_alertmanager(folder: Path, where: str, configuration: Path, stack: ExitStack) -> None:
    """Start an Alertmanager and wait until it is ready."""
    options = (f"--config.file={configuration}", f"--storage.path={configuration.parent / 'data'}")
    alone = (f"--web.listen-address={where}", "--cluster.listen-address=")
    stack.callback(end, start("prometheus-alertmanager", *options, *alone, apart=True, quiet=True))
    wait_for(lambda: answers(where), f"Alertmanager of {folder}")


def start_prometheus(folder: Path, where: str, configuration: Path, stack: ExitStack) -> None:
    """Start a Prometheus and wait until it is ready."""
    options = (f"--config.file={configuration}", f"--storage.tsdb.path={configuration.parent / 'data'}")
    more = ("--storage.tsdb.retention.time=90d", f"--web.listen-address={where}")
    stack.callback(end, start("prometheus", *options, *more, anywhere=True, quiet=True))
    wait_for(lambda: answers(where), f"Prometheus of {folder}")


def answers(where: str, path: str = "/-/ready") -> bool:
    """Say whether somebody is ready."""
    try:
        with urllib.request.urlopen(f"http://{where}{path}", timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False


def page(where: str, path: str) -> str:
    """Read a page."""
    with urllib.request.urlopen(f"http://{where}{path}", timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def is_well() -> bool:
    """Say whether every device is up, and everything of netmon scraped."""
    status = json.loads(page(WHERE.netmon, "/api/status"))
    targets: list[dict[str, Any]] = json.loads(page(WHERE.prometheus, "/api/v1/targets"))["data"]["activeTargets"]
    is_scraped = bool(targets) and {one["health"] for one in targets} == {"up"}
    return is_scraped and {one["state"] for one in status["devices"]} == {"up"}


# -- outside ------------------------------------------------------------------------------------------


def inside(script: str, quick: bool, *more: str) -> list[Row]:
    """Let a script measure in a network namespace of its own.

    Raises:
        MissingError: Root, or a program (besides, those of ``more``), is missing.
    """
    if os.geteuid() != 0:
        raise MissingError("a network namespace with a packet filter needs root")
    for program in ("unshare", "ip", "nft", "prometheus", "prometheus-alertmanager", *more):
        if shutil.which(program) is None:
            packages = "nftables iproute2 prometheus prometheus-alertmanager prometheus-blackbox-exporter"
            raise MissingError(f"{program} is not installed: scripts/packages {packages}")
    command = ["unshare", "--net", sys.executable, script, "--inside", *(["--quick"] if quick else [])]
    rows = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Row(**row) for row in json.loads(rows)]


def run_script(measured: Callable[[bool], list[Row]], measure: Callable[[bool], list[Row]], doc: str | None) -> None:
    """Be the command line of a measurement: ``--inside`` measures and tells its rows to who is outside."""
    if "--inside" in sys.argv:
        print(json.dumps([asdict(row) for row in measured("--quick" in sys.argv)]))
    else:
        main(measure, doc)
