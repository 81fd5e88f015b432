"""Requests of browsers, scrapers and others: the exporters' routes, and the guard before them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bcrypt
from live_city import NOW, LiveCity, small_city
from starlette.applications import Starlette
from supply import Supply, Trial, text
from wires import Stage, staged

from exporters import Answers, Exporter, Monitor, Question, RefusedError
from netmon.model import Device, Role, Secret, WebConfiguration
from netmon.scheduler.counters import Counters
from netmon.serving.guard import Guard

_PATHS = ("/metrics", "/probe", "/sd", "/-/slow", "/-/ready", "/nowhere")
_HEADERS = (b"accept", b"accept-encoding", b"host", b"x-prometheus-scrape-timeout-seconds", b"authorization")
_ROUTER = Device("rt-1", Role.ROUTER, "127.0.2.9", uplink="up-1")
_STATUSES = {200, 400, 403, 404, 503}
_LONGEST_REFUSAL = 2000  # characters more than what was asked for
_PATIENCE = 60.0
_NAME, _PASSWORD = b"budi", b"rahasia"
_NOT_IN_A_TARGET = re.compile(rb"[^\x21-\x7e]")  # what the HTTP server does not let through (RFC 9112)
_NOT_IN_A_FIELD = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")


class Answered:
    """What an application sends."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def __call__(self, message: Any) -> None:
        """Take a message of ASGI."""
        if message["type"] == "http.response.start":
            assert not self.status, "answered twice"
            self.status = message["status"]
            self.headers = dict(message.get("headers", ()))
        else:
            self.body += message.get("body", b"")

    def read(self) -> str:
        """Give the body as text."""
        packed = self.headers.get(b"content-encoding") == b"gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


async def _receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


def _scope(path: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 9810),
    }


def _request(supply: Supply) -> dict[str, Any]:
    """Read a request as the HTTP server would hand it on."""
    path = _PATHS[supply.number() % len(_PATHS)]
    query = _NOT_IN_A_TARGET.sub(b"", supply.text())
    headers = []
    for _ in range(supply.number() & 3):
        name = _HEADERS[supply.number() % len(_HEADERS)]
        headers.append((name, _NOT_IN_A_FIELD.sub(b"", supply.text()).strip()))
    return _scope(path, query, headers)


# -- routes ---------------------------------------------------------------------------------------------


async def _ask(question: Question, seconds: float) -> Answers:
    """Hold that only what can be asked is asked."""
    assert 0 < seconds <= _PATIENCE
    assert bool(question.device) != bool(question.target)
    assert 0 < question.port < 1 << 16
    assert question.device or re.fullmatch(r"[\w.:%-]{1,253}", question.target, re.ASCII)
    if question.target.startswith("no"):
        raise RefusedError(403, "no")
    return Answers(_ROUTER, (), complete=True)


def _routes(stage: Stage) -> Trial:
    state = LiveCity(small_city()).state
    exporter = Exporter(state, lambda: Monitor(counts=Counters()), ask=_ask, wall=lambda: NOW)
    app = Starlette(routes=exporter.routes())

    def try_routes(data: bytes) -> None:
        """Whatever is asked for: an answer of a known status, valid UTF-8, and a refusal is short."""
        scope = _request(Supply(data))
        answered = Answered()
        stage.play(app(scope, _receive, answered))
        assert answered.status in _STATUSES
        told = answered.read()
        if answered.status != 200:
            assert len(told) <= 12 * len(scope["query_string"]) + _LONGEST_REFUSAL
        assert all(b"\n" not in value for value in answered.headers.values())

    return try_routes


def routes_seeds() -> list[bytes]:
    """What scrapers send, and a little of what others do."""
    queries = [
        b"",
        b"part=state",
        b"part=readings&group=city",
        b"group=%22%0a%ff",
        b"device=rt-1",
        b"device=rt-1&device=rt-2",
        b"target=127.0.0.1&port=161&credential=a&profile=auto",
        b"target=fe80::1%25eth0&port=0",
        b"target=no&port=99999",
        b"target=%F0%9F%98%80",
        b"module=if_mib",
        b"n=3",
    ]
    accept = b"\0" + text(b"application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=nan")
    packed = b"\1" + text(b"gzip, br;q=0, *;q=1e999")
    host, patience = b"\2" + text(b"[::1]:9810"), b"\3" + text(b"9.5")
    heads = [b"\0", b"\1" + accept, b"\2" + accept + packed, b"\2" + host + patience]
    return [bytes((path,)) + text(query) + head for path in range(len(_PATHS)) for query in queries for head in heads]


@contextmanager
def routes() -> Iterator[Trial]:
    """Try the exporters' routes."""
    with staged() as stage:
        yield _routes(stage)


# -- the guard ------------------------------------------------------------------------------------------


def _says_it(headers: list[tuple[bytes, bytes]]) -> bool:
    """Say whether a request carries the right name and password, read in another way than the guard does."""
    told = [value.split(b" ", 1) for name, value in headers if name == b"authorization"]
    if len(told) != 1 or len(told[0]) != 2 or told[0][0].lower() != b"basic":
        return False
    try:
        return base64.b64decode(told[0][1].strip(), validate=True) == _NAME + b":" + _PASSWORD
    except binascii.Error:
        return False


@contextmanager
def guard() -> Iterator[Trial]:
    """Try the guard: it lets in who has the password, which it was told once already, and nobody else."""
    loop = asyncio.new_event_loop()
    reached: list[object] = []

    async def app(scope: Any, _: Any, send: Any) -> None:
        reached.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    users = {_NAME.decode(): Secret(bcrypt.hashpw(_PASSWORD, bcrypt.gensalt(4)).decode())}
    guarded = Guard(app, WebConfiguration(users=users, headers={"X-Frame-Options": "deny"}))

    def try_guard(data: bytes) -> None:
        scope = _request(Supply(data))
        reached.clear()
        answered = Answered()
        loop.run_until_complete(guarded(scope, _receive, answered))
        assert bool(reached) == _says_it(scope["headers"]), "the wrong one was let in, or the right one was not"
        assert answered.status == 200 if reached else answered.status in (401, 429)
        assert b"x-frame-options" in {name.lower() for name in answered.headers}

    try:
        try_guard(guard_seeds()[0])
        yield try_guard
    finally:
        guarded.passwords.close()
        loop.close()


def guard_seeds() -> list[bytes]:
    """The right password, wrong ones, and headers that are none."""
    right = b"Basic " + base64.b64encode(_NAME + b":" + _PASSWORD)
    others = [
        right.lower(),
        b"BASIC  " + right[6:] + b" ",
        b"Basic YTpi",
        b"Basic YQ==",
        b"Basic ////",
        b"Basic YTo6",
        b"Bearer x",
        b"Basic",
        b"",
        right + b"=",
    ]
    single = [b"\0" + text(b"") + b"\1\4" + text(header) for header in (right, *others)]
    return [*single, b"\0" + text(b"") + b"\2\4" + text(right) + b"\4" + text(right), b"\0" + text(b"") + b"\0"]
