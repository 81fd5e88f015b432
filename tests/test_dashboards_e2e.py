"""Every panel of the dashboards against a real Prometheus that watches a simulated city: it shows something.

What rightly shows nothing in that city is listed, and nothing else may be empty.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from dashboards import NAMES, ROOT, Asked, annotations, asked, choices, filled, read, variable_queries
from running_city import BLOCK, SITES, running_city, running_service, wait_until, write_inventory
from test_prometheus_e2e import Prometheus, prometheus

from netmon.model import STATES

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SETTINGS = """\
targets:
  pillars: {living: 0.99, government: 0.99}
  kelurahan_connected: {share: 1.0, by: 2030-12-31}
owners:
  dispar: {name: Dinas Pariwisata}
"""

CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["ALERTS/*.yml"]
scrape_configs:
  - job_name: netmon
    http_sd_configs: [{{url: "{url}/sd", refresh_interval: 1s}}]
    relabel_configs: [{{source_labels: [part], regex: state, action: keep}}]
  - job_name: netmon-readings
    http_sd_configs: [{{url: "{url}/sd", refresh_interval: 1s}}]
    relabel_configs: [{{source_labels: [part], regex: readings, action: keep}}]
"""

CONFIGURATION = CONFIGURATION.replace("ALERTS", str(ROOT / "alerts"))
SCRIPT = """\
10s,800s,fibre,uplink-b,
10s,800s,dead,a2-1,
10s,800s,dead,a2-2,
25s,10s,dead,a1-1,
"""
VALUES = {"kecamatan": "13.71.01", "site": "a1"}
DEVICES = ("a1-1", "a1-3", "rt-a1")
"""An access point, one that is only pinged, a router: their page is one and the same."""

_MAKER = "access points of this maker do not tell it"
_NO_ALERT = "no alert is about it"
EMPTY = {
    "access-point: Daya pancar A": _MAKER,
    "access-point: Kanal radio B": _MAKER,
    "access-point: Kesibukan kanal A": _MAKER,
    "access-point: Tautan radio A": "no radio link is among the devices",
    "access-point: Tautan radio B": "no radio link is among the devices",
    "access-point: Peringatan yang sedang berlangsung A": _NO_ALERT,
    "access-point: annotation Peringatan": _NO_ALERT,
    "monitor: Peringatan tentang pemantau A": _NO_ALERT,
    "monitor: annotation Peringatan": _NO_ALERT,
    "site: Gangguan sejak A": "the site is up",
    "site: Pemeliharaan A": "nothing is announced",
    "site: Pengguna aktif menurut titik akses B": "its access points have no captive portal",
    "site: Peringatan yang sedang berlangsung A": _NO_ALERT,
    "site: annotation Peringatan": _NO_ALERT,
}
"""What has nothing to show, and why."""

NO_SITE_YET = {"device", "site"}
"""Columns of alerts that are empty: only the link has been down for long enough."""


def city(folder: Path) -> Path:
    """Write the small city with names, owners, places, people and outlines, so that every panel has its data."""
    places = (
        SITES.replace(
            "devices: [AP a1-1 11, AP a1-2 12]",
            f"devices: [AP a1-1 11, AP a1-2 12, {{id: a1-3, role: access_point, address: {BLOCK}.15}}]",
        )
        .replace(
            "- id: a1\n",
            "- id: a1\n    name: Pantai Air Manis\n    owner: dispar\n    location: [-0.95, 100.35]\n",
        )
        .replace("{id: uplink-b, ", "{id: uplink-b, owner: dispar, ")
        .replace(
            "- id: uplink-a  # two routers, one suffices\n",
            "- id: uplink-a\n    name: Jaringan Air Manis\n    owner: dispar\n",
        )
    )
    inventory = write_inventory(folder, places, interval=5, extra=SETTINGS)
    regions = (inventory / "regions.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{regions[0]},population", *(f"{line},1000" for line in regions[1:])]
    (inventory / "regions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    outlines = [outline(line.split(",")[0], index) for index, line in enumerate(regions[1:])]
    (inventory / "boundaries.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": outlines}), encoding="utf-8"
    )
    return inventory


def outline(code: str, index: int) -> dict[str, object]:
    """Give a square of a tenth of a degree, the first around the place that has a location."""
    west, south = 100.3 + index / 10, -1.0
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def result(found: Prometheus, one: Asked, now: float) -> list[dict[str, str]]:
    """Give the labels of what an expression gives: now, or of the last minute where it is drawn over time."""
    times = {"start": f"{now - 60:.3f}", "end": f"{now:.3f}", "step": "5"}
    series: list[dict[str, str]] = []
    for expression in {filled(one.expression, {**VALUES, "device": device}) for device in DEVICES}:
        if one.is_range:
            drawn = found.get("/api/v1/query_range", query=expression, **times)["result"]
            series += [each["metric"] for each in drawn]
        else:
            series += [labels for labels, _ in found.query(expression)]
    return series


def test_every_panel_shows_something(tmp_path: Path) -> None:
    """Panels, marks and choices have data by the city's names; their legends and columns are labels of it.

    A link of a kecamatan is cut: that is what the panels of outages and alerts have to show.
    """
    inventory = city(tmp_path / "inventory")
    with (
        running_city(inventory, tmp_path, SCRIPT),
        running_service(inventory, tmp_path / "data", tmp_path / "log") as service,
        prometheus(tmp_path, service, CONFIGURATION) as found,
    ):
        fires = 'ALERTS{alertstate="firing", alertname="UplinkDown", kecamatan="13.71.01"}'
        wait_until(lambda: found.query(fires), "an alert", 150)
        wait_until(lambda: found.query("netmon_coverage_area_ratio"), "the covered area")
        wait_until(lambda: found.query("netmon_device_outages_total > 0"), "outages of devices")
        wait_until(lambda: found.query("rate(netmon_interface_receive_bytes_total[20s])"), "rates")
        now = time.time()
        empty: list[str] = []
        columns: dict[str, tuple[set[str], set[str]]] = {}
        for name in NAMES:
            for one in [*asked(name), *annotations(name)]:
                series = result(found, one, now)
                if not series:
                    empty.append(one.where)
                    continue
                labels = {label for metric in series for label in metric}
                assert set(re.findall(r"\{\{(\w+)\}\}", one.legend)) & labels or "{{" not in one.legend, one
                if one.columns:
                    panel = one.where.rsplit(" ", 1)[0]
                    columns.setdefault(panel, (set(one.columns), set()))[1].update(labels)
        assert set(empty) ^ EMPTY.keys() == set()
        for panel, (wanted, there) in columns.items():
            allowed = NO_SITE_YET if "Peringatan" in panel else set()
            assert {label for label in wanted - there if not label.startswith("Value")} <= allowed, panel
        check_figures(found)
        offered = choices_of(found)
    assert offered["kecamatan"] == {
        "Padang Selatan": "13.71.01",
        "Padang Timur": "13.71.02",
        "Padang Barat": "13.71.03",
    }
    assert offered["site"]["Pantai Air Manis"] == "a1"
    assert offered["site"]["b1"] == "b1"
    assert offered["device"]["a1-1 · MikroTik cAP ac"] == "a1-1"


def check_figures(found: Prometheus) -> None:
    """Hold some figures to what was done to the city: a link and a place that are down, and what is behind the link."""
    of = {
        one.where: filled(one.expression, VALUES)
        for name in NAMES
        for one in asked(name)
        if "$device" not in one.expression
    }
    assert found.query(of["city: Gangguan sedang berlangsung A"])[0][1] == 2
    codes = {state: number for number, state in enumerate(STATES, 1)}
    links = {labels["title"]: code for labels, code in found.query(of["kecamatan: Keadaan jaringan kelurahan A"])}
    assert links == {"Jaringan Air Manis": codes["up"], "uplink-b": codes["down"]}
    sites = {labels["title"]: code for labels, code in found.query(of["kecamatan: Keadaan titik Wi-Fi A"])}
    dark = dict.fromkeys(("b1", "b2"), codes["down_upstream"])
    assert sites == {"Pantai Air Manis": codes["up"], "a2": codes["down"], **dark}
    ((_, share),) = found.query(of["kecamatan: Ketersediaan titik Wi-Fi bulan ini A"])
    assert 0 < share < 1
    ((_, share),) = found.query(of["site: Ketersediaan bulan ini A"])
    assert share == 1


def choices_of(found: Prometheus) -> dict[str, dict[str, str]]:
    """Give what the variables offer, by their names."""
    offered: dict[str, dict[str, str]] = {}
    for name in NAMES:
        queries = {one.where.rsplit(" ", 1)[1]: one for one in variable_queries(name)}
        for variable in read(name)["templating"]["list"]:
            if variable["type"] == "query":
                expression = filled(queries[variable["name"]].expression, VALUES)
                offered[variable["name"]] = choices(variable, found.query(expression))
    return offered
