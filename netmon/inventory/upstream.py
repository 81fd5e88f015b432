"""``behind``: from what is written to the devices that are above a device, and the search for circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netmon.inventory.places import Entry, Places, What, referred
from netmon.inventory.settings import Known

Graph = Mapping[str, Sequence[str]]
"""What each device and uplink hangs on: ids of devices and uplinks."""


def resolve_behind(places: Places, known: Known) -> dict[str, tuple[str, ...]]:
    """Give for each device the devices that it is behind, and report unknown ones and circles.

    An uplink's id becomes its routers and links; a site's device that says nothing is behind the site's uplink.
    What is planned is left out: it upholds no attribution (LK-1, "Upstream").
    """
    graph: dict[str, list[str]] = {}
    for entry in places.entries:
        if entry.what is What.DEVICE:
            above = _written(entry, places, known)
            if places.by_id.get(entry.id) is entry:
                graph[entry.id] = above
    for uplink in places.of(What.UPLINK):
        graph[uplink.id] = [each.id for each in uplink.inside if each.is_connection and each.id]
    for circle in _circles(graph):
        _report_circle(circle, places, known)
    behind = {device.id: _expand(graph[device.id], graph, places) for device in places.of(What.DEVICE)}
    groups = {group: group for group in behind.values()}  # most devices are behind one of a few
    return {name: groups[group] for name, group in behind.items()}


def _written(entry: Entry, places: Places, known: Known) -> list[str]:
    if "behind" in entry.record:
        names: list[str] = entry.record.get("behind", [])
        wanted = {What.DEVICE, What.UPLINK}
        return [name for name in names if referred(entry.record, "behind", name, wanted, places, known)]
    uplink: str = entry.parent.record.get("uplink", "") if entry.parent else ""
    found = places.by_id.get(uplink)
    return [uplink] if found is not None and found.what is What.UPLINK else []


def _expand(above: Sequence[str], graph: Graph, places: Places) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for name in above:
        for each in graph[name] if places.by_id[name].what is What.UPLINK else [name]:
            if not places.by_id[each].is_planned:
                members[each] = None
    return tuple(members)


def _circles(graph: Graph) -> Iterator[list[str]]:
    """Walk depth first, without recursion: a chain may be as long as the inventory."""
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        path: dict[str, Iterator[str]] = {start: iter(graph[start])}
        while path:
            name = next(reversed(path))
            above = next(path[name], None)
            if above is None:
                done.add(name)
                del path[name]
            elif above in path:
                way = list(path)
                yield way[way.index(above) :]
            elif above not in done:
                path[above] = iter(graph[above])


def _report_circle(circle: list[str], places: Places, known: Known) -> None:
    """Say it where its first device (in the files' order) that has a `behind` of its own writes it."""
    on_it = set(circle)
    first = next(each for each in places.by_id.values() if each.id in on_it and "behind" in each.record)
    turn = circle.index(first.id)
    way = " → ".join([*circle[turn:], *circle[:turn], first.id])
    known.report.mistake(first.record.at("behind"), "behind", f"goes in a circle: {way}", "take one of them out")
