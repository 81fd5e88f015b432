"""Lets nobody in who does not say who he is (RFC 7617), and gives every answer the headers that are wanted."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final

from netmon.model import WebConfiguration
from netmon.serving.passwords import Passwords, TooManyAttemptsError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
"""An ASGI application and its parts (ASGI 3.0)."""

_LONGEST: Final = 4096
"""Bytes of an ``Authorization`` header that are looked at."""

_REALM: Final = (b"www-authenticate", b'Basic realm="netmon", charset="UTF-8"')
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


class Guard:
    """Stands before an application: everything is behind it, health too, as in Prometheus's exporter-toolkit."""

    def __init__(self, app: App, configuration: WebConfiguration) -> None:
        """Guard an application as a configuration says."""
        self._app = app
        self.passwords = Passwords({})
        self.load(configuration)

    def load(self, configuration: WebConfiguration) -> None:
        """Take another configuration, from the next request on."""
        self._open = not configuration.users
        self._headers = [(name.lower().encode(), value.encode()) for name, value in configuration.headers.items()]
        self.passwords.load(configuration.users)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        dressed = self._dressed(send) if self._headers else send
        try:
            welcome = self._open or await self._is_known(scope)
        except TooManyAttemptsError as many:
            wait = (b"retry-after", b"%d" % max(1, round(many.seconds)))
            await _refuse(dressed, _TOO_MANY, b"too many attempts\n", wait)
            return
        if welcome:
            await self._app(scope, receive, dressed)
        else:
            await _refuse(dressed, _UNAUTHORIZED, b"unauthorized\n", _REALM)

    async def _is_known(self, scope: Mapping[str, Any]) -> bool:
        found = _credentials(scope["headers"])
        if found is None:
            return False
        client = scope.get("client")
        return await self.passwords.match(*found, client[0] if client else "")

    def _dressed(self, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        return dressed


def _credentials(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, bytes] | None:
    """Give the name and the password of a request; ``None`` where there are none that can be read."""
    written = [value for name, value in headers if name == b"authorization"]
    if len(written) != 1 or len(written[0]) > _LONGEST:
        return None
    scheme, _, told = written[0].partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = base64.b64decode(told.strip(), validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


async def _refuse(send: Send, status: int, body: bytes, header: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), header]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
