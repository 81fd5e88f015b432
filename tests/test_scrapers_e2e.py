"""Real scrapers at a real service, by TLS and with a password: Prometheus (by OpenMetrics) and VictoriaMetrics."""

from __future__ import annotations

import base64
import json
import math
import shutil
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from certificates import Authority
from prometheus_client.parser import text_string_to_metric_families
from running_city import (
    BLOCK,
    COMMUNITY,
    NETMON,
    PORT,
    Program,
    free_port,
    netmon,
    running_city,
    wait_until,
    write_inventory,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

USER, PASSWORD = "pengamat", "rahasia-web"
WRONG = "salah-web"
RADIUS = 250.0
PLACES = """\
uplinks:
  - {id: uplink-a, kelurahan: "13.71.01.1001", devices: [{id: rt-a, role: router, at: 1}]}
sites:
  - id: a1
    kelurahan: "13.71.01.1001"
    uplink: uplink-a
    pillars: [living]
    location: [-0.99, 100.36]
    devices: [{id: a1-1, name: MikroTik cAP ac, role: access_point, at: 11, radius: 250m}, AP a1-2 12]
"""
OUTLINE = [[100.3, -1.05], [100.4, -1.05], [100.4, -0.95], [100.3, -0.95], [100.3, -1.05]]
BOUNDARIES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "13.71.01.1001"},
            "geometry": {"type": "Polygon", "coordinates": [OUTLINE]},
        }
    ],
}
JOBS = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: netmon
    basic_auth: &who {{username: {user}, password: {password}}}
    tls_config: &how {{ca_file: {authority}}}
    http_sd_configs:
      - url: "{url}/sd"
        basic_auth: *who
        tls_config: *how
{interval}
  - job_name: intruder
    scheme: https
    basic_auth: {{username: {user}, password: {wrong}}}
    tls_config: *how
    static_configs: [{{targets: ["{where}"]}}]
"""


@dataclass(frozen=True)
class Guarded:
    """A running service behind TLS and a password, and the files that a client needs."""

    where: str
    authority: Path
    password: Path
    program: Program

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{self.where}"

    def get(self, path: str) -> str:
        """Read a page."""
        request = urllib.request.Request(f"{self.url}{path}")  # noqa: S310 -- our own service
        told = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {told}")
        context = ssl.create_default_context(cafile=self.authority)
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310 -- the same
            text: str = answer.read().decode()
            return text

    def is_ready(self) -> bool:
        """Say whether it answers."""
        assert self.program.process.poll() is None, self.program.said()
        try:
            return "ready" in self.get("/-/ready")
        except (urllib.error.URLError, ConnectionError):
            return False

    def jobs(self, interval: str) -> str:
        """Write what a scraper is to do; ``interval`` is the line of how often it asks for targets."""
        return JOBS.format(
            user=USER,
            password=PASSWORD,
            wrong=WRONG,
            authority=self.authority,
            url=self.url,
            where=self.where,
            interval=interval,
        )


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Guarded]:
    """A simulated city of a router and two access points, watched by a guarded service until all of it is up."""
    inventory = write_inventory(tmp_path / "inventory", PLACES, extra=f"probe_networks: [{BLOCK}.0/28]\n")
    (inventory / "boundaries.geojson").write_text(json.dumps(BOUNDARIES), encoding="utf-8")
    authority = Authority(tmp_path)
    signed = authority.sign("server")
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    web = tmp_path / "web.yml"
    web.write_text(
        f"tls_server_config: {{cert_file: {signed.certificate.name}, key_file: {signed.key.name}}}\n"
        f"basic_auth_users: {{{USER}: {hashed}}}\n"
        "http_server_config: {headers: {X-Content-Type-Options: nosniff}}\n",
        encoding="utf-8",
    )
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    where = f"127.0.0.1:{free_port()}"
    arguments = ("run", "--inventory", inventory, "--data", tmp_path / "data", "--listen", where, "--web-config", web)
    with (
        running_city(inventory, tmp_path),
        Program(tmp_path / "service.log", *NETMON, *arguments) as program,
    ):
        found = Guarded(where, authority.certificate, tmp_path / "password", program)
        wait_until(found.is_ready, "the service")
        wait_until(lambda: found.get("/metrics").count('state="up"} 1\n') == 5, "everything up")
        yield found
        assert program.stop() == 0
        assert PASSWORD not in program.said()


class Store:
    """A store of samples that speaks Prometheus's HTTP interface."""

    def __init__(self, url: str) -> None:
        """Know its address."""
        self.url = url

    def get(self, path: str, **parameters: str) -> Any:
        """Ask."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=30) as answer:  # noqa: S310 -- http alone
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Evaluate an expression now; until it answers there is nothing."""
        try:
            found = self.get("/api/v1/query", query=expression)["result"]
        except (urllib.error.URLError, ConnectionError):
            return []
        return [(one["metric"], float(one["value"][1])) for one in found]

    def value(self, expression: str) -> float | None:
        """Give the one value of an expression, ``None`` where it has none."""
        found = self.query(expression)
        return found[0][1] if found else None


@contextmanager
def running(folder: Path, name: str, where: str, *arguments: str) -> Iterator[Store]:
    """Start a scraper, and end it at the end."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is missing: apt-get install {name}")
    with Program(folder / f"{name}.log", program, *arguments) as started:
        yield Store(f"http://{where}")
        assert started.stop() == 0


Labelled = dict[tuple[tuple[str, str], ...], float]


def series_of(store: Store, name: str) -> Labelled:
    """Give a metric's series as a store has them, without the labels that the scrape adds."""
    own = {"__name__", "job", "instance", "part", "group"}
    return {
        tuple(sorted((label, text) for label, text in labels.items() if label not in own)): value
        for labels, value in store.query(name)
    }


def series_on_page(service: Guarded, name: str) -> Labelled:
    """Give a metric's series as the page has them, without empty labels, which a store drops."""
    families = text_string_to_metric_families(service.get("/metrics"))
    samples = [sample for family in families if family.name == name for sample in family.samples]
    assert samples, name
    return {tuple(sorted(pair for pair in one.labels.items() if pair[1])): one.value for one in samples}


def compare(store: Store, service: Guarded) -> None:
    """Hold what a store has against the page: every series of what does not move, with its value."""
    wait_until(lambda: store.value('count(up{job="netmon"} == 1)') == 9, "all targets scraped")
    steady = ("netmon_device_info", "netmon_site_info", "netmon_kelurahan_info", "netmon_device_state")
    steady += ("netmon_interface_up", "netmon_pillar_sites", "netmon_coverage_kelurahan_hotspot_ratio")
    wait_until(lambda: store.value("count(netmon_interface_up)"), "readings")
    # What was scraped last is a moment older than the page: a reading that has just come is in it one scrape later.
    for name in steady:
        wait_until(lambda name=name: series_of(store, name) == series_on_page(service, name), f"the same {name}")
    area = wait_until(lambda: store.value("netmon_coverage_area_square_meters"), "the covered area")
    assert area == pytest.approx(math.pi * RADIUS**2, rel=0.001)


def test_prometheus_by_tls_with_a_password(service: Guarded, tmp_path: Path) -> None:
    """It finds the targets by ``/sd``, scrapes OpenMetrics, has what the page says; a wrong password gets nothing."""
    where = f"127.0.0.1:{free_port()}"
    (tmp_path / "prometheus.yml").write_text(service.jobs("        refresh_interval: 1s"), encoding="utf-8")
    arguments = (
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address={where}",
    )
    with running(tmp_path, "prometheus", where, *arguments) as store:
        compare(store, service)
        # Only OpenMetrics has infos, and names a counter's family without _total.
        for metric, kind in (("netmon_device", "info"), ("netmon_interface_receive_bytes", "counter")):
            found = wait_until(lambda name=metric: store.get("/api/v1/targets/metadata", metric=name), metric)
            assert {one["type"] for one in found} == {kind}

        def intruders() -> list[dict[str, str]]:
            targets = store.get("/api/v1/targets", state="active")["activeTargets"]
            return [one for one in targets if one["labels"]["job"] == "intruder" and one["health"] != "unknown"]

        intruder = wait_until(intruders, "the intruder to have tried")
        assert [one["health"] for one in intruder] == ["down"]
        assert "401" in intruder[0]["lastError"] or "429" in intruder[0]["lastError"]
        # Who is known is not kept out by who guesses from the same address.
        wait_until(lambda: store.value('min_over_time(min(up{job="netmon"})[15s:1s])') == 1, "15 s without a failure")


def test_victoriametrics_by_tls_with_a_password(service: Guarded, tmp_path: Path) -> None:
    """The same configuration, the same samples."""
    where = f"127.0.0.1:{free_port()}"
    (tmp_path / "scrape.yml").write_text(service.jobs(""), encoding="utf-8")
    arguments = (
        f"-promscrape.config={tmp_path / 'scrape.yml'}",
        f"-storageDataPath={tmp_path / 'victoria'}",
        f"-httpListenAddr={where}",
        "-search.latencyOffset=0s",
        "-search.disableCache",
        "-loggerLevel=ERROR",
    )
    with running(tmp_path, "victoria-metrics", where, *arguments) as store:
        compare(store, service)


def test_netmon_status_of_a_guarded_service(service: Guarded, tmp_path: Path) -> None:
    """With the authority, the user and the password it is as ever; without them it says what is missing."""
    known = ("--url", service.url, "--ca-file", service.authority)
    fine = netmon("status", *known, "--user", USER, "--password-file", service.password)
    assert (fine.returncode, "Everything that is watched is up." in fine.stdout) == (0, True), fine.stderr
    (tmp_path / "wrong").write_text(WRONG, encoding="utf-8")
    for more, why in (
        (known, "Unauthorized"),
        ((*known, "--user", USER, "--password-file", tmp_path / "wrong"), "Unauthorized"),
        (("--url", service.url), "certificate"),
    ):
        refused = netmon("status", *more)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert why in refused.stderr
        assert WRONG not in refused.stderr


def test_a_device_and_an_address_are_asked_now(service: Guarded) -> None:
    """The very readings, of the access point and of its address; outside the networks nobody is asked."""
    before = json.loads(service.get("/api/status"))["devices"]
    known = service.get("/probe?device=a1-1")
    stranger = service.get(f"/probe?target={BLOCK}.11&credential=city&port={PORT}")
    for page in (known, stranger, service.get(f"/probe?target={BLOCK}.11")):
        assert "probe_success 1\n" in page
        assert COMMUNITY not in page
    assert 'netmon_wifi_clients{device="a1-1",site="a1",uplink=""} ' in known
    assert f'netmon_wifi_clients{{device="{BLOCK}.11",site="",uplink=""}} ' in stranger
    assert "probe_success 0\n" in service.get(f"/probe?target={BLOCK}.9&credential=city&port={PORT}")
    for target in (f"{BLOCK}.16&credential=city", "localhost", f"::ffff:{BLOCK}.16"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            service.get(f"/probe?target={target}")
        with refused.value as answer:
            assert answer.code == 403
    assert [one["id"] for one in json.loads(service.get("/api/status"))["devices"]] == [one["id"] for one in before]
    assert BLOCK + '.11"' not in service.get("/metrics")
