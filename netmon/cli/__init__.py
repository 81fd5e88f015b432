"""The command ``netmon``: its words, and what each of them runs."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from netmon import __version__
from netmon.cli import inventories, periods, probing, service, simulation, status
from netmon.cli.options import common
from netmon.cli.terminal import INPUT_IS_WRONG, complain
from netmon.history import HistoryError
from netmon.inventory import InventoryError
from netmon.profiles import ProfileError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0 all well, 1 the answer is "not well", 2 the input is wrong."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        return int(arguments.run(arguments))
    except (InventoryError, ProfileError, HistoryError) as error:
        complain(str(error))
        return INPUT_IS_WRONG
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netmon",
        description="Sees a city's free Wi-Fi and the links of its urban villages, "
        "and says truthfully how available they were.",
    )
    parser.add_argument("--version", action="version", version=f"netmon {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register in (
        inventories.register,
        service.register,
        probing.register,
        status.register,
        periods.register,
        simulation.register,
    ):
        register(commands, common())
    return parser
