"""The JSON Schema of the inventory's files, for editors, from the same table that validation uses."""

from __future__ import annotations

from typing import Any

from netmon.inventory.fields import CREDENTIALS_FILE, MAINTENANCE_FILE, NETMON_FILE, SITES_FILE, TABLES
from netmon.inventory.kinds import Table

DIALECT = "https://json-schema.org/draft/2020-12/schema"

FILES = {
    "netmon": {"$ref": f"#/$defs/{NETMON_FILE.definition}"},
    "sites": {"$ref": f"#/$defs/{SITES_FILE.definition}"},
    "maintenance": {"$ref": f"#/$defs/{MAINTENANCE_FILE.definition}"},
    "credentials": {"$ref": "#/$defs/credentials.yaml"},
}
"""What `schema` can be asked for: the sorts of files."""


def schema(file: str = "") -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of one sort of file (a key of ``FILES``), or of any of them.

    Raises:
        KeyError: There is no such sort of file.
    """
    definitions = {table.definition: _object(table) for table in TABLES}
    definitions["credentials.yaml"] = dict(CREDENTIALS_FILE.schema)
    root = FILES[file] if file else {"anyOf": list(FILES.values())}
    return {"$schema": DIALECT, "title": f"netmon: {file or 'inventory'}", **root, "$defs": definitions}


def _object(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: {**each.kind.schema, "description": each.help} for each in table.fields},
        "required": [each.name for each in table.fields if each.required],
        "additionalProperties": False,
    }
