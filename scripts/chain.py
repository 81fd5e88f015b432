"""The repository's own Prometheus and Alertmanager configuration, with other addresses and throw-away secrets.

What is measured, tested or watched on one machine is thereby what is deployed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

_DEPLOY: Final = ROOT / "deploy"
_SECRET: Final = re.compile(r"(\w+):\s*[\"']?file:(/[^\s\"']+)")
_MAIL: Final = re.compile(r"(smarthost:\s*)\S+")


class ChainError(Exception):
    """A configuration cannot be made; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything listens, as ``host:port``."""

    netmon: str
    prometheus: str
    alertmanager: str
    inbox: str
    mail: str


def write_prometheus(folder: Path, where: Addresses) -> Path:
    """Write Prometheus's configuration into a folder and give its file; the rules are read from ``alerts/``.

    Raises:
        ChainError: The deployed file has not what is to be replaced.
    """
    source = _DEPLOY / "prometheus" / "prometheus.yml"
    deployed = {
        "127.0.0.1:9810": where.netmon,
        "127.0.0.1:9093": where.alertmanager,
        "/etc/prometheus/netmon/": f"{ROOT / 'alerts'}/",
    }
    return _written(folder / "prometheus.yml", _replaced(source, deployed))


def write_alertmanager(folder: Path, where: Addresses) -> Path:
    """Write Alertmanager's configuration into a folder, as ``render.py`` makes it, and give its file.

    Telegram, mail and webhooks go to the inbox, which knows no TLS; a webhook's path is the name of its secret.

    Raises:
        ChainError: The deployed file has not what is to be replaced, or ``render.py`` refuses it.
    """
    source = _DEPLOY / "alertmanager" / "alertmanager.yml"
    deployed = {
        "127.0.0.1:9810": where.netmon,
        "\nglobal:\n": f"\nglobal:\n  telegram_api_url: http://{where.inbox}\n",
        "smtp_require_tls: true": "smtp_require_tls: false",
    }
    text = _MAIL.sub(rf"\g<1>{where.mail}", _replaced(source, deployed))
    for key, path in sorted(set(_SECRET.findall(text))):
        secret = folder / "secrets" / Path(path).name
        text = text.replace(f"file:{path}", f"file:{secret}")
        _write_secret(secret, f"http://{where.inbox}/{secret.name}" if key == "url" else "123456:throw-away")
    templates = folder / "templates"
    templates.unlink(missing_ok=True)
    templates.symlink_to(_DEPLOY / "alertmanager" / "templates")
    template = _written(folder / "source.yml", text)
    rendered = folder / "alertmanager.yml"
    render = (sys.executable, _DEPLOY / "alertmanager" / "render.py", template, rendered)
    done = subprocess.run(render, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChainError(done.stderr.strip())
    return rendered


def _write_secret(file: Path, secret: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret, encoding="utf-8")


def _replaced(source: Path, deployed: Mapping[str, str]) -> str:
    text = source.read_text(encoding="utf-8")
    for old, new in deployed.items():
        if old not in text:
            raise ChainError(f"{source}: has no {old.strip()} to be replaced by {new.strip()}")
        text = text.replace(old, new)
    return text


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
