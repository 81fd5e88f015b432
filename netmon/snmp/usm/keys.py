"""From passwords to keys: master keys, keys of one engine, and the longer ones that AES-192 and AES-256 need."""

from __future__ import annotations

import hashlib
from typing import Final

from netmon.model import Secret
from netmon.snmp.usm.ciphers import Privacy
from netmon.snmp.usm.protocols import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from netmon.snmp.usm.security import Security

_PASSWORD_STREAM: Final = 1 << 20  # bytes of the repeated password that are hashed (RFC 3414, A.2)
_MOST_MASTER_KEYS: Final = 256
_INNER_PAD: Final = 0x36
_OUTER_PAD: Final = 0x5C


def _hash(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def master_key(auth_protocol: str, password: bytes) -> bytes:
    """Hash the password, repeated to 1 MiB: about a millisecond (RFC 3414, A.2; the ``Ku`` of its texts)."""
    repeated = password * (_PASSWORD_STREAM // len(password) + 1)
    return _hash(AUTH_PROTOCOLS[auth_protocol].hash_name, repeated[:_PASSWORD_STREAM])


def localized_key(auth_protocol: str, master: bytes, engine_id: bytes) -> bytes:
    """Make a master key the one of a single engine (RFC 3414, section 2.6; the ``Kul`` of its texts)."""
    return _hash(AUTH_PROTOCOLS[auth_protocol].hash_name, master + engine_id + master)


def privacy_key(auth_protocol: str, priv_protocol: str, master: bytes, engine_id: bytes) -> bytes:
    """Make the key material for a cipher: the localized key, made longer where the hash is too short for it.

    Reeder's extension hashes 1 MiB for each part, once for each engine.
    """
    protocol, hash_name = PRIV_PROTOCOLS[priv_protocol], AUTH_PROTOCOLS[auth_protocol].hash_name
    part = key = localized_key(auth_protocol, master, engine_id)
    while len(key) < protocol.key_size:
        if protocol.is_reeder:  # the last part is the password of the next (section 2.1 of the draft)
            part = localized_key(auth_protocol, master_key(auth_protocol, part), engine_id)
            key += part
        else:  # the hash of all that there is (section 3.1.2.1 of the draft)
            key += _hash(hash_name, key)
    return key[: protocol.key_size]


def _begun(name: str, key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Begin the two hashes of HMAC (RFC 2104): to copy them costs a third of what ``hmac.digest`` costs each time."""
    outer = hashlib.new(name, usedforsecurity=False)
    inner = outer.copy()
    padded = (key if len(key) <= outer.block_size else _hash(name, key)).ljust(outer.block_size, b"\0")
    inner.update(bytes([byte ^ _INNER_PAD for byte in padded]))
    outer.update(bytes([byte ^ _OUTER_PAD for byte in padded]))
    return inner, outer


class Keys:
    """What a user needs to speak with one engine. Its ``repr`` shows none of it."""

    __slots__ = ("_hash_name", "_inner", "_outer", "digest_size", "privacy")

    def __init__(self, auth_protocol: str = "", auth_key: bytes = b"", privacy: Privacy | None = None) -> None:
        """Note the localized key; without ``auth_protocol`` nothing is signed, without ``privacy`` nothing hidden."""
        protocol = AUTH_PROTOCOLS.get(auth_protocol)
        self._hash_name = protocol.hash_name if protocol else ""
        self.digest_size = protocol.digest_size if protocol else 0
        self.privacy = privacy
        if self._hash_name:
            self._inner, self._outer = _begun(self._hash_name, auth_key)

    def digest(self, message: bytes) -> bytes:
        """Give the digest of a message in which the digest's place is filled with zeros (RFC 3414, section 6.3.1)."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()[: self.digest_size]

    def __repr__(self) -> str:
        """Hide the keys."""
        return f"Keys({self._hash_name or 'none'}, {type(self.privacy).__name__}, <secret>)"


class KeyRing:
    """Makes keys, and remembers the master keys, so that all devices with one credential cost their hashing once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._masters: dict[tuple[str, Secret], bytes] = {}

    def keys(self, security: Security, engine_id: bytes) -> Keys:
        """Give the keys of a user for one engine; a few microseconds where the master keys are known."""
        if not security.auth_protocol or security.auth is None:
            return Keys()
        auth_key = localized_key(security.auth_protocol, self._master(security.auth_protocol, security.auth), engine_id)
        privacy: Privacy | None = None
        if security.priv_protocol and security.priv is not None:
            master = self._master(security.auth_protocol, security.priv)
            material = privacy_key(security.auth_protocol, security.priv_protocol, master, engine_id)
            privacy = PRIV_PROTOCOLS[security.priv_protocol].cipher(material)
        return Keys(security.auth_protocol, auth_key, privacy)

    def _master(self, auth_protocol: str, password: Secret) -> bytes:
        known = self._masters.get((auth_protocol, password))
        if known is None:
            while len(self._masters) >= _MOST_MASTER_KEYS:
                del self._masters[next(iter(self._masters))]
            known = self._masters[auth_protocol, password] = master_key(auth_protocol, password.reveal().encode())
        return known
