"""The server's certificate, which may change while it runs."""

from __future__ import annotations

import ssl
from typing import Final

from netmon.model import ClientAuth, Tls

_VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_MODES: Final = {
    ClientAuth.NONE: ssl.CERT_NONE,
    ClientAuth.OPTIONAL: ssl.CERT_OPTIONAL,
    ClientAuth.REQUIRED: ssl.CERT_REQUIRED,
}


class CertificatesError(Exception):
    """A certificate, its key or its authority cannot be used; the text says which and why."""


class Certificates:
    """The one context that a listening socket keeps, whose certificates and demands can be changed.

    Attributes:
        context: For the socket. A connection takes what :meth:`load` gave last.
    """

    def __init__(self, tls: Tls) -> None:
        """Begin with a certificate.

        Raises:
            CertificatesError: It cannot be used.
        """
        self.context = self._current = _context(tls)
        # OpenSSL asks at the beginning of each handshake, with a name or without, before it chooses a certificate.
        self.context.sni_callback = self._switch

    def load(self, tls: Tls) -> None:
        """Take other certificates and demands for connections to come; where they cannot be used all stays as it is.

        Raises:
            CertificatesError: They cannot be used.
        """
        made = _context(tls)
        # What is demanded is taken from the socket's own context when a connection begins, the rest when it is
        # switched to the new one. The new demands must never meet the old authority: hence the order.
        self._current = made
        self.context.minimum_version, self.context.maximum_version = made.minimum_version, made.maximum_version
        self.context.verify_mode = made.verify_mode

    def _switch(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = _VERSIONS[tls.least], _VERSIONS[tls.most]
    context.set_alpn_protocols(["http/1.1"])
    # No session outlives a change of certificates or authorities.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        # A key with a passphrase must not make OpenSSL ask on the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        raise CertificatesError(f"{tls.certificate} and {tls.key} cannot be used: {error}") from error
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(tls.client_ca)
        except (OSError, ValueError) as error:
            raise CertificatesError(f"{tls.client_ca} cannot be used: {error}") from error
    context.verify_mode = _MODES[tls.client_auth]
    return context


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")
