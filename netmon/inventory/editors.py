"""The JSON Schema of the inventory's files, for editors, from the same table that validation uses."""

from __future__ import annotations

from typing import Any

from netmon.inventory.fields import CREDENTIALS_FILE, MAINTENANCE_FILE, NETMON_FILE, SITES_FILE, TABLES
from netmon.inventory.kinds import Table

CREDENTIALS = "credentials.yaml"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILES = (NETMON_FILE, SITES_FILE, MAINTENANCE_FILE)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) that every YAML file of an inventory fits: one of four sorts of file."""
    definitions = {table.definition: _object(table) for table in TABLES}
    definitions[CREDENTIALS] = dict(CREDENTIALS_FILE.schema)
    names = [*(table.definition for table in FILES), CREDENTIALS]
    sorts = [{"$ref": f"#/$defs/{name}"} for name in names]
    return {"$schema": DIALECT, "title": "netmon inventory", "anyOf": sorts, "$defs": definitions}


def _object(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: {**each.kind.schema, "description": each.help} for each in table.fields},
        "required": [each.name for each in table.fields if each.required],
        "additionalProperties": False,
    }
