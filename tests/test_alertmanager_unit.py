"""Alertmanager under systemd: what the drop-in runs, with the paths of the test instead of the system's."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from alertmanagers import DEPLOYED, NEEDS_ALERTMANAGER, QUICK, TOKEN, ZONE, Alertmanager, Posted, amtool, rendered
from inbox import Inbox
from running_city import Program, free_port, wait_until

pytestmark = [NEEDS_ALERTMANAGER, pytest.mark.skipif(not shutil.which("bash"), reason="not installed: bash")]

INSTALLED = "/etc/prometheus/netmon-alertmanager"
SYSTEMD = Path(__file__).parent.parent / "deploy" / "systemd"
DROP_IN = SYSTEMD / "prometheus-alertmanager.service.d" / "netmon.conf"


def settings() -> dict[str, list[str]]:
    """Read the drop-in: values by key."""
    found: dict[str, list[str]] = {}
    for line in DROP_IN.read_text(encoding="utf-8").splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def variables() -> dict[str, str]:
    """Read the environment that it sets."""
    return dict(one.split("=", 1) for one in settings()["Environment"])


def command(line: str, changes: dict[str, str]) -> list[str]:
    """Take a command apart as systemd does, with other paths."""
    for old, new in changes.items():
        assert old in line, f"{DROP_IN} no longer says {old}"
        line = line.replace(old, new)
    return shlex.split(line)


def test_it_reads_what_is_installed_and_starts_what_it_rendered() -> None:
    """The configuration lies in one folder, what is rendered in another that the service alone can look into."""
    found, set_up = settings(), variables()
    assert set_up["TZ"] == ZONE
    assert set_up["SOURCE"] == f"{INSTALLED}/alertmanager.yml"
    assert set_up["RENDERED"] == f"/run/{found['RuntimeDirectory'][0]}/alertmanager.yml"
    assert found["RuntimeDirectoryMode"] == ["0700"]
    assert found["ExecReload"] == ["", *found["ExecStartPre"], "/bin/kill -HUP $MAINPID"]
    assert found["ExecStart"][0] == ""
    assert " --config.file=${RENDERED} " in found["ExecStart"][1]
    for file in ("render.py", "redact.sed"):
        assert (DEPLOYED / file).is_file()
        assert f"{INSTALLED}/{file}" in DROP_IN.read_text(encoding="utf-8")


def test_what_it_runs_before_the_start_makes_a_configuration(tmp_path: Path) -> None:
    """It renders, and then lets Alertmanager's own tool look at it."""
    made = tmp_path / "made.yml"
    with Inbox() as inbox:
        rendered(tmp_path, inbox)
    first, second = settings()["ExecStartPre"]
    paths = {"${SOURCE}": str(tmp_path / "source.yml"), "${RENDERED}": str(made)}
    with Program(tmp_path / "log", *command(first, {**paths, INSTALLED: str(DEPLOYED)})) as program:
        assert program.process.wait(30) == 0
        assert program.said() == ""
    check = command(second, {"${RENDERED}": str(made)})
    assert check[0] == "/usr/bin/amtool"
    assert "SUCCESS" in amtool(*check[1:])


def test_no_secret_gets_into_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Telegram and a gateway cannot be reached, or answer with an error, it is said without their tokens."""
    monkeypatch.setenv("ARGS", "--log.level=debug")  # Debian's /etc/default
    where = f"127.0.0.1:{free_port()}"
    with Inbox() as inbox:
        inbox.fail(1000)
        nowhere = f"http://127.0.0.1:{free_port()}"
        configuration = rendered(tmp_path, inbox, [*QUICK, (inbox.telegram_url, nowhere)])
        paths = {
            "/usr/bin/prometheus-alertmanager": str(shutil.which("prometheus-alertmanager")),
            "${RENDERED}": str(configuration),
            "/var/lib/prometheus/alertmanager": str(tmp_path / "data"),
            "127.0.0.1:9093": where,
            INSTALLED: str(DEPLOYED),
        }
        with Program(tmp_path / "log", *command(settings()["ExecStart"][1], paths)) as program:
            alertmanager = Alertmanager(program, f"http://{where}")
            wait_until(alertmanager.is_ready, "Alertmanager")
            page = Posted({"alertname": "UplinkDown", "severity": "critical"})
            alertmanager.post([page, Posted({"alertname": "Watchdog", "severity": "none"})])
            for told in ("unexpected status code 500", "telebot: Post", "receiver=dead-man integration"):
                program.wait_for(told)
            running = Path(f"/proc/{program.process.pid}/exe").readlink()
            assert running.name == "prometheus-alertmanager"  # and no shell: this is what systemd sends signals
            assert program.stop() == 0
        said = program.said()
    assert TOKEN not in said
    assert "gateway-url" not in said
    assert "dead-man-url" not in said
    assert f"{nowhere}/<secret>" in said
    assert f"{inbox.webhook_url.removesuffix('/webhook')}/<secret>" in said
