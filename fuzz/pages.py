"""Tables whose pages an agent makes up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from supply import Supply, Trial

from netmon.snmp import wire
from netmon.snmp.client import Rows, SnmpError, Target, Timing
from netmon.snmp.client.tables import TableReader
from netmon.snmp.wire import Template, VarBind

_ROOT = wire.encode_oid("1.3.6.1.2.1.2.2.1")
COLUMNS = [_ROOT + bytes((column,)) for column in (1, 2, 10, 16)]
_LIMIT = 40  # cells of a table
_ADAPTING = 12  # questions more than cells and columns: each asks for half as much as the one before


def following(name: bytes) -> VarBind:
    """Give the next object of an agent whose tables have no end."""
    column = next((c for c in COLUMNS if name.startswith(c)), COLUMNS[0])
    index = wire.sub_ids(name[len(column) :]) or (0,)
    return column + wire.encode_sub_ids([min(index[0] + 1, 2**32 - 1)]), wire.GAUGE32, 42


def cells(supply: Supply) -> list[VarBind]:
    """Make cells of tables: near the columns, in any order."""
    roots = [*COLUMNS, *COLUMNS, _ROOT, b"", wire.encode_oid("1.3.6.1.2.1.1.3")]
    tags = [wire.INTEGER] * 12 + [wire.END_OF_MIB_VIEW, wire.NO_SUCH_INSTANCE, wire.NO_SUCH_OBJECT, wire.NULL]
    made: list[VarBind] = []
    while not supply.is_empty:
        choice = supply.number()
        index = wire.encode_sub_ids([supply.number(1 + (choice >> 7))])
        tag = tags[choice >> 3 & 15]
        root = roots[choice % len(roots)]
        made.append((root + index, tag, None if tag in tags[12:] else choice))
    return made


def _check_rows(rows: Rows) -> None:
    assert sum(cell is not None for row in rows.values() for cell in row) <= _LIMIT
    for index, row in rows.items():
        assert any(row), "a row of nothing"
        assert all(cell is None or cell[0] == column + index for cell, column in zip(row, COLUMNS, strict=True))


class _Pages:
    """Answers by pages out of the supply; once it is used up, in a circle or without an end."""

    def __init__(self, supply: Supply) -> None:
        self.asked = 0
        self._is_endless = bool(supply.number() & 1)
        self._pages: list[list[VarBind] | SnmpError] = []
        while not supply.is_empty:
            self._pages.append(self._page(supply))

    @staticmethod
    def _page(supply: Supply) -> list[VarBind] | SnmpError:
        kind = supply.number()
        if kind < 32:
            return SnmpError("no", kind, supply.number() - 1)
        return cells(Supply(supply.portion(kind)))

    async def ask(self, _target: Target, template: Template, _timing: Timing | None) -> list[VarBind]:
        self.asked += 1
        assert self.asked <= _LIMIT + len(COLUMNS) + _ADAPTING, "it asks without end"
        assert len(template.oids) <= len(COLUMNS)
        if self.asked > len(self._pages) and (self._is_endless or not self._pages):
            return [following(name) for name in template.oids]
        page = self._pages[(self.asked - 1) % len(self._pages)]
        if isinstance(page, SnmpError):
            raise page
        return page


def try_table(data: bytes) -> None:
    """Whatever pages an agent gives, in whatever circle: a table ends, with cells in their own columns or an error."""
    supply = Supply(data)
    how = supply.number()
    target = Target("127.0.0.1", bulk=not how & 1, version="1" if how & 2 else "2c", max_repetitions=how >> 2)
    reader = TableReader(_Pages(supply), target, COLUMNS, limit=_LIMIT, timing=None)
    reading = reader.read()
    try:
        reading.send(None)  # nothing in it ever waits
    except StopIteration as end:
        _check_rows(end.value)
    except SnmpError:
        return
    finally:
        reading.close()


def table_seeds() -> list[bytes]:
    """Pages that grow, end, go back, and errors."""
    page = bytes((40, 0, 1, 1, 1, 2, 1, 3, 1))
    end = bytes((36, 0x60, 1, 0x61, 1))
    errors = [bytes((status, 1)) for status in (1, 2, 5)]
    back = bytes((36, 0, 9, 0, 3))
    return [
        bytes((how, last)) + body
        for how in (0, 1, 2, 41)
        for last in (0, 1)
        for body in (b"", page, page + end, page + back, *errors, errors[0] * 3 + page, errors[1] * 4, back + page)
    ]


@contextmanager
def table() -> Iterator[Trial]:
    """Try tables."""
    yield try_table
