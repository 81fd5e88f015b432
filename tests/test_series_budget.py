"""The series budget: what a device tells beyond it is left out by whole rows, counted, and named once."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from golden_city import exporter, values_of
from hypothesis import given
from hypothesis import strategies as st
from live_city import NOW, LiveCity, small_city

from netmon.measures import series
from netmon.model import Device, Inventory, Role, Series, Settings
from netmon.state.readings import within

ROUTER = Device("rt", Role.ROUTER, "10.0.0.1", wan="ether9")
MEASURES = ("interface_up", "interface_admin_up", "interface_receive_bytes_total")
DROPPED = 'netmon_series_dropped{device="rt-1",site="",uplink="up-1"}'


def ports(*names: str) -> list[tuple[Series, float]]:
    """Give three values for each port."""
    return [(series(measure, ROUTER, {"interface": name}), 1.0) for measure in MEASURES for name in names]


def kept_ports(values: list[tuple[Series, float]]) -> list[str]:
    """Name the ports of values, each once, in their order."""
    return list(dict.fromkeys(dict(one.labels).get("interface", "") for one, _ in values))


def test_whole_interfaces_are_left_out_in_the_order_of_their_names() -> None:
    """The device's own values first, then the port to the provider, then ports by name with their numbers counted."""
    values = [*ports("ether10", "ether2", "ether9", "bridge"), (series("cpu_load_ratio", ROUTER), 0.5)]
    kept, left_out = within(values, 8, "ether9")
    assert kept_ports(kept) == ["", "ether9", "bridge"]
    assert left_out == {("interface", "ether2"): 3, ("interface", "ether10"): 3}


def test_what_a_device_is_for_comes_before_its_interfaces() -> None:
    """Radios, networks and sensors are kept before any interface."""
    values = [*ports("ether1"), (series("wifi_ssid_clients", ROUTER, {"ssid": "Padang"}), 3.0)]
    assert within(values, 1) == ([values[-1]], {("interface", "ether1"): 3})


def test_a_controllers_many_radios_come_last() -> None:
    """More of them than there is room for must not cost it its ports; a radio or two come before the ports."""
    radios = [(series("wifi_radio_clients", ROUTER, {"radio": f"ap{n}/1", "band": "5"}), 2.0) for n in range(12)]
    kept, left_out = within([*radios, *ports("ether1", "ether9")], 8, "ether9")
    assert kept_ports(kept) == ["ether9", "ether1", ""]
    assert len(kept) == 8
    assert len(left_out) == 10
    assert kept_ports(within([*radios[:2], *ports("ether1", "ether9")], 6)[0]) == ["", "ether1"]


@given(st.permutations([f"ether{number}" for number in range(8)]), st.integers(0, 24))
def test_the_order_of_the_answer_does_not_matter(names: list[str], room: int) -> None:
    """However an agent orders its table, the same whole rows are kept, never more than there is room for."""
    kept, left_out = within(ports(*names), room)
    assert set(kept_ports(kept)) == {f"ether{number}" for number in range(room // 3)}
    assert len(kept) == room // 3 * 3
    assert len(kept) + sum(left_out.values()) == 24


def city_with(budget: int) -> LiveCity:
    """Let the router of a small city tell of forty ports, and be pinged."""
    city = LiveCity(small_city(settings=Settings(series_budget=budget)))
    city.read(NOW, "rt-1", [(measure, {"interface": f"ether{n}"}, 1) for n in range(1, 41) for measure in MEASURES])
    city.observe(NOW, "rt-1", rtt=0.001, loss=0.0)
    return city


def test_a_device_has_no_more_series_than_its_budget(caplog: pytest.LogCaptureFixture) -> None:
    """The page holds at most the budget of a device's readings, ping included, says what is missing; the log, once."""
    with caplog.at_level(logging.WARNING):
        city = city_with(100)
        city.read(NOW + 1, "rt-1", [(m, {"interface": f"ether{n}"}, 1) for n in range(1, 41) for m in MEASURES])
    values = values_of(exporter(city).text())
    told = [key for key in values if 'device="rt-1"' in key and key.startswith(("netmon_interface", "netmon_icmp"))]
    assert len(told) == 98  # 32 ports and the ping
    assert values[DROPPED] == 24
    assert [record.getMessage() for record in caplog.records] == [
        "rt-1 tells 120 series, more than its budget of 100: 24 are left out, those of "
        + ", ".join(f"interface 'ether{number}'" for number in range(33, 41))
    ]


def test_within_the_budget_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A device that keeps to it has no such series, and the log nothing."""
    city = city_with(122)
    assert DROPPED not in exporter(city).text()
    assert caplog.records == []


def test_a_new_budget_holds_from_the_next_poll_on() -> None:
    """A reload changes it; a device that leaves takes its series along."""
    city = city_with(100)
    inventory = city.state.inventory
    city.state.load(replace(inventory, settings=Settings(series_budget=500)), None, NOW)
    city.read(NOW, "rt-1", [(m, {"interface": f"ether{n}"}, 1) for n in range(1, 41) for m in MEASURES])
    assert city.state.dropped(NOW) == {}
    city.state.load(Inventory(), None, NOW)
    assert city.state.readings(NOW) == {}
