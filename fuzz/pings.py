"""What comes back from the network while a device is pinged."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from supply import Supply, Trial, edits, text
from wires import Stage, Wire, Wires, staged, wired

from netmon.datagram import SocketError
from netmon.model import Check, Failure, Observation
from netmon.probes.icmp import ECHOES, Pinger

_TIMEOUT = 2.0
_ADDRESSES = {socket.AF_INET: "127.0.0.9", socket.AF_INET6: "::9"}
_REQUESTS = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLIES = {socket.AF_INET: 0, socket.AF_INET6: 129}
_TYPES = {socket.AF_INET: (3, 11, 4, 5, 12), socket.AF_INET6: (1, 3, 2, 4, 200)}
_HEADER = struct.Struct("!BBHHH")


class _Network:
    """Answers each echo as the supply says; keeps whether it ever told the truth."""

    def __init__(self, supply: Supply, stage: Stage) -> None:
        kind = supply.number()
        self.supply = supply
        self.loop = stage.loop
        self.family = socket.AF_INET6 if kind & 1 else socket.AF_INET
        self.is_raw = bool(kind & 2)
        self.address = _ADDRESSES[self.family]
        self.echoes = 0
        self.answers = 0
        self.near = 0
        self.errors = 0
        self.refusals = 0

    def hears(self, line: Wire, data: bytes, address: str, _port: int) -> None:
        assert address == self.address
        if self.is_raw and self.family == socket.AF_INET:  # elsewhere the kernel sums up (RFC 792)
            assert sum(struct.unpack(f"!{len(data) // 2}H", data)) % 0xFFFF == 0, "a wrong checksum"
        self.echoes += 1
        for _ in range(self.supply.number() & 3):
            self._act(line, data)

    def _act(self, line: Wire, echo: bytes) -> None:
        does = self.supply.number() % 6
        if does == 0:
            self.answers += 1
            self._say(line, self._reply(echo), self.address)
        elif does == 1:
            changed = self.supply.edited(self._reply(echo))
            self.near += self._knows(changed, echo)
            self._say(line, changed, self.address)
        elif does == 2:
            self._say(line, self.supply.text(), self.address)
        elif does == 3:
            self._say(line, self._reply(echo), ("127.0.0.10", "::10")[self.family == socket.AF_INET6])
        else:
            self._err(line, echo, is_ours=does == 4)

    def _reply(self, echo: bytes) -> bytes:
        return bytes((_REPLIES[self.family],)) + echo[1:]

    def _knows(self, changed: bytes, echo: bytes) -> bool:
        """Say whether a changed reply may still count, for another echo of the same observation."""
        right = self._reply(echo)
        is_ours = not self.is_raw or changed[4:6] == right[4:6]  # else the identifier is the kernel's concern
        return is_ours and changed[:1] == right[:1] and changed[8:] == right[8:]

    def _say(self, line: Wire, data: bytes, address: str) -> None:
        if self.is_raw and self.family == socket.AF_INET:  # with an IP header, as long as the supply says
            words = 5 + self.supply.number() % 11
            data = bytes((0x40 | words,)) + bytes(words * 4 - 1) + data
        self.loop.call_soon(line.says, data, address, 0)

    def _err(self, line: Wire, echo: bytes, *, is_ours: bool) -> None:
        kind = _TYPES[self.family][self.supply.number() % 5]
        code, local = self.supply.number() % 16, bool(self.supply.number() & 1)
        offender = (self.address, "127.0.0.1", "")[self.supply.number() % 3]
        quoted = echo[: self.supply.number()] if is_ours else self.supply.edited(self.supply.text())
        error = SocketError(errno.EHOSTUNREACH, self.address, 0, offender, local, kind, code, quoted)
        self.errors += 1
        self.refusals += is_ours and error.is_refusal
        self.loop.call_soon(line.errs, error)


def _pings(stage: Stage, wires: Wires) -> Trial:
    def try_pings(data: bytes) -> None:
        """Up only for an answer that knows our random bytes, or a refusal of the device; ends when its time is up."""
        network = _Network(Supply(data), stage)
        wires.hears = network.hears
        wires.denied = frozenset({socket.SOCK_DGRAM}) if network.is_raw else frozenset()

        async def story() -> Observation:
            pinger = Pinger()
            await pinger.open()
            try:
                return await pinger(Check("d/reachability", "d", "icmp", 30, _TIMEOUT, network.address))
            finally:
                pinger.close()

        began = stage.loop.time()
        _judge(network, stage.play(story()), stage.loop.time() - began)

    return try_pings


def _judge(network: _Network, seen: Observation, took: float) -> None:
    assert network.echoes == ECHOES
    assert took <= _TIMEOUT + 0.1, "it waits too long"
    most = network.answers + network.near
    if seen.failure is None:
        assert most or network.refusals, "up without an answer"
    else:
        assert seen.failure is Failure.TIMEOUT or (seen.failure is Failure.UNREACHABLE and network.errors)
        assert not network.answers, "an answer was not taken"
    assert seen.loss is not None
    assert 1 - min(most, ECHOES) / ECHOES <= seen.loss + 1e-9 <= 1 + 1e-9
    assert seen.rtt is None or most, "a round trip of nothing"
    assert seen.rtt is not None or not network.answers


def pings_seeds() -> list[bytes]:
    """Both families and kinds of socket, each with every deed."""
    deeds = [
        b"\0",
        b"\1\0\0",
        b"\2\0\0\0\0",
        b"\1\1" + edits() + b"\0",
        b"\1\1" + edits((9, 1)) + b"\3",
        b"\1\2" + text(bytes(28)) + b"\0",
        b"\1\2" + text(b"") + b"\0",
        b"\1\3\0",
        *(b"\1\4" + bytes((kind, code, 0, who, 24)) for kind in range(5) for code in (1, 3, 4) for who in (0, 1)),
        b"\1\4\0\3\0\0\x08",
        b"\1\5\0\1\0\0" + text(bytes(24)) + edits((0, 8)),
    ]
    return [bytes((kind,)) + deed * 5 for kind in range(4) for deed in deeds]


@contextmanager
def pings() -> Iterator[Trial]:
    """Try pings."""
    with wired() as wires, staged() as stage:
        yield _pings(stage, wires)
