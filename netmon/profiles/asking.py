"""What the first contact must ask of a device, by its profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from netmon.profiles.wan import wan_needs
from netmon.profiles.words import (
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    Add,
    Aggregate,
    First,
    FirstOf,
    Get,
    Join,
    Profile,
    Ratio,
    Source,
    Table,
    Where,
)

_LONGEST: Final = 128  # numbers of an identifier


@dataclass(frozen=True, slots=True)
class Needs:
    """What the first contact must ask: single instances, and columns to walk, those of a table side by side.

    ``only_with``: some of these, at the end, in which others look something up: without a row in one of those that
    stand beside them here nobody looks.
    """

    instances: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    only_with: Mapping[tuple[str, ...], frozenset[str]] = field(default_factory=dict)


def needs(profile: Profile, sys_object_id: str, wan: str = "") -> Needs:
    """Say what must be known of a device before a plan can be made; ``wan`` is how it names its port."""
    root = sys_object_id if profile.root else ""
    instances = {SYS_DESCR: None, SYS_OBJECT_ID: None, SYS_UP_TIME: None}
    columns: dict[str, None] = {}
    singles = [*profile.system.values(), *(entry.source for entry in profile.scalars)]
    for entry in (*profile.scalars, *profile.groups):
        singles += [source for _, source in entry.labels]
    for oid, is_column in named(singles, in_table=False):
        (columns if is_column else instances)[absolute(oid, root)] = None
    for oid, _ in named((entry.source for entry in profile.groups), in_table=True):
        columns[absolute(oid, root)] = None
    columns.update(dict.fromkeys(_of_listings(profile, root)))
    looked_up: dict[str, set[str]] = {}
    for table in profile.tables:
        own, others = _of_table(table, root)
        columns.update(dict.fromkeys(own))
        for oid in others:
            looked_up.setdefault(oid, set()).update(own)
        instances.update(dict.fromkeys(absolute(oid, root) for oid in table.watch))
    routes = tuple((part,) for part in wan_needs(wan))  # each a subtree, so none stands beside another
    later = side_by_side(oid for oid in looked_up if oid not in columns)
    only_with = {group: frozenset[str]().union(*(looked_up[oid] for oid in group)) for group in later}
    return Needs(tuple(filter(_can_be_asked, instances)), side_by_side(columns) + routes + later, only_with)


def listing_needs(profile: Profile, sys_object_id: str) -> Needs:
    """Say what must be asked of a controller to know its access points, and nothing else."""
    root = sys_object_id if profile.root else ""
    return Needs((), side_by_side(dict.fromkeys(_of_listings(profile, root))))


def _of_listings(profile: Profile, root: str) -> Iterator[str]:
    for listing in profile.access_points:
        for oid, _ in named((*listing.texts.values(), listing.clients), in_table=True):
            yield absolute(oid, root)
        yield from (absolute(column, root) for column in _of_where(listing.where))


def side_by_side(columns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Put columns of one table together: they have the same rows, so one walk fetches them all."""
    tables: dict[str, list[str]] = {}
    for column in filter(_can_be_asked, columns):
        tables.setdefault(column.rpartition(".")[0], []).append(column)
    return tuple(map(tuple, tables.values()))


def _of_table(table: Table, root: str) -> tuple[list[str], list[str]]:
    """Name a table's columns: those that have its rows, and those in which something is looked up."""
    sources = [table.key_source, *(source for _, source in table.labels)]
    for entry in table.columns:
        sources += [entry.source, *(source for _, source in entry.labels)]
    conditions = [oid for entry in table.columns for oid in (entry.when, entry.without) if oid]
    wanted = dict.fromkeys([*(oid for oid, _ in named(sources, in_table=True)), *conditions])
    rows = [oid for entry in table.columns for oid in columns_of(entry.source)] or list(columns_of(table.key_source))
    beside = {oid.rpartition(".")[0] for oid in rows}
    own = [oid for oid in wanted if oid.rpartition(".")[0] in beside or not beside]
    own += [oid for oid in (table.vouch, *_of_where(table.where)) if oid]
    others = [oid for oid in wanted if oid not in own]
    return [absolute(oid, root) for oid in own], [absolute(oid, root) for oid in others]


def columns_of(source: Source) -> Iterator[str]:
    """Name the columns whose rows are a table's own rows: nothing is looked up in them."""
    match source:
        case Get(oid=oid, index=None) if oid != "index":
            yield oid
        case FirstOf(sources=several) | Add(sources=several) | Join(sources=several):
            for one in several:
                yield from columns_of(one)
        case Aggregate(matches=matches) if matches:
            yield from columns_of(matches)
        case _:
            pass


def named(sources: Iterable[Source | None], *, in_table: bool) -> Iterator[tuple[str, bool]]:
    """Name every object of sources, and whether it is a column."""
    for source in sources:
        match source:
            case Get(oid=oid) if oid != "index":
                yield oid, in_table
            case Aggregate():
                also = (source.column, source.exists, source.unless, *_of_where(source.where))
                yield from ((oid, True) for oid in also if oid)
                yield from named((source.by, source.matches, source.known), in_table=True)
            case First(get=get, where=where):
                yield from ((oid, True) for oid in (get.oid, *_of_where(where)))
            case FirstOf(sources=several) | Add(sources=several) | Join(sources=several):
                yield from named(several, in_table=in_table)
            case Ratio():
                yield from named((source.part, source.whole, *source.free), in_table=in_table)
            case _:
                pass


def _of_where(wheres: Iterable[Where]) -> Iterator[str]:
    return (where.column for where in wheres if where.column != "index")


def _can_be_asked(oid: str) -> bool:
    """Say whether an identifier is whole: below a root that a device does not tell, or tells too long, it is none.

    An identifier has at most 128 numbers (RFC 2578, section 3.5).
    """
    return not oid.startswith(".") and oid.count(".") < _LONGEST


def absolute(oid: str, root: str) -> str:
    """Put a device's root before an object that begins with a dot."""
    return root + oid if root and oid.startswith(".") else oid
