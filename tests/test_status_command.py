"""``netmon status`` against the running pages: what it prints, line by line."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from live_city import NOW, LiveCity, small_city
from running_city import wait_until
from starlette.applications import Starlette

from netmon.cli import main
from netmon.model import Outcome
from netmon.web import Pages

TEXT = """\
Padang at 2026-11-07 10:00:00 (Asia/Jakarta), figures by LK-1
uplinks  1 up, 1 down
sites    1 up, 1 down_upstream
devices  2 up, 1 down, 2 down_upstream
2026-11 uplinks  availability 75.00%, data completeness 0.11%
2026-11 sites    availability 75.00%, data completeness 0.11%
kelurahan connected 33.33%

Not up
kind    id    state          since                why
uplink  up-1  down           2026-11-07 09:55:00  no answer: 5 echoes
site    park  down_upstream  2026-11-07 09:55:00  behind rt-1, which is down
device  rt-1  down           2026-11-07 09:55:00  no answer: 5 echoes
device  ap-1  down_upstream  2026-11-07 09:55:00  behind rt-1, which is down
device  ap-2  down_upstream  2026-11-07 09:55:00  behind rt-1, which is down
"""


@contextmanager
def served(city: LiveCity) -> Iterator[str]:
    """Serve a city's pages on a free port, and give the address."""
    pages = Pages(city.state, lambda: True, wall=lambda: NOW)
    app = Starlette(routes=pages.routes())
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server", 20)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def city_with(down: tuple[str, ...]) -> LiveCity:
    """Watch a city for ten minutes, in the latter five of which some devices do not answer."""
    city = LiveCity(small_city())
    for name in city.state.devices:
        city.watch(name, NOW - 600, NOW - 300)
        city.watch(name, NOW - 300, NOW, Outcome.DOWN if name in down else Outcome.UP)
        if name in down:
            city.observe(NOW - 1, name, Outcome.DOWN, detail="5 echoes")
    return city


def test_what_is_down_is_listed_with_since_when_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole text; exit 1, since something is down."""
    with served(city_with(("rt-1", "ap-1", "ap-2"))) as url:
        code = main(["status", "--url", url])
    shown = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines()) + "\n"
    assert (code, shown) == (1, TEXT)


def test_a_city_that_is_up_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence instead of the table."""
    with served(city_with(())) as url:
        code = main(["status", "--url", url])
    assert code == 0
    assert capsys.readouterr().out.endswith("\n\nEverything that is watched is up.\n")


def test_json_is_what_the_service_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` prints the status itself, whole."""
    with served(city_with(("ap-3",))) as url:
        code = main(["status", "--json", "--url", url])
        with urllib.request.urlopen(f"{url}/api/status", timeout=10) as answer:  # noqa: S310 -- http alone
            expected = json.load(answer)
    assert code == 1
    assert json.loads(capsys.readouterr().out) == expected
