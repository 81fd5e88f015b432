"""Inventories of any size: a router for each kelurahan, and a site for each access point behind it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from measuring import ROOT

SNMP_PORT: Final = 11620
COMMUNITY: Final = {"NETMON_BENCH_COMMUNITY": "bench"}
"""The environment in which an inventory's credential has its value."""

_SETTINGS: Final = """\
city: {{name: Bench, code: "13.71", zone: Asia/Jakarta, language: id}}
intervals: {{reachability: {reachability}s, readings: 60s}}
confirm_by_ping: false
witness:
  - {{address: 127.0.0.1}}
"""
_CREDENTIALS: Final = "city:\n  snmp: {version: 2c, community: {env: NETMON_BENCH_COMMUNITY}}\n"
_PILLARS: Final = ("government", "branding", "economy", "living", "society", "environment")


def _kelurahan(regions: Path) -> list[str]:
    lines = regions.read_text(encoding="utf-8").splitlines()[1:]
    return [line.partition(",")[0] for line in lines if line[:1].isdigit()]


def address(number: int) -> str:
    """Give the address of a device."""
    return f"127.3.{number // 250}.{number % 250 + 1}" if number < 60000 else f"127.4.{number // 250 - 240}.1"


def ids(devices: int) -> list[str]:
    """Name the devices of :func:`write`, in the order of their addresses."""
    return [f"d{number}" for number in range(devices)]


def uplinks(routers: int, regions: Path = ROOT / "inventory" / "regions.csv") -> list[str]:
    """Name the uplinks of :func:`write`, in the order of their routers."""
    return [_uplink(code) for code in _kelurahan(regions)[:routers]]


def _uplink(code: str) -> str:
    return f"up-{code[-4:]}-{code[6:8]}"


def write(
    folder: Path,
    devices: int,
    *,
    reachability: int = 30,
    snmp: bool = True,
    routers: int = 104,
    per_site: int = 1,
    regions: Path = ROOT / "inventory" / "regions.csv",
) -> None:
    """Write an inventory of so many devices, of which at most ``routers`` carry the others, ``per_site`` at each site.

    With ``snmp`` all of them are read; without it they have no credential, as where observations are replayed.
    """
    villages = _kelurahan(regions)[: min(routers, max(devices // 2, 1))]
    (folder / "sites").mkdir(parents=True)
    (folder / "netmon.yaml").write_text(_SETTINGS.format(reachability=reachability), encoding="utf-8")
    shutil.copy(regions, folder / "regions.csv")
    how = f", port: {SNMP_PORT}, credential: city" if snmp else ""
    if snmp:
        (folder / "credentials.yaml").write_text(_CREDENTIALS, encoding="utf-8")
    carried: dict[str, list[str]] = {code: [] for code in villages}
    for place, number in enumerate(range(len(villages), devices, per_site)):
        code = villages[place % len(villages)]
        points = ", ".join(
            f"{{id: d{one}, role: access_point, address: {address(one)}{how}}}"
            for one in range(number, min(number + per_site, devices))
        )
        carried[code].append(
            f'  - {{id: s{number}, name: Taman {number}, kind: park, kelurahan: "{code}", uplink: {_uplink(code)}, '
            f"pillars: [{_PILLARS[number % len(_PILLARS)]}], location: [-0.9{number % 90:02}, 100.4], "
            f"devices: [{points}]}}"
        )
    for number, (code, sites) in enumerate(carried.items()):
        router = f"{{id: d{number}, role: router, address: {address(number)}, wan: ether1{how}}}"
        text = f'uplinks:\n  - {{id: {_uplink(code)}, kelurahan: "{code}", devices: [{router}]}}\n'
        if sites:
            text += "sites:\n" + "".join(f"{site}\n" for site in sites)
        (folder / "sites" / f"{code}.yaml").write_text(text, encoding="utf-8")
