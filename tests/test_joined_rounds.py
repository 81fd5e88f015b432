"""Access points behind the word of a controller, in the scheduler: their checks, and when they are down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from joined_city import Controller, Joined, Point
from snmp_agents import running_agent, until
from virtual_time import VirtualTimeLoop, run_virtually
from watched_city import EPOCH, NEVER, WITNESS, World, city, device, running

from netmon.model import (
    Check,
    Device,
    Failure,
    Inventory,
    Observation,
    Outcome,
    Reach,
    ReachKind,
    Role,
    Settings,
    Witness,
)
from netmon.scheduler import Scheduler, Witnesses, checks_of
from netmon.snmp.client import SnmpClient

WLC = replace(device("wlc", port=1161, credential="c", profile="acme_wlc"), role=Role.CONTROLLER)


def joined(name: str, **more: object) -> Device:
    """Describe an access point that the controller reports."""
    reach = Reach(ReachKind.CONTROLLER, interface=name, of="wlc")
    return device(name, **{"address": "", "reach": reach, "controller": "wlc", "match": name, **more})


def checks(*devices: Device) -> dict[str, Check]:
    """Give the checks of some devices and their controller, by id."""
    inventory: Inventory = replace(city([WLC, *devices]), settings=Settings(interval_readings=120))
    return {check.id: check for check in checks_of(inventory)}


# -- which checks ------------------------------------------------------------------------------------------


def test_the_controller_is_asked_for_an_access_point_in_its_own_interval() -> None:
    """At the controller's address, with its credential and profile; that is its only check."""
    asked = checks(joined("lobby", interval=10))
    assert asked["lobby/reachability"] == Check(
        "lobby/reachability",
        "lobby",
        "controller",
        10,
        address="addr-wlc",
        port=1161,
        credential="c",
        profile="acme_wlc",
        interface="lobby",
        decides=True,
    )
    assert "lobby/readings" not in asked


def test_one_that_is_pinged_has_its_clients_from_the_controller() -> None:
    """That check decides nothing; with a credential of its own it is read itself."""
    pinged = {"address": "10.0.0.9", "reach": Reach()}
    asked = checks(joined("lobby", **pinged), joined("gate", **pinged, credential="c"))
    assert asked["lobby/reachability"].probe == "icmp"
    told = asked["lobby/readings"]
    assert (told.probe, told.interval, told.address, told.decides) == ("controller", 120, "addr-wlc", False)
    assert (asked["gate/readings"].probe, asked["gate/readings"].address) == ("readings", "10.0.0.9")


# -- when it is down -----------------------------------------------------------------------------------------


def observe(world_is: Mapping[str, object], *devices: Device, witness: tuple[Witness, ...] = (WITNESS,)) -> World:
    """Run a city for a minute."""

    async def story(loop: VirtualTimeLoop) -> World:
        world = World(loop, **world_is)  # type: ignore[arg-type]
        async with running(world.scheduler(city(devices, witness))):
            await asyncio.sleep(60)
        return world

    return run_virtually(story)


def test_a_list_that_takes_long_to_read_is_confirmed_all_the_same() -> None:
    """The repeat comes within 5 s of the end of the first list; the observation is dated at its first packet."""
    offline = {"failing": {"controller:addr-wlc": Failure.UNREACHABLE}, "duration": {"addr-wlc": 8.0}}
    world = observe(offline, WLC, joined("lobby"))
    seen = world.of("lobby")[0]
    first, repeat = world.asked_of("addr-wlc", "controller")[:2]
    assert (seen.outcome, seen.at) == (Outcome.DOWN, EPOCH + first.start)
    assert 0 < repeat.start - first.end <= 5


def test_the_word_of_a_controller_is_no_witness() -> None:
    """It may have been told a while ago: without a witness, who is silent beside it alone cannot be called down."""
    silent = {"silent": {"addr-gate": lambda _: True, "icmp:addr-wlc": lambda _: True}}
    world = observe(silent, WLC, joined("lobby"), device("gate"), witness=())
    assert world.outcomes("lobby")[0] is Outcome.UP
    assert {seen.failure for seen in world.of("gate")} == {Failure.WITNESS}


def test_a_failing_controller_leaves_its_access_points_unknown() -> None:
    """No repeat is needed for what nobody knows."""
    world = observe({"failing": {"controller:addr-wlc": Failure.LOCAL}}, WLC, joined("lobby"))
    assert set(world.outcomes("lobby")) == {Outcome.BLIND}


# -- many at once ----------------------------------------------------------------------------------------------


@pytest.mark.e2e
async def test_two_hundred_that_are_lost_at_once_are_few_readings(client: SnmpClient) -> None:
    """In a round of the real scheduler each is down, confirmed, and the controller was read a few times."""
    names = {f"ap-{n}" for n in range(200)}
    wlc = Controller()
    wlc.lists(*[Point(name, "offline") for name in names])
    seen: dict[str, Observation] = {}
    async with running_agent(wlc.respond) as agent:
        told = Joined(client, agent.address, agent.port, real_time=True)
        for name in names:
            told.add(name, name, interval=5)
        reached = Witness(agent.address, reach=Reach(ReachKind.SNMP), port=agent.port, credential="open")
        inventory = replace(told.inventory(), witness=(reached,))
        probes = {**told.probes, "icmp": told.probes["snmp"]}
        scheduler = Scheduler(
            probes=probes,
            sink=lambda one: seen.update({one.check.device: one}),
            witness=Witnesses(inventory.witness, probes),
            overflowed_at=lambda: NEVER,
        )
        scheduler.load(inventory)
        async with running(scheduler):
            await until(lambda: names <= seen.keys(), deadline=60)
    assert {seen[name].detail for name in names} == {f"wlc-1: {name} is offline" for name in names}
    assert {seen[name].outcome for name in names} == {Outcome.DOWN}
    assert wlc.readings() <= 10
