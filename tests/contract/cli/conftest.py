"""A data directory with a stand-in console, and a way to run a command against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.command_line import Result, Run
from kit.console_stand_in import ConsoleStandIn
from tollway.__main__ import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "d"


@pytest.fixture
def console(data: Path) -> Iterator[ConsoleStandIn]:
    with ConsoleStandIn(data / "run" / "console.sock") as stand_in:
        yield stand_in


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the data directory, in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = main([*arguments, "--data", str(data)])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call
