"""A real Prometheus finds a running city through ``/sd``, and what it remembers is what the report says."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running_city import Program, Service, free_port, report, running_city, running_service, wait_until, write_inventory

from netmon.availability import cut_at, month_at
from netmon.history import History
from netmon.model import STATES
from netmon.reports.document import document
from netmon.reports.recorded import evaluate_recorded

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ZONE = "Asia/Jakarta"
GROUPS = ["13.71.01", "13.71.02", "13.71.03", "city"]
SETTLING = 15.0  # three intervals: the last observation of an outage has lost its effect

CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: netmon
    http_sd_configs: [{{url: "{url}/sd", refresh_interval: 1s}}]
"""

SCRIPT = """\
20s,15s,dead,a1-1,
22s,12s,fibre,uplink-b,
25s,10s,dead,d1-1,
"""


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        """Ask its HTTP interface."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=30) as answer:  # noqa: S310 -- http alone
            return json.load(answer)["data"]

    def is_ready(self) -> bool:
        """Say whether it answers."""
        try:
            self.get("/api/v1/status/buildinfo")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def targets(self) -> list[dict[str, Any]]:
        """Give what it scrapes."""
        found: list[dict[str, Any]] = self.get("/api/v1/targets", state="active")["activeTargets"]
        return found

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Evaluate an expression now: labels and value of each series."""
        found = self.get("/api/v1/query", query=expression)["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]


@contextmanager
def prometheus(folder: Path, service: Service, text: str = CONFIGURATION) -> Iterator[Prometheus]:
    """Start Prometheus with nothing but the address of /sd, or with another configuration; end it at the end."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is missing: apt-get install prometheus")
    configuration = folder / "prometheus.yml"
    configuration.write_text(text.format(url=service.url), encoding="utf-8")
    where = f"127.0.0.1:{free_port()}"
    arguments = (
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={where}",
    )
    with Program(folder / "prometheus.log", program, *arguments) as running:
        found = Prometheus(f"http://{where}")
        wait_until(found.is_ready, "Prometheus")
        yield found
        running.stop()


def all_up(found: Prometheus) -> bool:
    """Say whether every target that /sd names has been scraped."""
    targets = found.targets()
    return len(targets) == 2 * len(GROUPS) + 1 and all(one["health"] == "up" for one in targets)


def outages(found: Prometheus) -> dict[str, float]:
    """Give how many outages each device has had, as Prometheus saw them."""
    return {labels["device"]: count for labels, count in found.query("netmon_device_outages_total > 0")}


def settled(found: Prometheus) -> bool:
    """Say whether Prometheus has seen every device without an outage for a while."""
    calm = f"min_over_time(netmon_device_up[{SETTLING:g}s]) == 1"
    return len(found.query(calm)) == len(found.query("netmon_device_state == 1"))


def remembered(found: Prometheus, kind: str) -> dict[str, dict[str, dict[str, float]]]:
    """Give the last seconds it knows, by period, object and state."""
    seconds: dict[str, dict[str, dict[str, float]]] = {}
    for labels, value in found.query(f"last_over_time(netmon_{kind}_period_state_seconds[5m])"):
        of_period = seconds.setdefault(labels["period"], {})
        of_period.setdefault(labels[kind], {})[labels["state"]] = value
    return seconds


def told_at(found: Prometheus) -> dict[str, int]:
    """Give the second up to which each group was told in its last scrape."""
    told = found.query("last_over_time(netmon_state_timestamp_seconds[5m])")
    return {labels["group"]: int(value) for labels, value in told}


def test_a_real_prometheus_remembers_what_the_report_says(tmp_path: Path) -> None:
    """Prometheus finds every target by /sd; after outages its last sample of each object's month is the report's.

    The service is stopped, and the report computed for the very second of each group's last scrape: the seconds of
    every state of every device, site and uplink are equal. What no longer moves is also what ``netmon report`` prints.
    """
    inventory = write_inventory(tmp_path / "inventory", interval=5)
    data = tmp_path / "data"
    with (
        running_city(inventory, tmp_path, SCRIPT),
        running_service(inventory, data, tmp_path / "log") as service,
        prometheus(tmp_path, service) as found,
    ):
        wait_until(lambda: all_up(found), "all targets up")
        targets = {(one["labels"]["group"], one["labels"]["part"]) for one in found.targets()}
        assert targets == {*((g, p) for g in GROUPS for p in ("state", "readings")), ("self", "state")}
        wait_until(lambda: {"a1-1", "rt-b", "d1-1"} <= outages(found).keys(), "the outages of the script", 90)
        wait_until(lambda: settled(found), "an end of the outages", 90)
        assert found.query("count(netmon_wifi_clients)")[0][1] > 0
        assert service.program.stop() == 0
        told = told_at(found)
        seconds = {kind: remembered(found, kind) for kind in ("device", "site", "uplink")}
    assert told.keys() == set(GROUPS)
    compare_exactly(data, told, seconds)
    compare_with_command(data, seconds)


def compare_exactly(data: Path, told: dict[str, int], seconds: dict[str, dict[str, Any]]) -> None:
    """Hold the samples of each group against a report that ends in the second of its last scrape."""
    compared = 0
    with History.open(data, create=False, read_only=True) as history:
        for group in GROUPS[:-1]:
            period = cut_at(month_at(told[group], ZONE), told[group])
            found = document(evaluate_recorded(history, period))
            places = {one["id"] for one in found["objects"] if one["kind"] != "device" and in_group(one["id"], group)}
            for one in found["objects"]:
                if (one["site"] or one["uplink"]) in places:
                    assert seconds[one["kind"]][period.label][one["id"]] == one["seconds"], (one["id"], told[group])
                    compared += 1
    assert compared == sum(len(objects) for kind in seconds.values() for objects in kind.values())


def in_group(place: str, group: str) -> bool:
    """Say whether a site or uplink of the inventory lies in a kecamatan: by its letter."""
    letter = place.removeprefix("uplink-")[0]
    return letter in {"13.71.01": "ab", "13.71.02": "cd", "13.71.03": "e"}[group]


def compare_with_command(data: Path, seconds: dict[str, dict[str, Any]]) -> None:
    """Hold what no longer moves against what the command prints: every second that was down."""
    found = report(data)
    label = found["period"]["label"]
    down = 0.0
    for one in found["objects"]:
        sample = seconds[one["kind"]][label][one["id"]]
        assert sample.keys() == set(STATES)
        for state in ("down", "down_upstream", "degraded", "planned"):
            assert sample[state] == one["seconds"][state], (one["id"], state)
        down += sample["down"]
    assert down > 0
