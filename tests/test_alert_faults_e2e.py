"""The monitor fails, or a part of the chain itself: it is said once, and no outage is made up, lost or doubled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack

import pytest
from alert_chain import NEEDS_THE_CHAIN, Chain, Message, Story, begun
from alert_cities import ROUND, Places, kelurahan
from alert_settings import INTERVAL, QUICK, WAIT, Exchanges, quick_places
from running_city import outages, report, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), NEEDS_THE_CHAIN]

HOLD = 10
MINUTE = 20  # what the rules of the monitor itself wait for instead of a minute
DEVICE_AGE = 20
QUIET = DEVICE_AGE + WAIT + 2 * INTERVAL + 2 * ROUND

RULES: dict[str, Exchanges] = {
    "alerts/outages.yml": quick_places(DEVICE_AGE),
    "alerts/monitor.yml": {"[1m]": f"[{MINUTE}s]", "offset 1m": f"offset {MINUTE}s"},
}

AIR, LAIN, *CALM = kelurahan()


def write_city() -> Places:
    """Describe a small city with two uplinks to fail and three that stay."""
    codes, places = kelurahan(), Places()
    for name, kecamatan in (("air", AIR), ("lain", LAIN), *((f"tenang-{n}", CALM[n]) for n in range(3))):
        places.site(f"titik-{name}", codes[kecamatan][0], places.uplink(name, codes[kecamatan][0]), 2)
    return places


def told(chain: Chain) -> list[str]:
    """Tell every message to anybody: receiver, and which alerts fired and were resolved in it."""
    return [_told(one) for one in chain.messages()]


def _told(message: Message) -> str:
    parts = [f"{name} {state}" for state in ("firing", "resolved") for name in message.names(state)]
    return " ".join([message.receiver, *parts])


# -- the monitor --------------------------------------------------------------------------------------


def a_monitor_that_is_cut_off(chain: Chain) -> None:
    """The witnesses die with everything: one MonitorBlind and its end, nothing in the month, nothing else."""
    chain.happen("monitor", "")
    chain.wait_for("on-call", "MonitorBlind")
    time.sleep(QUIET)
    assert told(chain) == ["on-call MonitorBlind firing"]
    assert set(chain.netmon.states().values()) == {"unknown"}
    chain.end("monitor", "")
    chain.wait_for("on-call", "MonitorBlind", "resolved")
    chain.netmon.wait_for_states({"rt-air-1": "up", "ap-titik-air-2": "up"})
    time.sleep(QUIET)
    assert told(chain) == ["on-call MonitorBlind firing", "on-call MonitorBlind resolved"]
    chain.stop("netmon")
    document = report(chain.data)
    assert {kind: outages(document, kind) for kind in ("device", "site", "uplink")} == {
        "device": {},
        "site": {},
        "uplink": {},
    }
    assert all(one["seconds"]["down"] == 0 for one in document["objects"])
    assert all(one["seconds"]["unknown"] >= QUIET for one in document["objects"])


def a_monitor_that_is_cut_off_amid_an_outage(chain: Chain) -> None:
    """While nobody can tell, an open outage is neither over nor new; it ends when it is seen to have ended."""
    chain.happen("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown")
    chain.happen("monitor", "")
    chain.wait_for("on-call", "MonitorBlind")
    chain.end("monitor", "")
    chain.wait_for("on-call", "MonitorBlind", "resolved")
    time.sleep(QUIET)
    before = ["on-call UplinkDown firing", "on-call MonitorBlind firing", "on-call MonitorBlind resolved"]
    assert told(chain) == before
    chain.end("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown", "resolved")
    time.sleep(QUIET)
    assert told(chain) == [*before, "on-call UplinkDown resolved"]


def a_netmon_that_is_killed(chain: Chain) -> None:
    """NetmonDown, and no sign of life at the dead man's receiver; the open outage is neither over nor called again."""
    chain.happen("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown")
    chain.kill("netmon")
    down = chain.wait_for("on-call", "NetmonDown")
    time.sleep(QUIET)
    assert told(chain) == ["on-call UplinkDown firing", "on-call NetmonDown firing"]
    signs = chain.messages("dead-man")
    assert signs[-1].at < down.at + WAIT
    assert time.time() - signs[-1].at > QUIET - WAIT
    chain.start("netmon")
    chain.wait_for("on-call", "NetmonDown", "resolved")
    wait_until(lambda: chain.messages("dead-man")[-1].at > down.at, "a sign of life")
    time.sleep(QUIET)
    before = ["on-call UplinkDown firing", "on-call NetmonDown firing", "on-call NetmonDown resolved"]
    assert told(chain) == before
    chain.end("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown", "resolved")
    time.sleep(QUIET)
    assert told(chain) == [*before, "on-call UplinkDown resolved"]


# -- the chain ----------------------------------------------------------------------------------------

AWAY = 90
"""Seconds that Prometheus is away; alerts end at Alertmanager three minutes after it has gone, at the earliest."""


def restarts_of_prometheus_and_alertmanager(chain: Chain) -> None:
    """Amid an outage Prometheus is away for less than two minutes, in which another begins; then Alertmanager restarts.

    The first is not over and not called again, the second is called once after the return; both end once.
    """
    chain.happen("fibre", "jalur-air")
    first = chain.wait_for("on-call", "UplinkDown", kecamatan=AIR)
    chain.stop("prometheus")
    gone = time.time()
    chain.happen("fibre", "jalur-lain", after=AWAY / 2)
    wait_until(lambda: time.time() - gone > AWAY, "its return", AWAY + 10)
    assert chain.messages() == [first]
    chain.start("prometheus")
    chain.wait_for("on-call", "UplinkDown", kecamatan=LAIN)
    chain.stop("alertmanager")
    chain.start("alertmanager")
    time.sleep(65)  # Prometheus tells it all again once a minute
    assert told(chain) == ["on-call UplinkDown firing"] * 2
    chain.end("fibre", "jalur-air")
    chain.end("fibre", "jalur-lain")
    for kecamatan in (AIR, LAIN):
        chain.wait_for("on-call", "UplinkDown", "resolved", kecamatan=kecamatan)
    time.sleep(QUIET)
    for kecamatan in (AIR, LAIN):
        about = [_told(one) for one in chain.messages(kecamatan=kecamatan)]
        assert about == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]
    assert len(chain.messages()) == 4


def receivers_that_refuse_for_a_while(chain: Chain) -> None:
    """Webhook, Telegram and mail answer errors for half a minute: everything arrives afterwards, and once."""
    chain.inbox.fail(10**6)
    chain.happen("fibre", "jalur-air")
    wait_until(lambda: {"webhooks", "telegrams", "mails"} <= {*chain.inbox.failed}, "refusals", 120)
    time.sleep(30)
    assert (chain.messages(), chain.inbox.telegrams, chain.inbox.mails) == ([], [], [])
    chain.inbox.fail(0)
    chain.wait_for("on-call", "UplinkDown")
    time.sleep(QUIET)
    chain.end("fibre", "jalur-air")
    chain.wait_for("on-call", "UplinkDown", "resolved")
    time.sleep(QUIET)
    assert told(chain) == ["on-call UplinkDown firing", "on-call UplinkDown resolved"]
    assert len(chain.inbox.telegrams) == len(chain.inbox.mails) == 2


# -- lived ----------------------------------------------------------------------------------------------

STORIES: tuple[Story, ...] = (
    restarts_of_prometheus_and_alertmanager,  # the longest
    a_monitor_that_is_cut_off,
    a_monitor_that_is_cut_off_amid_an_outage,
    a_netmon_that_is_killed,
    receivers_that_refuse_for_a_while,
)


@pytest.fixture(scope="module")
def ends(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """Begin each story in a city and with a chain of its own; a start is work, and one follows the other."""
    starting = threading.Lock()

    def live(story: Story) -> None:
        folder = tmp_path_factory.mktemp(story.__name__)
        inventory = write_city().write(folder / "inventory", hold=HOLD)
        with ExitStack() as stack:
            with starting:
                chain = stack.enter_context(Chain(folder, inventory, {**QUICK, **RULES}))
            with chain.explaining():
                story(chain)

    with begun(request, STORIES, live) as found:
        yield found


@pytest.mark.parametrize("story", [story.__name__ for story in STORIES])
def test_story(ends: dict[str, Future[None]], story: str) -> None:
    """Each story ends as it says."""
    ends[story].result()
