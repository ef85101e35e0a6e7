"""Service accounts on the command line: what is sent, and what is printed."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ACCOUNT = {
    "id": "sva_1",
    "name": "deployer",
    "state": "active",
    "role": "developer",
    "role_name": "Developer",
    "team_id": "team_1",
    "team_name": "payments",
    "owner_id": None,
    "owner_name": None,
    "tokens": 2,
    "created_at": "2026-11-01T00:00:00Z",
    "created_by": "local:operator",
}
A = "/service-accounts"


@pytest.fixture(autouse=True)
def known(console: ConsoleStandIn) -> None:
    page = {"next_cursor": None}
    console.answer("GET", A, {"items": [ACCOUNT], **page})
    console.answer("GET", "/roles/developer", {"id": "developer", "name": "Developer"})
    console.answer("GET", "/teams", {"items": [{"id": "team_1", "name": "payments"}], **page})
    console.answer("GET", "/users", {"items": [{"id": "user_1", "name": "ada"}], **page})


def test_one_is_made_for_a_team_with_who_answers_for_it(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", A, ACCOUNT, 201)
    options = ("--role", "developer", "--team", "payments", "--owner", "ada")
    assert "deployer" in run("service-account", "create", "deployer", *options).out
    sent = {"name": "deployer", "role": "developer", "team_id": "team_1", "owner_id": "user_1"}
    assert console.asked[-1].json == sent


def test_lists_and_one_are_shown(console: ConsoleStandIn, run: Run) -> None:
    assert "payments" in run("service-account", "list", "--ownerless").out
    assert console.asked[-1].query["ownerless"] == "true"
    assert run("service-account", "list", "--json").json == {"items": [ACCOUNT]}
    assert run("service-account", "show", "deployer", "--json").json == ACCOUNT


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        (("rename", "deployer", "releaser"), {"name": "releaser"}),
        (("role", "deployer", "developer"), {"role": "developer"}),
        (("owner", "deployer", "ada"), {"owner_id": "user_1"}),
    ],
)
def test_its_name_role_and_owner_are_changed(
    console: ConsoleStandIn, run: Run, act: tuple[str, ...], sent: dict[str, str]
) -> None:
    console.answer("PATCH", f"{A}/sva_1", ACCOUNT)
    assert run("service-account", *act).code == 0
    assert console.asked[-1].json == sent


def test_it_is_ended_and_comes_back(console: ConsoleStandIn, run: Run) -> None:
    ended = {"account": {**ACCOUNT, "state": "deactivated"}, "tokens": 2}
    console.answer("POST", f"{A}/sva_1/deactivate", ended)
    console.answer("DELETE", f"{A}/sva_1", ended)
    console.answer("POST", f"{A}/sva_1/reactivate", ACCOUNT)
    assert "is deactivated" in run("service-account", "deactivate", "deployer").out
    assert run("service-account", "remove", "deployer", "--json").json == ended
    assert run("service-account", "reactivate", "deployer").code == 0


def test_a_token_is_issued_to_one_with_scopes(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/tokens", {"id": "AAAAAAAAAAAA", "name": "t", "token": "tws_x", "expires_at": None}, 201)
    scopes = ("--scope", "tokens.read:team", "--scope", "usage.read:all")
    run("token", "issue", "--name", "t", "--account", "deployer", *scopes, "--json")
    sent = console.asked[-1].json
    assert sent["owner_id"] == "sva_1"
    assert sent["scopes"] == [
        {"permission": "tokens.read", "reach": "team"},
        {"permission": "usage.read", "reach": "all"},
    ]
    assert run("token", "issue", "--name", "t", "--account", "deployer", "--scope", "tokens").code == 2
