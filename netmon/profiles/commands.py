"""Commands of profiles: checking what the YAML says of them, and from a device's text to readings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from netmon.measures import MEASURES, series
from netmon.model import Device, Series
from netmon.profiles.command_words import Command, Commands, Piece
from netmon.profiles.filling import is_sane
from netmon.profiles.nodes import Node, optional
from netmon.profiles.transforms import TEXT_TRANSFORMS, TRANSFORMS, Cell

Row = Mapping[str, str]
"""What one match says: texts by the group's name, or by the field's of a template."""

KEYS: Final = frozenset({"ssh", "commands"})
"""The keys of a profile that are read here."""
SSH: Final = frozenset({"device_type", "keep_open", "error"})
"""The keys of ``ssh``."""
COMMAND: Final = frozenset(
    ["send", "pattern", "each", "records", "template", "fields", "count", "sum", "expect", "optional"]
)
"""The keys of a command."""
FIELD: Final = frozenset({"from", "transform", "map", "text"})
"""The keys of a field that is more than a group's name."""

LONGEST_TEXT: Final = 1 << 16
"""Characters of an answer that patterns look at; more is for templates and for ``each``."""
LONGEST_LINE: Final = 2000
"""Characters of a line, or of a record, that ``each`` looks at."""

_DRIVER: Final = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_HOWS: Final = ("pattern", "each", "template")


# -- what the YAML says ---------------------------------------------------------------------------------


def read_commands(fields: Mapping[str, Node]) -> Commands | None:
    """Read ``ssh`` and ``commands`` of a profile; ``None`` where it has neither.

    Raises:
        ProfileError: a key or measure that is not known, a missing one, or a wrong value.
    """
    if not KEYS & fields.keys():
        return None
    for key, other in (("commands", "ssh"), ("ssh", "commands")):
        if other not in fields:
            raise fields[key].wrong(f"needs {other} beside it")
    ssh = fields["ssh"].mapping(SSH)
    if "device_type" not in ssh:
        raise fields["ssh"].wrong("needs device_type")
    every = tuple(map(_command, fields["commands"].items()))
    if not every:
        raise fields["commands"].wrong("must not be empty")
    return Commands(
        _driver(ssh["device_type"]),
        optional(ssh, "keep_open", Node.flag, True),
        optional(ssh, "error", Node.regex, ""),
        every,
    )


def _driver(node: Node) -> str:
    name = node.text()
    if not _DRIVER.fullmatch(name):
        raise node.wrong("must be the name of one of netmiko's drivers, like mikrotik_routeros")
    if name.endswith(("_telnet", "_serial")):
        raise node.wrong("must speak SSH: anything else sends the password in the clear")
    return name


def _command(node: Node) -> Command:
    fields = node.mapping(COMMAND)
    hows = [how for how in _HOWS if how in fields]
    if "send" not in fields or len(hows) != 1:
        raise node.wrong(f"needs send, and exactly one of {', '.join(_HOWS)}")
    if "\n" in fields["send"].text() or "\r" in fields["send"].text():
        raise fields["send"].wrong("must be one line")
    if "records" in fields and "each" not in fields:
        raise fields["records"].wrong("is for each")
    pattern = fields.get("pattern")
    patterns = () if pattern is None else tuple([one.regex() for one in _several(pattern)])
    each = optional(fields, "each", Node.regex, "")
    groups = {name for one in (*patterns, *([each] if each else ())) for name in re.compile(one).groupindex}
    given = _by_name(fields["fields"]) if "fields" in fields else {}
    counted = tuple([_measure(one) for one in _several(fields["count"])]) if "count" in fields else ()
    numbers, labels = _pieces(node, given, groups, counted, free="template" in fields)
    added = frozenset([_measure(one) for one in _several(fields["sum"])]) if "sum" in fields else frozenset()
    made = Command(
        send=fields["send"].text(),
        patterns=patterns,
        each=each,
        records=optional(fields, "records", Node.regex, ""),
        template=optional(fields, "template", Node.text, ""),
        numbers=numbers,
        labels=labels,
        count=counted,
        added=added,
        expect=optional(fields, "expect", Node.regex, ""),
        optional=optional(fields, "optional", Node.flag, False),
    )
    _check(node, made)
    return made


def _by_name(node: Node) -> dict[str, Node]:
    return node.mapping(frozenset(node.value) if isinstance(node.value, Mapping) else frozenset())


def _several(node: Node) -> list[Node]:
    return list(node.items()) if isinstance(node.value, list) else [node]


def _measure(node: Node) -> str:
    return node.name_of(MEASURES, "measure")


def _pieces(
    node: Node, given: Mapping[str, Node], groups: set[str], counted: Sequence[str], *, free: bool
) -> tuple[tuple[tuple[str, Piece], ...], tuple[tuple[str, Piece], ...]]:
    """Give the sources of measures and of labels; a group that bears a measure's or label's name is its source."""
    pieces = {name: _piece(one, groups, texts=name not in MEASURES, free=free) for name, one in given.items()}
    for name in sorted(groups - pieces.keys()):
        if name in MEASURES:
            pieces[name] = Piece(name)
    measures = [name for name in pieces if name in MEASURES]
    known = {label for measure in (*measures, *counted) for label in MEASURES[measure].labels}
    pieces |= {name: Piece(name) for name in sorted((groups - pieces.keys()) & known)}
    for name in sorted(pieces.keys() - known - set(measures), key=str):
        raise given[name].wrong(f"{name} is neither a measure nor a label of one of its measures")
    unused = groups - {piece.group for piece in pieces.values()}
    if unused:
        raise node.wrong(f"nothing is made of the group {min(unused)}: name it in fields, or leave it unnamed")
    return (
        tuple([(name, pieces[name]) for name in measures]),
        tuple([(name, piece) for name, piece in pieces.items() if name not in MEASURES]),
    )


def _piece(node: Node, groups: set[str], *, texts: bool, free: bool) -> Piece:
    if isinstance(node.value, str):
        return Piece(_group(node, groups, free=free))
    fields = node.mapping(FIELD)
    if texts and fields.keys() == {"text"}:
        return Piece(text=fields["text"].text())
    if "from" not in fields or "text" in fields:
        raise node.wrong("needs from, or, of a label, text")
    known: Mapping[str, object] = TEXT_TRANSFORMS if texts else TRANSFORMS
    names = [one.name_of(known, "transform") for one in _several(fields["transform"])] if "transform" in fields else ()
    means: tuple[tuple[str, str], ...] = ()
    if "map" in fields:
        if not texts:
            raise fields["map"].wrong("is for labels")
        means = tuple([(said, meant.text()) for said, meant in _by_name(fields["map"]).items()])
    return Piece(_group(fields["from"], groups, free=free), tuple(names), means=means)


def _group(node: Node, groups: set[str], *, free: bool) -> str:
    return node.text() if free else node.name_of(dict.fromkeys(groups), "group")


def _check(node: Node, made: Command) -> None:
    if not made.measures:
        raise node.wrong("gives no measure: name a group after one, or write fields or count")
    labels = {name for name, _ in made.labels}
    for measure in sorted(made.measures):
        lacking = set(MEASURES[measure].labels) - labels
        if lacking:
            raise node.wrong(f"{measure} takes the labels {list(MEASURES[measure].labels)}: {min(lacking)} is missing")
    if not made.added <= made.measures:
        raise node.wrong(f"sum names {min(made.added - made.measures)}, which it does not give")


# -- from text to readings ------------------------------------------------------------------------------


def refusal(commands: Commands, text: str) -> str:
    """Give the line in which a device says that it does not know or not allow a command; empty where it does not."""
    found = commands.refuses.search(text[:LONGEST_TEXT])
    if found is None:
        return ""
    start = text.rfind("\n", 0, found.start()) + 1
    lines = [line.strip() for line in text[start:].splitlines() if line.strip(" \t^")]
    return (lines[0] if lines else "a mark at the place of the mistake")[:LONGEST_LINE]


def is_expected(command: Command, text: str) -> bool:
    """Say whether an answer looks like one to this command."""
    return not command.expect or re.search(command.expect, text[:LONGEST_TEXT], re.MULTILINE) is not None


def rows_of(command: Command, text: str) -> list[Row]:
    """Cut an answer into rows, by the command's pattern; one with a template has none here."""
    if command.patterns:
        groups = [_found(one, text[:LONGEST_TEXT]) for one in command.patterns]
        row = {name: said for found in groups if found is not None for name, said in found.items()}
        return [row] if any(found is not None for found in groups) else []
    if not command.each:
        return []
    found = (_found(command.each, one[:LONGEST_LINE]) for one in _records(command, text))
    return [row for row in found if row is not None]


def _found(pattern: str, text: str) -> Row | None:
    found = re.search(pattern, text, re.MULTILINE)
    return None if found is None else found.groupdict(default="")


def _records(command: Command, text: str) -> Iterator[str]:
    """Give the lines of an answer, or its records, each from one line that begins one to the next."""
    if not command.records:
        yield from text.splitlines()
        return
    record: list[str] = []
    for line in text.splitlines():
        if re.search(command.records, line[:LONGEST_LINE]):
            if record:
                yield "\n".join(record)
            record = [line]
        elif record:
            record.append(line)
    if record:
        yield "\n".join(record)


def readings_of(device: Device, told: Iterable[tuple[Command, Sequence[Row]]]) -> dict[Series, float]:
    """Make readings of what commands told.

    The first word on a series counts, save where ``sum`` adds them up; a count without labels is 0 where no row is.
    What a measure cannot be, as a share above 1, is left out.
    """
    made: dict[Series, float] = {}
    for command, rows in told:
        own: dict[Series, float] = {}
        for measure in command.count:
            if not MEASURES[measure].labels:
                own[series(measure, device)] = 0
            for row in rows:
                one = series(measure, device, _labels(command, measure, row))
                own[one] = own.get(one, 0) + 1
        for measure, piece in command.numbers:
            for row in rows:
                value = _number(piece, row)
                if value is None:
                    continue
                one = series(measure, device, _labels(command, measure, row))
                own[one] = own[one] + value if one in own and measure in command.added else own.get(one, value)
        for one, value in own.items():
            made[one] = made[one] + value if one in made and one.measure in command.added else made.get(one, value)
    return {one: value for one, value in made.items() if is_sane(one.measure, value)}


def _labels(command: Command, measure: str, row: Row) -> dict[str, str]:
    return {name: _text(piece, row) for name, piece in command.labels_of(measure)}


def _text(piece: Piece, row: Row) -> str:
    text = piece.text or row.get(piece.group, "").strip()
    for name in piece.transforms:
        text = TEXT_TRANSFORMS[name](text)
    return dict(piece.means).get(text, text)


def _number(piece: Piece, row: Row) -> float | None:
    said = row.get(piece.group, "").strip()
    cell: Cell = said.encode()
    if _NUMBER.fullmatch(said):
        cell = float(said) if "." in said else int(said)
    for name in piece.transforms:
        cell = TRANSFORMS[name](cell)
    return cell if isinstance(cell, int | float) and isfinite(cell) else None
