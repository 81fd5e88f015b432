"""What holds for every test: hypothesis profiles, and in CI no test is skipped for a missing program."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from netmon.snmp.client import SnmpClient

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", settings.get_profile("default"), max_examples=5000)
settings.load_profile(os.environ.get("NETMON_HYPOTHESIS", "default"))

_EXCUSED = "NETMON_SHARED"
"""Tests on data that is not part of the project may be skipped anywhere; their reason names this variable."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Turn a skip into a failure where ``NETMON_NO_SKIPS`` is set: there every program must be present."""
    report = yield
    if os.environ.get("NETMON_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _EXCUSED not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: may not be skipped here: {reason}"
    return report


@pytest.fixture
async def client() -> AsyncIterator[SnmpClient]:
    """Open an SNMP client, for as long as the test runs."""
    client = SnmpClient()
    await client.open()
    yield client
    client.close()
