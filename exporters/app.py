"""The routes for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporters import acknowledged as acknowledgements
from exporters import alarms, coverage, interfaces, slow, wireless
from exporters.answering import answer, wants_openmetrics
from exporters.families import END, Family, pieces
from exporters.pillars import Pillars
from exporters.places import Places
from exporters.pollers import Monitor, SelfExporter
from exporters.present import CITY, SELF, Present, Things, groups
from exporters.probing import Ask, Probing
from exporters.reachability import Reachability
from exporters.slow import Slow
from exporters.system import System
from netmon.indicators import AreaCoverage
from netmon.state import Acknowledged, CityState, nobody

PARTS: Final = ("state", "readings")


class _Written:
    """What is written of one inventory, kept from page to page."""

    def __init__(self, state: CityState, now: int) -> None:
        self.things = Things(state, now)
        self.reachability = Reachability(self.things)
        self.places = Places(self.things)
        self.pillars = Pillars()
        self.system = System()


class Exporter:
    """Answers Prometheus out of the city's state and the monitor's own."""

    def __init__(
        self,
        state: CityState,
        look: Callable[[], Monitor],
        *,
        ask: Ask | None = None,
        slowest: Slow = list,
        area: Callable[[], AreaCoverage | None] = lambda: None,
        acknowledged: Acknowledged = nobody,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take what is to be shown.

        Args:
            state: The city.
            look: Gives the monitor's own state.
            ask: Asks a device now, for ``/probe``; without it there is no ``/probe``.
            slowest: Gives the slowest devices, for ``/-/slow``.
            area: Gives the area that is covered, as it was measured last.
            acknowledged: Tells who is on which open outage.
            wall: The clock, in Unix seconds, read once a scrape.
        """
        self._state = state
        self._self = SelfExporter(look)
        self._probing = Probing(ask, lambda: state.inventory.settings.series_budget) if ask is not None else None
        self._slowest = slowest
        self._area = area
        self._acknowledged = acknowledged
        self._wall = wall
        self._written: _Written | None = None
        self.ready = False
        """Set once the first round of checks can have ended."""

    def routes(self) -> list[Route]:
        """Give the routes for the ASGI application."""
        probing = [] if self._probing is None else [Route("/probe", self._probing.respond)]
        return [
            Route("/metrics", self._metrics),
            *probing,
            Route("/sd", self._discovery),
            Route("/-/healthy", self._healthy),
            Route("/-/ready", self._ready),
            Route("/-/slow", self._slow),
        ]

    def text(self, part: str | None = None, group: str | None = None, *, openmetrics: bool = False) -> str:
        """Write the page, or a part of it (``state``, ``readings``) or group (a kecamatan, ``city``, ``self``)."""
        return b"".join(self._pieces(part, group, openmetrics=openmetrics)).decode()

    def _pieces(self, part: str | None, group: str | None, *, openmetrics: bool) -> list[bytes]:
        """Give the pieces of a page, all of one second: what comes later is not in it, however slowly it is sent."""
        found = [] if group == SELF else pieces(self._city(part, group), openmetrics=openmetrics)
        if group in {None, SELF} and part in {None, "state"}:
            found.append(self._self.text(openmetrics=openmetrics).encode())
        if openmetrics:
            found.append(END.encode())
        return found

    def _city(self, part: str | None, group: str | None) -> Iterator[Family]:
        at = self._wall()
        written = self._written
        if written is None or written.things.inventory is not self._state.inventory:
            written = self._written = _Written(self._state, int(at))
        present = Present(self._state, written.things, at, group)
        if part in {None, "state"}:
            written.things.look(present.now)
            yield from written.reachability.families(present)
            yield from written.places.families(present)
            yield from alarms.families(present)
            yield acknowledgements.family(present, self._acknowledged)
            if group in {None, CITY}:
                yield from written.pillars.families(present)
                yield from coverage.families(self._area())
        if part in {None, "readings"}:
            devices = None if group is None else frozenset([o.id for o in written.things.devices if o.group == group])
            texts = self._state.readings(present.at, devices)
            yield from written.system.families(present, texts)
            yield from interfaces.families(texts)
            yield from wireless.families(texts)

    def _known_groups(self) -> list[str]:
        return [*groups(self._state.inventory), CITY, SELF]

    async def _metrics(self, request: Request) -> Response:
        part, group = request.query_params.get("part"), request.query_params.get("group")
        if part is not None and part not in PARTS:
            return PlainTextResponse(f"there is no part {part!r}: {', '.join(PARTS)}\n", 404)
        if group is not None and group not in self._known_groups():
            return PlainTextResponse(f"there is no group {group!r}: {', '.join(self._known_groups())}\n", 404)
        openmetrics = wants_openmetrics(request)
        return answer(request, self._pieces(part, group, openmetrics=openmetrics), openmetrics=openmetrics)

    async def _slow(self, request: Request) -> Response:
        return slow.respond(request, self._slowest)

    async def _discovery(self, request: Request) -> Response:
        """Prometheus HTTP service discovery: one target for each group and part."""
        scheme = {"__scheme__": "https"} if request.url.scheme == "https" else {}
        targets = [
            {
                "targets": [request.url.netloc],
                "labels": {
                    **scheme,
                    "__metrics_path__": "/metrics",
                    "__param_part": part,
                    "__param_group": group,
                    "part": part,
                    "group": group,
                },
            }
            for group in self._known_groups()
            for part in PARTS
            if not (group == SELF and part == "readings")
        ]
        return JSONResponse(targets)

    async def _healthy(self, _request: Request) -> Response:
        return PlainTextResponse("netmon is healthy\n")

    async def _ready(self, _request: Request) -> Response:
        if self.ready:
            return PlainTextResponse("netmon is ready\n")
        return PlainTextResponse("netmon is starting\n", 503)
