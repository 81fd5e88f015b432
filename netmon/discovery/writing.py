"""The inventory's YAML as text: values quoted where they must be, remarks that stay remarks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final, TypeAlias

SCHEMA_LINE: Final = "# yaml-language-server: $schema=../schema.json"

_PLAIN: Final = re.compile(
    r"[A-Za-z](?:[\w./+@-]|[ ](?=[\w./+@-]))*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{1,6}m|[0-9]{4}-[0-9]{2}-[0-9]{2}",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,12}(?:\.[0-9]{1,20})?")
_NOT_PLAIN: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPED: Final = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LONGEST_REMARK: Final = 300

Value: TypeAlias = "str | int | list[str] | dict[str, str]"


class Number(str):
    """A number as somebody wrote it, digit for digit."""

    __slots__ = ()


def quoted(text: str) -> str:
    """Give a text in double quotes (YAML 1.1, 5.7): what cannot be shown is escaped."""
    inside = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", inside)


def word(value: Value, *, always: bool = False) -> str:
    """Give a value as it stands in a file, plain where everybody reads it the same; ``always``: in quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(word, value))}]"
    if isinstance(value, dict):
        return entity(value.items())
    text = str(value)
    if always:
        return quoted(text)
    is_number = isinstance(value, Number | int) and _NUMBER.fullmatch(text)
    is_plain = is_number or _PLAIN.fullmatch(text)
    return text if is_plain and text.lower() not in _NOT_PLAIN else quoted(text)


def entity(pairs: Iterable[tuple[str, Value]]) -> str:
    """Give keys and values on one line: ``{id: ap-1, role: access_point}``."""
    return "{" + ", ".join(f"{key}: {word(value)}" for key, value in pairs) + "}"


def remark(text: str, indent: int = 0, *, inside: int = 0) -> str:
    """Give a line that says something and means nothing: nothing in the text can end it.

    ``indent`` blanks stand before its mark, ``inside`` more after it.
    """
    shown = "".join(each if each.isprintable() else " " for each in text)
    shown = " ".join(shown.split())
    if len(shown) > _LONGEST_REMARK:
        shown = shown[:_LONGEST_REMARK] + "…"
    return f"{' ' * indent}# {' ' * inside}{shown}".rstrip()
