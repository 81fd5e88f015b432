"""Networks of a test's own: network namespaces joined by veth pairs, with routers, dead hosts and loss.

They need root and iproute2; loss and silence need nftables (this is no place for netem, which many kernels lack).
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def skip_reason() -> str:
    """Say why this machine cannot make network namespaces; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "nft") if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    made = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if made.returncode == 0 else "this system allows no network namespaces"


NEEDS_NETNS = pytest.mark.skipif(bool(skip_reason()), reason=skip_reason())


class Network:
    """Namespaces by short names of the test's own, removed at the end whatever happens.

    ``with Network("monitor", "router") as net:`` makes them, each with loopback up and IPv6 addresses usable at once.
    """

    def __init__(self, *places: str) -> None:
        """Note the names."""
        prefix = f"nm{os.getpid()}-{next(_numbers)}-"
        self._full = {place: prefix + place for place in places}
        self._links = itertools.count()

    def __enter__(self) -> Self:
        """Make the namespaces."""
        try:
            for place, full in self._full.items():
                _run("ip", "netns", "add", full)
                self.run(place, "ip", "link", "set", "lo", "up")
                self.set(place, "net.ipv6.conf.default.accept_dad", 0)
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove them, and with them their links, routes and rules."""
        self.remove()

    def remove(self) -> None:
        """Remove what was made of it."""
        for full in self._full.values():
            subprocess.run(["ip", "netns", "delete", full], capture_output=True, check=False)

    def join(self, place: str, addresses: str, other: str, other_addresses: str) -> tuple[str, str]:
        """Join two namespaces by a link; addresses are ``"10.0.0.1/24 fd00::1/64"``. Gives its two interfaces."""
        number = next(self._links)
        near, far = f"n{number}", f"f{number}"
        _run(
            *("ip", "link", "add", near, "netns", self._full[place]),
            *("type", "veth", "peer", "name", far, "netns", self._full[other]),
        )
        for at, interface, given in ((place, near, addresses), (other, far, other_addresses)):
            for address in given.split():
                nodad = ["nodad"] if ":" in address else []
                self.run(at, "ip", "address", "add", address, "dev", interface, *nodad)
            self.run(at, "ip", "link", "set", interface, "up")
        return near, far

    def run(self, place: str, *command: str) -> str:
        """Run a command within a namespace and give what it prints; it must succeed."""
        return _run("ip", "netns", "exec", self._full[place], *command)

    def set(self, place: str, name: str, value: object) -> None:
        """Set a sysctl of a namespace."""
        with self.inside(place):
            (Path("/proc/sys") / name.replace(".", "/")).write_text(str(value), encoding="ascii")

    def rules(self, place: str, ruleset: str) -> None:
        """Replace a namespace's nftables rules by these."""
        command = ["ip", "netns", "exec", self._full[place], "nft", "-f", "-"]
        subprocess.run(command, input="flush ruleset\n" + ruleset, text=True, check=True)

    def lose(self, place: str, packets: str, *, count: int, of: int, by_chance: bool = False) -> None:
        """Drop ``count`` of each ``of`` packets that come in and match (``"icmp type echo-request"``); all is silence.

        The same ones each time, so that a test can count on them, or any ``by_chance``.
        """
        which = f"numgen {'random' if by_chance else 'inc'} mod {of} < {count}"
        hook = "type filter hook prerouting priority -300; policy accept;"
        self.rules(place, f"table inet loss {{ chain incoming {{ {hook} {packets} {which} drop; }} }}\n")

    @contextmanager
    def inside(self, place: str) -> Iterator[None]:
        """Let this thread be within a namespace: sockets that it opens there stay there."""
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            with (Path("/run/netns") / self._full[place]).open("rb") as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
