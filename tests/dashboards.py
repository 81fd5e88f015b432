"""The Grafana dashboards as tests read them: panels, expressions, variables, and what PromQL names in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

TARGET_LABELS = {"job", "instance", "group", "part"}
OF_PROMETHEUS = {
    "up": set(),
    "scrape_duration_seconds": set(),
    "scrape_samples_scraped": set(),
    "ALERTS": {
        "alertname",
        "alertstate",
        "severity",
        "owner",
        "site",
        "uplink",
        "device",
        "kelurahan",
        "kecamatan",
    },
}
"""What Prometheus adds itself; the labels of alerts are those that every rule may set."""

OF_PROCESS = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
}


def read(name: str) -> dict[str, Any]:
    """Read a dashboard."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give its panels, those of folded rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


@dataclass(frozen=True)
class Asked:
    """An expression of a dashboard, and what is made of its result."""

    where: str
    expression: str
    legend: str = ""
    columns: tuple[str, ...] = ()
    is_range: bool = False


def asked(name: str) -> Iterator[Asked]:
    """Give every expression of a dashboard's panels."""
    for panel in panels(read(name)):
        columns = tuple(_columns(panel))
        for target in panel.get("targets", []):
            where = f"{name}: {panel['title']} {target['refId']}"
            yield Asked(where, target["expr"], target["legendFormat"], columns, target["range"])


def _columns(panel: Mapping[str, Any]) -> Iterator[str]:
    for transformation in panel.get("transformations", []):
        if transformation["id"] == "organize" and panel["type"] == "table":
            yield from transformation["options"]["renameByName"]


def variable_queries(name: str) -> Iterator[Asked]:
    """Give the expressions that a dashboard's choices are read from."""
    for variable in read(name)["templating"]["list"]:
        if variable["type"] == "query":
            yield Asked(f"{name}: variable {variable['name']}", _inside(variable))


def annotations(name: str) -> Iterator[Asked]:
    """Give the expressions of what is marked in a dashboard's graphs."""
    for one in read(name)["annotations"]["list"]:
        yield Asked(f"{name}: annotation {one['name']}", one["expr"], one["titleFormat"] + one["textFormat"])


def everything() -> list[Asked]:
    """Give every expression of every dashboard."""
    return [one for name in NAMES for of in (asked, variable_queries, annotations) for one in of(name)]


def _inside(variable: Mapping[str, Any]) -> str:
    found = re.fullmatch(r"query_result\((.*)\)", variable["query"]["query"])
    assert found, variable["query"]
    return found[1]


def choices(variable: Mapping[str, Any], result: list[tuple[dict[str, str], float]]) -> dict[str, str]:
    """Give what Grafana offers of a query's result: the values by the texts that are shown.

    It writes each series as ``name{label="value",…} value time``, labels in their order, and applies the regex.
    """
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    offered = {}
    for labels, value in result:
        inside = ",".join(f'{key}="{text}"' for key, text in sorted(labels.items()) if key != "__name__")
        found = pattern.search(f"{labels.get('__name__', '')}{{{inside}}} {value:g} 1790000000000")
        if found:
            offered[found["text"]] = found["value"]
    return offered


def filled(expression: str, values: Mapping[str, str]) -> str:
    """Put values in the place of variables, as Grafana does before it asks."""
    known = {"__rate_interval": "20s", "__range": "1h", "__interval": "5s", **values}
    return re.sub(r"\$(__\w+|[a-z]\w*)", lambda found: known[found[1]], expression)


# -- what an expression names ---------------------------------------------------------------------------

_STRING = r'"(?:[^"\\]|\\.)*"'
_KEYWORDS = {
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "inf",
    "nan",
}


@dataclass
class Named:
    """What an expression names: label matchers by metric, labels of its clauses, labels that it makes."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    clauses: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)


def named(expression: str) -> Named:
    """Read an expression as far as its names go."""
    found = Named()
    text = re.sub(r"\[[^\]]*\]", "", expression)
    found.made = {one.strip('"') for one in _destinations(text)}
    without = re.sub(_STRING, '""', text)
    for clause in re.finditer(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", without):
        found.clauses |= {one.strip() for one in clause[1].split(",") if one.strip()}
    without = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", without)
    for selector in re.finditer(r"(?<!\w)([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?", without):
        name, after = selector[1], selector[2] or ""
        if after != "(" and name not in _KEYWORDS:
            found.metrics.setdefault(name, set()).update(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", after))
    return found


def _destinations(text: str) -> Iterator[str]:
    """Give the label that each ``label_replace`` or ``label_join`` makes: its first text outside of brackets."""
    for call in re.finditer(r"label_(?:replace|join)\(", text):
        depth = 0
        for token in re.finditer(rf"{_STRING}|[(){{}}]", text[call.end() :]):
            if token[0] in "({":
                depth += 1
            elif token[0] in ")}":
                depth -= 1
            elif depth == 0:
                yield token[0]
                break


def catalogue() -> dict[str, set[str]]:
    """Give every metric that may be asked for, with its labels: docs/metrics.md, Prometheus's own, recorded ones."""
    found = {name: set(labels) for name, labels in OF_PROMETHEUS.items()}
    found |= {name: set() for name in OF_PROCESS}
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    for name, kind, labels in re.findall(r"^\| `(netmon_\w+)` \| (\w+) \| ([^|]*)\|", page, re.MULTILINE):
        of_metric = set(re.findall(r"`(\w+)`", labels))
        for full in (name, f"{name}_sum", f"{name}_count") if kind == "summary" else (name,):
            found[full] = of_metric
    for file in (ROOT / "alerts").glob("*.yml"):
        for record in re.findall(r"- record: (\S+)", file.read_text(encoding="utf-8")):
            found[record] = {"site", "uplink", "device", "kelurahan", "kecamatan", "owner", "provider", "role"}
    return found
