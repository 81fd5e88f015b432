"""The web configuration file, in the format of Prometheus's exporter-toolkit: TLS, users, headers.

What that format knows and netmon does not do is refused, never passed over: a server that is less guarded than its
file says would be worse than one that does not start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netmon.inventory import source
from netmon.inventory.kinds import Field, Kind, Record, Table, choice, map_of, read_record, record, scalar
from netmon.inventory.mistakes import InventoryError, Place, Report, Wrong
from netmon.inventory.source import Node, Scalar
from netmon.inventory.values import BOOLEAN
from netmon.model import ClientAuth, Secret, Tls, WebConfiguration

_BCRYPT: Final = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_HIGHEST_COST: Final = 16
"""A check at this cost takes seconds; one more doubles them."""

_VERSIONS: Final = ("TLS12", "TLS13")
_HEADERS: Final = (
    "Content-Security-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)
_HOW: Final = "write what htpasswd -nBC 10 USER prints after the colon"


def _refuse(_node: Node, _key: str, _report: Report) -> Any:
    raise Wrong("is nothing that netmon does", "remove the key")


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise Wrong("is no path", "name a file")
    return Path(text)


def _header(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise Wrong("{} is no value of a header", "write printable ASCII on one line")
    return text


def _users(node: Node, key: str, report: Report) -> dict[str, Secret]:
    """Read names and hashes; no message repeats what may be a password."""
    if not isinstance(node, source.Mapping):
        raise Wrong("here stands no mapping", "write NAME: HASH, one user a line")
    found = {}
    for name, (at, value) in node.entries.items():
        problem = _problem(name, value)
        if problem is None and isinstance(value, Scalar):
            found[name] = Secret(value.text)
        elif problem is not None:
            report.mistake(at, f"{key}.{name}", problem.what, problem.instead)
    return found


def _problem(name: str, value: Node) -> Wrong | None:
    if not name or ":" in name or not name.isprintable():
        return Wrong("is no name of a user", "write a name without colons and control characters")
    hashed = _BCRYPT.fullmatch(value.text) if isinstance(value, Scalar) else None
    if hashed is None:
        return Wrong("this is no bcrypt hash of a password", _HOW)
    if int(hashed[1]) > _HIGHEST_COST:
        return Wrong(f"its cost is above {_HIGHEST_COST}: a check would take seconds", _HOW)
    return None


_REFUSED: Final = Kind(_refuse, {})
_FILE: Final = scalar("a path", _path, {"type": "string"})
_VERSION: Final = choice("a version of TLS that is still safe", _VERSIONS)

_TLS: Final = Table(
    "tls_server_config",
    (
        Field("cert_file", _FILE, "write the file of the server's certificate (PEM)", required=True),
        Field("key_file", _FILE, "write the file of its key (PEM)", required=True),
        Field("client_auth_type", choice("a way to ask for a certificate", [*ClientAuth]), "NoClientCert by default"),
        Field("client_ca_file", _FILE, "who signs the certificates of clients (PEM)"),
        Field("min_version", _VERSION, "TLS12 by default"),
        Field("max_version", _VERSION, "TLS13 by default"),
        Field("prefer_server_cipher_suites", BOOLEAN, "has no effect"),
        *(
            Field(name, _REFUSED, "refused", nullable=False)
            for name in ("cert", "key", "client_ca", "client_allowed_sans", "cipher_suites", "curve_preferences")
        ),
    ),
)
_HTTP: Final = Table(
    "http_server_config",
    (
        Field("http2", BOOLEAN, "has no effect: netmon speaks HTTP/1.1"),
        Field("headers", map_of(choice("a header", _HEADERS), scalar("a header's value", _header, {})), "of answers"),
    ),
)
_WEB: Final = Table(
    "the web configuration",
    (
        Field("tls_server_config", record(_TLS), "certificates"),
        Field("http_server_config", record(_HTTP), "headers"),
        Field("basic_auth_users", Kind(_users, {}, empty={}), "who may come in"),
        Field("rate_limit", _REFUSED, "refused", nullable=False),
    ),
)


@dataclass(frozen=True, slots=True)
class _Files:
    """The files that a configuration names, relative to its own folder."""

    folder: Path
    report: Report

    def find(self, record: Record, key: str) -> Path | None:
        """Give a file's path, where it can be read."""
        named: Path | None = record.get(key)
        if named is None:
            return None
        path = self.folder / named
        try:
            with path.open("rb"):
                return path
        except OSError as error:
            what = f"{path} cannot be read: {error.strerror}"
            self.report.mistake(record.at(key), f"tls_server_config.{key}", what, "name a file that can be read")
            return None


def load_web(path: Path) -> WebConfiguration:
    """Read and check a web configuration file; files that it names lie relative to it.

    Raises:
        InventoryError: It has mistakes: all of them, each with its line.
    """
    report = Report()
    name = str(path)
    found = WebConfiguration()
    try:
        node = source.parse(path.read_text(encoding="utf-8"), name, report)
    except OSError as error:
        report.mistake(Place(name), "file", f"cannot be read: {error.strerror}", "name a file that can be read")
    except UnicodeDecodeError:
        report.mistake(Place(name), "file", "is not UTF-8", "save it as UTF-8")
    else:
        if isinstance(node, source.Mapping):
            found = _configuration(read_record(_WEB, node, "", report), _Files(path.parent, report))
        elif node is not None:
            report.mistake(node, "file", "here stand no keys", "write keys, each with a colon")
    if report.mistakes:
        raise InventoryError(report.mistakes)
    return found


def _configuration(main: Record, files: _Files) -> WebConfiguration:
    http: Record | None = main.get("http_server_config")
    tls: Record | None = main.get("tls_server_config")
    return WebConfiguration(
        _tls(tls, files) if tls is not None else None,
        main.get("basic_auth_users", {}),
        http.get("headers", {}) if http is not None else {},
    )


def _tls(record: Record, files: _Files) -> Tls | None:
    report, key = files.report, "tls_server_config"
    certificate, private, authority = (files.find(record, name) for name in ("cert_file", "key_file", "client_ca_file"))
    client_auth = ClientAuth(record.get("client_auth_type", ClientAuth.NONE))
    if client_auth is ClientAuth.NONE and "client_ca_file" in record:
        what, how = "asks nobody without client_auth_type", f"write client_auth_type: {ClientAuth.REQUIRED}"
        report.mistake(record.at("client_ca_file"), f"{key}.client_ca_file", what, how)
    if client_auth is not ClientAuth.NONE and "client_ca_file" not in record:
        what, how = "needs to know who signs them", "write client_ca_file"
        report.mistake(record.at("client_auth_type"), f"{key}.client_auth_type", what, how)
    least, most = record.get("min_version", _VERSIONS[0]), record.get("max_version", _VERSIONS[-1])
    if least > most:
        report.mistake(record.at("max_version"), f"{key}.max_version", f"is below min_version {least}", "raise it")
    if certificate is None or private is None:
        return None  # both are required: a mistake says which is missing
    return Tls(certificate, private, client_auth, authority, least, most)
