"""How pages are answered: OpenMetrics or text, gzip, the series budget, ``/probe``, ``/-/slow``."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from golden_city import golden_city
from live_city import NOW
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from starlette.applications import Starlette

from exporters import Answers, Exporter, Monitor, Question, RefusedError
from netmon.cli.asking import Asking
from netmon.measures import series
from netmon.model import Check, Device, Failure, Observation, Readings, Role
from netmon.scheduler.counters import Counters
from netmon.state.readings import within

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5"}
ROUTER = Device("rt-1", Role.ROUTER, "127.0.2.9", uplink="up-1")
CLIENTS = series("wifi_clients", ROUTER)
Ask = Callable[[Question, float], Awaitable[Answers]]


def client(ask: Ask | None = None) -> httpx.AsyncClient:
    """Give a client of an exporter of the golden city."""
    exporter = Exporter(
        golden_city().state,
        lambda: Monitor(counts=Counters()),
        ask=ask,
        slowest=lambda: [("rt-1", 1.5), ("ap-1", 0.25)],
        wall=lambda: NOW,
    )
    transport = httpx.ASGITransport(Starlette(routes=exporter.routes()))
    return httpx.AsyncClient(transport=transport, base_url="http://netmon")


async def test_openmetrics_says_the_same_as_text() -> None:
    """Who prefers OpenMetrics gets it whole and valid: every sample of the text page, with its value."""
    async with client() as asker:
        text = await asker.get("/metrics")
        openmetrics = await asker.get("/metrics", headers=OPENMETRICS)
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.text.endswith("# EOF\n")

    def samples(families: object) -> set[tuple[str, tuple[tuple[str, str], ...], float]]:
        return {
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in families  # type: ignore[attr-defined]
            for sample in family.samples
            if sample.name.startswith("netmon_") and not sample.name.endswith("_created")
        }

    found = samples(parse_openmetrics(openmetrics.text))
    assert len(found) > 100
    assert found == samples(parse_text(text.text))


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.8", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=nonsense", False),
    ],
)
async def test_the_scraper_chooses_the_format(accept: str, openmetrics: bool) -> None:
    """OpenMetrics only for who asks for a version of it that we write, and prefers it."""
    async with client() as asker:
        answer = await asker.get("/metrics?group=city", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text") is openmetrics


async def test_a_page_is_compressed_for_who_accepts_it() -> None:
    """Compressed it holds the very page; who does not want it gets it plain; caches are told what it hangs on."""
    async with client() as asker:
        plain = await asker.get("/metrics?group=city", headers={"Accept-Encoding": "identity"})
        refused = await asker.get("/metrics?group=city", headers={"Accept-Encoding": "gzip;q=0"})
        async with asker.stream("GET", "/metrics?group=city", headers={"Accept-Encoding": "gzip"}) as answer:
            packed = b"".join([part async for part in answer.aiter_raw()])
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 2
    assert plain.headers["vary"] == "Accept, Accept-Encoding"


def test_the_budget_leaves_out_whole_interfaces_in_a_stable_order() -> None:
    """The device's own values, the WAN interface, the others by number; the first that does not fit ends it."""
    device = replace(ROUTER, wan="ether10")
    values = [
        (series(measure, device, {"interface": f"ether{number}"}), number)
        for number in range(1, 12)
        for measure in ("interface_up", "interface_admin_up")
    ]
    values.append((series("cpu_load_ratio", device), 0.5))
    kept, left_out = within(values, 6, "ether10")
    assert sorted({dict(one.labels).get("interface", "") for one, _ in kept}) == ["", "ether1", "ether10"]
    assert left_out == {("interface", f"ether{number}"): 2 for number in (2, 3, 4, 5, 6, 7, 8, 9, 11)}
    assert within(list(reversed(values)), 6, "ether10")[1] == left_out
    everything, nothing = within(values, 23)
    assert (len(everything), nothing) == (23, {})


async def test_what_the_budget_leaves_out_is_counted_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """Never silently: a metric counts it, and the log names it once."""
    city = golden_city()
    state = city.state
    inventory = replace(state.inventory, settings=replace(state.inventory.settings, series_budget=3))
    state.load(inventory, None, NOW - 7200)
    device = state.devices["rt-1"]
    ports = [series("interface_up", device, {"interface": f"ether{number}"}) for number in range(1, 6)]
    readings = Readings(tuple(ports), (1,) * len(ports))
    check = Check("rt-1/readings", "rt-1", "readings", 60)
    for _ in range(2):
        state.observe(Observation(check, NOW - 1, readings=readings))
    page = Exporter(state, Monitor, wall=lambda: NOW).text()
    dropped = re.search(r'(?m)^netmon_series_dropped\{device="rt-1".*\} (\d+)$', page)
    shown = len(re.findall(r'(?m)^netmon_interface_up\{device="rt-1"', page))
    assert dropped is not None
    assert int(dropped[1]) + shown == 5
    assert 0 < shown <= 3
    assert [record.message for record in caplog.records if "more than its budget of 3" in record.message] != []
    assert len(caplog.records) == 1


async def test_slow_names_the_slowest() -> None:
    """As text and as JSON; another format is refused with words."""
    async with client() as asker:
        assert (await asker.get("/-/slow")).text == "   1.500 s  rt-1\n   0.250 s  ap-1\n"
        assert (await asker.get("/-/slow?format=json")).json()[0] == {"device": "rt-1", "seconds": 1.5}
        assert (await asker.get("/-/slow?format=xml")).status_code == 404


async def test_probe_asks_one_device_now() -> None:
    """Success, duration, fresh readings; a failure is a 0; nothing goes into the state."""
    seen: dict[str, Observation] = {}

    async def probe(check: Check) -> Observation:
        return seen.get(check.probe, Observation(check, NOW))

    city = golden_city()
    name = next(iter(city.state.devices))
    before = dict(city.state.last)
    asking = Asking(
        lambda: city.state.inventory, dict.fromkeys(("icmp", "snmp", "readings", "tcp", "interface"), probe)
    )
    async with client(asking) as asker:
        fine = await asker.get(f"/probe?device={name}")
        assert fine.status_code == 200
        assert "probe_success 1\n" in fine.text
        assert re.search(r"(?m)^probe_duration_seconds [0-9.e-]+$", fine.text)
        check = Check(f"{name}/reachability", name, "icmp", 30, decides=True)
        for kind in ("icmp", "snmp", "tcp", "interface"):
            seen[kind] = Observation(check, NOW, Failure.TIMEOUT)
        assert "probe_success 0\n" in (await asker.get(f"/probe?device={name}")).text
    assert city.state.last == before


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 400, "?device=ID"),
        ("?device=nobody", 404, "'nobody'"),
        ("?target=10.0.0.1", 403, "probe_networks"),
        ("?device=rt-1&credential=city", 400, "nothing else"),
        ("?device=rt-1&device=rt-2", 400, "once"),
        ("?device=rt-1&target=10.0.0.1", 400, "?device=ID"),
        ("?device=rt-1&module=if_mib", 400, "there is no parameter 'module'"),
        ("?target=http%3A%2F%2F10.0.0.1%2F", 400, "no address"),
        ("?target=a%00b", 400, "no address"),
        ("?target=10.0.0.1&port=0", 400, "no port"),
        ("?target=10.0.0.1&port=65536", 400, "no port"),
    ],
)
async def test_probe_refuses_what_it_does_not_know(query: str, status: int, words: str) -> None:
    """An unknown device, an address outside the inventory, other parameters: refused with words, nothing is sent."""

    async def never(check: Check) -> Observation:
        raise AssertionError(check)

    city = golden_city()
    async with client(Asking(lambda: city.state.inventory, {"icmp": never})) as asker:
        answer = await asker.get(f"/probe{query}")
    assert (answer.status_code, words in answer.text) == (status, True)


async def test_probe_asks_a_device_once_at_a_time_and_not_too_many() -> None:
    """Two scrapers share one question; the twenty-first device is told to wait."""
    gate, full = asyncio.Event(), asyncio.Event()
    asked: list[str] = []

    async def ask(question: Question, seconds: float) -> Answers:
        device = question.device
        asked.append(device)
        if len(asked) == 20:
            full.set()
        await gate.wait()
        told = Observation(Check("x", device, "snmp", 30), NOW, readings=Readings((CLIENTS,), (7,)))
        return Answers(ROUTER, (told,), complete=True)

    async with client(ask) as asker:
        waiting = [asyncio.ensure_future(asker.get(f"/probe?device=d{number % 20}")) for number in range(40)]
        await full.wait()
        busy = await asker.get("/probe?device=d20")
        gate.set()
        answers = await asyncio.gather(*waiting)
    assert busy.status_code == 503
    assert busy.headers["retry-after"] == "1"
    assert len(asked) == 20
    assert all("netmon_wifi_clients{" in answer.text for answer in answers)


async def test_a_device_that_does_not_answer_in_time_is_no_success() -> None:
    """The scraper's own patience bounds the answer."""
    city = golden_city()
    name = next(iter(city.state.devices))

    async def never(_check: Check) -> Observation:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    asking = Asking(
        lambda: city.state.inventory, dict.fromkeys(("icmp", "snmp", "readings", "tcp", "interface"), never)
    )
    async with client(asking) as asker:
        answer = await asker.get(f"/probe?device={name}", headers={"X-Prometheus-Scrape-Timeout-Seconds": "0.2"})
    assert "probe_success 0\n" in answer.text
    with pytest.raises(RefusedError):
        await asking(Question("nobody"), 1.0)
