"""What may be told to the running service: that somebody is on an outage, and that a drill begins or ends.

Neither changes a figure. Answers are JSON; where something is refused ``error`` says why.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from netmon.drills import BusyError, Drill, Drills, UnknownPlaceError
from netmon.history import HistoryError
from netmon.model import NAME_LONGEST, NOTE_LONGEST, Acknowledgement, iso, plain
from netmon.state import Acknowledgements, NothingOpenError
from netmon.web.access import RefusedError, admit, read_json

_SHORT: Final = 8 << 10
_MESSAGE: Final = 256 << 10
"""Bytes of what a command sends, and of a message of Alertmanager's."""

_MOST_LISTED: Final = 50
_ID_LONGEST: Final = 100

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """Takes in what people tell the service."""

    def __init__(
        self,
        acknowledgements: Acknowledgements,
        record: Callable[[Acknowledgement], None],
        drills: Drills,
        *,
        guarded: Callable[[], bool] = lambda: False,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take where it goes.

        Args:
            acknowledgements: Who is on which outage.
            record: Writes an acknowledgement to the disk; called in a thread of its own.
            drills: The rehearsals.
            guarded: Says whether everybody who asks has said a password.
            wall: The clock, in Unix seconds.
        """
        self._acknowledgements = acknowledgements
        self._record = record
        self._drills = drills
        self._guarded = guarded
        self._wall = wall

    def routes(self) -> list[Route]:
        """Give the routes for the ASGI application."""
        return [
            Route("/api/acknowledgements", self._admitted(self._acknowledge), methods=["POST"]),
            Route("/api/drills", self._admitted(self._begin), methods=["POST"]),
            Route("/api/drills/received", self._admitted(self._received), methods=["POST"]),
            Route("/api/drills/{name}", self._show, methods=["GET"]),
            Route("/api/drills/{name}", self._admitted(self._end), methods=["DELETE"]),
        ]

    def _admitted(self, handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                admit(request, guarded=self._guarded())
                return await handler(request)
            except RefusedError as error:
                return JSONResponse(error.answer, error.status)

        return handle

    # -- acknowledgements ------------------------------------------------------------------------------

    async def _acknowledge(self, request: Request) -> Response:
        told = _fields(await read_json(request, _SHORT), {"id": str, "by": str, "note": str})
        by, note = _plain(told, "by", NAME_LONGEST), _plain(told, "note", NOTE_LONGEST)
        name, now = told["id"], int(self._wall())
        try:
            kind = self._acknowledgements.kind_of(name, now)
        except NothingOpenError as error:
            raise await self._nothing_open(error, now) from error
        one = Acknowledgement(kind, name, by, note, now)
        try:
            await asyncio.to_thread(self._record, one)
        except HistoryError as error:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, f"it was not recorded: {error}") from error
        self._acknowledgements.take(one)
        above = self._acknowledgements.above(kind, name, now)
        return JSONResponse(
            {**asdict(one), "at": iso(now), "above": _thing(above)},
            HTTPStatus.CREATED,
        )

    async def _nothing_open(self, error: NothingOpenError, now: int) -> RefusedError:
        opened = [
            {"kind": kind, "id": name, "start": iso(start)} for kind, name, start in self._acknowledgements.open(now)
        ]
        return RefusedError(
            HTTPStatus.NOT_FOUND if error.kind is None else HTTPStatus.CONFLICT,
            str(error),
            id=error.name,
            kind=error.kind,
            cause=_thing(error.cause),
            near=await _nearest(error.name, self._acknowledgements.known()) if error.kind is None else None,
            zone=self._acknowledgements.zone,
            open=opened[:_MOST_LISTED],
            open_count=len(opened),
        )

    # -- drills ----------------------------------------------------------------------------------------

    async def _begin(self, request: Request) -> Response:
        told = _fields(
            await read_json(request, _SHORT), {"site": (str, type(None)), "real": bool, "seconds": (int, float)}
        )
        try:
            drill = self._drills.begin(told["site"], told["seconds"], self._wall(), real=told["real"])
        except BusyError as error:
            raise RefusedError(HTTPStatus.CONFLICT, str(error)) from error
        except UnknownPlaceError as error:
            near = await _nearest(told["site"] or "", error.known)
            raise RefusedError(HTTPStatus.NOT_FOUND, str(error), near=near) from error
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        return JSONResponse(_plainly(drill, self._wall()), HTTPStatus.CREATED)

    async def _show(self, request: Request) -> Response:
        return self._told(self._drills.find(request.path_params["name"]))

    async def _end(self, request: Request) -> Response:
        return self._told(self._drills.end(request.path_params["name"], self._wall()))

    def _told(self, drill: Drill | None) -> Response:
        if drill is None:
            return JSONResponse({"error": "there is no such drill, or another one came after it"}, HTTPStatus.NOT_FOUND)
        return JSONResponse(_plainly(drill, self._wall()))

    async def _received(self, request: Request) -> Response:
        message = await read_json(request, _MESSAGE)
        try:
            name = self._drills.hear(message, self._wall())
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        # A drill that is over or another's is no failure: Alertmanager would send it again and again.
        return JSONResponse({"drill": name})


async def _nearest(name: str, known: Sequence[str]) -> str | None:
    """Give the id that is most like another; beside everything else, since a city has many."""
    if len(name) > _ID_LONGEST:
        return None
    found = await asyncio.to_thread(get_close_matches, name, known, 1)
    return found[0] if found else None


def _fields(told: Any, wanted: dict[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """Give an object with exactly the fields that are wanted, each of its type.

    Raises:
        RefusedError: It is none.
    """
    if not isinstance(told, dict) or told.keys() != wanted.keys():
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"send an object with exactly {', '.join(wanted)}")
    for name, kind in wanted.items():
        value = told[name]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name}: is of another type")
    return told


def _plain(told: dict[str, Any], name: str, longest: int) -> str:
    try:
        return plain(told[name], longest)
    except ValueError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name}: {error}") from error


def _thing(found: tuple[str, str] | None) -> dict[str, str] | None:
    return None if found is None else {"kind": found[0], "id": found[1]}


def _plainly(drill: Drill, at: float) -> dict[str, Any]:
    """Give a drill as plain data; times in Unix seconds, so that what lies between them can be told exactly."""
    return {
        **{name: value for name, value in drill.labels.items() if name not in {"drill", "real"}},
        "id": drill.id,
        "name": drill.name,
        "real": drill.labels["real"] == "yes",
        "start": drill.start,
        "end": drill.end,
        "paged": drill.paged,
        "resolved": drill.resolved,
        "at": at,
    }
