"""The one socket of each address family behind all SNMP requests: matching, pacing, timing.

A request waits for three things: its device (one question in flight each), a place among the ``limit`` in flight, and
its turn in a burst. Then it has a request-id in ``_pending`` and an entry among the timers until it is done.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from netmon.datagram import DatagramSocket, SocketError
from netmon.snmp import usm, wire
from netmon.snmp.client.exchange import Exchange, Memo, Target
from netmon.snmp.client.failures import (
    SnmpError,
    SnmpFailure,
    SnmpLocal,
    SnmpTimeout,
    local_failure,
    network_failure,
    objection,
)
from netmon.snmp.client.pacing import Pace, Timers
from netmon.snmp.client.secured import Secured, Step
from netmon.snmp.client.sockets import Sockets
from netmon.snmp.wire import Message, Pdu, Template, WireError

_GRAIN: Final = 0.005  # seconds: timers that end within it share a wake-up

_Line = tuple[str, int, bool]
"""An agent's address and port, and whether what waits there is urgent."""


class Engine:
    """Sends prepared requests and calls back with what came of them.

    Attributes:
        requests: Questions sent, retries not counted.
        retries: Packets sent again.
        late_replies: Answers to nothing that is asked now: late, or doubled.
        spoofed_replies: Answers to an open question from where its agent does not answer from; they change nothing.
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
        self._sockets = Sockets(self._on_datagram, self._on_error)
        self._next_id = random.SystemRandom().randrange(wire.FIRST_REQUEST_ID, wire.LAST_REQUEST_ID)
        self._pending: dict[int, Exchange] = {}
        self._lines: dict[_Line, deque[Exchange]] = {}  # the first of each is the one being asked
        self._waiting: deque[Exchange] = deque()  # for a place in flight
        self._again: deque[Exchange] = deque()  # in flight, to be sent once more
        self._timers = Timers(self._deadline_of)
        self._pace = Pace()
        self._pump_handle: asyncio.TimerHandle | None = None
        self._timer_handle: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    # -- life ---------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the sockets in the running loop; a family that the system does not have is left out.

        Raises:
            OSError: Neither family can be opened.
        """
        self._sockets.open()
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """Close the sockets; whoever waits is told that this was our doing."""
        self._sockets.close()
        for exchange in [e for queue in self._lines.values() for e in queue]:
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
        return self._sockets.overflows

    @property
    def overflowed_at(self) -> float:
        """``time.monotonic()`` when that last grew, ``-inf`` before."""
        return self._sockets.overflowed_at

    @property
    def in_flight(self) -> int:
        """How many questions are on their way now."""
        return len(self._pending)

    # -- asking -------------------------------------------------------------------------------------------

    def request(
        self, target: Target, template: Template, on_done: Callable[[Exchange], None], memo: Memo | None = None
    ) -> Exchange:
        """Ask, and call ``on_done`` once with the finished exchange, from the loop, never from within this call.

        With a ``memo``, which must be of this very question to this very agent, an answer that looks like the last one
        comes as ``values``, much quicker.

        Raises:
            SnmpLocal: The address is not numeric, or the client is not open.
        """
        if self._loop is None:
            raise SnmpLocal("the SNMP client is not open")
        exchange = Exchange(target, template, on_done, memo)
        if target.security is not None and template.version == usm.VERSION_3:
            exchange.peer = self.secured.peer(exchange.address, target.port, target.security)
        queue = self._lines.get(exchange.line)
        if queue is not None:
            queue.append(exchange)
            return exchange
        self._lines[exchange.line] = deque((exchange,))
        now = self._clock()
        if self._waiting or self._again or len(self._pending) >= self._limit or not self._pace.take(now):
            self._waiting.append(exchange)
            self._wake()
        else:
            self._send(exchange, now)
        return exchange

    def cancel(self, exchange: Exchange) -> None:
        """Forget a question: nobody is called back, an answer will count as late."""
        exchange.on_done = _nobody
        if not exchange.is_done:
            exchange.is_done = True
            self._release(exchange)

    def _wake(self) -> None:
        """See soon who waits; not before the pause after a burst is over."""
        if self._pump_handle is None and self._loop is not None:
            self._pump_handle = self._loop.call_later(self._pace.pause(self._clock()), self._pump)

    def _pump(self) -> None:
        """Send what may be sent now; ``_pump_handle`` stays set meanwhile, so that nobody begins another."""
        now = self._clock()
        try:
            while (queue := self._next()) and self._pace.take(now):
                exchange = queue.popleft()
                if not exchange.is_done:
                    self._send(exchange, now)
        finally:
            self._pump_handle = None
            if self._next():
                self._wake()

    def _next(self) -> deque[Exchange]:
        """Give the queue whose turn it is, an empty one when nothing can be sent."""
        return self._again if self._again or len(self._pending) >= self._limit else self._waiting

    def _send(self, exchange: Exchange, now: float) -> None:
        """Send one packet; where the send buffer is full this and all others wait."""
        if not exchange.is_unsent:
            exchange.tries += 1
            if exchange.request_id:
                self.retries += 1
            else:
                self._register(exchange, now)
            self._set_timer(exchange, now)
        opened = self._sockets.of(exchange.family)
        if opened is None:
            self._finish(exchange, SnmpLocal("this system has no such address family"))
            return
        try:
            self._post(opened, exchange)
        except BlockingIOError:
            exchange.is_unsent = True
            self._again.appendleft(exchange)
            self._pace.stop()
            self._wake()
            return
        except SnmpError as error:
            self._finish(exchange, error)
        except OSError as error:
            self._finish(exchange, local_failure(error))
        if exchange.is_unsent:  # its time begins only now
            exchange.is_unsent = False
            self._set_timer(exchange, now)

    def _post(self, opened: DatagramSocket, exchange: Exchange) -> None:
        if exchange.peer is None:
            datagrams: tuple[bytes, ...] = (exchange.template.datagram(exchange.request_id),)
        else:
            datagrams = self.secured.datagrams(exchange, exchange.peer)
        for datagram in datagrams:
            if exchange.name is not None:
                opened.post(datagram, exchange.name)
            else:
                opened.send(datagram, exchange.address, exchange.target.port)

    def _register(self, exchange: Exchange, now: float) -> None:
        request_id = self._next_id
        while request_id in self._pending:
            request_id = request_id + 1 if request_id < wire.LAST_REQUEST_ID else wire.FIRST_REQUEST_ID
        self._next_id = request_id + 1 if request_id < wire.LAST_REQUEST_ID else wire.FIRST_REQUEST_ID
        exchange.request_id = request_id
        exchange.began = now
        if not exchange.sent_at:
            exchange.sent_at = self._wall()
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
            self._loop.call_soon(exchange.tell)

    def _release(self, exchange: Exchange) -> None:
        """Give the place in flight to another, and the device to who waits for it."""
        self._pending.pop(exchange.request_id, None)
        queue = self._lines[exchange.line]
        if queue[0] is not exchange:
            queue.remove(exchange)
        elif len(queue) == 1:
            del self._lines[exchange.line]
        else:
            queue.popleft()
            self._waiting.append(queue[0])
        if self._waiting:
            self._wake()

    def _on_datagram(self, data: bytes, address: str, port: int) -> None:
        """Judge what came in, quickly where it looks like what was answered before."""
        queue = self._lines.get((address, port, False))
        memo = queue[0].memo if queue is not None else None
        if queue is not None and memo is not None:
            found = memo.read(data) if queue[0].peer is None else None
            if found is not None and found[0] == queue[0].request_id != 0:
                memo.misses, queue[0].values = 0, found
                return self._answered(queue[0])
        if self.secured.peers and usm.is_version_3(data):
            return self._on_secured(data, address, port, memo)
        return self._on_plain(data, address, port)

    def _answered(self, exchange: Exchange) -> None:
        """End an exchange with what it holds; the callback comes last, so that a bug of its is nobody else's."""
        if exchange.tries == 1:
            exchange.rtt = self._clock() - exchange.began
        exchange.is_done = True
        self._release(exchange)
        exchange.on_done(exchange)

    def _on_plain(self, data: bytes, address: str, port: int) -> None:
        try:
            message = wire.decode_message(data)
        except WireError as error:
            self.decode_errors += 1
            self._note_nonsense(address, port, f"the answer is not SNMP: {error}")
            return
        exchange = self._pending.get(message.request_id)
        if exchange is None:
            self.late_replies += 1
        elif not exchange.comes_from(address, port):
            self.spoofed_replies += 1
        elif message.pdu_type != wire.RESPONSE or message.version != exchange.template.version:
            self._note_nonsense(address, port, "the answer is of another kind or version than the question")
        else:
            self._read_whole(exchange, message, data)

    def _read_whole(self, exchange: Exchange, answer: Message | Pdu, data: bytes) -> None:
        exchange.varbinds = answer.varbinds
        exchange.failure = objection(exchange.template, answer)
        if exchange.memo is not None and exchange.failure is None and exchange.peer is None:
            exchange.memo.learn(data, exchange.template.oids)
        self._answered(exchange)

    def _on_secured(self, data: bytes, address: str, port: int, memo: Memo | None) -> None:
        envelope = memo.envelope.read(data) if memo is not None and memo.envelope is not None else None
        try:
            envelope = envelope or usm.decode_envelope(data)
        except WireError:
            self.decode_errors += 1  # and no more: what is not signed says nothing of an agent of SNMPv3
            return
        exchange = self._pending.get(envelope.message_id)
        if exchange is None or exchange.peer is None:
            self.late_replies += 1
        elif not exchange.comes_from(address, port):
            self.spoofed_replies += 1
        else:
            came = self.secured.receive(exchange, exchange.peer, data, envelope)
            if isinstance(came, Pdu):
                self._read_whole(exchange, came, data)
            elif isinstance(came, SnmpFailure):
                self._finish(exchange, came)
            elif came is Step.ANSWERED:
                self._answered(exchange)
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

    def _note_nonsense(self, address: str, port: int, what: str) -> None:
        """Remember that a device we are asking sent something: if nothing better comes it was still an answer."""
        for exchange in [one for one in self._asked(address, port) if one.peer is None]:
            exchange.nonsense = what

    def _on_error(self, error: SocketError) -> None:
        failure = network_failure(error)
        for exchange in self._asked(error.address, error.port) if failure is not None else ():
            self._finish(exchange, failure)

    def _asked(self, address: str, port: int) -> list[Exchange]:
        """Give what is being asked of a device: the ordinary question and the urgent one, where there are such."""
        queues = [self._lines.get((address, port, is_urgent)) for is_urgent in (False, True)]
        return [queue[0] for queue in queues if queue and queue[0].tries]

    # -- timing -------------------------------------------------------------------------------------------

    def _set_timer(self, exchange: Exchange, now: float) -> None:
        seconds = exchange.target.timeout
        exchange.deadline = now + seconds
        self._timers.add(seconds, exchange.deadline, exchange.request_id)
        if exchange.deadline < self._timer_at:
            self._wake_at(exchange.deadline, now)

    def _deadline_of(self, request_id: int) -> float | None:
        exchange = self._pending.get(request_id)
        return exchange.deadline if exchange is not None else None

    def _wake_at(self, at: float, now: float) -> None:
        if self._timer_handle is not None:
            self._timer_handle.cancel()
        if self._loop is not None:
            self._timer_at = at
            self._timer_handle = self._loop.call_later(at - now, self._tick)

    def _tick(self) -> None:
        """End the time of whom nothing came for, once all that came has been read."""
        self._timer_handle, self._timer_at = None, math.inf
        now = self._clock()
        try:
            if self._timers.has_due(now):
                self._sockets.drain()
                for request_id in self._timers.due(now):
                    self._expire(self._pending[request_id])
        finally:
            at = self._timers.next()
            if at < math.inf:
                self._wake_at(max(at, now + _GRAIN), now)

    def _expire(self, exchange: Exchange) -> None:
        if exchange.is_unsent:
            self._finish(exchange, SnmpLocal("could not send: the send buffer stayed full"))
        elif exchange.tries <= exchange.target.retries:
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
            seconds = exchange.tries * exchange.target.timeout
            self._finish(exchange, SnmpTimeout(f"no answer in {seconds:g} s ({exchange.tries} tries)"))


def _nobody(_: Exchange) -> None:
    """Take the place of the callback of a cancelled question."""
