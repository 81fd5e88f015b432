"""The kinds of value an inventory knows, from ids to service hours."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from decimal import Decimal
from functools import cache, partial
from typing import Any

from netmon.inventory import moments, source
from netmon.inventory.kinds import ID, INVALID, Kind, attempt, choice, scalar
from netmon.inventory.mistakes import Report, Wrong
from netmon.inventory.source import Node, Scalar, shown
from netmon.model import Reach, ReachKind, ServiceHours, TimeSpans

LONGEST_TEXT = 500
LARGEST_RADIUS = 50_000
LONGEST_NAME = 253
PILLARS = ("government", "economy", "living", "branding", "environment", "society")

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,20})?")
_SHARE_TEXT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,10})?)\s*%?")


def _text(text: str) -> str:
    if not text.strip():
        raise Wrong("is blank", "write a value or remove the key")
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"is longer than {LONGEST_TEXT} characters", "shorten it")
    return " ".join(text.split())


def _identity(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise Wrong(
            "{} is no id", "write letters, digits, dots, dashes and underscores, beginning with a letter or digit"
        )
    return text


def _code(text: str) -> str:
    if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6}){0,4}", text) is None:
        raise Wrong("{} is no code of a region", 'write numbers and dots as in regions.csv, "13.71.01.1011"')
    return text


def _integer(text: str, least: int, most: int) -> int:
    if re.fullmatch(r"[0-9]{1,12}", text) is None or not least <= int(text) <= most:
        raise Wrong("{} is no number that fits", f"write a whole number from {least} to {most}")
    return int(text)


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in {"true", "false"}:
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word, "true or false")
        raise Wrong("{} is neither true nor false", f"write {meant}")
    return word == "true"


def _share(text: str) -> float:
    if _NUMBER.fullmatch(text) and 0 <= Decimal(text) <= 1:
        return float(text)
    percent = _SHARE_TEXT.fullmatch(text)
    if percent and Decimal(percent[1]) <= 100:  # noqa: PLR2004 -- a percentage
        meant = (Decimal(percent[1]) / 100).normalize()
        raise Wrong("{} is no share from 0 to 1", f"write {meant:f}")
    raise Wrong("{} is no share from 0 to 1", "write 0.995 for 99.5 %")


def _degrees(text: str) -> float:
    if _NUMBER.fullmatch(text) is None or abs(float(text)) > 180:  # noqa: PLR2004 -- degrees of longitude
        raise Wrong("{} is no coordinate", "write degrees with a point: -0.9903")
    return float(text)


def _radius(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?m?", text)
    if found is None or not 0 < float(found[1]) <= LARGEST_RADIUS:
        raise Wrong("{} is no radius", f"write metres as 60m, at most {LARGEST_RADIUS}m")
    return float(found[1])


def address(text: str) -> str:
    """Read an IPv4 or IPv6 address, in its shortest form, or a host name (RFC 1123, underscores allowed).

    Raises:
        Wrong: It is none of them.
    """
    with suppress(ValueError):
        return str(ipaddress.ip_address(text))
    if "://" in text:
        raise Wrong("{} is a URL", "write the address alone")
    with_port = re.fullmatch(r"\[(.+)\](?::[0-9]+)?|([^:]+):[0-9]+", text)
    if with_port:
        raise Wrong("{} is more than an address", f"write {with_port[1] or with_port[2]}, and the port as `port`")
    if "/" in text:
        raise Wrong("{} is a network", "write the address of one device")
    labels = text.removesuffix(".").split(".")
    if labels[-1].isdigit():
        raise Wrong("{} is no IPv4 address", "write four numbers from 0 to 255 without leading zeros: 10.71.3.11")
    if len(text) > LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise Wrong("{} is no address", "write an IPv4 address, an IPv6 address or a host name")
    return text


def _numeric(text: str) -> str:
    given = address(text)
    with suppress(ValueError):
        return str(ipaddress.ip_address(given))
    raise Wrong("{} is a host name", "write the IPv4 or IPv6 address itself")


def _network(text: str) -> str:
    with suppress(ValueError):
        return str(ipaddress.ip_network(text))
    with suppress(ValueError):
        meant = ipaddress.ip_network(text, strict=False)
        raise Wrong("{} has bits set beyond its prefix", f"write {meant}")
    raise Wrong("{} is no network", "write it as 10.71.0.0/16 or 2001:db8::/48")


def _reach(text: str) -> Reach:
    if text in {ReachKind.ICMP, ReachKind.SNMP, ReachKind.CHECKIN}:
        return Reach(ReachKind(text))
    port = re.fullmatch(r"tcp:([0-9]{1,5})", text)
    if port and 1 <= int(port[1]) <= 65535:  # noqa: PLR2004 -- a port of TCP
        return Reach(ReachKind.TCP, port=int(port[1]))
    raise Wrong("{} is no way to reach a device", "write icmp, snmp, tcp:PORT, checkin or {interface: NAME, of: ID}")


def _reach_of(node: source.Mapping, key: str, report: Report) -> Reach:
    values = {}
    for name, (at, value) in node.entries.items():
        kind = {"interface": TEXT, "of": IDENTITY}.get(name)
        if kind is None:
            report.mistake(at, f"{key}.{name}", "is no key of reach", "write interface and of")
        else:
            values[name] = attempt(kind, value, f"{key}.{name}", report)
    missing = [name for name in ("interface", "of") if name not in node.entries]
    if missing:
        raise Wrong(f"{' and '.join(missing)} must be said", "write {interface: NAME, of: ID}")
    if INVALID in values.values():
        return Reach(ReachKind.INTERFACE)
    return Reach(ReachKind.INTERFACE, interface=values["interface"], of=values["of"])


def _read_reach(node: Node, key: str, report: Report) -> Reach:
    if isinstance(node, source.Mapping):
        return _reach_of(node, key, report)
    reach: Reach = _REACH_WORD.read(node, key, report)
    return reach


def _numbers(node: Node, key: str, report: Report, names: tuple[str, ...]) -> tuple[float, ...] | Any:
    written = f"[{', '.join(names)}]"
    if not isinstance(node, source.Sequence):
        raise Wrong(f"{shown(node)} stands in place of {len(names)} numbers", f"write {written}")
    if len(node.items) != len(names):
        raise Wrong(f"{len(node.items)} numbers stand where {len(names)} belong", f"write {written}")
    values = [attempt(DEGREES, item, key, report) for item in node.items]
    return INVALID if INVALID in values else tuple(values)


def _location(node: Node, key: str, report: Report) -> Any:
    place = _numbers(node, key, report, ("latitude", "longitude"))
    if place is not INVALID and abs(place[0]) > 90:  # noqa: PLR2004 -- degrees of latitude
        raise Wrong(f"{place[0]} is no latitude", "write [latitude, longitude]: the latitude comes first")
    return place


def _bounds(node: Node, key: str, report: Report) -> Any:
    box = _numbers(node, key, report, ("south", "west", "north", "east"))
    if box is not INVALID and not (-90 <= box[0] < box[2] <= 90 and box[1] < box[3]):  # noqa: PLR2004 -- latitudes
        raise Wrong("these are no bounds", "write [south, west, north, east]: south below north, west below east")
    return box


def _hours(node: Node, key: str, report: Report) -> ServiceHours | Any:
    if not isinstance(node, source.Mapping):
        hours = HOURS_OF_A_DAY.read(node, key, report)
        if not hours:
            raise Wrong("never in service", "write hours, or `decommissioned` and its date")
        return moments.every_day(hours)
    week: dict[int, TimeSpans] = {}
    holidays: TimeSpans | None = None
    before = len(report.mistakes)
    for name, (at, value) in node.entries.items():
        inside = f"{key}.{name}"
        hours = attempt(HOURS_OF_A_DAY, value, inside, report)
        if name == "holidays":
            holidays = hours
            continue
        named = attempt(DAYS, at, inside, report)
        for number in () if named is INVALID else named:
            if number in week:
                report.mistake(at, inside, f"{moments.DAYS[number]} has hours already", "write each day once")
            week[number] = hours
    if len(report.mistakes) > before:
        return INVALID
    if not any(week.values()) and not holidays:
        raise Wrong("never in service", "write hours, or `decommissioned` and its date")
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (week.get(number, ()) for number in range(7))
    return ServiceHours((monday, tuesday, wednesday, thursday, friday, saturday, sunday), holidays)


@cache
def duration(least: int) -> Kind:
    """Give the kind of a duration of at least so many seconds."""
    schema = {"type": ["string", "integer"] if least == 0 else "string", "pattern": "^[0-9]{1,9}[smhd]$"}
    return scalar("a duration", partial(moments.duration, least=least), schema)


@cache
def integer(least: int, most: int) -> Kind:
    """Give the kind of a whole number within limits."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return scalar("a number", partial(_integer, least=least, most=most), schema)


_TEXT_OR_NUMBER = {"type": ["string", "number"]}
_STRING = {"type": "string"}
_NUMBER_SCHEMA = {"type": "number"}

TEXT = scalar("text", _text, _STRING | {"minLength": 1, "maxLength": LONGEST_TEXT})
IDENTITY = scalar("an id", _identity, _STRING | {"pattern": f"^{ID.pattern}$"})
CODE = scalar("a code", _code, _TEXT_OR_NUMBER)
BOOLEAN = scalar("true or false", _boolean, {"type": "boolean"})
SHARE = scalar("a share", _share, _NUMBER_SCHEMA | {"minimum": 0, "maximum": 1})
DEGREES = scalar("a coordinate", _degrees, _NUMBER_SCHEMA | {"minimum": -180, "maximum": 180})
RADIUS = scalar("a radius", _radius, {"type": ["string", "number"], "pattern": "^[0-9.]+ ?m?$"})
PORT = integer(1, 65535)
ADDRESS = scalar("an address", address, _STRING)
NUMERIC = scalar("an address", _numeric, _STRING)
NETWORK = scalar("a network", _network, _STRING)
DAY = scalar("a date", moments.day, _STRING | {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
TIME = scalar("a time", moments.time, _STRING | {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"})
TIME_OR_DAY = scalar("a date", moments.time_or_day, _STRING | {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"})
HOURS_OF_A_DAY = scalar("service hours", moments.spans, _STRING)
DAYS = scalar("days", moments.days, _STRING)
PILLAR = choice("a pillar", PILLARS)

_REACH_WORD = scalar("a way to reach a device", _reach, _STRING | {"pattern": "^(icmp|snmp|checkin|tcp:[0-9]{1,5})$"})
_REACH_OF = {
    "type": "object",
    "properties": {"interface": TEXT.schema, "of": IDENTITY.schema},
    "required": ["interface", "of"],
    "additionalProperties": False,
}
REACH_OF_A_WITNESS = Kind(_read_reach, _STRING | {"pattern": "^(icmp|snmp|tcp:[0-9]{1,5})$"})
REACH = Kind(_read_reach, {"anyOf": [_REACH_WORD.schema, _REACH_OF]})
LOCATION = Kind(_location, {"type": "array", "items": DEGREES.schema, "minItems": 2, "maxItems": 2})
BOUNDS = Kind(_bounds, {"type": "array", "items": DEGREES.schema, "minItems": 4, "maxItems": 4})
SERVICE_HOURS = Kind(_hours, {"anyOf": [_STRING, {"type": "object", "additionalProperties": _STRING}]})


def _read_secret(node: Node, key: str, report: Report, extra: frozenset[str]) -> Any:
    """Read where a secret comes from: ``("env", NAME)`` or ``("file", PATH)``."""
    if not isinstance(node, source.Mapping):
        raise Wrong("a secret does not belong in a file that others read", HOW_INSTEAD)
    sources = {name: value for name, (_, value) in node.entries.items() if name not in extra}
    if len(sources) != 1 or not set(sources) <= {"env", "file"}:
        raise Wrong("does not say where the secret comes from", HOW_INSTEAD)
    [(kind, value)] = sources.items()
    if not isinstance(value, Scalar) or not value.text or "\0" in value.text:
        raise Wrong("does not say where the secret comes from", HOW_INSTEAD)
    if kind == "env" and re.fullmatch(r"[A-Z][A-Z0-9_]{0,99}", value.text) is None:
        report.mistake(
            value,
            f"{key}.env",
            "is no name of an environment variable",
            "write its name in capitals, digits and underscores, never the secret itself",
        )
        return INVALID
    return kind, value.text


HOW_INSTEAD = "write {env: NAME} or {file: PATH}, and put the secret there"
_SECRET_SOURCES = {
    "env": _STRING | {"pattern": "^[A-Z][A-Z0-9_]*$", "description": "the environment variable that holds it"},
    "file": _STRING | {"minLength": 1, "description": "the file, outside the repository, that holds it"},
}


def _secret_schema(extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": _SECRET_SOURCES | extra,
        "required": list(extra),
        "oneOf": [{"required": ["env"]}, {"required": ["file"]}],
        "additionalProperties": False,
    }


SECRET = Kind(partial(_read_secret, extra=frozenset()), _secret_schema({}))


def protected(kind: Kind) -> Kind:
    """Give the kind of a secret that stands beside the protocol it is used with: ``(protocol, source)``."""

    def read(node: Node, key: str, report: Report) -> Any:
        found = _read_secret(node, key, report, frozenset({"protocol"}))
        if not isinstance(node, source.Mapping) or "protocol" not in node.entries:
            raise Wrong("the protocol is missing", "write {protocol: …, env: NAME}")
        protocol = attempt(kind, node.entries["protocol"][1], f"{key}.protocol", report)
        return INVALID if INVALID in (found, protocol) else (protocol, found)

    return Kind(read, _secret_schema({"protocol": kind.schema}))
