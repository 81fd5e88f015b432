"""Where the pages of tests arrive: a webhook, a Telegram API and a mail server on loopback that keep what came."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TELEGRAM_LIMIT = 4096
"""The longest text that Telegram takes, in UTF-16 code units (core.telegram.org/bots/api#sendmessage)."""

DEADLINE = 60.0
CHANNELS = ("webhooks", "telegrams", "mails")


class Webhook(NamedTuple):
    """A payload that arrived, and on which path."""

    at: float
    path: str
    payload: dict[str, Any]


class Telegram(NamedTuple):
    """A text that arrived at the Telegram API."""

    at: float
    text: str


class Mail(NamedTuple):
    """A mail that arrived."""

    at: float
    message: EmailMessage


def units(text: str) -> int:
    """Count as Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


class Inbox:
    """Receives on loopback from many threads, and answers as the real ones do; a context manager.

    A webhook may be sent to any path below :attr:`webhook_url`. The Telegram API refuses what Telegram refuses (a text
    that is empty or over :data:`TELEGRAM_LIMIT`): that is kept in :attr:`refused` and nowhere else.
    """

    def __init__(self) -> None:
        """Take ports of the system's choice."""
        self.webhooks: list[Webhook] = []
        self.telegrams: list[Telegram] = []
        self.mails: list[Mail] = []
        self.telegram_calls: list[dict[str, Any]] = []
        """The whole calls of :attr:`telegrams`, in their order."""
        self.refused: list[str] = []
        """Texts that Telegram would not have taken."""
        self.failed: list[str] = []
        """The channels of what was answered with an error because :meth:`fail` said so, in their order."""
        self._failures: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._http = _http_server(self)
        self._smtp = _MailServer(_Mails(self))

    def __enter__(self) -> Self:
        """Begin to receive."""
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._serving.start()
        self._smtp.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the ports."""
        self._smtp.stop()
        self._http.shutdown()
        self._serving.join()
        self._http.server_close()

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def webhook_url(self) -> str:
        """Give where webhooks are posted to."""
        return f"{self._url}/webhook"

    @property
    def telegram_url(self) -> str:
        """Give the ``api_url`` of Telegram receivers."""
        return f"{self._url}/telegram"

    @property
    def smtp_address(self) -> str:
        """Give the ``host:port`` of the mail server; it knows neither TLS nor passwords."""
        return f"127.0.0.1:{self._smtp.port}"

    def fail(self, times: int, channel: str | None = None) -> None:
        """Answer the next deliveries of a channel, or of each, with an error: 500, the mail server with 451 at RCPT."""
        with self._changed:
            for name in CHANNELS if channel is None else (channel,):
                self._failures[name] = times

    def until(self, found: Callable[[], Any], what: str, deadline: float = DEADLINE) -> Any:
        """Wait for something true about what arrived and give it.

        Raises:
            AssertionError: it did not come in time; says what did.
        """
        with self._changed:
            if not self._changed.wait_for(found, deadline):
                raise AssertionError(f"no {what} within {deadline:.0f} s; arrived: {self}")
            return found()

    def clear(self) -> None:
        """Forget what arrived."""
        with self._changed:
            for kept in (self.webhooks, self.telegrams, self.mails, self.telegram_calls, self.refused, self.failed):
                kept.clear()

    def __str__(self) -> str:
        """Tell what arrived, for the message of a test that failed."""
        texts = [f"webhook {one.path} {one.payload.get('status')} {_names(one.payload)}" for one in self.webhooks]
        texts += [f"telegram {one.text!r}" for one in self.telegrams] + [f"refused {text!r}" for text in self.refused]
        texts += [f"mail {one.message['To']}: {one.message['Subject']}" for one in self.mails]
        return "\n".join(texts) or "nothing"

    def is_failing(self, channel: str) -> bool:
        """Say whether this delivery is to be answered with an error, and count it."""
        with self._changed:
            if not self._failures[channel]:
                return False
            self._failures[channel] -= 1
            self.failed.append(channel)
            self._changed.notify_all()
            return True

    def keep(self, kept: list[Any], *arrived: Any) -> None:
        """Put something into one of the lists, and wake who waits."""
        with self._changed:
            kept.extend(arrived)
            self._changed.notify_all()

    def keep_telegram(self, call: dict[str, Any]) -> str | None:
        """Keep a message; give the reason where Telegram would not take it."""
        text = call.get("text", "")
        reason = None if text.strip() else "message text is empty"
        if units(text) > TELEGRAM_LIMIT:
            reason = "message is too long"
        with self._changed:
            if reason:
                self.refused.append(text)
            else:
                self.telegram_calls.append(call)
                self.telegrams.append(Telegram(time.time(), text))
            self._changed.notify_all()
        return reason


def _names(payload: dict[str, Any]) -> list[str]:
    return [f"{alert['labels'].get('alertname')}/{alert['status']}" for alert in payload.get("alerts", ())]


def _http_server(inbox: Inbox) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/telegram/bot") and self.path.endswith("/sendMessage"):
                self._telegram(json.loads(body))
            elif inbox.is_failing("webhooks"):
                self._answer(500, {"error": "as the test wished"})
            else:
                inbox.keep(inbox.webhooks, Webhook(time.time(), self.path, json.loads(body)))
                self._answer(200, {})

        def _telegram(self, call: dict[str, Any]) -> None:
            if inbox.is_failing("telegrams"):
                self._answer(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"})
            elif reason := inbox.keep_telegram(call):
                self._answer(400, {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"})
            else:
                chat = {"id": int(call["chat_id"]), "type": "supergroup"}
                result = {"message_id": len(inbox.telegrams), "date": 0, "chat": chat}
                self._answer(200, {"ok": True, "result": result})

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing: what arrived is in the inbox."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    return server


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what went wrong here; a sender that was ended in the middle is none of it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Mails:
    """The mail server's handler."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Fail where real servers do: later, Alertmanager 0.25 would take no notice of it."""
        if self._inbox.is_failing("mails"):
            return "451 as the test wished"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the same
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        self._inbox.keep(self._inbox.mails, Mail(time.time(), message))
        return "250 OK"


class _MailServer(Controller):
    """A mail server on a port that the system chose."""

    def __init__(self, handler: _Mails) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(handler, hostname="127.0.0.1", port=self._socket.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)
