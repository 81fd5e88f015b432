"""Who may change something through HTTP, and what a request has to look like for it.

Without passwords only programs of this machine may; a browser on it must not become the tool of a page from
elsewhere, so forms (another content type), foreign origins and foreign names for this address (DNS rebinding) are
refused, and so is what a proxy passes on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request

_FORBIDDEN: Final = 403
_TIMEOUT: Final = 408
_TOO_LARGE: Final = 413
_MEDIA_TYPE: Final = 415
_BAD: Final = 400

_SECONDS: Final = 10.0
"""How long a request may take to arrive."""

_PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class RefusedError(Exception):
    """A request is not answered: why, with the status of HTTP, and what else the answer tells."""

    def __init__(self, status: int, text: str, **more: Any) -> None:
        """Keep them."""
        super().__init__(text)
        self.status = status
        self.answer = {"error": text, **more}


def admit(request: Request, *, guarded: bool) -> None:
    """Let a request change something, or not; ``guarded``: whoever comes this far has said a password.

    Raises:
        RefusedError: It may not.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise RefusedError(_FORBIDDEN, "this was sent by a page of another origin")
    if guarded:
        return
    if request.client is None or not _is_loopback(request.client.host):
        raise RefusedError(
            _FORBIDDEN, "only from the machine of netmon itself, or with a password where --web-config names users"
        )
    if any(name in request.headers for name in _PASSED_ON):
        raise RefusedError(_FORBIDDEN, "this came through a proxy: give netmon users by --web-config")
    if not _is_here(host):
        raise RefusedError(_FORBIDDEN, "this was sent to another name: address it to 127.0.0.1, [::1] or localhost")


async def read_json(request: Request, longest: int) -> Any:
    """Give the JSON that a request brings, of at most ``longest`` bytes.

    Raises:
        RefusedError: It is not JSON, not called JSON, too long, or takes too long to come.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(_MEDIA_TYPE, "send it with Content-Type: application/json")
    found = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for piece in request.stream():
                found += piece
                if len(found) > longest:
                    raise RefusedError(_TOO_LARGE, f"it is longer than {longest} bytes")
    except TimeoutError as error:
        raise RefusedError(_TIMEOUT, "it did not come in time") from error
    try:
        return json.loads(found.decode())
    except (ValueError, RecursionError) as error:
        raise RefusedError(_BAD, "it is no JSON") from error


def _is_here(host: str) -> bool:
    """Say whether a ``Host`` header names this machine as only it can be named."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
