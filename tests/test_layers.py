"""The house as it is drawn in docs/architecture.md: imports point down, and each outside library has one owner."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ROWS = {
    "netmon.model": 0,
    "netmon": 0,
    "netmon.availability": 1,
    "netmon.indicators": 1,
    "netmon.coverage": 2,
    "netmon.measures": 1,
    "netmon.tracks": 1,
    "netmon.snmp": 1,
    "netmon.snmp.wire": 1,
    "netmon.probes": 1,
    "netmon.profiles": 2,
    "netmon.snmp.usm": 2,
    "netmon.datagram": 2,
    "netmon.names": 2,
    "netmon.drills": 2,
    "netmon.snmp.client": 3,
    "netmon.inventory": 4,
    "netmon.state": 4,
    "netmon.history": 4,
    "netmon.observations": 4,
    "netmon.probes.icmp": 4,
    "netmon.probes.snmp": 4,
    "netmon.probes.ssh": 4,
    "netmon.probes.tcp": 4,
    "netmon.scheduler": 5,
    "netmon.sink": 5,
    "netmon.reports": 5,
    "netmon.discovery": 5,
    "netmon.web": 5,
    "netmon.serving": 5,
    "netmon.simulator": 5,
    "exporters": 5,
    "netmon.cli": 6,
}
"""Every module has its row; what lies inside a package counts as the package."""

OWNERS = {
    "yaml": {"netmon.inventory"},
    "cryptography": {"netmon.snmp.usm"},
    "csv": {"netmon.inventory", "netmon.observations", "netmon.simulator", "netmon.discovery"},  # foreign tables
    "sqlite3": {"netmon.history"},
    "prometheus_client": {"exporters"},
    "isal": {"exporters"},
    "bcrypt": {"netmon.serving"},
    "ssl": {"netmon.serving", "netmon.cli"},
    "shapely": {"netmon.coverage"},
    "jinja2": {"netmon.web"},
    "markdown_it": {"netmon.web"},
    "rich": {"netmon.cli"},
    "argparse": {"netmon.cli"},
    "netmiko": {"netmon.probes.ssh"},
    "paramiko": {"netmon.probes.ssh"},
    "textfsm": {"netmon.probes.ssh"},
    "uvicorn": {"netmon.cli"},
    "starlette": {"exporters", "netmon.web", "netmon.cli"},
}
"""Who may import a library; one owner, as far as one can be."""

PURE = {"netmon.profiles", "netmon.snmp.usm"} | {unit for unit, row in ROWS.items() if row <= 1}
"""What does no I/O and reads no clock."""

PURE_FORBIDS = {"asyncio", "socket", "time", "os", "subprocess", "threading", "select", "sqlite3"}
"""What a pure module does not touch."""


def unit_of(module: str) -> str:
    """Give the entry of :data:`ROWS` a module belongs to: itself or the nearest package above it."""
    parts = module.split(".")
    while parts:
        name = ".".join(parts)
        if name in ROWS and (name != "netmon" or module == "netmon"):
            return name
        parts.pop()
    raise KeyError(module)


def modules() -> Iterator[tuple[str, ast.Module, Path]]:
    """Give every module of both packages with its syntax tree."""
    for package in ("netmon", "exporters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield name, ast.parse(path.read_text(encoding="utf-8")), path


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Give the modules that a module imports; ``from a import b`` is ``a.b`` where that is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that everybody sees where they lead"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if (ROOT / full.replace(".", "/")).exists() or is_file(full) else str(node.module)


def is_file(module: str) -> bool:
    """Say whether a module is a file of this project."""
    return (ROOT / (module.replace(".", "/") + ".py")).exists()


def problems() -> Iterator[str]:
    """Name every import that breaks a rule."""
    for name, tree, _ in modules():
        try:
            unit = unit_of(name)
        except KeyError:
            yield f"{name}: has no row yet: give it one in tests/test_layers.py and docs/architecture.md"
            continue
        for imported in imports_of(tree):
            yield from judge(name, unit, imported)


def judge(name: str, unit: str, imported: str) -> Iterator[str]:
    """Name what is wrong with one import of one module."""
    top = imported.split(".", maxsplit=1)[0]
    if top in {"netmon", "exporters"}:
        target = unit_of(imported)
        if top == "exporters" and name.startswith("netmon.") and unit != "netmon.cli":
            yield f"{name}: imports {imported}: only the command line knows the exporters"
        elif target != unit and ROWS[target] >= ROWS[unit]:
            yield f"{name} (row {ROWS[unit]}): imports {imported} (row {ROWS[target]}): imports point down"
    elif top in OWNERS and unit not in OWNERS[top]:
        yield f"{name}: imports {top}, which belongs to {', '.join(sorted(OWNERS[top]))}"
    if unit in PURE and top in PURE_FORBIDS:
        yield f"{name}: is pure and imports {top}"


def test_imports_point_down_and_libraries_have_one_owner() -> None:
    """A module imports from lower rows only; a library is imported by its owner only; pure modules do no I/O."""
    assert list(problems()) == []


def test_every_row_names_a_module_that_exists() -> None:
    """No row outlives its module."""
    known = {name for name, _, _ in modules()}
    assert sorted(set(ROWS) - known) == []


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        ("netmon.availability.states", "netmon.history"),
        ("netmon.state", "netmon.history"),
        ("netmon.web.app", "exporters.app"),
        ("netmon.state", "yaml"),
        ("netmon.tracks", "time"),
    ],
)
def test_a_wrong_import_is_noticed(name: str, imported: str) -> None:
    """The rules can fail."""
    assert list(judge(name, unit_of(name), imported))


def test_files_and_functions_stay_small() -> None:
    """A file has at most 400 lines, a function at most 40."""
    large = []
    for name, tree, path in modules():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 400:
            large.append(f"{name}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 40:
                    large.append(f"{name}.{node.name}: {length} lines")
    assert large == []
