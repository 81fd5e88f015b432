"""Keeps the area that access points cover up to date, beside the scrapes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from netmon.indicators import SERVING, AreaCoverage
from netmon.model import Inventory, Role
from netmon.state import CityState

if TYPE_CHECKING:
    from netmon.coverage import CityArea

_LOG: Final = logging.getLogger(__name__)
_EVERY: Final = 10.0
"""Seconds between two looks at which access points are up."""


class Covering:
    """Measures the covered area anew when the set of access points that are up has changed.

    Attributes:
        latest: What was measured last; ``None`` without boundaries, and before the first time.
    """

    def __init__(self, state: CityState, *, every: float = _EVERY, wall: Callable[[], float] = time.time) -> None:
        """Look at a city each ``every`` seconds."""
        self.latest: AreaCoverage | None = None
        self._state = state
        self._every = every
        self._wall = wall
        self._inventory: Inventory | None = None
        self._area: CityArea | None = None
        self._measured: frozenset[str] | None = None

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Measure in a thread, where something has changed: polygons of thousands of corners take their time."""
        inventory = self._state.inventory
        if inventory is not self._inventory:
            self._area = await asyncio.to_thread(_area_of, inventory)
            self._inventory, self._measured = inventory, None
        if self._area is None:
            self.latest = None
            return
        up = self._up()
        if up != self._measured:
            self.latest = await asyncio.to_thread(_covered, self._area, up)
            self._measured = up

    def _up(self) -> frozenset[str]:
        now, state = int(self._wall()), self._state
        return frozenset(
            name
            for name, device in state.devices.items()
            if device.role is Role.ACCESS_POINT and device.site and state.device(name, now).state in SERVING
        )


def _area_of(inventory: Inventory) -> CityArea | None:
    """Give the city's outline; ``None`` where it is not told or encloses nothing."""
    if not inventory.boundaries:
        return None
    from netmon.coverage import AreaError, CityArea  # noqa: PLC0415 -- 30 MB that only a city with boundaries needs

    try:
        return CityArea(inventory)
    except AreaError as error:
        _LOG.error("boundaries.geojson: %s: no area is measured", error)
        return None


def _covered(area: CityArea, up: frozenset[str]) -> AreaCoverage | None:
    from netmon.coverage import AreaError  # noqa: PLC0415 -- as above

    try:
        return area.covered(up)
    except AreaError as error:
        _LOG.error("%s: the covered area is not known", error)
        return None
