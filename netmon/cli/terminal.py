"""What people read in a terminal: tables in colour, plain text in a pipe, progress on the error output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console

ALL_WELL: Final = 0
NOT_WELL: Final = 1
INPUT_IS_WRONG: Final = 2

_STYLES: Final = {
    "up": "green",
    "degraded": "yellow",
    "down": "bold red",
    "down_upstream": "red",
    "unknown": "magenta",
    "planned": "blue",
    "out_of_service": "dim",
}
_PIPE_WIDTH: Final = 200


def console(*, error: bool = False) -> Console:
    """Give a console; in a pipe it is wide and without colour."""
    from rich.console import Console  # noqa: PLC0415 -- a twentieth of a second that JSON and a pipe need not wait for

    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else _PIPE_WIDTH, highlight=False, soft_wrap=False)


def shown(text: str) -> str:
    """Give a text as one line that may be printed whoever wrote it: what would steer a terminal is replaced."""
    return "".join([one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in text])


def complain(text: str) -> None:
    """Print what is wrong to the error output, as it is."""
    print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows as a table; a cell that is the name of a state gets its colour."""
    from rich.table import Table  # noqa: PLC0415 -- as above
    from rich.text import Text  # noqa: PLC0415 -- as above

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        cells = ["–" if cell is None else shown(str(cell)) for cell in row]
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
    console().print(table)


@contextmanager
def working(what: str) -> Iterator[Callable[[int], None]]:
    """Show on the error output that something takes its time, where somebody can see it.

    What it gives is told how many lines have been read.
    """
    if not sys.stderr.isatty():
        yield lambda _lines: None
        return
    with console(error=True).status(what) as status:
        yield lambda lines: status.update(f"{what} {lines:,} lines")
