"""Why a city cannot be simulated."""


class SimulationError(RuntimeError):
    """The city cannot be simulated here; the message says why and what to do."""
