"""The first contact with a device: who it is, what it has, and the plan for asking it from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from netmon.model import NO_READINGS, Device, Failure, Readings
from netmon.probes.snmp.dialogue import FEW, Dialogue, Say
from netmon.profiles import (
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    AccessPoint,
    Answers,
    Cell,
    Plan,
    Profile,
    Rows,
    Values,
    access_points,
    identify,
    make_plan,
    needs,
    questions,
    readings,
    summary,
    unreachable,
    with_variants,
)
from netmon.snmp.client import SnmpClient, SnmpError, SnmpFailure, SnmpTimeout, Target

AUTO: Final = "auto"
"""The profile's name that lets the device say which it is."""

_HEAD: Final = (SYS_OBJECT_ID, SYS_DESCR, SYS_UP_TIME)


@dataclass(frozen=True, slots=True)
class Contact:
    """What a first contact found.

    ``missing`` says what could not be read (empty: nothing). ``target`` is how the agent wants to be asked, ``most``
    for how many objects at a time.
    """

    plan: Plan
    answers: Answers
    access_points: tuple[AccessPoint, ...]
    target: Target
    most: int
    missing: tuple[str, ...] = ()


async def make_contact(
    dialogue: Dialogue, profiles: Mapping[str, Profile], device: Device, *, repetitions: int = 0
) -> Contact:
    """Identify a device, read what its profile needs, make its plan.

    ``repetitions`` caps the rows of one GETBULK, where an earlier contact learnt that fewer are better.

    Raises:
        SnmpFailure: it does not answer, or not as an SNMP agent.
    """
    object_id, descr, _ = await dialogue.get(_HEAD)
    sys_object_id = object_id if isinstance(object_id, str) else ""
    profile = await recognize(dialogue, profiles, device.profile, sys_object_id, _text(descr))
    dialogue.adapt(bulk=profile.asks_bulk(), repetitions=repetitions or profile.repetitions())
    asked = needs(profile, sys_object_id, device.wan)
    cells, most = await _instances(dialogue, asked.instances, profile.varbinds())
    columns: dict[str, Rows] = {}
    missing: list[str] = []
    for group in asked.columns:
        beside = asked.only_with.get(group)
        if beside is None or any(columns.get(column) for column in beside):
            columns |= await _columns(dialogue, group, missing)
    answers = Answers(cells, columns)
    plan = make_plan(profile, device, answers)
    return Contact(plan, answers, access_points(profile, answers), dialogue.target, most, tuple(missing))


async def recognize(
    dialogue: Dialogue, profiles: Mapping[str, Profile], name: str, sys_object_id: str, sys_descr: str
) -> Profile:
    """Give the profile that the inventory names, else the one that fits; some of them the device must be asked for.

    Raises:
        SnmpFailure: it does not answer, or not as an SNMP agent.
    """
    is_named = name != AUTO and name in profiles
    among = [replace(profiles[name], match=())] if is_named else profiles.values()
    told, _ = await _instances(dialogue, questions(among, sys_object_id, sys_descr), FEW)
    absent = [oid for oid, cell in told.items() if cell is None]
    for begin in range(0, len(absent), FEW):
        told |= await dialogue.first_below(absent[begin : begin + FEW])
    if is_named:
        return with_variants(profiles[name], sys_object_id, sys_descr, told)
    return identify(profiles, sys_object_id, sys_descr, told)


def _text(cell: Cell) -> str:
    return cell.decode(errors="replace") if isinstance(cell, bytes) else ""


async def _instances(dialogue: Dialogue, instances: Sequence[str], most: int) -> tuple[dict[str, Cell], int]:
    """GET instances, so many at a time; few where the agent is silent about many. Gives how many it was asked for."""
    cells: dict[str, Cell] = {}
    while len(cells) < len(instances):
        piece = instances[len(cells) : len(cells) + most]
        try:
            cells |= zip(piece, await dialogue.get(piece), strict=True)
        except SnmpTimeout:
            if len(piece) <= FEW:
                raise
            most = FEW
    return cells, most


async def _columns(dialogue: Dialogue, group: Sequence[str], missing: list[str]) -> dict[str, Rows]:
    """Walk one table; what a device that is there cannot tell of it is noted as missing."""
    try:
        return await dialogue.columns(group)
    except SnmpError as error:
        missing.append(f"{group[0]}: {error.detail}")
    except SnmpTimeout as silence:
        # Silent about one table, or gone? Who is gone does not answer this either.
        await dialogue.get((SYS_OBJECT_ID,))
        missing.append(f"{group[0]}: {silence.detail}")
    return {column: {} for column in group}


@dataclass(frozen=True, slots=True)
class FirstContact:
    """What ``netmon probe`` shows: the plain structure of ``--json``, and why there is no more."""

    summary: Mapping[str, Any]
    plan: Plan | None = None
    read: Readings = NO_READINGS
    failure: SnmpFailure | None = None
    missing: tuple[str, ...] = ()


async def first_contact(
    client: SnmpClient,
    profiles: Mapping[str, Profile],
    device: Device,
    target: Target,
    say: Say | None = None,
) -> FirstContact:
    """Ask a device once for everything; ``say`` gets every question and answer as lines for people.

    A failure is a value here too: the structure then says ``"reachable": false``, or true with nothing in it where
    the device answered, but not with values: also where it does not take the credential.
    """
    dialogue = Dialogue(client, target, say)
    try:
        contact = await make_contact(dialogue, profiles, device)
    except SnmpFailure as failure:
        answered = failure.failure in {None, Failure.AUTH}
        return FirstContact({**unreachable(), "reachable": answered}, failure=failure)
    plan, answers = contact.plan, contact.answers
    ticks = answers.cells.get(plan.uptime)
    uptime = ticks / 100 if isinstance(ticks, int) else None
    boot = dialogue.timing.sent_at - uptime if uptime is not None else None
    read = readings(plan, values_of(plan, answers), boot)
    return FirstContact(
        summary(plan, read, contact.access_points, uptime=uptime), plan=plan, read=read, missing=contact.missing
    )


def values_of(plan: Plan, answers: Answers) -> Values:
    """Take a poll's values from what the first contact read anyway."""
    head = bool(plan.uptime)
    cells = [answers.cell(instance) for request in plan.requests for instance in request[head:]]
    columns = {column: answers.rows(column) for group in plan.volatile for column in group}
    return Values(cells, columns)
