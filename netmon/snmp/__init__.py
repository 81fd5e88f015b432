"""The SNMP client: wire format, and one shared socket an address family."""
