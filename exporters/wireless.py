"""Wi-Fi: clients, radios, a controller's access points."""

from __future__ import annotations

from collections.abc import Iterator

from exporters import interfaces
from exporters.families import Family
from exporters.interfaces import Pieces


def families(pieces: Pieces) -> Iterator[Family]:
    """Give the families of Wi-Fi readings."""
    yield from interfaces.families(pieces, "wifi_")
