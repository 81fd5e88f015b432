"""What is kept from page to page is never stale: a page of long standing is the one that is made anew."""

from __future__ import annotations

import random
from dataclasses import replace

from golden_city import exporter, golden_city
from hypothesis import given, settings
from hypothesis import strategies as st
from live_city import IDENTITY, NOW, LiveCity, small_city
from live_stories import SEED, Story, stories
from lk1_strategies import Draw, inventories

from exporters import Exporter, Monitor
from netmon.model import Inventory, Outcome
from netmon.state import CityState


class Shown:
    """A city with an exporter that lives as long as it does, and the means to make another one of the same."""

    def __init__(self, inventory: Inventory, loaded: dict[tuple[str, str], int] | None) -> None:
        """Begin with nothing observed."""
        self.city = LiveCity(inventory, loaded)
        self.loaded = loaded
        self.revisions: list[tuple[int, Inventory]] = [(-(1 << 60), inventory)]
        self.at = 0.0
        self.exporter = Exporter(self.city.state, Monitor, wall=lambda: self.at)

    def load(self, inventory: Inventory, at: int) -> None:
        """Take another inventory."""
        self.revisions.append((at, inventory))
        self.city.state.load(inventory, self.loaded, at)

    def anew(self) -> Exporter:
        """Make an exporter of a state that was just made; what is only counted or told once is handed over."""
        old = self.city.state
        state = CityState(old.inventory, self.city.track, self.loaded, tuple(self.revisions))
        state.last, state.identities, state.observations = old.last, old.identities, old.observations
        state._readings = old._readings
        for kind in ("device", "site", "uplink"):
            state.stands(kind, int(self.at))
        state.outages.clear()
        state.outages.update(old.outages)
        return Exporter(state, Monitor, wall=lambda: self.at)

    def compare(self, at: float) -> None:
        """Hold every part and group against what is made anew."""
        self.at = at
        kept = {key: steady(self.exporter.text(*key)) for key in ((None, "kc-1"), ("state", "city"), (None, None))}
        fresh = self.anew()
        assert kept == {key: steady(fresh.text(*key)) for key in kept}


def steady(page: str) -> list[str]:
    """Leave out what the process says of itself."""
    return [line for line in page.splitlines() if "process_" not in line]


@given(stories(), st.randoms(use_true_random=False))
@settings(SEED, max_examples=16)
def test_a_page_of_long_standing_is_the_one_that_is_made_anew(story: Story, dice: random.Random) -> None:
    """Whatever was observed, in whatever order, whenever it is asked about, in the past and over a month's end too."""
    case = story.case
    shown = Shown(case.inventory, case.first_loaded)
    done = 0
    for after, now in story.questions:
        for at, name, what in case.observations[done:after]:
            shown.city.observe(at, name, what)
            if dice.random() < 0.004:
                shown.compare(at + dice.choice([0, 0.5, 3, 20, 80]))
        done = max(done, after)
        shown.compare(now + dice.choice([0, 0, 10 * 86400]))
        shown.compare(now + dice.choice([0.25, 1, 7, -3]))


@st.composite
def reloads(draw: Draw) -> tuple[Story, Inventory]:
    """Draw a story, and an inventory of the same names that comes in its midst."""
    return draw(stories()), draw(inventories())


@given(reloads())
@settings(SEED, max_examples=20)
def test_so_it_is_with_another_inventory(drawn: tuple[Story, Inventory]) -> None:
    """Nothing of what was written of the inventory before stays."""
    story, second = drawn
    case = story.case
    shown = Shown(replace(case.inventory, revision="one"), case.first_loaded)
    turn = len(story.questions) // 2
    done = 0
    for number, (after, now) in enumerate(story.questions):
        if number == turn:
            shown.load(replace(second, revision="two"), now)
        for at, name, what in case.observations[done:after]:
            if name in shown.city.state.devices or name in shown.city.state.inventory.services:
                shown.city.observe(at, name, what)
        done = max(done, after)
        shown.compare(now)
        shown.compare(now + 30)


def test_what_a_device_says_of_itself_is_written_anew() -> None:
    """A new firmware is on the next page."""
    city = LiveCity(small_city())
    shown = exporter(city)
    city.read(NOW - 9, "ap-1", [("wifi_clients", {}, 3)], identity=IDENTITY)
    assert 'version="6.49.10"' in shown.text("readings")
    city.read(NOW - 5, "ap-1", [("wifi_clients", {}, 3)], identity=replace(IDENTITY, version="7.1"))
    page = shown.text("readings")
    assert ('version="6.49.10"' in page, 'version="7.1"' in page) == (False, True)


def test_a_stand_stays_the_same_while_only_time_passes() -> None:
    """Being seen again, and time, change nothing of it; an outage does, of the device, its site and no other."""
    city = LiveCity(small_city())
    names = [*city.state.devices]
    for at in (NOW, NOW + 30):
        for name in names:
            city.observe(at, name)
    before = dict(zip(names, city.state.stands("device", NOW + 31), strict=True))
    sites = city.state.stands("site", NOW + 31)
    for name in names:
        city.observe(NOW + 60, name)
    assert dict(zip(names, city.state.stands("device", NOW + 120), strict=True)) == before
    assert city.state.stands("site", NOW + 120) == sites
    for name in names:
        city.observe(NOW + 121, name, Outcome.DOWN if name == "ap-3" else Outcome.UP)
    after = dict(zip(names, city.state.stands("device", NOW + 122), strict=True))
    assert [name for name in names if after[name] is not before[name]] == ["ap-3"]
    assert [one is other for one, other in zip(city.state.stands("site", NOW + 122), sites, strict=True)] == [1, 0]


def test_two_formats_and_all_groups_share_what_is_kept() -> None:
    """Asked in any order, each gives what an exporter gives that is asked nothing else."""
    city = golden_city()
    kept = exporter(city)
    asked = [(part, group, text) for part in (None, "state") for group in ("13.71.01", None, "city") for text in (0, 1)]
    random.Random(3).shuffle(asked)
    for part, group, text in asked:
        fresh = exporter(city).text(part, group, openmetrics=bool(text))
        assert steady(kept.text(part, group, openmetrics=bool(text))) == steady(fresh)
