"""Pure: the area that access points cover, an estimate: discs around their sites, cut to the city's outline.

Every access point is taken to cover a disc of its ``radius`` around its site's location, whatever stands in the way.
The discs of those that are up are united, so that what several cover counts once, and cut to the united polygons of
the kelurahan.

Areas are those of a cylindrical equal-area projection of the WGS 84 ellipsoid whose standard parallel runs through
the middle of the city: x = a k0 (λ - λ0), y = a q(φ) / 2 k0, with k0 = cos φ0 / √(1 - e² sin² φ0) (Snyder, Map
Projections, 1987, chapter 10 and formula 3-12). It keeps every area exactly, and within a city of 50 km lengths to
one part in some thousands.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Final

import shapely
from shapely.errors import ShapelyError

from netmon.indicators import PILLARS, AreaCoverage
from netmon.model import Device, Inventory, Polygon, Ring, Role

_A: Final = 6_378_137.0
"""Semi-major axis of WGS 84 in metres."""

_E2: Final = 0.00669437999014
_E: Final = math.sqrt(_E2)

_QUARTER: Final = 16
"""Corners of a quarter of a disc."""

_STEP: Final = math.pi / 2 / _QUARTER
_SPREAD: Final = math.sqrt(_STEP / math.sin(_STEP))
"""How much larger a polygon's radius is than that of a circle of the same area."""


class AreaError(Exception):
    """The outlines are such that no area can be formed of them."""


class CityArea:
    """The outline of a city, ready to be covered."""

    def __init__(self, inventory: Inventory) -> None:
        """Unite the polygons of the inventory's boundaries, of which there is at least one.

        Raises:
            AreaError: They enclose nothing.
        """
        corners = [corner for ring in _rings(inventory) for corner in ring]
        west, east = (pick(corner[0] for corner in corners) for pick in (min, max))
        south, north = (pick(corner[1] for corner in corners) for pick in (min, max))
        self._project = EqualArea((south + north) / 2, (west + east) / 2)
        self._inventory = inventory
        polygons = [one for several in inventory.boundaries.values() for one in several]
        try:
            shapes = [shapely.make_valid(self._polygon(one)) for one in polygons]
            self._city = shapely.union_all(shapes)
        except ShapelyError as error:
            raise AreaError(f"the outlines of the kelurahan cannot be united: {error}") from error
        self.square_meters = float(self._city.area)
        """The city's own area."""
        if not self.square_meters > 0:
            raise AreaError("the outlines of the kelurahan enclose no area")
        shapely.prepare(self._city)

    def covered(self, up: Collection[str]) -> AreaCoverage:
        """Give the area that access points cover.

        Args:
            up: Ids of the access points that are up; those of sites without a location cover nothing that is known.

        Raises:
            AreaError: The discs cannot be united.
        """
        served = list(self._served(up))
        whole = self._area({site for site, _ in served}, served)
        sites = self._inventory.sites
        shares = {
            pillar: self._area({name for name, site in sites.items() if pillar in site.pillars}, served)
            for pillar in PILLARS
            if any(pillar in site.pillars and not site.planned for site in sites.values())
        }
        pillars = {pillar: area / self.square_meters for pillar, area in shares.items()}
        return AreaCoverage(whole, whole / self.square_meters, pillars)

    def _served(self, up: Collection[str]) -> Iterator[tuple[str, Device]]:
        for name in up:
            device = self._inventory.devices.get(name)
            if device is not None and device.site and device.role is Role.ACCESS_POINT:
                yield device.site, device

    def _area(self, sites: Collection[str], served: list[tuple[str, Device]]) -> float:
        """Measure what access points of some sites cover: of each site its widest disc, which holds the others."""
        radii: dict[tuple[float, float], float] = {}
        for site, device in served:
            place = self._inventory.sites[site].location
            if place is not None and site in sites:
                radii[place] = max(radii.get(place, 0.0), device.radius)
        if not radii:
            return 0.0
        middles = shapely.points([self._project(longitude, latitude) for latitude, longitude in radii])
        try:
            discs = shapely.buffer(middles, [radius * _SPREAD for radius in radii.values()], quad_segs=_QUARTER)
            return float(shapely.intersection(shapely.union_all(discs), self._city).area)
        except ShapelyError as error:
            raise AreaError(f"the discs of the access points cannot be united: {error}") from error

    def _polygon(self, polygon: Polygon) -> shapely.Polygon:
        outline, *holes = ([self._project(*corner) for corner in ring] for ring in polygon)
        return shapely.Polygon(outline, holes)


class EqualArea:
    """The projection around a latitude and a longitude, degrees; it gives metres."""

    def __init__(self, latitude: float, longitude: float) -> None:
        """Lay the standard parallel through the latitude."""
        sine = math.sin(math.radians(latitude))
        self._k0 = math.cos(math.radians(latitude)) / math.sqrt(1 - _E2 * sine * sine)
        self._longitude = longitude
        self._q0 = _authalic(latitude)

    def __call__(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Project a place: metres to the east and to the north of the middle."""
        east = _A * self._k0 * math.radians(longitude - self._longitude)
        return east, _A * (_authalic(latitude) - self._q0) / (2 * self._k0)


def _authalic(latitude: float) -> float:
    """Give q of a latitude in degrees (Snyder, 3-12)."""
    sine = math.sin(math.radians(latitude))
    return (1 - _E2) * (sine / (1 - _E2 * sine * sine) + math.atanh(_E * sine) / _E)


def _rings(inventory: Inventory) -> Iterator[Ring]:
    for polygons in inventory.boundaries.values():
        for polygon in polygons:
            yield from polygon
