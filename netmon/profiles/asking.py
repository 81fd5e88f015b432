"""What the first contact must ask of a device, by its profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Needs:
    """What the first contact must ask: single instances, and columns to walk, those of a table side by side."""

    instances: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]


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
    for table in profile.tables:
        columns.update(dict.fromkeys(absolute(oid, root) for oid in _of_table(table)))
        instances.update(dict.fromkeys(absolute(oid, root) for oid in table.watch))
    routes = tuple((part,) for part in wan_needs(wan))  # each a subtree, so none stands beside another
    return Needs(tuple(instances), side_by_side(columns) + routes)


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
    for column in columns:
        tables.setdefault(column.rpartition(".")[0], []).append(column)
    return tuple(map(tuple, tables.values()))


def _of_table(table: Table) -> Iterator[str]:
    sources = [table.key_source, *(source for _, source in table.labels)]
    for entry in table.columns:
        sources += [entry.source, *(source for _, source in entry.labels)]
        yield from (oid for oid in (entry.when, entry.without) if oid)
    yield from (oid for oid, _ in named(sources, in_table=True))
    if table.vouch:
        yield table.vouch
    yield from _of_where(table.where)


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


def absolute(oid: str, root: str) -> str:
    """Put a device's root before an object that begins with a dot."""
    return root + oid if root and oid.startswith(".") else oid
