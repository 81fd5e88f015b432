"""An agent of pysnmp's in a process of its own, with users of SNMPv3.

usage: pysnmp_agent.py PORT {"USER": ["AUTH PROTOCOL", "PASSWORD", "PRIV PROTOCOL", "PASSWORD"], …}
It answers for the system group of SNMPv2-MIB and writes a line when it is ready.
"""

from __future__ import annotations

import json
import sys

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context

AUTH = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA-1": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV = {
    "DES": config.USM_PRIV_CBC56_DES,
    "AES-128": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": config.USM_PRIV_CFB192_AES,
    "AES-256-C": config.USM_PRIV_CFB256_AES,
}


def main(port: int, users: dict[str, list[str]]) -> None:
    """Answer until the process is ended."""
    agent = engine.SnmpEngine()
    config.add_transport(agent, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode(("127.0.0.1", port)))
    for user, (auth, auth_password, priv, priv_password) in users.items():
        config.add_v3_user(agent, user, AUTH[auth], auth_password, PRIV[priv], priv_password)
        config.add_vacm_user(agent, 3, user, "authPriv", (1, 3, 6, 1, 2, 1, 1))
    served = context.SnmpContext(agent)
    cmdrsp.GetCommandResponder(agent, served)
    cmdrsp.BulkCommandResponder(agent, served)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    agent.transport_dispatcher.job_started(1)
    agent.open_dispatcher()


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
