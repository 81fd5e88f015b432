"""``boundaries.geojson``: the outlines of the city's kelurahan (RFC 7946).

JSON's own parser is quick and forgets lines. Only where something is wrong the text is read again as YAML, of which
JSON is a part, to say in which line it stands.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from typing import Any, Final, TypeAlias, TypeGuard

from netmon.inventory import source
from netmon.inventory.mistakes import Place, Report, Wrong, quote
from netmon.model import Polygon, Ring

FILE: Final = "boundaries.geojson"
CORNERS: Final = 4
"""Positions of the shortest ring: a triangle, and its first corner once more (RFC 7946, 3.1.6)."""

Bounds: TypeAlias = tuple[float, float, float, float]
_Path: TypeAlias = tuple[str | int, ...]


def read_boundaries(
    text: str, kelurahan: Collection[str], bounds: Bounds | None, report: Report
) -> dict[str, tuple[Polygon, ...]]:
    """Read the polygons by the code of their kelurahan; mistakes go to the report.

    Args:
        text: A GeoJSON FeatureCollection; each feature a Polygon or MultiPolygon with a property ``code``.
        kelurahan: The known codes; none: they could not be read, and no code is called unknown.
        bounds: South, west, north, east, outside which no corner may lie.
        report: Takes the mistakes, and a warning for each kelurahan without a polygon.
    """
    if source.unprintable(text, FILE, report):
        return {}
    try:
        # What JSON does not know and Python reads all the same (NaN) stays a word, and is no number.
        data = json.loads(text, parse_constant=str, parse_int=float)
    except json.JSONDecodeError as error:
        how = "look for a missing or spare comma, quote or bracket in or above it"
        report.mistake(Place(FILE, error.lineno), "json", "no JSON here", how)
        return {}
    except RecursionError:
        report.mistake(Place(FILE), "json", "is nested too deeply", "write a FeatureCollection")
        return {}
    reading = _Reading(text, kelurahan, bounds, report)
    found = reading.collection(data)
    missing = sorted(set(kelurahan) - found.keys()) if not reading.failed else []
    if missing:
        what = f"{len(missing)} kelurahan have no polygon, {missing[0]} the first: the city's area is without them"
        report.warning(Place(FILE), "features", what, "add them")
    return found


class _Reading:
    """One file on its way to polygons."""

    def __init__(self, text: str, kelurahan: Collection[str], bounds: Bounds | None, report: Report) -> None:
        self.failed = False
        self._text = text
        self._kelurahan = kelurahan
        self._bounds = bounds
        self._report = report
        self._nodes: source.Node | None = None

    def collection(self, data: Any) -> dict[str, tuple[Polygon, ...]]:
        """Read all features."""
        features = data.get("features") if isinstance(data, dict) else None
        if not isinstance(features, list) or data.get("type") != "FeatureCollection":
            self._wrong((), "file", "is no FeatureCollection", 'write {"type": "FeatureCollection", "features": […]}')
            return {}
        found: dict[str, tuple[Polygon, ...]] = {}
        for number, feature in enumerate(features):
            path: _Path = ("features", number)
            code = self._code(feature, path)
            polygons = self._polygons(feature, path)
            if code in found:
                self._wrong(
                    (*path, "properties", "code"), "code", f"{code} has a polygon already", "use a MultiPolygon"
                )
            elif code and polygons:
                found[code] = polygons
        return found

    def _code(self, feature: Any, path: _Path) -> str:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        code = properties.get("code") if isinstance(properties, dict) else None
        if not isinstance(code, str):
            self._wrong(path, "code", "is missing from the properties", 'write "code": "13.71.01.1011"')
            return ""
        if self._kelurahan and code not in self._kelurahan:
            near = self._report.nearest(code, self._kelurahan)
            how = f"write {near}" if near else "write one that is there"
            self._wrong((*path, "properties", "code"), "code", f"{quote(code)} is not in regions.csv", how)
            return ""
        return code

    def _polygons(self, feature: Any, path: _Path) -> tuple[Polygon, ...]:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
            self._wrong((*path, "geometry"), "geometry", "is no polygon", "write a Polygon or a MultiPolygon")
            return ()
        written = geometry.get("coordinates")
        try:
            return self._several(written if kind == "MultiPolygon" else [written])
        except Wrong as wrong:
            self._wrong((*path, "geometry", "coordinates"), "coordinates", wrong.what, wrong.instead)
            return ()

    def _several(self, polygons: Any) -> tuple[Polygon, ...]:
        if not isinstance(polygons, list) or not polygons:
            raise Wrong("holds no polygon", "write a list of polygons, each a list of rings")
        return tuple(self._polygon(one) for one in polygons)

    def _polygon(self, rings: Any) -> Polygon:
        if not isinstance(rings, list) or not rings:
            raise Wrong("a polygon is no list of rings", "write [[[longitude, latitude], …]]")
        return tuple(self._ring(ring) for ring in rings)

    def _ring(self, ring: Any) -> Ring:
        if not isinstance(ring, list) or len(ring) < CORNERS:
            raise Wrong(f"a ring has fewer than {CORNERS} positions", "write its corners, and the first once more")
        corners = tuple(self._corner(one) for one in ring)
        if corners[0] != corners[-1]:
            raise Wrong("a ring is not closed", "repeat its first position at its end")
        return corners

    def _corner(self, position: Any) -> tuple[float, float]:
        if not _is_position(position):
            raise Wrong("a position is not [longitude, latitude]", "write degrees, the longitude first")
        east, north = float(position[0]), float(position[1])
        south, west, top, right = self._bounds or (-90.0, -180.0, 90.0, 180.0)
        if not (west <= east <= right and south <= north <= top):
            what = f"[{east:g}, {north:g}] lies outside " + ("city.bounds" if self._bounds else "the world")
            raise Wrong(what, "write [longitude, latitude], the longitude first")
        return east, north

    def _wrong(self, path: _Path, key: str, what: str, instead: str) -> None:
        self.failed = True
        self._report.mistake(Place(FILE, self._line(path)), key, what, instead)

    def _line(self, path: _Path) -> int:
        """Find the line of the last step of a path that is there."""
        if self._nodes is None:
            self._nodes = source.parse(self._text, FILE, Report()) or source.Mapping(FILE, 1)
        node, line = self._nodes, 1
        for step in path:
            if isinstance(node, source.Mapping) and step in node.entries:
                key, node = node.entries[str(step)]
                line = key.line
            elif isinstance(node, source.Sequence) and isinstance(step, int):
                node = node.items[step]
                line = node.line
        return line


def _is_position(value: Any) -> TypeGuard[Sequence[float]]:
    """Say whether a value is a position; an altitude may follow."""
    return (
        isinstance(value, list)
        and len(value) in {2, 3}
        and all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in value)
    )
