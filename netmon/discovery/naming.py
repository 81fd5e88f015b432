"""Ids for what was found: made of its own name, valid, and nobody else's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 60
_COMMON: Final = frozenset(
    {"ap", "access-point", "accesspoint", "device", "gateway", "host", "router", "switch", "system", "sysname"}
    | {"aruba", "cisco", "hpe", "huawei", "mikrotik", "openwrt", "routeros", "ruijie", "ubiquiti", "ubnt", "unifi"}
    | {"default", "localdomain", "localhost", "none", "null", "unknown"}
)
"""Names that a maker gives, which tell nothing apart."""


def slug(name: str) -> str:
    """Make an id of a name: small letters, digits, dots, dashes, underscores; empty where nothing is left."""
    label = name.partition(".")[0] if re.fullmatch(r"[\w-]+(\.[\w-]+){2,}", name) and not name[0].isdigit() else name
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9._]+", "-", plain)
    return joined.strip("-._")[:_LONGEST].rstrip("-._")


def is_common(name: str) -> bool:
    """Say whether a name is what devices are called that nobody has named."""
    return not slug(name) or slug(name) in _COMMON


class Ids:
    """Gives ids that nobody has yet."""

    def __init__(self, taken: Iterable[str]) -> None:
        """Note those that are taken."""
        self._taken = {each.lower() for each in taken}

    def give(self, *parts: str) -> str:
        """Give an id of the first parts that suffice: the name, then with what comes after it."""
        known = [each for each in map(slug, parts) if each] or ["device"]
        for count in range(1, len(known) + 1):
            name = "-".join(known[:count])
            if name not in self._taken and not (count < len(known) and is_common(name)):
                self._taken.add(name)
                return name
        number = 2
        while (name := f"{'-'.join(known)}-{number}") in self._taken:
            number += 1
        self._taken.add(name)
        return name


def of_address(address: str) -> str:
    """Give an address as a part of an id: ``10-71-3-5``."""
    return address.replace(".", "-").replace(":", "-").strip("-")
