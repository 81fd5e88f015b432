"""``deploy/alertmanager/render.py``: secrets get in as exactly what they are, or nothing is written at all."""

from __future__ import annotations

import runpy
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from alertmanagers import NEEDS_ALERTMANAGER, PASSWORD, RENDER, SECRETS, TOKEN, amtool, render, rendered
from hypothesis import given
from hypothesis import strategies as st
from inbox import Inbox

QUOTED = runpy.run_path(str(RENDER))["quoted"]
SECRET = "sangat-rahasia"  # noqa: S105 -- searched for in everything that is said


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Give what writes a configuration whose ``@`` is the folder of secrets."""

    def written(text: str) -> Path:
        file = tmp_path / "alertmanager.yml"
        file.write_text(text.replace("@", f"{tmp_path}"), encoding="utf-8")
        return file

    return written


def secret(folder: Path, content: bytes = SECRET.encode() + b"\n", mode: int = 0o640) -> Path:
    """Write a secret's file."""
    file = folder / "token"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@NEEDS_ALERTMANAGER
def test_what_is_delivered_is_a_configuration(tmp_path: Path) -> None:
    """With its secrets in it, Alertmanager takes it; each secret is what its file holds, without the line's end."""
    with Inbox() as inbox:
        made = rendered(tmp_path, inbox)
        gateway = f"{inbox.webhook_url}/gateway-url"
    said = amtool("check-config", made)
    assert "SUCCESS" in said
    assert "1 templates" in said
    document = yaml.safe_load(made.read_text(encoding="utf-8"))
    assert document["global"]["smtp_auth_password"] == PASSWORD
    on_call = next(one for one in document["receivers"] if one["name"] == "on-call")
    assert on_call["telegram_configs"][0]["bot_token"] == TOKEN
    assert on_call["webhook_configs"][0]["url"] == gateway
    assert SECRETS not in made.read_text(encoding="utf-8")


def test_only_its_owner_can_read_what_is_rendered(tmp_path: Path, write: Callable[[str], Path]) -> None:
    """Also where a file that others could read lay there before; nothing else is left in the folder."""
    secret(tmp_path)
    made = tmp_path / "out" / "made.yml"
    made.parent.mkdir()
    made.write_text("old", encoding="utf-8")
    made.chmod(0o644)
    done = render(write("password: file:@/token\n"), made)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert made.read_text(encoding="utf-8") == f'password: "{SECRET}"\n'
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [one.name for one in made.parent.iterdir()] == ["made.yml"]


def test_placeholders_are_whole_values_of_keys(tmp_path: Path, write: Callable[[str], Path]) -> None:
    """In a list or not, quoted or not, with a comment or not; what is a comment stays one."""
    secret(tmp_path)
    source = write(
        "# token: file:@/token and more\n"
        "a: file:@/token # of the bot\n"
        "b:\n"
        "  - url: 'file:@/token'\n"
        '    c-d: "file:@/token"   \n'
        "    password_file: /etc/x\n"
        "e: text # file:@/token\n"
    )
    made = tmp_path / "made.yml"
    assert render(source, made).returncode == 0
    lines = made.read_text(encoding="utf-8").splitlines()
    assert lines[1] == f'a: "{SECRET}" # of the bot'
    assert yaml.safe_load("\n".join(lines)) == {
        "a": SECRET,
        "b": [{"url": SECRET, "c-d": SECRET, "password_file": "/etc/x"}],
        "e": "text",
    }


@given(st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" ", codec="utf-8"), min_size=1))
def test_any_printable_secret_means_itself(text: str) -> None:
    """Quotes, backslashes, signs of YAML and templates, every alphabet."""
    assert yaml.safe_load(f"key: {QUOTED(text)}") == {"key": text}


MISTAKES = {
    "not there": ("token: file:@/none", None, "token: @/none: No such file or directory (write the credential into"),
    "empty": ("token: file:@/token", b"\n", "token: @/token is empty (write the credential into it)"),
    "blank": ("token: file:@/token", b"  \n", "token: @/token is empty (write the credential into it)"),
    "several lines": (
        "token: file:@/token",
        b"sangat-rahasia\nx\n",
        "token: @/token has several lines (write the credential into it and nothing else)",
    ),
    "not UTF-8": (
        "token: file:@/token",
        b"sangat-rahasia\xff\n",
        "token: @/token is not UTF-8 text (write the credential into it as text)",
    ),
    "a byte order mark": (
        "token: file:@/token",
        b"\xef\xbb\xbfsangat-rahasia\n",
        "token: @/token has characters that cannot be printed (write the credential into it as plain text, without",
    ),
    "a control character": (
        "token: file:@/token",
        b"sangat-rahasia\x00\n",
        "token: @/token has characters that cannot be printed (",
    ),
    "much too long": (
        "token: file:@/token",
        b"sangat-rahasia" * 10_000,
        "token: @/token is no file with one line (name a file that holds nothing but the credential)",
    ),
    "a folder": ("token: file:@", None, "token: @ is no file with one line (name a file that holds nothing but"),
    "a relative path": ("token: file:token", None, "token: file:token is no absolute path (write file:/path)"),
    "a part of a value": (
        "url: http://x/file:/etc/token",
        None,
        "file: stands for a whole value, not for a part of one (write KEY: file:/path on a line of its own)",
    ),
    "several on a line": (
        "auth: {user: x, password: file:/etc/token}",
        None,
        "file: stands for a whole value, not for a part of one (write KEY: file:/path on a line of its own)",
    ),
    "a number": (
        "chat_id: file:@/token",
        b"sangat-rahasia\n",
        "chat_id: must be a number and is no secret (write the number itself)",
    ),
    "no template": (
        "templates:\n  - templates/netmon.tmpl",
        None,
        "templates: no file is @/templates/netmon.tmpl (name a file that is there: messages are made of it)",
    ),
    "templates on one line": (
        "templates: [templates/netmon.tmpl]",
        None,
        "templates: is not a list of one path a line (write '  - templates/netmon.tmpl' below it)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_its_line_and_nothing_is_written(
    tmp_path: Path, write: Callable[[str], Path], mistake: str
) -> None:
    """FILE:LINE, the key, what is wrong and what to write instead; a secret is never said."""
    line, content, message = MISTAKES[mistake]
    if content is not None:
        secret(tmp_path, content)
    made = tmp_path / "made.yml"
    made.write_text("what was at work before", encoding="utf-8")
    source = write(f"# a comment\n{line}\n")
    done = render(source, made)
    number = 3 if line.startswith("templates:\n") else 2
    assert done.returncode == 2
    assert done.stderr.startswith(f"{source}:{number}: {message.replace('@', str(tmp_path))}")
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in done.stderr + done.stdout
    assert made.read_text(encoding="utf-8") == "what was at work before"
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path, write: Callable[[str], Path]) -> None:
    """Nobody mends one to be told of the next."""
    source = write("a: file:@/1\nb: 2\nc: file:@/3\n")
    done = render(source, tmp_path / "made.yml")
    assert [line.split(" ")[0] for line in done.stderr.splitlines()] == [f"{source}:1:", f"{source}:3:"]
    assert not (tmp_path / "made.yml").exists()


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_a_secret_that_everybody_can_read_is_told_once(
    tmp_path: Path, write: Callable[[str], Path], mode: int, is_open: bool
) -> None:
    """It works, as it is no reason to call nobody; the command that mends it is said."""
    file = secret(tmp_path, mode=mode)
    source = write("a: file:@/token\nb: file:@/token\n")
    done = render(source, tmp_path / "made.yml")
    warning = f"warning: {source}:1: a: {file} is open to every user of this machine (write: chmod o-rwx {file})\n"
    assert (done.returncode, done.stderr) == (0, warning if is_open else "")


def test_a_space_at_the_edge_is_kept_and_told(tmp_path: Path, write: Callable[[str], Path]) -> None:
    """It may belong to a password, and mostly does not."""
    secret(tmp_path, b"sangat-rahasia \r\n")
    done = render(write("a: file:@/token\n"), tmp_path / "made.yml")
    assert "begins or ends with a space" in done.stderr
    assert SECRET not in done.stderr
    assert (tmp_path / "made.yml").read_text(encoding="utf-8") == f'a: "{SECRET} "\n'


def test_files_that_cannot_be_used_are_told(tmp_path: Path, write: Callable[[str], Path]) -> None:
    """A source that is not there or no text, a folder that is not there, the source as its own destination."""
    secret(tmp_path)
    source, made = write("a: file:@/token\n"), tmp_path / "made.yml"
    none, odd, nowhere = tmp_path / "none.yml", tmp_path / "odd.yml", tmp_path / "none" / "made.yml"
    odd.write_bytes(b"a: \xff\n")
    instead = "name a file in a folder that you may write to"
    for one, other, message in (
        (none, made, f"{none}: No such file or directory (name the configuration to start from)"),
        (odd, made, f"{odd}: is not UTF-8 text (save it as UTF-8)"),
        (source, nowhere, f"{nowhere}: No such file or directory ({instead})"),
        (source, source, f"{source}: is SOURCE itself (name another file)"),
    ):
        done = render(one, other)
        assert (done.returncode, done.stderr) == (2, f"{message}\n")
    assert source.read_text(encoding="utf-8") == f"a: file:{tmp_path}/token\n"
