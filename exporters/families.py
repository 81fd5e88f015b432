"""A family of metrics as text: its name, type and help, and its samples already written.

A sample's line is the same in both formats; they differ in what stands above it and at the end of the page.
Sources: Prometheus text exposition format 0.0.4; OpenMetrics 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from netmon.measures import format_value

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""The two content types."""

END: Final = "# EOF\n"
"""How a page of OpenMetrics ends; without it the scraper knows that a part is missing."""

_COUNTED: Final = "_total"
_TOLD: Final = "_info"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: ``samples`` are pieces of text, each of whole lines; as bytes where they are kept so."""

    name: str
    kind: str  # gauge, counter
    help: str
    samples: list[str] | list[bytes]


def gauge(name: str, text: str, samples: Iterable[tuple[str, float]]) -> Family:
    """Make a family of gauges of pairs of labels and value; labels without their braces."""
    return Family(
        name,
        "gauge",
        text,
        [
            f"{name}{{{own}}} {format_value(value)}\n" if own else f"{name} {format_value(value)}\n"
            for own, value in samples
        ],
    )


def pieces(families: Iterable[Family], *, openmetrics: bool = False) -> list[bytes]:
    """Give the families one after the other as pieces of UTF-8, each of whole lines.

    Those without samples are left out; the end of the page is not in it.
    """
    found: list[bytes] = []
    for family in families:
        if family.samples:
            found.append(_head(family, openmetrics).encode())
            found += [one if isinstance(one, bytes) else one.encode() for one in family.samples]
    return found


def page(families: Iterable[Family], *, openmetrics: bool = False) -> str:
    """Write the families one after the other, as :func:`pieces` gives them."""
    return b"".join(pieces(families, openmetrics=openmetrics)).decode()


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
