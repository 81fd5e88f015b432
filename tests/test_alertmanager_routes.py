"""Who is called for what, and what calls nobody because something greater does: asked of Alertmanager itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from alertmanagers import (
    CONFIGURATION,
    DEPLOYED,
    NEEDS_ALERTMANAGER,
    ZONE,
    Alertmanager,
    Posted,
    amtool,
    rendered,
    running_alertmanager,
)
from inbox import Inbox
from running_city import wait_until

ROOT = Path(__file__).parent.parent
RUNBOOKS = ROOT / "docs" / "runbooks"

pytestmark = NEEDS_ALERTMANAGER


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Render what is delivered, once."""
    with Inbox() as inbox:
        yield rendered(tmp_path_factory.mktemp("routes"), inbox)


ROUTES = {
    "alertname=UplinkDown severity=critical kecamatan=13.71.04": "on-call",
    "alertname=UplinkDown severity=critical kecamatan=13.71.04 owner=kominfo": "on-call",
    "alertname=UplinkDown severity=critical kecamatan=13.71.04 owner=dispar": "owner-dispar,on-call",
    "alertname=CityDark severity=critical": "on-call",
    "alertname=NetmonDown severity=critical": "on-call",
    "alertname=SiteDown severity=warning kecamatan=13.71.04": "staff",
    "alertname=SiteDown severity=warning kecamatan=13.71.04 owner=dispar": "owner-dispar,staff",
    "alertname=PollsLate severity=warning": "staff",
    "alertname=DeviceDown severity=info kecamatan=13.71.04": "office",
    "alertname=DeviceDown severity=info kecamatan=13.71.04 owner=dispar": "office",
    "alertname=OutageNotAcknowledged severity=warning kecamatan=13.71.04": "reminder",
    "alertname=OutageNotAcknowledged severity=warning kecamatan=13.71.04 owner=dispar": "reminder",
    "alertname=Watchdog severity=none": "dead-man",
    "alertname=Drill severity=critical drill=yes real=no": "drill",
    "alertname=Drill severity=critical drill=yes": "drill",
    "alertname=Drill severity=critical drill=yes real=no owner=dispar": "drill",
    "alertname=Drill severity=critical drill=yes real=yes": "drill,on-call",
    "alertname=Drill severity=critical drill=yes real=yes owner=dispar kecamatan=13.71.04": "drill,on-call",
    "alertname=OfTheirOwn": "staff",
    "alertname=OfTheirOwn severity=page": "staff",
}


@pytest.mark.parametrize("labels", ROUTES)
def test_an_alert_goes_where_it_belongs(configuration: Path, labels: str) -> None:
    """By severity, owner and rehearsal; what fits no route is a message to the staff, not silence."""
    said = amtool("config", "routes", "test", f"--config.file={configuration}", *labels.split())
    assert said.strip() == ROUTES[labels]


def test_every_name_that_routes_speak_of_is_an_alert() -> None:
    """A name that is misspelt would fit nothing, and mute nothing."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    named = {name for found in re.findall(r'alertname =~? "([^"]+)"', text) for name in found.split("|")}
    assert len(named) > 10
    assert named <= {page.stem for page in RUNBOOKS.glob("*.md")}


def test_every_receiver_is_called_and_every_template_is_there() -> None:
    """A receiver without a route, or a template that is not defined, would show in the night alone."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    called = set(re.findall(r"^ +- receiver: ([\w-]+)", text, re.MULTILINE))
    assert {one["name"] for one in document["receivers"]} == called
    defined = re.findall(r'define "([\w.]+)"', (DEPLOYED / "templates" / "netmon.tmpl").read_text(encoding="utf-8"))
    used = set(re.findall(r'template "([\w.]+)"', text))
    assert used
    assert used <= set(defined)


def test_english_is_one_edit(tmp_path: Path) -> None:
    """The command that the file itself names makes every message English."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    command = re.search(r"sed -i -E '(s/.+?/.+/)' alertmanager.yml", text)
    assert command is not None
    _, old, new, _ = command[1].split("/")
    english = re.sub(old, new, text.replace(command[0], ""))
    used = set(re.findall(r'template "([\w.]+)"', english))
    defined = re.findall(r'define "([\w.]+)"', (DEPLOYED / "templates" / "netmon.tmpl").read_text(encoding="utf-8"))
    assert used == {f"netmon.{one}.en" for one in ("telegram", "subject", "email", "html")}
    assert used <= set(defined)


CITY = ("KecamatanDark", "UplinkDown", "UplinkRedundancyLost", "SiteDown", "SiteDegraded", "DeviceDown")
MUTED = {
    "CityDark": ({}, {f"{name} {where}" for name in CITY for where in ("here", "elsewhere")}),
    "KecamatanDark": ({"kecamatan": "13.71.04"}, {f"{name} here" for name in CITY[1:]}),
    "UplinkDown": ({"uplink": "u-here"}, {"UplinkRedundancyLost here", "DeviceDown here"}),
    "SiteDown": ({"site": "s-here"}, {"SiteDegraded here", "DeviceDown here"}),
    "MonitorBlind": ({}, {"DeviceNotObserved here", "ReadingsFailing here", "PollsLate here"}),
    "NetmonDown": ({}, {"DeviceNotObserved here", "ReadingsFailing here", "PollsLate here"}),
    "LinkSaturated": ({"site": "s-here", "uplink": "u-here", "kecamatan": "13.71.04"}, set()),
}
"""What something greater mutes: its labels, and which of :func:`lesser`."""

GREATER = ("KecamatanDark", "UplinkDown", "SiteDown")
"""What is muted and mutes: each is tried alone, so that nothing else can have muted the rest."""


def lesser() -> Iterator[Posted]:
    """Give alerts of one place and of another, and a rehearsal, which nothing mutes."""
    for where, kecamatan in (("here", "13.71.04"), ("elsewhere", "13.71.07")):
        place = {"kecamatan": kecamatan, "uplink": f"u-{where}", "site": f"s-{where}"}
        for name in (*CITY, "OutageNotAcknowledged", "TargetAtRisk"):
            yield Posted({"alertname": name, "severity": "none", "case": f"{name} {where}", **place})
    for name in ("DeviceNotObserved", "ReadingsFailing", "PollsLate", "HistoryNotWritten", "Watchdog"):
        yield Posted({"alertname": name, "severity": "none", "case": f"{name} here"})
    yield Posted({"alertname": "Drill", "severity": "none", "drill": "yes", "case": "Drill", "kecamatan": "13.71.04"})


def batches(source: str) -> Iterator[list[Posted]]:
    """Give what is sent together: never two that could mute each other."""
    everything = list(lesser())
    yield [one for one in everything if one.labels["alertname"] not in {*GREATER, source}]
    for name in GREATER:
        if name != source:
            yield [one for one in everything if one.labels["alertname"] == name]


@pytest.mark.parametrize("source", MUTED)
def test_what_is_greater_mutes_what_is_its_consequence(tmp_path: Path, configuration: Path, source: str) -> None:
    """Its own consequences and nothing else; once it is over, they are heard again."""
    labels, wanted = MUTED[source]
    found: set[str] = set()
    with running_alertmanager(tmp_path, configuration) as alertmanager:
        for batch in batches(source):
            greater = Posted({"alertname": source, "severity": "none", "case": "greater", **labels})
            alertmanager.post(batch)
            until(lambda batch=batch: len(alertmanager.alerts()) == len(batch))
            assert muted(alertmanager) == set()
            alertmanager.post([greater])
            until(lambda batch=batch: len(alertmanager.alerts()) == len(batch) + 1)
            expected = wanted & {one.labels["case"] for one in batch}
            until(lambda expected=expected: muted(alertmanager) == expected)
            found |= muted(alertmanager)
            greater.end = time.time()
            alertmanager.post([greater])
            until(lambda: muted(alertmanager) == set())
            alertmanager.post([replace(one, end=time.time()) for one in batch])
            until(lambda: alertmanager.alerts() == [])
    assert found == wanted


def muted(alertmanager: Alertmanager) -> set[str]:
    """Name the cases that are inhibited at this moment."""
    return {one["labels"]["case"] for one in alertmanager.alerts() if one["status"]["inhibitedBy"]}


def until(holds: Callable[[], bool]) -> None:
    """Wait until Alertmanager has taken in what it was sent."""
    wait_until(holds, "Alertmanager to take it in", 20)


def test_the_hours_of_the_office_are_those_of_the_city(configuration: Path) -> None:
    """By its own clock, whatever the server's."""
    (hours,) = yaml.safe_load(configuration.read_text(encoding="utf-8"))["time_intervals"]
    (interval,) = hours["time_intervals"]
    assert interval["location"] == ZONE
    assert interval["times"] == [{"start_time": "07:30", "end_time": "16:00"}]
    assert interval["weekdays"] == ["monday:friday"]
