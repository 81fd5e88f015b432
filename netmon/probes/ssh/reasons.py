"""What went wrong on a device's command line, as a failure with a sentence for people. No secret is in any."""

from __future__ import annotations

import errno
import os
from typing import Final

from netmon.model import Failure
from netmon.probes.ssh.line import SshError

_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ECONNABORTED})
_HUNG_UP: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.EBADF, errno.ENOTCONN})
_NO_PROMPT: Final = "no prompt came that its driver knows: is the device_type of the profile the right one?"


def expected() -> tuple[type[Exception], ...]:
    """Name what netmiko and paramiko raise where a device does not do what they wait for."""
    import netmiko  # noqa: PLC0415 -- heavy, and only where SSH is spoken
    import paramiko  # noqa: PLC0415 -- as above

    # A ValueError is how netmiko's drivers say that they do not find a prompt.
    return (SshError, netmiko.NetmikoBaseException, paramiko.SSHException, OSError, EOFError, ValueError)


def reason_of(error: Exception, *, is_over: bool) -> SshError:
    """Say what an error means; ``is_over``: the time was over when it came."""
    chain = [error]
    while (before := chain[-1].__context__) is not None and isinstance(before, Exception) and len(chain) < 10:  # noqa: PLR2004
        chain.append(before)
    own = next((one for one in chain if isinstance(one, SshError)), None)
    if own is not None and not (is_over and own.failure is Failure.UNREACHABLE):
        return SshError(own.failure, own.detail)  # without the frames from which it was raised
    if is_over:
        return SshError(Failure.TIMEOUT, "the device did not answer in its time")
    return _told(chain)


def _told(chain: list[Exception]) -> SshError:
    import netmiko  # noqa: PLC0415 -- as above
    import paramiko  # noqa: PLC0415 -- as above

    for one in chain:
        if isinstance(one, netmiko.NetmikoAuthenticationException | paramiko.AuthenticationException):
            return SshError(Failure.AUTH, "the device does not take the user, or not the password or key")
        if isinstance(one, paramiko.ssh_exception.IncompatiblePeer):
            return SshError(Failure.AUTH, "no way to encrypt that both sides know, or no host key of the kind recorded")
        if isinstance(one, netmiko.ReadTimeout | ValueError):
            return SshError(Failure.TIMEOUT, _NO_PROMPT)
        if isinstance(one, OSError) and one.errno:
            return _of_number(one.errno)
        if isinstance(one, TimeoutError):
            return SshError(Failure.TIMEOUT, "no answer")
    return SshError(Failure.UNREACHABLE, "the device hung up, or does not speak SSH there")


def _of_number(number: int) -> SshError:
    said = os.strerror(number)
    if number == errno.ECONNREFUSED:
        return SshError(Failure.UNREACHABLE, "the device refuses the port of SSH")
    if number in _HUNG_UP:
        return SshError(Failure.UNREACHABLE, "the device hung up")
    if number in _UNREACHABLE:
        return SshError(Failure.UNREACHABLE, said)
    if number == errno.ETIMEDOUT:
        return SshError(Failure.TIMEOUT, "no answer")
    return SshError(Failure.LOCAL, f"cannot connect: {said}")
