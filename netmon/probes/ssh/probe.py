"""The SSH probe: what a device's command line tells where SNMP does not."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from netmon.model import Check, Credential, Device, Failure, Observation, Readings, Series
from netmon.names import Names
from netmon.probes.ssh.drivers import watched_driver
from netmon.probes.ssh.known_hosts import KnownHosts
from netmon.probes.ssh.line import SshError
from netmon.probes.ssh.session import Login, Session
from netmon.probes.ssh.talk import Talk, Told
from netmon.profiles import Command, Commands

_SHARE: Final = 0.9  # of its interval that a check may take, the time in which it waits for a thread included
_LIMIT: Final = 30.0  # seconds that one device may keep a thread
_GRACE: Final = 0.05  # part of its interval for which a check waits for a thread whose connection was cut
_SUSPECT: Final = 4  # devices that failed the last time share this part of the threads
_MOST_KEPT: Final = 200  # sessions that are kept open: each costs a thread of paramiko's and its memory

THREADS: Final = 8
"""Threads where the settings do not say."""


class SshProbe:
    """Asks devices the commands of their profiles: a :data:`netmon.probes.Probe`.

    A bounded number of threads speak with devices. One that hangs costs a thread for its time limit: at the end its
    connection is cut from outside. Devices that failed the last time share a quarter of the threads, so that many that
    hang do not keep those waiting that answer.
    """

    def __init__(
        self,
        known: KnownHosts,
        *,
        device: Callable[[str], Device | None],
        credential: Callable[[str], Credential | None],
        commands: Callable[[Device], Commands | None],
        told: Callable[[str], Container[str]] = lambda _: (),
        names: Names | None = None,
        threads: int = THREADS,
        limit: float = _LIMIT,
    ) -> None:
        """Look everything up when it is needed, so that a reload changes it.

        ``commands`` gives those of a device's profile, ``None`` while it is not known or has none; ``told`` the
        measures that SNMP tells of a device by now: what gives nothing else is not sent. ``limit`` is seconds.
        """
        self._known = known
        self._device = device
        self._credential = credential
        self._commands = commands
        self._told = told
        self._names = names or Names()
        self._limit = limit
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ssh")
        self._free = asyncio.Semaphore(threads)
        self._free_for_suspects = asyncio.Semaphore(max(1, threads // _SUSPECT))
        self._suspects: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._talks: set[Talk] = set()
        self._drivers: dict[str, Any] = {}
        self._series: dict[str, tuple[Series, ...]] = {}

    async def __call__(self, check: Check) -> Observation:
        """Ask a device; without anything to ask it is an idle observation, and nothing is sent."""
        at, began = time.time(), time.monotonic()
        device = self._device(check.device)
        commands = self._commands(device) if device is not None else None
        wanted: tuple[Command, ...] = ()
        if device is not None and commands is not None:
            given = self._told(device.id)
            wanted = tuple([one for one in commands.every if not all(measure in given for measure in one.measures)])
        if device is None or commands is None or not wanted:
            return Observation(check, at, idle=True)
        until = began + check.interval * _SHARE
        try:
            login = await self._login(check, device, until)
            told = await self._asked(login, device, commands, wanted, until, check.interval * _GRACE)
        except SshError as error:
            return Observation(check, at, error.failure, error.detail, duration=time.monotonic() - began)
        return self._observed(check, told, time.monotonic() - began)

    def _observed(self, check: Check, told: Told, duration: float) -> Observation:
        failure = told.failure
        if failure is not None and not told.answered:
            return Observation(check, told.at, failure.failure, failure.detail, duration=duration)
        missing = [*([failure.detail] if failure is not None else []), *told.missing]
        readings = Readings.of(told.readings.items())
        if readings.series == self._series.get(check.device):
            readings = Readings(self._series[check.device], readings.values)
        self._series[check.device] = readings.series
        return Observation(
            check,
            told.at,
            detail="; ".join(missing[:3]),
            duration=duration,
            readings=readings,
            partial=bool(missing),
        )

    async def _login(self, check: Check, device: Device, until: float) -> Login:
        """Say whom to ask, and how to log in.

        Raises:
            SshError: a name without an address, no such credential, or one that is not for this address.
        """
        credential = self._credential(check.credential)
        if credential is None or not credential.ssh_user:
            raise SshError(Failure.LOCAL, f"the credential {check.credential!r} does not say how to log in by SSH")
        if credential.ssh_password is None and credential.ssh_key is None:
            raise SshError(Failure.LOCAL, f"the credential {credential.name} has neither a password nor a key for SSH")
        try:
            family, address = await self._names.resolve(device.address, max(until - time.monotonic(), 0.1))
        except OSError as error:
            raise SshError(Failure.LOCAL, f"the name {device.address!r} has no address: {error.strerror}") from error
        if credential.networks and not _inside(address, credential.networks):
            raise SshError(Failure.LOCAL, f"the credential {credential.name} may not be sent to {address}")
        return Login(
            device=device.id,
            host=device.address,
            family=family,
            address=address,
            port=credential.ssh_port,
            user=credential.ssh_user,
            password=credential.ssh_password,
            key=credential.ssh_key,
        )

    async def _asked(
        self,
        login: Login,
        device: Device,
        commands: Commands,
        wanted: Sequence[Command],
        until: float,
        grace: float,
    ) -> Told:
        """Ask in a thread, when one is free.

        Raises:
            SshError: None became free in time.
        """
        gates = [self._free]
        if device.id in self._suspects:
            gates.insert(0, self._free_for_suspects)
        await self._enter(gates, until)
        until = min(until, time.monotonic() + self._limit)
        talk = Talk(
            login,
            commands,
            wanted,
            known=self._known,
            drivers=self._driver,
            until=until,
            session=self._sessions.pop(device.id, None),
        )
        self._talks.add(talk)
        future = asyncio.get_running_loop().run_in_executor(self._pool, talk.run, device)
        # A thread is free again when it has ended, not when nobody waits for it any more.
        future.add_done_callback(lambda _: self._leave(gates, talk))
        told = await self._ended(talk, future, until, grace)
        if told.failure is None:
            self._suspects.discard(device.id)
        else:
            self._suspects.add(device.id)
        if told.session is not None:
            self._keep(device.id, told.session)
        return told

    async def _enter(self, gates: Sequence[asyncio.Semaphore], until: float) -> None:
        entered: list[asyncio.Semaphore] = []
        try:
            async with asyncio.timeout(until - time.monotonic()):
                for gate in gates:
                    await gate.acquire()
                    entered.append(gate)
        except TimeoutError:
            busy = " of those for devices that failed the last time" if len(gates) > 1 else ""
            raise SshError(Failure.LOCAL, f"no thread for SSH{busy} became free in time") from None
        finally:
            if len(entered) < len(gates):
                for gate in entered:
                    gate.release()

    def _leave(self, gates: Sequence[asyncio.Semaphore], talk: Talk) -> None:
        self._talks.discard(talk)
        for gate in gates:
            gate.release()

    async def _ended(self, talk: Talk, future: asyncio.Future[Told], until: float, grace: float) -> Told:
        """Wait for a thread; when the time is over, or we are not to wait any more, its connection is cut."""
        try:
            done, _ = await asyncio.wait({future}, timeout=until - time.monotonic())
            if not done:
                talk.cut()
                done, _ = await asyncio.wait({future}, timeout=grace)
        except asyncio.CancelledError:
            talk.cut()
            raise
        if not done:
            raise SshError(Failure.TIMEOUT, "the device did not answer in its time")
        return future.result()

    def _driver(self, name: str) -> Any:
        """Give netmiko's driver, made once; called in threads, where twice does no harm.

        Raises:
            SshError: There is none of that name.
        """
        made = self._drivers.get(name)
        if made is None:
            made = self._drivers[name] = watched_driver(name)
        return made

    def _keep(self, device: str, session: Session) -> None:
        """Keep a session for the next poll; one that two polls at once opened, or one too many, is closed."""
        before = self._sessions.pop(device, None)
        if before is None and len(self._sessions) >= _MOST_KEPT:
            before = self._sessions.pop(next(iter(self._sessions)))
        if before is not None:
            self._pool.submit(before.close)
        self._sessions[device] = session

    def forget(self, devices: Container[str]) -> None:
        """Log out of the devices that are not among these, after a reload."""
        for device in [device for device in self._sessions if device not in devices]:
            self._pool.submit(self._sessions.pop(device).close)
        self._suspects = {device for device in self._suspects if device in devices}
        self._series = {device: series for device, series in self._series.items() if device in devices}

    def close(self) -> None:
        """End all connections, those in use too; their threads end by that."""
        for talk in tuple(self._talks):
            talk.cut()
        for session in self._sessions.values():
            session.line.cut()
        self._sessions.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _inside(address: str, networks: Sequence[str]) -> bool:
    at = ipaddress.ip_address(address.partition("%")[0])
    return any(at in ipaddress.ip_network(network, strict=False) for network in networks)
