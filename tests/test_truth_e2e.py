"""The simulated city's script is the truth: what netmon says afterwards, and meanwhile, is held against it.

One course of three minutes with every kind of event, over real UDP, with the real programs. All tests look at it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any
from zlib import crc32

import pytest
from running_city import (
    BLOCK,
    VARIABLE,
    Service,
    netmon,
    outages,
    read_metrics,
    read_truth,
    report,
    running_city,
    running_service,
    this_month,
    wait_until,
    write_inventory,
)

from netmon.availability import cut_at, evaluate, month
from netmon.history import History
from netmon.inventory import load
from netmon.model import Inventory, Outcome, Span, State
from netmon.simulator.city import City

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.xdist_group("truth")]

INTERVAL = 5
EDGE = INTERVAL + 2
"""How far an edge may be off: one interval, and the seconds of a confirmation."""

LONG = 3 * INTERVAL
"""What is shorter may fall between two looks."""

COURSE = f"""\
# two uplinks lose their power; access points need six seconds more; a fibre with a second uplink behind it is cut
20,30,power,13.71.01,6
25,20,fibre,uplink-d,
# slow and lossy, all the time: nobody's outage
20,160,slow,e1-1,0.3
20,160,loss,e2-1,0.3
# one of two witnesses: nothing happens
60,60,witness,{BLOCK}.202,
# one of two routers, an access point, a switch with two of them behind it, one of two providers
75,25,fibre,rt-a1,
75,25,dead,b2-1,
75,22,dead,b1-switch,
77,25,dead,link-e,
76,25,restart,c1-1,
77,25,credential,d1-1,
78,25,slow,e1-2,4
# the monitor's own uplink fails while an access point is dead
103,57,dead,e2-2,
118,25,monitor,,
158,0,restart,a1-1,
# nobody can tell whether an access point is dead while no witness answers
168,22,witness,,
172,14,dead,b2-2,
"""
MONITOR = (118, 143)
NO_WITNESS = (168, 190)
END = 192
TOO_SLOW = ("e1-2", 78, 103)
"""An agent that answers after four seconds, when the monitor waits for one, is silent to the monitor."""

Edges = tuple[float, float, str]
"""Start, end, attribution."""


@dataclass
class Sample:
    """What the service said in one moment: states before and after the page of metrics was read."""

    at: float
    before: dict[str, str]
    metrics: dict[str, float]
    after: dict[str, str]


@dataclass
class Story:
    """What happened, and what was said of it. ``start`` is when the course began."""

    inventory: Inventory
    start: float = 0.0
    truth: list[dict[str, Any]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    in_the_dark: tuple[int, str] = (0, "")
    at_the_end: tuple[int, str] = (0, "")
    metrics: dict[str, float] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    log: str = ""

    def at(self, after: float) -> float:
        """Give the Unix second that lies so many seconds after the start of the course."""
        return self.start + after


def merciful_seed(device: str) -> int:
    """Choose a seed whose dice never take all of a round's requests: six of any eight that follow each other."""
    key = crc32(device.encode())
    for seed in range(1000):
        city = City("Asia/Jakarta", seed, 0.0)
        lost = [city.luck(key, number) < 0.3 for number in range(1, 1000)]
        if all(sum(lost[at : at + 8]) < 5 for at in range(len(lost))):
            return seed
    raise AssertionError("no seed is merciful")


def watch(service: Service, story: Story, stop: threading.Event) -> None:
    """Ask the service for its states every three seconds."""
    while not stop.wait(3):
        before = service.states()
        at = time.time()
        metrics = read_metrics(service.get("/metrics"))
        story.samples.append(Sample(at, before, metrics, service.states()))


def live_through(story: Story, service: Service) -> None:
    """Wait for the end of the course and ask people's and machines' questions meanwhile."""
    wait_until(lambda: time.time() > story.at(40), "the power cut", 120)
    asked = netmon("status", "--url", service.url)
    story.in_the_dark = asked.returncode, asked.stdout
    wait_until(lambda: time.time() > story.at(END), "the end of the course", 300)
    service.wait_for_states(dict.fromkeys(story.inventory.devices, "up"))
    wait_until(lambda: service.metrics()["netmon_witness_up"] == 1, "a witness")
    asked = netmon("status", "--url", service.url)
    story.at_the_end = asked.returncode, asked.stdout


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Live through the course once."""
    folder = tmp_path_factory.mktemp("truth")
    inventory = write_inventory(folder / "inventory", interval=INTERVAL)
    told = Story(load(inventory, environ={VARIABLE: "x"}).inventory)
    data = folder / "data"
    with (
        running_city(inventory, folder, COURSE, seed=merciful_seed("e2-1")),
        running_service(inventory, data, folder / "log") as service,
    ):
        told.truth = read_truth(folder)
        told.start = min(one["start"] for one in told.truth) - 20
        stop = threading.Event()
        watcher = threading.Thread(target=watch, args=(service, told, stop))
        watcher.start()
        try:
            live_through(told, service)
        finally:
            stop.set()
            watcher.join()
        told.status = service.status()
        told.metrics = service.metrics()
        assert service.program.stop() == 0
        told.log = service.program.said()
    told.report = report(data)
    with History.open(data, read_only=True) as history:
        told.spans = history.tracks()
    return told


# -- outages ------------------------------------------------------------------------------------------


def joined(pieces: Iterable[Edges], gaps: Iterable[tuple[float, float]] = ()) -> list[Edges]:
    """Join pieces that touch, or between which nobody could tell."""
    found: list[Edges] = []
    for start, end, attribution in sorted(pieces):
        if found and (start <= found[-1][1] or any(a <= found[-1][1] and start <= b for a, b in gaps)):
            first, _, before = found[-1]
            found[-1] = (first, end, before if before == attribution else "mixed")
        else:
            found.append((start, end, attribution))
    return found


def expected(story: Story) -> dict[str, list[Edges]]:
    """What the script says of each device, told as incidents."""
    causes = {"device": "device", "upstream": "upstream"}
    pieces: dict[str, list[Edges]] = {}
    for one in story.truth:
        if one["cause"] in causes:
            pieces.setdefault(one["device"], []).append((one["start"], one["end"], causes[one["cause"]]))
    name, start, end = TOO_SLOW
    pieces.setdefault(name, []).append((story.at(start), story.at(end), "device"))
    del pieces["b2-2"][-1]  # dead while no witness answers: nobody can tell
    monitor = (story.at(MONITOR[0]), story.at(MONITOR[1]))
    return {name: joined(found, [monitor]) for name, found in pieces.items() if found}


def reported(document: Mapping[str, Any], kind: str) -> dict[str, list[Edges]]:
    """What the report says of each object, by incident: an unknown second in an outage does not make it two."""
    found: dict[str, list[Edges]] = {}
    for name, all_of_it in outages(document, kind).items():
        incidents: dict[int, list[Edges]] = {}
        for one in all_of_it:
            incidents.setdefault(one["incident"], []).append((one["start"], one["end"], one["attribution"]))
        whole = [joined(pieces, [(pieces[0][0], pieces[-1][1])]) for pieces in incidents.values()]
        found[name] = [one for pieces in whole for one in pieces]
    return found


def disagreements(wanted: Mapping[str, list[Edges]], told: Mapping[str, list[Edges]]) -> list[str]:
    """Name each outage of the one that is not in the other, and each that differs."""
    wrong = []
    for name in {**wanted, **told}:
        left = [*told.get(name, [])]
        for start, end, attribution in wanted.get(name, []):
            met = [one for one in left if one[0] < end + EDGE and start < one[1]]
            if not met and end - start >= LONG:
                wrong.append(f"{name}: {end - start:g} s from {start} are not reported")
            for one in met:
                left.remove(one)
                off = one[0] - start, one[1] - end
                if not (-1 <= off[0] <= EDGE and -EDGE <= off[1] <= EDGE):
                    wrong.append(f"{name}: {start}: its edges are off by {off} s")
                if one[2] != attribution:
                    wrong.append(f"{name}: {start}: put down to {one[2]}, was {attribution}")
            if len(met) > 1:
                wrong.append(f"{name}: {start}: reported as {len(met)} outages")
        wrong += [f"{name}: {one[1] - one[0]:g} s from {one[0]} are invented ({one[2]})" for one in left]
    return wrong


def test_the_report_holds_every_outage_of_the_script_and_no_other(story: Story) -> None:
    """Of every device: with the right attribution, each edge within an interval; what is short may be missing."""
    assert not "\n".join(disagreements(expected(story), reported(story.report, "device")))


def test_sites_and_uplinks_are_out_when_lk_1_says_so_of_the_truth(story: Story) -> None:
    """The truth, put through LK-1 as if it had been observed, has the outages that the report has."""
    silences = expected(story)
    begin, end = int(story.at(0)), int(story.at(END + 10))
    spans = {}
    for name in story.inventory.devices:
        edges = [begin, *(round(edge) for one in silences.get(name, ()) for edge in one[:2]), end]
        outcomes = [Outcome.UP, Outcome.DOWN] * len(edges)
        spans[name] = [Span(a, b, o) for (a, b), o in zip(pairwise(edges), outcomes, strict=False)]
    document = replace(cut_at(month(this_month(), "Asia/Jakarta"), end), partial=True)
    objects = evaluate(story.inventory, spans, document).objects
    for kind in ("site", "uplink"):
        wanted = {
            one.id: [(o.start, o.end, o.attribution) for o in one.outages]
            for one in objects
            if one.kind == kind and one.outages
        }
        assert wanted, kind
        assert not "\n".join(disagreements(wanted, reported(story.report, kind)))


def test_redundancy_keeps_an_uplink_connected(story: Story) -> None:
    """One of two routers was cut off, one of two providers was dead: degraded, and no outage beyond the power cut."""
    seconds = {one["id"]: one["seconds"] for one in story.report["objects"] if one["kind"] == "uplink"}
    for name in ("uplink-a", "uplink-e"):
        assert abs(seconds[name]["degraded"] - 25) <= 2 * EDGE, name
    assert seconds["uplink-e"]["down"] == seconds["uplink-e"]["down_upstream"] == 0


def test_the_monitors_own_failure_is_unknown_and_nobodys_outage(story: Story) -> None:
    """While it was cut off nothing was observed of any device, dead ones too."""
    start, end = story.at(MONITOR[0]) + EDGE, story.at(MONITOR[1]) - EDGE
    for name, spans in story.spans.items():
        seen = [span for span in spans if span.outcome is not Outcome.BLIND and span.start < end and start < span.end]
        assert seen == [], name
    unknown = {one["id"]: one["seconds"]["unknown"] for one in story.report["objects"] if one["kind"] == "device"}
    length = MONITOR[1] - MONITOR[0]
    for name in ("rt-a2", "rt-d", "rt-e", "e1-1"):
        assert length - EDGE <= unknown[name] <= length + 3 * EDGE, name


def test_nothing_is_called_down_while_no_witness_answers(story: Story) -> None:
    """A dead access point is unknown then; those that answer are up all the time."""
    start, end = (int(story.at(second)) for second in NO_WITNESS)
    inside = [span for span in story.spans["b2-2"] if span.start < end and start < span.end]
    assert Outcome.DOWN not in {span.outcome for span in inside}
    assert Outcome.BLIND in {span.outcome for span in inside}
    for name in set(story.spans) - {"b2-2"}:
        assert {s.outcome for s in story.spans[name] if s.start < end and start + EDGE < s.end} == {Outcome.UP}, name


def test_slow_and_lossy_devices_have_no_outage(story: Story) -> None:
    """An answer after 0.3 s is an answer; a loss of 30 % is loss."""
    told = reported(story.report, "device")
    assert "e1-1" not in told
    assert "e2-1" not in told


# -- meanwhile ----------------------------------------------------------------------------------------

_STATES = {"device": "down", "upstream": "down_upstream", "monitor": "unknown"}
_SETTLED = {"device": EDGE + 2, "upstream": EDGE + 2, "monitor": 2.5 * INTERVAL + 1}
"""After so many seconds what was is shown: an observation describes two and a half intervals."""


def state_at(story: Story, name: str, at: float) -> str | None:
    """Give the state that a device had by the script and had had for long enough; ``None`` where it had changed."""
    for one in story.truth:
        since = at - _SETTLED[one["cause"]]
        if one["device"] == name and one["start"] < at + 1 and since < one["end"]:
            return _STATES[one["cause"]] if one["start"] <= since and at + 1 <= one["end"] else None
    return "up"


def test_the_state_shown_is_the_state_that_was(story: Story) -> None:
    """At every look: what had been so for an interval and a confirmation is what `/api/status` says."""
    unsure = {"b2-2", TOO_SLOW[0]}
    wrong, compared = [], 0
    for sample in story.samples:
        if sample.at < story.at(INTERVAL * 2):
            continue
        for name, shown in sample.before.items():
            was = state_at(story, name, sample.at)
            if was is not None and name not in unsure:
                compared += 1
                if was != shown:
                    wrong.append(f"{name} {sample.at - story.start:.1f} s after the start: {shown}, was {was}")
    assert not "\n".join(wrong)
    assert compared > 500


def test_metrics_say_what_the_status_says(story: Story) -> None:
    """Of every device at every look: exactly one state is 1, and it is the one that the status names."""
    for sample in story.samples:
        shown = {
            series.split('device="')[1].split('"')[0]: series.split('state="')[1].split('"')[0]
            for series, value in sample.metrics.items()
            if series.startswith("netmon_device_state{") and value == 1
        }
        assert set(shown) == set(story.inventory.devices)
        for name, state in shown.items():
            assert state in {sample.before[name], sample.after[name]}, name


def test_the_status_is_not_well_in_the_dark_and_well_at_the_end(story: Story) -> None:
    """Exit code 1 and what is down, why; 0 when everything is up again."""
    code, text = story.in_the_dark
    assert code == 1
    assert "rt-b" in text
    assert "behind rt-b, which is down" in text
    assert "down_upstream" in text
    code, text = story.at_the_end
    assert (code, "Everything that is watched is up." in text) == (0, True)


def test_metrics_status_and_report_agree_at_the_end(story: Story) -> None:
    """Seconds down and outages are the same; what goes on may have gone on for the moments between the questions."""
    label = this_month()
    for one in story.report["objects"]:
        kind, name = one["kind"], one["id"]
        own = f'device="{name}",site="{one["site"] or ""}",uplink="{one["uplink"] or ""}"'
        labels = own if kind == "device" else f'{kind}="{name}"'
        for state in State:
            shown = story.metrics[f'netmon_{kind}_period_state_seconds{{{labels},state="{state}",period="{label}"}}']
            spare = 15 if state in {State.UP, State.UNKNOWN} else 0
            assert 0 <= one["seconds"][state] - shown <= spare, (kind, name, state)
        assert story.metrics[f"netmon_{kind}_outages_total{{{labels}}}"] == len(one["outages"]), (kind, name)
    assert {one["state"] for one in story.status["devices"]} == {"up"}
    city = next(r for r in story.report["rollups"] if (r["kind"], r["of"]) == ("city", "uplink"))
    assert story.status["month"]["uplink"]["availability"] == pytest.approx(city["availability"], abs=0.01)


def test_the_service_had_no_bug(story: Story) -> None:
    """No exception of its own, no traceback, and every change written."""
    assert "Traceback" not in story.log
    assert story.metrics["netmon_internal_errors_total"] == 0
    assert story.metrics["netmon_history_commit_failures_total"] == 0
    assert story.metrics["netmon_history_refused_total"] == 0
    assert story.metrics["netmon_witness_up"] == 1
