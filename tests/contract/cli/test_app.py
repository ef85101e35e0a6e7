"""The program as a whole: every command is there, with help, --json and an example."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from tollway.__main__ import main
from tollway.cli import app


def commands() -> dict[str, typer.models.Any]:
    found = {}

    def walk(node: typer.models.Any, name: str) -> None:
        for child, below in getattr(node, "commands", {}).items():
            walk(below, f"{name} {child}".strip())
        if not hasattr(node, "commands"):
            found[name] = node

    walk(get_command(app.build()), "")
    return found


COMMANDS = commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_json_the_shared_options_and_an_example(name: str) -> None:
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--json", "--data", "--config"} <= options
    assert f"Example: tollway {name}" in command.help
    assert all(parameter.help or parameter.param_type_name == "argument" for parameter in command.params)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_printed_and_exits_with_0(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: tollway {name}".rstrip() in shown
    for option in ("--data", "--config", "--json") if name else ():
        assert option in shown, f"{name} shows no {option}"


def test_every_command_is_documented_and_every_documented_one_is_there(project_root: Path) -> None:
    pages = (project_root / "docs" / "cli.md").read_text()
    assert set(re.findall(r"^## `tollway ([a-z -]+)`$", pages, re.MULTILINE)) == COMMANDS.keys()


def test_the_whole_program_is_there() -> None:
    assert COMMANDS.keys() >= {
        *("serve", "apply", "export", "usage", "backup", "restore", "doctor", "setup-link"),
        *(f"token {verb}" for verb in ("issue", "list", "show", "rename", "revoke", "disable", "enable")),
        *(f"application {verb}" for verb in ("list", "create", "show", "disable", "enable")),
        *(f"provider {verb}" for verb in ("list", "add", "test", "remove")),
        *("team list", "team create", "service list", "service add", "service remove", "model list", "model unpriced"),
    }
