"""Asking a running program over HTTP: netmon itself, Prometheus, Alertmanager. What answers is not trusted."""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from netmon.cli.terminal import shown

_TIMEOUT: Final = 10.0
"""Seconds for a connection and for each piece of an answer."""

_WHOLE: Final = 30.0
_LARGEST: Final = 64 << 20
_PIECE: Final = 64 << 10
"""Seconds for an answer, bytes of an answer, bytes that are taken at once."""

_LONGEST: Final = 500
"""Characters of a reason."""

_OK: Final = range(200, 300)


class CallError(Exception):
    """Nobody answers there, or what answers is not what was asked for; ``reason`` is the text without the address."""

    def __init__(self, where: str, reason: str) -> None:
        """Say where and why."""
        self.reason = shown(reason)[:_LONGEST]  # some of it was said by whatever answers there
        super().__init__(f"{where}: {self.reason}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status of HTTP and what came with it."""

    status: int
    reason: str
    content: bytes

    @property
    def is_fine(self) -> bool:
        """Whether it is what was asked for and no refusal."""
        return self.status in _OK

    def json(self) -> Any:
        """Give it as plain data.

        Raises:
            ValueError: It is no JSON.
        """
        try:
            return json.loads(self.content.decode())
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: neither a password nor an order is meant for another address."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Give no other request; the answer is then an error of its own."""
        return


class Called:
    """A program that is asked, named by the options of a command."""

    def __init__(self, arguments: argparse.Namespace, option: str, *, prefix: str = "") -> None:
        """Read the options that :func:`address_options` added.

        Raises:
            CallError: They name no address, or half of a user.
        """
        found = vars(arguments)
        under = prefix.replace("-", "_")
        self.url: str = str(found[option]).rstrip("/")
        self._user: str | None = found[f"{under}user"]
        self._password_file: Path | None = found[f"{under}password_file"]
        self._ca_file: Path | None = found[f"{under}ca_file"]
        if not self.url.startswith(("http://", "https://")):
            raise CallError(f"--{option}", f"{self.url!r} is no address of a service (write http://HOST:PORT)")
        if "@" in urlsplit(self.url).netloc:
            raise CallError(f"--{option}", f"write user and password by --{prefix}user and --{prefix}password-file")
        if (self._user is None) != (self._password_file is None):
            raise CallError(f"--{prefix}user and --{prefix}password-file", "write both or neither")

    def ask(
        self, path: str, query: Mapping[str, str] | None = None, *, method: str = "GET", body: Any = None
    ) -> Answer:
        """Ask for something, or tell something (``body``, as JSON); a refusal is an answer too.

        Raises:
            CallError: There is no answer, it does not end, or a file cannot be read.
        """
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            return self._ask(url, method, None if body is None else json.dumps(body).encode())
        except urllib.error.URLError as error:
            raise CallError(url, str(error.reason)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise CallError(url, str(error) or type(error).__name__) from error

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Ask for JSON and give it as plain data.

        Raises:
            CallError: There is none.
        """
        answer = self.ask(path, query)
        if not answer.is_fine:
            raise CallError(f"{self.url}{path}", f"HTTP {answer.status}: {answer.reason}")
        try:
            return answer.json()
        except ValueError as error:
            raise CallError(f"{self.url}{path}", f"what answers there gives no JSON ({error})") from error

    def _ask(self, url: str, method: str, body: bytes | None) -> Answer:
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 -- http and https alone, see above
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self._user is not None and self._password_file is not None:
            line = self._password_file.read_bytes().splitlines()[:1]
            told = base64.b64encode(self._user.encode() + b":" + b"".join(line)).decode()
            request.add_unredirected_header("Authorization", f"Basic {told}")
        context = None if self._ca_file is None else ssl.create_default_context(cafile=self._ca_file)
        opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=_TIMEOUT) as answer:
                return Answer(answer.status, answer.reason, _read(answer))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, str(error.reason), _read(error))


def address_options(
    parser: argparse.ArgumentParser, option: str, default: str, *, of: str = "service", prefix: str = ""
) -> None:
    """Add the options that name a program to ask; ``prefix`` keeps those of several apart."""
    parser.add_argument(
        f"--{option}", default=default, metavar="URL", help=f"where the {of} answers (default: %(default)s)"
    )
    parser.add_argument(f"--{prefix}user", metavar="NAME", help=f"a user of the {of}'s --web-config")
    parser.add_argument(
        f"--{prefix}password-file", type=Path, metavar="FILE", help="the file whose first line is the password"
    )
    parser.add_argument(
        f"--{prefix}ca-file", type=Path, metavar="FILE", help=f"who signed the {of}'s certificate (PEM)"
    )


def _read(answer: Any) -> bytes:
    """Take in an answer.

    Raises:
        ValueError: It is too large, or takes too long.
    """
    found = bytearray()
    end = time.monotonic() + _WHOLE
    while piece := answer.read1(_PIECE):
        found += piece
        if len(found) > _LARGEST:
            raise ValueError(f"the answer is longer than {_LARGEST >> 20} MiB")
        if time.monotonic() > end:
            raise ValueError(f"the answer took longer than {_WHOLE:.0f} s")
    return bytes(found)
