"""Real devices of the package snmpsim-data (BSD licence): identified, read without error, and what they tell."""

from __future__ import annotations

import bz2
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from recordings import Found, Recording, find, profiles
from snmprec import records

DATA = files("snmpsim_data") / "data"


@dataclass(frozen=True)
class Real:
    """A device: its file, its profile, and some of what it must tell."""

    file: str
    profile: str
    told: dict[str, Any] = field(default_factory=dict)
    large: bool = False


def load(file: str) -> Recording:
    """Load one of the package's recordings."""
    with (bz2.open if file.endswith(".bz2") else open)(str(DATA / file), "rb") as lines:
        return Recording(records(lines))


def told(found: Found) -> dict[str, Any]:
    """Put what is asserted in one flat mapping."""
    summary = found.summary
    wifi, system = summary["wifi"], summary["system"]
    return {
        "model": system["model"],
        "clients": wifi["clients"],
        "ssids": sum(one["clients"] for one in wifi["ssids"]) if wifi["ssids"] else None,
        "states": wifi["access_point_states"],
        "listed": len(wifi["access_points"]),
        "cpu": round(system["cpu_load_ratio"], 2) if "cpu_load_ratio" in system else None,
        "interfaces": len(summary["interfaces"]),
        "up": sum(port.get("up", 0) for port in summary["interfaces"]),
    }


def reals() -> list[Real]:
    """Read the table of all devices."""
    table = yaml.safe_load(Path(__file__).with_name("recordings_public.yaml").read_text(encoding="utf-8"))
    return [Real(file, **entry) for file, entry in table.items()]


REALS = reals()
SMALL = [real for real in REALS if not real.large]
LARGE = [real for real in REALS if real.large]


def hold(real: Real) -> None:
    """Read a device and hold it against what it must be."""
    found = find(load(real.file), profiles())
    assert found.plan.profile == real.profile
    assert found.contact.missing == ()
    assert {key: value for key, value in told(found).items() if key in real.told} == real.told


@pytest.mark.parametrize("real", SMALL, ids=[real.file for real in SMALL])
def test_real_device(real: Real) -> None:
    """A real device is what it is, and tells what it tells."""
    hold(real)


@pytest.mark.e2e
@pytest.mark.parametrize("real", LARGE, ids=[real.file for real in LARGE])
def test_large_real_device(real: Real) -> None:
    """So is a controller or a core router, with hundreds of thousands of objects."""
    hold(real)


def test_no_device_is_left_out() -> None:
    """Each recording of the package is in the table."""
    names = {real.file for real in REALS}
    found = {
        f"{folder.relative_to(DATA)}/{one.name}"
        for folder in _folders(DATA)
        for one in folder.iterdir()
        if ".snmprec" in one.name
    }
    assert names == found


def _folders(folder: Any) -> list[Any]:
    below = [one for one in folder.iterdir() if one.is_dir()]
    return [*below, *(deeper for one in below for deeper in _folders(one))]
