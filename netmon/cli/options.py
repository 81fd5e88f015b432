"""The options that every command takes."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def common() -> argparse.ArgumentParser:
    """Give a parser of the options that every command takes, to be a parent of its own."""
    options = argparse.ArgumentParser(add_help=False)
    inventory = Path(os.environ.get("NETMON_INVENTORY") or "inventory")
    options.add_argument(
        "--inventory",
        type=Path,
        default=inventory,
        metavar="DIR",
        help="the inventory (default: $NETMON_INVENTORY, else ./inventory)",
    )
    options.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"where the history is kept (default: $NETMON_DATA, else {_users_folder()})",
    )
    options.add_argument("--json", action="store_true", help="print JSON")
    return options


def data_folder(arguments: argparse.Namespace) -> Path:
    """Give the folder of the history: the one that was named, that of the environment, or the user's."""
    named: Path | None = arguments.data
    return _kept() if named is None else named


def duration(text: str) -> int:
    """Read ``90s``, ``5m``, ``2h`` or ``1d`` as seconds, for an option.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write it as 90s, 5m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]


def _kept() -> Path:
    named = os.environ.get("NETMON_DATA")
    return Path(named) if named else _users_folder()


def _users_folder() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "netmon"
