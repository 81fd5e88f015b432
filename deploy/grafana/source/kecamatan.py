"""One kecamatan: its links, its hotspots."""

from __future__ import annotations

from city import OF_TARGET, OUTAGES
from frame import THIS_KECAMATAN, alerts, dashboard, kecamatan, to_site
from panels import HIDDEN, Json, column, lines, placed, places, query, rows_of, stat, state_column, table, timeline
from queries import (
    READINGS,
    among,
    availability,
    clients,
    open_outages,
    sites,
    state_rows,
    states_of,
    uplinks,
    wan_bits,
)

OF_SITES = f"netmon_site_info{{{THIS_KECAMATAN}}}"
OF_UPLINKS = f"netmon_uplink_info{{{THIS_KECAMATAN}}}"
KELURAHAN = 'label_replace(netmon_kelurahan_info, "kelurahan_name", "$1", "name", "(.*)")'


def page() -> Json:
    """Give the dashboard."""
    return dashboard(
        "netmon-kecamatan",
        "Kecamatan: jaringan dan titik Wi-Fi",
        placed(
            (4, _now()),
            (9, [{**alerts(THIS_KECAMATAN), "w": 14}, _map()]),
            "Jaringan kelurahan",
            (
                9,
                [
                    timeline(
                        "Keadaan jaringan kelurahan",
                        query(states_of("uplink", uplinks(THIS_KECAMATAN), "title"), "{{title}}"),
                    )
                ],
            ),
            (9, [_uplinks()]),
            (8, [_traffic("receive", "Lalu lintas data: unduh"), _traffic("transmit", "Lalu lintas data: unggah")]),
            "Titik Wi-Fi",
            (
                12,
                [
                    timeline(
                        "Keadaan titik Wi-Fi", query(states_of("site", sites(THIS_KECAMATAN), "title"), "{{title}}")
                    )
                ],
            ),
            (10, [_sites()]),
            (9, [_clients()]),
        ),
        [kecamatan()],
        alerts_of=THIS_KECAMATAN,
    )


def _now() -> list[Json]:
    return [
        stat(
            "Kelurahan terhubung",
            query(f"sum(netmon_kelurahan_connected{{{THIS_KECAMATAN}}})", "terhubung"),
            query(f"count(netmon_kelurahan_info{{{THIS_KECAMATAN}}})", "seluruhnya"),
        ),
        stat(
            "Titik Wi-Fi",
            query(f"sum(netmon_kelurahan_hotspots_up{{{THIS_KECAMATAN}}})", "aktif"),
            query(f"sum(netmon_kelurahan_hotspots{{{THIS_KECAMATAN}}})", "seluruhnya"),
        ),
        stat(
            "Gangguan sedang berlangsung",
            query(open_outages(among("uplink", THIS_KECAMATAN), among("site", THIS_KECAMATAN))),
            steps=OUTAGES,
        ),
        stat("Pengguna aktif", query(f"sum({clients(THIS_KECAMATAN)})", step=READINGS), empty="tanpa data"),
        stat(
            "Ketersediaan jaringan bulan ini",
            query(availability("uplink", among=OF_UPLINKS)),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
        ),
        stat(
            "Ketersediaan titik Wi-Fi bulan ini",
            query(availability("site", among=OF_SITES)),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
        ),
    ]


def _map() -> Json:
    located = sites(f'{THIS_KECAMATAN}, latitude!=""')
    return places("Peta titik Wi-Fi", states_of("site", located, "site", "title", "latitude", "longitude"))


def _uplinks() -> Json:
    info = f"{uplinks(THIS_KECAMATAN)} * on (kelurahan) group_left (kelurahan_name) {KELURAHAN}"
    columns = {
        "title": column("Jaringan"),
        "kelurahan_name": column("Kelurahan"),
        "provider": column("Penyedia"),
        "owner": column("Perangkat daerah"),
        "state": state_column(),
        "Value #B": column("Gangguan sejak", unit="dateTimeAsLocal"),
        "Value #C": column("Ketersediaan bulan ini", {"decimals": 2}, unit="percentunit"),
        "Value #D": column("Sisa waktu henti", unit="s"),
    }
    shown = ("uplink", "title", "kelurahan_name", "provider", "owner")
    return table(
        "Daftar jaringan kelurahan",
        columns,
        rows_of(f"sum by ({', '.join((*shown, 'state'))}) ({state_rows('uplink', f'({info})', *shown[1:])})", "uplink"),
        rows_of(f"1000 * netmon_uplink_outage_start_timestamp_seconds{among('uplink', THIS_KECAMATAN)}"),
        rows_of(availability("uplink", "uplink", OF_UPLINKS)),
        rows_of(f"sum by (uplink) (netmon_target_budget_remaining_seconds{among('uplink', THIS_KECAMATAN)})"),
        sort=("Jaringan", False),
    )


def _sites() -> Json:
    info = f"{sites(THIS_KECAMATAN)} * on (kelurahan) group_left (kelurahan_name) {KELURAHAN}"
    columns = {
        "title": column("Lokasi", link_to=to_site()),
        "site": column("Id", HIDDEN),
        "kelurahan_name": column("Kelurahan"),
        "owner": column("Perangkat daerah"),
        "state": state_column(),
        "Value #B": column("Gangguan sejak", unit="dateTimeAsLocal"),
        "Value #C": column("Pengguna aktif"),
        "Value #D": column("Ketersediaan bulan ini", {"decimals": 2}, unit="percentunit"),
        "Value #E": column("Sisa waktu henti", unit="s"),
    }
    shown = ("site", "title", "kelurahan_name", "owner")
    return table(
        "Daftar titik Wi-Fi",
        columns,
        rows_of(f"sum by ({', '.join((*shown, 'state'))}) ({state_rows('site', f'({info})', *shown[1:])})"),
        rows_of(f"1000 * netmon_site_outage_start_timestamp_seconds{among('site', THIS_KECAMATAN)}"),
        rows_of(f"sum by (site) ({clients(THIS_KECAMATAN)})"),
        rows_of(availability("site", "site", OF_SITES)),
        rows_of(f"sum by (site) (netmon_target_budget_remaining_seconds{among('site', THIS_KECAMATAN)})"),
        sort=("Lokasi", False),
    )


def _clients() -> Json:
    expression = f"sum by (site) ({clients(THIS_KECAMATAN)}) * on (site) group_left (title) {sites(THIS_KECAMATAN)}"
    return lines(
        "Pengguna aktif menurut lokasi",
        query(f"sum by (title) ({expression})", "{{title}}", step=READINGS),
        stacked=True,
    )


def _traffic(way: str, title: str) -> Json:
    traffic = f"sum by (uplink) ({wan_bits(way, THIS_KECAMATAN)})"
    named = f"sum by (title) ({traffic} * on (uplink) group_left (title) {uplinks(THIS_KECAMATAN)})"
    return lines(title, query(named, "{{title}}", step=READINGS), unit="bps")
