"""A family of metrics as text: its name, type and help, and its samples already written.

A sample's line is the same in both formats; they differ in what stands above it and at the end of the page.
Sources: Prometheus text exposition format 0.0.4; OpenMetrics 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""The two content types."""

END: Final = "# EOF\n"
"""How a page of OpenMetrics ends; without it the scraper knows that a part is missing."""

_COUNTED: Final = "_total"
_TOLD: Final = "_info"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: ``samples`` are pieces of text, each of whole lines."""

    name: str
    kind: str  # gauge, counter
    help: str
    samples: list[str]


def page(families: Iterable[Family], *, openmetrics: bool = False) -> str:
    """Write the families one after the other, those without samples left out; the end of the page is not in it."""
    parts: list[str] = []
    for family in families:
        if family.samples:
            parts.append(_head(family, openmetrics))
            parts.extend(family.samples)
    return "".join(parts)


def _head(family: Family, openmetrics: bool) -> str:
    name, kind, text = family.name, family.kind, family.help
    if openmetrics:
        # There a family is named without what its type adds to the names of its samples.
        if kind == "counter":
            name = name.removesuffix(_COUNTED)
        elif name.endswith(_TOLD):
            name, kind = name.removesuffix(_TOLD), "info"
        text = text.replace('"', r"\"")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
