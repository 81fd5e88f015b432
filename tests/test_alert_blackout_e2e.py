"""The whole city goes dark in one minute, with Alertmanager's and Prometheus's times as they are delivered."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from alert_chain import NEEDS_THE_CHAIN, Chain
from alert_cities import Places, kelurahan
from inbox import TELEGRAM_LIMIT, units

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), NEEDS_THE_CHAIN]

SITES = 500
MOST_MESSAGES = 13
HOLD = 20
GRACE = 90
QUIET = 100
"""Alertmanager's interval of a minute, and what scrape, evaluation and netmon need besides."""


def write_city() -> tuple[Places, list[str]]:
    """Describe five hundred sites behind an uplink in each kelurahan, and name the uplinks."""
    places, uplinks = Places(), []
    codes = [code for of_kecamatan in kelurahan().values() for code in of_kecamatan]
    for number, code in enumerate(codes):
        uplinks.append(places.uplink(f"kelurahan-{number}", code))
    for number in range(SITES):
        places.site(f"titik-{number}", codes[number % len(codes)], uplinks[number % len(codes)])
    return places, uplinks


def test_a_dark_city_is_a_handful_of_messages(tmp_path: Path) -> None:
    """Five hundred sites in all eleven kecamatan: at most thirteen messages, all delivered, none too long; the end too.

    Uplinks die one by one within a minute and come back together, their access points half a minute later.
    """
    places, uplinks = write_city()
    assert len(kelurahan()) == 11
    inventory = places.write(tmp_path / "inventory", hold=HOLD, grace=GRACE, between=15)
    chance = random.Random(5)
    with Chain(tmp_path, inventory, {}) as chain, chain.explaining():
        chain.happen_each([("power", uplink, chance.uniform(0, 60)) for uplink in uplinks], value="30")
        chain.wait_for("on-call", "CityDark", deadline=240)
        time.sleep(QUIET)
        dark = check_messages(chain, "GANGGUAN")
        assert chain.queried('count(netmon_site_state{state=~"down|down_upstream"} == 1)') == {(): SITES}
        chain.end()
        chain.wait_for("on-call", "CityDark", "resolved", deadline=300)
        time.sleep(QUIET)
        check_messages(chain, "PULIH", besides=dark)


def check_messages(chain: Chain, word: str, besides: int = 0) -> int:
    """Hold what has arrived against the limits, a message on any channel as one; give how many texts there were."""
    sent = len(chain.messages()) - besides
    assert 0 < sent <= MOST_MESSAGES
    texts = [one.text for one in chain.inbox.telegrams]
    assert len(texts) == len(chain.inbox.mails) == sent + besides
    assert all(units(text) <= TELEGRAM_LIMIT for text in texts)
    assert (chain.inbox.refused, chain.inbox.failed) == ([], [])
    assert any(word in text for text in texts[besides:])
    return sent
