"""LK-1 counted second by second, by plain loops: slow, literal, and written apart from ``netmon.availability``.

It holds one entry for each second of all recorded time in ordinary lists and asks the sentences of LK-1 of each
second. Nothing here is clever; where it differs from the code it tests, the text decides.

Where the text leaves a choice, this is the reading taken here:

 1.  *All recorded time* runs from the first observation to the end of the last one's coverage. A second outside is
     not observed, so nothing is "seen" there.
 2.  *Interface of a router*: the link's own observation stands while the router is observed up. A router that is down
     makes it down; one that is blind, or that nobody observes ("does not tell"), makes it blind. If the link's own
     observation outlived the router's, a pause of the monitor could begin an outage of the link, which the invariants
     forbid, or end one. An interface is not "behind" its router unless it says so, neither for attribution nor for
     windows.
 3.  *Life-cycle* means the two dates (of the device and of its site or uplink), not the service hours: a member that
     is outside its hours or in a window still proves that the group is down.
 4.  *Members of a group* are looked at in each second: a member outside its life-cycle then is no member then. A
     device of a planned uplink or site is never a member. A group without members upholds nothing: no attribution
     and no coverage by a window.
 5.  P and S are maximal over all recorded time. P may run on through seconds in which its members change.
 6.  *grace* looks at the device and at everything of its group that is an object, alive or not: if only those counted
     that live in some second of P, a missing observation, which cuts P in two, would change the grace at its far end,
     in an outage that does not touch the missing time; the invariants forbid that.
 7.  *Chains* of attribution need no rule of their own: a member counts by what was observed of it, whoever is to
     blame for that. A member that nobody observed proves nothing, even when its own upstream is down.
 8.  *Windows* cover each for itself: a device behind two routers is not covered by two windows with one router each.
     Their union counts afterwards, second by second. Chains pass through the members of that second (4).
     ``only`` covers what the scope names, and nothing behind it.
 9.  A window without ``announced``: in replay never announced; otherwise announced when it was first loaded. A thing
     that ``first_loaded`` does not know is taken as in replay.
10.  ``approved_by`` and ``reason`` must both be there. The reason alone is nothing.
11.  A scope that names a site or uplink names all of its devices, whatever their role; a kelurahan, kecamatan or
     ``city`` names all devices of its sites and uplinks.
12.  Only access points become ``degraded`` by a service, and only those of the service's own site. A service has no
     life-cycle, hours or windows. "No radio is on" is no part of the recorded observations.
13.  A planned *site* is treated as a planned uplink is.
14.  Hours are read from the wall clock of the city's zone: seconds after local midnight. What runs over midnight
     belongs to the day on which it begins, whatever the next day is (closed, a holiday).
15.  An outage whose first second is the period's first, with an up second before it, is seen and not carried in.
16.  An incident touches the period when one of its down seconds lies in it.
17.  A site whose kelurahan is not in the list of kelurahan is in no kecamatan; one without an owner in no owner's.
"""

from __future__ import annotations

from typing import Any

from lk1_oracle_states import (
    WORKING,
    FirstLoaded,
    Month,
    Observations,
    bounds,
    device_states,
    group_states,
    stretches,
    watched,
    window_counts,
)

from netmon.model import Device, Inventory, Period, Site, State, Uplink

BROKEN = (State.DOWN, State.DOWN_UPSTREAM)


def count(
    inventory: Inventory, observations: Observations, period: Period, first_loaded: FirstLoaded = None
) -> dict[str, Any]:
    """Count everything: ``{"objects": [...], "rollups": {(of, kind, id): ...}, "maintenance": [...]}``.

    The objects are dicts with the keys of the report's JSON; times are Unix seconds, states plain words.
    """
    month = bounds(inventory, observations, period, first_loaded)
    states = device_states(month, observations)
    objects = [_device_object(inventory, device, states[device.id], month, period) for device in watched(inventory)]
    for uplink in inventory.uplinks.values():
        members = [states[device.id] for device in inventory.connections(uplink) if inventory.is_object(device)]
        if members and not uplink.planned:
            objects.append(_uplink_object(inventory, uplink, group_states(members), month, period))
    for site in inventory.sites.values():
        members = [states[device.id] for device in inventory.access_points(site) if inventory.is_object(device)]
        if members and not site.planned:
            objects.append(_site_object(inventory, site, group_states(members), month, period))
    return {"objects": objects, "rollups": _rollups(inventory, objects), "maintenance": _maintenance(month, period)}


# -- objects ------------------------------------------------------------------------------------------


def _device_object(
    inventory: Inventory, device: Device, states: list[State], month: Month, period: Period
) -> dict[str, Any]:
    head = {"kind": "device", "id": device.id, "site": device.site or None, "uplink": device.uplink or None}
    return head | _figures(inventory, states, month, period, None)


def _uplink_object(
    inventory: Inventory, uplink: Uplink, states: list[State], month: Month, period: Period
) -> dict[str, Any]:
    target = inventory.targets.uplink if uplink.target is None else uplink.target
    head = {"kind": "uplink", "id": uplink.id, "site": None, "uplink": uplink.id}
    return head | _figures(inventory, states, month, period, target)


def _site_object(inventory: Inventory, site: Site, states: list[State], month: Month, period: Period) -> dict[str, Any]:
    target = inventory.targets.hotspot if site.target is None else site.target
    head = {"kind": "site", "id": site.id, "site": site.id, "uplink": None}
    return head | _figures(inventory, states, month, period, target)


def _figures(
    inventory: Inventory, states: list[State], month: Month, period: Period, target: float | None
) -> dict[str, Any]:
    inside = states[period.start - month.begin : period.end - month.begin]
    seconds = {state.value: inside.count(state) for state in State}
    figures = ratios(seconds)
    figures["target"] = target
    figures["result"] = _result(figures, target, inventory.targets.completeness)
    return figures | _outages_and_incidents(states, month, period, seconds["up"] + seconds["degraded"])


def ratios(seconds: dict[str, int]) -> dict[str, Any]:
    """Give the figures of LK-1 for seconds by state; ``None`` where the denominator is 0."""
    agreed = sum(seconds.values()) - seconds["out_of_service"] - seconds["planned"]
    seen = agreed - seconds["unknown"]
    working = seconds["up"] + seconds["degraded"]
    return {
        "seconds": seconds,
        "agreed": agreed,
        "observed": seen,
        "completeness": seen / agreed if agreed else None,
        "availability": working / seen if seen else None,
        "usable": seconds["up"] / seen if seen else None,
        "lower": working / agreed if agreed else None,
        "upper": (working + seconds["unknown"]) / agreed if agreed else None,
        "attributable": (working + seconds["down_upstream"]) / seen if seen else None,
    }


def _result(figures: dict[str, Any], target: float | None, evidence: float) -> str:
    if target is None or figures["observed"] == 0:
        return "none"
    if figures["completeness"] < evidence:
        return "insufficient"
    return "met" if figures["availability"] >= target else "missed"


# -- outages and incidents ----------------------------------------------------------------------------


def _outages_and_incidents(states: list[State], month: Month, period: Period, working: int) -> dict[str, Any]:
    first, behind_last = period.start - month.begin, period.end - month.begin  # positions of the period
    incidents = _incidents(states)
    outages = []
    number = 0
    for incident in incidents:
        touching = [outage for outage in incident if outage[0] < behind_last and first < outage[1]]
        number += 1 if touching else 0
        outages += [_outage(states, month, outage, (first, behind_last), number) for outage in touching]
    begun = [incident for incident in incidents if first <= incident[0][0] < behind_last]
    ended = [incident for incident in incidents if first <= incident[-1][1] - 1 < behind_last]
    whole = [i for i in ended if states[i[0][0] - 1] in WORKING and states[i[-1][1]] in WORKING]
    lengths = [sum(end - start for start, end in incident) for incident in whole]
    return {
        "outages": outages,
        "incidents": len(begun),
        "mttr_seconds": sum(lengths) / len(lengths) if lengths else None,
        "mtbf_seconds": working / len(begun) if begun else None,
    }


def _incidents(states: list[State]) -> list[list[tuple[int, int]]]:
    """Gather the outages: a new incident begins where an up or degraded second lies before the next outage."""
    incidents: list[list[tuple[int, int]]] = []
    for start, end in stretches([state in BROKEN for state in states]):
        worked_between = bool(incidents) and any(state in WORKING for state in states[incidents[-1][-1][1] : start])
        if not incidents or worked_between:
            incidents.append([])
        incidents[-1].append((start, end))
    return incidents


def _outage(
    states: list[State], month: Month, outage: tuple[int, int], period: tuple[int, int], number: int
) -> dict[str, Any]:
    carried_in, carried_out = outage[0] < period[0], outage[1] > period[1]
    start, end = max(outage[0], period[0]), min(outage[1], period[1])
    inside = set(states[start:end])
    attribution = "mixed"
    if inside == {State.DOWN}:
        attribution = "device"
    if inside == {State.DOWN_UPSTREAM}:
        attribution = "upstream"
    return {
        "start": start + month.begin,
        "end": end + month.begin,
        "seconds": end - start,
        "attribution": attribution,
        "incident": number,
        "begin_seen": not carried_in and states[start - 1] in WORKING,
        "end_seen": not carried_out and states[end] in WORKING,
        "carried_in": carried_in,
        "carried_out": carried_out,
    }


# -- roll-ups and windows of the report ---------------------------------------------------------------


def _rollups(inventory: Inventory, objects: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    held: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in objects:
        for key in _keys(inventory, one):
            held.setdefault(key, []).append(one)
    return {key: _rollup(inventory, key, held[key]) for key in held}


def _keys(inventory: Inventory, one: dict[str, Any]) -> list[tuple[str, str, str]]:
    if one["kind"] == "device":
        return []
    listed: list[tuple[str, str]] = [("city", inventory.city.code)]
    if one["kind"] == "site":
        site = inventory.sites[one["id"]]
        place = site.kelurahan
        listed += [("pillar", pillar) for pillar in site.pillars]
        listed += [("owner", site.owner)] if site.owner else []
    else:
        uplink = inventory.uplinks[one["id"]]
        place = uplink.kelurahan
        listed += [("provider", uplink.provider)] if uplink.provider else []
    listed.append(("kelurahan", place))
    if place in inventory.kelurahan:
        listed.append(("kecamatan", inventory.kelurahan[place].kecamatan))
    return [(one["kind"], kind, name) for kind, name in listed]


def _rollup(inventory: Inventory, key: tuple[str, str, str], held: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = {state.value: sum(one["seconds"][state.value] for one in held) for state in State}
    figures = ratios(seconds)
    target = inventory.targets.pillars.get(key[2]) if key[1] == "pillar" else None
    return figures | {
        "target": target,
        "result": _result(figures, target, inventory.targets.completeness),
        "objects": len(held),
        "met": sum(one["result"] == "met" for one in held),
        "missed": sum(one["result"] == "missed" for one in held),
        "insufficient": sum(one["result"] == "insufficient" for one in held),
        "without_data": sum(one["observed"] == 0 for one in held),
    }


def _maintenance(month: Month, period: Period) -> list[dict[str, Any]]:
    return [
        {"id": window.id, "counted": window_counts(month, window)}
        for window in month.inventory.maintenance.values()
        if window.start < period.end and period.start < window.end
    ]
