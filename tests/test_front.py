"""How the service is served: TLS and users as the web configuration file says, kept up to date while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import bcrypt
import pytest
import uvicorn
from certificates import Authority, Signed
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from netmon.cli.front import Front
from netmon.serving import CertificatesError

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing: apt-get install curl")

PASSWORD = "rahasia"  # noqa: S105 -- a test's
USERS = f"basic_auth_users:\n  budi: {bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n"
WHO = ("-u", f"budi:{PASSWORD}")


async def hello(_request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("hello\n", headers={"X-Own": "1"})


class Server:
    """A front with an application behind it, served on a port."""

    def __init__(self, front: Front, port: int) -> None:
        """Know both."""
        self.front = front
        self.port = port

    async def curl(self, *arguments: str | Path, path: str = "/") -> tuple[str, str]:
        """Ask by curl: the status (``000`` without an answer) and the headers with the body."""
        url = f"{self.front.scheme}://127.0.0.1:{self.port}{path}"
        command = ("curl", "-s", "-i", "-m", "20", *map(str, arguments), "-w", "\n%{http_code}", url)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        text, _, status = output.decode().rpartition("\n")
        return status, text.lower()

    async def status(self, *arguments: str | Path) -> str:
        """Ask by curl: the status alone."""
        return (await self.curl(*arguments))[0]

    async def shown(self, authority: Path) -> int:
        """Give the serial number of the certificate that a client is shown."""
        context = ssl.create_default_context(cafile=authority)
        _, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
        found = writer.get_extra_info("ssl_object").getpeercert()
        writer.close()
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            await writer.wait_closed()
        return int(found["serialNumber"], 16)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(30):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def _said(value: bool) -> bool:
    return value


async def _differs(found: Awaitable[object], before: object) -> bool:
    return await found != before


@contextlib.asynccontextmanager
async def served(path: Path | None) -> AsyncIterator[Server]:
    """Serve behind a front, which looks after its files."""
    front = Front(path)
    app = Starlette(routes=[Route("/", hello), Route("/-/healthy", hello)])
    server = uvicorn.Server(front.config(app))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        work = [asyncio.ensure_future(server.serve(sockets=[listening])), asyncio.ensure_future(front.run())]
        try:
            await until(lambda: _said(server.started))
            yield Server(front, listening.getsockname()[1])
        finally:
            server.should_exit = True
            await work[0]
            work[1].cancel()
            await asyncio.gather(*work, return_exceptions=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority."""
    return Authority(tmp_path)


def write(folder: Path, text: str) -> Path:
    """Write the web configuration file."""
    path = folder / "web.yml"
    path.write_text(text, encoding="utf-8")
    return path


def tls(server: Signed, more: str = "") -> str:
    """Write the part of TLS."""
    return f"tls_server_config:\n  cert_file: {server.certificate}\n  key_file: {server.key}\n{more}"


async def test_without_a_file_everybody_comes_in() -> None:
    """In clear, no headers of ours."""
    async with served(None) as server:
        status, text = await server.curl()
    assert status == "200"
    assert text.endswith("hello\n")


async def test_nobody_comes_in_without_a_password(tmp_path: Path) -> None:
    """Everything is protected, health too, and what does not exist; the answer names the realm and nothing else."""
    async with served(write(tmp_path, USERS)) as server:
        for path in ("/", "/-/healthy", "/nowhere"):
            for who in ((), ("-u", "budi:salah"), ("-u", f"siti:{PASSWORD}"), ("-H", "Authorization: Basic ?")):
                status, text = await server.curl(*who, path=path)
                assert status == "401"
                assert 'www-authenticate: basic realm="netmon", charset="utf-8"' in text
                assert text.endswith("unauthorized\n")
        assert (await server.curl(*WHO))[0] == "200"
        assert (await server.curl(*WHO, path="/nowhere"))[0] == "404"


async def test_too_many_wrong_passwords_are_told_to_wait(tmp_path: Path) -> None:
    """429 with how long; who is known comes in all the same."""
    async with served(write(tmp_path, USERS)) as server:
        assert (await server.curl(*WHO))[0] == "200"
        found = [await server.curl("-u", "budi:salah") for _ in range(12)]
        assert [status for status, _ in found][:10] == ["401"] * 10
        assert found[-1][0] == "429"
        assert "retry-after: " in found[-1][1]
        assert (await server.curl(*WHO))[0] == "200"


async def test_headers_go_with_every_answer(tmp_path: Path) -> None:
    """With refusals too; those of the application stay."""
    text = USERS + "http_server_config:\n  headers: {X-Frame-Options: deny}\n"
    async with served(write(tmp_path, text)) as server:
        for who in ((), WHO):
            assert "x-frame-options: deny\r\n" in (await server.curl(*who))[1]
        assert "x-own: 1\r\n" in (await server.curl(*WHO))[1]


async def test_tls(tmp_path: Path, authority: Authority) -> None:
    """Who knows the authority trusts the server, others do not; nothing is said in clear, and no old version spoken."""
    async with served(write(tmp_path, tls(authority.sign("server")))) as server:
        trusting = ("--cacert", authority.certificate)
        assert server.front.scheme == "https"
        assert (await server.curl(*trusting))[0] == "200"
        assert (await server.curl(*trusting, "--tlsv1.3"))[0] == "200"
        assert (await server.curl())[0] == "000"
        assert (await server.curl(*trusting, "--tls-max", "1.1"))[0] == "000"
        server.front.__class__ = type("Clear", (Front,), {"scheme": "http"})
        assert (await server.curl())[0] == "000"


async def test_only_new_versions_where_that_is_said(tmp_path: Path, authority: Authority) -> None:
    """``min_version: TLS13``."""
    async with served(write(tmp_path, tls(authority.sign("server"), "  min_version: TLS13\n"))) as server:
        trusting = ("--cacert", authority.certificate)
        assert (await server.curl(*trusting))[0] == "200"
        assert (await server.curl(*trusting, "--tls-max", "1.2"))[0] == "000"


async def test_clients_show_a_certificate(tmp_path: Path, authority: Authority) -> None:
    """Required: nobody without one, nor with one of another authority; optional: also without."""
    other = Authority(tmp_path, "other").sign("stranger")
    client, required = authority.sign("client"), f"  client_ca_file: {authority.certificate}\n"
    trusting = ("--cacert", authority.certificate)
    mine, strange = (("--cert", one.certificate, "--key", one.key) for one in (client, other))
    path = write(tmp_path, tls(authority.sign("server"), f"{required}  client_auth_type: RequireAndVerifyClientCert\n"))
    async with served(path) as server:
        assert (await server.curl(*trusting, *mine))[0] == "200"
        assert (await server.curl(*trusting, *strange))[0] == "000"
        assert (await server.curl(*trusting))[0] == "000"
        write(tmp_path, tls(authority.sign("server"), f"{required}  client_auth_type: VerifyClientCertIfGiven\n"))
        await server.front.reload()
        assert (await server.curl(*trusting, *mine))[0] == "200"
        assert (await server.curl(*trusting, *strange))[0] == "000"
        assert (await server.curl(*trusting))[0] == "200"


async def test_an_authority_that_is_changed_is_trusted_no_more(tmp_path: Path, authority: Authority) -> None:
    """From the next connection on: clients of the old one are out, those of the new one in."""
    other = Authority(tmp_path, "other")
    server_files = authority.sign("server")
    old, new = authority.sign("old"), other.sign("new")
    more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {}\n"
    path = write(tmp_path, tls(server_files, more.format(authority.certificate)))
    trusting = ("--cacert", authority.certificate)
    async with served(path) as server:
        assert (await server.curl(*trusting, "--cert", old.certificate, "--key", old.key))[0] == "200"
        write(tmp_path, tls(server_files, more.format(other.certificate)))
        await server.front.reload()
        assert (await server.curl(*trusting, "--cert", old.certificate, "--key", old.key))[0] == "000"
        assert (await server.curl(*trusting, "--cert", new.certificate, "--key", new.key))[0] == "200"


async def test_a_new_certificate_is_taken_when_its_file_changes(tmp_path: Path, authority: Authority) -> None:
    """Without a signal or a restart, within seconds; a broken one leaves the old one in force."""
    first, second = authority.sign("first"), authority.sign("second")
    async with served(write(tmp_path, tls(first))) as server:
        before = await server.shown(authority.certificate)
        first.key.write_bytes(second.key.read_bytes())  # for a moment they do not fit
        await server.front.reload()
        assert await server.shown(authority.certificate) == before
        first.certificate.write_bytes(second.certificate.read_bytes())
        await until(lambda: _differs(server.shown(authority.certificate), before))


async def test_users_change_while_it_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file with mistakes leaves those before in force, says so, and repeats no password."""
    path = write(tmp_path, USERS)
    async with served(path) as server:
        assert (await server.curl(*WHO))[0] == "200"
        write(tmp_path, f"basic_auth_users:\n  budi: {PASSWORD}\n")
        await server.front.reload()
        assert (await server.curl(*WHO))[0] == "200"
        assert "this is no bcrypt hash" in caplog.text
        assert PASSWORD not in caplog.text
        was = await server.status(*WHO)
        write(tmp_path, USERS.replace("budi", "siti"))
        await until(lambda: _differs(server.status(*WHO), was))
        assert (await server.curl("-u", f"siti:{PASSWORD}"))[0] == "200"


async def test_tls_is_not_switched_while_it_runs(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes a restart, says so, and nothing of the new file is taken."""
    async with served(write(tmp_path, USERS)) as server:
        write(tmp_path, tls(authority.sign("server")))
        await server.front.reload()
        assert "by a restart" in caplog.text
        assert (await server.curl())[0] == "401"


@pytest.mark.parametrize("broken", ["certificate", "key", "authority"])
def test_what_cannot_be_used_is_named(tmp_path: Path, authority: Authority, broken: str) -> None:
    """A certificate, key or authority that is none: said before anything is served."""
    server = authority.sign("server")
    file = {"certificate": server.certificate, "key": server.key, "authority": authority.certificate}[broken]
    more = f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {authority.certificate}\n"
    path = write(tmp_path, tls(server, more))
    file.write_text("no PEM\n", encoding="utf-8")
    with pytest.raises(CertificatesError, match=f"{file}.* cannot be used"):
        Front(path)
