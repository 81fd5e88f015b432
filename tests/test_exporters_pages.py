"""What a page of either format holds, whatever things are called, however large it is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from golden_city import exporter, golden_city
from hypothesis import example, given, settings
from hypothesis import strategies as st
from live_city import IDENTITY, NOW, LiveCity, small_city
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from starlette.applications import Starlette

from netmon.measures import clean

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples_of(page: str, *, openmetrics: bool) -> Samples:
    """Read a page by the parser of Prometheus's own library; what the process says of itself is left out."""
    read = read_openmetrics if openmetrics else read_text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in read(page)
        for sample in family.samples
        if not sample.name.startswith("process_")
    }


async def ask(city: LiveCity, path: str, **headers: str) -> httpx.Response:
    """Ask for a page with headers of one's own, none of the client's."""
    transport = httpx.ASGITransport(Starlette(routes=exporter(city).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor:9810") as client:
        client.headers.clear()
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("part", ["state", "readings"])
@pytest.mark.parametrize("group", [None, "13.71.01", "city", "self"])
def test_every_part_is_a_page_of_its_own(part: str, group: str | None) -> None:
    """Each part and group ends as OpenMetrics demands, an empty one too."""
    shown = exporter(golden_city())
    page = shown.text(part, group, openmetrics=True)
    assert page.endswith("# EOF\n")
    assert samples_of(page, openmetrics=True) == samples_of(shown.text(part, group), openmetrics=False)


def test_openmetrics_names_families_by_their_type() -> None:
    """A counter's family is named without ``_total``, what only tells without ``_info``; the samples keep theirs."""
    page = exporter(golden_city()).text(openmetrics=True)
    kinds = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", page))
    assert kinds["netmon_interface_receive_bytes"] == "counter"
    assert kinds["netmon_device"] == kinds["netmon_interface"] == kinds["netmon_build"] == "info"
    assert kinds["netmon_device_state"] == "gauge"
    assert not [name for name in kinds if name.endswith(("_total", "_info"))]
    assert re.search(r"(?m)^netmon_interface_receive_bytes_total\{", page)


def large_city() -> LiveCity:
    """Describe a city of which a page of more than 512 KiB tells, in which not everything is ASCII."""
    city = golden_city()
    rows = [("interface_info", {"interface": f"ether{n}", "alias": f"Pasar ké {n} " * 12}, 1) for n in range(498)]
    for name in city.state.devices:
        city.read(NOW, name, rows)
    return city


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_a_large_page_comes_bit_by_bit(encoding: str) -> None:
    """It is the same page, packed or not."""
    city = large_city()
    page = exporter(city).text("readings")
    assert len(page) > 512 * 1024
    found = await ask(city, "/metrics?part=readings", accept_encoding=encoding)
    assert found.headers.get("content-encoding", "identity") == encoding
    assert "content-length" not in found.headers
    assert found.text == page


async def test_a_large_page_is_of_one_moment_however_slowly_it_is_read() -> None:
    """What is seen while it is being sent is on the next one; others have their turn in between."""
    city = large_city()
    page = exporter(city).text("readings")
    scope = {"type": "http", "method": "GET", "path": "/metrics", "query_string": b"part=readings", "headers": []}
    bits: list[bytes] = []
    turns: list[int] = []

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        bits.append(message.get("body", b""))
        city.read(NOW, "ap-1", [("wifi_clients", {}, len(bits))])
        asyncio.get_running_loop().call_soon(turns.append, len(bits))

    await Starlette(routes=exporter(city).routes())(scope, receive, send)
    assert b"".join(bits).decode() == page
    assert len(bits) > 3
    assert turns[: len(bits) - 2] == [*range(1, len(bits) - 1)]
    assert exporter(city).text("readings") != page


NASTY = ['"', "\\", "\n", '\\"\n\\n', 'x"} 1\nevil{a="', "é日本\u2028\ud800", "x" * 10_000, "\0\x01\x7f", "# EOF\n", ""]


@given(
    st.one_of(st.sampled_from(NASTY), st.text(max_size=40)), st.one_of(st.sampled_from(NASTY), st.binary(max_size=40))
)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@example("# EOF\n", b"\xff\xfe\xc3(")
@example("x" * 10_000, b"\xf0\x9f\x98" * 4000)
def test_no_name_breaks_a_page_of_either_format(name: str, told: str | bytes) -> None:
    """Quotes, line ends, broken UTF-8, 10,000 characters: both formats read back the same cleaned names."""
    inventory = small_city()
    devices = {**inventory.devices, "ap-1": replace(inventory.devices["ap-1"], name=name)}
    sites = {**inventory.sites, "park": replace(inventory.sites["park"], name=name, owner=name)}
    city = LiveCity(replace(inventory, devices=devices, sites=sites))
    readings = [
        ("interface_up", {"interface": clean(told)}, 1),
        ("interface_receive_bytes_total", {"interface": clean(told)}, 3),
        ("interface_info", {"interface": clean(told), "alias": name}, 1),
    ]
    city.read(NOW, "ap-1", readings, identity=replace(IDENTITY, model=name))
    shown = exporter(city)
    pages = {True: shown.text(openmetrics=True), False: shown.text()}
    found = {openmetrics: samples_of(page, openmetrics=openmetrics) for openmetrics, page in pages.items()}
    assert all(page.encode().decode() == page for page in pages.values())
    assert found[True] == found[False]
    info = [dict(labels) for series, labels in found[True] if series == "netmon_interface_info"]
    assert [(one["interface"], one["alias"]) for one in info] == [(clean(told), clean(name))]
