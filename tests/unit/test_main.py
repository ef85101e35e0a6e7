"""The program starts fast and hands child processes to the runtime."""

import sys
from types import ModuleType

import pytest

from tollway import __main__, __version__


def test_version_is_printed_without_loading_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out == f"tollway {__version__}\n"


@pytest.mark.parametrize("command", __main__.PROCESSES)
def test_child_processes_start_in_their_module(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    module = ModuleType(__main__.PROCESSES[command])
    module.main = lambda arguments: seen.append(arguments) or 7  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, __main__.PROCESSES[command], module)
    assert __main__.main([command, "3"]) == 7
    assert seen == [["3"]]


def test_arguments_come_from_the_command_line_by_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tollway", "-V"])
    assert __main__.main() == 0
    assert "tollway" in capsys.readouterr().out


def test_unknown_commands_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["srve"]) == 2
    assert "serve" in capsys.readouterr().err
