"""The whole discovery: every address once, then again those that others have seen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from netmon.discovery.asking import Asker
from netmon.discovery.found import Found, Heard
from netmon.discovery.scope import Scope

_WORKERS: Final = 128
"""Addresses that are asked side by side; how fast, the rate says."""


@dataclass(slots=True)
class Standing:
    """How far a discovery has come."""

    stage: str
    done: int
    total: int
    answered: int
    devices: int


Tell = Callable[[Standing], None]


@dataclass(slots=True)
class Harvest:
    """What a discovery heard, by address; ``is_complete`` is false where it was stopped.

    ``faults`` are bugs of ours that one device or another brought to light: the others are found all the same.
    """

    scope: Scope
    heard: dict[str, Heard] = field(default_factory=dict)
    is_complete: bool = False
    packets: int = 0
    faults: dict[str, BaseException] = field(default_factory=dict)

    @property
    def found(self) -> list[Found]:
        """Give the devices, each as often as it has addresses."""
        return [each.found for each in self.heard.values() if each.found is not None]


async def sweep(scope: Scope, asker: Asker, tell: Tell, stop: asyncio.Event, *, follow: bool = True) -> Harvest:
    """Ask every address of the scope; ``follow``: those that were silent again where a device names them.

    ``stop`` ends it early with what there is. ``tell`` is called after each address.
    """
    harvest = Harvest(scope)
    work = asyncio.ensure_future(_work(scope, asker, tell, harvest, follow=follow))
    ending = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, ending):
            task.cancel()
        await asyncio.wait({work, ending})
    if not work.cancelled():
        work.result()
        harvest.is_complete = True
    harvest.packets = asker.turns.sent
    return harvest


async def _work(scope: Scope, asker: Asker, tell: Tell, harvest: Harvest, *, follow: bool) -> None:
    standing = Standing("asking addresses", 0, scope.count(), 0, 0)
    await _ask_all(scope.addresses(), asker, tell, harvest, standing, again=False)
    followed: set[str] = set()
    while follow:
        named = dict.fromkeys(each for each in _named(harvest) if each in scope and each not in followed)
        silent = [each for each in named if each not in harvest.heard or harvest.heard[each].found is None]
        if not silent:
            return
        followed.update(silent)
        standing = Standing("following neighbours", 0, len(silent), standing.answered, standing.devices)
        await _ask_all(silent, asker, tell, harvest, standing, again=True)


def _named(harvest: Harvest) -> Iterator[str]:
    """Name the addresses at which devices say that somebody is."""
    for found in harvest.found:
        yield from (neighbour.address for neighbour in found.neighbours if neighbour.address)
        yield from (str(point["address"]) for point in found.access_points if point.get("address"))


async def _ask(address: str, asker: Asker, harvest: Harvest, *, again: bool) -> Heard:
    asking = asyncio.ensure_future(asker.ask(address, again=again))
    try:
        await asyncio.wait({asking})
    finally:
        asking.cancel()
    fault = asking.exception()
    if fault is None:
        return asking.result()
    harvest.faults[address] = fault
    return Heard(address, trouble=f"a bug of ours: {type(fault).__name__}")


async def _ask_all(
    addresses: Iterable[str], asker: Asker, tell: Tell, harvest: Harvest, standing: Standing, *, again: bool
) -> None:
    queue = iter(addresses)

    async def worker() -> None:
        for address in queue:
            heard = await _ask(address, asker, harvest, again=again)
            harvest.heard[address] = heard
            standing.done += 1
            standing.answered += not again and (bool(heard.pinged) or heard.found is not None)
            standing.devices += heard.found is not None
            tell(standing)

    tell(standing)
    workers = [asyncio.ensure_future(worker()) for _ in range(min(_WORKERS, max(standing.total, 1)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*workers, return_exceptions=True)
