"""Passwords by their bcrypt hashes, which are slow by intent: checked in a thread, remembered, tries limited."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import bcrypt

from netmon.model import Secret

_LONGEST: Final = 72
"""Bytes of a password that bcrypt looks at; what made the hash left the rest out too."""

_REMEMBERED: Final = 1000
_WAITING: Final = 20
"""Checks at a time, the running one included: there is one thread, so that others have the rest of the processor."""

_TRIES: Final = 10
_PAUSE: Final = 6.0
"""An address may be wrong ten times, and once more each six seconds."""

_ADDRESSES: Final = 4096
_V6_NETWORK: Final = 64
_COST: Final = 10
_DIGEST: Final = 31
_LETTERS: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class TooManyAttemptsError(Exception):
    """Nobody checks this password now; ``seconds`` says when it is worth trying again."""

    def __init__(self, seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"too many attempts: wait {seconds:.0f} s")
        self.seconds = seconds


class Passwords:
    """Says whether a name and a password belong together.

    What was right once is remembered by a keyed digest (HMAC-SHA-256, a key of this process alone), so that a
    scraper costs one bcrypt and no password stays in memory. What was wrong is not remembered. An unknown name takes
    as long as a known one.
    """

    def __init__(self, users: Mapping[str, Secret], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the hashes by name; ``monotonic`` gives seconds."""
        self._monotonic = monotonic
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._tries: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, and when that was
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0
        self.load(users)

    def load(self, users: Mapping[str, Secret]) -> None:
        """Take other hashes; what was remembered of users that stay as they are holds on."""
        self._users = {name: one.reveal().encode() for name, one in users.items()}
        costs = [int(one[4:6]) for one in self._users.values()]
        digest = "".join(secrets.choice(_LETTERS) for _ in range(_DIGEST))
        self._nobody = bcrypt.gensalt(max(costs, default=_COST)) + digest.encode()  # the hash of no password

    def close(self) -> None:
        """End the thread; a check that runs is waited for by nobody."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def match(self, name: str, password: bytes, address: str) -> bool:
        """Check a password that came from an address.

        Raises:
            TooManyAttemptsError: The address was wrong too often, or too many wait already.
        """
        known = self._users.get(name)
        hashed = self._nobody if known is None else known
        digest = self._digest(name, hashed, password)
        if digest in self._right:
            self._right.move_to_end(digest)
            return True
        group = _group(address)
        self._take(group)
        if self._waiting >= _WAITING:
            raise TooManyAttemptsError(1.0)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._thread, bcrypt.checkpw, password[:_LONGEST], hashed)
        finally:
            self._waiting -= 1
        if not right or known is None:
            return False
        self._give_back(group)
        self._right[digest] = None
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return True

    def _digest(self, name: str, hashed: bytes, password: bytes) -> bytes:
        """Give what a right password is remembered by; with another hash of the user it is another."""
        user = name.encode()
        return hmac.digest(self._key, b"%d:%s%s%s" % (len(user), user, hashed, password), hashlib.sha256)

    def _take(self, group: str) -> None:
        left = self._left(group)
        if left < 1:
            raise TooManyAttemptsError((1 - left) * _PAUSE)
        self._set(group, left - 1)

    def _give_back(self, group: str) -> None:
        self._set(group, min(self._left(group) + 1, _TRIES))

    def _left(self, group: str) -> float:
        left, since = self._tries.get(group, (float(_TRIES), 0.0))
        return min(left + (self._monotonic() - since) / _PAUSE, _TRIES)

    def _set(self, group: str, left: float) -> None:
        self._tries[group] = left, self._monotonic()
        self._tries.move_to_end(group)
        if len(self._tries) > _ADDRESSES:
            self._tries.popitem(last=False)


def _group(address: str) -> str:
    """Give what counts as one address: of IPv6 the network, since a host has all of it to itself."""
    try:
        at = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped is None:
        return str(ipaddress.ip_network((at, _V6_NETWORK), strict=False))
    return str(at)
