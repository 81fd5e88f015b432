"""A city with everything that answers for it over HTTP, in this process; nothing of it is watched over a network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from live_city import NOW, LiveCity, small_city
from starlette.applications import Starlette

from exporters import Exporter, Monitor
from netmon.drills import Drills
from netmon.model import Acknowledgement, Outcome
from netmon.state import Acknowledgements
from netmon.web import Api, Pages

HERE = ("127.0.0.1", 50_000)


def dark_city() -> LiveCity:
    """An uplink is down since five minutes, and what is behind it with it; an access point elsewhere is down too."""
    city = LiveCity(small_city())
    for name in city.state.devices:
        city.watch(name, NOW - 3600, NOW - 300)
        up = name == "rt-2"
        city.watch(name, NOW - 300, NOW, Outcome.UP if up else Outcome.DOWN)
    return city


class Place:
    """A city with everything that answers for it, in this process."""

    def __init__(
        self, city: LiveCity | None = None, *, record: Callable[[Acknowledgement], None] | None = None
    ) -> None:
        """Put it together; what is recorded is kept in a list unless something else is to happen."""
        self.city = city or dark_city()
        self.now = float(NOW)
        self.guarded = False
        self.recorded: list[Acknowledgement] = []
        self.made = Acknowledgements(self.city.state)
        self.drills = Drills(lambda: self.city.state.inventory, choose=lambda places: places[0])
        api = Api(
            self.made,
            record or self.recorded.append,
            self.drills,
            guarded=lambda: self.guarded,
            wall=lambda: self.now,
        )
        pages = Pages(self.city.state, lambda: True, acknowledged=self.made.valid, wall=lambda: self.now)
        self.exporter = Exporter(self.city.state, self._monitor, acknowledged=self.made.valid, wall=lambda: self.now)
        self.app = Starlette(routes=[*api.routes(), *pages.routes(), *self.exporter.routes()])

    def _monitor(self) -> Monitor:
        drill = self.drills.current(self.now)
        return Monitor(drill=drill.labels if drill is not None else {})

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        peer: tuple[str, int] = HERE,
        base: str = "http://127.0.0.1:9810",
        **more: Any,
    ) -> httpx.Response:
        """Ask for something, or tell something: a body that is no text is sent as JSON."""
        sent = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
        transport = httpx.ASGITransport(self.app, client=peer)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **{**sent, **more})

    async def get(self, path: str) -> httpx.Response:
        """Read a page."""
        return await self.send("GET", path)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Answer HTTP on a free port, and give the address."""
        config = uvicorn.Config(self.app, port=0, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server ended"
                time.sleep(0.005)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
