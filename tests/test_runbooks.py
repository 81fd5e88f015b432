"""The runbooks: a page for every alert, in both languages, from the sources and from the wheel alike."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from live_city import NOW, LiveCity, small_city
from starlette.applications import Starlette

from netmon.cli import _MODULES
from netmon.web import Pages
from netmon.web.runbooks import Runbook, load, parse
from netmon.web.words import LANGUAGES, WORDS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "runbooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
PARTS = {"id": ["Langkah pertama", "Yang perlu diketahui"], "en": ["First steps", "Good to know"]}
ANSWERS = {
    "id": ["Artinya", "Bukan berarti", "Seberapa yakin", "Konfirmasi, bisukan", "Berakhir"],
    "en": ["It means", "It does not mean", "How sure", "Acknowledge, silence", "It ends"],
}
URGENCY = {
    "critical": {"id": "Kritis – telepon sekarang.", "en": "Critical – call now."},
    "warning": {"id": "Peringatan – tindak lanjuti segera.", "en": "Warning – follow up soon."},
    "info": {"id": "Informasi – pada jam kerja.", "en": "Info – in business hours."},
    "none": {"id": "Tanpa tingkat – selalu menyala.", "en": "None – always on."},
}
CAUSES = {
    *("power", "fibre_cut", "equipment", "theft", "provider", "configuration"),
    *("switched_off", "force_majeure", "maintenance", "unknown"),
}
PROGRAMS = {"ping", "top", "uptime"}
TEXT = "# A\n\n## Bahasa Indonesia\n**Kritis – telepon sekarang.** {0}\n\n## English\n**Critical – call now.** {0}\n"


class Reader(HTMLParser):
    """Reads a page as a browser does: its text, its links, its elements."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.tags: list[str] = []
        self._style = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        self.tags.append(tag)
        self._style = tag == "style"
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        self.text += "" if self._style else data

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        self._style = False


async def ask(*paths: str, language: str = "id") -> list[httpx.Response]:
    """Ask the pages of a small city."""
    inventory = small_city()
    city = LiveCity(replace(inventory, city=replace(inventory.city, language=language)))
    transport = httpx.ASGITransport(Starlette(routes=Pages(city.state, lambda: True, wall=lambda: NOW).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as client:
        return [await client.get(path) for path in paths]


def steps(runbook: Runbook, language: str) -> list[str]:
    """Give the numbered steps of a runbook."""
    return re.findall(r"^\d+\. (.+)$", runbook.sections[language], re.MULTILINE)


# -- the texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_says_the_same_in_both_languages(name: str) -> None:
    """How urgent; what to do first, in as many steps; what it means and does not, how sure, how to end it."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    runbook = parse(name, text)
    assert text.splitlines()[0] == f"# {name}"
    assert 25 <= len(text.splitlines()) <= 40
    for language, section in runbook.sections.items():
        assert section.startswith(f"**{URGENCY[runbook.severity][language]}** ")
        assert re.findall(r"^### (.+)$", section, re.MULTILINE) == PARTS[language]
        assert re.findall(r"^- \*\*([^*]+)\*\*", section, re.MULTILINE) == ANSWERS[language]
        assert 5 <= len(steps(runbook, language)) <= 6
    assert len(steps(runbook, "id")) == len(steps(runbook, "en"))
    links = [re.findall(r"\]\(([^)]+)\)", runbook.sections[language]) for language in LANGUAGES]
    assert sorted(set(links[0])) == sorted(set(links[1]))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_runbook_names_exists(name: str) -> None:
    """Its links lead to runbooks, its commands are netmon's, its keys documented ones, its causes codes."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert {target.removesuffix(".md") for target in re.findall(r"\]\(([^)]+)\)", text)} <= {*NAMES}
    codes = re.findall(r"`([^`]+)`", text)
    assert {code.split()[1] for code in codes if code.startswith("netmon ")} <= _MODULES.keys()
    documented = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    keys = {code for code in codes if re.fullmatch(r"[a-z]+(_[a-z]+)*", code)}
    assert {key for key in keys - CAUSES - PROGRAMS if f"`{key}`" not in documented} == set()
    assert max(len(word) for code in codes for word in code.split()) <= 30, "wider than a phone"


# -- the alerts ---------------------------------------------------------------------------------------


def rules() -> list[dict[str, Any]]:
    """Give every rule of ``alerts/`` that makes an alert."""
    files = [path for path in sorted((ROOT / "alerts").glob("*.yml")) if not path.name.endswith(".test.yml")]
    groups = [group for path in files for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def alerts() -> set[tuple[str, str]]:
    """Give the name and severity of every alert; one alert may have several."""
    return {(rule["alert"], rule["labels"]["severity"]) for rule in rules()}


def test_a_message_links_to_the_runbook_of_its_own_alert() -> None:
    """At the address that Prometheus knows netmon by."""
    for rule in rules():
        assert rule["annotations"]["runbook_url"] == f"{{{{ $externalLabels.netmon_url }}}}/runbooks/{rule['alert']}"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    """Of the same severity, and where the alert has another one as well, that is said beside it."""
    runbooks = load()
    assert {name for name, _ in alerts()} == runbooks.keys()
    assert {(name, one.severity) for name, one in runbooks.items()} <= alerts()
    for name, severity in alerts() - {(name, one.severity) for name, one in runbooks.items()}:
        for language in LANGUAGES:
            urgency = URGENCY[severity][language].partition(" ")[0]
            assert f"**{urgency.lower()}**" in runbooks[name].sections[language].partition("\n\n")[0]


def test_the_table_of_pages_names_every_alert_and_no_other() -> None:
    """In ``docs/alerts.md``: each with its severity, when it comes and how it ends, and a link to its runbook."""
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)
    assert {(name, severity) for name, _, severity in rows} == alerts()
    assert all(name == target for name, target, _ in rows)
    assert len(rows) == len(alerts())


def test_the_links_of_the_page_of_alerts_lead_somewhere() -> None:
    """To files that exist and headings that they have."""
    page = ROOT / "docs" / "alerts.md"
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, (
            target
        )


# -- the pages ----------------------------------------------------------------------------------------


async def test_the_list_has_every_runbook_the_most_urgent_first() -> None:
    """Each with a link to its page, in the city's language; the first page leads to it."""
    first, page = await ask("/", "/runbooks")
    assert "/runbooks?lang=id" in Reader(first.text).links
    found = Reader(page.text)
    assert page.status_code == 200
    assert '<html lang="id">' in page.text
    assert {link for link in found.links if link.startswith("/runbooks/")} == {
        f"/runbooks/{name}?lang=id" for name in NAMES
    }
    urgencies = [URGENCY[severity]["id"] for severity in ("critical", "warning", "info", "none")]
    positions = [(found.text.index(one), found.text.rindex(one)) for one in urgencies]
    assert positions == sorted(positions)
    assert all(last < first for (_, last), (first, _) in pairwise(positions))


@pytest.mark.parametrize(
    ("city", "query", "shown"),
    [("id", "", "id"), ("id", "?lang=en", "en"), ("en", "", "en"), ("en", "?lang=id", "id"), ("en", "?lang=xx", "id")],
)
async def test_a_page_speaks_the_citys_language_unless_asked_otherwise(city: str, query: str, shown: str) -> None:
    """Only that one; a language that it does not speak is Indonesian."""
    (page,) = await ask(f"/runbooks/UplinkDown{query}", language=city)
    other = "en" if shown == "id" else "id"
    found = Reader(page.text)
    assert f'<html lang="{shown}">' in page.text
    assert all(part in found.text for part in PARTS[shown])
    assert not any(part in found.text for part in PARTS[other])
    assert f"?lang={other}" in found.links


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_found_whole_and_its_links_lead_somewhere(language: str) -> None:
    """No mark of Markdown is left over, nothing is loaded from anywhere, every link is answered."""
    links: set[str] = set()
    for page in await ask(*(f"/runbooks/{name}?lang={language}" for name in NAMES)):
        found = Reader(page.text)
        assert page.status_code == 200
        assert not re.search(r"\*\*|`|^#|\]\(|\.md\b", found.text, re.MULTILINE)
        assert not {*found.tags} & {"script", "img", "link", "iframe"}
        assert not re.search(r"url\(|@import", page.text)
        links |= {link for link in found.links if link.startswith("/")}
    assert f"/runbooks/UplinkDown?lang={language}" in links
    assert {page.status_code for page in await ask(*sorted(links))} == {200}


@pytest.mark.parametrize(
    "name",
    [
        *("Nothing", "uplinkdown", "UplinkDown.md", "UplinkDown/", "..%2F..%2Falerts", "..%2Frunbooks%2FUplinkDown"),
        *("%2Fetc%2Fpasswd", "%00", "%3Cscript%3E", "%7B%7B7*7%7D%7D", "%FF"),
    ],
)
async def test_an_unknown_name_is_told_so_and_shown_the_list(name: str) -> None:
    """It is only looked up, so no path leads out of the folder; what was asked for is text and nothing else."""
    plain, page = await ask("/runbooks", f"/runbooks/{name}")
    assert page.status_code == 404
    before, after = Reader(plain.text), Reader(page.text)
    assert {*after.tags} - {*before.tags} <= {"p"}
    assert len(after.links) == len(before.links)
    assert WORDS["id"]["runbook_missing"].partition(" {}")[0] in after.text


def test_a_runbook_lets_no_html_through() -> None:
    """Neither elements nor addresses that run something, in text, commands and links."""
    hostile = "<script>a</script> <img src=x> `<b>c</b>` [d](javascript:e) [f](data:text/html,g) &lt;h&gt;"
    runbook = parse("A", TEXT.format(hostile))
    for html in (runbook.body("id"), runbook.lead("en")):
        found = Reader(html)
        assert {*found.tags} <= {"p", "strong", "code", "span", "a"}
        assert not found.links
        assert "<script>a</script> <img src=x> <b>c</b>" in found.text


def test_a_command_breaks_between_its_words_only() -> None:
    """So that nobody reads a break as part of it."""
    runbook = parse("A", TEXT.format("`netmon ack ID --note …`, see [B](B.md)"))
    assert "<code><span>netmon</span> <span>ack</span> <span>ID</span> <span>--note</span>" in runbook.body("id")
    assert '<a href="/runbooks/B?lang=en">B</a>' in runbook.lead("en")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("## English", "## Deutsch"), "A: has not just the sections ## Bahasa Indonesia, ## English"),
        (("Kritis", "Gawat"), "A: begins with 'Gawat' and not with one of Kritis, Peringatan, Informasi, Tanpa"),
    ],
)
def test_a_runbook_that_cannot_be_shown_is_refused(wrong: tuple[str, str], told: str) -> None:
    """It lacks a language, or does not say how urgent it is."""
    with pytest.raises(ValueError, match=re.escape(told)):
        parse("A", TEXT.format("x").replace(*wrong))


# -- the package --------------------------------------------------------------------------------------


def test_the_package_has_the_files_of_the_documentation() -> None:
    """They are written once."""
    assert (ROOT / "netmon" / "web" / "runbook_texts").resolve() == FOLDER.resolve()
    assert sorted(load()) == NAMES


def test_the_wheel_alone_can_show_them(tmp_path: Path) -> None:
    """Made as ``pip wheel .`` makes it, unpacked, and read without the sources."""
    source = tmp_path / "source"
    for part in ("netmon", "exporters", "docs/runbooks"):
        shutil.copytree(ROOT / part, source / part, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    made = subprocess.run(
        [*command, "--wheel-dir", tmp_path, source], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    shutil.rmtree(source)
    asked = "import netmon.web.runbooks as found; print(found.__file__, *sorted(found.load()))"
    shown = subprocess.run(
        [sys.executable, "-P", "-c", asked],
        env={"PYTHONPATH": str(tmp_path / "installed"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stdout.split() == [str(tmp_path / "installed/netmon/web/runbooks.py"), *NAMES], shown.stderr
