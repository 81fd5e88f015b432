"""Interfaces of devices: traffic, errors, state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exporters.families import Family
from netmon.measures import MEASURES

Pieces = Mapping[str, list[bytes]]
"""The fresh pieces of text of each measure."""


def families(pieces: Pieces, subject: str = "interface_") -> Iterator[Family]:
    """Give the families of the measures of a subject, in the catalogue's order."""
    for measure in MEASURES.values():
        if measure.name.startswith(subject):
            yield Family(measure.metric, measure.kind, measure.help, pieces.get(measure.name, []))
