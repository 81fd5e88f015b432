"""What a compiled codec would give: SNMP replies read by ``netmon.snmp.wire`` as it is, by mypyc, and by Cython.

usage: python bench/codec.py [--quick] [--cython]

A copy of the package is compiled in a temporary folder, unchanged; nothing is left behind and nothing is shipped.
``--cython`` makes a virtual environment there and installs Cython into it from the package index. Reading is
``decode_message``; where the package has shapes (answers that look like the last one), reading by shape is measured
too. All variants take turns, in processes of their own.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from measuring import ROOT, Row, fraction, middle, pin, show

_PACKAGE: Final = "netmon.snmp.wire"
_COPY: Final = "copied_wire"
_COMMAND: Final = "python bench/codec.py"
_READS: Final = 20_000
_REPLY: Final = "a reply of 25 variable bindings"


@dataclass(frozen=True, slots=True)
class _Variant:
    """One way to run the copy, and the folder it is in."""

    name: str
    folder: Path


# -- making the variants ------------------------------------------------------------------------------


def _copy(folder: Path) -> list[Path]:
    """Copy the package under a name of its own; give the modules to compile."""
    target = folder / _COPY
    target.mkdir(parents=True)
    for source in (ROOT / "netmon" / "snmp" / "wire").glob("*.py"):
        text = source.read_text(encoding="utf-8").replace(_PACKAGE, _COPY)
        (target / source.name).write_text(text, encoding="utf-8")
    return sorted(module for module in target.glob("*.py") if module.stem != "__init__")


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-3000:]}")


def _by_mypyc(folder: Path) -> _Variant:
    modules = [module.relative_to(folder) for module in _copy(folder)]
    _run(folder, sys.executable, "-c", "import sys; from mypyc.__main__ import main; main()", *modules)
    return _Variant("mypyc", folder)


def _by_cython(folder: Path) -> _Variant:
    modules = [module.relative_to(folder) for module in _copy(folder)]
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    _run(folder, python, "-m", "pip", "install", "--quiet", "cython", "setuptools")
    _run(folder, python, "-m", "Cython.Build.Cythonize", "--inplace", "-3", *modules)  # for the same interpreter
    return _Variant("Cython", folder)


# -- timing one of them, in a process of its own ------------------------------------------------------


def _replies(wire: Any) -> dict[str, list[bytes]]:
    """Make the replies that are read, by what they are."""
    # Imported here: the table of objects is made with the package in its place, and is the same in each variant.
    from workloads import COMMUNITY, cells  # noqa: PLC0415

    every = list(cells())
    table = [cell for cell in every if len(cell[0]) > len(every[3][0])]
    scalars = every[2 : len(every) - len(table)]

    def reply(binds: list[Any]) -> bytes:
        head = (wire.VERSION_2C, COMMUNITY.encode(), wire.RESPONSE, wire.FIRST_REQUEST_ID, 0, 0)
        data: bytes = wire.encode_message(wire.Message(*head, binds))
        return data

    return {
        _REPLY: [reply(table[-25:])],
        "10 scalars with sysUpTime": [reply(scalars)],
        "10 interfaces × 20 columns": [reply(table[at : at + 25]) for at in range(0, len(table), 25)],
    }


def _seconds(read: Callable[[bytes], object], replies: list[bytes], reads: int) -> float:
    """Give the processor time of reading these replies once."""
    rounds = max(1, reads // len(replies))
    before = time.process_time()
    for _ in range(rounds):
        for data in replies:
            read(data)
    return (time.process_time() - before) / rounds


def _time(reads: int) -> dict[str, float]:
    wire = importlib.import_module(_COPY)
    took: dict[str, float] = {}
    for what, replies in _replies(wire).items():
        took[what] = _seconds(wire.decode_message, replies, reads)
        if hasattr(wire, "draw_shape"):
            names = [[name for name, _, _ in wire.decode_message(data).varbinds] for data in replies]
            shapes = {data: wire.draw_shape(data, asked) for data, asked in zip(replies, names, strict=True)}
            took[f"{what}, by shape"] = _seconds(_by_shape(shapes), replies, reads)
    return took


def _by_shape(shapes: dict[bytes, Any]) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        return shapes[data].read(data)

    return read


# -- all of them --------------------------------------------------------------------------------------


def _turn(variant: _Variant, reads: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--time", str(reads)]
    path = f"{variant.folder}:{ROOT}"
    done = subprocess.run(command, env={"PYTHONPATH": path}, stdout=subprocess.PIPE, check=True)
    took: dict[str, float] = json.loads(done.stdout)
    return took


def measure(quick: bool, *, with_cython: bool = False) -> list[Row]:
    """Compile and let the variants take turns.

    Raises:
        RuntimeError: It does not compile, or cannot be fetched.
    """
    pin()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(folder / "interpreted")
        variants = [_Variant("interpreted", folder / "interpreted"), _by_mypyc(folder / "mypyc")]
        if with_cython:
            variants.append(_by_cython(folder / "cython"))
        turns = [{one.name: _turn(one, _READS) for one in variants} for _ in range(2 if quick else 9)]
    rows = []
    for what in turns[0]["interpreted"]:
        took = {one.name: middle(turn[one.name][what] for turn in turns) for one in variants}
        plain = took.pop("interpreted")
        rows += [
            Row(f"{what}: {name}", f"{one * 1e6:.1f} µs", f"{plain * 1e6:.1f} µs", fraction(one, plain), _COMMAND)
            for name, one in took.items()
        ]
    return rows


def _main() -> None:
    if sys.argv[1:2] == ["--time"]:
        print(json.dumps(_time(int(sys.argv[2]))))
        return
    if set(sys.argv[1:]) - {"--quick", "--cython"}:
        sys.exit(__doc__)
    if shutil.which("gcc") is None:
        sys.exit("gcc is not installed: scripts/packages gcc libc6-dev")
    show(measure("--quick" in sys.argv, with_cython="--cython" in sys.argv))


if __name__ == "__main__":
    _main()
