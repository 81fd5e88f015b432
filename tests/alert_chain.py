"""The whole chain of alerts on loopback: a simulated city, netmon, Prometheus, Alertmanager, and where pages arrive."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pytest
from alert_settings import Exchanges, Settings
from inbox import Inbox, Webhook
from running_city import NETMON, Program, Service, free_port, wait_until

NEEDS_THE_CHAIN: Final = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("prometheus", "prometheus-alertmanager")),
    reason="not installed: prometheus prometheus-alertmanager",
)
STARTING: Final = 120.0

# -- what arrives -------------------------------------------------------------------------------------


Story = Callable[["Chain"], None]


@contextmanager
def begun(
    request: pytest.FixtureRequest, stories: Iterable[Story], live: Callable[[Story], None]
) -> Iterator[dict[str, Future[None]]]:
    """Begin at once those stories of a module that its tests ask for: they are mostly waiting. Gives their ends."""
    asked = [item.name for item in request.session.items if item.path == request.path]
    wanted = [story for story in stories if any(f"[{story.__name__}]" in name for name in asked)]
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:
        yield {story.__name__: pool.submit(live, story) for story in wanted}


@dataclass(frozen=True)
class Message:
    """What one receiver was sent at once: alerts in Alertmanager's words."""

    at: float
    receiver: str
    status: str
    alerts: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, arrived: Webhook) -> Message:
        """Read a webhook's payload."""
        payload = arrived.payload
        return cls(arrived.at, payload["receiver"], payload["status"], tuple(payload["alerts"]))

    def names(self, status: str | None = None) -> list[str]:
        """Name its alerts, each once."""
        return sorted({one["labels"]["alertname"] for one in self.alerts if status in {None, one["status"]}})

    def kecamatan(self) -> set[str]:
        """Tell in which kecamatan its alerts are; ``""`` is none."""
        return {one["labels"].get("kecamatan", "") for one in self.alerts}

    def holds(self, **labels: str) -> bool:
        """Say whether one of its alerts has these labels."""
        return any(labels.items() <= one["labels"].items() for one in self.alerts)

    def __str__(self) -> str:
        """Tell it in a line."""
        told = ", ".join(
            f"{one['labels']['alertname']}({_place(one['labels'])}) {one['status']}" for one in self.alerts
        )
        return f"{_clock(self.at)} {self.receiver:9} {self.status:8} {told}"


def _place(labels: Mapping[str, str]) -> str:
    return next((labels[key] for key in ("device", "site", "uplink", "kecamatan") if key in labels), "")


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-4]


# -- the chain ----------------------------------------------------------------------------------------


class Chain:
    """Simulator, netmon, Prometheus, Alertmanager and inbox over one inventory; a context manager that ends them all.

    ``exchanges`` are those of a test's own, by the file's path in the repository, after those of the addresses.
    """

    def __init__(self, folder: Path, inventory: Path, exchanges: Mapping[str, Exchanges]) -> None:
        """Choose ports; nothing is started yet."""
        self.folder = folder
        self.inventory = inventory
        self.data = folder / "data"
        self.inbox = Inbox()
        self.begun = time.time()
        self._ports = {name: free_port() for name in ("netmon", "prometheus", "alertmanager")}
        where = self._where("netmon"), self._where("alertmanager")
        self._settings = Settings(folder, *where, self.inbox, exchanges)
        self._running: dict[str, Program] = {}
        self._course: dict[str, str] = {}
        self._telling = threading.Lock()

    def url(self, name: str) -> str:
        """Give the address of a program."""
        return f"http://{self._where(name)}"

    def _where(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name]}"

    def __enter__(self) -> Self:
        """Start everything and wait until a sign of life has come through the whole chain."""
        self.inbox.__enter__()
        try:
            self._settings.write()
            self._write_course()
            for name in ("city", "alertmanager", "netmon", "prometheus"):
                self.start(name)
            wait_until(self._is_well, "a city that is well", STARTING)
            wait_until(lambda: self.messages("dead-man"), "a sign of life", STARTING)
        except BaseException as error:
            error.add_note(self.explained())
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        for program in self._running.values():
            program.__exit__(None, None, None)
        self.inbox.__exit__(None, None, None)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Let a failure within say what arrived and what was known."""
        try:
            yield
        except AssertionError as error:
            error.add_note(self.explained())
            raise

    def _is_well(self) -> bool:
        targets = {"up"} == {one["health"] for one in self._prometheus("targets", state="active")["activeTargets"]}
        return targets and set(self.netmon.states().values()) == {"up"}

    # -- programs -------------------------------------------------------------------------------------

    @property
    def netmon(self) -> Service:
        """Give the running service."""
        return Service(self._running["netmon"], self.url("netmon"), self.inventory, self.data)

    def start(self, name: str) -> None:
        """Start a program, again on the same port and data, and wait until it answers."""
        commands: dict[str, tuple[str | Path, ...]] = {
            "city": (*NETMON, "simulate", self.inventory, "--script", self._script, "--for", "1800"),
            "netmon": (
                *(*NETMON, "run", "--inventory", self.inventory, "--data", self.data),
                *("--listen", self._where("netmon")),
            ),
            "prometheus": (
                *("prometheus", f"--config.file={self._settings.for_prometheus}"),
                *(f"--storage.tsdb.path={self.folder / 'tsdb'}", f"--web.listen-address={self._where('prometheus')}"),
            ),
            "alertmanager": (
                *("prometheus-alertmanager", f"--config.file={self._settings.for_alertmanager}"),
                *(f"--storage.path={self.folder / 'alertmanager'}", "--cluster.listen-address="),
                f"--web.listen-address={self._where('alertmanager')}",
            ),
        }
        program = self._running[name] = Program(self.folder / f"{name}.log", *commands[name])
        if name == "city":
            program.wait_for("agents answer SNMP", STARTING)
        else:
            wait_until(lambda: self._answers(name), name, STARTING)

    def stop(self, name: str) -> None:
        """Let a program end in order."""
        self._running[name].stop()

    def kill(self, name: str) -> None:
        """End a program as a power cut does."""
        self._running[name].kill()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a program a signal."""
        self._running[name].signal(number)

    def _answers(self, name: str) -> bool:
        program = self._running[name]
        assert program.process.poll() is None, f"{name} ended:\n{program.said()}"
        try:
            with urllib.request.urlopen(f"{self.url(name)}/-/ready", timeout=5) as answer:  # noqa: S310 -- http alone
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    # -- what happens in the city ---------------------------------------------------------------------

    @property
    def _script(self) -> Path:
        return self.folder / "course.csv"

    def happen(self, event: str, target: str, *, value: str = "", after: float = 0.0, lasts: float = 3600.0) -> None:
        """Let an event of the simulator begin, so many seconds from now."""
        self.happen_each([(event, target, after)], value=value, lasts=lasts)

    def happen_each(self, events: Iterable[tuple[str, str, float]], *, value: str = "", lasts: float = 3600.0) -> None:
        """Let several events ``(event, target, seconds from now)`` begin."""
        now = time.time()
        with self._telling:
            for event, target, after in events:
                begin = datetime.fromtimestamp(now + after, UTC).isoformat(timespec="milliseconds")
                self._course[f"{event},{target},{begin}"] = f"{begin},{lasts:g},{event},{target},{value}"
            self._tell()

    def end(self, event: str = "", target: str = "") -> None:
        """End an event now; without one, all of them."""
        begun = f"{event},{target}," if event else ""
        with self._telling:
            self._course = {key: line for key, line in self._course.items() if not key.startswith(begun)}
            self._tell()

    def _write_course(self) -> None:
        self._script.write_text("\n".join(["at,duration,event,target,value", *self._course.values(), ""]))

    def _tell(self) -> None:
        city = self._running["city"]
        read = city.said().count("was read again")
        self._write_course()
        city.signal(signal.SIGHUP)
        wait_until(lambda: city.said().count("was read again") > read, f"the city to go on: {city.said()}")

    # -- what arrives ---------------------------------------------------------------------------------

    def messages(self, receiver: str | None = None, **labels: str) -> list[Message]:
        """Give what a receiver (without one: each, save the dead man's) was sent, about alerts with these labels."""
        found = [Message.of(one) for one in list(self.inbox.webhooks) if one.path.startswith("/webhook/tap/")]
        wanted = [one for one in found if one.receiver == (receiver or one.receiver)]
        return [one for one in wanted if one.holds(**labels) and (receiver or one.receiver != "dead-man")]

    def wait_for(
        self, receiver: str, alert: str, status: str = "firing", deadline: float = 120.0, **labels: str
    ) -> Message:
        """Wait for a message in which an alert with these labels fires, or is resolved."""

        def arrived() -> Message | None:
            for message in self.messages(receiver):
                told = [one for one in message.alerts if one["status"] == status]
                if any({"alertname": alert, **labels}.items() <= one["labels"].items() for one in told):
                    return message
            return None

        found: Message = wait_until(arrived, f"{alert} {status} {labels} at {receiver}", deadline)
        return found

    def queried(self, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Evaluate an expression in Prometheus now: value by labels."""
        found = self._prometheus("query", query=expression)["result"]
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in found}

    def _prometheus(self, path: str, **parameters: str) -> Any:
        return self._asked("prometheus", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")["data"]

    def _asked(self, name: str, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url(name)}{path}", timeout=30) as answer:  # noqa: S310 -- http alone
            return json.load(answer)

    def explained(self) -> str:
        """Tell what arrived when, which alerts Prometheus and Alertmanager know, and how programs ended."""
        told = [f"-- arrived (begun at {_clock(self.begun)})", *map(str, self.messages())]
        signs = self.messages("dead-man")
        told.append(f"signs of life: {len(signs)}" + (f", last at {_clock(signs[-1].at)}" if signs else ""))
        told += [f"refused: {text!r}" for text in self.inbox.refused]
        for name, path in (("prometheus", "/api/v1/alerts"), ("alertmanager", "/api/v2/alerts")):
            told.append(f"-- {name}")
            try:
                told.append(json.dumps(self._asked(name, path))[:20_000])
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                told.append(f"does not answer: {error}")
        for name, program in self._running.items():
            told.append(f"-- {name}, the end of its log (exit code {program.process.poll()})")
            told += [line for line in program.said().splitlines() if "level=debug" not in line][-15:]
        return "\n".join(told)
