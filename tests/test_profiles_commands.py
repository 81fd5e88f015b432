"""Commands in profiles: what may be written, and what becomes of a device's text."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmon.inventory import load_profiles
from netmon.model import Device, Role
from netmon.profiles import ProfileError, build, is_expected, readings_of, refusal, rows_of
from netmon.profiles.command_words import Command, Commands
from netmon.profiles.commands import read_commands
from netmon.profiles.nodes import Node

DEVICE = Device("ap", Role.ACCESS_POINT, "10.0.0.1", site="s")
COUNT = {"send": "count", "pattern": r"^(?P<wifi_clients>\d+)$"}


def read(*commands: Mapping[str, Any], device_type: str = "linux", **ssh: object) -> Commands:
    """Read the commands of a profile."""
    raw = {"ssh": {"device_type": device_type, **ssh}, "commands": list(commands)}
    made = read_commands(Node(raw, ()).mapping({"ssh", "commands"}))
    assert made is not None
    return made


def told(*said: tuple[Mapping[str, Any], str]) -> dict[tuple[str, ...], float]:
    """Give what answers become, by measure and the texts of its own labels."""
    commands = read(*[command for command, _ in said])
    pairs = [(command, rows_of(command, text)) for command, (_, text) in zip(commands.every, said, strict=True)]
    made = readings_of(DEVICE, pairs)
    return {(one.measure, *[text for _, text in one.labels[3:]]): value for one, value in made.items()}


# -- from text to readings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clients"),
    [("17", 17), ("0", 0), ("noise\n12\nmore", 12), ("none", None), ("", None), ("-", None)],
)
def test_a_named_group_is_a_measure(text: str, clients: float | None) -> None:
    """Zero is a value; no match is no reading."""
    assert told((COUNT, text)).get(("wifi_clients",)) == clients


def test_several_patterns_are_searched_each_by_itself() -> None:
    """In whatever order the device tells, and without those that it does not."""
    command = {"send": "x", "pattern": [r"clients: (?P<wifi_clients>\d+)", r"users: (?P<hotspot_users>\d+)"]}
    assert told((command, "users: 2\nclients: 3")) == {("wifi_clients",): 3, ("hotspot_users",): 2}
    assert told((command, "clients: 3")) == {("wifi_clients",): 3}


def test_each_line_gives_a_row() -> None:
    """Groups named as labels tell rows apart; a text may go through transforms, or mean another."""
    command = {
        "send": "x",
        "each": r"^(?P<radio>\w+) (?P<mhz>\d+) (?P<busy>\d+)% (?P<n>\d+)$",
        "fields": {
            "wifi_radio_clients": "n",
            "wifi_radio_channel": {"from": "mhz", "transform": "channel_of_megahertz"},
            "wifi_radio_utilization_ratio": {"from": "busy", "transform": "percent"},
            "band": {"from": "mhz", "transform": "band_of_megahertz"},
        },
    }
    assert told((command, "wlan0 2437 40% 3\nheader\nwlan1 5180 5% 0")) == {
        ("wifi_radio_clients", "wlan0", "2.4"): 3,
        ("wifi_radio_clients", "wlan1", "5"): 0,
        ("wifi_radio_channel", "wlan0", "2.4"): 6,
        ("wifi_radio_channel", "wlan1", "5"): 36,
        ("wifi_radio_utilization_ratio", "wlan0", "2.4"): 0.4,
        ("wifi_radio_utilization_ratio", "wlan1", "5"): 0.05,
    }


def test_rows_are_counted_by_their_labels() -> None:
    """The count without labels is 0 where no row is; by labels there is none for what does not occur."""
    command = {"send": "x", "each": r"^sta \S+ (?P<ssid>.+)$", "count": ["wifi_clients", "wifi_ssid_clients"]}
    assert told((command, "sta a Kota\nsta b Kota\nsta c Kantor Lurah")) == {
        ("wifi_clients",): 3,
        ("wifi_ssid_clients", "Kota"): 2,
        ("wifi_ssid_clients", "Kantor Lurah"): 1,
    }
    assert told((command, "no stations")) == {("wifi_clients",): 0}


def test_states_have_one_vocabulary() -> None:
    """A map gives the words that all makers share; what is not in it stays."""
    command = {
        "send": "x",
        "each": r"^\S+ (?P<said>\w+)$",
        "fields": {"state": {"from": "said", "map": {"nor": "online", "fault": "offline"}}},
        "count": "wifi_access_points",
    }
    assert told((command, "a nor\nb nor\nc fault\nd standby")) == {
        ("wifi_access_points", "online"): 2,
        ("wifi_access_points", "offline"): 1,
        ("wifi_access_points", "standby"): 1,
    }


def test_records_of_several_lines_are_rows() -> None:
    """Each begins with a line that the profile knows; what stands before the first is nobody's."""
    command = {
        "send": "x",
        "records": r"^\S+ ESSID",
        "each": r"(?s)^(?P<radio>\S+) .*Channel: (?P<wifi_radio_channel>\d+)",
        "fields": {"band": {"text": "5"}},
    }
    text = (
        'greeting\nwlan0 ESSID: "a"\n   Channel: 36\nwlan1 ESSID: "b"\n   Mode: off\nwlan2 ESSID: "c"\n   Channel: 40'
    )
    assert told((command, text)) == {("wifi_radio_channel", "wlan0", "5"): 36, ("wifi_radio_channel", "wlan2", "5"): 40}


def test_the_first_word_counts_unless_it_is_a_sum() -> None:
    """A series has one value: the first that is told, or, where the profile says so, all of them added up."""
    more = {**COUNT, "send": "more"}
    assert told((COUNT, "3"), (more, "4")) == {("wifi_clients",): 3}
    assert told((COUNT | {"sum": "wifi_clients"}, "3"), (more | {"sum": "wifi_clients"}, "4")) == {("wifi_clients",): 7}
    rows = {"send": "x", "each": r"^n=(?P<wifi_clients>\d+)$"}
    assert told((rows, "n=1\nn=2")) == {("wifi_clients",): 1}
    assert told((rows | {"sum": "wifi_clients"}, "n=1\nn=2")) == {("wifi_clients",): 3}


def test_long_lines_are_cut() -> None:
    """However long a line is, a pattern looks at its beginning alone."""
    command = {"send": "x", "each": r"(?P<wifi_clients>\d+) clients"}
    assert told((command, "7 clients" + " " * 100_000)) == {("wifi_clients",): 7}
    assert told((command, " " * 100_000 + "7 clients")) == {}


@pytest.mark.parametrize(
    ("driver", "text", "refused"),
    [
        ("mikrotik_routeros", "bad command name wifi (line 1 column 12)", True),
        ("mikrotik_routeros", "expected end of command (line 1 column 5)", True),
        ("mikrotik_routeros", "0", False),
        ("linux", "-ash: iwinfo: not found", True),
        ("linux", "sh: 1: ubus: command not found", True),
        ("linux", "Command failed: Not found", True),
        ("linux", "end", False),
        ("huawei_vrp", "          ^\nError: Unrecognized command found at '^' position.", True),
        ("huawei_vrp", "Total: 14  2.4G: 6  5G: 8", False),
        ("hp_comware", "          ^\n % Unrecognized command found at '^' position.", True),
        ("ruijie_os", "% Invalid input detected at '^' marker.", True),
        ("ruijie_os", "Total Sta Num : 17", False),
        ("cisco_wlc", "Incorrect usage.  Use the '?' or <TAB> key to list commands.", True),
        ("cisco_wlc", "Number of Clients................................ 15", False),
        ("cisco_xe", "% Incomplete command.", True),
        ("aruba_os", "% Parse error", True),
        ("aruba_os", "Num Clients:15", False),
        ("acme_os", "Unknown command: show", True),
        ("acme_os", "Clients: 3 (load 40 %)", False),
    ],
)
def test_a_refusal_is_known_from_an_answer(driver: str, text: str, refused: bool) -> None:
    """By the driver; the device's own line is what people read."""
    said = refusal(read(COUNT, device_type=driver), text)
    assert bool(said) == refused
    assert not refused or said.strip() in text


def test_a_profile_may_know_its_own_refusals() -> None:
    """``error`` stands in place of what the driver has; ``expect`` is what an answer must hold."""
    commands = read(COUNT | {"expect": "^Summary"}, error="^nope")
    assert refusal(commands, "nope, not here") == "nope, not here"
    assert refusal(commands, "x: not found") == ""
    assert is_expected(commands.every[0], "Summary\n3")
    assert not is_expected(commands.every[0], "3")


# -- what may be written ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ({"commands": [COUNT]}, "commands", "needs ssh beside it"),
        ({"ssh": {"device_type": "linux"}}, "ssh", "needs commands beside it"),
        ({"ssh": {}, "commands": [COUNT]}, "ssh", "needs device_type"),
        ({"ssh": {"device_type": "Linux!"}, "commands": [COUNT]}, "ssh.device_type", "must be the name of one"),
        ({"ssh": {"device_type": "cisco_ios_telnet"}, "commands": [COUNT]}, "ssh.device_type", "in the clear"),
        ({"ssh": {"device_typ": "linux"}, "commands": [COUNT]}, "ssh.device_typ", "did you mean device_type?"),
        ({"ssh": {"device_type": "linux", "error": "("}, "commands": [COUNT]}, "ssh.error", "no regular expression"),
        ({"ssh": {"device_type": "linux"}, "commands": []}, "commands", "must not be empty"),
    ],
)
def test_mistakes_are_named(raw: dict[str, Any], path: str, message: str) -> None:
    """With the way to the key."""
    with pytest.raises(ProfileError) as wrong:
        build({"generic": {}, "acme": raw})
    assert ".".join(map(str, wrong.value.path)) == f"acme.{path}"
    assert message in wrong.value.message


@pytest.mark.parametrize(
    ("command", "path", "message"),
    [
        ({"pattern": "x"}, "", "needs send, and exactly one of pattern, each, template"),
        ({"send": "x", "pattern": "a", "each": "b"}, "", "exactly one of"),
        ({"send": "x\nreboot", "pattern": r"(?P<wifi_clients>\d)"}, "send", "must be one line"),
        ({"send": "x", "pattern": "("}, "pattern", "no regular expression"),
        ({"send": "x", "pattern": r"(?P<wifi_client>\d)"}, "", "nothing is made of the group wifi_client"),
        ({"send": "x", "pattern": r"\d"}, "", "gives no measure"),
        ({"send": "x", "each": r"(?P<wifi_radio_clients>\d)"}, "", "band is missing"),
        ({"send": "x", "pattern": r"(?P<n>\d)", "fields": {"wifi_clients": "m"}}, "fields.wifi_clients", "group"),
        ({"send": "x", "pattern": r"(?P<n>\d)", "fields": {"wifi_clents": "n"}}, "fields.wifi_clents", "neither"),
        ({"send": "x", "pattern": r"(?P<n>\d)", "fields": {"wifi_clients": {"from": "n", "transform": "perc"}}},
         "fields.wifi_clients.transform", "transform"),
        ({"send": "x", "pattern": r"(?P<n>\d)", "fields": {"wifi_clients": {"from": "n", "map": {"1": "2"}}}},
         "fields.wifi_clients.map", "is for labels"),
        ({"send": "x", "pattern": r"(?P<n>\d)", "fields": {"wifi_clients": {"text": "3"}}},
         "fields.wifi_clients", "from"),
        ({"send": "x", "pattern": r"(?P<wifi_clients>\d)", "sum": "hotspot_users"}, "", "which it does not give"),
        ({"send": "x", "each": "a", "count": "wifi_client"}, "count", "did you mean wifi_clients?"),
        ({"send": "x", "pattern": r"(?P<wifi_clients>\d)", "records": "a"}, "records", "is for each"),
        ({"send": "x", "pattern": r"(?P<wifi_clients>\d)", "fields": []}, "fields", "must be a mapping"),
        ({"send": "x", "pattern": r"(?P<wifi_clients>\d)", "sent": 1}, "sent", "did you mean send?"),
    ],
)  # fmt: skip
def test_mistakes_of_a_command_are_named(command: dict[str, Any], path: str, message: str) -> None:
    """With the way to the key."""
    with pytest.raises(ProfileError) as wrong:
        read(command)
    assert ".".join(map(str, wrong.value.path)) == ".".join(["commands.0", *([path] if path else [])])
    assert message in wrong.value.message


def test_commands_are_inherited_whole() -> None:
    """A profile that extends another has its commands, or its own in their place."""
    ssh = {"device_type": "linux"}
    own = {"send": "own", "pattern": r"(?P<wifi_clients>\d)"}
    profiles = build(
        {
            "generic": {},
            "one": {"extends": "generic", "ssh": ssh, "commands": [COUNT]},
            "two": {"extends": "one"},
            "three": {"extends": "one", "ssh": ssh, "commands": [own]},
        }
    )
    assert profiles["generic"].commands is None
    assert profiles["two"].commands == profiles["one"].commands
    assert [one.send for one in _every(profiles["three"].commands)] == ["own"]


def _every(commands: Commands | None) -> tuple[Command, ...]:
    assert commands is not None
    return commands.every


def test_a_profile_knows_what_its_commands_tell() -> None:
    """Of each command, and of all of them."""
    commands = read(COUNT, {"send": "x", "each": r"(?P<ssid>\w+)", "count": "wifi_ssid_clients"})
    assert commands.measures == {"wifi_clients", "wifi_ssid_clients"}
    assert [one.measures for one in commands.every] == [{"wifi_clients"}, {"wifi_ssid_clients"}]


# -- those that come with netmon --------------------------------------------------------------------------

PROFILES = build(load_profiles())
SAYS: dict[str, dict[str, str]] = {
    "ruijie_rgos": {
        "show ac-config client summary": "========= show sta status =========\n\nTotal Sta Num : 3\nBackup Sta Num : 0",
        "show dot11 associations all-client": (
            "RADIO-ID WLAN-ID ADDR              AID  CHAN RATE_DOWN RATE_UP RSSI\n"
            "-------- ------- ----------------- ---- ---- --------- ------- ----\n"
            "1        1       02:00:00:00:00:01 2    1    65.0M     26.0M   30\n"
            "2        1       02:00:00:00:00:02 3    157  325.0M    234.0M  24\n"
            "2        1       02:00:00:00:00:03 4    157  433.0M    325.0M  34"
        ),
    },
    "huawei_vrp": {
        "display station all": (
            "Rf/WLAN: Radio ID/WLAN ID\n----\nSTA MAC  AP ID Ap name Rf/WLAN Band Type RSSI VLAN IP SSID\n----\n"
            "0200-0000-0001   0     ap-1      1/1      5G    11n   -68  10   10.1.1.2   Kota\n"
            "0200-0000-0002   1     ap-2      0/1      2.4G  11n   -60  10   10.1.1.3   Kota\n"
            "0200-0000-0003   1     ap-2      0/2      2.4G  11n   -61  10   10.1.1.4   Tamu\n----\n"
            "Total: 3 2.4G: 2 5G: 1"
        ),
    },
    "cisco_wlc": {
        "show client summary": "\nNumber of Clients................... 3\n\nNumber of EoGRE Clients...... 0",
        "show ap summary": "\nNumber of APs........................ 2\n\nGlobal AP User Name.... Not Configured",
    },
    "cisco_iosxe": {
        "show wireless client summary": "Number of Clients: 3\n\nMAC Address    AP Name",
        "show ap summary": "Number of APs: 2\n\nAP Name",
    },
    "aruba_controller": {
        "show ap association": "Association Table\n----------\nName  bssid  mac\n----\nap-1  x  y\n\nNum Clients:3",
        "show ap database": (
            "AP Database\n-----------\nName  Group    AP Type  IP Address  Status  Flags  Switch IP   Standby IP\n"
            "ap-1  default  315      10.1.1.1    Up 1d:2h:3m  2      10.1.0.1    0.0.0.0\n"
            "ap-2  default  315      10.1.1.2    Up 3h:2m:1s  2      10.1.0.1    0.0.0.0"
        ),
    },
    "aruba_instant": {
        "show clients": "\nClient List\n-----------\nName  IP Address\n----\nNumber of Clients   :3\nInfo :9"
    },
    "h3c_comware": {"display wlan client": " Total number of clients: 3\n\n MAC address    User name   AP name"},
}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_the_commands_of_a_profile_find_their_numbers(name: str) -> None:
    """In answers written as the makers' manuals show them: simulated only."""
    commands = PROFILES[name].commands
    assert commands is not None
    asked = [one for one in commands.every if one.send in SAYS[name] and not one.template]
    assert not [one.send for one in asked if refusal(commands, SAYS[name][one.send])]
    made = {
        (one.measure, *[text for _, text in one.labels[3:]]): value
        for one, value in readings_of(DEVICE, [(one, rows_of(one, SAYS[name][one.send])) for one in asked]).items()
    }
    assert made["wifi_clients",] == 3
    if name.startswith(("cisco", "aruba_controller")):
        assert made["wifi_access_points", "online"] == 2
    if name == "huawei_vrp":
        assert (made["wifi_ssid_clients", "Kota"], made["wifi_ssid_clients", "Tamu"]) == (2, 1)
    if name == "ruijie_rgos":
        assert (made["wifi_radio_clients", "1", "2.4"], made["wifi_radio_clients", "2", "5"]) == (1, 2)


@pytest.mark.parametrize("name", sorted(name for name, one in PROFILES.items() if one.commands is not None))
def test_drivers_and_templates_exist(name: str) -> None:
    """The driver of each profile with commands is one of netmiko's, and its templates are in ntc-templates."""
    from importlib import resources  # noqa: PLC0415 -- with the library

    from netmiko.ssh_dispatcher import CLASS_MAPPER  # noqa: PLC0415 -- heavy, and only for this

    commands = PROFILES[name].commands
    assert commands is not None
    assert commands.device_type in CLASS_MAPPER
    folder = resources.files("ntc_templates") / "templates"
    named = [one.template for one in commands.every if one.template]
    assert [one for one in named if not (folder / f"{one}.textfsm").is_file()] == []


EVERY = [one for profile in PROFILES.values() if profile.commands is not None for one in profile.commands.every]
HOSTILE = [
    "",
    " " * 5000,
    "1 " * 2500,
    "0200-0000-0001 " + "a " * 2500,
    "ap-1 " + "1.1.1.1 " * 600,
    'wlan0 ESSID: "x"\n' + " Mode: Master Channel: 36 (5.180 GHz) Noise: -9" * 200,
    "Total Sta Num :" + " " * 4000,
    ("\x1b[K\x00\ud800 --More-- " * 50 + "\n") * 20,
]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200)))
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_whatever_a_device_answers_is_read_at_once(text: str) -> None:
    """No answer makes a command fail or dally: the loop waits while a pattern is searched."""
    began = time.process_time()
    for command in EVERY:
        made = readings_of(DEVICE, [(command, rows_of(command, text) if not command.template else [])])
        assert all(one.measure in command.measures for one in made)
    assert time.process_time() - began < 2
