"""Networks of a test's own: network namespaces joined by veth pairs, with routers, dead hosts and loss.

They need root and iproute2; loss and silence need nftables (this is no place for netem, which many kernels lack).
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import shutil
import socket
import subprocess
import time
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
        self._ruled: set[str] = set()

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

    def pids(self, place: str) -> list[int]:
        """Name the processes that are within a namespace."""
        return [int(pid) for pid in _run("ip", "netns", "pids", self._full[place]).split()]

    def run(self, place: str, *command: str) -> str:
        """Run a command within a namespace and give what it prints; it must succeed."""
        return _run("ip", "netns", "exec", self._full[place], *command)

    def set(self, place: str, name: str, value: object) -> None:
        """Set a sysctl of a namespace."""
        with self.inside(place):
            (Path("/proc/sys") / name.replace(".", "/")).write_text(str(value), encoding="ascii")

    def wait_for(self, place: str, address: str) -> None:
        """Wait until a namespace reaches an address: a new link drops packets for a second or so."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        deadline = time.monotonic() + 30
        while True:
            with self.inside(place), socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.settimeout(0.2)
                if sock.connect_ex((address, 9)) == errno.ECONNREFUSED:
                    return
            assert time.monotonic() < deadline, f"{place} does not reach {address}"
            time.sleep(0.05)

    def rules(self, place: str, hook: str, *rules: str) -> None:
        """Replace a namespace's nftables rules by these at a hook (``"input priority 0"``)."""
        chain = ["chain test {", f"type filter hook {hook}; policy accept;", *rules, "}"]
        self._nft(place, "flush ruleset", "table inet test {", *chain, "}")
        self._ruled.add(place)

    def clear_rules(self) -> None:
        """Remove all rules."""
        while self._ruled:
            self._nft(self._ruled.pop(), "flush ruleset")

    def _nft(self, place: str, *lines: str) -> None:
        with self.inside(place):
            subprocess.run(["nft", "-f", "-"], input="\n".join([*lines, ""]), text=True, check=True)

    def lose(self, place: str, *packets: str, count: int, of: int, by_chance: bool = False) -> None:
        """Drop ``count`` of each ``of`` packets that come in and match (``"icmp type echo-request"``); all is silence.

        The same ones each time, so that a test can count on them, or any ``by_chance``.
        """
        which = f"numgen {'random' if by_chance else 'inc'} mod {of} < {count}"
        self.rules(place, "prerouting priority -300", *(f"{each} {which} drop" for each in packets))

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


DEVICE = {"IPv4": "10.92.0.2", "IPv6": "fd92::2"}
ROUTER = {"IPv4": "10.91.0.2", "IPv6": "fd91::2"}
DEAD_NEIGHBOUR = {"IPv4": "10.91.0.77", "IPv6": "fd91::77"}
NO_ROUTE_AT_THE_ROUTER = {"IPv4": "10.93.0.9", "IPv6": "fd93::9"}
NO_ROUTE_HERE = {"IPv4": "10.94.0.9", "IPv6": "fd94::9"}


@contextmanager
def routed() -> Iterator[Network]:
    """A ``monitor``, a ``router`` (10.91.0.0/24, fd91::/64 between them) and behind it a ``device`` (10.92, fd92).

    The monitor sends 10.93 and fd93 to the router, which has no route for them; it has none itself for 10.94 and fd94.
    """
    with Network("monitor", "router", "device") as net:
        near, _ = net.join("monitor", "10.91.0.1/24 fd91::1/64", "router", "10.91.0.2/24 fd91::2/64")
        net.join("router", "10.92.0.1/24 fd92::1/64", "device", "10.92.0.2/24 fd92::2/64")
        net.set("router", "net.ipv4.ip_forward", 1)
        net.set("router", "net.ipv6.conf.all.forwarding", 1)
        net.run("device", "ip", "route", "add", "default", "via", "10.92.0.1")
        net.run("device", "ip", "-6", "route", "add", "default", "via", "fd92::1")
        for network in ("10.92.0.0/24", "10.93.0.0/24"):
            net.run("monitor", "ip", "route", "add", network, "via", "10.91.0.2")
        for network in ("fd92::/64", "fd93::/64"):
            net.run("monitor", "ip", "-6", "route", "add", network, "via", "fd91::2")
        for place in ("monitor", "router", "device"):  # as many errors as there are causes
            net.set(place, "net.ipv4.icmp_ratelimit", 0)
            net.set(place, "net.ipv6.icmp.ratelimit", 0)
        for family in ("ipv4", "ipv6"):  # a dead neighbour is given up after 0.3 s, not 3 s
            net.set("monitor", f"net.{family}.neigh.{near}.retrans_time_ms", 100)
        for address in DEVICE.values():
            net.wait_for("monitor", address)
        yield net


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
