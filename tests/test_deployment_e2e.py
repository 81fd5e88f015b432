"""docs/deployment.md, command by command, under a real systemd: at its end the whole chain works."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from booted import ROOT, Booted, booted, skip_reason
from running_city import COMMUNITY, NETMON, Program, wait_until

DEBIAN = tuple(Path("/lib/systemd/system") / f"{name}.service" for name in ("prometheus", "prometheus-alertmanager"))
MISSING = [unit.stem for unit in DEBIAN if not unit.exists()]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.root,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(skip_reason()), reason=skip_reason()),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

VARIABLE = "NETMON_CITY_COMMUNITY"
SECRETS = ("smtp-password", "telegram-token", "gateway-url", "dead-man-url")
BY_HAND = ("apt-get ", "python3 -m venv", "/opt/netmon/bin/pip", "editor ")
"""What the test has done already, or does as a person would."""


def commands(heading: str) -> list[str]:
    """Give the commands of a section of the page, one a line."""
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    section = re.search(rf"^## \d\. {heading}\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    assert section, heading
    found = re.findall(r"^    (\S.*)$", section[1], re.MULTILINE)
    assert found
    return [one for one in found if not one.startswith(BY_HAND)]


def follow(system: Booted, heading: str, until: str = "") -> None:
    """Do what a section says, in a clone of the project, as far as a command."""
    for command in commands(heading):
        if until and until in command:
            return
        system.run("sh", "-ec", f"cd {ROOT} && {command}")


def ask(system: Booted, url: str) -> Any:
    """Ask a server inside for JSON; nothing while it does not answer."""
    code = f"import urllib.request; print(urllib.request.urlopen('{url}', timeout=5).read().decode())"
    said = system.run("/opt/netmon/bin/python", "-c", code, check=False)
    return json.loads(said) if said.startswith(("{", "[")) else None


def test_the_page_leads_to_a_city_that_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty ``/etc`` to a rehearsed alert in the example city: nothing is done that the page does not say."""
    monkeypatch.setenv(VARIABLE, COMMUNITY)
    (tmp_path / "etc").mkdir()
    with (
        booted(tmp_path, tmp_path / "etc", DEBIAN, {}) as system,
        Program(
            tmp_path / "city.log", *NETMON, "simulate", "--inventory", ROOT / "inventory", prefix=system.beside()
        ) as city,
    ):
        system.run("rm", "-rf", "/etc/prometheus")
        system.run("install", "-d", "-o", "prometheus", "-g", "prometheus", "/etc/prometheus", "/var/lib/prometheus")
        city.wait_for("agents answer SNMP")
        install_netmon(system)
        follow(system, "Prometheus")
        wait_until(lambda: all_up(system), "every target up", 120)
        follow(system, "Alertmanager", until="systemctl daemon-reload")
        for name in SECRETS:
            path = f"/etc/prometheus/netmon-alertmanager/secrets/{name}"
            system.run("install", "-o", "prometheus", "-g", "prometheus", "-m", "600", "/dev/null", path)
            system.run("tee", path, stdin="http://127.0.0.1:9/" if name.endswith("url") else "123456:throw-away")
        for command in ("systemctl daemon-reload", "systemctl restart prometheus-alertmanager"):
            assert command in commands("Alertmanager")
            system.run(*command.split())
        wait_until(lambda: "Watchdog" in alerts(system), "an alert at Alertmanager", 120)
        # Its exit code says that Telegram could not be reached from here; its own receiver was.
        rehearsed = system.run("/opt/netmon/bin/netmon", "drill", check=False)
        assert "pesannya sampai di penerima" in rehearsed
        assert re.search(r"Dihubungi setelah \d+ detik", rehearsed)
        for secret in (COMMUNITY, "throw-away"):
            assert secret not in system.said()


def install_netmon(system: Booted) -> None:
    """Do the first section, the secret typed in where a person would."""
    follow(system, "netmon", until="netmon check")
    system.run("tee", "/etc/netmon.environment", stdin=f"{VARIABLE}={COMMUNITY}\n")
    todo = commands("netmon")
    for command in todo[next(n for n, one in enumerate(todo) if "netmon check" in one) :]:
        system.run("sh", "-ec", f"cd {ROOT} && {command}")
    assert system.show("netmon.service", "ActiveState") == "active"
    assert re.fullmatch(r"devices watched: \d+", system.show("netmon.service", "StatusText"))
    assert system.run("systemctl", "is-enabled", "netmon.service", "netmon-backup.timer").split() == ["enabled"] * 2


def all_up(system: Booted) -> bool:
    """Say whether Prometheus has read every target that /sd names, and has the rules."""
    found = ask(system, "http://127.0.0.1:9090/api/v1/targets?state=active")
    targets = found["data"]["activeTargets"] if found else []
    rules = ask(system, "http://127.0.0.1:9090/api/v1/rules")
    groups = rules["data"]["groups"] if rules else []
    healthy = all(rule["health"] != "err" for group in groups for rule in group["rules"])
    return len(targets) > 20 and all(one["health"] == "up" for one in targets) and bool(groups) and healthy


def alerts(system: Booted) -> set[str]:
    """Give the names of the alerts that Alertmanager holds."""
    return {one["labels"]["alertname"] for one in ask(system, "http://127.0.0.1:9093/api/v2/alerts") or ()}


def test_the_dashboards_are_where_grafana_looks_for_them(tmp_path: Path) -> None:
    """The commands of the page put them into the folder that its provisioning names."""
    (tmp_path / "etc").mkdir()
    with booted(tmp_path, tmp_path / "etc", (), {}) as system:
        follow(system, "Grafana")
        provider = system.run("cat", "/etc/grafana/provisioning/dashboards/netmon.yaml")
        folder = re.search(r"path: (\S+)", provider)
        assert folder
        found = system.run("ls", folder[1]).split()
        assert sorted(found) == sorted(path.name for path in (ROOT / "deploy" / "grafana" / "dashboards").iterdir())
