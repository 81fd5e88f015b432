"""The inventory: the only reader of YAML, CSV and the environment. Everything is checked here, once."""

from netmon.inventory.editors import schema
from netmon.inventory.loading import Loaded, load, load_city, load_files, load_profiles
from netmon.inventory.mistakes import InventoryError, Mistake
from netmon.inventory.overview import summary
from netmon.inventory.web import load_web

__all__ = [
    "InventoryError",
    "Loaded",
    "Mistake",
    "load",
    "load_city",
    "load_files",
    "load_profiles",
    "load_web",
    "schema",
    "summary",
]
