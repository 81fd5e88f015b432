"""The month that tells monitors apart: 85,000 observations and the figures that LK-1 gives for them."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lk1_compare import differences, plain
from lk1_oracle import count

from netmon.availability import evaluate, tracks_of
from netmon.model import (
    City,
    Device,
    Inventory,
    Kelurahan,
    Maintenance,
    Outcome,
    Period,
    Role,
    Site,
    Uplink,
)

DATA = Path(__file__).parent / "data" / "lk1"
EXPECTED = json.loads((DATA / "expected.json").read_text())


def seconds(text: str) -> int:
    """Read a time of the files."""
    return int(datetime.fromisoformat(text).timestamp())


def iso(at: int) -> str:
    """Write a time as the files do."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def city() -> Inventory:
    """Build what the month's inventory says."""
    place = "13.71.01.1011"
    window = Maintenance(
        "w1",
        ("site-1",),
        seconds("2026-11-12T15:00:00Z"),
        seconds("2026-11-12T19:00:00Z"),
        announced=seconds("2026-11-09T15:00:00Z"),
        reason="contoh",
    )
    return Inventory(
        city=City(name="Contoh", code="13.71", zone="Asia/Jakarta"),
        kelurahan={place: Kelurahan(place, "Air Manis", "13.71.01", "Padang Selatan")},
        uplinks={"uplink-1": Uplink("uplink-1", place, devices=("rt-1",))},
        sites={"site-1": Site("site-1", place, pillars=("living",), uplink="uplink-1", devices=("ap-1",))},
        devices={
            "rt-1": Device("rt-1", Role.ROUTER, uplink="uplink-1", interval=60),
            "ap-1": Device("ap-1", Role.ACCESS_POINT, site="site-1", interval=60, behind=("rt-1",)),
        },
        maintenance={"w1": window},
    )


def observations() -> list[tuple[int, str, Outcome]]:
    """Read the recorded observations."""
    with gzip.open(DATA / "observations.csv.gz", "rt", newline="") as file:
        return [(int(row["at"]), row["device"], Outcome(row["outcome"])) for row in csv.DictReader(file)]


PERIOD = Period(
    seconds(EXPECTED["period"]["start"]), seconds(EXPECTED["period"]["end"]), zone="Asia/Jakarta", label="2026-11"
)


def in_words(one: dict[str, Any]) -> dict[str, Any]:
    """Write an object's times as the expected file does."""
    outages = [outage | {"start": iso(outage["start"]), "end": iso(outage["end"])} for outage in one["outages"]]
    return {key: one[key] for key in EXPECTED["objects"][0]} | {"outages": outages}


@pytest.mark.timeout(300)
def test_the_count_second_by_second_gives_the_expected_month() -> None:
    """Every field of every object in the expected file, counted second by second."""
    counted = count(city(), observations(), PERIOD)
    assert [in_words(one) for one in counted["objects"]] == EXPECTED["objects"]
    assert counted["maintenance"] == [{"id": "w1", "counted": True}]
    assert counted["rollups"]["site", "city", "13.71"]["met"] == 1


def test_the_evaluation_gives_the_expected_month() -> None:
    """Every field of every object in the expected file, and the window that counts."""
    evaluation = plain(evaluate(city(), tracks_of(observations(), city()), PERIOD))
    objects = [in_words(one) for one in evaluation["objects"]]
    assert not "\n".join(differences(EXPECTED["objects"], objects, "objects"))
    assert evaluation["maintenance"] == [{"id": "w1", "counted": True}]
