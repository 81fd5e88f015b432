"""What a profile can say of rows, texts and objects, each on cells made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from profile_cells import IFX, ROUTER, answers_of, met, polled, ports, shown

from netmon.profiles import (
    TEXT_TRANSFORMS,
    TRANSFORMS,
    Cell,
    Plan,
    ProfileError,
    access_points,
    build,
    identify,
    listing_needs,
    make_plan,
    misfit,
    needs,
    questions,
    readings,
    table_changed,
)

T = "1.3.6.1.4.1.99999"


def of(text: str, cells: Mapping[str, Cell]) -> dict[str, float]:
    """Read cells by a profile of the test's own; ``T`` stands for the maker's subtree."""
    _, lines = met(cells, **yaml.safe_load(text.replace("T.", f"{T}.")))
    return lines


def column(number: int, rows: Mapping[str, Cell]) -> dict[str, Cell]:
    """Make a column's cells."""
    return {f"{T}.{number}.{index}": cell for index, cell in rows.items()}


# -- recognition --------------------------------------------------------------------------------------

MAKER = [{"sys_object_id": T}]
FAMILY: dict[str, Any] = {
    "generic": {},
    "plain": {"match": MAKER},
    "having": {"match": [{"sys_object_id": T, "has": [f"{T}.7"]}]},
    "saying": {"match": [{"sys_object_id": T, "has": f"{T}.7", "says": {"get": f"{T}.8.0", "pattern": "^ZD"}}]},
    "elsewhere": {"match": [{"sys_object_id": "1.3.6.1.4.1.5", "has": f"{T}.9"}]},
}


@pytest.mark.parametrize(
    ("told", "profile"),
    [
        ({}, "plain"),
        ({f"{T}.7": None, f"{T}.8.0": b"ZD"}, "plain"),
        ({f"{T}.7": 0}, "having"),
        ({f"{T}.7": 0, f"{T}.8.0": b"AP"}, "having"),
        ({f"{T}.7": 0, f"{T}.8.0": b"ZD1200"}, "saying"),
    ],
)
def test_a_device_is_recognised_by_what_it_has_and_says(told: dict[str, Cell], profile: str) -> None:
    """All that is given must hold, and what asks for more wins; 0 is an object that is there."""
    assert identify(build(FAMILY), f"{T}.1", "", told).name == profile


def test_only_candidates_are_asked_for() -> None:
    """Objects of other makers, and of profiles that the texts rule out, cost no packet; each is asked once."""
    assert questions(build(FAMILY).values(), f"{T}.1", "") == (f"{T}.7", f"{T}.8.0")
    assert questions(build(FAMILY).values(), "1.3.6.1.4.1.6", "") == ()


def test_a_variant_may_go_by_objects_alone() -> None:
    """The profile has fitted already; the variant asks further."""
    raw = {
        "generic": {},
        "maker": {"match": MAKER, "vendor": "Old", "variants": [{"match": {"has": f"{T}.7"}, "vendor": "New"}]},
    }
    profiles = build(raw)
    assert questions(profiles.values(), T, "") == (f"{T}.7",)
    assert [identify(profiles, T, "", told).vendor for told in ({}, {f"{T}.7": b""})] == ["Old", "New"]


# -- texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "cell", "text"),
    [
        ("mac", b"\x00\x1a\x2b\x3c\x4d\x5e", "00:1a:2b:3c:4d:5e"),
        ("mac", b"00-1A-2B-3C-4D-5E", "00:1a:2b:3c:4d:5e"),
        ("mac", b"0:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"),
        ("mac", b"001a.2b3c.4d5e", "00:1a:2b:3c:4d:5e"),
        ("mac", b"0011.2233.4455", "00:11:22:33:44:55"),
        ("mac", b"001a2b3c4d5e", "00:1a:2b:3c:4d:5e"),
        ("mac", "0.26.43.60.77.94", "00:1a:2b:3c:4d:5e"),
        ("mac", "6.0.26.43.60.77.94", "00:1a:2b:3c:4d:5e"),
        ("mac", bytes(6), ""),
        ("mac", b"", ""),
        ("address", b"\x0a\x47\x03\x0b", "10.71.3.11"),
        ("address", b"10.71.3.11", "10.71.3.11"),
        ("address", bytes(15) + b"\x01", "::1"),
        ("address", bytes(4), ""),
        ("mac", None, ""),
        ("mac", b"access-point-1", ""),
        ("mac", "0.26.43.60.77.300", ""),
        ("ipv4", b"\x0a\x47\x03\x0b", "10.71.3.11"),
        ("ipv4", b"10.71.3.11", "10.71.3.11"),
        ("ipv4", bytes(4), ""),
        ("ipv4", b"", ""),
        ("text_of_index", "3.80.68.71", "PDG"),
        ("text_of_index", "80.68.71", "PDG"),
        ("text_of_index", "3.80.68.300", ""),
        ("text_of_index", "", ""),
        ("band_of_channel", 1, "2.4"),
        ("band_of_channel", b"14", "2.4"),
        ("band_of_channel", b"36", "5"),
        ("band_of_channel", b"116E", "5"),
        ("band_of_channel", b"53S", "6"),
        ("band_of_channel", 0, ""),
        ("band_of_channel", b"auto", ""),
        ("band_of_megahertz", 5180, "5"),
        ("band_of_megahertz", b"60480", "60"),
        ("upper", b"ap-1", "AP-1"),
    ],
)
def test_what_a_text_transform_makes_of_a_cell(transform: str, cell: Cell, text: str) -> None:
    """What says nothing is the empty text, never a wrong one."""
    assert TEXT_TRANSFORMS[transform](cell) == text


@given(st.one_of(st.none(), st.integers(), st.binary(), st.text(), st.from_regex(r"\A[0-9.]{0,40}\Z")))
def test_a_text_transform_takes_whatever_an_agent_sends(cell: Cell) -> None:
    """No cell of a hostile agent stops the reading of the others."""
    for transform in TEXT_TRANSFORMS.values():
        assert isinstance(transform(cell), str)


@given(st.binary(min_size=6, max_size=6).filter(any))
def test_every_way_to_write_an_address_is_the_same(octets: bytes) -> None:
    """Whichever way a controller and an inventory write a MAC address."""
    ways: list[Cell] = [octets.hex(mark).encode() for mark in ":- "]
    ways += [".".join(map(str, octets)), octets.hex("-", 2).encode()]
    assert {TEXT_TRANSFORMS["mac"](way) for way in ways} == {octets.hex(":")}


@pytest.mark.parametrize(
    ("transform", "cell", "number"),
    [
        ("halves", 37, 18.5),
        ("signed_byte", 160, -96),
        ("signed_byte", 12, 12),
        ("signed_byte", -90, -90),
        ("low_byte", 0x0124, 36),
        ("dbm_of_milliwatts", 100, 20.0),
        ("dbm_of_milliwatts", 0, None),
        ("kibi", 3, 3072),
        ("megabits_per_second", 1000, 125_000_000),
        ("megabits_per_second", 100_000_000, 12_500_000),
        ("megabits_per_second", 2**31, None),
        ("signed_byte", b"160", None),
        ("low_byte", None, None),
    ],
)
def test_what_a_transform_makes_of_a_number(transform: str, cell: Cell, number: float | None) -> None:
    """A text is no number; ports of a hundred terabit do not exist, so that is bits."""
    assert TRANSFORMS[transform](cell) == number


def test_texts_are_mapped_joined_and_cut_from_the_index() -> None:
    """A radio of an access point is named by both; what the map does not know stays as it is said."""
    text = f"""
    tables:
      - name: radios
        key: {{radio: {{join: [{{get: {T}.1, index: 2}}, {{get: index, index: -1}}]}}}}
        labels: {{band: {{get: {T}.2, map: {{"1": "2.4", "2": "5"}}}}}}
        columns: [{{measure: wifi_radio_clients, get: {T}.3}}]
    """
    cells = column(1, {"10.1": b"Lobby", "10.2": b""}) | column(2, {"10.1.0": 1, "10.1.1": 2, "10.2.0": 9})
    cells |= column(3, {"10.1.0": 4, "10.1.1": 0, "10.2.0": 7})
    assert of(text, cells) == {
        'wifi_radio_clients{radio="Lobby/0",band="2.4"}': 4,
        'wifi_radio_clients{radio="Lobby/1",band="5"}': 0,
        'wifi_radio_clients{radio="0",band="9"}': 7,
    }


@pytest.mark.parametrize(
    ("piece", "name"), [("2", "7.8"), ("-1", "9"), ('"1:"', "8.9"), ('"1:2"', "8"), ('":-2"', "7"), ('"-2:"', "8.9")]
)
def test_a_piece_of_an_index(piece: str, name: str) -> None:
    """How many numbers from the front or the back, or a slice."""
    text = f"""
    tables:
      - name: a
        key: {{sensor: {{get: index, index: {piece}}}}}
        columns: [{{measure: temperature_celsius, get: T.1}}]
    """
    assert of(text, column(1, {"7.8.9": 40})) == {f'temperature_celsius{{sensor="{name}"}}': 40}


# -- numbers ------------------------------------------------------------------------------------------


def test_a_map_gives_numbers_and_what_it_does_not_know_is_absent() -> None:
    """A width that an agent numbers; -1 and 0 are its ways to say that it does not know the noise."""
    text = f"""
    tables:
      - name: radios
        key: {{radio: index}}
        labels: {{band: {{text: ""}}}}
        columns:
          - {{measure: wifi_radio_channel_width_hertz, get: {T}.1, map: {{"1": 20, "2": 40}}, transform: mega}}
          - {{measure: wifi_radio_noise_dbm, get: {T}.2, unknown: [0, -1]}}
    """
    cells = column(1, {"1": 1, "2": 2, "3": 7}) | column(2, {"1": -95, "2": 0, "3": -1})
    assert of(text, cells) == {
        'wifi_radio_channel_width_hertz{radio="1",band=""}': 20_000_000,
        'wifi_radio_channel_width_hertz{radio="2",band=""}': 40_000_000,
        'wifi_radio_noise_dbm{radio="1",band=""}': -95,
    }


def test_rows_of_another_table_are_summed_by_a_text() -> None:
    """Networks on a radio: each radio has the sum of those that name it, one without networks has 0."""
    text = """
    tables:
      - name: radios
        key: {radio: T.1}
        labels: {band: {get: T.1, map: {ng: "2.4", na: "5"}}}
        columns:
          - {measure: wifi_radio_clients, sum: T.3, by: T.2, matches: T.1}
          - {measure: wifi_radio_channel, mean: T.4, by: T.2, matches: T.1}
    """
    cells = column(1, {"1": b"ng", "2": b"na", "3": b"6e"}) | column(2, {"5": b"ng", "6": b"na", "7": b"ng"})
    cells |= column(3, {"5": 3, "6": 4, "7": 5}) | column(4, {"5": 6, "6": 36, "7": 6})
    assert of(text, cells) == {
        'wifi_radio_clients{radio="ng",band="2.4"}': 8,
        'wifi_radio_channel{radio="ng",band="2.4"}': 6,
        'wifi_radio_clients{radio="na",band="5"}': 4,
        'wifi_radio_channel{radio="na",band="5"}': 36,
        'wifi_radio_clients{radio="6e",band="6e"}': 0,
    }


def test_rows_that_come_and_go_are_counted_by_their_index() -> None:
    """Clients are indexed by their access point: a poll counts those that are there then."""
    text = """
    tables:
      - name: radios
        key: {radio: T.1}
        labels: {band: {text: "5"}}
        columns: [{measure: wifi_radio_clients, count: T.2, by: {get: index, index: 1}, matches: index}]
    """
    cells = column(1, {"7": b"a", "8": b"b"}) | column(2, {"7.1": b"x", "7.2": b"y"})
    plan, lines = met(cells, **yaml.safe_load(text.replace("T.", f"{T}.")))
    assert lines == {'wifi_radio_clients{radio="a",band="5"}': 2, 'wifi_radio_clients{radio="b",band="5"}': 0}
    assert shown(plan, column(1, {"7": b"a", "8": b"b"}) | column(2, {"8.9": b"z"})) == {
        'wifi_radio_clients{radio="a",band="5"}': 0,
        'wifi_radio_clients{radio="b",band="5"}': 1,
    }


@pytest.mark.parametrize(
    ("where", "clients"),
    [
        ("{column: T.2, is: 1}", 1),
        ("{column: T.2, is: [1, 2]}", 3),
        ("{column: T.2, is_not: 1}", 14),
        ("{column: T.2, is: ''}", 8),
        ("{column: T.3, like: '^Kota'}", 3),
        ("{column: T.3, unlike: '^Kota'}", 12),
        ("{column: index, is: '4'}", 8),
        ("[{column: T.3, like: '^Kota'}, {column: T.2, is: 2}]", 2),
    ],
)
@pytest.mark.parametrize("volatile", ["true", "false"])
def test_only_rows_that_fulfil_conditions(where: str, clients: int, volatile: str) -> None:
    """A row without the cell says the empty text; of several conditions all must hold, also in each poll's walk."""
    cells = column(1, {"1": 1, "2": 2, "3": 4, "4": 8}) | column(2, {"1": 1, "2": 2, "3": 3})
    cells |= column(3, {"1": b"Kota", "2": b"Kota 2", "3": b"mesh"})
    text = f"scalars: [{{measure: wifi_clients, sum: T.1, where: {where}, volatile: {volatile}}}]"
    assert of(text, cells) == {"wifi_clients": clients}


def test_the_mean_of_nothing_is_no_reading() -> None:
    """A sum of nothing is 0 where the device has the table; a noise of nothing would be a lie."""
    text = """
    scalars:
      - {measure: wifi_clients, sum: T.1, where: {column: T.2, is: 9}, exists: T.2}
      - {measure: cpu_load_ratio, mean: T.1, where: {column: T.2, is: 9}, exists: T.2}
    """
    assert of(text, column(1, {"1": 5}) | column(2, {"1": 1})) == {"wifi_clients": 0}


@pytest.mark.parametrize(
    ("used", "cached", "ratio"), [(60, 20, 0.4), (60, 70, 0.6), (60, 60, 0.0), (130, 20, None), (130, 40, 0.9)]
)
def test_a_share_that_cannot_be_is_not_told(used: int, cached: int, ratio: float | None) -> None:
    """Caches are taken off where they are part of it; where that leaves less than nothing, the next way is taken."""
    text = """
    scalars:
      - measure: memory_used_ratio
        first_of:
          - ratio: {whole: T.1.0, part: {add: [T.2.0, {get: T.3.0, transform: negative}]}}
          - ratio: {whole: T.1.0, part: T.2.0}
    """
    found = of(text, {f"{T}.1.0": 100, f"{T}.2.0": used, f"{T}.3.0": cached})
    assert found == ({} if ratio is None else {"memory_used_ratio": ratio})


def test_the_first_row_of_a_column() -> None:
    """Where nobody knows the index: a chassis among its parts; its text too."""
    text = """
    system: {model: {first: T.1, where: {column: T.2, is: 3}}}
    scalars: [{measure: cpu_load_ratio, first: T.3, where: {column: T.2, is: 3}, transform: percent}]
    """
    cells = column(1, {"4": b"port", "9": b"S5720"}) | column(2, {"4": 1, "9": 3}) | column(3, {"4": 1, "9": 20})
    plan, lines = met(cells, **yaml.safe_load(text.replace("T.", f"{T}.")))
    assert (plan.identity.model, lines) == ("S5720", {"cpu_load_ratio": 0.2})
    assert of(text, {}) == {}


def test_a_group_takes_the_first_way_that_the_device_has() -> None:
    """New firmware counts, old firmware lists its clients; known names have a 0, pseudo networks are left out."""
    text = """
    groups:
      - measure: wifi_ssid_clients
        first_of:
          - {sum: T.1, by: T.2}
          - {count: T.3, by: T.3, exists: T.4, known: {get: T.4, pattern: "^(?!mesh).+"}}
    """
    new = column(1, {"1": 3, "2": 4, "3": 5}) | column(2, {"1": b"a", "2": b"b", "3": b"a"})
    old = column(3, {"1": b"a", "2": b"a"}) | column(4, {"1": b"a", "2": b"b", "3": b"mesh-1"})
    assert of(text, new) == {'wifi_ssid_clients{ssid="a"}': 8, 'wifi_ssid_clients{ssid="b"}': 4}
    assert of(text, old) == {'wifi_ssid_clients{ssid="a"}': 2, 'wifi_ssid_clients{ssid="b"}': 0}
    assert of(text, {}) == {}


# -- access points ------------------------------------------------------------------------------------

LISTING = """
access_points:
  - name: T.1
    mac: {get: index, transform: mac}
    state: {get: T.2, map: {"1": online, "2": offline}}
    clients: {sum: T.3, by: {get: index, index: 6}, matches: index}
    where: {column: T.2, is_not: 9}
"""


def test_a_controllers_access_points_with_their_clients() -> None:
    """Each has the sum over its radios; what is not told has no key, and a row that is not meant is left out."""
    profile = build({"generic": yaml.safe_load(LISTING.replace("T.", f"{T}."))})["generic"]
    one, two, three = "0.26.43.60.77.94", "0.26.43.60.77.95", "0.26.43.60.77.96"
    cells = column(1, {one: b"Lobby", two: b"", three: b"gone"}) | column(2, {one: 1, two: 5, three: 9})
    cells |= column(3, {f"{one}.0": 3, f"{one}.1": 4})
    assert access_points(profile, answers_of(profile, cells)) == (
        {"name": "Lobby", "mac": "00:1a:2b:3c:4d:5e", "state": "online", "clients": 7},
        {"mac": "00:1a:2b:3c:4d:5f", "state": "5", "clients": 0},
    )
    bare = build({"generic": {"access_points": [{"mac": "index", "address": f"{T}.4"}]}})["generic"]
    (point,) = access_points(bare, answers_of(bare, column(4, {one: b"\x0a\x00\x00\x07"})))
    assert point == {"mac": "00:1a:2b:3c:4d:5e", "address": "10.0.0.7"}  # whoever says no more means what people write
    assert listing_needs(profile, "").columns == ((f"{T}.1", f"{T}.2", f"{T}.3"),)
    without = {oid: cell for oid, cell in cells.items() if not oid.startswith(f"{T}.3.")}
    assert "clients" not in access_points(profile, answers_of(profile, without))[0]


# -- mistakes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("match: [{has: T.1}]", "match.0: needs sys_object_id or sys_descr"),
        ("match: [{sys_descr: a, says: {get: T.1}}]", "match.0.says: needs get and pattern"),
        ("variants: [{match: {}}]", "variants.0.match: needs sys_object_id or sys_descr (in a variant also has or"),
        ("scalars: [{measure: wifi_clients, get: T.1, map: {}}]", "map: must be a mapping from what the device says"),
        ("scalars: [{measure: wifi_clients, get: T.1, map: {1: 2}}]", "map.1: a map's keys are texts"),
        ("scalars: [{measure: wifi_clients, get: T.1, map: {'1': a}}]", "map.1: must be one of the numbers"),
        ("system: {name: {get: T.1, map: {'1': 2}}}", "map.1: must be one of the texts (in quotes)"),
        ("system: {name: {get: T.1, index: a}}", "index: must be how many numbers of the index (6, or -1"),
        ("system: {name: {get: T.1, index: 0}}", "index: must not be 0"),
        ("system: {name: {join: [T.1]}}", "join: needs at least two sources"),
        ("scalars: [{measure: wifi_clients, join: [T.1, T.2]}]", "scalars.0: join gives no number"),
        ("scalars: [{measure: wifi_clients, sum: T.1, where: {column: T.2}}]", "where: needs column, and is, is_not"),
        ("scalars: [{measure: wifi_clients, sum: T.1, where: {column: T.2, like: '('}}]", "like: is no regular expr"),
        ("scalars: [{measure: wifi_clients, get: T.1, unknown: [a, true]}]", "unknown.1: must be a whole number or a"),
        ("access_points: [{state: T.1}]", "access_points.0: needs name or mac"),
        ("access_points: [{name: T.1, state: T.2}]", "access_points.0.state: must say which values are online"),
        ("access_points: [{name: T.1, clients: {sum: T.2}}]", "clients: sum needs matches (and by) here"),
        ("access_points: {name: T.1}", 'access_points: must be a list: put "- " before its first key'),
        ("scalars: [{measure: wifi_clients, count: T.1}]", "scalars.0: count needs exists: a column that has rows"),
        (
            "tables: [{name: a, key: {interface: T.1}, columns: [{measure: interface_up, count: T.2, exists: T.1}]}]",
            "columns.0: count needs matches (and by) here: without them each row gets the whole column",
        ),
        ("extends: generik", "extends: there is no profile generik (did you mean generic?)"),
        ("groups: [{measure: wifi_ssid_clients, first_of: [{sum: T.1}]}]", "a group needs sum, mean or count with by"),
    ],
)
def test_a_mistake_in_them_is_named(text: str, message: str) -> None:
    """Nothing wrong in a profile waits for a device to come along."""
    with pytest.raises(ProfileError) as caught:
        build({"generic": yaml.safe_load(text.replace("T.", f"{T}."))})
    assert message in str(caught.value)


# -- the port to the provider -------------------------------------------------------------------------

CIDR = "1.3.6.1.2.1.4.24.4.1.5.0.0.0.0.0.0.0.0"
INET = "1.3.6.1.2.1.4.24.7.1.7.1.4.0.0.0.0.0"
OLD = "1.3.6.1.2.1.4.21.1.2.0.0.0"
ALIASES: dict[str, Cell] = {f"{IFX}.18.1": b"LAN", f"{IFX}.18.2": b"WAN Telkom", f"{IFX}.18.3": b"lan"}
PORTS = """
tables:
  - name: interfaces
    key: {interface: 1.3.6.1.2.1.31.1.1.1.1}
    columns:
      - {measure: interface_receive_bytes_total, get: 1.3.6.1.2.1.31.1.1.1.6}
      - {measure: interface_info, constant: 1, labels: {alias: 1.3.6.1.2.1.31.1.1.1.18}}
"""


def planned(wan: str, cells: Mapping[str, Cell]) -> Plan:
    """Meet a router whose inventory names its port so."""
    profile = build({"generic": yaml.safe_load(PORTS)})["generic"]
    return make_plan(profile, replace(ROUTER, wan=wan), answers_of(profile, cells, wan))


@pytest.mark.parametrize(
    ("wan", "more", "port"),
    [
        ("ether2", {}, ["ether2"]),
        ("ether9", {}, []),
        ("alias:wan telkom", {}, ["ether2"]),
        ("alias:LAN", {}, []),
        ("alias:none", {}, []),
        ("default-route", {f"{OLD}.0": 3}, ["ether3"]),
        ("default-route", {f"{CIDR}.0.10.0.0.1": 2, f"{OLD}.0": 3}, ["ether2"]),
        ("default-route", {f"{INET}.2.0.0.1.4.10.0.0.1": 1, f"{CIDR}.0.10.0.0.1": 2}, ["ether1"]),
        ("default-route", {f"{CIDR}.0.10.0.0.1": 77, f"{CIDR}.0.10.0.0.2": 2}, ["ether2"]),
        ("default-route", {}, []),
        ("", {f"{OLD}.0": 3}, []),
    ],
)
def test_the_port_to_the_provider(wan: str, more: dict[str, Cell], port: list[str]) -> None:
    """By name, by alias (two ports of one alias are neither), by the first default route whose port there is."""
    cells = ports(b"ether1", b"ether2", b"ether3") | ALIASES | more
    plan = planned(wan, cells)
    told = [dict(made.labels)["interface"] for made, _ in readings(plan, polled(plan, cells)) if "wan" in made.measure]
    assert told == port


def test_a_route_that_moves_has_the_device_met_anew() -> None:
    """To another port, or by another gateway: the plan says that its tables changed; a plan by name does not care."""
    route = f"{CIDR}.0.10.0.0.1"
    cells = ports(b"ether1", b"ether2") | {route: 1}
    plan = planned("default-route", cells)
    assert not table_changed(plan, polled(plan, cells))
    for moved in (cells | {route: 2}, {oid: cell for oid, cell in cells.items() if oid != route}):
        assert table_changed(plan, polled(plan, moved))
        assert misfit(plan, polled(plan, moved)) == ""
    by_name = planned("ether1", cells)
    assert not table_changed(by_name, polled(by_name, cells | {route: 2}))


# -- what is asked ------------------------------------------------------------------------------------


def test_a_table_without_rows_has_nothing_looked_up() -> None:
    """Hundreds of parts' names are of no use to a device without sensors; names that others need are read anyway."""
    text = """
    tables:
      - name: sensors
        key: {sensor: T.5.1.7}
        where: {column: T.1.1.2, is: 8}
        columns: [{measure: temperature_celsius, get: T.1.1.4}]
      - name: ports
        key: {interface: T.6.1.1}
        columns: [{measure: interface_up, get: T.6.1.8}]
      - name: radios
        key: {radio: T.6.1.1}
        labels: {band: {text: "5"}}
        columns: [{measure: wifi_radio_clients, get: T.7.1.2}]
    """
    asked = needs(build({"generic": yaml.safe_load(text.replace("T.", f"{T}."))})["generic"], "")
    own = (f"{T}.1.1.4", f"{T}.1.1.2")
    assert set(asked.columns) == {own, (f"{T}.6.1.1", f"{T}.6.1.8"), (f"{T}.7.1.2",), (f"{T}.5.1.7",)}
    assert asked.only_with == {(f"{T}.5.1.7",): frozenset(own)}
    assert asked.columns[-1] == (f"{T}.5.1.7",)


@pytest.mark.parametrize("object_id", ["", ".".join(["1.3.6.1.4.1.99999", *["1"] * 125])])
def test_nothing_is_asked_below_a_root_that_is_none(object_id: str) -> None:
    """A device that does not tell its sysObjectID, or one that is too long, is read without what would lie there."""
    raw: dict[str, Any] = {"root": "sysObjectID", "system": {"model": ".1.1.0"}}
    raw["groups"] = [{"measure": "wifi_ssid_clients", "count": ".1.4", "by": ".1.4"}]
    raw["access_points"] = [{"name": ".1.5"}]
    profile = build({"generic": raw})["generic"]
    asked = needs(profile, object_id)
    assert {oid for oid in asked.instances if not oid.startswith("1.3.6.1.2.1.1.")} == set()
    assert asked.columns == listing_needs(profile, object_id).columns == ()
    assert needs(profile, T).columns == ((f"{T}.1.4", f"{T}.1.5"),)
