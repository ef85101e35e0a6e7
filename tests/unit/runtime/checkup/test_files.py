"""What doctor says about the data directory."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tollway.runtime.checkup import files
from tollway.runtime.checkup.files import check_files

KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "root.key").write_text(KEY + "\n")
    (data / "root.key").chmod(0o600)
    return data


def severities(data: Path) -> dict[str, str]:
    return {finding.check: finding.severity for finding in check_files(data)}


def test_sound_directory(data: Path) -> None:
    found = severities(data)
    assert (found["data directory"], found["root key"]) == ("ok", "ok")


def test_directory_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    assert severities(tmp_path / "none") == {"data directory": "info"}


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_directory_open_to_others_is_serious(data: Path, mode: int) -> None:
    data.chmod(mode)
    assert severities(data)["data directory"] == "high"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_key_that_others_can_read_is_serious(data: Path, mode: int) -> None:
    (data / "root.key").chmod(mode)
    assert severities(data)["root key"] == "high"


@pytest.mark.parametrize("content", [b"", b"short", b"zz" * 32, b"\xff\xfe"])
def test_key_that_is_no_key_is_serious(data: Path, content: bytes) -> None:
    (data / "root.key").write_bytes(content)
    assert severities(data)["root key"] == "high"


def test_key_that_is_not_there_yet_is_no_fault(data: Path) -> None:
    (data / "root.key").unlink()
    assert severities(data)["root key"] == "info"


@pytest.mark.parametrize(
    ("free_bytes", "inodes", "severity"),
    [
        (10 * 2**30, 10**6, "ok"),
        (500 * 2**20, 10**6, "warning"),
        (50 * 2**20, 10**6, "high"),
        (10 * 2**30, 5, "warning"),
    ],
)
def test_room(data: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, inodes: int, severity: str) -> None:
    found = SimpleNamespace(f_bavail=free_bytes // 4096, f_frsize=4096, f_files=10**7, f_favail=inodes)
    monkeypatch.setattr(files.os, "statvfs", lambda _: found)
    assert severities(data)["disk space"] == severity


def test_findings_never_hold_the_key(data: Path) -> None:
    (data / "root.key").write_text(KEY + "ff")
    assert all(KEY not in finding.detail + finding.fix for finding in check_files(data))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_directory_that_cannot_be_written_is_serious(data: Path) -> None:
    data.chmod(0o500)
    assert severities(data)["data directory"] == "high"


def test_keys_that_are_accepted_beside_the_one_in_use_are_told_of(data: Path) -> None:
    (data / "root.key").write_text(f"2 {KEY}\n1 {KEY[::-1]}\n")
    (finding,) = [one for one in check_files(data) if one.check == "root key"]
    assert finding.severity == "info" and "generation 2 is in use" in finding.detail
    assert "tollway key retire" in finding.fix
