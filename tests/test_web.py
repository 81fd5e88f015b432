"""What people and other programs see: the first page and the status."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_city import NOW, LiveCity, small_city
from starlette.applications import Starlette

from netmon.model import Failure, Inventory, Maintenance, Outcome, State
from netmon.web import Pages
from netmon.web.status import amiss, status
from netmon.web.words import LANGUAGES, WORDS, share


def troubled_city() -> LiveCity:
    """A router is down and what is behind it with it; an access point beyond another router is blind."""
    city = LiveCity(small_city())
    city.watch("rt-2", NOW - 600, NOW)
    city.watch("rt-1", NOW - 600, NOW - 300)
    for name in ("rt-1", "ap-1", "ap-2"):
        city.watch(name, NOW - 300, NOW, Outcome.DOWN)
    city.observe(NOW - 10, "rt-1", Outcome.DOWN, detail="5 echoes, no answer")
    city.observe(NOW - 10, "ap-3", Outcome.BLIND)
    city.read(NOW - 10, "ap-3", [("wifi_clients", {}, 0)])
    return city


async def ask(city: LiveCity, *paths: str, witness_up: bool | None = True) -> list[httpx.Response]:
    """Ask the pages of a city."""
    pages = Pages(city.state, lambda: witness_up, wall=lambda: NOW + 0.9)
    transport = httpx.ASGITransport(Starlette(routes=pages.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as client:
        return [await client.get(path) for path in paths]


class Reader(HTMLParser):
    """Reads a page as a browser does: its rows, its text, what it would load."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self._skip = self._in_cell = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        self.tags.add(tag)
        self._skip = tag == "style"
        self.loads += [value or "" for name, value in attrs if name in {"src", "srcset", "data"}]
        self.loads += [value or "" for name, value in attrs if name == "href" and tag == "link"]
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self._in_cell = True
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        if self._skip:
            return
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        self._skip = False
        self._in_cell = self._in_cell and tag != "td"


async def test_the_page_begins_with_what_needs_attention() -> None:
    """Uplinks and sites that are not well, the worst first, each with since when and why, in Indonesian."""
    (page,) = await ask(troubled_city(), "/")
    assert page.status_code == 200
    found = Reader(page.text)
    first = found.rows[1:4]
    assert first == [
        ["jaringan", "Purus Padang Barat", "terputus", "07-11-2026 09.55", "tidak menjawab: 5 echoes, no answer"],
        [
            "Wi-Fi",
            "Taman Budaya Purus, Padang Barat",
            "terputus di hulu",
            "07-11-2026 09.55",
            "di belakang rt-1, yang terputus",
        ],
        [
            "Wi-Fi",
            "mosque Alang Laweh, Padang Selatan",
            "tidak diketahui",
            "lebih dari sebulan",
            "pemantau tidak dapat memastikan",
        ],
    ]
    assert "Keadaan pada 07-11-2026 10.00.00 WIB" in found.text


async def test_the_page_speaks_english_on_request() -> None:
    """``?lang=en`` in English; what it does not speak, in Indonesian."""
    english, other = await ask(troubled_city(), "/?lang=en", "/?lang=xx")
    assert '<html lang="en">' in english.text
    assert "behind rt-1, which is down" in Reader(english.text).text
    assert '<html lang="id">' in other.text


async def test_the_page_loads_nothing_from_anywhere() -> None:
    """No scripts, no pictures, no fonts: it works without the Internet, which may be what is down."""
    (page,) = await ask(troubled_city(), "/")
    found = Reader(page.text)
    assert found.loads == []
    assert not found.tags & {"script", "img", "link", "iframe"}
    assert not re.search(r"url\(|@import", page.text)


async def test_the_page_says_when_the_monitor_itself_is_cut_off() -> None:
    """Then, and only then."""
    for witness_up, shown in ((False, True), (True, False), (None, False)):
        (page,) = await ask(troubled_city(), "/", witness_up=witness_up)
        assert (WORDS["id"]["blind"] in page.text) is shown


async def test_a_city_that_is_well_says_so() -> None:
    """Nothing needs attention, announced work included."""
    window = Maintenance("w", ("ap-3",), NOW - 60, NOW + 60, announced=NOW - 10 * 86400)
    city = LiveCity(small_city(maintenance={"w": window}))
    for name in city.state.devices:
        city.observe(NOW, name)
    page, found = await ask(city, "/", "/api/status")
    assert WORDS["id"]["all_well"] in page.text
    assert found.json()["maintenance"] == [{"kind": "site", "id": "mosque", "maintenance": "w"}]


async def test_an_empty_city_has_a_page_and_a_status() -> None:
    """Without objects nothing can be computed, and that is what is said."""
    page, found = await ask(LiveCity(Inventory()), "/?lang=en", "/api/status")
    assert page.status_code == found.status_code == 200
    assert WORDS["en"]["none"] in page.text


@given(st.one_of(st.sampled_from(["<script>alert(1)</script>", '"><img src=x>', "{{ 7 * 7 }}", "&amp;"]), st.text()))
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
async def test_no_name_breaks_the_page(name: str) -> None:
    """Whatever things are called, their names are text and nothing else."""
    city = troubled_city()
    inventory = city.state.inventory
    region = replace(inventory.kelurahan["13.71.01.1001"], name=name, kecamatan_name=name)
    named = replace(
        inventory,
        city=replace(inventory.city, name=name),
        kelurahan={**inventory.kelurahan, region.code: region},
        sites={**inventory.sites, "park": replace(inventory.sites["park"], name=name, owner=name)},
        uplinks={**inventory.uplinks, "up-1": replace(inventory.uplinks["up-1"], provider=name)},
        revision="r-2",
    )
    plain, hostile = await ask(city, "/"), []
    city.state.load(named, None, NOW)
    city.observe(NOW, "rt-1", Outcome.DOWN, detail=name)
    hostile = await ask(city, "/")
    before, after = Reader(plain[0].text), Reader(hostile[0].text)
    assert after.tags == before.tags
    assert len(after.rows) == len(before.rows)
    shown = "".join(after.text.split())
    assert "".join(name.encode(errors="replace").decode().replace("\0", "\ufffd").split()) in shown or "\0" in name


# -- the status ---------------------------------------------------------------------------------------


async def test_status_is_plain_data() -> None:
    """Its whole shape, of every kind of thing one."""
    (answer,) = await ask(troubled_city(), "/api/status")
    found = answer.json()
    assert found.keys() == {
        *("definition", "at", "city", "zone", "language", "revision", "counts", "month", "coverage"),
        *("uplinks", "sites", "devices", "maintenance", "witness_up"),
    }
    assert (found["definition"], found["at"], found["city"]) == ("LK-1", "2026-11-07T03:00:00Z", "Padang")
    assert found["counts"]["site"] == {
        **dict.fromkeys((state.value for state in State), 0),
        "down_upstream": 1,
        "unknown": 1,
    }
    assert found["coverage"] == {
        "kelurahan": 3,
        "kelurahan_connected": pytest.approx(1 / 3),
        "kelurahan_hotspot": pytest.approx(2 / 3),
    }
    assert found["month"]["label"] == "2026-11"
    assert found["month"]["site"]["insufficient"] is True
    assert [one["id"] for one in found["devices"]] == ["rt-1", "rt-2", "ap-1", "ap-2", "ap-3"]


async def test_status_of_a_site_and_a_device() -> None:
    """A site with its place, state, clients and reasons; a device with its address and last observation."""
    (answer,) = await ask(troubled_city(), "/api/status")
    sites = {one["id"]: one for one in answer.json()["sites"]}
    devices = {one["id"]: one for one in answer.json()["devices"]}
    assert sites["park"] == {
        "kind": "site",
        "id": "park",
        "name": "Taman Budaya",
        "owner": "dispar",
        "uplink": "up-1",
        "kelurahan": "13.71.01.1001",
        "kelurahan_name": "Purus",
        "kecamatan": "13.71.01",
        "kecamatan_name": "Padang Barat",
        "state": "down_upstream",
        "since": "2026-11-07T02:55:00Z",
        "clients": None,
        "why": "behind rt-1, which is down",
        "acknowledged": None,
    }
    assert sites["mosque"]["clients"] == 0
    assert devices["rt-1"] == {
        "kind": "device",
        "id": "rt-1",
        "name": "Router Purus",
        "role": "router",
        "address": "127.0.1.1",
        "site": None,
        "uplink": "up-1",
        "state": "down",
        "since": "2026-11-07T02:55:00Z",
        "last_observation": "2026-11-07T02:59:50Z",
        "why": "no answer: 5 echoes, no answer",
        "acknowledged": None,
    }


def test_reasons_name_who_is_meant_where_it_is_not_all() -> None:
    """One access point of two: its id; a coverage that has run out is no failure, whatever was seen last."""
    city = LiveCity(small_city())
    city.observe(NOW, "ap-1", Outcome.DOWN)
    city.observe(NOW, "ap-2")
    park = status(city.state, NOW + 1)["sites"][0]
    assert (park["state"], park["why"]) == ("degraded", "ap-1: no answer")
    later = status(city.state, NOW + 75)["sites"][0]
    assert (later["state"], later["why"]) == ("unknown", "not observed lately")
    assert status(LiveCity(small_city()).state, NOW)["sites"][0]["why"] == "not observed yet"


def test_what_is_amiss_is_uplinks_then_sites_then_devices() -> None:
    """What ``netmon status`` lists."""
    found = list(amiss(status(troubled_city().state, NOW)))
    assert [one["id"] for one in found] == ["up-1", "park", "mosque", "rt-1", "ap-1", "ap-2", "ap-3"]


# -- the words ----------------------------------------------------------------------------------------


def test_every_language_has_every_word() -> None:
    """The same words in each, among them all states and failures; none is empty."""
    assert {*LANGUAGES} == WORDS.keys()
    words: Any = {language: set(found) for language, found in WORDS.items()}
    assert words["id"] == words["en"]
    assert words["en"] >= {*map(str, State), *map(str, Failure)}
    assert all(text for found in WORDS.values() for text in found.values())


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [
        (None, "tidak dapat dihitung", "not computable"),
        (1.0, "100,00%", "100.00%"),
        (0.99999, "99,99%", "99.99%"),
        (0.0, "0,00%", "0.00%"),
        (0.99496, "99,50%", "99.50%"),
    ],
)
def test_shares_are_written_with_two_decimals(value: float | None, indonesian: str, english: str) -> None:
    """By the language's own sign; what only rounds to 100 is not shown as 100."""
    assert (share(value, "id"), share(value, "en")) == (indonesian, english)
