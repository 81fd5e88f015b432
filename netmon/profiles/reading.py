"""Raw data, as a YAML file gave it, to a checked profile: every mistake is named with the way to its key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from netmon.measures import MEASURES
from netmon.profiles.transforms import TEXT_TRANSFORMS, TRANSFORMS
from netmon.profiles.words import (
    Add,
    Aggregate,
    Constant,
    Entry,
    FirstOf,
    Get,
    Match,
    Profile,
    ProfileError,
    Ratio,
    Source,
    Table,
    Where,
)

_T = TypeVar("_T")

_OID: Final = re.compile(r"(?:[0-2]|)(?:\.(?:0|[1-9][0-9]{0,9}))+")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_QUIRKS: Final = frozenset({"bulk", "max_repetitions", "max_varbinds"})
BODY: Final = _QUIRKS | {"vendor", "root", "system", "scalars", "tables", "groups", "access_points"}
"""The keys of a profile's body, which a variant may have as well."""
_KINDS: Final = ("get", "first_of", "add", "sum", "mean", "count", "ratio", "text", "constant")
GET: Final = frozenset({"get", "transform", "equals", "nonzero", "pattern", "index"})
"""The keys of a source that is one cell."""
AGGREGATE: Final = frozenset(
    ["sum", "mean", "count", "transform", "volatile", "where", "exists", "unless", "matches", "by", "known"]
)
CONDITIONS: Final = frozenset({"when", "without"})
"""The keys of a table's column that say for which rows it is."""
SYSTEM_FIELDS: Final = ("name", "model", "version", "serial", "uptime")
"""What a profile may say of the system group."""
ACCESS_POINT_FIELDS: Final = ("name", "state", "address", "model", "version", "serial", "mac", "clients")
"""What a profile may say of an access point that a controller reports."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A value and the way to it."""

    value: Any
    path: tuple[str | int, ...]

    def wrong(self, message: str) -> ProfileError:
        return ProfileError(self.path, message)

    def mapping(self, allowed: frozenset[str] | set[str]) -> dict[str, _Node]:
        if not isinstance(self.value, Mapping):
            raise self.wrong("must be a mapping")
        for key in self.value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                hint = f" (did you mean {near[0]}?)" if near else f" (known: {', '.join(sorted(allowed))})"
                raise ProfileError((*self.path, str(key)), f"unknown key{hint}")
        return {key: _Node(value, (*self.path, key)) for key, value in self.value.items()}

    def items(self) -> Iterator[_Node]:
        if not isinstance(self.value, list | tuple):
            raise self.wrong("must be a list")
        return (_Node(value, (*self.path, place)) for place, value in enumerate(self.value))

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("must be a text")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("must be true or false")
        return self.value

    def number(self, least: int = 1) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.wrong(f"must be a whole number, at least {least}")
        return self.value

    def oid(self) -> str:
        if not isinstance(self.value, str) or not _OID.fullmatch(self.value) or len(self.value.split(".")) > 120:  # noqa: PLR2004
            raise self.wrong(
                'must be a numeric object identifier in quotes or with at least two dots, like "1.3.6.1.2.1"'
            )
        return self.value

    def regex(self) -> str:
        try:
            re.compile(self.text())
        except re.error as error:
            raise self.wrong(f"is no regular expression: {error}") from None
        return self.text()

    def name_of(self, known: Mapping[str, object], what: str) -> str:
        name = self.text()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise self.wrong(f"unknown {what} {name!r}" + (f" (did you mean {near[0]}?)" if near else ""))
        return name


def _optional(fields: Mapping[str, _Node], key: str, read: Callable[[_Node], _T], default: _T) -> _T:
    return read(fields[key]) if key in fields else default


def parse(name: str, raw: Any) -> Profile:
    """Check one profile, as YAML gave it.

    Raises:
        ProfileError: a key, measure or transform that is not known, a missing one, or a wrong value.
    """
    node = _Node(raw, ())
    fields = node.mapping(BODY | {"profile", "extends", "match", "variants"})
    if "profile" in fields and fields["profile"].text() != name:
        raise fields["profile"].wrong(f"must be the file's own name, {name}")
    return _body(
        name,
        fields,
        extends=_optional(fields, "extends", _Node.text, ""),
        match=tuple(map(_match, fields["match"].items())) if "match" in fields else (),
        variants=tuple(_variant(name, item) for item in fields["variants"].items()) if "variants" in fields else (),
    )


def _body(
    name: str,
    fields: Mapping[str, _Node],
    *,
    extends: str = "",
    match: tuple[Match, ...] = (),
    variants: tuple[tuple[Match, Profile], ...] = (),
) -> Profile:
    def each(key: str, read: Callable[[_Node], _T]) -> tuple[_T, ...]:
        return tuple(map(read, fields[key].items())) if key in fields else ()

    return Profile(
        name=name,
        extends=extends,
        match=match,
        variants=variants,
        vendor=_optional(fields, "vendor", _Node.text, ""),
        root=_optional(fields, "root", _root, False),
        system=_optional(fields, "system", lambda node: _texts(node, SYSTEM_FIELDS), {}),
        scalars=each("scalars", _scalar),
        tables=each("tables", _table),
        groups=each("groups", _group),
        access_points=each("access_points", lambda node: _texts(node, ACCESS_POINT_FIELDS)),
        bulk=_optional(fields, "bulk", _Node.flag, None),
        max_repetitions=_optional(fields, "max_repetitions", _Node.number, None),
        max_varbinds=_optional(fields, "max_varbinds", lambda node: node.number(4), None),
    )


def _variant(name: str, node: _Node) -> tuple[Match, Profile]:
    fields = node.mapping(BODY | {"match"})
    if "match" not in fields:
        raise node.wrong("a variant needs match")
    return _match(fields["match"]), _body(name, fields)


def _root(node: _Node) -> bool:
    if node.value != "sysObjectID":
        raise node.wrong("must be sysObjectID")
    return True


def _match(node: _Node) -> Match:
    fields = node.mapping({"sys_object_id", "sys_descr", "sys_descr_not"})
    if not fields.keys() & {"sys_object_id", "sys_descr"}:
        raise node.wrong("needs sys_object_id or sys_descr")
    ids: tuple[str, ...] = ()
    if "sys_object_id" in fields:
        given = fields["sys_object_id"]
        ids = tuple(item.oid() for item in given.items()) if isinstance(given.value, list) else (given.oid(),)
    return Match(
        ids,
        _optional(fields, "sys_descr", _Node.regex, ""),
        _optional(fields, "sys_descr_not", _Node.regex, ""),
    )


# -- sources ------------------------------------------------------------------------------------------


def _source(node: _Node, *, texts: bool = False, inherited: tuple[str, ...] = ()) -> Source:
    """Read a source: a bare identifier, or a mapping with exactly one of the kinds."""
    if isinstance(node.value, str):
        return Get("index" if node.value == "index" else node.oid(), inherited)
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be an object identifier or a mapping")
    kinds = [kind for kind in _KINDS if kind in node.value]
    if len(kinds) != 1:
        raise node.wrong(f"needs exactly one of {', '.join(_KINDS)}")
    kind = kinds[0]
    if kind == "get":
        return _get(node, texts, inherited)
    if kind in {"first_of", "add"}:
        return _several(node, kind, texts, inherited)
    if kind in {"text", "constant"}:
        only = node.mapping({kind})[kind]
        return Constant(text=only.text()) if kind == "text" else Constant(value=float(only.number(0)))
    if texts:
        raise node.wrong(f"{kind} gives no text")
    return _ratio(node) if kind == "ratio" else _aggregate(node, kind, inherited)


def _transforms(fields: Mapping[str, _Node], texts: bool) -> tuple[str, ...]:
    if "transform" not in fields:
        return ()
    node = fields["transform"]
    known: Mapping[str, object] = TEXT_TRANSFORMS if texts else TRANSFORMS
    if isinstance(node.value, list):
        return tuple(item.name_of(known, "transform") for item in node.items())
    return (node.name_of(known, "transform"),)


def _get(node: _Node, texts: bool, inherited: tuple[str, ...]) -> Get:
    fields = node.mapping(GET)
    at = fields["get"]
    equals = fields["equals"].value if "equals" in fields else None
    if equals is not None and (isinstance(equals, bool) or not isinstance(equals, int | str)):
        raise fields["equals"].wrong("must be a whole number or a text")
    return Get(
        oid="index" if at.value == "index" else at.oid(),
        transforms=_transforms(fields, texts) + inherited,
        equals=equals,
        nonzero=_optional(fields, "nonzero", _Node.flag, False),
        pattern=_optional(fields, "pattern", _Node.regex, ""),
        index=_optional(fields, "index", lambda part: part.number(-120), 0),
    )


def _several(node: _Node, kind: str, texts: bool, inherited: tuple[str, ...]) -> FirstOf | Add:
    fields = node.mapping({kind, "transform"})
    down = _transforms(fields, texts) + inherited
    sources = tuple(_source(item, texts=texts, inherited=down) for item in fields[kind].items())
    if not sources:
        raise fields[kind].wrong("must not be empty")
    return FirstOf(sources) if kind == "first_of" else Add(sources)


def _aggregate(node: _Node, kind: str, inherited: tuple[str, ...]) -> Aggregate:
    fields = node.mapping(AGGREGATE)
    how: Literal["sum", "mean", "count"] = "sum" if kind == "sum" else "mean" if kind == "mean" else "count"
    return Aggregate(
        how=how,
        column=fields[kind].oid(),
        transforms=_transforms(fields, texts=False) + inherited,
        # Rows that are counted come and go: they are walked each time, whatever the profile says.
        volatile=how == "count" or _optional(fields, "volatile", _Node.flag, False),
        where=_optional(fields, "where", _where, None),
        exists=_optional(fields, "exists", _Node.oid, ""),
        unless=_optional(fields, "unless", _Node.oid, ""),
        matches=_optional(fields, "matches", _Node.oid, ""),
        by=_optional(fields, "by", _Node.oid, ""),
        known=_optional(fields, "known", _Node.oid, ""),
    )


def _where(node: _Node) -> Where:
    fields = node.mapping({"column", "is"})
    if fields.keys() != {"column", "is"}:
        raise node.wrong("needs column and is")
    return Where(fields["column"].oid(), str(fields["is"].value))


def _ratio(node: _Node) -> Ratio:
    parts = node.mapping({"ratio"})["ratio"].mapping({"part", "whole", "free"})
    if "whole" not in parts or ("part" in parts) == ("free" in parts):
        raise node.wrong("ratio needs whole, and either part or free")
    return Ratio(
        whole=_source(parts["whole"]),
        part=_source(parts["part"]) if "part" in parts else None,
        free=tuple(map(_source, parts["free"].items())) if "free" in parts else (),
    )


def _texts(node: _Node, known: tuple[str, ...]) -> Mapping[str, Source]:
    return {key: _source(value, texts=True) for key, value in node.mapping(set(known)).items()}


# -- entries and tables -------------------------------------------------------------------------------


def _entry(node: _Node, given: tuple[str, ...], *, in_table: bool = False) -> Entry:
    """Read a measure with its source; ``given`` are labels that come from elsewhere (the table)."""
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be a mapping")
    own = {"measure", "labels", *CONDITIONS}
    fields = {key: _Node(value, (*node.path, key)) for key, value in node.value.items()}
    if "measure" not in fields:
        raise node.wrong("needs measure")
    measure = fields["measure"].name_of(MEASURES, "measure")
    labels = _labels(fields["labels"]) if "labels" in fields else ()
    names = {*given, *(name for name, _ in labels)}
    if names != set(MEASURES[measure].labels):
        raise node.wrong(f"{measure} takes the labels {list(MEASURES[measure].labels)}, not {sorted(names)}")
    for condition in () if in_table else sorted(CONDITIONS & fields.keys()):
        raise fields[condition].wrong("is for tables")
    source = _source(_Node({key: value for key, value in node.value.items() if key not in own}, node.path))
    when, without = (_optional(fields, condition, _Node.oid, "") for condition in ("when", "without"))
    return Entry(measure, source, labels, when, without)


def _labels(node: _Node) -> tuple[tuple[str, Source], ...]:
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be a mapping")
    return tuple((key, _source(_Node(value, (*node.path, key)), texts=True)) for key, value in node.value.items())


def _scalar(node: _Node) -> Entry:
    return _entry(node, ())


def _group(node: _Node) -> Entry:
    """Read a measure of one label whose texts are found in the rows themselves."""
    entry = _entry(node, MEASURES[node.value["measure"]].labels if _names_measure(node) else ())
    sources = entry.source.sources if isinstance(entry.source, Add) else (entry.source,)
    if len(MEASURES[entry.measure].labels) != 1:
        raise node.wrong(f"{entry.measure} has not exactly one label, so it cannot be grouped")
    if not all(isinstance(source, Aggregate) and source.by for source in sources):
        raise node.wrong("a group needs sum, mean or count with by, or a list of them under add")
    return entry


def _names_measure(node: _Node) -> bool:
    return isinstance(node.value, Mapping) and node.value.get("measure") in MEASURES


def _table(node: _Node) -> Table:
    fields = node.mapping({"name", "key", "labels", "columns", "where", "vouch", "watch"})
    for key in ("name", "key", "columns"):
        if key not in fields:
            raise node.wrong(f"needs {key}")
    name = fields["name"].text()
    if not _NAME.fullmatch(name):
        raise fields["name"].wrong("must be in lower case, digits and underscores")
    if not isinstance(fields["key"].value, Mapping) or len(fields["key"].value) != 1:
        raise fields["key"].wrong("must be one label and its source")
    ((key, key_source),) = _labels(fields["key"])
    labels = _labels(fields["labels"]) if "labels" in fields else ()
    given = (key, *(label for label, _ in labels))
    return Table(
        name=name,
        key=key,
        key_source=key_source,
        labels=labels,
        columns=tuple(_column(item, given) for item in fields["columns"].items()),
        where=_optional(fields, "where", _where, None),
        vouch=_optional(fields, "vouch", _Node.oid, ""),
        watch=tuple(item.oid() for item in fields["watch"].items()) if "watch" in fields else (),
    )


def _column(node: _Node, given: tuple[str, ...]) -> Entry:
    return _entry(node, given, in_table=True)
