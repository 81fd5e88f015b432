"""The report as JSON, for machines and for whoever recomputes it."""

from __future__ import annotations

import json

from netmon.reports.document import Document


def render(report: Document) -> str:
    """Write a report as indented JSON with a line end."""
    return json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
