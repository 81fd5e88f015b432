"""Runs one harness guided by coverage, or tries the inputs in given files once, as after a finding.

Usage:
    python fuzz/one.py NAME [OPTION OF LIBFUZZER …]
    python fuzz/one.py NAME FILE …
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests"), str(HERE.parent)]

OWN = ["netmon", "exporters"]
"""Whose coverage guides."""


def replay(name: str, files: list[str]) -> None:
    """Try each file's bytes; no fuzzer is needed for that."""
    from harnesses import HARNESSES  # noqa: PLC0415 - under atheris it is loaded in another way

    with HARNESSES[name].opened() as trial:
        for file in files:
            trial(Path(file).read_bytes())
            print(f"{file}: nothing to object to")


def fuzz(name: str, options: list[str]) -> None:
    """Try inputs until one fails, or as many as the options say."""
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore] # noqa: PLC0415

    with atheris.instrument_imports(include=OWN):
        from harnesses import HARNESSES  # noqa: PLC0415
    with HARNESSES[name].opened() as trial:
        atheris.Setup([sys.argv[0], *options], trial)
        atheris.Fuzz()


def main() -> None:
    """Do what the arguments say."""
    name, *rest = sys.argv[1:]
    if rest and all(Path(each).is_file() for each in rest):
        replay(name, rest)
    else:
        fuzz(name, rest)


if __name__ == "__main__":
    main()
