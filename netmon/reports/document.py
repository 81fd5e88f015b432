"""A period as one plain data structure, from which every format is rendered."""

from __future__ import annotations

from typing import Any

from netmon.availability import Evaluation, Figures, Outage, Result, Rollup
from netmon.model import DEFINITION, Period, iso

Document = dict[str, Any]
"""Only ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None``: what JSON can hold."""


def document(evaluation: Evaluation) -> Document:
    """Write an evaluation down, in the form that LK-1 gives for its JSON.

    Times are ISO 8601 in UTC, durations seconds, ratios numbers from 0 to 1 (unrounded) or ``None``.
    """
    return {
        "definition": DEFINITION,
        "period": _period(evaluation.period),
        "objects": [_object(one) for one in evaluation.objects],
        "rollups": [_rollup(one) for one in evaluation.rollups],
        "maintenance": [{"id": w.id, "counted": w.counted, "why": w.why} for w in evaluation.maintenance],
    }


def _period(period: Period) -> Document:
    return {
        "start": iso(period.start),
        "end": iso(period.end),
        "zone": period.zone,
        "label": period.label,
        "partial": period.partial,
    }


def _seconds(figures: Figures) -> dict[str, int]:
    return {state.value: count for state, count in figures.seconds.items()}


def _ratios(figures: Figures) -> Document:
    return {
        "agreed": figures.agreed,
        "observed": figures.observed,
        "completeness": figures.completeness,
        "availability": figures.availability,
        "usable": figures.usable,
        "lower": figures.lower,
        "upper": figures.upper,
        "attributable": figures.attributable,
    }


def _object(one: Result) -> Document:
    return {
        "kind": one.kind,
        "id": one.id,
        "site": one.site or None,
        "uplink": one.uplink or None,
        "seconds": _seconds(one),
        **_ratios(one),
        "target": one.target,
        "result": one.result,
        "outages": [_outage(outage) for outage in one.outages],
        "incidents": one.incidents,
        "mttr_seconds": one.mttr_seconds,
        "mtbf_seconds": one.mtbf_seconds,
    }


def _outage(outage: Outage) -> Document:
    return {
        "start": iso(outage.start),
        "end": iso(outage.end),
        "seconds": outage.end - outage.start,
        "attribution": outage.attribution,
        "incident": outage.incident,
        "begin_seen": outage.begin_seen,
        "end_seen": outage.end_seen,
        "carried_in": outage.carried_in,
        "carried_out": outage.carried_out,
    }


def _rollup(one: Rollup) -> Document:
    return {
        "kind": one.kind,
        "id": one.id,
        "of": one.of,
        "objects": one.objects,
        "met": one.met,
        "missed": one.missed,
        "insufficient": one.insufficient,
        "without_data": one.without_data,
        "seconds": _seconds(one),
        **_ratios(one),
        "target": one.target,
        "result": one.result,
    }
