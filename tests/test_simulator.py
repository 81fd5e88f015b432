"""The simulated city speaks SNMP as devices do: net-snmp's own programs find nothing to complain about."""

from __future__ import annotations

import asyncio
import shutil
import socket

import pytest
from simulated_city import COMMUNITY, PORT, START, Asker, Clock, address, simulated, small_city, tool, until

from netmon.model import City, Device, Inventory, Kelurahan, Reach, ReachKind, Role, Secret, Site, Uplink
from netmon.simulator import Event, Kind, Simulation, SimulationError
from netmon.snmp import wire

needs_net_snmp = pytest.mark.skipif(
    shutil.which("snmpbulkwalk") is None, reason="net-snmp's programs are missing (snmp)"
)

CLIENTS = "1.3.6.1.4.1.14988.1.1.1.3.1.6"
REGISTRATIONS = "1.3.6.1.4.1.14988.1.1.1.2.1"
IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6.1"
UP_TIME = "1.3.6.1.2.1.1.3.0"


async def net_snmp(program: str, number: int, *more: str, version: str = "2c", community: str = COMMUNITY) -> list[str]:
    """Ask an agent with a program of net-snmp; values in numbers, one try."""
    options = ("-v", version, "-c", community, "-r", "0", "-t", "2", "-On", "-Oe", "-Ot", "-m", "")
    return await tool(program, *options, f"{address(number)}:{PORT}", *more)


def names(lines: list[str]) -> list[tuple[int, ...]]:
    """Give the names of a walk, as numbers."""
    return [
        tuple(map(int, line.split(" = ")[0].removeprefix(".").split(".")))
        for line in lines
        if line[0] == "." and " = No " not in line
    ]


@needs_net_snmp
@pytest.mark.parametrize("number", [1, 2, 3, 4, 11, 13])
async def test_walks_agree_and_are_in_order(number: int) -> None:
    """GETNEXT and GETBULK walk the same objects with the same values, each name after the one before, to the end."""
    async with simulated():
        lines = await net_snmp("snmpwalk", number, "1")
        assert await net_snmp("snmpbulkwalk", number, "1") == lines
        assert await net_snmp("snmpbulkwalk", number, "-Cr77", "1") == lines
    found = names(lines)
    assert len(found) > 80
    assert found == sorted(set(found))
    assert "No more variables left in this MIB View" in lines[-1]


@needs_net_snmp
async def test_every_object_of_a_walk_can_be_read_alone() -> None:
    """A GET of what a walk has shown gives the same, associated clients included."""
    async with simulated():
        walked = [line for line in await net_snmp("snmpbulkwalk", 11, "1") if "No more variables" not in line]
        oids = [line.split(" = ")[0] for line in walked]
        read = [line for n in range(0, len(oids), 60) for line in await net_snmp("snmpget", 11, *oids[n : n + 60])]
    assert read == walked
    assert any(REGISTRATIONS in oid for oid in oids)


@needs_net_snmp
async def test_getbulk_repeats_as_the_rfc_says() -> None:
    """Non-repeaters are stepped once, the others as often as asked, side by side; past the end is endOfMibView."""
    async with simulated():
        lines = await net_snmp(
            "snmpbulkget", 1, "-Cn1", "-Cr3", "1.3.6.1.2.1.1.1", "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.2"
        )
        assert [line.split(" = ")[0] for line in lines] == [
            ".1.3.6.1.2.1.1.1.0",
            *(f".1.3.6.1.2.1.2.2.1.{column}.{row}" for row in (1, 2, 3) for column in (1, 2)),
        ]
        end = await net_snmp("snmpbulkget", 1, "-Cn0", "-Cr5", "1.3.6.1.6")
        assert len(end) == 1
        assert end[0].startswith(".1.3.6.1.6 = No more variables")


@needs_net_snmp
async def test_a_large_getbulk_fits_a_frame() -> None:
    """However many repetitions are asked for, the response is cut so that no IP fragment is needed."""
    async with simulated() as asker:
        request = wire.request_template(
            wire.VERSION_2C, COMMUNITY.encode(), wire.GET_BULK, (wire.encode_oid("1.3.6.1.2.1"),), max_repetitions=65535
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
            sock.sendto(request.datagram(wire.FIRST_REQUEST_ID), asker.endpoints()["ap-1"])
            await until(lambda: asker.simulation.answers == 1)
            data = sock.recv(65535)
    assert 1000 < len(data) <= 1472
    assert len(wire.decode_message(data).varbinds) > 20


@needs_net_snmp
async def test_what_is_not_there_is_told_apart() -> None:
    """A missing row is noSuchInstance, a missing object noSuchObject; nothing can be written."""
    async with simulated():
        lines = await net_snmp("snmpget", 1, "1.3.6.1.2.1.2.2.1.2.99", "1.3.6.1.2.1.99.1.0", "1.3.6.1.2.1.1.5.0")
        assert "No Such Instance" in lines[0]
        assert "No Such Object" in lines[1]
        assert lines[2].endswith('"rt-a"')
        assert "notWritable" in "\n".join(await net_snmp("snmpset", 1, "1.3.6.1.2.1.1.4.0", "s", "me"))


@needs_net_snmp
async def test_version_1_is_spoken_too() -> None:
    """Without Counter64, and with noSuchName for what is missing."""
    async with simulated():
        first, second = await net_snmp("snmpwalk", 1, "1", version="1"), await net_snmp("snmpwalk", 1, "1")
        wide = [line for line in second if "Counter64" in line]
        assert wide
        assert names(first) == [n for n in names(second) if n not in set(names(wide))]
        assert "noSuchName" in "\n".join(await net_snmp("snmpget", 1, "1.3.6.1.2.1.99.1.0", version="1"))


@needs_net_snmp
async def test_a_wrong_community_is_ignored() -> None:
    """As real agents do, it answers nothing at all."""
    async with simulated() as asker:
        lines = await net_snmp("snmpget", 1, UP_TIME, community="wrong")
        assert asker.simulation.requests == 1
    assert "Timeout" in "\n".join(lines)


async def test_rubbish_is_ignored_and_answered_by_nobody() -> None:
    """A datagram that is no request leaves the agent as it was."""
    async with simulated() as asker:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for data in (b"", b"\x30", b"\x30\x82\xff\xff", bytes(300), b"GET / HTTP/1.1\r\n"):
                sock.sendto(data, asker.endpoints()["ap-1"])
            await until(lambda: asker.simulation.requests == 5)
        assert asker.simulation.answers == 0
        assert "ap-1" in await asker.ask(["ap-1"])


async def test_makers_show_themselves_as_they_are() -> None:
    """The description and sysObjectID fit the maker in a device's name; a witness is a plain Linux."""
    oids = [wire.encode_oid("1.3.6.1.2.1.1.1.0"), wire.encode_oid("1.3.6.1.2.1.1.2.0")]
    async with simulated() as asker:
        answers = await asker.ask(["rt-a", "ap-1", "rt-b1", "rt-b2", "ap-3", address(201)], oids)
    found = {name: (binds[0][2], wire.decode_oid(binds[1][2])) for name, binds in answers.items()}
    assert found["rt-a"] == (b"RouterOS RB4011", "1.3.6.1.4.1.14988.1")
    assert found["ap-1"] == (b"RouterOS cAP ac", "1.3.6.1.4.1.14988.1")
    assert found["rt-b1"][1] == found[address(201)][1] == "1.3.6.1.4.1.8072.3.2.10"
    assert b"Linux" in found["rt-b1"][0]
    assert found["rt-b2"][1].startswith("1.3.6.1.4.1.2011.")
    assert found["ap-3"][1].startswith("1.3.6.1.4.1.4881.")


async def test_planned_devices_are_not_there() -> None:
    """What is yet to come answers nothing, and does not keep its address."""
    async with simulated() as asker:
        assert asker.simulation.devices == 7 + 2
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(asker.endpoints()["ap-new"])


# -- life in the city ---------------------------------------------------------------------------------


async def clients(asker: Asker, name: str, at: float) -> int:
    """Count the clients of both radios."""
    asker.clock.now = at
    return sum([await asker.number(name, f"{CLIENTS}.{index}") for index in (3, 4)])


async def test_clients_follow_the_day_and_the_week() -> None:
    """At the beach there are more people on Sunday afternoon than on Tuesday, and hardly anybody at night."""
    monday = 1_795_366_800  # 2026-11-23 00:00 in Padang
    hour, day = 3600, 86400
    async with simulated() as asker:
        sunday = await clients(asker, "ap-1", monday + 6 * day + 17 * hour)
        tuesday = await clients(asker, "ap-1", monday + 1 * day + 10 * hour)
        night = await clients(asker, "ap-1", monday + 1 * day + 3 * hour)
    assert sunday > 2 * tuesday > 2
    assert night <= 2


@needs_net_snmp
async def test_the_client_table_has_a_row_for_each_client() -> None:
    """The sum of the counts, the count of the whole, and the rows of the registration table are one number."""
    async with simulated() as asker:
        total = await clients(asker, "ap-1", START + 5 * 86400 + 8 * 3600)
        rows = await net_snmp("snmpbulkwalk", 11, REGISTRATIONS + ".3")
        assert len(names(rows)) == len(set(rows)) == total > 20
        assert await asker.number("ap-1", "1.3.6.1.4.1.14988.1.1.1.4.0") == total


async def test_counters_grow_and_never_fall() -> None:
    """Over a week, each reading of a byte counter is at least the one before, and at the end far more."""
    async with simulated() as asker:
        readings = []
        for step in range(200):
            asker.clock.now = START + step * 3023.7
            readings.append(await asker.number("rt-a", IN_OCTETS))
    assert readings == sorted(readings)
    assert readings[-1] - readings[0] > 10**9


async def test_a_restart_turns_counters_and_time_back() -> None:
    """Only then: sysUpTime and counters begin anew, and without a duration nobody misses an answer."""
    restart = Event(START + 100, 0, Kind.RESTART, "ap-1")
    async with simulated([restart]) as asker:
        asker.clock.now = START + 99
        before = await asker.number("ap-1", UP_TIME), await asker.number("ap-1", IN_OCTETS)
        asker.clock.now = START + 100
        assert await asker.number("ap-1", UP_TIME) == 0
        asker.clock.now = START + 4000
        after = await asker.number("ap-1", UP_TIME), await asker.number("ap-1", IN_OCTETS)
        assert await asker.number("ap-2", UP_TIME) > 390_000
    assert before[0] > after[0] == 390_000
    assert before[1] > after[1]


async def test_everybody_can_tell_in_advance() -> None:
    """The same seed and time give the same answers, whenever the simulation was started; another seed others."""
    oids = [wire.encode_oid(oid) for oid in (UP_TIME, IN_OCTETS, f"{CLIENTS}.3", f"{CLIENTS}.4")]
    seen = []
    for seed, late in ((1, 0), (1, 500), (2, 0)):
        clock = Clock(START + late)
        simulation = Simulation(small_city(), [], Secret(COMMUNITY), clock, seed)
        await simulation.start()
        clock.now = START + 1000
        seen.append(await Asker(simulation, small_city(), clock).ask(["ap-1", "ap-2"], oids))
        await simulation.stop()
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


# -- sockets ------------------------------------------------------------------------------------------


async def test_stopping_leaves_nothing_open() -> None:
    """After a stop every address is free; stopping twice does no harm."""
    for _ in range(2):
        async with simulated() as asker:
            assert len(await asker.ask(["rt-a", "ap-3"])) == 2
            await asker.simulation.stop()


async def test_an_address_in_use_is_named() -> None:
    """The message says whose address it is; what was open is closed again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address(13), PORT))
        simulation = Simulation(small_city(), [], Secret(COMMUNITY))
        with pytest.raises(SimulationError, match=rf"^ap-3: {address(13)} port {PORT}: Address already in use$"):
            await simulation.start()
    async with simulated() as asker:
        assert await asker.ask(["ap-3"])


def test_only_this_machine_is_played() -> None:
    """An inventory of real addresses is refused: the simulator never takes the place of a device."""
    device = Device("rt", Role.ROUTER, "10.71.0.1", uplink="u")
    inventory = Inventory(
        devices={"rt": device},
        uplinks={"u": Uplink("u", "k", devices=("rt",))},
        kelurahan={"k": Kelurahan("k", "", "", "")},
    )
    with pytest.raises(SimulationError, match=r"^not in 127.0.0.0/8 or ::1: rt \(10.71.0.1\)$"):
        Simulation(inventory, [], Secret(COMMUNITY))


async def test_two_thousand_devices_in_one_process() -> None:
    """Each answers on its own address, with more sockets than a process is usually allowed."""
    count, reach = 2100, Reach(ReachKind.SNMP)
    ids = [f"ap-{n}" for n in range(count)]
    block = address(0).rsplit(".", 2)[0]
    devices = {
        id_: Device(id_, Role.ACCESS_POINT, f"{block}.{210 + n // 250}.{n % 250 + 1}", site="s", port=PORT, reach=reach)
        for n, id_ in enumerate(ids)
    }
    inventory = Inventory(
        city=City(zone="Asia/Jakarta"), devices=devices, sites={"s": Site("s", "k", devices=tuple(ids))}
    )
    async with simulated(inventory=inventory) as asker:
        answered = set()
        for n in range(0, count, 100):
            answered |= set(await asker.ask(ids[n : n + 100]))
    assert answered == set(ids)


async def test_a_tcp_service_is_open_while_it_works() -> None:
    """A connection to the gate is accepted, refused while the gate is broken or its uplink is cut, then accepted."""
    events = [Event(START + 100, 100, Kind.DEAD, "gate"), Event(START + 300, 100, Kind.FIBRE, "uplink-a")]
    async with simulated(events) as asker:

        async def accepted() -> bool:
            try:
                _, writer = await asyncio.open_connection(address(30), 8443)
            except ConnectionRefusedError:
                return False
            writer.close()
            await writer.wait_closed()
            return True

        for after, expected in ((0, True), (150, False), (250, True), (350, False), (450, True)):
            asker.clock.now = START + after
            async with asyncio.timeout(30):
                while await accepted() is not expected:  # noqa: ASYNC110 - the kernel has no event for us
                    await asyncio.sleep(0.05)
