"""The monitor about itself, by ``prometheus_client``."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition
from prometheus_client.registry import Collector

from exporters.families import END
from netmon import __version__
from netmon.model import Failure

_OPENMETRICS: Final[Callable[[CollectorRegistry], bytes]] = exposition.generate_latest  # it has no types of its own


class ProbeCounts(Protocol):
    """What is counted of one probe; see the scheduler's counters."""

    rounds: int
    requests: int
    failures: Counter[Failure]
    late: int
    late_seconds_max: float
    skipped: int
    duration_sum: float
    duration_count: int


class Counts(Protocol):
    """What the scheduler counts."""

    @property
    def probes(self) -> Mapping[str, ProbeCounts]:
        """By the probe's name."""

    bugs: int
    standstills: int
    clock_jumps: int


@dataclass(frozen=True, slots=True)
class Monitor:
    """What the running service knows of itself in one moment."""

    counts: Counts | None = None
    witness_up: bool | None = None
    revision: str = ""
    reload_success: bool = True
    devices: int = 0
    sockets: dict[str, Mapping[str, int]] = field(default_factory=dict)  # by protocol: counts by name
    history_failures: int = 0
    history_refused: int = 0
    history_committed: int | None = None
    drill: Mapping[str, str] = field(default_factory=dict)  # the labels of the one that goes on


class SelfExporter:
    """Renders the :class:`Monitor` that ``look`` gives at each scrape."""

    def __init__(self, look: Callable[[], Monitor]) -> None:
        """Register what is rendered; nothing is global."""
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(look))
        ProcessCollector(registry=self._registry)

    def text(self, *, openmetrics: bool = False) -> str:
        """Give the families in the text format or in OpenMetrics, without its end of the page."""
        if openmetrics:
            return _OPENMETRICS(self._registry).decode().removesuffix(END)
        return generate_latest(self._registry).decode()


class _Collector(Collector):
    def __init__(self, look: Callable[[], Monitor]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        """Give all families."""
        monitor = self._look()
        yield InfoMetricFamily(
            "netmon_build",
            "The version of netmon and of Python; always 1.",
            {"version": __version__, "python": platform.python_version()},
        )
        yield InfoMetricFamily(
            "netmon_inventory", "The revision of the inventory in force; always 1.", {"revision": monitor.revision}
        )
        yield GaugeMetricFamily(
            "netmon_inventory_reload_success",
            "1 where the latest inventory was taken, 0 where it was refused and the one before is kept.",
            int(monitor.reload_success),
        )
        yield GaugeMetricFamily("netmon_inventory_devices", "Devices that are watched.", monitor.devices)
        if monitor.witness_up is not None:
            yield GaugeMetricFamily(
                "netmon_witness_up", "0 while no witness answers: the monitor is blind.", int(monitor.witness_up)
            )
        if monitor.counts is not None:
            yield from _polls(monitor.counts.probes)
            yield from _faults(monitor.counts)
        if monitor.drill:
            yield _drill(monitor.drill)
        yield from _sockets(monitor)
        yield from _history(monitor)


def _polls(probes: Mapping[str, ProbeCounts]) -> Iterator[Metric]:
    duration = SummaryMetricFamily(
        "netmon_poll_duration_seconds", "Rounds of checks, and the seconds they took.", labels=["probe"]
    )
    rounds = CounterMetricFamily(
        "netmon_poll_rounds", "Rounds of checks, each of which gives one observation.", labels=["probe"]
    )
    requests = CounterMetricFamily("netmon_poll_requests", "Calls of probes, repeats included.", labels=["probe"])
    failures = CounterMetricFamily(
        "netmon_poll_failures", "Rounds that failed, by what failed.", labels=["probe", "failure"]
    )
    late = CounterMetricFamily("netmon_poll_late", "Rounds begun more than a second late.", labels=["probe"])
    latest = GaugeMetricFamily(
        "netmon_poll_late_seconds", "The longest that a round was late since the start.", labels=["probe"]
    )
    skipped = CounterMetricFamily("netmon_poll_skipped", "Rounds left out, never piled up.", labels=["probe"])
    for name, counts in sorted(probes.items()):
        duration.add_metric([name], counts.duration_count, counts.duration_sum)
        rounds.add_metric([name], counts.rounds)
        requests.add_metric([name], counts.requests)
        late.add_metric([name], counts.late)
        latest.add_metric([name], counts.late_seconds_max)
        skipped.add_metric([name], counts.skipped)
        for failure in Failure:
            failures.add_metric([name, failure.value], counts.failures[failure])
    yield from (duration, rounds, requests, failures, late, latest, skipped)


def _faults(counts: Counts) -> Iterator[Metric]:
    for name, text, value in (
        ("netmon_internal_errors", "Exceptions of netmon's own code; each made an observation blind.", counts.bugs),
        ("netmon_standstills", "Times in which the service stood still for more than a second.", counts.standstills),
        ("netmon_clock_jumps", "Steps of the wall clock.", counts.clock_jumps),
    ):
        yield CounterMetricFamily(name, text, value)


def _drill(labels: Mapping[str, str]) -> Metric:
    drill = GaugeMetricFamily(
        "netmon_drill", "A rehearsal goes on: this device only pretends to fail; always 1.", labels=list(labels)
    )
    drill.add_metric(list(labels.values()), 1)
    return drill


def _sockets(monitor: Monitor) -> Iterator[Metric]:
    packets = CounterMetricFamily(
        "netmon_socket_events", "Packets and mishaps on the shared sockets.", labels=["protocol", "event"]
    )
    for protocol, events in sorted(monitor.sockets.items()):
        for event, count in sorted(events.items()):
            packets.add_metric([protocol, event], count)
    yield packets


def _history(monitor: Monitor) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "netmon_history_commit_failures",
        "Times the history could not be written; it is tried again.",
        monitor.history_failures,
    )
    yield CounterMetricFamily(
        "netmon_history_refused",
        "Observations that contradicted what was recorded for their time, as after a step of the clock.",
        monitor.history_refused,
    )
    if monitor.history_committed is not None:
        yield GaugeMetricFamily(
            "netmon_history_commit_timestamp_seconds", "When the history was last written.", monitor.history_committed
        )
