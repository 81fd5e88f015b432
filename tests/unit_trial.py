"""What a process of netmon's unit can do and what not, as it finds out by trying: run inside the unit, prints JSON."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import socket
import sqlite3
import ssl
import threading
import zoneinfo
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
STATE = Path("/var/lib/netmon")


def _opens(family: int, kind: int, protocol: int = 0) -> str:
    with socket.socket(family, kind, protocol):
        return "opened"


def _writes(path: str) -> str:
    file = Path(path)
    file.write_text("x", encoding="utf-8")
    mode = file.stat().st_mode & 0o777
    file.unlink()
    return f"{mode:o}"


def _executable_memory() -> str:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return "mapped"


def _unshares() -> str:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return "made"


def _others() -> str:
    return str(sum(one.name.isdecimal() and one.name != str(os.getpid()) for one in Path("/proc").iterdir()))


def _resolves() -> str:
    return str("127.0.0.1" in {found[4][0] for found in socket.getaddrinfo("localhost", 80)})


def _keeps_a_history() -> str:
    with closing(sqlite3.connect(STATE / "trial.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE a (b)")
        db.execute("INSERT INTO a VALUES (1)")
        return str(db.execute("SELECT b FROM a").fetchone()[0])


def _threads() -> str:
    done = threading.Event()
    threading.Thread(target=done.set).start()
    return str(done.wait(30))


def _hashes() -> str:
    import bcrypt  # noqa: PLC0415 -- each library by itself, so that the one that fails is named

    return str(bcrypt.checkpw(b"x", bcrypt.hashpw(b"x", bcrypt.gensalt(4))))


def _enciphers() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    enciphering = Cipher(algorithms.AES(b"k" * 16), modes.CTR(b"i" * 16)).encryptor()
    signed = Ed25519PrivateKey.generate().sign(b"x")
    return f"{len(enciphering.update(b'x' * 20))} {len(signed)}"


def _measures_areas() -> str:
    from shapely import Point, union_all  # noqa: PLC0415

    return str(union_all([Point(0, 0).buffer(1), Point(1, 0).buffer(1)]).area > 4)


def _speaks_ssh() -> str:
    import netmiko  # noqa: F401, PLC0415
    import paramiko  # noqa: PLC0415

    return str(len(paramiko.RSAKey.generate(2048).sign_ssh_data(b"x").asbytes()) > 200)


def _packs() -> str:
    from isal import igzip  # noqa: PLC0415

    return str(igzip.decompress(igzip.compress(b"x" * 1000)) == b"x" * 1000)


TRIALS: dict[str, Callable[[], str]] = {
    "raw ICMP": lambda: _opens(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "raw ICMPv6": lambda: _opens(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6),
    "packet socket": lambda: _opens(socket.AF_PACKET, socket.SOCK_RAW),
    "netlink socket": lambda: _opens(socket.AF_NETLINK, socket.SOCK_RAW),
    "names": _resolves,
    "own folder": lambda: _writes(f"{STATE}/trial"),
    "temporary folder": lambda: _writes("/tmp/trial"),  # noqa: S108 -- the unit's own
    "/etc": lambda: _writes("/etc/netmon/trial"),
    "/opt": lambda: _writes("/opt/netmon/trial"),
    "/root": lambda: str(len(list(Path("/root").iterdir()))),
    "kernel settings": lambda: _writes("/proc/sys/net/ipv4/ip_forward"),
    "secrets": lambda: str(len(Path("/etc/netmon.environment").read_text(encoding="utf-8"))),
    "root": lambda: str(os.setuid(0)),
    "namespaces": _unshares,
    "executable memory": _executable_memory,
    "priority": lambda: str(os.setpriority(os.PRIO_PROCESS, 0, -5)),
    "clock": lambda: str(__import__("time").clock_settime(0, 0)),
    "other processes": _others,
    "history": _keeps_a_history,
    "threads": _threads,
    "bcrypt": _hashes,
    "cryptography": _enciphers,
    "shapely": _measures_areas,
    "netmiko": _speaks_ssh,
    "isal": _packs,
    "TLS": lambda: str(len(ssl.create_default_context().get_ciphers()) > 0),
    "zones": lambda: zoneinfo.ZoneInfo("Asia/Jakarta").key,
    "boot time": lambda: str("btime" in Path("/proc/stat").read_text(encoding="utf-8")),
}


def _tried(trial: Callable[[], str]) -> str:
    try:
        return trial()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))


if __name__ == "__main__":
    print(json.dumps({name: _tried(trial) for name, trial in TRIALS.items()}))  # noqa: T201 -- read by the test
