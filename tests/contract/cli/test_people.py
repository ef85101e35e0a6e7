"""`tollway user` and `team members` against the console's own application: the whole way to the database."""

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


def test_a_person_from_invitation_to_removal(run: Run) -> None:
    assert run("team", "create", "payments").code == 0
    invited = run("user", "invite", "ada", "--role", "developer", "--team", "payments")
    assert invited.code == 0 and "/welcome?token=" in invited.out and "for ada, once, until" in invited.err
    listed = run("user", "list")
    assert all(word in listed.out for word in ("ada", "Developer", "invited", "payments"))
    assert "ada" in run("team", "members", "payments").out
    assert run("team", "leave", "payments", "ada").out == "ada is no longer in payments\n"
    assert run("team", "leave", "payments", "ada").code == 1
    assert run("team", "join", "payments", "ada", "--json").json["is_member"] is True
    assert run("user", "role", "ada", "Auditor").out.endswith("is Auditor\n")
    assert "/welcome?token=" in run("user", "link", "ada", "--json").json["link"]["url"]
    assert run("user", "sessions", "ada").out == "ada is signed in nowhere\n"
    assert run("user", "sign-out", "ada").out == "ada: 0 sessions ended\n"
    assert run("user", "sign-out", "ada", "--session", "sess_1").code == 1
    ended = run("user", "deactivate", "ada")
    assert "is deactivated" in ended.out and "0 sessions, 0 tokens" in ended.err
    assert run("user", "reactivate", "ada").out.endswith("is invited\n")
    assert run("user", "rename", "ada", "lovelace", "--json").json["name"] == "lovelace"
    assert run("user", "rename", "lovelace", "ada").code == 0
    assert run("user", "show", "ada", "--json").json["state"] == "invited"
    assert run("user", "remove", "ada", "--json").json["user"]["state"] == "deleted"
    assert run("user", "list").out == "nobody may sign in yet\n"
    assert "ada" in run("user", "list", "--state", "deleted").out
    assert run("user", "show", "ada").code == 1


def test_lost_second_factors_are_taken_away(run: Run) -> None:
    run("user", "invite", "ada", "--role", "owner")
    done = run("user", "reset-factors", "ada")
    assert done.code == 0 and "has no second factor" in done.out and "0 factors" in done.err
    assert run("user", "reset-factors", "ada", "--json").json["user"]["second_factors"] == []
    assert run("user", "reset-factors", "nobody").code == 1


def test_what_a_person_owns_goes_to_somebody_who_can_sign_in(run: Run) -> None:
    for name in ("ada", "eve"):
        run("user", "invite", name)
    refused = run("user", "hand-over", "ada", "--to", "eve")
    assert refused.code == 1 and "who can sign in" in refused.err


def test_a_persons_address_and_state_are_said_and_handed_on_as_json(run: Run) -> None:
    run("user", "invite", "ada")
    assert run("user", "email", "ada", "ada@example.com").out.endswith(": ada@example.com\n")
    assert run("user", "email", "ada", "none").out.endswith(": no address\n")
    assert run("user", "email", "ada", "ada@example.com", "--json").json["email"] == "ada@example.com"
    assert run("user", "role", "ada", "auditor", "--json").json["role_name"] == "Auditor"
    assert run("user", "sign-out", "ada", "--json").json["sessions"] == 0
    run("user", "deactivate", "ada")
    assert run("user", "reactivate", "ada", "--json").json["state"] == "invited"
