"""Who is on which open outage."""

from __future__ import annotations

from exporters.families import Family, gauge
from exporters.present import Present, labels
from netmon.state import KINDS, Acknowledged


def family(present: Present, acknowledged: Acknowledged) -> Family:
    """Give the outages that somebody is on; what is open again later is another outage."""
    things = present.things
    listed = {"uplink": things.uplinks, "site": things.sites, "device": things.devices}
    found = []
    for kind in KINDS:
        made = acknowledged(kind, present.now)
        shown = [one.id for one in listed[kind] if made and one.id in made and present.shows(one.group)]
        found += [(labels(**{kind: name, "by": made[name].by}), 1) for name in shown]
    return gauge(
        "netmon_outage_acknowledged",
        "Somebody is on the open outage of a device, site or uplink; always 1, and it changes no figure.",
        found,
    )
