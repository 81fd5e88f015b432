"""LK-1, pure: observations become spans, spans become seconds of each state, seconds become figures.

``availability.md`` of the documentation is the definition; every rule of it stands in exactly one function here.
"""

from netmon.availability.calendar import Calendar, FirstLoaded, Window, cut_at, month, month_at
from netmon.availability.evaluation import Evaluation, Result, Rollup, evaluate
from netmon.availability.figures import Figures, Outage, add_up
from netmon.availability.revisions import combined
from netmon.availability.states import Observations, Recorder, States, device_states, group_states, state_at, tracks_of

__all__ = [
    "Calendar",
    "Evaluation",
    "Figures",
    "FirstLoaded",
    "Observations",
    "Outage",
    "Recorder",
    "Result",
    "Rollup",
    "States",
    "Window",
    "add_up",
    "combined",
    "cut_at",
    "device_states",
    "evaluate",
    "group_states",
    "month",
    "month_at",
    "state_at",
    "tracks_of",
]
