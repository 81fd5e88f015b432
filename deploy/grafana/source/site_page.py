"""One place with free Wi-Fi: its state, its access points, its month."""

from __future__ import annotations

from city import OF_TARGET, STATES_DRAWN
from frame import THIS_SITE, alerts, dashboard, kecamatan, site, to_device
from panels import (
    STATE_STEPS,
    STATES_BY_CODE,
    Json,
    bars,
    column,
    lines,
    mapped,
    placed,
    query,
    rows_of,
    stat,
    state_column,
    table,
    timeline,
)
from queries import READINGS, availability, clients, coded, month_seconds, sites, state_rows, titled, uplinks

OF_SITE = f"netmon_site_info{{{THIS_SITE}}}"
OWN_UPLINK = f"and on (uplink) {OF_SITE}"


def page() -> Json:
    """Give the dashboard."""
    return dashboard(
        "netmon-lokasi",
        "Lokasi: titik Wi-Fi",
        placed(
            (4, _now()),
            (4, _month()),
            (9, [_timeline()]),
            (8, [_devices(), {**alerts(THIS_SITE), "w": 9}]),
            "Pengguna",
            (8, [_clients(), _names()]),
            "Jalur dan lalu lintas",
            (
                8,
                [
                    _traffic(),
                    _reach("netmon_icmp_rtt_seconds", "Latensi", "s"),
                    _reach("netmon_icmp_loss_ratio", "Kehilangan paket", "percentunit"),
                ],
            ),
            "Bulan ini",
            (8, [_seconds(), _about()]),
        ),
        [kecamatan(all_of_them=True), site()],
        alerts_of=THIS_SITE,
    )


def _state(title: str, expression: str) -> Json:
    return stat(title, query(expression), mappings=STATES_BY_CODE, steps=STATE_STEPS, empty="tidak ada")


def _now() -> list[Json]:
    points = f'netmon_device_info{{{THIS_SITE}, role="access_point"}}'
    return [
        _state("Keadaan", f"sum({coded('site', THIS_SITE)})"),
        _state("Keadaan jaringannya", f"sum({coded('uplink')} {OWN_UPLINK})"),
        stat(
            "Titik akses",
            query(f"sum(netmon_device_up and on (device) {points}) or vector(0)", "aktif"),
            query(f"count({points})", "seluruhnya"),
        ),
        stat("Pengguna aktif", query(f"sum({clients(THIS_SITE)})", step=READINGS), empty="tanpa data"),
        stat(
            "Gangguan sejak",
            query(f"1000 * netmon_site_outage_start_timestamp_seconds{{{THIS_SITE}}}"),
            unit="dateTimeAsLocal",
            steps=((None, "red"),),
            empty="tidak ada gangguan",
        ),
        stat(
            "Pemeliharaan",
            query(f"netmon_maintenance_active{{{THIS_SITE}}}", "{{maintenance}}"),
            mappings=mapped({"1": ("sedang berlangsung", "blue")}),
            empty="tidak ada",
        ),
    ]


def _month() -> list[Json]:
    left = f"netmon_target_budget_remaining_seconds{{{THIS_SITE}}}"
    return [
        stat(
            "Ketersediaan bulan ini",
            query(availability("site", among=OF_SITE)),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
        ),
        stat(
            "Sisa waktu henti menurut target",
            query(left),
            unit="s",
            steps=((None, "red"), (0, "green")),
            description="Di bawah 0 target bulan ini tidak terpenuhi.",
        ),
        stat(
            "Gangguan dalam rentang ini",
            query(f"sum(increase(netmon_site_outages_total{{{THIS_SITE}}}[$__range]))", instant=True),
            decimals=0,
            steps=((None, "green"), (1, "orange")),
        ),
        stat(
            "Ketersediaan jaringannya bulan ini",
            query(availability("uplink", among=OF_SITE)),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
            empty="tidak ada",
        ),
    ]


def _timeline() -> Json:
    at_site = f"sum by (device) ({coded('device', THIS_SITE)})"
    behind = f"({coded('uplink')} {OWN_UPLINK}) * on (uplink) group_left (title) {uplinks()}"
    return timeline(
        "Keadaan lokasi, jaringannya dan perangkatnya",
        query(
            f"sum by (title) ({coded('site', THIS_SITE)} * on (site) group_left (title) {sites(THIS_SITE)})",
            "{{title}}",
        ),
        query(f"sum by (title) ({behind})", "{{title}}"),
        query(at_site, "{{device}}"),
    )


def _devices() -> Json:
    info = titled(f"netmon_device_info{{{THIS_SITE}}}", "device")
    columns = {
        "device": column("Perangkat", link_to=to_device()),
        "title": column("Nama"),
        "role": column("Peran"),
        "model": column("Model"),
        "version": column("Versi"),
        "state": state_column(),
        "Value #B": column("Terakhir terlihat", unit="dateTimeFromNow"),
        "Value #C": column("Pengguna aktif"),
        "Value #D": column("Menyala sejak", unit="dateTimeAsLocal"),
    }
    shown = ("device", "title", "role", "model", "version")
    return table(
        "Perangkat",
        columns,
        rows_of(f"sum by ({', '.join((*shown, 'state'))}) ({state_rows('device', info, *shown[1:])})"),
        rows_of(f"1000 * max by (device) (netmon_device_last_observation_timestamp_seconds{{{THIS_SITE}}})"),
        rows_of(f"sum by (device) (netmon_wifi_clients{{{THIS_SITE}}})"),
        rows_of(f"1000 * max by (device) (netmon_device_boot_timestamp_seconds{{{THIS_SITE}}})"),
        sort=("Perangkat", False),
    )


def _clients() -> Json:
    return lines(
        "Pengguna aktif menurut titik akses",
        query(f"sum by (device) ({clients(THIS_SITE)})", "{{device}}", step=READINGS),
        query(f"sum(netmon_hotspot_users{{{THIS_SITE}}})", "masuk di portal", step=READINGS),
        stacked=True,
    )


def _names() -> Json:
    return lines(
        "Pengguna aktif menurut nama jaringan (SSID)",
        query(f"sum by (ssid) (netmon_wifi_ssid_clients{{{THIS_SITE}}})", "{{ssid}}", step=READINGS),
        stacked=True,
    )


def _traffic() -> Json:
    rate = "8 * max by (device) (rate(netmon_interface_{}_bytes_total{{{}}}[$__rate_interval]))"
    return lines(
        "Lalu lintas data",
        query(rate.format("receive", THIS_SITE), "{{device}} masuk", step=READINGS),
        query(rate.format("transmit", THIS_SITE), "{{device}} keluar", step=READINGS),
        unit="bps",
        description="Antarmuka tersibuk dari tiap perangkat.",
    )


def _reach(metric: str, title: str, unit: str) -> Json:
    return lines(title, query(f"{metric}{{{THIS_SITE}}}", "{{device}}"), unit=unit)


def _seconds() -> Json:
    return bars(
        "Waktu menurut keadaan",
        query(month_seconds("site", ".+", "state", OF_SITE), "{{state}}"),
        unit="s",
        colors=STATES_DRAWN,
    )


def _about() -> Json:
    columns = {
        "title": column("Lokasi"),
        "kind": column("Jenis"),
        "kelurahan": column("Kelurahan"),
        "owner": column("Perangkat daerah"),
        "uplink": column("Jaringan"),
        "latitude": column("Lintang"),
        "longitude": column("Bujur"),
    }
    return table("Tentang lokasi ini", columns, rows_of(f"group by ({', '.join(columns)}) ({sites(THIS_SITE)})"))
