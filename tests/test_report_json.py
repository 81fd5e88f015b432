"""The report's JSON: any document is in it as it was, with a line for each thing that people look for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmon.reports.json import render

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(st.text(max_size=5), values, max_size=5))
def test_every_document_can_be_read_back(document: dict[str, Any]) -> None:
    """Whatever JSON can hold, in the order in which it was, one line end at the end."""
    text = render(document)
    assert json.dumps(json.loads(text)) == json.dumps(document)
    assert text.endswith("}\n")


def test_each_object_and_each_outage_has_a_line() -> None:
    """What belongs to a line is indented below it; text stays as it is, whatever it looks like."""
    outage = {"start": "2026-11-01T00:00:00Z", "why": '}, {\n"é"'}
    found = render({"definition": "LK-1", "objects": [{"id": "a", "outages": [outage, outage], "n": 2}, {"id": "b"}]})
    assert found == (
        "{\n"
        ' "definition": "LK-1",\n'
        ' "objects": [\n'
        '  {"id": "a", "outages": [\n'
        '   {"start": "2026-11-01T00:00:00Z", "why": "}, {\\n\\"é\\""},\n'
        '   {"start": "2026-11-01T00:00:00Z", "why": "}, {\\n\\"é\\""}\n'
        '  ], "n": 2},\n'
        '  {"id": "b"}\n'
        " ]\n"
        "}\n"
    )


def test_what_is_no_number_is_not_written() -> None:
    """NaN is no JSON: it would be a mistake of netmon's, and is none of the report's."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        render({"objects": [{"availability": float("nan")}]})
