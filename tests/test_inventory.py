"""What a good inventory becomes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from inventories import CITY, GOOD, REGIONS, SECRETS, minimal, site

from netmon.inventory import Loaded, load, load_files, load_profiles, summary
from netmon.model import Reach, ReachKind, Role


@pytest.fixture(scope="module")
def good() -> Loaded:
    """The good inventory."""
    return load(GOOD, environ=SECRETS)


def test_things_come_in_the_order_of_the_files(good: Loaded) -> None:
    """Reports list objects in inventory order: that of the document, file after file by name."""
    inventory = good.inventory
    assert list(inventory.uplinks) == ["uplink-air-manis", "uplink-sawahan"]
    assert list(inventory.sites) == ["pantai-air-manis", "kantor-sawahan"]
    assert list(inventory.devices)[:5] == ["rt-air-manis", "link-2", "sw-air-manis", "rt-sawahan", "pam-ap-1"]
    upside_down = {
        "sites/a.yaml": site("id: a, role: access_point, address: 10.0.0.2"),
        "sites/0.yaml": (
            "sites: []\nuplinks:\n"
            "  - {id: u, kelurahan: 13.71.01.1011, devices: [{id: r, role: router, address: 10.0.0.3}]}\n"
        ),
    }
    assert list(load_files(minimal() | upside_down).inventory.devices) == ["r", "a"]


def test_a_device_is_resolved_whole(good: Loaded) -> None:
    """Defaults, intervals, ways to be reached and what is above it are worked out once, here."""
    devices = good.inventory.devices
    first = devices["pam-ap-1"]
    assert (first.site, first.uplink, first.port, first.radius) == ("pantai-air-manis", "", 1161, 60.0)
    assert (first.interval, first.confirm_by_ping, first.reach) == (30, False, Reach())
    second = devices["pam-ap-2"]
    assert (second.interval, second.confirm_by_ping, second.reach.kind) == (60, True, ReachKind.SNMP)
    assert devices["pam-ap-5"].reach == Reach(ReachKind.TCP, port=22)
    assert devices["link-2"].reach == Reach(ReachKind.INTERFACE, interface="ether2", of="rt-air-manis")
    assert devices["link-2"].role is Role.LINK
    assert devices["link-2"].uplink == "uplink-air-manis"
    assert devices["rt-sawahan"].address == "2001:db8::1"
    assert [devices[name].answers_from for name in ("rt-air-manis", "pam-ap-1")] == ["10.71.255.3", ""]
    reported = devices["pam-ap-3"]
    assert reported.reach == Reach(ReachKind.CONTROLLER, interface="00:11:22:33:44:55", of="pam-wlc")
    assert (reported.controller, reported.match) == ("pam-wlc", "00:11:22:33:44:55")


@pytest.mark.parametrize(
    ("device", "above"),
    [
        ("pam-ap-1", ("rt-air-manis", "link-2")),  # its site's uplink: routers and links, not the switch
        ("sw-air-manis", ("rt-air-manis", "link-2")),  # an uplink's id, and one of its devices again
        ("pam-wlc", ("sw-air-manis",)),  # a word of its own, without brackets
        ("pam-ap-3", ()),  # [] is nothing
        ("rt-air-manis", ()),  # an uplink's devices are behind nothing unless they say so
        ("pam-ap-4", ("sw-air-manis",)),  # what is planned upholds no attribution
        ("sawahan-ap-1", ()),
    ],
)
def test_behind_becomes_devices(good: Loaded, device: str, above: tuple[str, ...]) -> None:
    """`behind` holds the ids of devices, whatever was written."""
    assert good.inventory.devices[device].behind == above


def test_sites_uplinks_and_services(good: Loaded) -> None:
    """Status, targets, life-cycle and the effect of a service are what the files say, or LK-1's defaults."""
    inventory = good.inventory
    beach, office = inventory.sites.values()
    assert (beach.planned, office.planned) == (False, True)
    assert [uplink.planned for uplink in inventory.uplinks.values()] == [False, True]
    assert inventory.uplinks["uplink-sawahan"].kelurahan == "13.71.02.1001"  # written without quotes
    assert (beach.target, beach.owner, beach.location) == (0.97, "dispar", (-0.9903, 100.3622))
    assert beach.commissioned == datetime(2024, 1, 28, 17, tzinfo=UTC).timestamp()
    assert beach.decommissioned == datetime(2030, 1, 1, 5, tzinfo=UTC).timestamp()
    gate, dns = inventory.services.values()
    assert (gate.affects_wifi, gate.interval, gate.port) == (False, 600, 443)
    assert (dns.affects_wifi, dns.interval) == (True, 300)
    assert not inventory.is_object(inventory.devices["sawahan-ap-1"])


def test_service_hours(good: Loaded) -> None:
    """Ranges and lists of days, several spans, nights, closed days and holidays; seconds after midnight."""
    beach, office = good.inventory.sites.values()
    assert beach.service_hours is not None
    assert beach.service_hours.week == (((21600, 82800),),) * 7
    assert beach.service_hours.holidays is None
    assert office.service_hours is not None
    monday, *_, friday, saturday, sunday = office.service_hours.week
    assert monday == ((27000, 43200), (46800, 57600))
    assert friday == ((27000, 41400),)
    assert saturday == ((79200, 100800),)
    assert sunday == ()
    assert office.service_hours.holidays == ()


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ('{"mon,wed": 06:00-24:00}', {0: (21600, 86400), 2: (21600, 86400)}),
        ("{fri-mon: 0:00-24:00}", dict.fromkeys((4, 5, 6, 0), (0, 86400))),
        ("{sat: 22:00-04:00, holidays: closed}", {5: (79200, 100800)}),
    ],
)
def test_service_hours_by_day(written: str, days: dict[int, tuple[int, int]]) -> None:
    """A day that is not named is closed; an unquoted 22:00 is a time and not YAML's 1320."""
    files = minimal(
        site(
            "id: a, role: access_point, address: 10.0.0.2",
            f"    service_hours: {written}\n",
        )
    )
    hours = load_files(files).inventory.sites["s"].service_hours
    assert hours is not None
    assert hours.week == tuple((days[number],) if number in days else () for number in range(7))


def test_the_city_and_its_settings(good: Loaded) -> None:
    """`netmon.yaml` as values; durations are seconds, shares are numbers."""
    inventory = good.inventory
    assert inventory.city.bounds == (-1.14, 100.13, -0.72, 100.57)
    assert (inventory.city.zone, inventory.city.language) == ("Asia/Jakarta", "id")
    chosen = inventory.settings
    assert (chosen.interval_reachability, chosen.interval_readings, chosen.interval_service) == (30, 60, 300)
    assert (chosen.notice, chosen.recovery_grace, chosen.series_budget) == (86400, 300, 400)
    assert chosen.probe_networks == ("10.71.0.0/16",)
    assert dict(inventory.targets.pillars) == {"living": 0.99}
    assert (inventory.targets.connected_share, inventory.targets.connected_by) == (1.0, date(2027, 12, 31))
    assert inventory.holidays == {date(2026, 12, 25)}
    assert inventory.owners["dispar"] == "Dinas Pariwisata"
    assert [each.reach.kind for each in inventory.witness] == [ReachKind.ICMP, ReachKind.TCP, ReachKind.SNMP]
    assert inventory.kelurahan["13.71.01.1011"].population == 1500
    assert inventory.kelurahan["13.71.02.1001"].name == "Sawahan, Timur"
    assert inventory.kelurahan["13.71.02.1001"].population is None


def test_what_is_left_out_has_the_models_defaults() -> None:
    """A city's code and zone and a table of regions are enough; everything else has a default."""
    inventory = load_files({"netmon.yaml": CITY, "regions.csv": REGIONS}).inventory
    assert (inventory.settings.notice, inventory.settings.confirm_by_ping) == (86400, True)
    assert (inventory.targets.uplink, inventory.targets.hotspot, inventory.targets.completeness) == (0.995, 0.98, 0.95)
    assert inventory.targets.connected_share is None
    assert not inventory.devices


def test_times_are_in_the_citys_zone_unless_they_say_otherwise(good: Loaded) -> None:
    """With an offset, with Z, with a blank for the T, without seconds."""
    window, late = good.inventory.maintenance.values()
    assert window.start == datetime(2026, 11, 12, 15, tzinfo=UTC).timestamp()
    assert window.end == datetime(2026, 11, 12, 19, tzinfo=UTC).timestamp()
    assert window.announced == datetime(2026, 11, 9, 3, tzinfo=UTC).timestamp()
    assert (window.only, late.only, late.approved_by) == (True, False, "Kepala Dinas")
    assert late.scope == ("pantai-air-manis",)


def test_aliases_and_merged_keys() -> None:
    """What several devices share may be written once."""
    text = (
        "sites:\n  - id: s\n    kelurahan: 13.71.01.1011\n    devices:\n"
        "      - &first {id: a, role: access_point, address: 10.0.0.2, radius: 60m}\n"
        "      - {<<: *first, id: b, address: 10.0.0.3}\n"
    )
    second = load_files(minimal(text)).inventory.devices["b"]
    assert (second.role, second.address, second.radius) == (Role.ACCESS_POINT, "10.0.0.3", 60.0)


def test_words_are_read_by_their_field_and_not_by_yaml() -> None:
    """`no`, `1_0`, `2024` and `0x10` are text where text belongs; a blank line in quotes is one blank."""
    for name in ("no", "1_0", "2024", "0x10", "12:30:45", "2024-01-29"):
        files = minimal(site("id: a, role: access_point, address: 10.0.0.2", f"    name: {name}\n"))
        assert load_files(files).inventory.sites["s"].name == name


def test_the_revision_is_that_of_the_content(good: Loaded) -> None:
    """The same texts have the same revision, a changed one another; stored texts load again without secrets."""
    again = load_files(good.files, secrets=False)
    assert again.inventory.revision == good.inventory.revision
    assert again.inventory.credentials["city"].community is None
    assert again.inventory.devices == good.inventory.devices
    changed = dict(good.files) | {"sites/padang.yaml": good.files["sites/padang.yaml"] + "# a remark\n"}
    assert load_files(changed, secrets=False).inventory.revision != good.inventory.revision


def test_profiles_are_plain_data_that_knows_its_lines() -> None:
    """A user's profile is handed on as it is written; numbers and booleans as in YAML 1.2, versions as text."""
    text = "vendor: Contoh\nmatch: {sysObjectID: 1.3.6.1.4.1.9999}\nbulk: false\nscale: 0.1\nlist: [1, null, no]\n"
    data = load_files(minimal() | {"profiles/contoh_os.yaml": text}, secrets=False).profiles["contoh_os"]
    assert data == {
        "vendor": "Contoh",
        "match": {"sysObjectID": "1.3.6.1.4.1.9999"},
        "bulk": False,
        "scale": 0.1,
        "list": [1, None, "no"],
    }
    assert (data.file, data.lines["bulk"], data["match"].lines["sysObjectID"]) == ("profiles/contoh_os.yaml", 3, 2)


def test_the_packaged_profiles_can_be_read() -> None:
    """Each comes by the name of its file, as a mapping with lines."""
    for name, data in load_profiles().items():
        assert data.file == f"netmon/profiles/{name}.yaml"
        assert data.lines


def test_only_what_is_required() -> None:
    """An id, a kelurahan, devices; an id, a role, an address: nothing else need be said."""
    text = (
        "uplinks:\n  - id: uplink-1\n    kelurahan: 13.71.01.1011\n"
        "    devices: [{id: rt-1, role: router, address: 127.9.0.1}]\n"
        "sites:\n  - id: site-1\n    kelurahan: 13.71.01.1011\n    uplink: uplink-1\n"
        "    devices: [{id: ap-1, role: access_point, address: 127.9.0.2}]\n"
    )
    inventory = load_files(minimal(text, maintenance="", credentials="# none yet\n")).inventory
    assert inventory.devices["ap-1"].behind == ("rt-1",)
    assert inventory.devices["ap-1"].interval == 30
    assert inventory.sites["site-1"].kind == "other"


def test_summary_counts_what_is_there(good: Loaded) -> None:
    """Plain data for `netmon check`; what is planned is counted apart."""
    counted = summary(good.inventory, good.warnings)
    assert json.loads(json.dumps(counted)) == counted
    assert (counted["sites"]["active"], counted["sites"]["planned"]) == (1, 1)
    assert (counted["uplinks"]["active"], counted["uplinks"]["planned"]) == (1, 1)
    assert counted["devices"]["by_role"] == {"access_point": 5, "controller": 1, "link": 1, "router": 1, "switch": 1}
    assert counted["kelurahan"]["without_uplink"] == ["13.71.02.1001", "13.71.02.1002"]


def test_a_controller_without_a_credential_is_warned_of() -> None:
    """Its access points could never be anything but blind; with one there is nothing to say."""
    text = """\
sites:
  - id: s
    kelurahan: "13.71.01.1011"
    devices:
      - {id: wlc-1, role: controller, address: 10.0.0.2CREDENTIAL}
      - {id: ap-1, role: access_point, controller: wlc-1, match: AP-1}
"""
    credentials = "city: {snmp: {version: 2c, community: {env: C}}}\n"
    for more, warned in (("", True), (", credential: city", False)):
        files = minimal(text.replace("CREDENTIAL", more), credentials=credentials)
        found = [str(one) for one in load_files(files, environ={"C": "rahasia"}).warnings]
        assert [one.startswith('sites/a.yaml:6: controller: "wlc-1" has no credential') for one in found] == [
            True
        ] * warned
