"""SNMP checks: whether a device answers, what it reads, what a router says of a port, a controller of a device."""

from netmon.probes.snmp.access import target_of
from netmon.probes.snmp.contact import FirstContact, first_contact
from netmon.probes.snmp.probing import SnmpProbes

__all__ = [
    "FirstContact",
    "SnmpProbes",
    "first_contact",
    "target_of",
]
