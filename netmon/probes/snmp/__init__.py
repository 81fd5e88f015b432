"""SNMP checks: whether a device answers, what it reads, and what a router says of one of its ports."""

from netmon.probes.snmp.access import target_of
from netmon.probes.snmp.contact import FirstContact, first_contact
from netmon.probes.snmp.probing import SnmpProbes

__all__ = [
    "FirstContact",
    "SnmpProbes",
    "first_contact",
    "target_of",
]
