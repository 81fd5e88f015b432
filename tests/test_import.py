"""Tables of places and devices: what they become, and every mistake by line and column."""
# ruff: noqa: E501 -- tables of tables are read line by line

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventories import minimal

from netmon.cli import main
from netmon.discovery.columns import COLUMNS
from netmon.discovery.importing import import_table
from netmon.inventory import InventoryError, Loaded, load_files
from netmon.model import Inventory

EXAMPLE = Path(__file__).parent.parent / "docs" / "import.csv"
DOCUMENT = Path(__file__).parent.parent / "docs" / "discovery.md"

REGIONS = """\
code,kelurahan,kecamatan_code,kecamatan
13.71.01.1011,Air Manis,13.71.01,Padang Selatan
13.71.02.1001,Sawahan,13.71.02,Padang Timur
13.71.02.1002,Jati,13.71.02,Padang Timur
13.71.03.1009,Jati,13.71.03,Padang Barat
"""
CITY = """\
city: {code: "13.71", zone: Asia/Jakarta, bounds: [-1.14, 100.13, -0.72, 100.57]}
owners: {dispar: {}, diskominfo: {}}
"""
EXISTING = (
    'sites:\n  - {id: lama, kelurahan: "13.71.01.1011", devices: [{id: ap-lama, role: switch, address: 10.1.1.9}]}\n'
)
CREDENTIALS = "city: {snmp: {community: {env: K}}, networks: [10.0.0.0/8]}\n"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """Load an inventory that tables are held against."""
    files = minimal(EXISTING, credentials=CREDENTIALS) | {"regions.csv": REGIONS, "netmon.yaml": CITY}
    return load_files(files, secrets=False)


def made(table: str | bytes, loaded: Loaded | None) -> Inventory:
    """Import a table and load what it became beside the inventory."""
    data = table if isinstance(table, bytes) else table.encode()
    text = import_table(data, "t.csv", loaded).text
    files = dict(loaded.files) if loaded is not None else minimal() | {"credentials.yaml": CREDENTIALS}
    return load_files({**files, "sites/imported.yaml": text}, secrets=False).inventory


def wrong(table: str | bytes, loaded: Loaded | None) -> list[str]:
    """Give the lines with which a table is refused."""
    data = table if isinstance(table, bytes) else table.encode()
    with pytest.raises(InventoryError) as caught:
        import_table(data, "t.csv", loaded)
    return str(caught.value).splitlines()


FULL = """\
site,name,kelurahan,kind,latitude,longitude,pillars,owner,uplink,ssids,status,commissioned,service_hours,device,role,device_name,address,port,credential,reach,radius,wan,behind,provider
,Uplink Air Manis,13.71.01.1011,,,,,,up-1,,,,,rt-1,router,,10.1.1.1,,city,snmp,,ether1,,telkom
,,,,,,,,up-1,,,,,link-1,link,,,,,interface ether2 of rt-1,,,,
pantai,Pantai,Air Manis,Tourism,-0.9903,100.3622,living|branding,dispar,up-1,Padang-Smart-City|Tamu,,29/01/2024,06:00-23:00,sw-1,switch,,10.1.1.2,,,,,,,
pantai,,,,,,,,,,,,,ap-1,AP,Gerbang,10.1.1.3,1161,city,snmp,60m,,sw-1,
"""


def test_a_full_table_becomes_an_inventory(loaded: Loaded) -> None:
    """Uplinks and sites with all their keys; words as people write them."""
    inventory = made(FULL, loaded)
    site, uplink = inventory.sites["pantai"], inventory.uplinks["up-1"]
    assert (site.kind, site.location, site.pillars) == ("tourism", (-0.9903, 100.3622), ("living", "branding"))
    assert (site.owner, site.uplink, site.ssids) == ("dispar", "up-1", ("Padang-Smart-City", "Tamu"))
    assert (site.kelurahan, site.name, site.commissioned) == ("13.71.01.1011", "Pantai", 1706461200)
    assert site.service_hours is not None
    assert (uplink.provider, uplink.devices) == ("telkom", ("rt-1", "link-1"))
    point, link = inventory.devices["ap-1"], inventory.devices["link-1"]
    assert (point.role, point.name, point.port, point.radius, point.behind) == (
        "access_point", "Gerbang", 1161, 60.0, ("sw-1",)
    )  # fmt: skip
    assert (link.reach.interface, link.reach.of) == ("ether2", "rt-1")


SEMICOLONS = (
    "Site;Name;Kelurahan;Lintang;Bujur;Device;Role;IP;Radius;target\n"
    'a;"Taman ""Kota""; Barat";1371011011;-0,9903;100,3622;ap-1;Access Point;10.1.1.3;60,5;0,995\n'
)


@pytest.mark.parametrize(
    "data",
    [
        SEMICOLONS.encode(),
        b"\xef\xbb\xbf" + SEMICOLONS.encode(),
        SEMICOLONS.encode("utf-16"),
        ("sep=;\r\n" + SEMICOLONS.replace("\n", "\r\n")).encode(),
        SEMICOLONS.replace("; Barat", "~").replace(";", "\t").replace("~", "; Barat").encode(),
        ("# a remark; of ours\n\n;;;;\n" + SEMICOLONS).encode(),
    ],
    ids=["utf-8", "byte-order-mark", "utf-16", "sep", "tabs", "remarks"],
)
def test_what_spreadsheets_of_indonesia_and_germany_save(data: bytes, loaded: Loaded) -> None:
    """Semicolons or tabs, decimal commas, any encoding, headers in other words, codes without dots."""
    inventory = made(data, loaded)
    site = inventory.sites["a"]
    assert (site.name, site.kelurahan, site.location) == ('Taman "Kota"; Barat', "13.71.01.1011", (-0.9903, 100.3622))
    assert site.target == 0.995
    assert (inventory.devices["ap-1"].radius, inventory.devices["ap-1"].role) == (60.5, "access_point")


def test_windows_encoding_is_read_and_told(loaded: Loaded) -> None:
    """Bytes that are no UTF-8 are taken as Windows-1252, with a note to look at the names."""
    data = "site,name,kelurahan\na,Café,Sawahan\n".encode("cp1252")
    assert made(data, loaded).sites["a"].name == "Café"
    assert "Windows-1252" in import_table(data, "t.csv", loaded).notes[0]


HEAD = "site,uplink,kelurahan,device,role,address"

MISTAKES: list[tuple[str, list[str]]] = [
    ("", ["t.csv:1: file: is empty (begin with a line of columns"]),
    ("a,b\n1,2\n", ["t.csv:1: a: is no column", "t.csv:1: b: is no column", "t.csv:1: header: has neither"]),
    ("site,kelurahn\na,Sawahan\n", ["t.csv:1: kelurahn: is no column (write kelurahan", "t.csv:2: kelurahan: is missing"]),
    ("site,site,kelurahan\na,a,Sawahan\n", ["t.csv:1: site: is there twice (keep one)"]),
    (f"{HEAD}\n,,Sawahan,ap-1,switch,10.1.1.1\n", ["t.csv:2: site: is empty, and the uplink too"]),
    (f"{HEAD}\nTaman Kota,,Sawahan,,,\n", ['t.csv:2: site: "Taman Kota" is no id (write taman-kota)']),
    (f"{HEAD}\na,,Sawahan,AP 1,switch,10.1.1.1\n", ['t.csv:2: device: "AP 1" is no id (write ap-1)']),
    (f"{HEAD}\na,,Sawahan,,switch,10.1.1.1\n", ["t.csv:2: device: is empty, and role is not"]),
    (f"{HEAD}\na,,Sawahn,,,\n", ['t.csv:2: kelurahan: "Sawahn" is no kelurahan of regions.csv (write 13.71.02.1001']),
    (f"{HEAD}\na,,Jati,,,\n", ['t.csv:2: kelurahan: "Jati" is the name of several (write one of 13.71.02.1002, 13.71.03']),
    (f"{HEAD}\na,,13.71.01.1012,,,\n", ['t.csv:2: kelurahan: "13.71.01.1012" is not in regions.csv (write 13.71.01.1011)']),
    (f"{HEAD}\na,,Sawahan,,,\na,,Air Manis,,,\n", ['t.csv:3: kelurahan: "Air Manis" is something else than in line 2']),
    (f"{HEAD}\na,up-9,Sawahan,,,\n", ['t.csv:2: uplink: there is no uplink "up-9"']),
    (f"{HEAD}\na,,Sawahan,x,acces_point,10.1.1.1\n", ['t.csv:2: role: "acces_point" is not a role (write access_point)']),
    (f"{HEAD}\na,,Sawahan,x,switch,10.1.1\n", ['t.csv:2: address: "10.1.1" is no IPv4 address']),
    (f"{HEAD}\na,,Sawahan,x,switch,\n", ["t.csv:2: address: is missing from a device"]),
    (
        f"{HEAD}\na,,Sawahan,x,switch,10.1.1.1\na,,,x,switch,10.1.1.2\na,,,y,switch,10.1.1.1\n",
        ['t.csv:3: device: "x" is the id of a device in t.csv:2', "t.csv:4: address: 10.1.1.1 port 161 is x in t.csv:2"],
    ),
    (f"{HEAD}\nlama,,Sawahan,,,\n", ['t.csv:2: site: "lama" is the id of a site in sites/a.yaml:2 already']),
    ("uplink,kelurahan,owner\nu,Sawahan,dispar\n", ["t.csv:2: owner: is of sites, and this row is of the uplink u"]),
    ("site,kelurahan,latitude\na,Sawahan,-0.9\n", ["t.csv:2: longitude: is missing beside the latitude"]),
    (
        "site,kelurahan,latitude,longitude\na,Sawahan,100.3622,-0.9903\nb,Sawahan,-0.99,selatan\nc,Sawahan,3.5,100.3\n",
        [
            't.csv:2: latitude: "100.3622" is no latitude (write degrees from -90 to 90: -0.9903)',
            't.csv:3: longitude: "selatan" is no longitude (write degrees as a number: 100.3622)',
            "t.csv:4: latitude: [3.5, 100.3] lies outside of city.bounds",
        ],
    ),
    ("site,kelurahan,target\na,Sawahan,99,\n", ['t.csv:2: target: "99" is no share from 0 to 1 (write 0.99)']),
    ("site,kelurahan,owner\na,Sawahan,dispr\n", ['t.csv:2: owner: "dispr" is not among the owners in netmon.yaml (write disp']),
    (
        f"{HEAD},profile,credential\na,,Sawahan,x,switch,10.1.1.1,mikrotik_routero,citi\n",
        ["t.csv:2: credential: ", 't.csv:2: profile: there is no profile "mikrotik_routero" (write mikrotik_routeros)'],
    ),
    ("site,kelurahan\na,Sawahan,Barat\n", ['t.csv:2: row: "Barat" stands in column 3, which has no header']),
    ('site,kelurahan\na,"Sawahan\n', ["t.csv:2: row: is no line of a table"]),
    ("site,kelurahan,name\na,Sawahan,x\x07y\n", ["t.csv:2: name: holds the control character U+0007 (remove it)"]),
    ('site,name,kelurahan\na,"two\nlines",Sawahan\nb b,x,Sawahan\n', ['t.csv:4: site: "b b" is no id']),
]  # fmt: skip


@pytest.mark.parametrize(("table", "said"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_every_mistake_is_named_by_line_and_column(table: str, said: list[str], loaded: Loaded) -> None:
    """Once each, and with what to write instead."""
    lines = wrong(table, loaded)
    assert len(lines) == len(said), lines
    for line, begin in zip(lines, said, strict=True):
        assert line.startswith(begin), line


def test_all_mistakes_come_at_once(loaded: Loaded) -> None:
    """Those of cells, of the header and of what belongs together."""
    table = f"{HEAD},colour\nA B,,Sawahan,x,robot,10.1.1.1,red\nb,up-7,nowhere,,,,\n,,,y,,,\n"
    assert [line.rsplit("(")[0].split(": ")[:2] for line in wrong(table, loaded)] == [
        ["t.csv:1", "colour"], ["t.csv:2", "role"], ["t.csv:2", "site"],
        ["t.csv:3", "kelurahan"], ["t.csv:3", "uplink"], ["t.csv:4", "site"],
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"\x81\x8d\n", b"\xff\xfe\x00"], ids=["no-windows", "half-utf-16"])
def test_bytes_that_are_no_text_are_refused(data: bytes, loaded: Loaded) -> None:
    """With how to save the file."""
    assert wrong(data, loaded)[0].startswith("t.csv:1: file: is no text that can be read (save it as CSV UTF-8)")


def test_without_an_inventory_nothing_is_unknown() -> None:
    """Codes, owners and credentials are taken as they are; what is wrong in itself is still wrong."""
    head = "site,kelurahan,owner,device,role,address,credential\n"
    imported = import_table(f"{head}a,13.71.01.1011,x,ap,ap,10.1.1.1,y\n".encode(), "t.csv", None)
    assert (imported.sites, imported.devices) == (1, 1)
    assert len(wrong(f"{head}a,13.71.01.1011,x,ap,ap,10.1.1,y\n", None)) == 1


IDS = st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(lambda t: t[0] != "#")


@settings(max_examples=40)
@given(
    st.dictionaries(IDS.map("s-".__add__), st.tuples(TEXTS, st.floats(-1.1, -0.8), st.lists(IDS, unique=True)), min_size=1),
    st.sampled_from([",", ";", "\t"]),
)  # fmt: skip
def test_any_table_of_names_comes_back_as_it_was(
    loaded: Loaded, sites: dict[str, tuple[str, float, list[str]]], separator: str
) -> None:
    """Whatever people call their places, and whichever separator: names, coordinates and devices survive."""
    rows: list[Sequence[str]] = [("site", "name", "kelurahan", "latitude", "longitude", "device", "role", "address")]
    number = 0
    for site, (name, latitude, devices) in sites.items():
        written = f"{latitude:.6f}".replace(".", "," if separator != "," else ".")
        rows.append((site, name, "13.71.01.1011", written, "100.36", "", "", ""))
        for device in devices:
            number += 1
            rows.append(
                (site, "", "", "", "", f"{site}.{device}", "access_point", f"10.2.{number // 250}.{number % 250}")
            )
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    inventory = made(text.getvalue(), loaded)
    for site, (name, latitude, devices) in sites.items():
        found = inventory.sites[site]
        assert (found.name, found.location) == (" ".join(name.split()), (float(f"{latitude:.6f}"), 100.36))
        assert found.devices == tuple(f"{site}.{device}" for device in devices)


# -- the command, the document --------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, loaded: Loaded) -> Path:
    """Write the inventory."""
    for name, text in loaded.files.items():
        path = tmp_path / "inventory" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``netmon import`` on a table."""

    def command(table: str, *words: Any) -> tuple[int, str, str]:
        (folder / "t.csv").write_text(table)
        capsys.readouterr()
        code = main(["import", str(folder / "t.csv"), "--inventory", str(folder / "inventory"), *map(str, words)])
        return code, *capsys.readouterr()

    return command


def test_the_text_is_printed_or_written_to_a_new_file(run: Run, folder: Path) -> None:
    """`--out` makes a file, and never changes one."""
    code, out, err = run(FULL)
    assert (code, "1 sites, 1 uplinks, 4 devices" in err) == (0, True)
    target = folder / "inventory" / "sites" / "neu.yaml"
    assert run(FULL, "--out", target)[:2] == (0, "")
    assert target.read_text() == out
    code, _, err = run(FULL, "--out", target)
    assert (code, "is there already" in err, target.read_text() == out) == (2, True, True)
    assert main(["check", str(folder / "inventory"), "--no-secrets"]) == 0


def test_check_writes_nothing(run: Run, folder: Path) -> None:
    """It says whether the table stands."""
    code, out, _ = run(FULL, "--check", "--out", folder / "x.yaml")
    assert (code, out, (folder / "x.yaml").exists()) == (0, "1 sites, 1 uplinks, 4 devices: no mistakes\n", False)


def test_nothing_is_written_while_there_is_a_mistake(run: Run, folder: Path) -> None:
    """Exit 2, the mistakes on the error output."""
    code, out, err = run(FULL.replace("10.1.1.2", "10.1.1.1"), "--out", folder / "x.yaml")
    assert (code, out, (folder / "x.yaml").exists()) == (2, "", False)
    assert err.startswith("t.csv:4: address: 10.1.1.1 port 161 is rt-1 in t.csv:2 already")


def test_a_file_that_is_not_there(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is wrong input."""
    assert main(["import", str(folder / "none.csv"), "--inventory", str(folder / "inventory")]) == 2
    assert "none.csv: cannot be read" in capsys.readouterr().err


def test_the_example_of_the_documentation_stands() -> None:
    """It is imported into the example inventory's city without a mistake."""
    imported = import_table(EXAMPLE.read_bytes(), EXAMPLE.name, None)
    assert imported.sites
    assert imported.uplinks


def test_every_column_is_documented() -> None:
    """`docs/discovery.md` has a row for each."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [column for column in COLUMNS if f"| `{column}` |" not in text] == []
