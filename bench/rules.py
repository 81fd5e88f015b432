"""What the alerting rules of a large city cost: seconds that a real Prometheus takes to evaluate all of them once.

usage: python bench/rules.py [--quick]

2,000 sites with two access points each behind 104 uplinks, watched by netmon itself in a network namespace; Prometheus
with the rules of ``alerts/`` as they are deployed, which pass their alerts to an Alertmanager. Three times are
measured: all is well; 500 sites are down by themselves; every uplink is dark. Prometheus says what each evaluation of
a group took; figures are sums over groups of the median of each: of those that come each 15 s, the alerts of places
among them, and of all, as if they came at once. What the rules look back on (three weeks, a few days, hours) is put
into its storage before. It needs root, nftables, iproute2, Prometheus and Alertmanager, takes twenty minutes and stops
by itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import chained
import cities
from measuring import ROOT, Row, middle, wait_for

from netmon.availability import month_at

_UPLINKS, _SITES, _PER_SITE = 104, 2000, 2
_DEVICES: Final = _UPLINKS + _SITES * _PER_SITE
_DOWN: Final = 500
_PATIENCE: Final = 600  # seconds until a city that was dark is well again: it must hold first
_COMMAND: Final = "python bench/rules.py"
_OFTEN: Final = 15  # seconds: the interval of the groups that page
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


# -- what the rules look back on ----------------------------------------------------------------------


class _Past(NamedTuple):
    """Samples of a recorded series: one for each thing each ``step`` seconds, from ``ago`` seconds before now on."""

    name: str
    things: list[str]
    value: int
    ago: int
    lasts: int
    step: int = _MINUTE


def _past(now: int) -> Iterator[list[_Past]]:
    """Give what there would be after weeks, in stretches that become blocks of storage."""
    sites = [f'site="s{_UPLINKS + _PER_SITE * place}"' for place in range(_SITES)]
    uplinks = [f'uplink="{name}"' for name in cities.uplinks(_UPLINKS)]
    devices = [f'device="{name}"' for name in cities.ids(_DEVICES)]
    month_end = month_at(now, "Asia/Jakarta").end
    around = 25 * _MINUTE  # before and after, as the measurement takes its time
    for week in (3, 2, 1):
        yield [_Past("netmon:site_clients:max2h", sites, 7, week * 7 * _DAY + around, 2 * around, 5 * _MINUTE)]
    for back in (3 * _DAY, 6 * _HOUR):
        yield [
            _Past("netmon:target_spent", [*sites, *uplinks], 0, back + around, 2 * around),
            _Past("netmon:month_end", [""], month_end, back + around, 2 * around),
        ]
    yield [
        _Past("netmon:site_clients", sites, 7, 130 * _MINUTE, 130 * _MINUTE),
        _Past("netmon:target_spent", [*sites, *uplinks], 0, _HOUR + around, _HOUR + around),
        _Past("netmon:month_end", [""], month_end, _HOUR + around, _HOUR + around),
        _Past("netmon:device_boot", devices, now - 30 * _DAY, 6 * _HOUR, 6 * _HOUR, 5 * _MINUTE),
    ]


def _lines(past: _Past, now: int) -> Iterator[str]:
    yield f"# TYPE {past.name} gauge\n"
    begin = now - past.ago
    for thing in past.things:
        for at in range(begin, begin + past.lasts, past.step):
            yield f"{past.name}{{{thing}}} {past.value} {at}\n"


def _write_past(folder: Path) -> None:
    """Write it as blocks of Prometheus's storage.

    Raises:
        RuntimeError: The rules record no series of such a name any more.
    """
    rules = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "alerts").glob("*.yml"))
    now = int(time.time())
    text = folder / "past.om"
    for stretch in _past(now):
        with text.open("w", encoding="utf-8") as file:
            for past in stretch:
                if f"record: {past.name}\n" not in rules:
                    raise RuntimeError(f"alerts/ records no {past.name} any more: say here what is looked back on")
                file.writelines(_lines(past, now))
            file.write("# EOF\n")
        command = ("promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, folder / "data")
        subprocess.run(command, check=True, stdout=sys.stderr)
    text.unlink()


# -- what it takes ------------------------------------------------------------------------------------


def _ask(path: str) -> Any:
    return json.loads(chained.page(chained.WHERE.prometheus, f"/api/v1/{path}"))["data"]


def _firing() -> Counter[str]:
    """Count the alerts that fire, by their name."""
    return Counter(one["labels"]["alertname"] for one in _ask("alerts")["alerts"] if one["state"] == "firing")


class _Took(NamedTuple):
    """Seconds that the evaluations of a group took, and after how many each comes."""

    each: list[float]
    interval: int


def _evaluations(seconds: float) -> dict[str, _Took]:
    """Watch for so long; give what each evaluation of each group took.

    Raises:
        RuntimeError: A rule could not be evaluated.
    """
    found: dict[tuple[str, int, str], float] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for group in _ask("rules")["groups"]:
            for rule in group["rules"]:
                if rule["health"] == "err":
                    raise RuntimeError(f"{rule['name']}: {rule.get('lastError')}")
            found[group["name"], group["interval"], group["lastEvaluation"]] = group["evaluationTime"]
        time.sleep(5)
    took: dict[str, _Took] = {}
    for (name, interval, _), one in found.items():
        took.setdefault(name, _Took([], interval)).each.append(one)
    return took


def _row(what: str, seconds: float) -> Row:
    """Watch for so long, and say what an evaluation of all groups takes."""
    took = _evaluations(seconds)
    alerts = _firing()
    for name, group in sorted(took.items()):
        each = f"{middle(group.each):.3f} s, {max(group.each):.3f} s, {len(group.each)} times"
        print(f"{what}: {name}, each {group.interval} s: {each}", file=sys.stderr)
    print(f"{what}: {dict(alerts)}", file=sys.stderr, flush=True)
    often = [group for group in took.values() if group.interval == _OFTEN]
    usual, worst = (sum(each) for each in zip(*((middle(one.each), max(one.each)) for one in often), strict=True))
    whole = sum(middle(group.each) for group in took.values())
    told = f"each {_OFTEN} s {usual:.2f} s (at most {worst:.2f} s); with the groups that come less often {whole:.2f} s"
    count = alerts.total() - alerts["Watchdog"]
    return Row(f"evaluation of all rules, {_SITES:,} sites, {what}: {count} alerts", told, command=_COMMAND)


def _devices_of(sites: Iterable[int]) -> list[int]:
    return [_UPLINKS + _PER_SITE * place + one for place in sites for one in range(_PER_SITE)]


def _phases(quick: bool) -> list[Row]:
    seconds = 60 if quick else 180
    rows = [_row("all well", seconds)]
    chained.kill(_devices_of(range(_DOWN)))
    wait_for(lambda: _firing()["SiteDown"] == _DOWN, "all sites", _PATIENCE, every=2)
    rows.append(_row(f"{_DOWN} of them down", seconds))
    chained.revive()
    wait_for(lambda: not _firing()["SiteDown"], "an end of it", _PATIENCE, every=2)
    chained.kill(range(_DEVICES))
    wait_for(lambda: _firing()["UplinkDown"] == _UPLINKS, "all uplinks", _PATIENCE, every=2)
    rows.append(_row(f"{_UPLINKS} uplinks dark", seconds))
    return rows


def _measure(quick: bool) -> list[Row]:
    chained.open_network()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        cities.write(folder / "city", _DEVICES, per_site=_PER_SITE)
        chained.start_city(folder, stack)
        (folder / "prometheus").mkdir()
        _write_past(folder / "prometheus")
        chained.start_chain(folder, stack)
        wait_for(chained.is_well, "a city that is well", _PATIENCE, every=5)
        time.sleep(60 if quick else 300)  # the windows of a quarter of an hour fill, and readings of all are scraped
        return _phases(quick)


def measure(quick: bool) -> list[Row]:
    """Let Prometheus evaluate, in a network namespace.

    Raises:
        MissingError: A program, or root, is missing.
    """
    return chained.inside(__file__, quick, "promtool")


if __name__ == "__main__":
    chained.run_script(_measure, measure, __doc__)
