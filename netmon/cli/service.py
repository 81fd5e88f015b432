"""``netmon run``: the service, built in plain statements from top to bottom."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette

from exporters import Exporter, Monitor
from netmon.cli.asking import Asking
from netmon.cli.covering import Covering
from netmon.cli.front import Front
from netmon.cli.listening import Server, listen
from netmon.cli.notifying import Notifier
from netmon.cli.options import data_folder
from netmon.cli.settling import keep_settled, look_seldom, settle
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain
from netmon.drills import Drills
from netmon.history import History, HistoryError
from netmon.inventory import InventoryError, Loaded, load, load_profiles
from netmon.model import Credential, Device, Inventory
from netmon.names import Names
from netmon.probes import Probe
from netmon.probes.icmp import Pinger
from netmon.probes.snmp import SnmpProbes
from netmon.probes.ssh import KNOWN_HOSTS, KnownHosts, SshProbe
from netmon.probes.tcp import TcpProbe
from netmon.profiles import Commands, Profile, ProfileError, build
from netmon.reports.recorded import recent_revisions
from netmon.scheduler import Scheduler, Witnesses
from netmon.serving import CertificatesError
from netmon.sink import Sink
from netmon.snmp.client import SnmpClient
from netmon.state import Acknowledgements, CityState
from netmon.web import Api, Pages

_LOG: Final = logging.getLogger("netmon")
_COMMIT_EVERY: Final = 5.0
"""Seconds; a killed process loses at most what it saw in that time, and nothing is invented in its place."""


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", parents=[common], help="the service: probes, exporters, pages, until stopped")
    parser.add_argument(
        "--listen", default="127.0.0.1:9810", metavar="HOST:PORT", help="where to answer HTTP (default: %(default)s)"
    )
    parser.add_argument(
        "--web-config",
        type=Path,
        metavar="FILE",
        help="TLS, users and headers, in the format of Prometheus's exporter-toolkit",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    look_seldom()
    loaded = load(arguments.inventory)
    settle()
    for warning in loaded.warnings:
        _LOG.warning("%s", warning)
    try:
        front = Front(arguments.web_config)
        listening = listen(arguments.listen)
    except CertificatesError as error:
        complain(f"--web-config: {arguments.web_config}: {error}")
        return INPUT_IS_WRONG
    except (ValueError, OSError) as error:
        complain(f"--listen: {arguments.listen}: {error}")
        return INPUT_IS_WRONG
    with contextlib.closing(listening), History.open(data_folder(arguments)) as history:
        service = Service(arguments.inventory, loaded, history, front)
        del loaded  # with the texts of all files
        settle()
        asyncio.run(service.run(listening))
    return ALL_WELL


def profiles_of(loaded: Loaded | None) -> Mapping[str, Profile]:
    """Give the profiles that come with netmon and, by the same name in their place, the inventory's own.

    Raises:
        ProfileError: One of them is not a profile.
    """
    return build({**load_profiles(), **(loaded.profiles if loaded is not None else {})})


class Service:
    """Everything that runs, and how it is wired."""

    def __init__(self, folder: Path, loaded: Loaded, history: History, front: Front) -> None:
        """Build it; nothing is sent or opened before :meth:`run`."""
        self._folder = folder
        self._front = front
        self._history = history
        accepted = self._accept(loaded, history)
        self._inventory = loaded.inventory
        self._reload_success = True
        self._history_failures = 0
        self._stop = asyncio.Event()
        revisions = recent_revisions(history, loaded.inventory, accepted)
        self.state = CityState(loaded.inventory, history.track, history.first_loaded(), revisions)
        self._acknowledgements = Acknowledgements(self.state, history.acknowledgements())
        self._drills = Drills(lambda: self._inventory)
        self._names = names = Names()
        self._pinger = Pinger(names)
        self._client = SnmpClient()
        self._profiles = profiles_of(loaded)
        snmp = SnmpProbes(
            self._client,
            profiles=lambda: self._profiles,
            device=self._device,
            credential=self._credential,
            names=names,
            was_up=history.was_up,
        )
        self._ssh = self._by_ssh(folder)
        probes: dict[str, Probe] = {"icmp": self._pinger, "tcp": TcpProbe(names), "ssh": self._ssh, **snmp.probes()}
        self._witnesses = Witnesses(loaded.inventory.witness, probes)
        self._scheduler = Scheduler(
            probes=probes,
            sink=Sink(history, self.state),
            witness=self._witnesses,
            overflowed_at=lambda: self._client.overflowed_at,
        )
        self._scheduler.load(loaded.inventory)
        self._notifier = Notifier(os.environ, status=self._standing, overdue=self._scheduler.overdue)
        self._covering = Covering(self.state)
        self._exporter = self._exporting(probes)
        self._app = self._answering()

    def _by_ssh(self, folder: Path) -> SshProbe:
        """Give the probe of command lines; a device's profile is the one that SNMP found, or the inventory names."""

        def commands(device: Device) -> Commands | None:
            told = self.state.identities.get(device.id)
            found = self._profiles.get(told.profile if told and told.profile else device.profile)
            return found.commands if found is not None else None

        return SshProbe(
            KnownHosts(folder / KNOWN_HOSTS),
            device=self._device,
            credential=self._credential,
            commands=commands,
            told=lambda device: self.state.told(device, time.time()),
            names=self._names,
            threads=self._inventory.settings.ssh_threads,
        )

    def _answering(self) -> Starlette:
        """Give what answers HTTP."""
        made = self._acknowledgements
        pages = Pages(self.state, lambda: self._witnesses.up, acknowledged=made.valid)
        api = Api(made, self._history.acknowledge, self._drills, guarded=lambda: self._front.guarded)
        return Starlette(routes=[*self._exporter.routes(), *pages.routes(), *api.routes()])

    def _exporting(self, probes: Mapping[str, Probe]) -> Exporter:
        return Exporter(
            self.state,
            self._monitor,
            ask=Asking(
                lambda: self._inventory,
                probes,
                reader=self._reader,
                names=self._names,
                profiles=lambda: self._profiles,
            ),
            slowest=self._scheduler.slow,
            area=lambda: self._covering.latest,
            acknowledged=self._acknowledgements.valid,
        )

    def _reader(self, device: Device, credential: Credential) -> Probe:
        """Give a probe for one reading of a device of no inventory; nothing of it is remembered."""
        return SnmpProbes(
            self._client,
            profiles=lambda: self._profiles,
            device=lambda _: device,
            credential=lambda _: credential,
            names=self._names,
        ).readings

    def _device(self, name: str) -> Device | None:
        return self._inventory.devices.get(name)

    def _credential(self, name: str) -> Credential | None:
        return self._inventory.credentials.get(name)

    @staticmethod
    def _accept(loaded: Loaded, history: History) -> int:
        """Record the inventory and say when that was."""
        now = int(time.time())
        history.accept(loaded.inventory.revision, loaded.files, _objects(loaded.inventory), now)
        return now

    async def run(self, listening: socket.socket) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP loads the inventory anew."""
        loop = asyncio.get_running_loop()
        self._heed_signals(loop)
        server = Server(self._front.config(self._app), self._notifier.ready)
        await self._pinger.open()
        await self._client.open()
        await self._look_ahead()
        work = [
            loop.create_task(self._scheduler.run()),
            loop.create_task(server.serve(sockets=[listening])),
            loop.create_task(self._keep_committing()),
            loop.create_task(keep_settled()),
            loop.create_task(self._covering.run()),
            loop.create_task(self._front.run()),
            loop.create_task(self._notifier.keep_watchdog()),
            loop.create_task(self._stop.wait()),
        ]
        _LOG.info("watching %d devices: %s and /metrics", len(self.state.devices), self._url(listening))
        self._exporter.ready = True
        try:
            # Whatever ends first ends the service: a stop, or a bug that must be seen and not lived with.
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._shut(server, work)
        for task in done:
            task.result()

    def _url(self, listening: socket.socket) -> str:
        host, port = listening.getsockname()[:2]
        return f"{self._front.scheme}://{f'[{host}]' if ':' in host else host}:{port}/"

    def _standing(self) -> str:
        """Say what ``systemctl status`` shows."""
        watched = f"devices watched: {len(self.state.devices)}"
        return watched if self._reload_success else f"{watched}; the latest inventory was refused, see the log"

    def _heed_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        reloads: set[asyncio.Task[None]] = set()
        one_at_a_time = asyncio.Lock()

        async def reload_in_turn() -> None:
            async with one_at_a_time:
                with self._notifier.reloading():
                    await self._front.reload()
                    await self._reload()

        def reload() -> None:
            task = loop.create_task(reload_in_turn())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, reload)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    async def _shut(self, server: Server, work: list[asyncio.Task[Any]]) -> None:
        self._notifier.stopping()
        scheduler, serving, *rest = work
        server.should_exit = True
        for task in (scheduler, *rest):
            task.cancel()
        await asyncio.wait([serving], timeout=_COMMIT_EVERY)
        serving.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        self._pinger.close()
        self._client.close()
        self._ssh.close()
        self._commit()

    async def _look_ahead(self) -> None:
        """Form every state once, bit by bit: with a long history the first scrape would hold the loop up otherwise."""
        state = self.state
        for listed, look in (
            (lambda: state.devices, state.device),
            (lambda: state.sites, state.site),
            (lambda: state.uplinks, state.uplink),
        ):
            for name in tuple(listed()):
                if name in listed():  # a reload may have come in between
                    look(name, int(time.time()))
                    await asyncio.sleep(0)

    async def _keep_committing(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_EVERY)
            await asyncio.to_thread(self._commit)

    def _commit(self) -> None:
        """Write the history; what cannot be written stays in memory and is tried again."""
        try:
            self._history.commit(int(time.time()))
        except HistoryError as error:
            self._history_failures += 1
            _LOG.error("%s", error)

    async def _reload(self) -> None:
        """Take the inventory anew; where it has mistakes, go on with the one before."""
        try:
            loaded = await asyncio.to_thread(load, self._folder)
            profiles = profiles_of(loaded)
            accepted = await asyncio.to_thread(self._accept, loaded, self._history)
        except (InventoryError, ProfileError, HistoryError) as error:
            self._reload_success = False
            _LOG.error("the inventory was not taken, the one before stays in force:\n%s", error)
            return
        self._inventory, self._profiles = loaded.inventory, profiles
        first_loaded = await asyncio.to_thread(self._history.first_loaded)
        self.state.load(loaded.inventory, first_loaded, accepted)
        self._scheduler.load(loaded.inventory)
        self._ssh.forget(self.state.devices)
        self._reload_success = True
        await self._look_ahead()
        _LOG.info("took the inventory %s with %d devices", loaded.inventory.revision, len(self.state.devices))

    def _monitor(self) -> Monitor:
        client, pinger = self._client, self._pinger
        drill = self._drills.current(time.time())
        return Monitor(
            counts=self._scheduler.counters,
            witness_up=self._witnesses.up,
            revision=self._inventory.revision,
            reload_success=self._reload_success,
            devices=len(self.state.devices),
            sockets={
                "icmp": {
                    "sent": pinger.sent,
                    "received": pinger.received,
                    "late": pinger.late,
                    "spoofed": pinger.spoofed,
                },
                "snmp": {
                    "requests": client.requests,
                    "retries": client.retries,
                    "late": client.late_replies,
                    "spoofed": client.spoofed_replies,
                    "undecodable": client.decode_errors,
                    "overflows": client.overflows,
                    "rejected": client.secured.rejected,
                    "stale": client.secured.stale,
                    "resyncs": client.secured.resyncs,
                    "discoveries": client.secured.discoveries,
                },
            },
            history_failures=self._history_failures,
            history_refused=self._history.refused,
            history_committed=self._history.committed,
            drill=drill.labels if drill is not None else {},
        )


def _objects(inventory: Inventory) -> list[tuple[str, str]]:
    """Name everything whose first load is remembered: what counts, and the windows."""
    found = [("device", device.id) for device in inventory.devices.values() if inventory.is_object(device)]
    found += [("site", site.id) for site in inventory.sites.values() if not site.planned]
    found += [("uplink", uplink.id) for uplink in inventory.uplinks.values() if not uplink.planned]
    return found + [("maintenance", window) for window in inventory.maintenance]
