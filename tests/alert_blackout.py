"""The whole city goes dark in one minute, with Alertmanager's and Prometheus's times as they are delivered."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alert_chain import Chain
from alert_cities import Places, kelurahan
from inbox import TELEGRAM_LIMIT, units

SITES = 500
MOST_MESSAGES = 13
HOLD = 20
GRACE = 90
ROUND = 15
QUIET = 100
"""Alertmanager's interval of a minute, and what scrape, evaluation and netmon need besides."""

CODES = [code for of_kecamatan in kelurahan().values() for code in of_kecamatan]


@contextmanager
def dark_city(folder: Path) -> Iterator[Chain]:
    """Start a chain over five hundred sites behind an uplink in each kelurahan; it is not dark yet."""
    places = Places()
    uplinks = [places.uplink(f"kelurahan-{number}", code) for number, code in enumerate(CODES)]
    for number in range(SITES):
        places.site(f"titik-{number}", CODES[number % len(CODES)], uplinks[number % len(CODES)])
    inventory = places.write(folder / "inventory", hold=HOLD, grace=GRACE, between=ROUND)
    with Chain(folder, inventory, {}) as chain:
        yield chain


def a_dark_city(chain: Chain) -> None:
    """Five hundred sites in all eleven kecamatan: at most thirteen messages, all delivered, none too long; the end too.

    Uplinks die one by one within a minute and come back together, their access points half a minute later.
    """
    assert len(kelurahan()) == 11
    chance = random.Random(5)
    uplinks = [f"jalur-kelurahan-{number}" for number in range(len(CODES))]
    chain.happen_each([("power", uplink, chance.uniform(0, 60)) for uplink in uplinks], value="30")
    chain.wait_for("on-call", "CityDark", deadline=240)
    time.sleep(QUIET)
    dark = check_messages(chain, "GANGGUAN")
    assert chain.queried('count(netmon_site_state{state=~"down|down_upstream"} == 1)') == {(): SITES}
    chain.end()
    chain.wait_for("on-call", "CityDark", "resolved", deadline=300)
    time.sleep(QUIET)
    check_messages(chain, "PULIH", besides=dark)
    assert set(chain.netmon.states().values()) == {"up"}


def check_messages(chain: Chain, word: str, besides: int = 0) -> int:
    """Hold what arrived after so many messages against the limits, on each channel, and give how many there were."""
    sent = len(chain.messages()) - besides
    assert 0 < sent <= MOST_MESSAGES
    texts = [one.text for one in chain.inbox.telegrams]
    assert len(texts) == len(chain.inbox.mails) == sent + besides
    assert all(units(text) <= TELEGRAM_LIMIT for text in texts)
    assert (chain.inbox.refused, chain.inbox.failed) == ([], [])
    assert any(word in text for text in texts[besides:])
    return sent
