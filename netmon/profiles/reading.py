"""Raw data, as a YAML file gave it, to a checked profile: every mistake is named with the way to its key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from netmon.measures import MEASURES
from netmon.profiles.commands import KEYS as COMMAND_KEYS
from netmon.profiles.commands import read_commands
from netmon.profiles.nodes import Node, optional
from netmon.profiles.rules import as_such, check_count, check_own_rows, check_state
from netmon.profiles.sources import source, text_source, wheres
from netmon.profiles.words import Add, Aggregate, Entry, FirstOf, Listing, Match, Profile, Says, Source, Table

_T = TypeVar("_T")

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_QUIRKS: Final = frozenset({"bulk", "max_repetitions", "max_varbinds"})
BODY: Final = _QUIRKS | {"vendor", "root", "system", "scalars", "tables", "groups", "access_points"}
"""The keys of a profile's body, which a variant may have as well."""
MATCH: Final = frozenset({"sys_object_id", "sys_descr", "sys_descr_not", "has", "says"})
"""The keys of one way to recognise a device."""
CONDITIONS: Final = frozenset({"when", "without"})
"""The keys of a table's column that say for which rows it is."""
SYSTEM_FIELDS: Final = ("name", "model", "version", "serial", "uptime")
"""What a profile may say of the system group."""
ACCESS_POINT_FIELDS: Final = ("name", "state", "address", "model", "version", "serial", "mac", "clients")
"""What a profile may say of an access point that a controller reports."""


def parse(name: str, raw: Any) -> Profile:
    """Check one profile, as YAML gave it.

    Raises:
        ProfileError: a key, measure or transform that is not known, a missing one, or a wrong value.
    """
    node = Node(raw, ())
    fields = node.mapping(BODY | COMMAND_KEYS | {"profile", "extends", "match", "variants"})
    if "profile" in fields and fields["profile"].text() != name:
        raise fields["profile"].wrong(f"must be the file's own name, {name}")
    return _body(
        name,
        fields,
        extends=optional(fields, "extends", Node.text, ""),
        match=tuple(map(_match, fields["match"].items())) if "match" in fields else (),
        variants=tuple(_variant(name, item) for item in fields["variants"].items()) if "variants" in fields else (),
    )


def _body(
    name: str,
    fields: Mapping[str, Node],
    *,
    extends: str = "",
    match: tuple[Match, ...] = (),
    variants: tuple[tuple[Match, Profile], ...] = (),
) -> Profile:
    def each(key: str, read: Callable[[Node], _T]) -> tuple[_T, ...]:
        return tuple(map(read, fields[key].items())) if key in fields else ()

    return Profile(
        name=name,
        extends=extends,
        match=match,
        variants=variants,
        vendor=optional(fields, "vendor", Node.text, ""),
        root=optional(fields, "root", _root, False),
        system=optional(fields, "system", _system, {}),
        scalars=each("scalars", _scalar),
        tables=each("tables", _table),
        groups=each("groups", _group),
        access_points=each("access_points", _listing),
        bulk=optional(fields, "bulk", Node.flag, None),
        max_repetitions=optional(fields, "max_repetitions", Node.number, None),
        max_varbinds=optional(fields, "max_varbinds", lambda node: node.number(4), None),
        commands=read_commands(fields),
    )


def _variant(name: str, node: Node) -> tuple[Match, Profile]:
    fields = node.mapping(BODY | {"match"})
    if "match" not in fields:
        raise node.wrong("a variant needs match")
    return _conditions(fields["match"]), _body(name, fields)


def _root(node: Node) -> bool:
    if node.value != "sysObjectID":
        raise node.wrong("must be sysObjectID")
    return True


def _match(node: Node) -> Match:
    match = _conditions(node)
    if not match.sys_object_id and not match.sys_descr:
        raise node.wrong("needs sys_object_id or sys_descr (has and says alone are for variants)")
    return match


def _conditions(node: Node) -> Match:
    fields = node.mapping(MATCH)
    if not fields:
        raise node.wrong("needs sys_object_id or sys_descr (in a variant also has or says alone)")
    return Match(
        optional(fields, "sys_object_id", Node.oids, ()),
        optional(fields, "sys_descr", Node.regex, ""),
        optional(fields, "sys_descr_not", Node.regex, ""),
        optional(fields, "has", _objects, ()),
        optional(fields, "says", _said, ()),
    )


def _objects(node: Node) -> tuple[str, ...]:
    """Read objects that are asked before anything is known of a device: they have no root to lie below."""
    oids = node.oids()
    if any(oid.startswith(".") for oid in oids):
        raise node.wrong("must not begin with a dot")
    return oids


def _said(node: Node) -> tuple[Says, ...]:
    """Read what objects must say: one, or a list."""
    out = []
    for item in node.items() if isinstance(node.value, list) else (node,):
        fields = item.mapping({"get", "pattern"})
        if len(fields) != 2:  # noqa: PLR2004
            raise item.wrong("needs get and pattern")
        at = fields["get"].oid()
        _objects(fields["get"])
        out.append(Says(at, fields["pattern"].regex()))
    return tuple(out)


def _system(node: Node) -> Mapping[str, Source]:
    return {key: text_source(value) for key, value in node.mapping(set(SYSTEM_FIELDS)).items()}


def _listing(node: Node) -> Listing:
    fields = node.mapping({*ACCESS_POINT_FIELDS, "where"})
    if not fields.keys() & {"name", "mac"}:
        raise node.wrong("needs name or mac")
    texts = {key: as_such(key, text_source(value)) for key, value in fields.items() if key not in {"clients", "where"}}
    if "state" in texts:
        check_state(texts["state"], fields["state"])
    clients = source(fields["clients"]) if "clients" in fields else None
    check_own_rows(clients, fields.get("clients", node))
    return Listing(texts, clients, optional(fields, "where", wheres, ()))


# -- entries and tables -------------------------------------------------------------------------------


def _entry(node: Node, given: tuple[str, ...], *, in_table: bool = False) -> Entry:
    """Read a measure with its source; ``given`` are labels that come from elsewhere (the table)."""
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be a mapping")
    own = {"measure", "labels", *CONDITIONS}
    fields = {key: Node(value, (*node.path, key)) for key, value in node.value.items()}
    if "measure" not in fields:
        raise node.wrong("needs measure")
    measure = fields["measure"].name_of(MEASURES, "measure")
    labels = _labels(fields["labels"]) if "labels" in fields else ()
    names = {*given, *(name for name, _ in labels)}
    if names != set(MEASURES[measure].labels):
        wanted = ", ".join(MEASURES[measure].labels) or "none"
        raise node.wrong(f"{measure} takes the labels {wanted}, not {', '.join(sorted(map(str, names))) or 'none'}")
    for condition in () if in_table else sorted(CONDITIONS & fields.keys()):
        raise fields[condition].wrong("is for tables")
    given_by = source(Node({key: value for key, value in node.value.items() if key not in own}, node.path))
    when, without = (optional(fields, condition, Node.oid, "") for condition in ("when", "without"))
    return Entry(measure, given_by, labels, when, without)


def _labels(node: Node) -> tuple[tuple[str, Source], ...]:
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be a mapping")
    return tuple((key, text_source(Node(value, (*node.path, key)))) for key, value in node.value.items())


def _scalar(node: Node) -> Entry:
    entry = _entry(node, ())
    check_count(entry.source, node)
    return entry


def _group(node: Node) -> Entry:
    """Read a measure of one label whose texts are found in the rows themselves."""
    entry = _entry(node, MEASURES[node.value["measure"]].labels if _names_measure(node) else ())
    if len(MEASURES[entry.measure].labels) != 1:
        raise node.wrong(f"{entry.measure} has not exactly one label, so it cannot be grouped")
    if not _is_group(entry.source):
        raise node.wrong("a group needs sum, mean or count with by, or a list of them under add or first_of")
    return entry


def _is_group(given_by: Source) -> bool:
    if isinstance(given_by, Add | FirstOf):
        return all(map(_is_group, given_by.sources))
    return isinstance(given_by, Aggregate) and given_by.by is not None


def _names_measure(node: Node) -> bool:
    return isinstance(node.value, Mapping) and isinstance(named := node.value.get("measure"), str) and named in MEASURES


def _table(node: Node) -> Table:
    fields = node.mapping({"name", "key", "labels", "columns", "where", "vouch", "watch"})
    for key in ("name", "key", "columns"):
        if key not in fields:
            raise node.wrong(f"needs {key}")
    name = fields["name"].text()
    if not _NAME.fullmatch(name):
        raise fields["name"].wrong("must be in lower case, digits and underscores")
    if not isinstance(fields["key"].value, Mapping) or len(fields["key"].value) != 1:
        raise fields["key"].wrong("must be one label and its source, like {radio: index}")
    ((key, key_source),) = _labels(fields["key"])
    labels = _labels(fields["labels"]) if "labels" in fields else ()
    given = (key, *(label for label, _ in labels))
    return Table(
        name=name,
        key=key,
        key_source=key_source,
        labels=labels,
        columns=tuple(_column(item, given) for item in fields["columns"].items()),
        where=optional(fields, "where", wheres, ()),
        vouch=optional(fields, "vouch", Node.oid, ""),
        watch=tuple(item.oid() for item in fields["watch"].items()) if "watch" in fields else (),
    )


def _column(node: Node, given: tuple[str, ...]) -> Entry:
    entry = _entry(node, given, in_table=True)
    check_own_rows(entry.source, node)
    return entry
