"""What a probe is: an async function from a check to an observation.

A probe never raises for what the network or a device does: that is an observation with a failure. It raises only
for a bug of ours, which the scheduler turns into ``Failure.INTERNAL``.
"""

from collections.abc import Awaitable, Callable

from netmon.model import Check, Observation

Probe = Callable[[Check], Awaitable[Observation]]
