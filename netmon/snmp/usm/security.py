"""How to ask as a user: what a credential of version 3 says."""

from __future__ import annotations

from dataclasses import dataclass, field

from netmon.model import Secret
from netmon.snmp.usm.protocols import AUTH_PROTOCOLS, PRIV_PROTOCOLS

_LEVELS = ("noAuthNoPriv", "authNoPriv", "", "authPriv")


@dataclass(frozen=True, slots=True)
class Security:
    """A user, its passwords, and the context that it asks in.

    Without ``auth_protocol`` the level is noAuthNoPriv, without ``priv_protocol`` authNoPriv. An empty
    ``context_engine_id`` stands for the agent's own.

    Raises:
        ValueError: A protocol that is not known, one without its password, or privacy without authentication.
    """

    user: str
    auth_protocol: str = ""
    auth: Secret | None = None
    priv_protocol: str = ""
    priv: Secret | None = None
    context: str = ""
    context_engine_id: bytes = b""
    level: int = field(init=False, compare=False)
    """The two lowest bits of ``msgFlags`` (RFC 3412, section 6.4): 0, 1 or 3."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        for name, secret, known in (
            (self.auth_protocol, self.auth, AUTH_PROTOCOLS),
            (self.priv_protocol, self.priv, PRIV_PROTOCOLS),
        ):
            if name and name not in known:
                raise ValueError(f"no protocol of SNMPv3 is named {name!r}")
            if name and (secret is None or not secret.reveal()):
                raise ValueError(f"there is no password for {name}")
        if self.priv_protocol and not self.auth_protocol:
            raise ValueError("SNMPv3 does not encrypt without authentication")
        object.__setattr__(self, "level", 3 if self.priv_protocol else 1 if self.auth_protocol else 0)

    @property
    def level_name(self) -> str:
        """The level as RFC 3411 names it."""
        return _LEVELS[self.level]
