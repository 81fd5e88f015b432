"""Writes the dashboards of this folder as Grafana reads them: ``python deploy/grafana/source/generate.py``.

The JSON is what is kept and provisioned; here stands what would otherwise be said in it a hundred times.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import access_point
import city
import kecamatan
import monitor
import site_page

PAGES = {
    "city": city.page,
    "kecamatan": kecamatan.page,
    "site": site_page.page,
    "access-point": access_point.page,
    "monitor": monitor.page,
}


def write(folder: Path) -> None:
    """Write every dashboard into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        text = json.dumps(page(), ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "dashboards")
