"""One address: does it answer, by which credential, and who is it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from netmon.discovery import neighbours
from netmon.discovery.found import Found, Heard, Neighbour
from netmon.discovery.keys import COMMUNITY, Keys
from netmon.discovery.pacing import PacedClient, Turns
from netmon.model import Check, Credential, Device, Failure, Role
from netmon.probes import Probe
from netmon.probes.icmp import ECHOES
from netmon.probes.snmp import FirstContact, first_contact, target_of
from netmon.probes.snmp.dialogue import Dialogue
from netmon.profiles import SYS_DESCR, SYS_OBJECT_ID, Cell, Profile, Rows
from netmon.snmp import wire
from netmon.snmp.client import SnmpAuth, SnmpError, SnmpFailure, SnmpRefused, SnmpTimeout, Target

_SYS_NAME: Final = "1.3.6.1.2.1.1.5.0"
_SYS_SERVICES: Final = "1.3.6.1.2.1.1.7.0"
_IP_FORWARDING: Final = "1.3.6.1.2.1.4.1.0"
_ENGINE: Final = "1.3.6.1.6.3.10.2.1.1.0"  # SNMP-FRAMEWORK-MIB::snmpEngineID
_BRIDGE: Final = "1.3.6.1.2.1.17.1.1.0"  # BRIDGE-MIB::dot1dBaseBridgeAddress
_CHASSIS: Final = "1.0.8802.1.1.2.1.3.2.0"  # LLDP-MIB::lldpLocChassisId
_FACTS: Final = (_SYS_NAME, SYS_DESCR, _SYS_SERVICES, _IP_FORWARDING, _ENGINE, _BRIDGE, _CHASSIS)
_MACS: Final = "1.3.6.1.2.1.2.2.1.6"  # IF-MIB::ifPhysAddress
_ADDRESSES: Final = "1.3.6.1.2.1.4.20.1.1"  # IP-MIB::ipAdEntAddr
_MIKROTIK: Final = "1.3.6.1.4.1.14988."
_FORWARDS: Final = 1
_LEAST_ENGINE: Final = 7  # bytes: shorter ones hold the maker and no device


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks addresses; ``client`` and ``turns`` hold it to the scope and to the rate.

    ``known`` are the inventory's devices by address, ``port`` is asked where it says no other, ``timeout`` is seconds
    a try. Without ``ping`` nobody is pinged.
    """

    client: PacedClient
    turns: Turns
    keys: Keys
    profiles: Mapping[str, Profile]
    known: Mapping[str, Device]
    ping: Probe | None = None
    port: int = 161
    timeout: float = 1.0

    async def ask(self, address: str, *, again: bool = False) -> Heard:
        """Ask one address; ``again``: it was silent, and a device says that somebody is there."""
        heard = Heard(address)
        if self.ping is not None:
            await self._echo(heard, self.ping)
        device = self.known.get(address)
        port = device.port if device is not None else self.port
        own = device.credential if device is not None else ""
        for credential in self.keys.at(address, own):
            heard.tried += (credential.name,)
            patient = again or bool(heard.pinged) or device is not None
            try:
                target = target_of(address, port, credential, timeout=self.timeout, retries=1 if patient else 0)
                await self.client.get(target, [wire.encode_oid(SYS_OBJECT_ID)])
            except SnmpTimeout:
                continue
            except SnmpAuth:
                heard.refused += (credential.name,)
                continue
            except SnmpError:
                pass  # strange, but an agent
            except SnmpRefused:
                break
            except SnmpFailure as failure:
                heard.trouble = failure.detail
                break
            heard.found = await self._meet(replace(target, urgent=True), credential, heard)
            break
        return heard

    async def _echo(self, heard: Heard, ping: Probe) -> None:
        await self.turns.take(ECHOES)
        check = Check(heard.address, heard.address, "icmp", 60, self.timeout, heard.address)
        seen = await ping(check)
        heard.rtt = seen.rtt
        if seen.failure is Failure.LOCAL:
            heard.trouble = seen.detail
        else:
            heard.pinged = seen.failure is None

    async def _meet(self, target: Target, credential: Credential, heard: Heard) -> Found | None:
        """Read who it is; ``None``, and a note, where it falls silent in the middle."""
        address, port = target.address, target.port
        device = self.known.get(address)
        profile = device.profile if device is not None else "auto"
        stranger = Device(address, Role.ROUTER, address, port=port, profile=profile)
        contact = await first_contact(self.client, self.profiles, stranger, target)
        if contact.failure is not None and not isinstance(contact.failure, SnmpError):
            heard.trouble = contact.failure.detail
            return None
        reading = _Reading(Dialogue(self.client, target), contact, list(contact.missing))
        profiled = self.profiles.get(str(contact.summary["profile"]))
        if profiled is not None:
            reading.dialogue.adapt(bulk=profiled.asks_bulk(), repetitions=profiled.repetitions())
        name = "" if credential.name == COMMUNITY else credential.name
        return await reading.found(address, port, name, pinged=heard.pinged)


@dataclass(slots=True)
class _Reading:
    """A device that is being read: what no profile tells."""

    dialogue: Dialogue
    contact: FirstContact
    missing: list[str]

    async def found(self, address: str, port: int, credential: str, *, pinged: bool | None) -> Found:
        facts = await self._facts()
        summary = self.contact.summary
        system, wifi = summary["system"], summary["wifi"]
        ports: Sequence[Mapping[str, Any]] = summary["interfaces"]
        macs = (await self._columns((_MACS,)))[_MACS].values()
        owned = (await self._columns((_ADDRESSES,)))[_ADDRESSES].values()
        engine = facts[_ENGINE]
        return Found(
            address=address,
            port=port,
            credential=credential,
            pinged=pinged,
            profile=str(summary["profile"]),
            vendor=_said(system, "vendor"),
            model=_said(system, "model"),
            version=_said(system, "version"),
            serial=_said(system, "serial"),
            name=neighbours.text(facts[_SYS_NAME]),
            descr=neighbours.text(facts[SYS_DESCR]),
            engine=engine.hex() if isinstance(engine, bytes) and len(engine) >= _LEAST_ENGINE else "",
            macs=frozenset(filter(None, map(neighbours.mac_of, [*macs, facts[_BRIDGE], facts[_CHASSIS]]))),
            addresses=frozenset(filter(None, map(_own, owned))),
            interfaces=tuple(str(port["name"]) for port in ports),
            wan=_wan(ports),
            has_wifi=wifi["clients"] is not None or bool(wifi["radios"]),
            clients=wifi["clients"],
            services=_whole(facts[_SYS_SERVICES]),
            forwards=facts[_IP_FORWARDING] == _FORWARDS,
            access_points=tuple(wifi["access_points"]),
            neighbours=await self._neighbours({str(port["index"]): str(port["name"]) for port in ports}),
            missing=tuple(self.missing),
        )

    async def _facts(self) -> Mapping[str, Cell]:
        try:
            return dict(zip(_FACTS, await self.dialogue.get(_FACTS), strict=True))
        except SnmpFailure as failure:
            self.missing.append(f"its name and identity: {failure.detail}")
            return dict.fromkeys(_FACTS)

    async def _neighbours(self, names: Mapping[str, str]) -> tuple[Neighbour, ...]:
        found: list[Neighbour] = []
        lldp = await self._columns(neighbours.LLDP_COLUMNS)
        if any(lldp.values()):
            lldp |= await self._columns((neighbours.LLDP_ADDRESSES,))
            lldp |= await self._columns((neighbours.LLDP_PORTS,))
            found += neighbours.lldp(lldp, names)
        found += neighbours.cdp(await self._columns(neighbours.CDP_COLUMNS), names)
        plan = self.contact.plan
        if plan is not None and plan.profile.startswith("mikrotik"):
            found += neighbours.mndp(await self._columns(neighbours.MNDP_COLUMNS), names)
        return tuple(dict.fromkeys(found))

    async def _columns(self, columns: Sequence[str]) -> dict[str, Rows]:
        """Walk columns; what cannot be read is empty, and noted."""
        try:
            return await self.dialogue.columns(columns)
        except SnmpFailure as failure:
            self.missing.append(f"{columns[0]}: {failure.detail}")
            return {column: {} for column in columns}


def _said(system: Mapping[str, Any], key: str) -> str:
    return " ".join(str(system.get(key) or "").split())


def _whole(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def _own(cell: Cell) -> str:
    """Give an address that can tell a device from others."""
    address = neighbours.address_of(cell) if isinstance(cell, bytes) else ""
    return "" if not address or ipaddress.ip_address(address).is_link_local else address


def _wan(ports: Sequence[Mapping[str, Any]]) -> str:
    leading = [str(port["name"]) for port in ports if port.get("wan")]
    return leading[0] if len(leading) == 1 else ""
