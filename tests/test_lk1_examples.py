"""LK-1 by example: what is observed, what is attributed upstream, and one state for each second.

Every number is worked out by hand. A period is 600 s, everything is asked every 10 s, an observation reaches 25 s.
"""

from dataclasses import replace
from typing import Any

import pytest
from lk1_stories import ALWAYS_UP, access_point, city, dns, interface_of, observations, router, spent, told, window

from netmon.availability import evaluate, tracks_of
from netmon.model import Inventory, Outcome, Period, Role

# -- what is observed ---------------------------------------------------------------------------------

ALONE = city(access_point(behind=()))


@pytest.mark.parametrize(
    ("sentence", "story", "expected"),
    [
        ("An observation describes 2.5 intervals at most", "up 0", {"up": 25, "unknown": 575}),
        ("... and ends where the next one begins", "up 0, down 10", {"up": 10, "down": 25, "unknown": 565}),
        ("... also when that is blind", "up 0, blind 10", {"up": 10, "unknown": 590}),
        ("A second that no observation covers is not observed", "", {"unknown": 600}),
        ("The next one may come late", "up 0, up 24, down 50", {"up": 49, "down": 25, "unknown": 526}),
        ("Nothing is carried over a pause", "down 0..100, down 300..600", {"down": 415, "unknown": 185}),
        ("A monitor that could not tell has not observed", "blind 0..600", {"unknown": 600}),
        ("In one second up beats down", "down 0, up 0", {"up": 25, "unknown": 575}),
        ("... and blind", "up 0, blind 0", {"up": 25, "unknown": 575}),
        ("... down beats blind", "blind 0, down 0", {"down": 25, "unknown": 575}),
        ("The order of the input means nothing", "down 10, up 0", {"up": 10, "down": 25, "unknown": 565}),
        ("Recorded time before the period counts", "up -20, up 590", {"up": 15, "unknown": 585}),
    ],
)
def test_observation(sentence: str, story: str, expected: dict[str, int]) -> None:
    """Coverage of an observation, and what beats what."""
    assert spent(told(ALONE, {"ap": story})) == expected, sentence


def test_a_fraction_of_a_second_of_coverage_is_cut_off() -> None:
    """With an interval of 25 s an observation reaches floor(62.5) = 62 s."""
    odd = city(access_point(behind=(), interval=25))
    assert spent(told(odd, {"ap": "up 0"})) == {"up": 62, "unknown": 538}


# -- upstream -----------------------------------------------------------------------------------------

PLAIN = city(router(), access_point())


def to_come(inventory: Inventory) -> Inventory:
    """Make the uplink ``u2`` planned."""
    planned = replace(inventory.uplinks["u2"], planned=True)
    return replace(inventory, uplinks={**inventory.uplinks, "u2": planned})


ROUTER_FAILS = "up 0..100, down 100..200, up 200..600"


@pytest.mark.parametrize(
    ("sentence", "story", "upstream", "own"),
    [
        ("What fell with the group is upstream", "up 0..100, down 100..200, up 200..600", 100, 0),
        ("... within one grace on both sides", "up 0..90, down 90..210, up 210..600", 120, 0),
        ("... and no further", "up 0..50, down 50..300, up 300..600", 120, 130),
        ("One shared second is enough", "up 0..190, down 190..300, up 300..600", 20, 90),
        ("Without a shared second nothing is", "up 0..200, down 200..300, up 300..600", 0, 100),
        ("... nor before", "up 0..50, down 50..100, up 100..600", 0, 50),
        ("A pause of the monitor ends a stretch", "down 100..130, down 160..180, up 180..600", 65, 0),
    ],
)
def test_upstream(sentence: str, story: str, upstream: int, own: int) -> None:
    """The router is down in [100, 200): S shares a second with it, and lies in [90, 210)."""
    seconds = spent(told(PLAIN, {"rt": ROUTER_FAILS, "ap": story}))
    assert (seconds.get("down_upstream", 0), seconds.get("down", 0)) == (upstream, own), sentence


DOWN = "down 0..600"
LONG = "up 0..50, down 50..300, up 300..600"  # the access point: 250 s down


@pytest.mark.parametrize(
    ("sentence", "inventory", "stories", "upstream"),
    [
        (
            "recovery_grace is added at the end of P: [90, 240)",
            city(router(), access_point(), settings={"recovery_grace": 30}),
            {"rt": ROUTER_FAILS},
            150,
        ),
        (
            "grace is the largest interval of device and group: P = [120, 180), widened [60, 240)",
            city(router(interval=60), access_point()),
            {"rt": "up 0..120, down 120, up 180..600"},
            180,
        ),
        (
            "A list is a group of alternatives: P = [150, 200)",
            city(router(), router("rt2"), access_point(behind=("rt", "rt2"))),
            {"rt": ROUTER_FAILS, "rt2": "up 0..150, down 150..400"},
            70,
        ),
        (
            "One alternative that is up upholds the blame",
            city(router(), router("rt2"), access_point(behind=("rt", "rt2"))),
            {"rt": ROUTER_FAILS, "rt2": ALWAYS_UP},
            0,
        ),
        ("A member that nobody observed proves nothing", PLAIN, {}, 0),
        ("... nor one that is blind", PLAIN, {"rt": "blind 0..600"}, 0),
        (
            "A member outside its life-cycle is no member",
            city(router(), router("rt2", decommissioned=0), access_point(behind=("rt", "rt2"))),
            {"rt": ROUTER_FAILS, "rt2": ALWAYS_UP},
            120,
        ),
        (
            "... and a group of none upholds nothing",
            city(router(decommissioned=0), access_point()),
            {"rt": "down 0..600"},
            0,
        ),
        (
            "Life-cycle is also the uplink's",
            city(router(), access_point(), uplink={"decommissioned": 0}),
            {"rt": "down 0..600"},
            0,
        ),
        (
            "A planned uplink upholds no attribution",
            city(router(), access_point(), uplink={"planned": True}),
            {"rt": "down 0..600"},
            0,
        ),
        (
            "... beside one that is there it is no member",
            to_come(city(router(), router("rt2", uplink="u2"), access_point(behind=("rt", "rt2")))),
            {"rt": ROUTER_FAILS, "rt2": ALWAYS_UP},
            120,
        ),
        ("behind: [] is nothing", city(router(), access_point(behind=())), {"rt": "down 0..600"}, 0),
    ],
)
def test_group(sentence: str, inventory: Inventory, stories: dict[str, str], upstream: int) -> None:
    """The access point is down in [50, 300); what the group above it did decides whose failure that is."""
    seconds = spent(told(inventory, {"ap": LONG, **stories}))
    assert (seconds.get("down_upstream", 0), seconds.get("down", 0)) == (upstream, 250 - upstream), sentence


def test_attribution_follows_chains() -> None:
    """Access point behind switch behind router: only the router answers for its own failure."""
    switch = access_point("sw", role=Role.SWITCH)
    chain = city(router(), switch, access_point(behind=("sw",)))
    evaluation = told(chain, dict.fromkeys(("rt", "sw", "ap"), ROUTER_FAILS))
    assert spent(evaluation, "rt") == {"up": 500, "down": 100}
    assert spent(evaluation, "sw") == spent(evaluation, "ap") == {"up": 500, "down_upstream": 100}


def test_grace_does_not_hang_on_a_pause() -> None:
    """A retired slow member counts for grace all the same, so that a missing observation changes nothing far away.

    P = [0, 100) is widened by 60; without the observations in [20, 60) the part [60, 100) is widened by as much.
    """
    old = router("old", interval=60, decommissioned=10)
    inventory = city(router(), old, access_point(behind=("rt", "old")))
    ap, whole, broken = "up 0..80, down 80..160, up 160..600", "down 0..100, up 100..600", "down 0, down 60..100"
    with_all = told(inventory, {"ap": ap, "old": "down 0", "rt": whole})
    with_gap = told(inventory, {"ap": ap, "old": "down 0", "rt": f"{broken}, up 100..600"})
    assert spent(with_all) == spent(with_gap) == {"up": 520, "down_upstream": 80}


# -- links, services ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "of_router", "own", "expected"),
    [
        ("down while the router is down", ROUTER_FAILS, ALWAYS_UP, {"up": 500, "down": 100}),
        ("unknown while it is blind", "up 0..100, blind 100..200, up 200..600", ALWAYS_UP, {"up": 500, "unknown": 100}),
        ("unknown while the router does not tell", ALWAYS_UP, "up 0..100", {"up": 115, "unknown": 485}),
        ("else what the router says of it", ALWAYS_UP, ROUTER_FAILS, {"up": 500, "down": 100}),
        ("a router that nobody observes does not tell", "up 0..100", ALWAYS_UP, {"up": 115, "unknown": 485}),
    ],
)
def test_interface_link(sentence: str, of_router: str, own: str, expected: dict[str, int]) -> None:
    """A link that is an interface of a router."""
    inventory = city(router(), interface_of("rt"))
    assert spent(told(inventory, {"rt": of_router, "link": own}), "link") == expected, sentence


def test_the_router_of_a_link_may_be_planned() -> None:
    """Observations of what is planned to come are ignored, also where an interface of it is looked at."""
    inventory = city(router("coming", uplink="u2"), interface_of("coming"))
    assert spent(told(inventory, {"coming": DOWN, "link": ALWAYS_UP}), "link") == {"down": 600}
    assert spent(told(to_come(inventory), {"coming": DOWN, "link": ALWAYS_UP}), "link") == {"unknown": 600}


def test_a_pause_neither_begins_nor_ends_an_outage_of_a_link() -> None:
    """Asked each 60 s, a link's answer reaches 150 s; its router's, asked each 10 s, only 25 s into the pause.

    The router's word ends in second 35 or 125, and the link's own, older one is not believed from there on.
    """
    inventory = city(router(), interface_of("rt", interval=60))
    begun = told(inventory, {"rt": "up 0, blind 10", "link": "down 0"})
    assert spent(begun, "link") == {"down": 10, "unknown": 590}
    ended = told(inventory, {"rt": "up 0..100, down 100", "link": "up 0, up 60"})
    assert spent(ended, "link") == {"up": 100, "down": 25, "unknown": 475}


def test_services_degrade_the_access_points_of_their_site() -> None:
    """Observed failing for 100 s: access points that would be up are degraded, nothing else is."""
    inventory = city(
        router(),
        access_point(),
        access_point("dark"),
        access_point("sw", role=Role.SWITCH),
        access_point("elsewhere", site="s2"),
        dns(),
    )
    stories = {"ap": ALWAYS_UP, "dark": "down 0..600", "sw": ALWAYS_UP, "elsewhere": ALWAYS_UP, "dns": ROUTER_FAILS}
    evaluation = told(inventory, stories)
    assert spent(evaluation, "ap") == {"up": 500, "degraded": 100}
    assert spent(evaluation, "dark") == {"down": 600}
    assert spent(evaluation, "sw") == spent(evaluation, "elsewhere") == {"up": 600}


def test_a_service_is_observed_like_a_device() -> None:
    """A failure of it reaches 2.5 of its own intervals; blind or unobserved, it degrades nothing."""
    inventory = city(router(), access_point(), dns(interval=40))
    assert spent(told(inventory, {"ap": ALWAYS_UP, "dns": "down 0, blind 200"})) == {"up": 500, "degraded": 100}


def test_a_service_that_does_not_affect_the_wifi_degrades_nothing() -> None:
    """The BRIZZI gate may fail without the hotspot being worse for it."""
    inventory = city(router(), access_point(), dns(affects_wifi=False))
    assert spent(told(inventory, {"ap": ALWAYS_UP, "dns": "down 0..600"})) == {"up": 600}


# -- the state of a site, of an uplink ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("up up", "up"),
        ("up down", "degraded"),
        ("up unknown", "degraded"),
        ("degraded degraded", "degraded"),
        ("degraded down", "degraded"),
        ("down unknown", "unknown"),
        ("upstream unknown", "unknown"),
        ("upstream upstream", "down_upstream"),
        ("upstream down", "down"),
        ("down down", "down"),
        ("planned up", "up"),
        ("planned down", "down"),
        ("planned unknown", "unknown"),
        ("planned out", "planned"),
        ("out up", "up"),
        ("out out", "out_of_service"),
    ],
)
def test_site_is_formed_from_its_access_points(members: str, expected: str) -> None:
    """A site's state in each second, from those of its access points that are neither planned nor out of service."""
    kinds = members.split()
    made: dict[str, dict[str, Any]] = {
        "planned": {"behind": ()},
        "out": {"behind": (), "decommissioned": 0},
        "upstream": {"behind": ("rt",)},
    }
    points = [access_point(f"ap{i}", **made.get(kind, {"behind": ()})) for i, kind in enumerate(kinds)]
    shut = [window(0, 600, f"w{i}", scope=(f"ap{i}",)) for i, kind in enumerate(kinds) if kind == "planned"]
    stories = {"up": ALWAYS_UP, "degraded": ALWAYS_UP, "unknown": "", "down": DOWN, "upstream": DOWN}
    told_of = {f"ap{i}": stories.get(kind, DOWN) for i, kind in enumerate(kinds)}
    service = "down 0..600" if "degraded" in kinds else "up 0..600"
    evaluation = told(city(router(), *points, *shut, dns()), {**told_of, "rt": DOWN, "dns": service})
    assert spent(evaluation, "s") == {expected: 600}


def test_an_uplink_is_formed_from_its_routers_and_links() -> None:
    """They are alternatives: one up keeps it connected, redundancy lost; a switch has no say."""
    inventory = city(router(), router("rt2", role=Role.LINK), router("sw", role=Role.SWITCH))
    stories = {"rt": ROUTER_FAILS, "rt2": "up 0..150, down 150..200, up 200..600", "sw": DOWN}
    assert spent(told(inventory, stories), "u") == {"up": 500, "degraded": 50, "down": 50}


def test_what_is_no_object() -> None:
    """No site without access points, no uplink without routers and links, nothing of an uplink that is planned."""
    switches = city(router("sw1", role=Role.SWITCH), access_point("sw2", role=Role.SWITCH, behind=()))
    assert [one.id for one in told(switches, {}).objects] == ["sw1", "sw2"]
    planned = city(router(), access_point(), uplink={"planned": True})
    assert [one.id for one in told(planned, {"rt": DOWN, "ap": ALWAYS_UP}).objects] == ["ap", "s"]


def test_objects_come_in_the_order_of_the_inventory() -> None:
    """Devices, then uplinks, then sites."""
    inventory = city(access_point("b"), router(), access_point("a"))
    assert [(one.kind, one.id) for one in told(inventory, {}).objects] == [
        ("device", "b"),
        ("device", "rt"),
        ("device", "a"),
        ("uplink", "u"),
        ("site", "s"),
    ]


def test_identity_is_the_id() -> None:
    """A new name changes nothing."""
    named = replace(PLAIN, devices={key: replace(one, name="new") for key, one in PLAIN.devices.items()})
    stories = {"rt": ROUTER_FAILS, "ap": LONG}
    assert told(named, stories) == told(PLAIN, stories)


def test_doubled_and_shuffled_observations_change_nothing() -> None:
    """Backwards and twice is the same as once and in order."""
    seen = observations(PLAIN, {"rt": ROUTER_FAILS, "ap": LONG})
    period = Period(0, 600, "Asia/Jakarta", "example")
    backwards = evaluate(PLAIN, tracks_of([*reversed(seen), *seen], PLAIN), period)
    assert backwards == evaluate(PLAIN, tracks_of(seen, PLAIN), period)
    assert Outcome.DOWN in {outcome for _, _, outcome in seen}
