"""What people tell the service, through its whole front: with users by password from anywhere, without from here."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
from running_city import TWO_DEVICES, VARIABLE, write_inventory

from netmon.cli.front import Front
from netmon.cli.service import Service
from netmon.history import History
from netmon.inventory import load

PASSWORD = secrets.token_hex(8)
USERS = f"basic_auth_users:\n  budi: {bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n"
KNOWN = ("budi", PASSWORD)
ELSEWHERE: dict[str, Any] = {"peer": ("10.71.0.9", 1), "base": "https://netmon.example"}


class Told:
    """A service behind its front, in this process."""

    def __init__(self, service: Service, front: Front, web: Path) -> None:
        """Put the front before it, as ``netmon run`` does."""
        self.app: Any = front.config(service._app).loaded_app
        self.front = front
        self.web = web

    async def begin(
        self,
        auth: tuple[str, str] | None = None,
        *,
        peer: tuple[str, int] = ("127.0.0.1", 1),
        base: str = "http://[::1]",
    ) -> int:
        """Begin a drill and end it again; give the status of the first answer."""
        transport = httpx.ASGITransport(self.app, client=peer)
        async with httpx.AsyncClient(transport=transport, base_url=base, auth=auth) as client:
            begun = await client.post("/api/drills", json={"site": None, "real": False, "seconds": 60})
            if begun.status_code == 201:
                ended = await client.delete(f"/api/drills/{begun.json()['id']}")
                assert ended.status_code == 200
            return begun.status_code


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Build a service with users; nothing is watched."""
    monkeypatch.setenv(VARIABLE, "rahasia")
    folder = write_inventory(tmp_path / "inventory", TWO_DEVICES)
    web = tmp_path / "web.yml"
    web.write_text(USERS, encoding="utf-8")
    front = Front(web)
    with History.open(tmp_path / "data") as history:
        yield Told(Service(folder, load(folder), history, front), front, web)


async def test_whoever_says_a_password_may_from_anywhere_and_nobody_else(told: Told) -> None:
    """Also from the machine itself a password is needed, where there are users."""
    assert await told.begin(KNOWN, **ELSEWHERE) == 201
    assert await told.begin(KNOWN) == 201
    assert await told.begin() == 401
    assert await told.begin(("budi", "salah"), **ELSEWHERE) == 401


async def test_when_the_users_go_only_this_machine_may(told: Told) -> None:
    """A reload that takes the users away opens nothing to others, from the very next request on."""
    told.web.write_text("{}\n", encoding="utf-8")
    await told.front.reload()
    assert await told.begin(**ELSEWHERE) == 403
    assert await told.begin(KNOWN, **ELSEWHERE) == 403
    assert await told.begin() == 201
    told.web.write_text(USERS, encoding="utf-8")
    await told.front.reload()
    assert await told.begin() == 401
