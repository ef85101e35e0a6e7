"""References name a variable or a file, and never the gateway's own."""

from pathlib import Path

import pytest

from tollway.adapters.secrets.references import LocalReferences

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"


@pytest.fixture
def references(tmp_path: Path) -> LocalReferences:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "root.key").write_text("ab" * 32)
    variables = {"KEY": " sk-1 \n", "EMPTY": "", "TOLLWAY_DATABASE_URL": "postgresql://u:p@h/d", "TWO": "a\nb"}
    return LocalReferences(variables, tmp_path / "data")


def test_values_are_stripped(references: LocalReferences, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-2\n")
    assert references.resolve("env:KEY") == "sk-1"
    assert references.resolve(f"file:{tmp_path / 'key'}") == "sk-2"


@pytest.mark.parametrize(
    "reference", ["env:GONE", "env:EMPTY", "env:TWO", "env:TOLLWAY_DATABASE_URL", "file:/none", "x"]
)
def test_what_cannot_be_used_is_named_and_not_shown(references: LocalReferences, reference: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        references.resolve(reference)
    assert "postgresql" not in str(caught.value) and "a\nb" not in str(caught.value)


def test_files_of_the_data_directory_are_refused_however_they_are_named(
    references: LocalReferences, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "data" / "root.key")
    for path in (tmp_path / "data" / "root.key", tmp_path / "link", tmp_path / "x" / ".." / "data" / "root.key"):
        with pytest.raises(ValueError, match="data directory"):
            references.resolve(f"file:{path}")
        with pytest.raises(ValueError, match="data directory"):
            references.read_certificates(str(path))


def test_long_and_odd_files_are_refused(references: LocalReferences, tmp_path: Path) -> None:
    (tmp_path / "long").write_text("x" * 9_000)
    for path, message in (
        (tmp_path / "long", "longer than"),
        (tmp_path, "not a file"),
        (Path("/dev/zero"), "not a file"),
    ):
        with pytest.raises(ValueError, match=message):
            references.resolve(f"file:{path}")


def test_only_certificates_leave_a_ca_file(references: LocalReferences, tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----"
    (tmp_path / "ca.pem").write_text(f"about\n{PEM}\n{key}\n{PEM}\n")
    assert references.read_certificates(str(tmp_path / "ca.pem")) == f"{PEM}\n{PEM}\n"
    (tmp_path / "ca.pem").write_text(key)
    with pytest.raises(ValueError, match="no PEM certificate"):
        references.read_certificates(str(tmp_path / "ca.pem"))
