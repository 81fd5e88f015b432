"""The web configuration file: the format of Prometheus's exporter-toolkit, and each mistake with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmon.inventory import InventoryError, load_web
from netmon.model import ClientAuth, Secret, Tls, WebConfiguration

BAD = Path(__file__).parent / "bad_web"
HASH = "$2y$10$" + "e" * 53
WHOLE = f"""\
tls_server_config:
  cert_file: server.pem
  key_file: keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.pem
  min_version: TLS13
  max_version: TLS13
  prefer_server_cipher_suites: true
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
basic_auth_users:
  prometheus: {HASH}
  "operator budi": {HASH.replace("$2y$10", "$2b$12")}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that configurations name."""
    (tmp_path / "keys").mkdir()
    for name in ("server.pem", "keys/server.key", "authority.pem"):
        (tmp_path / name).touch()
    return tmp_path


def test_the_whole_format(folder: Path) -> None:
    """Every key; files lie relative to the configuration; hashes do not show themselves."""
    (folder / "web.yml").write_text(WHOLE, encoding="utf-8")
    found = load_web(folder / "web.yml")
    assert found == WebConfiguration(
        Tls(
            folder / "server.pem",
            folder / "keys/server.key",
            ClientAuth.REQUIRED,
            folder / "authority.pem",
            "TLS13",
            "TLS13",
        ),
        {"prometheus": Secret(HASH), "operator budi": Secret(HASH.replace("$2y$10", "$2b$12"))},
        {"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "deny"},
    )
    assert "$2y$" not in repr(found)


@pytest.mark.parametrize("text", ["", "# nothing\n", "basic_auth_users:\n", "basic_auth_users: {}\n"])
def test_an_empty_file_guards_nothing(folder: Path, text: str) -> None:
    """As in the toolkit."""
    (folder / "web.yml").write_text(text, encoding="utf-8")
    assert load_web(folder / "web.yml") == WebConfiguration()


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir()))
def test_each_mistake_has_its_message(folder: Path, name: str) -> None:
    """`bad_web/NAME/web.yml` is refused in exactly these words, and never in those of what may be a password."""
    shutil.copy(BAD / name / "web.yml", folder)
    with pytest.raises(InventoryError) as caught:
        load_web(folder / "web.yml")
    found = f"{caught.value}\n".replace(f"{folder}/", "")
    assert found == (BAD / name / "expected.txt").read_text()
    assert "rahasia" not in found


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, no UTF-8."""
    (tmp_path / "binary.yml").write_bytes(b"\xff")
    for name, what in (("none.yml", "No such file"), ("", "Is a directory"), ("binary.yml", "is not UTF-8")):
        with pytest.raises(InventoryError, match=what):
            load_web(tmp_path / name)


@given(
    st.text(max_size=200) | st.sampled_from(WHOLE.splitlines()).flatmap(lambda line: st.just(WHOLE.replace(line, "")))
)
def test_any_text_is_a_configuration_or_has_mistakes(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Nothing else ever comes out."""
    path = tmp_path_factory.getbasetemp() / "web.yml"
    path.write_text(text.encode(errors="replace").decode(), encoding="utf-8")
    try:
        found: WebConfiguration | None = load_web(path)
    except InventoryError as error:
        found = WebConfiguration() if error.mistakes else None
    assert isinstance(found, WebConfiguration)
