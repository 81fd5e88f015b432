"""Speaking with one agent in the words of profiles: dotted identifiers, plain cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from netmon.measures import clean
from netmon.profiles import Cell, Rows
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient, SnmpError, SnmpFailure, SnmpTimeout, Target, Timing
from netmon.snmp.wire import VarBind

FEW: Final = 8
"""Objects in one request to an agent that is silent about more of them."""

Say = Callable[[str], None]
"""Takes one line of a transcript, for people; it never holds a community."""

_ASK_AGAIN_WITHOUT: Final = frozenset({wire.NO_SUCH_NAME, wire.GEN_ERR})
_TYPES: Final = {
    wire.INTEGER: "INTEGER",
    wire.OCTET_STRING: "STRING",
    wire.NULL: "NULL",
    wire.OBJECT_IDENTIFIER: "OID",
    wire.IP_ADDRESS: "IpAddress",
    wire.COUNTER32: "Counter32",
    wire.GAUGE32: "Gauge32",
    wire.TIME_TICKS: "TimeTicks",
    wire.OPAQUE: "Opaque",
    wire.OPAQUE_FLOAT: "Opaque",
    wire.OPAQUE_DOUBLE: "Opaque",
    wire.COUNTER64: "Counter64",
    wire.NO_SUCH_OBJECT: "no such object",
    wire.NO_SUCH_INSTANCE: "no such instance",
    wire.END_OF_MIB_VIEW: "end of MIB view",
}
_FEW_REPETITIONS: Final = 2
_IPV4_SIZE: Final = 4


def cell_of(bind: VarBind) -> Cell:
    """Give a binding's value as profiles know it: an identifier as dotted text, the three exceptions as ``None``."""
    _, tag, value = bind
    if tag == wire.OBJECT_IDENTIFIER and isinstance(value, bytes):
        return wire.decode_oid(value)
    return value


def dotted(index: bytes) -> str:
    """Give a row's index as dotted text."""
    return ".".join(map(str, wire.sub_ids(index)))


def shown(bind: VarBind) -> str:
    """Write a binding for people: name, type, value; bytes that are no text in hexadecimal."""
    name, tag, _ = bind
    kind, cell = _TYPES.get(tag, f"tag {tag:#04x}"), cell_of(bind)
    if cell is None:
        return f"{wire.decode_oid(name)}: {kind}"
    if tag == wire.IP_ADDRESS and isinstance(cell, bytes) and len(cell) == _IPV4_SIZE:
        cell = ".".join(map(str, cell))
    if isinstance(cell, bytes):
        text = clean(cell)
        is_text = tag == wire.OCTET_STRING and "\ufffd" not in text
        return f"{wire.decode_oid(name)} = {kind}: {repr(text) if is_text else cell[:64].hex(' ')}"
    return f"{wire.decode_oid(name)} = {kind}: {cell}"


class Dialogue:
    """One conversation with an agent.

    Attributes:
        timing: When its first packet was sent, and the quickest round-trip.
        target: Whom it speaks with; an agent that chokes on large answers is asked for less from then on.
    """

    def __init__(self, client: SnmpClient, target: Target, say: Say | None = None) -> None:
        """Speak with ``target``; ``say`` gets a transcript."""
        self.timing = Timing()
        self.target = target
        self._client = client
        self._say = say

    def adapt(self, *, bulk: bool, repetitions: int) -> None:
        """Ask from now on as the agent's profile says."""
        self.target = replace(self.target, bulk=bulk, max_repetitions=repetitions)

    def _tell(self, line: str) -> None:
        if self._say is not None:
            self._say(line)

    def _tell_all(self, binds: Iterable[VarBind]) -> None:
        if self._say is not None:
            for bind in binds:
                self._say(f"  {shown(bind)}")

    async def get(self, instances: Sequence[str]) -> list[Cell]:
        """GET instances, in their order; what the agent has not, or stumbles over, is ``None``.

        Raises:
            SnmpFailure: no answer, or one that is none.
        """
        out: list[Cell] = [None] * len(instances)
        places = dict(enumerate(map(wire.encode_oid, instances)))
        while places:
            asked = list(places)
            self._tell(f"GET {' '.join(instances[place] for place in asked)}")
            try:
                binds = await self._client.get(self.target, list(places.values()), timing=self.timing)
            except SnmpError as error:
                self._tell(f"  {error.detail}")
                # An SNMPv1 agent refuses the whole for one object that it has not (RFC 1157, section 4.1.2).
                if error.status not in _ASK_AGAIN_WITHOUT:
                    raise
                if not 1 <= error.index <= len(asked):
                    return await self._halves(instances, asked, out)
                del places[asked[error.index - 1]]
                continue
            except SnmpFailure as failure:
                self._tell(f"  {failure.detail}")
                raise
            self._tell_all(binds)
            for place, bind in zip(asked, binds, strict=True):
                out[place] = cell_of(bind)
            return out
        return out

    async def _halves(self, instances: Sequence[str], asked: Sequence[int], out: list[Cell]) -> list[Cell]:
        """Get what an agent refuses without saying because of which object; one that it refuses alone is none."""
        middle = len(asked) // 2
        for half in (asked[:middle], asked[middle:]) if middle else ():
            for place, cell in zip(half, await self.get([instances[place] for place in half]), strict=True):
                out[place] = cell
        return out

    async def first_below(self, oids: Sequence[str]) -> dict[str, Cell]:
        """Give the first object below each identifier; ``None`` where there is none.

        Raises:
            SnmpFailure: no answer, or one that is none.
        """
        names = [wire.encode_oid(oid) for oid in oids]
        self._tell(f"GETNEXT {' '.join(oids)}")
        try:
            binds = await self._client.get_next(self.target, names, timing=self.timing)
        except SnmpError as error:
            self._tell(f"  {error.detail}")
            if len(oids) == 1:
                return {oids[0]: None}  # in SNMPv1 an error is how a tree ends
            halves = (oids[: len(oids) // 2], oids[len(oids) // 2 :])
            return {oid: cell for half in halves for oid, cell in (await self.first_below(half)).items()}
        except SnmpFailure as failure:
            self._tell(f"  {failure.detail}")
            raise
        self._tell_all(binds)
        pairs = zip(oids, names, binds, strict=False)  # an agent may answer less than it was asked
        below = {oid: cell_of(bind) for oid, name, bind in pairs if bind[0].startswith(name) and bind[0] != name}
        return {oid: below.get(oid) for oid in oids}

    async def columns(self, columns: Sequence[str]) -> dict[str, Rows]:
        """Walk columns that stand side by side; each comes as its cells by index, empty where there are none.

        An agent that is silent is asked again for little at a time: many choke on large answers.

        Raises:
            SnmpFailure: no answer, or one that is none.
        """
        try:
            return await self._walk(columns)
        except SnmpTimeout:
            if not self.target.speaks_bulk or self.target.max_repetitions <= _FEW_REPETITIONS:
                raise
            before = self.target
            self.target = replace(before, max_repetitions=_FEW_REPETITIONS)
            try:
                return await self._walk(columns)
            except SnmpTimeout:
                self.target = before
                raise

    async def _walk(self, columns: Sequence[str]) -> dict[str, Rows]:
        self._tell(f"WALK {' '.join(columns)}")
        names = [wire.encode_oid(column) for column in columns]
        try:
            rows = await self._client.table(self.target, names, timing=self.timing)
        except SnmpFailure as failure:
            self._tell(f"  {failure.detail}")
            raise
        self._tell_all(bind for row in rows.values() for bind in row if bind is not None)
        out: dict[str, dict[str, Cell]] = {column: {} for column in columns}
        for index, row in rows.items():
            text = dotted(index)
            for column, bind in zip(columns, row, strict=True):
                if bind is not None and text:
                    out[column][text] = cell_of(bind)
        return dict(out)
