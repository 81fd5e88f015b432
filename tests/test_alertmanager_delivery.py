"""Messages as they arrive: a real Alertmanager with what is delivered, and the receivers of :mod:`inbox`."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from alertmanagers import (
    CONFIGURATION,
    NEEDS_ALERTMANAGER,
    QUICK,
    Alertmanager,
    Posted,
    rendered,
    running_alertmanager,
)
from inbox import TELEGRAM_LIMIT, Inbox, units
from message_stories import DRILL, NOT_ACKNOWLEDGED, UPLINK_DOWN

pytestmark = NEEDS_ALERTMANAGER

MARKER = Posted({"alertname": "InventoryReloadFailed", "severity": "warning"}, {"summary": "Penanda"})
"""What is posted last: once it has arrived, what was posted before it has arrived or never will."""


@contextmanager
def running(folder: Path, exchanges: Iterable[tuple[str, str]] = QUICK) -> Iterator[tuple[Alertmanager, Inbox]]:
    """Run Alertmanager with short waits, and an inbox."""
    with Inbox() as inbox, running_alertmanager(folder, rendered(folder, inbox, exchanges)) as alertmanager:
        yield alertmanager, inbox


def posted(story: dict[str, Any], **labels: str) -> Posted:
    """Give an alert of a story that has begun at this moment."""
    return Posted({**story["labels"], **labels}, story["annotations"])


@cache
def chat(receiver: str) -> str:
    """Give the Telegram chat of a receiver."""
    document = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    (one,) = (found for found in document["receivers"] if found["name"] == receiver)
    return str(one["telegram_configs"][0]["chat_id"])


def telegrams(inbox: Inbox, receiver: str) -> list[str]:
    """Give what a receiver's chat was sent."""
    return [call["text"] for call in list(inbox.telegram_calls) if call["chat_id"] == chat(receiver)]


def mails(inbox: Inbox, to: str) -> list[str]:
    """Give the subjects of the mails that somebody was sent."""
    return [one.message["Subject"] for one in list(inbox.mails) if one.message["To"] == f"{to}@example.id"]


def webhooks(inbox: Inbox, name: str) -> list[str]:
    """Give the status of what a webhook was sent."""
    return [one.payload["status"] for one in list(inbox.webhooks) if one.path == f"/webhook/{name}"]


def arrived(inbox: Inbox, found: Callable[[Inbox, str], list[str]], who: str, count: int) -> list[str]:
    """Wait for so many messages for somebody, and give them."""
    inbox.until(lambda: len(found(inbox, who)) >= count, f"{count} of {found.__name__} for {who}")
    return found(inbox, who)


def test_a_page_arrives_by_every_way_and_so_does_its_end(tmp_path: Path) -> None:
    """An uplink: one message, one mail and one webhook when it goes down, and one of each when it is up again."""
    alert = posted(UPLINK_DOWN)
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([alert])
        inbox.until(lambda: inbox.telegrams and inbox.mails and inbox.webhooks, "page by every way")
        alert.end = time.time()
        alertmanager.post([alert])
        inbox.until(lambda: min(map(len, (inbox.telegrams, inbox.mails, inbox.webhooks))) > 1, "end by every way")
    down, up = telegrams(inbox, "on-call")
    summary = UPLINK_DOWN["annotations"]["summary"]
    assert down.splitlines()[0] == f"GANGGUAN: {summary}"
    assert up.splitlines()[0] == f"PULIH: {summary}"
    assert [call.get("parse_mode", "") for call in inbox.telegram_calls] == ["", ""]
    assert mails(inbox, "piket") == [f"GANGGUAN: {summary}", f"PULIH: {summary}"]
    assert webhooks(inbox, "gateway-url") == ["firing", "resolved"]
    mail = inbox.mails[0].message
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert UPLINK_DOWN["annotations"]["affected"] in text.get_content()
    assert f"<b>{UPLINK_DOWN['annotations']['action']}</b>" in page.get_content()


@pytest.mark.e2e
def test_five_hundred_alerts_are_one_message_that_telegram_takes(tmp_path: Path) -> None:
    """Each annotation 600 characters that Telegram counts as two; when they end they are one message again."""
    annotations = dict.fromkeys(UPLINK_DOWN["annotations"], "\N{LARGE RED CIRCLE}" * 600)
    dark = {"alertname": "SiteDown", "severity": "warning", "kecamatan": "13.71.04"}
    waits = [("group_wait: 10s", "group_wait: 4s"), *QUICK[1:]]  # what is posted takes its time: 14 MB
    with running(tmp_path, waits) as (alertmanager, inbox):
        alerts = [Posted({**dark, "site": f"s{number}"}, annotations) for number in range(500)]
        alertmanager.post(alerts)
        arrived(inbox, telegrams, "staff", 1)
        for alert in alerts:
            alert.end = time.time()
        alertmanager.post(alerts)
        inbox.until(lambda: len(inbox.telegrams) == 2 or inbox.refused, "end")
        assert inbox.refused == []
        texts = telegrams(inbox, "staff")
    for text, word in zip(texts, ("GANGGUAN", "PULIH"), strict=True):
        assert 1000 < units(text) <= TELEGRAM_LIMIT
        more = re.search(r"^dan (\d+) lagi$", text, re.MULTILINE)
        assert more is not None
        assert len(re.findall(rf"^(?:- )?{word}\b", text, re.MULTILINE)) + int(more[1]) == 500


@pytest.mark.e2e
def test_what_fails_on_the_way_is_sent_again_and_once(tmp_path: Path) -> None:
    """A Telegram, a gateway and a mail server that are out of order for a moment."""
    with running(tmp_path) as (alertmanager, inbox):
        inbox.fail(2)
        alertmanager.post([posted(UPLINK_DOWN)])
        inbox.until(lambda: inbox.telegrams and inbox.mails and inbox.webhooks, "page by every way")
        alertmanager.post([MARKER])
        arrived(inbox, telegrams, "staff", 1)
        assert sorted(inbox.failed) == ["mails"] * 2 + ["telegrams"] * 2 + ["webhooks"] * 2
        assert len(telegrams(inbox, "on-call")) == len(mails(inbox, "piket")) == len(inbox.webhooks) == 1


@pytest.mark.e2e
def test_the_city_is_one_page_and_an_uplink_paged_before_is_told_to_be_up(tmp_path: Path) -> None:
    """One after the other: an uplink, the whole city, the uplink's return, the city's.

    Prometheus sends what has ended again for a quarter of an hour: so the uplink's end, which is muted with the
    uplink, is told as soon as the city is over.
    """
    here = posted(UPLINK_DOWN)
    there = posted(UPLINK_DOWN, uplink="uplink-jati", kecamatan="13.71.02")
    district = Posted({"alertname": "KecamatanDark", "severity": "critical", "kecamatan": "13.71.02"})
    city = Posted({"alertname": "CityDark", "severity": "critical"}, {"summary": "Sebagian besar kota terputus"})
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([here])
        arrived(inbox, telegrams, "on-call", 1)
        alertmanager.post([city, district, here, there, MARKER])
        arrived(inbox, telegrams, "staff", 1)
        assert arrived(inbox, telegrams, "on-call", 2)[1].startswith("GANGGUAN: Sebagian besar kota")
        here.end = there.end = district.end = time.time()
        alertmanager.post([city, here, there, district, posted(DRILL)])
        arrived(inbox, telegrams, "drill", 1)
        assert len(telegrams(inbox, "on-call")) == 2
        city.end = time.time()
        alertmanager.post([city, here, there, district])
        pages = arrived(inbox, telegrams, "on-call", 4)
        alertmanager.post([posted(DRILL, drill_id="d-2")])
        arrived(inbox, telegrams, "drill", 2)
        assert sorted(page.splitlines()[0] for page in pages[2:]) == [
            f"PULIH: {UPLINK_DOWN['annotations']['summary']}",
            "SELESAI: Sebagian besar kota terputus",
        ]
        assert len(telegrams(inbox, "on-call")) == 4


@pytest.mark.e2e
def test_the_dead_mans_switch_hears_of_it_again_and_again(tmp_path: Path) -> None:
    """As long as Watchdog comes; nobody else hears of it, and its end is silence."""
    watchdog = Posted({"alertname": "Watchdog", "severity": "none"})
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([watchdog])
        arrived(inbox, webhooks, "dead-man-url", 3)
        watchdog.end = time.time()
        alertmanager.post([watchdog, MARKER])
        arrived(inbox, telegrams, "staff", 1)
        assert set(webhooks(inbox, "dead-man-url")) == {"firing"}
        arrived(inbox, mails, "jaringan", 1)
        assert (len(inbox.telegrams), len(inbox.mails)) == (1, 1)


@pytest.mark.e2e
def test_a_reminder_comes_again_until_somebody_is_on_it(tmp_path: Path) -> None:
    """All that is not taken on in one message; its end is not told, as nothing has ended."""
    one = posted(NOT_ACKNOWLEDGED)
    other = posted(NOT_ACKNOWLEDGED, uplink="uplink-jati", kecamatan="13.71.02")
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([one, other])
        texts = arrived(inbox, telegrams, "reminder", 2)
        assert all(text.startswith("PENGINGAT (1 dari 2): ") for text in texts)
        one.end = other.end = time.time()
        alertmanager.post([one, other, Posted(MARKER.labels, {"summary": "Penanda"})])
        inbox.until(lambda: any("Penanda" in text for text in telegrams(inbox, "staff")), "marker")
        assert not any("SELESAI" in one.text or "PULIH" in one.text for one in inbox.telegrams)


@pytest.mark.e2e
def test_a_rehearsal_calls_those_on_call_only_where_it_is_to(tmp_path: Path) -> None:
    """Its own chat and the proof of arrival for ``netmon drill`` always; the others with ``--real``."""
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([posted(DRILL)])
        arrived(inbox, telegrams, "drill", 1)
        arrived(inbox, webhooks, "drills", 1)
        alertmanager.post([posted(DRILL, drill_id="d-real", real="yes", owner="dispar")])
        (text,) = arrived(inbox, telegrams, "on-call", 1)
        arrived(inbox, telegrams, "drill", 2)
        arrived(inbox, mails, "piket", 1)
        assert text.startswith("LATIHAN: Titik akses")
        assert mails(inbox, "wifi-dispar") == []


@pytest.mark.e2e
def test_an_owner_is_told_besides(tmp_path: Path) -> None:
    """Of what is theirs, by mail; those on call are told as ever."""
    with running(tmp_path) as (alertmanager, inbox):
        alertmanager.post([posted(UPLINK_DOWN, owner="dispar"), posted(UPLINK_DOWN, uplink="other", kecamatan="x")])
        arrived(inbox, mails, "wifi-dispar", 1)
        arrived(inbox, telegrams, "on-call", 2)
        assert len(mails(inbox, "wifi-dispar")) == 1


@pytest.mark.e2e
def test_what_can_wait_waits_for_the_office_hours(tmp_path: Path) -> None:
    """Outside of them nothing is sent; when they begin, what goes on still is."""
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
    hours = [(old, f'"{day}"' if old == '"monday:friday"' else new) for old, new in QUICK]
    alert = Posted({"alertname": "DeviceDown", "severity": "info", "device": "d"}, {"summary": "Perangkat terputus"})
    with running(tmp_path, hours) as (alertmanager, inbox):
        alertmanager.post([alert])
        alertmanager.post([MARKER])
        arrived(inbox, mails, "jaringan", 1)
        alertmanager.post([Posted({**MARKER.labels, "second": "marker"}, {"summary": "Penanda"})])
        assert mails(inbox, "jaringan")[0] == "PERINGATAN: Penanda"
        arrived(inbox, mails, "jaringan", 2)
        assert not any("Perangkat" in subject for subject in mails(inbox, "jaringan"))
        rendered(tmp_path, inbox, QUICK)
        alertmanager.program.signal(signal.SIGHUP)
        inbox.until(lambda: "GANGGUAN: Perangkat terputus" in mails(inbox, "jaringan"), "mail of the office hours")
