"""One process at a time works on a data directory."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tollway.runtime.data_lock import LOCK_FILE, DataInUseError, hold


def test_directories_are_made_private(tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    with hold(data, "a test"):
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / LOCK_FILE).stat().st_mode) == 0o600


def test_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    with hold(tmp_path, "tollway serve"):
        with pytest.raises(DataInUseError, match="tollway serve") as caught, hold(tmp_path, "another"):
            pass
        assert str(os.getpid()) in caught.value.holder
    with hold(tmp_path, "another"):
        assert (tmp_path / LOCK_FILE).read_text().startswith("another")


def test_lock_falls_when_its_holder_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, os, signal\n"
        "from tollway.runtime.data_lock import hold\n"
        f"with hold(pathlib.Path({str(tmp_path)!r}), 'doomed'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -9
    with hold(tmp_path, "another") as was_killed:
        assert was_killed
    with hold(tmp_path, "a third") as was_killed:
        assert not was_killed


def test_directory_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), hold(tmp_path / "file" / "below", "a test"):
        pass
