"""Devices that answer anything, and profiles with anything in them: nothing raises, nothing absurd is told."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hostile_cells import answers_of_anything, polled_anew
from hypothesis import given, settings
from hypothesis import strategies as st
from profile_cells import PROFILES, ROUTER, answers_of, met, polled
from snmp_agents import at, reply, running_agent

from netmon.inventory import load_profiles
from netmon.measures import MEASURES, VALUE_LIMIT, clean
from netmon.model import Readings
from netmon.probes.snmp.contact import recognize
from netmon.probes.snmp.dialogue import Dialogue
from netmon.profiles import (
    TRANSFORMS,
    Answers,
    Cell,
    Profile,
    ProfileError,
    Values,
    access_points,
    build,
    gap,
    identify,
    is_as_planned,
    make_plan,
    misfit,
    needs,
    readings,
    readings_of,
    rows_of,
    summary,
    table_changed,
    with_variants,
)
from netmon.profiles.making import told_apart
from netmon.snmp import wire
from netmon.snmp.client import SnmpClient
from netmon.snmp.wire import Message, VarBind

RAW = load_profiles()
SEEDS = st.integers(0, 2**32 - 1)
WAN = replace(ROUTER, wan="default-route")
COUNTED = ("clients", "users", "leases", "access_points")


def variants_of(profile: Profile) -> list[Profile]:
    """Give a profile alone and with each of its variants."""
    laid = [with_variants(replace(profile, variants=((match, body),)), "", "") for match, body in profile.variants]
    return [profile, *laid]


def check_readings(read: Readings) -> None:
    """Hold a poll's readings against what they can be."""
    made = [one for one, _ in read]
    assert len(set(made)) == len(made)
    for one, value in read:
        assert isinstance(value, int | float)
        assert math.isfinite(value), one
        measure = MEASURES[one.measure]
        if measure.unit == "ratio":
            assert 0 <= value <= 1, one
        if one.measure == "wifi_radio_channel":
            assert value > 0
        if one.measure.endswith(COUNTED) or measure.unit == "hertz":
            assert value >= 0, one
        for _, text in one.labels:
            assert len(text) <= VALUE_LIMIT
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)


def live(profile: Profile, random: Random) -> None:
    """Meet a device that answers anything, and poll it."""
    answers = answers_of_anything(profile, random)
    plan = make_plan(profile, WAN, answers)
    for request in plan.requests:
        for instance in request:
            assert wire.decode_oid(wire.encode_oid(instance)) == instance.removeprefix(".")
    listed = access_points(profile, answers)
    for point in listed:
        clients = point.get("clients", 0)
        assert not isinstance(clients, str)
        assert 0 <= clients < math.inf
    for values in (polled_anew(plan, answers, random), polled_anew(plan, answers, random)):
        assert not (is_as_planned(plan, values) and misfit(plan, values))
        gap(plan, values)
        table_changed(plan, values)
        read = readings(plan, values, 1.0)
        check_readings(read)
        told = summary(plan, read, listed)
        assert [port["name"] for port in told["interfaces"]] == list(plan.interfaces)
    assert all(len(name) <= VALUE_LIMIT for name in plan.interfaces)


@pytest.mark.parametrize("name", sorted(PROFILES))
@given(seed=SEEDS)
@settings(max_examples=6)
def test_a_device_may_answer_anything(name: str, seed: int) -> None:
    """Each profile, its variants too: wrong types, odd indexes, rows that vanish. Absent rather than absurd."""
    random = Random(seed)
    live(random.choice(variants_of(PROFILES[name])), random)


# -- profiles -----------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, 2**64, 1.5, math.nan, math.inf, "", "index", ".1.4", "1.3.6.1.4.1.9.9",
    "1.99.1", "1.3.4294967296", "(", "a{99999999999}", "(?P<x>a)(b)", "x" * 3000, "cpu_load_ratio", "percent", "mac",
    [], [[]], {}, {1: 2}, {"get": 1}, {None: None}, ["1.3.6.1.2"], {"1": "x"}, {"1": 10**30}, {"1": math.nan},
    {"get": "index", "index": ":999"}, {"text": "x"}, {"constant": 10**400}, {"count": "1.3.6.1.4.1.9.8"},
    {"first": "1.3.6.1.4.1.9.8"}, {"join": ["index", "index"]}, {"add": [{"add": ["1.3.6.1.4.1.9.7"]}]},
    {"column": "index", "is": 10**30}, {"measure": ["x"]}, {"measure": "wifi_ssid_clients", "get": "index"},
)  # fmt: skip


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Give every container of plain data with each of its keys."""
    if isinstance(node, dict):
        for key in node:
            yield node, key
            yield from places(node[key])
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield node, place
            yield from places(value)


def mutated(raw: Any, random: Random) -> Any:
    """Change some places of a profile: junk, what stands elsewhere in it, nothing, or under another key."""
    data = copy.deepcopy(raw)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        known = list(places(data))
        if not known:
            return data
        (inside, key), (other, elsewhere) = random.choice(known), random.choice(known)
        what = random.random()
        if what < 0.5:
            inside[key] = copy.deepcopy(random.choice(JUNK))
        elif what < 0.7:
            inside[key] = copy.deepcopy(other[elsewhere])
        elif what < 0.85 or not isinstance(inside, dict):
            del inside[key]
        else:
            inside[random.choice((1, None, "get", "where", "by", "matches", "sum", "count"))] = inside.pop(key)
    return data


def family(name: str, data: Any) -> dict[str, Any]:
    """Give a profile's data with those of the profiles that it extends."""
    out = {"generic": plain(RAW["generic"]), name: data}
    below = RAW[name].get("extends", "generic")
    while below not in out:
        out[below] = plain(RAW[below])
        below = RAW[below].get("extends", "generic")
    return out


def plain(data: Any) -> Any:
    """Make lists and dicts of whatever YAML gave."""
    if isinstance(data, Mapping):
        return {key: plain(value) for key, value in data.items()}
    return [plain(value) for value in data] if isinstance(data, list | tuple) else data


@given(name=st.sampled_from(sorted(RAW)), seed=SEEDS)
@settings(max_examples=400)
def test_a_profile_is_refused_in_words_or_works(name: str, seed: int) -> None:
    """Whatever is wrong in one comes out as its mistake; what is taken can be asked for and never raises."""
    random = Random(seed)
    raw = family(name, mutated(plain(RAW[name]), random))
    try:
        profiles = build(raw)
    except ProfileError:
        return
    identify(profiles, "1.3.6.1.4.1.9.1.7", "Linux")
    for profile in variants_of(profiles[name]):
        asked = needs(profile, "1.3.6.1.4.1.9.1.7", "default-route")
        for oid in (*asked.instances, *[oid for group in asked.columns for oid in group]):
            wire.encode_oid(oid)
        live(profile, random)


@pytest.mark.parametrize(
    "raw",
    [
        {"groups": [{"measure": ["wifi_ssid_clients"], "count": "1.3.6.1.4.1.9.1", "by": "1.3.6.1.4.1.9.1"}]},
        {"scalars": [{"measure": "temperature_celsius", "get": "1.3.6.1.4.1.9.1", "labels": {1: "x", "b": "index"}}]},
        {"scalars": [{"measure": "wifi_clients", "constant": 10**400}]},
        {"scalars": [{"measure": "wifi_clients", "get": "1.3.6.1.4.1.9.1", "map": {"1": 10**400}}]},
        {"scalars": [{"measure": "wifi_clients", "get": "1.3.6.1.4.1.9.1", "map": {"1": math.nan}}]},
        {"scalars": [{"measure": "wifi_clients", "get": "1.3.6.1.4294967296"}]},
        {"scalars": [{"measure": "wifi_clients", "get": "1.40.1"}]},
        {"scalars": [{"measure": "wifi_clients", "get": ".9.1.0"}]},
        {"system": {"model": {"get": "1.3.6.1.4.1.9.1", "pattern": "a{99999999999}"}}},
        {"match": [{"sys_object_id": "1.3.6.1.4.1.9", "has": ".9.1"}]},
        {
            "ssh": {"device_type": "linux"},
            "commands": [{"send": "x", "each": "(?P<a>.)", "fields": {1: "a", "b": "a", "wifi_clients": "a"}}],
        },
        {"match": [{"sys_object_id": "1.3.6.1.4.1.9", "says": {"get": ".9.1", "pattern": "x"}}]},
    ],
    ids=lambda raw: re.sub(r"[^a-z0-9_.]+", "-", str(raw))[:60],
)
def test_what_could_not_be_asked_or_told_is_a_mistake(raw: Any) -> None:
    """Unhashable names, numbers beyond every cell's, identifiers that cannot be written."""
    with pytest.raises(ProfileError):
        build({"generic": raw})


def test_nothing_is_nested_without_end() -> None:
    """Neither a source that contains itself nor a chain of profiles ends in Python's own limit."""
    inside: dict[str, Any] = {}
    inside["first_of"] = [inside]
    with pytest.raises(ProfileError, match="nested too deeply"):
        build({"generic": {"system": {"name": inside}}})
    chain = {f"p{place}": {"extends": f"p{place + 1}"} for place in range(5000)} | {"p5000": {}, "generic": {}}
    with pytest.raises(ProfileError, match="more than"):
        build(chain)


# -- single cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
@pytest.mark.parametrize("cell", [math.nan, math.inf, -math.inf, 1e308, -(2**63), 5e-324, b"\xff" * 9, "1.3", None])
def test_a_transform_takes_every_cell(name: str, cell: Cell) -> None:
    """An agent's Opaque float may be infinite or not a number."""
    assert isinstance(TRANSFORMS[name](cell), int | float | None)


def test_a_share_is_between_nothing_and_all() -> None:
    """More free than there is, a negative part, a percentage in an odd scale: no reading, not -0.5 or 1.5."""
    total, free, load = (f"1.3.6.1.4.1.9.{place}.0" for place in (1, 2, 3))
    scalars = [
        {"measure": "memory_used_ratio", "ratio": {"whole": total, "free": [free]}},
        {"measure": "cpu_load_ratio", "get": load, "transform": "hundredths"},
    ]
    for cells in ({total: 100, free: -50, load: 101}, {total: -100, free: -150, load: -1}):
        _, read = met(cells, scalars=scalars)
        assert not read
    assert met({total: 100, free: 25, load: 100}, scalars=scalars)[1] == {
        "memory_used_ratio": 0.75,
        "cpu_load_ratio": 1,
    }


@pytest.mark.parametrize(("said", "told"), [("42", {0.42}), ("4200", set()), ("-1", set()), ("9" * 18, set())])
def test_what_a_command_says_is_held_to_the_same_bounds(said: str, told: set[float]) -> None:
    """A processor that is said to be busy for 4,200 percent of its time tells nothing."""
    load = {"cpu_load_ratio": {"from": "load", "transform": "hundredths"}}
    send = {"send": "show cpu", "pattern": r"load (?P<load>\S+)", "fields": load}
    commands = build({"generic": {"ssh": {"device_type": "linux"}, "commands": [send]}})["generic"].commands
    assert commands is not None
    (command,) = commands.every
    assert set(readings_of(ROUTER, [(command, rows_of(command, f"load {said}"))]).values()) == told


# -- rows ---------------------------------------------------------------------------------------------

RADIO, CLIENT = "1.3.6.1.4.1.9.5.1.2", "1.3.6.1.4.1.9.6.1.2"
CONTROLLER = {
    "tables": [
        {
            "name": "radios",
            "key": {"radio": RADIO},
            "labels": {"band": {"text": "5"}},
            "columns": [{"measure": "wifi_radio_clients", "count": CLIENT, "exists": RADIO, "matches": RADIO}],
        }
    ],
    "access_points": [
        {"name": "index", "serial": RADIO, "clients": {"count": CLIENT, "exists": RADIO, "matches": RADIO}}
    ],
}


class Counted(dict[str, Cell]):
    """Rows that count how often one of them is looked up."""

    looked_up = 0

    def get(self, key: str, default: Any = None) -> Any:
        """Look up a row."""
        self.looked_up += 1
        return super().get(key, default)


def test_the_clients_of_a_thousand_radios_are_sorted_once() -> None:
    """A poll looks at each client as often as it has to, not once for each radio; and the next poll looks anew."""
    (profile,) = build({"generic": CONTROLLER}).values()
    radios: dict[str, Cell] = {str(place): f"ap-{place}".encode() for place in range(1000)}
    plan = make_plan(profile, ROUTER, Answers({}, {RADIO: radios, CLIENT: {}}))
    for each in (3, 5):
        clients = Counted({f"{place}.{one}": radios[str(place)] for place in range(1000) for one in range(each)})
        values = Values(list(radios.values()), {CLIENT: clients, RADIO: radios})
        told = [value for one, value in readings(plan, values) if one.measure == "wifi_radio_clients"]
        assert told == [each] * 1000
        assert clients.looked_up <= 2 * len(clients)
    listed = access_points(profile, Answers({}, {RADIO: radios, CLIENT: clients}))
    assert [point["clients"] for point in listed] == [5] * 1000
    assert clients.looked_up <= 4 * len(clients)


def test_a_row_without_a_name_has_no_clients_of_its_own() -> None:
    """Clients that do not say where they are belong to nobody, not to the radio that does not say who it is."""
    (profile,) = build({"generic": CONTROLLER}).values()
    cells: dict[str, Cell] = {f"{RADIO}.1": b"", f"{RADIO}.2": b"ap", f"{CLIENT}.1": b"", f"{CLIENT}.2": b"ap"}
    answers = answers_of(profile, cells)
    plan = make_plan(profile, ROUTER, answers)
    told = {dict(one.labels)["radio"]: value for one, value in readings(plan, polled(plan, cells))}
    assert told == {"ap": 1}
    assert access_points(profile, answers) == ({"name": "1"}, {"name": "2", "serial": "ap", "clients": 1})


def test_an_index_too_long_for_a_label_still_tells_rows_apart() -> None:
    """Ports of one name whose indexes are longer than a label may be."""
    indexes = [".".join(["4294967295"] * 30 + [last]) for last in "123"]
    names = told_apart([("port", index) for index in indexes])
    assert len(set(names)) == 3
    assert all(clean(name) == name and name.startswith("port#") for name in names)
    assert told_apart([("a", "1"), ("a", "2"), ("a#1", "3")]) == ["a#1#1", "a#2", "a#1#3"]


@pytest.mark.parametrize("kind", ["like", "unlike"])
def test_a_pattern_looks_at_the_beginning_of_a_text(kind: str) -> None:
    """What a device writes is as long as it likes; a pattern sees two thousand characters of it."""
    where = {"column": RADIO, kind: "z$"}
    raw = {"scalars": [{"measure": "wifi_clients", "sum": CLIENT, "where": where}]}
    cells: dict[str, Cell] = {f"{RADIO}.1": b"x" * 60_000 + b"z", f"{CLIENT}.1": 7}
    assert met(cells, **raw)[1] == ({} if kind == "like" else {"wifi_clients": 7})
    maker = {"generic": {}, "maker": {"match": [{"sys_descr": "z$"}]}}
    assert identify(build(maker), "", "x" * 60_000 + "z").name == "generic"


# -- recognition over the wire ------------------------------------------------------------------------

ASKED = [f"1.3.6.1.4.1.9.{place}" for place in range(1, 12)]
NOSY = {
    "generic": {},
    "maker": {"match": [{"sys_object_id": "1.3.6.1.4.1.9", "has": ASKED}]},
}


def _next(question: Message, kind: str) -> list[VarBind]:
    names = [bind[0] for bind in question.varbinds]
    below: list[VarBind] = [(name + b"\1", wire.INTEGER, 1) for name in names]
    answers: dict[str, list[VarBind]] = {
        "fewer": below[:1],
        "more": below * 2,
        "others": [(wire.encode_oid("1.3.6.1.5"), wire.INTEGER, 1) for _ in names],
        "same": [(name, wire.INTEGER, 1) for name in names],
        "backwards": [(wire.encode_oid("1.3"), wire.INTEGER, 1) for _ in names],
        "turned": below[::-1],
        "exceptions": [(name, wire.NO_SUCH_OBJECT, None) for name in names],
        "endless": below,
    }
    return answers[kind]


@pytest.mark.parametrize("kind", ["fewer", "more", "others", "same", "backwards", "turned", "exceptions", "endless"])
async def test_whatever_follows_an_object_recognition_ends(client: SnmpClient, kind: str) -> None:
    """A device is asked at most twice for what it has below each object; only what lies below it counts."""

    def answer(question: Message) -> Message:
        if question.pdu_type == wire.GET_NEXT:
            return reply(question, _next(question, kind))
        return reply(question, [(bind[0], wire.NO_SUCH_INSTANCE, None) for bind in question.varbinds])

    async with running_agent(answer) as agent:
        dialogue = Dialogue(client, at(agent, timeout=0.3, retries=0))
        profile = await recognize(dialogue, build(NOSY), "auto", "1.3.6.1.4.1.9.1", "")
        assert len(agent.asked) <= 2 * len(ASKED)
    assert profile.name == ("maker" if kind in {"endless", "fewer"} else "generic")
