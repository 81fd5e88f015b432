"""What the SNMP client makes of answers: errors, weak agents, tables, walks that would not end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_agents import COLUMNS, NAME, PATIENT, ROOT, TABLE, at, reply, running_agent, serving, silent

from netmon.snmp import wire
from netmon.snmp.client import (
    SnmpClient,
    SnmpError,
    Target,
    Timing,
)
from netmon.snmp.client.tables import TableReader
from netmon.snmp.wire import Message, Template, VarBind


@pytest.mark.parametrize("room", [1, 3, 7, 24])
async def test_a_get_too_big_is_asked_in_halves(client: SnmpClient, room: int) -> None:
    """Whatever the agent has room for, the answer is whole and in order."""
    names = [wire.encode_oid(name) for name in TABLE]
    async with running_agent(serving(TABLE, room=room)) as agent:
        binds = await client.get(at(agent), names)
    assert binds == [(wire.encode_oid(name), *value) for name, value in TABLE.items()]


async def test_an_agent_without_room_for_one_object_is_an_error(client: SnmpClient) -> None:
    """Halving ends."""
    async with running_agent(serving(TABLE, room=0)) as agent:
        for asked in (
            client.get(at(agent), [NAME, ROOT]),
            client.get_bulk(at(agent), [ROOT]),
            client.walk(at(agent), ROOT),
            client.table(at(agent), COLUMNS),
        ):
            with pytest.raises(SnmpError, match="tooBig") as caught:
                await asked
            assert caught.value.status == wire.TOO_BIG


@pytest.mark.parametrize("room", [1, 3, 7, 24, 1000])
@pytest.mark.parametrize("version", ["1", "2c"])
async def test_tables_adapt_to_the_agents_room(client: SnmpClient, room: int, version: str) -> None:
    """Fewer repetitions, then fewer columns, until it fits."""
    async with running_agent(serving(TABLE, room=room)) as agent:
        rows = await client.table(at(agent, version=version), COLUMNS)
        assert len(await client.get_bulk(at(agent), [ROOT], max_repetitions=20)) <= room
        assert [bind[0] for bind in await client.walk(at(agent, version=version), ROOT)] == [
            wire.encode_oid(name) for name in TABLE
        ]
    assert list(rows) == [wire.encode_sub_ids([i]) for i in range(1, 26)]
    assert [[cell and cell[2] for cell in row] for row in rows.values()] == [
        [c * 1000 + i for c in (1, 2, 3, 4)] for i in range(1, 26)
    ]


async def test_an_error_status_is_an_answer_with_its_name(client: SnmpClient) -> None:
    """GenErr about the second object; an unknown status by its number; no secret in the sentence."""
    async with running_agent(lambda question: reply(question, status=wire.GEN_ERR, index=2)) as agent:
        with pytest.raises(SnmpError, match=r"genErr about 1\.3\.6\.1\.2\.1\.2\.2\.1$") as caught:
            await client.get(at(agent), [NAME, ROOT])
        assert (caught.value.status, caught.value.index, caught.value.failure) == (wire.GEN_ERR, 2, None)
        assert "padang" not in repr(caught.value)
        for wild in (-1, 99, 2**31 - 1):
            agent.respond = lambda question, wild=wild: reply(question, status=wild, index=wild)  # type: ignore[misc]
            with pytest.raises(SnmpError, match=f"error-status {wild}"):
                await client.get(at(agent), [NAME])


async def test_other_objects_than_asked_are_no_answer_to_the_question(client: SnmpClient) -> None:
    """Values must not be booked under another name: too few, too many, others, in another order."""
    a, b = (wire.encode_oid(f"1.3.6.1.{n}") for n in (1, 2))
    async with running_agent(silent) as agent:
        for names in ([a], [a, b, b], [a, NAME], [b, a]):
            binds: list[VarBind] = [(name, wire.INTEGER, 1) for name in names]
            agent.respond = lambda question, binds=binds: reply(question, binds)  # type: ignore[misc]
            with pytest.raises(SnmpError, match="other objects"):
                await client.get(at(agent), [a, b])
        agent.respond = lambda question: reply(question, [(a, wire.INTEGER, 1)])
        with pytest.raises(SnmpError, match="another number"):
            await client.get_next(at(agent), [a, b])


def steps(*names: str) -> Sequence[VarBind]:
    """Make bindings of these names below the root."""
    return [(ROOT + wire.encode_sub_ids(map(int, name.split("."))), wire.INTEGER, 1) for name in names]


@pytest.mark.parametrize(
    "pages",
    [
        [steps("1.1", "1.2", "1.2")],
        [steps("1.1", "1.3", "1.2")],
        [steps("1.16384", "1.16383")],
        [steps("1.1", "1.2"), steps("1.1", "1.2")],
        [steps("1.5"), [(NAME, wire.INTEGER, 1)]],
        [[(ROOT, wire.INTEGER, 1)]],
    ],
)
async def test_a_walk_refuses_to_go_backwards(client: SnmpClient, pages: list[list[VarBind]]) -> None:
    """Within an answer, from one to the next, out of the table, or on the spot."""
    async with running_agent(lambda question: reply(question, pages[(len(agent.asked) - 1) % len(pages)])) as agent:
        with pytest.raises(SnmpError, match="goes backwards"):
            await client.walk(at(agent), ROOT)
        assert len(agent.asked) <= len(pages)


async def test_a_walk_ends_though_the_agent_does_not(client: SnmpClient) -> None:
    """An agent that always has one more."""

    def endless(question: Message) -> Message:
        last = wire.sub_ids(question.varbinds[0][0][len(ROOT) :]) or (0,)
        return reply(question, steps(*(str(last[0] + n) for n in range(1, 11))))

    async with running_agent(endless) as agent:
        with pytest.raises(SnmpError, match="more than 100 objects"):
            await client.walk(at(agent), ROOT, limit=100)
        assert len(agent.asked) == 11


async def test_an_empty_page_is_an_error(client: SnmpClient) -> None:
    """It would otherwise be asked for again, for ever."""
    async with running_agent(lambda question: question._replace(pdu_type=wire.RESPONSE, varbinds=[])) as agent:
        with pytest.raises(SnmpError, match="nothing"):
            await client.walk(at(agent), ROOT)


async def test_a_column_with_holes_keeps_its_rows(client: SnmpClient) -> None:
    """Cells are put by their own index, not by their place in the answer."""
    holes = {name: value for name, value in TABLE.items() if (value[1] // 1000 + value[1]) % 3}
    async with running_agent(serving(holes)) as agent:
        rows = await client.table(at(agent), COLUMNS)
    cells = {cell[0]: cell[2] for row in rows.values() for cell in row if cell}
    assert cells == {wire.encode_oid(name): value for name, (_, value) in holes.items()}
    for index, row in rows.items():
        assert all(cell is None or cell[0] == c + index for cell, c in zip(row, COLUMNS, strict=True))


class Babbler:
    """Answers whatever it was told to, with no network between."""

    def __init__(self, pages: list[list[VarBind] | SnmpError]) -> None:
        """Note the answers; after them comes the end of the MIB."""
        self.pages = pages

    async def ask(self, target: Target, template: Template, timing: Timing | None) -> list[VarBind]:
        """Give the next answer."""
        end: list[VarBind] = [(b"\x2b", wire.END_OF_MIB_VIEW, None)] * len(template.oids)
        page = self.pages.pop() if self.pages else end
        if isinstance(page, SnmpError):
            raise page
        return page


CELL = st.builds(
    lambda root, index, tag: (root + wire.encode_sub_ids(index), tag, None if tag >= wire.NO_SUCH_OBJECT else 7),
    st.sampled_from([*COLUMNS, ROOT, NAME, b""]),
    st.lists(st.sampled_from([0, 1, 2, 127, 128, 16383, 16384]), max_size=3),
    st.sampled_from([wire.INTEGER, wire.INTEGER, wire.INTEGER, wire.END_OF_MIB_VIEW, wire.NO_SUCH_INSTANCE]),
)
PAGE = st.lists(CELL, max_size=12) | st.builds(SnmpError, st.just("x"), st.integers(0, 6), st.integers(-1, 6))


@given(st.lists(PAGE, max_size=12), st.booleans())
def test_whatever_an_agent_says_a_table_ends(pages: list[list[VarBind] | SnmpError], bulk: bool) -> None:
    """With rows whose cells lie in their own columns, or with SnmpError."""
    target = replace(Target("127.0.0.1"), bulk=bulk)
    reader = TableReader(Babbler(pages), target, COLUMNS, limit=60, timing=None)
    try:
        rows = asyncio.run(asyncio.wait_for(reader.read(), PATIENT))
    except SnmpError:
        return
    for index, row in rows.items():
        assert all(cell is None or cell[0] == c + index for cell, c in zip(row, COLUMNS, strict=True))
