"""OpenWrt and Asuswrt-Merlin: net-snmp's `extend` lines.

They are agents made of cells, and a real snmpd that runs the script of docs/openwrt.md.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from met_agents import agent, meet, polled, told, wireless
from recordings import profiles
from snmpd import Snmpd, needs_snmpd, running_snmpd

from netmon.model import Device, Role, Secret
from netmon.probes.snmp.contact import first_contact
from netmon.profiles import Cell
from netmon.snmp.client import SnmpClient, Target

ROOT = Path(__file__).resolve().parents[1]
LINUX = "1.3.6.1.4.1.8072.3.2.10"
OUTPUT_1 = "1.3.6.1.4.1.8072.1.3.2.3.1.1"
LINES = "1.3.6.1.4.1.8072.1.3.2.4.1.2"


def index_of(name: str) -> str:
    """Write a name as an index: its length, then its characters."""
    return ".".join(map(str, (len(name), *name.encode())))


def extended(outputs: Mapping[str, str]) -> dict[str, Cell]:
    """Make the cells of `extend` lines by name, as NET-SNMP-EXTEND-MIB has them."""
    cells: dict[str, Cell] = {}
    for name, text in outputs.items():
        lines = text.split("\n")
        cells[f"{OUTPUT_1}.{index_of(name)}"] = lines[0].encode()
        cells |= {f"{LINES}.{index_of(name)}.{at}": line.encode() for at, line in enumerate(lines, 1)}
    return cells


def access_point(clients: int = 5, ssids: str = "ssid 3 Padang\nssid 2 Padang\nssid 0 Tamu 5") -> dict[str, Cell]:
    """Make an OpenWrt access point with two radios."""
    outputs = {"distro": "OpenWrt 23.05.5 r24106", "hardware": "Linksys WRT1200AC", "clients-wlan": str(clients)}
    outputs |= {"clients-wlan0": "3", "frequency-wlan0": "5180", "noise-floor-wlan0": "-91", "snr-wlan0-avg": "20"}
    outputs |= {"clients-phy1-ap0": "2", "frequency-phy1-ap0": "2462", "noise-floor-phy1-ap0": "-65"}
    return agent(LINUX, "Linux OpenWrt 5.15.167 #0 SMP armv7l", extended({**outputs, "ssid-clients": ssids}))


def test_openwrt() -> None:
    """Rows of one column become radios with what is told of each; networks of one name are one."""
    assert wireless(access_point()) == {
        "wifi_clients": 5,
        'wifi_radio_channel{radio="wlan0",band="5"}': 36,
        'wifi_radio_clients{radio="wlan0",band="5"}': 3,
        'wifi_radio_noise_dbm{radio="wlan0",band="5"}': -91,
        'wifi_radio_channel{radio="phy1-ap0",band="2.4"}': 11,
        'wifi_radio_clients{radio="phy1-ap0",band="2.4"}': 2,
        'wifi_radio_noise_dbm{radio="phy1-ap0",band="2.4"}': -65,
        'wifi_ssid_clients{ssid="Padang"}': 5,
        'wifi_ssid_clients{ssid="Tamu 5"}': 0,
    }
    identity = meet(access_point()).plan.identity
    assert (identity.vendor, identity.model, identity.version) == ("OpenWrt", "Linksys WRT1200AC", "23.05.5")


def test_openwrt_in_the_next_poll() -> None:
    """A network that was renamed is not counted under its old name."""
    found = meet(access_point())
    after = polled(found, access_point(0, "ssid 0 Padang-Smart-City\nssid 0 Tamu 5"))
    assert after["wifi_clients"] == 0
    assert {name for name in after if name.startswith("wifi_ssid")} == {
        'wifi_ssid_clients{ssid="Padang-Smart-City"}',
        'wifi_ssid_clients{ssid="Tamu 5"}',
    }


def test_a_noise_that_is_not_told_is_none() -> None:
    """It is not 0 dBm."""
    cells = access_point()
    del cells[f"{OUTPUT_1}.{index_of('noise-floor-wlan0')}"]
    assert 'wifi_radio_noise_dbm{radio="wlan0",band="5"}' not in wireless(cells)


def test_any_linux_that_tells_of_clients_is_an_access_point() -> None:
    """The total alone is enough; a Linux without it is none."""
    cells = agent(LINUX, "Linux ap 6.1.0", extended({"clients-wlan": "4"}))
    assert (meet(cells).plan.profile, wireless(cells)) == ("openwrt_linux", {"wifi_clients": 4})
    assert meet(agent(LINUX, "Linux server 6.1.0", extended({"uptime": "4"}))).plan.profile != "openwrt_linux"
    assert meet(agent(LINUX, "Linux OpenWrt 5.15.167 armv7l")).plan.profile == "openwrt_linux"


def test_asuswrt_merlin() -> None:
    """It has the same lines, and one that tells its model and version."""
    cells = agent(LINUX, "Linux RT-AC68U 2.6.36.4brcmarm", extended({"clients-wlan": "7", "clients-eth1": "7"}))
    cells["1.3.6.1.4.1.2021.7890.1.101.1"] = b"ASUSWRT-Merlin RT-AC68U 384.19"
    found = meet(cells)
    assert (found.plan.profile, told(found.read)["wifi_clients"]) == ("asus_merlin", 7)
    identity = found.plan.identity
    assert (identity.vendor, identity.model, identity.version) == ("ASUS", "RT-AC68U", "384.19")


# -- the page's script, run by a real snmpd -----------------------------------------------------------

IWINFO = r"""#!/bin/sh
# An iwinfo of two access points and a station of a link: what it prints is read from files.
if [ -z "$1" ]; then cat "$0".*.info; else cat "$0.$1.$2" 2>/dev/null || echo "No station connected"; fi
"""

INTERFACES = {
    "wlan0": ('"Padang"', "Master", "36 (5.180 GHz)", "-91"),
    "wlan0-1": ('"Tamu 5"', "Master", "36 (5.180 GHz)", "-91"),
    "phy1-ap0": ('"Padang"', "Master", "11 (2.462 GHz)", "unknown"),
    "wlan1-1": ('"backhaul"', "Client", "149 (5.745 GHz)", "-90"),
}
CLIENTS = {"wlan0": 3, "wlan0-1": 0, "phy1-ap0": 2, "wlan1-1": 1}


def _program(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _say_wireless(iwinfo: Path, clients: Mapping[str, int]) -> None:
    for name, (essid, mode, channel, noise) in INTERFACES.items():
        heard = noise if noise == "unknown" else f"{noise} dBm"
        Path(f"{iwinfo}.{name}.info").write_text(
            f"{name:10}ESSID: {essid}\n          Access Point: 94:10:3E:00:00:01\n"
            f"          Mode: {mode}  Channel: {channel}  HT Mode: VHT80\n"
            f"          Tx-Power: 23 dBm  Link Quality: 60/70\n          Signal: -50 dBm  Noise: {heard}\n\n"
        )
        stations = [
            f"AA:BB:CC:00:00:{number:02X}  -50 dBm / -91 dBm (SNR 41)  10 ms ago\n\tRX: 866.7 MBit/s     1 Pkts.\n\n"
            for number in range(clients[name])
        ]
        Path(f"{iwinfo}.{name}.assoclist").write_text("".join(stations) or "No station connected\n")


def _extend_lines(uci: str) -> list[str]:
    """Turn sections of /etc/config/snmpd into lines of snmpd.conf, as OpenWrt's snmpd.init does."""
    out = []
    for section in uci.split("config extend")[1:]:
        told_of = dict(re.findall(r"option (\w+) '(.*)'", section))
        out.append(f"extend {told_of['name']} {told_of['prog']} {told_of['args']}")
    return out


@pytest.fixture
def openwrt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snmpd]:
    """Run snmpd as the page says, over a Wi-Fi of files."""
    page = (ROOT / "docs/openwrt.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(#!/bin/sh\n.*?)```", page, re.DOTALL)
    assert found
    script = found[1].replace("/etc/openwrt_release", f"{tmp_path}/release")
    script = script.replace("/tmp/sysinfo/model", f"{tmp_path}/model")  # noqa: S108 - OpenWrt's own place
    (tmp_path / "release").write_text("DISTRIB_ID='OpenWrt'\nDISTRIB_DESCRIPTION='OpenWrt 23.05.5 r24106-10cc5fcd00'\n")
    (tmp_path / "model").write_text("TP-Link Archer C7 v5\n")
    _say_wireless(_program(tmp_path / "iwinfo", IWINFO), CLIENTS)
    wifi = _program(tmp_path / "netmon-wifi", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said = subprocess.run([wifi, "config"], check=True, capture_output=True, text=True, timeout=20)
    assert said.stderr == ""
    with running_snmpd(config="\n".join(_extend_lines(said.stdout))) as running:
        yield running


@needs_snmpd
async def test_the_pages_script_with_a_real_snmpd(openwrt: Snmpd, client: SnmpClient) -> None:
    """What the page says to configure gives clients in total, by radio and by network; a station is no access point."""
    target = Target(openwrt.address, openwrt.port, Secret(openwrt.community))
    found = await first_contact(client, profiles(), Device(id="ap-1", role=Role.ACCESS_POINT), target)
    assert found.summary["profile"] == "openwrt_linux"
    assert (found.summary["system"]["model"], found.summary["system"]["version"]) == ("TP-Link Archer C7 v5", "23.05.5")
    wifi = found.summary["wifi"]
    assert wifi["clients"] == 5
    assert sorted(wifi["radios"], key=lambda radio: str(radio["radio"])) == [
        {"radio": "phy1-ap0", "band": "2.4", "channel": 11, "clients": 2},
        {"radio": "wlan0", "band": "5", "channel": 36, "clients": 3, "noise_dbm": -91},
        {"radio": "wlan0-1", "band": "5", "channel": 36, "clients": 0, "noise_dbm": -91},
    ]
    assert {each["ssid"]: each["clients"] for each in wifi["ssids"]} == {"Padang": 5, "Tamu 5": 0}
