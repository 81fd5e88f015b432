"""The words of how HTTP is served: certificates, who may come in, headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from netmon.model.inventory import Secret


class ClientAuth(StrEnum):
    """Whether a client has to show a certificate, in the words of Prometheus's web configuration file."""

    NONE = "NoClientCert"
    OPTIONAL = "VerifyClientCertIfGiven"
    REQUIRED = "RequireAndVerifyClientCert"


@dataclass(frozen=True, slots=True)
class Tls:
    """A server's certificate and key, and what it demands; versions are ``TLS12`` and ``TLS13``."""

    certificate: Path
    key: Path
    client_auth: ClientAuth = ClientAuth.NONE
    client_ca: Path | None = None
    least: str = "TLS12"
    most: str = "TLS13"


@dataclass(frozen=True, slots=True)
class WebConfiguration:
    """How HTTP is served: ``users`` gives the bcrypt hash of each user's password; none: everybody may come in."""

    tls: Tls | None = None
    users: Mapping[str, Secret] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
