"""Templates of ntc-templates: from a command's output to rows."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

from netmon.model import Failure
from netmon.probes.ssh.line import SshError

_NAME: Final = re.compile(r"[A-Za-z0-9_.+-]+")


def rows_by(template: str, text: str) -> list[dict[str, str]]:
    """Read a text by a template, named as its file without ``.textfsm``; a list in a field is joined by blanks.

    Raises:
        SshError: There is no such template, or the text is not what it is for.
    """
    import textfsm  # type: ignore[import-untyped]  # noqa: PLC0415 -- only where a profile names a template

    file = resources.files("ntc_templates") / "templates" / f"{template}.textfsm"
    if not _NAME.fullmatch(template) or not file.is_file():
        raise SshError(Failure.LOCAL, f"ntc-templates has no template {template}")
    with file.open(encoding="utf-8") as lines:
        machine = textfsm.TextFSM(lines)
    try:
        found = machine.ParseText(text)
    except textfsm.TextFSMError:
        raise SshError(Failure.AUTH, f"what it answers is not what the template {template} is for") from None
    return [
        {
            name: " ".join(cell) if isinstance(cell, list) else str(cell)
            for name, cell in zip(machine.header, row, strict=True)
        }
        for row in found
    ]
