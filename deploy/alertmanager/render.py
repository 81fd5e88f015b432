#!/usr/bin/python3
"""Writes Alertmanager's configuration with its secrets in it, for as long as Alertmanager cannot read them from files.

usage: render.py SOURCE DESTINATION

A value ``file:/path`` of SOURCE is replaced by what that file holds, and templates named by a relative path are looked
for beside SOURCE. DESTINATION can be read by its owner alone and is replaced as a whole or not at all. Mistakes are
told as FILE:LINE, all of them at once, and end with 2. Needs Python 3.11 and nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 65_536
"""No credential is longer; what is was not meant."""

NUMBERS = frozenset({"chat_id"})
"""Keys whose values Alertmanager wants as numbers; none of them is secret."""

_PLACEHOLDER = re.compile(
    r"""(?P<before>\s*(?:-\s+)*(?P<key>[A-Za-z_][\w.-]*)\s*:\s+)
        (?P<quote>["']?)file:(?P<path>[^"']*?)(?P=quote)
        (?P<after>\s*|\s+\#.*)""",
    re.VERBOSE,
)
_MISPLACED = re.compile(r"(?<![\w#])file:/")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_TEMPLATE = re.compile(r"""(?P<before>\s*-\s+)(?P<quote>["']?)(?P<path>[^"'\s]+)(?P=quote)(?P<after>\s*|\s+#.*)""")


class Mistake(Exception):  # noqa: N818 -- a person's, in the words of the messages
    """What is wrong with a line: the key, what is wrong, and what to write instead."""

    def __init__(self, key: str, wrong: str, instead: str) -> None:
        """Put the parts into one line."""
        super().__init__(f"{key}: {wrong} ({instead})")


@dataclass
class Rendering:
    """The configuration as far as it is made, and what is to be said about it."""

    source: Path
    lines: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """The files of secrets that were looked at; most are named several times."""

    def render(self, text: str) -> None:
        """Take in the whole source."""
        in_templates = False
        for number, line in enumerate(text.split("\n"), 1):
            if line[:1] not in ("", " ", "-", "#"):
                in_templates = line.startswith("templates:")
            try:
                made = self._template(line) if in_templates else self._line(line, number)
            except Mistake as mistake:
                self.mistakes.append(f"{self.source}:{number}: {mistake}")
                made = line
            self.lines.append(made)

    def write(self, destination: Path) -> None:
        """Write what was made, unless that would replace the source."""
        try:
            if destination.exists() and destination.samefile(self.source):
                self.mistakes.append(f"{destination}: is SOURCE itself (name another file)")
            else:
                replace(destination, "\n".join(self.lines))
        except OSError as error:
            self.mistakes.append(f"{destination}: {error.strerror} (name a file in a folder that you may write to)")

    def _line(self, line: str, number: int) -> str:
        found = _PLACEHOLDER.fullmatch(line)
        if found is None:
            if _MISPLACED.search(_COMMENT.sub("", line)):
                instead = "write KEY: file:/path on a line of its own"
                raise Mistake("file", "stands for a whole value, not for a part of one", instead)
            return line
        key, path = found["key"], found["path"]
        if key in NUMBERS:
            raise Mistake(key, "must be a number and is no secret", "write the number itself")
        if not path.startswith("/"):
            raise Mistake(key, f"file:{path} is no absolute path", "write file:/path")
        secret = read_secret(key, path)
        if path not in self.told:
            self.told.add(path)
            self.warnings.extend(f"{self.source}:{number}: {key}: {warning}" for warning in doubts(path, secret))
        return f"{found['before']}{quoted(secret)}{found['after']}"

    def _template(self, line: str) -> str:
        """Make a template's path absolute; Alertmanager says nothing of a path that leads nowhere."""
        written = _COMMENT.sub("", line).strip()
        if written in ("", "templates:"):
            return line
        found = _TEMPLATE.fullmatch(line)
        if found is None:
            raise Mistake("templates", "is not a list of one path a line", "write '  - templates/netmon.tmpl' below it")
        path = self.source.absolute().parent / found["path"]
        if not any(path.parent.glob(path.name)):
            raise Mistake("templates", f"no file is {path}", "name a file that is there: messages are made of it")
        return f"{found['before']}{quoted(str(path))}{found['after']}"


def read_secret(key: str, path: str) -> str:
    """Read what a file holds, without the line's end.

    Raises:
        Mistake: it is not there, not readable, empty, several lines, too large or not printable text. Nothing of
            its content is said.
    """
    try:
        content = _content(path)
    except OSError as error:
        instead = "write the credential into that file, readable by the user that Alertmanager runs as"
        raise Mistake(key, f"{path}: {error.strerror}", instead) from None
    if content is None or len(content) > MOST_BYTES:
        raise Mistake(key, f"{path} is no file with one line", "name a file that holds nothing but the credential")
    try:
        secret = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Mistake(key, f"{path} is not UTF-8 text", "write the credential into it as text") from None
    if not secret.strip():
        raise Mistake(key, f"{path} is empty", "write the credential into it")
    if "\n" in secret or "\r" in secret:
        raise Mistake(key, f"{path} has several lines", "write the credential into it and nothing else")
    if not secret.isprintable():
        instead = "write the credential into it as plain text, without a byte order mark"
        raise Mistake(key, f"{path} has characters that cannot be printed", instead)
    return secret


def _content(path: str) -> bytes | None:
    """Read a file as far as a credential may be long; ``None`` where it is none, which might never end."""
    file = Path(path)
    if not stat.S_ISREG(file.stat().st_mode):
        return None
    with file.open("rb") as content:
        return content.read(MOST_BYTES + 1)


def doubts(path: str, secret: str) -> Iterator[str]:
    """Say what is most likely not meant, though it works."""
    if Path(path).stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield f"{path} is open to every user of this machine (write: chmod o-rwx {path})"
    if secret != secret.strip():
        yield f"{path} begins or ends with a space, which is taken as part of the credential"


def quoted(text: str) -> str:
    """Write text as a YAML scalar that means exactly that text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def replace(destination: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step: who reads it sees the old or the new.

    Raises:
        OSError: it cannot be written there.
    """
    descriptor, name = tempfile.mkstemp(dir=destination.absolute().parent, prefix=f".{destination.name}.")  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(destination)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Render; give the exit status: 0, or 2 where nothing was written."""
    parser = argparse.ArgumentParser(
        prog="render.py", description="Alertmanager's configuration with its secrets in it."
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="the configuration with file:/path for secrets")
    parser.add_argument("destination", metavar="DESTINATION", type=Path, help="what Alertmanager is to read")
    paths = parser.parse_args(arguments)
    rendering = Rendering(paths.source)
    try:
        rendering.render(paths.source.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        rendering.mistakes.append(f"{paths.source}: is not UTF-8 text (save it as UTF-8)")
    except OSError as error:
        rendering.mistakes.append(f"{paths.source}: {error.strerror} (name the configuration to start from)")
    if not rendering.mistakes:
        rendering.write(paths.destination)
    for warning in rendering.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    for mistake in rendering.mistakes:
        sys.stderr.write(f"{mistake}\n")
    return 2 if rendering.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
