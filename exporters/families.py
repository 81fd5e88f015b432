"""A family of metrics as text: its name, type and help, and its samples already written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: ``samples`` are pieces of text, each of whole lines."""

    name: str
    kind: str  # gauge, counter
    help: str
    samples: list[str]


def page(families: Iterable[Family]) -> str:
    """Write the families one after the other in the text format 0.0.4; those without samples are left out."""
    parts: list[str] = []
    for family in families:
        if family.samples:
            parts.append(f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n")
            parts.extend(family.samples)
    return "".join(parts)
