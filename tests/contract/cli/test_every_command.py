"""Every command of the program ends with the promised exit code, and with `--json` says why in JSON.

Generated from the tree of commands: a new one is in these tests by itself. 1 refused: the console knows of no such
thing; 2 usage; 3 unavailable: the data directory cannot be used, or the console has a fault.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from kit.command_line import Result
from kit.console_stand_in import ConsoleStandIn
from tollway.cli import app

OWN_WORK = {
    "serve": "it is the server",
    "doctor": "it looks at files itself, and finds out why the console does not answer",
    "restore": "it needs the server stopped",
    "security replay": "it looks at recorded calls itself",
    "scan": "it finds tokens in files, and asks the console only what they are",
}
"""Commands that end otherwise, and why; their own tests have their exit codes."""

SAID = {
    "apply": "apply -f file",
    "security set-rules": "security set-rules file",
}
"""What is said instead of a command's example, which names files that are not here."""


def leaves(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    below = getattr(node, "commands", None)
    if below is None:
        yield name, node
    for child, command in (below or {}).items():
        yield from leaves(command, f"{name} {child}".strip())


PROGRAM = get_command(app.build())
COMMANDS = dict(leaves(PROGRAM))
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Invoke]:
    """Run a command of the program, which is built once for all of these tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app, "build", lambda: PROGRAM)
    monkeypatch.setattr("tollway.cli.connect.WAIT_SECONDS", 0.0)
    (tmp_path / "file").write_text("{}\n")

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = app.run(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    with (tmp_path / "file").open() as nothing_said:
        monkeypatch.setattr("sys.stdin", nothing_said)
        yield call


def said(name: str) -> list[str]:
    """Return the example in a command's help: a command line that could be meant."""
    example = (COMMANDS[name].help or "").partition("Example: tollway ")[2]
    words = shlex.split(SAID.get(name) or example.partition(" > ")[0].partition(" | ")[0])
    assert words[: len(name.split())] == name.split(), f"the example of {name} is of another command"
    return words


def test_an_unknown_option_is_a_fault_of_usage(invoke: Invoke) -> None:
    wrong = []
    for name in COMMANDS:
        result = invoke(*name.split(), "--nonsense")
        if result.code != 2 or "--nonsense" not in result.err or result.out:
            wrong.append(f"{name}: {result}")
    assert not wrong, "\n".join(wrong)


def test_what_a_command_requires_and_does_not_get_is_a_fault_of_usage(invoke: Invoke) -> None:
    wrong = []
    for name, command in COMMANDS.items():
        if any(parameter.required for parameter in command.params):
            result = invoke(*name.split())
            if result.code != 2 or "Missing" not in result.err:
                wrong.append(f"{name}: {result}")
    assert not wrong, "\n".join(wrong)


def test_a_data_directory_that_cannot_be_used_is_unavailable(invoke: Invoke, tmp_path: Path) -> None:
    wrong = []
    for name in COMMANDS.keys() - OWN_WORK.keys():
        result = invoke(*said(name), "--data", str(tmp_path / "file" / "below"), "--json")
        if result.code != 3 or not is_json_error(result):
            wrong.append(f"{name}: {result}")
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("status", "code"), [(404, 1), (403, 1), (503, 3)])
def test_what_the_console_refuses_or_cannot_do_is_told_by_the_exit_code(
    invoke: Invoke, tmp_path: Path, status: int, code: int
) -> None:
    wrong = []
    with ConsoleStandIn(tmp_path / "d" / "run" / "console.sock") as console:
        console.otherwise = status
        for name in COMMANDS.keys() - OWN_WORK.keys():
            result = invoke(*said(name), "--data", str(tmp_path / "d"), "--json")
            if result.code != code or not is_json_error(result):
                wrong.append(f"{name}: {result}")
        assert len(console.asked) >= len(COMMANDS) - len(OWN_WORK)
    assert not wrong, "\n".join(sorted(wrong))


def is_json_error(result: Result) -> bool:
    """Whether a failure is one JSON object on standard error, and nothing on standard output."""
    try:
        problem = json.loads(result.err)["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(problem.get("title")) and not result.out


def test_usage_of_an_unknown_command_is_a_fault_of_usage(invoke: Invoke) -> None:
    for words in (("nonsense",), ("token", "nonsense")):
        assert invoke(*words).code == 2
