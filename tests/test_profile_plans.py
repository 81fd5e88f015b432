"""A plan asks what a device has, once, and sees when the device is no longer as it was."""

from __future__ import annotations

import pytest
from profile_cells import IF, IFX, UP_TIME, met, polled, ports, shown

from netmon.measures import line_of
from netmon.profiles import Cell, Values, boot_timestamp, gap, misfit, readings, started_anew, table_changed
from netmon.profiles.plan import WRAP_SECONDS

# -- plans --------------------------------------------------------------------------------------------


def test_64_bit_counters_come_first_and_32_bits_where_there_are_no_others() -> None:
    """The choice is each row's own."""
    assert met(ports(b"ether1"))[1]['interface_receive_bytes_total{interface="ether1"}'] == 2**40 + 1
    assert met(ports(b"ether1", wide=False))[1]['interface_receive_bytes_total{interface="ether1"}'] == 1


def test_two_interfaces_of_one_name_are_told_apart_by_their_index() -> None:
    """No two series are the same, also where a third port has the name that the first would get."""
    plan, _ = met(ports(b"lan", b"lan", b"wan"))
    assert list(plan.interfaces) == ["lan#1", "lan#2", "wan"]
    plan, _ = met(ports(b"lan", b"lan", b"lan#1"))
    assert len(set(plan.interfaces)) == 3


@pytest.mark.parametrize(
    "name", [b'"quoted"\\', b"new\nline", b"caf\xe9", b"\0\x01", b"x" * 10_000, "Padang \N{SNOWMAN}".encode(), b""]
)
def test_hostile_names_make_valid_and_different_lines(name: bytes) -> None:
    """Whatever an agent calls its ports, each has one line of its own that is valid UTF-8 without a line end inside."""
    plan, _ = met(ports(name, name))
    lines = [line_of(made) for made, _ in readings(plan, polled(plan, ports(name, name)))]
    assert len(set(lines)) == len(lines) == 6
    assert not any("\n" in line for line in lines)
    assert all(len(line.encode()) < 1200 for line in lines)


def test_names_fall_back_to_description_and_index() -> None:
    """An empty ifName is none."""
    cells = ports(b"", b"second")
    cells[f"{IF}.2.1"] = b"Ethernet 1"
    assert list(met(cells)[0].interfaces) == ["Ethernet 1", "second"]
    cells[f"{IF}.2.1"] = b""
    assert list(met(cells)[0].interfaces) == ["1", "second"]


def test_the_cell_that_vouches_travels_with_its_row_behind_sysuptime() -> None:
    """Each request begins with sysUpTime; a row is never dealt to two requests; none asks for too much."""
    plan, _ = met(ports(*(f"port{n}".encode() for n in range(60))))
    assert len(plan.requests) > 3
    for request in plan.requests:
        assert request[0] == UP_TIME
        assert len(request) <= 48
        rows = {oid.rpartition(".")[2] for oid in request if oid.startswith((IF, IFX))}
        assert {f"{IFX}.1.{row}" for row in rows} <= set(request)


def test_a_renumbered_interface_is_seen() -> None:
    """A port that has another's name now makes the plan misfit; so does one that is gone."""
    cells = ports(b"ether1", b"ether2")
    plan, _ = met(cells)
    assert misfit(plan, polled(plan, cells)) == ""
    cells[f"{IFX}.1.1"], cells[f"{IFX}.1.2"] = b"ether2", b"ether1"
    assert misfit(plan, polled(plan, cells)) == "a row is no longer 'ether1'"
    del cells[f"{IFX}.1.1"]
    assert misfit(plan, polled(plan, cells)) == "a row is no longer 'ether1'"


def test_a_table_that_changed_and_an_object_that_is_gone_are_seen() -> None:
    """The agent counts another number of ports; a counter vanished from a row that is still there."""
    cells = ports(b"ether1")
    plan, _ = met(cells)
    assert not table_changed(plan, polled(plan, cells))
    cells["1.3.6.1.2.1.2.1.0"] = 2
    assert table_changed(plan, polled(plan, cells))
    del cells[f"{IFX}.6.1"]
    assert gap(plan, polled(plan, cells)) == "interface_receive_bytes_total is gone"
    assert 'interface_receive_bytes_total{interface="ether1"}' not in shown(plan, cells)


def test_requests_without_an_answer_say_nothing_of_rows() -> None:
    """A lost packet is no renamed port, and its readings are absent."""
    cells = ports(b"ether1")
    plan, _ = met(cells)
    slots = len(polled(plan, cells).cells)
    lost = Values([None] * slots, failed=frozenset(range(slots)))
    assert (misfit(plan, lost), gap(plan, lost), table_changed(plan, lost)) == ("", "", False)
    assert len(readings(plan, lost)) == 0


def test_a_speed_of_zero_is_unknown_and_the_other_object_is_asked() -> None:
    """A speed of 0 Mbit/s beside a true one in bit/s: slower than a megabit. Both 0: unknown until it is up."""
    cells = ports(b"modem")
    cells |= {f"{IFX}.15.1": 0, f"{IF}.5.1": 64000}
    line = 'interface_speed_bytes_per_second{interface="modem"}'
    assert met(cells)[1][line] == 8000
    cells[f"{IF}.5.1"] = 0
    plan, read = met(cells)
    assert line not in read
    cells[f"{IFX}.15.1"] = 100
    assert shown(plan, cells)[line] == 12_500_000


def test_memory_without_what_the_kernel_gives_back() -> None:
    """UCD's numbers come before HOST-RESOURCES, whose row counts caches as used."""
    ram = {
        f"1.3.6.1.2.1.25.2.3.1.{column}.1": cell for column, cell in ((2, "1.3.6.1.2.1.25.2.1.2"), (5, 100), (6, 90))
    }
    disk = {f"1.3.6.1.2.1.25.2.3.1.{column}.2": cell for column, cell in ((2, "1.3.6.1.2.1.25.2.1.4"), (5, 7), (6, 7))}
    ucd = {f"1.3.6.1.4.1.2021.4.{row}.0": cell for row, cell in ((5, 1000), (6, 100), (14, 100), (15, 500))}
    assert met({**ram, **disk})[1]["memory_used_ratio"] == 0.9
    assert met({**ram, **disk, **ucd})[1]["memory_used_ratio"] == 0.3


def test_processors_are_averaged() -> None:
    """Four cores, one busy."""
    cells: dict[str, Cell] = {f"1.3.6.1.2.1.25.3.3.1.2.{core}": load for core, load in enumerate((100, 0, 0, 0), 1)}
    assert met(cells)[1] == {"cpu_load_ratio": 0.25}


# -- time of start ------------------------------------------------------------------------------------


def test_the_time_of_start_is_steady_and_right_across_the_wrap() -> None:
    """A poll each minute for two wraps: jitter of the network never moves it."""
    boot, start = None, 1_700_000_000.0
    for minute, late in ((0, 0.3), (1, 0.0), (2, 1.2), (715_827, 0.1), (715_829, 0.4), (1_431_660, 0.0)):
        elapsed = minute * 60
        ticks = int(elapsed * 100) % 2**32
        boot = boot_timestamp(ticks, start + elapsed + late, boot)
        assert boot == pytest.approx(start + 0.3)


@pytest.mark.parametrize(
    ("ticks", "at", "previous", "boot"),
    [
        (1000, 2_000_000.0, None, 1_999_990.0),
        (1000, 2_000_000.0, 1_500_000.0, 1_999_990.0),  # started anew
        (1000, 2_000_000.0, 1_999_989.0, 1_999_989.0),  # jitter
        (0, 2_000_000.0 + WRAP_SECONDS, 2_000_000.0, 2_000_000.0),  # the wrap itself
        (100, 2_000_001.0 + 2 * WRAP_SECONDS, 2_000_000.0, 2_000_000.0),  # two wraps unseen
        (100, 3_000_000.0 + WRAP_SECONDS, 2_000_000.0, 2_999_999.0 + WRAP_SECONDS),  # started anew after a wrap
        (100, 1_000_000.0, 2_000_000.0, 999_999.0),  # our own clock was set back
    ],
)
def test_time_of_start(ticks: int, at: float, previous: float | None, boot: float) -> None:
    """From sysUpTime, with what was known before."""
    assert boot_timestamp(ticks, at, previous) == pytest.approx(boot)


def test_a_fallen_sysuptime_is_a_new_start() -> None:
    """The first poll has nothing to compare with."""
    assert not started_anew(5, None)
    assert not started_anew(5, 5)
    assert started_anew(4, 5)
