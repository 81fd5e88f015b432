"""``/probe``: one device, or one address, asked now: Prometheus's multi-target pattern.

What is asked and how is told by the callable that the service gives; nothing that is seen here goes into the state
or the history.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from exporters import system
from exporters.answering import answer, wants_openmetrics
from exporters.families import END, Family, page
from netmon.measures import MEASURES, format_value
from netmon.model import Device, Observation
from netmon.state import Latest

_HEADER: Final = "x-prometheus-scrape-timeout-seconds"
_PATIENCE: Final = 10.0
"""Seconds for an answer where the scraper does not say how long it waits."""

_LONGEST: Final = 60.0
_SPARE: Final = 0.5
"""Seconds of the scraper's patience that are left for the answer's way back."""

_MOST: Final = 20
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
_HIGHEST_PORT: Final = 65535
_TOLD: Final = frozenset({"device", "target", "credential", "port", "profile"})
_BAD: Final = 400
_BUSY: Final = 503


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked: a device of the inventory, or an address and how it is to be read."""

    device: str = ""
    target: str = ""
    credential: str = ""
    port: int = 161
    profile: str = "auto"


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: an observation for each check that ended; ``complete``: all of them did in time."""

    device: Device
    observations: tuple[Observation, ...]
    complete: bool


class RefusedError(Exception):
    """A question that is not asked: the HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        """Keep both."""
        super().__init__(why)
        self.status = status
        self.why = why


Ask = Callable[[Question, float], Awaitable[Answers]]
"""Asks within so many seconds; raises :class:`RefusedError`."""


class Probing:
    """Answers ``/probe``; a device is asked once at a time, and only so many are at all."""

    def __init__(self, ask: Ask, budget: Callable[[], int], *, most: int = _MOST) -> None:
        """Ask by ``ask``; ``budget`` gives the series that a device may have, ``most`` are asked side by side."""
        self._ask = ask
        self._budget = budget
        self._most = most
        self._running: dict[str, tuple[Question, asyncio.Task[Answers]]] = {}

    async def respond(self, request: Request) -> Response:
        """Answer one request: 400 what cannot be asked, 403 what may not, 404 no such device, 503 too many."""
        began = time.monotonic()
        try:
            found = await asyncio.shield(self._begun(_question(request.query_params), _seconds(request)))
        except RefusedError as refused:
            headers = {"Retry-After": "1"} if refused.status == _BUSY else None
            return PlainTextResponse(f"{refused.why}\n", refused.status, headers)
        openmetrics = wants_openmetrics(request)
        text = self._page(found, time.monotonic() - began, openmetrics=openmetrics)
        return answer(request, [text.encode()], openmetrics=openmetrics)

    def _begun(self, question: Question, seconds: float) -> asyncio.Task[Answers]:
        """Give the running answer to the same question, or begin one."""
        key = question.device or question.target
        if key in self._running:
            asked, task = self._running[key]
            if asked != question:
                raise RefusedError(_BUSY, f"{key} is being asked something else")
            return task
        if len(self._running) >= self._most:
            raise RefusedError(_BUSY, f"{self._most} devices are being asked already")
        task = asyncio.ensure_future(self._ask(question, seconds))
        self._running[key] = question, task
        task.add_done_callback(lambda _: self._running.pop(key))
        return task

    def _page(self, found: Answers, took: float, *, openmetrics: bool) -> str:
        latest = Latest(self._budget())
        for seen in found.observations:
            latest.keep(found.device, seen)
        texts, dropped = latest.fresh(-math.inf, None), latest.dropped(-math.inf)
        succeeded = found.complete and all(seen.failure is None for seen in found.observations)
        families = [
            Family("probe_success", "gauge", "1 where every check was answered.", [f"probe_success {succeeded:d}\n"]),
            Family(
                "probe_duration_seconds",
                "gauge",
                "Seconds that the answer took.",
                [f"probe_duration_seconds {format_value(round(took, 6))}\n"],
            ),
            *(Family(one.metric, one.kind, one.help, texts.get(one.name, [])) for one in MEASURES.values()),
            system.dropped([(found.device, dropped[found.device.id])] if dropped else []),
        ]
        return page(families, openmetrics=openmetrics) + (END if openmetrics else "")


def _question(parameters: QueryParams) -> Question:
    """Read what is asked.

    Raises:
        RefusedError: It is not one device and not one address.
    """
    unknown = sorted(set(parameters) - _TOLD)
    if unknown:
        raise RefusedError(_BAD, f"there is no parameter {unknown[0][:100]!r}: {', '.join(sorted(_TOLD))}")
    device, target = parameters.get("device", ""), parameters.get("target", "")
    if bool(device) == bool(target):
        raise RefusedError(_BAD, "say whom to ask: ?device=ID, or ?target=ADDRESS where netmon.yaml allows it")
    if len(parameters.multi_items()) > (1 if device else len(parameters)):
        raise RefusedError(_BAD, "say each thing once, and nothing else with ?device=ID")
    if device:
        return Question(device)
    if not _ADDRESS.fullmatch(target):
        raise RefusedError(_BAD, f"{target[:100]!r} is no address and no host name")
    port = parameters.get("port", "161")
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) <= _HIGHEST_PORT:
        raise RefusedError(_BAD, f"{port[:100]!r} is no port")
    return Question("", target, parameters.get("credential", ""), int(port), parameters.get("profile", "auto"))


def _seconds(request: Request) -> float:
    """Say how long the answer may take, by what the scraper says of its own patience."""
    try:
        told = float(request.headers.get(_HEADER, ""))
    except ValueError:
        return _PATIENCE
    if not math.isfinite(told) or told <= 0:
        return _PATIENCE
    return min(max(told - _SPARE, told / 2), _LONGEST)
