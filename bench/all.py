"""All measurements, and the table of ``bench/README.md``.

usage: python bench/all.py [--quick] [NAME…]

NAME is one of polling, echoes, city, large, dead, months, replay; without any it is all of them, and the table is
written anew.
``--quick`` measures little and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import city
import dead
import echoes
import large
import months
import polling
import replay
from measuring import MissingError, Row, show

_MEASUREMENTS: dict[str, Callable[[bool], list[Row]]] = {
    "polling": polling.measure,
    "echoes": echoes.measure,
    "city": city.measure,
    "large": large.measure,
    "dead": dead.measure,
    "months": months.measure,
    "replay": replay.measure,
}
_README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- the table: written by bench/all.py -->\n", "<!-- its end -->\n"


def _table(rows: Iterable[Row]) -> str:
    lines = ["| what | netmon | peer | ratio | repeat it with |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.netmon} | {row.peer} | {row.ratio} | `{row.command}` |" for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _write(rows: Iterable[Row]) -> None:
    before, _, rest = _README.read_text(encoding="utf-8").partition(_BEGIN)
    _README.write_text(before + _BEGIN + _table(rows) + _END + rest.partition(_END)[2], encoding="utf-8")


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
    if not (quick or names or missing):
        _write(rows)
        print(f"the table is in {_README}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
