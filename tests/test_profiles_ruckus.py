"""Ruckus ZoneDirector, SmartZone, Unleashed and access points that stand alone; agents written from the MIBs."""

from __future__ import annotations

from met_agents import meet, polled, summary

from netmon.profiles import Cell

DESCR, OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
RUCKUS = "1.3.6.1.4.1.25053"
ZD, SZ, UNLEASHED = f"{RUCKUS}.1.2", f"{RUCKUS}.1.4", f"{RUCKUS}.1.15"
RADIO, WLAN = f"{RUCKUS}.1.1.12.1.1.1", f"{RUCKUS}.1.1.6.1.1.1.4.1"
DIRECTOR: dict[str, Cell] = {
    DESCR: b"Ruckus Wireless ZD1200",
    OBJECT_ID: f"{RUCKUS}.3.1.5.15",
    f"{ZD}.1.1.1.1.9.0": b"ZD1200",
}
SMARTZONE: dict[str, Cell] = {DESCR: b"SmartZone", OBJECT_ID: f"{RUCKUS}.3.1.11.1"}
MASTER: dict[str, Cell] = {
    DESCR: b"Ruckus Wireless R550",
    OBJECT_ID: f"{RUCKUS}.3.1.15.1",
    f"{UNLEASHED}.1.1.1.1.9.0": b"R550",
}
ALONE: dict[str, Cell] = {DESCR: b"Ruckus Wireless Inc", OBJECT_ID: f"{RUCKUS}.3.1.4.20"}
STATES = ("offline", "online", "pending", "upgrading", "provisioning")


def wlans(table: str, *told: tuple[str, int]) -> dict[str, Cell]:
    """Make the rows of networks: name and clients."""
    cells: dict[str, Cell] = {}
    for row, (name, clients) in enumerate(told, 1):
        cells |= {f"{table}.1.{row}": name.encode(), f"{table}.12.{row}": clients}
    return cells


def points(table: str, *told: tuple[str, int, int]) -> dict[str, Cell]:
    """Make the rows of access points as ZoneDirector and Unleashed have them: description, status, clients."""
    cells: dict[str, Cell] = {}
    for last, (name, status, clients) in enumerate(told, 1):
        mac = f"44.197.211.0.0.{last}"
        cells |= {f"{table}.2.{mac}": name.encode(), f"{table}.3.{mac}": status, f"{table}.4.{mac}": b"r510"}
        cells |= {f"{table}.5.{mac}": f"31{last}".encode(), f"{table}.7.{mac}": b"10.1.2.0.306"}
        cells |= {f"{table}.10.{mac}": bytes([10, 0, 0, last]), f"{table}.15.{mac}": clients}
    return cells


def test_zonedirector() -> None:
    """Totals by scalars, networks of one name added up, access points in all their states."""
    told = summary(
        {
            **DIRECTOR,
            **wlans(f"{ZD}.2.1.1.1.1.1", ("Padang", 4), ("Padang", 2), ("Staf", 0)),
            **points(f"{ZD}.2.1.1.2.1.1", *((f"ap-{state}", state, 6 * (state == 1)) for state in range(5))),
            f"{ZD}.1.1.1.15.1.0": 1,
            f"{ZD}.1.1.1.15.2.0": 6,
        }
    )
    assert (told["profile"], told["system"]["model"]) == ("ruckus_zonedirector", "ZD1200")
    assert told["wifi"]["clients"] == 6
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 6}, {"ssid": "Staf", "clients": 0}]
    assert told["wifi"]["access_point_states"] == {"online": 1}
    assert [one["state"] for one in told["wifi"]["access_points"]] == list(STATES)
    assert told["wifi"]["access_points"][1] == {
        "name": "ap-1",
        "state": "online",
        "address": "10.0.0.2",
        "model": "r510",
        "serial": "312",
        "version": "10.1.2.0.306",
        "mac": "2c:c5:d3:00:00:02",
        "clients": 6,
    }


def test_zonedirector_without_clients_or_statistics() -> None:
    """No client is 0; without the scalar the networks are added up; an access point without a name has its address."""
    idle = {**DIRECTOR, f"{ZD}.1.1.1.15.2.0": 0}
    assert summary(idle)["wifi"]["clients"] == 0
    told = summary({**DIRECTOR, **wlans(f"{ZD}.2.1.1.1.1.1", ("Padang", 4)), **points(f"{ZD}.2.1.1.2.1.1", ("", 1, 4))})
    assert told["wifi"]["clients"] == 4
    assert told["wifi"]["access_points"][0]["name"] == "2c:c5:d3:00:00:01"
    assert summary(DIRECTOR)["wifi"]["clients"] is None


def smartzone_points(table: str, *told: tuple[str, str, int]) -> dict[str, Cell]:
    """Make the rows of access points of a SmartZone: name, connection, clients. Their index begins with its length."""
    cells: dict[str, Cell] = {}
    for last, (name, connection, clients) in enumerate(told, 1):
        mac = f"6.44.197.211.0.0.{last}"
        cells |= {f"{table}.5.{mac}": name.encode(), f"{table}.7.{mac}": b"6.1.1.0.1274", f"{table}.8.{mac}": b"R550"}
        cells |= {f"{table}.9.{mac}": f"31{last}".encode(), f"{table}.10.{mac}": bytes([10, 0, 0, last])}
        cells |= {f"{table}.15.{mac}": clients, f"{table}.16.{mac}": connection.encode()}
    return cells


def test_smartzone() -> None:
    """The connected access points of all nodes of the cluster; connections are texts in any case."""
    nodes: dict[str, Cell] = {
        f"{RUCKUS}.1.8.1.1.1.1.1.1.19.{serial}": count for serial, count in (("2.49.49", 1), ("2.49.50", 1))
    }
    told = summary(
        {
            **SMARTZONE,
            **nodes,
            **wlans(f"{SZ}.2.1.1.1.2.1", ("Padang", 10), ("Staf", 0)),
            **smartzone_points(
                f"{SZ}.2.1.1.2.2.1", ("ap-a", "Connect", 7), ("ap-b", "connect", 3), ("ap-c", "Disconnect", 0)
            ),
            f"{SZ}.1.1.1.15.1.0": 3,
            f"{SZ}.1.1.1.15.2.0": 10,
        }
    )
    assert (told["profile"], told["wifi"]["clients"]) == ("ruckus_smartzone", 10)
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 10}, {"ssid": "Staf", "clients": 0}]
    assert told["wifi"]["access_point_states"] == {"online": 2}
    assert [(one["name"], one["state"], one["clients"]) for one in told["wifi"]["access_points"]] == [
        ("ap-a", "online", 7),
        ("ap-b", "online", 3),
        ("ap-c", "offline", 0),
    ]
    assert told["wifi"]["access_points"][0]["mac"] == "2c:c5:d3:00:00:01"


def test_smartzone_without_clients_or_nodes() -> None:
    """No client is 0; without nodes the access points that are connected are counted, not all that are known."""
    rows = smartzone_points(f"{SZ}.2.1.1.2.2.1", ("ap-a", "Connect", 0), ("ap-b", "Disconnect", 0))
    told = summary({**SMARTZONE, **rows, f"{SZ}.1.1.1.15.2.0": 0, f"{SZ}.1.1.1.15.1.0": 2})["wifi"]
    assert (told["clients"], told["access_point_states"]) == (0, {"online": 1})
    assert summary(SMARTZONE)["wifi"]["clients"] is None


def test_networks_come_and_go_without_a_new_plan() -> None:
    """On all controllers they are walked at each poll."""
    for base, table in ((DIRECTOR, f"{ZD}.2.1.1.1.1.1"), (SMARTZONE, f"{SZ}.2.1.1.1.2.1")):
        found = meet({**base, **wlans(table, ("Padang", 4))})
        read = polled(found, {**base, **wlans(table, ("Staf", 1), ("Padang", 4))})
        assert read['wifi_ssid_clients{ssid="Padang"}'] == 4
        assert read['wifi_ssid_clients{ssid="Staf"}'] == 1


def test_smartcell_gateway() -> None:
    """The tables of the older gateway, which has them elsewhere."""
    table = f"{RUCKUS}.1.3"
    told = summary(
        {
            DESCR: b"SmartCell Gateway",
            OBJECT_ID: f"{RUCKUS}.3.1.10",
            **wlans(f"{table}.2.1.1.1.2.1", ("Padang", 5), ("Padang", 2)),
            **smartzone_points(f"{table}.2.1.1.2.2.1", ("ap-a", "Connect", 7), ("ap-b", "Disconnect", 0)),
            f"{table}.1.1.1.15.2.0": 7,
        }
    )
    assert (told["profile"], told["wifi"]["clients"]) == ("ruckus_smartzone", 7)
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 7}]
    assert told["wifi"]["access_point_states"] == {"online": 1, "offline": 1}
    first, second = told["wifi"]["access_points"]
    assert (first["name"], first["state"], first["clients"]) == ("ap-a", "online", 7)
    assert (first["mac"], second["state"]) == ("2c:c5:d3:00:00:01", "offline")


def radios(*told: tuple[int, int]) -> dict[str, Cell]:
    """Make the radios of an access point: channel and clients."""
    cells: dict[str, Cell] = {}
    for row, (channel, clients) in enumerate(told, 1):
        cells |= {f"{RADIO}.2.1.4.{row}": channel, f"{RADIO}.2.1.8.{row}": -95}
        cells |= {f"{RADIO}.3.1.2.{row}": clients, f"{RADIO}.3.1.50.{row}": 30}
    return cells


def test_unleashed() -> None:
    """The network's totals and members; radios are those of the one that answers."""
    told = summary(
        {
            **MASTER,
            **radios((6, 2), (44, 3)),
            **points(f"{UNLEASHED}.2.1.1.2.1.1", ("ap-a", 1, 5), ("ap-b", 0, 0)),
            f"{UNLEASHED}.1.1.1.15.1.0": 2,
            f"{UNLEASHED}.1.1.1.15.2.0": 9,
        }
    )
    assert (told["profile"], told["system"]["model"], told["wifi"]["clients"]) == ("ruckus_unleashed", "R550", 9)
    assert told["wifi"]["access_point_states"] == {"online": 2}
    assert [(one["name"], one["state"], one["clients"]) for one in told["wifi"]["access_points"]] == [
        ("ap-a", "online", 5),
        ("ap-b", "offline", 0),
    ]
    common = {"utilization_ratio": 0.3, "noise_dbm": -95}
    assert told["wifi"]["radios"] == [
        {"radio": "1", "band": "2.4", "clients": 2, "channel": 6, **common},
        {"radio": "2", "band": "5", "clients": 3, "channel": 44, **common},
    ]


def test_unleashed_without_clients() -> None:
    """0 where it tells 0; firmware that tells no number has none."""
    assert summary({**MASTER, f"{UNLEASHED}.1.1.1.15.2.0": 0})["wifi"]["clients"] == 0
    assert summary(MASTER)["wifi"]["clients"] is None


def test_standing_alone() -> None:
    """Each radio, its total, and networks of one name on both radios added up."""
    cells = {**ALONE, **radios((1, 4), (149, 6))}
    for row, (name, clients) in enumerate((("Padang", 3), ("Padang", 6), ("Staf", 1)), 10):
        cells |= {f"{WLAN}.1.{row}": name.encode(), f"{WLAN}.3.{row}": clients}
    told = summary(cells)
    assert (told["profile"], told["wifi"]["clients"]) == ("ruckus_hotzone", 10)
    assert [(radio["band"], radio["channel"], radio["clients"]) for radio in told["wifi"]["radios"]] == [
        ("2.4", 1, 4),
        ("5", 149, 6),
    ]
    assert told["wifi"]["ssids"] == [{"ssid": "Padang", "clients": 9}, {"ssid": "Staf", "clients": 1}]


def test_standing_alone_without_clients() -> None:
    """0 on each radio and in total; a radio that is off has no channel."""
    told = summary({**ALONE, **radios((0, 0), (36, 0))})["wifi"]
    assert (told["clients"], [radio["clients"] for radio in told["radios"]]) == (0, [0, 0])
    assert "channel" not in told["radios"][0]
