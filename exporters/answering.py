"""How a page of metrics is answered: the format and the encoding that the scraper asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Protocol

from isal import igzip, isal_zlib
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from exporters.families import OPENMETRICS, TEXT

_LARGE: Final = 256 * 1024
"""Bytes from which on a page is sent bit by bit, and about how large a bit is: a millisecond of work."""

_SMALL: Final = 1024
"""Below so many bytes there is nothing to gain by compressing."""

_LOOKED_AT: Final = 2048
"""Pieces of a page that are looked at to estimate its size."""

_LEVEL: Final = 1
_GZIP: Final = 31
"""Window bits of zlib that mean the format of gzip."""


class Packer(Protocol):
    """Compresses a stream; as :func:`zlib.compressobj` gives it."""

    def compress(self, data: bytes) -> bytes:
        """Take in some, give what is finished."""

    def flush(self) -> bytes:
        """Give the rest."""


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


def answer(request: Request, pieces: Sequence[bytes], *, openmetrics: bool = False, status: int = 200) -> Response:
    """Make the answer of a page of metrics out of its pieces; a large one is sent bit by bit.

    The pieces are all of one moment; while they are compressed and sent, the loop has time for others, and
    no copy of the whole page is ever made.
    """
    size = _about(pieces)
    packed = accepts_gzip(request) and size >= _SMALL
    headers = {"Vary": "Accept, Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    kind = OPENMETRICS if openmetrics else TEXT
    if size >= _LARGE:
        step = max(1, len(pieces) * _LARGE // size)
        return StreamingResponse(_bits(pieces, step, _packer() if packed else None), status, headers, kind)
    body = b"".join(pieces)
    return Response(igzip.compress(body, _LEVEL) if packed else body, status, headers, kind)


def _about(pieces: Sequence[bytes]) -> int:
    """Estimate the bytes of a page; of a few pieces it is exact. To touch each of 100,000 takes its time."""
    apart = max(1, len(pieces) // _LOOKED_AT)
    return sum(map(len, pieces[::apart])) * apart


async def _bits(pieces: Sequence[bytes], step: int, packer: Packer | None) -> AsyncIterator[bytes]:
    """Join so many pieces at a time; they are compressed beside the loop."""
    for start in range(0, len(pieces), step):
        bit = b"".join(pieces[start : start + step])
        if packer is None:
            yield bit
            await asyncio.sleep(0)  # a quick reader would keep everybody else waiting
        elif packed := await asyncio.to_thread(packer.compress, bit):
            yield packed
    if packer is not None:
        yield packer.flush()


def _packer() -> Packer:
    made: Packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    return made
