"""The running service with a simulated city of 10,000 devices: does one core hold it, and in how much memory.

usage: python bench/large.py [--quick]

As ``city.py``, but with a scheduler that notes when each round begins (``watched.py``): a core that does not hold the
city falls behind its turns. It takes 5 to 13 minutes and stops by itself.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from city import Scrapes, held_by, is_read, start_city, watch
from measuring import Row, end, main, pin_apart, wait_for
from watched import Delays, delays, rounds_of, share

_DEVICES: Final = 10_000
_WARM_UP: Final = 100  # seconds: a round of readings, and the first contact with each device
_LONGEST: Final = 60  # seconds until every turn has had its round
_COMMAND: Final = "python bench/large.py"


def _told(found: Delays) -> str:
    late = sum(delay > 1 for delay in found.begun)
    return (
        f"p99 {share(found.begun, 0.99):.2f} s, the latest {found.begun[-1]:.2f} s; {late} of {len(found.begun):,} "
        "more than a second"
    )


def measure(quick: bool) -> list[Row]:
    """Let the service run for some minutes."""
    pin_apart()
    seconds = 60 if quick else 120
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        notes = Path(name) / "notes"
        watched = (sys.executable, Path(__file__).with_name("watched.py"), notes)
        service = start_city(Path(name), stack, _DEVICES, *watched)
        time.sleep(_WARM_UP)
        wait_for(lambda: is_read(_DEVICES), "readings of every device", seconds=300, every=15)
        scrapes = Scrapes()
        began = time.monotonic()
        used, wall = watch(service, scrapes, seconds)
        ended = time.monotonic()
        held = held_by(service)
        time.sleep(_LONGEST + 5)
        end(service)
        found = delays(rounds_of(notes), began, ended)
    city = f"{_DEVICES:,} devices, reachability 30 s, readings 60 s"
    return [
        Row(f"{city}, scraped each 15 s: CPU", f"{used / wall:.1%} of one core", command=_COMMAND),
        Row(f"{city}: memory", held, command=_COMMAND),
        Row(f"{city}: delay of the rounds", _told(found), command=_COMMAND),
        Row("`/metrics` of that city", scrapes.told(""), command=_COMMAND),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
