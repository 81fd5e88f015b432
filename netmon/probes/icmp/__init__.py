"""ICMP echo (RFC 792, RFC 4443): is the device there, how far away, how much is lost on the way."""

from netmon.probes.icmp.observing import ECHOES
from netmon.probes.icmp.pinger import Pinger

__all__ = ["ECHOES", "Pinger"]
