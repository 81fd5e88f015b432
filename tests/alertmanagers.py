"""A real Alertmanager with the configuration that is delivered; only addresses, secrets and waits are others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from inbox import Inbox
from running_city import Program, free_port, wait_until

DEPLOYED = Path(__file__).parent.parent / "deploy" / "alertmanager"
CONFIGURATION = DEPLOYED / "alertmanager.yml"
RENDER = DEPLOYED / "render.py"
SECRETS = "/etc/prometheus/netmon-alertmanager/secrets"
ZONE = "Asia/Jakarta"

TOKEN = "123456:rahasia-telegram"  # noqa: S105 -- of a Telegram that exists in a test alone
PASSWORD = 'kata "sandi" \\ surat: #1'  # noqa: S105 -- of a mail server of the same kind; hard to quote

NEEDS_ALERTMANAGER = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("prometheus-alertmanager", "amtool")),
    reason="not installed: prometheus-alertmanager",
)

QUICK = (
    ("group_wait: 10s", "group_wait: 1s"),
    ("group_interval: 1m", "group_interval: 2s"),
    ("group_interval: 30s", "group_interval: 1s"),
    ("repeat_interval: 50s", "repeat_interval: 1500ms"),
    ("group_interval: 30m", "group_interval: 2s"),
    ("repeat_interval: 4h", "repeat_interval: 3s"),
    ("group_wait: 5m", "group_wait: 1s"),
    ("group_interval: 15m", "group_interval: 2s"),
    ('"monday:friday"', '"sunday:saturday"'),
    ('start_time: "07:30", end_time: "16:00"', 'start_time: "00:00", end_time: "24:00"'),
)
"""What makes the routes wait seconds, whatever the day and hour."""


def exchanged(text: str, exchanges: Iterable[tuple[str, str]]) -> str:
    """Exchange texts for others; each must be there, or nothing would be known of what is tested."""
    for old, new in exchanges:
        assert old in text, f"{CONFIGURATION} no longer says {old!r}: adapt the test"
        text = text.replace(old, new)
    return text


def write_secrets(folder: Path, url: str) -> Path:
    """Write every secret that the configuration names; the webhooks' end in the name of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = {name: f"{url}/{name}" for name in ("gateway-url", "dead-man-url")}
    for name, secret in {**secrets, "telegram-token": TOKEN, "smtp-password": PASSWORD}.items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(f"{secret}\n", encoding="utf-8")
    return folder


def render(source: Path, destination: Path) -> subprocess.CompletedProcess[str]:
    """Run ``render.py`` as it is run at Alertmanager's start."""
    command = [sys.executable, "-I", RENDER, source, destination]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def rendered(folder: Path, inbox: Inbox, exchanges: Iterable[tuple[str, str]] = ()) -> Path:
    """Give a rendered configuration whose receivers all are the inbox."""
    secrets = write_secrets(folder / "secrets", inbox.webhook_url)
    addresses = (
        (SECRETS, str(secrets)),
        ("\nglobal:\n", f"\nglobal:\n  telegram_api_url: {inbox.telegram_url}\n"),
        ("smtp.example.id:587", inbox.smtp_address),
        ("smtp_require_tls: true", "smtp_require_tls: false"),
        ("http://127.0.0.1:9810/api/drills/received", f"{inbox.webhook_url}/drills"),
        ("- templates/", f"- {DEPLOYED}/templates/"),
    )
    text = exchanged(CONFIGURATION.read_text(encoding="utf-8"), (*addresses, *exchanges))
    source, destination = folder / "source.yml", folder / "alertmanager.yml"
    source.write_text(text, encoding="utf-8")
    done = render(source, destination)
    assert (done.returncode, done.stderr) == (0, "")
    return destination


def amtool(*arguments: str | Path) -> str:
    """Run ``amtool`` in the zone of the city, and give what it says."""
    command = ["env", f"TZ={ZONE}", "amtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@dataclass
class Posted:
    """An alert as Prometheus sends it: it is sent again and again, resolved ones as well."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    start: float = field(default_factory=time.time)
    end: float | None = None

    def document(self) -> dict[str, Any]:
        """Give what is posted; an alert that goes on ends in four minutes if nobody says otherwise."""
        end = time.time() + 240 if self.end is None else self.end
        when = {"startsAt": _iso(self.start), "endsAt": _iso(end)}
        return {"labels": dict(self.labels), "annotations": dict(self.annotations), **when}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


@dataclass(frozen=True)
class Alertmanager:
    """A running Alertmanager."""

    program: Program
    url: str

    def post(self, alerts: Sequence[Posted]) -> None:
        """Send it alerts, as Prometheus does."""
        body = json.dumps([alert.document() for alert in alerts], ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)  # noqa: S310 -- http alone
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310 -- the same
            pass

    def alerts(self) -> list[dict[str, Any]]:
        """Give what it holds, muted or not."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=30) as answer:  # noqa: S310 -- http alone
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def is_ready(self) -> bool:
        """Say whether it answers."""
        assert self.program.process.poll() is None, self.program.said()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=30):  # noqa: S310 -- http alone
                return True
        except (urllib.error.URLError, ConnectionError):
            return False


@contextmanager
def running_alertmanager(folder: Path, configuration: Path) -> Iterator[Alertmanager]:
    """Start Alertmanager, wait until it is ready, and end it at the end."""
    where = f"127.0.0.1:{free_port()}"
    command = (
        "prometheus-alertmanager",
        f"--config.file={configuration}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={where}",
        "--cluster.listen-address=",
    )
    with Program(folder / "alertmanager.log", *command, prefix=("env", f"TZ={ZONE}")) as program:
        found = Alertmanager(program, f"http://{where}")
        wait_until(found.is_ready, "Alertmanager")
        yield found
