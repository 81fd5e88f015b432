"""The simulated controller tells of its access points what the script says, to netmon's own profile and probe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from profile_cells import PROFILES
from simulated_city import COMMUNITY, PORT, START, Asker, address, simulated, small_city

from netmon.model import Credential, Device, Inventory, Outcome, Reach, ReachKind, Role, Secret
from netmon.probes.snmp import SnmpProbes
from netmon.scheduler import checks_of
from netmon.simulator import Cause, Event, Kind
from netmon.simulator.controllers import mac_of
from netmon.simulator.outages import Course
from netmon.snmp.client import SnmpClient

HALL, ROOF = "AP-Aula", "00-1A-2B-3C-4D-5E"
HOUR = 3600


def city() -> Inventory:
    """Add a controller to the small city, with two access points that are known through it alone."""
    usual = {"port": PORT, "credential": "city", "reach": Reach(ReachKind.SNMP), "confirm_by_ping": False}
    made = [Device("wlc", Role.CONTROLLER, address(40), "Ruijie WS6008", site="kantor", **usual)]  # type: ignore[arg-type]
    for name, match in (("hall", HALL), ("roof", ROOF)):
        reach = Reach(ReachKind.CONTROLLER, interface=match, of="wlc")
        made.append(
            Device(name, Role.ACCESS_POINT, site="pantai", reach=reach, controller="wlc", match=match, behind=("rt-a",))
        )
    before = small_city()
    pantai = before.sites["pantai"]
    return replace(
        before,
        sites={**before.sites, "pantai": replace(pantai, devices=(*pantai.devices, "hall", "roof"))},
        devices={**before.devices, **{device.id: device for device in made}},
        credentials={"city": Credential("city", community=Secret(COMMUNITY))},
    )


async def told(asker: Asker, client: SnmpClient, times: Iterable[float]) -> list[dict[str, tuple[Outcome, int]]]:
    """Ask for both at each time: the outcome and the number of clients (-1 where there is none)."""
    inventory = asker.inventory
    probe = SnmpProbes(
        client,
        lambda: PROFILES,
        inventory.devices.get,
        inventory.credentials.get,
        wall=asker.clock,
        monotonic=asker.clock,
    ).probes()["controller"]
    checks = [replace(check, timeout=0.3) for check in checks_of(inventory) if check.probe == "controller"]
    found = []
    for at in times:
        asker.clock.now = at
        seen = [await probe(check) for check in checks]
        found.append({s.check.device: (s.outcome, int(next(iter(s.readings.values), -1))) for s in seen})
    return found


async def test_its_access_points_are_online_with_their_clients(client: SnmpClient) -> None:
    """Known by name or by MAC address; their number of clients follows the kind of their site."""
    async with simulated(inventory=city()) as asker:
        (noon,) = await told(asker, client, [START + 3 * HOUR])
    assert {outcome for outcome, _ in noon.values()} == {Outcome.UP}
    assert sum(clients for _, clients in noon.values()) > 0


@pytest.mark.parametrize(
    ("kind", "target", "hall", "roof"),
    [
        (Kind.DEAD, "hall", Outcome.DOWN, Outcome.UP),
        (Kind.POWER, "pantai", Outcome.DOWN, Outcome.DOWN),
        (Kind.FIBRE, "rt-a", Outcome.DOWN, Outcome.DOWN),
        (Kind.DEAD, "wlc", Outcome.BLIND, Outcome.BLIND),
        (Kind.CREDENTIAL, "wlc", Outcome.BLIND, Outcome.BLIND),
    ],
)
async def test_events_are_seen_as_the_truth_tells_them(
    client: SnmpClient, kind: Kind, target: str, hall: Outcome, roof: Outcome
) -> None:
    """From the second of the event on, and until it is over."""
    events = [Event(START + 100, 100, kind, target, 0)]
    async with simulated(events, city()) as asker:
        before, meanwhile, after = await told(asker, client, [START + 95, START + 150, START + 205])
        truth = {s.device: s.cause for s in asker.simulation.truth(START + 150, START + 151)}
    assert {outcome for outcome, _ in (*before.values(), *after.values())} == {Outcome.UP}
    assert (meanwhile["hall"][0], meanwhile["roof"][0]) == (hall, roof)
    assert [truth.get(name) for name in ("hall", "roof")] == [
        {Outcome.UP: None, Outcome.BLIND: Cause.MONITOR}.get(
            seen, Cause.UPSTREAM if kind is Kind.FIBRE else Cause.DEVICE
        )
        for seen in (hall, roof)
    ]


async def test_a_controller_that_starts_anew_does_not_know_who_is_away(client: SnmpClient) -> None:
    """For ten minutes nobody can tell of whom it has not seen since; the truth says the same."""
    events = [Event(START + 100, 2 * HOUR, Kind.DEAD, "hall"), Event(START + 200, 10, Kind.RESTART, "wlc")]
    times = [START + 150, START + 300, START + 900]
    async with simulated(events, city()) as asker:
        seen = await told(asker, client, times)
    assert [one["hall"][0] for one in seen] == [Outcome.DOWN, Outcome.BLIND, Outcome.DOWN]
    assert {one["roof"][0] for one in seen} == {Outcome.UP}
    truth = [s for s in Course(city(), events).truth(START, START + HOUR) if s.device == "hall"]
    assert [(s.start - START, s.end - START, s.cause) for s in truth] == [
        (100, 200, Cause.DEVICE),
        (200, 810, Cause.MONITOR),
        (810, HOUR, Cause.DEVICE),
    ]


def test_an_access_point_has_the_mac_address_that_it_is_called_by() -> None:
    """In any spelling; one that is called by a name has one of its own."""
    wanted = bytes.fromhex("001a2b3c4d5e")
    assert {mac_of(text, 1) for text in (ROOF, "001a.2b3c.4d5e", "00:1A:2B:3C:4D:5E", "001a2b3c4d5e")} == {wanted}
    assert mac_of(HALL, 1) != mac_of(HALL, 2)
