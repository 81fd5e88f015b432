"""Profiles put together from what they extend, and the one that fits a device."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from netmon.profiles.reading import parse
from netmon.profiles.words import Entry, Match, Profile, ProfileError, Table

_T = TypeVar("_T")

FALLBACK: Final = "generic"
"""The profile of a device that no other fits; every set of profiles has it."""


def build(raw: Mapping[str, Any]) -> dict[str, Profile]:
    """Check a set of profiles (name to data as YAML gave it) and put each together with what it extends.

    Raises:
        ProfileError: a mistake; its path begins with the profile's name.
    """
    parsed: dict[str, Profile] = {}
    for name, data in raw.items():
        try:
            parsed[name] = parse(name, data)
        except ProfileError as error:
            raise ProfileError((name, *error.path), error.message) from None
    if FALLBACK not in parsed:
        raise ProfileError((), f"there is no profile {FALLBACK}")
    return {name: _extended(name, parsed, ()) for name in parsed}


def _extended(name: str, parsed: Mapping[str, Profile], seen: tuple[str, ...]) -> Profile:
    profile = parsed[name]
    if not profile.extends:
        return profile
    if profile.extends not in parsed:
        raise ProfileError((name, "extends"), f"there is no profile {profile.extends}")
    if profile.extends in {*seen, name}:
        raise ProfileError((name, "extends"), f"goes round in a circle: {' -> '.join((*seen, name, profile.extends))}")
    return _merged(_extended(profile.extends, parsed, (*seen, name)), profile)


def _merged(below: Profile, above: Profile) -> Profile:
    """Lay one profile over another: what has the same name is replaced, the rest stands beside it."""
    return replace(
        above,
        vendor=above.vendor or below.vendor,
        root=above.root or below.root,
        system={**below.system, **above.system},
        scalars=_overlaid(below.scalars, above.scalars, _of_entry),
        tables=_overlaid(below.tables, above.tables, _of_table),
        groups=_overlaid(below.groups, above.groups, _of_entry),
        access_points=above.access_points or below.access_points,
        bulk=below.bulk if above.bulk is None else above.bulk,
        max_repetitions=above.max_repetitions or below.max_repetitions,
        max_varbinds=above.max_varbinds or below.max_varbinds,
    )


def _of_entry(entry: Entry) -> object:
    return entry.measure, entry.labels


def _of_table(table: Table) -> object:
    return table.name


def _overlaid(below: Iterable[_T], above: Iterable[_T], key: Callable[[_T], object]) -> tuple[_T, ...]:
    return tuple({**{key(item): item for item in below}, **{key(item): item for item in above}}.values())


def _fits(match: Match, sys_object_id: str, sys_descr: str) -> tuple[int, int] | None:
    """Say how closely it fits: numbers of the longest matching prefix, and texts that had to fit; ``None``: not."""
    longest = max((_below(sys_object_id, prefix) for prefix in match.sys_object_id), default=0)
    if match.sys_object_id and not longest:
        return None
    if match.sys_descr and not re.search(match.sys_descr, sys_descr):
        return None
    if match.sys_descr_not and re.search(match.sys_descr_not, sys_descr):
        return None
    return longest, bool(match.sys_descr) + bool(match.sys_descr_not)


def _below(oid: str, prefix: str) -> int:
    """Give the prefix's length in numbers where ``oid`` is it or lies below it, else 0."""
    return prefix.count(".") + 1 if f"{oid}.".startswith(f"{prefix.strip('.')}.") else 0


def identify(profiles: Mapping[str, Profile], sys_object_id: str, sys_descr: str) -> Profile:
    """Choose the profile that fits most closely (longest sysObjectID prefix, then most texts), or the fallback.

    Its variants that fit are laid over it, in their order.
    """
    best, closest = profiles[FALLBACK], (-1, -1)
    for profile in profiles.values():
        for match in profile.match:
            fit = _fits(match, sys_object_id, sys_descr)
            if fit is not None and fit > closest:
                best, closest = profile, fit
    return with_variants(best, sys_object_id, sys_descr)


def with_variants(profile: Profile, sys_object_id: str, sys_descr: str) -> Profile:
    """Lay those variants over a profile that fit the device."""
    for match, variant in profile.variants:
        if _fits(match, sys_object_id, sys_descr) is not None:
            profile = replace(_merged(profile, variant), match=profile.match, variants=())
    return profile
