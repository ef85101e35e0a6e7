"""`tollway key` against the console's own application: shown, changed to the end, retired."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console import Console, console_on
from kit.control import ACTOR
from tollway.cli import connect, keys
from tollway.cli.in_process import InProcessAPI
from tollway.control.tokens.model import NewToken
from tollway.web.local import LocalApp


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """Every command of the test calls one application in this process, as it would call a running console."""
    monkeypatch.setattr(keys, "TELL_SECONDS", 0.0)
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield console


def test_a_change_runs_to_its_end_and_says_what_to_do_next(run: Run) -> None:
    assert "one root key" in run("key", "show").err
    done = run("key", "rotate")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["2", "1"]
    assert "root.key to its safe place" in done.err and "tollway key retire" in done.err
    assert run("key", "show", "--json").json["step"] == "in_use"
    retired = run("key", "retire")
    assert retired.code == 0 and len(retired.out.splitlines()) == 3
    again = run("key", "retire")
    assert again.code == 1 and "the only one" in again.err


def test_what_still_hangs_on_the_old_key_is_named(run: Run, application: Console) -> None:
    application.plane.tokens.issue(NewToken("ci"), ACTOR)
    assert run("key", "rotate", "--json").json["keys"][1]["tokens"] == {"count": 1, "names": ["ci"]}
    refused = run("key", "retire")
    assert refused.code == 1 and "1 × token of generation 1 (ci)" in refused.err
