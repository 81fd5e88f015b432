"""Runs the simulated city, netmon, Prometheus, Alertmanager and an inbox together, so that one can watch alerts travel.

usage: python scripts/stack.py      (``make stack``; its settings come from the environment, see ``Settings``)

Everything listens on loopback and keeps its files in one folder. Prometheus and Alertmanager run with the repository's
own rules and configuration, in which only addresses and secrets are others (``chain.py``). Whatever ends, or Ctrl-C,
ends all of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from chain import ROOT, Addresses, ChainError, write_alertmanager, write_prometheus

_HEADER: Final = "at,duration,event,target,value\n"
_EXAMPLE: Final = "uplink-air-manis"
_PATIENCE: Final = 60.0  # seconds for a part to answer, and for all to end
_TAIL: Final = 8  # lines of the log of a part that ended by itself


class StackError(Exception):
    """Something is missing or in the way; the message says what to do."""


class _Stopped(Exception):  # noqa: N818 - no error: somebody wants the end
    """A signal asks for the end."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be chosen, each by the environment variable or the option of make that ``read`` names."""

    where: Addresses
    inventory: str
    data: Path
    script: Path | None
    random: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read them from an environment."""

        def chosen(name: str, default: str) -> str:
            return environment.get(name) or default

        where = Addresses(*(chosen(name, default) for name, default in _LISTEN.values()))
        script = environment.get("SCRIPT")
        data = Path(chosen("DATA", ".run"))
        return cls(
            where,
            chosen("INVENTORY", "inventory"),
            data,
            Path(script) if script else None,
            chosen("RANDOM_EVENTS", "20"),
        )

    @property
    def folder(self) -> Path:
        """Where all but netmon keep their files."""
        return self.data.absolute() / "stack"

    @property
    def course(self) -> Path:
        """Give the script that the city plays."""
        return self.script or self.folder / "course.csv"


_LISTEN: Final = {
    "netmon": ("LISTEN", "127.0.0.1:9810"),
    "Prometheus": ("PROMETHEUS_LISTEN", "127.0.0.1:9811"),
    "Alertmanager": ("ALERTMANAGER_LISTEN", "127.0.0.1:9812"),
    "the inbox": ("INBOX_LISTEN", "127.0.0.1:9813"),
    "the inbox's mail": ("MAIL_LISTEN", "127.0.0.1:9814"),
}
"""Who listens, in the order of ``Addresses``: the variable that moves it, and where it is without."""


@dataclass(frozen=True, slots=True)
class Part:
    """A program of the stack; it is there when its page answers. Without a log it speaks on the terminal."""

    name: str
    command: tuple[str, ...]
    page: str = ""
    log: Path | None = None


# -- what is needed -----------------------------------------------------------------------------------


def find(package: str, *programs: str) -> str:
    """Find a program by one of its names.

    Raises:
        StackError: It is not installed.
    """
    for program in programs:
        if found := shutil.which(program):
            return found
    raise StackError(f"{programs[-1]} is missing: apt-get install {package}")


def check_ports(where: Addresses) -> None:
    """See that everything can listen.

    Raises:
        StackError: An address is none, or in use.
    """
    addresses = (where.netmon, where.prometheus, where.alertmanager, where.inbox, where.mail)
    for address, (name, (variable, _)) in zip(addresses, _LISTEN.items(), strict=True):
        host, _, port = address.rpartition(":")
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((host, int(port)))
            except (OSError, ValueError, OverflowError) as error:
                why = error.strerror if isinstance(error, OSError) and error.strerror else "is no HOST:PORT"
                instead = f"make stack {variable}=127.0.0.1:PORT"
                raise StackError(f"{address}, of {name}: {why}; for another one: {instead}") from error


def parts(settings: Settings) -> list[Part]:
    """Say what runs, in the order of starting.

    Raises:
        StackError: A program is missing.
        ChainError: A configuration cannot be made.
        OSError: A file cannot be written.
    """
    where, beside = settings.where, Path(__file__).parent
    if settings.script is None:
        settings.course.write_text(_HEADER, encoding="utf-8")
    letters = ("--http", where.inbox, "--smtp", where.mail, "--keep", str(settings.folder / "inbox.jsonl"))
    urls = (f"http://{address}" for address in (where.netmon, where.prometheus, where.alertmanager))
    return [
        Part("inbox", (sys.executable, str(beside / "inbox.py"), *letters), f"http://{where.inbox}/"),
        *_city(settings),
        _alertmanager(settings),
        _prometheus(settings),
        Part("hops", (sys.executable, str(beside / "hops.py"), *urls)),
    ]


def _city(settings: Settings) -> list[Part]:
    netmon, address = str(Path(sys.executable).with_name("netmon")), settings.where.netmon
    inventory = ("--inventory", settings.inventory)
    chance = () if settings.script else ("--random", settings.random)
    watch = ("--data", str(settings.data), "--listen", address)
    return [
        Part("city", (netmon, "simulate", *inventory, "--script", str(settings.course), *chance)),
        Part("netmon", (netmon, "run", *inventory, *watch), f"http://{address}/-/ready"),
    ]


def _alertmanager(settings: Settings) -> Part:
    address, folder = settings.where.alertmanager, settings.folder / "alertmanager"
    command = (
        find("prometheus-alertmanager", "prometheus-alertmanager", "alertmanager"),
        f"--config.file={write_alertmanager(folder, settings.where)}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        f"--web.external-url=http://{address}",
        "--cluster.listen-address=",  # alone
    )
    return Part("Alertmanager", command, f"http://{address}/-/ready", settings.folder / "alertmanager.log")


def _prometheus(settings: Settings) -> Part:
    address, folder = settings.where.prometheus, settings.folder / "prometheus"
    command = (
        find("prometheus", "prometheus"),
        f"--config.file={write_prometheus(folder, settings.where)}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=90d",
        f"--web.listen-address={address}",
        f"--web.external-url=http://{address}",
    )
    return Part("Prometheus", command, f"http://{address}/-/ready", settings.folder / "prometheus.log")


# -- running it ---------------------------------------------------------------------------------------


class Running:
    """The parts that run. Each ends with this process, even where it is killed (Linux)."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: list[tuple[Part, subprocess.Popen[bytes]]] = []

    def start(self, part: Part) -> None:
        """Start a part and wait until it answers.

        Raises:
            StackError: It ended, or does not answer.
            OSError: It cannot be started.
        """
        bound = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
        log = None if part.log is None else part.log.open("wb")
        # In a session of its own: Ctrl-C is for this process, which ends the others.
        process = subprocess.Popen(
            [*bound, *part.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        if log is not None:
            log.close()
        self._all.append((part, process))
        until = time.monotonic() + _PATIENCE
        while part.page and not _answers(part.page):
            self.check()
            if time.monotonic() > until:
                raise StackError(f"{part.name} does not answer at {part.page}")
            time.sleep(0.1)

    def check(self) -> None:
        """See that all still run.

        Raises:
            StackError: One has ended.
        """
        for part, process in self._all:
            if (code := process.poll()) is not None:
                said = "" if part.log is None else "\n".join(["", *_tail(part.log)])
                raise StackError(f"{part.name} ended with {code}, so all of it ends{said}")

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a part a signal."""
        for part, process in self._all:
            if part.name == name:
                process.send_signal(number)

    def stop(self) -> None:
        """End all of them, by force what does not end by itself."""
        for _, process in reversed(self._all):
            process.terminate()
        until = time.monotonic() + _PATIENCE
        for _, process in self._all:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(page: str) -> bool:
    try:
        with urllib.request.urlopen(page, timeout=5):  # noqa: S310 - http alone
            return True
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]


def follow(running: Running, course: Path) -> NoReturn:
    """Watch the parts, and let the city play its script again whenever that has changed.

    Raises:
        StackError: A part has ended.
    """
    known = _changed_at(course)
    while True:
        running.check()
        now = _changed_at(course)
        if now not in {known, 0}:  # an editor may put another file in its place: a moment without any
            known = now
            running.send("city", signal.SIGHUP)
        time.sleep(0.5)


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def words(settings: Settings) -> str:
    """Say what is where, and what can be tried."""
    where, course = settings.where, _short(settings.course)
    netmon = _short(Path(sys.executable).with_name("netmon"))
    asked = "" if where.netmon == _LISTEN["netmon"][1] else f" --url http://{where.netmon}"
    alertmanager = f" --alertmanager http://{where.alertmanager}"
    return f"""
    the city's state     http://{where.netmon}/     what each alert means: http://{where.netmon}/runbooks
    Prometheus           http://{where.prometheus}/alerts
    Alertmanager         http://{where.alertmanager}/
    what people are sent is printed here, and kept in {_short(settings.folder / "inbox.jsonl")};
    what can wait is sent in business hours.

    To try, in another terminal:
    a fibre is cut       echo 0,15m,fibre,{_EXAMPLE}, >>{course}     (called in a minute)
    what is down         {netmon} status{asked}
    somebody is on it    {netmon} ack {_EXAMPLE} --by Budi --note "on my way"{asked}
    it is mended         delete that line again     (told when it has held for three minutes)
    a planned silence    {netmon} silence SITE --for 2h --by Budi --reason "…"{alertmanager}
    a rehearsal          {netmon} drill --prometheus http://{where.prometheus}{alertmanager}{asked}

    More events: docs/simulator.md. Ctrl-C ends it all.
"""


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


@contextmanager
def _until_told() -> Iterator[None]:
    """Let signals end what is inside; once it ends, nothing disturbs its ending."""

    def stop(*_: object) -> NoReturn:
        raise _Stopped

    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in ending:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ending:
            signal.signal(number, signal.SIG_IGN)


def run(settings: Settings, whole: Iterable[Part]) -> NoReturn:
    """Start everything and watch it.

    Raises:
        StackError: A part has ended, or does not answer.
        OSError: One cannot be started.
    """
    running = Running()
    try:
        with _until_told():
            for part in whole:
                running.start(part)
            print(words(settings), flush=True)
            follow(running, settings.course)
    finally:
        running.stop()


def main() -> int:
    """Run until a signal (0) or a part (1) ends it; 2 where it cannot be started."""
    os.chdir(ROOT)
    os.environ.setdefault("NETMON_CITY_COMMUNITY", "simulasi")
    settings = Settings.read(os.environ)
    try:
        check_ports(settings.where)
        settings.folder.mkdir(parents=True, exist_ok=True)
        whole = parts(settings)
    except (StackError, ChainError, OSError) as error:
        print(f"stack: {error}", file=sys.stderr)
        return 2
    try:
        run(settings, whole)
    except _Stopped:
        return 0
    except (StackError, OSError) as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
