"""The probe: a socket an address family, shared by all observations."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import socket
import sys
import time
from typing import Final

from netmon.datagram import SocketError
from netmon.model import Check, Failure, Observation
from netmon.names import Names
from netmon.probes.icmp.echoing import DIALECTS, SEQUENCES, TOKEN, EchoSocket, explained
from netmon.probes.icmp.observing import ECHOES, Pace, Ping

log = logging.getLogger(__name__)

_PACES: Final = 32  # timeouts that are remembered though nobody waits
_SLOTS: Final = SEQUENCES // ECHOES  # each observation under way owns five sequence numbers
_DRAWN: Final = 64  # tokens drawn in one go
_PYTHON: Final = os.path.realpath(sys.executable)  # capabilities belong to the file itself, not to a link to it


class Pinger:
    """The ICMP echo probe: a :data:`netmon.probes.Probe` with one shared socket an address family.

    An observation is five echoes, 0.15 s apart; the last is given the rest of ``check.timeout``. When the loop stood
    still, the echoes that are late get their full time all the same, so that a pause of ours looks like no loss. An
    answer counts when identifier, sequence, sender and 16 random bytes fit. ``rtt`` is the shortest round trip (the
    one that our own load and the device's slow path disturbed least), ``loss`` the share of echoes without answer.

    ``TIMEOUT``: no answer. ``UNREACHABLE``: no answer, and the network said so; this host's own kernel counts as the
    network where a neighbour does not answer ARP. ``LOCAL``: no permission, no route, no buffer, an unknown name,
    packets dropped by our own socket. A refusal from the device itself is an answer (LK-1).

    Attributes:
        sent: Echoes sent.
        received: Answers that counted.
        late: Answers to nothing that is waited for: after the timeout, or doubled.
        spoofed: Answers (or errors) to an echo under way that came from elsewhere or do not know its random bytes.
    """

    def __init__(self, names: Names | None = None) -> None:
        """Prepare; ``names`` may be shared with other probes."""
        self.sent = 0
        self.received = 0
        self.late = 0
        self.spoofed = 0
        self._names = names or Names()
        self._lines: dict[socket.AddressFamily, EchoSocket] = {}
        self._missing: dict[socket.AddressFamily, str] = {}
        self._pings: dict[int, Ping] = {}  # by slot; one series of numbers for both families
        self._slot = secrets.randbelow(_SLOTS)
        self._tokens: list[bytes] = []  # drawn, not yet used
        self._paces: dict[float, Pace] = {}  # by timeout

    async def open(self) -> None:
        """Open the sockets in the running loop, unprivileged ones (ping_group_range) before raw ones (CAP_NET_RAW).

        Where neither is allowed it logs once what to do, and every check is ``LOCAL``.
        """
        is_denied = False
        for family in DIALECTS:
            line = EchoSocket(family, self._on_reply, self._on_error)
            try:
                line.open()
            except PermissionError:
                is_denied = True
                self._missing[family] = "no permission to ping"
            except OSError as fault:
                self._missing[family] = f"no ICMP socket: {explained(fault)}"
            else:
                self._lines[family] = line
        if is_denied:
            log.error(
                "not allowed to ping: every ICMP check is blind. Do one of these and restart: "
                "sysctl -w net.ipv4.ping_group_range='0 2147483647'; setcap cap_net_raw+ep %s; "
                "AmbientCapabilities=CAP_NET_RAW in the systemd unit",
                _PYTHON,
            )

    def close(self) -> None:
        """Close the sockets; observations under way end with what they have, ``LOCAL`` where that is nothing."""
        for line in self._lines.values():
            line.socket.close()
        self._lines.clear()
        for pace in self._paces.values():
            pace.clear()
        self._paces.clear()
        for ping in self._pings.values():
            ping.fault = OSError(errno.EBADF, "the pinger was closed")
            ping.finish()

    async def __call__(self, check: Check) -> Observation:
        """Ping ``check.address`` (a name or an address) and say what came back."""
        began = time.time()
        try:
            family, address = await self._names.resolve(check.address, check.timeout)
        except socket.gaierror as fault:
            return Observation(check, began, Failure.LOCAL, f"cannot resolve {check.address}: {fault.strerror}")
        line = self._lines.get(family)
        if line is None:
            return Observation(check, began, Failure.LOCAL, self._missing.get(family, "the pinger is not open"))
        slot = self._free_slot()
        if slot is None:
            return Observation(check, began, Failure.LOCAL, f"{_SLOTS} observations are under way already")
        done = asyncio.get_running_loop().create_future()
        ping = Ping(check, address, line, slot, self._pace(check.timeout), done, self._token())
        self._pings[slot] = ping
        try:
            self._echo(ping)
            await ping.done
            return ping.observation()
        finally:
            del self._pings[slot]

    def _echo_all(self, pings: list[Ping]) -> None:
        for ping in pings:
            self._echo(ping)

    def _echo(self, ping: Ping) -> None:
        """Send the next echo and set the time of what comes after it."""
        number = ping.tried
        ping.tried = number + 1
        ping.waiting[number] = time.monotonic()  # before it is sent: sending may hand on errors
        try:
            ping.line.send(ping.name, ping.slot * ECHOES + number, ping.token, ping.rest)
        except OSError as fault:
            ping.fault = fault
        else:
            ping.sent += 1
            self.sent += 1
        if ping.tried < ECHOES:
            ping.pace.echoes.add(ping)
        elif ping.sent:
            ping.pace.ends.add(ping)
        else:
            ping.finish()

    def _conclude(self, pings: list[Ping]) -> None:
        for line in {ping.line for ping in pings}:
            line.socket.drain()  # what came in time but was not read yet is no loss
        for ping in pings:
            ping.finish()

    def _pace(self, timeout: float) -> Pace:
        pace = self._paces.get(timeout)
        if pace is None:
            if len(self._paces) >= _PACES:
                self._paces = {known: each for known, each in self._paces.items() if not each.is_idle()}
            pace = self._paces[timeout] = Pace(timeout, self._echo_all, self._conclude)
        return pace

    def _token(self) -> bytes:
        if not self._tokens:
            drawn = secrets.token_bytes(_DRAWN * TOKEN)
            self._tokens = [drawn[start : start + TOKEN] for start in range(0, len(drawn), TOKEN)]
        return self._tokens.pop()

    def _free_slot(self) -> int | None:
        for _ in range(_SLOTS):
            self._slot = (self._slot + 1) % _SLOTS
            if self._slot not in self._pings:
                return self._slot
        return None

    def _on_reply(self, sequence: int, token: bytes, address: str) -> None:
        slot, number = divmod(sequence, ECHOES)
        ping = self._pings.get(slot)
        if ping is None or not (sent := ping.waiting[number]):
            self.late += 1
            return
        if ping.address != address or ping.token != token:
            self.spoofed += 1
            return
        self.received += 1
        ping.waiting[number] = 0.0
        ping.trip = min(ping.trip, time.monotonic() - sent)
        ping.answered += 1
        if ping.answered == ECHOES:
            ping.finish()

    def _on_error(self, sequence: int, token: bytes, error: SocketError) -> None:
        ping = self._pings.get(sequence // ECHOES)
        if ping is None or not ping.waiting[sequence % ECHOES] or ping.address != error.address:
            return
        # A router need quote no more than 8 bytes of an echo (RFC 792): what it quotes of the token must fit.
        if not ping.token.startswith(token):
            self.spoofed += 1
        elif error.is_refusal and len(token) == TOKEN:
            ping.refused = error
        else:
            ping.unreachable = error
