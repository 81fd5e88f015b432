"""The one socket of each address family behind all SNMP requests: matching, pacing, timing.

A request waits for three things: its device (one question in flight each), a place among the ``limit`` in flight, and
its turn in a burst. Then it has a request-id in ``_pending`` and an entry among the timers until it is done.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from netmon.datagram import DatagramSocket, SocketError
from netmon.snmp import usm, wire
from netmon.snmp.client.exchange import Exchange, Target
from netmon.snmp.client.failures import (
    SnmpError,
    SnmpFailure,
    SnmpLocal,
    SnmpTimeout,
    local_failure,
    network_failure,
    objection,
)
from netmon.snmp.client.secured import Secured, Step
from netmon.snmp.wire import Message, Pdu, Template, WireError

_BURST: Final = 32  # datagrams at once: 64 overflow the socket of a weak agent
_PACE: Final = 0.002  # seconds between bursts
_GRAIN: Final = 0.005  # seconds: timers that end within it share a wake-up

_Line = tuple[str, int, bool]
"""An agent's address and port, and whether what waits there is urgent."""


class Engine:
    """Sends prepared requests and calls back with what came of them.

    Attributes:
        requests: Questions sent, retries not counted.
        retries: Packets sent again.
        late_replies: Answers to nothing that is asked now: late, or doubled.
        spoofed_replies: Answers to an open question from another address or port; they change nothing.
        decode_errors: Datagrams that were no SNMP message.
        secured: What SNMPv3 knows of its agents, and counts.
    """

    def __init__(
        self, *, limit: int, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        """Note how many requests may be in flight; ``clock`` and ``wall`` are for tests."""
        self.requests = 0
        self.retries = 0
        self.late_replies = 0
        self.spoofed_replies = 0
        self.decode_errors = 0
        self.secured = Secured(clock)
        self._limit = limit
        self._clock = clock
        self._wall = wall
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: dict[int, DatagramSocket] = {}
        self._next_id = random.SystemRandom().randrange(wire.FIRST_REQUEST_ID, wire.LAST_REQUEST_ID)
        self._pending: dict[int, Exchange] = {}
        self._devices: dict[_Line, deque[Exchange]] = {}  # the first of each is the one being asked
        self._waiting: deque[Exchange] = deque()  # for a place in flight
        self._again: deque[Exchange] = deque()  # in flight, to be sent once more
        self._timers: list[tuple[float, int, Exchange]] = []
        self._order = itertools.count()
        self._pump_handle: asyncio.Handle | None = None
        self._timer_handle: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    # -- life ---------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the sockets in the running loop; a family that the system does not have is left out.

        Raises:
            OSError: Neither family can be opened.
        """
        self._loop = asyncio.get_running_loop()
        failed: list[OSError] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            opened = DatagramSocket(family, on_datagram=self._on_datagram, on_error=self._on_error)
            try:
                opened.open()
            except OSError as error:
                failed.append(error)
            else:
                self._sockets[family] = opened
        if not self._sockets:
            raise failed[0]

    def close(self) -> None:
        """Close the sockets; whoever waits is told that this was our doing."""
        for opened in self._sockets.values():
            opened.close()
        self._sockets = {}
        for exchange in [e for queue in self._devices.values() for e in queue]:
            self._finish(exchange, SnmpLocal("the SNMP client was closed"))
        for handle in (self._pump_handle, self._timer_handle):
            if handle is not None:
                handle.cancel()
        self._pump_handle = self._timer_handle = None
        self._timer_at = math.inf
        for emptied in (self._waiting, self._again, self._timers):
            emptied.clear()
        self._loop = None

    @property
    def overflows(self) -> int:
        """How many packets the kernel dropped because our buffers were full."""
        return sum(opened.overflows for opened in self._sockets.values())

    @property
    def overflowed_at(self) -> float:
        """``time.monotonic()`` when that last grew, ``-inf`` before."""
        return max((opened.overflowed_at for opened in self._sockets.values()), default=-math.inf)

    @property
    def in_flight(self) -> int:
        """How many questions are on their way now."""
        return len(self._pending)

    # -- asking -------------------------------------------------------------------------------------------

    def request(self, target: Target, template: Template, on_done: Callable[[Exchange], None]) -> Exchange:
        """Ask, and let the loop call ``on_done`` once with the finished exchange, never from within this call.

        Raises:
            SnmpLocal: The address is not numeric, or the client is not open.
        """
        if self._loop is None:
            raise SnmpLocal("the SNMP client is not open")
        exchange = Exchange(target, template, on_done)
        if target.security is not None and template.version == usm.VERSION_3:
            exchange.peer = self.secured.peer(exchange.address, exchange.port, target.security)
        queue = self._devices.setdefault(_line_of(exchange), deque())
        queue.append(exchange)
        if len(queue) == 1:
            self._waiting.append(exchange)
            self._wake()
        return exchange

    def cancel(self, exchange: Exchange) -> None:
        """Forget a question: nobody is called back, an answer will count as late."""
        exchange.on_done = _nobody
        if not exchange.is_done:
            exchange.is_done = True
            self._release(exchange)

    def _wake(self) -> None:
        if self._pump_handle is None and self._loop is not None:
            self._pump_handle = self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Send one burst of what may be sent now; ``_pump_handle`` stays set, so that nobody begins another."""
        left = _BURST
        try:
            while left and (exchange := self._next()) is not None:
                if not exchange.is_done:
                    left = left - 1 if self._send(exchange) else 0
        finally:
            # After a full burst there is a pause, also when nothing waits: what comes meanwhile is the next burst.
            again = None if left or self._loop is None else self._loop.call_later(_PACE, self._pump)
            self._pump_handle = again

    def _next(self) -> Exchange | None:
        if self._again:
            return self._again.popleft()
        if self._waiting and len(self._pending) < self._limit:
            return self._waiting.popleft()
        return None

    def _send(self, exchange: Exchange) -> bool:
        """Send one packet; false: the send buffer is full, this and all others must wait."""
        now = self._clock()
        if not exchange.is_unsent:
            exchange.tries += 1
            if exchange.request_id:
                self.retries += 1
            else:
                self._register(exchange, now)
            self._set_timer(exchange, now)
        opened = self._sockets.get(exchange.family)
        if opened is None:
            self._finish(exchange, SnmpLocal("this system has no such address family"))
            return True
        try:
            for datagram in self._datagrams(exchange):
                opened.send(datagram, exchange.address, exchange.port)
        except BlockingIOError:
            exchange.is_unsent = True
            self._again.appendleft(exchange)
            return False
        except SnmpError as error:
            self._finish(exchange, error)
        except OSError as error:
            self._finish(exchange, local_failure(error))
        if exchange.is_unsent:  # its time begins only now
            exchange.is_unsent = False
            self._set_timer(exchange, now)
        return True

    def _datagrams(self, exchange: Exchange) -> tuple[bytes, ...]:
        if exchange.peer is None:
            return (exchange.template.datagram(exchange.request_id),)
        return self.secured.datagrams(exchange, exchange.peer)

    def _register(self, exchange: Exchange, now: float) -> None:
        request_id = self._next_id
        while request_id in self._pending:
            request_id = request_id + 1 if request_id < wire.LAST_REQUEST_ID else wire.FIRST_REQUEST_ID
        self._next_id = request_id + 1 if request_id < wire.LAST_REQUEST_ID else wire.FIRST_REQUEST_ID
        exchange.request_id = request_id
        exchange.began = now
        exchange.sent_at = exchange.sent_at or self._wall()
        self._pending[request_id] = exchange
        self.requests += 1

    # -- ending -------------------------------------------------------------------------------------------

    def _finish(self, exchange: Exchange, failure: SnmpFailure | None) -> None:
        if exchange.is_done:
            return
        exchange.is_done = True
        exchange.failure = failure
        self._release(exchange)
        if self._loop is not None:  # by the loop, so that a bug of the callback's stops none of us in the middle
            self._loop.call_soon(_call_back, exchange)

    def _release(self, exchange: Exchange) -> None:
        """Give the place in flight to another, and the device to who waits for it."""
        self._pending.pop(exchange.request_id, None)
        key = _line_of(exchange)
        queue = self._devices[key]
        if queue[0] is exchange:
            queue.popleft()
            if queue:
                self._waiting.append(queue[0])
        else:
            queue.remove(exchange)
        if not queue:
            del self._devices[key]
        if self._waiting:
            self._wake()

    def _on_datagram(self, data: bytes, address: str, port: int) -> None:
        if self.secured.peers and usm.is_version_3(data):
            self._on_secured(data, address, port)
            return
        try:
            message = wire.decode_message(data, self._expected)
        except WireError as error:
            self.decode_errors += 1
            self._note_nonsense(address, port, f"the answer is not SNMP: {error}")
            return
        exchange = self._pending.get(message.request_id)
        if exchange is None:
            self.late_replies += 1
        elif exchange.port != port or exchange.address != address:
            self.spoofed_replies += 1
        elif message.pdu_type != wire.RESPONSE or message.version != exchange.template.version:
            self._note_nonsense(address, port, "the answer is of another kind or version than the question")
        else:
            self._answered(exchange, message)

    def _answered(self, exchange: Exchange, answer: Message | Pdu) -> None:
        if exchange.tries == 1:
            exchange.rtt = self._clock() - exchange.began
        exchange.varbinds = answer.varbinds
        self._finish(exchange, objection(exchange.template, answer))

    def _on_secured(self, data: bytes, address: str, port: int) -> None:
        try:
            envelope = usm.decode_envelope(data)
        except WireError:
            self.decode_errors += 1  # and no more: what is not signed says nothing of an agent of SNMPv3
            return
        exchange = self._pending.get(envelope.message_id)
        if exchange is None or exchange.peer is None:
            self.late_replies += 1
        elif exchange.port != port or exchange.address != address:
            self.spoofed_replies += 1
        else:
            came = self.secured.receive(exchange, exchange.peer, data, envelope)
            if isinstance(came, Pdu):
                self._answered(exchange, came)
            elif isinstance(came, SnmpFailure):
                self._finish(exchange, came)
            elif came is Step.AGAIN:
                self._ask_again(exchange)

    def _ask_again(self, exchange: Exchange) -> None:
        """Ask with what was learnt, under a new id, so that what comes late is not taken for the answer."""
        del self._pending[exchange.request_id]
        exchange.request_id = 0
        exchange.tries -= 1  # the one that was answered is not lost
        exchange.deadline = math.inf
        self._again.append(exchange)
        self._wake()

    def _expected(self, request_id: int) -> Sequence[wire.Name]:
        """Give the names that the answer to an open question most likely has."""
        exchange = self._pending.get(request_id)
        return exchange.template.expected if exchange is not None else ()

    def _note_nonsense(self, address: str, port: int, what: str) -> None:
        """Remember that a device we are asking sent something: if nothing better comes it was still an answer."""
        for exchange in self._asked(address, port):
            if exchange.peer is None:
                exchange.nonsense = what

    def _on_error(self, error: SocketError) -> None:
        failure = network_failure(error)
        if failure is not None:
            for exchange in self._asked(error.address, error.port):
                self._finish(exchange, failure)

    def _asked(self, address: str, port: int) -> list[Exchange]:
        """Give what is being asked of a device: the ordinary question and the urgent one, where there are such."""
        queues = (self._devices.get((address, port, is_urgent)) for is_urgent in (False, True))
        return [queue[0] for queue in queues if queue and queue[0].tries]

    # -- timing -------------------------------------------------------------------------------------------

    def _set_timer(self, exchange: Exchange, now: float) -> None:
        exchange.deadline = now + exchange.timeout
        heapq.heappush(self._timers, (exchange.deadline, next(self._order), exchange))
        self._wake_at(exchange.deadline, now)

    def _wake_at(self, at: float, now: float) -> None:
        if at >= self._timer_at or self._loop is None:
            return
        if self._timer_handle is not None:
            self._timer_handle.cancel()
        self._timer_at = at
        self._timer_handle = self._loop.call_later(at - now, self._tick)

    def _tick(self) -> None:
        """End the time of whom nothing came for, once all that came has been read."""
        self._timer_handle, self._timer_at = None, math.inf
        now = self._clock()
        due = []
        while self._timers and self._timers[0][0] <= now:
            deadline, _, exchange = heapq.heappop(self._timers)
            if exchange.deadline == deadline and not exchange.is_done:
                due.append(exchange)
        if due:
            for opened in tuple(self._sockets.values()):
                opened.drain()
        for exchange in due:
            if not exchange.is_done:
                self._expire(exchange)
        while self._timers and self._timers[0][2].is_done:  # of those that were answered nobody need be woken
            heapq.heappop(self._timers)
        if self._timers:
            self._wake_at(max(self._timers[0][0], now + _GRAIN), now)

    def _expire(self, exchange: Exchange) -> None:
        if exchange.is_unsent:
            self._finish(exchange, SnmpLocal("could not send: the send buffer stayed full"))
        elif exchange.tries <= exchange.retries:
            exchange.deadline = math.inf
            self._again.append(exchange)
            self._wake()
        elif exchange.nonsense:
            self._finish(exchange, SnmpError(exchange.nonsense))
        elif self.overflowed_at >= exchange.began:
            self._finish(exchange, SnmpLocal("no answer, but our own socket dropped packets meanwhile"))
        elif exchange.peer is not None and exchange.is_there:
            self._finish(exchange, self.secured.silent(exchange.peer))
        else:
            seconds = exchange.tries * exchange.timeout
            self._finish(exchange, SnmpTimeout(f"no answer in {seconds:g} s ({exchange.tries} tries)"))


def _line_of(exchange: Exchange) -> _Line:
    return exchange.address, exchange.port, exchange.is_urgent


def _call_back(exchange: Exchange) -> None:
    exchange.on_done(exchange)


def _nobody(_: Exchange) -> None:
    """Take the place of the callback of a cancelled question."""
