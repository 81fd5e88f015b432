"""The words of the first page and of the reasons in the status, Indonesian by default and English on request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

LANGUAGES: Final = ("id", "en")

_ID: Final = {
    "title": "Wi-Fi publik dan jaringan kelurahan",
    "uplinks": "Jaringan kelurahan",
    "sites": "Titik Wi-Fi",
    "a_uplink": "jaringan",
    "a_site": "Wi-Fi",
    "place": "Lokasi",
    "owner": "Perangkat daerah",
    "provider": "Penyedia",
    "state": "Keadaan",
    "since": "Sejak",
    "clients": "Pengguna aktif",
    "why": "Keterangan",
    "connected": "kelurahan terhubung",
    "hotspot": "kelurahan dengan titik Wi-Fi",
    "availability_uplink": "ketersediaan jaringan kelurahan bulan ini",
    "availability_site": "ketersediaan titik Wi-Fi bulan ini",
    "amiss": "Yang perlu diperhatikan",
    "all_well": "Semua yang diawasi dalam keadaan baik.",
    "clients_short": "pengguna",
    "completeness": "kelengkapan data",
    "insufficient": "belum cukup bukti",
    "none": "tidak dapat dihitung",
    "blind": "Pemantau sendiri terputus: keadaan tidak diketahui, tidak ada gangguan yang dicatat.",
    "as_of": "Keadaan pada",
    "definition": "Angka menurut",
    "other": "English",
    "first_page": "Keadaan kota",
    "runbooks": "Panduan peringatan",
    "runbook_missing": "Tidak ada panduan bernama {}. Inilah semuanya:",
    "up": "aktif",
    "degraded": "terganggu sebagian",
    "down": "terputus",
    "down_upstream": "terputus di hulu",
    "unknown": "tidak diketahui",
    "planned": "pemeliharaan terjadwal",
    "out_of_service": "di luar layanan",
    "long": "lebih dari sebulan",
    "and": " dan ",
    "why_planned": "pekerjaan yang diumumkan",
    "why_upstream": "di belakang {}, yang terputus",
    "why_degraded": "layanan di lokasinya gagal",
    "why_never": "belum pernah diamati",
    "why_lately": "akhir-akhir ini tidak teramati",
    "timeout": "tidak menjawab",
    "unreachable": "tidak terjangkau menurut jaringan",
    "controller": "tidak aktif menurut pengontrolnya",
    "auth": "kredensial ditolak",
    "local": "pemantau tidak dapat memastikan",
    "witness": "pemantau terputus",
    "internal": "kesalahan netmon sendiri",
    "acknowledged": "dikonfirmasi oleh {by}, {at}: {note}",
}

_EN: Final = {
    "title": "Public Wi-Fi and kelurahan links",
    "uplinks": "Kelurahan links",
    "sites": "Wi-Fi hotspots",
    "a_uplink": "link",
    "a_site": "Wi-Fi",
    "place": "Place",
    "owner": "Agency",
    "provider": "Provider",
    "state": "State",
    "since": "Since",
    "clients": "Clients",
    "why": "Remark",
    "connected": "kelurahan connected",
    "hotspot": "kelurahan with a hotspot",
    "availability_uplink": "availability of kelurahan links this month",
    "availability_site": "availability of Wi-Fi hotspots this month",
    "amiss": "What needs attention",
    "all_well": "Everything that is watched is well.",
    "clients_short": "clients",
    "completeness": "data completeness",
    "insufficient": "insufficient evidence",
    "none": "not computable",
    "blind": "The monitor itself is cut off: states are unknown, no outage is booked.",
    "as_of": "As of",
    "definition": "Figures by",
    "other": "Bahasa Indonesia",
    "first_page": "State of the city",
    "runbooks": "Runbooks",
    "runbook_missing": "There is no runbook named {}. These are all:",
    "up": "up",
    "degraded": "degraded",
    "down": "down",
    "down_upstream": "down upstream",
    "unknown": "unknown",
    "planned": "scheduled maintenance",
    "out_of_service": "out of service",
    "long": "over a month",
    "and": " and ",
    "why_planned": "announced work",
    "why_upstream": "behind {}, which is down",
    "why_degraded": "a service of its site fails",
    "why_never": "not observed yet",
    "why_lately": "not observed lately",
    "timeout": "no answer",
    "unreachable": "unreachable, says the network",
    "controller": "not up, says its controller",
    "auth": "credential refused",
    "local": "the monitor could not tell",
    "witness": "the monitor is cut off",
    "internal": "a fault of netmon itself",
    "acknowledged": "acknowledged by {by}, {at}: {note}",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"id": _ID, "en": _EN}


def spoken(asked: str | None, city: str) -> str:
    """Give the language of a page: what was asked for, else the city's; the first where that is not spoken."""
    language = city if asked is None else asked
    return language if language in LANGUAGES else LANGUAGES[0]


def share(value: float | None, language: str) -> str:
    """Write a ratio as a percentage with two decimals, or that there is none.

    A share that only rounds to 100 is not shown as 100.
    """
    if value is None:
        return WORDS[language]["none"]
    percent = round(value * 100, 2)
    if percent == 100 and value < 1:  # noqa: PLR2004 -- per cent
        percent = 99.99
    text = f"{percent:.2f}"
    return f"{text.replace('.', ',')}%" if language == "id" else f"{text}%"


def clock(at: datetime, now: datetime, zone: ZoneInfo, language: str) -> str:
    """Write a time of today in a zone as its hour and minute, another one with its date."""
    local = at.astimezone(zone)
    day, hour = ("%d-%m-%Y", "%H.%M") if language == "id" else ("%Y-%m-%d", "%H:%M")
    return local.strftime(hour if local.date() == now.astimezone(zone).date() else f"{day} {hour}")


def acknowledged(one: Mapping[str, str], now: str, zone: ZoneInfo, language: str) -> str:
    """Write who is on an outage, since when, and what for.

    Args:
        one: ``by``, ``at`` and ``note``, as a status tells them.
        now: The time of the status (ISO 8601).
        zone: The city's.
        language: One of :data:`LANGUAGES`.
    """
    at = clock(datetime.fromisoformat(one["at"]), datetime.fromisoformat(now), zone, language)
    return WORDS[language]["acknowledged"].format(by=one["by"], at=at, note=one["note"])
