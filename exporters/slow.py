"""``/-/slow``: the devices that took longest to answer, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

Slow = Callable[[], Sequence[tuple[str, float]]]
"""Gives devices and the seconds of their last round, the slowest first."""


def respond(request: Request, slow: Slow) -> Response:
    """Answer as text, a line a device, or as JSON for ``?format=json``; 404 for another format."""
    form = request.query_params.get("format", "text")
    if form == "json":
        return JSONResponse([{"device": device, "seconds": round(took, 3)} for device, took in slow()])
    if form != "text":
        return PlainTextResponse(f"there is no format {form!r}: text, json\n", 404)
    lines = [f"{took:8.3f} s  {device}\n" for device, took in slow()]
    return PlainTextResponse("".join(lines) or "no device was asked yet\n")
