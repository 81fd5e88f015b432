"""How a node becomes a value, and what an editor is told about it: one ``Kind`` serves both.

Text is read by what its field expects. A kind for one value raises ``Wrong``; one that holds others reports what
is wrong inside it and goes on, so that a run finds every mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from netmon.inventory import source
from netmon.inventory.mistakes import Report, Wrong, listed
from netmon.inventory.source import Node, Scalar, shown

SECRETS = frozenset({"community", "password", "auth", "priv", "snmp", "ssh", "user"})
"""Keys of a credential, at which a device would carry its own."""

INVALID: Final = object()
"""What is read where a mistake stands."""

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value: ``read(node, key, report)`` gives it, ``schema`` is its part of the JSON Schema.

    ``empty`` is what an empty value stands for; where it is ``INVALID``, something has to be written.
    """

    read: Callable[[Node, str, Report], Any]
    schema: Mapping[str, Any]
    empty: Any = INVALID


@dataclass(frozen=True, slots=True)
class Field:
    """A key of an entity, with a sentence for those who write it.

    ``nullable``: ``null`` is the same as not writing the key.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one entity; ``name`` is how messages call it ("a device")."""

    name: str
    fields: tuple[Field, ...]
    by_name: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        """Index the fields."""
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})

    @property
    def definition(self) -> str:
        """Its name within the JSON Schema."""
        return self.name.removeprefix("a ").removeprefix("an ").replace(" ", "-")


@dataclass(slots=True)
class Record:
    """An entity as it was read: ``values`` holds what is right, ``nodes`` everything known that is written."""

    node: source.Mapping
    values: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Give a value, or the default where it is missing or wrong."""
        return self.values.get(name, default)

    def given(self, *names: str, **renamed: str) -> dict[str, Any]:
        """Give the values of these keys that are there and right; ``renamed``: the name to give and the key."""
        values = self.values
        found = {name: values[name] for name in names if name in values}
        if renamed:
            found |= {name: values[key] for name, key in renamed.items() if key in values}
        return found

    def at(self, name: str, word: str = "") -> Node:
        """Give the place of a key, of a word in its list, or of the entity where the key is missing."""
        written = self.nodes.get(name)
        if written is None:
            return self.node
        items = written.items if isinstance(written, source.Sequence) else []
        found = (item for item in items if word and isinstance(item, Scalar) and item.text == word)
        return next(found, self.node.entries[name][0])

    def __contains__(self, name: str) -> bool:
        """Say whether the key is written, rightly or wrongly."""
        return name in self.nodes


Text: TypeAlias = Callable[[str], Any]


def attempt(kind: Kind, node: Node, key: str, report: Report, at: Node | None = None) -> Any:
    """Read a value; where it is wrong, report it (``at`` the place of its key) and give ``INVALID``."""
    if isinstance(node, Scalar) and node.plain and node.text in source.NOTHING:
        if kind.empty is INVALID:
            report.mistake(at or node, key, "is empty", "write a value, or remove the key")
        return kind.empty
    try:
        return kind.read(node, key, report)
    except Wrong as wrong:
        report.mistake(at or node, key, wrong.what, wrong.instead)
        return INVALID


def scalar(meaning: str, parse: Text, schema: Mapping[str, Any]) -> Kind:
    """Make the kind of a single word or text; ``parse`` raises ``Wrong`` with the second half of the message.

    Its ``what`` may hold ``{}`` for the value as it is written.
    """

    def read(node: Node, key: str, report: Report) -> Any:  # noqa: ARG001 -- the form of every reader
        if not isinstance(node, Scalar):
            raise Wrong(f"{shown(node)} stands in place of {meaning}", "write one value, without brackets or keys")
        try:
            return parse(node.text)
        except Wrong as wrong:
            raise Wrong(wrong.what.replace("{}", shown(node)), wrong.instead) from None

    return Kind(read, schema)


def choice(meaning: str, words: Sequence[str], schema_words: Sequence[Any] = ()) -> Kind:
    """Make the kind of a word out of a few."""
    known = frozenset(words)

    def read(node: Node, key: str, report: Report) -> str:  # noqa: ARG001 -- the form of every reader
        if not isinstance(node, Scalar):
            raise Wrong(f"{shown(node)} stands in place of {meaning}", f"write {listed(words)}")
        if node.text in known:
            return node.text
        near = report.nearest(node.text.lower(), words)
        raise Wrong(f"{shown(node)} is not {meaning}", f"write {near}" if near else f"write {listed(words)}")

    return Kind(read, {"enum": list(schema_words or words)})


def list_of(kind: Kind, *, single: bool = False, entities: bool = False) -> Kind:
    """Make the kind of a list; ``single``: one value may be written without brackets.

    ``entities``: what is inside are things with an id, whose keys are named without the list's.
    """

    def read(node: Node, key: str, report: Report) -> list[Any]:
        if isinstance(node, source.Sequence):
            named = [("" if entities and isinstance(item, source.Mapping) else key, item) for item in node.items]
            values = [attempt(kind, item, inside, report) for inside, item in named]
            return [value for value in values if value is not INVALID]
        if single:
            return [kind.read(node, key, report)]
        raise Wrong(f"{shown(node)} stands in place of a list", "write [..] or lines that begin with a dash")

    array = {"type": "array", "items": kind.schema}
    return Kind(read, {"anyOf": [array, kind.schema]} if single else array, empty=INVALID if single else [])


def map_of(names: Kind, kind: Kind) -> Kind:
    """Make the kind of a mapping whose keys the writer chooses."""

    def read(node: Node, key: str, report: Report) -> dict[str, Any]:
        if not isinstance(node, source.Mapping):
            raise Wrong(f"{shown(node)} stands in place of a mapping", "write keys, each with a colon")
        values = {}
        for name, (at, value) in node.entries.items():
            inside = f"{key}.{name}" if key else name
            if attempt(names, at, inside, report) is not INVALID:
                values[name] = attempt(kind, value, inside, report, at)
        return {name: value for name, value in values.items() if value is not INVALID}

    schema: dict[str, Any] = {"type": "object", "additionalProperties": kind.schema}
    if names.schema:
        schema["propertyNames"] = names.schema
    return Kind(read, schema, empty={})


def record(table: Table) -> Kind:
    """Make the kind of an entity; its part of the JSON Schema stands among the ``$defs``."""

    def read(node: Node, key: str, report: Report) -> Record:
        if not isinstance(node, source.Mapping):
            raise Wrong(f"{shown(node)} stands in place of {table.name}", "write keys, each with a colon")
        return read_record(table, node, key, report)

    return Kind(read, {"$ref": f"#/$defs/{table.definition}"})


def _report_unknown(at: Scalar, key: str, table: Table, report: Report) -> None:
    name = at.text
    near = report.nearest(name.lower(), list(table.by_name))
    how = f"write {near or listed(table.by_name)}"
    if at.file == source.SECRETIVE and not near:
        report.mistake(at, key, f"holds a key that is none of {table.name}", how)  # it may be a secret: unnamed
        return
    if name in SECRETS and "credential" in table.by_name:
        how = "write credential, and its secret as credentials.yaml allows"
    report.mistake(at, f"{key}.{name}" if key else name, f"is no key of {table.name}", how)


def read_record(table: Table, node: source.Mapping, key: str, report: Report) -> Record:
    """Read the keys of one entity, and report unknown and missing ones."""
    found = Record(node)
    values, nodes, fields = found.values, found.nodes, table.by_name
    for name, (at, value) in node.entries.items():
        known = fields.get(name)
        if known is None:
            _report_unknown(at, key, table, report)
        elif isinstance(value, Scalar) and value.is_null and known.nullable and not known.required:
            continue
        else:
            nodes[name] = value
            result = attempt(known.kind, value, f"{key}.{name}" if key else name, report, at)
            if result is not INVALID:
                values[name] = result
    for each in table.fields:
        if each.required and each.name not in node.entries:
            inside = f"{key}.{each.name}" if key else each.name
            report.mistake(node, inside, f"is missing from {table.name}", each.help)
    return found
