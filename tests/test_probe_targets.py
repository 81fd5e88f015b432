"""``/probe?target=``: an address that is no device's is asked only where the inventory and a credential allow it."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from live_city import NOW, small_city

from exporters import Question, RefusedError
from netmon.cli.asking import Asking
from netmon.model import Check, Credential, Device, Failure, Inventory, Observation, Settings
from netmon.names import Names, Place
from netmon.probes import Probe

NETWORKS = ("10.71.0.0/16", "2001:db8::/32")
CREDENTIALS = {
    "city": Credential("city", networks=("10.71.1.0/24",)),
    "any": Credential("any"),
}


class Book(Names):
    """Names with addresses that a test tells; a name may answer otherwise each time."""

    def __init__(self, **told: list[str]) -> None:
        """Take the answers of each name."""
        super().__init__()
        self._told = told

    async def resolve(self, host: str, timeout: float) -> Place:  # noqa: ASYNC109 -- the form of what it stands for
        """Give the next answer of a name, or what a numeric address is."""
        if host in self._told:
            return socket.AF_INET, self._told[host].pop(0)
        return await super().resolve(host, timeout)


class Door:
    """An inventory, and a record of whom its probes were sent to."""

    def __init__(self, names: Names | None = None, networks: tuple[str, ...] = NETWORKS) -> None:
        """Allow networks."""
        self.asked: list[tuple[str, str, str]] = []
        settings = Settings(probe_networks=networks)
        self.inventory: Inventory = replace(small_city(), settings=settings, credentials=CREDENTIALS)
        self.asking = Asking(
            lambda: self.inventory,
            {"icmp": self._probe},
            reader=self._reader,
            names=names,
            profiles=lambda: ["generic"],
        )

    async def _probe(self, check: Check) -> Observation:
        self.asked.append((check.probe, check.address, ""))
        return Observation(check, NOW, rtt=0.001, loss=0.0)

    def _reader(self, device: Device, credential: Credential) -> Probe:
        async def read(check: Check) -> Observation:
            self.asked.append((check.probe, device.address, credential.name))
            return Observation(check, NOW, Failure.AUTH)

        return read


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (Question(target="10.71.9.9"), ("icmp", "10.71.9.9", "")),
        (Question(target="2001:db8::1"), ("icmp", "2001:db8::1", "")),
        (Question(target="10.71.1.9", credential="city"), ("readings", "10.71.1.9", "city")),
        (Question(target="10.71.1.9", credential="city", profile="generic"), ("readings", "10.71.1.9", "city")),
    ],
)
async def test_an_address_within_the_networks_is_asked(question: Question, asked: tuple[str, str, str]) -> None:
    """By ping, or read by a credential that is bound to networks which hold it."""
    door = Door()
    found = await door.asking(question, 1.0)
    assert door.asked == [asked]
    assert (found.device.id, found.device.site, found.complete) == (question.target, "", True)


@pytest.mark.parametrize(
    ("question", "status", "why"),
    [
        (Question(target="10.72.0.1"), 403, "none of probe_networks"),
        (Question(target="127.0.0.1"), 403, "none of probe_networks"),
        (Question(target="::1"), 403, "none of probe_networks"),
        (Question(target="::ffff:127.0.0.1"), 403, "none of probe_networks"),
        (Question(target="10.71.2.1", credential="city"), 403, "not for the networks"),
        (Question(target="10.71.1.1", credential="any"), 403, "bound to no networks"),
        (Question(target="10.71.1.1", credential="other"), 404, "no credential 'other'"),
        (Question(target="10.71.1.1", credential="city", profile="other"), 404, "auto, generic"),
        (Question(target="."), 400, "no address"),
    ],
)
async def test_anything_else_is_refused(question: Question, status: int, why: str) -> None:
    """Nothing is sent, and no credential leaves."""
    door = Door()
    with pytest.raises(RefusedError) as refused:
        await door.asking(question, 1.0)
    assert (refused.value.status, why in refused.value.why, door.asked) == (status, True, [])


async def test_without_networks_nothing_is_asked() -> None:
    """The setting names them; by default there are none."""
    door = Door(networks=())
    with pytest.raises(RefusedError, match="probe_networks"):
        await door.asking(Question(target="10.71.1.1"), 1.0)
    assert Settings().probe_networks == ()


async def test_what_was_checked_is_what_is_asked() -> None:
    """A name that says something else a moment later (DNS rebinding) leads nowhere else."""
    door = Door(Book(router=["10.71.1.9", "127.0.0.1"], evil=["169.254.169.254", "10.71.1.9"]))
    await door.asking(Question(target="router", credential="city"), 1.0)
    assert door.asked == [("readings", "10.71.1.9", "city")]
    with pytest.raises(RefusedError):
        await door.asking(Question(target="evil"), 1.0)
    assert len(door.asked) == 1


async def test_a_reload_changes_what_is_allowed() -> None:
    """The inventory in force counts, for devices too."""
    door = Door()
    assert (await door.asking(Question("rt-1"), 1.0)).device.id == "rt-1"
    door.inventory = Inventory()
    for question in (Question("rt-1"), Question(target="10.71.1.1")):
        with pytest.raises(RefusedError):
            await door.asking(question, 1.0)
