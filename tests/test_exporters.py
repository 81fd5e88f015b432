"""What Prometheus reads: the whole page as a golden file, and what holds of it whatever the city is called."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from golden_city import exporter, golden_city, series_of, values_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live_city import IDENTITY, NOW, LiveCity, small_city
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from virtual_time import VirtualTimeLoop
from watched_city import EPOCH, World, running
from watched_city import city as watched
from watched_city import device as watched_device

from exporters import Exporter, Monitor
from netmon.measures import MEASURES, clean
from netmon.model import (
    Check,
    Failure,
    Inventory,
    Kelurahan,
    Observation,
    Site,
    reach_seconds,
)
from netmon.state import CityState
from netmon.tracks import Track

GOLDEN = Path(__file__).parent / "golden" / "metrics.txt"
DOCUMENTED = Path(__file__).parent.parent / "docs" / "metrics.md"

LATER = {
    "netmon_service_up",
    "netmon_service_duration_seconds",
}
"""Named in the documentation as coming: service checks."""

RARE = {
    "netmon_series_dropped",
    "netmon_commands_success",
    "netmon_commands_partial",
    "netmon_site_outage_start_timestamp_seconds",
    "netmon_uplink_outage_start_timestamp_seconds",
    "netmon_device_outage_cause",
}
"""Shown only where something was left out (tests/test_exporters_formats.py), asked by SSH (tests/test_ssh.py), or is
down at this very moment (tests/test_open_outages.py)."""


def steady(page: str) -> str:
    """Leave out what differs from one computer and one run to the next."""
    page = re.sub(r"(?m)^(# \w+ )?process_.*\n", "", page)
    return re.sub(r"(netmon_build_info\{).*?\}", r"\1…}", page)


def names_of(page: str) -> set[str]:
    """Give the names of the families of a page."""
    return set(re.findall(r"(?m)^# TYPE (\S+)", page))


# -- the page -----------------------------------------------------------------------------------------


def test_the_whole_page_is_the_golden_one() -> None:
    """Every family, label, value and help text of a small city; NETMON_GOLDEN=write writes the file anew."""
    page = steady(exporter(golden_city()).text())
    if os.environ.get("NETMON_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


def test_prometheus_own_tool_finds_nothing_to_complain_of() -> None:
    """``promtool check metrics`` passes."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    page = exporter(golden_city()).text()
    done = subprocess.run([promtool, "check", "metrics"], input=page, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_series_is_there_once_and_every_family_in_one_piece() -> None:
    """No series comes twice, no family is begun twice, each has its type before its samples."""
    page = exporter(golden_city()).text()
    assert [name for name, count in Counter(series_of(page)).items() if count > 1] == []
    heads = re.findall(r"(?m)^# TYPE (\S+)", page)
    assert len(heads) == len(set(heads))
    family = ""
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            family = line.split()[2]
        elif not line.startswith("#"):
            assert re.match(rf"{family}(_sum|_count)?[ {{]", line), f"{line} stands in the family {family}"


def test_every_metric_is_documented() -> None:
    """Each stands in docs/metrics.md with its type and labels, as do those to come; nothing else does."""
    rows = re.findall(r"(?m)^\| `(netmon_\w+)` \| (\w+) \|([^|]*)\|", DOCUMENTED.read_text(encoding="utf-8"))
    labels = {name: set(re.findall(r"`(\w+)`", text)) for name, _, text in rows}
    assert len(labels) == len(rows)
    families = [
        family
        for family in text_string_to_metric_families(exporter(golden_city()).text())
        if not family.name.startswith("process_")
    ]
    shown = {family.name + "_total" * (family.type == "counter"): family for family in families}
    assert labels.keys() == shown.keys() | LATER | RARE
    assert {measure.metric for measure in MEASURES.values()} <= labels.keys()
    assert {name: kind for name, kind, _ in rows if name in shown} == {name: one.type for name, one in shown.items()}
    for name, family in shown.items():
        assert {label for sample in family.samples for label in sample.labels} == labels[name], name


# -- what always holds --------------------------------------------------------------------------------

NASTY = ['"', "\\", "\n", '\\"\n\\n', 'x"} 1\nevil{a="', "é日本\u2028\ud800", "x" * 10_000, "\0\x01\x7f", "# HELP a b"]


@given(st.one_of(st.sampled_from(NASTY), st.text(max_size=40)), st.text(max_size=10))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@example("\\", '"')
def test_no_name_breaks_the_page(name: str, other: str) -> None:
    """Whatever things are called, Prometheus's parser reads every sample back, names cleaned and not too long."""
    inventory = small_city()
    codes = {**inventory.kelurahan, "13.71.01.1001": Kelurahan("13.71.01.1001", name, "13.71.01", other)}
    inventory = replace(
        inventory,
        kelurahan=codes,
        devices={**inventory.devices, "ap-1": replace(inventory.devices["ap-1"], name=name)},
        sites={**inventory.sites, "park": replace(inventory.sites["park"], name=name, owner=other)},
        uplinks={**inventory.uplinks, "up-1": replace(inventory.uplinks["up-1"], provider=name)},
    )
    city = LiveCity(inventory)
    readings = [("interface_up", {"interface": name}, 1), ("wifi_ssid_clients", {"ssid": other}, 0)]
    city.read(NOW, "ap-1", readings, identity=replace(IDENTITY, model=name, version=other))
    page = exporter(city).text()
    assert page.encode().decode() == page
    found = {
        (sample.name, *sample.labels.values()): sample.labels
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert len(found) == len(series_of(page))
    assert max(len(value) for labels in found.values() for value in labels.values()) <= 200
    told = {key: value for labels in found.values() for key, value in labels.items() if "name" in labels}
    assert told["kecamatan_name"] in {clean(other), "Padang Selatan"}
    sites = [labels["name"] for key, labels in found.items() if key[0] == "netmon_site_info" and key[1] == "park"]
    assert sites == [clean(name)]


def test_from_the_first_second_every_object_has_its_state() -> None:
    """Before anything was observed every object is there: observed 0, exactly one state 1 and that is unknown."""
    inventory = small_city()
    page = exporter(LiveCity(inventory)).text()
    values = values_of(page)
    for kind, names in (("device", inventory.devices), ("site", inventory.sites), ("uplink", inventory.uplinks)):
        for name in names:
            own = [key for key in values if re.match(rf'netmon_{kind}_\w+\{{{kind}="{name}"', key)]
            assert [values[key] for key in own if key.startswith(f"netmon_{kind}_observed")] == [0]
            states = {key: values[key] for key in own if key.startswith(f"netmon_{kind}_state")}
            assert len(states) == 7
            assert [key for key, value in states.items() if value] == [k for k in states if 'state="unknown"' in k]
            assert not [key for key in own if key.startswith((f"netmon_{kind}_up", f"netmon_{kind}_info{{x"))]


def test_up_is_there_only_while_it_is_known() -> None:
    """1 up or degraded, 0 down or down upstream, absent while unknown or planned."""
    values = values_of(exporter(golden_city()).text())
    up = {key.split('"')[1]: value for key, value in values.items() if re.match(r"netmon_(device|site)_up\{", key)}
    assert up == {
        "rt-1": 1,
        "ap-1": 0,
        "ap-4": 1,
        "beach": 1,
    }  # ap-2 is blind, its site unknown; the others have a window
    assert values['netmon_site_observed{site="park"}'] == 0
    assert values['netmon_maintenance_active{site="mosque",maintenance="w-1"}'] == 1


def test_nobody_connected_is_zero_and_not_absent() -> None:
    """Zero clients is a value; a device that does not tell has no series."""
    values = values_of(exporter(golden_city()).text())
    assert values['netmon_wifi_clients{device="ap-2",site="park",uplink=""}'] == 0
    assert not [key for key in values if key.startswith("netmon_wifi_clients") and "ap-1" in key]


def test_a_reading_says_how_it_ended() -> None:
    """Whole, in part, or not at all; nothing once it is as old as readings may be."""
    city = golden_city()
    shown = exporter(city)
    check = Check("rt-1/readings", "rt-1", "readings", 60)
    key = '{device="rt-1",site="",uplink="up-1"}'
    for seen, flags in (
        (Observation(check, NOW - 1), (1, 0)),
        (Observation(check, NOW - 1, detail="no table", partial=True), (1, 1)),
        (Observation(check, NOW - 1, Failure.AUTH), (0, 0)),
        (Observation(check, NOW - 150), (None, None)),
    ):
        city.state.observe(seen)
        values = values_of(shown.text("readings"))
        assert tuple(values.get(f"netmon_readings_{name}{key}") for name in ("success", "partial")) == flags


def test_readings_leave_the_page_when_they_are_old() -> None:
    """After 2.5 intervals the readings are gone, the states stay."""
    city = golden_city()
    before, after = (names_of(exporter(city, at).text("readings")) for at in (NOW + 129, NOW + 130))
    assert before - after >= {"netmon_wifi_clients", "netmon_cpu_load_ratio", "netmon_interface_receive_bytes_total"}
    assert after == {"netmon_device_info"}


def test_when_the_scheduler_stops_observed_falls_by_itself() -> None:
    """Nobody touches the state: 2.5 intervals after the last observation the page says that nothing is known."""
    loop = VirtualTimeLoop()
    world = World(loop)
    inventory = replace(watched([watched_device("ap-1", interval=30)]), kelurahan={})
    tracks: dict[str, Track] = {}
    state = CityState(inventory, lambda name: tracks.setdefault(name, Track()), None)
    world.sink = lambda seen: _take(tracks, state, seen)  # type: ignore[method-assign, assignment]
    shown = Exporter(state, Monitor, wall=world.wall)
    key = 'netmon_device_observed{device="ap-1",site="s",uplink=""}'
    observed: list[float] = []

    async def story() -> None:
        async with running(world.scheduler(inventory)):
            await asyncio.sleep(100)
            observed.append(values_of(shown.text())[key])
        last = state.last["ap-1"].at - EPOCH
        for moment in (last + 74, last + 76):
            await asyncio.sleep(moment - loop.time())
            observed.append(values_of(shown.text())[key])

    try:
        loop.run_until_complete(story())
    finally:
        loop.close()
    assert observed == [1, 1, 0]


def _take(tracks: dict[str, Track], state: CityState, seen: Observation) -> None:
    track = tracks.setdefault(seen.check.device, Track())
    track.add(int(seen.at), seen.outcome, reach_seconds(seen.check.interval))
    state.observe(seen)


# -- parts, groups, discovery -------------------------------------------------------------------------


async def ask(city: LiveCity, *paths: str, ready: bool = True) -> list[httpx.Response]:
    """Ask the exporter's application."""
    shown = exporter(city)
    shown.ready = ready
    transport = httpx.ASGITransport(Starlette(routes=shown.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor:9810") as client:
        return [await client.get(path) for path in paths]


def homeless(city: LiveCity) -> LiveCity:
    """Give a city one more site whose kelurahan is not in the list of regions."""
    inventory = city.state.inventory
    ap = replace(inventory.devices["ap-3"], id="ap-9", site="ship", behind=())
    sites = {**inventory.sites, "ship": Site("ship", "?", devices=("ap-9",), pillars=("society",))}
    city.state.load(replace(inventory, sites=sites, devices={**inventory.devices, "ap-9": ap}, revision="r-2"), {}, NOW)
    city.observe(NOW, "ap-9")
    city.read(NOW, "ap-9", [("wifi_clients", {}, 4)])
    return city


async def test_parts_and_groups_are_the_whole_and_share_nothing() -> None:
    """The targets of /sd together give every series of the whole page once, with the same values."""
    city = homeless(golden_city())
    (whole, found) = await ask(city, "/metrics", "/sd")
    targets = [one["labels"] for one in found.json()]
    pages = await ask(city, *(f"/metrics?part={t['__param_part']}&group={t['__param_group']}" for t in targets))
    lines = [line for page in pages for line in page.text.splitlines() if not re.match("#|process_", line)]
    expected = [line for line in whole.text.splitlines() if not re.match("#|process_", line)]
    assert sorted(lines) == sorted(expected)
    assert [
        name for name, count in Counter(s for page in pages for s in series_of(page.text)).items() if count > 1
    ] == []


async def test_a_kecamatan_without_any_site_is_a_group_too() -> None:
    """Its kelurahan are in no other one."""
    inventory = small_city()
    empty = Kelurahan("13.71.09.1001", "Sungai Pisang", "13.71.09", "Bungus Teluk Kabung")
    city = LiveCity(replace(inventory, kelurahan={**inventory.kelurahan, empty.code: empty}))
    found, page = await ask(city, "/sd", "/metrics?group=13.71.09")
    assert "13.71.09" in {one["labels"]["group"] for one in found.json()}
    assert 'netmon_kelurahan_hotspots{kelurahan="13.71.09.1001",kecamatan="13.71.09"} 0\n' in page.text


async def test_a_part_without_a_group_is_the_whole_citys() -> None:
    """The two parts together are the whole page."""
    whole, state, readings = await ask(golden_city(), "/metrics", "/metrics?part=state", "/metrics?part=readings")
    assert sorted(series_of(state.text) + series_of(readings.text)) == sorted(series_of(whole.text))
    assert "netmon_build_info" in state.text
    assert "netmon_wifi_clients" in readings.text


async def test_discovery_names_a_target_for_each_group_and_part() -> None:
    """Prometheus's format: addresses as it asked for them, the parts as parameters and labels."""
    (found,) = await ask(golden_city(), "/sd")
    assert found.headers["content-type"] == "application/json"
    assert all(one["targets"] == ["monitor:9810"] for one in found.json())
    asked = [(one["labels"]["__param_group"], one["labels"]["__param_part"]) for one in found.json()]
    groups = ["13.71.01", "13.71.02", "city"]
    assert asked == [*((group, part) for group in groups for part in ("state", "readings")), ("self", "state")]
    assert all(one["labels"]["__metrics_path__"] == "/metrics" for one in found.json())
    assert all(one["labels"]["group"] == one["labels"]["__param_group"] for one in found.json())


async def test_what_does_not_exist_is_not_found_and_says_what_there_is() -> None:
    """An unknown part or group is 404, with the words for those that exist; an empty one too."""
    part, group, empty = await ask(golden_city(), "/metrics?part=all", "/metrics?group=13.71.99", "/metrics?group=")
    assert (part.status_code, part.text) == (404, "there is no part 'all': state, readings\n")
    assert (group.status_code, group.text) == (404, "there is no group '13.71.99': 13.71.01, 13.71.02, city, self\n")
    assert empty.status_code == 404


async def test_health_and_readiness() -> None:
    """Healthy while it answers; ready once it is told so, 503 before."""
    healthy, before = await ask(golden_city(), "/-/healthy", "/-/ready", ready=False)
    (after,) = await ask(golden_city(), "/-/ready")
    assert (healthy.status_code, before.status_code, after.status_code) == (200, 503, 200)
    assert before.text == "netmon is starting\n"


async def test_the_page_says_what_format_it_is() -> None:
    """The text format 0.0.4, in UTF-8."""
    (page,) = await ask(golden_city(), "/metrics")
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_an_empty_city_has_a_page() -> None:
    """Without any object the page holds the monitor itself."""
    assert "netmon_inventory_devices 5.0" in exporter(LiveCity(Inventory())).text()


def test_a_target_budget_is_what_the_agreed_time_still_allows() -> None:
    """2 % of the month's 30 days less what was not observed, and from that the time down."""
    values = values_of(exporter(golden_city()).text())
    month, unknown = 30 * 86400, _seconds(values, "park", "unknown")
    down = _seconds(values, "park", "down") + _seconds(values, "park", "down_upstream")
    allowed = 0.02 * (month - unknown)
    assert values['netmon_target_budget_seconds{site="park"}'] == pytest.approx(allowed, abs=0.001)
    assert values['netmon_target_budget_remaining_seconds{site="park"}'] == pytest.approx(allowed - down, abs=0.001)


def _seconds(values: dict[str, float], site: str, state: str) -> float:
    return values[f'netmon_site_period_state_seconds{{site="{site}",state="{state}",period="2026-11"}}']
