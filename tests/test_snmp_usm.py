"""SNMPv3's keys, ciphers and messages, against the RFCs' figures and pysnmp's own code; and hostile bytes."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyasn1.type.univ import OctetString
from pysnmp.entity import config
from pysnmp.proto.secmod.rfc3414.service import SnmpUSMSecurityModel

from netmon.model import Secret
from netmon.snmp import usm, wire
from netmon.snmp.usm import AUTH_PROTOCOLS, PRIV_PROTOCOLS, Engine, KeyRing, Keys, Sealer, Security
from netmon.snmp.wire import Pdu, WireError

ENGINE = Engine(bytes.fromhex("80001f8804706164616e67"), 7, 5000)
SECURITY = Security("monitor", "SHA-256", Secret("authpassword"), "AES-128", Secret("privpassword"))
DES_SECURITY = Security("monitor", "MD5", Secret("authpassword"), "DES", Secret("privpassword"))
PAIRS = [(auth, priv) for auth in AUTH_PROTOCOLS for priv in PRIV_PROTOCOLS]

PYSNMP_AUTH = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA-1": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PYSNMP_PRIV = {
    "DES": config.USM_PRIV_CBC56_DES,
    "AES-128": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": config.USM_PRIV_CFB192_AES,
    "AES-256-C": config.USM_PRIV_CFB256_AES,
}


def their_auth(name: str) -> Any:
    """Give pysnmp's code for a way to authenticate."""
    return SnmpUSMSecurityModel.AUTH_SERVICES[PYSNMP_AUTH[name]]


def their_priv(name: str) -> Any:
    """Give pysnmp's code for a way to encrypt."""
    return SnmpUSMSecurityModel.PRIV_SERVICES[PYSNMP_PRIV[name]]


def sealed(security: Security = SECURITY, pdu: Pdu | None = None, *, count: int = 99) -> bytes:
    """Write a message as an agent would."""
    pdu = pdu or Pdu(wire.RESPONSE, 0x10000001, 0, 0, [(wire.encode_oid("1.3.6.1.2.1.1.3.0"), wire.TIME_TICKS, 12345)])
    keys = KeyRing().keys(security, ENGINE.engine_id)
    sealer = Sealer(ENGINE.engine_id, b"monitor", keys, flags=security.level, context=(ENGINE.engine_id, b"city"))
    return sealer.seal(0x10000001, ENGINE.boots, ENGINE.time, wire.encode_pdu(pdu), count)


def read(data: bytes, security: Security = SECURITY) -> usm.Scoped:
    """Read a message all the way, whatever its digest says."""
    keys = KeyRing().keys(security, ENGINE.engine_id)
    envelope = usm.decode_envelope(data)
    usm.authenticated(data, envelope, keys)
    return usm.decode_scoped(usm.decrypted(data, envelope, keys))


@pytest.mark.parametrize(
    ("protocol", "master", "localized"),
    [
        ("MD5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        ("SHA-1", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_keys_are_those_of_the_rfc(protocol: str, master: str, localized: str) -> None:
    """RFC 3414, A.3.1 and A.3.2: the password maplesyrup and the engine 2."""
    made = usm.master_key(protocol, b"maplesyrup")
    assert made.hex() == master
    assert usm.localized_key(protocol, made, bytes.fromhex("000000000000000000000002")).hex() == localized


@pytest.mark.parametrize("auth", AUTH_PROTOCOLS)
def test_authentication_keys_are_those_of_pysnmp(auth: str) -> None:
    """Passwords of any length, also longer than a block and no divisor of a mebibyte."""
    chance = random.Random(auth)
    for size in (8, 13, 64, 200):
        password, engine_id = chance.randbytes(size), chance.randbytes(chance.randint(5, 32))
        theirs = their_auth(auth).hash_passphrase(OctetString(password))
        ours = usm.master_key(auth, password)
        assert ours == bytes(theirs)
        assert usm.localized_key(auth, ours, engine_id) == bytes(
            their_auth(auth).localize_key(theirs, OctetString(engine_id))
        )


@pytest.mark.parametrize(("auth", "priv"), PAIRS)
def test_privacy_keys_are_those_of_pysnmp(auth: str, priv: str) -> None:
    """For every pair, both ways to make a short key longer among them."""
    chance = random.Random(auth + priv)
    service = PYSNMP_AUTH[auth]
    password, engine_id = chance.randbytes(11), chance.randbytes(12)
    theirs = their_priv(priv).hash_passphrase(service, OctetString(password))
    localized = bytes(their_priv(priv).localize_key(service, theirs, OctetString(engine_id)))
    ours = usm.privacy_key(auth, priv, usm.master_key(auth, password), engine_id)
    assert ours == localized[: PRIV_PROTOCOLS[priv].key_size]


@pytest.mark.parametrize("priv", PRIV_PROTOCOLS)
def test_pysnmp_reads_what_is_encrypted_here_and_the_other_way_round(priv: str) -> None:
    """Texts of any length; DES comes back with its padding."""
    chance = random.Random(priv)
    material = chance.randbytes(PRIV_PROTOCOLS[priv].key_size)
    ours, theirs = PRIV_PROTOCOLS[priv].cipher(material), their_priv(priv)
    for size in (1, 15, 16, 17, 300):
        plain, boots, time = chance.randbytes(size), chance.randrange(1 << 31), chance.randrange(1 << 31)
        hidden, salt = ours.encrypt(plain, boots, time, chance.getrandbits(64))
        key = OctetString(material)
        told = theirs.decrypt_data(key, (boots, time, OctetString(salt)), OctetString(hidden))
        assert bytes(told)[:size] == plain
        assert len(hidden) - size < (8 if priv == "DES" else 1)
        hidden, salt = map(bytes, theirs.encrypt_data(key, (boots, time, None), plain))
        assert ours.decrypt(hidden, boots, time, salt)[:size] == plain


@pytest.mark.parametrize(("auth", "priv"), [("", ""), *((auth, "") for auth in AUTH_PROTOCOLS), *PAIRS])
def test_a_message_is_read_as_it_was_written(auth: str, priv: str) -> None:
    """At every level, with every pair; who changes one bit of it breaks the digest."""
    security = Security("monitor", auth, Secret("authpassword"), priv, Secret("privpassword"))
    keys = KeyRing().keys(security, ENGINE.engine_id)
    data = sealed(security)
    envelope = usm.decode_envelope(data)
    assert usm.is_version_3(data)
    assert envelope[:5] == (0x10000001, 65507, security.level, ENGINE, b"monitor")
    scoped = read(data, security)
    assert (scoped.context_engine_id, scoped.context) == (ENGINE.engine_id, b"city")
    assert scoped.pdu.varbinds == [(wire.encode_oid("1.3.6.1.2.1.1.3.0"), wire.TIME_TICKS, 12345)]
    assert usm.authenticated(data, envelope, keys) is bool(auth)
    if auth:
        changed = bytearray(data)
        changed[-1] ^= 1
        assert not usm.authenticated(bytes(changed), envelope, keys)


def test_what_is_encrypted_does_not_show() -> None:
    """Nor does the same text look the same twice."""
    name = wire.encode_oid("1.3.6.1.2.1.1.3.0")
    assert name not in sealed()
    assert name in sealed(Security("monitor", "MD5", Secret("authpassword")))
    assert sealed(count=1)[-40:] != sealed(count=2)[-40:]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("u", "SHA-3", Secret("authpassword")), "no protocol .* 'SHA-3'"),
        (("u", "SHA-1", None), "no password for SHA-1"),
        (("u", "SHA-1", Secret("")), "no password for SHA-1"),
        (("u", "SHA-1", Secret("authpassword"), "AES-128", None), "no password for AES-128"),
        (("u", "", None, "AES-128", Secret("privpassword")), "without authentication"),
    ],
)
def test_what_cannot_be_used_is_refused(given: tuple[str, str, Secret | None], words: str) -> None:
    """A protocol nobody knows or without its password, privacy without authentication."""
    with pytest.raises(ValueError, match=words):
        Security(*given)


def test_levels_have_their_names() -> None:
    """RFC 3411's."""
    assert [each.level_name for each in (Security("u"), Security("u", "MD5", Secret("authpassword")), SECURITY)] == [
        "noAuthNoPriv",
        "authNoPriv",
        "authPriv",
    ]


def test_master_keys_are_made_once_and_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two for a credential, whatever the number of its devices; the oldest are forgotten."""
    made = []
    monkeypatch.setattr(usm.keys, "master_key", lambda protocol, password: made.append(password) or password * 4)
    ring = KeyRing()
    for number in range(2000):
        ring.keys(SECURITY, number.to_bytes(8, "big"))
    assert made == [b"authpassword", b"privpassword"]
    for number in range(300):
        ring.keys(Security("u", "MD5", Secret(f"password{number}")), b"engine")
    assert len(ring._masters) == 256


def test_no_secret_shows_itself() -> None:
    """Neither passwords nor keys, in whatever form."""
    keys = KeyRing().keys(SECURITY, ENGINE.engine_id)
    material = usm.privacy_key("SHA-256", "AES-128", usm.master_key("SHA-256", b"privpassword"), ENGINE.engine_id)
    shown = f"{SECURITY!r} {keys!r} {keys.privacy!r} {KeyRing()!r}"
    assert "password" not in shown.replace("auth_password", "")
    assert material.hex() not in shown
    assert "<secret>" in shown


# -- hostile bytes ------------------------------------------------------------------------------------

MESSAGES = st.sampled_from(
    [
        sealed(),
        sealed(DES_SECURITY),
        sealed(Security("monitor", "SHA-512", Secret("authpassword"))),
        sealed(Security("monitor")),
    ]
)
READERS = st.sampled_from([SECURITY, DES_SECURITY, Security("monitor")])


def nothing_but_wire_errors(data: bytes, security: Security) -> None:
    """Read bytes as the client does."""
    usm.is_version_3(data)
    with contextlib.suppress(WireError):
        assert isinstance(read(data, security), usm.Scoped)


@given(MESSAGES, READERS, st.data())
def test_truncated_messages_are_wire_errors(message: bytes, reader: Security, data: st.DataObject) -> None:
    """Wherever they end, and whoever reads them."""
    cut = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(WireError):
        read(message[:cut], reader)


@given(MESSAGES, READERS, st.lists(st.tuples(st.integers(0, 10000), st.binary(min_size=0, max_size=3)), max_size=6))
def test_mutated_messages_raise_nothing_else(message: bytes, reader: Security, edits: list[tuple[int, bytes]]) -> None:
    """Bytes overwritten, taken out and put in."""
    for at, new in edits:
        place = at % len(message)
        message = message[:place] + new + message[place + 1 :]
    nothing_but_wire_errors(message, reader)


@given(st.binary(max_size=300), READERS)
@example(b"", SECURITY)
@example(b"\x30", SECURITY)
@example(b"\x30\x84\x02\x01\x03", SECURITY)
def test_random_bytes_raise_nothing_else(data: bytes, reader: Security) -> None:
    """Also none at all."""
    nothing_but_wire_errors(data, reader)


@given(st.binary(max_size=200))
def test_random_scoped_pdus_raise_nothing_else(data: bytes) -> None:
    """What a wrong key decrypts to is random."""
    with contextlib.suppress(WireError):
        assert isinstance(usm.decode_scoped(data), usm.Scoped)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"\x02\x01\x03\x30", b"\x02\x01\x01\x30"), "not SNMPv3"),
        ((b"\x04\x01\x03\x02\x01\x03", b"\x04\x01\x02\x02\x01\x03"), "encrypted without"),
        ((b"\x04\x01\x03\x02\x01\x03", b"\x04\x01\x03\x02\x01\x02"), "User-based"),
        ((b"\x02\x04\x10\x00\x00\x01", b"\x02\x04\x90\x00\x00\x01"), "not in 0"),
    ],
)
def test_what_is_wrong_is_said(change: tuple[bytes, bytes], words: str) -> None:
    """In the words of the RFC."""
    with pytest.raises(WireError, match=words):
        usm.decode_envelope(sealed().replace(*change))


def test_an_encrypted_answer_without_a_key_is_a_wire_error() -> None:
    """Nobody asked for it."""
    data = sealed()
    with pytest.raises(WireError, match="not asked for"):
        usm.decrypted(data, usm.decode_envelope(data), Keys())


@given(
    st.binary(min_size=5, max_size=32),
    st.integers(0, 2**31 - 1),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3),
)
def test_an_envelope_that_looks_like_the_last_one_is_read_alike(
    engine_id: bytes, time: int, changes: list[tuple[int, int]]
) -> None:
    """However the next message is damaged: its envelope is read as in full, or not at all."""
    keys = KeyRing().keys(SECURITY, engine_id)
    sealer = Sealer(engine_id, b"monitor", keys, flags=usm.AUTH | usm.PRIV, context=(engine_id, b""))
    data = sealer.seal(1 << 28, 7, time, b"\xa2\x00", 99)
    shape = usm.draw_envelope(data, usm.decode_envelope(data))
    assert shape is not None
    assert shape.read(data) == usm.decode_envelope(data)
    damaged = bytearray(data)
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    found = shape.read(bytes(damaged))
    if found is not None:
        assert found == usm.decode_envelope(bytes(damaged))
