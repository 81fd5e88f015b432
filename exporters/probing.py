"""``/probe?device=ID``: one device asked now: Prometheus's multi-target pattern.

What is asked and how is told by the callable that the service gives; nothing that is seen here goes into the state
or the history.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from exporters import system
from exporters.answering import answer, wants_openmetrics
from exporters.families import END, Family, page
from netmon.measures import MEASURES, format_value
from netmon.model import Device, Observation
from netmon.state import pieces_of, values_of

_HEADER: Final = "x-prometheus-scrape-timeout-seconds"
_PATIENCE: Final = 10.0
"""Seconds for an answer where the scraper does not say how long it waits."""

_LONGEST: Final = 60.0
_SPARE: Final = 0.5
"""Seconds of the scraper's patience that are left for the answer's way back."""

_MOST: Final = 20


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


Ask = Callable[[str, float], Awaitable[Answers]]
"""Asks a device by its id within so many seconds; raises :class:`RefusedError`."""


class Probing:
    """Answers ``/probe``; a device is asked once at a time, and only so many are at all."""

    def __init__(self, ask: Ask, budget: Callable[[], int], *, most: int = _MOST) -> None:
        """Ask by ``ask``; ``budget`` gives the series that a device may have, ``most`` are asked side by side."""
        self._ask = ask
        self._budget = budget
        self._most = most
        self._running: dict[str, asyncio.Task[Answers]] = {}

    async def respond(self, request: Request) -> Response:
        """Answer one request: 400 what cannot be asked, 404 no such device, 503 too many."""
        began = time.monotonic()
        try:
            found = await asyncio.shield(self._begun(_device(request.query_params), _seconds(request)))
        except RefusedError as refused:
            headers = {"Retry-After": "1"} if refused.status == _BUSY else None
            return PlainTextResponse(f"{refused.why}\n", refused.status, headers)
        openmetrics = wants_openmetrics(request)
        text = self._page(found, time.monotonic() - began, openmetrics=openmetrics)
        return await answer(request, text, openmetrics=openmetrics)

    def _begun(self, device: str, seconds: float) -> asyncio.Task[Answers]:
        """Give the running answer of the same device, or begin one."""
        if device in self._running:
            return self._running[device]
        if len(self._running) >= self._most:
            raise RefusedError(_BUSY, f"{self._most} devices are being asked already")
        task = asyncio.ensure_future(self._ask(device, seconds))
        self._running[device] = task
        task.add_done_callback(lambda _: self._running.pop(device))
        return task

    def _page(self, found: Answers, took: float, *, openmetrics: bool) -> str:
        texts: dict[str, list[str]] = {}
        dropped = 0
        for seen in found.observations:
            pieces = pieces_of(found.device, seen, values_of(found.device, seen), self._budget())
            dropped += pieces.dropped
            for measure, text in pieces.texts.items():
                texts.setdefault(measure, []).append(text)
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
            system.dropped([(found.device, dropped)] if dropped else []),
        ]
        return page(families, openmetrics=openmetrics) + (END if openmetrics else "")


_BUSY: Final = 503
_FORBIDDEN: Final = 403


def _device(parameters: Mapping[str, str]) -> str:
    """Read which device is asked.

    Raises:
        RefusedError: It is not one device of the inventory.
    """
    if parameters.get("target"):
        raise RefusedError(_FORBIDDEN, "addresses that are not in the inventory are not asked: say ?device=ID")
    device = parameters.get("device", "")
    if not device or len(parameters) > 1:
        raise RefusedError(400, "say whom to ask: ?device=ID, and nothing else")
    return device


def _seconds(request: Request) -> float:
    """Say how long the answer may take, by what the scraper says of its own patience."""
    try:
        told = float(request.headers.get(_HEADER, ""))
    except ValueError:
        return _PATIENCE
    if not math.isfinite(told) or told <= 0:
        return _PATIENCE
    return min(max(told - _SPARE, told / 2), _LONGEST)
