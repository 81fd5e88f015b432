"""SSH: what a device's command line tells, with netmiko, which is loaded when the first device is asked."""

from netmon.probes.ssh.known_hosts import FILE as KNOWN_HOSTS
from netmon.probes.ssh.known_hosts import HostKey, KnownHosts, Standing
from netmon.probes.ssh.line import SshError
from netmon.probes.ssh.probe import THREADS, SshProbe
from netmon.probes.ssh.showing import shown_key

__all__ = ["KNOWN_HOSTS", "THREADS", "HostKey", "KnownHosts", "SshError", "SshProbe", "Standing", "shown_key"]
