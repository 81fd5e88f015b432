"""The routes for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporters import interfaces, pillars, reachability, system, wireless
from exporters.families import CONTENT_TYPE, page
from exporters.pollers import Monitor, SelfExporter
from exporters.present import CITY, SELF, Present, groups
from netmon.state import CityState

PARTS = ("state", "readings")


class Exporter:
    """Answers Prometheus out of the city's state and the monitor's own."""

    def __init__(self, state: CityState, look: Callable[[], Monitor], *, wall: Callable[[], float] = time.time) -> None:
        """Take what is to be shown; ``look`` gives the monitor's own state, ``wall`` is read once a scrape."""
        self._state = state
        self._self = SelfExporter(look)
        self._wall = wall
        self.ready = False
        """Set once the first round of checks can have ended."""

    def routes(self) -> list[Route]:
        """Give the routes for the ASGI application."""
        return [
            Route("/metrics", self._metrics),
            Route("/sd", self._discovery),
            Route("/-/healthy", self._healthy),
            Route("/-/ready", self._ready),
        ]

    def text(self, part: str | None = None, group: str | None = None) -> str:
        """Write the page, or a part of it (``state``, ``readings``) or group (a kecamatan, ``city``, ``self``)."""
        if group == SELF:
            return self._self.text() if part in {None, "state"} else ""
        present = Present(self._state, self._wall(), group)
        families = []
        if part in {None, "state"}:
            families += [*reachability.families(present), *pillars.families(present)]
            if group in {None, CITY}:
                families += pillars.city_families(present)
        if part in {None, "readings"}:
            devices = None if group is None else frozenset(one.id for one in present.devices)
            pieces = self._state.readings(present.at, devices)
            families += [
                *system.families(present, pieces),
                *interfaces.families(pieces),
                *wireless.families(pieces),
            ]
        return page(families) + (self._self.text() if group is None and part in {None, "state"} else "")

    def _known_groups(self) -> list[str]:
        return [*groups(self._state.inventory), CITY, SELF]

    async def _metrics(self, request: Request) -> Response:
        part, group = request.query_params.get("part"), request.query_params.get("group")
        if part is not None and part not in PARTS:
            return PlainTextResponse(f"there is no part {part!r}: {', '.join(PARTS)}\n", 404)
        if group is not None and group not in self._known_groups():
            return PlainTextResponse(f"there is no group {group!r}: {', '.join(self._known_groups())}\n", 404)
        return Response(self.text(part, group), media_type=CONTENT_TYPE)

    async def _discovery(self, request: Request) -> Response:
        """Prometheus HTTP service discovery: one target for each group and part."""
        targets = [
            {
                "targets": [request.url.netloc],
                "labels": {
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
