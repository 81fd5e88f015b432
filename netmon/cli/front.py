"""The front of the service: what the web configuration file says, kept up to date while it runs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

import uvicorn

from netmon.inventory import InventoryError, load_web
from netmon.model import WebConfiguration
from netmon.serving import Certificates, CertificatesError, Guard
from netmon.serving.guard import App

_LOG: Final = logging.getLogger(__name__)
_EVERY: Final = 2.0
"""Seconds between two looks at the files."""

Marks = tuple[tuple[str, int, int, int], ...]
"""What tells a file from one that has taken its place: path, inode, size, time of change."""


class Front:
    """How the service is served; without a file in clear and to everybody."""

    def __init__(self, path: Path | None) -> None:
        """Read the file.

        Raises:
            InventoryError: It has mistakes.
            CertificatesError: What it names cannot be used.
        """
        self._path = path
        self._configuration = WebConfiguration() if path is None else load_web(path)
        tls = self._configuration.tls
        self._certificates = Certificates(tls) if tls is not None else None
        self._guard: Guard | None = None
        self._one_at_a_time = asyncio.Lock()
        self._seen = self._marks()

    @property
    def scheme(self) -> str:
        """``https`` or ``http``."""
        return "http" if self._certificates is None else "https"

    @property
    def guarded(self) -> bool:
        """Whether whoever comes in has said a password."""
        return bool(self._configuration.users)

    def config(self, app: App) -> uvicorn.Config:
        """Give uvicorn's configuration of an application behind this front."""
        served = app
        if self._path is not None:
            served = self._guard = Guard(app, self._configuration)
        config = uvicorn.Config(served, log_config=None, log_level="warning", access_log=False, lifespan="off")
        config.load()
        if self._certificates is not None:
            config.ssl = self._certificates.context
        return config

    async def run(self) -> None:
        """Read the files again whenever one has changed, until cancelled."""
        try:
            while True:
                await asyncio.sleep(_EVERY)
                marks = await asyncio.to_thread(self._marks)
                if marks != self._seen:
                    await self.reload()
        finally:
            if self._guard is not None:
                self._guard.passwords.close()

    async def reload(self) -> None:
        """Take what the files say now; where they have mistakes, go on with what they said before."""
        async with self._one_at_a_time:
            if self._path is not None:
                await self._reload(self._path)

    async def _reload(self, path: Path) -> None:
        self._seen = await asyncio.to_thread(self._marks)
        try:
            found = await asyncio.to_thread(load_web, path)
            if (found.tls is None) != (self._certificates is None):
                _LOG.error("%s: TLS is switched on or off by a restart: nothing of it was taken", path)
                return
            if self._certificates is not None and found.tls is not None:
                await asyncio.to_thread(self._certificates.load, found.tls)
        except (InventoryError, CertificatesError) as error:
            _LOG.error("the web configuration was not taken, the one before stays in force:\n%s", error)
            return
        self._configuration = found
        if self._guard is not None:
            self._guard.load(found)
        self._seen = await asyncio.to_thread(self._marks)  # it may name other files
        _LOG.info("took the web configuration %s", path)

    def _marks(self) -> Marks:
        tls = self._configuration.tls
        files = [] if tls is None else [tls.certificate, tls.key, tls.client_ca]
        return tuple(_mark(path) for path in (self._path, *files) if path is not None)


def _mark(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns
