"""The inventory's own vendor profiles: their mistakes, each with its file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netmon.inventory.mistakes import Place, Report
from netmon.inventory.source import Keyed
from netmon.profiles import ProfileError, build, parse

_KEYS = "."


def check_profiles(own: Mapping[str, Any], packaged: Mapping[str, Any], report: Report) -> None:
    """Report what is wrong with profiles: the first mistake of each, and what they extend where they are right."""
    before = len(report.mistakes)
    for name, data in own.items():
        try:
            parse(name, data)
        except ProfileError as error:
            _note(name, data, error.path, error.message, report)
    if len(report.mistakes) > before:
        return
    try:
        build({**packaged, **own})
    except ProfileError as error:
        name = str(error.path[0]) if error.path else next(iter(own))
        _note(name, own.get(name), error.path[1:], error.message, report)


def _note(name: str, data: Any, path: Sequence[str | int], message: str, report: Report) -> None:
    place, key = _place(data, path), _KEYS.join(map(str, path)) or "profile"
    what, _, instead = message.partition(" (")
    report.mistake(Place(f"profiles/{name}.yaml", place), key, what, instead.removesuffix(")"))


def _place(data: Any, path: Sequence[str | int]) -> int:
    """Give the line of a key: the last one on the way to it that is known."""
    line = data.line if isinstance(data, Keyed) else 1
    for step in path:
        if isinstance(data, Keyed):
            line = data.lines.get(str(step), line)
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            break
        line = data.line if isinstance(data, Keyed) and isinstance(step, int) else line
    return line
