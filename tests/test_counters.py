"""Counters: a wrap is told from a restart and from a cleared counter, and where nobody can know nothing is counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import snmprec
from live_city import small_city
from profile_cells import IF, IFX, UP_TIME, met, ports, shown
from snmp_agents import running_agent
from snmp_city import OPEN, City, check_of, records_of, values

from netmon.cli import main
from netmon.history import History
from netmon.measures import series
from netmon.model import Check, Device, Observation, Readings
from netmon.profiles import Cell
from netmon.sink import Sink
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.state import CityState
from netmon.tracks import Track

START = 1_790_000_000.0
"""A Unix second at the beginning of an hour or so; polls are a minute apart."""

BOOT = START - 1_000_000
ROUND = 2**32
FAST = ROUND / 12_500_000
"""Seconds in which 32 bits go round at 100 Mbit/s: 343.6."""

OCTETS_IN, OCTETS_OUT, SPEED = f"{IF}.10", f"{IF}.16", f"{IF}.5"
RESET = f"{IFX}.19"
RECEIVED = "interface_receive_bytes_total"
WRAP = 'interface_bytes_wrap_seconds{interface="ether1"}'


class Hours:
    """A sink with a history of its own, and what it has counted."""

    def __init__(self, folder: Path) -> None:
        """Begin with a city whose router rt-1 has the WAN port ether1."""
        self.history = History.open(folder)
        inventory = small_city()
        devices = {**inventory.devices, "rt-1": replace(inventory.devices["rt-1"], wan="ether1")}
        self.state = CityState(replace(inventory, devices=devices), lambda _: Track(), {})
        self.sink = Sink(self.history, self.state)
        self.check = Check("rt-1/readings", "rt-1", "readings", 60)
        self.device: Device = devices["rt-1"]

    def told(self, at: float, pairs: list[tuple[str, str, float]], duration: float = 0.0) -> None:
        """Take in readings ``(measure, interface, value)``; those of the device have no interface."""
        made = [
            (series(measure, self.device, {"interface": port} if port else {}), value) for measure, port, value in pairs
        ]
        self.sink(Observation(self.check, at, duration=duration, readings=Readings.of(made)))

    def counted(self, measure: str = "wan_receive_bytes") -> list[float]:
        """Give the growth that was counted: how often, and its sum in bytes."""
        found = self.history.hourly(0, 2**31, measure)
        return [sum(hour.count for hour in found), sum(hour.count * hour.mean for hour in found)]


@pytest.fixture
def hours(tmp_path: Path) -> Iterator[Hours]:
    """Make an empty sink."""
    made = Hours(tmp_path)
    yield made
    made.history.close()


@dataclass(frozen=True)
class Told:
    """What a poll tells of the WAN port."""

    value: float
    boot: float | None = BOOT
    wrap: float | None = None
    reset: float | None = None
    port: str = "ether1"

    def pairs(self) -> list[tuple[str, str, float]]:
        """Give the readings; what is ``None`` is not told."""
        pairs = [
            (RECEIVED, self.port, self.value),
            ("device_boot_timestamp_seconds", "", self.boot),
            ("interface_bytes_wrap_seconds", self.port, self.wrap),
            ("interface_discontinuity_uptime_seconds", self.port, self.reset),
            ("interface_bytes_wrap_seconds", "another", 0.5),
        ]
        return [(measure, port, value) for measure, port, value in pairs if value is not None]


NARROW = Told(1000, wrap=FAST)
WIDE = Told(2**40)
NOTHING = [0, 0]


@pytest.mark.parametrize(
    ("before", "now", "grown"),
    [
        # 64 bits
        (WIDE, Told(2**40 + 500), 500),
        (WIDE, WIDE, 0),
        (WIDE, Told(100), None),  # cleared: it never wraps
        (WIDE, Told(2**40 + 500, boot=START + 20), None),  # restarted, and already beyond
        (WIDE, Told(100, boot=START + 20), None),
        (WIDE, Told(2**40 + 500, boot=BOOT + 3), 500),  # a clock that drifts is no restart
        (WIDE, Told(2**40 + 500, boot=BOOT - 400), 500),
        (WIDE, Told(2**40 + 500, boot=START - 3), None),  # answers take their time: it may have started just now
        (Told(2**40, boot=START - 3), Told(2**40 + 500, boot=START - 3), 500),  # it had started already
        (Told(2**40, boot=None), Told(2**40 + 500), 500),  # no sysUpTime at times: growth is growth
        (Told(2**40, boot=None), Told(100, boot=None), None),
        # 32 bits at 100 Mbit/s: within a minute once round at most
        (NARROW, Told(5000, wrap=FAST), 4000),
        (Told(ROUND - 1000, wrap=FAST), Told(500, wrap=FAST), 1500),  # it went round
        (Told(ROUND - 1000, wrap=FAST), Told(500, wrap=FAST, boot=START + 20), None),  # it restarted
        (Told(ROUND - 1000, wrap=FAST, boot=None), Told(500, wrap=FAST), None),  # who knows
        (Told(ROUND - 1000, wrap=FAST), Told(500, wrap=FAST, boot=None), None),
        (Told(2**31, wrap=FAST), Told(500, wrap=FAST), None),  # 2 GB in a minute: cleared, the port is not so fast
        (Told(ROUND - 1, wrap=FAST), Told(740_000_000, wrap=FAST), 740_000_001),
        (Told(ROUND - 1, wrap=FAST), Told(760_000_000, wrap=FAST), None),  # 750 MB are the most
        (Told(ROUND - 9, wrap=FAST, reset=0.0), Told(1, wrap=FAST, reset=0.0), 10),
        (Told(ROUND - 9, wrap=FAST, reset=0.0), Told(1, wrap=FAST, reset=1_000_030.0), None),  # it says that it began
        (NARROW, Told(5000, wrap=FAST, reset=7.0), 4000),  # not told before: nothing has changed
        # 32 bits that may have gone round in a minute
        (Told(1000, wrap=34.4), Told(5000, wrap=34.4), None),
        (Told(5000, wrap=34.4), Told(1000, wrap=34.4), None),
        (Told(1000, wrap=60.0), Told(5000, wrap=60.0), None),
        (Told(1000, wrap=60.1), Told(5000, wrap=60.1), 4000),
        (Told(1000, wrap=34.4), Told(5000, wrap=FAST), None),  # it was a fast port a moment ago
        # 32 bits in one poll and 64 in the other: other counters
        (NARROW, WIDE, None),
        (Told(5 * ROUND + 1000), NARROW, None),
        # another port
        (WIDE, Told(2**40 + 500, port="ether2"), None),
        (WIDE, Told(2**40 + 500, port="ether1#3"), None),
    ],
)
def test_what_grew_between_two_polls_is_counted_or_not(
    hours: Hours, before: Told, now: Told, grown: float | None
) -> None:
    """A minute apart, asked each minute."""
    hours.told(START, before.pairs())
    hours.told(START + 60, now.pairs())
    assert hours.counted() == (NOTHING if grown is None else [1, grown])


@pytest.mark.parametrize(
    ("passed", "duration", "is_counted"),
    [(60, 0, True), (150, 0, True), (151, 0, False), (0, 0, False), (-60, 0, False), (60, 30, True), (60, 41, False)],
)
def test_time_between_two_polls(hours: Hours, passed: float, duration: float, is_counted: bool) -> None:
    """Missed polls and a clock put back count nothing; a poll that took long may have read the counter at its end.

    The port goes round in 100 s where a slow poll is tried, in 151 s else.
    """
    wrap = 100.1 if duration else 151.0
    hours.told(START, Told(1000, wrap=wrap).pairs())
    hours.told(START + passed, Told(5000, wrap=wrap).pairs(), duration)
    assert hours.counted() == ([1, 4000] if is_counted else NOTHING)


def test_counting_goes_on_after_what_was_not_counted(hours: Hours) -> None:
    """A restart, a wrap and a poll without the counter cost their own step and no other."""
    hours.told(START, Told(ROUND - 1000, wrap=FAST).pairs())
    hours.told(START + 60, Told(0, wrap=FAST, boot=START + 30).pairs())  # restarted
    hours.told(START + 120, Told(ROUND // 8, wrap=FAST, boot=START + 30).pairs())
    hours.told(START + 180, [("device_boot_timestamp_seconds", "", START + 30)])  # the port is left out
    hours.told(START + 240, Told(ROUND // 8 + 7, wrap=FAST, boot=START + 30).pairs())
    assert hours.counted() == [2, ROUND // 8 + 7]


def test_both_directions_are_counted_by_themselves(hours: Hours) -> None:
    """One may go round while the other grows."""
    for at, received, sent in ((0, ROUND - 10, 5), (60, 10, 105)):
        pairs = [*Told(received, wrap=FAST).pairs(), ("interface_transmit_bytes_total", "ether1", float(sent))]
        hours.told(START + at, pairs)
    assert hours.counted() == [1, 20]
    assert hours.counted("wan_transmit_bytes") == [1, 100]


def test_another_wan_port_begins_from_nothing(hours: Hours) -> None:
    """The inventory names ether2 in place of ether1: what lies between their counters is no traffic."""
    both = [(RECEIVED, "ether1", 1000.0), (RECEIVED, "ether2", 9000.0)]
    hours.told(START, both)
    inventory = hours.state.inventory
    moved = replace(hours.device, wan="ether2")
    hours.state.load(replace(inventory, devices={**inventory.devices, "rt-1": moved}), {}, int(START + 30))
    hours.told(START + 60, both)
    assert hours.counted() == NOTHING
    hours.told(START + 120, [(RECEIVED, "ether1", 1000.0), (RECEIVED, "ether2", 9500.0)])
    assert hours.counted() == [1, 500]


# -- which ports are marked ---------------------------------------------------------------------------


def narrow(**more: Cell) -> dict[str, Cell]:
    """Make a device whose port ether1 has 32 bits; ``more`` are cells of its row by ``if_`` or ``ifx_`` and column."""
    cells = ports(b"ether1", wide=False)
    for name, cell in more.items():
        table, _, column = name.partition("_")
        cells[f"{IF if table == 'if' else IFX}.{column}.1"] = cell
    return cells


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (narrow(if_5=100_000_000), FAST),
        (narrow(if_5=100_000_000, ifx_15=100), FAST),
        (narrow(if_5=2**32 - 1, ifx_15=10_000), ROUND / 1_250_000_000),  # too fast for ifSpeed
        (narrow(if_5=64_000, ifx_15=0), ROUND / 8000),
        (narrow(if_5=0), None),  # its speed is not known
        (narrow(), None),
        (narrow(if_5=100_000_000, ifx_6=2**40), None),  # it has 64 bits
        (narrow(if_5=100_000_000, ifx_6=0), None),  # though nothing has come yet
    ],
)
def test_a_port_with_nothing_but_32_bits_is_marked(cells: dict[str, Cell], seconds: float | None) -> None:
    """With the seconds in which they go round at full speed; not where it has 64, nor without a known speed."""
    assert met(cells)[1].get(WRAP) == (None if seconds is None else pytest.approx(seconds))


def test_a_port_without_counters_is_not_marked() -> None:
    """There is nothing that could go round."""
    cells = narrow(if_5=100_000_000)
    del cells[f"{OCTETS_IN}.1"]
    assert WRAP not in met(cells)[1]


def test_the_mark_follows_the_speed_and_costs_no_object() -> None:
    """It is made of the cell that the speed is read from."""
    cells = narrow(if_5=100_000_000)
    plan, _ = met(cells)
    assert shown(plan, {**cells, f"{SPEED}.1": 10_000_000})[WRAP] == pytest.approx(FAST * 10)
    assert WRAP not in shown(plan, {**cells, f"{SPEED}.1": 0})
    asked = [oid for request in plan.requests for oid in request]
    assert asked.count(f"{SPEED}.1") == 1


def test_the_time_of_the_last_discontinuity_is_read_for_32_bits_only() -> None:
    """A port with 64 bits is not asked for it: its fall tells the same."""
    line = 'interface_discontinuity_uptime_seconds{interface="ether1"}'
    assert met(narrow(ifx_19=4200))[1][line] == 42
    assert met(narrow(ifx_19=0))[1][line] == 0
    plan, read = met(narrow(ifx_19=4200, ifx_6=2**40))
    assert line not in read
    assert not any(oid.startswith(RESET) for request in plan.requests for oid in request)


def test_each_port_is_marked_by_itself() -> None:
    """One device may have both kinds."""
    cells = ports(b"old", b"new", wide=False)
    cells |= {f"{SPEED}.1": 100_000_000, f"{SPEED}.2": 1_000_000_000, f"{IFX}.6.2": 2**40}
    read = met(cells)[1]
    assert [line for line in read if "wrap" in line] == ['interface_bytes_wrap_seconds{interface="old"}']
    assert read['interface_receive_bytes_total{interface="new"}'] == 2**40


# -- stories of an agent ------------------------------------------------------------------------------


@dataclass
class Router:
    """An agent whose clock the test turns, polled each minute into a sink."""

    city: City
    check: Check
    records: snmprec.Records
    hours: Hours
    now: float = START
    booted: float = BOOT

    def set(self, **counters: int) -> None:
        """Set counters by the port's name."""
        for name, value in counters.items():
            (index,) = [oid.rpartition(".")[2] for oid, (_, cell) in self.records.items() if cell == name.encode()][:1]
            tag = self.records[f"{OCTETS_IN}.{index}"][0]
            self.records[f"{OCTETS_IN}.{index}"] = tag, value

    async def poll(self, **counters: int) -> Observation:
        """Let a minute pass, and read the device."""
        self.now += 60
        self.set(**counters)
        self.records[UP_TIME] = wire.TIME_TICKS, int((self.now - self.booted) * 100) % ROUND
        self.city.now += 60
        seen = (await self.city.probes.readings(self.check))._replace(duration=0.1)
        assert not seen.partial, seen.detail
        self.hours.sink(seen)
        return seen

    def restart(self) -> None:
        """Start anew half a minute after the poll before."""
        self.booted = self.now + 30


@pytest.fixture
async def router(hours: Hours) -> AsyncIterator[Router]:
    """Run an agent with two ports of 32 bits at 100 Mbit/s; ether1 is the WAN port."""
    cells = ports(b"ether1", b"ether2", wide=False) | {f"{SPEED}.1": 100_000_000, f"{SPEED}.2": 100_000_000}
    records = records_of(cells)
    client = SnmpClient(wall=lambda: made.now)
    await client.open()
    async with running_agent(snmprec.responding(records)) as agent:
        city = City(client)
        device = replace(hours.device, address=agent.address, port=agent.port, credential=OPEN.name)
        city.devices["rt-1"] = device
        made = Router(city, replace(check_of(device, 5.0), interval=60), records, hours)
        yield made
    client.close()


async def test_a_wrap_is_counted_and_a_restart_is_not(router: Router) -> None:
    """The same fall of the same counter: sysUpTime says which it was."""
    seen = await router.poll(ether1=ROUND - 1000)
    assert values(seen, "interface_bytes_wrap_seconds") == {
        "ether1": pytest.approx(FAST),
        "ether2": pytest.approx(FAST),
    }
    await router.poll(ether1=500)
    assert router.hours.counted() == [1, 1500]
    await router.poll(ether1=700_000_500)
    assert router.hours.counted() == [2, 700_001_500]
    router.restart()
    await router.poll(ether1=300)
    assert router.hours.counted() == [2, 700_001_500]
    await router.poll(ether1=400)
    assert router.hours.counted() == [3, 700_001_600]


async def test_a_restart_whose_counters_are_already_beyond_is_not_counted(router: Router) -> None:
    """Growth alone proves nothing."""
    await router.poll(ether1=1000)
    router.restart()
    await router.poll(ether1=2000)
    assert router.hours.counted() == NOTHING


async def test_a_cleared_counter_is_no_wrap(router: Router) -> None:
    """Somebody sets it to 0 at the console: the port cannot have sent 2 GB in a minute."""
    await router.poll(ether1=2**31)
    await router.poll(ether1=1000)
    await router.poll(ether1=1500)
    assert router.hours.counted() == [1, 500]


async def test_497_days_are_no_restart(router: Router) -> None:
    """The device's uptime goes round between two polls, and the counter grows on."""
    router.booted = router.now + 90 - ROUND / 100
    before = await router.poll(ether1=1000)
    after = await router.poll(ether1=1800)
    assert router.records[UP_TIME][1] == 3000
    assert values(before, "device_boot_timestamp_seconds") == values(after, "device_boot_timestamp_seconds")
    assert router.hours.counted() == [1, 800]


async def test_a_restart_that_numbers_the_ports_anew_keeps_names_apart(router: Router) -> None:
    """The WAN port goes on under its name, and no other port's bytes are counted for it."""
    await router.poll(ether1=1000, ether2=900_000)
    router.restart()
    for column in (2, 5, 7, 8, 10):
        first, second = f"{IF}.{column}.1", f"{IF}.{column}.2"
        router.records[first], router.records[second] = router.records[second], router.records[first]
    seen = await router.poll(ether1=50, ether2=70)
    assert values(seen, RECEIVED) == {"ether1": 50, "ether2": 70}
    await router.poll(ether1=150, ether2=800_000)
    assert router.hours.counted() == [1, 100]


async def test_ports_that_change_places_without_a_restart_are_not_mixed(router: Router) -> None:
    """The cell with the name travels with the numbers; a step between two ports is never counted."""
    await router.poll(ether1=1000, ether2=900_000)
    for column in (2, 10):
        first, second = f"{IF}.{column}.1", f"{IF}.{column}.2"
        router.records[first], router.records[second] = router.records[second], router.records[first]
    await router.poll(ether1=1100)
    assert router.hours.counted() == [1, 100]


async def test_two_ports_of_one_name_are_neither_of_them_the_wan_port(router: Router) -> None:
    """Nobody can say which is meant: nothing is counted, and both are told apart."""
    await router.poll(ether1=1000, ether2=2000)
    router.records[f"{IF}.2.2"] = wire.OCTET_STRING, b"ether1"
    router.records["1.3.6.1.2.1.2.1.0"] = wire.INTEGER, 3  # the agent tells that its table changed
    seen = await router.poll()
    assert values(seen, RECEIVED) == {"ether1#1": 1000, "ether1#2": 2000}
    router.records[f"{OCTETS_IN}.1"] = wire.INTEGER, 7000
    await router.poll()
    assert router.hours.counted() == NOTHING
    router.records[f"{IF}.2.2"] = wire.OCTET_STRING, b"ether2"
    router.records["1.3.6.1.2.1.2.1.0"] = wire.INTEGER, 2
    await router.poll(ether1=8000)
    await router.poll(ether1=8100)
    assert router.hours.counted() == [1, 100]


async def test_the_first_contact_by_hand_says_it(
    router: Router, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`netmon probe` names the port and the seconds, in words and in JSON."""
    router.records[UP_TIME] = wire.TIME_TICKS, 1000
    words = ["probe", router.check.address, "--port", str(router.check.port), "--community", "public"]
    words += ["--inventory", str(tmp_path)]
    assert await asyncio.to_thread(main, words) == 0
    assert "ether1: 32-bit counters, wrap in 344 s at full speed\n" in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["interfaces"]
    assert [port["bytes_wrap_seconds"] for port in told] == pytest.approx([FAST, FAST])
