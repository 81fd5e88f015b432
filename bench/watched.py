"""The service as anybody starts it, with a scheduler that notes when each round begins and ends.

usage: python bench/watched.py NOTES [what ``netmon`` is told]
When the service has stopped, NOTES holds a line of JSON for each round: the check's id, its interval in seconds, and
the monotonic seconds of its first call of a probe and of its observation.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from netmon.cli import main, service
from netmon.model import Check, Observation
from netmon.probes import Probe
from netmon.scheduler import Scheduler

Round = tuple[str, int, float, float]

_NOTES: Final[list[Round]] = []


class _Watched(Scheduler):
    """Notes its rounds."""

    def __init__(self, *, probes: Mapping[str, Probe], sink: Callable[[Observation], None], **more: Any) -> None:
        """Put a note beside each call of a probe and of the sink."""
        begun: dict[str, float] = {}

        def noting(probe: Probe) -> Probe:
            async def call(check: Check) -> Observation:
                begun.setdefault(check.id, time.monotonic())
                return await probe(check)

            return call

        def noted(seen: Observation) -> None:
            sink(seen)
            now = time.monotonic()
            check = seen.check
            _NOTES.append((check.id, check.interval, begun.pop(check.id, now), now))

        super().__init__(probes={name: noting(probe) for name, probe in probes.items()}, sink=noted, **more)


def _run() -> int:
    notes = Path(sys.argv[1])
    service.Scheduler = _Watched  # type: ignore[attr-defined]
    try:
        return main(sys.argv[2:])
    finally:
        notes.write_text("".join(f"{json.dumps(note)}\n" for note in _NOTES), encoding="ascii")


if __name__ == "__main__":
    sys.exit(_run())
