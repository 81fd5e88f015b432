"""Recordings served by an agent over UDP: netmon's whole way from the socket reads what the way in process does."""

from __future__ import annotations

import pytest
import snmprec
from recordings import DEVICE, profiles, read_recording, without_boot
from snmp_agents import running_agent
from snmprec import needs_captures, responding

from netmon.model import Secret
from netmon.probes.snmp.contact import first_contact
from netmon.snmp.client import SnmpClient, Target

NAMES = (
    "ciscowlc_cbw240ac",
    "fortigate_60f",
    "openwrt",
    "routeros_rb433gl",
    "ruckuswireless-sz",
    "unifi_nanohd",
    "vrp_ac6605-26",
)


@needs_captures
@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("name", NAMES)
async def test_over_udp(client: SnmpClient, name: str, version: str) -> None:
    """Every reading, name and access point is the same, with GETBULK and in the words of SNMPv1."""
    records = snmprec.load(name)
    async with running_agent(responding(records)) as agent:
        target = Target(agent.address, agent.port, Secret("padang"), timeout=5.0, retries=1, version=version)
        found = await first_contact(client, profiles(), DEVICE, target)
    assert found.failure is None
    assert without_boot(found.summary) == without_boot(read_recording(name))
