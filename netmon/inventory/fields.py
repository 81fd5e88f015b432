"""Every key of the inventory, once: validation, the JSON Schema and the check of the documentation read this."""

from __future__ import annotations

from netmon.inventory.kinds import Field, Kind, Table, choice, list_of, map_of, record, scalar
from netmon.inventory.mistakes import Wrong, listed
from netmon.inventory.values import (
    ADDRESS,
    BOOLEAN,
    BOUNDS,
    CODE,
    DAY,
    IDENTITY,
    LOCATION,
    NETWORK,
    NUMERIC,
    PILLAR,
    PORT,
    RADIUS,
    REACH,
    REACH_OF_A_WITNESS,
    SECRET,
    SERVICE_HOURS,
    SHARE,
    TEXT,
    TIME,
    TIME_OR_DAY,
    duration,
    integer,
    protected,
)
from netmon.model import Role

LEAST_INTERVAL = 5
"""Seconds. A failure is repeated within 5 s: a shorter interval would not leave it the time."""

KINDS = ("office", "health", "education", "worship", "tourism", "park", "market", "transport", "other")
CHECKS = ("dhcp", "dns", "portal", "internet", "tcp", "http", "icmp")
LANGUAGES = ("id", "en")
VERSIONS = ("1", "2c", "3")

AUTH = {
    "sha": "SHA-1",
    "md5": "MD5",
    "sha-1": "SHA-1",
    "sha-224": "SHA-224",
    "sha-256": "SHA-256",
    "sha-384": "SHA-384",
    "sha-512": "SHA-512",
}
PRIV = {
    "aes": "AES-128",
    "des": "DES",
    "aes-128": "AES-128",
    "aes-192": "AES-192",
    "aes-256": "AES-256",
    "aes-192-c": "AES-192-C",
    "aes-256-c": "AES-256-C",
}
"""What may be written, in small letters, and how the model names it (RFC 3414, 3826, 7860).

The two longer ones make a short key longer as net-snmp does, with ``-C`` as Cisco does.
"""


def _protocol(meaning: str, names: dict[str, str]) -> Kind:
    known = sorted({*names.values(), next(iter(names)).upper()})

    def parse(text: str) -> str:
        name = names.get(text.lower())
        if name is None:
            raise Wrong(f"{{}} is not {meaning}", f"write {listed(known)}")
        return name

    return scalar(meaning, parse, {"enum": known})


_INTERVAL = duration(LEAST_INTERVAL)
_ROLE = choice("a role", [role.value for role in Role])

_LIFE = (
    Field("target", SHARE, "availability promised, from 0 to 1; without it that of `targets`"),
    Field(
        "status", choice("a status", ("active", "planned")), "`planned`: yet to come, not watched; `active` by default"
    ),
)
_SERVED = (
    Field("commissioned", TIME_OR_DAY, "in service from this date (midnight) or time on"),
    Field("decommissioned", TIME_OR_DAY, "out of service from this date (midnight) or time on"),
    Field("service_hours", SERVICE_HOURS, 'agreed hours: "06:00-23:00", or by day'),
)

DEVICE = Table(
    "a device",
    (
        Field("id", IDENTITY, "write its identity, which never changes", required=True),
        Field("role", _ROLE, "write access_point, controller, router, link or switch", required=True),
        Field("address", ADDRESS, "IPv4, IPv6 or host name"),
        Field("name", TEXT, "what people call it"),
        Field("port", PORT, "UDP port of its SNMP agent; 161 by default"),
        Field("answers_from", NUMERIC, "another address of its SNMP agent, from which answers come"),
        Field("credential", IDENTITY, "a name of `credentials.yaml`"),
        Field("profile", IDENTITY, "vendor profile; `auto` by default: found by asking the device"),
        Field("reach", REACH, "the one check that decides up and down; `icmp` by default"),
        Field("interval", _INTERVAL, "time between two of these checks; without it `intervals.reachability`"),
        Field(
            "behind",
            list_of(IDENTITY, single=True),
            "ids of devices or uplinks, alternatives to each other, above it",
            nullable=False,
        ),
        Field("confirm_by_ping", BOOLEAN, "ping it before it is called down by `reach: snmp`"),
        Field("radius", RADIUS, "metres that an access point covers; 50m by default"),
        Field("wan", TEXT, "interface to the provider: its name, `alias:` and its alias, or `default-route`"),
        Field("provider", TEXT, "who provides what this router or link leads to, where an uplink has several"),
        Field("controller", IDENTITY, "the controller that reports this access point"),
        Field("match", TEXT, "its name or MAC address at that controller"),
        *_SERVED,
    ),
)

SERVICE = Table(
    "a service",
    (
        Field("id", IDENTITY, "write its identity, which never changes", required=True),
        Field("check", choice("a check", CHECKS), f"write one of {', '.join(CHECKS)}", required=True),
        Field("name", TEXT, "what people call it"),
        Field("address", ADDRESS, "IPv4, IPv6 or host name"),
        Field("port", PORT, "its TCP or UDP port"),
        Field("interval", _INTERVAL, "time between two checks; without it `intervals.service`"),
        Field("affects", choice("an effect", ("wifi", "none")), "`wifi`: its failure degrades the site's Wi-Fi"),
    ),
)

UPLINK = Table(
    "an uplink",
    (
        Field("id", IDENTITY, "write its identity, which never changes", required=True),
        Field("kelurahan", CODE, "write the code of a kelurahan in regions.csv", required=True),
        Field(
            "devices",
            list_of(record(DEVICE), entities=True),
            "write a list of devices, [] where none is",
            required=True,
        ),
        Field("name", TEXT, "what people call it"),
        Field("provider", TEXT, "who provides it"),
        Field("owner", IDENTITY, "one of `owners` in netmon.yaml: who is called when it fails"),
        *_LIFE,
        *_SERVED,
    ),
)

SITE = Table(
    "a site",
    (
        Field("id", IDENTITY, "write its identity, which never changes", required=True),
        Field("kelurahan", CODE, "write the code of a kelurahan in regions.csv", required=True),
        Field(
            "devices",
            list_of(record(DEVICE), entities=True),
            "write a list of devices, [] where none is",
            required=True,
        ),
        Field("name", TEXT, "what people call it"),
        Field("kind", choice("a kind of site", KINDS), "what sort of place; `other` by default"),
        Field("location", LOCATION, "latitude and longitude in degrees"),
        Field("pillars", list_of(PILLAR), "pillars of the smart city that it serves"),
        Field("owner", IDENTITY, "one of `owners` in netmon.yaml"),
        Field("uplink", IDENTITY, "its devices are behind that uplink unless they say otherwise"),
        Field("ssids", list_of(TEXT), "names of the networks on the air"),
        Field("services", list_of(record(SERVICE), entities=True), "what else a visitor meets there"),
        *_LIFE,
        *_SERVED,
    ),
)

SITES_FILE = Table(
    "a file of sites",
    (
        Field("uplinks", list_of(record(UPLINK), entities=True), "connections of kelurahan"),
        Field("sites", list_of(record(SITE), entities=True), "places with free Wi-Fi"),
    ),
)

CITY = Table(
    "city",
    (
        Field("code", CODE, 'write its code: "13.71"', required=True),
        Field("zone", TEXT, "write its time zone: Asia/Jakarta", required=True),
        Field("name", TEXT, "what people call it"),
        Field("language", choice("a language", LANGUAGES), "of reports and pages; `id` by default"),
        Field("bounds", BOUNDS, "south, west, north, east in degrees: no site lies outside"),
    ),
)

CONNECTED = Table(
    "kelurahan_connected",
    (
        Field("share", SHARE, "write the share of kelurahan that are to be connected: 1.0", required=True),
        Field("by", DAY, "the day by which they are"),
    ),
)

TARGETS = Table(
    "targets",
    (
        Field("uplink", SHARE, "availability of an uplink; 0.995 by default"),
        Field("hotspot", SHARE, "availability of a site; 0.98 by default"),
        Field("pillars", map_of(PILLAR, SHARE), "availability of all sites of a pillar together"),
        Field("kelurahan_connected", record(CONNECTED), "share of kelurahan with a working uplink, and by when"),
        Field("completeness", SHARE, "share of the time that must have been observed; 0.95 by default"),
    ),
)

INTERVALS = Table(
    "intervals",
    (
        Field("reachability", _INTERVAL, "between two checks of a device; 30s by default"),
        Field("readings", _INTERVAL, "between two readings of a device; 60s by default"),
        Field("service", _INTERVAL, "between two checks of a service; 5m by default"),
    ),
)

WITNESS = Table(
    "a witness",
    (
        Field("address", ADDRESS, "write the address of something outside everything that is watched", required=True),
        Field("reach", REACH_OF_A_WITNESS, "how it is reached: icmp (by default), snmp or tcp:PORT"),
        Field("port", PORT, "UDP port of its SNMP agent; 161 by default"),
        Field("credential", IDENTITY, "a name of `credentials.yaml`"),
    ),
)

OWNER = Table("an owner", (Field("name", TEXT, "what people call it"),))

NETMON_FILE = Table(
    "netmon.yaml",
    (
        Field("city", record(CITY), "write {code: …, zone: …}", required=True),
        Field("targets", record(TARGETS), "what the city has promised"),
        Field("intervals", record(INTERVALS), "how often things are checked"),
        Field("notice", duration(0), "how long before it begins a window must be announced; 24h by default"),
        Field("recovery_grace", duration(0), "what access points need to start after a power cut; 0s by default"),
        Field(
            "alert_hold", duration(0), "how long a return lasts before an outage is over for an alert; 3m by default"
        ),
        Field("confirm_by_ping", BOOLEAN, "ping a device before it is called down by `reach: snmp`; true by default"),
        Field("witness", list_of(record(WITNESS)), "what the monitor itself must reach; all silent: it is blind"),
        Field("holidays", list_of(DAY), "dates on which the hours of `holidays` hold"),
        Field("owners", map_of(IDENTITY, record(OWNER)), "who owns sites and uplinks"),
        Field("probe_networks", list_of(NETWORK), "where `/probe?target=` may ask any address; nowhere by default"),
        Field("ssh_threads", integer(1, 256), "devices asked by SSH at a time; 8 by default"),
        Field("series_budget", integer(1, 1_000_000), "series a device may have in the metrics; 500 by default"),
    ),
)

WINDOW = Table(
    "a window",
    (
        Field("id", IDENTITY, "write its identity, which never changes", required=True),
        Field("scope", list_of(IDENTITY, single=True), "write ids of what it covers, or city", required=True),
        Field("start", TIME, "write when it begins: 2026-11-12T22:00+07:00", required=True),
        Field("end", TIME, "write when it ends: 2026-11-13T02:00+07:00", required=True),
        Field("announced", TIME, "when it was announced"),
        Field("reason", TEXT, "why"),
        Field("approved_by", TEXT, "who approved a window that was announced late"),
        Field("only", BOOLEAN, "true: what is behind is not covered"),
    ),
)

MAINTENANCE_FILE = Table(
    "maintenance.yaml", (Field("maintenance", list_of(record(WINDOW), entities=True), "announced windows"),)
)

SNMP = Table(
    "snmp",
    (
        Field("version", choice("a version of SNMP", VERSIONS, [*VERSIONS, 1, 3]), "1, 2c or 3; 2c by default"),
        Field("community", SECRET, "of versions 1 and 2c: {env: NAME} or {file: PATH}"),
        Field("user", TEXT, "of version 3"),
        Field(
            "auth", protected(_protocol("a way to authenticate", AUTH)), "of version 3: {protocol: SHA-256, env: NAME}"
        ),
        Field("priv", protected(_protocol("a way to encrypt", PRIV)), "of version 3: {protocol: AES-128, env: NAME}"),
        Field("context", TEXT, "of version 3"),
    ),
)

SSH = Table(
    "ssh",
    (
        Field("user", TEXT, "write the name to log in with", required=True),
        Field("password", SECRET, "{env: NAME} or {file: PATH}"),
        Field("key", SECRET, "a private key without a passphrase, instead of a password: {file: PATH}"),
        Field("port", PORT, "TCP port of the SSH server; 22 by default"),
    ),
)

CREDENTIAL = Table(
    "a credential",
    (
        Field("snmp", record(SNMP), "how to ask by SNMP"),
        Field("ssh", record(SSH), "how to log in by SSH"),
        Field("networks", list_of(NETWORK), "the only networks it is ever sent to; all by default"),
    ),
)

CREDENTIALS_FILE = map_of(IDENTITY, record(CREDENTIAL))

TABLES = (
    NETMON_FILE,
    CITY,
    TARGETS,
    CONNECTED,
    INTERVALS,
    WITNESS,
    OWNER,
    SITES_FILE,
    UPLINK,
    SITE,
    DEVICE,
    SERVICE,
    MAINTENANCE_FILE,
    WINDOW,
    CREDENTIAL,
    SNMP,
    SSH,
)
"""All of them, in the order of the documentation."""
