"""Asking one device now, out of turn, for ``/probe``: what is seen goes into no state and no history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from exporters import Answers, RefusedError
from netmon.model import Inventory
from netmon.probes import Probe
from netmon.scheduler import checks_of

_NOT_FOUND = 404


class Asking:
    """Asks every check of a device side by side."""

    def __init__(self, inventory: Callable[[], Inventory], probes: Mapping[str, Probe]) -> None:
        """Look the inventory up when it is needed, so that a reload changes it."""
        self._inventory = inventory
        self._probes = probes

    async def __call__(self, name: str, seconds: float) -> Answers:
        """Ask a device by its id; what has not answered within ``seconds`` is left out.

        Raises:
            RefusedError: No such device is watched.
        """
        inventory = self._inventory()
        checks = [check for check in checks_of(inventory) if check.device == name]
        if not checks:
            raise RefusedError(_NOT_FOUND, f"no device {name[:100]!r} is watched")
        tasks = [asyncio.ensure_future(self._probes[check.probe](check)) for check in checks]
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        seen = tuple(task.result() for task in tasks if task in done)
        return Answers(inventory.devices[name], seen, complete=not late)
