"""The repository's own rules and configurations of Prometheus and Alertmanager, made ready for a test.

What a test must change in them (addresses, secrets, durations) it exchanges text for text, and a text that is not
there is a failure: nothing is tested but what is delivered. Each receiver of Alertmanager also posts to a webhook,
which tells what it was sent in a form that can be counted.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inbox import Inbox

ROOT: Final = Path(__file__).parent.parent

Exchanges = Mapping[str, str]
"""What stands in a file → what a test writes there instead."""

PROMETHEUS: Final = "deploy/prometheus/prometheus.yml"
ALERTMANAGER: Final = "deploy/alertmanager/alertmanager.yml"

_SCRAPES: Final = {
    "evaluation_interval: 15s": "evaluation_interval: 1s",
    "scrape_interval: 15s": "scrape_interval: 1s\n    scrape_timeout: 1s",
    "scrape_interval: 60s": "scrape_interval: 10s",
}
WAIT: Final = 2
INTERVAL: Final = 4
"""Seconds for which Alertmanager waits before the first message of a group, and before another of the same."""

_GROUPS: Final = {
    "group_wait: 10s": f"group_wait: {WAIT}s",
    "group_interval: 1m\n": f"group_interval: {INTERVAL}s\n",
    "group_wait: 5m": f"group_wait: {WAIT}s",
    "group_interval: 15m": f"group_interval: {INTERVAL}s",
    # A sign of life each second or two.
    "group_interval: 30s": "group_interval: 1s",
    "repeat_interval: 50s": "repeat_interval: 1s",
    # Reminders of what goes on.
    "group_interval: 30m": f"group_interval: {INTERVAL}s",
    "repeat_interval: 4h": "repeat_interval: 10s",
    # The office has no night.
    '"monday:friday"': '"sunday:saturday"',
    'start_time: "07:30", end_time: "16:00"': 'start_time: "00:00", end_time: "24:00"',
}
QUICK: Final[Mapping[str, Exchanges]] = {PROMETHEUS: _SCRAPES, ALERTMANAGER: _GROUPS}


def quick_places(device: int) -> Exchanges:
    """Give what makes the rules of places call for a site and a device after so many seconds; uplinks keep theirs."""
    return {
        "netmon:site_outage <= time() - 120": f"netmon:site_outage <= time() - {device}",
        "<= time() - 300": f"<= time() - {device}",
        "netmon:site_outage - 300": f"netmon:site_outage - {device}",
        "netmon:uplink_outage - 300": f"netmon:uplink_outage - {device}",
    }


_TAPPED: Final = ("on-call", "staff", "office", "reminder", "drill", "dead-man")
_SECRETS: Final = "/etc/prometheus/netmon-alertmanager/secrets"


def exchanged(text: str, exchanges: Exchanges, where: object) -> str:
    """Exchange texts for others; each must be there, or nobody would know what is tested."""
    for old, new in exchanges.items():
        assert old in text, f"{where} no longer says {old!r}: adapt the test"
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Settings:
    """Where they are written, and which addresses (``host:port``) they name.

    ``exchanges`` are a test's own, by the path of the file in the repository.
    """

    folder: Path
    netmon: str
    alertmanager: str
    inbox: Inbox
    exchanges: Mapping[str, Exchanges] = field(default_factory=dict)

    @property
    def for_prometheus(self) -> Path:
        """Give the file that Prometheus is started with."""
        return self.folder / "prometheus.yml"

    @property
    def for_alertmanager(self) -> Path:
        """Give the file that Alertmanager is started with."""
        return self.folder / "alertmanager.yml"

    def write(self) -> None:
        """Write everything; Alertmanager's as it is deployed, by ``render.py`` with secrets from files."""
        self._write_prometheus()
        source = self.folder / "alertmanager.source.yml"
        self._write_secrets()
        addresses = {
            "127.0.0.1:9810": self.netmon,
            "smtp.example.id:587": self.inbox.smtp_address,
            "smtp_require_tls: true": f"smtp_require_tls: false\n  telegram_api_url: {self.inbox.telegram_url}",
            f"{_SECRETS}/": f"{self.folder / 'secrets'}/",
            "- templates/": f"- {ROOT / 'deploy' / 'alertmanager' / 'templates'}/",
        }
        text = exchanged(self._own(ALERTMANAGER), addresses, ALERTMANAGER)
        source.write_text(tapped(text, f"{self.inbox.webhook_url}/tap"), encoding="utf-8")
        command = (sys.executable, ROOT / "deploy" / "alertmanager" / "render.py", source, self.for_alertmanager)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _own(self, path: str) -> str:
        """Read a file of the repository with the test's exchanges."""
        return exchanged((ROOT / path).read_text(encoding="utf-8"), self.exchanges.get(path, {}), path)

    def _write_prometheus(self) -> None:
        rules = self.folder / "rules"
        rules.mkdir()
        for file in sorted((ROOT / "alerts").glob("*.yml")):
            (rules / file.name).write_text(self._own(f"alerts/{file.name}"), encoding="utf-8")
        addresses = {
            "127.0.0.1:9810": self.netmon,
            "127.0.0.1:9093": self.alertmanager,
            "/etc/prometheus/netmon/": f"{rules}/",
        }
        self.for_prometheus.write_text(exchanged(self._own(PROMETHEUS), addresses, PROMETHEUS), encoding="utf-8")

    def _write_secrets(self) -> None:
        secrets = self.folder / "secrets"
        secrets.mkdir(mode=0o700)
        for name, secret in (
            ("smtp-password", "kata-sandi"),
            ("telegram-token", "123456:rahasia"),
            ("gateway-url", f"{self.inbox.webhook_url}/gateway"),
            ("dead-man-url", f"{self.inbox.webhook_url}/dead-man"),
        ):
            (secrets / name).touch(mode=0o600)
            (secrets / name).write_text(secret, encoding="utf-8")


def tapped(text: str, url: str) -> str:
    """Let receivers of Alertmanager's configuration also post to ``url/NAME``, ends where they tell them themselves."""
    for name in _TAPPED:
        found = re.search(rf"(?ms)^  - name: {name}\b.*?(?=^  - name: |\Z)", text)
        assert found is not None, f"there is no receiver {name}: adapt the test"
        without_end = "        send_resolved: false\n" if "send_resolved: false" in found[0] else ""
        tap = f"      - url: {url}/{name}\n{without_end}"
        if "    webhook_configs:" in found[0]:
            own = re.sub(r"(?m)^    webhook_configs:.*\n", rf"\g<0>{tap}", found[0])
        else:
            own = f"{found[0].rstrip()}\n    webhook_configs:\n{tap}\n"
        text = text.replace(found[0], own)
    return text
