"""Which of a router's ports leads to the provider: by its name, its alias, or where the default route goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from netmon.profiles.plan import Answers, Interface
from netmon.profiles.transforms import Cell

DEFAULT_ROUTE: Final = "default-route"
"""The ``wan`` of a device whose routing table tells the port."""

ALIAS: Final = "alias:"
"""What stands before a port's alias in the ``wan`` of a device."""

# The rows of 0.0.0.0/0 alone: a router may have a million others.
_ROUTES: Final = (
    "1.3.6.1.2.1.4.24.7.1.7.1.4.0.0.0.0.0",  # IP-FORWARD-MIB::inetCidrRouteIfIndex.ipv4."0.0.0.0".0
    "1.3.6.1.2.1.4.24.4.1.5.0.0.0.0.0.0.0.0",  # IP-FORWARD-MIB::ipCidrRouteIfIndex.0.0.0.0.0.0.0.0
    "1.3.6.1.2.1.4.21.1.2.0.0.0",  # RFC1213-MIB::ipRouteIfIndex.0.0.0.0
)


class Wan(NamedTuple):
    """A port by name, and the cell that must stay as it is for it to be the one; empty: none need."""

    interface: str
    instance: str = ""
    cell: Cell = None


def wan_needs(wan: str) -> tuple[str, ...]:
    """Name the parts of tables to walk for a device's ``wan``."""
    return _ROUTES if wan == DEFAULT_ROUTE else ()


def wan_of(wan: str, interfaces: Mapping[str, Interface], answers: Answers) -> Wan | None:
    """Find the port that a device's ``wan`` means; ``None`` where it has no such port, or several of one alias."""
    if wan == DEFAULT_ROUTE:
        return _by_route(interfaces, answers)
    if wan.startswith(ALIAS):
        alias = wan.removeprefix(ALIAS).strip().casefold()
        named = [name for name, port in interfaces.items() if port.alias.casefold() == alias]
        return Wan(named[0]) if len(named) == 1 else None
    return Wan(wan) if wan in interfaces else None


def _by_route(interfaces: Mapping[str, Interface], answers: Answers) -> Wan | None:
    """Follow the default route; with several of them the first whose port there is, as they stand in the table."""
    names = {port.index: name for name, port in interfaces.items()}
    for column in _ROUTES:
        for index, cell in answers.rows(column).items():
            name = names.get(str(cell))
            if name is not None:
                return Wan(name, f"{column}.{index}", cell)
    return None
