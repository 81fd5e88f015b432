"""The harnesses by name: what is tried, how often in a soak, and how long an input may be."""

from __future__ import annotations

import agents
import doors
import pages
import pings
import plain
import sealed
from supply import Harness

HARNESSES = {
    "message": Harness(plain.message, plain.message_seeds, 1_000_000, 1500),
    "pdu": Harness(plain.pdu, plain.pdu_seeds, 500_000, 1500),
    "shape": Harness(plain.shape, plain.shape_seeds, 1_000_000, 1000),
    "envelope": Harness(sealed.envelope, sealed.envelope_seeds, 500_000, 1500),
    "seal": Harness(sealed.seal, sealed.seal_seeds, 200_000, 600),
    "exchange": Harness(agents.exchange, agents.exchange_seeds, 100_000, 300),
    "secured": Harness(agents.secured, agents.secured_seeds, 50_000, 300),
    "table": Harness(pages.table, pages.table_seeds, 300_000, 400),
    "pings": Harness(pings.pings, pings.pings_seeds, 200_000, 300),
    "routes": Harness(doors.routes, doors.routes_seeds, 100_000, 600),
    "guard": Harness(doors.guard, doors.guard_seeds, 300_000, 300),
}
