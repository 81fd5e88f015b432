"""What a profile consists of, as frozen values: how a device is recognised and which objects give which measure.

An object identifier here is dotted text. In a table it names a column, outside an instance (``1.3.6.1.2.1.1.5.0``).
One that begins with a dot lies below the device's own sysObjectID (``root: sysObjectID``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from netmon.profiles.command_words import Commands

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"  # SNMPv2-MIB::sysDescr
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"  # SNMPv2-MIB::sysObjectID
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"  # SNMPv2-MIB::sysUpTime


class ProfileError(ValueError):
    """A profile that cannot be used: ``path`` leads to the key (``("tables", 0, "key")``), the text says why."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        """Keep the place and the reason."""
        self.path = path
        self.message = message
        super().__init__(f"{'.'.join(map(str, path)) or 'profile'}: {message}")


Piece = tuple[int | None, int | None]
"""Where a piece of an index begins and ends, in numbers, as in a slice of Python."""


@dataclass(frozen=True, slots=True)
class Get:
    """One cell. ``oid`` may also be ``index``: then the row's own index is the text.

    ``index`` takes only a piece of the row's index, for a lookup in another table. ``pattern``: what its first group
    finds is the text. ``map`` gives another text, or a number, for a text. ``unknown`` are texts of cells that say
    nothing. ``equals`` makes 1 or 0.
    """

    oid: str
    transforms: tuple[str, ...] = ()
    equals: int | str | None = None
    nonzero: bool = False
    unknown: frozenset[str] = frozenset()
    pattern: str = ""
    index: Piece | None = None
    map: tuple[tuple[str, str | float], ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that the profile itself gives, or the number 1 of an info series."""

    text: str = ""
    value: float = 1


@dataclass(frozen=True, slots=True)
class Where:
    """Only rows in which the cell of ``column`` says this (numbers and identifiers as they are written; none: empty).

    The column ``index`` is the row's own index.

    What is given must hold: one of ``equal``, none of ``unequal``, a text that ``like`` finds, one that ``unlike``
    does not.
    """

    column: str
    equal: frozenset[str] | None = None
    unequal: frozenset[str] = frozenset()
    like: str = ""
    unlike: str = ""

    def holds(self, text: str) -> bool:
        """Say whether a cell's text is one of those meant."""
        return (
            (self.equal is None or text in self.equal)
            and text not in self.unequal
            and (not self.like or re.search(self.like, text) is not None)
            and (not self.unlike or re.search(self.unlike, text) is None)
        )


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column made one number.

    ``exists``: a column that has rows on every device of which the answer is to be 0, not absent, while the
    aggregated column is empty. ``matches`` and ``by``, inside a table: only rows whose text ``by`` (the aggregated
    cell's own, if not given) equals the own row's text ``matches``. ``by`` in a group: one number for each such text;
    ``known``: texts, one for each row of its column, that get at least a 0.
    """

    how: Literal["sum", "mean", "count"]
    column: str
    transforms: tuple[str, ...] = ()
    volatile: bool = False
    where: tuple[Where, ...] = ()
    exists: str = ""
    unless: str = ""
    matches: Source | None = None
    by: Source | None = None
    known: Source | None = None

    def cell(self) -> Get:
        """Give the source of one of its cells."""
        return Get(self.column, self.transforms)


@dataclass(frozen=True, slots=True)
class First:
    """The cell of the first row that fulfils all conditions; ``get`` names the column."""

    get: Get
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Texts put together with ``/`` between them; empty ones are left out."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first source that the device gives."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Add:
    """The sum of those sources that the device gives."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """``part`` of ``whole``, or, where ``free`` is given, what those leave of ``whole``."""

    whole: Source
    part: Source | None = None
    free: tuple[Source, ...] = ()


Source = Get | Constant | Aggregate | FirstOf | Add | Ratio | Join | First


@dataclass(frozen=True, slots=True)
class Entry:
    """A measure and its source. ``labels`` are text sources.

    In tables ``when`` is a column that must hold something in the row, ``without`` one that must have no cell there.
    """

    measure: str
    source: Source
    labels: tuple[tuple[str, Source], ...] = ()
    when: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that each give the same measures.

    ``key`` is the label that tells rows apart, ``key_source`` gives its text; rows of one name get their index
    behind it. ``vouch`` is the column whose cell must not change while the plan holds (the key's own cell always is
    one too); ``watch`` are instances that change when rows come, go or move.
    """

    name: str
    key: str
    key_source: Source
    labels: tuple[tuple[str, Source], ...] = ()
    columns: tuple[Entry, ...] = ()
    where: tuple[Where, ...] = ()
    vouch: str = ""
    watch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Says:
    """The first object at or below ``oid`` has a text that ``pattern`` finds."""

    oid: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Match:
    """How a device is recognised; all that is given must hold. Prefixes are of whole numbers, not of characters.

    ``has`` are objects, or subtrees in which it must have some.
    """

    sys_object_id: tuple[str, ...] = ()
    sys_descr: str = ""
    sys_descr_not: str = ""
    has: tuple[str, ...] = ()
    says: tuple[Says, ...] = ()

    def objects(self) -> tuple[str, ...]:
        """Name what must be asked of a device to know whether it fits."""
        return (*self.has, *[one.oid for one in self.says])


@dataclass(frozen=True, slots=True)
class Listing:
    """What a controller's rows tell of its access points: texts by field, and how many clients each has."""

    texts: Mapping[str, Source]
    clients: Source | None = None
    where: tuple[Where, ...] = ()


_VARBINDS: Final = 48
"""Objects in one GET where a profile does not say: about what an answer that passes any tunnel has room for."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A maker's system, as data.

    ``bulk``, ``max_repetitions`` and ``max_varbinds`` are ``None`` where the profile does not say; ask
    :meth:`asks_bulk` and its neighbours.
    """

    name: str
    vendor: str = ""
    extends: str = ""
    root: bool = False
    match: tuple[Match, ...] = ()
    system: Mapping[str, Source] = field(default_factory=dict)
    scalars: tuple[Entry, ...] = ()
    tables: tuple[Table, ...] = ()
    groups: tuple[Entry, ...] = ()
    access_points: tuple[Listing, ...] = ()
    variants: tuple[tuple[Match, Profile], ...] = ()
    bulk: bool | None = None
    max_repetitions: int | None = None
    max_varbinds: int | None = None
    commands: Commands | None = None

    def asks_bulk(self) -> bool:
        """Say whether tables are asked by GETBULK (by default) or cell by cell."""
        return self.bulk is not False

    def repetitions(self) -> int:
        """Say how many rows one GETBULK asks for."""
        return self.max_repetitions or 20

    def varbinds(self) -> int:
        """Say how many cells one GET asks for at most."""
        return self.max_varbinds or _VARBINDS
