"""``boundaries.geojson``: what is read of it, and that nothing but mistakes comes of anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventories import good_files, minimal, mistakes

from netmon.inventory import load_files
from netmon.inventory.boundaries import read_boundaries
from netmon.inventory.mistakes import Report

CODE = "13.71.01.1011"
RING = [[100.35, -1.0], [100.37, -1.0], [100.37, -0.98], [100.35, -1.0]]


def collection(*geometries: Any, code: str = CODE) -> str:
    """Write a file with a feature for each geometry."""
    features = [{"type": "Feature", "properties": {"code": code}, "geometry": one} for one in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_polygons_come_by_the_code_of_their_kelurahan() -> None:
    """A polygon with a hole, positions with an altitude; longitude first, as GeoJSON has it."""
    high = [[*corner, 12.5] for corner in RING]
    text = collection({"type": "Polygon", "coordinates": [high, RING]})
    loaded = load_files(minimal() | {"boundaries.geojson": text}, environ={})
    ring = ((100.35, -1.0), (100.37, -1.0), (100.37, -0.98), (100.35, -1.0))
    assert loaded.inventory.boundaries == {CODE: ((ring, ring),)}
    assert loaded.warnings == ()
    assert loaded.files["boundaries.geojson"] == text
    assert loaded.inventory.revision != load_files(minimal(), environ={}).inventory.revision


def test_islands_are_a_multipolygon() -> None:
    """Each of its polygons is kept."""
    text = collection({"type": "MultiPolygon", "coordinates": [[RING], [RING]]})
    found = load_files(minimal() | {"boundaries.geojson": text}, environ={}).inventory.boundaries
    assert [len(polygon) for polygon in found[CODE]] == [1, 1]


def test_a_kelurahan_without_an_outline_is_a_warning() -> None:
    """The city's area would be too small: said, and yet allowed."""
    text = collection({"type": "Polygon", "coordinates": [RING]})
    loaded = load_files(good_files() | {"boundaries.geojson": text}, environ={}, secrets=False)
    [warning] = [one for one in loaded.warnings if one.startswith("boundaries")]
    assert warning.startswith("boundaries.geojson:1: features: 2 kelurahan have no polygon, 13.71.02.1001 the first")


def test_codes_are_not_called_unknown_when_the_regions_are() -> None:
    """A broken regions.csv makes no mistakes elsewhere."""
    text = collection({"type": "Polygon", "coordinates": [RING]}, code="13.71.99.1001")
    found = mistakes(minimal() | {"regions.csv": "", "boundaries.geojson": text})
    assert [line.partition(":")[0] for line in found] == ["regions.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[" * 100_000, '{"type": "FeatureCollection", "features": {}}', '"' + "\\ud800" * 3 + '"',
        collection({"type": ["Polygon"], "coordinates": [RING]}),
        collection({"type": "Polygon", "coordinates": {"0": RING}}),
        collection({"type": "Polygon", "coordinates": [[[True, 1.0]] * 4]}),
        collection({"type": "Polygon", "coordinates": [[[1e400, 1.0]] * 4]}),
        '{"type": "FeatureCollection", "features": [' + "9" * 5000 + "]}",
        collection({"type": "Polygon", "coordinates": [RING]}).replace("100.35", "9" * 5000),
    ],
    ids=["empty", "null", "deep", "mapping", "broken", "kind", "coordinates", "truth", "endless", "digits", "huge"],
)  # fmt: skip
def test_anything_else_is_a_mistake(text: str) -> None:
    """Whatever stands there, it is refused with its file and line."""
    report = Report()
    assert read_boundaries(text, [CODE], None, report) == {}
    assert report.mistakes
    assert all(one.file == "boundaries.geojson" and one.line >= 1 for one in report.mistakes)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just(RING) | st.just("Polygon"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "code"]), inner)
    ),
    max_leaves=20,
)


@given(VALUES, st.sampled_from(["all", "features", "feature", "geometry", "coordinates"]))
def test_any_json_gives_polygons_or_mistakes(value: Any, place: str) -> None:
    """Never an exception, whatever stands wherever."""
    good: dict[str, Any] = {"type": "Polygon", "coordinates": [RING]}
    feature: dict[str, Any] = {"type": "Feature", "properties": {"code": CODE}, "geometry": good}
    whole: Any = {"type": "FeatureCollection", "features": [feature]}
    if place == "all":
        whole = value
    elif place == "features":
        whole["features"] = value
    elif place == "feature":
        whole["features"] = [value]
    elif place == "geometry":
        feature["geometry"] = value
    else:
        good["coordinates"] = value
    report = Report()
    found = read_boundaries(json.dumps(whole), [CODE], None, report)
    assert report.mistakes or report.warnings or found
