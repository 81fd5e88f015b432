"""How a page of metrics is answered: the format and the encoding that the scraper asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from isal import igzip
from starlette.requests import Request
from starlette.responses import Response

from exporters.families import OPENMETRICS, TEXT

_LARGE: Final = 64 * 1024
"""Characters from which on a page is encoded in a thread: some milliseconds of work, in which the loop goes on."""

_SMALL: Final = 1024
"""Below so many bytes there is nothing to gain by compressing."""

_LEVEL: Final = 1


def wants_openmetrics(request: Request) -> bool:
    """Say whether the scraper prefers OpenMetrics 1.0 to the text format (RFC 9110, 12.5.1)."""
    open_weight = text_weight = 0.0
    for kind, parameters, weight in _choices(request, "accept"):
        if kind == "application/openmetrics-text" and parameters.get("version", "1.0.0") in {"0.0.1", "1.0.0"}:
            open_weight = max(open_weight, weight)
        elif kind in {"text/plain", "text/*"} and parameters.get("version", "0.0.4") == "0.0.4":
            text_weight = max(text_weight, weight)
    return open_weight > 0 and open_weight >= text_weight


def accepts_gzip(request: Request) -> bool:
    """Say whether the answer may be compressed by gzip (RFC 9110, 12.5.3)."""
    weights = {kind: weight for kind, _, weight in _choices(request, "accept-encoding")}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _choices(request: Request, header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Give the choices of a header: each with its parameters and its weight; what cannot be read has none."""
    for choice in ",".join(request.headers.getlist(header)).split(","):
        kind, *rest = (part.strip().lower() for part in choice.split(";"))
        pairs = {name.strip(): value.strip(' "') for name, _, value in (part.partition("=") for part in rest)}
        try:
            weight = float(pairs.pop("q", "1"))
        except ValueError:
            weight = 0.0
        yield kind, pairs, weight


async def answer(request: Request, text: str, *, openmetrics: bool = False, status: int = 200) -> Response:
    """Make the answer of a page of metrics; a large one is encoded and compressed beside the loop."""
    packed = accepts_gzip(request)
    if len(text) < _LARGE:
        body, packed = _body(text, packed)
    else:
        body, packed = await asyncio.to_thread(_body, text, packed)
    headers = {"Vary": "Accept, Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, OPENMETRICS if openmetrics else TEXT)


def _body(text: str, packed: bool) -> tuple[bytes, bool]:
    body = text.encode()
    if packed and len(body) >= _SMALL:
        return igzip.compress(body, _LEVEL), True
    return body, False
