"""The Grafana dashboards: sound, drawn by their source, and asking for nothing that does not exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from dashboards import (
    FOLDER,
    NAMES,
    ROOT,
    TARGET_LABELS,
    Asked,
    annotations,
    asked,
    catalogue,
    choices,
    everything,
    filled,
    named,
    panels,
    read,
    variable_queries,
)

from netmon.model import STATES
from netmon.web.words import WORDS

SOURCE = FOLDER.parent / "source" / "generate.py"
PROVISIONING = FOLDER.parent / "provisioning"
KINDS = {"row", "stat", "timeseries", "table", "state-timeline", "bargauge", "gauge", "text", "geomap"}
VALUES = {"kecamatan": "13.71.01", "site": "a1", "device": "a1-1"}
UNITS = {
    "none",
    "short",
    "s",
    "percentunit",
    "bps",
    "pps",
    "cps",
    "bytes",
    "dBm",
    "hertz",
    "celsius",
    "volt",
    "dateTimeAsLocal",
    "dateTimeFromNow",
}
"""Ids of Grafana's own units."""


def by_where(one: Asked) -> str:
    """Name a test after what it is about."""
    return one.where


def test_there_are_the_dashboards_of_the_page() -> None:
    """docs/dashboards.md tells of each, and of no other."""
    page = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)\.json`", page, re.MULTILINE)) == set(NAMES)
    assert NAMES == ["access-point", "city", "kecamatan", "monitor", "site"]


def test_they_are_what_their_source_draws(tmp_path: Path) -> None:
    """Whoever changes the source draws anew, and nobody changes the JSON by hand."""
    subprocess.run([sys.executable, SOURCE, tmp_path], check=True, cwd=ROOT)
    for name in NAMES:
        drawn = (tmp_path / f"{name}.json").read_text(encoding="utf-8")
        assert drawn == (FOLDER / f"{name}.json").read_text(encoding="utf-8"), f"{name}: python {SOURCE}"


def test_uids_and_titles_are_each_their_own() -> None:
    """Grafana keeps dashboards by uid, of 40 characters at most."""
    uids = [read(name)["uid"] for name in NAMES]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[a-z-]{1,40}", uid) for uid in uids)
    assert len({read(name)["title"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_panels_are_of_grafanas_own_kinds_and_stand_side_by_side(name: str) -> None:
    """Each id once, inside of 24 columns, none over another, none without a place."""
    found = list(panels(read(name)))
    assert {panel["type"] for panel in found} <= KINDS
    ids = [panel["id"] for panel in found]
    assert len(set(ids)) == len(ids)
    places = {panel["id"]: panel["gridPos"] for panel in found}
    for at in places.values():
        assert at["x"] >= 0
        assert at["w"] >= 4 or at["h"] == 1
        assert at["x"] + at["w"] <= 24
    for one, other in combinations(places.values(), 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_is_named_asks_something_and_has_a_unit(name: str) -> None:
    """Titles differ within a dashboard, queries have letters of their own, units are Grafana's."""
    found = [panel for panel in panels(read(name)) if panel["type"] != "row"]
    titles = [panel["title"] for panel in found]
    assert len(set(titles)) == len(titles)
    for panel in found:
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)
        assert all(target["expr"].strip() for target in panel["targets"])
        units = re.findall(r'"unit": "([^"]*)"', json.dumps(panel["fieldConfig"]))
        units += [p["value"] for o in panel["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "unit"]
        assert set(units) <= UNITS, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_no_data_source_is_written_down(name: str) -> None:
    """Whatever Prometheus is chosen at the top is asked; it is a variable everywhere."""
    dashboard = read(name)
    found: list[Any] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend([value["datasource"]] if "datasource" in value else [])
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(dashboard)
    assert found
    assert all(one == {"type": "prometheus", "uid": "${datasource}"} for one in found)
    assert [v["name"] for v in dashboard["templating"]["list"] if v["type"] == "datasource"] == ["datasource"]


@pytest.mark.parametrize("name", NAMES)
def test_variables_that_are_used_are_there_and_none_besides(name: str) -> None:
    """A variable nobody knows would stay in an expression as it is written."""
    dashboard = read(name)
    text = json.dumps({key: value for key, value in dashboard.items() if key != "templating"})
    text += "".join(one.expression for one in variable_queries(name))
    used = set(re.findall(r"\$\{?([a-z]\w*)\b", text)) - {"__data"}
    there = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert used == there
    for one in [*asked(name), *variable_queries(name), *annotations(name)]:
        assert "$" not in filled(one.expression, VALUES).replace('"$1"', "")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_dashboards_that_are_there(name: str) -> None:
    """Into one of these, by a variable that it has, with a column that the table has."""
    uids = {read(other)["uid"]: read(other) for other in NAMES}
    columns = {panel["title"]: one for panel in panels(read(name)) for one in [organized(panel)] if one}
    for panel in panels(read(name)):
        for url in re.findall(r'"url": "(/d/[^"]*)"', json.dumps(panel)):
            found = re.match(r"/d/([\w-]+)\?var-(\w+)=\$\{__data\.fields\.(\w+)\}&", url)
            assert found, url
            assert found[2] in {variable["name"] for variable in uids[found[1]]["templating"]["list"]}
            assert found[3] in columns[panel["title"]], url
    assert {one["type"] for one in read(name)["links"]} == {"dashboards", "link"}
    assert read(name)["tags"] == ["netmon"]


def organized(panel: dict[str, Any]) -> set[str]:
    """Give the labels that a table keeps as columns."""
    return {
        key
        for one in panel.get("transformations", [])
        if one["id"] == "organize"
        for key in one["options"]["renameByName"]
    }


@pytest.mark.parametrize("name", NAMES)
def test_states_are_called_as_everywhere_and_have_one_colour_each(name: str) -> None:
    """The words of the first page, for names of states and for the codes that stand for them."""
    words = {state: WORDS["id"][state] for state in STATES}
    seen: dict[str, set[str]] = {}
    for panel in panels(read(name)):
        text = json.dumps(panel.get("fieldConfig", {}), ensure_ascii=False)
        for found in re.finditer(r'"text": "([^"]*)", "color": "([^"]*)"', text):
            if found[1] in words.values():
                seen.setdefault(found[1], set()).add(found[2])
        for override in panel.get("fieldConfig", {}).get("overrides", []):
            shown = {one["id"]: one["value"] for one in override["properties"]}
            if override["matcher"]["options"] in words:
                assert shown["displayName"] == words[override["matcher"]["options"]]
    colors = {"aktif": "green", "terganggu sebagian": "yellow", "terputus": "red", "terputus di hulu": "orange"}
    for word, color in colors.items():
        assert seen.get(word, {color}) >= {color}


@pytest.mark.parametrize("one", everything(), ids=by_where)
def test_what_is_asked_for_exists(one: Asked) -> None:
    """Every metric is in docs/metrics.md, Prometheus's own or recorded; every label is one of those that it has."""
    known = catalogue()
    found = named(one.expression)
    assert found.metrics
    assert found.metrics.keys() <= known.keys()
    for metric, matched in found.metrics.items():
        assert matched <= known[metric] | TARGET_LABELS, metric
    labels = set.union(TARGET_LABELS, found.made, *(known[metric] for metric in found.metrics))
    assert found.clauses <= labels
    assert set(re.findall(r"\{\{(\w+)\}\}", one.legend)) <= labels


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_labels_of_what_a_table_asks_for(name: str) -> None:
    """A column that no query gives would only be missing, and nobody would know why."""
    known = catalogue()
    for panel in panels(read(name)):
        parts = [named(target["expr"]) for target in panel.get("targets", [])]
        labels = {label for part in parts for metric in part.metrics for label in known[metric] | part.made}
        values = {f"Value #{target['refId']}" for target in panel.get("targets", [])} | {"Value"}
        assert organized(panel) <= labels | values, panel["title"]


def test_names_are_found_in_expressions() -> None:
    """The reader of expressions itself."""
    found = named(
        'sum by (a) (label_replace(x{b="c{d", e=~"f"}, "made", "$1", "b", "(.+)") * on (g) group_left (h) y'
        " offset 5m) / rate(z[5m]) > bool 0"
    )
    assert found.metrics == {"x": {"b", "e"}, "y": set(), "z": set()}
    assert found.clauses == {"a", "g", "h"}
    assert found.made == {"made"}


def test_a_choice_is_shown_by_its_name_and_asked_for_by_its_id() -> None:
    """As Grafana makes choices of a query's result, with a label whose name ends like another's."""
    variable = read("site")["templating"]["list"][1]
    result = [({"kecamatan": "13.71.01", "kecamatan_name": "Padang Selatan"}, 1.0)]
    assert choices(variable, result) == {"Padang Selatan": "13.71.01"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus")
def test_every_expression_is_promql(tmp_path: Path) -> None:
    """Prometheus's own parser takes each of them, with values in the place of variables."""
    rules = [{"record": f"x:{n}", "expr": filled(one.expression, VALUES)} for n, one in enumerate(everything())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_grafana_is_given_at_its_start_fits_together() -> None:
    """The folder that is read is the one of docs/deployment.md; the data source is the default one, without a uid."""
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "netmon.yaml").read_text(encoding="utf-8"))["providers"]
    assert f"{provider['options']['path']}/" in page
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "netmon.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    assert (source["type"], source["isDefault"], source["access"]) == ("prometheus", True, "proxy")
    assert source["jsonData"]["timeInterval"] == "15s"
