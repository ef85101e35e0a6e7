"""Settings that contradict each other or the files they name."""

from pathlib import Path

import pytest

from tollway.settings import fields
from tollway.settings.checks import find_faults


def faults(**values: object) -> dict[str, str]:
    return dict(find_faults(fields.build({key.replace("__", "."): value for key, value in values.items()})))


def key_file(folder: Path, mode: int) -> Path:
    path = folder / f"key-{mode:o}.pem"
    path.write_text("key")
    path.chmod(mode)
    return path


def test_defaults_have_no_faults() -> None:
    assert faults() == {}


def test_tls_needs_both_files(tmp_path: Path) -> None:
    path = key_file(tmp_path, 0o600)
    assert "needs gateway.tls_key too" in faults(gateway__tls_certificate=path)["gateway.tls_certificate"]
    assert "needs console.tls_certificate too" in faults(console__tls_key=path)["console.tls_key"]
    assert faults(gateway__tls_certificate=path, gateway__tls_key=path) == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_key_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, mode)
    assert "chmod 600" in faults(gateway__tls_certificate=path, gateway__tls_key=path)["gateway.tls_key"]


def test_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "none.pem"
    found = faults(gateway__tls_certificate=path, gateway__tls_key=path)
    assert found.keys() == {"gateway.tls_certificate", "gateway.tls_key"}
    assert str(path) in found["gateway.tls_key"]


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ({"gateway__listen": "nowhere"}, "gateway.listen", "not an address"),
        ({"gateway__listen": ":9", "console__listen": ":9"}, "console.listen", "same as gateway.listen"),
        ({"gateway__trusted_proxies": ("10.0.0.1/8",)}, "gateway.trusted_proxies", "not a CIDR"),
        ({"console__trusted_proxies": ("proxy.example",)}, "console.trusted_proxies", "not a CIDR"),
        ({"gateway__cors_origins": ("https://a/b",)}, "gateway.cors_origins", "not an origin"),
        ({"console__hosts": ("https://a",)}, "console.hosts", "not a host name"),
        ({"console__second_factor_roles": ("The Boss",)}, "console.second_factor_roles", "not a role's id"),
        ({"console__leak_report_keys_url": "http://a.example/keys"}, "console.leak_report_keys_url", "not an https"),
        ({"console__leak_report_keys": ("github=x",)}, "console.leak_report_keys", "not `name:key"),
        ({"gateway__public_url": "ftp://a"}, "gateway.public_url", "not an http"),
        ({"database__url": "mysql://me:secret@a"}, "database.url", "must start with postgresql://"),
        ({"limits__body_bytes_max": 600_000_000}, "limits.body_bytes_max", "more than limits.buffers_bytes_max"),
        ({"console__session_idle_seconds": 50_000}, "console.session_idle_seconds", "session_absolute_seconds"),
    ],
)
def test_contradictions_are_found(values: dict[str, object], key: str, words: str) -> None:
    assert words in faults(**values)[key]


def test_passwords_in_urls_are_not_repeated() -> None:
    assert "secret" not in str(faults(database__url="mysql://me:secret@a"))


def test_two_free_ports_are_two_ports() -> None:
    assert faults(gateway__listen=":0", console__listen=":0") == {}


def test_data_must_be_a_directory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "not a directory" in faults(data=file)["data"]
