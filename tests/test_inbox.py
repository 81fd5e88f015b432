"""The receivers that the tests of alerts trust: they keep what arrived, refuse what the real ones refuse, and fail."""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from inbox import TELEGRAM_LIMIT, Inbox, units


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Open an inbox for as long as the test runs."""
    with Inbox() as opened:
        yield opened


def post(url: str, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Post JSON; give the status and the document that came back."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)  # noqa: S310 -- http alone
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- the same
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def send_mail(inbox: Inbox, subject: str) -> None:
    """Send a mail as a mail program would."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "netmon@example.id", "piket@example.id"
    mail.set_content("Isi.\n")
    host, port = inbox.smtp_address.split(":")
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        client.send_message(mail)


def test_what_arrives_is_kept_with_its_path_and_time(inbox: Inbox) -> None:
    """A webhook of any path, a Telegram message and a mail each lie in their own list."""
    assert post(f"{inbox.webhook_url}/dead-man", {"status": "firing"}) == (200, {})
    status, answer = post(f"{inbox.telegram_url}/bot1:x/sendMessage", {"chat_id": "-10", "text": "GANGGUAN"})
    assert (status, answer["ok"], answer["result"]["chat"]["id"]) == (200, True, -10)
    send_mail(inbox, "Gangguan di Air Manis — 1 lokasi")
    assert [(one.path, one.payload) for one in inbox.webhooks] == [("/webhook/dead-man", {"status": "firing"})]
    assert [one.text for one in inbox.telegrams] == ["GANGGUAN"]
    assert [one.message["Subject"] for one in inbox.mails] == ["Gangguan di Air Manis — 1 lokasi"]
    assert inbox.webhooks[0].at <= inbox.telegrams[0].at <= inbox.mails[0].at


def test_telegram_counts_utf_16_code_units(inbox: Inbox) -> None:
    """A character outside the basic plane counts two: 2,048 of them are taken, one letter more is refused."""
    url = f"{inbox.telegram_url}/bot1:x/sendMessage"
    text = "\N{LARGE RED CIRCLE}" * (TELEGRAM_LIMIT // 2)
    assert units(text) == TELEGRAM_LIMIT
    assert post(url, {"chat_id": "1", "text": text})[0] == 200
    status, answer = post(url, {"chat_id": "1", "text": text + "a"})
    assert (status, answer["description"]) == (400, "Bad Request: message is too long")
    assert post(url, {"chat_id": "1", "text": " "})[0] == 400
    assert [one.text for one in inbox.telegrams] == [text]
    assert inbox.refused == [text + "a", " "]


def test_it_fails_as_often_as_it_is_told_to(inbox: Inbox) -> None:
    """What was answered with an error is not kept; afterwards everything is as before."""
    inbox.fail(2, "webhooks")
    assert [post(inbox.webhook_url, {})[0] for _ in range(3)] == [500, 500, 200]
    inbox.fail(1)
    assert post(f"{inbox.telegram_url}/bot1:x/sendMessage", {"chat_id": "1", "text": "x"})[0] == 500
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send_mail(inbox, "pertama")
    send_mail(inbox, "kedua")
    assert (len(inbox.webhooks), inbox.telegrams) == (1, [])
    assert [one.message["Subject"] for one in inbox.mails] == ["kedua"]
    assert inbox.failed == ["webhooks", "webhooks", "telegrams", "mails"]


def test_waiting_in_vain_tells_what_did_arrive(inbox: Inbox) -> None:
    """The message of a test that waited is enough to see what went wrong."""
    alert = {"labels": {"alertname": "UplinkDown"}, "status": "firing"}
    post(inbox.webhook_url, {"status": "firing", "alerts": [alert]})
    assert inbox.until(lambda: inbox.webhooks, "webhook")[0].path == "/webhook"
    with pytest.raises(AssertionError, match=r"no second page within 0 s; arrived: webhook /webhook firing \['UplinkD"):
        inbox.until(lambda: len(inbox.webhooks) > 1, "second page", 0.2)
