"""Privacy: DES-CBC (RFC 3414, section 8) and AES-CFB (RFC 3826 and the drafts for longer keys).

Both ciphers are what agents speak, whatever one thinks of them: the library keeps them among the decrepit ones.
"""

from __future__ import annotations

from typing import Final, Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from netmon.snmp.wire import WireError

SALT_SIZE: Final = 8  # bytes of msgPrivacyParameters, for both
_BLOCK: Final = 8  # of DES
_AES_BLOCK: Final = 16


class Privacy(Protocol):
    """Hides and shows the scoped PDU of a message whose header says ``boots`` and ``time``."""

    def __init__(self, material: bytes) -> None:
        """Note the key material."""

    def encrypt(self, plain: bytes, boots: int, time: int, count: int) -> tuple[bytes, bytes]:
        """Give the cipher text and its ``msgPrivacyParameters``; ``count`` (64 bits) is never used twice."""

    def decrypt(self, hidden: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """Give the plain text, for DES with its padding.

        Raises:
            WireError: The salt or the text has a size that cannot be.
        """


class AesCfb:
    """AES with 128, 192 or 256 bits, as the key material is long; cipher feedback of 128 bits."""

    __slots__ = ("_algorithm", "_blocks")

    def __init__(self, material: bytes) -> None:
        """Note the key."""
        self._algorithm = AES(material)
        self._blocks = Cipher(self._algorithm, ECB()).encryptor()  # noqa: S305 - of which feedback is made below

    def encrypt(self, plain: bytes, boots: int, time: int, count: int) -> tuple[bytes, bytes]:
        """Encrypt; the salt is the count (RFC 3826, section 3.1.2.1)."""
        salt = count.to_bytes(SALT_SIZE, "big")
        start = boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt
        return Cipher(self._algorithm, CFB(start)).encryptor().update(plain), salt

    def decrypt(self, hidden: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """Decrypt (RFC 3826, section 3.1.4).

        Each block was hidden by the encrypted block before it. When decrypting all of these are known: they are
        encrypted at once, by a cipher that is set up once a key, in a fifth of the time.
        """
        if len(salt) != SALT_SIZE:
            raise WireError("the privacy parameters are not 8 bytes")
        size = len(hidden)
        before = boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt + hidden
        stream = self._blocks.update(before[: -(-size // _AES_BLOCK) * _AES_BLOCK])[:size]
        return (int.from_bytes(stream, "big") ^ int.from_bytes(hidden, "big")).to_bytes(size, "big")


class DesCbc:
    """DES: the first 8 bytes of the material are the key, the others make the start value (RFC 3414, 8.1.1.1)."""

    __slots__ = ("_algorithm", "_start")

    def __init__(self, material: bytes) -> None:
        """Note the key."""
        self._algorithm = TripleDES(material[:8] * 3)  # three times the same key is single DES
        self._start = int.from_bytes(material[8:16], "big")

    def encrypt(self, plain: bytes, boots: int, time: int, count: int) -> tuple[bytes, bytes]:  # noqa: ARG002 - AES needs the time
        """Pad and encrypt; the salt is the agent's boots and the count's low half."""
        salt = boots.to_bytes(4, "big") + (count & 0xFFFFFFFF).to_bytes(4, "big")
        padded = plain + bytes(-len(plain) % _BLOCK)
        return Cipher(self._algorithm, self._mode(salt)).encryptor().update(padded), salt

    def decrypt(self, hidden: bytes, boots: int, time: int, salt: bytes) -> bytes:  # noqa: ARG002 - AES needs both
        """Decrypt (RFC 3414, section 8.3.2)."""
        if len(salt) != SALT_SIZE or len(hidden) % _BLOCK:
            raise WireError("the privacy parameters or the encrypted text have a size that cannot be")
        return Cipher(self._algorithm, self._mode(salt)).decryptor().update(hidden)

    def _mode(self, salt: bytes) -> CBC:
        return CBC((self._start ^ int.from_bytes(salt, "big")).to_bytes(_BLOCK, "big"))
