"""The runbooks as pages: what an alert means and what to do first, for whoever was just called.

The texts are those of ``docs/runbooks/``; the package holds them by a link, so that an installed netmon has them too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Final

from jinja2 import Environment
from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from netmon.web.words import WORDS, spoken

_SECTIONS: Final = {"## Bahasa Indonesia": "id", "## English": "en"}
_SEVERITIES: Final = {"Kritis": "critical", "Peringatan": "warning", "Informasi": "info", "Tanpa": "none"}
_NOT_FOUND: Final = 404

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Runbook:
    """The page of one alert: its name, how urgent it is, and its text in Markdown by language."""

    name: str
    severity: str
    sections: Mapping[str, str]

    def lead(self, language: str) -> str:
        """Give the first paragraph as HTML: how urgent, and what it is about."""
        first = next(token for token in self._tokens(language) if token.type == "inline")
        return _html([first])

    def body(self, language: str) -> str:
        """Give the whole text as HTML; links to other runbooks stay within the language."""
        return _html(self._tokens(language))

    def _tokens(self, language: str) -> list[Token]:
        tokens = _MARKDOWN.parse(self.sections[language])
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = "h2"  # the page's own heading is the only one above
            for inner in token.children or []:
                _fit(inner, language)
        return tokens


def _html(tokens: list[Token]) -> str:
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _fit(token: Token, language: str) -> None:
    """Let a link to another file lead to its page, and a command break between its words only."""
    if token.type == "link_open":
        target = str(token.attrGet("href"))
        if target.endswith(".md"):
            token.attrSet("href", f"/runbooks/{target.removesuffix('.md')}?lang={language}")
    elif token.type == "code_inline":
        words = " ".join(f"<span>{escape(word)}</span>" for word in token.content.split())
        token.type, token.content = "html_inline", f"<code>{words}</code>"


def parse(name: str, text: str) -> Runbook:
    """Give the runbook that a file holds.

    Raises:
        ValueError: It lacks a language, or does not begin with how urgent it is.
    """
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line in _SECTIONS:
            lines = sections.setdefault(_SECTIONS[line], [])
        else:
            lines.append(line)
    if sections.keys() != WORDS.keys():
        raise ValueError(f"{name}: has not just the sections {', '.join(_SECTIONS)}")
    found = {language: "\n".join(section).strip() for language, section in sections.items()}
    urgency = found["id"].removeprefix("**").split(maxsplit=1)[0]
    if urgency not in _SEVERITIES:
        raise ValueError(f"{name}: begins with {urgency!r} and not with one of {', '.join(_SEVERITIES)}")
    return Runbook(name, _SEVERITIES[urgency], found)


def load() -> dict[str, Runbook]:
    """Give every runbook by its name, the most urgent first."""
    found = [
        parse(file.name.removesuffix(".md"), file.read_text(encoding="utf-8"))
        for file in files("netmon.web").joinpath("runbook_texts").iterdir()
        if file.name.endswith(".md")
    ]
    order = list(_SEVERITIES.values())
    return {one.name: one for one in sorted(found, key=lambda one: (order.index(one.severity), one.name))}


class Runbooks:
    """Shows the runbooks: a list, and a page each."""

    def __init__(self, templates: Environment, language: Callable[[], str]) -> None:
        """Take how pages are made, and what tells the city's language."""
        self._templates = templates
        self._language = language
        self._all = load()

    def routes(self) -> list[Route]:
        """Give the routes for the ASGI application."""
        return [Route("/runbooks", self._list), Route("/runbooks/{name:path}", self._one)]

    async def _list(self, request: Request) -> Response:
        return self._page(request, None, None)

    async def _one(self, request: Request) -> Response:
        name = request.path_params["name"]  # only looked up in what was loaded: a path it cannot be
        runbook = self._all.get(name)
        return self._page(request, runbook, name if runbook is None and name else None)

    def _page(self, request: Request, runbook: Runbook | None, missing: str | None) -> Response:
        language = spoken(request.query_params.get("lang"), self._language())
        text = self._templates.get_template("runbook.html").render(
            runbook=runbook, missing=missing, runbooks=self._all, language=language, words=WORDS[language]
        )
        return HTMLResponse(text, _NOT_FOUND if missing is not None else 200)
