"""The covered area: discs around sites, united and cut to the city, with areas that one can compute by hand."""

from __future__ import annotations

import asyncio
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from golden_city import values_of
from hypothesis import given
from hypothesis import strategies as st
from live_city import NOW, LiveCity, small_city

from exporters import Exporter, Monitor
from netmon.cli.covering import Covering
from netmon.coverage import AreaError, CityArea, EqualArea
from netmon.indicators import AreaCoverage
from netmon.inventory.boundaries import read_boundaries
from netmon.inventory.mistakes import Report
from netmon.model import Device, Inventory, Outcome, Polygon, Ring, Role, Site

EAST, NORTH = 111_319.491, 110_574.3
"""Metres of a degree of longitude and of latitude at the equator of WGS 84."""

ALPHA, BETA = "13.71.01.1001", "13.71.01.1002"
SHARED = Path(os.environ.get("NETMON_SHARED", Path(__file__).parent.parent.parent / "shared"))


def ring(west: float, south: float, east: float, north: float) -> Ring:
    """Give the outline of a rectangle."""
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


SQUARE: Polygon = (ring(100.0, -0.05, 100.1, 0.05),)


def city(*places: tuple[float, float, float], boundaries: dict[str, tuple[Polygon, ...]] | None = None) -> Inventory:
    """Describe a city of sites, each ``(latitude, longitude, radius)`` with one access point, ``ap-0`` and so on."""
    devices, sites = {}, {}
    for number, (latitude, longitude, radius) in enumerate(places):
        name, site = f"ap-{number}", f"site-{number}"
        devices[name] = Device(name, Role.ACCESS_POINT, site=site, radius=radius)
        pillars = ("living",) if number % 2 == 0 else ("society",)
        sites[site] = Site(site, ALPHA, location=(latitude, longitude), devices=(name,), pillars=pillars)
    return Inventory(devices=devices, sites=sites, boundaries=boundaries or {ALPHA: (SQUARE,)})


def covered(inventory: Inventory, *up: str) -> AreaCoverage:
    """Measure what access points cover, all of them where none is named."""
    return CityArea(inventory).covered(up or tuple(inventory.devices))


def test_the_citys_area_is_that_of_its_outline() -> None:
    """A tenth of a degree square at the equator, in square metres."""
    assert CityArea(city()).square_meters == pytest.approx(EAST * NORTH / 100, rel=1e-5)


def test_a_disc_within_the_city_is_a_whole_one() -> None:
    """Pi r squared, and its share of the city."""
    found = covered(city((0.0, 100.05, 1000.0)))
    assert found.square_meters == pytest.approx(math.pi * 1e6, rel=1e-3)
    assert found.ratio == pytest.approx(math.pi * 1e6 / (EAST * NORTH / 100), rel=1e-3)


@pytest.mark.parametrize(
    ("place", "part"),
    [((0.0, 100.0), 1 / 2), ((0.05, 100.05), 1 / 2), ((-0.05, 100.1), 1 / 4), ((0.0, 100.2), 0.0)],
    ids=["west", "north", "corner", "beyond"],
)
def test_what_lies_outside_the_city_does_not_count(place: tuple[float, float], part: float) -> None:
    """On a side a disc is a half, in a corner a quarter, far away nothing."""
    assert covered(city((*place, 1000.0))).square_meters == pytest.approx(part * math.pi * 1e6, rel=1e-3)


def test_what_two_cover_counts_once() -> None:
    """Two discs whose middles are one radius apart: twice the disc less the lens."""
    apart = 1000.0
    found = covered(city((0.0, 100.05, 1000.0), (0.0, 100.05 + apart / EAST, 1000.0)))
    lens = 2 * 1e6 * math.acos(1 / 2) - apart / 2 * math.sqrt(4e6 - apart**2)
    assert found.square_meters == pytest.approx(2 * math.pi * 1e6 - lens, rel=1e-3)


def test_of_one_site_the_widest_disc_counts() -> None:
    """Access points of a site stand at one place."""
    inventory = city((0.0, 100.05, 300.0))
    wider = Device("ap-9", Role.ACCESS_POINT, site="site-0", radius=400.0)
    inventory = replace(inventory, devices={**inventory.devices, "ap-9": wider})
    assert covered(inventory).square_meters == pytest.approx(math.pi * 400**2, rel=1e-3)
    assert covered(inventory, "ap-0").square_meters == pytest.approx(math.pi * 300**2, rel=1e-3)


def test_a_pillar_is_what_its_own_sites_cover() -> None:
    """Each pillar that a site serves has its share, 0 where none of them is up."""
    inventory = city((0.0, 100.03, 500.0), (0.0, 100.07, 1000.0))
    whole = EAST * NORTH / 100
    assert covered(inventory, "ap-0").pillars == {
        "living": pytest.approx(math.pi * 25e4 / whole, rel=1e-3),
        "society": 0,
    }
    assert covered(inventory).pillars["society"] == pytest.approx(math.pi * 1e6 / whole, rel=1e-3)


def test_holes_and_overlaps_of_outlines() -> None:
    """A lake is no city; what two kelurahan both claim is so once; a crossed outline is taken as its two halves."""
    hole: Polygon = (SQUARE[0], ring(100.04, -0.01, 100.06, 0.01))
    lake = city((0.0, 100.05, 500.0), boundaries={ALPHA: (hole,)})
    assert CityArea(lake).square_meters == pytest.approx(EAST * NORTH * 0.0096, rel=1e-5)
    assert covered(lake).square_meters == 0
    twice = city(boundaries={ALPHA: (SQUARE,), BETA: ((ring(100.05, -0.05, 100.15, 0.05),),)})
    assert CityArea(twice).square_meters == pytest.approx(EAST * NORTH * 0.015, rel=1e-5)
    crossed: Polygon = (((100.0, 0.0), (100.1, 0.1), (100.1, 0.0), (100.0, 0.1), (100.0, 0.0)),)
    assert CityArea(city(boundaries={ALPHA: (crossed,)})).square_meters == pytest.approx(EAST * NORTH / 200, rel=1e-4)
    flat: Polygon = (((100.0, 0.0), (100.1, 0.0), (100.0, 0.0), (100.0, 0.0)),)
    with pytest.raises(AreaError):
        CityArea(city(boundaries={ALPHA: (flat,)}))


def test_what_has_no_place_covers_nothing() -> None:
    """A site without a location, a router, an access point that is not in the inventory."""
    inventory = city((0.0, 100.05, 500.0))
    inventory = replace(inventory, sites={"site-0": replace(inventory.sites["site-0"], location=None)})
    assert covered(inventory, "ap-0", "nobody").square_meters == 0
    router = {"ap-0": Device("ap-0", Role.ROUTER, site="site-0")}
    assert covered(replace(city((0.0, 100.05, 500.0)), devices=router)).square_meters == 0


@given(st.floats(-70, 70), st.floats(0.01, 0.5))
def test_the_projection_keeps_areas_anywhere(south: float, height: float) -> None:
    """A cell's area is the integral of the ellipsoid's element of area over it."""
    project = EqualArea(south, 100.0)
    (west, low), (east, high) = project(100.0, south), project(100.3, south + height)
    e2, steps = 0.00669437999014, 200
    integral = 0.0
    for step in range(steps):
        sine = math.sin(math.radians(south + height * (step + 0.5) / steps))
        element = 6378137.0**2 * (1 - e2) / (1 - e2 * sine**2) ** 2 * math.sqrt(1 - sine**2)
        integral += element * math.radians(height) / steps * math.radians(0.3)
    assert (east - west) * (high - low) == pytest.approx(integral, rel=1e-6)


def test_padang_is_as_large_as_its_outlines_say() -> None:
    """The real outlines of 104 kelurahan: 694 square kilometres, and a thousand discs of 50 m among them."""
    path = SHARED / "data" / "padang" / "kelurahan.geojson"
    if not path.is_file():
        pytest.skip(f"NETMON_SHARED names no folder with the outlines of Padang: {path}")
    text = path.read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    codes = [one["properties"]["code"] for one in features]
    report = Report()
    boundaries = read_boundaries(text, codes, (-1.14, 100.13, -0.72, 100.57), report)
    assert (len(boundaries), report.mistakes, report.warnings) == (104, [], ())
    places = [(one["properties"]["lat"], one["properties"]["lon"], 50.0) for one in features]
    inventory = city(*places, boundaries=boundaries)
    told = sum(one["properties"]["luas_km2"] for one in features)
    assert CityArea(inventory).square_meters / 1e6 == pytest.approx(told, rel=0.005)
    assert covered(inventory).square_meters == pytest.approx(104 * math.pi * 50**2, rel=0.01)


# -- kept up to date -----------------------------------------------------------------------------------


def watched_city() -> LiveCity:
    """Let the park of a small city, and the mosque, lie in an outline."""
    inventory = small_city()
    sites = {
        "park": replace(inventory.sites["park"], location=(0.0, 100.03)),
        "mosque": replace(inventory.sites["mosque"], location=(0.0, 100.07)),
    }
    return LiveCity(replace(inventory, sites=sites, boundaries={ALPHA: (SQUARE,)}))


async def test_the_page_shows_the_area_of_what_is_up() -> None:
    """Nothing before it was measured, then what is up now; what is unknown covers nothing; no boundaries: absent."""
    city = watched_city()
    covering = Covering(city.state, wall=lambda: NOW)
    shown = Exporter(city.state, Monitor, area=lambda: covering.latest, wall=lambda: NOW)
    names = ("netmon_coverage_area_ratio", "netmon_coverage_area_square_meters", "netmon_pillar_coverage_area_ratio")
    assert not any(name in shown.text() for name in names)
    await covering.look()
    assert values_of(shown.text())["netmon_coverage_area_square_meters"] == 0
    city.observe(NOW, "ap-1")
    city.observe(NOW, "ap-3", Outcome.DOWN)
    city.observe(NOW, "rt-1")
    await covering.look()
    values = values_of(shown.text())
    assert values["netmon_coverage_area_square_meters"] == pytest.approx(math.pi * 2500, rel=1e-3)
    assert values["netmon_coverage_area_ratio"] == pytest.approx(math.pi * 2500 / (EAST * NORTH / 100), rel=1e-3)
    assert values['netmon_pillar_coverage_area_ratio{pillar="branding"}'] == values["netmon_coverage_area_ratio"]
    assert "netmon_coverage_area" not in shown.text(group="13.71.01")
    city.state.load(small_city(), None, NOW)
    await covering.look()
    assert not any(name in shown.text() for name in names)


async def test_it_is_measured_only_when_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same access points up, the same figures, no work; a reload or another set is measured anew."""
    calls: list[frozenset[str]] = []
    measure = CityArea.covered

    def counted(area: CityArea, up: frozenset[str]) -> AreaCoverage:
        calls.append(up)
        return measure(area, up)

    monkeypatch.setattr(CityArea, "covered", counted)
    city = watched_city()
    covering = Covering(city.state, wall=lambda: NOW)
    await covering.look()
    city.observe(NOW, "ap-1")
    for _ in range(3):
        await covering.look()
    city.state.load(replace(city.state.inventory, revision="r-2"), None, NOW)
    await covering.look()
    assert calls == [frozenset(), {"ap-1"}, {"ap-1"}]


async def test_two_thousand_discs_do_not_stop_the_loop() -> None:
    """While they are united in a thread the loop goes on; the result is right all the same."""
    places = [(-0.04 + number // 50 * 0.002, 100.001 + number % 50 * 0.00196, 60.0) for number in range(2000)]
    inventory = city(*places)
    live = LiveCity(inventory)
    for name in inventory.devices:
        live.observe(NOW, name)
    covering = Covering(live.state, wall=lambda: NOW)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    await covering.look()
    ticking.cancel()
    assert ticks > 20
    assert covering.latest is not None
    assert covering.latest.square_meters == pytest.approx(2000 * math.pi * 3600, rel=1e-3)


async def test_outlines_that_enclose_nothing_are_told_and_measured_never(caplog: pytest.LogCaptureFixture) -> None:
    """The service goes on without the figures."""
    flat: Polygon = (((100.0, 0.0), (100.1, 0.0), (100.0, 0.0), (100.0, 0.0)),)
    covering = Covering(LiveCity(city(boundaries={ALPHA: (flat,)})).state, wall=lambda: NOW)
    await covering.look()
    assert covering.latest is None
    assert [one.getMessage() for one in caplog.records] == [
        "boundaries.geojson: the outlines of the kelurahan enclose no area: no area is measured"
    ]
