"""What Alertmanager is to make messages of: stories with the annotations that the rules write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STORY_START = "2026-11-24T06:05:30Z"  # 24 November 2026, 13.05 WIB
NOT_YET = "0001-01-01T00:00:00Z"
RUNBOOKS = "http://10.1.1.5:9810/runbooks"


def alert(name: str, severity: str, labels: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    """Give an alert that goes on, as templates see it."""
    return {
        "status": "firing",
        "labels": {"alertname": name, "severity": severity, **(labels or {})},
        "annotations": annotations,
        "startsAt": STORY_START,
        "endsAt": NOT_YET,
        "generatorURL": "",
        "fingerprint": "0",
    }


def ended(one: dict[str, Any], at: str) -> dict[str, Any]:
    """Give the same alert when it is over: with the annotations of its last firing."""
    return {**one, "status": "resolved", "endsAt": at}


UPLINK_DOWN = alert(
    "UplinkDown",
    "critical",
    {"uplink": "uplink-air-manis", "kelurahan": "13.71.04.1012", "kecamatan": "13.71.04", "owner": "kominfo"},
    summary="Koneksi Kelurahan Air Manis (Telkom) terputus",
    summary_en="The link of Kelurahan Air Manis (Telkom) is down",
    description="Semua perute koneksi ini tidak menjawab, sedangkan monitor sendiri terhubung.",
    description_en="No router of this link answers, while the monitor itself is connected.",
    action="Tanyakan listrik di kantor lurah, lalu laporkan ke Telkom dengan nomor layanan.",
    action_en="Ask the office about its power, then report it to Telkom with the service number.",
    since="24-11-2026 13.05 WIB",
    affected="10 titik akses di 4 lokasi, sekitar 35 pengguna: Pantai Air Manis (pam-ap-1, pam-ap-2); Kantor Lurah"
    " Air Manis (klam-ap-1); dan 2 lagi",
    affected_en="10 access points at 4 sites, about 35 users: Pantai Air Manis (pam-ap-1, pam-ap-2); Kantor Lurah"
    " Air Manis (klam-ap-1); and 2 more",
    acknowledged="",
    acknowledged_en="",
    runbook_url=f"{RUNBOOKS}/UplinkDown",
)

REDUNDANCY_LOST = alert(
    "UplinkRedundancyLost",
    "warning",
    {"uplink": "uplink-purus", "kecamatan": "13.71.03"},
    summary="Koneksi Kelurahan Purus tinggal satu jalur: rt-purus-2 terputus",
    summary_en="The link of Kelurahan Purus has one way left: rt-purus-2 is down",
    action="Laporkan ke penyedia jalur itu; selama jalur lain aktif, layanan tetap berjalan.",
    action_en="Report it to that way's provider; the service goes on as long as the other way is up.",
    since="24-11-2026 12.51 WIB",
    acknowledged="dikonfirmasi oleh Budi",
    acknowledged_en="acknowledged by Budi",
    runbook_url=f"{RUNBOOKS}/UplinkRedundancyLost",
)

NOT_ACKNOWLEDGED = alert(
    "OutageNotAcknowledged",
    "warning",
    {"uplink": "uplink-air-manis", "kecamatan": "13.71.04"},
    summary="Belum ada yang menangani: Koneksi Kelurahan Air Manis (Telkom) terputus",
    summary_en="Nobody is on it: the link of Kelurahan Air Manis (Telkom) is down",
    action="Tangani, lalu: netmon ack uplink-air-manis --by NAMA",
    action_en="Take it on, then: netmon ack uplink-air-manis --by NAME",
    since="24-11-2026 13.05 WIB",
    runbook_url=f"{RUNBOOKS}/OutageNotAcknowledged",
)

DRILL = alert(
    "Drill",
    "critical",
    {"drill": "yes", "drill_id": "d-7k2m9q", "real": "no", "device": "pam-ap-1", "site": "pantai-air-manis"},
    summary="LATIHAN: Titik akses pam-ap-1 di Pantai Air Manis terputus",
    summary_en="DRILL: Access point pam-ap-1 at Pantai Air Manis is down",
    description="Ini latihan. Tidak ada yang rusak.",
    description_en="This is a drill. Nothing is broken.",
    action="Tidak ada. Balas bahwa pesan ini sampai.",
    action_en="Nothing. Answer that this message arrived.",
    runbook_url=f"{RUNBOOKS}/Drill",
)

TARGET_MISSED = alert(
    "TargetMissed",
    "info",
    {"kecamatan": "13.71.04"},
    summary="Target bulan ini tidak terpenuhi: Pantai Air Manis 99,12% (target 99,50%)",
    summary_en="The month's target is missed: Pantai Air Manis 99.12% (target 99.50%)",
    description="Waktu henti yang boleh dipakai bulan ini sudah habis.",
    description_en="The downtime that the month allows is used up.",
    action="Catat penyebabnya untuk laporan bulanan.",
    action_en="Note the cause for the monthly report.",
    runbook_url=f"{RUNBOOKS}/TargetMissed",
)

NOTHING_TOLD = alert("DeviceDown", "info", {"device": "pam-ap-1", "site": "pantai-air-manis"})


def _dark_sites(count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        yield alert(
            "SiteDown",
            "warning",
            {"site": f"masjid-{number:03}", "kecamatan": "13.71.04"},
            summary=f"Lokasi Masjid Nurul {number} terputus",
            summary_en=f"Site Masjid Nurul {number} is down",
            description="Semua titik aksesnya terputus.",
            description_en="All of its access points are down.",
            action="Tanyakan listriknya kepada pengurus masjid.",
            action_en="Ask the mosque about its power.",
            since="24-11-2026 13.05 WIB",
            affected="2 titik akses, sekitar 11 pengguna",
            affected_en="2 access points, about 11 users",
            runbook_url=f"{RUNBOOKS}/SiteDown",
        )


STORIES = {
    "an uplink goes down": [UPLINK_DOWN],
    "it is up again": [ended(UPLINK_DOWN, "2026-11-24T09:50:40Z")],
    "one goes down, another is mended": [
        ended(UPLINK_DOWN, "2026-11-24T07:05:30Z"),
        UPLINK_DOWN | {"annotations": REDUNDANCY_LOST["annotations"], "labels": REDUNDANCY_LOST["labels"]},
    ],
    "the urgent one comes first": [REDUNDANCY_LOST, UPLINK_DOWN],
    "nobody has taken it on": [NOT_ACKNOWLEDGED],
    "a rehearsal": [DRILL],
    "a rehearsal is over": [ended(DRILL, "2026-11-24T06:06:15Z")],
    "what ends without being mended": [ended(TARGET_MISSED, "2026-11-30T17:00:30Z")],
    "a rule that says nothing": [NOTHING_TOLD],
    "forty sites, twelve of them back": [
        *_dark_sites(40),
        *(ended(one, "2026-11-24T06:35:30Z") for one in list(_dark_sites(52))[40:]),
    ],
}


def data(alerts: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what a template is given."""
    status = "firing" if any(one["status"] == "firing" for one in alerts) else "resolved"
    nothing = {"groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    return {
        "receiver": "on-call",
        "status": status,
        "alerts": alerts,
        **nothing,
        "externalURL": "http://127.0.0.1:9093",
    }
