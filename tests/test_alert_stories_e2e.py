"""Stories of a city, and who is called: one page for one cause, one resolve, and nothing else.

They happen at the same time in one city, each in a kecamatan of its own, from the first unanswered packet to the
message that arrives: netmon, Prometheus, Alertmanager, webhook, Telegram and mail. What a story is told to have sent
is everything that it sent, a quiet time after its end included.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from alert_blackout import a_dark_city, dark_city
from alert_chain import NEEDS_THE_CHAIN, Chain, Story, begun
from alert_cities import ROUND, Places, kelurahan, write_window
from alert_settings import INTERVAL, QUICK, WAIT, Exchanges, quick_places
from running_city import netmon, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), NEEDS_THE_CHAIN]

HOLD = 20  # seconds of being up that end an outage; longer than the flapping one is seen up at a time
GRACE = 90
DEVICE_AGE = 20
UPLINK_AGE = 30
REMINDER_AGE = 130
QUIET = DEVICE_AGE + WAIT + 2 * INTERVAL + 2 * ROUND
"""Seconds after which even the slowest of the rules that could wrongly follow would have arrived."""

RULES: dict[str, Exchanges] = {
    "alerts/outages.yml": quick_places(DEVICE_AGE),
    "alerts/reminders.yml": {"time() - 3600": f"time() - {REMINDER_AGE}", "[2m]": f"[{2 * ROUND}s]"},
}

AIR, TWO, WINDOW, FLAPS, MINE, POWER, SILENT, *CALM = kelurahan()
"""A kecamatan for each story, and some in which nothing happens, so that the city as a whole is never dark."""

BEHIND = {"pantai": 4, "balai": 2, "pasar": 2, "taman": 2}
TEN = [f"ap-{site}-{number + 1}" for site, count in BEHIND.items() for number in range(count)]


def write_city() -> Places:
    """Describe the city of all the stories."""
    codes, places = kelurahan(), Places()
    air = places.uplink("air", codes[AIR][0])
    for site, count in BEHIND.items():
        places.site(site, codes[AIR][0], air, count)
    single = (("kerja", WINDOW), ("goyah", FLAPS), ("milik", MINE), ("diam", SILENT))
    for name, kecamatan, routers in (("dua", TWO, 2), *((*one, 1) for one in single)):
        places.site(f"titik-{name}", codes[kecamatan][0], places.uplink(name, codes[kecamatan][0], routers), 2)
    for number, code in enumerate(codes[POWER][:3]):
        places.site(f"titik-listrik-{number}", code, places.uplink(f"listrik-{number}", code), 2)
    for number, kecamatan in enumerate(CALM):
        for third in "abc":
            uplink = places.uplink(f"tenang-{number}{third}", codes[kecamatan][0])
            places.site(f"titik-tenang-{number}{third}", codes[kecamatan][0], uplink)
            places.site(f"titik-teduh-{number}{third}", codes[kecamatan][0], uplink)
    return places


def told(chain: Chain, kecamatan: str) -> list[str]:
    """Tell every message about a kecamatan: receiver, and which alerts fired and were resolved in it."""
    return [
        " ".join([one.receiver, *(f"{name} {state}" for state in ("firing", "resolved") for name in one.names(state))])
        for one in chain.messages(kecamatan=kecamatan)
    ]


def texts(chain: Chain, word: str) -> list[str]:
    """Give the texts that went out by Telegram and say a word."""
    return [one.text for one in chain.inbox.telegrams if word in one.text]


# -- the stories --------------------------------------------------------------------------------------


def an_uplink_with_ten_access_points(chain: Chain) -> None:
    """A cut fibre: one page that names the ten access points behind it, and one resolve."""
    chain.happen("fibre", "jalur-air")
    page = chain.wait_for("on-call", "UplinkDown", kecamatan=AIR)
    (alert,) = page.alerts
    assert [name for name in TEN if name not in alert["annotations"]["affected"]] == []
    assert "10 titik akses" in alert["annotations"]["affected"]
    chain.end("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=AIR)
    time.sleep(QUIET)
    assert told(chain, AIR) == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]
    page_text, resolve_text = texts(chain, "jalur-air")
    assert [name for name in TEN if name not in page_text] == []
    assert "GANGGUAN" in page_text
    assert "PULIH" in resolve_text


def two_redundant_links(chain: Chain) -> None:
    """The first one's end is the staff's, the second one's a call; each is resolved once, in the order of return."""
    chain.happen("fibre", "rt-dua-1")
    chain.wait_for("staff", "UplinkRedundancyLost", kecamatan=TWO)
    chain.happen("fibre", "rt-dua-2")
    chain.wait_for("on-call", "UplinkDown", kecamatan=TWO)
    chain.end("fibre", "rt-dua-2")
    chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=TWO)
    chain.end("fibre", "rt-dua-1")
    chain.wait_for("staff", "UplinkRedundancyLost", "resolved", kecamatan=TWO)
    time.sleep(QUIET)
    assert told(chain, TWO) == [
        "staff UplinkRedundancyLost firing",
        "on-call UplinkDown firing",
        "on-call UplinkDown resolved",
        "staff UplinkRedundancyLost resolved",
    ]


def an_outage_inside_a_window(chain: Chain) -> None:
    """Announced work calls nobody; what is still dead when the window ends calls as if it had died then."""
    now = time.time()
    begin, end = (datetime.fromtimestamp(int(at), UTC) for at in (now - 60, now + 75))
    write_window(chain.inventory, "jalur-kerja", begin.isoformat(), end.isoformat())
    chain.signal("netmon", signal.SIGHUP)
    chain.netmon.wait_for_states({"rt-kerja-1": "planned"})
    chain.happen("fibre", "jalur-kerja")
    page = chain.wait_for("on-call", "UplinkDown", kecamatan=WINDOW, deadline=180)
    assert told(chain, WINDOW) == ["on-call UplinkDown firing"]
    assert UPLINK_AGE <= page.at - end.timestamp() < UPLINK_AGE + WAIT + 2 * ROUND
    chain.end("fibre", "jalur-kerja")
    chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=WINDOW)
    time.sleep(QUIET)
    assert told(chain, WINDOW) == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]


def a_link_that_flaps(chain: Chain) -> None:
    """Three outages of sixteen seconds, eight seconds apart: one page, and one resolve once the return has held."""
    flaps, down, up = 3, 16, 8
    begun = time.time()
    for number in range(flaps):
        chain.happen("fibre", "jalur-goyah", after=number * (down + up), lasts=down)
    over = begun + flaps * (down + up) - up
    chain.wait_for("on-call", "UplinkDown", kecamatan=FLAPS)
    resolve = chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=FLAPS, deadline=300)
    assert resolve.at - over >= (flaps - 1) * HOLD  # a round may have missed one
    time.sleep(QUIET)
    assert told(chain, FLAPS) == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]
    assert [name for name, one in chain.netmon.metrics().items() if "_uplink_outages_total" in name and one > 1]


def somebody_is_on_it(chain: Chain) -> None:
    """What nobody has taken on is reminded of again and again; an acknowledgement ends that, and not the outage."""
    chain.happen("fibre", "jalur-milik")
    page = chain.wait_for("on-call", "UplinkDown", kecamatan=MINE)
    about = {"alertname": "OutageNotAcknowledged", "kecamatan": MINE}
    reminders = wait_until(
        lambda: (found := chain.messages("reminder", **about)) and len(found) > 1 and found, "a second reminder", 240
    )
    assert reminders[0].at - page.at > REMINDER_AGE - UPLINK_AGE - WAIT - 2 * ROUND
    done = netmon("ack", "jalur-milik", "--by", "Budi", "--note", "di jalan", "--url", chain.url("netmon"))
    assert done.returncode == 0, done.stderr
    wait_until(
        lambda: not chain.queried(f'ALERTS{{alertname="OutageNotAcknowledged",kecamatan="{MINE}"}}'), "its end", 30
    )
    acknowledged = time.time()
    time.sleep(QUIET)
    late = [one for one in chain.messages("reminder", **about) if one.at > acknowledged + WAIT + INTERVAL]
    assert late == []
    chain.end("fibre", "jalur-milik")
    chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=MINE)
    time.sleep(QUIET)
    besides = [one for one in told(chain, MINE) if not one.startswith("reminder ")]
    assert besides == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]


def a_place_that_was_silenced(chain: Chain) -> None:
    """Nobody is called for it, its outage counts all the same, and the call comes when the silence ends."""
    words = ("--inventory", chain.inventory, "--alertmanager", chain.url("alertmanager"))
    why = ("--for", "1h", "--by", "Budi", "--reason", "listrik kantor diperbaiki", "--json")
    done = netmon("silence", "jalur-diam", *why, *words)
    assert done.returncode == 0, done.stderr
    chain.happen("fibre", "jalur-diam")
    wait_until(lambda: chain.queried(f'ALERTS{{alertname="UplinkDown",kecamatan="{SILENT}"}}'), "the alert", 120)
    time.sleep(QUIET)
    assert told(chain, SILENT) == []
    assert netmon("silence", "--end", json.loads(done.stdout)["id"], *words).returncode == 0
    chain.wait_for("on-call", "UplinkDown", kecamatan=SILENT)
    chain.end("fibre", "jalur-diam")
    chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=SILENT)
    time.sleep(QUIET)
    assert told(chain, SILENT) == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]
    counted = chain.queried('netmon_uplink_period_state_seconds{uplink="jalur-diam",state="down"}')
    assert all(value > QUIET for value in counted.values())
    assert counted


def power_returns_to_a_kecamatan(chain: Chain) -> None:
    """Routers first, access points forty seconds later: one page for all of it, one resolve, no new page."""
    chain.happen("power", POWER, value="40")
    page = chain.wait_for("on-call", "KecamatanDark", kecamatan=POWER)
    assert page.names("firing") == ["KecamatanDark"]
    chain.end("power", POWER)
    resolve = chain.wait_for("on-call", "KecamatanDark", "resolved", kecamatan=POWER)
    assert resolve.status == "resolved"  # as a whole: what it held back may stand beside it, and is over as well
    time.sleep(40 + QUIET)
    assert chain.messages(kecamatan=POWER) == [page, resolve]


STORIES: tuple[Story, ...] = (
    an_uplink_with_ten_access_points,
    two_redundant_links,
    an_outage_inside_a_window,
    a_link_that_flaps,
    somebody_is_on_it,
    a_place_that_was_silenced,
    power_returns_to_a_kecamatan,
)
ELSEWHERE: tuple[Story, ...] = (a_dark_city,)
"""Stories with a city of their own."""


@dataclass(frozen=True)
class Lived:
    """The city in which most stories happen, and the end of each story by its name."""

    chain: Chain
    ends: dict[str, Future[None]]


@pytest.fixture(scope="module")
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Begin all stories."""

    def live(story: Story) -> None:
        with chain.explaining():
            story(chain)

    def live_elsewhere(story: Story) -> None:
        with dark_city(tmp_path_factory.mktemp(story.__name__)) as city, city.explaining():
            story(city)

    folder = tmp_path_factory.mktemp("stories")
    inventory = write_city().write(folder / "inventory", hold=HOLD, grace=GRACE)
    with (
        begun(request, ELSEWHERE, live_elsewhere) as ends_elsewhere,
        Chain(folder, inventory, {**QUICK, **RULES}) as chain,
        begun(request, STORIES, live) as ends,
    ):
        yield Lived(chain, {**ends, **ends_elsewhere})


@pytest.mark.parametrize("story", [story.__name__ for story in (*STORIES, *ELSEWHERE)])
def test_story(lived: Lived, story: str) -> None:
    """Each story ends as it says, whatever else happens in the city."""
    lived.ends[story].result()


def test_every_channel_was_told_the_same(lived: Lived) -> None:
    """Whatever those on call and the staff were sent went to Telegram and by mail, each once, and was not too long."""
    if not lived.ends:
        pytest.skip("no story was asked for")
    for end in lived.ends.values():
        end.exception()
    with lived.chain.explaining():
        sent = [len(lived.chain.messages(receiver)) for receiver in ("on-call", "staff", "office", "reminder")]
        on_call, staff, office, reminder = sent
        of_stories = {AIR, TWO, WINDOW, FLAPS, MINE, POWER, SILENT}
        assert [str(one) for one in lived.chain.messages() if not one.kecamatan() <= of_stories] == []
        assert len(lived.chain.inbox.telegrams) == on_call + staff + reminder
        assert len(lived.chain.inbox.mails) == on_call + staff + office
        assert lived.chain.inbox.refused == []
