"""The vendor-neutral vocabulary of readings, and how a reading becomes a line of Prometheus text.

A measure is what a device can be asked for, whatever its maker calls it. Profiles speak in measures, exporters
print them; the metric's name is ``netmon_`` and the measure's name. What netmon itself concludes (states, periods,
pillars, coverage) is no reading and not listed here.

Pure: no clock, no I/O. Source for the format: Prometheus text exposition format 0.0.4 and OpenMetrics 1.0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from netmon.model import Device, Series

PREFIX: Final = "netmon_"
"""What every metric's name begins with."""

VALUE_LIMIT: Final = 200
"""A label's value is cut to this many characters: a device may call its port what it likes."""

DEVICE_LABELS: Final = ("device", "site", "uplink")
"""What every series of a device carries first; one of site and uplink may be empty."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that devices can be asked for.

    ``labels`` are those beside :data:`DEVICE_LABELS`, in the order of the line. ``unit`` is the base unit, empty
    for counts and truth values.
    """

    name: str
    kind: Literal["gauge", "counter"]
    unit: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def metric(self) -> str:
        """The name of the metric."""
        return PREFIX + self.name


_RADIO: Final = ("radio", "band")
_LINK: Final = ("radio",)
_PORT: Final = ("interface",)

_ALL: Final = (
    Measure("icmp_rtt_seconds", "gauge", "seconds", "Shortest round-trip time of the last observation's echoes."),
    Measure("icmp_loss_ratio", "gauge", "ratio", "Share of the last observation's echoes without an answer."),
    Measure(
        "device_boot_timestamp_seconds",
        "gauge",
        "seconds",
        "When the device last started, from sysUpTime, right across its wrap after 497 days.",
    ),
    Measure("wifi_clients", "gauge", "", "Associated Wi-Fi clients."),
    Measure("wifi_radio_clients", "gauge", "", "Associated Wi-Fi clients of one radio.", _RADIO),
    Measure("wifi_ssid_clients", "gauge", "", "Associated Wi-Fi clients of one network name.", ("ssid",)),
    Measure("wifi_radio_channel", "gauge", "", "Number of the channel a radio works on.", _RADIO),
    Measure("wifi_radio_channel_width_hertz", "gauge", "hertz", "Width of the channel a radio works on.", _RADIO),
    Measure("wifi_radio_utilization_ratio", "gauge", "ratio", "Share of time a radio's channel is busy.", _RADIO),
    Measure("wifi_radio_noise_dbm", "gauge", "dbm", "Noise floor that a radio hears.", _RADIO),
    Measure("wifi_radio_transmit_power_dbm", "gauge", "dbm", "Power with which a radio sends.", _RADIO),
    Measure("wifi_access_points", "gauge", "", "Access points of a controller in one state.", ("state",)),
    Measure("radio_link_signal_dbm", "gauge", "dbm", "Signal that a radio link receives.", _LINK),
    Measure("radio_link_noise_dbm", "gauge", "dbm", "Noise that a radio link hears.", _LINK),
    Measure("radio_link_snr_decibels", "gauge", "decibels", "Signal above the noise of a radio link.", _LINK),
    Measure("radio_link_transmit_power_dbm", "gauge", "dbm", "Power with which a radio link sends.", _LINK),
    Measure(
        "radio_link_receive_rate_bytes_per_second",
        "gauge",
        "bytes_per_second",
        "Rate at which a radio link can receive now.",
        _LINK,
    ),
    Measure(
        "radio_link_transmit_rate_bytes_per_second",
        "gauge",
        "bytes_per_second",
        "Rate at which a radio link can send now.",
        _LINK,
    ),
    Measure("radio_link_frequency_hertz", "gauge", "hertz", "Frequency on which a radio link sends.", _LINK),
    Measure("radio_link_distance_meters", "gauge", "meters", "Distance to the other end of a radio link.", _LINK),
    Measure("hotspot_users", "gauge", "", "Users logged in at a captive portal."),
    Measure("dhcp_leases", "gauge", "", "Addresses that a DHCP server has given out."),
    Measure("interface_receive_bytes_total", "counter", "bytes", "Bytes received.", _PORT),
    Measure("interface_transmit_bytes_total", "counter", "bytes", "Bytes sent.", _PORT),
    Measure("interface_receive_errors_total", "counter", "", "Received packets that had errors.", _PORT),
    Measure("interface_transmit_errors_total", "counter", "", "Packets not sent because of errors.", _PORT),
    Measure("interface_receive_discards_total", "counter", "", "Good received packets thrown away.", _PORT),
    Measure("interface_transmit_discards_total", "counter", "", "Good packets thrown away instead of sent.", _PORT),
    Measure("interface_up", "gauge", "", "1 where the interface can pass packets, else 0.", _PORT),
    Measure("interface_admin_up", "gauge", "", "1 where the interface is switched on by its operator, else 0.", _PORT),
    Measure("interface_speed_bytes_per_second", "gauge", "bytes_per_second", "Speed the interface runs at.", _PORT),
    Measure(
        "interface_bytes_wrap_seconds",
        "gauge",
        "seconds",
        "How soon an interface's byte counters of 32 bits go round at its full speed; absent where they have 64.",
        _PORT,
    ),
    Measure(
        "interface_discontinuity_uptime_seconds",
        "gauge",
        "seconds",
        "The device's uptime when an interface's counters of 32 bits last began anew; 0 for since its start.",
        _PORT,
    ),
    Measure("interface_info", "gauge", "", "The operator's own note beside an interface.", ("interface", "alias")),
    Measure("interface_wan", "gauge", "", "1 for the interface that leads to the provider.", _PORT),
    Measure("cpu_load_ratio", "gauge", "ratio", "Share of time the processors are busy, their mean."),
    Measure("memory_used_ratio", "gauge", "ratio", "Share of the main memory in use."),
    Measure("temperature_celsius", "gauge", "celsius", "Temperature at one of the device's sensors.", ("sensor",)),
    Measure("voltage_volts", "gauge", "volts", "Voltage at one of the device's sensors.", ("sensor",)),
)

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType({measure.name: measure for measure in _ALL})
"""Every measure by its name, in the order of the catalogue."""


# Control characters, lone surrogates and Unicode's own line ends: Prometheus takes NUL for the end of the page,
# a lone surrogate cannot be written as UTF-8, and the others break the lines of whoever reads the text.
_UNPRINTABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def clean(value: str | bytes) -> str:
    """Make any text of a device fit for a label: valid UTF-8, no control characters but newline, not too long.

    Bytes that are no UTF-8 and characters that cannot be shown become U+FFFD; NULs and blanks at the ends, with
    which agents pad, are dropped. At most :data:`VALUE_LIMIT` characters are kept.
    """
    # What lies far beyond the limit is dropped before it costs anything; a character has at most four bytes.
    text = value[: 8 * VALUE_LIMIT].decode(errors="replace") if isinstance(value, bytes) else value[: 8 * VALUE_LIMIT]
    return _UNPRINTABLE.sub("\ufffd", text.strip("\0 \t\r\n"))[:VALUE_LIMIT].rstrip(" \n")


def line(metric: str, labels: Iterable[tuple[str, str]]) -> str:
    """Write the beginning of a sample's line, blank included; values are cleaned and escaped.

    Without labels it is the name and the blank.
    """
    pairs = ",".join(f'{name}="{clean(value).translate(_ESCAPES)}"' for name, value in labels)
    return f"{metric}{{{pairs}}} " if pairs else f"{metric} "


def series(measure: str, device: Device, labels: Mapping[str, str] = MappingProxyType({})) -> Series:
    """Make the series of a device's reading.

    ``labels`` must hold exactly the measure's own labels; the device's are put before them.

    Raises:
        KeyError: no such measure.
        ValueError: labels are missing or too many.
    """
    meant = MEASURES[measure]
    if set(labels) != set(meant.labels):
        raise ValueError(f"{measure} takes the labels {list(meant.labels)}, not {sorted(labels)}")
    first, _ = _of_device(device.id, device.site, device.uplink)
    return Series(measure, (*first, *[(name, clean(labels[name])) for name in meant.labels]))


def wan_port(device: Device, told: Iterable[Series]) -> str:
    """Name the interface that leads to a device's provider: the one that it tells, else what the inventory says."""
    return next((dict(one.labels)["interface"] for one in told if one.measure == "interface_wan"), device.wan)


def line_of(series: Series) -> str:
    """Write the beginning of a series' line.

    It is ``netmon_wifi_clients{device="pam-ap-1",site="pantai-air-manis",uplink=""} `` with the blank.
    """
    (_, device), (_, site), (_, uplink), *own = series.labels
    _, text = _of_device(device, site, uplink)
    more = "".join([f',{name}="{clean(value).translate(_ESCAPES)}"' for name, value in own])
    return f"{MEASURES[series.measure].metric}{{{text}{more}}} "


@lru_cache(64)
def _of_device(device: str, site: str, uplink: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Give the labels that every series of a device carries, and their text; its series are made one after another."""
    pairs = (("device", device), ("site", site), ("uplink", uplink))
    return pairs, line("", pairs)[1:-2]


def format_value(value: float) -> str:
    """Write a number as Prometheus reads it: whole numbers exactly, fractions by their shortest true form."""
    if isinstance(value, int):
        return str(int(value))  # int() turns a truth value into 0 or 1
    if math.isfinite(value):
        return repr(value)
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def text(readings: Iterable[tuple[Series, float]]) -> str:
    """Write one line a reading, in the order given; the empty text for none."""
    return "".join([f"{line_of(series)}{format_value(value)}\n" for series, value in readings])


def header(measure: Measure, *, openmetrics: bool = False) -> str:
    """Write the HELP and TYPE lines of a measure's family; OpenMetrics names a counter's family without ``_total``."""
    name = measure.metric.removesuffix("_total") if openmetrics and measure.kind == "counter" else measure.metric
    return f"# HELP {name} {measure.help}\n# TYPE {name} {measure.kind}\n"
