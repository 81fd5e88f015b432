"""``credentials.yaml``: names in the file, secrets from the environment or from files elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netmon.inventory import source
from netmon.inventory.kinds import Record
from netmon.inventory.mistakes import Report
from netmon.model import Credential, Secret

FILE = "credentials.yaml"
SHORTEST_PASSWORD = 8
"""Characters of a password of SNMPv3 (RFC 3414, 11.2)."""

LONGEST_SECRET = 4096
DEFAULT_VERSION = "2c"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets are looked up: ``environ`` and files, relative ones below ``folder``; ``None``: nowhere."""

    environ: Mapping[str, str] | None
    folder: Path
    report: Report

    def find(self, record: Record, name: str, key: str) -> Secret | None:
        """Give the secret that a key names; ``None`` where it is not given, not there or not to be looked up."""
        found = record.get(name)
        if found is None or self.environ is None:
            return None
        kind, place = found[1] if name in {"auth", "priv"} else found
        node = record.at(name)
        return self._variable(self.environ, place, node, key) if kind == "env" else self._file(place, node, key)

    def _variable(self, environ: Mapping[str, str], name: str, node: source.Node, key: str) -> Secret | None:
        text = environ.get(name, "")
        if text:
            return Secret(text)
        state = "empty" if name in environ else "not set"
        self.report.mistake(node, f"{key}.env", f"the environment variable {name} is {state}", f"set {name}")
        return None

    def _file(self, name: str, node: source.Node, key: str) -> Secret | None:
        inside = f"{key}.file"
        path = self.folder / name
        try:
            self._warn_where_shared(path, node, inside)
            with path.open("rb") as file:
                text = file.read(LONGEST_SECRET + 1).decode().rstrip("\r\n")
        except OSError as error:
            self.report.mistake(
                node, inside, f"{path} cannot be read: {error.strerror}", "write it, readable for netmon"
            )
            return None
        except UnicodeDecodeError:
            self.report.mistake(node, inside, f"{path} is not UTF-8", "write the secret alone, as UTF-8")
            return None
        if not text or len(text) > LONGEST_SECRET:
            state = "longer than any secret" if text else "empty"
            self.report.mistake(node, inside, f"{path} is {state}", "write the secret alone")
            return None
        return Secret(text)

    def _warn_where_shared(self, path: Path, node: source.Node, key: str) -> None:
        root = self.folder.resolve()
        repository = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
        if path.resolve().is_relative_to(repository):
            what = f"{path} lies in the folder that holds the inventory, where it is easily handed on"
            self.report.warning(node, key, what, "keep it elsewhere, as /etc/netmon/NAME")


def read_credentials(records: Mapping[str, Record], secrets: Secrets) -> dict[str, Credential]:
    """Give the credentials by name."""
    return {name: _credential(name, record, secrets) for name, record in records.items()}


def _credential(name: str, record: Record, secrets: Secrets) -> Credential:
    snmp: Record = record.get("snmp", Record(record.node))
    ssh: Record = record.get("ssh", Record(record.node))
    if "snmp" in record:
        _check_version(snmp, f"{name}.snmp", secrets.report)
    auth, priv = (secrets.find(snmp, each, f"{name}.snmp.{each}") for each in ("auth", "priv"))
    for each, secret in (("auth", auth), ("priv", priv)):
        if secret is not None and len(secret.reveal()) < SHORTEST_PASSWORD:
            what = f"the secret has fewer than {SHORTEST_PASSWORD} characters"
            secrets.report.mistake(snmp.at(each), f"{name}.snmp.{each}", what, "choose a longer one (RFC 3414)")
    return Credential(
        name=name,
        version=snmp.get("version", DEFAULT_VERSION),
        community=secrets.find(snmp, "community", f"{name}.snmp.community"),
        user=snmp.get("user", ""),
        auth_protocol=snmp.get("auth", ("",))[0],
        auth=auth,
        priv_protocol=snmp.get("priv", ("",))[0],
        priv=priv,
        context=snmp.get("context", ""),
        ssh_user=ssh.get("user", ""),
        ssh_password=secrets.find(ssh, "password", f"{name}.ssh.password"),
        ssh_key=secrets.find(ssh, "key", f"{name}.ssh.key"),
        ssh_port=ssh.get("port", 22),
        networks=tuple(record.get("networks", ())),
    )


def _check_version(snmp: Record, key: str, report: Report) -> None:
    if "version" in snmp and snmp.get("version") is None:
        return
    version = snmp.get("version", DEFAULT_VERSION)
    third = version == "3"
    for name in ("user", "auth", "priv", "context") if not third else ("community",):
        if name in snmp:
            how = "write version: 3" if not third else "take it out, or write version: 2c"
            report.mistake(snmp.at(name), f"{key}.{name}", f"is not for version {version}", how)
    needed = "user" if third else "community"
    if needed not in snmp:
        report.mistake(snmp.node, f"{key}.{needed}", f"is missing; version {version} needs it", f"write {needed}")
    if third and "priv" in snmp and "auth" not in snmp:
        what = "encrypts without authentication, which SNMPv3 does not know"
        report.mistake(snmp.at("priv"), f"{key}.priv", what, "write auth too (RFC 3414)")
