"""Pieces of PromQL that several panels share."""

from __future__ import annotations

from typing import Final

from panels import CODES

READINGS: Final = "1m"
"""How often readings are scraped; what is asked of them has this step."""

RATE: Final = "$__rate_interval"


def titled(info: str, key: str) -> str:
    """Give an ``_info`` metric with the label ``title``: the name, or the id where there is none."""
    return f'label_replace(label_replace({info}, "title", "$1", "{key}", "(.+)"), "title", "$1", "name", "(.+)")'


def sites(where: str = "") -> str:
    """Give sites with their titles."""
    return titled(f"netmon_site_info{{{where}}}", "site")


def uplinks(where: str = "") -> str:
    """Give uplinks with their titles."""
    return titled(f"netmon_uplink_info{{{where}}}", "uplink")


def coded(kind: str, where: str = "") -> str:
    """Give states of devices, sites or uplinks, each as the code of its one state; the others are 0."""
    metric = f"netmon_{kind}_state"
    parts = []
    for state, code in CODES.items():
        chosen = ", ".join(part for part in (where, f'state="{state}"') if part)
        parts.append(f"{'' if code == 1 else f'{code} * '}{metric}{{{chosen}}}")
    return f"({' or '.join(parts)})"


def states_of(kind: str, info: str, *by: str) -> str:
    """Give the codes of the states of what ``info`` lists, by labels of ``info``."""
    brought = ", ".join(label for label in by if label != kind)
    return f"sum by ({', '.join(by)}) ({coded(kind)} * on ({kind}) group_left ({brought}) {info})"


def state_rows(kind: str, info: str, *labels: str) -> str:
    """Give the state that each thing is in as the label ``state``, with labels of ``info``."""
    return f"(netmon_{kind}_state == 1) * on ({kind}) group_left ({', '.join(labels)}) {info}"


_UP: Final = "up|degraded"
_KNOWN: Final = "up|degraded|down|down_upstream"


def month_seconds(kind: str, states: str, by: str = "", among: str = "") -> str:
    """Add up the seconds of this month in some states; ``among`` restricts the things."""
    over = f" by ({by})" if by else ""
    seconds = f'netmon_{kind}_period_state_seconds{{state=~"{states}"}}'
    kept = f"{seconds} and on (period) netmon_month_end_timestamp_seconds"
    return f"sum{over} ({kept}{f' and on ({kind}) {among}' if among else ''})"


def availability(kind: str, by: str = "", among: str = "") -> str:
    """Give the availability of this month so far: seconds added up, then divided."""
    return f"{month_seconds(kind, _UP, by, among)} / ({month_seconds(kind, _KNOWN, by, among)} > 0)"


def completeness(kind: str, by: str = "", among: str = "") -> str:
    """Give the share of this month's time of service that was observed."""
    return f"{month_seconds(kind, _KNOWN, by, among)} / ({month_seconds(kind, f'{_KNOWN}|unknown', by, among)} > 0)"


def counted(expression: str) -> str:
    """Count series; none are 0."""
    return f"(count({expression}) or vector(0))"


def open_outages(where_uplinks: str = "", where_sites: str = "") -> str:
    """Count the outages of uplinks and sites that are open now."""
    of_uplinks = f"netmon_uplink_outage_start_timestamp_seconds{where_uplinks}"
    of_sites = f"netmon_site_outage_start_timestamp_seconds{where_sites}"
    return f"{counted(of_uplinks)} + {counted(of_sites)}"


def among(kind: str, where: str) -> str:
    """Restrict a metric of a kind to things of a kecamatan, a site and so on."""
    return f" and on ({kind}) netmon_{kind}_info{{{where}}}"


def clients(where: str = "") -> str:
    """Give the clients of devices that are not controllers, which tell those of others."""
    chosen = ", ".join(part for part in ('role!="controller"', where) if part)
    return f"netmon_wifi_clients * on (device) group_left (site, kecamatan) netmon_device_info{{{chosen}}}"


def wan_bits(way: str, where: str = "") -> str:
    """Give the traffic of the interfaces that lead to providers, in bits a second; ``way`` is receive or transmit."""
    traffic = (
        f"8 * rate(netmon_interface_{way}_bytes_total[{RATE}]) and on (device, interface) netmon_interface_wan == 1"
    )
    return f"({traffic}) * on (device) group_left (kecamatan) netmon_device_info{{{where}}}"
