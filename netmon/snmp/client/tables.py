"""Reading whole columns from an agent that may be weak, broken or hostile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from netmon.snmp import wire
from netmon.snmp.client.exchange import Target, Timing
from netmon.snmp.client.failures import SnmpError
from netmon.snmp.wire import Template, VarBind

_WIDEST: Final = 32  # columns side by side in one request
_FULL: Final = 60  # variable bindings that an answer below 1,500 bytes has room for
_NO_MORE: Final = frozenset({wire.END_OF_MIB_VIEW, wire.NO_SUCH_OBJECT, wire.NO_SUCH_INSTANCE})

Rows = dict[bytes, list[VarBind | None]]
"""By index (content bytes): one place for each column asked for, ``None`` where the row has no such cell."""


class Asks(Protocol):
    """Whoever can ask one question."""

    async def ask(self, target: Target, template: Template, timing: Timing | None) -> list[VarBind]:
        """Ask one question as it stands."""


class TableReader:
    """One reading of some columns of one agent: where each column stands, and what has been read."""

    def __init__(
        self, asks: Asks, target: Target, columns: Sequence[bytes], *, limit: int, timing: Timing | None
    ) -> None:
        """Note what to read; ``limit`` is the number of cells that end it with an error."""
        self.rows: Rows = {}
        self._asks = asks
        self._target = target
        self._columns = tuple(columns)
        self._limit = limit
        self._timing = timing
        self._cells = 0
        self._at = dict(enumerate(self._columns))  # the last name seen in each column that has not ended
        self._width = _WIDEST
        self._repetitions = max(1, target.max_repetitions)

    async def read(self) -> Rows:
        """Read on until every column has ended.

        Raises:
            SnmpFailure: No answer; or, as ``SnmpError``, an agent that goes backwards, answers nothing, or goes on
                beyond the limit.
        """
        while self._at:
            asked = list(self._at)[: self._width]
            try:
                binds = await self._asks.ask(self._target, self._question(asked), self._timing)
            except SnmpError as error:
                self._adapt(asked, error)
            else:
                self._take(asked, binds)
        return self.rows

    def _question(self, asked: list[int]) -> Template:
        names = [self._at[column] for column in asked]
        if not self._target.speaks_bulk:
            return self._target.template(wire.GET_NEXT, names)
        repetitions = max(1, min(self._repetitions, _FULL // len(asked)))
        return self._target.template(wire.GET_BULK, names, max_repetitions=repetitions)

    def _adapt(self, asked: list[int], error: SnmpError) -> None:
        """Ask for less after tooBig; in SNMPv1 noSuchName is how a column ends (RFC 1157, section 4.1.3)."""
        if error.status == wire.NO_SUCH_NAME and (1 <= error.index <= len(asked) or len(asked) == 1):
            del self._at[asked[error.index - 1 if 1 <= error.index <= len(asked) else 0]]
        elif error.status != wire.TOO_BIG:
            raise error
        elif self._target.speaks_bulk and min(self._repetitions, _FULL // len(asked)) > 1:
            self._repetitions = min(self._repetitions, _FULL // len(asked)) // 2
        elif len(asked) > 1:
            self._width = len(asked) // 2
        else:
            raise error

    def _take(self, asked: list[int], binds: list[VarBind]) -> None:
        if not binds:
            raise SnmpError("the agent answers with nothing in the middle of a table")
        for place, bind in enumerate(binds):
            column = asked[place % len(asked)]
            name, tag, _ = bind
            if column not in self._at:
                continue  # it ended earlier in this answer
            if tag in _NO_MORE:
                del self._at[column]
                continue
            if not wire.oid_precedes(self._at[column], name):
                raise SnmpError(f"the agent goes backwards at {wire.decode_oid(name)}")
            if not name.startswith(self._columns[column]):
                del self._at[column]
                continue
            self._at[column] = name
            self._keep(column, bind)

    def _keep(self, column: int, bind: VarBind) -> None:
        self._cells += 1
        if self._cells > self._limit:
            raise SnmpError(f"the agent has more than {self._limit} objects there, or no end")
        index = bind[0][len(self._columns[column]) :]
        row = self.rows.get(index)
        if row is None:
            row = self.rows[index] = [None] * len(self._columns)
        row[column] = bind
