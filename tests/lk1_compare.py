"""Put an evaluation and a count side by side, and name what differs in words: which object, which field."""

from __future__ import annotations

from typing import Any

from netmon.availability import Evaluation, Figures, Outage, Result, Rollup
from netmon.model import State

RATIOS = ("agreed", "observed", "completeness", "availability", "usable", "lower", "upper", "attributable")
VERDICT = ("target", "result")
RESULT = ("kind", "id", "incidents", "mttr_seconds", "mtbf_seconds", *VERDICT)
OUTAGE = ("start", "end", "attribution", "incident", "begin_seen", "end_seen", "carried_in", "carried_out")
ROLLUP = ("objects", "met", "missed", "insufficient", "without_data", *VERDICT)


def plain(evaluation: Evaluation) -> dict[str, Any]:
    """Write an evaluation as the count writes its own: plain dicts and lists."""
    return {
        "objects": [_object(one) for one in evaluation.objects],
        "rollups": {(one.of, one.kind, one.id): _rollup(one) for one in evaluation.rollups},
        "maintenance": [{"id": one.id, "counted": one.counted} for one in evaluation.maintenance],
    }


def _figures(one: Figures) -> dict[str, Any]:
    seconds = {state.value: one.seconds.get(state, 0) for state in State}
    return {"seconds": seconds} | {name: getattr(one, name) for name in RATIOS}


def _object(one: Result) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in RESULT}
    where = {"site": one.site or None, "uplink": one.uplink or None}
    return _figures(one) | fields | where | {"outages": [_outage(outage) for outage in one.outages]}


def _outage(outage: Outage) -> dict[str, Any]:
    return {name: getattr(outage, name) for name in OUTAGE} | {"seconds": outage.end - outage.start}


def _rollup(one: Rollup) -> dict[str, Any]:
    return _figures(one) | {name: getattr(one, name) for name in ROLLUP}


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Name every leaf in which the two differ, as ``objects[ap-1].seconds.down: expected 5, got 6``."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for key in {**expected, **actual}:
            below = f"{where}.{key}" if where else str(key)
            found += differences(expected.get(key), actual.get(key), below)
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        return _list_differences(expected, actual, where)
    return [] if expected == actual else [f"{where}: expected {expected}, got {actual}"]


def _list_differences(expected: list[Any], actual: list[Any], where: str) -> list[str]:
    if len(expected) != len(actual):
        return [f"{where}: expected {len(expected)} {expected}, got {len(actual)} {actual}"]
    found = []
    for position, (one, other) in enumerate(zip(expected, actual, strict=True)):
        name = f"{one.get('kind', '')} {one['id']}".strip() if "id" in one else str(position)
        found += differences(one, other, f"{where}[{name}]")
    return found
