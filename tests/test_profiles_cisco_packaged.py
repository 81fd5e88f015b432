"""Real controllers out of the package ``snmpsim-data``: Cisco AireOS, Aruba, Ruckus; each reading against its rows."""

from __future__ import annotations

import bz2
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import recordings
import snmprec

from netmon.profiles import Cell

_FOUND = importlib.util.find_spec("snmpsim_data")
DATA = Path(next(iter(_FOUND.submodule_search_locations or ()), "")) / "data" / "network" if _FOUND else Path("none")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the package snmpsim-data is not installed")

AIRESPACE, WLSX, SCG = "1.3.6.1.4.1.14179.2", "1.3.6.1.4.1.14823.2.2.1", "1.3.6.1.4.1.25053.1.3"


@lru_cache(maxsize=1)
def device(name: str) -> tuple[dict[str, Any], recordings.Recording]:
    """Meet a packaged recording."""
    met = recordings.Recording(snmprec.read(bz2.decompress((DATA / f"{name}.snmprec.bz2").read_bytes())))
    return recordings.find(met, recordings.profiles()).summary, met


def total(met: recordings.Recording, column: str) -> int:
    """Add up a column."""
    return sum(cell for cell in met.below(column).values() if isinstance(cell, int))


def texts(met: recordings.Recording, column: str) -> list[str]:
    """Give a column's texts in the order of their rows."""
    return [text_of(cell) for cell in met.below(column).values()]


def text_of(cell: Cell) -> str:
    """Give a text."""
    return cell.decode() if isinstance(cell, bytes) else str(cell)


def test_cisco_aireos() -> None:
    """A controller of 226 access points: networks, access points and their radios agree with each other."""
    told, met = device("appliance/cisco-controller")
    wifi = told["wifi"]
    assert (told["profile"], wifi["radios"]) == ("cisco_wlc", [])
    assert wifi["clients"] == total(met, f"{AIRESPACE}.1.1.1.38") == sum(one["clients"] for one in wifi["ssids"]) > 0
    assert [one["name"] for one in wifi["access_points"]] == texts(met, f"{AIRESPACE}.2.1.1.3")
    assert wifi["access_point_states"] == {"online": len(wifi["access_points"])} == {"online": 226}
    assert sum(one["clients"] for one in wifi["access_points"]) == total(met, f"{AIRESPACE}.2.2.1.15")
    assert {one["state"] for one in wifi["access_points"]} == {"online"}
    assert all(one["mac"] and one["serial"] and one["address"] for one in wifi["access_points"])


def test_aruba_controller() -> None:
    """A controller of 13 access points, of which some are down."""
    told, met = device("wifi/aruba-7210")
    wifi = told["wifi"]
    assert (told["profile"], told["system"]["model"]) == ("aruba_controller", "Aruba7210")
    assert wifi["clients"] == total(met, f"{WLSX}.5.2.1.8.1.2") == sum(one["clients"] for one in wifi["ssids"]) > 0
    assert [one["name"] for one in wifi["access_points"]] == texts(met, f"{WLSX}.5.2.1.4.1.3")
    assert sum(one["clients"] for one in wifi["access_points"]) == total(met, f"{WLSX}.5.2.1.5.1.7")
    up = [one for one in wifi["access_points"] if one["state"] == "online"]
    assert wifi["access_point_states"] == {"online": len(up)}
    assert 0 < len(up) < len(wifi["access_points"])


@pytest.mark.e2e
def test_ruckus_smartcell_gateway() -> None:
    """A gateway of 7,682 access points, whose index begins with its length."""
    told, met = device("wifi/ruckus-smartcell-gateway")
    wifi = told["wifi"]
    assert (told["profile"], wifi["clients"]) == ("ruckus_smartzone", met.instances[f"{SCG}.1.1.1.15.2.0"])
    assert sum(one["clients"] for one in wifi["ssids"]) == total(met, f"{SCG}.2.1.1.1.2.1.12")
    connections = texts(met, f"{SCG}.2.1.1.2.2.1.16")
    assert wifi["access_point_states"] == {
        "online": connections.count("Connect"),
        "offline": connections.count("Disconnect"),
    }
    assert len(wifi["access_points"]) == len(connections) == met.instances[f"{SCG}.1.1.1.15.1.0"]
    assert [one["state"] == "online" for one in wifi["access_points"]] == [text == "Connect" for text in connections]
    macs = [cell.hex(":") for cell in met.below(f"{SCG}.2.1.1.2.2.1.1").values() if isinstance(cell, bytes)]
    assert [one["mac"] for one in wifi["access_points"]] == macs
