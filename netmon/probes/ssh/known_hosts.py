"""The ``known_hosts`` of an inventory: which key each device is known by, in OpenSSH's own format (sshd(8))."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

FILE: Final = "known_hosts"
"""Its name in the folder of the inventory."""

_SSH: Final = 22
_REVOKED: Final = "@revoked"


@dataclass(frozen=True, slots=True)
class HostKey:
    """A server's public key: its kind, such as ``ssh-ed25519``, and its bytes in base64."""

    kind: str
    text: str

    def fingerprint(self) -> str:
        """Give the fingerprint as ``ssh-keygen -l`` writes it."""
        digest = hashlib.sha256(base64.b64decode(self.text)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class Standing(StrEnum):
    """What is known of a key that a device shows."""

    KNOWN = "known"
    NEW = "new"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    hosts: str
    key: HostKey
    revoked: bool


class KnownHosts:
    """The keys that devices are known by; the file is read again when it has changed, and may be missing."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read before it is asked."""
        self.path = path
        self._read: tuple[tuple[int, int], tuple[_Entry, ...]] = ((-1, -1), ())

    def keys(self, host: str, port: int) -> tuple[HostKey, ...]:
        """Give the keys of a device, those that are revoked left out.

        Raises:
            OSError: The file is there and cannot be read.
        """
        return tuple([entry.key for entry in self._of(host, port) if not entry.revoked])

    def standing(self, host: str, port: int, shown: HostKey) -> Standing:
        """Say whether a device is known by a key that it shows.

        Raises:
            OSError: The file is there and cannot be read.
        """
        entries = self._of(host, port)
        if any(entry.revoked and entry.key == shown for entry in entries):
            return Standing.REVOKED
        known = [entry.key for entry in entries if not entry.revoked]
        if shown in known:
            return Standing.KNOWN
        return Standing.CHANGED if known else Standing.NEW

    def record(self, host: str, port: int, key: HostKey) -> None:
        """Write down a device's key in place of those that it had; what else the file holds stays.

        Raises:
            OSError: The file cannot be read or written.
        """
        gone = {entry.line for entry in self._of(host, port) if not entry.revoked}
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        lines = [line for number, line in enumerate(text.splitlines()) if number not in gone]
        lines.append(f"{_place(host, port)} {key.kind} {key.text}")
        made = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        made.write_text("\n".join(lines) + "\n", encoding="utf-8")
        made.replace(self.path)
        self._read = ((-1, -1), ())

    def _of(self, host: str, port: int) -> list[_Entry]:
        place = _place(host, port)
        return [entry for entry in self._entries() if _names(entry.hosts, place)]

    def _entries(self) -> tuple[_Entry, ...]:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return ()
        mark = stat.st_mtime_ns, stat.st_size
        if self._read[0] != mark:
            self._read = mark, tuple(_parsed(self.path.read_text(encoding="utf-8", errors="replace")))
        return self._read[1]


def _place(host: str, port: int) -> str:
    return host.lower() if port == _SSH else f"[{host.lower()}]:{port}"


def _parsed(text: str) -> Iterator[_Entry]:
    """Read the lines that name a key; authorities and what is no such line are left out."""
    for number, line in enumerate(text.splitlines()):
        words = line.split()
        revoked = words[:1] == [_REVOKED]
        if revoked:
            words = words[1:]
        if len(words) < 3 or words[0][0] in "#@":  # noqa: PLR2004 - hosts, kind, key
            continue
        try:
            base64.b64decode(words[2], validate=True)
        except binascii.Error:
            continue
        yield _Entry(number, words[0], HostKey(words[1], words[2]), revoked)


def _names(hosts: str, place: str) -> bool:
    """Say whether an entry's first word means a place: names, patterns with ``*`` and ``?``, or one hashed name."""
    if hosts.startswith("|1|"):
        return _is_hashed(hosts, place)
    found = False
    for each in hosts.lower().split(","):
        if each.startswith("!") and _fits(each[1:], place):
            return False
        found = found or _fits(each, place)
    return found


def _fits(pattern: str, place: str) -> bool:
    return fnmatchcase(place, pattern.replace("[", "[[]"))


def _is_hashed(hosts: str, place: str) -> bool:
    _, _, salt, digest = [*hosts.split("|"), "", ""][:4]
    try:
        told = hmac.new(base64.b64decode(salt), place.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(told, base64.b64decode(digest))
    except binascii.Error:
        return False
