"""Wi-Fi and radio links: clients, radios, a controller's access points, users of portals."""

from __future__ import annotations

from collections.abc import Iterator

from exporters import interfaces
from exporters.families import Family
from exporters.interfaces import Pieces

_SUBJECTS = ("wifi_", "radio_link_", "hotspot_", "dhcp_")


def families(pieces: Pieces) -> Iterator[Family]:
    """Give the families of what radios, portals and their clients tell."""
    for subject in _SUBJECTS:
        yield from interfaces.families(pieces, subject)
