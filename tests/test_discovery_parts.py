"""The pure parts of discovery: scope, turns, ids, text, neighbours, roles."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netmon.discovery import Existing, Scope, ScopeError, Turns, memory_of, places_of, recall, remember
from netmon.discovery.entries import matches
from netmon.discovery.found import Found
from netmon.discovery.naming import Ids, slug
from netmon.discovery.neighbours import (
    CDP_COLUMNS,
    CDP_DEVICE,
    LLDP_ADDRESSES,
    LLDP_CHASSIS,
    LLDP_CHASSIS_KIND,
    LLDP_COLUMNS,
    LLDP_NAME,
    LLDP_PORTS,
    MNDP_ADDRESS,
    MNDP_COLUMNS,
    MNDP_MAC,
    MNDP_NAME,
    MNDP_PORT,
    Neighbour,
    cdp,
    lldp,
    mndp,
)
from netmon.discovery.remembering import FILE
from netmon.discovery.roles import guess
from netmon.discovery.writing import Number, entity, remark, word
from netmon.model import Role
from netmon.profiles import Cell

PORTS = {"1": "ether1", "2": "ether2"}


# -- scope ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "addresses"),
    [
        (["10.1.2.0/30"], ["10.1.2.1", "10.1.2.2"]),
        (["10.1.2.0/31"], ["10.1.2.0", "10.1.2.1"]),
        (["10.1.2.7"], ["10.1.2.7"]),
        (["10.1.2.0/30", "10.1.2.0/29"], ["10.1.2.1", "10.1.2.2", "10.1.2.4", "10.1.2.5", "10.1.2.6"]),
        (["::1"], ["::1"]),
        (["2001:db8::/126"], ["2001:db8::1", "2001:db8::2", "2001:db8::3"]),
        (["10.1.2.4/30", "10.1.2.4/30"], ["10.1.2.5", "10.1.2.6"]),
    ],
)
def test_each_address_once_and_none_of_the_networks_own(networks: list[str], addresses: list[str]) -> None:
    """Network and broadcast addresses of IPv4, the routers' anycast of IPv6 are nobody's."""
    scope = Scope.of(networks)
    assert list(scope.addresses()) == addresses
    assert scope.count() == len(addresses)
    assert all(address in scope for address in addresses)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("10.71.3.5/24", "write 10.71.3.0/24, or 10.71.3.5 alone"),
        ("10.71.3", "is no network"),
        ("padang", "is no network"),
        ("10.0.0.0/15", "more than the 65,536 of one discovery"),
        ("2001:db8::/64", "more than the 4,096"),
        ("224.0.0.0/24", "holds no addresses of devices"),
        ("0.0.0.0/24", "holds no addresses of devices"),
        ("255.255.255.255", "holds no addresses of devices"),
        ("fe80::/120", "link-local"),
    ],
)
def test_what_is_not_to_be_asked_is_refused_with_words(network: str, said: str) -> None:
    """Each refusal says what to write instead."""
    with pytest.raises(ScopeError, match=said):
        Scope.of([network])


def test_several_networks_count_together() -> None:
    """Two halves of a /16 are allowed, a third is not."""
    assert Scope.of(["10.1.0.0/17", "10.1.128.0/17"]).count() == 65_532
    with pytest.raises(ScopeError):
        Scope.of(["10.1.0.0/17", "10.1.128.0/17", "10.2.0.0/17"])


@pytest.mark.parametrize("address", ["10.1.3.1", "10.1.2.0", "10.1.2.255", "", "sw-1", "::ffff:10.1.2.1"])
def test_what_is_not_in_scope(address: str) -> None:
    """Neighbours elsewhere, edges, and what is no address."""
    assert address not in Scope.of(["10.1.2.0/24"])


# -- turns ----------------------------------------------------------------------------------------------------


async def test_urgent_ones_go_first_and_nobody_twice() -> None:
    """A device that answered is read before others are looked for; who has left takes nobody's turn."""
    turns = Turns(100)
    order: list[str] = []

    async def one(name: str, *, urgent: bool) -> None:
        await turns.take(urgent=urgent)
        order.append(name)

    names = ["first", "second", "leaves", "third"]
    tasks = {name: asyncio.ensure_future(one(name, urgent=False)) for name in names}
    await asyncio.sleep(0)
    tasks["leaves"].cancel()
    urgent = asyncio.ensure_future(one("urgent", urgent=True))
    await asyncio.gather(*tasks.values(), urgent, return_exceptions=True)
    assert order == ["first", "urgent", "second", "third"]
    assert turns.sent == 4


# -- ids and text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("AP Pantai #1", "ap-pantai-1"),
        ("rt-1.padang.go.id", "rt-1"),
        ("rt.1", "rt.1"),
        ("Café", "cafe"),
        ("10.71.3.1", "10.71.3.1"),
        ("日本", ""),
        ("..-", ""),
    ],
)
def test_an_id_is_made_of_a_name(name: str, made: str) -> None:
    """Small letters, digits, dots, dashes."""
    assert slug(name) == made


def test_ids_are_nobody_elses() -> None:
    """Taken ones and makers' names get the address, then a number."""
    ids = Ids(["rt-1", "13.71"])
    given_ids = [ids.give("RT-1", "10-1-1-1"), ids.give("RT-1", "10-1-1-1"), ids.give("MikroTik", "10-1-1-2")]
    assert given_ids == ["rt-1-10-1-1-1", "rt-1-10-1-1-1-2", "mikrotik-10-1-1-2"]


@given(st.text(min_size=1).filter(lambda text: "\ud800" not in text))
def test_any_text_comes_back_from_yaml(text: str) -> None:
    """Whatever a device or a table says is a value, and the same value, in a file of YAML 1.1."""
    assert yaml.safe_load(word(text, always=True)) == text
    assert yaml.safe_load(entity([("id", text)]))["id"] == yaml.safe_load(word(text))


@given(st.text())
def test_a_remark_is_one_line(text: str) -> None:
    """Nothing in it can begin another line."""
    line = remark(text)
    assert line.startswith("#")
    assert len(line.splitlines()) == 1
    assert yaml.safe_load(line + "\n") is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("MikroTik hAP ac2", "MikroTik hAP ac2"),
        ("10.71.3.1", "10.71.3.1"),
        ("13.71.01.1011", '"13.71.01.1011"'),
        ("no", '"no"'),
        ("12", '"12"'),
        (Number("-0.9903"), "-0.9903"),
        (161, "161"),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        (["living", "x, y"], '[living, "x, y"]'),
    ],
)
def test_values_are_plain_where_everybody_reads_them_the_same(value: str, written: str) -> None:
    """Codes and words that YAML takes for something else stand in quotes."""
    assert word(value) == written


# -- neighbours, roles, memory ------------------------------------------------------------------------------------


def test_lldp_with_and_without_the_size_of_an_address() -> None:
    """Management addresses are in the index, of which some agents leave a part out; IPv6 ones are read too."""
    six = ".".join(map(str, bytes.fromhex("20010db8" + "00" * 11 + "05")))
    rows = {f"0.{port}.1": f"box-{port}".encode() for port in (1, 2, 3, 4)}
    managed = ("0.1.1.1.4.10.1.2.3", "0.2.1.1.10.1.2.9", f"0.3.1.2.16.{six}", "0.9", "0.1.1.6.1")
    columns = {
        LLDP_NAME: rows,
        LLDP_CHASSIS: {"0.1.1": b"\x02\0\0\0\0\1", "0.2.1": b"named", "0.4.1": b"\1\x0a\1\2\4"},
        LLDP_CHASSIS_KIND: {"0.1.1": 4, "0.2.1": 7, "0.4.1": 5},
        LLDP_ADDRESSES: dict.fromkeys(managed, 2),
        LLDP_PORTS: {"2": b"GigabitEthernet0/2"},
    }  # fmt: skip
    assert list(lldp(columns, PORTS)) == [
        Neighbour("lldp", "ether1", "box-1", "10.1.2.3", "02:00:00:00:00:01"),
        Neighbour("lldp", "GigabitEthernet0/2", "box-2", "10.1.2.9"),
        Neighbour("lldp", "3", "box-3", "2001:db8::5"),
        Neighbour("lldp", "4", "box-4", "10.1.2.4"),
    ]


def test_cdp_and_the_list_of_routeros() -> None:
    """Ports by the index of their interface; zeros are no address."""
    columns = {CDP_DEVICE: {"2.7": b"SW\n1"}, CDP_COLUMNS[0]: {"2.7": b"\x0a\1\1\1"}, CDP_COLUMNS[2]: {"2.7": b"C9300"}}
    assert list(cdp(columns, PORTS)) == [Neighbour("cdp", "ether2", "SW 1", "10.1.1.1", "", "C9300")]
    columns = {MNDP_NAME: {"1": b"rt-2"}, MNDP_ADDRESS: {"1": b"\0\0\0\0"}, MNDP_MAC: {"1": b"\2\0\0\0\0\2"}}
    assert list(mndp({**columns, MNDP_PORT: {"1": 1}}, PORTS)) == [
        Neighbour("mndp", "ether1", "rt-2", "", "02:00:00:00:00:02")
    ]


CELLS = st.one_of(st.none(), st.integers(0, 2**32 - 1), st.binary(max_size=20), st.just("1.3.6.1"))
INDEXES = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9).map(lambda numbers: ".".join(map(str, numbers)))
ROWS = st.dictionaries(INDEXES, CELLS, max_size=4)


@given(st.dictionaries(st.sampled_from([*LLDP_COLUMNS, LLDP_ADDRESSES, LLDP_PORTS, *CDP_COLUMNS, *MNDP_COLUMNS]), ROWS))
def test_whatever_an_agent_has_in_its_tables_is_read(columns: dict[str, dict[str, Cell]]) -> None:
    """Rows of any index, cells of any type: each neighbour is texts, and its address is one or empty."""
    for neighbour in (*lldp(columns, PORTS), *cdp(columns, PORTS), *mndp(columns, PORTS)):
        assert neighbour.address == "" or ip_address(neighbour.address)
        assert neighbour.name.isprintable()


@pytest.mark.parametrize(
    ("found", "role"),
    [
        (Found("10.1.1.1", access_points=({"name": "a"},), has_wifi=True), Role.CONTROLLER),
        (Found("10.1.1.1", has_wifi=True, forwards=True), Role.ACCESS_POINT),
        (Found("10.1.1.1", model="airFiber 60", has_wifi=True), Role.LINK),
        (Found("10.1.1.1", model="CRS112-8P-4S", forwards=True), Role.SWITCH),
        (Found("10.1.1.1", services=78), Role.ROUTER),
        (Found("10.1.1.1", services=2), Role.SWITCH),
        (Found("10.1.1.1"), Role.SWITCH),
    ],
)
def test_a_role_is_guessed_and_said_why(found: Found, role: Role) -> None:
    """From what it reports, what it says of itself, what it does."""
    guessed, reason = guess(found)
    assert guessed is role
    assert reason


@pytest.mark.parametrize(
    ("match", "is_meant"),
    [("CAP-1", True), ("00-1A-2B-3C-4D-5E", True), ("001a.2b3c.4d5e", True), ("cap-2", False), ("001a2b3c4d5f", False)],
)
def test_an_access_point_is_matched_by_name_or_mac(match: str, is_meant: bool) -> None:
    """However the MAC address is written."""
    assert matches(match, {"name": "cap-1", "mac": "00:1a:2b:3c:4d:5e"}) is is_meant


def test_what_was_found_is_remembered(tmp_path: Path) -> None:
    """A file beside the history; one that is not ours counts as none."""
    folder = tmp_path / "data"
    assert recall(folder) == {}
    memory = memory_of(Found("10.1.1.1", name="a", serial="S", macs=frozenset({"02:00:00:00:00:02"})))
    remember(folder, {"ap-1": memory})
    assert recall(folder) == {"ap-1": memory}
    for text in (
        "",
        "{",
        "[]",
        '{"version": 9, "devices": {}}',
        '{"version": 1, "devices": {"a": 3, "b": {"macs": 1}}}',
    ):
        (folder / FILE).write_text(text)
        assert set(recall(folder)) <= {"b"}


def test_the_place_of_a_device_is_named() -> None:
    """By file and line, in whichever form it is written."""
    text = "sites:\n  - id: s\n    devices:\n      - {id: a-1, role: switch}\n      - id: 'a-2'  # id: a-3\n"
    assert places_of({"sites/x.yaml": text, "netmon.yaml": "id: no"}) == {
        "s": "sites/x.yaml:2",
        "a-1": "sites/x.yaml:4",
        "a-2": "sites/x.yaml:5",
    }
    assert Existing().by_address() == {}
