"""How HTTP is served: who may come in, by which certificate, with which headers. It knows nothing of what is served."""

from netmon.serving.guard import Guard
from netmon.serving.passwords import Passwords, TooManyAttemptsError
from netmon.serving.tls import Certificates, CertificatesError

__all__ = ["Certificates", "CertificatesError", "Guard", "Passwords", "TooManyAttemptsError"]
