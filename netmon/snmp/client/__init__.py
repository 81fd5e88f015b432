"""The SNMP client: asks many agents through one socket for each address family.

Two levels. ``SnmpClient.request`` sends a prepared ``Template`` and calls back: nothing is awaited, which is what many
polls a second want. The coroutines above it (``get``, ``table``, …) are for everything else; they raise the
``SnmpFailure`` kinds of ``failures.py`` and accept a ``Timing`` that says when the first packet went out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from netmon.snmp import wire
from netmon.snmp.client.engine import Engine
from netmon.snmp.client.exchange import Exchange, Memo, Target, Timing, numeric_address
from netmon.snmp.client.failures import (
    SnmpAuth,
    SnmpError,
    SnmpFailure,
    SnmpLocal,
    SnmpRefused,
    SnmpTimeout,
    SnmpUnreachable,
)
from netmon.snmp.client.tables import Rows, TableReader
from netmon.snmp.usm import Security
from netmon.snmp.wire import Template, VarBind

__all__ = [
    "Exchange",
    "Memo",
    "Rows",
    "Security",
    "SnmpAuth",
    "SnmpClient",
    "SnmpError",
    "SnmpFailure",
    "SnmpLocal",
    "SnmpRefused",
    "SnmpTimeout",
    "SnmpUnreachable",
    "Target",
    "Timing",
    "numeric_address",
]


class SnmpClient(Engine):
    """Asks agents; open it inside the loop that it shall serve, and close it.

    Every coroutine raises ``SnmpFailure`` (its kinds are in ``failures.py``), and ``WireError`` for a name that is
    no object identifier. Whoever is cancelled leaves nothing behind.
    """

    def __init__(
        self, *, limit: int = 512, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        """Allow ``limit`` questions in flight at once, of each device one and an urgent one.

        ``clock`` and ``wall`` are for tests.
        """
        super().__init__(limit=limit, clock=clock, wall=wall)

    async def ask(self, target: Target, template: Template, timing: Timing | None = None) -> list[VarBind]:
        """Ask one question as it stands, and give the answer's variable bindings."""
        answered = asyncio.Event()
        exchange = self.request(target, template, lambda _: answered.set())
        try:
            await answered.wait()
        finally:
            self.cancel(exchange)  # nothing to do when it is done
            if timing is not None:
                timing.note(exchange)
        if exchange.failure is not None:
            raise exchange.failure
        return list(exchange.varbinds)

    async def get(self, target: Target, oids: Sequence[bytes], *, timing: Timing | None = None) -> list[VarBind]:
        """GET these objects, in their order; in halves where the answer would be too big for the agent.

        What v2c agents do not have comes with the tag noSuchObject or noSuchInstance; v1 agents refuse the whole
        (``SnmpError`` with status noSuchName and the index of the first that is missing).
        """
        if not oids:
            return []
        try:
            return await self.ask(target, target.template(wire.GET, oids), timing)
        except SnmpError as error:
            if error.status != wire.TOO_BIG or len(oids) == 1:
                raise
        half = len(oids) // 2
        first = await self.get(target, oids[:half], timing=timing)
        return first + await self.get(target, oids[half:], timing=timing)

    async def get_next(self, target: Target, oids: Sequence[bytes], *, timing: Timing | None = None) -> list[VarBind]:
        """GETNEXT: what follows each of these names; at the end v2c gives endOfMibView, v1 raises noSuchName."""
        return await self.ask(target, target.template(wire.GET_NEXT, oids), timing)

    async def get_bulk(
        self,
        target: Target,
        oids: Sequence[bytes],
        *,
        non_repeaters: int = 0,
        max_repetitions: int = 10,
        timing: Timing | None = None,
    ) -> list[VarBind]:
        """GETBULK (RFC 3416, section 4.2.3); with half the repetitions where that is too big for the agent.

        An agent that has or may have no GETBULK (v1, ``bulk`` false) is asked by GETNEXT: one repetition.
        """
        if not target.speaks_bulk:
            return await self.get_next(target, oids, timing=timing)
        while True:
            template = target.template(
                wire.GET_BULK, oids, non_repeaters=non_repeaters, max_repetitions=max_repetitions
            )
            try:
                return await self.ask(target, template, timing)
            except SnmpError as error:
                if error.status != wire.TOO_BIG or max_repetitions <= 1:
                    raise
            max_repetitions //= 2

    async def walk(
        self, target: Target, root: bytes, *, limit: int = 20000, timing: Timing | None = None
    ) -> list[VarBind]:
        """Read all that lies below ``root``, in order; more than ``limit`` objects are an ``SnmpError``.

        So is an agent that goes backwards: a walk always ends.
        """
        rows = await self.table(target, [root], limit=limit, timing=timing)
        return [cell for row in rows.values() for cell in row if cell is not None]

    async def table(
        self, target: Target, columns: Sequence[bytes], *, limit: int = 20000, timing: Timing | None = None
    ) -> Rows:
        """Read columns side by side: a dict from index to one cell for each column (``None`` where there is none).

        The columns may be of several tables that share an index. ``limit`` is the number of cells; errors as ``walk``.
        """
        return await TableReader(self, target, columns, limit=limit, timing=timing).read()
