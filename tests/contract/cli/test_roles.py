"""`tollway role` against the console's own application: the whole way to the database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console import console_on
from tollway.cli import connect
from tollway.cli.in_process import InProcessAPI
from tollway.web.local import LocalApp


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every command of the test calls one application in this process, as it would call a running console."""
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield


def test_a_role_of_ones_own(run: Run) -> None:
    made = run("role", "create", "support", "--allow", "tokens.read:team", "--allow", "calls.read:all", "--json").json
    assert {(right["permission"], right["reach"]) for right in made["rights"]} == {
        ("tokens.read", "team"),
        ("calls.read", "all"),
        ("account.use", "own"),
    }
    assert "tokens.read:team" in run("role", "show", "support").out
    assert "support" in run("role", "list").out and "tokens.write" in run("role", "permissions").out
    run("user", "invite", "ada", "--role", "support")
    assert "1 person holds this role" in run("role", "remove", "support").err
    run("user", "remove", "ada")
    assert run("role", "remove", "support").code == 0


@pytest.mark.parametrize("right", ["tokens.read", ":team", "tokens.read-team"])
def test_a_right_is_written_with_its_reach(run: Run, right: str) -> None:
    assert run("role", "create", "x", "--allow", right).code == 2


def test_a_role_is_changed_in_what_is_named(run: Run) -> None:
    run("role", "create", "support", "--allow", "tokens.read:team", "--description", "answers the phone")
    renamed = run("role", "change", "support", "--name", "helpers", "--json").json
    assert (renamed["name"], renamed["description"], len(renamed["rights"])) == ("helpers", "answers the phone", 2)
    assert run("role", "change", "helpers", "--allow", "calls.read:all").out.endswith("permits 2 things\n")
    shown = run("role", "show", "helpers").out
    assert "calls.read:all" in shown and "tokens.read" not in shown
    refused = run("role", "change", "owner", "--name", "boss")
    assert refused.code == 1 and "built-in" in refused.err.lower()
