"""The services of the simulated city that are checked by TCP: ports that are open while the service works."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Final

from netmon.model import Inventory, Service
from netmon.simulator.outages import Calendar, Course
from netmon.simulator.troubles import SimulationError

_LOOK: Final = 0.2  # seconds between two looks at the course of events


class Doors:
    """Listens where the inventory has a ``tcp`` service on a loopback address, except while it is out of order.

    A service is out of order when it is itself, when its site's uplink is silent, or the monitor is cut off: then
    a connection is refused.
    """

    def __init__(self, inventory: Inventory, course: Course, clock: Callable[[], float]) -> None:
        """Work out when each service is closed."""
        self._clock = clock
        self._inventory = inventory
        self.follow(course)
        self._open: dict[Service, asyncio.Server] = {}
        self._task: asyncio.Task[None] | None = None

    def follow(self, course: Course) -> None:
        """Go on with another course of events."""
        services = [s for s in self._inventory.services.values() if _is_ours(s)]
        self._closed = {s: _closed(self._inventory, course, s) for s in services}

    async def start(self) -> None:
        """Open what is to be open, and keep it so.

        Raises:
            SimulationError: A port cannot be had.
        """
        await self._follow()
        if self._closed:
            self._task = asyncio.create_task(self._keep(), name="doors")

    async def stop(self) -> None:
        """Close everything."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for server in self._open.values():
            server.close()
            await server.wait_closed()
        self._open.clear()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            await self._follow()

    async def _follow(self) -> None:
        at = self._clock()
        for service, closed in self._closed.items():
            server = self._open.get(service)
            if server is None and not closed.holds(at):
                self._open[service] = await _listen(service)
            elif server is not None and closed.holds(at):
                del self._open[service]
                server.close()


async def _listen(service: Service) -> asyncio.Server:
    try:
        return await asyncio.start_server(_greet, service.address, service.port)
    except OSError as error:
        where = f"{service.address} port {service.port}"
        raise SimulationError(f"{service.id}: {where}: {error.strerror}") from error


async def _greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let whoever knocks go at once: that the port is open is all there is to see."""
    writer.close()


def _is_ours(service: Service) -> bool:
    try:
        return service.check == "tcp" and bool(service.port) and ipaddress.ip_address(service.address).is_loopback
    except ValueError:
        return False


def _closed(inventory: Inventory, course: Course, service: Service) -> Calendar:
    site = inventory.sites[service.site]
    uplink = inventory.uplinks.get(site.uplink)
    group = [device.id for device in inventory.connections(uplink)] if uplink else []
    return Calendar([*course.own(service.id), *course.group(group), *course.monitor])
