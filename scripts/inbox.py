"""Takes what Alertmanager sends by webhook, Telegram and e-mail, and prints each message as it arrives.

usage: python scripts/inbox.py --http HOST:PORT --smtp HOST:PORT [--keep FILE]

A POST to any path is a webhook, one to ``/bot<token>/sendMessage`` is Telegram's. With ``--keep`` each message is also
written to a file, a line of JSON each: ``at`` (Unix seconds), ``kind``, ``to``, ``text``, and a webhook's ``payload``.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final, NamedTuple

_LARGEST: Final = 4 << 20  # bytes of a message
_LONGEST_LINE: Final = 1 << 16
_PATIENCE: Final = 60  # seconds until who says nothing is let go


class Message(NamedTuple):
    """One message: ``kind`` is webhook, telegram or e-mail; ``to`` a path, a chat or addresses."""

    at: float
    kind: str
    to: str
    text: str
    payload: dict[str, Any]


class Inbox:
    """Prints what arrives, from any thread, one message at a time."""

    def __init__(self, keep: Path | None) -> None:
        """Begin with an empty file."""
        self._keep = None if keep is None else keep.open("w", encoding="utf-8")
        self._lock = threading.Lock()

    def take(self, kind: str, to: str, text: str, payload: dict[str, Any] | None = None) -> None:
        """Print and keep a message."""
        message = Message(time.time(), kind, to, text, payload or {})
        with self._lock:
            if self._keep is not None:
                self._keep.write(f"{json.dumps(message._asdict(), ensure_ascii=False)}\n")
                self._keep.flush()
            print(shown(message), flush=True)


def shown(message: Message) -> str:
    """Write a message for people; the sign of life that comes each minute is one line."""
    clock = time.strftime("%H:%M:%S", time.localtime(message.at))
    if {one.get("labels", {}).get("alertname") for one in _alerts(message.payload)} == {"Watchdog"}:
        return f"{clock}  {message.kind} to {message.to}: Watchdog, the chain is whole"
    title = f"── {clock}  {message.kind} to {message.to} "
    return f"\n{title:─<100}\n{message.text.strip()}\n"


def summary(payload: dict[str, Any]) -> str:
    """Say what a webhook tells: a line for each alert."""
    return "\n".join(_line(alert) for alert in _alerts(payload))


def _alerts(payload: dict[str, Any]) -> list[dict[str, Any]]:
    alerts = payload.get("alerts")
    return [one for one in alerts if isinstance(one, dict)] if isinstance(alerts, list) else []


def _line(alert: dict[str, Any]) -> str:
    labels, notes = alert.get("labels", {}), alert.get("annotations", {})
    return f"{alert.get('status', '?'):8}  {labels.get('alertname', '?')}: {notes.get('summary', labels)}"


# -- webhooks and Telegram ----------------------------------------------------------------------------


class WebServer(ThreadingHTTPServer):
    """Takes webhooks, and what a bot would send to Telegram."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], inbox: Inbox) -> None:
        """Bind the address."""
        self.inbox = inbox
        super().__init__(address, _Poster)


class _Poster(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Say that it is there."""
        self._answer(HTTPStatus.OK, {"inbox": "POST webhooks here"})

    def do_POST(self) -> None:
        """Take a message."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > _LARGEST:
            self.close_connection = True
            self._answer(HTTPStatus.BAD_REQUEST, {"ok": False, "description": "how long is it?"})
            return
        try:
            payload = json.loads(self.rfile.read(int(size)))
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            self._answer(HTTPStatus.BAD_REQUEST, {"ok": False, "description": "no JSON object"})
        elif self.path.endswith("/sendMessage"):
            self._take_telegram(payload)
        else:
            self.server.inbox.take("webhook", self.path, summary(payload), payload)
            self._answer(HTTPStatus.OK, {"ok": True})

    def _take_telegram(self, payload: dict[str, Any]) -> None:
        chat = str(payload.get("chat_id", ""))
        self.server.inbox.take("telegram", f"chat {chat}", str(payload.get("text", "")))
        number = int(chat) if chat.removeprefix("-").isdecimal() else 0
        sent = {"message_id": 1, "date": int(time.time()), "chat": {"id": number, "type": "group"}}
        self._answer(HTTPStatus.OK, {"ok": True, "result": sent})

    def _answer(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address of a bot has its token in it."""


# -- mail ---------------------------------------------------------------------------------------------


class MailServer(ThreadingTCPServer):
    """Takes mail (RFC 5321, no more of it than a sender needs); it knows neither TLS nor passwords."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], inbox: Inbox) -> None:
        """Bind the address."""
        self.inbox = inbox
        super().__init__(address, _Postman)


class _Postman(StreamRequestHandler):
    server: MailServer
    timeout = _PATIENCE

    def handle(self) -> None:
        """Hold one conversation."""
        self._reply("220 inbox")
        while line := self.rfile.readline(_LONGEST_LINE):
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self._take()
            elif verb in {b"STARTTLS", b"AUTH"}:
                self._reply("502 not here")
            else:
                self._reply("221 bye" if verb == b"QUIT" else "250 well")
            if verb == b"QUIT":
                return

    def _take(self) -> None:
        self._reply("354 go on")
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(_LONGEST_LINE)) not in {b".\r\n", b""}:
            size += len(line)
            if size <= _LARGEST:
                lines.append(line.removeprefix(b"."))
        if size > _LARGEST:
            self._reply("552 too large")
            return
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.inbox.take("e-mail", str(mail["To"]), f"{mail['Subject']}\n\n{_text_of(mail)}")
        self._reply("250 taken")

    def _reply(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    return "" if body is None else str(body.get_content())


# -- the command --------------------------------------------------------------------------------------


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> int:
    """Receive until a signal ends it."""
    parser = argparse.ArgumentParser(description="prints what Alertmanager sends")
    parser.add_argument("--http", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--smtp", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--keep", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    inbox = Inbox(arguments.keep)
    try:
        mails, web = MailServer(arguments.smtp, inbox), WebServer(arguments.http, inbox)
    except OSError as error:
        print(f"inbox: {error}", file=sys.stderr)
        return 2
    threading.Thread(target=mails.serve_forever, daemon=True).start()
    web.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
