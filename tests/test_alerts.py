"""The alert rules: they fire and resolve as they should, on metrics that exist, with messages in both languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden_city import exporter, golden_city
from live_city import NOW, LiveCity, small_city

from netmon.measures import MEASURES
from netmon.model import Outcome

ROOT = Path(__file__).parent.parent
ALERTS = ROOT / "alerts"
RULES = sorted(ALERTS.glob("*.yml"))
TESTS = sorted((ALERTS / "tests").glob("*.test.yml"))
DEPLOYED = ROOT / "deploy" / "prometheus" / "prometheus.yml"

LABELS = {"severity", "owner", "site", "uplink", "device", "kelurahan", "kecamatan"}
DRILL = {"drill", "drill_id", "real"}
SEVERITIES = {"critical", "warning", "info", "none"}
TRANSLATED = ("summary", "description", "action", "affected", "acknowledged")
MOST = 600
"""Characters of an annotation: some of them, in full, must fit into one message of 4,096."""

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)"
)


def read(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


GROUPS: list[dict[str, Any]] = [group for path in RULES for group in read(path)["groups"]]
ALL: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
FIRING: list[dict[str, Any]] = [rule for rule in ALL if "alert" in rule]
RECORDED: set[str] = {rule["record"] for rule in ALL if "record" in rule}


def texts(rule: dict[str, Any]) -> str:
    """Give everything in which a rule can ask for a metric: its expression, and the queries of its annotations."""
    return "\n".join([rule["expr"], *rule.get("annotations", {}).values()])


def asked(text: str) -> set[str]:
    """Give the metrics that a text asks for."""
    return set(re.findall(r"\b(?:netmon_\w+|netmon(?::\w+)+|process_\w+)", text)) - {"netmon_url"}


def pages() -> str:
    """Give the pages of a city of which every family tells something, and of one in which much is out."""
    dark = LiveCity(small_city())
    for name in ("rt-1", "ap-1", "ap-2", "ap-3"):  # the last of them by itself, at a site of its own
        dark.watch(name, NOW - 600, NOW, Outcome.DOWN)
    dark.watch("rt-2", NOW - 600, NOW)
    return exporter(golden_city()).text() + exporter(dark).text()


def promtool(*arguments: str | Path, cwd: Path = ALERTS) -> subprocess.CompletedProcess[str]:
    """Run promtool."""
    return subprocess.run(["promtool", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@needs_promtool
def test_promtool_accepts_the_configuration_with_all_rules(tmp_path: Path) -> None:
    """``deploy/prometheus/prometheus.yml`` and every rule that it takes in are valid."""
    config = tmp_path / "prometheus.yml"
    config.write_text(DEPLOYED.read_text(encoding="utf-8").replace("/etc/prometheus/netmon/", f"{ALERTS}/"))
    check = promtool("check", "config", config)
    assert check.returncode == 0, check.stdout + check.stderr
    assert check.stdout.count("rules found") == len(RULES) > 0


def test_the_address_of_netmon_is_known_to_rules_and_is_no_label_of_an_alert() -> None:
    """It is an external label, so that messages can name it; Alertmanager would group and route by it."""
    config = read(DEPLOYED)
    assert config["global"]["external_labels"].keys() == {"netmon_url"}
    assert {"regex": "netmon_url", "action": "labeldrop"} in config["alerting"]["alert_relabel_configs"]
    assert [job["job_name"] for job in config["scrape_configs"]] == ["netmon", "netmon-readings"]


@needs_promtool
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_rules_fire_and_resolve_as_their_tests_say(path: Path) -> None:
    """Each fires, does not fire just below, and resolves; a restart of netmon changes nothing."""
    run = promtool("test", "rules", path.name, cwd=path.parent)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_groups_are_evaluated_in_an_order_that_their_test_names(path: Path) -> None:
    """Promtool takes several groups in any order: a record of one may come a turn late for the alert of another."""
    test = read(path)
    groups = [group["name"] for file in test["rule_files"] for group in read(path.parent / file)["groups"]]
    assert sorted(test.get("group_eval_order", groups[:1])) == sorted(groups)


def expected() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give what the rules' tests expect of an alert in a moment."""
    for path in TESTS:
        for test in read(path)["tests"]:
            for one in test.get("alert_rule_test", ()):
                yield one["alertname"], one["exp_alerts"]


def test_every_alert_is_expected_to_fire_and_to_be_silent() -> None:
    """No rule that only ever fires, or never, in its tests; and each severity of it fires."""
    fire = {(name, alert["exp_labels"]["severity"]) for name, alerts in expected() for alert in alerts}
    silent = {name for name, alerts in expected() if not alerts}
    assert {(rule["alert"], rule["labels"]["severity"]) for rule in FIRING} == fire
    assert {rule["alert"] for rule in FIRING} == silent


@pytest.mark.parametrize("name", sorted({rule["alert"] for rule in FIRING}))
def test_an_alert_says_in_both_languages_what_it_is_and_what_to_do(name: str) -> None:
    """Summary, description and first action; what is told beyond has its twin; the runbook is there."""
    for rule in FIRING:
        if rule["alert"] != name:
            continue
        told = rule["annotations"]
        assert rule["labels"]["severity"] in SEVERITIES
        assert {"summary", "description", "action"} <= told.keys()
        for one in TRANSLATED:
            assert (one in told) == (f"{one}_en" in told), one
        assert told.keys() <= {*TRANSLATED, *(f"{one}_en" for one in TRANSLATED), "since", "runbook_url"}
        assert told["runbook_url"] == f"{{{{ $externalLabels.netmon_url }}}}/runbooks/{name}"
    assert (ROOT / "docs" / "runbooks" / f"{name}.md").is_file()


def test_nothing_that_calls_people_remembers_for_how_long() -> None:
    """No ``for`` below ten minutes, no ``keep_firing_for``.

    A restart of Prometheus restores the former only from ten minutes on (``--rules.alert.for-grace-period``), and the
    latter never: what had fired would be told as resolved, and once more as new.
    """
    calling = [rule for rule in FIRING if rule["labels"]["severity"] in {"critical", "warning"}]
    assert calling
    assert [rule["alert"] for rule in calling if seconds(rule.get("for", "10m")) < 600] == []
    assert [rule["alert"] for rule in FIRING if "keep_firing_for" in rule] == []


def seconds(duration: str) -> int:
    """Read a duration of Prometheus."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smhdw])", duration))


def test_the_rules_ask_for_metrics_that_exist() -> None:
    """Each is in the catalogue, and a page has it, or a device's reading may be it, or a rule records it.

    A rule on a metric that does not exist would be silent for ever.
    """
    catalogue = set(re.findall(r"`(netmon_\w+)`", (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")))
    page = set(re.findall(r"(?m)^(\w+)[{ ]", pages()))
    readings = {f"netmon_{one.name}" for one in MEASURES.values()}
    names = {name for rule in ALL for name in asked(texts(rule))}
    assert {one for one in names if ":" in one} <= RECORDED
    scraped = {one for one in names if ":" not in one}
    assert scraped
    assert {one for one in scraped if one.startswith("netmon_")} - catalogue == set()
    assert scraped - page - readings == set()


def test_the_rules_ask_for_labels_that_the_metrics_have() -> None:
    """A matcher on a label that a metric never carries would match nothing, or everything."""
    carried: dict[str, set[str]] = {}
    for name, labels in re.findall(r"(?m)^(netmon_\w+)\{(.*)\} ", pages()):
        carried.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    for rule in ALL:
        for name, matchers in re.findall(r"\b(netmon_\w+)\{([^}]*)\}", rule["expr"]):
            assert set(re.findall(r"(\w+)(?:=|!)", re.sub(r'"[^"]*"', "", matchers))) <= carried[name], (name, matchers)


def test_what_is_recorded_is_used_after_it_is_recorded() -> None:
    """Each recording rule is used by another rule; in its group it stands before those that read it."""
    used = {name for rule in ALL for name in asked(texts(rule)) if name != rule.get("record")}
    assert RECORDED - used == set()
    for group in GROUPS:
        own = {rule["record"] for rule in group["rules"] if "record" in rule}
        for rule in group["rules"]:
            unknown = asked(texts(rule)) & own - {rule.get("record")}
            assert unknown == set(), (rule.get("alert") or rule["record"], "before", unknown)
            own.discard(rule.get("record"))


def test_alerts_carry_only_labels_that_are_known() -> None:
    """Names, values and what a scrape adds are no labels: they would split one alert into two, or groups."""
    for rule in FIRING:
        kept = {name for name, value in rule["labels"].items() if value}
        assert kept <= {"severity", "drill", "drill_id"}, rule["alert"]
    for name, alerts in expected():
        allowed = LABELS | DRILL if name == "Drill" else LABELS
        assert all(alert["exp_labels"].keys() <= allowed for alert in alerts), name


# -- what a message can grow to -----------------------------------------------------------------------


def got(output: str) -> dict[str, dict[str, str]]:
    """Read from promtool's complaint which annotations alerts had, by alert; of several of a kind the first."""
    found: dict[str, dict[str, str]] = {}
    for name, text in re.findall(r'Labels:\{alertname="(\w+)".*\}\n\s*Annotations:\{(.+)\}', output):
        pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', text)
        found.setdefault(name, {key: json.loads(value) for key, value in pairs})
    return found


def series(name: str, value: str = "_x4 60x16", /, **labels: str) -> dict[str, str]:
    """Describe a series of a rule's test."""
    inside = ",".join(f"{key}={json.dumps(text, ensure_ascii=False)}" for key, text in labels.items())
    return {"series": f"{name}{{{inside}}}", "values": value}


def fired(folder: Path, inputs: list[dict[str, str]], *alerts: str) -> dict[str, dict[str, str]]:
    """Give the annotations that alerts have after five minutes of some series."""
    test = {
        "name": "generated",
        "interval": "15s",
        "input_series": inputs,
        "alert_rule_test": [{"eval_time": "5m", "alertname": one, "exp_alerts": []} for one in alerts],
    }
    file = {
        "rule_files": [str(ALERTS / "outages.yml"), str(ALERTS / "usage.yml")],
        "evaluation_interval": "15s",
        "group_eval_order": ["netmon-usage", "netmon-vanished", "netmon-outages"],
    }
    path = folder / "generated.test.yml"
    path.write_text(json.dumps({**file, "tests": [test]}), encoding="utf-8")
    run = promtool("test", "rules", path, cwd=folder)
    return got(run.stdout + run.stderr)


def large(sites: int, access_points: int) -> list[dict[str, str]]:
    """Describe an uplink with many sites of long names, all of it dark."""
    long = "Masjid Raya Nurul Iman dan Taman Baca Masyarakat Kelurahan " * 3
    code = "13.71.01.1011"
    place = {"kelurahan": code, "kecamatan": "13.71.01"}
    names = {"name": long[:60], "kecamatan_name": long[:60]}
    found = [
        series("up", "1x20", job="netmon", group="13.71.01", part="state"),
        series("netmon_kelurahan_info", "1x20", **place, **names),
        series("netmon_utc_offset_seconds", "25200x20", zone="WIB"),
        series("netmon_uplink_info", "1x20", uplink="uplink-of-the-far-side", provider=long, **place),
        series("netmon_uplink_outage_start_timestamp_seconds", uplink="uplink-of-the-far-side"),
        series("netmon_outage_acknowledged", "1x20", uplink="uplink-of-the-far-side", by=long),
    ]
    cause = {"cause_kind": "uplink", "cause": "uplink-of-the-far-side"}
    for number in range(sites):
        site = f"a-place-with-a-long-id-{number}"
        found.append(series("netmon_site_info", "1x20", site=site, name=f"{number} {long}", **place))
        found.append(series("netmon_site_outage_start_timestamp_seconds", site=site))
        for one in range(access_points):
            device = {"device": f"an-access-point-of-{site}-{one}", "site": site}
            found.append(series("netmon_device_info", "1x20", **device, role="access_point", kelurahan=code))
            found.append(series("netmon_device_outage_start_timestamp_seconds", **device))
            found.append(series("netmon_device_outage_cause", "1x20", **device, **cause))
            found.append(series("netmon_wifi_clients", "70x20", **device))
    return found


@needs_promtool
def test_no_annotation_grows_with_the_city(tmp_path: Path) -> None:
    """Forty access points at forty sites with names without end: lists are cut, and say how much they leave out."""
    found = fired(tmp_path, large(40, 1), "UplinkDown", "SiteDown", "KecamatanDark", "CityDark")
    assert found.keys() == {"UplinkDown", "SiteDown", "KecamatanDark", "CityDark"}
    assert [(name, key) for name, told in found.items() for key, text in told.items() if len(text) > MOST] == []
    behind = found["UplinkDown"]
    assert behind["affected"].startswith("40 titik akses di 40 lokasi, sekitar 2800 pengguna: ")
    assert behind["affected"].endswith(" dan 30 lagi")
    assert behind["affected_en"].endswith(" and 30 more")
    assert "1 jaringan kelurahan, 40 titik Wi-Fi, sekitar 2800 pengguna: " in found["KecamatanDark"]["affected"]


@needs_promtool
def test_a_site_with_many_access_points_names_twelve_of_them(tmp_path: Path) -> None:
    """The rest is counted."""
    told = fired(tmp_path, large(1, 15), "SiteDown")["SiteDown"]
    assert told["affected"].startswith("15 titik akses, sekitar 1050 pengguna: ")
    assert told["affected"].endswith(" dan 3 lagi")
    assert told["affected_en"].endswith(" and 3 more")
    assert max(map(len, told.values())) <= MOST


@needs_promtool
def test_beyond_a_hundred_outages_a_message_names_the_place_alone(tmp_path: Path) -> None:
    """Prometheus makes the messages of all of them each 15 s: what hangs on each would take it too long."""
    many = fired(tmp_path, large(101, 1), "SiteDown", "UplinkDown")
    assert many["SiteDown"]["affected"] == ""
    assert many["SiteDown"]["since"] == "01-01-1970 07.01 WIB"
    assert many["UplinkDown"]["affected"] != ""


def test_no_expected_message_is_longer_than_a_message_may_be() -> None:
    """The tests' own, of every alert."""
    told = [(name, alert["exp_annotations"]) for name, alerts in expected() for alert in alerts]
    assert told
    assert [(name, key) for name, one in told for key, text in one.items() if len(text) > MOST] == []
