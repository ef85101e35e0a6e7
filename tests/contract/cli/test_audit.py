"""`tollway audit` against the console's own application: listed, exported, checked, with an exit code."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import update

from kit.command_line import Run
from kit.console import Console, console_on
from tollway.adapters.storage.sessions_schema import audit
from tollway.cli import connect
from tollway.cli.in_process import InProcessAPI
from tollway.web.local import LocalApp


@pytest.fixture(autouse=True)
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """Every command of the test calls one application in this process, as it would call a running console."""
    with console_on(tmp_path, is_set_up=False) as console:
        app = LocalApp(console.app)
        monkeypatch.setattr(connect, "connect", lambda *_: InProcessAPI(app, ExitStack()))
        yield console


def test_what_was_done_and_refused_is_listed_and_exported(run: Run) -> None:
    run("team", "create", "red")
    run("team", "create", "red")
    listed = run("audit", "list", "--action", "team")
    assert "team.create" in listed.out and "operator" in listed.out and "red (team_" in listed.out
    assert "refused: management.conflict" in run("audit", "list", "--outcome", "refused").out
    assert run("audit", "list", "--search", "nothing").out == "nothing was recorded that matches\n"
    lines = [json.loads(line) for line in run("audit", "export", "--action", "team.create").out.splitlines()]
    assert [line["object_name"] for line in lines] == ["red"]
    assert run("audit", "list", "--since", "1h", "--json").code == 0


def test_what_was_done_to_a_token_and_with_it_is_listed_by_its_name_or_itself(run: Run, application: Console) -> None:
    issued = run("token", "issue", "--name", "ci", "--json").json
    run("token", "issue", "--name", "other")
    run("token", "disable", "ci")
    for reference in ("ci", issued["id"], issued["masked"], issued["token"]):
        found = run("audit", "list", "--token", reference, "--json").json["items"]
        assert [entry["action"] for entry in found] == ["token.disable", "token.issue"], reference
    assert len(run("audit", "list", "--search", issued["token"], "--json").json["items"]) == 2
    assert len(run("audit", "export", "--token", "ci").out.splitlines()) == 2
    assert run("audit", "list", "--token", "ci", "--search", "x").code == 2


def test_a_whole_log_prints_its_head_and_a_damaged_one_exits_with_1(
    run: Run, application: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("team", "create", "red")
    whole = run("audit", "verify")
    assert whole.code == 0 and whole.out.startswith("whole: 2 entries\n")
    head = whole.out.splitlines()[1]
    run("team", "create", "blue")
    with monkeypatch.context() as patch:
        patch.setattr("tollway.cli.audit.PART", 1)
        assert run("audit", "verify").out.startswith("whole: 3 entries\n")
    assert run("audit", "verify", "--since", head, "--json").json["is_whole"] is True
    assert run("audit", "verify", "--since", "x").code == 2
    with application.plane.database.write():
        application.plane.database.writing().execute(update(audit).where(audit.c.seq == 2).values(actor="user:nobody"))
    damaged = run("audit", "verify")
    assert damaged.code == 1
    monkeypatch.setattr("tollway.cli.audit.PART", 1)
    assert run("audit", "verify").out == damaged.out, "in parts it is the same log"
    assert damaged.out == "NOT WHOLE: entry 2 is not as it was written, or not in its place\n"
