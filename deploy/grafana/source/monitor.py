"""The monitor itself: whether it sees, keeps up, and writes down."""

from __future__ import annotations

from frame import alerts, dashboard
from panels import Json, column, lines, mapped, placed, query, rows_of, stat, table
from queries import RATE

OF_MONITOR = (
    'alertname=~"NetmonDown|MonitorBlind|PollsLate|InventoryReloadFailed|HistoryNotWritten'
    '|DeviceNotObserved|ReadingsFailing"'
)


def page() -> Json:
    """Give the dashboard."""
    return dashboard(
        "netmon-pemantau",
        "Pemantau: netmon sendiri",
        placed(
            (4, _now()),
            (7, [_about(), {**alerts(OF_MONITOR, "Peringatan tentang pemantau"), "w": 14}]),
            "Pemeriksaan",
            (8, [_rounds(), _failures(), _durations()]),
            (8, [_late(), _observed(), _unread()]),
            "Prometheus membaca netmon",
            (
                8,
                [
                    _scrape("scrape_duration_seconds", "Lama pembacaan", "s"),
                    _scrape("scrape_samples_scraped", "Deret", "short"),
                ],
            ),
            "Proses",
            (8, [_processor(), _memory(), _files(), _sockets()]),
        ),
        alerts_of=OF_MONITOR,
    )


def _now() -> list[Json]:
    witness = mapped({"1": ("terhubung", "green"), "0": ("terputus", "red")})
    taken = mapped({"1": ("diterima", "green"), "0": ("ditolak", "red")})
    faults = "netmon_internal_errors_total + netmon_standstills_total + netmon_clock_jumps_total"
    return [
        stat("Saksi", query("netmon_witness_up"), mappings=witness, empty="belum diketahui"),
        stat("Perangkat yang diawasi", query("netmon_inventory_devices")),
        stat("Inventaris terakhir", query("netmon_inventory_reload_success"), mappings=taken),
        stat(
            "Riwayat ditulis",
            query("1000 * netmon_history_commit_timestamp_seconds"),
            unit="dateTimeFromNow",
            description="Kapan riwayat terakhir kali ditulis ke cakram; setiap beberapa detik.",
        ),
        stat("Berjalan sejak", query('1000 * process_start_time_seconds{job="netmon"}'), unit="dateTimeAsLocal"),
        stat(
            "Kesalahan sendiri sejak mulai",
            query(f"{faults} + netmon_history_commit_failures_total"),
            steps=((None, "green"), (1, "orange")),
            description="Kesalahan kode, saat diam, lompatan jam, riwayat yang gagal ditulis.",
        ),
    ]


def _about() -> Json:
    columns = {
        "version": column("Versi"),
        "python": column("Python"),
        "revision": column("Inventaris"),
    }
    info = "netmon_build_info * on (instance) group_left (revision) netmon_inventory_info"
    return table("Tentang netmon", columns, rows_of(f"group by ({', '.join(columns)}) ({info})"))


def _rounds() -> Json:
    return lines(
        "Pemeriksaan per detik",
        query(f"sum by (probe) (rate(netmon_poll_rounds_total[{RATE}]))", "{{probe}}"),
        unit="cps",
        stacked=True,
    )


def _failures() -> Json:
    return lines(
        "Kegagalan per detik menurut sebab",
        query(f"sum by (failure) (rate(netmon_poll_failures_total[{RATE}]))", "{{failure}}"),
        unit="cps",
        description="timeout dan unreachable adalah jaringan; auth, local, witness dan internal bukan.",
    )


def _durations() -> Json:
    spent = f"sum by (probe) (rate(netmon_poll_duration_seconds_sum[{RATE}]))"
    times = f"sum by (probe) (rate(netmon_poll_duration_seconds_count[{RATE}]) > 0)"
    return lines("Lama pemeriksaan rata-rata", query(f"{spent} / {times}", "{{probe}}"), unit="s")


def _late() -> Json:
    return lines(
        "Terlambat dan dilewati per detik",
        query(f"sum by (probe) (rate(netmon_poll_late_total[{RATE}]))", "{{probe}} terlambat"),
        query(f"sum by (probe) (rate(netmon_poll_skipped_total[{RATE}]))", "{{probe}} dilewati"),
        unit="cps",
    )


def _observed() -> Json:
    return lines(
        "Perangkat dengan keadaan yang diketahui",
        query("sum(netmon_device_observed)", "diketahui"),
        query("count(netmon_device_observed)", "seluruhnya"),
    )


def _unread() -> Json:
    return lines(
        "Perangkat yang tidak terbaca lewat SNMP",
        query("count(netmon_readings_success == 0) or vector(0)", "tidak terbaca", step="1m"),
        query("count(netmon_readings_partial == 1) or vector(0)", "terbaca sebagian", step="1m"),
    )


def _scrape(metric: str, title: str, unit: str) -> Json:
    return lines(title, query(f'sum by (group, part) ({metric}{{job=~"netmon.*"}})', "{{group}} {{part}}"), unit=unit)


def _processor() -> Json:
    return lines(
        "Prosesor",
        query(f'rate(process_cpu_seconds_total{{job="netmon"}}[{RATE}])', "{{instance}}"),
        unit="percentunit",
    )


def _memory() -> Json:
    return lines("Memori", query('process_resident_memory_bytes{job="netmon"}', "{{instance}}"), unit="bytes")


def _files() -> Json:
    return lines(
        "Berkas terbuka",
        query('process_open_fds{job="netmon"}', "terbuka"),
        query('process_max_fds{job="netmon"}', "paling banyak"),
    )


def _sockets() -> Json:
    return lines(
        "Paket per detik",
        query(f"sum by (protocol, event) (rate(netmon_socket_events_total[{RATE}]))", "{{protocol}} {{event}}"),
        unit="pps",
    )
