"""The harnesses of ``make soak`` work: their seeds and inputs near them pass, and each can find something."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harnesses import HARNESSES
from supply import Supply, edits, text

from exporters import probing
from netmon.model import Check, Observation
from netmon.probes.icmp import Pinger
from netmon.serving.guard import Guard
from netmon.snmp import usm, wire
from netmon.snmp.client import Exchange, engine
from netmon.snmp.client.secured import Secured
from netmon.snmp.client.tables import TableReader

FUZZ = Path(__file__).parent.parent / "fuzz"
TRIES = 200


def near(seeds: list[bytes], chance: random.Random) -> bytes:
    """Give an input near the seeds: bytes changed, left out, put in, and parts of others behind it."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randrange(5)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[place:] = chance.choice(seeds)[place:]
            case 1:
                del data[place : place + chance.randrange(4)]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(4))
            case _:
                data[place : place + 1] = chance.randbytes(1)
    return bytes(data)


@pytest.mark.parametrize("name", HARNESSES)
def test_a_harness_has_nothing_to_object_to(name: str) -> None:
    """Neither to its seeds nor to some inputs near them, the same in every run."""
    harness = HARNESSES[name]
    chance = random.Random(name)
    seeds = list(harness.seeds())
    assert len(set(seeds)) > 5
    assert all(len(seed) <= harness.longest for seed in seeds)
    with harness.opened() as trial:
        for data in [*seeds, b"", *(near(seeds, chance) for _ in range(TRIES))]:
            trial(data)


def signs_anything(_data: bytes, _envelope: usm.Envelope, _keys: usm.Keys) -> bool:
    """Take any message for a signed one."""
    return True


def believes_who_does_not_sign(secured: Secured, exchange: Exchange, peer: Any, data: bytes, envelope: Any) -> Any:
    """Take an unsigned answer for a signed one."""
    scoped = usm.decode_scoped(usm.decrypted(data, envelope, peer.keys))
    return scoped.pdu if scoped.pdu.pdu_type == wire.RESPONSE else UNSIGNED(secured, exchange, peer, data, envelope)


async def sees_all_up(pinger: Pinger, check: Check) -> Observation:
    """Say that a device is up, whatever came back."""
    seen = await PINGED(pinger, check)
    return Observation(seen.check, seen.at, rtt=seen.rtt, loss=seen.loss)


async def knows_anybody(_guard: Guard, _scope: object) -> bool:
    """Let everybody in."""
    return True


PINGED, UNSIGNED = Pinger.__call__, Secured._unsigned
BUGS: dict[str, tuple[Any, str, object]] = {
    "message": (wire, "decode_message", lambda data: data[1000]),
    "pdu": (wire, "encode_pdu", lambda _: wire.encode_pdu.__doc__),
    "shape": (wire.Shape, "read", lambda _shape, _data: (1, ())),
    "envelope": (usm, "authenticated", signs_anything),
    "seal": (usm, "authenticated", signs_anything),
    "exchange": (engine, "objection", lambda _template, _answer: None),
    "secured": (Secured, "_unsigned", believes_who_does_not_sign),
    "table": (TableReader, "_keep", lambda _reader, _column, _bind: None),
    "pings": (Pinger, "__call__", sees_all_up),
    "routes": (probing, "_HIGHEST_PORT", 99999),
    "guard": (Guard, "_is_known", knows_anybody),
}
"""A bug for each harness: where, what is replaced, and by what."""


@pytest.mark.parametrize("name", HARNESSES)
def test_a_harness_notices_a_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is put in for the test; the seeds suffice to find it."""
    harness = HARNESSES[name]
    seeds = harness.seeds()
    monkeypatch.setattr(*BUGS[name])

    def all_pass() -> None:
        with harness.opened() as trial:
            for data in seeds:
                trial(data)

    with pytest.raises((AssertionError, IndexError, TypeError)):
        all_pass()


def test_a_finding_is_repeated_by_its_file(tmp_path: Path) -> None:
    """Without the fuzzer."""
    found = tmp_path / "crash-1"
    found.write_bytes(HARNESSES["table"].seeds()[1])
    done = subprocess.run(
        [sys.executable, str(FUZZ / "one.py"), "table", str(found)], capture_output=True, text=True, check=True
    )
    assert "nothing to object to" in done.stdout


@pytest.mark.soak
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("name", ["guard", "table"])
def test_a_soak_says_how_many_inputs_ran(name: str, tmp_path: Path) -> None:
    """Guided by coverage; a harness that finds nothing is a success."""
    few = {"NETMON_FUZZ_SHARE": "1000000", "NETMON_FUZZ_PLACE": str(tmp_path), "NETMON_FUZZ_SEED": "1"}
    command = [sys.executable, str(FUZZ / "soak.py"), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | few)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(rf"{name} +1,0\d\d inputs +\d+ s +\d+ edges\n", done.stdout)


def test_a_supply_gives_what_was_written() -> None:
    """Portions in their order, zeros behind the end, changes at their places."""
    supply = Supply(b"\1\2\3" + text(b"four") + edits((1, 0xFF)) + b"rest")
    assert (supply.number(), supply.number(2), supply.text(), supply.edited(b"\0\0")) == (1, 0x203, b"four", b"\0\xff")
    assert not supply.is_empty
    assert (supply.rest(), supply.number(4), supply.portion(2), supply.is_empty) == (b"rest", 0, b"", True)
