"""The closed set of named transforms: what a cell of a MIB must go through to become a measure in base units.

A profile names them, it cannot write its own: no templates, no expressions. Each takes a cell and gives a number, or
``None`` where the cell says nothing (so that the reading is absent, not 0).
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Cell = int | float | bytes | str | None
"""An agent's value: numbers, octet strings as bytes, object identifiers as dotted text, ``None`` for no such thing."""

Transform = Callable[[Cell], float | None]
TextTransform = Callable[[Cell], str]

_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,9})?")
_MEGAHERTZ: Final = re.compile(r"[0-9]{4,5}(?![0-9])")
_WIDTH: Final = re.compile(r"/(?:(5|10|20|40|80|160)(?:MHz)?)?-?([CeX]{2,16})?(?:/|$|\(|-)")

_CHANNEL: Final = re.compile(r"([0-9]{1,3})([A-Z]?)")
_PRINTABLE: Final = re.compile(rb"[0-9a-fA-F.:%]*")
_DOTTED: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10})+")
_SEPARATORS: Final = re.compile(r"[:. -]")
_HEXADECIMAL: Final = re.compile(r"[0-9A-Fa-f]*")

_GAUGE_FULL: Final = 2**32 - 1  # RFC 2863: ifSpeed of an interface too fast for it
_FASTEST: Final = 10_000_000  # megabits per second
_INT_FULL: Final = 2**31 - 1  # beyond it an ifHighSpeed is an agent's way to say that it does not know


def text_of(cell: Cell) -> str:
    """Give a cell as text: bytes that are no UTF-8 are replaced, nothing is the empty text."""
    if isinstance(cell, bytes):
        return cell.decode(errors="replace").strip("\0 \t\r\n")
    return "" if cell is None else str(cell)


def number(cell: Cell) -> float | None:
    """Take a number as it is; a text is none, however much it looks like one."""
    return cell if isinstance(cell, int | float) else None


def _first_number(cell: Cell) -> float | None:
    """Find the first number in a text such as ``38 C`` or ``-54dBm``."""
    if isinstance(cell, int | float):
        return cell
    found = _NUMBER.search(text_of(cell))
    if not found:
        return None
    return float(found[0]) if "." in found[0] else int(found[0])


def _scaled(factor: float, divisor: float = 1) -> Transform:
    """Multiply and divide; a whole number stays one where nothing is divided."""

    def scale(cell: Cell) -> float | None:
        if not isinstance(cell, int | float):
            return None
        return cell * factor if divisor == 1 else cell * factor / divisor

    return scale


def _percent(cell: Cell) -> float | None:
    """Turn 0..100 into 0..1; what lies outside is no percentage."""
    return cell / 100 if isinstance(cell, int | float) and 0 <= cell <= 100 else None  # noqa: PLR2004


def _percent_idle(cell: Cell) -> float | None:
    """Turn a share of idle time into one of busy time."""
    return (100 - cell) / 100 if isinstance(cell, int | float) and 0 <= cell <= 100 else None  # noqa: PLR2004


def _signed_byte(cell: Cell) -> float | None:
    """Read an unsigned byte as a signed one: agents write a noise of -96 dBm as 160."""
    if not isinstance(cell, int | float):
        return None
    return cell - 256 if 127 < cell <= 255 else cell  # noqa: PLR2004


def _low_byte(cell: Cell) -> float | None:
    """Keep the lowest byte of a number in whose higher bytes an agent writes something else."""
    return int(cell) & 255 if isinstance(cell, int | float) and math.isfinite(cell) else None


def _dbm_of_milliwatts(cell: Cell) -> float | None:
    """Give a power in mW as dBm; no power has none."""
    return round(10 * math.log10(cell), 1) if isinstance(cell, int | float) and cell > 0 else None


def _bits_per_second(cell: Cell) -> float | None:
    """IF-MIB::ifSpeed to bytes per second; 0 and the largest number mean that it does not know."""
    return cell / 8 if isinstance(cell, int | float) and 0 < cell < _GAUGE_FULL else None


def _megabits_per_second(cell: Cell) -> float | None:
    """IF-MIB::ifHighSpeed to bytes per second; 0 and absurd numbers mean that it does not know.

    Some agents write bits per second there: no port is as fast as that would be in megabits.
    """
    if not isinstance(cell, int | float) or not 0 < cell < _INT_FULL:
        return None
    return cell * 125_000 if cell < _FASTEST else cell / 8


def _wrap_seconds(cell: Cell) -> float | None:
    """Bytes per second to the seconds in which a counter of 32 bits (RFC 2578, Counter32) goes round at that rate."""
    return 2**32 / cell if isinstance(cell, int | float) and cell > 0 else None


def megahertz(cell: Cell) -> int:
    """Find a Wi-Fi frequency: a number of MHz, or the first such number in a text like ``5180/20-Ceee/ac``; 0: none."""
    if isinstance(cell, int | float):
        return int(cell) if math.isfinite(cell) else 0
    found = _MEGAHERTZ.search(text_of(cell))
    return int(found[0]) if found else 0


def _channel(cell: Cell) -> float | None:
    """Give the channel's number for a frequency (IEEE 802.11, channels of 2.4, 5 and 6 GHz)."""
    frequency = megahertz(cell)
    if frequency == 2484:  # noqa: PLR2004 - channel 14 lies apart
        return 14
    for first, last, start in ((2412, 2472, 2407), (5160, 5885, 5000), (5955, 7115, 5950)):
        if first <= frequency <= last:
            return (frequency - start) // 5
    if 4915 <= frequency <= 4980:  # noqa: PLR2004 - 4.9 GHz
        return (frequency - 4000) // 5
    return None


def _width(cell: Cell) -> float | None:
    """Give the width in hertz from RouterOS's way to write a channel: 20 MHz, and as many more as letters follow one.

    ``5220/20-Ce/an`` is 40 MHz, ``5180/ax/Ceee`` 80 MHz, ``2412/20/gn`` 20 MHz.
    """
    for found in _WIDTH.finditer(text_of(cell)):
        base, extension = found.groups()
        if base or extension:
            return int(base or 20) * 1_000_000 * len(extension or "C")
    return None


TRANSFORMS: Final[Mapping[str, Transform]] = MappingProxyType(
    {
        "first_number": _first_number,
        "percent": _percent,
        "percent_idle": _percent_idle,
        "halves": _scaled(1, 2),
        "tenths": _scaled(1, 10),
        "hundredths": _scaled(1, 100),
        "thousandths": _scaled(1, 1000),
        "kilo": _scaled(1000),
        "kibi": _scaled(1024),
        "mega": _scaled(1_000_000),
        "negative": _scaled(-1),
        "signed_byte": _signed_byte,
        "low_byte": _low_byte,
        "dbm_of_milliwatts": _dbm_of_milliwatts,
        "ticks": _scaled(1, 100),
        "bits_per_second": _bits_per_second,
        "megabits_per_second": _megabits_per_second,
        "wrap_seconds": _wrap_seconds,
        "channel_of_megahertz": _channel,
        "width_of_routeros_channel": _width,
    }
)
"""Every transform that gives a number, by the name that profiles use."""


def _band(cell: Cell) -> str:
    """Give the band in GHz as people say it: ``2.4``, ``5``, ``6``, ``60``; empty for no frequency."""
    text = text_of(cell)
    frequency = megahertz(int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text.encode())  # noqa: PLR2004
    for first, last, band in ((2400, 2500, "2.4"), (4900, 5900, "5"), (5925, 7125, "6"), (57000, 71000, "60")):
        if first <= frequency <= last:
            return band
    return ""


def _band_of_channel(cell: Cell) -> str:
    """Give the band of a channel's number: up to 14 is 2.4 GHz, above 5 GHz; a letter S behind it means 6 GHz.

    Numbers of 6 GHz begin anew at 1, so that they cannot be told from others without such a mark.
    """
    found = _CHANNEL.match(text_of(cell))
    if not found or not 1 <= int(found[1]) <= 233:  # noqa: PLR2004
        return ""
    if found[2] == "S":
        return "6"
    return "2.4" if int(found[1]) <= 14 else "5"  # noqa: PLR2004


def _octets(cell: Cell) -> bytes:
    """Give the octets of a cell, or those that a text writes: hexadecimal in some way, or numbers of an index."""
    if isinstance(cell, bytes) and len(cell) <= 8:  # noqa: PLR2004 - longer ones write them as text
        return cell
    text = text_of(cell)
    pieces = _SEPARATORS.split(text)
    if _DOTTED.fullmatch(text) and len(pieces) > 3:  # noqa: PLR2004 - three are 0011.2233.4455
        numbers = [int(one) for one in pieces]
        return bytes(numbers) if max(numbers) <= 255 else b""  # noqa: PLR2004
    width = 4 if len(pieces) == 3 else 2  # noqa: PLR2004
    digits = "".join([one.rjust(width, "0") for one in pieces]) if len(pieces) > 1 else text
    return bytes.fromhex(digits) if len(digits) % 2 == 0 and _HEXADECIMAL.fullmatch(digits) else b""


def _mac(cell: Cell) -> str:
    """Write a MAC address as ``00:1a:2b:3c:4d:5e``; empty where there is none. Six octets at the end are one."""
    octets = _octets(cell)
    return octets[-6:].hex(":") if len(octets) >= 6 and any(octets) else ""  # noqa: PLR2004


def mac_digits(text: str) -> str:
    """Give the twelve digits of a MAC address in whatever way it is written, in lower case; empty where it is none."""
    parts = _SEPARATORS.split(text.strip().lower())
    digits = "".join(part.zfill(2) for part in parts) if len(parts) == 6 else "".join(parts)  # noqa: PLR2004 - octets
    return digits if len(digits) == 12 and _HEXADECIMAL.fullmatch(digits) else ""  # noqa: PLR2004 - two an octet


def _ipv4(cell: Cell) -> str:
    """Write four octets, or their text, as ``10.0.0.1``; empty for none and for 0.0.0.0."""
    octets = cell if isinstance(cell, bytes) and len(cell) == 4 else _octets(text_of(cell))  # noqa: PLR2004
    return ".".join(map(str, octets)) if len(octets) == 4 and any(octets) else ""  # noqa: PLR2004


def _address(cell: Cell) -> str:
    """Write four or sixteen octets as people write an IP address; a text stays one; empty where all octets are 0."""
    if isinstance(cell, bytes) and len(cell) in {4, 16} and not _PRINTABLE.fullmatch(cell):
        return str(ipaddress.ip_address(cell)) if any(cell) else ""
    return text_of(cell)


def _text_of_index(cell: Cell) -> str:
    """Read the numbers of an index as a text (RFC 2578, section 7.7); its length stands in front unless implied."""
    text = text_of(cell)
    if not _DOTTED.fullmatch(text):
        return ""
    numbers = [int(one) for one in text.split(".")]
    if numbers[0] == len(numbers) - 1:
        numbers = numbers[1:]
    return text_of(bytes(numbers)) if numbers and max(numbers) <= 255 else ""  # noqa: PLR2004


def _lower(cell: Cell) -> str:
    return text_of(cell).lower()


def _upper(cell: Cell) -> str:
    return text_of(cell).upper()


TEXT_TRANSFORMS: Final[Mapping[str, TextTransform]] = MappingProxyType(
    {
        "band_of_megahertz": _band,
        "band_of_channel": _band_of_channel,
        "mac": _mac,
        "ipv4": _ipv4,
        "address": _address,
        "text_of_index": _text_of_index,
        "lower": _lower,
        "upper": _upper,
    }
)
"""Every transform of a label's text, by the name that profiles use."""
