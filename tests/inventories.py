"""Texts of inventories, good ones and small ones, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from netmon.inventory import InventoryError, load_files

HERE = Path(__file__).parent
GOOD = HERE / "good_inventory"
BAD = HERE / "bad_inventory"
DOCUMENT = HERE.parent / "docs" / "inventory.md"

SECRETS = {
    "NETMON_CITY_COMMUNITY": "rahasia-kota",
    "NETMON_CITY_PASSWORD": "rahasia-ssh",
    "NETMON_THIRD_AUTH": "rahasia-auth",
    "NETMON_THIRD_PRIV": "rahasia-priv",
    "NETMON_EMPTY": "",
    "NETMON_SHORT": "pendek",
}

CITY = 'city: {code: "13.71", zone: Asia/Jakarta}\nwitness: [{address: 10.0.0.1}]\n'
REGIONS = "code,kelurahan,kecamatan_code,kecamatan\n13.71.01.1011,Air Manis,13.71.01,Padang Selatan\n"


def good_files() -> dict[str, str]:
    """The good inventory as texts."""
    paths = sorted(path for path in GOOD.rglob("*") if path.is_file())
    return {str(path.relative_to(GOOD)): path.read_text() for path in paths}


def minimal(sites: str = "", **changed: str) -> dict[str, str]:
    """The least there can be; keyword ``maintenance`` is the text of ``maintenance.yaml``."""
    files = {"netmon.yaml": CITY, "regions.csv": REGIONS, "sites/a.yaml": sites}
    return files | {f"{name}.yaml": text for name, text in changed.items()}


def site(device: str, extra: str = "") -> str:
    """A file with one site and one device."""
    return f'sites:\n  - id: s\n    kelurahan: "13.71.01.1011"\n{extra}    devices:\n      - {{{device}}}\n'


def mistakes(files: Mapping[str, str], **options: Any) -> list[str]:
    """The lines that these files are refused with."""
    with pytest.raises(InventoryError) as caught:
        load_files(files, environ=SECRETS, **options)
    return str(caught.value).splitlines()
