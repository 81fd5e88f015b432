"""The User-based Security Model of SNMPv3: keys, authentication, privacy, and the messages that carry them. Pure.

Nothing here keeps time or sends: whoever asks says what the agent's clock shows and hands over a number for the salt
that it never used before. Keys and passwords show themselves in no ``repr`` and no error.

Whatever bytes come in, ``decode_envelope``, ``decrypted`` and ``decode_scoped`` give a value or raise ``WireError``.

Sources: RFC 3411 (engine IDs), RFC 3412 (messages), RFC 3414 (the model, MD5, SHA-1, DES), RFC 3826 (AES-128),
RFC 7860 (SHA-2), draft-blumenthal-aes-usm-04 (AES-192, AES-256), draft-reeder-snmpv3-usm-3desede-00 (the longer keys
of Cisco's agents, here ``AES-192-C`` and ``AES-256-C``).
"""

from netmon.snmp.usm.ciphers import AesCfb, DesCbc, Privacy
from netmon.snmp.usm.keys import KeyRing, Keys, localized_key, master_key, privacy_key
from netmon.snmp.usm.messages import (
    AUTH,
    LEAST_MAX_SIZE,
    PRIV,
    REPORTABLE,
    VERSION_3,
    Engine,
    Envelope,
    EnvelopeShape,
    Scoped,
    authenticated,
    decode_envelope,
    decode_scoped,
    decrypted,
    draw_envelope,
    is_engine_id,
    is_version_3,
)
from netmon.snmp.usm.protocols import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from netmon.snmp.usm.sealing import Sealer
from netmon.snmp.usm.security import Security

__all__ = [
    "AUTH",
    "AUTH_PROTOCOLS",
    "LEAST_MAX_SIZE",
    "PRIV",
    "PRIV_PROTOCOLS",
    "REPORTABLE",
    "VERSION_3",
    "AesCfb",
    "DesCbc",
    "Engine",
    "Envelope",
    "EnvelopeShape",
    "KeyRing",
    "Keys",
    "Privacy",
    "Scoped",
    "Sealer",
    "Security",
    "authenticated",
    "decode_envelope",
    "decode_scoped",
    "decrypted",
    "draw_envelope",
    "is_engine_id",
    "is_version_3",
    "localized_key",
    "master_key",
    "privacy_key",
]
