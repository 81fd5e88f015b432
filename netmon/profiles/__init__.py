"""Vendor profiles: which devices they fit, and how a device's answers become measures. Pure.

The data lie beside this file, one ``<vendor>_<os>.yaml`` each; they come in already parsed. A device's first contact:
``identify`` by sysObjectID, sysDescr and the answers to ``questions``, ask what ``needs`` says, ``make_plan``. Each
poll: ask the plan's requests, see with ``misfit`` whether the plan still fits, make ``readings``.
"""

from netmon.profiles.asking import Needs, listing_needs, needs
from netmon.profiles.choosing import FALLBACK, Told, build, identify, questions, with_variants
from netmon.profiles.command_words import Command, Commands
from netmon.profiles.commands import is_expected, readings_of, refusal, rows_of
from netmon.profiles.filling import Rows, Values
from netmon.profiles.listing import AccessPoint, access_points
from netmon.profiles.making import make_plan
from netmon.profiles.plan import (
    Answers,
    Interface,
    Plan,
    boot_timestamp,
    gap,
    is_as_planned,
    misfit,
    readings,
    started_anew,
    table_changed,
)
from netmon.profiles.reading import parse
from netmon.profiles.rules import ONLINE
from netmon.profiles.summary import summary, unreachable
from netmon.profiles.texts import identity_of
from netmon.profiles.transforms import TEXT_TRANSFORMS, TRANSFORMS, Cell, mac_digits
from netmon.profiles.words import SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, Profile, ProfileError

__all__ = [
    "FALLBACK",
    "ONLINE",
    "SYS_DESCR",
    "SYS_OBJECT_ID",
    "SYS_UP_TIME",
    "TEXT_TRANSFORMS",
    "TRANSFORMS",
    "AccessPoint",
    "Answers",
    "Cell",
    "Command",
    "Commands",
    "Interface",
    "Needs",
    "Plan",
    "Profile",
    "ProfileError",
    "Rows",
    "Told",
    "Values",
    "access_points",
    "boot_timestamp",
    "build",
    "gap",
    "identify",
    "identity_of",
    "is_as_planned",
    "is_expected",
    "listing_needs",
    "mac_digits",
    "make_plan",
    "misfit",
    "needs",
    "parse",
    "questions",
    "readings",
    "readings_of",
    "refusal",
    "rows_of",
    "started_anew",
    "summary",
    "table_changed",
    "unreachable",
    "with_variants",
]
