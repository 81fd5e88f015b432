"""From a request to a response: GET, GETNEXT and GETBULK of SNMP v1 and v2c, over a simulated device.

Sources: RFC 3416 section 4.2 (v2c), RFC 1157 section 4.1 (v1), RFC 2576 section 4.1.2 (no Counter64 in v1).
"""

from __future__ import annotations

from typing import Final

from netmon.simulator.agents import Box, Cell, Moment, Tree, element, finish
from netmon.snmp import wire

_BULK_BYTES: Final = 1400
"""A GETBULK response's variable bindings fill no more than this, so that it fits an Ethernet frame."""
_LARGEST: Final = 60_000
_NOT_WRITABLE: Final = wire.ERROR_STATUS.index("notWritable")
_CONTINUED: Final = bytes(range(0x80, 0x100))  # bytes of a sub-identifier that goes on
_END: Final = bytes((wire.END_OF_MIB_VIEW, 0))


class View:
    """A device's objects as they are for one request."""

    __slots__ = ("_box", "_moment", "_tree", "_v1")

    def __init__(self, box: Box, moment: Moment, v1: bool = False) -> None:
        """Look at a device at a moment; v1 has no Counter64."""
        self._box = box
        self._tree = box.model.tree
        self._moment = moment
        self._v1 = v1

    def get(self, name: bytes) -> bytes | None:
        """Give an object's variable binding, ``None`` where there is no such object."""
        place = self._tree.places.get(name)
        if place is not None:
            cell = self._tree.cells[place]
            return None if self._v1 and _is_wide(cell) else finish(cell, self._moment)
        table = self._box.model.table
        if table and name.startswith(table):
            rows = self._box.rows(self._moment)
            place = rows.places.get(name)
            if place is not None:
                return finish(rows.cells[place], self._moment)
        return None

    def next(self, name: bytes) -> tuple[bytes, bytes] | None:
        """Give the next object's name and variable binding, ``None`` at the end."""
        while True:
            tree, place = self._find(name)
            if place >= len(tree.names):
                return None
            name, cell = tree.names[place], tree.cells[place]
            if not (self._v1 and _is_wide(cell)):
                return name, finish(cell, self._moment)

    def _find(self, name: bytes) -> tuple[Tree, int]:
        place = self._tree.after(name)
        if place == self._box.model.gap:
            rows = self._box.rows(self._moment)
            row = rows.after(name)
            if row < len(rows.names):
                return rows, row
        return self._tree, place

    def missing(self, name: bytes) -> int:
        """Say what an absent name is: noSuchInstance where its object has other instances, else noSuchObject."""
        parent = name[:-1].rstrip(_CONTINUED) or name
        following = self.next(parent)
        return wire.NO_SUCH_INSTANCE if following and following[0].startswith(parent) else wire.NO_SUCH_OBJECT


def _is_wide(cell: Cell) -> bool:
    return isinstance(cell, tuple) and cell[1] == wire.COUNTER64


def _without_value(name: bytes, mark: bytes) -> bytes:
    return element(wire.SEQUENCE, element(wire.OBJECT_IDENTIFIER, name) + mark)


def answer(box: Box, request: wire.Message, at: float) -> bytes:
    """Answer a request as the device would at a time (Unix seconds).

    Raises:
        WireError: It is no request.
    """
    if request.pdu_type not in {wire.GET, wire.GET_NEXT, wire.GET_BULK, wire.SET}:
        raise wire.WireError(f"not a request: {request.pdu_type:#04x}")
    view = View(box, Moment(box, at), request.version == wire.VERSION_1)
    if request.pdu_type == wire.SET:
        return _refuse(request, wire.NO_SUCH_NAME if request.version == wire.VERSION_1 else _NOT_WRITABLE, 1)
    if request.version == wire.VERSION_1:
        return _answer_v1(view, request)
    if request.pdu_type == wire.GET:
        binds = [
            view.get(name) or _without_value(name, bytes((view.missing(name), 0))) for name, _, _ in request.varbinds
        ]
    elif request.pdu_type == wire.GET_NEXT:
        binds = [_next(view, name)[1] for name, _, _ in request.varbinds]
    else:
        binds = _bulk(view, request)
    return _respond(request, b"".join(binds))


def _next(view: View, name: bytes) -> tuple[bytes, bytes, bool]:
    """Give name, binding, and whether there is a next one."""
    found = view.next(name)
    return (*found, True) if found else (name, _without_value(name, _END), False)


def _answer_v1(view: View, request: wire.Message) -> bytes:
    """Answer in SNMP v1: one missing name spoils the whole request."""
    if request.pdu_type == wire.GET_BULK:
        raise wire.WireError("SNMPv1 has no GETBULK")
    binds = []
    for index, (name, _, _) in enumerate(request.varbinds, 1):
        following = view.next(name) if request.pdu_type == wire.GET_NEXT else None
        bind = following[1] if following else view.get(name) if request.pdu_type == wire.GET else None
        if bind is None:
            return _refuse(request, wire.NO_SUCH_NAME, index)
        binds.append(bind)
    return _respond(request, b"".join(binds))


def _bulk(view: View, request: wire.Message) -> list[bytes]:
    """Repeat GETNEXT (RFC 3416, section 4.2.3) until a row is all ends or the response is full."""
    single = max(request.error_status, 0)
    names = [name for name, _, _ in request.varbinds]
    binds = [_next(view, name)[1] for name in names[:single]]
    size = sum(map(len, binds))
    names = names[single:]
    alive = bool(names)
    for _ in range(max(request.error_index, 0)):
        if not alive:
            break
        alive = False
        for column, name in enumerate(names):
            names[column], bind, found = _next(view, name)
            size += len(bind)
            if size > _BULK_BYTES and binds:
                return binds
            alive = alive or found
            binds.append(bind)
    return binds


def _respond(request: wire.Message, binds: bytes) -> bytes:
    if len(binds) > _LARGEST:
        return _refuse(request, wire.TOO_BIG, 0)
    return _message(request, 0, 0, binds)


def _refuse(request: wire.Message, status: int, index: int) -> bytes:
    """Answer with an error and what was asked (nothing where that is too big, RFC 3416, section 4.2.1)."""
    kept = [] if status == wire.TOO_BIG and request.version == wire.VERSION_2C else request.varbinds
    return _message(request, status, index, b"".join(map(wire.encode_varbind, kept)))


def _message(request: wire.Message, status: int, index: int, binds: bytes) -> bytes:
    head = _integer(request.version) + element(wire.OCTET_STRING, request.community)
    pdu = _integer(request.request_id) + _integer(status) + _integer(index) + element(wire.SEQUENCE, binds)
    return element(wire.SEQUENCE, head + element(wire.RESPONSE, pdu))


def _integer(number: int) -> bytes:
    size = (number + (number < 0)).bit_length() // 8 + 1
    return element(wire.INTEGER, number.to_bytes(size, "big", signed=True))
