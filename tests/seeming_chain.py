"""What looks like Prometheus and Alertmanager to ``netmon drill``, over a city in this process; any hop can break."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from answering_city import Place

from netmon.drills import Drill

FAILED = """\
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{{integration="telegram"}} 3
alertmanager_notifications_failed_total{{integration="webhook"}} {0}
alertmanager_notification_requests_failed_total{{integration="webhook"}} {1}
"""


class SeemingChain:
    """Answers as both programs do; ``broken`` names the hop that is not reached, ``how`` in which way."""

    def __init__(self, place: Place, broken: str = "", how: str = "") -> None:
        """Begin with nothing asked."""
        self.place = place
        self.broken = broken
        self.how = how
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        """Answers that are given in place of the right ones, by path."""
        self._fetched = 0

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        """Give an answer's status and content."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/metrics":
            self._fetched += 1
            count = self._fetched if self.how == "failing" else 1
            return 200, FAILED.format(count, 3 * count).encode()
        drill = self.place.drills.current(self.place.now)
        if path == "/api/v2/alerts":
            assert query == {"filter": ['alertname="Drill"']}
            return 200, json.dumps(self._alerts(drill)).encode()
        return 200, json.dumps({"status": "success", "data": self._data(path, query, drill)}).encode()

    def _data(self, path: str, query: dict[str, list[str]], drill: Drill | None) -> dict[str, Any]:
        passed = {"": 9, "netmon": 0, "prometheus": 0, "rule": 1}.get(self.broken, 9)
        if path == "/api/v1/query":
            assert drill is None or query == {"query": [f'netmon_drill{{drill="{drill.id}"}}']}
            return {"result": [{}] if drill is not None and passed > 0 else []}
        if path == "/api/v1/alerts":
            state = "firing" if passed > 1 else "pending"
            labels = {"alertname": "Drill", "drill_id": drill.id if drill else ""}
            alert = {"state": state, "labels": labels, "annotations": {}}
            return {"alerts": [alert] if drill is not None else []}
        if path == "/api/v1/targets":
            assert query == {"state": ["active"]}
            return {"activeTargets": self._targets()}
        if path == "/api/v1/rules":
            rules = {"": [], "error": [_rule("unknown", "no such label")], "old": [_rule("inactive")]}
            return {"groups": [{"rules": [{"name": "Other", "state": "firing"}, *rules[self.how]]}]}
        assert path == "/api/v1/alertmanagers"
        return {"activeAlertmanagers": [] if self.how == "nobody" else [{"url": "http://10.0.0.1:9093/api/v2/alerts"}]}

    def _targets(self) -> list[dict[str, Any]]:
        url, labels = "http://10.0.0.1:9810/metrics", {"group": "self"}
        target = {"scrapeUrl": url, "labels": labels, "health": "down", "lastError": "connection refused"}
        other = {**target, "labels": {"group": "city"}}
        return [other, *{"": [], "down": [target], "up": [{**target, "health": "up"}]}[self.how]]

    def _alerts(self, drill: Drill | None) -> list[dict[str, Any]]:
        if drill is None and self.broken != "resolved":
            return []
        latest = self.place.drills._latest
        if latest is None or self.broken == "alertmanager":
            return []
        if self.broken != "receiver" and latest.paged is None:
            self.place.now += 47
            told = {"status": "firing", "labels": {"drill_id": latest.id}, "annotations": {}}
            self.place.drills.hear({"alerts": [told]}, self.place.now)
        return [
            {
                "labels": {"alertname": "Drill", "drill_id": latest.id},
                "annotations": {},
                "receivers": [{"name": "drill"}],
                "status": {
                    "state": "active",
                    "silencedBy": ["6f5c"] if self.how == "silenced" else [],
                    "inhibitedBy": ["ab12"] if self.how == "inhibited" else [],
                },
            }
        ]

    @contextmanager
    def served(self) -> Iterator[tuple[str, ...]]:
        """Serve the city and the chain; give the options that name them."""
        chain = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                status, content = chain.answer(parts.path, parse_qs(parts.query))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                pass

        with self.place.served() as city, ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                url = f"http://127.0.0.1:{server.server_address[1]}"
                yield ("--url", city, "--prometheus", url, "--alertmanager", url)
            finally:
                server.shutdown()
                thread.join()


def _rule(state: str, error: str = "") -> dict[str, str]:
    return {"name": "Drill", "state": state, "lastError": error}
