"""SNMPv3 against agents that others wrote: net-snmp's with every pair of protocols, and pysnmp's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from snmpd import Snmpd, free_port, needs_snmpd, running_snmpd

from netmon.model import Failure, Secret
from netmon.snmp import usm, wire
from netmon.snmp.client import Security, SnmpAuth, SnmpClient, Target, Timing

ENGINE = "80001f8804706164616e67"
SYSTEM, SYS_NAME, SYS_UP_TIME = map(wire.encode_oid, ("1.3.6.1.2.1.1", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0"))
PROXIED = wire.encode_oid("1.3.6.1.2.1.1.4.0")
ADDRESSES = tuple(f"127.61.3.{n}" for n in range(1, 21))
PAIRS = [(auth, priv) for auth in usm.AUTH_PROTOCOLS for priv in ("", *usm.PRIV_PROTOCOLS)]
NET_SNMP_NAMES = {"SHA-1": "SHA", "AES-128": "AES"}


def password(protocol: str) -> Secret:
    """The password of every user for a protocol."""
    return Secret(f"kata-sandi-{protocol}")


def security(auth: str = "", priv: str = "") -> Security:
    """The user that the agent knows for two protocols."""
    return Security(f"u{auth}{priv}", auth, password(auth), priv, password(priv))


GOOD = security("SHA-256", "AES-128")


def config(*, boots: int = 40, engine: str = ENGINE) -> str:
    """Give the agent an engine, and a user for every pair, with no lower level than what it can do."""
    lines = [
        "sysName gedung-balai-kota",
        f"exactEngineID 0x{engine}",
        f"engineBoots {boots}",
        f"oldEngineID 0x{engine}",
    ]
    for auth, priv in [("", ""), *PAIRS]:
        user = security(auth, priv)
        known = [(NET_SNMP_NAMES.get(each, each), password(each).reveal()) for each in (auth, priv) if each]
        lines.append(" ".join(["createUser", user.user, *(word for pair in known for word in pair)]))
        lines.append(f"rouser {user.user} {('noauth', 'auth', '', 'priv')[user.level]}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    """One snmpd for most of these tests, on twenty addresses."""
    with running_snmpd(addresses=ADDRESSES, config=config()) as running:
        yield running


def target(agent: Snmpd, user: Security = GOOD, **changes: object) -> Target:
    """Say how to ask; patient, because tests may run on a busy machine."""
    known = Target(agent.address, agent.port, version="3", timeout=5.0, security=user)
    return replace(known, **changes)  # type: ignore[arg-type] # a test names fields of Target


@needs_snmpd
@pytest.mark.parametrize(("auth", "priv"), [("", ""), *PAIRS])
async def test_every_pair_of_protocols(client: SnmpClient, agent: Snmpd, auth: str, priv: str) -> None:
    """Both ways to make a short AES key longer among them; the agent's clock is vouched for by signatures."""
    timing = Timing()
    binds = await client.get(target(agent, security(auth, priv)), [SYS_NAME], timing=timing)
    assert binds == [(SYS_NAME, wire.OCTET_STRING, b"gedung-balai-kota")]
    (peer,) = client.secured.peers.values()
    assert peer.engine_id.hex() == ENGINE
    assert peer.is_synchronised is bool(auth)
    assert client.requests == 2  # its engine, and the question
    assert timing.rtt is not None
    assert (client.secured.rejected, client.retries, client.decode_errors) == (0, 0, 0)


@needs_snmpd
async def test_tables_are_read_as_by_version_2c(client: SnmpClient, agent: Snmpd) -> None:
    """By GETBULK, and by GETNEXT where an agent has none that works."""
    plain = await client.walk(Target(agent.address, agent.port, timeout=5.0), SYSTEM)
    for bulk in (True, False):
        binds = await client.walk(target(agent, bulk=bulk), SYSTEM)
        changing = {SYS_UP_TIME}
        assert [bind for bind in binds if bind[0] not in changing] == [b for b in plain if b[0] not in changing]
        assert len(binds) > 10


WRONG_WORD = "bukan-kata-sandi"
MISTAKES = {
    "a user that it does not know": (replace(GOOD, user="budi"), "does not know the user budi"),
    "another password": (replace(GOOD, auth=Secret(WRONG_WORD)), "authentication password or protocol is wrong"),
    "another way to sign": (replace(GOOD, auth_protocol="SHA-512"), "with SHA-512: the authentication password"),
    "another password for privacy": (
        replace(GOOD, priv=Secret(WRONG_WORD)),
        "the privacy password or protocol is wrong",
    ),
    "another cipher": (replace(GOOD, priv_protocol="DES"), "the privacy password or protocol is wrong"),
    "Cisco's longer key": (
        replace(security("MD5", "AES-256"), priv_protocol="AES-256-C"),
        "the privacy password or protocol is wrong",
    ),
    "a level that the user has not": (
        Security("uSHA-256", "SHA-256", password("SHA-256"), "AES-128", password("AES-128")),
        "does not give the user uSHA-256 the security level authPriv",
    ),
    "a level that is too low for it": (Security(GOOD.user), "no access with noAuthNoPriv"),
    "signing alone": (replace(GOOD, priv_protocol="", priv=None), "no access with authNoPriv"),
    "a context that it does not have": (replace(GOOD, context="lantai-9"), "does not know the context 'lantai-9'"),
}


@needs_snmpd
@pytest.mark.parametrize("mistake", MISTAKES)
async def test_what_is_wrong_with_a_credential_is_told_apart(
    client: SnmpClient, agent: Snmpd, mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is blind, with words of its own and no secret; the next question with the right one is answered."""
    user, words = MISTAKES[mistake]
    with pytest.raises(SnmpAuth, match="the agent ") as caught:
        await client.get(target(agent, user, timeout=0.5), [SYS_NAME])
    assert words in caught.value.detail
    assert caught.value.failure is Failure.AUTH
    seen = f"{caught.value!r} {caught.value.detail} {caplog.text} {target(agent, user)!r} {client.secured.peers!r}"
    assert WRONG_WORD not in seen
    assert "kata-sandi" not in seen
    assert await client.get(target(agent), [SYS_NAME])


@needs_snmpd
async def test_many_devices_with_one_credential_cost_its_hashing_once(
    client: SnmpClient, agent: Snmpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two passwords, twenty devices that are met at the same time: two mebibytes are hashed."""
    made: list[bytes] = []

    def counted(protocol: str, word: bytes) -> bytes:
        made.append(word)
        return usm.master_key(protocol, word)

    monkeypatch.setattr(usm.keys, "master_key", counted)
    asked = [client.get(target(agent, address=address), [SYS_NAME]) for address in ADDRESSES]
    assert len(await asyncio.gather(*asked)) == 20
    assert len(made) == 2
    assert client.secured.discoveries == 20


@needs_snmpd
async def test_the_engine_is_asked_for_once(client: SnmpClient, agent: Snmpd) -> None:
    """Every further question is one packet and one answer."""
    for _ in range(10):
        await client.get(target(agent), [SYS_NAME])
    assert (client.requests, client.secured.discoveries, client.secured.resyncs) == (11, 1, 0)


@needs_snmpd
async def test_a_clock_that_went_astray_is_set_again(agent: Snmpd) -> None:
    """More than the 150 s of RFC 3414 apart: the agent says so, and the question is asked again."""
    astray = 0.0
    client = SnmpClient(clock=lambda: time.monotonic() + astray)
    await client.open()
    try:
        assert await client.get(target(agent), [SYS_NAME])
        astray = 1000.0
        assert await client.get(target(agent), [SYS_NAME])
        assert client.secured.resyncs == 1
        assert await client.get(target(agent), [SYS_NAME])
        assert (client.secured.resyncs, client.secured.stale, client.retries) == (1, 0, 0)
    finally:
        client.close()


@needs_snmpd
@pytest.mark.parametrize(
    ("again", "resyncs", "discoveries"),
    [
        (config(boots=90), 1, 1),
        (config(boots=3), 1, 1),
        (config(engine="80001f88040102030405"), 0, 2),
    ],
    ids=["boots", "boots-lost", "engine"],
)
async def test_an_agent_that_was_started_again(client: SnmpClient, again: str, resyncs: int, discoveries: int) -> None:
    """With more boots, as it should be; with fewer, as cheap ones do; with another engine: one question tells."""
    with running_snmpd(config=config()) as agent:
        assert await client.get(target(agent), [SYS_NAME])
    with running_snmpd(config=again, port=agent.port):
        assert await client.get(target(agent), [SYS_NAME])
        assert (client.secured.resyncs, client.secured.discoveries) == (resyncs, discoveries)
        assert await client.get(target(agent), [SYS_NAME])
        assert (client.secured.resyncs, client.secured.discoveries) == (resyncs, discoveries)
        assert client.retries == 0


@needs_snmpd
async def test_a_context_is_asked_about_by_its_name(client: SnmpClient, agent: Snmpd) -> None:
    """A proxy has what it fetches from elsewhere in a context of its own."""
    proxy = f"""
{config(engine="80001f88040102030405")}
proxy -Cn lantai-2 -v 2c -c public {agent.address}:{agent.port} .1.3.6.1.2.1.1
view all included .1
group rog usm {GOOD.user}
access rog lantai-2 usm priv exact all none none
"""
    with running_snmpd(config=proxy.replace("sysName gedung-balai-kota", "sysName menara")) as running:
        inside = await client.get(target(running, replace(GOOD, context="lantai-2")), [SYS_NAME])
        outside = await client.get(target(running), [SYS_NAME])
    assert [bind[2] for bind in inside + outside] == [b"gedung-balai-kota", b"menara"]


PYSNMP_PAIRS = (
    ("MD5", "DES"),
    ("MD5", "AES-192-C"),
    ("SHA-1", "AES-256-C"),
    ("SHA-1", "AES-256"),
    ("SHA-224", "AES-256"),
    ("SHA-256", "AES-128"),
    ("SHA-384", "AES-192"),
    ("SHA-512", "AES-256"),
)


@pytest.fixture(scope="module")
def second_opinion() -> Iterator[Snmpd]:
    """An agent of pysnmp's."""
    port = free_port("127.0.0.1")
    users = {
        user.user: [auth, password(auth).reveal(), priv, password(priv).reveal()]
        for auth, priv in PYSNMP_PAIRS
        for user in [security(auth, priv)]
    }
    command = [sys.executable, str(Path(__file__).with_name("pysnmp_agent.py")), str(port), json.dumps(users)]
    with ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(process.terminate)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        _wait_until_bound(port)
        yield Snmpd(("127.0.0.1",), port, "")


def _wait_until_bound(port: int) -> None:
    """Wait for the socket: pysnmp opens it only when its loop has begun to turn, after the last word it can say."""
    end = time.monotonic() + 30
    while f":{port:04X} " not in Path("/proc/net/udp").read_text(encoding="ascii"):
        assert time.monotonic() < end, "pysnmp's agent never opened its socket"
        time.sleep(0.02)


@pytest.mark.parametrize(("auth", "priv"), PYSNMP_PAIRS)
async def test_pysnmp_answers(client: SnmpClient, second_opinion: Snmpd, auth: str, priv: str) -> None:
    """Its agent agrees about keys, digests and ciphers, and its answers are understood."""
    binds = await client.get(target(second_opinion, security(auth, priv)), [SYS_UP_TIME])
    assert binds[0][:2] == (SYS_UP_TIME, wire.TIME_TICKS)
    walked = await client.walk(target(second_opinion, security(auth, priv)), SYSTEM)
    assert SYS_NAME in [name for name, _, _ in walked]


async def test_pysnmp_refuses_too(client: SnmpClient, second_opinion: Snmpd) -> None:
    """A wrong password for privacy: what cannot be decrypted is reported, or met with silence."""
    wrong = replace(security("SHA-256", "AES-128"), priv=Secret(WRONG_WORD))
    with pytest.raises(SnmpAuth, match="the privacy password or protocol is wrong"):
        await client.get(target(second_opinion, wrong, timeout=1.0), [SYS_UP_TIME])
    with pytest.raises(SnmpAuth, match="does not know the user budi"):
        await client.get(target(second_opinion, Security("budi")), [SYS_UP_TIME])
