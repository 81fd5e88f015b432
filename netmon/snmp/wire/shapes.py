"""Answers that look like the last one: their numbers in one step, without reading the message again.

An agent that is asked the same thing answers with the same bytes but for the values, as long as these keep their
sizes. A ``Shape`` is what such an answer looks like: which bytes are always the same (compared all at once, as one
large number under a mask) and where each value stands (fetched all at once by ``struct``). It takes a twentieth of the
time that reading takes, and gives either exactly what reading would give, or nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from netmon.snmp.wire.messages import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    RESPONSE,
    SEQUENCE,
    TIME_TICKS,
    Value,
    open_element,
    read_integer,
)
from netmon.snmp.wire.oids import WireError

_UNSIGNED: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SIGNED: Final = {1: "b", 2: "h", 4: "i", 8: "q"}
_LONGEST: Final = {COUNTER32: 4, GAUGE32: 4, TIME_TICKS: 4, COUNTER64: 8}
_ABSENT: Final = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE})
_ID_SIZE: Final = 4
_LONG_FORM: Final = 0x80

Values = Sequence[Any]
"""A request-id and behind it the values of the answer in the order of its names, as ``decode_message`` gives them."""

_Turn = Callable[[bytes], Value]


def _unsigned(content: bytes) -> Value:
    return int.from_bytes(content, "big")


def _signed(content: bytes) -> Value:
    return int.from_bytes(content, "big", signed=True)


def _absent(_: bytes) -> Value:
    return None


class Shape:
    """What the answers to one question look like; devices of one kind share it."""

    __slots__ = ("_fixed", "_mask", "_turns", "_unpack", "size")

    def __init__(self, size: int, mask: int, fixed: int, layout: str, turns: tuple[tuple[int, _Turn], ...]) -> None:
        """Note the bytes of an answer, what stays the same in it, and by a format of ``struct`` where what changes is.

        ``turns`` are the places of values that ``struct`` does not know, and what makes them of their bytes.
        """
        self.size = size
        self._mask = mask
        self._fixed = fixed
        self._unpack = struct.Struct(layout).unpack
        self._turns = turns

    def read(self, data: bytes) -> Values | None:
        """Give the request-id and behind it the values of an answer of this shape; ``None`` for any other datagram."""
        if len(data) != self.size or int.from_bytes(data, "big") & self._mask != self._fixed:
            return None
        if not self._turns:
            return self._unpack(data)
        found = [*self._unpack(data)]
        for place, turn in self._turns:
            found[place] = turn(found[place])
        return found


class _Drawing:
    """A shape while it is drawn along an answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.mask = bytearray(b"\xff" * len(data))
        self.codes = [">"]
        self.turns: list[tuple[int, _Turn]] = []
        self.values = 0
        self._at = 0

    def leave_open(self, at: int, size: int, code: str) -> None:
        self.codes.append(f"{at - self._at}x{code}")
        self.mask[at : at + size] = bytes(size)
        self._at = at + size

    def value(self, tag: int, at: int, size: int) -> bool:
        """Draw a value; false where its kind or size is an odd one."""
        code: str | None
        turn: _Turn = _absent
        if tag in _LONGEST:
            longest = _LONGEST[tag]
            if size == longest + 1 and not self.data[at]:  # the zero byte before a number whose first bit is set
                at, size = at + 1, longest
            code, turn, fits = _UNSIGNED.get(size), _unsigned, 0 < size <= longest
        elif tag == INTEGER:
            code, turn, fits = _SIGNED.get(size), _signed, 0 < size <= _LONGEST[COUNTER64]
        elif tag in (OCTET_STRING, IP_ADDRESS):
            code, fits = f"{size}s", True
        else:
            code, fits = None, tag in _ABSENT and not size
        if not fits:
            return False
        if code is None:
            self.turns.append((self.values, turn))
        self.leave_open(at, size, code or f"{size}s")
        self.values += 1
        return True

    def done(self) -> Shape:
        size = len(self.data)
        mask = int.from_bytes(self.mask, "big")
        fixed = int.from_bytes(self.data, "big") & mask
        return _shared(size, mask, fixed, "".join([*self.codes, f"{size - self._at}x"]), tuple(self.turns))


_shared = lru_cache(1 << 12)(Shape)  # of a thousand access points of one maker there are some dozens


def shape_of(data: bytes, fields: Sequence[tuple[int, int, int]]) -> Shape | None:
    """Make the shape of a message of which some fields change: the tag, place and size of the content of each.

    Its ``read`` gives the fields in their order. ``None``: one is of a kind or size that is not worth it.
    """
    drawing = _Drawing(data)
    return drawing.done() if all(drawing.value(*one) for one in fields) else None


def draw_shape(data: bytes, names: Sequence[bytes], start: int = 0) -> Shape | None:
    """Learn from an answer that ``decode_message`` has read without an objection what the next may look like.

    ``names`` are those that were asked for. ``start`` is where the element begins that holds the PDU after two others
    (the message; in SNMPv3 the scoped PDU). ``None``: it is no error-free answer to just these names, or it holds
    values of a kind or size that is not worth it.
    """
    try:
        at, end = open_element(data, start, len(data), SEQUENCE)
        for tag in (data[at], OCTET_STRING):
            _, at = open_element(data, at, end, tag)
        at, end = open_element(data, at, end, RESPONSE)
        _, after = read_integer(data, at, end)
        if after - at != _ID_SIZE + 2 or end != len(data):
            return None
        drawing = _Drawing(data)
        drawing.value(INTEGER, at + 2, _ID_SIZE)
        status, at = read_integer(data, after, end)
        _, at = read_integer(data, at, end)
        at, end = open_element(data, at, end, SEQUENCE)
        for name in names:
            # Short lengths alone are worth it: a long binding is a text that keeps no size.
            size, before = len(name), at + 4
            value = before + size + 2
            stop = value + data[value - 1]
            is_plain = data[at : at + 4] == bytes((SEQUENCE, stop - at - 2 & 0xFF, OBJECT_IDENTIFIER, size & 0xFF))
            if not is_plain or stop - at >= _LONG_FORM or not data.startswith(name, before):
                return None
            if stop > end or not drawing.value(data[value - 2], value, stop - value):
                return None
            at = stop
    except (WireError, IndexError):
        return None
    return drawing.done() if at == end and not status else None
