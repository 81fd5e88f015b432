"""Devices of the tests' own that speak SSH on loopback and misbehave as they are told to (paramiko as a server)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import paramiko

from netmon.probes.ssh import HostKey

PASSWORD = "sandi-perangkat"  # noqa: S105 -- of devices that exist in a test alone
USER = "monitor"
DEADLINE = 20.0


@dataclass
class Manners:
    """How a device behaves. ``answers`` are by command; what is not in it is answered with ``unknown``."""

    prompt: str = "AC-Balaikota#"
    answers: Mapping[str, str] = field(default_factory=dict)
    unknown: str = "% Invalid input detected at '^' marker."
    greeting: str = ""
    page: int = 0  # lines, after which it waits for a key
    pause: float = 0.0  # seconds between two lines
    mute: bool = False  # no prompt ever comes
    deaf_after: int = 1 << 30  # commands, after which nothing is answered any more
    drops_in: str = ""  # a command in whose answer it hangs up
    floods_in: str = ""  # a command that it answers for ever


class _Server(paramiko.ServerInterface):
    def __init__(self) -> None:
        self.shell = threading.Event()

    def check_auth_password(self, username: str, password: str) -> int:
        right = username == USER and password == PASSWORD
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.shell.set()
        return True


class SshDevice:
    """A device that listens on a port of 127.0.0.1 from its making on; :meth:`stop` ends it."""

    def __init__(self, manners: Manners, key: paramiko.PKey | None = None, port: int = 0) -> None:
        """Listen; ``key`` is its host key, an own one by default."""
        self.manners = manners
        self.commands: list[str] = []
        self.logins = 0
        self._key = key or paramiko.ECDSAKey.generate()
        self._stopped = threading.Event()
        self._transports: list[paramiko.Transport] = []
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def host_key(self) -> HostKey:
        """Its host key, as ``known_hosts`` has it."""
        return HostKey(self._key.get_name(), self._key.get_base64())

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(DEADLINE)

    def hang_up(self) -> None:
        """End the sessions that there are."""
        for transport in self._transports:
            transport.close()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        transport = paramiko.Transport(sock)
        self._transports.append(transport)
        transport.add_server_key(self._key)
        server = _Server()
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=server)
            channel = None
            while channel is None and transport.is_active():
                channel = transport.accept(0.1)
            if channel is not None and server.shell.wait(DEADLINE):
                self.logins += 1
                self._talk(channel)
        transport.close()

    def _talk(self, channel: paramiko.Channel) -> None:
        manners = self.manners
        if manners.greeting:
            channel.sendall(manners.greeting.replace("\n", "\r\n").encode())
        self._prompt(channel)
        line = ""
        while not self._stopped.is_set():
            got = channel.recv(1)
            if not got:
                return
            key = got.decode()
            if key not in "\r\n":
                channel.sendall(got)  # it echoes
                line += key
                continue
            if key == "\r":
                continue
            channel.sendall(b"\r\n")
            if len(self.commands) >= manners.deaf_after:
                self._stopped.wait(DEADLINE)
                return
            if not self._answer(channel, line.strip()):
                return
            line = ""
            self._prompt(channel)

    def _prompt(self, channel: paramiko.Channel) -> None:
        if not self.manners.mute:
            channel.sendall(self.manners.prompt.encode())

    def _answer(self, channel: paramiko.Channel, command: str) -> bool:
        manners = self.manners
        if not command:
            return True
        self.commands.append(command)
        if command == manners.drops_in:
            channel.sendall(b"Total Sta N")
            return False
        while command == manners.floods_in and not self._stopped.is_set():
            channel.sendall(b"0123456789abcdef " * 200 + b"\r\n")
        if command in ("terminal length 0", "terminal width 511", "terminal width 256"):
            return True
        for number, text in enumerate(manners.answers.get(command, manners.unknown).splitlines(), 1):
            channel.sendall(f"{text}\r\n".encode())
            if manners.page and number % manners.page == 0:
                channel.sendall(b" --More-- ")
                if channel.recv(1) != b" ":
                    return False
                channel.sendall(b"\b" * 10 + b" " * 10 + b"\b" * 10)
            if manners.pause:
                self._stopped.wait(manners.pause)
        return True


@contextlib.contextmanager
def ssh_device(manners: Manners | None = None, key: paramiko.PKey | None = None, port: int = 0) -> Iterator[SshDevice]:
    """Run a device for as long as the body runs."""
    device = SshDevice(manners or Manners(), key, port)
    try:
        yield device
    finally:
        device.stop()


class Silence:
    """A port that takes connections and says nothing, or what it is told to say and no more."""

    def __init__(self, says: bytes = b"") -> None:
        """Listen."""
        self._says = says
        self._taken: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                self._taken.append(sock)
                sock.sendall(self._says)

    def stop(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._taken:
            sock.close()
        self._thread.join(DEADLINE)


@contextlib.contextmanager
def silence(says: bytes = b"") -> Iterator[Silence]:
    """Run a silent port for as long as the body runs."""
    port = Silence(says)
    try:
        yield port
    finally:
        port.stop()
