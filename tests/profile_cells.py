"""Devices made of cells, and what profiles make of them, for tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netmon.inventory import load_profiles
from netmon.measures import line_of
from netmon.model import Device, Role
from netmon.profiles import Answers, Cell, Plan, Profile, Values, build, identify, make_plan, needs, readings

PROFILES = build(load_profiles())
ROUTER = Device(id="rt-1", role=Role.ROUTER, uplink="uplink-1")
IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
UP_TIME = "1.3.6.1.2.1.1.3.0"


def answers_of(profile: Profile, cells: Mapping[str, Cell], wan: str = "") -> Answers:
    """Sort cells into instances and the columns that the profile asks for."""
    asked = needs(profile, str(cells.get("1.3.6.1.2.1.1.2.0", "")), wan)
    columns: dict[str, dict[str, Cell]] = {column: {} for group in asked.columns for column in group}
    for oid, cell in cells.items():
        for column, rows in columns.items():
            if oid.startswith(f"{column}."):
                rows[oid[len(column) + 1 :]] = cell
    return Answers({oid: cells[oid] for oid in asked.instances if oid in cells}, columns)


def polled(plan: Plan, cells: Mapping[str, Cell]) -> Values:
    """Answer a plan from cells."""
    head = bool(plan.uptime)
    asked = [cells.get(oid) for request in plan.requests for oid in request[head:]]
    columns = {column: below(cells, column) for group in plan.volatile for column in group}
    return Values(asked, columns)


def below(cells: Mapping[str, Cell], column: str) -> dict[str, Cell]:
    """Give a column's rows."""
    return {oid[len(column) + 1 :]: cell for oid, cell in cells.items() if oid.startswith(f"{column}.")}


def shown(plan: Plan, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Give a poll's readings as their lines without what every line has."""
    return {
        re.sub(r'^netmon_|device="rt-1",site="",uplink="uplink-1",?|\{(?=\})|(?<=\{)\}', "", line_of(made))
        .replace("{}", "")
        .strip(): value
        for made, value in readings(plan, polled(plan, cells))
    }


def met(cells: Mapping[str, Cell], **raw: Any) -> tuple[Plan, dict[str, float]]:
    """Meet a device that has these cells, with the packaged profiles or a generic one of the test's own."""
    profiles = build({"generic": raw}) if raw else PROFILES
    object_id, descr = cells.get("1.3.6.1.2.1.1.2.0", ""), cells.get("1.3.6.1.2.1.1.1.0", b"")
    assert isinstance(descr, bytes)
    profile = identify(profiles, str(object_id), descr.decode())
    plan = make_plan(profile, ROUTER, answers_of(profile, cells))
    return plan, shown(plan, cells)


def ports(*names: bytes, wide: bool = True) -> dict[str, Cell]:
    """Make the cells of a switch: a port for each name, counters that tell which."""
    cells: dict[str, Cell] = {UP_TIME: 1000, "1.3.6.1.2.1.2.1.0": len(names)}
    for index, name in enumerate(names, 1):
        cells |= {f"{IF}.2.{index}": name, f"{IF}.7.{index}": 1, f"{IF}.8.{index}": 1, f"{IF}.10.{index}": index}
        if wide:
            cells |= {f"{IFX}.1.{index}": name, f"{IFX}.6.{index}": 2**40 + index}
    return cells
