"""``netmon ack`` on a running service: it outlives the service's death, ends with its outage, and is in no report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running_city import (
    TWO_DEVICES,
    Service,
    netmon,
    report,
    running_city,
    running_service,
    wait_until,
    write_inventory,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

COURSE = "20s,45s,fibre,uplink-a,\n95s,60s,fibre,uplink-a,\n"
"""An uplink is cut twice; the return in between holds longer than it takes to believe in it."""

SERIES = 'netmon_outage_acknowledged{uplink="uplink-a",by="Budi"}'


def acknowledged(service: Service) -> dict[str, Any]:
    """Give who is on what, by id."""
    found = json.loads(service.get("/api/status"))
    things = (one for kind in ("uplinks", "sites", "devices") for one in found[kind])
    return {one["id"]: one["acknowledged"] for one in things if one["acknowledged"] is not None}


def is_open(service: Service) -> bool:
    """Say whether people should know of an outage of the uplink."""
    return "netmon_uplink_outage_start_timestamp_seconds{" in service.get("/metrics")


def test_it_outlives_the_service_ends_with_its_outage_and_is_in_no_report(tmp_path: Path) -> None:
    """Refused while nothing is open; kept over kill -9; gone with the outage; the next outage has nobody."""
    inventory = write_inventory(tmp_path / "inventory", TWO_DEVICES, extra="alert_hold: 10s\n")
    data, log = tmp_path / "data", tmp_path / "log"
    words = ("--by", "Budi", "--note", "menuju lokasi")
    with running_city(inventory, tmp_path, COURSE):
        with running_service(inventory, data, log) as service:
            service.wait_for_states(dict.fromkeys(("rt-a", "a1-1", "a1-2"), "up"))
            refused = netmon("ack", "uplink-a", *words, "--url", service.url)
            assert (refused.returncode, "Tidak ada gangguan yang terbuka." in refused.stderr) == (2, True)
            wait_until(lambda: is_open(service), "the outage")
            service.wait_for_states({"a1-1": "down_upstream"})
            behind = netmon("ack", "a1", *words, "--url", service.url)
            assert (behind.returncode, behind.stdout) == (2, "")
            assert behind.stderr == "a1 terputus karena jaringan uplink-a: konfirmasi uplink-a\n"
            done = netmon("ack", "uplink-a", *words, "--url", service.url)
            assert (done.returncode, done.stderr) == (0, "")
            made = acknowledged(service)
            assert made["uplink-a"]["by"] == "Budi"
            service.program.kill()
        with running_service(inventory, data, log) as service:
            wait_until(lambda: is_open(service), "the outage")
            assert acknowledged(service) == made
            assert SERIES in service.get("/metrics")
            assert "Budi, " in netmon("status", "--url", service.url).stdout
            wait_until(lambda: not is_open(service), "the end of the outage", 120)
            assert acknowledged(service) == {}
            wait_until(lambda: is_open(service), "the second outage", 120)
            assert acknowledged(service) == {}
            assert SERIES not in service.get("/metrics")
            assert service.program.stop() == 0
    assert "Budi" not in json.dumps(report(data))
