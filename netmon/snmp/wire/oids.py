"""Object identifiers: text, numbers, and the content bytes of their BER encoding (X.690, 8.19)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

LONGEST_SUB_IDS: Final = 127  # 128 sub-identifiers, of which the first two share one (RFC 3416, section 4.1)
_SUB_ID: Final = 0xFFFFFFFF
_ARCS: Final = 40
_MORE: Final = 0x80  # the bit that says "this number goes on"

# Possessive, so that no input makes it look twice at a byte.
_whole_sub_ids = re.compile(
    rb"[\x00-\x7f]*+(?:(?:[\x81-\xff][\x80-\xff]{0,2}[\x00-\x7f]|[\x81-\x8f][\x80-\xff]{3}[\x00-\x7f])[\x00-\x7f]*+)*+"
).fullmatch
_last_byte = re.compile(rb"[\x00-\x7f]").findall


class WireError(ValueError):
    """Bytes that are no SNMP message, or a value that none can carry."""


def encode_sub_ids(sub_ids: Iterable[int]) -> bytes:
    """Give the content bytes of an index, or of any part of an identifier after its first two numbers.

    Raises:
        WireError: A number is not in 0..2^32-1.
    """
    out = bytearray()
    for sub_id in sub_ids:
        if not 0 <= sub_id <= _SUB_ID:
            raise WireError(f"a sub-identifier is not in 0..4294967295: {sub_id}")
        shift = max(sub_id.bit_length() - 1, 0) // 7 * 7
        while shift:
            out.append(_MORE | sub_id >> shift & 0x7F)
            shift -= 7
        out.append(sub_id & 0x7F)
    return bytes(out)


@lru_cache(1 << 16)  # devices of one model have the same names: a city's plans share them
def encode_oid(text: str) -> bytes:
    """Give the content bytes of a dotted identifier (``1.3.6.1``, with or without a leading dot).

    Raises:
        WireError: The text is no identifier of 2 to 128 numbers.
    """
    parts = text.removeprefix(".").split(".")
    if len(parts) > LONGEST_SUB_IDS + 1 or not all(p.isascii() and p.isdigit() and len(p) <= 10 for p in parts):  # noqa: PLR2004 - 2^32 has ten digits
        raise WireError(f"not an object identifier: {text[:80]!r}")
    numbers = [int(p) for p in parts]
    if len(numbers) < 2 or numbers[0] > 2 or (numbers[0] < 2 and numbers[1] >= _ARCS):  # noqa: PLR2004 - X.690, 8.19.4
        raise WireError(f"not an object identifier: {text[:80]!r}")
    return encode_sub_ids([numbers[0] * _ARCS + numbers[1], *numbers[2:]])


def is_well_formed(content: bytes) -> bool:
    """Say whether these are whole sub-identifiers, unpadded, none above 2^32-1, not more than an identifier has."""
    if len(content) > LONGEST_SUB_IDS and len(_last_byte(content)) > LONGEST_SUB_IDS:
        return False
    return content.isascii() or _whole_sub_ids(content) is not None


def sub_ids(content: bytes) -> tuple[int, ...]:
    """Give the numbers of content bytes: an index's numbers, and the sort key of identifiers.

    Of a whole identifier the first number holds the first two (40 x first + second), which sorts the same.

    Raises:
        WireError: The bytes end inside a number, or a number is padded or beyond 2^32-1, or there are too many.
    """
    if not is_well_formed(content):
        raise WireError("a malformed object identifier")
    numbers = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if byte < _MORE:
            numbers.append(number)
            number = 0
    return tuple(numbers)


def decode_oid(content: bytes) -> str:
    """Give the dotted text of an identifier's content bytes, without a leading dot; empty bytes are ``0.0``.

    Raises:
        WireError: As ``sub_ids``.
    """
    first, *rest = sub_ids(content) or (0,)
    top = min(first // _ARCS, 2)
    return ".".join(map(str, (top, first - top * _ARCS, *rest)))


def oid_precedes(first: bytes, second: bytes) -> bool:
    """Say whether one identifier comes before another in the order of SNMP (RFC 3416, section 4.2.2).

    Bytes compare like numbers only while each number takes one byte: 16384 (``81 80 00``) follows 16383 (``ff 7f``).

    Raises:
        WireError: As ``sub_ids``; never for names that ``decode_message`` gave.
    """
    if first.isascii() and second.isascii():
        return first < second
    return sub_ids(first) < sub_ids(second)
