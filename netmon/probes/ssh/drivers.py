"""Drivers of netmiko that are watched: their channel ends in time, and their host keys are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netmon.model import Failure
from netmon.probes.ssh.line import Line, SshError, Watched
from netmon.probes.ssh.session import HostKeys

if TYPE_CHECKING:
    import paramiko


def quiet() -> None:
    """Let the libraries log nothing: at their finest they write down what is sent and what comes back."""
    import logging  # noqa: PLC0415 -- with the libraries that it silences

    for name in ("paramiko", "netmiko"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def watched_driver(name: str) -> Any:
    """Make netmiko's driver of a name one that is watched; it takes ``watched_line`` and ``judge`` besides.

    Raises:
        SshError: netmiko has no such driver.
    """
    import netmiko  # noqa: PLC0415 -- heavy, and only where SSH is spoken
    import paramiko  # noqa: PLC0415 -- as above

    quiet()
    try:
        driver: Any = netmiko.ssh_dispatcher(name)
    except KeyError:
        raise SshError(Failure.LOCAL, f"netmiko has no driver {name}") from None
    client_of = _watched_client()

    class WatchedDriver(driver):  # type: ignore[misc]  # a class that netmiko chooses
        """The driver, watched."""

        def __init__(self, *, watched_line: Line, judge: HostKeys, **options: Any) -> None:
            self._watched_line = watched_line
            self._judge = judge
            super().__init__(**options)

        def _get_ssh_client_instance(self) -> paramiko.SSHClient:
            client: paramiko.SSHClient = super()._get_ssh_client_instance()
            return client_of(self._watched_line) if type(client) is paramiko.SSHClient else client

        def establish_connection(self, *sizes: int, **named: int) -> None:
            self.key_policy = self._judge
            super().establish_connection(*sizes, **named)

        def special_login_handler(self, delay_factor: float = 1.0) -> None:
            self.channel: Any = Watched(self.channel, self._watched_line)
            super().special_login_handler(delay_factor)

    return WatchedDriver


def _watched_client() -> Any:
    import paramiko  # noqa: PLC0415 -- as above

    class WatchedClient(paramiko.SSHClient):
        """A client that tells the line of its transport."""

        def __init__(self, line: Line) -> None:
            self._watched_line = line
            super().__init__()

        def connect(self, *places: Any, **options: Any) -> None:
            super().connect(*places, **{**options, "transport_factory": self.make_transport})

        def make_transport(self, *given: Any, **options: Any) -> paramiko.Transport:
            transport = paramiko.Transport(*given, **options)
            self._watched_line.carries(transport)
            return transport

    return WatchedClient
