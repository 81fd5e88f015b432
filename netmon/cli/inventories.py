"""``netmon check`` and ``netmon schema``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from netmon.cli.collecting import nothing_collected
from netmon.cli.terminal import ALL_WELL, complain, print_json, print_table
from netmon.inventory import load, schema, summary

_MOST_NAMED = 12


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    check = commands.add_parser(
        "check", parents=[common], help="load the inventory, report every mistake, say what is there"
    )
    check.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the inventory, instead of --inventory")
    check.add_argument("--no-secrets", action="store_true", help="do not look up the values of credentials")
    check.set_defaults(run=_check)
    editors = commands.add_parser("schema", parents=[common], help="print the JSON Schema of the inventory for editors")
    editors.set_defaults(run=_schema)


def _schema(_arguments: argparse.Namespace) -> int:
    print_json(schema())
    return ALL_WELL


@nothing_collected()
def _check(arguments: argparse.Namespace) -> int:
    loaded = load(arguments.folder or arguments.inventory, secrets=not arguments.no_secrets)
    found = summary(loaded.inventory, loaded.warnings)
    if arguments.json:
        print_json(found)
        return ALL_WELL
    for warning in loaded.warnings:
        complain(f"warning: {warning}")
    print(f"{found['city']['name']} ({found['city']['code']}), {found['city']['zone']}, revision {found['revision']}\n")
    print_table("What is there", ["", "active", "planned", "of them"], _counts(found))
    print()
    names = {code: region.name for code, region in loaded.inventory.kelurahan.items()}
    villages = found["kelurahan"]
    rows = [
        ("with an uplink", villages["with_uplink"], _named(villages["without_uplink"], names)),
        ("with a hotspot", villages["with_hotspot"], _named(villages["without_hotspot"], names)),
    ]
    print_table(f"{villages['all']} kelurahan", ["", "kelurahan", "without"], rows)
    return ALL_WELL


def _counts(found: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        ("sites", found["sites"]["active"], found["sites"]["planned"], _listed(found["sites"]["by_kind"])),
        ("uplinks", found["uplinks"]["active"], found["uplinks"]["planned"], _listed(found["uplinks"]["by_provider"])),
        ("devices", found["devices"]["active"], found["devices"]["planned"], _listed(found["devices"]["by_role"])),
        ("", "", "", _listed(found["devices"]["by_profile"])),
        ("services", found["services"]["active"], "", ""),
        ("maintenance", found["maintenance"], "", ""),
    ]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _named(codes: list[str], names: dict[str, str]) -> str:
    if not codes:
        return "none"
    more = f" and {len(codes) - _MOST_NAMED} more" if len(codes) > _MOST_NAMED else ""
    return f"{len(codes)}: " + ", ".join(names[code] for code in codes[:_MOST_NAMED]) + more
