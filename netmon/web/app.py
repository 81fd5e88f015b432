"""The routes of the pages: the first page, the runbooks, and ``/api/status``."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from netmon.model import State
from netmon.state import Acknowledged, CityState, nobody
from netmon.web.runbooks import Runbooks
from netmon.web.status import Status, status
from netmon.web.words import WORDS, acknowledged, share, spoken

_FIRST = (State.DOWN, State.DOWN_UPSTREAM, State.DEGRADED, State.UNKNOWN, State.PLANNED, State.OUT_OF_SERVICE, State.UP)
_AMISS = frozenset(state.value for state in (State.DOWN, State.DOWN_UPSTREAM, State.DEGRADED, State.UNKNOWN))
_ORDER = {state.value: index for index, state in enumerate(_FIRST)}


class Pages:
    """Shows people the city's state."""

    def __init__(
        self,
        state: CityState,
        witness_up: Callable[[], bool | None],
        *,
        acknowledged: Acknowledged = nobody,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take what is to be shown.

        ``witness_up`` tells whether the monitor itself is connected, ``acknowledged`` who is on which outage.
        """
        self._state = state
        self._witness_up = witness_up
        self._acknowledged = acknowledged
        self._wall = wall
        self._templates = Environment(
            loader=PackageLoader("netmon.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._runbooks = Runbooks(self._templates, lambda: self._state.inventory.city.language)

    def routes(self) -> list[Route]:
        """Give the routes for the ASGI application."""
        return [Route("/", self._first), Route("/api/status", self._status), *self._runbooks.routes()]

    def _now(self, language: str = "en") -> Status:
        found = status(self._state, self._wall(), language, self._acknowledged)
        return {**found, "witness_up": self._witness_up()}

    async def _status(self, _request: Request) -> Response:
        return JSONResponse(self._now())

    async def _first(self, request: Request) -> Response:
        language = spoken(request.query_params.get("lang"), self._state.inventory.city.language)
        now = self._now(language)
        zone = ZoneInfo(now["zone"])
        page = self._templates.overlay()
        page.filters = {
            **self._templates.filters,
            "share": partial(share, language=language),
            "local": partial(_local, zone=zone, language=language),
            "since": partial(_since, zone=zone, language=language),
            "acknowledged": partial(acknowledged, now=now["at"], zone=zone, language=language),
            "by_trouble": _by_trouble,
            "amiss": _amiss,
        }
        text = page.get_template("first.html").render(
            status=now, words=WORDS[language], language=language, witness_up=now["witness_up"]
        )
        return HTMLResponse(text)


def _local(at: str, zone: ZoneInfo, language: str) -> str:
    """Write a time of the status in the city's zone, to the second."""
    form = "%d-%m-%Y %H.%M.%S %Z" if language == "id" else "%Y-%m-%d %H:%M:%S %Z"
    return datetime.fromisoformat(at).astimezone(zone).strftime(form)


def _since(at: str | None, zone: ZoneInfo, language: str) -> str:
    """Write since when something is so, to the minute; in words where it is longer than is looked at."""
    if at is None:
        return WORDS[language]["long"]
    form = "%d-%m-%Y %H.%M" if language == "id" else "%Y-%m-%d %H:%M"
    return datetime.fromisoformat(at).astimezone(zone).strftime(form)


def _by_trouble(things: list[Status]) -> list[Status]:
    """Put what is wrong first; the rest keeps the inventory's order."""
    return sorted(things, key=lambda one: _ORDER[one["state"]])


def _amiss(things: list[Status]) -> list[Status]:
    """Give what is wrong and not announced, the worst first."""
    return [one for one in _by_trouble(things) if one["state"] in _AMISS]
