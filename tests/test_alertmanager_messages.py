"""What people read: golden texts in both languages, made by Alertmanager's own template engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from alertmanagers import DEPLOYED, NEEDS_ALERTMANAGER, amtool
from inbox import TELEGRAM_LIMIT, units
from message_stories import STORIES, UPLINK_DOWN, alert, data, ended

pytestmark = NEEDS_ALERTMANAGER

GOLDEN = Path(__file__).parent / "golden" / "messages"
TEMPLATES = DEPLOYED / "templates" / "netmon.tmpl"
LANGUAGES = {"id": "", "en": ".en"}

WORDS = (  # Indonesian, English; in the order in which they can be exchanged
    ("LATIHAN SELESAI", "DRILL ENDED"),
    ("}}LATIHAN{{", "}}DRILL{{"),
    ('"LATIHAN"', '"DRILL"'),
    ("PERINGATAN", "WARNING"),
    ("PENGINGAT", "REMINDER"),
    ("GANGGUAN", "OUTAGE"),
    ("PULIH", "RESOLVED"),
    ("SELESAI", "ENDED"),
    ("%d dari %d", "%d of %d"),
    ("Peringatan berakhir %s setelah %s", "Alert ended %s after %s"),
    ("Peringatan sejak", "Alert since"),
    ("Sejak", "Since"),
    ("(sejak", "(since"),
    ("Terdampak", "Affected"),
    ("Penanganan", "Status"),
    ("Keterangan", "Details"),
    ("Langkah pertama", "First step"),
    ("Panduan", "Runbook"),
    ("dan %d lagi", "and %d more"),
    ("kurang dari 1 menit", "less than 1 minute"),
    ("${1} jam ", "${1} h "),
    ("${1} menit", "${1} min"),
    (" 0 menit$", " 0 min$"),
    (" berakhir{{", " ended{{"),
    ('lang="id"', 'lang="en"'),
)


def rendered(folder: Path, template: str, alerts: list[dict[str, Any]], kind: str = "text") -> str:
    """Make a message as Alertmanager makes it."""
    file = folder / "data.json"
    file.write_text(json.dumps(data(alerts)), encoding="utf-8")
    text = f'{{{{ template "{template}" . }}}}'
    options = (f"--template.text={text}", f"--template.type={kind}", f"--template.data={file}")
    return amtool("template", "render", f"--template.glob={TEMPLATES}", *options).removesuffix("\n")


def letter(folder: Path, story: str, language: str) -> str:
    """Put all messages of a story below each other."""
    after = LANGUAGES[language]
    names = [f"netmon.{part}{after}" for part in ("subject", "telegram", "email")]
    parts = [f"----- {name}\n{rendered(folder, name, STORIES[story])}" for name in names]
    return "\n".join([f"===== {story}", *parts])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_messages_are_the_golden_ones(tmp_path: Path, language: str) -> None:
    """Every story, as a subject, on Telegram and as a mail; a difference is the review."""
    made = "\n\n".join(letter(tmp_path, story, language) for story in STORIES)
    assert made + "\n" == (GOLDEN / f"messages.{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_mail_is_the_golden_one(tmp_path: Path, language: str) -> None:
    """What a mail program shows, where it shows HTML."""
    story = STORIES["one goes down, another is mended"]
    made = rendered(tmp_path, f"netmon.html{LANGUAGES[language]}", story, "html")
    assert made + "\n" == (GOLDEN / f"mail.{language}.html").read_text(encoding="utf-8")


def test_the_languages_differ_in_nothing_but_words() -> None:
    """Whoever changes one template changes the other: English is the Indonesian with other words and annotations."""
    text = re.sub(r"\{\{/\*.*?\*/\}\}", "", TEMPLATES.read_text(encoding="utf-8"), flags=re.DOTALL)
    begin = '{{ define "netmon.telegram.en"'
    indonesian, _, english = text.partition(begin)
    assert translated(indonesian).strip() == (begin + english).strip()


def translated(text: str) -> str:
    """Make the English templates of the Indonesian ones."""
    text = re.sub(r'"netmon\.([a-z.]+)"', r'"netmon.\1.en"', text)
    twin = r"\.Annotations\.(affected|acknowledged|description|action)\b"
    text = re.sub(twin, r"(or .Annotations.\1_en .Annotations.\1)", text)
    text = text.replace("or .Annotations.summary ", "or .Annotations.summary_en .Annotations.summary ")
    text = re.sub(r"dan (\{\{[^}]*\}\}) lagi", r"and \1 more", text)
    for old, new in WORDS:
        assert old in text, f"{old!r} is said no longer"
        text = text.replace(old, new)
    clean = r'\.Annotations\.runbook_url \| reReplaceAll "\\\\s\+" " " \| reReplaceAll "\^ \| \$" ""'
    return re.sub(clean, lambda found: found[0] + ' | reReplaceAll "^([^?]+)$" "${1}?lang=en"', text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_essential_stands_in_the_first_two_lines(tmp_path: Path, language: str) -> None:
    """What, where, since when and how many people: so much a telephone shows of a message."""
    one = UPLINK_DOWN["annotations"]
    after = "" if language == "id" else "_en"
    first, second, *_ = rendered(tmp_path, f"netmon.telegram{LANGUAGES[language]}", [UPLINK_DOWN]).splitlines()
    assert one[f"summary{after}"] in first
    assert second.index(one["since"]) < second.index(one[f"affected{after}"]) < 60


def test_what_is_not_known_is_not_said(tmp_path: Path) -> None:
    """Only what ends by recovering alone is called recovered; a rehearsal and a missed target end."""
    end = "2026-11-24T07:05:30Z"
    said = {
        name: rendered(tmp_path, "netmon.telegram", [ended(alert(name, "warning", {}, summary="x"), end)]).split(":")[0]
        for name in ("UplinkDown", "SiteDown", "CityDark", "DeviceDown", "ReadingsFailing", "TargetAtRisk", "Unheard")
    }
    assert said.pop("UplinkDown") == said.pop("SiteDown") == "PULIH"
    assert set(said.values()) == {"SELESAI"}
    over = rendered(tmp_path, "netmon.telegram", STORIES["a rehearsal is over"])
    assert over.startswith("LATIHAN SELESAI: Titik akses")
    assert "PULIH" not in over


@pytest.mark.parametrize(
    ("end", "lasted"),
    [
        ("2026-11-24T06:06:29Z", "kurang dari 1 menit"),
        ("2026-11-24T06:06:30Z", "1 menit"),
        ("2026-11-24T07:05:30Z", "1 jam"),
        ("2026-11-24T09:50:31.5Z", "3 jam 45 menit"),
        ("2026-11-28T10:05:31Z", "100 jam"),
    ],
)
def test_a_duration_is_told_in_hours_and_minutes(tmp_path: Path, end: str, lasted: str) -> None:
    """Whole minutes, as a person says them."""
    text = rendered(tmp_path, "netmon.telegram", [ended(UPLINK_DOWN, end)])
    assert f" setelah {lasted} (sejak 24-11-2026 13.05 WIB)." in text


@pytest.mark.parametrize("template", ["netmon.telegram", "netmon.telegram.en"])
@pytest.mark.parametrize("letters", ["a", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{LARGE RED CIRCLE}"], ids=ascii)
@pytest.mark.parametrize(("firing", "over"), [(1, 0), (0, 1), (6, 6), (500, 0), (500, 500)])
def test_no_message_is_too_long_for_telegram(
    tmp_path: Path, template: str, letters: str, firing: int, over: int
) -> None:
    """However many alerts and whatever is in them: at most 4,096 UTF-16 units, the first alert, and how many more."""
    long = dict.fromkeys(UPLINK_DOWN["annotations"], letters * 600)
    one = alert("UplinkDown", "critical", {"uplink": "u"}, **long)
    alerts = [one] * firing + [ended(one, "2027-11-24T09:50:31Z")] * over
    text = rendered(tmp_path, template, alerts)
    assert units(text) <= TELEGRAM_LIMIT
    assert text[0].isalpha() or text.startswith("- ")
    listed = len(re.findall(r"^(?:- )?[A-Z]{4,8}(?: \(\d+ \w+ \d+\))?:", text, re.MULTILINE))
    more = sum(int(count) for count in re.findall(r"^\w+ (\d+) (?:lagi|more)$", text, re.MULTILINE))
    assert listed + more == firing + over
    if over == 0:
        assert ("Panduan:" if template == "netmon.telegram" else "Runbook:") in text  # the first is told in full


def test_a_page_shows_text_as_text(tmp_path: Path) -> None:
    """A name with signs of HTML stays a name; a runbook's address that is none of the web is no link."""
    one = alert(
        "SiteDown", "warning", {}, summary="Kafe <script>alert(1)</script> & co", runbook_url="javascript:alert(1)"
    )
    page = rendered(tmp_path, "netmon.html", [one], "html")
    assert "Kafe &lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in page
    assert "<script" not in page
    assert 'href="javascript' not in page
