"""A simulated city that answers SNMP for every device of an inventory, with a course of events that is the truth."""

from netmon.simulator.events import Event, Kind, ScriptError, random_course, read_script
from netmon.simulator.outages import Cause, Silence
from netmon.simulator.simulation import Simulation, prepare, run_simulation
from netmon.simulator.troubles import SimulationError

__all__ = [
    "Cause",
    "Event",
    "Kind",
    "ScriptError",
    "Silence",
    "Simulation",
    "SimulationError",
    "prepare",
    "random_course",
    "read_script",
    "run_simulation",
]
