"""Host names and addresses: what is asked, what is remembered, what is a failure."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from netmon.names import Names

FOUND = [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("192.0.2.7", 0))]
Answers = Callable[..., Awaitable[object]]


class NameServer:
    """Takes the place of the loop's ``getaddrinfo``: counts the questions, answers when it is let."""

    def __init__(self) -> None:
        """Answer at once, at first."""
        self.asked: list[str] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.failure: Exception | None = None

    async def getaddrinfo(self, host: str, *_args: object, **_kwargs: object) -> object:
        """Give 192.0.2.7 or fail."""
        self.asked.append(host)
        await self.ready.wait()
        if self.failure is not None:
            raise self.failure
        return FOUND


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """A name server in the running loop."""
    made = NameServer()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made.getaddrinfo)
    return made


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("127.0.0.1", (socket.AF_INET, "127.0.0.1")),
        ("::1", (socket.AF_INET6, "::1")),
        ("0:0:0:0:0:0:0:1", (socket.AF_INET6, "::1")),
        ("FD00::00A", (socket.AF_INET6, "fd00::a")),
        ("fe80::1%lo", (socket.AF_INET6, f"fe80::1%{socket.if_nametoindex('lo')}")),
    ],
)
async def test_an_address_is_itself_as_the_kernel_writes_it(
    server: NameServer, written: str, place: tuple[socket.AddressFamily, str]
) -> None:
    """Nobody is asked for it, and answers from it can be compared as text."""
    assert await Names().resolve(written, 1) == place
    assert server.asked == []


async def test_a_name_is_asked_once_in_a_while(server: NameServer) -> None:
    """Within the lifetime the answer is remembered, then it is asked for anew."""
    names = Names(lifetime=3600)
    assert await names.resolve("ap-1.example", 1) == (socket.AF_INET, "192.0.2.7")
    assert await names.resolve("ap-1.example", 1) == (socket.AF_INET, "192.0.2.7")
    assert server.asked == ["ap-1.example"]
    forgetful = Names(lifetime=0)
    await forgetful.resolve("ap-1.example", 1)
    await forgetful.resolve("ap-1.example", 1)
    assert server.asked == ["ap-1.example"] * 3


async def test_those_who_ask_at_the_same_time_share_the_question(server: NameServer) -> None:
    """However slow the answer: not a thread for each of them."""
    server.ready.clear()
    names = Names(lifetime=0)
    asking = [asyncio.ensure_future(names.resolve("ap-1.example", 10)) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    server.ready.set()
    assert set(await asyncio.gather(*asking)) == {(socket.AF_INET, "192.0.2.7")}
    assert server.asked == ["ap-1.example"]


async def test_who_stops_waiting_does_not_stop_the_question(server: NameServer) -> None:
    """A slow name server is a failure of now; its late answer serves the next one."""
    server.ready.clear()
    names = Names()
    with pytest.raises(socket.gaierror, match=r"no answer within 0\.01 s"):
        await names.resolve("ap-1.example", 0.01)
    server.ready.set()
    assert await names.resolve("ap-1.example", 10) == (socket.AF_INET, "192.0.2.7")
    assert server.asked == ["ap-1.example"]


async def test_a_failure_is_not_remembered(server: NameServer) -> None:
    """The next one asks again."""
    names = Names()
    server.failure = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        await names.resolve("ap-1.example", 1)
    server.failure = None
    assert await names.resolve("ap-1.example", 1) == (socket.AF_INET, "192.0.2.7")


@pytest.mark.parametrize("host", ["", "a" * 64 + ".example", "a..b"])
async def test_what_cannot_be_a_name_is_a_failure_like_others(host: str) -> None:
    """No other exception comes out of a badly written address."""
    with pytest.raises(socket.gaierror):
        await Names().resolve(host, 10)
