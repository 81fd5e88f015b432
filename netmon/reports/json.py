"""The report as JSON, for machines and for whoever recomputes it."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from netmon.reports.document import Document

# Python writes indented JSON in Python, ten times slower than it writes a leaf in C. One line a thing is also what
# people compare and search by.
_on_one_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def render(report: Document) -> str:
    """Write a report as JSON with a line end: a line for each key of it, each object, each outage."""
    lines = ",\n".join(f" {_on_one_line(key)}: {_written(value, ' ')}" for key, value in report.items())
    return f"{{\n{lines}\n}}\n"


def _written(value: Any, margin: str) -> str:
    """Write a value whose line begins with ``margin``."""
    if isinstance(value, dict) and list in map(type, value.values()):
        return f"{{{', '.join(_entries(value, margin))}}}"
    if _is_listing(value):
        inside = f"{margin} "
        return "[\n" + ",\n".join([f"{inside}{_written(one, inside)}" for one in value]) + f"\n{margin}]"
    return _on_one_line(value)


def _entries(entries: Document, margin: str) -> list[str]:
    """Write the entries of an object that holds a listing: that one over lines, what is before and after at once."""
    parts = []
    for listing, some in groupby(entries.items(), key=lambda entry: _is_listing(entry[1])):
        if listing:
            parts += [f"{_on_one_line(key)}: {_written(value, margin)}" for key, value in some]
        else:
            parts.append(_on_one_line(dict(some))[1:-1])
    return parts


def _is_listing(value: Any) -> bool:
    """Say whether it is a list of objects."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
