"""SNMPv3: envelopes, signatures, encryption and scoped PDUs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from supply import Supply, Trial, text

from netmon.model import Secret
from netmon.snmp import usm, wire
from netmon.snmp.usm import Envelope, Keys, Sealer, Security
from netmon.snmp.wire import Pdu, WireError

ENGINE_ID = bytes.fromhex("80001f8804706164616e67")
_USERS = [
    Security("open"),
    Security("signs", "MD5", Secret("ten-times-a")),
    Security("hides", "SHA-256", Secret("ten-times-b"), "AES-128", Secret("ten-times-c")),
    Security("old", "SHA-1", Secret("ten-times-d"), "DES", Secret("ten-times-e")),
]
_RING = usm.KeyRing()
_KEYS = [_RING.keys(user, ENGINE_ID) for user in _USERS]
_SEALERS = [
    Sealer(ENGINE_ID, user.user.encode(), keys, flags=user.level, context=(ENGINE_ID, b"core"))
    for user, keys in zip(_USERS, _KEYS, strict=True)
]
_PDU = wire.encode_pdu(
    Pdu(wire.RESPONSE, 0x12345678, 0, 0, [(wire.encode_oid("1.3.6.1.2.1.1.3.0"), wire.TIME_TICKS, 77)])
)
_REPORT = wire.encode_pdu(Pdu(wire.REPORT, 0, 0, 0, [(wire.encode_oid("1.3.6.1.6.3.15.1.1.4.0"), wire.COUNTER32, 1)]))
_SIGNED = [
    sealer.seal(0x20000000 + count, boots, time, pdu, count)
    for count, (boots, time, pdu) in enumerate([(0, 0, _REPORT), (7, 5000, _PDU), (2**31 - 1, 2**31 - 1, _PDU)])
    for sealer in _SEALERS
]
_OURS = frozenset(_SIGNED)


def _envelope(data: bytes) -> Envelope | None:
    try:
        return usm.decode_envelope(data)
    except WireError:
        return None


def _unsealed(data: bytes, envelope: Envelope, keys: Keys) -> bytes | None:
    try:
        return usm.decrypted(data, envelope, keys)
    except WireError:
        return None


def try_scoped(data: bytes) -> None:
    """Any bytes are a scoped PDU or ``WireError``; what is one is written and read back as the same."""
    try:
        scoped = usm.decode_scoped(data)
    except WireError:
        return
    context = wire.tlv(wire.OCTET_STRING, scoped.context_engine_id) + wire.tlv(wire.OCTET_STRING, scoped.context)
    written = wire.tlv(wire.SEQUENCE, context + wire.encode_pdu(scoped.pdu))
    for each in (written, written + b"\0" * 7):  # with the padding of DES
        again = usm.decode_scoped(each)
        assert again == scoped or repr(again) == repr(scoped), "another PDU after writing and reading"


def try_envelope(data: bytes) -> None:
    """Any bytes are an envelope or ``WireError``; only what we signed counts as signed; any key may be tried on it."""
    try_scoped(data)
    envelope = _envelope(data)
    if envelope is None:
        return
    assert usm.is_version_3(data), "read as version 3, but does not look like it"
    assert 0 <= envelope.digest_at <= envelope.digest_at + len(envelope.digest) <= envelope.data_at <= envelope.end
    assert envelope.end <= len(data)
    assert data[envelope.digest_at :].startswith(envelope.digest)
    for keys in _KEYS:
        if usm.authenticated(data, envelope, keys):
            assert data[: envelope.end] in _OURS, "a forged message counts as signed"
        plain = _unsealed(data, envelope, keys)
        if plain is not None:
            assert len(plain) <= len(data)
            try_scoped(plain)


def try_seal(data: bytes) -> None:
    """What is sealed comes out as it went in, signed by its own key alone, and not once a bit was flipped."""
    supply = Supply(data)
    which = supply.number() % len(_USERS)
    message_id, boots, time = 0x10000000 | supply.number(3), supply.number(4) >> 1, supply.number(4) >> 1
    place, bit = supply.number(2), 1 << (supply.number() & 7)
    pdu = supply.rest()
    sealed = _SEALERS[which].seal(message_id, boots, time, pdu, int.from_bytes(data[:8], "big"))
    envelope = usm.decode_envelope(sealed)
    assert (envelope.message_id, envelope.engine) == (message_id, (ENGINE_ID, boots, time))
    assert (envelope.user, envelope.flags, envelope.end) == (
        _USERS[which].user.encode(),
        _USERS[which].level,
        len(sealed),
    )
    inside = wire.tlv(wire.OCTET_STRING, ENGINE_ID) + wire.tlv(wire.OCTET_STRING, b"core") + pdu
    plain = _unsealed(sealed, envelope, _KEYS[which])
    assert plain is not None
    assert plain.startswith(wire.tlv(wire.SEQUENCE, inside)), "not what was sealed"
    for number, keys in enumerate(_KEYS):
        assert usm.authenticated(sealed, envelope, keys) == (number == which and which > 0)
    damaged = bytearray(sealed)
    damaged[place % len(sealed)] ^= bit
    other = _envelope(bytes(damaged))
    assert other is None or not usm.authenticated(bytes(damaged), other, _KEYS[which]), "damaged, but signed"


def envelope_seeds() -> list[bytes]:
    """Messages of every level, whole and damaged, and scoped PDUs without one around them."""
    context = wire.tlv(wire.OCTET_STRING, ENGINE_ID) + wire.tlv(wire.OCTET_STRING, b"core")
    damaged = [each[:-1] + bytes((each[-1] ^ 1,)) for each in _SIGNED]
    return [*_SIGNED, *damaged, wire.tlv(wire.SEQUENCE, context + _PDU), wire.tlv(wire.SEQUENCE, context + _REPORT)]


def seal_seeds() -> list[bytes]:
    """Each user, with a PDU and without."""
    head = bytes.fromhex("123456 0000000f 00002000 0040 01".replace(" ", ""))
    return [bytes((which,)) + head + pdu for which in range(len(_USERS)) for pdu in (b"", _PDU, text(bytes(300)))]


@contextmanager
def envelope() -> Iterator[Trial]:
    """Try envelopes."""
    yield try_envelope


@contextmanager
def seal() -> Iterator[Trial]:
    """Try sealing."""
    yield try_seal
