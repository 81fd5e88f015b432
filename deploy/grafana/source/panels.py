"""What a dashboard is made of: panels of Grafana's own kinds, their queries, and where they stand.

Everything is plain data, as Grafana keeps it (schema 39, Grafana 10 and newer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from netmon.model import STATES
from netmon.web.words import WORDS

Json = dict[str, Any]

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
"""Whatever Prometheus is chosen at the top of the page."""

COLORS: Final = {
    "up": "green",
    "degraded": "yellow",
    "down": "red",
    "down_upstream": "orange",
    "unknown": "#9e9e9e",
    "planned": "blue",
    "out_of_service": "#616161",
}
CODES: Final = {state: number for number, state in enumerate(STATES, 1)}
"""What a state is drawn as where only numbers can be drawn."""

_WIDTH: Final = 24
_GREEN_ONLY: Final = ((None, "green"),)

Thresholds = Sequence[tuple[float | None, str]]
"""From which value on which colour; the first begins nowhere."""


def words(state: str) -> str:
    """Give the Indonesian word for a state, the one of the first page and the reports."""
    return WORDS["id"][state]


STATES_BY_NAME: Final = [
    {
        "type": "value",
        "options": {s: {"text": words(s), "color": COLORS[s], "index": index} for index, s in enumerate(STATES)},
    }
]
STATES_BY_CODE: Final = [
    {
        "type": "value",
        "options": {
            str(CODES[s]): {"text": words(s), "color": COLORS[s], "index": index} for index, s in enumerate(STATES)
        },
    }
]
STATE_STEPS: Final = ((None, COLORS["up"]), *((float(CODES[state]), COLORS[state]) for state in STATES))


def mapped(texts: Mapping[str, tuple[str, str]]) -> list[Json]:
    """Give words and colours for single values."""
    options = {
        value: {"text": text, "color": color, "index": index}
        for index, (value, (text, color)) in enumerate(texts.items())
    }
    return [{"type": "value", "options": options}]


def query(expression: str, legend: str = "", *, table: bool = False, instant: bool = False, step: str = "") -> Json:
    """Ask Prometheus; ``step`` is the interval of what is asked for, where that is not 15 s."""
    found: Json = {
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": expression,
        "instant": instant or table,
        "range": not (instant or table),
        "legendFormat": legend or "__auto",
    }
    if table:
        found["format"] = "table"
    if step:
        found["interval"] = step
    return found


def _panel(kind: str, title: str, queries: Sequence[Json], defaults: Json, options: Json, **more: Any) -> Json:
    targets = [{**one, "refId": chr(ord("A") + index)} for index, one in enumerate(queries)]
    field = {"defaults": {"mappings": [], **defaults}, "overrides": more.pop("overrides", [])}
    return {
        "type": kind,
        "title": title,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": field,
        "options": options,
        **{name: value for name, value in more.items() if value},
    }


def thresholds(steps: Thresholds) -> Json:
    """Give thresholds as Grafana keeps them."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}


_LATEST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(
    title: str,
    *queries: Json,
    unit: str = "none",
    steps: Thresholds = _GREEN_ONLY,
    mappings: Sequence[Json] = (),
    description: str = "",
    decimals: int | None = None,
    empty: str = "",
) -> Json:
    """Show a figure or two; ``empty`` stands where there is none."""
    defaults: Json = {"unit": unit, "thresholds": thresholds(steps), "mappings": list(mappings)}
    defaults["color"] = {"mode": "thresholds"}
    if decimals is not None:
        defaults["decimals"] = decimals
    if empty:
        defaults["noValue"] = empty
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": _LATEST,
        "textMode": "auto" if len(queries) == 1 else "value_and_name",
    }
    return _panel("stat", title, queries, defaults, options, description=description)


def lines(
    title: str,
    *queries: Json,
    unit: str = "none",
    stacked: bool = False,
    colors: Mapping[str, tuple[str, str]] | None = None,
    description: str = "",
    least: float | None = 0,
    most: float | None = None,
) -> Json:
    """Draw series over time; ``colors`` gives a series of a name its word and colour."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 60 if stacked else 10,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
    }
    defaults: Json = {"unit": unit, "custom": custom, "color": {"mode": "palette-classic"}}
    if least is not None:
        defaults["min"] = least
    if most is not None:
        defaults["max"] = most
    overrides = [
        _override(name, {"displayName": text, "color": {"mode": "fixed", "fixedColor": color}})
        for name, (text, color) in (colors or {}).items()
    ]
    options = {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, queries, defaults, options, overrides=overrides, description=description)


def timeline(title: str, *queries: Json, description: str = "") -> Json:
    """Draw states over time, each thing a bar; the queries give codes of states."""
    defaults = {
        "mappings": STATES_BY_CODE,
        "thresholds": thresholds(STATE_STEPS),
        "color": {"mode": "thresholds"},
        "custom": {"fillOpacity": 80, "lineWidth": 0},
    }
    options = {
        "alignValue": "left",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return _panel("state-timeline", title, queries, defaults, options, description=description)


def bars(
    title: str,
    *queries: Json,
    unit: str,
    steps: Thresholds = _GREEN_ONLY,
    most: float | None = None,
    colors: Mapping[str, tuple[str, str]] | None = None,
    description: str = "",
) -> Json:
    """Show figures side by side as bars."""
    defaults: Json = {"unit": unit, "min": 0, "thresholds": thresholds(steps), "color": {"mode": "thresholds"}}
    if most is not None:
        defaults["max"] = most
    overrides = [
        _override(name, {"displayName": text, "color": {"mode": "fixed", "fixedColor": color}})
        for name, (text, color) in (colors or {}).items()
    ]
    options = {
        "displayMode": "basic",
        "minVizHeight": 10,
        "minVizWidth": 0,
        "orientation": "horizontal",
        "reduceOptions": _LATEST,
        "showUnfilled": True,
        "valueMode": "color",
    }
    return _panel("bargauge", title, queries, defaults, options, overrides=overrides, description=description)


def _override(name: str, properties: Mapping[str, Any]) -> Json:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }


def link(title: str, url: str) -> Json:
    """Give a link of a cell; ``${__data.fields.X}`` in it is the row's column of that name."""
    return {"title": title, "url": url, "targetBlank": False}


HIDDEN: Final[Json] = {"custom.hidden": True}
"""A column that only its row's links need."""

COLORED: Final[Json] = {"custom.cellOptions": {"type": "color-text"}}


def column(header: str, *hows: Json, unit: str = "", link_to: Json | None = None) -> tuple[str, Json]:
    """Describe a column of a table: what stands above it, and the field options of its cells."""
    properties: Json = {name: value for how in hows for name, value in how.items()}
    if unit:
        properties["unit"] = unit
    if link_to is not None:
        properties["links"] = [link_to]
    return header, properties


def state_column(header: str = "Keadaan") -> tuple[str, Json]:
    """Describe the column of a state's name."""
    return column(header, {"mappings": STATES_BY_NAME}, COLORED)


def table(
    title: str,
    columns: Mapping[str, tuple[str, Json]],
    *queries: Json,
    description: str = "",
    sort: tuple[str, bool] | None = None,
) -> Json:
    """Show rows of now; ``columns`` are a query's labels (and ``Value #A``, or ``Value`` of one query), in order.

    What is not named is left out; ``sort`` is a header and whether the largest come first.
    """
    labels = {label for one in queries for label in one.get("labels", ())}
    hidden = {"Time", *labels} | {f"Value #{chr(ord('A') + n)}" for n in range(len(queries))} | {"Value"}
    organize = {
        "excludeByName": dict.fromkeys(sorted(hidden - columns.keys()), True),
        "indexByName": {name: index for index, name in enumerate(columns)},
        "renameByName": {name: header for name, (header, _) in columns.items()},
    }
    merge = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    options: Json = {"cellHeight": "sm", "showHeader": True, "footer": {"show": False}}
    if sort is not None:
        options["sortBy"] = [{"displayName": sort[0], "desc": sort[1]}]
    return _panel(
        "table",
        title,
        [{key: value for key, value in one.items() if key != "labels"} for one in queries],
        {"custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True}},
        options,
        overrides=[_override(header, how) for header, how in columns.values() if how],
        transformations=[*merge, {"id": "organize", "options": organize}],
        description=description,
    )


def rows_of(expression: str, *others: str) -> Json:
    """Ask for rows of a table; ``others`` are labels of them that no column shows."""
    return {**query(expression, table=True), "labels": others}


def places(title: str, expression: str, *, description: str = "") -> Json:
    """Draw places on a map; the expression gives codes of states by ``title``, ``latitude``, ``longitude``."""
    circle = {
        "color": {"field": "Keadaan", "fixed": "dark-green"},
        "opacity": 0.8,
        "size": {"fixed": 6, "max": 15, "min": 2},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
    }
    layer = {
        "type": "markers",
        "name": "Lokasi",
        "config": {"showLegend": False, "style": circle},
        "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
        "tooltip": True,
    }
    options = {
        "basemap": {"config": {}, "name": "Peta dasar", "type": "default"},
        "controls": {"mouseWheelZoom": True, "showAttribution": True, "showZoom": True},
        "layers": [layer],
        "tooltip": {"mode": "details"},
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 12},
    }
    numbers = [{"targetField": name, "destinationType": "number"} for name in ("latitude", "longitude")]
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": {},
        "renameByName": {"Value": "Keadaan", "title": "Lokasi"},
    }
    defaults = {"mappings": STATES_BY_CODE, "thresholds": thresholds(STATE_STEPS), "color": {"mode": "thresholds"}}
    return _panel(
        "geomap",
        title,
        [query(expression, table=True)],
        {},
        options,
        overrides=[_override("Keadaan", defaults)],
        transformations=[
            {"id": "convertFieldType", "options": {"conversions": numbers, "fields": {}}},
            {"id": "organize", "options": organize},
        ],
        description=description,
    )


def placed(*rows: tuple[int, Sequence[Json]] | str) -> list[Json]:
    """Set panels out in rows from top to bottom: a row is its height and its panels, which share the width.

    A text is a heading. A panel may ask for a width of its own by ``w``; the others share what is left.
    """
    found: list[Json] = []
    top = 0
    for row in rows:
        if isinstance(row, str):
            found.append({"type": "row", "title": row, "collapsed": False, "panels": [], "gridPos": _at(0, top, 24, 1)})
            top += 1
            continue
        height, panels = row
        free = [one for one in panels if "w" not in one]
        rest = _WIDTH - sum(one["w"] for one in panels if "w" in one)
        left = 0
        for one in panels:
            width = one.get("w") or _share(rest, len(free), free.index(one))
            found.append({**{k: v for k, v in one.items() if k != "w"}, "gridPos": _at(left, top, width, height)})
            left += width
        top += height
    return [{"id": number, **one} for number, one in enumerate(found, 1)]


def _share(width: int, among: int, index: int) -> int:
    """Share a width out in whole columns, none left over."""
    return width * (index + 1) // among - width * index // among


def _at(left: int, top: int, width: int, height: int) -> Json:
    return {"x": left, "y": top, "w": width, "h": height}
