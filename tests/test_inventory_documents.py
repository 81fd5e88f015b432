"""What editors and readers are told about the inventory is what the loader does."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml
from inventories import BAD, DOCUMENT, good_files

from netmon.inventory import schema
from netmon.inventory.fields import TABLES

FILES = good_files()


def as_an_editor_sees(text: str) -> Any:
    """YAML 1.2 as the editors' language server reads it."""

    class Core(yaml.SafeLoader):
        """Numbers, booleans and null of YAML 1.2; everything else is text."""

        yaml_implicit_resolvers: Any = {}  # noqa: RUF012 -- the library's own form

    for tag, pattern, first in (
        ("null", r"^(~|null|)$", ["~", "n", ""]),
        ("bool", r"^(true|false)$", list("tf")),
        ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
        ("float", r"^[-+]?[0-9]+\.[0-9]*$", list("-+0123456789")),
    ):
        Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    return yaml.load(text, Loader=Core)  # noqa: S506 -- a safe loader


@pytest.mark.parametrize("name", sorted(name for name in FILES if name.endswith(".yaml")))
def test_the_json_schema_accepts_the_good_inventory(name: str) -> None:
    """One schema for every sort of file, itself valid by its dialect."""
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    validator.validate(as_an_editor_sees(FILES[name]))


@pytest.mark.parametrize("name", ["unknown_key", "secret_in_file", "missing_key", "words", "reach", "durations"])
def test_the_json_schema_refuses_what_the_loader_refuses(name: str) -> None:
    """Unknown and missing keys, literal secrets and words outside their list are marked while one types."""
    validator = jsonschema.Draft202012Validator(schema())
    for path in (BAD / name).rglob("*.yaml"):
        assert not validator.is_valid(as_an_editor_sees(path.read_text())), path


def test_every_key_is_documented() -> None:
    """`docs/inventory.md` has a section for each entity, and in it a row for each key, marked where it is required."""
    sections = dict(part.split("\n", 1) for part in DOCUMENT.read_text().split("\n### ")[1:])
    for table in TABLES:
        rows = [line for line in sections[f"`{table.definition}`"].splitlines() if line.startswith("| `")]
        documented = {line.split("`")[1]: "**required**" in line for line in rows}
        assert documented == {field.name: field.required for field in table.fields}, table.name
