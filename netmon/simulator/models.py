"""The makers and models of the simulated city, and which one a device is.

The maker is the one whose name stands in the device's own name ("Gerbang - Ruijie RG-AP720-L"); where none does, a
profile decides, and else chance, so that a city of any inventory is as mixed as a real one. Descriptions are in the
manner of each maker's equipment; firmware versions are invented, as are identifiers below a maker's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from netmon.model import Device, Role
from netmon.simulator import controllers, mibs
from netmon.simulator.agents import Leaf, Model, Port, Radio

_BRIDGE: Final = 209  # IANAifType-MIB
_WIRELESS: Final = 71
_LOOPBACK: Final = 24
_VERSION: Final = "6.49.17"
_ROUTER_SHARE: Final = 9_000_000.0  # bytes a busy second, at the busiest time
_RADIO_SHARE: Final = 1_200_000.0


@dataclass(frozen=True, slots=True)
class Maker:
    """How a maker's devices show themselves: description and identifier by role, names of their ports."""

    name: str
    describe: Callable[[str, Role], str]
    object_id: str
    port: str
    processors: int = 1


def _routeros(board: str, _role: Role) -> str:
    return f"RouterOS {board}"


_MAKERS: Final = (
    Maker("MikroTik", _routeros, "1.3.6.1.4.1.14988.1", "ether{}", 4),
    Maker(
        "Ruijie",
        lambda m, _: f"Ruijie Networks {m}, Software Release 11.9(6)B15",
        "1.3.6.1.4.1.4881.1.1.10.1.999",
        "GigabitEthernet 0/{}",
    ),
    Maker("Ubiquiti", lambda m, _: f"{m} 6.6.77.15402", "1.3.6.1.4.1.41112", "eth{}"),
    Maker("TP-Link", lambda m, _: f"TP-Link {m} 5.1.0 Build 20240115", "1.3.6.1.4.1.11863.10.1", "eth{}"),
    Maker("Ruckus", lambda m, _: f"Ruckus Wireless, Inc. {m}", "1.3.6.1.4.1.25053.3.1.4.999", "eth{}"),
    Maker("Aruba", lambda m, _: f"ArubaOS (MODEL: {m}), Version 8.10.0.11", "1.3.6.1.4.1.14823.1.2.999", "bond{}"),
    Maker(
        "Cisco",
        lambda m, _: f"Cisco IOS Software, {m} Software, Version 17.9.4a, RELEASE SOFTWARE",
        "1.3.6.1.4.1.9.1.9999",
        "GigabitEthernet0/{}",
    ),
    Maker(
        "Huawei",
        lambda m, _: f"Huawei Versatile Routing Platform Software VRP (R) software, Version 5.170 ({m})",
        "1.3.6.1.4.1.2011.2.224.999",
        "GigabitEthernet0/0/{}",
    ),
    Maker(
        "net-snmp",
        lambda _, __: "Linux gateway 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 x86_64",
        "1.3.6.1.4.1.8072.3.2.10",
        "eth{}",
        2,
    ),
)
_MIKROTIK, _RUIJIE, _LINUX = _MAKERS[0], _MAKERS[1], _MAKERS[-1]
_USUAL: Final = {
    Role.ROUTER: "RB4011iGS+",
    Role.ACCESS_POINT: "RBcAPGi-5acD2nD",
    Role.SWITCH: "CRS112-8P-4S",
    Role.CONTROLLER: "WS6008",
}
_BY_CHANCE: Final = {
    Role.ACCESS_POINT: (_MIKROTIK, _MIKROTIK, _MIKROTIK, _MAKERS[1], _MAKERS[2], _MAKERS[3]),
    Role.ROUTER: (_MIKROTIK, _MIKROTIK, _MIKROTIK, _MAKERS[1], _LINUX),
}


def choose(device: Device, chance: float) -> Model:
    """Say which model a device is; ``chance`` (0 to 1) decides where neither its name nor its profile does.

    A controller is Ruijie's, whatever it is called.
    """
    for maker in [_RUIJIE] if device.role is Role.CONTROLLER else _MAKERS:
        _, found, board = device.name.rpartition(maker.name)
        if found:
            return _model(maker, board.strip() or _USUAL.get(device.role, maker.name), device.role)
    if device.role is Role.CONTROLLER:
        maker = _RUIJIE
    elif device.profile == "mikrotik_routeros":
        maker = _MIKROTIK
    elif device.profile == "generic":
        maker = _LINUX
    else:
        among = _BY_CHANCE.get(device.role, (_MIKROTIK, _LINUX))
        maker = among[int(chance * len(among))]
    return _model(maker, _USUAL.get(device.role, maker.name), device.role)


def witness() -> Model:
    """Give the model that witnesses are: a plain Linux."""
    return _model(_LINUX, "", Role.ROUTER)


@cache  # a model and its tree are the same for all devices of the model, and never change
def _model(maker: Maker, board: str, role: Role) -> Model:
    ports = tuple(_ports(maker, role))
    radios = tuple(_radios(maker, ports)) if role is Role.ACCESS_POINT else ()
    leaves = list(_leaves(maker, board, role, ports, radios))
    if maker is _MIKROTIK and radios:
        return Model(board, ports, radios, leaves, mibs.REGISTRATIONS, mibs.registrations)
    if role is Role.CONTROLLER:
        return Model(board, ports, radios, leaves, controllers.LISTS, controllers.listed)
    return Model(board, ports, radios, leaves)


def _ports(maker: Maker, role: Role) -> Iterator[Port]:
    wired = {Role.ROUTER: 5, Role.SWITCH: 8}.get(role, 2)
    first = 0 if maker.port.startswith("eth{") else 1
    for number in range(wired):
        busy = number < 3 if role is not Role.ACCESS_POINT else number == 0  # noqa: PLR2004 - the others are spare
        share = {Role.ROUTER: _ROUTER_SHARE, Role.ACCESS_POINT: 2 * _RADIO_SHARE}.get(role, _RADIO_SHARE)
        alias = "WAN" if role is Role.ROUTER and number == 0 else ""
        yield Port(
            number + 1, maker.port.format(number + first), share=share if busy else 0.0, alias=alias, connected=busy
        )
    if role is Role.ACCESS_POINT:
        yield Port(wired + 1, "wlan1" if maker is _MIKROTIK else "wifi0", _WIRELESS, 300, _RADIO_SHARE * 0.4)
        yield Port(wired + 2, "wlan2" if maker is _MIKROTIK else "wifi1", _WIRELESS, 867, _RADIO_SHARE)
    if maker is _MIKROTIK:
        yield Port(wired + 3, "bridge", _BRIDGE, 1000, _RADIO_SHARE)
    yield Port(wired + 4, "lo", _LOOPBACK, 0)


def _radios(maker: Maker, ports: tuple[Port, ...]) -> Iterator[Radio]:
    bands = ((2437, "2ghz-n", 25), (5180, "5ghz-ac", 60))
    for port, (frequency, band, capacity) in zip([p for p in ports if p.iana_type == _WIRELESS], bands, strict=True):
        yield Radio(port.index, frequency, band if maker is _MIKROTIK else "", capacity)


def _leaves(maker: Maker, board: str, role: Role, ports: tuple[Port, ...], radios: tuple[Radio, ...]) -> Iterator[Leaf]:
    yield from mibs.system(maker.describe(board, role), maker.object_id)
    yield from mibs.interfaces(ports)
    if maker in {_MIKROTIK, _LINUX}:
        yield from mibs.host_resources(maker.processors, 262144, 131072)
    if maker is _MIKROTIK:
        yield from mibs.mikrotik(board, _VERSION, radios)
    if maker is _LINUX:
        yield from mibs.linux()
    if role is Role.CONTROLLER:
        yield from controllers.controller()
