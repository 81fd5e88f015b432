"""What an SNMP agent of the simulated city is made of: a tree of objects, and the moment in which it is asked.

The tree of a model of device is made once and shared by all devices of that model: what differs between them, or
changes with time, is a function of the moment. Only tables whose *rows* come and go (associated clients) are made
for each device and minute.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from netmon.simulator.city import SLOT, City, Rhythm
from netmon.snmp import wire

Read = Callable[["Moment"], "int | bytes"]
Cell = bytes | tuple[bytes, int, Read]
"""A finished variable binding, or (the name as an element of its own, the value's tag, what gives the value)."""


class Leaf(NamedTuple):
    """One instance of an object, on its way into a tree: its dotted name, the value's tag, the value."""

    name: str
    tag: int
    value: int | bytes | Read


class Tree:
    """Objects in the order of SNMP: those of an agent, or the rows of one table."""

    __slots__ = ("cells", "keys", "names", "places")

    def __init__(self, cells: Iterable[tuple[bytes, Cell]]) -> None:
        """Sort cells by their names (content bytes)."""
        entries = sorted(((wire.sub_ids(name), name, cell) for name, cell in cells), key=lambda entry: entry[0])
        self.keys: Final = [entry[0] for entry in entries]
        self.names: Final = [entry[1] for entry in entries]
        self.cells: Final = [entry[2] for entry in entries]
        self.places: Final = {name: place for place, name in enumerate(self.names)}

    @classmethod
    def of(cls, leaves: Iterable[Leaf]) -> Tree:
        """Encode leaves.

        Raises:
            WireError: A name is no identifier, or a value does not fit its tag.
        """
        named = [(wire.encode_oid(leaf.name), leaf) for leaf in leaves]
        return cls((name, _cell(name, leaf)) for name, leaf in named)

    def after(self, name: bytes) -> int:
        """Say at which place the next object after a name stands; ``len(names)`` where there is none."""
        place = self.places.get(name)
        return bisect_right(self.keys, wire.sub_ids(name)) if place is None else place + 1


def _cell(name: bytes, leaf: Leaf) -> Cell:
    if callable(leaf.value):
        return bytes((wire.OBJECT_IDENTIFIER, len(name))) + name, leaf.tag, leaf.value
    return wire.encode_varbind((name, leaf.tag, leaf.value))


def finish(cell: Cell, moment: Moment) -> bytes:
    """Give the variable binding of a cell as it is at a moment."""
    if isinstance(cell, bytes):
        return cell
    name, tag, read = cell
    value = read(moment)
    if isinstance(value, int):
        content = value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True)
    else:
        content = value
    return element(wire.SEQUENCE, name + element(tag, content))


def element(tag: int, content: bytes) -> bytes:
    """Write one BER element."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - X.690, 8.1.3: the short form
        return bytes((tag, size)) + content
    count = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | count)) + size.to_bytes(count, "big") + content


RowsOf = Callable[["Moment"], Iterable[tuple[bytes, bytes]]]
"""Gives the rows of a table as they are at a moment: name and finished variable binding of each cell."""


# -- hardware -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Port:
    """An interface: ``share`` is the bytes per busy second that it receives, at the busiest time."""

    index: int
    name: str
    iana_type: int = 6  # ethernetCsmacd
    megabits: int = 1000
    share: float = 0.0
    alias: str = ""
    connected: bool = True


@dataclass(frozen=True, slots=True)
class Radio:
    """A radio: the index of its interface, its band's frequency in MHz, how many clients it holds."""

    index: int
    frequency: int
    band: str
    capacity: int


class Model:
    """A model of device and the tree that it shows.

    ``table`` is the name of a table whose rows come and go, and ``rows`` gives them as they are at a moment; ``gap``
    is the place in the tree where the table lies.
    """

    __slots__ = ("gap", "name", "ports", "radios", "rows", "table", "tree")

    def __init__(
        self,
        name: str,
        ports: tuple[Port, ...],
        radios: tuple[Radio, ...],
        leaves: Iterable[Leaf],
        table: str = "",
        rows: RowsOf | None = None,
    ) -> None:
        """Encode the tree."""
        self.name: Final = name
        self.ports: Final = ports
        self.radios: Final = radios
        self.tree: Final = Tree.of(leaves)
        self.rows: Final = rows
        self.table: Final = wire.encode_oid(table) if table else b""
        self.gap: Final = self.tree.after(self.table) if table else -1


_EMPTY: Final = Tree(())


@dataclass(frozen=True, slots=True)
class Point:
    """An access point that is known through its controller: ``is_away`` says whether it has left it at a time."""

    name: str
    mac: bytes
    key: int
    rhythm: Rhythm
    is_away: Callable[[float], bool]
    capacity: int = 40


@dataclass(slots=True)
class Box:
    """One simulated device: what it is, where it stands, and when it starts anew (sorted, the first one is past)."""

    id: str
    name: str
    location: str
    ssid: str
    key: int
    model: Model
    rhythm: Rhythm
    city: City
    starts: list[float]
    cut_ports: dict[str, Callable[[float], bool]] = field(default_factory=dict)
    """Interfaces that are down at times: name → whether one is at a time."""
    points: tuple[Point, ...] = ()
    """The access points of which it is the controller."""
    _rows: tuple[int, float, tuple[bool, ...], Tree] = (-1, 0.0, (), _EMPTY)

    def rows(self, moment: Moment) -> Tree:
        """Give the rows of the model's table at a moment.

        They are made once a minute and start, and when an access point leaves or comes back.
        """
        away = tuple([point.is_away(moment.at) for point in self.points])
        if self._rows[:3] != (moment.slot, moment.start, away):
            made = self.model.rows(moment) if self.model.rows else ()
            self._rows = (moment.slot, moment.start, away, Tree(made))
        return self._rows[3]


class Moment:
    """One device at one time, as seen by a request; numbers are worked out when they are asked for."""

    __slots__ = ("_clients", "at", "box", "slot", "start")

    def __init__(self, box: Box, at: float) -> None:
        """Look at a device at a time (Unix seconds)."""
        self.box: Final = box
        self.at: Final = at
        self.slot: Final = int(at) // SLOT
        self.start: Final = box.starts[max(bisect_right(box.starts, at) - 1, 0)]
        self._clients: dict[int, int] | None = None

    def ticks(self) -> int:
        """Give sysUpTime: hundredths of a second since the device started, modulo 2^32."""
        return int((self.at - self.start) * 100) & 0xFFFFFFFF

    def clients(self, index: int) -> int:
        """Count the clients of the radio with this interface index; nobody is back in the minute of a start."""
        return self.all_clients().get(index, 0)

    def all_clients(self) -> dict[int, int]:
        """Count the clients of each radio, by interface index."""
        if self._clients is None:
            box, slot = self.box, self.slot
            settled = slot * SLOT >= self.start
            self._clients = {
                r.index: box.city.clients(box.key + r.index, box.rhythm, r.capacity, slot) if settled else 0
                for r in box.model.radios
            }
        return self._clients

    def octets(self, port: Port, ratio: float) -> int:
        """Count the bytes of an interface since the device started; ``ratio`` scales the port's share."""
        box = self.box
        busy = box.city.busy_seconds(box.rhythm, self.start, self.at)
        return int(port.share * ratio * (0.5 + box.city.luck(box.key + port.index, 0)) * busy)

    def load(self) -> int:
        """Give the processor's load in percent."""
        box = self.box
        busy = box.rhythm.busy(box.city.week_hour(self.slot))
        return int(3 + 40 * busy + 12 * box.city.luck(box.key, self.slot))
