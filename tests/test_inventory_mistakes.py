"""What each mistake in an inventory says, and that nothing but mistakes ever comes out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from inventories import BAD, GOOD, REGIONS, SECRETS, good_files, minimal, mistakes, site

from netmon.inventory import InventoryError, Loaded, load, load_files
from netmon.model import Secret


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir()))
def test_each_mistake_has_its_message(name: str, tmp_path: Path) -> None:
    """The files of `bad_inventory/NAME`, laid over the good inventory, are refused in exactly these words."""
    if name == "yaml_syntax" and not yaml.__with_libyaml__:
        pytest.skip("the words for broken YAML are libyaml's")
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    shutil.copytree(BAD / name, tmp_path, dirs_exist_ok=True)
    with pytest.raises(InventoryError) as caught:
        load(tmp_path, environ=SECRETS)
    assert f"{caught.value}\n" == (BAD / name / "expected.txt").read_text()


def test_what_is_missing_or_cannot_be_read(tmp_path: Path) -> None:
    """Files that are needed, files that are folders, and a folder that is none."""
    (tmp_path / "sites" / "a.yaml").mkdir(parents=True)
    with pytest.raises(InventoryError) as caught:
        load(tmp_path, environ={})
    assert [f"{each.file}: {each.what}" for each in caught.value.mistakes] == [
        "netmon.yaml: is missing",
        "regions.csv: is missing",
        "sites/a.yaml: cannot be read: Is a directory",
    ]
    with pytest.raises(InventoryError, match="is no folder"):
        load(tmp_path / "nowhere")


def test_a_file_that_cannot_be_read_makes_no_other_mistakes() -> None:
    """What a broken file would have named is not called unknown."""
    uplink = site("id: a, role: access_point, address: 10.0.0.2, behind: rt", "    uplink: up\n    owner: dispar\n")
    lines = mistakes(minimal(uplink) | {"sites/b.yaml": "uplinks: [", "netmon.yaml": "city: ["})
    assert [line.split(":")[0] for line in lines] == ["netmon.yaml", "sites/b.yaml"]


def test_warnings_are_no_mistakes(tmp_path: Path) -> None:
    """What is allowed and probably not meant is said, with file and line, and loads."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "b.yml").write_text("sites: []\n")
    (tmp_path / "netmon.yaml").write_text('city: {code: "13.71", zone: Asia/Jakarta}\n')
    (tmp_path / "regions.csv").write_text(REGIONS)
    (tmp_path / "secret").write_text("rahasia\n")
    (tmp_path / "credentials.yaml").write_text("city:\n  snmp: {community: {file: secret}}\n")
    (tmp_path / "sites" / "a.yaml").write_text(site("id: a, role: access_point, address: 10.0.0.2, reach: snmp"))
    (tmp_path / "maintenance.yaml").write_text(
        "maintenance:\n"
        "  - {id: w, scope: city, start: 2026-11-12T22:00, end: 2026-11-12T23:00, announced: 2026-11-13T22:00}\n"
    )
    loaded = load(tmp_path, environ={})
    assert [line.split(": ")[:2] for line in loaded.warnings] == [
        ["credentials.yaml:2", "city.snmp.community.file"],
        ["maintenance.yaml:2", "announced"],
        ["netmon.yaml:1", "witness"],
        ["sites/a.yaml:5", "credential"],
        ["sites/b.yml:1", "file"],
    ]
    assert loaded.inventory.credentials["city"].community == Secret("rahasia")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 5000], ids=["empty", "blank", "binary", "long"])
def test_a_secret_file_holds_a_secret(content: bytes, tmp_path: Path) -> None:
    """Empty, too long and no text: refused, and what it holds is not shown."""
    path = tmp_path / "pw"
    path.write_bytes(content)
    credentials = f"city: {{ssh: {{user: monitor, password: {{file: {path}}}}}}}\n"
    [line] = mistakes(minimal(credentials=credentials))
    assert line.startswith(f"credentials.yaml:1: city.ssh.password.file: {path} is ")
    assert "xxx" not in line


LITERAL = "s3cretw0rd"


@given(
    where=st.sampled_from(["community", "auth", "priv", "ssh", "networks", "version", "env", "top"]),
    written=st.sampled_from(
        [
            LITERAL,
            f'"{LITERAL}"',
            f"[{LITERAL}]",
            f"{{env: {LITERAL}}}",
            f"{{{LITERAL}: }}",
            f"*{LITERAL}",
            f"| \n    {LITERAL}",
        ]
    ),
)
@settings(max_examples=100, deadline=None)
def test_a_secret_written_into_the_file_is_never_repeated(where: str, written: str) -> None:
    """Wherever it was written, in whatever form: refused, and no message shows it."""
    forms = {
        "community": "city:\n snmp:\n  community: {}\n",
        "auth": "city:\n snmp:\n  version: 3\n  user: monitor\n  auth: {}\n",
        "priv": "city:\n snmp:\n  priv: {}\n",
        "ssh": "city:\n ssh:\n  user: monitor\n  password: {}\n",
        "networks": "city:\n networks: {}\n",
        "version": "city:\n snmp:\n  version: {}\n",
        "env": "city:\n snmp:\n  community:\n   env: {}\n",
        "top": "city: {}\n",
    }
    lines = mistakes(minimal(credentials=forms[where].format(written)))
    assert LITERAL not in "\n".join(lines)


def test_nobody_waits_for_suggestions() -> None:
    """An inventory whose uplinks were all renamed is refused in seconds, with every line of it."""
    devices = "".join(
        f"      - {{id: a{n}, role: access_point, address: 10.0.{n // 250}.{n % 250}, behind: x{n}}}\n"
        for n in range(3000)
    )
    text = 'sites:\n  - id: s\n    kelurahan: "13.71.01.1011"\n    devices:\n' + devices
    assert len(mistakes(minimal(text))) == 3000


def test_a_long_chain_is_no_circle() -> None:
    """Three thousand devices, each behind the one before it, load; the last one bound to the first is a circle."""

    def chain(first: str) -> dict[str, str]:
        lines = [
            f"      - {{id: d{n}, role: switch, address: 10.1.{n // 250}.{n % 250}, behind: d{n - 1}}}\n"
            for n in range(1, 3000)
        ]
        head = f"      - {{id: d0, role: switch, address: 10.0.0.1, behind: {first}}}\n"
        return minimal('sites:\n  - id: s\n    kelurahan: "13.71.01.1011"\n    devices:\n' + head + "".join(lines))

    assert load_files(chain("[]")).inventory.devices["d2999"].behind == ("d2998",)
    [line] = mistakes(chain("d2999"))
    assert line.startswith("sites/a.yaml:5: behind: goes in a circle: d0 → d2999 → d2998 → ")


FILES = good_files()
TEXT = st.text(st.sampled_from(" \n\t:-{}[],#&*!|>'\"%@`?~ab01.é\x00\ufeff\ud800"), max_size=4)


def refused_or_loaded(files: Mapping[str, str]) -> Loaded | InventoryError:
    """What loading gives; any other exception is the finding."""
    try:
        return load_files(files, environ=SECRETS)
    except InventoryError as error:
        return error


@st.composite
def spoilt(draw: Callable[..., Any]) -> dict[str, str]:
    """The good inventory with one file cut, overwritten or shuffled somewhere."""
    files = dict(FILES)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name]
        start = draw(st.integers(0, len(text)))
        end = draw(st.one_of(st.just(start), st.integers(start, min(len(text), start + 40)), st.just(len(text))))
        files[name] = text[:start] + draw(TEXT) + text[end:]
    return files


@given(spoilt())
@settings(max_examples=300, deadline=None)
def test_spoilt_files_are_refused_or_loaded_and_nothing_else(files: dict[str, str]) -> None:
    """Whatever is cut off or typed into a good inventory: it loads or says what is wrong, never another exception."""
    outcome = refused_or_loaded(files)
    if isinstance(outcome, Loaded):
        assert outcome.inventory.revision
    else:
        lines = str(outcome).split("\n")
        assert len(lines) == len(outcome.mistakes)
        assert all(line.count(":") >= 3 for line in lines)


JUNK = st.sampled_from(
    [None, "", " ", "~", "city", "x", [], [None], [[]], {}, {"": ""}, {"id": []}, -1, 0, 1.5, True, "0", "a" * 600]
)


@st.composite
def misshapen(draw: Callable[..., Any]) -> dict[str, str]:
    """The good inventory with junk in place of values, keys or whole parts."""
    name = draw(st.sampled_from(sorted(name for name in FILES if name.endswith(".yaml"))))
    data = yaml.load(FILES[name], Loader=yaml.BaseLoader)  # noqa: S506 -- gives text, lists and mappings only
    for _ in range(draw(st.integers(1, 3))):
        places = list(containers(data))
        inside = draw(st.sampled_from(places))
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            continue
        key = draw(st.sampled_from(keys))
        inside[key] = deepcopy(draw(JUNK))
        if isinstance(inside, dict) and draw(st.booleans()):
            inside[draw(st.sampled_from(["", "id", "behind", "reach", "controller", "scope", "<<"]))] = inside.pop(key)
    return FILES | {name: json.dumps(data)}


def containers(data: Any) -> Iterator[Any]:
    """The lists and mappings of plain data, itself first."""
    if isinstance(data, dict | list):
        yield data
        for each in data.values() if isinstance(data, dict) else data:
            yield from containers(each)


@given(misshapen())
@settings(max_examples=200, deadline=None)
def test_values_of_any_shape_are_refused_or_loaded(files: dict[str, str]) -> None:
    """A list for a word, a mapping for a list, nothing at all: no exception but ours."""
    outcome = refused_or_loaded(files)
    assert isinstance(outcome, Loaded) or outcome.mistakes


@given(st.dictionaries(st.sampled_from([*FILES, "profiles/p.yaml", "sites/x.yaml"]), st.text(max_size=60)))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_is_refused_or_loaded(files: dict[str, str]) -> None:
    """Files that hold anything: no exception but ours, and each message on one line."""
    outcome = refused_or_loaded(FILES | files)
    if isinstance(outcome, InventoryError):
        assert len(str(outcome).split("\n")) == len(outcome.mistakes)
