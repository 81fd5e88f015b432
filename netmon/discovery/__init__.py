"""Discovery and import: what is out there, or in a table, as text of the inventory for people to review."""

from netmon.discovery.asking import Asker
from netmon.discovery.data import as_data
from netmon.discovery.entries import Entry, Review, Status
from netmon.discovery.keys import Keys
from netmon.discovery.merging import Existing, merge, places_of
from netmon.discovery.pacing import PacedClient, Turns
from netmon.discovery.remembering import memory_of, recall, remember
from netmon.discovery.review import totals, write_review
from netmon.discovery.scope import Scope, ScopeError
from netmon.discovery.sweep import Harvest, Standing, sweep

__all__ = [
    "Asker",
    "Entry",
    "Existing",
    "Harvest",
    "Keys",
    "PacedClient",
    "Review",
    "Scope",
    "ScopeError",
    "Standing",
    "Status",
    "Turns",
    "as_data",
    "memory_of",
    "merge",
    "places_of",
    "recall",
    "remember",
    "sweep",
    "totals",
    "write_review",
]
