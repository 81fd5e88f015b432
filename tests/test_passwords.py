"""Passwords: slow hashes are checked beside the loop, remembered without the password, and not tried for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from statistics import median

import bcrypt
import pytest

from netmon.model import Secret
from netmon.serving import Passwords, TooManyAttemptsError
from netmon.serving.guard import _credentials

LONG = b"p" * 72
HOME = "10.0.0.1"


def hashed(password: bytes, cost: int = 4) -> Secret:
    """Give the bcrypt hash of a password."""
    return Secret(bcrypt.hashpw(password, bcrypt.gensalt(cost)).decode())


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """Give its time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
async def passwords(clock: Clock) -> AsyncIterator[Passwords]:
    """Two users; one has the longest password that bcrypt knows."""
    found = Passwords({"budi": hashed(b"rahasia"), "long": hashed(LONG)}, monotonic=clock)
    yield found
    found.close()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[bytes, bytes, str]]]:
    """Count the calls of bcrypt: password, hash, thread."""
    calls: list[tuple[bytes, bytes, str]] = []
    check = bcrypt.checkpw

    def counted(password: bytes, against: bytes) -> bool:
        calls.append((password, against, threading.current_thread().name))
        return check(password, against)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return calls  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "password", "right"),
    [
        ("budi", b"rahasia", True),
        ("budi", b"rahasiA", False),
        ("budi", b"", False),
        ("budi", b"rahasia\0", False),
        ("Budi", b"rahasia", False),
        ("", b"rahasia", False),
        ("long", LONG, True),
        ("long", LONG + b"more", True),  # as whatever made the hash sees it
        ("long", LONG[:-1], False),
    ],
)
async def test_a_name_and_its_password(passwords: Passwords, name: str, password: bytes, right: bool) -> None:
    """Right only together, every byte of them."""
    assert await passwords.match(name, password, HOME) is right
    assert await passwords.match(name, password, HOME) is right


async def test_what_was_right_costs_one_hash(passwords: Passwords, checks: list[tuple[bytes, bytes, str]]) -> None:
    """A scraper is checked once, in a thread of its own; what was wrong is checked each time."""
    for _ in range(50):
        assert await passwords.match("budi", b"rahasia", HOME)
    assert [thread.startswith("passwords") for *_, thread in checks] == [True]
    for _ in range(2):
        assert not await passwords.match("budi", b"salah", HOME)
    assert len(checks) == 3


async def test_no_password_stays_in_memory(passwords: Passwords) -> None:
    """What is remembered is a digest under a key of this process: another process has another."""
    assert await passwords.match("budi", b"rahasia", HOME)
    other = Passwords({})
    try:
        assert b"rahasia" not in b"".join(passwords._right)
        assert len(passwords._right) == 1
        assert passwords._key != other._key
    finally:
        other.close()


async def test_an_unknown_name_costs_as_much(passwords: Passwords, checks: list[tuple[bytes, bytes, str]]) -> None:
    """It is checked against a hash of the same cost that no password has."""
    assert not await passwords.match("nobody", b"rahasia", HOME)
    [(password, against, _)] = checks
    assert (password, against[:7]) == (b"rahasia", b"$2b$04$")


async def test_the_time_tells_no_names() -> None:
    """At an ordinary cost a wrong password and an unknown name take the same time, within what measures allow."""
    found = Passwords({"budi": hashed(b"rahasia", 8)}, monotonic=lambda: 0.0)
    took: dict[str, list[float]] = {"budi": [], "nobody": []}
    for number in range(5):
        for name, times in took.items():
            began = time.perf_counter()
            assert not await found.match(name, b"salah", f"10.0.1.{number}")
            times.append(time.perf_counter() - began)
    found.close()
    assert median(took["nobody"]) == pytest.approx(median(took["budi"]), rel=0.5)


async def test_another_hash_ends_what_was_remembered(passwords: Passwords) -> None:
    """A changed or removed user is out at once; who stayed as he is is not asked to prove it again."""
    assert await passwords.match("budi", b"rahasia", HOME)
    passwords.load({"budi": hashed(b"baru")})
    assert not await passwords.match("budi", b"rahasia", HOME)
    assert await passwords.match("budi", b"baru", HOME)
    passwords.load({})
    assert not await passwords.match("budi", b"baru", HOME)


async def test_an_address_may_be_wrong_ten_times(passwords: Passwords, clock: Clock) -> None:
    """Then it waits, six seconds a try; others, and who is known already, do not."""
    assert await passwords.match("budi", b"rahasia", HOME)
    for _ in range(10):
        assert not await passwords.match("budi", b"salah", HOME)
    with pytest.raises(TooManyAttemptsError) as refused:
        await passwords.match("long", LONG, HOME)
    assert 0 < refused.value.seconds <= 6
    assert await passwords.match("budi", b"rahasia", HOME)
    assert await passwords.match("long", LONG, "10.0.0.2")
    clock.now += 6
    assert not await passwords.match("budi", b"salah", HOME)
    with pytest.raises(TooManyAttemptsError):
        await passwords.match("budi", b"salah", HOME)


async def test_of_ipv6_the_network_counts(passwords: Passwords) -> None:
    """A host has a /64 to itself; an IPv4 address in IPv6's clothes is that IPv4 address."""
    for number in range(10):
        assert not await passwords.match("budi", b"salah", f"2001:db8::{number + 1:x}")
    with pytest.raises(TooManyAttemptsError):
        await passwords.match("budi", b"salah", "2001:db8::ffff:1")
    assert await passwords.match("budi", b"rahasia", "2001:db8:0:1::1")
    assert await passwords.match("long", LONG, "::ffff:10.0.0.9")


async def test_not_more_than_twenty_wait(monkeypatch: pytest.MonkeyPatch, passwords: Passwords) -> None:
    """There is one thread; who would be the twenty-first is told to come again, and the loop never waits."""
    gate = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda _password, _hash: gate.wait(30) and False)
    tries = [asyncio.ensure_future(passwords.match("budi", b"salah", f"10.0.2.{n}")) for n in range(21)]
    try:
        done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
        assert [type(one.exception()) for one in done] == [TooManyAttemptsError]
    finally:
        gate.set()
    assert [one for one in await asyncio.gather(*tries, return_exceptions=True) if one is not False] != []


async def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """A thousand users, four thousand addresses: the eldest are forgotten first."""
    monkeypatch.setattr(bcrypt, "checkpw", lambda _password, _hash: True)
    found = Passwords({f"u{number}": hashed(b"x") for number in range(1)}, monotonic=clock)
    found._users = {f"u{number}": b"$2b$04$" for number in range(1100)}
    for number in range(1100):
        assert await found.match(f"u{number}", b"x", HOME)
    assert len(found._right) == 1000
    monkeypatch.setattr(bcrypt, "checkpw", lambda _password, _hash: False)
    for number in range(4200):
        assert not await found.match("nobody", b"x", f"10.{number // 250}.{number % 250}.1")
    assert len(found._tries) == 4096
    found.close()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Basic YTpi", ("a", b"b")),
        (b"basic  YTpi ", ("a", b"b")),
        (b"Basic YTpiOmM=", ("a", b"b:c")),
        (b"Basic YTo=", ("a", b"")),
        (b"Basic YQ==", None),
        (b"Basic /zpi", None),
        (b"Basic YT pi", None),
        (b"Basic", None),
        (b"Bearer YTpi", None),
        (b"", None),
        (b"Basic " + b"YTpi" * 2000, None),
    ],
)
def test_the_header_of_a_request(header: bytes, found: tuple[str, bytes] | None) -> None:
    """RFC 7617: what cannot be read is nobody; two headers are nobody either."""
    assert _credentials([(b"authorization", header)]) == found
    assert _credentials([(b"authorization", header)] * 2) is None
    assert _credentials([]) is None
