"""The command ``netmon``: its words, and what each of them runs."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Final

from netmon import __version__
from netmon.cli.options import common
from netmon.cli.terminal import INPUT_IS_WRONG, complain

_MODULES: Final = {
    "check": "inventories",
    "schema": "inventories",
    "run": "service",
    "probe": "probing",
    "trust": "trust",
    "status": "status",
    "ack": "acknowledging",
    "silence": "silencing",
    "drill": "drilling",
    "report": "periods",
    "replay": "periods",
    "backup": "periods",
    "restore": "periods",
    "simulate": "simulation",
    "discover": "discover",
    "import": "importing",
}
"""The module of each command. Only the one that is asked for is loaded: the service's take longer than a check."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0 all well, 1 the answer is "not well", 2 the input is wrong."""
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser(words).parse_args(words)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except _wrong_inputs() as error:
        complain(str(error))
        return INPUT_IS_WRONG


def _wrong_inputs() -> tuple[type[Exception], ...]:
    """What a command raises where its input is wrong; asked for when something was raised, not before."""
    from netmon.cli.calling import CallError  # noqa: PLC0415 -- few commands need all four, and then they are loaded
    from netmon.history import HistoryError  # noqa: PLC0415 -- as above
    from netmon.inventory import InventoryError  # noqa: PLC0415 -- as above
    from netmon.profiles import ProfileError  # noqa: PLC0415 -- as above

    return InventoryError, ProfileError, HistoryError, CallError


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netmon",
        description="Sees a city's free Wi-Fi and the links of its urban villages, "
        "and says truthfully how available they were.",
    )
    parser.add_argument("--version", action="version", version=f"netmon {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), "")
    for name in [_MODULES[asked]] if asked in _MODULES else dict.fromkeys(_MODULES.values()):
        importlib.import_module(f"netmon.cli.{name}").register(commands, common())
    return parser
