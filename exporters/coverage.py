"""The area that access points cover, as it was measured beside the scrapes."""

from __future__ import annotations

from collections.abc import Iterator

from exporters.families import Family
from exporters.present import labels
from netmon.indicators import AreaCoverage
from netmon.measures import format_value


def families(found: AreaCoverage | None) -> Iterator[Family]:
    """Give the families; without a measurement they have no samples."""
    share = [] if found is None else [f"netmon_coverage_area_ratio {format_value(found.ratio)}\n"]
    area = [] if found is None else [f"netmon_coverage_area_square_meters {format_value(found.square_meters)}\n"]
    pillars = {} if found is None else found.pillars
    yield Family(
        "netmon_coverage_area_ratio",
        "gauge",
        "Estimate: share of the city's area within the radius of an access point that is up.",
        share,
    )
    yield Family(
        "netmon_coverage_area_square_meters",
        "gauge",
        "Estimate: area of the city within the radius of an access point that is up.",
        area,
    )
    yield Family(
        "netmon_pillar_coverage_area_ratio",
        "gauge",
        "Estimate: share of the city's area within the radius of an access point of the pillar's sites that is up.",
        [
            f"netmon_pillar_coverage_area_ratio{{{labels(pillar=pillar)}}} {format_value(ratio)}\n"
            for pillar, ratio in pillars.items()
        ],
    )
