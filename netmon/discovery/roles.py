"""What a device is probably for, and from what that is guessed: a reviewer has the last word."""

from __future__ import annotations

import re
from typing import Final

from netmon.discovery.found import Found
from netmon.model import Role

_LAYER_2: Final = 2  # sysServices (RFC 3418): a sum of 2^(layer - 1)
_LAYER_3: Final = 4

_WORDS: Final = (
    (
        Role.LINK,
        re.compile(r"airfiber|\bltu\b|60 ?ghz|gigabeam|mimosa|\bptp\b|backhaul|wireless bridge", re.IGNORECASE),
    ),
    (Role.CONTROLLER, re.compile(r"controller|\bwlc\b|zonedirector|smartzone|mobility express", re.IGNORECASE)),
    (Role.ACCESS_POINT, re.compile(r"access point|\bAP[0-9]{2,}|\b[wc]AP\b|\bU[A6]P\b|unifi", re.IGNORECASE)),
    (Role.SWITCH, re.compile(r"switch|\bCRS[0-9]|\bCSS[0-9]", re.IGNORECASE)),
    (Role.ROUTER, re.compile(r"router|gateway|firewall|edgeos|fortigate", re.IGNORECASE)),
)
"""Words of makers in what a device says it is."""


def guess(found: Found) -> tuple[Role, str]:
    """Give a role and a half-sentence that says why."""
    if found.access_points:
        return Role.CONTROLLER, f"it reports {len(found.access_points)} access points"
    described = f"{found.profile.replace('_', ' ')} {found.model} {found.descr}"
    words = next(((role, hit[0]) for role, words in _WORDS if (hit := words.search(described))), None)
    if found.has_wifi and (words is None or words[0] is not Role.LINK):
        return Role.ACCESS_POINT, "it has radios or clients"
    if words is not None:
        return words[0], f'it says "{words[1]}" of itself'
    if found.forwards or found.services & _LAYER_3:
        return Role.ROUTER, "it routes"
    if found.services & _LAYER_2:
        return Role.SWITCH, "it bridges and does not route"
    return Role.SWITCH, "nothing says what it is for; a switch decides nothing about its site"
