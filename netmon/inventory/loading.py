"""Loading: files to text, text to records, records to an ``Inventory``, with every mistake of the way together."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from netmon.inventory import boundaries, source
from netmon.inventory.credentials import Secrets, read_credentials
from netmon.inventory.devices import AUTO, build_device, check_devices
from netmon.inventory.fields import CREDENTIALS_FILE, MAINTENANCE_FILE, NETMON_FILE, SITES_FILE
from netmon.inventory.kinds import Record, Table, attempt, read_record
from netmon.inventory.mistakes import InventoryError, Mistake, Place, Report
from netmon.inventory.own_profiles import check_profiles
from netmon.inventory.places import Entry, Places, What, list_places
from netmon.inventory.regions import read_regions
from netmon.inventory.settings import Known, read_settings, read_witnesses
from netmon.inventory.sites import build_service, build_site, build_uplink, check_sites
from netmon.inventory.source import Keyed, shown
from netmon.inventory.upstream import resolve_behind
from netmon.inventory.windows import read_windows
from netmon.model import City, Credential, Inventory, Polygon

NETMON = "netmon.yaml"
REGIONS = "regions.csv"
CREDENTIALS = "credentials.yaml"
MAINTENANCE = "maintenance.yaml"
SITES = "sites/"
PROFILES = "profiles/"
WINDOWS = "maintenance"

NEEDED = {
    NETMON: 'write it, with at least city: {code: "13.71", zone: Asia/Jakarta}',
    REGIONS: "write it, beginning with the line code,kelurahan,kecamatan_code,kecamatan",
}
REVISION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Loaded:
    """An inventory without mistakes.

    ``files`` holds the text of every file that was read, by its name below the folder; no secret is in it.
    ``warnings`` are lines of the form of mistakes. ``profiles`` are the user's own, as plain data by name, each
    mapping a ``source.Keyed`` that knows its file and lines.
    """

    inventory: Inventory
    files: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    profiles: Mapping[str, Any] = field(default_factory=dict)


def load(folder: Path, *, environ: Mapping[str, str] = os.environ, secrets: bool = True) -> Loaded:
    """Read and check the inventory in a folder.

    ``environ`` gives the secrets that `credentials.yaml` names; with ``secrets=False`` none is looked up.

    Raises:
        InventoryError: It has mistakes: all of them, those of unreadable files too.
    """
    report = Report()
    files = _read_folder(folder, report)
    unread = {mistake.file for mistake in report.mistakes}
    return _load(files, unread, report, Secrets(environ if secrets else None, folder, report), profiles=True)


def load_files(
    files: Mapping[str, str], *, environ: Mapping[str, str] = os.environ, secrets: bool = True, folder: Path = Path()
) -> Loaded:
    """Read and check an inventory from texts by file name (``"sites/a.yaml"``), as ``Loaded.files`` has them.

    Files of secrets that are not absolute lie below ``folder``. With ``secrets=False`` nothing outside the texts is
    looked at, so that a stored revision can be read again anywhere.

    Raises:
        InventoryError: It has mistakes.
    """
    report = Report()
    lookup = Secrets(environ if secrets else None, folder, report)
    return _load(dict(files), set(), report, lookup, profiles=secrets)


def load_city(files: Mapping[str, str]) -> City:
    """Read the city alone from texts by file name, as :func:`load_files` reads all of it.

    Raises:
        InventoryError: ``netmon.yaml`` is missing or has mistakes.
    """
    report = Report()
    if NETMON not in files:
        raise InventoryError([Mistake(NETMON, 1, "file", "is missing", NEEDED[NETMON])])
    known = Known(report)
    for record in _records(NETMON_FILE, _parse({NETMON: files[NETMON]}, set(), report), NETMON, report):
        read_settings(record, known)
    if report.mistakes:
        raise InventoryError(report.mistakes)
    return known.city


def load_profiles() -> Mapping[str, Any]:
    """Give the profiles that come with netmon as plain data by name (of the file, without its ending).

    Raises:
        InventoryError: One of them is no YAML.
    """
    report = Report()
    found = {}
    for path in _packaged():
        data = _profile(path.read_text(encoding="utf-8"), f"netmon/profiles/{path.name}", report)
        found[path.name.removesuffix(".yaml")] = data
    if report.mistakes:
        raise InventoryError(report.mistakes)
    return MappingProxyType(found)


def _packaged() -> list[Traversable]:
    folder = resources.files("netmon") / "profiles"
    return sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)


def _read_folder(folder: Path, report: Report) -> dict[str, str]:
    if not folder.is_dir():
        raise InventoryError([Mistake(str(folder), 1, "file", "is no folder", "name the folder of the inventory")])
    known = (NETMON, REGIONS, boundaries.FILE, CREDENTIALS, MAINTENANCE)
    names = [name for name in known if (folder / name).exists()]
    for below in (SITES, PROFILES):
        for path in sorted((folder / below).glob("*")):
            if path.suffix == ".yaml":
                names.append(below + path.name)
            elif path.suffix == ".yml":
                report.warning(Place(below + path.name), "file", "is not read", "let its name end in .yaml")
    texts = {name: _read_file(folder / name, name, report) for name in names}
    return {name: text for name, text in texts.items() if text is not None}


def _read_file(path: Path, name: str, report: Report) -> str | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        report.mistake(Place(name), "file", f"cannot be read: {error.strerror}", "correct its permissions or its kind")
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8: byte 0x{data[error.start]:02X} makes no character"
        report.mistake(Place(name, line), "file", what, "save it as UTF-8")
        return None


def _load(files: dict[str, str], unread: set[str], report: Report, secrets: Secrets, *, profiles: bool) -> Loaded:
    files = {name: files[name] for name in sorted(files)}
    for name, how in NEEDED.items():
        if name not in files and name not in unread:
            report.mistake(Place(name), "file", "is missing", how)
            unread.add(name)
    nodes = _parse(files, unread, report)
    known = Known(report)
    own = {name: source.plain(node) for name, node in nodes.items() if name.startswith(PROFILES)}
    own_profiles = {name.removeprefix(PROFILES).removesuffix(".yaml"): data for name, data in own.items()}
    if profiles and not any(name.startswith(PROFILES) for name in unread):
        known.profiles = {AUTO, *own_profiles, *(each.name.removesuffix(".yaml") for each in _packaged())}
    inventory = _inventory(nodes, files, unread, known, secrets)
    if profiles and own_profiles:
        check_profiles(own_profiles, load_profiles(), report)
    if report.mistakes:
        raise InventoryError(report.mistakes)
    return Loaded(inventory, files, report.warnings, own_profiles)


def _parse(files: Mapping[str, str], unread: set[str], report: Report) -> dict[str, source.Mapping]:
    """Parse what is YAML; what cannot be read joins ``unread``."""
    nodes = {}
    for name, text in files.items():
        if not name.endswith(".yaml"):
            continue
        node = source.parse(text, name, report)
        if isinstance(node, source.Mapping):
            nodes[name] = node
            continue
        unread.add(name)
        if node is not None:
            report.mistake(node, "file", f"{shown(node)} stands in place of keys", "write keys, each with a colon")
    return nodes


def _profile(text: str, name: str, report: Report) -> Any:
    node = source.parse(text, name, report)
    return Keyed(name, 1) if node is None else source.plain(node)


def _records(table: Table, nodes: Mapping[str, source.Mapping], begin: str, report: Report) -> list[Record]:
    """Read each file whose name begins so as one entity."""
    return [read_record(table, node, "", report) for name, node in nodes.items() if name.startswith(begin)]


def _know(
    main: Record, nodes: Mapping[str, source.Mapping], files: Mapping[str, str], secrets: Secrets, known: Known
) -> None:
    """Fill in what sites and windows are held against: the city, its regions, credentials."""
    read_settings(main, known)
    if REGIONS in files and not source.unprintable(files[REGIONS], REGIONS, known.report):
        known.kelurahan = read_regions(files[REGIONS], known.report)
    if not known.kelurahan:
        known.broken |= {REGIONS}
    known.regions = {"city", *known.kelurahan, *(each.kecamatan for each in known.kelurahan.values())}
    if CREDENTIALS in nodes:
        found = attempt(CREDENTIALS_FILE, nodes[CREDENTIALS], "", known.report)
        known.credentials = {name: Credential(name) for name in nodes[CREDENTIALS].entries}
        known.credentials |= read_credentials(found, secrets)


def _inventory(
    nodes: Mapping[str, source.Mapping], files: Mapping[str, str], unread: set[str], known: Known, secrets: Secrets
) -> Inventory:
    """Make the inventory; where mistakes stand its values are placeholders, for they are reported together."""
    report = known.report
    known.broken = frozenset("sites" if name.startswith(SITES) else name for name in unread)
    [main] = _records(NETMON_FILE, nodes, NETMON, report) or [Record(source.Mapping(NETMON, 1))]
    _know(main, nodes, files, secrets, known)
    witnesses = read_witnesses(main, known)
    places = list_places(_records(SITES_FILE, nodes, SITES, report), known)
    check_devices(places, known)
    check_sites(places, known)
    behind = resolve_behind(places, known)
    windows = [
        each for file in _records(MAINTENANCE_FILE, nodes, MAINTENANCE, report) for each in file.get(WINDOWS, ())
    ]
    return Inventory(
        city=known.city,
        settings=known.settings,
        targets=known.targets,
        kelurahan=MappingProxyType(known.kelurahan),
        sites=_built(places, What.SITE, lambda each: build_site(each, known)),
        uplinks=_built(places, What.UPLINK, lambda each: build_uplink(each, known)),
        devices=_built(places, What.DEVICE, lambda each: build_device(each, behind[each.id], known)),
        services=_built(places, What.SERVICE, lambda each: build_service(each, known)),
        maintenance=MappingProxyType(read_windows(windows, places, known)),
        credentials=MappingProxyType(known.credentials),
        owners=MappingProxyType(known.owners),
        witness=witnesses,
        holidays=known.holidays,
        boundaries=MappingProxyType(_boundaries(files, known)),
        revision="" if report.mistakes else revision(files),
    )


def _boundaries(files: Mapping[str, str], known: Known) -> dict[str, tuple[Polygon, ...]]:
    if boundaries.FILE not in files:
        return {}
    return boundaries.read_boundaries(files[boundaries.FILE], known.kelurahan, known.city.bounds, known.report)


def _built(places: Places, what: What, build: Callable[[Entry], Any]) -> Mapping[str, Any]:
    return MappingProxyType({entry.id: build(entry) for entry in places.of(what)})


def revision(files: Mapping[str, str]) -> str:
    """Give the short SHA-256 over the files' names and texts: the same content has the same one."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            data = part.encode()
            digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:REVISION_DIGITS]
