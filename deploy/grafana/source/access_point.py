"""One device, most often an access point: state, radios, load, ports."""

from __future__ import annotations

from frame import THIS_DEVICE, alerts, dashboard, device, kecamatan, site
from panels import (
    COLORED,
    STATE_STEPS,
    STATES_BY_CODE,
    Json,
    column,
    lines,
    mapped,
    placed,
    query,
    rows_of,
    stat,
    table,
    timeline,
)
from queries import RATE, READINGS, availability, coded

OF_DEVICE = f"netmon_device_info{{{THIS_DEVICE}}}"
RADIO = "{{radio}} {{band}}"


def page() -> Json:
    """Give the dashboard."""
    return dashboard(
        "netmon-titik-akses",
        "Titik akses dan perangkat lain",
        placed(
            (4, _now()),
            (
                4,
                [
                    timeline(
                        "Keadaan dari waktu ke waktu",
                        query(f"sum by (device) ({coded('device', THIS_DEVICE)})", "{{device}}"),
                    )
                ],
            ),
            (6, [_about(), {**alerts(THIS_DEVICE), "w": 12}]),
            "Wi-Fi",
            (
                8,
                [
                    _radios("clients", "Pengguna aktif menurut radio", "none"),
                    _names(),
                    _radios("utilization_ratio", "Kesibukan kanal", "percentunit"),
                ],
            ),
            (
                8,
                [
                    _channels(),
                    _radios("noise_dbm", "Derau", "dBm"),
                    _radios("transmit_power_dbm", "Daya pancar", "dBm"),
                ],
            ),
            "Jalur dan perangkat keras",
            (
                8,
                [
                    _reading("netmon_icmp_rtt_seconds", "Latensi", "s"),
                    _reading("netmon_icmp_loss_ratio", "Kehilangan paket", "percentunit"),
                    _load(),
                ],
            ),
            (
                8,
                [
                    _sensor("temperature_celsius", "Suhu", "celsius"),
                    _sensor("voltage_volts", "Tegangan", "volt"),
                    _links(),
                ],
            ),
            "Antarmuka",
            (9, [_bits("receive", "Masuk"), _bits("transmit", "Keluar"), _errors()]),
            (9, [_ports()]),
        ),
        [kecamatan(all_of_them=True), site(all_of_them=True), device()],
        alerts_of=THIS_DEVICE,
    )


def _now() -> list[Json]:
    read = mapped({"1": ("terbaca", "green"), "0": ("tidak terbaca", "red")})
    return [
        stat(
            "Keadaan",
            query(f"sum({coded('device', THIS_DEVICE)})"),
            mappings=STATES_BY_CODE,
            steps=STATE_STEPS,
        ),
        stat(
            "Ketersediaan bulan ini",
            query(availability("device", among=OF_DEVICE)),
            unit="percentunit",
            decimals=2,
            empty="tidak dapat dihitung",
        ),
        stat("Pengguna aktif", query(f"netmon_wifi_clients{{{THIS_DEVICE}}}", step=READINGS), empty="tanpa data"),
        stat(
            "Menyala sejak",
            query(f"1000 * netmon_device_boot_timestamp_seconds{{{THIS_DEVICE}}}", step=READINGS),
            unit="dateTimeAsLocal",
            empty="tanpa data",
        ),
        stat(
            "Pembacaan SNMP",
            query(f"netmon_readings_success{{{THIS_DEVICE}}}", step=READINGS),
            mappings=read,
            empty="tanpa data",
        ),
        stat(
            "Terakhir terlihat",
            query(f"1000 * netmon_device_last_observation_timestamp_seconds{{{THIS_DEVICE}}}"),
            unit="dateTimeFromNow",
            empty="belum pernah",
        ),
    ]


def _about() -> Json:
    columns = {
        "device": column("Perangkat"),
        "name": column("Nama"),
        "role": column("Peran"),
        "vendor": column("Pembuat"),
        "model": column("Model"),
        "version": column("Versi"),
        "profile": column("Profil"),
        "site": column("Lokasi"),
        "uplink": column("Jaringan"),
        "owner": column("Perangkat daerah"),
    }
    return table("Tentang perangkat ini", columns, rows_of(f"group by ({', '.join(columns)}) ({OF_DEVICE})"))


def _reading(metric: str, title: str, unit: str) -> Json:
    return lines(title, query(f"{metric}{{{THIS_DEVICE}}}", "{{device}}"), unit=unit)


def _radios(what: str, title: str, unit: str) -> Json:
    return lines(
        title,
        query(f"netmon_wifi_radio_{what}{{{THIS_DEVICE}}}", RADIO, step=READINGS),
        unit=unit,
        least=None if unit == "dBm" else 0,
        most=1 if unit == "percentunit" else None,
    )


def _names() -> Json:
    return lines(
        "Pengguna aktif menurut nama jaringan (SSID)",
        query(f"netmon_wifi_ssid_clients{{{THIS_DEVICE}}}", "{{ssid}}", step=READINGS),
        stacked=True,
    )


def _channels() -> Json:
    columns = {
        "radio": column("Radio"),
        "band": column("Pita"),
        "Value #A": column("Kanal"),
        "Value #B": column("Lebar", unit="hertz"),
    }
    return table(
        "Kanal radio",
        columns,
        rows_of(f"max by (radio, band) (netmon_wifi_radio_channel{{{THIS_DEVICE}}})"),
        rows_of(f"max by (radio, band) (netmon_wifi_radio_channel_width_hertz{{{THIS_DEVICE}}})"),
        sort=("Radio", False),
    )


def _load() -> Json:
    return lines(
        "Beban",
        query(f"netmon_cpu_load_ratio{{{THIS_DEVICE}}}", "prosesor", step=READINGS),
        query(f"netmon_memory_used_ratio{{{THIS_DEVICE}}}", "memori", step=READINGS),
        unit="percentunit",
        most=1,
    )


def _sensor(what: str, title: str, unit: str) -> Json:
    return lines(title, query(f"netmon_{what}{{{THIS_DEVICE}}}", "{{sensor}}", step=READINGS), unit=unit, least=None)


def _links() -> Json:
    return lines(
        "Tautan radio",
        query(f"netmon_radio_link_signal_dbm{{{THIS_DEVICE}}}", "{{radio}} sinyal", step=READINGS),
        query(f"netmon_radio_link_noise_dbm{{{THIS_DEVICE}}}", "{{radio}} derau", step=READINGS),
        unit="dBm",
        least=None,
    )


def _bits(way: str, title: str) -> Json:
    rate = f"8 * rate(netmon_interface_{way}_bytes_total{{{THIS_DEVICE}}}[{RATE}])"
    return lines(title, query(rate, "{{interface}}", step=READINGS), unit="bps")


def _errors() -> Json:
    parts = [
        f"rate(netmon_interface_{way}_{kind}_total{{{THIS_DEVICE}}}[{RATE}])"
        for way in ("receive", "transmit")
        for kind in ("errors", "discards")
    ]
    return lines("Kesalahan dan paket terbuang", query(" + ".join(parts), "{{interface}}", step=READINGS), unit="pps")


def _ports() -> Json:
    up = mapped({"1": ("aktif", "green"), "0": ("mati", "red")})
    yes = mapped({"1": ("ya", "blue")})
    columns = {
        "interface": column("Antarmuka"),
        "alias": column("Catatan"),
        "Value #A": column("Keadaan", {"mappings": up}, COLORED),
        "Value #B": column("Kecepatan", unit="bps"),
        "Value #C": column("Menuju penyedia", {"mappings": yes}),
    }
    return table(
        "Daftar antarmuka",
        columns,
        rows_of(f"max by (interface) (netmon_interface_up{{{THIS_DEVICE}}})"),
        rows_of(f"8 * max by (interface) (netmon_interface_speed_bytes_per_second{{{THIS_DEVICE}}})"),
        rows_of(f"max by (interface) (netmon_interface_wan{{{THIS_DEVICE}}})"),
        rows_of(f"group by (interface, alias) (netmon_interface_info{{{THIS_DEVICE}}})"),
        sort=("Antarmuka", False),
    )
