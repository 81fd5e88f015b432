"""The alert rules: promtool accepts them, they fire and resolve as they should, on metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALERTS = ROOT / "alerts"
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")


@needs_promtool
def test_promtool_accepts_the_rules_and_their_tests_hold() -> None:
    """Each rule fires, does not fire just below, and resolves."""
    check = subprocess.run(
        ["promtool", "check", "rules", "netmon.yml"], cwd=ALERTS, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
    run = subprocess.run(
        ["promtool", "test", "rules", "netmon.test.yml"], cwd=ALERTS, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@needs_promtool
def test_promtool_accepts_the_example_configuration(tmp_path: Path) -> None:
    """``deploy/prometheus/prometheus.yml`` is valid."""
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    config = tmp_path / "prometheus.yml"
    config.write_text(text.replace("/etc/prometheus/netmon/*.yml", str(ALERTS / "netmon.yml")), encoding="utf-8")
    check = subprocess.run(["promtool", "check", "config", config], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_every_alert_is_tested() -> None:
    """No rule without a test that expects it to fire."""
    rules = set(re.findall(r"- alert: (\w+)", (ALERTS / "netmon.yml").read_text(encoding="utf-8")))
    tests = (ALERTS / "netmon.test.yml").read_text(encoding="utf-8")
    fired = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", tests))
    assert rules
    assert rules - fired == set()


def test_the_rules_ask_for_documented_metrics_only() -> None:
    """A rule on a metric that does not exist would be silent for ever."""
    asked = set(re.findall(r"\bnetmon_\w+", (ALERTS / "netmon.yml").read_text(encoding="utf-8")))
    documented = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert asked
    assert {name for name in asked if name not in documented} == set()
