"""The command line of ``tests/recordings.py``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from recording_compare import judged
from recordings import (
    Entry,
    Found,
    differing,
    entries,
    expected_of,
    find,
    index,
    recording,
    sound_profiles,
    sound_tables,
)

from netmon.profiles import Profile


def main(arguments: Sequence[str]) -> int:
    """Show recordings; give 1 where one is not as its table says."""
    parser = argparse.ArgumentParser(prog="recordings.py", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="recordings to show in full")
    parser.add_argument("--family", type=Path, metavar="FILE", help="hold all of a table; show what is not as it says")
    parser.add_argument("--unlisted", action="store_true", help="name those in no table, and what they are taken for")
    parser.add_argument("--os", metavar="OS", help="show all of a system as the index names it, shortly")
    parser.add_argument("--brief", action="store_true", help="without the summary")
    chosen = parser.parse_args(arguments)
    known = sound_profiles(sys.stderr.write)
    listed = sound_tables(sys.stderr.write)
    if chosen.unlisted:
        return _unlisted(listed, known)
    entries_ = entries(chosen.family) if chosen.family else []
    names = [*chosen.names, *(name for name, row in index().items() if chosen.os and row["os"] == chosen.os)]
    failed = sum(_hold(entry, known) for entry in entries_)
    failed += sum(_show(name, listed.get(name), known, brief=chosen.brief or bool(chosen.os)) for name in names)
    return int(failed > 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _unlisted(listed: Mapping[str, Entry], known: Mapping[str, Profile]) -> int:
    missing = [row for name, row in index().items() if name not in listed]
    for row in sorted(missing, key=lambda row: (row["tier"], row["os"])):
        found = find(recording(row["name"]), known)
        _say(f"{row['name']:36} os {row['os']:24} {row['vendor']:20} tier {row['tier']}  is {found.plan.profile}")
    _say(f"{len(missing)} in no table")
    return int(bool(missing))


def _hold(entry: Entry, known: Mapping[str, Profile]) -> bool:
    found = find(recording(entry.name), known)
    wrong = _wrong(entry, found)
    _say(f"{'WRONG' if wrong else 'right'} {entry.name}: {found.plan.profile}, {_cost(found)}")
    for line in wrong:
        _say(f"    {line}")
    return bool(wrong)


def _wrong(entry: Entry, found: Found) -> list[str]:
    wrong = [f"cannot be read: {gone}" for gone in found.contact.missing]
    if found.plan.profile != entry.profile:
        wrong.append(f"is {found.plan.profile}, the table says {entry.profile}")
    return wrong + judged(differing(entry.name, found), entry.differs)


def _show(name: str, entry: Entry | None, known: Mapping[str, Profile], *, brief: bool) -> bool:
    found = find(recording(name), known)
    expected = expected_of(name)
    _say(f"== {name}: os {expected['os']}, {expected['vendor']}, tier {expected['tier']}; {_cost(found)}")
    _say(f"   {expected['snmprec_sys']}")
    _say(f"   is {found.plan.profile}" + (f" (the table says {entry.profile})" if entry else " (in no table)"))
    if not brief:
        _say(_shown(found))
    for each in differing(name, found):
        _say(f"   {each}")
    wrong = _wrong(entry, found) if entry else []
    for line in wrong:
        _say(f"   WRONG {line}")
    return bool(wrong)


def _shown(found: Found) -> str:
    told = found.summary
    ports = [json.dumps(port) for port in told["interfaces"]]
    parts = [json.dumps({"system": told["system"], "wifi": told["wifi"], "radio_links": told["radio_links"]}, indent=1)]
    return "\n".join([*parts, f"{len(ports)} interfaces:", *ports[:40]])


def _cost(found: Found) -> str:
    cells = sum(map(len, found.plan.requests))
    volatile = sum(map(len, found.plan.volatile))
    polls = f"poll {len(found.plan.requests)} packets {cells} cells {volatile} volatile columns"
    return f"first contact ~{found.packets} packets, {polls}, {len(found.read)} readings"
