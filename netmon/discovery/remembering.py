"""What was found before, so that a device is known again at another address: a small file beside the history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from netmon.discovery.found import Found

FILE: Final = "discovered.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """What a device of the inventory was when it was last discovered; no secret is in it."""

    address: str = ""
    name: str = ""
    serial: str = ""
    model: str = ""
    version: str = ""
    macs: tuple[str, ...] = ()


def memory_of(found: Found) -> Memory:
    """Say what is worth remembering of a device."""
    return Memory(found.address, found.name, found.serial, found.model, found.version, tuple(sorted(found.macs)))


def recall(folder: Path) -> dict[str, Memory]:
    """Read what is remembered, by the device's id; nothing where there is no such file, or none of ours.

    Raises:
        OSError: The file is there and cannot be read.
    """
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        return {}
    devices = data.get("devices") if isinstance(data, dict) and data.get("version") == _VERSION else None
    return dict(_memories(devices)) if isinstance(devices, dict) else {}


def _memories(devices: Mapping[str, Any]) -> Iterable[tuple[str, Memory]]:
    for name, kept in devices.items():
        if isinstance(kept, dict):
            macs = kept.get("macs")
            texts = {each.name: str(kept.get(each.name, "")) for each in fields(Memory) if each.name != "macs"}
            yield name, Memory(**texts, macs=tuple(map(str, macs)) if isinstance(macs, list) else ())


def remember(folder: Path, memories: Mapping[str, Memory]) -> None:
    """Write what is to be remembered, at once or not at all.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    devices = {name: asdict(memory) for name, memory in sorted(memories.items())}
    text = json.dumps({"version": _VERSION, "devices": devices}, ensure_ascii=False, indent=1)
    aside = folder / f"{FILE}.new"
    aside.write_text(text, encoding="utf-8")
    aside.replace(folder / FILE)
