"""What a poll asks, and what it makes of the answers: made once from a walk, used many times. Pure.

The first contact tells which rows and objects a device has. From that comes a :class:`Plan`: the exact instances to
GET, with the finished beginning of each line of text. Cells that vouch for a row (its name) travel in the same
PDU as the row's values, with sysUpTime in front: where one of them no longer is what the plan was made from, the plan
no longer fits and its numbers are nobody's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from netmon.measures import clean
from netmon.model import Device, Identity, Readings
from netmon.profiles.filling import Filler, Rows, Term, Values, picker
from netmon.profiles.transforms import Cell, Transform, text_of
from netmon.profiles.words import SYS_OBJECT_ID

WRAP_SECONDS: Final = 2**32 / 100
"""After so long (497 days) sysUpTime begins again at 0 (SNMPv2-SMI, TimeTicks)."""

_SAME_BOOT: Final = 300.0  # how far two reckonings of one boot may lie apart at a wrap: clocks drift, answers dally
_STEADY: Final = 2.0  # differences below are the network's delay, not another boot
_PDU_BYTES: Final = 1200  # what surely passes in one piece, over any tunnel


@dataclass(frozen=True, slots=True)
class Answers:
    """What a device gave at the first contact: single instances, and columns."""

    cells: Mapping[str, Cell]
    columns: Mapping[str, Rows]

    def rows(self, column: str) -> Rows:
        """Give a column's rows; none where it was not given."""
        return self.columns.get(column, {})

    def cell(self, instance: str) -> Cell:
        """Give the cell of an instance, of whichever column it is; ``None`` where there is none."""
        if instance in self.cells:
            return self.cells[instance]
        cut = len(instance)
        while (cut := instance.rfind(".", 0, cut)) > 0:
            if instance[:cut] in self.columns:
                return self.columns[instance[:cut]].get(instance[cut + 1 :])
        return None


@dataclass(frozen=True, slots=True)
class Interface:
    """A port of the plan: ``key_cell`` is the instance that must still hold ``key_value`` (empty: nothing vouches)."""

    index: str
    alias: str = ""
    key_cell: str = ""
    key_value: Cell = None


class Vouchers:
    """Cells that must stay what they were when the plan was made."""

    __slots__ = ("_cells", "_pick", "_slots")

    def __init__(self, cells: Mapping[int, Cell]) -> None:
        """Take the cells by slot."""
        self._slots = tuple(cells)
        self._cells = tuple(cells.values())
        self._pick = picker(self._slots)

    def hold(self, cells: Sequence[Cell]) -> bool:
        """Say whether all of them came as they were."""
        return not self._slots or self._pick(cells) == self._cells

    def changed(self, values: Values) -> list[Cell]:
        """Give those that came otherwise, as they were; a slot that failed says nothing."""
        now = self._pick(values.cells)
        both = zip(self._slots, self._cells, now, strict=True)
        return [before for slot, before, cell in both if before != cell and slot not in values.failed]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask a device, and what its answers mean.

    ``requests`` are the instances of each GET; where ``uptime`` is not empty it stands in front of each and is no
    part of the cells. The cells of all requests in a row are numbered: these numbers are the *slots*.
    ``expected`` are cells that vouch, ``watched`` say that a table changed.
    ``volatile`` are columns to walk each time, side by side where they stand together.
    """

    profile: str
    device: Device
    identity: Identity
    uptime: str
    requests: tuple[tuple[str, ...], ...]
    expected: Vouchers
    watched: Vouchers
    volatile: tuple[tuple[str, ...], ...]
    filler: Filler
    interfaces: Mapping[str, Interface]


def is_as_planned(plan: Plan, values: Values) -> bool:
    """Say whether everything is there and as it was, which it mostly is: nothing misfits, changed or is gone."""
    cells = values.cells
    return None not in cells and plan.expected.hold(cells) and plan.watched.hold(cells)


def misfit(plan: Plan, values: Values) -> str:
    """Say why a plan no longer fits what came back; empty while it does.

    A device that started anew is seen by its sysUpTime, which the caller remembers.
    """
    changed = plan.expected.changed(values)
    return f"a row is no longer {clean(text_of(changed[0]))!r}" if changed else ""


def gap(plan: Plan, values: Values) -> str:
    """Say what the device no longer gives although its rows are as they were; empty where nothing is missing."""
    gone = next(plan.filler.without(values), None) if None in values.cells else None
    return f"{gone.measure} is gone" if gone is not None else ""


def table_changed(plan: Plan, values: Values) -> bool:
    """Say whether an agent told that rows came, went or moved (ifNumber, ifTableLastChange)."""
    return bool(plan.watched.changed(values))


def readings(plan: Plan, values: Values, boot: float | None = None) -> Readings:
    """Make a poll's readings, in the order of the plan; what the device did not give is absent.

    ``boot`` is when it last started (Unix seconds), as :func:`boot_timestamp` reckons it.
    """
    return plan.filler.fill(values, boot)


def boot_timestamp(ticks: int, at: float, previous: float | None = None) -> float:
    """Reckon when a device started from its sysUpTime (hundredths of a second), read at ``at`` (Unix seconds).

    ``previous`` is what this gave the last time: it is kept while the difference is the network's delay, and it
    tells a wrap of sysUpTime after 497 days from a start.
    """
    boot = at - ticks / 100
    if previous is None:
        return boot
    if -_STEADY <= boot - previous <= _STEADY:
        return previous
    wraps = round((boot - previous) / WRAP_SECONDS)
    if wraps >= 1 and abs(boot - wraps * WRAP_SECONDS - previous) <= _SAME_BOOT:
        boot -= wraps * WRAP_SECONDS
    return previous if abs(boot - previous) <= _STEADY else boot


def started_anew(ticks: int, previous: int | None) -> bool:
    """Say whether sysUpTime fell: the agent started again, or 497 days are over; either way the plan is made anew."""
    return previous is not None and ticks < previous


class Requests:
    """Collects the cells that a plan wants and gives each its slot."""

    def __init__(self, answers: Answers) -> None:
        """Begin with none."""
        self._answers = answers
        self._slots: dict[str, int] = {}
        self._rows: list[list[str]] = []
        self._row: list[str] | None = None

    def begin_row(self) -> None:
        """What is wanted from here on belongs together, in one PDU."""
        self._row = []
        self._rows.append(self._row)

    def end_row(self) -> None:
        """What is wanted from here on stands alone."""
        self._row = None

    def slot(self, instance: str) -> int:
        """Want a cell; one that is wanted already is asked once."""
        if instance not in self._slots:
            instance = sys.intern(instance)  # the plans of one model share them
            self._slots[instance] = len(self._slots)
            if self._row is None:
                self._rows.append([instance])
            else:
                self._row.append(instance)
        return self._slots[instance]

    def values(self) -> Values:
        """Give what the first contact read for the slots so far."""
        return Values([self._answers.cell(instance) for instance in self._slots], self._answers.columns)

    def requests(self, uptime: str, varbinds: int) -> tuple[tuple[str, ...], ...]:
        """Deal the cells out in their order, rows whole where they fit, the time of start before each request."""
        limit = max(varbinds - bool(uptime), 1)
        out: list[list[str]] = []
        size = 0
        for row in self._rows:
            for piece in (row[at : at + limit] for at in range(0, len(row), limit)):
                weight = sum(map(self._weight, piece))
                if not out or len(out[-1]) + len(piece) > limit or size + weight > _PDU_BYTES:
                    out.append([])
                    size = 0
                out[-1] += piece
                size += weight
        head = (uptime,) if uptime else ()
        # Nothing to ask for is no reason not to see whether anybody answers.
        return _shared(tuple([(*head, *cells) for cells in out]) or (head or (SYS_OBJECT_ID,),))

    def _weight(self, instance: str) -> int:
        column, _, index = instance.rpartition(".")
        cell = self._answers.cells.get(instance, self._answers.rows(column).get(index))
        return len(instance) // 2 + 12 + (len(cell) if isinstance(cell, bytes) else 0)


@lru_cache(1 << 12)
def _shared(requests: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Give the same object for equal requests: devices of one kind are asked the same."""
    return requests


def as_term(slot: int, convert: Transform) -> Term:
    """Make a term of one cell."""
    return lambda values: convert(values.cells[slot])


def added(terms: Sequence[Term]) -> Term:
    """Add what terms give; nothing where one of them gives nothing: a sum that lacks a part is another number."""

    def add(values: Values) -> float | None:
        total: float = 0
        for term in terms:
            value = term(values)
            if value is None:
                return None
            total += value
        return total

    return add


def averaged(terms: Sequence[Term]) -> Term:
    """Average what terms give; nothing where none gives anything."""

    def mean(values: Values) -> float | None:
        given = [value for term in terms if (value := term(values)) is not None]
        return sum(given) / len(given) if given else None

    return mean


def divided(part: Term, whole: Term) -> Term:
    """Divide; nothing where the whole is nothing, or the part is none of it."""

    def divide(values: Values) -> float | None:
        above, below = part(values), whole(values)
        return above / below if above is not None and below and 0 <= above <= below else None

    return divide


def used(whole: Term, free: Term) -> Term:
    """Give the share that ``free`` leaves of ``whole``; nothing where more is free than there is."""

    def share(values: Values) -> float | None:
        total, left = whole(values), free(values)
        return (total - left) / total if total and left is not None and 0 <= left <= total else None

    return share
