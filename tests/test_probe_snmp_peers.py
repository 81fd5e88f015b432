"""The SNMP probes and real peers: Debian's snmpd, and recordings of real devices answered over the wire."""

from __future__ import annotations

import json
import socket

import pytest
import snmprec
from profile_cells import PROFILES
from snmp_agents import running_agent
from snmp_city import OPEN, City, values
from snmpd import needs_snmpd, running_snmpd

from netmon.model import Device, Role
from netmon.probes.snmp import first_contact, target_of
from netmon.snmp.client import SnmpClient

MT = ".1.3.6.1.4.1.14988.1.1"
ROUTEROS = f"""
sysobjectid 1.3.6.1.4.1.14988.1
sysdescr RouterOS RB951G-2HnD
sysname rt-air-manis
override {MT}.4.4.0 octet_str "7.16.1"
override {MT}.7.3.0 octet_str "AB12CD"
override {MT}.1.3.1.4.1 octet_str "Padang"
override {MT}.1.3.1.6.1 counter 7
override {MT}.1.3.1.7.1 integer 2437
override {MT}.1.3.1.4.2 octet_str "Staf"
override {MT}.1.3.1.6.2 counter 0
override {MT}.1.3.1.7.2 integer 0
"""


@needs_snmpd
async def test_this_very_machine(client: SnmpClient) -> None:
    """What snmpd tells of it: the kernel's own interfaces, memory, the time since the agent started."""
    with running_snmpd() as agent:
        city = City(client)
        seen = await city.probes.readings(city.add(agent.address, agent.port))
        again = await city.probes.readings(city.add(agent.address, agent.port))
    assert (seen.failure, seen.partial, seen.detail) == (None, False, "")
    assert {name for _, name in socket.if_nameindex()} <= set(values(seen, "interface_up"))
    assert values(seen, "interface_up")["lo"] == 1
    before, after = (values(each, "interface_receive_bytes_total")["lo"] for each in (seen, again))
    assert after >= before > 0
    assert 0 < next(iter(values(seen, "memory_used_ratio").values())) < 1
    assert next(iter(values(seen, "device_boot_timestamp_seconds").values())) == pytest.approx(seen.at, abs=30)


@needs_snmpd
async def test_a_router_played_by_snmpd(client: SnmpClient) -> None:
    """Identified as RouterOS, with its clients, by the real agent's own way to answer."""
    with running_snmpd(config=ROUTEROS) as agent:
        target = target_of(agent.address, agent.port, OPEN, timeout=2, retries=1)
        found = await first_contact(client, PROFILES, Device(id="rt", role=Role.ROUTER), target)
    assert found.missing == ()
    assert found.summary["profile"] == "mikrotik_routeros"
    system = found.summary["system"]
    assert (system["name"], system["model"], system["version"]) == ("rt-air-manis", "RB951G-2HnD", "7.16.1")
    wifi = found.summary["wifi"]
    assert wifi["clients"] == 7
    assert wifi["ssids"] == [{"ssid": "Padang", "clients": 7}, {"ssid": "Staf", "clients": 0}]
    assert [(radio["band"], radio["clients"]) for radio in wifi["radios"]] == [("2.4", 7), ("", 0)]


RECORDED = [
    "routeros_rb433gl",
    "routeros_crs317",
    "arubaos-cx_10.07",
    "ciscosb_sg350-10",
    "jetstream",
    "vrp_ac6605-26",
    "fortigate_60f",
]


@snmprec.needs_captures
@pytest.mark.parametrize("name", RECORDED)
async def test_a_recorded_device_over_the_wire(client: SnmpClient, name: str) -> None:
    """Ports with their counters and states equal another monitor's figures, whatever the maker."""
    if not (snmprec.CAPTURES / f"{name}.snmprec").exists():
        pytest.skip(f"no recording {name} (NETMON_SHARED)")
    expected = json.loads((snmprec.CAPTURES / f"{name}.expected.json").read_text())
    async with running_agent(snmprec.responding(snmprec.load(name))) as agent:
        target = target_of(agent.address, agent.port, OPEN, timeout=5, retries=0)
        found = await first_contact(client, PROFILES, Device(id="d", role=Role.SWITCH), target)
        assert found.missing == ()
        city = City(client)
        seen = await city.probes.readings(city.add(agent.address, agent.port))
    assert (seen.failure, seen.partial) == (None, False)
    by_index = {port["index"]: port for port in found.summary["interfaces"]}
    assert expected["ports"]
    for port in expected["ports"]:
        mine = by_index[port["ifIndex"]]
        assert mine.get("receive_bytes", 0) == port["ifInOctets"]
        assert mine.get("transmit_bytes", 0) == port["ifOutOctets"]
        assert mine["up"] == (port["ifOperStatus"] == "up")
