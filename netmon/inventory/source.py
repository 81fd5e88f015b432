"""YAML text as nodes that know their file and line.

Only the structure is YAML's. What a plain word means is decided by the field it is written for and never by
YAML 1.1, for which ``22:00`` is 1320 and ``no`` is false. PyYAML's events are built into nodes without recursion
and within limits, so that no file, however made, exhausts the stack or the memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import yaml

from netmon.inventory.mistakes import Place, Report, quote

LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

DEEPEST = 50
"""Levels of nesting; the deepest file of ours has eight."""

SPARE_NODES = 10_000
NODES_PER_CHARACTER = 4
"""A text may stand for so many nodes once its aliases are followed: real files stay far below one a character."""

UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 does not allow in a file (section 5.1)."""

NULLS = frozenset({"~", "null"})
NOTHING = NULLS | {""}
"""Plain words for no value, written or left out."""


@dataclass(slots=True)
class Scalar:
    """A word or text. ``plain``: it is written without quotes."""

    file: str
    line: int
    text: str
    plain: bool
    size: ClassVar[int] = 1
    depth: ClassVar[int] = 1

    @property
    def is_empty(self) -> bool:
        """Nothing is written where a value belongs."""
        return self.plain and not self.text

    @property
    def is_null(self) -> bool:
        """The writer says that there is no value."""
        return self.plain and self.text in NULLS


@dataclass(slots=True)
class Sequence:
    """A list."""

    file: str
    line: int
    items: list[Node] = field(default_factory=list)
    size: int = 1
    depth: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys and values; each key with the place where it stands."""

    file: str
    line: int
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    size: int = 1
    depth: int = 1


Node: TypeAlias = "Scalar | Sequence | Mapping"


class Keyed(dict[str, Any]):
    """Plain data of a YAML mapping that still knows its ``file`` and the line of each key (``lines``)."""

    def __init__(self, file: str, line: int) -> None:
        """Start empty."""
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}


class _Stop(Exception):  # noqa: N818 -- ends the reading of one file; the report has its message
    def __init__(self, line: int, what: str, instead: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.instead = line, what, instead


def unprintable(text: str, file: str, report: Report) -> bool:
    """Report a byte order mark and the first character that no text file should have."""
    if text.startswith("\ufeff"):
        report.mistake(Place(file), "file", "begins with a byte order mark", "save it as UTF-8 without BOM")
        return True
    found = UNPRINTABLE.search(text)
    if found is None:
        return False
    line = text.count("\n", 0, found.start()) + 1
    what = f"holds the control character U+{ord(found[0]):04X}"
    report.mistake(Place(file, line), "file", what, "remove it")
    return True


def parse(text: str, file: str, report: Report) -> Node | None:
    """Read one file; ``None`` when it is no YAML, which is then in the report. An empty file is an empty mapping."""
    if unprintable(text, file, report):
        return None
    builder = _Builder(file, SPARE_NODES + NODES_PER_CHARACTER * len(text), report)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except _Stop as stop:
        report.mistake(Place(file, stop.line), "yaml", stop.what, stop.instead)
        return None
    except yaml.YAMLError as error:
        _report_syntax(error, text, file, report)
        return None
    root = builder.root
    return Mapping(file, 1) if root is None or (isinstance(root, Scalar) and root.is_empty) else root


def plain(node: Node) -> Any:
    """Give a node as plain data: ``Keyed``, lists, text, and numbers, booleans and null as in YAML 1.2."""
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        data = Keyed(node.file, node.line)
        for name, (key, value) in node.entries.items():
            data[name] = plain(value)
            data.lines[name] = key.line
        return data
    return _value(node)


def _value(node: Scalar) -> Any:
    text = node.text
    if not node.plain:
        return text
    if not text or text in NULLS:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"[-+]?[0-9]{1,30}", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", text):
        return float(text)
    return text


def _report_syntax(error: yaml.YAMLError, text: str, file: str, report: Report) -> None:
    lines = text.splitlines()
    mark, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if began is not None and (mark is None or mark.line >= len(lines)):
        mark = began  # something is open to the end of the file: say where it was opened
    at = Place(file, mark.line + 1 if mark else 1)
    written = lines[at.line - 1] if at.line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        report.mistake(at, "yaml", "a tab in the indentation", "indent with spaces")
        return
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    said = ": ".join(part for part in parts if part) or "cannot be read"
    report.mistake(at, "yaml", f"no YAML here: {said}", "look for a missing colon, quote or bracket in or above it")


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    node: Sequence | Mapping
    anchor: str | None
    key: Scalar | None = None
    merged: list[Mapping] = field(default_factory=list)


class _Builder:
    """Makes nodes of events."""

    def __init__(self, file: str, most: int, report: Report) -> None:
        self.file = file
        self.root: Node | None = None
        self._most = most
        self._report = report
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._words: dict[str, str] = {}  # each only once: a large file says the same over and over

    def take(self, event: yaml.Event) -> None:
        """Go on by one event."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None:
                raise _tagged(line)
            text = self._words.setdefault(event.value, event.value)
            self._place(Scalar(self.file, line, text, not event.style), event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag is not None:
                raise _tagged(line)
            kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
            self._begin(kind(self.file, line), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._place(self._aliased(event.anchor or "", line), None)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise _Stop(line, "a second document begins with ---", "make one file of each")

    def _begin(self, node: Sequence | Mapping, anchor: str | None) -> None:
        if len(self._open) >= DEEPEST:
            raise _Stop(node.line, f"nested deeper than {DEEPEST} levels")
        self._open.append(_Open(node, anchor))

    def _end(self) -> None:
        closed = self._open.pop()
        if isinstance(closed.node, Mapping):
            for merged in closed.merged:
                for name, entry in merged.entries.items():
                    closed.node.entries.setdefault(name, entry)
        self._place(closed.node, closed.anchor)

    def _aliased(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            named = "an alias (*)" if self.file == SECRETIVE else f"*{anchor}"
            raise _Stop(line, f"{named} names no anchor above it", "put text that begins with * in quotes")
        return node

    def _place(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        into = top.node
        into.size += node.size
        if into.depth <= node.depth:
            into.depth = node.depth + 1
        if into.size > self._most or into.depth + len(self._open) > DEEPEST + 1:
            raise _Stop(into.line, "its aliases (*) stand for far more than is written", "write it out")
        if isinstance(into, Sequence):
            into.items.append(node)
        elif top.key is not None:
            key, top.key = top.key, None
            self._enter(top, into, key, node)
        elif isinstance(node, Scalar):
            top.key = node
        else:
            raise _Stop(node.line, "a list or mapping stands where a key belongs", "write a word and a colon")

    def _enter(self, top: _Open, into: Mapping, key: Scalar, value: Node) -> None:
        name = key.text
        if name == "<<" and key.plain:
            sources = value.items if isinstance(value, Sequence) else [value]
            for source in sources:
                if not isinstance(source, Mapping):
                    raise _Stop(key.line, "<< takes in a mapping", "write <<: *anchor")
                top.merged.append(source)
        elif name in into.entries:
            first = into.entries[name][0].line
            self._report.mistake(key, name, f"is written twice in one mapping, first in line {first}", "keep one")
        else:
            into.entries[name] = (key, value)


def _tagged(line: int) -> _Stop:
    return _Stop(line, "a tag (!) has no meaning here", "write text in quotes, the rest as it is")


def shown(node: Node) -> str:
    """Give what is written in quotes, for a message; never from the file of credentials, where it may be a secret."""
    if isinstance(node, Scalar):
        return "this value" if node.file == SECRETIVE else quote(node.text)
    return "a list" if isinstance(node, Sequence) else "a mapping"


SECRETIVE = "credentials.yaml"
"""The file whose values no message repeats."""
