"""One city, three voices: the metrics page, the report as JSON and ``netmon status`` say the same of one second."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn
from golden_city import exporter, golden_city
from live_city import NOW, LiveCity
from prometheus_client.parser import text_string_to_metric_families
from running_city import wait_until
from starlette.applications import Starlette

from netmon.cli import main
from netmon.model import STATES
from netmon.reports.document import document
from netmon.reports.json import render
from netmon.web import Pages

KINDS = ("device", "site", "uplink")
MONTH = "2026-11"
ANSWERING = ("up", "degraded")
OBSERVED = (*ANSWERING, "down", "down_upstream")


class Page:
    """The samples of a page of metrics."""

    def __init__(self, text: str) -> None:
        """Read the text format."""
        self._samples = [one for family in text_string_to_metric_families(text) for one in family.samples]

    def of(self, name: str, **labels: str) -> list[tuple[Mapping[str, str], float]]:
        """Give labels and value of the samples of a name with these labels."""
        return [
            (sample.labels, sample.value)
            for sample in self._samples
            if sample.name == name and sample.labels.items() >= labels.items()
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """Give the one value, ``None`` where there is none."""
        found = self.of(name, **labels)
        assert len(found) <= 1, f"{name} {labels}"
        return found[0][1] if found else None


@pytest.fixture(scope="module")
def city() -> LiveCity:
    """The city of the golden page: an outage, a blind device, a window, a planned site."""
    return golden_city()


@pytest.fixture(scope="module")
def page(city: LiveCity) -> Page:
    """What ``/metrics`` says."""
    return Page(exporter(city).text())


@pytest.fixture(scope="module")
def report(city: LiveCity) -> dict[str, Any]:
    """What ``netmon report`` writes, for the month cut at the second of the page."""
    found: dict[str, Any] = json.loads(render(document(city.report(NOW, loaded={}))))
    return found


@pytest.fixture(scope="module")
def url(city: LiveCity) -> Iterator[str]:
    """Serve the status of the same second."""
    app = Starlette(routes=Pages(city.state, lambda: True, wall=lambda: NOW).routes())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server", 20)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def status(url: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What ``netmon status --json`` prints."""
    assert main(["status", "--json", "--url", url]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def things(status: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the objects of a status by kind and id."""
    return {(one["kind"], one["id"]): one for kind in KINDS for one in status[f"{kind}s"]}


def test_they_tell_of_the_same_objects(page: Page, report: dict[str, Any], status: dict[str, Any]) -> None:
    """Every device, site and uplink is in all three, and nothing else is."""
    shown = {(kind, labels[kind]) for kind in KINDS for labels, _ in page.of(f"netmon_{kind}_observed")}
    reported = {(one["kind"], one["id"]) for one in report["objects"] if one["kind"] in KINDS}
    assert shown == reported == things(status).keys()
    assert len(shown) == 11


def test_the_seconds_of_every_state_are_the_reports(page: Page, report: dict[str, Any]) -> None:
    """To the second, for every object and state, and so is the availability that one computes of them."""
    for one in report["objects"]:
        if one["kind"] in KINDS:
            own = {one["kind"]: one["id"]}
            name = f"netmon_{one['kind']}_period_state_seconds"
            seconds = {labels["state"]: value for labels, value in page.of(name, period=MONTH, **own)}
            assert seconds == one["seconds"], own
            observed = sum(seconds[state] for state in OBSERVED)
            computed = sum(seconds[state] for state in ANSWERING) / observed if observed else None
            assert computed == one["availability"], own


def test_the_state_now_is_the_same(page: Page, status: dict[str, Any]) -> None:
    """The state that is 1 on the page is the status's; up, observed and the counts follow from it."""
    found = things(status)
    for (kind, name), one in found.items():
        states = {labels["state"]: value for labels, value in page.of(f"netmon_{kind}_state", **{kind: name})}
        assert states == {state.value: float(state.value == one["state"]) for state in STATES}
        assert page.value(f"netmon_{kind}_observed", **{kind: name}) == (one["state"] != "unknown")
        expected = one["state"] in ANSWERING if one["state"] in OBSERVED else None
        assert page.value(f"netmon_{kind}_up", **{kind: name}) == expected
    for kind in KINDS:
        counts = {state.value: sum(v for _, v in page.of(f"netmon_{kind}_state", state=state)) for state in STATES}
        assert counts == status["counts"][kind]


def test_outages_begin_and_go_on_alike(report: dict[str, Any], status: dict[str, Any]) -> None:
    """What is out now is so since the beginning of the outage that the report carries out of the period."""
    found = things(status)
    carried = {
        (one["kind"], one["id"]): outage["start"]
        for one in report["objects"]
        for outage in one.get("outages", ())
        if outage["carried_out"]
    }
    out = {key: one["since"] for key, one in found.items() if one["state"] in {"down", "down_upstream"}}
    assert out == carried
    assert out


def test_the_month_of_a_pillar_and_of_the_city_add_up(
    page: Page, report: dict[str, Any], status: dict[str, Any]
) -> None:
    """Seconds are added before they are divided, in all three."""
    rollups = {(one["kind"], one["id"]): one for one in report["rollups"]}
    pillars = {labels["pillar"] for labels, _ in page.of("netmon_pillar_sites")}
    for pillar in pillars:
        told = page.of("netmon_pillar_period_state_seconds", pillar=pillar, period=MONTH)
        seconds = {labels["state"]: value for labels, value in told}
        assert seconds == rollups["pillar", pillar]["seconds"]
        assert (
            page.value("netmon_pillar_availability_ratio", pillar=pillar) == rollups["pillar", pillar]["availability"]
        )
    assert pillars == {"living", "branding"}
    for kind in ("site", "uplink"):
        told = page.of(f"netmon_{kind}_period_state_seconds", period=MONTH)
        total = {state.value: sum(v for labels, v in told if labels["state"] == state.value) for state in STATES}
        observed = sum(total[state] for state in OBSERVED)
        assert status["month"][kind]["availability"] == sum(total[state] for state in ANSWERING) / observed


def test_coverage_maintenance_and_clients_are_the_same(page: Page, status: dict[str, Any]) -> None:
    """What only the page and the status tell."""
    coverage = status["coverage"]
    assert page.value("netmon_coverage_kelurahan_connected_ratio") == coverage["kelurahan_connected"]
    assert page.value("netmon_coverage_kelurahan_hotspot_ratio") == coverage["kelurahan_hotspot"]
    assert len(page.of("netmon_kelurahan_info")) == coverage["kelurahan"]
    windows = {
        (kind, labels[kind]) for labels, _ in page.of("netmon_maintenance_active") for kind in KINDS if kind in labels
    }
    assert windows == {(one["kind"], one["id"]) for one in status["maintenance"]}
    for one in status["sites"]:
        clients = [value for _, value in page.of("netmon_wifi_clients", site=one["id"])]
        assert one["clients"] == (sum(clients) if clients else None)


def test_the_words_of_status_are_its_numbers(
    page: Page, url: str, capsys: pytest.CaptureFixture[str], status: dict[str, Any]
) -> None:
    """What people read lists what the page calls not up, and counts what it counts."""
    assert main(["status", "--url", url]) == 1
    shown = capsys.readouterr().out
    amiss = {(one["kind"], one["id"], one["state"]) for one in things(status).values() if one["why"]}
    rows = {tuple(row) for row in re.findall(r"(?m)^(device|site|uplink) +(\S+) +(\S+) ", shown)}
    assert rows == {one for one in amiss if one[2] not in {"planned", "out_of_service"}}
    connected = page.value("netmon_coverage_kelurahan_connected_ratio")
    assert f"kelurahan connected {connected:.2%}" in shown
