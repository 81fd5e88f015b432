"""The whole city on a page."""

from __future__ import annotations

from frame import alerts, dashboard, to_kecamatan, to_site
from panels import (
    COLORED,
    COLORS,
    HIDDEN,
    Json,
    bars,
    column,
    lines,
    mapped,
    placed,
    places,
    query,
    rows_of,
    stat,
    table,
    thresholds,
    words,
)
from queries import (
    READINGS,
    availability,
    clients,
    completeness,
    open_outages,
    sites,
    states_of,
    uplinks,
    wan_bits,
)

OF_TARGET = ((None, "red"), (0.98, "yellow"), (0.995, "green"))
OF_BUDGET = ((None, "red"), (0.0001, "orange"), (0.25, "green"))
OUTAGES = ((None, "green"), (1, "red"))
STATES_DRAWN = {state: (words(state), color) for state, color in COLORS.items()}
NAMED = "group by (kecamatan, kecamatan_name) (netmon_kelurahan_info)"
COVERED = "Perkiraan: lingkaran di sekitar titik akses yang aktif. Perlu boundaries.geojson."


def page() -> Json:
    """Give the dashboard."""
    return dashboard(
        "netmon-kota",
        "Kota: Wi-Fi publik dan jaringan kelurahan",
        placed(
            (4, _now()),
            (4, _month()),
            (11, [{**alerts(), "w": 14}, _map()]),
            (
                8,
                [
                    _states("uplink", "Jaringan kelurahan menurut keadaan"),
                    _states("site", "Titik Wi-Fi menurut keadaan"),
                ],
            ),
            (8, [_clients(), _traffic()]),
            "Kecamatan",
            (10, [_kecamatan()]),
            "Gangguan dan target",
            (10, [_outages(), _budgets()]),
            "Pilar smart city",
            (8, _pillars()),
        ),
    )


def _now() -> list[Json]:
    witness = mapped({"1": ("terhubung", "green"), "0": ("terputus", "red")})
    return [
        stat(
            "Kelurahan terhubung",
            query("netmon_coverage_kelurahan_connected_ratio"),
            unit="percentunit",
            description="Kelurahan dengan jaringan yang aktif dibagi semua kelurahan.",
        ),
        stat(
            "Titik Wi-Fi",
            query("sum(netmon_site_up) or vector(0)", "aktif"),
            query("count(netmon_site_observed)", "seluruhnya"),
        ),
        stat("Gangguan sedang berlangsung", query(open_outages()), steps=OUTAGES),
        stat("Pengguna aktif", query(f"sum({clients()})", step=READINGS)),
        stat(
            "Pemantau",
            query("netmon_witness_up"),
            mappings=witness,
            empty="belum diketahui",
            description="Bila terputus, keadaan tidak diketahui dan tidak ada gangguan yang dicatat.",
        ),
    ]


def _month() -> list[Json]:
    month = "Bulan ini sampai sekarang, menurut detik yang dihitung; pemeliharaan dan waktu tanpa data tidak dihitung."
    return [
        stat(
            "Ketersediaan jaringan kelurahan",
            query(availability("uplink")),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
            description=month,
        ),
        stat(
            "Ketersediaan titik Wi-Fi",
            query(availability("site")),
            unit="percentunit",
            decimals=2,
            steps=OF_TARGET,
            description=month,
        ),
        stat(
            "Kelengkapan data",
            query(completeness("site")),
            unit="percentunit",
            decimals=2,
            steps=((None, "red"), (0.95, "green")),
            description="Bagian dari waktu layanan bulan ini yang teramati.",
        ),
        stat("Kelurahan dengan titik Wi-Fi", query("netmon_coverage_kelurahan_hotspot_ratio"), unit="percentunit"),
        stat(
            "Wilayah tercakup (perkiraan)",
            query("netmon_coverage_area_ratio"),
            unit="percentunit",
            decimals=2,
            empty="tanpa data",
            description=COVERED,
        ),
        stat(
            "Penduduk terjangkau",
            query("netmon_coverage_population_ratio"),
            unit="percentunit",
            empty="tanpa data",
            description="Penduduk kelurahan dengan titik Wi-Fi yang aktif; perlu jumlah penduduk semua kelurahan.",
        ),
    ]


def _map() -> Json:
    return places(
        "Peta titik Wi-Fi", states_of("site", sites('latitude!=""'), "site", "title", "latitude", "longitude")
    )


def _states(kind: str, title: str) -> Json:
    return lines(title, query(f"sum by (state) (netmon_{kind}_state)", "{{state}}"), stacked=True, colors=STATES_DRAWN)


def _clients() -> Json:
    named = f"sum by (kecamatan) ({clients()}) * on (kecamatan) group_left (kecamatan_name) {NAMED}"
    return lines(
        "Pengguna aktif menurut kecamatan",
        query(f"sum by (kecamatan_name) ({named})", "{{kecamatan_name}}", step=READINGS),
        stacked=True,
    )


def _traffic() -> Json:
    return lines(
        "Lalu lintas data dengan penyedia",
        query(f"sum({wan_bits('receive')})", "unduh", step=READINGS),
        query(f"sum({wan_bits('transmit')})", "unggah", step=READINGS),
        unit="bps",
        description="Antarmuka yang menuju penyedia, bila inventaris menyebutnya.",
    )


def _kecamatan() -> Json:
    down = "netmon_site_outage_start_timestamp_seconds * on (site) group_left (kecamatan) netmon_site_info"
    columns = {
        "kecamatan_name": column("Kecamatan", link_to=to_kecamatan()),
        "kecamatan": column("Kode", HIDDEN),
        "Value #A": column("Kelurahan"),
        "Value #B": column("Terhubung"),
        "Value #C": column("Titik Wi-Fi"),
        "Value #D": column("Aktif"),
        "Value #E": column("Gangguan titik Wi-Fi"),
        "Value #F": column("Pengguna aktif"),
    }
    return table(
        "Kecamatan",
        columns,
        rows_of("count by (kecamatan, kecamatan_name) (netmon_kelurahan_info)"),
        rows_of("sum by (kecamatan) (netmon_kelurahan_connected)"),
        rows_of("sum by (kecamatan) (netmon_kelurahan_hotspots)"),
        rows_of("sum by (kecamatan) (netmon_kelurahan_hotspots_up)"),
        rows_of(f"count by (kecamatan) ({down})"),
        rows_of(f"sum by (kecamatan) ({clients()})"),
        sort=("Kecamatan", False),
    )


def _outages() -> Json:
    since = "1000 * netmon_{0}_outage_start_timestamp_seconds * on ({0}) group_left (title, kecamatan, owner) {1}"
    expression = f"{since.format('uplink', uplinks())} or {since.format('site', sites())}"
    columns = {
        "title": column("Tempat"),
        "uplink": column("Jaringan"),
        "site": column("Lokasi", link_to=to_site()),
        "kecamatan": column("Kecamatan", link_to=to_kecamatan()),
        "owner": column("Perangkat daerah"),
        "Value": column("Sejak", unit="dateTimeAsLocal"),
    }
    return table(
        "Gangguan yang sedang berlangsung",
        columns,
        rows_of(expression),
        sort=("Sejak", False),
        description="Yang terputus dengan sendirinya; apa yang terputus di hulu tidak disebut lagi.",
    )


def _budgets() -> Json:
    share = "netmon_target_budget_remaining_seconds / (netmon_target_budget_seconds > 0)"
    least = (
        f"bottomk(15, ({share}) * on (site) group_left (title) {sites()}"
        f" or ({share}) * on (uplink) group_left (title) {uplinks()})"
    )
    columns = {
        "title": column("Tempat"),
        "uplink": column("Jaringan"),
        "site": column("Lokasi", link_to=to_site()),
        "Value": column(
            "Sisa waktu henti", {"decimals": 1, "thresholds": thresholds(OF_BUDGET)}, COLORED, unit="percentunit"
        ),
    }
    return table(
        "Target: sisa waktu henti yang paling sedikit",
        columns,
        rows_of(least),
        sort=("Sisa waktu henti", False),
        description="Bagian dari waktu henti yang dibolehkan target bulan ini; di bawah 0 target tidak terpenuhi.",
    )


def _pillars() -> list[Json]:
    return [
        bars(
            "Ketersediaan bulan ini menurut pilar",
            query("netmon_pillar_availability_ratio", "{{pillar}}"),
            unit="percentunit",
            steps=OF_TARGET,
            most=1,
        ),
        bars("Target menurut pilar", query("netmon_pillar_target_ratio", "{{pillar}}"), unit="percentunit", most=1),
        bars(
            "Kelurahan yang dilayani menurut pilar",
            query("netmon_pillar_coverage_kelurahan_ratio", "{{pillar}}"),
            unit="percentunit",
            most=1,
        ),
        bars(
            "Lokasi aktif menurut pilar",
            query("netmon_pillar_sites_up / netmon_pillar_sites_observed", "{{pillar}}"),
            unit="percentunit",
            most=1,
        ),
    ]
