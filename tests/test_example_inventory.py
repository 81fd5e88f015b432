"""The example inventory: a whole city that loads without a mistake and shows what an inventory can say."""

from __future__ import annotations

import csv
import ipaddress
import json
import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from netmon.inventory import Loaded, load, schema
from netmon.model import Inventory, ReachKind, Role

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "inventory"
SHARED = Path(os.environ.get("NETMON_SHARED", ROOT.parent / "shared"))
COMMUNITY = "example-community"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """Load the example as a user would, with the community in the environment."""
    return load(FOLDER, environ={"NETMON_CITY_COMMUNITY": COMMUNITY})


@pytest.fixture(scope="module")
def city(loaded: Loaded) -> Inventory:
    """Give the example inventory."""
    return loaded.inventory


def test_it_loads_without_a_mistake_or_a_warning(loaded: Loaded) -> None:
    """Loading is the check: all files are accepted, and nothing is odd about them."""
    assert loaded.warnings == ()
    assert len(loaded.files) == 15  # netmon, credentials, maintenance, regions, and a file for each kecamatan


def test_every_kelurahan_has_an_uplink_that_is_watched(city: Inventory) -> None:
    """All 104 kelurahan of 11 kecamatan are connected; no uplink is yet to come."""
    assert len(city.kelurahan) == 104
    assert len({k.kecamatan for k in city.kelurahan.values()}) == 11
    assert Counter(u.kelurahan for u in city.uplinks.values()) == dict.fromkeys(city.kelurahan, 1)
    assert not any(u.planned for u in city.uplinks.values())
    assert all(city.connections(u) for u in city.uplinks.values())
    assert len({u.provider for u in city.uplinks.values()}) >= 3


def test_places_are_many_and_of_every_kind(city: Inventory) -> None:
    """At least 60 places serve Wi-Fi, in every kecamatan, of every kind and pillar; exactly two are yet to come."""
    served = [s for s in city.sites.values() if not s.planned]
    assert len(served) >= 75
    assert sorted(s.id for s in city.sites.values() if s.planned) == [
        "kantor-lurah-koto-pulai",
        "kantor-lurah-tarantang",
    ]
    assert {city.kelurahan[s.kelurahan].kecamatan for s in served} == {k.kecamatan for k in city.kelurahan.values()}
    kinds = {"office", "health", "education", "worship", "tourism", "park", "market", "transport"}
    assert {s.kind for s in served} == kinds
    pillars = {"government", "economy", "living", "branding", "environment", "society"}
    assert {p for s in served for p in s.pillars} == pillars
    assert all(s.owner in city.owners for s in city.sites.values())
    assert all(city.access_points(s) for s in served)


def test_a_place_hangs_on_the_uplink_of_its_own_kelurahan(city: Inventory) -> None:
    """A site's uplink is that of its kelurahan, and its devices are behind something."""
    for site in city.sites.values():
        assert city.uplinks[site.uplink].kelurahan == site.kelurahan
        assert all(city.devices[d].behind for d in site.devices)


def test_places_lie_in_the_city_and_say_that_they_are_examples(city: Inventory) -> None:
    """Every location is inside the city's bounds; each line that gives one calls it an example."""
    assert city.city.bounds
    south, west, north, east = city.city.bounds
    for site in city.sites.values():
        assert site.location
        assert south < site.location[0] < north
        assert west < site.location[1] < east
    lines = [line for path in FOLDER.glob("sites/*.yaml") for line in path.read_text().splitlines()]
    located = [line for line in lines if "location:" in line]
    assert len(located) == len(city.sites)
    assert all(line.endswith("# example") for line in located)


def test_coordinates_are_not_those_of_a_survey(city: Inventory) -> None:
    """No location was taken from a list of real facilities."""
    facilities = SHARED / "data/padang/titik_fasilitas.csv"
    if not facilities.exists():
        pytest.skip(f"{facilities} is missing: set NETMON_SHARED")
    with facilities.open(encoding="utf-8") as file:
        real = [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)]
    taken = {(round(lat, digits), round(lon, digits)) for lat, lon in real for digits in (3, 4, 5, 6)}
    assert not {s.id for s in city.sites.values() if s.location in taken}


def test_everything_runs_on_this_machine_alone(city: Inventory) -> None:
    """Addresses are in 127.71.0.0/16 and ports above 1023, so that it needs no network and no root."""
    network = ipaddress.ip_network("127.71.0.0/16")
    endpoints = [(d.address, d.port) for d in city.devices.values() if d.address]
    endpoints += [(s.address, s.port) for s in city.services.values()]
    endpoints += [(w.address, w.port) for w in city.witness]
    assert len(set(endpoints)) == len(endpoints)
    assert all(ipaddress.ip_address(address) in network and port > 1023 for address, port in endpoints)


def test_ping_is_never_asked(city: Inventory) -> None:
    """On loopback a ping proves nothing: devices and witnesses are reached by SNMP, and no ping confirms."""
    for device in city.devices.values():
        other = ReachKind.CONTROLLER if device.controller else ReachKind.SNMP
        assert device.reach.kind is (ReachKind.INTERFACE if device.role is Role.LINK else other)
        assert not device.confirm_by_ping
    assert [w.reach.kind for w in city.witness] == [ReachKind.SNMP] * 2
    assert city.settings.interval_reachability == 30
    assert city.settings.interval_readings == 60
    assert city.settings.recovery_grace == 300


def test_makers_are_mixed_and_mostly_told_by_the_devices_themselves(city: Inventory) -> None:
    """At least six makers, and no more than a fifth of the devices name their profile."""
    names = [d.name for d in city.devices.values()]
    makers = ["MikroTik", "Ruijie", "Ubiquiti", "TP-Link", "Ruckus", "Cisco", "Huawei", "Aruba"]
    assert sum(any(maker in name for name in names) for maker in makers) >= 6
    profiles = Counter(d.profile for d in city.devices.values())
    assert set(profiles) == {"auto", "mikrotik_routeros", "generic"}
    assert profiles["auto"] > 0.8 * len(names)


def test_a_controller_tells_of_two_access_points(city: Inventory) -> None:
    """One is known by its name there, the other by its MAC address; beside them are two that are asked themselves."""
    told = [device for device in city.access_points(city.sites["stasiun-padang"]) if device.controller]
    assert [device.match for device in told] == ["AP-Lobi", "02:00:47:01:5a:04"]
    assert {city.devices[device.controller].role for device in told} == {Role.CONTROLLER}
    assert len(city.access_points(city.sites["stasiun-padang"])) == 4


def test_two_kelurahan_have_two_providers(city: Inventory) -> None:
    """One has two routers, the other one router with a link that is an interface of it."""
    double = {u.id: city.connections(u) for u in city.uplinks.values() if len(city.connections(u)) > 1}
    assert sorted(double) == ["uplink-air-manis", "uplink-kampung-jawa"]
    assert [d.role for d in double["uplink-kampung-jawa"]] == [Role.ROUTER, Role.ROUTER]
    router, link = double["uplink-air-manis"]
    assert (link.role, link.reach.interface, link.reach.of) == (Role.LINK, "ether2", router.id)
    for members in double.values():
        assert len({d.provider for d in members}) == 2


def test_pantai_air_manis_has_its_gate(city: Inventory) -> None:
    """The card reader of the gate is a service of the beach, and its failure does not touch the Wi-Fi."""
    gate = city.services["pam-gate"]
    assert (gate.site, gate.check, gate.affects_wifi) == ("pantai-air-manis", "tcp", False)
    assert "BRIZZI" in gate.name
    assert city.services["portal-balai-kota"].affects_wifi


def test_service_hours_are_agreed_for_some(city: Inventory) -> None:
    """Hours are there for every day alike, and day by day with holidays."""
    hours = [s.service_hours for s in city.sites.values() if s.service_hours]
    assert len(hours) >= 4
    assert any(len(set(h.week)) == 1 for h in hours)
    by_day = city.sites["balai-kota-padang"].service_hours
    assert by_day
    assert by_day.week[5] == by_day.week[6] == ()
    assert by_day.holidays == ()
    assert city.holidays


def test_two_windows_are_announced_in_time(city: Inventory) -> None:
    """One was in November 2026, one is in December for a whole kecamatan; both were announced a day before."""
    november, december = city.maintenance.values()
    assert datetime.fromtimestamp(november.start, UTC) == datetime(2026, 11, 12, 15, tzinfo=UTC)
    assert december.scope == ("13.71.05",)
    for window in (november, december):
        assert window.announced
        assert window.start - window.announced >= city.settings.notice


def test_the_community_is_in_the_environment_alone(loaded: Loaded) -> None:
    """No file holds a secret, and the credential goes nowhere but to this machine."""
    credential = loaded.inventory.credentials["city"]
    assert credential.community
    assert credential.community.reveal() == COMMUNITY
    assert credential.networks == ("127.71.0.0/16",)
    assert not any(re.search(r"community:\s*\w", text) for text in loaded.files.values())


def test_editors_find_the_schema_and_it_accepts_every_file() -> None:
    """Each YAML file names the schema in its first line; the schema is what netmon prints, and accepts the file."""
    current = schema()
    assert json.loads((FOLDER / "schema.json").read_text()) == current, "run: netmon schema > inventory/schema.json"
    paths = [*FOLDER.glob("*.yaml"), *FOLDER.glob("sites/*.yaml")]
    assert len(paths) == 14
    for path in paths:
        text = path.read_text()
        name = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / name).resolve() == FOLDER / "schema.json"
        as_editors_read = json.loads(json.dumps(yaml.safe_load(text), default=str))  # dates are text in YAML 1.2
        jsonschema.validate(as_editors_read, current)


def test_the_source_of_the_regions_is_named() -> None:
    """The list of kelurahan keeps its licence: ODbL 1.0, idn-area-data 4.0.1."""
    for name in ("README.md", "regions.csv.license"):
        text = (FOLDER / name).read_text()
        assert "idn-area-data 4.0.1" in text
        assert "opendatacommons.org/licenses/odbl/1-0" in text
