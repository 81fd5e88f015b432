"""Pages and the status for people and programs, and what people tell the service."""

from netmon.web.api import Api
from netmon.web.app import Pages

__all__ = ["Api", "Pages"]
