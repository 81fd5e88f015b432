"""What a profile says of the commands that a device is sent where SNMP cannot tell, as frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from netmon.measures import MEASURES

_ANY: Final = (
    r"^\s*\^\s*$|^% ?\S|^Error\b|\b(?:unknown|invalid|incomplete|ambiguous|unrecognized) (?:command|input|parameter)"
)
_CISCO: Final = r"^\s*% ?(?:invalid|incomplete|ambiguous|unknown|unrecognized|bad|authorization|command)"
_ERRORS: Final = MappingProxyType(
    {
        "mikrotik_routeros": r"^(?:bad command name|no such command|syntax error|expected |input does not match|"
        r"failure: |invalid value|no such item|not enough permissions)",
        "linux": r": (?:command )?not found|No such file or directory|[Pp]ermission denied|^Command failed|"
        r"^No such wireless device|^Usage:|: applet not found",
        "huawei": r"^\s*\^\s*$|^\s*Error: ?",
        "hp_comware": r"^\s*\^\s*$|^\s*% ?\S",
        "ruijie_os": _CISCO,
        "cisco_ios": _CISCO,
        "cisco_xe": _CISCO,
        "cisco_wlc": r"^Incorrect (?:usage|input)|^\(?.*\)? ?unknown command|^HELP:|^Invalid ",
        "aruba_os": r"^\s*% ?(?:parse error|invalid|incomplete|unknown)|^Invalid input|^% ?Command",
    }
)
"""How devices answer a command that they do not know or do not allow, by how netmiko's name of their driver begins."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a measure's number or a label's text comes from: a group of the match, or ``text`` as the profile says.

    ``means`` gives another text for a text of the device.
    """

    group: str = ""
    transforms: tuple[str, ...] = ()
    text: str = ""
    means: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Command:
    """A command, how its output is cut into rows, and what each row gives.

    ``patterns`` are each searched once in all of it, and together make one row; ``each`` is searched in every line
    or, where ``records`` says how one begins, in every record; ``template`` is one of ntc-templates. ``count``:
    measures that are numbers of rows; ``added``: measures whose rows, of other commands too, are added up.
    ``expect``: an answer without it says nothing.
    """

    send: str
    patterns: tuple[str, ...] = ()
    each: str = ""
    records: str = ""
    template: str = ""
    numbers: tuple[tuple[str, Piece], ...] = ()
    labels: tuple[tuple[str, Piece], ...] = ()
    count: tuple[str, ...] = ()
    added: frozenset[str] = frozenset()
    expect: str = ""
    optional: bool = False

    @cached_property
    def measures(self) -> frozenset[str]:
        """What it can tell."""
        return frozenset([*self.count, *[name for name, _ in self.numbers]])

    def labels_of(self, measure: str) -> tuple[tuple[str, Piece], ...]:
        """Give the labels of one of its measures."""
        return tuple([(name, piece) for name, piece in self.labels if name in MEASURES[measure].labels])


@dataclass(frozen=True)
class Commands:
    """What a device is sent, and how to speak with it.

    ``device_type`` is netmiko's name of the driver; ``keep_open``: its session may be kept from one poll to the next;
    ``error`` finds the line that says that a command is unknown or not allowed.
    """

    device_type: str
    keep_open: bool = True
    error: str = ""
    every: tuple[Command, ...] = field(default=())

    @cached_property
    def refuses(self) -> re.Pattern[str]:
        """What an answer is searched for to know whether it is a refusal."""
        known = (pattern for driver, pattern in _ERRORS.items() if self.device_type.startswith(driver))
        given = self.error or next(known, _ANY)
        return re.compile(given, re.MULTILINE | (re.NOFLAG if self.error else re.IGNORECASE))

    @cached_property
    def measures(self) -> frozenset[str]:
        """What all of them can tell."""
        return frozenset().union(*[one.measures for one in self.every])
