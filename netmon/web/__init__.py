"""Pages and the status for people and programs."""

from netmon.web.app import Pages

__all__ = ["Pages"]
