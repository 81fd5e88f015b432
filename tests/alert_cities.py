"""Cities for the stories of alerts: inventories of the city's own kelurahan, written for a test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path

from running_city import VARIABLE

ROOT = Path(__file__).parent.parent
_NUMBERS = itertools.count()
ROUND = 8
"""Seconds between two looks at a device: longer than a look lasts while the monitor is cut off."""

_CREDENTIALS = f"city:\n  snmp: {{version: 2c, community: {{env: {VARIABLE}}}}}\n  networks: [127.0.0.0/8]\n"

_SETTINGS = """\
city: {{name: Kota Padang, code: "13.71", zone: Asia/Jakarta, language: id}}
intervals: {{reachability: {round}s, readings: 60s}}
recovery_grace: {grace}s
alert_hold: {hold}s
confirm_by_ping: false
owners: {{diskominfo: {{name: Dinas Kominfo}}}}
witness:
  - {{address: 127.220.255.1, port: {port}, reach: snmp, credential: city}}
  - {{address: 127.220.255.2, port: {port}, reach: snmp, credential: city}}
"""

_WINDOW = """\
maintenance:
  - id: pekerjaan
    scope: [{scope}]
    start: {start}
    end: {end}
    reason: fiber dipindahkan
    approved_by: Kepala Bidang
"""


def kelurahan() -> dict[str, list[str]]:
    """Give the codes of the city's kelurahan by kecamatan, in the order of the file."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "inventory" / "regions.csv").read_text(encoding="utf-8").splitlines()[1:]:
        code, _, kecamatan, _ = line.split(",")[:4]
        found.setdefault(kecamatan, []).append(code)
    return found


class Places:
    """Uplinks and sites as text, each device with the next address."""

    def __init__(self) -> None:
        """Begin with none."""
        self.port = 10_000 + (16 * os.getpid() + next(_NUMBERS)) % 20_000  # cities may stand side by side
        self._numbers = itertools.count(1)
        self._uplinks: list[str] = []
        self._sites: list[str] = []
        self.devices = 0

    def uplink(self, name: str, kelurahan_code: str, routers: int = 1) -> str:
        """Add an uplink with its routers: of ``jalur-air`` they are ``rt-air-1``, ``rt-air-2``…; give its id."""
        devices = [f"rt-{name}-{n + 1}" for n in range(routers)]
        self._uplinks.append(
            f'  - id: jalur-{name}\n    name: Jalur {name.title()}\n    kelurahan: "{kelurahan_code}"\n'
            f"    provider: telkom\n    owner: diskominfo\n    devices:\n{self._written(devices, 'router')}"
        )
        return f"jalur-{name}"

    def site(self, name: str, kelurahan_code: str, uplink: str, access_points: int = 1) -> str:
        """Add a site with its access points: of ``pantai`` they are ``ap-pantai-1``…; give its id."""
        devices = [f"ap-{name}-{n + 1}" for n in range(access_points)]
        self._sites.append(
            f'  - id: {name}\n    name: Titik {name.title()}\n    kelurahan: "{kelurahan_code}"\n    kind: office\n'
            f"    owner: diskominfo\n    uplink: {uplink}\n    devices:\n{self._written(devices, 'access_point')}"
        )
        return name

    def _written(self, devices: Iterable[str], role: str) -> str:
        return "".join(
            f"      - {{id: {name}, name: MikroTik {name}, role: {role}, address: {self._address()}, "
            f"port: {self.port}, credential: city, reach: snmp}}\n"
            for name in devices
        )

    def _address(self) -> str:
        number = next(self._numbers)
        self.devices = number
        return f"127.220.{number // 200}.{number % 200 + 1}"

    def write(self, folder: Path, *, hold: int, grace: int = 10, between: int = ROUND) -> Path:
        """Write the whole inventory and give its folder; ``hold``, ``grace`` and rounds in seconds."""
        (folder / "sites").mkdir(parents=True)
        files = {
            "netmon.yaml": _SETTINGS.format(round=between, grace=grace, hold=hold, port=self.port),
            "credentials.yaml": _CREDENTIALS,
            "regions.csv": (ROOT / "inventory" / "regions.csv").read_text(encoding="utf-8"),
            "sites/all.yaml": "".join(["uplinks:\n", *self._uplinks, "sites:\n", *self._sites]),
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def write_window(inventory: Path, scope: str, start: str, end: str) -> None:
    """Write a window that counts at once, since it was approved; the times are ISO 8601."""
    text = _WINDOW.format(scope=scope, start=start, end=end)
    (inventory / "maintenance.yaml").write_text(text, encoding="utf-8")
