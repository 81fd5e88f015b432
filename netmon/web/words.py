"""The words of the first page, Indonesian by default and English on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("id", "en")

_ID: Final = {
    "title": "Wi-Fi publik dan jaringan kelurahan",
    "uplinks": "Jaringan kelurahan",
    "sites": "Titik Wi-Fi",
    "devices": "Perangkat",
    "place": "Kelurahan",
    "site": "Lokasi",
    "owner": "Perangkat daerah",
    "provider": "Penyedia",
    "state": "Keadaan",
    "since": "Sejak",
    "clients": "Pengguna aktif",
    "why": "Keterangan",
    "connected": "kelurahan terhubung",
    "hotspot": "kelurahan dengan titik Wi-Fi",
    "availability": "Ketersediaan bulan ini",
    "completeness": "kelengkapan data",
    "none": "tidak dapat dihitung",
    "blind": "Pemantau sendiri terputus: keadaan tidak diketahui, tidak ada gangguan yang dicatat.",
    "as_of": "Keadaan pada",
    "definition": "Angka menurut",
    "other": "English",
    "up": "aktif",
    "degraded": "terganggu sebagian",
    "down": "terputus",
    "down_upstream": "terputus di hulu",
    "unknown": "tidak diketahui",
    "planned": "pemeliharaan terjadwal",
    "out_of_service": "di luar layanan",
}

_EN: Final = {
    "title": "Public Wi-Fi and kelurahan links",
    "uplinks": "Kelurahan links",
    "sites": "Wi-Fi hotspots",
    "devices": "Devices",
    "place": "Kelurahan",
    "site": "Site",
    "owner": "Agency",
    "provider": "Provider",
    "state": "State",
    "since": "Since",
    "clients": "Clients",
    "why": "Remark",
    "connected": "kelurahan connected",
    "hotspot": "kelurahan with a hotspot",
    "availability": "Availability this month",
    "completeness": "data completeness",
    "none": "not computable",
    "blind": "The monitor itself is cut off: states are unknown, no outage is booked.",
    "as_of": "As of",
    "definition": "Figures by",
    "other": "Bahasa Indonesia",
    "up": "up",
    "degraded": "degraded",
    "down": "down",
    "down_upstream": "down upstream",
    "unknown": "unknown",
    "planned": "scheduled maintenance",
    "out_of_service": "out of service",
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"id": _ID, "en": _EN}


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
