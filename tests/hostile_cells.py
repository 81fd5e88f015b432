"""Devices that answer anything: cells of the wrong kind, rows of odd indexes, names in any encoding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from random import Random

from netmon.profiles import SYS_OBJECT_ID, SYS_UP_TIME, Answers, Cell, Plan, Profile, Values, needs

INDEXES = (
    "1",
    "2",
    "7",
    "0",
    "4294967295",
    "1.1",
    "1.2",
    "0.26.43.60.77.94",
    "0.26.43.60.77.94.1",
    "0.26.43.60.77.94.2",
    "6.0.26.43.60.77.94",
    "9.9.9.9.300.9",
    "3.97.98.99",
    "9.97.98.99",
    "5.119.108.97.110.48.8.102.114.101.113.117.101.110.99.121",
    ".".join(["255"] * 100),
    ".".join(["4294967295"] * 30),
)
"""Rows: numbers, hardware addresses alone and with more behind them, texts whose length is wrong, far too long ones."""

TEXTS = (
    b"",
    b"\0",
    b"wlan0",
    b"wlan0\0\0",
    b" wlan0 ",
    "巴东".encode("gbk"),
    "Suráu".encode("latin-1"),
    b"\0\x1a\x2b\x3c\x4d\x5e",
    b"\0\0\0\0\0\0",
    b"00:1a:2b:3c:4d:5e",
    b"10.0.0.1",
    b"\x0a\0\0\1",
    b"5180/20-Ceee/ax",
    b"2412",
    b"99999999999999999999",
    b"-54.5 dBm",
    b"36",
    b"116E",
    b'a"b\\c\nd',
    b"x" * 199 + b" y",
    b"x" * 199 + b"  z",
    b"x" * 20_000,
    bytes(range(256)),
    "\u2028\ud800".encode("utf-8", "surrogatepass"),
)
NUMBERS = (0, 1, 2, 3, 5, 6, 36, 40, 99, 100, 101, 160, 255, 2412, 5180, 65535, -1, -96, -(2**31), 2**31 - 1, 2**32 - 1)
ODD = (2**63, 2**64 - 1, -(2**63), math.nan, math.inf, -math.inf, 1e308, 5e-324, -0.0, 21.5)
OIDS = ("1.3.6.1.4.1.9", "0.0", "")


_LONGEST = 126  # numbers of an identifier


def _any(random: Random) -> Cell:
    return random.choice(random.choice((TEXTS, NUMBERS, ODD, OIDS, (None,))))


def _kind(random: Random) -> Callable[[], Cell]:
    """Choose what a column is made of: mostly of one kind, as agents do, so that totals and shares come about."""
    low = random.choice((1, 100, 2**32))
    kinds: tuple[Callable[[], Cell], ...] = (
        lambda: random.choice(NUMBERS),
        lambda: random.randint(0, low),
        lambda: random.randint(-low, low),
        lambda: random.choice(ODD),
        lambda: random.choice(TEXTS),
        lambda: str(random.randint(0, low)).encode(),
        lambda: _any(random),
    )
    return random.choice(kinds)


def answers_of_anything(profile: Profile, random: Random, object_id: str = "1.3.6.1.4.1.9.1.7") -> Answers:
    """Answer all that a profile needs, or some of it, with anything."""
    asked = needs(profile, object_id, "default-route")
    cells: dict[str, Cell] = {oid: _kind(random)() for oid in asked.instances if random.random() < 0.9}
    cells[SYS_OBJECT_ID] = object_id
    cells[SYS_UP_TIME] = random.choice((1000, 1000, 0, 2**32 - 1, None, b"up"))
    columns = {}
    for group in asked.columns:
        rows = random.sample(INDEXES, random.randint(0, len(INDEXES)))
        for column in group:
            room = _LONGEST - column.count(".")
            columns[column] = _rows(random, [index for index in rows if index.count(".") < room])
    return Answers({oid: cell for oid, cell in cells.items() if cell is not None}, columns)


def _rows(random: Random, indexes: Iterable[str]) -> dict[str, Cell]:
    kind, share = _kind(random), random.choice((1.0, 0.8, 0.0))
    rows = {index: kind() for index in indexes if random.random() < share}
    return {index: cell for index, cell in rows.items() if cell is not None}


def polled_anew(plan: Plan, answers: Answers, random: Random) -> Values:
    """Answer a plan's poll after rows have vanished and cells have changed their kind."""
    change = random.choice((0.0, 0.2, 1.0))
    head = bool(plan.uptime)
    asked = [oid for request in plan.requests for oid in request[head:]]
    cells = [_any(random) if random.random() < change else answers.cell(oid) for oid in asked]
    failed = frozenset(slot for slot in range(len(cells)) if cells[slot] is None and random.random() < change)
    columns = {
        column: answers.rows(column) if random.random() > change else _rows(random, INDEXES)
        for group in plan.volatile
        for column in group
        if random.random() > change / 2
    }
    return Values(cells, columns, failed)
