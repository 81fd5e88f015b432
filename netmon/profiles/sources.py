"""A source as a profile writes it, checked: where a number or a text comes from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Final, Literal

from netmon.profiles.nodes import MOST, Node, optional
from netmon.profiles.transforms import TEXT_TRANSFORMS, TRANSFORMS
from netmon.profiles.words import (
    Add,
    Aggregate,
    Constant,
    First,
    FirstOf,
    Get,
    Join,
    Piece,
    ProfileError,
    Ratio,
    Source,
    Where,
)

_KINDS: Final = ("get", "first_of", "add", "sum", "mean", "count", "ratio", "first", "join", "text", "constant")
GET: Final = frozenset({"get", "transform", "equals", "nonzero", "unknown", "pattern", "index", "map"})
"""The keys of a source that is one cell."""
AGGREGATE: Final = frozenset(
    ["sum", "mean", "count", "transform", "volatile", "where", "exists", "unless", "matches", "by", "known"]
)
"""The keys of a source that is a column made one number."""
WHERE: Final = frozenset({"column", "is", "is_not", "like", "unlike"})
"""The keys of a condition on a row."""
_DEEPEST: Final = 120  # numbers of an index
_PIECE: Final = re.compile(r"(-?[0-9]{0,3}):(-?[0-9]{0,3})")


def source(node: Node, *, texts: bool = False, inherited: tuple[str, ...] = ()) -> Source:
    """Read a source: a bare identifier, or a mapping with exactly one of the kinds."""
    if isinstance(node.value, str):
        return Get("index" if node.value == "index" else node.oid(), inherited)
    if not isinstance(node.value, Mapping):
        raise node.wrong("must be an object identifier or a mapping")
    kinds = [kind for kind in _KINDS if kind in node.value]
    if len(kinds) != 1:
        raise _no_kind(node, kinds)
    kind = kinds[0]
    if kind == "get":
        return _get(node, texts, inherited)
    if kind in {"first_of", "add"}:
        return _several(node, kind, texts, inherited)
    if kind in {"join", "first"}:
        return _join(node, texts) if kind == "join" else _first(node, texts, inherited)
    if kind in {"text", "constant"}:
        only = node.mapping({kind})[kind]
        return Constant(text=only.label()) if kind == "text" else Constant(value=float(only.number(0)))
    if texts:
        raise node.wrong(f"{kind} gives no text")
    return _ratio(node) if kind == "ratio" else _aggregate(node, kind, inherited)


def _no_kind(node: Node, kinds: list[str]) -> ProfileError:
    """Say that a source needs one kind; a misspelt key is named."""
    known = {*_KINDS, *GET, *AGGREGATE}
    for key in node.value if not kinds else ():
        near = difflib.get_close_matches(str(key), known, n=1)
        if key not in known and near:
            return Node(node.value[key], (*node.path, str(key))).wrong(f"unknown key (did you mean {near[0]}?)")
    return node.wrong(f"needs exactly one of {', '.join(_KINDS)}")


def _transforms(fields: Mapping[str, Node], texts: bool) -> tuple[str, ...]:
    if "transform" not in fields:
        return ()
    node = fields["transform"]
    known: Mapping[str, object] = TEXT_TRANSFORMS if texts else TRANSFORMS
    if isinstance(node.value, list):
        return tuple(item.name_of(known, "transform") for item in node.items())
    return (node.name_of(known, "transform"),)


def _get(node: Node, texts: bool, inherited: tuple[str, ...]) -> Get:
    fields = node.mapping(GET)
    at = fields["get"]
    equals = fields["equals"].value if "equals" in fields else None
    if equals is not None and (isinstance(equals, bool) or not isinstance(equals, int | str)):
        raise fields["equals"].wrong("must be a whole number or a text")
    return Get(
        oid="index" if at.value == "index" else at.oid(),
        transforms=_transforms(fields, texts) + inherited,
        equals=equals,
        nonzero=optional(fields, "nonzero", Node.flag, False),
        unknown=frozenset(fields["unknown"].texts() if "unknown" in fields else ()),
        pattern=optional(fields, "pattern", Node.regex, ""),
        index=optional(fields, "index", _piece, None),
        map=optional(fields, "map", lambda told: _map(told, texts), ()),
    )


def _piece(node: Node) -> Piece:
    """Read which numbers of an index are meant: the first (6), the last (-1), or a slice ("1:7")."""
    if isinstance(node.value, str) and (found := _PIECE.fullmatch(node.value)) and node.value != ":":
        begin, end = (int(text) if text not in {"", "-"} else None for text in found.groups())
        return begin, end
    if not isinstance(node.value, int) or isinstance(node.value, bool) or not -_DEEPEST <= node.value <= _DEEPEST:
        raise node.wrong('must be how many numbers of the index (6, or -1 for the last), or a slice like "1:7"')
    if node.value == 0:
        raise node.wrong("must not be 0")
    return (None, node.value) if node.value > 0 else (node.value, None)


def _map(node: Node, texts: bool) -> tuple[tuple[str, str | float], ...]:
    if not isinstance(node.value, Mapping) or not node.value:
        raise node.wrong("must be a mapping from what the device says to what it means")
    wanted = str if texts else (int, float)
    for key, value in node.value.items():
        if not isinstance(value, wanted) or isinstance(value, bool):
            kind = "texts (in quotes)" if texts else "numbers"
            raise Node(value, (*node.path, str(key))).wrong(f"must be one of the {kind} that the map gives")
        if isinstance(value, int | float) and not abs(value) <= MOST:
            raise Node(value, (*node.path, str(key))).wrong(f"must be a number, at most {MOST}")
        if not isinstance(key, str):
            raise Node(value, (*node.path, str(key))).wrong("a map's keys are texts: write them in quotes")
    return tuple(node.value.items())


def _first(node: Node, texts: bool, inherited: tuple[str, ...]) -> First:
    """Read the cell of a first row: a cell's keys, with conditions on the row."""
    fields = node.mapping((GET - {"get", "index"}) | {"first", "where"})
    column = fields["first"].oid()
    rest = {key: value for key, value in node.value.items() if key not in {"first", "where"}}
    return First(
        _get(Node({"get": column, **rest}, node.path), texts, inherited), optional(fields, "where", wheres, ())
    )


def _join(node: Node, texts: bool) -> Join:
    items = node.mapping({"join"})["join"]
    if not texts:
        raise node.wrong("join gives no number")
    sources = tuple(source(item, texts=True) for item in items.items())
    if len(sources) < 2:  # noqa: PLR2004
        raise items.wrong("needs at least two sources")
    return Join(sources)


def _several(node: Node, kind: str, texts: bool, inherited: tuple[str, ...]) -> FirstOf | Add:
    fields = node.mapping({kind, "transform"})
    down = _transforms(fields, texts) + inherited
    sources = tuple(source(item, texts=texts, inherited=down) for item in fields[kind].items())
    if not sources:
        raise fields[kind].wrong("must not be empty")
    return FirstOf(sources) if kind == "first_of" else Add(sources)


def _aggregate(node: Node, kind: str, inherited: tuple[str, ...]) -> Aggregate:
    fields = node.mapping(AGGREGATE)
    how: Literal["sum", "mean", "count"] = "sum" if kind == "sum" else "mean" if kind == "mean" else "count"
    return Aggregate(
        how=how,
        column=fields[kind].oid(),
        transforms=_transforms(fields, texts=False) + inherited,
        # Rows that are counted come and go: they are walked each time, whatever the profile says.
        volatile=how == "count" or optional(fields, "volatile", Node.flag, False),
        where=optional(fields, "where", wheres, ()),
        exists=optional(fields, "exists", Node.oid, ""),
        unless=optional(fields, "unless", Node.oid, ""),
        matches=optional(fields, "matches", text_source, None),
        by=optional(fields, "by", text_source, None),
        known=optional(fields, "known", text_source, None),
    )


def text_source(node: Node) -> Source:
    """Read a source that gives a text."""
    return source(node, texts=True)


def wheres(node: Node) -> tuple[Where, ...]:
    """Read one condition on a row, or a list of them that must all hold."""
    return tuple(map(_where, node.items())) if isinstance(node.value, list) else (_where(node),)


def _where(node: Node) -> Where:
    fields = node.mapping(WHERE)
    if "column" not in fields or len(fields) == 1:
        raise node.wrong("needs column, and is, is_not, like or unlike")
    return Where(
        "index" if fields["column"].value == "index" else fields["column"].oid(),
        frozenset(fields["is"].texts()) if "is" in fields else None,
        frozenset(fields["is_not"].texts() if "is_not" in fields else ()),
        optional(fields, "like", Node.regex, ""),
        optional(fields, "unlike", Node.regex, ""),
    )


def _ratio(node: Node) -> Ratio:
    parts = node.mapping({"ratio"})["ratio"].mapping({"part", "whole", "free"})
    if "whole" not in parts or ("part" in parts) == ("free" in parts):
        raise node.wrong("ratio needs whole, and either part or free")
    return Ratio(
        whole=source(parts["whole"]),
        part=source(parts["part"]) if "part" in parts else None,
        free=tuple(map(source, parts["free"].items())) if "free" in parts else (),
    )
