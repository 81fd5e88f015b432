"""All measurements, and the table of ``bench/README.md``.

usage: python bench/all.py [--quick] [NAME…]

NAME is one of polling, contact, controller, echoes, city, large, dead, months, replay, paging, rules; without any it is
all of them.
The rows of what was measured are written anew. ``--quick`` measures little and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import city
import contact
import controller
import dead
import echoes
import large
import months
import paging
import polling
import replay
import rules
from measuring import MissingError, Row, show

_MEASUREMENTS: dict[str, Callable[[bool], list[Row]]] = {
    "polling": polling.measure,
    "contact": contact.measure,
    "controller": controller.measure,
    "echoes": echoes.measure,
    "city": city.measure,
    "large": large.measure,
    "dead": dead.measure,
    "months": months.measure,
    "replay": replay.measure,
    "paging": paging.measure,
    "rules": rules.measure,
}
_README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- the table: written by bench/all.py -->\n", "<!-- its end -->\n"


def _line(row: Row) -> str:
    return f"| {row.what} | {row.netmon} | {row.peer} | {row.ratio} | `{row.command}` |\n"


def _merged(lines: Iterable[str], measured: Mapping[str, list[Row]]) -> list[str]:
    """Give the table's lines, those of each measured command in the place of the ones before."""
    left = {command: [_line(row) for row in rows] for command, rows in measured.items()}
    found: list[str] = []
    for line in lines:
        command = line.rstrip("| `\n").rpartition("`")[2]
        if command in measured:
            found += left.pop(command, [])
        else:
            found.append(line)
    return found + [line for rows in left.values() for line in rows]


def _write(rows: Iterable[Row]) -> None:
    measured: dict[str, list[Row]] = {}
    for row in rows:
        measured.setdefault(row.command, []).append(row)
    before, _, rest = _README.read_text(encoding="utf-8").partition(_BEGIN)
    table, _, after = rest.partition(_END)
    head, lines = table.splitlines(keepends=True)[:2], table.splitlines(keepends=True)[2:]
    _README.write_text(before + _BEGIN + "".join([*head, *_merged(lines, measured)]) + _END + after, encoding="utf-8")


def main() -> int:
    """Measure; give 1 where a program was missing."""
    names = [name for name in sys.argv[1:] if name != "--quick"]
    if set(names) - set(_MEASUREMENTS):
        sys.exit(__doc__)
    quick = "--quick" in sys.argv
    rows: list[Row] = []
    missing = 0
    for name in names or _MEASUREMENTS:
        try:
            found = _MEASUREMENTS[name](quick)
        except MissingError as error:
            print(f"{name}: {error}", file=sys.stderr)
            missing = 1
        else:
            show(found)
            rows += found
    if rows and not quick:
        _write(rows)
        print(f"the table is in {_README}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
