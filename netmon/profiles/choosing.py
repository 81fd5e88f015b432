"""Profiles put together from what they extend, and the one that fits a device."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from netmon.profiles.asking import needs
from netmon.profiles.reading import parse
from netmon.profiles.transforms import Cell, text_of
from netmon.profiles.words import Entry, Match, Profile, ProfileError, Table

_T = TypeVar("_T")

FALLBACK: Final = "generic"
"""The profile of a device that no other fits; every set of profiles has it."""

_LONGEST: Final = 2000  # characters of a text that a pattern looks at
_ANY_ROOT: Final = "1.3.6.1.4.1.0"
_DEEPEST: Final = 20  # profiles that extend each other


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
    built = {name: _extended(name, parsed, ()) for name in parsed}
    for name, profile in built.items():
        _check_root(name, profile)
    return built


def _check_root(name: str, profile: Profile) -> None:
    """Refuse objects below the device's own identifier where the profile does not say that it has such."""
    for one in (profile, *[_merged(profile, variant) for _, variant in profile.variants]):
        if not one.root and (below := _every(replace(one, root=True)) - _every(one)):
            oid = min(below).removeprefix(_ANY_ROOT)
            raise ProfileError((name,), f"{oid} begins with a dot, and there is no root: sysObjectID")


def _every(profile: Profile) -> set[str]:
    asked = needs(profile, _ANY_ROOT)
    return {*asked.instances, *[oid for group in asked.columns for oid in group]}


def _extended(name: str, parsed: Mapping[str, Profile], seen: tuple[str, ...]) -> Profile:
    profile = parsed[name]
    if not profile.extends:
        return profile
    if profile.extends not in parsed:
        near = difflib.get_close_matches(profile.extends, parsed, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ProfileError((name, "extends"), f"there is no profile {profile.extends}{hint}")
    if len(seen) > _DEEPEST:
        raise ProfileError((name, "extends"), f"extends one that extends one, more than {_DEEPEST} times")
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
        commands=above.commands or below.commands,
    )


def _of_entry(entry: Entry) -> object:
    return entry.measure, entry.labels


def _of_table(table: Table) -> object:
    return table.name


def _overlaid(below: Iterable[_T], above: Iterable[_T], key: Callable[[_T], object]) -> tuple[_T, ...]:
    return tuple({**{key(item): item for item in below}, **{key(item): item for item in above}}.values())


Told = Mapping[str, Cell]
"""What a device gave for the objects of :func:`questions`; ``None``, or nothing, for those it has not."""

_NOTHING: Final[Told] = MappingProxyType({})


def _is_candidate(match: Match, sys_object_id: str, sys_descr: str) -> int | None:
    """Give the numbers of the longest prefix where sysObjectID and sysDescr fit; ``None``: they do not."""
    longest = max((_below(sys_object_id, prefix) for prefix in match.sys_object_id), default=0)
    if match.sys_object_id and not longest:
        return None
    text = sys_descr[:_LONGEST]
    if match.sys_descr and not re.search(match.sys_descr, text):
        return None
    if match.sys_descr_not and re.search(match.sys_descr_not, text):
        return None
    return longest


def _fits(match: Match, sys_object_id: str, sys_descr: str, told: Told) -> tuple[int, int] | None:
    """Say how closely it fits: numbers of the longest matching prefix, and what else had to fit; ``None``: not."""
    longest = _is_candidate(match, sys_object_id, sys_descr)
    if longest is None or any(told.get(oid) is None for oid in match.has):
        return None
    if not all(re.search(one.pattern, text_of(told.get(one.oid))[:_LONGEST]) for one in match.says):
        return None
    return longest, bool(match.sys_descr) + bool(match.sys_descr_not) + len(match.objects())


def _below(oid: str, prefix: str) -> int:
    """Give the prefix's length in numbers where ``oid`` is it or lies below it, else 0."""
    return prefix.count(".") + 1 if f"{oid}.".startswith(f"{prefix.strip('.')}.") else 0


def questions(profiles: Iterable[Profile], sys_object_id: str, sys_descr: str) -> tuple[str, ...]:
    """Name the objects that tell which of some profiles (and of their variants) fits a device, each once.

    A device answers with the object itself, or else with the first that it has below. A profile without a match is
    one that is chosen already.
    """
    asked: dict[str, None] = {}
    for profile in profiles:
        fitting = [one for one in profile.match if _is_candidate(one, sys_object_id, sys_descr) is not None]
        if fitting or not profile.match:
            variants = [one for one, _ in profile.variants if _is_candidate(one, sys_object_id, sys_descr) is not None]
            asked.update(dict.fromkeys(oid for one in (*fitting, *variants) for oid in one.objects()))
    return tuple(asked)


def identify(profiles: Mapping[str, Profile], sys_object_id: str, sys_descr: str, told: Told = _NOTHING) -> Profile:
    """Choose the profile that fits most closely (longest sysObjectID prefix, then most else), or the fallback.

    Its variants that fit are laid over it, in their order. ``told`` are the answers to :func:`questions`.
    """
    best, closest = profiles[FALLBACK], (-1, -1)
    for profile in profiles.values():
        for match in profile.match:
            fit = _fits(match, sys_object_id, sys_descr, told)
            if fit is not None and fit > closest:
                best, closest = profile, fit
    return with_variants(best, sys_object_id, sys_descr, told)


def with_variants(profile: Profile, sys_object_id: str, sys_descr: str, told: Told = _NOTHING) -> Profile:
    """Lay those variants over a profile that fit the device."""
    for match, variant in profile.variants:
        if _fits(match, sys_object_id, sys_descr, told) is not None:
            profile = replace(_merged(profile, variant), match=profile.match, variants=())
    return profile
