"""Discovery against agents on loopback: who is found, who is one and the same, who is never asked."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import yaml
from discovered_net import (
    BLOCK,
    CITY,
    SECRET,
    at,
    box,
    capsman,
    guarded,
    lldp,
    mikrotik,
    network,
    octets,
    swept,
)
from inventories import minimal
from snmp_agents import silent
from snmpd import needs_snmpd, running_snmpd

from netmon.discovery import (
    Existing,
    Harvest,
    Review,
    Scope,
    Standing,
    Status,
    as_data,
    merge,
    neighbours,
    places_of,
    write_review,
)
from netmon.discovery.found import Neighbour
from netmon.discovery.remembering import Memory
from netmon.inventory import load_files
from netmon.model import Check, Credential, Failure, Inventory, Observation, Secret
from netmon.profiles import Rows

NOW = 1_795_000_000.0
CREDENTIALS = f"city:\n  snmp: {{community: {{env: K}}}}\n  networks: [{BLOCK}.0/24]\n"


def existing_of(devices: str, memories: Mapping[str, Memory] | None = None) -> Existing:
    """Load an inventory with these devices (``AT`` stands for the block) and make it what is known."""
    lines = "".join(
        f"      - {{{line.strip()}}}\n" for line in devices.replace("AT", BLOCK).splitlines() if line.strip()
    )
    sites = f'sites:\n  - id: s\n    kelurahan: "13.71.01.1011"\n    devices:\n{lines}'
    loaded = load_files(minimal(sites, credentials=CREDENTIALS), secrets=False)
    return Existing(loaded.inventory, places_of(loaded.files), memories or {})


def reviewed(harvest: Harvest, existing: Existing | None = None) -> Review:
    """Hold a harvest against what is known."""
    return merge(harvest, existing or Existing(), NOW)


def told(review: Review) -> dict[str, str]:
    """Give the status of each entry by its id."""
    return {entry.id: entry.status.value for entry in review.entries}


def completed(text: str, devices: str = "") -> Inventory:
    """Load what was written as a reviewer would: the kelurahan filled in, nothing else changed."""
    sites = f'sites:\n  - {{id: s, kelurahan: "13.71.01.1011", devices: [{devices.replace("AT", BLOCK)}]}}\n'
    files = minimal(sites, credentials=CREDENTIALS)
    return load_files({**files, "sites/new.yaml": text.replace("fill in", "13.71.01.1011")}, secrets=False).inventory


# -- finding ------------------------------------------------------------------------------------------------


async def test_what_answers_is_identified_and_written_as_text_that_loads() -> None:
    """A router and an access point, new: each with its address, credential, a guessed role, an id of its name."""
    access_point = {**box("AP Pantai #1", 2, descr="Linux"), "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.41112"}
    async with network({1: mikrotik("rt-air-manis", 1, "HD1234"), 9: access_point}) as net:
        harvest = await net.discover()
    review = reviewed(harvest)
    assert told(review) == {"rt-air-manis": "new", "ap-pantai-1": "new"}
    router = review.entries[0]
    assert router.found is not None
    assert (router.found.profile, router.found.model, router.found.serial) == ("mikrotik_routeros", "RB4011", "HD1234")
    assert router.reason
    text = write_review(review, harvest, Existing(), NOW)
    devices = completed(text).devices
    assert {device.address for device in devices.values()} == {at(1), at(9)}
    assert all(device.credential == "city" and device.port == net.port for device in devices.values())
    assert devices["rt-air-manis"].uplink == "uplink-rt-air-manis"
    assert "role: a guess" in text


async def test_text_that_nobody_has_filled_in_is_refused_where_it_must_be() -> None:
    """The kelurahan is for people: the loader names each place where it is missing."""
    async with network({1: mikrotik("rt-1", 1, "HD1")}) as net:
        harvest = await net.discover()
    text = write_review(reviewed(harvest), harvest, Existing(), NOW)
    with pytest.raises(Exception, match=r'sites/new\.yaml:\d+: kelurahan: "fill in" is no code'):
        load_files({**minimal("", credentials=CREDENTIALS), "sites/new.yaml": text}, secrets=False)


async def test_network_and_broadcast_addresses_are_not_asked() -> None:
    """Of a /29 the six between them are."""
    async with network({0: box("low", 1), 1: box("one", 2), 7: box("high", 3)}) as net:
        harvest = await net.discover(f"{BLOCK}.0/29")
        assert sorted(harvest.heard) == [at(last) for last in range(1, 7)]
        assert [net.agents[at(last)].asked for last in (0, 7)] == [[], []]
    assert [found.name for found in harvest.found] == ["one"]


async def test_one_device_at_several_addresses_is_one_device() -> None:
    """By its serial number; and by the addresses that it says are its own."""
    router = mikrotik("rt-1", 1, "HD77")
    own = {f"1.3.6.1.2.1.4.20.1.1.{at(last)}": octets(at(last)) for last in (11, 12)}
    linux = box("gw", 3) | own
    async with network({1: router, 2: router, 11: linux, 12: linux, 20: box("gw", 9)}) as net:
        harvest = await net.discover()
    review = reviewed(harvest)
    found = {entry.id: (entry.address, entry.found.also_at) for entry in review.entries if entry.found}
    assert found["rt-1"] == (at(1), (at(2),))
    assert found["gw"] == (at(11), (at(12),))
    assert len(found) == 3  # of the same name, and another box


async def test_unnamed_devices_of_one_kind_stay_apart_and_get_ids_of_their_own() -> None:
    """Their maker's name for all of them makes no id, nor do its engine ids make them one."""
    engine = {"1.3.6.1.6.3.10.2.1.1.0": b"\x80\0\x3a\x8c\4same"}
    boxes = {last: mikrotik("MikroTik", last, f"HD{last}77") | engine for last in (1, 2, 3)}
    async with network(boxes) as net:
        harvest = await net.discover()
    dashed = BLOCK.replace(".", "-")
    assert sorted(told(reviewed(harvest))) == [f"mikrotik-{dashed}-{last}" for last in (1, 2, 3)]


@needs_snmpd
async def test_a_real_agent_on_several_addresses() -> None:
    """net-snmp's snmpd, which answers on three, is one device."""
    with running_snmpd(addresses=(at(1), at(2), at(3)), community=SECRET) as agent:
        harvest = await swept(Scope.of([f"{BLOCK}.0/29"]), port=agent.port)
    [entry] = reviewed(harvest).entries
    assert entry.found is not None
    assert (entry.address, entry.found.also_at) == (at(1), (at(2), at(3)))


# -- neighbours and controllers -----------------------------------------------------------------------------


async def test_neighbours_are_listed_and_only_those_in_the_networks_are_asked() -> None:
    """LLDP names one outside: it stands in the remarks, and not one packet goes there."""
    switch = box("sw-1", 1, services=2) | lldp(1, "rt-outside", at(40)) | lldp(2, "ap-inside", at(6))
    async with network({5: switch, 6: box("ap-inside", 2), 40: box("rt-outside", 3)}) as net:
        harvest = await net.discover(f"{BLOCK}.0/28")
        assert net.agents[at(40)].asked == []
    found = {each.name: each for each in harvest.found}
    assert {(each.port, each.name, each.address) for each in found["sw-1"].neighbours} == {
        ("ether1", "rt-outside", at(40)),
        ("ether2", "ap-inside", at(6)),
    }
    assert f"ether1 → rt-outside ({at(40)})" in write_review(reviewed(harvest), harvest, Existing(), NOW)


async def test_a_silent_neighbour_is_asked_once_more() -> None:
    """Its first answer was lost; the switch beside it says that it is there."""
    answer = guarded(box("shy", 2))
    lost = iter((True,))
    shy = lambda question: None if next(lost, False) else answer(question)  # noqa: E731
    async with network({5: box("sw-1", 1) | lldp(1, "shy", at(6)), 6: shy}) as net:
        harvest = await net.discover(f"{BLOCK}.0/28")
        without = await net.discover(f"{BLOCK}.0/28", follow=False)
    assert {found.name for found in harvest.found} == {found.name for found in without.found} == {"sw-1", "shy"}


async def test_access_points_of_a_controller_become_entries_of_it() -> None:
    """By name; one that answers for itself is written once, with its address."""
    points = (("cap-lobi", "CAP1", at(21)), ("cap-aula", "CAP2", at(22)), ("cap-aula", "CAP3", ""))
    wlc = mikrotik("wlc-1", 1, "HD1") | capsman(*points)
    async with network({1: wlc, 21: mikrotik("cap-lobi", 21, "CAP1", "cAP ax")}) as net:
        harvest = await net.discover()
    review = reviewed(harvest)
    text = write_review(review, harvest, Existing(), NOW)
    assert told(review)["cap-lobi"] == "new"
    assert sum(entry.id.startswith("cap-lobi") for entry in review.entries) == 1
    inventory = completed(text)
    assert inventory.devices["wlc-1"].role == "controller"
    assert inventory.devices["cap-lobi"].address == at(21)
    [aula] = [device for device in inventory.devices.values() if device.controller]
    assert (aula.controller, aula.match) == ("wlc-1", "cap-aula")
    assert "left out" in text  # a second one of the same name


async def test_known_access_points_of_a_controller_are_held_against_its_list() -> None:
    """One is as it is, one is no longer listed."""
    existing = existing_of(
        """id: wlc-1, role: controller, address: AT.1, credential: city, reach: snmp
        id: lobi, role: access_point, controller: wlc-1, match: CAP-Lobi
        id: gudang, role: access_point, controller: wlc-1, match: cap-gudang"""
    )
    device = replace(existing.inventory.devices["wlc-1"], port=0)
    async with network({1: mikrotik("wlc-1", 1, "HD1") | capsman(("cap-lobi", "C1", ""))}) as net:
        devices = {**existing.inventory.devices, "wlc-1": replace(device, port=net.port)}
        existing = replace(existing, inventory=replace(existing.inventory, devices=devices))
        harvest = await net.discover(existing=existing)
    assert told(reviewed(harvest, existing)) == {"wlc-1": "as it is", "lobi": "as it is", "gudang": "gone"}


async def test_an_access_point_that_joined_another_controller_has_moved() -> None:
    """Its old one answers too, and no longer lists it; another one's state is told."""
    lines = """id: wlc-1, role: controller, address: AT.1, port: PORT, credential: city
        id: wlc-2, role: controller, address: AT.2, port: PORT, credential: city
        id: lobi, role: access_point, controller: wlc-1, match: cap-lobi
        id: aula, role: access_point, controller: wlc-1, match: cap-aula"""
    boxes = {
        1: mikrotik("wlc-1", 1, "HD111") | capsman(("cap-aula", "C2", "")),
        2: mikrotik("wlc-2", 2, "HD222") | capsman(("cap-lobi", "C1", "")),
    }
    async with network(boxes) as net:
        existing = existing_of(lines.replace("PORT", str(net.port)))
        harvest = await net.discover(existing=existing)
    review = reviewed(harvest, existing)
    assert {name: status for name, status in told(review).items() if name in {"lobi", "aula"}} == {
        "lobi": "moved", "aula": "as it is"
    }  # fmt: skip
    [lobi] = review.of(Status.MOVED)
    assert lobi.notes[0] == "controller: wlc-1 → wlc-2"


# -- against the inventory ------------------------------------------------------------------------------------

KNOWN = """id: rt-1, role: router, address: AT.1, port: PORT, credential: city, reach: snmp, wan: sfp9
    id: ap-1, role: access_point, address: AT.2, port: PORT, credential: city, reach: snmp
    id: ap-2, role: access_point, address: AT.3, port: PORT, credential: city, reach: snmp
    id: ap-3, role: access_point, address: AT.4, port: PORT, credential: city, reach: snmp
    id: ap-far, role: access_point, address: 10.9.9.9"""


async def test_moved_gone_changed_and_as_it_is() -> None:
    """By serial number and by name a device is known again; what lies outside of the networks is not compared."""
    boxes = {
        1: mikrotik("rt-1", 1, "HD1"),
        2: mikrotik("renamed", 2, "HD222"),
        13: mikrotik("other-name", 3, "HD333"),
        9: mikrotik("stranger", 9, "HD9"),
    }
    memories = {"ap-2": Memory(serial="HD333", name="ap-2"), "ap-1": Memory(serial="HD000", name="renamed")}
    async with network(boxes) as net:
        existing = existing_of(KNOWN.replace("PORT", str(net.port)), memories)
        harvest = await net.discover(existing=existing)
    review = reviewed(harvest, existing)
    assert told(review) == {
        "rt-1": "changed", "ap-1": "changed", "ap-2": "moved", "ap-3": "gone", "stranger": "new"
    }  # fmt: skip
    notes = {entry.id: "; ".join(entry.notes) for entry in review.entries}
    assert "no interface sfp9" in notes["rt-1"]
    assert "serial number: HD000 → HD222" in notes["ap-1"]
    assert notes["ap-2"].startswith(f"address: {at(3)} → {at(13)}, known by its serial number HD333")
    where = {entry.id: entry.where for entry in review.entries}
    assert where["ap-3"] == "sites/a.yaml:8"
    text = write_review(review, harvest, existing, NOW)
    assert list(completed(text).devices) == ["stranger"]  # all else are remarks


async def test_a_device_without_memory_is_known_again_by_its_name() -> None:
    """Its own name is its id."""
    async with network({7: mikrotik("AP-2", 3, "HD3")}) as net:
        existing = existing_of(f"id: ap-2, role: access_point, address: AT.3, port: {net.port}, credential: city")
        harvest = await net.discover(existing=existing)
    [entry] = reviewed(harvest, existing).entries
    assert (entry.id, entry.status, entry.address) == ("ap-2", Status.MOVED, at(7))


async def test_two_entries_for_one_box_are_told() -> None:
    """The inventory has its second address as a device of its own."""
    router = mikrotik("rt-1", 1, "HD77")
    async with network({1: router, 2: router}) as net:
        lines = (f"id: rt-{n}, role: router, address: AT.{n}, port: {net.port}, credential: city" for n in (1, 2))
        existing = existing_of("\n".join(lines))
        harvest = await net.discover(existing=existing)
    entries = {entry.id: entry for entry in reviewed(harvest, existing).entries}
    assert entries["rt-2"].status is Status.CHANGED
    assert "same device as rt-1" in entries["rt-2"].notes[0]


# -- credentials ----------------------------------------------------------------------------------------------


async def test_a_credential_goes_nowhere_but_into_its_networks() -> None:
    """One that is bound elsewhere, or to nothing, is not sent; named it is, where its networks allow."""
    boxes = {1: guarded(box("one", 1), "luar"), 2: guarded(box("two", 2), "bebas")}
    credentials = {
        "elsewhere": Credential("elsewhere", community=Secret("luar"), networks=("10.0.0.0/8",)),
        "free": Credential("free", community=Secret("bebas")),
    }
    async with network(boxes) as net:
        assert (await net.discover(credentials=credentials)).found == []
        assert [agent.asked for agent in net.agents.values()] == [[], []]
        named = await net.discover(credentials=credentials, named=("free", "elsewhere"))
        communities = {bytes(each.community) for agent in net.agents.values() for each in agent.asked}
    assert communities == {b"bebas"}
    assert [(found.name, found.credential) for found in named.found] == [("two", "free")]


async def test_a_community_of_the_command_line_is_tried_and_never_shown() -> None:
    """The entry has no credential, and a remark asks for one."""
    async with network({1: box("one", 1)}) as net:
        harvest = await net.discover(credentials={}, community=Secret(SECRET))
    review = reviewed(harvest)
    text = write_review(review, harvest, Existing(), NOW) + str(as_data(review, harvest)) + repr(harvest)
    assert "fill in a credential" in text
    assert SECRET not in text


async def test_each_credential_is_tried_until_one_is_taken() -> None:
    """The second one."""
    credentials = {
        "first": replace(CITY, name="first", community=Secret("bukan-ini")),
        "city": CITY,
    }
    async with network({1: box("one", 1)}) as net:
        harvest = await net.discover(f"{BLOCK}.0/30", credentials=credentials)
    assert harvest.heard[at(1)].tried == ("first", "city")
    assert [found.credential for found in harvest.found] == ["city"]


@needs_snmpd
async def test_snmpv3_and_an_agent_that_does_not_take_the_password() -> None:
    """The right user finds the device; with a wrong password it is told that an agent is there, and which refuses."""
    config = "createUser monitor SHA-256 kata-sandi-rahasia AES kata-sandi-lain\nrouser monitor priv\nsysName aman"
    right = Credential(
        "third", "3", None, "monitor", "SHA-256", Secret("kata-sandi-rahasia"), "AES-128", Secret("kata-sandi-lain"),
        networks=(f"{BLOCK}.0/24",),
    )  # fmt: skip
    wrong = replace(right, auth=Secret("kata-sandi-keliru"))
    with running_snmpd(addresses=(at(1),), community=SECRET, config=config) as agent:
        scope = Scope.of([f"{BLOCK}.0/30"])
        found = await swept(scope, port=agent.port, credentials={"third": right})
        refused = await swept(scope, port=agent.port, credentials={"third": wrong})
    assert [(each.name, each.credential) for each in found.found] == [("aman", "third")]
    text = write_review(reviewed(refused), refused, Existing(), NOW)
    assert f"{at(1)}: an SNMP agent that does not take third" in text
    assert "kata-sandi" not in text + repr(refused)


@needs_snmpd
async def test_ipv6() -> None:
    """An address of the sixth version is asked and written like any other."""
    with running_snmpd(addresses=("::1",), community=SECRET, config="sysName enam") as agent:
        harvest = await swept(Scope.of(["::1"]), port=agent.port, credentials={}, community=Secret(SECRET))
    text = write_review(reviewed(harvest), harvest, Existing(), NOW)
    assert [device.address for device in completed(text).devices.values()] == ["::1"]


# -- hostile, slow, stopped -------------------------------------------------------------------------------------


async def test_what_a_device_calls_itself_changes_nothing_in_the_text() -> None:
    """Names with line ends, quotes, colons, terminal codes stay values and remarks."""
    name = 'x"\n  - id: forged\n\x1b[31m: {a: b} # \u2028 y'
    async with network({1: box(name, 1, descr="a\nsites: []\n") | lldp(1, "n\n- id: z", at(99))}) as net:
        harvest = await net.discover()
    text = write_review(reviewed(harvest), harvest, Existing(), NOW)
    assert len(yaml.safe_load(io.StringIO(text))["sites"]) == 1
    assert "\x1b" not in text
    assert [device.address for device in completed(text).devices.values()] == [at(1)]


async def test_a_device_that_falls_silent_in_the_middle_holds_nobody_up() -> None:
    """It is not found; the others are."""
    answer = guarded(box("fading", 1))
    left = iter(range(2))
    fading = lambda question: answer(question) if next(left, None) is not None else None  # noqa: E731
    async with network({1: fading, 2: box("well", 2), 3: silent}) as net:
        harvest = await net.discover(f"{BLOCK}.0/29")
    assert [found.name for found in harvest.found] == ["well"]
    assert harvest.is_complete


async def test_a_bug_of_ours_with_one_device_loses_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept, to be shown, and the others are found."""
    read = neighbours.cdp

    def cdp(columns: Mapping[str, Rows], names: Mapping[str, str]) -> Iterator[Neighbour]:
        if any(columns.values()):
            raise ZeroDivisionError
        return read(columns, names)

    monkeypatch.setattr(neighbours, "cdp", cdp)
    cells = box("odd", 2) | {"1.3.6.1.4.1.9.9.23.1.2.1.1.6.1.1": b"x"}
    async with network({1: box("one", 1), 2: cells, 3: box("three", 3)}) as net:
        harvest = await net.discover(f"{BLOCK}.0/29")
    assert [found.name for found in harvest.found] == ["one", "three"]
    assert [(address, type(fault)) for address, fault in harvest.faults.items()] == [(at(2), ZeroDivisionError)]


async def test_stopped_it_tells_what_was_found_so_far() -> None:
    """Addresses that were not asked are neither gone nor anything else."""
    stop = asyncio.Event()

    def tell(standing: Standing) -> None:
        if standing.devices:
            stop.set()

    async with network({1: box("one", 1)}) as net:
        existing = existing_of(f"id: late, role: switch, address: AT.200, port: {net.port}, credential: city")
        harvest = await net.discover(f"{BLOCK}.0/24", existing=existing, tell=tell, stop=stop, rate=200)
    assert not harvest.is_complete
    assert len(harvest.heard) < 254
    assert told(reviewed(harvest, existing)) == {"one": "new"}
    assert "stopped before its end" in write_review(reviewed(harvest, existing), harvest, existing, NOW)


async def test_no_more_packets_a_second_than_allowed() -> None:
    """Fourteen addresses, one try each, at 20 a second take no less than half a second."""
    loop = asyncio.get_running_loop()
    async with network({}) as net:
        began = loop.time()
        harvest = await net.discover(f"{BLOCK}.0/28", rate=20)
    assert harvest.packets == 14
    assert loop.time() - began > 13 / 20 * 0.9


async def test_what_answers_a_ping_alone_is_listed() -> None:
    """As ranges; and one of the inventory that is reached by ping is as it is."""

    async def ping(check: Check) -> Observation:
        answers = check.address in {at(3), at(4), at(5), at(9)}
        return Observation(check, NOW, None if answers else Failure.TIMEOUT, rtt=0.001)

    existing = existing_of(
        """id: ap-9, role: access_point, address: AT.9
        id: ap-10, role: access_point, address: AT.10"""
    )
    async with network({}) as net:
        harvest = await net.discover(f"{BLOCK}.0/28", ping=ping, existing=existing)
    review = reviewed(harvest, existing)
    assert told(review) == {"ap-9": "as it is", "ap-10": "gone"}
    assert f"#   {at(3)} - {at(5)}\n" in write_review(review, harvest, existing, NOW)


async def test_a_device_that_answers_no_ping_is_written_so() -> None:
    """Its reachability is asked by SNMP."""

    async def ping(check: Check) -> Observation:
        return Observation(check, NOW, Failure.TIMEOUT)

    async with network({1: box("one", 1)}) as net:
        harvest = await net.discover(f"{BLOCK}.0/30", ping=ping)
    device = completed(write_review(reviewed(harvest), harvest, Existing(), NOW)).devices["one"]
    assert device.reach.kind == "snmp"
