"""Agents made of cells, met as a first contact meets a device: for the tests of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recordings import Found, Recording, find, profiles

from netmon.model import Readings
from netmon.profiles import Cell, Values, readings

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"


def agent(sys_object_id: str, sys_descr: str, *tables: Mapping[str, Cell]) -> dict[str, Cell]:
    """Make the cells of an agent: its system group, and what else is given."""
    cells: dict[str, Cell] = {
        SYS_DESCR: sys_descr.encode(),
        "1.3.6.1.2.1.1.3.0": 4711,
        "1.3.6.1.2.1.1.5.0": b"simulated",
    }
    if sys_object_id:
        cells[SYS_OBJECT_ID] = sys_object_id
    for table in tables:
        cells |= table
    return cells


def column(oid: str, rows: Mapping[str, Cell] | Mapping[int, Cell]) -> dict[str, Cell]:
    """Make the cells of a column by index."""
    return {f"{oid}.{index}": cell for index, cell in rows.items()}


def meet(cells: Mapping[str, Cell]) -> Found:
    """Make a first contact."""
    return find(Recording({oid: (0, cell) for oid, cell in cells.items()}), profiles())


def summary(cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Meet an agent that has these cells; give what a first contact shows."""
    return meet(cells).summary


def told(read: Readings) -> dict[str, float]:
    """Give readings by measure and own labels, as ``wifi_radio_clients{radio="1",band="5"}``."""
    out = {}
    for made, value in read:
        own = ",".join(f'{name}="{text}"' for name, text in made.labels if name not in {"device", "site", "uplink"})
        out[f"{made.measure}{{{own}}}" if own else made.measure] = value
    return out


def wireless(cells: Mapping[str, Cell]) -> dict[str, float]:
    """Meet an agent and give its wireless readings alone."""
    return {name: value for name, value in told(meet(cells).read).items() if name.startswith(("wifi_", "radio_"))}


def polled(found: Found, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Poll by the plan that was made, an agent that may have changed since."""
    recorded, plan = Recording({oid: (0, cell) for oid, cell in cells.items()}), found.plan
    asked = [recorded.instances.get(oid) for request in plan.requests for oid in request[bool(plan.uptime) :]]
    volatile = {oid: recorded.below(oid) for group in plan.volatile for oid in group}
    return told(readings(plan, Values(asked, volatile)))


def access_points(cells: Mapping[str, Cell]) -> list[Mapping[str, Any]]:
    """Meet a controller and list its access points."""
    return [dict(point) for point in meet(cells).contact.access_points]
