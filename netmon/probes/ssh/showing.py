"""Asking a device for its host key, without logging in."""

from __future__ import annotations

import asyncio
import time

from netmon.model import Failure
from netmon.names import Names
from netmon.probes.ssh.drivers import quiet
from netmon.probes.ssh.known_hosts import HostKey
from netmon.probes.ssh.line import Line, SshError
from netmon.probes.ssh.reasons import expected, reason_of


async def shown_key(host: str, port: int, patience: float, names: Names | None = None) -> HostKey:
    """Give the key that a device shows; ``patience`` is seconds, after which the connection is cut.

    Raises:
        SshError: It does not answer, or not as an SSH server.
    """
    try:
        family, address = await (names or Names()).resolve(host, patience)
    except OSError as error:
        raise SshError(Failure.LOCAL, f"the name {host!r} has no address: {error.strerror}") from error
    line = Line(time.monotonic() + patience)
    asked = asyncio.create_task(asyncio.to_thread(_ask, line, family, address, port))
    try:
        await asyncio.wait({asked}, timeout=patience)
        line.cut()
        return await asked
    finally:
        line.cut()


def _ask(line: Line, family: int, address: str, port: int) -> HostKey:
    import paramiko  # noqa: PLC0415 -- heavy, and only where SSH is spoken

    quiet()
    try:
        transport = paramiko.Transport(line.connect(family, address, port))
        try:
            transport.start_client(timeout=max(line.left(), 0.01))
            key = transport.get_remote_server_key()
        finally:
            transport.close()
    except expected() as error:
        raise reason_of(error, is_over=line.left() <= 0) from error
    return HostKey(key.get_name(), key.get_base64())
