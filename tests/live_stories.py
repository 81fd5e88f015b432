"""Cities that are watched and asked about at any time, for the property tests of what is true now."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from lk1_strategies import FIRST, LAST, Case, Draw, cases

DAYS_TO_MONDAY_FIRST = 91  # from the story's midnight to that of Monday 1 February 2027
SEED = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Story:
    """A case, and when it is asked about: after so many observations, about this second."""

    def __init__(self, case: Case, questions: list[tuple[int, int]]) -> None:
        """Put them together."""
        self.case = case
        self.questions = questions

    def __repr__(self) -> str:
        """Show it briefly."""
        return f"{self.case!r}\n  asked {self.questions}"


def moved(case: Case, days: int) -> Case:
    """Move a case in time."""
    by = days * 86400

    def later(thing: Any) -> Any:
        times = {"commissioned", "decommissioned", "announced", "start", "end"} & {one.name for one in fields(thing)}
        known = {name: getattr(thing, name) for name in times}
        return replace(thing, **{name: at + by for name, at in known.items() if at is not None})

    old = case.inventory
    inventory = replace(
        old,
        holidays=frozenset(day + timedelta(days=days) for day in old.holidays),
        devices={name: later(one) for name, one in old.devices.items()},
        sites={name: later(one) for name, one in old.sites.items()},
        uplinks={name: later(one) for name, one in old.uplinks.items()},
        maintenance={name: later(one) for name, one in old.maintenance.items()},
    )
    loaded = case.first_loaded and {name: at + by for name, at in case.first_loaded.items()}
    return Case(inventory, [(at + by, name, what) for at, name, what in case.observations], later(case.period), loaded)


@st.composite
def stories(draw: Draw) -> Story:
    """Draw a case within a month or over its change, its observations in order or not, and questions."""
    case = draw(cases())
    if draw(st.sampled_from([True, True, False])):
        case = replace(case, observations=sorted(case.observations))
    days = draw(st.sampled_from([0, DAYS_TO_MONDAY_FIRST]))
    count = len(case.observations)
    second = st.integers(FIRST - 50, LAST + 150).map(lambda at: at + days * 86400)
    questions = draw(st.lists(st.tuples(st.integers(0, count), second), min_size=2, max_size=8))
    return Story(moved(case, days), sorted(questions, key=lambda one: one[0]))
