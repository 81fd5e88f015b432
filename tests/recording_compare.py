"""What netmon read from a recording against what another monitor did, in the words of the tables' selectors.

A selector is a word, for most a number or several (``1,3,7-9`` or ``*``), for ports a field or several:
``cpu``, ``memory``, ``temperature``, ``temperature 2``, ``clients 1-3``, ``ports``, ``port * speed,up``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from netmon.measures import clean

Told = Mapping[str, Any]


class Cells(Protocol):
    """What a device gave: one object by its identifier, or ``None``."""

    def get(self, oid: str, /) -> Any:
        """Give an object."""


@dataclass(frozen=True)
class Difference:
    """One disagreement: its selector, what each says, and of what the other monitor speaks."""

    selector: str
    theirs: Any
    ours: Any
    about: str = ""

    def __str__(self) -> str:
        """Write it for people."""
        return f"{self.selector}: they read {self.theirs!r}, netmon {self.ours!r}  ({self.about})"


def disagreements(ours: Told, theirs: Told, cells: Cells) -> list[Difference]:
    """List where the two differ; what the other monitor did not read at all is no difference."""
    return [*_ports(ours, theirs, cells), *_system(ours, theirs), *_wireless(ours, theirs)]


# -- the tables' reasons --------------------------------------------------------------------------------


def judged(differences: Iterable[Difference], reasons: Mapping[str, str]) -> list[str]:
    """Say which differences have no reason, and which reasons speak of no difference."""
    left = {each.selector: each for each in differences}
    found = set(left)
    out = []
    for selector in reasons:
        meant, missing = _meant(selector, found)
        for each in meant:
            left.pop(each, None)
        out += [f"does not differ: {each}" for each in missing]
    return out + [f"differs: {each}" for each in left.values()]


def _meant(selector: str, found: set[str]) -> tuple[set[str], list[str]]:
    """Give the differences that a selector means, and those parts of it that mean none."""
    word, numbers, fields = (*selector.split(), "", "")[:3]
    meant: set[str] = set()
    missing = []
    for number in numbers.split(","):
        for field in fields.split(","):
            named = {each for each in found if _is_named(each.split(), word, number, field)}
            meant |= named
            if not named:
                missing.append(" ".join(filter(None, (word, number, field))))
    return meant, missing


def _is_named(parts: list[str], word: str, number: str, field: str) -> bool:
    """Say whether the parts of a difference's selector are what these mean; what has a number needs one."""
    if parts[0] != word or parts[2:] != ([field] if field else []) or (len(parts) > 1) != bool(number):
        return False
    first, _, last = number.partition("-")
    return number in {"", "*"} or int(first) <= int(parts[1]) <= int(last or first)


# -- interfaces -----------------------------------------------------------------------------------------

_HC: Final = {"receive_bytes": "1.3.6.1.2.1.31.1.1.1.6", "transmit_bytes": "1.3.6.1.2.1.31.1.1.1.10"}
_COUNTERS: Final = {
    "receive_bytes": ("ifInOctets", "1.3.6.1.2.1.2.2.1.10"),
    "transmit_bytes": ("ifOutOctets", "1.3.6.1.2.1.2.2.1.16"),
    "receive_errors": ("ifInErrors", "1.3.6.1.2.1.2.2.1.14"),
    "transmit_errors": ("ifOutErrors", "1.3.6.1.2.1.2.2.1.20"),
    "receive_discards": ("ifInDiscards", "1.3.6.1.2.1.2.2.1.13"),
    "transmit_discards": ("ifOutDiscards", "1.3.6.1.2.1.2.2.1.19"),
}
_STATES: Final = {"up": "ifOperStatus", "admin_up": "ifAdminStatus"}


def _ports(ours: Told, theirs: Told, cells: Cells) -> Iterator[Difference]:
    have = {port["index"]: port for port in ours["interfaces"]}
    for port in theirs.get("ports", ()):
        index, about = port["ifIndex"], str(port["ifName"])
        if index not in have:
            yield Difference(f"port {index} missing", about, None, about)
            continue
        for field, told, got, is_same in _of_port(have[index], port, cells):
            if not is_same:
                yield Difference(f"port {index} {field}", told, got, about)


def _of_port(ours: Told, theirs: Told, cells: Cells) -> Iterator[tuple[str, Any, Any, bool]]:
    """Give each field that the other monitor knows: its name, what they say, what netmon says, whether it is one."""
    index = theirs["ifIndex"]
    name = clean(str(theirs["ifName"] or theirs["ifDescr"] or index))
    yield "name", name, ours["name"], _same_name(ours["name"], name, f"#{index}")
    for field, key in _STATES.items():
        if theirs.get(key):
            yield field, theirs[key], ours.get(field), ours.get(field) == (theirs[key] == "up")
    if theirs.get("ifSpeed"):
        speed = ours.get("speed_bytes_per_second")
        yield "speed", theirs["ifSpeed"], speed and speed * 8, speed is not None and speed * 8 == theirs["ifSpeed"]
    for field, (key, column) in _COUNTERS.items():
        told, got = theirs.get(key), ours.get(field)
        # They write 0 for a counter that the device does not have; netmon writes nothing.
        is_absent = got is None and not told and not _has(cells, column, _HC.get(field), index)
        if told is not None:
            yield field, told, got, is_absent or got == told


def _same_name(ours: str, theirs: str, suffix: str) -> bool:
    return " ".join(theirs.split()) in {" ".join(ours.split()), " ".join(ours.removesuffix(suffix).split())}


def _has(cells: Cells, column: str, wide: str | None, index: Any) -> bool:
    return any(cells.get(f"{one}.{index}") is not None for one in (column, wide) if one)


# -- processors, memory, temperatures -------------------------------------------------------------------


def _system(ours: Told, theirs: Told) -> Iterator[Difference]:
    system = ours["system"]
    loads = [one["usage_percent"] for one in theirs.get("processors", ()) if one["usage_percent"] is not None]
    cpu = system.get("cpu_load_ratio")
    if loads and (cpu is None or abs(cpu * 100 - sum(loads) / len(loads)) > _ROUNDED):
        yield Difference("cpu", sum(loads) / len(loads), cpu and cpu * 100, f"mean of {len(loads)}")
    pools = [one for one in theirs.get("mempools", ()) if one["class"] == "system"]
    used = system.get("memory_used_ratio")
    shares = [share for one in pools for share in _shares(one)]
    shares += [sum(shares) / len(shares)] if len(pools) > 1 else []  # of several boards netmon gives the mean
    if shares and (used is None or all(abs(used * 100 - share) > _ROUNDED for share in shares)):
        yield Difference("memory", shares, used and used * 100, ", ".join(str(one["descr"]) for one in pools))
    yield from _temperatures(system.get("temperature_celsius", {}), theirs.get("sensors", ()))


_ROUNDED: Final = 0.51  # they keep whole percents


def _shares(pool: Told) -> Iterator[float]:
    if pool["perc"] is not None:
        yield pool["perc"]
    if pool["total"] and pool["used"] is not None:
        yield pool["used"] / pool["total"] * 100


def _temperatures(ours: Mapping[str, float], sensors: Iterable[Told]) -> Iterator[Difference]:
    """Hold each of ours against one of theirs; their small ones (each optical module) netmon need not have."""
    left = [one["value"] for one in sensors if one["type"] == "temperature" and one["value"] is not None]
    if left and not ours:
        yield Difference("temperature", left, None, "any")
    for number, (sensor, value) in enumerate(ours.items() if left else (), 1):
        if not left:
            yield Difference(f"temperature {number}", None, value, sensor)
            continue
        nearest = min(left, key=lambda one: abs(one - value))
        if abs(nearest - value) > _DEGREES:
            yield Difference(f"temperature {number}", nearest, value, sensor)
        else:
            left.remove(nearest)


_DEGREES: Final = 0.051


# -- radios and clients ---------------------------------------------------------------------------------


def _wireless(ours: Told, theirs: Told) -> Iterator[Difference]:
    by_type: dict[str, list[tuple[str, Told]]] = {}
    for sensor in theirs.get("wireless_sensors", ()):
        several = by_type.setdefault(sensor["type"], [])
        several.append((f"{sensor['type']} {len(several) + 1}", sensor))
    for kind, hold in _KINDS.items():
        told = [(selector, one) for selector, one in by_type.get(kind, ()) if one["value"] is not None]
        yield from hold(ours, told)


Sensors = list[tuple[str, Told]]


def _clients(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    wifi = ours["wifi"]
    networks = {one["ssid"]: one["clients"] for one in wifi["ssids"] if "clients" in one}
    sums: dict[str, float] = {}
    for _, sensor in sensors:
        if (ssid := _ssid(sensor, networks)) is not None:
            sums[ssid] = sums.get(ssid, 0) + sensor["value"]
    radios: Sensors = []
    for selector, sensor in sensors:
        ssid = _ssid(sensor, networks)
        if ssid is not None:  # a name may be there several times; netmon adds up by name
            if networks.get(ssid) != sums[ssid]:
                yield Difference(selector, sums[ssid], networks.get(ssid), _about(sensor))
        elif _TOTAL.search(f"{sensor['descr']}|{sensor['index']}") or len(sensors) == 1:
            if wifi["clients"] != sensor["value"]:
                yield Difference(selector, sensor["value"], wifi["clients"], _about(sensor))
        else:
            radios.append((selector, sensor))
    yield from _matched(radios, _of_radios(wifi["radios"], "clients"), float)


_TOTAL: Final = re.compile(r"(?i)\btotal\b(?!-)|^clients\||^client count\||^wlan\|")
_DECORATION: Final = re.compile(r"^(?:SSID:? ?|\dG: |total-)|(?<=.) Clients$")


def _ssid(sensor: Told, networks: Mapping[str, float]) -> str | None:
    """Give the network of which a sensor speaks; ``None``: of none."""
    texts = [str(sensor["descr"]), str(sensor["index"])]
    texts += [_DECORATION.sub("", text) for text in texts]
    found = next((text for text in texts if text in networks), None)
    if found is None and texts[0].startswith("SSID"):
        return texts[2]
    return found


def _access_points(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    states = ours["wifi"]["access_point_states"]
    listed = ours["wifi"]["access_points"]
    online = states.get("online", sum(point.get("state") == "online" for point in listed) if listed else None)
    everyone = sum(states.values()) if states else len(listed) or None
    for selector, sensor in sensors:
        is_total = re.search(r"(?i)total|ap count", str(sensor["descr"]))
        got = everyone if is_total else online
        if got != sensor["value"]:
            yield Difference(selector, sensor["value"], got, _about(sensor))


def _frequencies(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    channels = _of_radios(ours["wifi"]["radios"], "channel")
    links = [(name, hertz / 1e6) for name, hertz in _of_radios(ours["radio_links"], "frequency_hertz")]
    on_links = [(selector, one) for selector, one in sensors if any(_is_near(one["value"], got) for _, got in links)]
    yield from _matched([each for each in sensors if each not in on_links], channels, channel_of)
    yield from _matched(on_links, links, float)


def channel_of(megahertz: float) -> float:
    """Give a frequency's channel number (IEEE 802.11, annex E); 0 for none."""
    if megahertz == 2484:
        return 14
    for base, first, last in ((2407, 2412, 2472), (5000, 5001, 5949), (5950, 5955, 7115)):
        if first <= megahertz <= last:
            return (megahertz - base) / 5
    return 0


def _utilizations(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    yield from _matched(sensors, _of_radios(ours["wifi"]["radios"], "utilization_ratio"), lambda percent: percent / 100)


def _noises(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    yield from _matched(sensors, [*_of_radios(ours["wifi"]["radios"], "noise_dbm"), *_links(ours, "noise_dbm")], float)


def _powers(ours: Told, sensors: Sensors) -> Iterator[Difference]:
    sent = [*_of_radios(ours["wifi"]["radios"], "transmit_power_dbm"), *_links(ours, "transmit_power_dbm")]
    heard = _links(ours, "signal_dbm")
    are_sent = [each for each in sensors if re.search(r"(?i)tx|transmit|output", _about(each[1]))]
    yield from _matched(are_sent, sent, float)
    yield from _matched([each for each in sensors if each not in are_sent], heard, float)


def _links(ours: Told, key: str) -> list[tuple[str, float]]:
    return _of_radios(ours["radio_links"], key)


_KINDS: Final[Mapping[str, Callable[[Told, Sensors], Iterator[Difference]]]] = {
    "clients": _clients,
    "ap-count": _access_points,
    "frequency": _frequencies,
    "channel": lambda ours, sensors: _matched(sensors, _of_radios(ours["wifi"]["radios"], "channel"), float),
    "utilization": _utilizations,
    "noise-floor": _noises,
    "power": _powers,
}


def _of_radios(radios: Iterable[Told], key: str) -> list[tuple[str, float]]:
    return [(str(radio["radio"]), radio[key]) for radio in radios if key in radio]


def _matched(sensors: Sensors, ours: list[tuple[str, float]], turn: Callable[[float], float]) -> Iterator[Difference]:
    """Hold each sensor against a reading of its own: of the radio that it names, else any that has its value."""
    left = list(ours)
    for selector, sensor in sensors:
        value = turn(sensor["value"])
        named = [pair for pair in left if _names(sensor, pair[0])] if len({name for name, _ in ours}) > 1 else []
        fitting = [pair for pair in named or left if _is_near(value, pair[1])]
        if fitting:
            left.remove(fitting[0])
        else:
            yield Difference(selector, value, [got for _, got in named or left], _about(sensor))


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))


def _names(sensor: Told, radio: str) -> bool:
    """Say whether a sensor speaks of a radio: its text holds the name as a word; for a number, its index is it."""
    if radio.isdigit():
        return str(sensor["index"]) in {radio, f"Radio {radio}"}
    return bool(re.search(rf"(?<![\w.]){re.escape(radio)}(?![\w.])", str(sensor["descr"])))


def _about(sensor: Told) -> str:
    return f"{sensor['descr']} | {sensor['index']}"
