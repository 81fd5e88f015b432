"""A tenth of 2,000 devices falls silent at once: how late does that make the rounds of all others.

usage: python bench/dead.py [--quick]

The city of ``city.py`` in a network namespace of its own, where a packet filter swallows whatever is sent to each tenth
device, routers and access points alike: no echo, no SNMP, no error. The living are compared in three times: before,
when the others die (their failures are confirmed, their routers looked at), and when they have been dead for a while.
The delay of a round is how late it began; its observation is timed from the round's turn. It needs root, nftables and
iproute2, and does nothing to this machine's own network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

import cities
import city
from measuring import MissingError, Row, end, main, pin_apart
from watched import Delays, Round, delays, rounds_of, share

_DEVICES: Final = 2000
_DEAD_EACH: Final = 10
_SCRAPE_EVERY: Final = 15
_WARM_UP: Final = 90  # seconds: a round of readings, and the first contact with each device
_DYING: Final = 60  # seconds in which every check has met the dead once
_COMMAND: Final = "python bench/dead.py"
_FILTER: Final = """\
table inet bench {
  set dead { type ipv4_addr; }
  chain input {
    type filter hook input priority 0;
    ip daddr @dead drop
  }
}
"""


def _told(found: Delays) -> str:
    begun, seen = found.begun, found.seen
    return (
        f"p99 {share(begun, 0.99):.2f} s (latest {begun[-1]:.2f}, {len(begun):,} rounds), "
        f"observed p50 {share(seen, 0.5):.2f} s, p99 {share(seen, 0.99):.2f} s after their turn"
    )


def _difference(before: Delays, after: Delays) -> str:
    begun, seen = (
        share(late, 0.99) - share(early, 0.99)
        for early, late in ((before.begun, after.begun), (before.seen, after.seen))
    )
    return f"p99 {begun:+.2f} s, observed {seen:+.2f} s"


# -- inside the namespace -----------------------------------------------------------------------------


class _Watched:
    """The simulated city and the service that watches it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Start both."""
        self._notes = folder / "notes"
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["nft", "-f", "-"], input=_FILTER, text=True, check=True)
        watched = (sys.executable, Path(__file__).with_name("watched.py"), self._notes)
        self._service = city.start_city(folder, stack, _DEVICES, *watched)

    def pass_time(self, seconds: float) -> float:
        """Let it run and be scraped; give the moment after."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with urllib.request.urlopen(f"http://{city.LISTEN}/metrics", timeout=60) as page:
                page.read()
            time.sleep(max(0.0, min(_SCRAPE_EVERY, until - time.monotonic())))
        return time.monotonic()

    def kill(self, numbers: Iterable[int]) -> None:
        """Swallow what is sent to these devices."""
        addresses = ", ".join(cities.address(number) for number in numbers)
        subprocess.run(
            ["nft", "-f", "-"], input=f"add element inet bench dead {{ {addresses} }}", text=True, check=True
        )

    def rounds(self, dead: set[str]) -> dict[str, list[Round]]:
        """Stop the service and give the rounds of those that are not dead."""
        end(self._service)
        return rounds_of(self._notes, dead)


def _measure(quick: bool) -> list[Row]:
    dead = range(3, _DEVICES, _DEAD_EACH)
    seconds = 60 if quick else 120
    pin_apart()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        watched = _Watched(Path(name), stack)
        began = watched.pass_time(_WARM_UP)
        died = watched.pass_time(seconds)
        watched.kill(dead)
        settled = watched.pass_time(_DYING)
        ended = watched.pass_time(seconds)
        watched.pass_time(_DYING + 5)  # every turn before has its round
        rounds = watched.rounds({cities.ids(_DEVICES)[number] for number in dead})
    before, dying, steady = (delays(rounds, *edges) for edges in ((began, died), (died, settled), (settled, ended)))
    what = f"{_DEVICES:,} devices, {_DEVICES // _DEAD_EACH} of them dead: delay of the others' rounds"
    return [
        Row(f"{what}, before", _told(before), command=_COMMAND),
        Row(f"{what}, in the minute they die", _told(dying), "before", _difference(before, dying), _COMMAND),
        Row(f"{what}, from then on", _told(steady), "before", _difference(before, steady), _COMMAND),
    ]


# -- outside ------------------------------------------------------------------------------------------


def measure(quick: bool) -> list[Row]:
    """Let a tenth of a city die, in a network namespace.

    Raises:
        MissingError: nftables, iproute2 or root is missing.
    """
    if os.geteuid() != 0:
        raise MissingError("a network namespace with a packet filter needs root")
    for program in ("unshare", "ip", "nft"):
        if shutil.which(program) is None:
            raise MissingError(f"{program} is not installed: scripts/packages nftables iproute2")
    inside = ["unshare", "--net", sys.executable, __file__, "--inside", *(["--quick"] if quick else [])]
    rows = subprocess.run(inside, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Row(**row) for row in json.loads(rows)]


if __name__ == "__main__":
    if "--inside" in sys.argv:
        print(json.dumps([asdict(row) for row in _measure("--quick" in sys.argv)]))
    else:
        main(measure, __doc__)
