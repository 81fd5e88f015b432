"""Profiles are data: checked when loaded, chosen by what a device says, turned into a plan and readings."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from profile_cells import PROFILES, ROUTER, answers_of, shown

from netmon.inventory import load_profiles
from netmon.profiles import SYS_DESCR, TEXT_TRANSFORMS, TRANSFORMS, Cell, ProfileError, build, identify, make_plan
from netmon.profiles.reading import ACCESS_POINT_FIELDS, BODY, CONDITIONS, MATCH, SYSTEM_FIELDS
from netmon.profiles.sources import AGGREGATE, GET, WHERE

# -- choosing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("object_id", "profile"),
    [
        ("1.3.6.1.4.1.14988.1", "mikrotik_routeros"),
        ("1.3.6.1.4.1.14988.1.7", "mikrotik_routeros"),
        ("1.3.6.1.4.1.14988.10", "generic"),
        ("", "generic"),
    ],
)
def test_a_prefix_is_of_whole_numbers(object_id: str, profile: str) -> None:
    """14988.1 is not the beginning of 14988.10; what fits nothing is generic."""
    assert identify(PROFILES, object_id, "").name == profile


def test_the_closest_match_wins() -> None:
    """The longer prefix, then the one whose text had to fit as well; the order of the files means nothing."""
    raw = {
        "generic": {},
        "maker": {"match": [{"sys_object_id": "1.3.6.1.4.1.9"}]},
        "model": {"match": [{"sys_object_id": ["1.3.6.1.4.1.9.1.7", "1.3.6.1.4.1.9.1.8"]}]},
        "special": {"match": [{"sys_object_id": "1.3.6.1.4.1.9", "sys_descr": "^Special", "sys_descr_not": "Old"}]},
    }
    for each in (raw, dict(reversed(raw.items()))):
        profiles = build(each)
        assert identify(profiles, "1.3.6.1.4.1.9.1.8", "Special").name == "model"
        assert identify(profiles, "1.3.6.1.4.1.9.2", "Special One").name == "special"
        assert identify(profiles, "1.3.6.1.4.1.9.2", "Special Old One").name == "maker"


def test_a_variant_is_laid_over_the_profile_for_the_devices_it_fits() -> None:
    """The same maker, another firmware: only what differs is written."""
    raw = {
        "generic": {},
        "maker": {
            "match": [{"sys_object_id": "1.3.6.1.4.1.9"}],
            "scalars": [{"measure": "cpu_load_ratio", "get": "1.3.6.1.4.1.9.1.0", "transform": "percent"}],
            "variants": [
                {
                    "match": {"sys_descr": "v1"},
                    "bulk": False,
                    "scalars": [{"measure": "cpu_load_ratio", "get": "1.3.6.1.4.1.9.2.0", "transform": "percent"}],
                }
            ],
        },
    }
    new, old = (identify(build(raw), "1.3.6.1.4.1.9", descr) for descr in ("v2", "v1"))
    cells: dict[str, Cell] = {"1.3.6.1.4.1.9.1.0": 10, "1.3.6.1.4.1.9.2.0": 20}
    assert shown(make_plan(new, ROUTER, answers_of(new, cells)), cells) == {"cpu_load_ratio": 0.1}
    assert shown(make_plan(old, ROUTER, answers_of(old, cells)), cells) == {"cpu_load_ratio": 0.2}
    assert (new.asks_bulk(), old.asks_bulk()) == (True, False)


def test_a_profile_below_the_devices_own_identifier() -> None:
    """``root: sysObjectID``: the same objects under each model's own number."""
    raw = {
        "generic": {},
        "model_rooted": {
            "root": "sysObjectID",
            "match": [{"sys_object_id": "1.3.6.1.4.1.6486"}],
            "groups": [{"measure": "wifi_ssid_clients", "count": ".1.4", "by": ".1.4"}],
        },
    }
    object_id = "1.3.6.1.4.1.6486.12.1"
    profile = identify(build(raw), object_id, "")
    cells: dict[str, Cell] = {"1.3.6.1.2.1.1.2.0": object_id}
    cells |= {f"{object_id}.1.4.{row}": ssid for row, ssid in enumerate((b"a", b"b", b"a"), 1)}
    plan = make_plan(profile, ROUTER, answers_of(profile, cells))
    assert shown(plan, cells) == {'wifi_ssid_clients{ssid="a"}': 2, 'wifi_ssid_clients{ssid="b"}': 1}


# -- mistakes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tabels: []", "generic.tabels: unknown key (did you mean tables?)"),
        (
            "scalars: [{measure: wifi_client, get: 1.3.6.1}]",
            "unknown measure 'wifi_client' (did you mean wifi_clients?)",
        ),
        (
            "scalars: [{measure: wifi_clients, get: 1.3.6.1, transform: percents}]",
            "generic.scalars.0.transform: unknown transform 'percents' (did you mean percent?)",
        ),
        ("scalars: [{measure: wifi_clients, get: 1.3}]", "generic.scalars.0.get: must be a numeric object identifier"),
        ("scalars: [{measure: wifi_clients}]", "generic.scalars.0: needs exactly one of get, first_of"),
        (
            "scalars: [{measure: wifi_clients, get: 1.3.6.1, sum: 1.3.6.1}]",
            "generic.scalars.0: needs exactly one of get, first_of",
        ),
        (
            "scalars: [{measure: interface_up, get: 1.3.6.1}]",
            "generic.scalars.0: interface_up takes the labels interface, not none",
        ),
        ("match: [{sys_descr: '('}]", "generic.match.0.sys_descr: is no regular expression"),
        ("match: [{}]", "generic.match.0: needs sys_object_id or sys_descr"),
        ("root: sysName", "generic.root: must be sysObjectID"),
        ("bulk: 'no'", "generic.bulk: must be true or false"),
        ("max_repetitions: 0", "generic.max_repetitions: must be a whole number, at least 1"),
        ("extends: nobody", "generic.extends: there is no profile nobody"),
        ("extends: generic", "generic.extends: goes round in a circle: generic -> generic"),
        ("profile: other", "generic.profile: must be the file's own name, generic"),
        ("variants: [{bulk: false}]", "generic.variants.0: a variant needs match"),
        ("tables: [{name: a, key: {interface: index}}]", "generic.tables.0: needs columns"),
        (
            "scalars: [{measure: wifi_clients, first_of: [{get: 1.3.6.1}, {cuont: 1.3.6.1}]}]",
            "generic.scalars.0.first_of.1.cuont: unknown key (did you mean count?)",
        ),
        (
            "groups: [{measure: wifi_ssid_clients, get: 1.3.6.1}]",
            "generic.groups.0: a group needs sum, mean or count with by",
        ),
        (
            "scalars: [{measure: wifi_clients, get: 1.3.6.1, without: 1.3.6.1}]",
            "generic.scalars.0.without: is for tables",
        ),
        (
            "tables: [{name: a, key: {interface: index}, columns: [{measure: interface_up, get: 1.3.6, without: a}]}]",
            "generic.tables.0.columns.0.without: must be a numeric object identifier",
        ),
        ("scalars: 7", "generic.scalars: must be a list"),
        ("[]", "generic: must be a mapping"),
    ],
)
def test_a_mistake_is_named_with_the_way_to_its_key(text: str, message: str) -> None:
    """Nothing wrong in a profile waits for a device to come along."""
    with pytest.raises(ProfileError) as caught:
        build({"generic": yaml.safe_load(text)})
    assert message in str(caught.value)


def test_without_a_generic_profile_there_is_no_set() -> None:
    """Every device must fit something."""
    with pytest.raises(ProfileError, match="there is no profile generic"):
        build({"other": {}})


# -- transforms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("percent", 50, 0.5),
        ("percent", 101, None),
        ("percent", b"50", None),
        ("percent_idle", 90, 0.1),
        ("tenths", 243, 24.3),
        ("hundredths", 250, 2.5),
        ("thousandths", 1500, 1.5),
        ("kilo", 3, 3000),
        ("mega", 20, 20_000_000),
        ("negative", 95, -95),
        ("wrap_seconds", 12_500_000, 343.59738368),
        ("wrap_seconds", 0, None),
        ("wrap_seconds", b"100", None),
        ("ticks", 150, 1.5),
        ("first_number", b"38 C", 38),
        ("first_number", b"-54.5dBm", -54.5),
        ("first_number", b"none", None),
        ("bits_per_second", 100_000_000, 12_500_000),
        ("bits_per_second", 2**32 - 1, None),
        ("bits_per_second", 0, None),
        ("megabits_per_second", 1000, 125_000_000),
        ("megabits_per_second", 0, None),
        ("megabits_per_second", 4294966752, None),
        ("channel_of_megahertz", 2412, 1),
        ("channel_of_megahertz", 2484, 14),
        ("channel_of_megahertz", 5220, 44),
        ("channel_of_megahertz", 5955, 1),
        ("channel_of_megahertz", b"5180/20-Ceee/ac(28dBm)", 36),
        ("channel_of_megahertz", 0, None),
        ("width_of_routeros_channel", b"5220/20-Ce/an", 40_000_000),
        ("width_of_routeros_channel", b"5180/20-Ceee/ac(28dBm)", 80_000_000),
        ("width_of_routeros_channel", b"5180/ax/Ceee", 80_000_000),
        ("width_of_routeros_channel", b"2412/20/gn", 20_000_000),
        ("width_of_routeros_channel", b"2412/ax", None),
    ],
)
def test_a_transform_gives_base_units_or_nothing(name: str, cell: Cell, value: float | None) -> None:
    """A cell that says nothing gives no reading, never 0."""
    assert TRANSFORMS[name](cell) == (pytest.approx(value) if value is not None else None)
    assert TRANSFORMS[name](None) is None


def test_bands_are_named_as_people_do() -> None:
    """From a number or from the text of a channel; nothing where there is no frequency."""
    band = TEXT_TRANSFORMS["band_of_megahertz"]
    assert [band(text) for text in ("2437", "5745/20-Ce/an", "6115", "58320", "0", "")] == [
        "2.4",
        "5",
        "6",
        "60",
        "",
        "",
    ]


# -- rules --------------------------------------------------------------------------------------------

DOCUMENT = (Path(__file__).parents[1] / "docs" / "profiles.md").read_text()


def test_every_key_transform_and_field_is_documented() -> None:
    """Whoever writes a profile finds every word in one page."""
    words = {*TRANSFORMS, *TEXT_TRANSFORMS, *BODY, *SYSTEM_FIELDS, *ACCESS_POINT_FIELDS}
    words |= {*AGGREGATE, *GET, *CONDITIONS, *WHERE, *MATCH}
    assert [word for word in sorted(words) if f"`{word}" not in DOCUMENT] == []


def test_the_documents_example_is_a_profile() -> None:
    """It loads as it stands, and does what it says."""
    text = DOCUMENT.partition("```yaml\n")[2].partition("```")[0]
    profiles = build({**load_profiles(), "acme_ap": yaml.safe_load(text)})
    profile = identify(profiles, "1.3.6.1.4.1.99999.1.4", "")
    assert profile.name == "acme_ap"
    acme = "1.3.6.1.4.1.99999"
    cells: dict[str, Cell] = {f"{acme}.2.2.0": 12, f"{acme}.3.1.2.1": b"r0", f"{acme}.3.1.3.1": 5180}
    cells[f"{acme}.3.1.4.1"] = 9
    assert shown(make_plan(profile, ROUTER, answers_of(profile, cells)), cells) == {
        "cpu_load_ratio": 0.12,
        "wifi_clients": 9,
        'wifi_radio_clients{radio="r0",band="5"}': 9,
    }


@pytest.mark.parametrize("name", load_profiles())
def test_every_object_identifier_has_a_name_beside_it(name: str) -> None:
    """A reader sees which object it is without a MIB browser: in the comment of a line in which it stands, or above.

    Or one of its column's other instances. sysDescr needs none; the identities of products are no objects.
    """
    text = resources.files("netmon.profiles").joinpath(f"{name}.yaml").read_text()
    named = {SYS_DESCR} | {oid for match in PROFILES[name].match for oid in match.sys_object_id}
    named |= {oid for match, _ in PROFILES[name].variants for oid in match.sys_object_id}
    bare: dict[str, str] = {}
    for above, line in pairwise(["", *text.splitlines()]):
        code, _, comment = line.partition(" #")
        comment = comment or (above if above.lstrip().startswith("# ") else "")
        oids = re.findall(r'"(\.?[0-9]+(?:\.[0-9]+){2,})"', code)
        if comment.strip():
            named.update(oids, [oid.rpartition(".")[0] for oid in oids])
        else:
            bare.update(dict.fromkeys(oids, line))
    assert {oid: line for oid, line in bare.items() if not {oid, oid.rpartition(".")[0]} & named} == {}


def test_the_readmes_tables_name_every_profile() -> None:
    """Whoever looks for a maker finds what is read and how far it was proven; no row names what is not there."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").partition("## Makers")[2]
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[2])} == set(load_profiles())
    assert all(re.search(r"recording|snmpsim-data|simulated only|facts only", row[4]) for row in rows)
