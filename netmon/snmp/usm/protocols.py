"""The protocols of SNMPv3 by the names that credentials use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from netmon.snmp.usm.ciphers import AesCfb, DesCbc, Privacy


@dataclass(frozen=True, slots=True)
class AuthProtocol:
    """A hash by its name in ``hashlib``, and how many bytes of the HMAC a message carries."""

    hash_name: str
    digest_size: int


@dataclass(frozen=True, slots=True)
class PrivProtocol:
    """A cipher, the bytes of its key material, and whether Reeder's extension makes a short key longer."""

    cipher: type[Privacy]
    key_size: int
    is_reeder: bool = False


AUTH_PROTOCOLS: Final[Mapping[str, AuthProtocol]] = {
    "MD5": AuthProtocol("md5", 12),
    "SHA-1": AuthProtocol("sha1", 12),
    "SHA-224": AuthProtocol("sha224", 16),
    "SHA-256": AuthProtocol("sha256", 24),
    "SHA-384": AuthProtocol("sha384", 32),
    "SHA-512": AuthProtocol("sha512", 48),
}
"""By the model's names (RFC 3414, RFC 7860)."""

PRIV_PROTOCOLS: Final[Mapping[str, PrivProtocol]] = {
    "DES": PrivProtocol(DesCbc, 16),
    "AES-128": PrivProtocol(AesCfb, 16),
    "AES-192": PrivProtocol(AesCfb, 24),
    "AES-256": PrivProtocol(AesCfb, 32),
    "AES-192-C": PrivProtocol(AesCfb, 24, is_reeder=True),
    "AES-256-C": PrivProtocol(AesCfb, 32, is_reeder=True),
}
"""By the model's names; ``-C`` are Cisco's (Reeder's key extension), the ones without are Blumenthal's."""
