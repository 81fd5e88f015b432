"""How asking a device can fail, in the words of LK-1."""

from __future__ import annotations

import errno
import os
from typing import ClassVar, Final

from netmon.datagram import SocketError
from netmon.model import Failure
from netmon.snmp.wire import ERROR_STATUS, GET, GET_NEXT, Message, Pdu, Template, decode_oid

# Messages about a datagram that did not arrive: destination unreachable and time exceeded (RFC 792, RFC 4443).
_UNREACHABLE_TYPES: Final = {4: frozenset({3, 11}), 6: frozenset({1, 3})}


class SnmpFailure(Exception):  # noqa: N818 - "failure" is the word of LK-1, SnmpError one kind of it
    """Asking gave no values. ``failure`` is what that says of the device: ``None`` where the device itself answered.

    ``detail`` is a sentence for people, without secrets.
    """

    failure: ClassVar[Failure | None] = Failure.INTERNAL

    def __init__(self, detail: str) -> None:
        """Note the sentence for people."""
        super().__init__(detail)
        self.detail = detail


class SnmpTimeout(SnmpFailure):
    """Nothing came back: no device, no agent, or a community that it ignores."""

    failure = Failure.TIMEOUT


class SnmpUnreachable(SnmpFailure):
    """Somebody in the network said that the device cannot be reached."""

    failure = Failure.UNREACHABLE


class SnmpLocal(SnmpFailure):
    """A fault of our own: no route, no buffer, no permission, answers that our socket dropped, no such address."""

    failure = Failure.LOCAL


class SnmpRefused(SnmpFailure):
    """The device itself said by ICMP that nobody listens there: an answer, by LK-1 (the device is there)."""

    failure = None


class SnmpAuth(SnmpFailure):
    """The agent is there and does not take our credential: user, password, protocol, level or context (SNMPv3)."""

    failure = Failure.AUTH


class SnmpError(SnmpFailure):
    """The agent answered, but not with values: an answer, by LK-1 (the device is there).

    ``status`` is the error-status of RFC 3416, 0 where the answer itself is against the protocol (not an SNMP message,
    other objects than asked, names out of order, no end); ``index`` the 1-based position of the object that is
    blamed, 0 for none.
    """

    failure = None

    def __init__(self, detail: str, status: int = 0, index: int = 0) -> None:
        """Note the sentence for people and what the agent said."""
        super().__init__(detail)
        self.status = status
        self.index = index


def status_name(status: int) -> str:
    """Give the RFC's name of an error-status."""
    return ERROR_STATUS[status] if 0 <= status < len(ERROR_STATUS) else f"error-status {status}"


def local_failure(error: OSError) -> SnmpLocal:
    """Say what our own system objected to."""
    return SnmpLocal(f"could not send: {error.strerror or type(error).__name__}")


def network_failure(error: SocketError) -> SnmpFailure | None:
    """Say what an entry of the socket's error queue means for the request; ``None`` leaves it to the timer.

    LK-1, "What is observed": a refusal from the device itself is an answer, the same from somebody else is not.
    """
    if error.errno == errno.EMSGSIZE:
        return None  # the kernel has learnt the path's MTU; the next try is fragmented to fit
    if error.local:
        return SnmpLocal(f"could not send: {os.strerror(error.errno)}")
    if error.icmp_type not in _UNREACHABLE_TYPES[6 if ":" in error.address else 4]:
        return None
    if error.offender == error.address.partition("%")[0]:
        return SnmpRefused("the device refuses SNMP (ICMP port unreachable)")
    return SnmpUnreachable(f"{error.offender or 'the network'} says: {os.strerror(error.errno)}")


def objection(template: Template, message: Message | Pdu) -> SnmpError | None:
    """Say what keeps an answer from being used."""
    status, index, binds = message.error_status, message.error_index, message.varbinds
    if status:
        about = f" about {decode_oid(template.oids[index - 1])}" if 1 <= index <= len(template.oids) else ""
        return SnmpError(f"the agent answers {status_name(status)}{about}", status, index)
    if template.pdu_type == GET and tuple([bind[0] for bind in binds]) != template.oids:
        return SnmpError("the agent answers for other objects than asked")
    if template.pdu_type == GET_NEXT and len(binds) != len(template.oids):
        return SnmpError("the agent answers for another number of objects than asked")
    return None
