"""A session on a device's command line, with netmiko. Everything here blocks, and runs in a thread of its own."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from netmon.model import Failure, Secret
from netmon.probes.ssh.known_hosts import HostKey, KnownHosts, Standing
from netmon.probes.ssh.line import Line, SshError, without_pages

if TYPE_CHECKING:
    import paramiko

_ALGORITHMS: Final = MappingProxyType(
    {
        "ssh-ed25519": "ssh-ed25519",
        "ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",
        "rsa-sha2-512": "ssh-rsa",
        "rsa-sha2-256": "ssh-rsa",
    }
)
"""The kind of key of each way to sign that paramiko knows (RFC 8332 for those of RSA)."""

_SHORTEST_PROMPT: Final = 3
_WAKING: Final = 5.0
"""Seconds in which a session that was kept open must show its prompt again."""


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to ask and how to log in: ``host`` is the inventory's name for it, ``address`` its numeric address."""

    device: str
    host: str
    family: int
    address: str
    port: int
    user: str
    password: Secret | None
    key: Secret | None


class HostKeys:
    """The judge of host keys (a ``paramiko.MissingHostKeyPolicy``): none passes that is not written down."""

    def __init__(self, known: KnownHosts, login: Login) -> None:
        """Judge the keys of one device by what is known."""
        self._known = known
        self._login = login
        self.verdict = ""

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
        """Judge a key; paramiko asks this of every one, since it is given none.

        Raises:
            SshError: It is not this device's.
        """
        del client, hostname
        login = self._login
        shown = HostKey(key.get_name(), key.get_base64())
        standing = self._known.standing(login.host, login.port, shown)
        if standing is Standing.NEW:
            self.verdict = (
                f"its host key is not known yet ({shown.kind} {shown.fingerprint()}): netmon trust {login.device}"
            )
        elif standing is Standing.REVOKED:
            self.verdict = f"its host key is revoked in known_hosts ({shown.kind} {shown.fingerprint()})"
        elif standing is Standing.CHANGED:
            before = ", ".join([f"{one.kind} {one.fingerprint()}" for one in self._known.keys(login.host, login.port)])
            self.verdict = (
                f"its host key has changed: it shows {shown.kind} {shown.fingerprint()}, known is {before}; "
                f"find out why, then: netmon trust {login.device} --replace"
            )
        if self.verdict:
            raise SshError(Failure.AUTH, self.verdict)


class Session:
    """A device's command line, logged in."""

    def __init__(self, connection: Any, line: Line, login: Login, driver: str) -> None:
        """Take a connection of netmiko that has just found its prompt."""
        self.login = login
        self.driver = driver
        self.line = line
        self.opened = time.monotonic()
        self._connection = connection
        prompt = str(connection.find_prompt()).strip()
        begin = r"(?:\A|[\r\n])[ \t]*" if len(prompt) < _SHORTEST_PROMPT else ""
        self._prompt = f"{begin}{re.escape(prompt)}[ \t\r]*\\Z"

    def wake(self, until: float) -> None:
        """See whether a session that was kept open still answers.

        Raises:
            SshError, Exception: As :meth:`send`.
        """
        self.line.go_on(min(until, time.monotonic() + _WAKING))
        self.line.make_room()
        self._connection.read_timeout_override = max(self.line.left(), 0.01)
        self._connection.write_channel(self._connection.RETURN)
        self._connection.read_until_pattern(pattern=self._prompt)
        self.line.go_on(until)

    def send(self, command: str) -> str:
        """Send a command and give its output, echo and prompt taken off.

        Raises:
            SshError: The time is over, the device hung up, or told too much.
            Exception: What netmiko and paramiko raise.
        """
        self.line.make_room()
        self._connection.read_timeout_override = max(self.line.left(), 0.01)
        said = self._connection.send_command(command, expect_string=self._prompt)
        return without_pages(str(said))

    def close(self) -> None:
        """Log out where that can be done at once, and end the connection."""
        self.line.go_on(min(self.line.until, time.monotonic() + 1))
        self._connection.disconnect()
        self.line.undo()


def open_session(login: Login, driver: str, known: KnownHosts, line: Line, drivers: Callable[[str], Any]) -> Session:
    """Connect, check the host key, log in, find the prompt.

    Raises:
        SshError: With the reason.
    """
    judge = HostKeys(known, login)
    kinds = {key.kind for key in known.keys(login.host, login.port)}
    sock = line.connect(login.family, login.address, login.port)
    left = max(line.left(), 0.01)
    connection = drivers(driver)(
        watched_line=line,
        judge=judge,
        device_type=driver,
        host=login.address,
        port=login.port,
        sock=sock,
        username=login.user,
        password=login.password.reveal() if login.password is not None else None,
        pkey=private_key(login.key) if login.key is not None else None,
        disabled_algorithms=_only(kinds),
        conn_timeout=left,
        auth_timeout=left,
        banner_timeout=left,
        session_timeout=left,
        read_timeout_override=left,
        fast_cli=True,
    )
    return Session(connection, line, login, driver)


def _only(kinds: set[str]) -> dict[str, list[str]] | None:
    """Refuse the kinds of host keys that are not written down: a device with several must show one that is."""
    if not kinds:
        return None
    refused = [algorithm for algorithm, kind in _ALGORITHMS.items() if kind not in kinds]
    return {"keys": refused} if len(refused) < len(_ALGORITHMS) else None


def private_key(text: Secret) -> paramiko.PKey:
    """Read a private key, whatever its kind; one with a passphrase cannot be used.

    Raises:
        SshError: It is none.
    """
    import paramiko  # noqa: PLC0415 -- as above

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.reveal() + "\n"))
        except (paramiko.SSHException, ValueError):
            continue
    raise SshError(Failure.LOCAL, "the private key of the credential cannot be read, or has a passphrase")
