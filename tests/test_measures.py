"""Readings become lines that Prometheus reads back as they were."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from netmon import measures
from netmon.measures import MEASURES, clean, format_value, header, line, line_of, series, text
from netmon.model import Device, Role

AP = Device(id="pam-ap-1", role=Role.ACCESS_POINT, site="pantai-air-manis")
ROUTER = Device(id="rt-1", role=Role.ROUTER, uplink="uplink-air-manis")


def test_a_series_carries_device_site_and_uplink_and_a_finished_line() -> None:
    """The line's beginning is ready to be followed by a value; the labels hold all of it."""
    made = series("wifi_clients", AP)
    assert line_of(made) == 'netmon_wifi_clients{device="pam-ap-1",site="pantai-air-manis",uplink=""} '
    assert made.labels == (("device", "pam-ap-1"), ("site", "pantai-air-manis"), ("uplink", ""))


def test_a_measures_own_labels_follow_in_its_order() -> None:
    """The order of the caller's mapping does not matter."""
    made = series("wifi_radio_clients", AP, {"band": "5", "radio": "wlan1"})
    assert line_of(made).endswith('uplink="",radio="wlan1",band="5"} ')


def test_an_unknown_measure_and_wrong_labels_are_refused() -> None:
    """A mistake in a profile shows where it is made, not on the page."""
    with pytest.raises(KeyError):
        series("wifi_custumers", AP)
    with pytest.raises(ValueError, match=r"interface_up takes the labels \['interface'\], not \[\]"):
        series("interface_up", ROUTER)
    with pytest.raises(ValueError, match="takes the labels"):
        series("wifi_clients", ROUTER, {"radio": "wlan1"})


@pytest.mark.parametrize(
    ("given_value", "shown"),
    [
        ('ether1 "WAN"', r'interface="ether1 \"WAN\""'),
        ("a\nb", r'interface="a\nb"'),
        ("back\\slash", r'interface="back\\slash"'),
        ("nul\0inside", 'interface="nul\ufffdinside"'),
        ("padded\0\0 ", 'interface="padded"'),
        ("\ud800", 'interface="\ufffd"'),
        ("x" * 10_000, f'interface="{"x" * 200}"'),
    ],
)
def test_hostile_names_cannot_break_the_line(given_value: str, shown: str) -> None:
    """Quotes, newlines, backslashes are escaped, the unprintable replaced, the endless cut."""
    assert shown in line_of(series("interface_up", ROUTER, {"interface": given_value}))


def test_bytes_that_are_no_utf8_become_valid() -> None:
    """A cell in Latin-1 is shown as well as it can be."""
    assert clean(b"caf\xe9") == "caf\ufffd"
    assert clean("Padang · Aie".encode()) == "Padang · Aie"


@given(st.one_of(st.text(), st.binary().map(clean)))
def test_any_label_is_read_back_as_it_was_cleaned(value: str) -> None:
    """What a parser finds in the line is exactly the cleaned value, one line, one sample."""
    made = series("interface_info", ROUTER, {"interface": "ether1", "alias": value})
    page = text([(made, 1)])
    page.encode()
    assert page.count("\n") == 1
    [family] = text_string_to_metric_families(page)
    [sample] = family.samples
    assert sample.labels["alias"] == clean(value)
    assert len(clean(value)) <= measures.VALUE_LIMIT
    assert clean(clean(value)) == clean(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (True, "1"),
        (2**64 - 1, "18446744073709551615"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_values_are_exact(value: float, shown: str) -> None:
    """A 64-bit counter loses nothing; fractions are written in their shortest form."""
    assert format_value(value) == shown


def test_text_is_one_line_a_reading() -> None:
    """Nothing for nothing."""
    assert text([]) == ""
    assert text([(series("wifi_clients", AP), 0), (series("cpu_load_ratio", AP), 0.25)]) == (
        'netmon_wifi_clients{device="pam-ap-1",site="pantai-air-manis",uplink=""} 0\n'
        'netmon_cpu_load_ratio{device="pam-ap-1",site="pantai-air-manis",uplink=""} 0.25\n'
    )


def test_a_line_without_labels_has_no_braces() -> None:
    """The form every parser reads."""
    assert line("netmon_witness_up", ()) == "netmon_witness_up "


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_every_measure_keeps_the_rules_of_naming(measure: measures.Measure) -> None:
    """Counters and only they end in _total; names are snake case, base units stand in the name, help is a sentence."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*", measure.name)
    assert (measure.kind == "counter") == measure.name.endswith("_total")
    assert measure.unit in measure.name
    assert re.fullmatch(r"[A-Z0-9].*\.", measure.help)
    assert not set(measure.labels) & set(measures.DEVICE_LABELS)


def test_openmetrics_names_a_counters_family_without_total() -> None:
    """The one difference between the two formats in these lines."""
    counter = MEASURES["interface_receive_bytes_total"]
    assert "# TYPE netmon_interface_receive_bytes_total counter\n" in header(counter)
    assert "# TYPE netmon_interface_receive_bytes counter\n" in header(counter, openmetrics=True)
