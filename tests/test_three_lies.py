"""The three ways a monitor lies, on real sockets: each is first shown with a naive monitor, then met by netmon's rule.

1. Its own uplink fails before the next round of its witness.
2. Its loop stands still under load; afterwards timers fire although the answers wait in the buffer.
3. Its receive buffer overflows, and the kernel drops answers without a word.

In each of them every device is well all the time. A naive monitor books outages, netmon books none.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest
from snmp_agents import until
from udp_city import UdpCity

from netmon.datagram import DatagramSocket
from netmon.model import (
    Check,
    Credential,
    Device,
    Failure,
    Inventory,
    Observation,
    Outcome,
    Reach,
    ReachKind,
    Role,
    Secret,
    Site,
    Witness,
)
from netmon.probes import Probe
from netmon.probes.snmp import SnmpProbes
from netmon.scheduler import Scheduler, Witnesses, checks_of
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient

DEVICES = 150
WITNESS = "127.71.255.1"
CREDENTIAL = Credential("c", community=Secret("public"))
SYS_UP_TIME = wire.encode_oid("1.3.6.1.2.1.1.3.0")


def addresses() -> list[str]:
    """Give the devices' addresses and the witness's."""
    return [*(f"127.71.{n // 100}.{n % 100 + 1}" for n in range(DEVICES)), WITNESS]


def inventory_of(port: int, interval: int) -> Inventory:
    """Describe the city: every device is asked by SNMP alone, because on loopback everything answers ping."""
    snmp = Reach(ReachKind.SNMP)
    devices = {
        f"d{n}": Device(
            f"d{n}",
            Role.ACCESS_POINT,
            address=address,
            site="s",
            port=port,
            credential="c",
            reach=snmp,
            interval=interval,
            confirm_by_ping=False,
        )
        for n, address in enumerate(addresses()[:-1])
    }
    witness = Witness(WITNESS, snmp, port, "c")
    return Inventory(sites={"s": Site("s", "k", devices=tuple(devices))}, devices=devices, witness=(witness,))


class NaiveMonitor(asyncio.DatagramProtocol):
    """What one writes first: a socket, a dict of futures, ``wait_for``; no answer is an outage."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.numbers = iter(range(wire.FIRST_REQUEST_ID, wire.LAST_REQUEST_ID))
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is closed."""
        self.closed.set()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Hand an answer to who waits for it."""
        future = self.waiting.pop(wire.decode_message(data).request_id, None)
        if future is not None and not future.done():
            future.set_result(None)

    def send(self, data: bytes, check: Check) -> None:
        """Send a question."""
        self.transport.sendto(data, (check.address, check.port))

    async def probe(self, check: Check) -> Observation:
        """Ask for sysUpTime and wait."""
        at, number = time.time(), next(self.numbers)
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        question = wire.request_template(wire.VERSION_2C, b"public", wire.GET, [SYS_UP_TIME]).datagram(number)
        self.send(question, check)
        try:
            await asyncio.wait_for(future, check.timeout)
        except TimeoutError:
            return Observation(check, at, Failure.TIMEOUT)
        return Observation(check, at)


class UnwaryMonitor(NaiveMonitor):
    """The same over netmon's socket, without a look at what the socket says of itself."""

    def __init__(self, receive_buffer: int) -> None:
        """Prepare a socket with a buffer of so many bytes."""
        super().__init__()
        self.socket = DatagramSocket(
            socket.AF_INET,
            on_datagram=lambda data, address, port: self.datagram_received(data, (address, port)),
            on_error=lambda _: None,
            receive_buffer=receive_buffer,
        )

    def send(self, data: bytes, check: Check) -> None:
        """Send a question."""
        self.socket.send(data, check.address, check.port)


@asynccontextmanager
async def naive_monitor() -> AsyncIterator[NaiveMonitor]:
    """Open a naive monitor's socket."""
    loop = asyncio.get_running_loop()
    transport, naive = await loop.create_datagram_endpoint(NaiveMonitor, local_addr=("0.0.0.0", 0))
    try:
        yield naive
    finally:
        transport.close()
        await naive.closed.wait()


@asynccontextmanager
async def snmp_client() -> AsyncIterator[SnmpClient]:
    """Open netmon's own client."""
    client = SnmpClient()
    await client.open()
    try:
        yield client
    finally:
        client.close()


def snmp_probes(client: SnmpClient, inventory: Inventory) -> dict[str, Probe]:
    """Give netmon's own probes."""
    return SnmpProbes(client, dict, inventory.devices.get, {"c": CREDENTIAL}.get).probes()


class Watch:
    """The real scheduler with what it observed of deciding checks."""

    def __init__(
        self, inventory: Inventory, probes: Mapping[str, Probe], shared: SnmpClient | DatagramSocket | None = None
    ) -> None:
        """Build it over the socket that probes share; readings are no part of these stories and always succeed."""
        self.seen: list[Observation] = []
        self.devices = tuple(inventory.devices)

        async def nothing_to_read(check: Check) -> Observation:
            return Observation(check, time.time())

        probes = {**probes, "readings": nothing_to_read}
        self.scheduler = Scheduler(
            probes=probes,
            sink=self._see,
            witness=Witnesses(inventory.witness, probes),
            overflowed_at=lambda: shared.overflowed_at if shared is not None else float("-inf"),
        )
        self.scheduler.load(inventory)

    def _see(self, observation: Observation) -> None:
        if observation.check.decides:
            self.seen.append(observation)

    def failures(self) -> Counter[Failure | None]:
        """Count how the observations ended."""
        return Counter(each.failure for each in self.seen)

    def outages(self) -> list[Observation]:
        """List what would be booked as an outage."""
        return [each for each in self.seen if each.outcome is Outcome.DOWN]

    def ask_all(self) -> None:
        """Look at every device soon."""
        for device in self.devices:
            self.scheduler.soon(device)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it run."""
        task = asyncio.create_task(self.scheduler.run())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def all_are_up_again(self) -> None:
        """Look at all devices until the newest observation of every one is up."""
        async with asyncio.timeout(60):
            while not self._are_all_up():
                self.ask_all()
                await asyncio.sleep(0.5)

    async def all_have_ended(self) -> None:
        """Wait until every device was looked at, and each round that may still book an outage has ended."""
        await until(lambda: len({each.check.device for each in self.seen}) == len(self.devices), deadline=60)
        rounds = [entry.task for entry in self.scheduler._entries.values() if entry.task is not None]
        if rounds:
            _, pending = await asyncio.wait(rounds, timeout=60)
            assert not pending

    def _are_all_up(self) -> bool:
        newest = {each.check.device: each.outcome for each in self.seen}
        return len(newest) == len(self.devices) and set(newest.values()) == {Outcome.UP}


def deciding(inventory: Inventory) -> list[Check]:
    """Give one check a device."""
    return [check for check in checks_of(inventory) if check.decides]


def hold_up(seconds: float, after: float) -> None:
    """Let the loop stand still, as a callback does that computes or waits for a disk."""
    asyncio.get_running_loop().call_later(after, time.sleep, seconds)


# -- 1 --------------------------------------------------------------------------------------------------


async def test_lie_1_an_uplink_that_fails_before_the_next_witness_round() -> None:
    """The witness answered ten seconds ago; since then the monitor's own cable is out."""
    with UdpCity(addresses()) as city:
        inventory = inventory_of(city.port, interval=2)
        (witness,) = inventory.witness
        asks_witness = Check("w", "", "snmp", 10, timeout=0.4, address=WITNESS, port=witness.port)

        async with naive_monitor() as naive:  # the lie: "the witness is up, so this must be the device"
            witness_is_up = (await naive.probe(asks_witness)).failure is None
            city.is_cut = True
            answers = await asyncio.gather(*(naive.probe(check) for check in deciding(inventory)))
        assert witness_is_up
        assert [each.outcome for each in answers] == [Outcome.DOWN] * DEVICES

        city.is_cut = False
        async with snmp_client() as client:
            watch = Watch(inventory, snmp_probes(client, inventory), client)
            async with watch.running():
                await watch.all_are_up_again()
                assert watch.scheduler.witness.up is True  # and its next round is seconds away
                city.is_cut = True
                await until(lambda: watch.failures()[Failure.WITNESS] >= DEVICES / 2, deadline=60)
                city.is_cut = False
                await watch.all_are_up_again()
        assert watch.outages() == []


async def test_lie_1_told_again_a_device_that_is_dead_is_found_all_the_same() -> None:
    """The rule does not make netmon mute: one silent device beside a witness that answers is down."""
    with UdpCity(addresses()) as city:
        inventory = inventory_of(city.port, interval=2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.71.200.1", city.port))  # open and mute: nobody refuses
            dead = Device(
                "dead",
                Role.ACCESS_POINT,
                address="127.71.200.1",
                site="s",
                port=city.port,
                credential="c",
                reach=Reach(ReachKind.SNMP),
                interval=2,
                confirm_by_ping=False,
            )
            devices = {"d0": inventory.devices["d0"], "dead": dead}
            small = Inventory(sites=inventory.sites, devices=devices, witness=inventory.witness)
            async with snmp_client() as client:
                watch = Watch(small, snmp_probes(client, small), client)
                async with watch.running():
                    await until(lambda: len(watch.outages()) >= 2, deadline=60)
        assert {each.check.device for each in watch.outages()} == {"dead"}


# -- 2 --------------------------------------------------------------------------------------------------

STANDSTILLS = [pytest.param(1.6, id="1.6s"), pytest.param(20.0, id="20s", marks=pytest.mark.e2e)]


@pytest.mark.parametrize("seconds", STANDSTILLS)
async def test_lie_2_a_loop_that_stands_still_with_a_naive_probe(seconds: float) -> None:
    """All answers lie in the buffer when the timers fire; one of them is read first.

    The scheduler's rule alone: the very probe that lies is called by netmon's scheduler, and no outage comes of it.
    """
    with UdpCity(addresses(), delay=0.3) as city:
        inventory = inventory_of(city.port, interval=5)
        async with naive_monitor() as naive:
            hold_up(seconds, after=0.3)
            answers = await asyncio.gather(*(naive.probe(check) for check in deciding(inventory)))
            lies = sum(each.outcome is Outcome.DOWN for each in answers)
            assert city.answered == DEVICES
            assert lies > DEVICES / 2, "the lie: devices that have answered are down"

            watch = Watch(inventory, {"snmp": naive.probe})
            async with watch.running():
                await asyncio.sleep(0.2)
                watch.ask_all()
                hold_up(seconds, after=0.8)
                await until(lambda: watch.failures()[Failure.LOCAL] > 10, deadline=60)
                await watch.all_have_ended()
        assert watch.scheduler.counters.standstills >= 1
        assert watch.outages() == []


@pytest.mark.parametrize("seconds", STANDSTILLS)
async def test_lie_2_a_loop_that_stands_still_with_the_probe_of_netmon(seconds: float) -> None:
    """The client reads what waits before it says that nothing came: hardly anybody is blind, nobody down."""
    with UdpCity(addresses(), delay=0.3) as city:
        inventory = inventory_of(city.port, interval=5)
        async with snmp_client() as client:
            watch = Watch(inventory, snmp_probes(client, inventory), client)
            async with watch.running():
                await asyncio.sleep(0.2)
                watch.ask_all()
                hold_up(seconds, after=0.8)
                await until(lambda: watch.scheduler.counters.standstills > 0, deadline=60)
                await watch.all_have_ended()
        assert watch.outages() == []
        assert watch.failures()[None] >= DEVICES


# -- 3 --------------------------------------------------------------------------------------------------

SMALLEST_BUFFER = 2304  # bytes; the kernel grants no less: a handful of answers


def set_buffer(shared: DatagramSocket, size: int) -> None:
    """Give an open socket a receive buffer of so many bytes."""
    assert shared._socket is not None
    shared._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


async def test_lie_3_a_receive_buffer_that_overflows() -> None:
    """The loop is busy for half a second, which is no standstill; meanwhile the answers do not fit into the buffer."""
    with UdpCity(addresses(), delay=0.3) as city:
        inventory = inventory_of(city.port, interval=5)
        async with naive_monitor() as naive:
            opened = naive.transport.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
            hold_up(0.6, after=0.2)
            answers = await asyncio.gather(*(naive.probe(check) for check in deciding(inventory)))
        lies = sum(each.outcome is Outcome.DOWN for each in answers)
        assert city.answered == DEVICES
        assert lies > DEVICES / 2, "the lie: devices that have answered are down"

        async with snmp_client() as client:
            shared = client._sockets.of(socket.AF_INET)
            set_buffer(shared, SMALLEST_BUFFER)
            watch = Watch(inventory, snmp_probes(client, inventory), client)
            async with watch.running():
                await asyncio.sleep(0.2)
                watch.ask_all()
                hold_up(0.6, after=0.8)
                await until(lambda: watch.failures()[Failure.LOCAL] > 3, deadline=60)
                await watch.all_have_ended()
            assert client.overflows > 0
        assert watch.outages() == []


async def test_lie_3_with_a_probe_that_does_not_look_at_its_buffer() -> None:
    """The scheduler's rule alone: the probe says TIMEOUT, the socket has overflowed meanwhile, so nobody is down."""
    with UdpCity(addresses(), delay=0.3) as city:
        inventory = inventory_of(city.port, interval=5)
        unwary = UnwaryMonitor(SMALLEST_BUFFER)
        unwary.socket.open()
        watch = Watch(inventory, {"snmp": unwary.probe}, unwary.socket)
        async with watch.running():
            await asyncio.sleep(0.2)
            watch.ask_all()
            hold_up(0.6, after=0.8)
            await until(lambda: watch.failures()[Failure.LOCAL] > 3, deadline=60)
            await watch.all_have_ended()
        unwary.socket.close()
        assert unwary.socket.overflows > 0
        assert watch.outages() == []
