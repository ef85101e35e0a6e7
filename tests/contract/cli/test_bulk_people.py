"""`tollway bulk people` and `accounts` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

EVE, BOB, ACCOUNT = "user_0123456789abcdef", "user_0123456789abcdeg", "sva_0123456789abcdef"
TEAM = "team_0123456789abcdef"
FINE = {"id": EVE, "name": "eve", "outcome": "done", "code": None, "detail": None, "sessions": 1, "tokens": 2,
        "link": None}  # fmt: skip
BAD = {**FINE, "id": BOB, "name": "bob", "outcome": "refused", "code": "management.conflict", "detail": "Last owner.",
       "sessions": 0, "tokens": 0}  # fmt: skip
ANSWER = {"done": 1, "nothing_to_do": 0, "refused": 1, "items": [FINE, BAD], "undo": []}


def listed(console: ConsoleStandIn, kind: str, **named: str) -> None:
    items = [{"id": one, "name": name, "state": "active"} for name, one in named.items()]
    console.answer("GET", f"/{kind}", {"items": items, "next_cursor": None})


def test_who_matches_is_acted_on_and_who_it_is_refused_for_is_listed(console: ConsoleStandIn, run: Run) -> None:
    listed(console, "teams", interns=TEAM)
    listed(console, "users", eve=EVE, bob=BOB)
    console.answer("POST", "/users/acts", ANSWER)
    result = run("bulk", "people", "deactivate", "--in-team", "interns", "--state", "active")
    assert result.code == 1
    assert "1 sessions and 2 tokens ended" in result.out and "Last owner." in result.out
    assert "1 done, 0 nothing to do, 1 refused" in result.out
    assert console.asked[-1].json == {"kind": "deactivate", "role": None, "ids": [EVE, BOB]}
    assert console.asked[-2].query["team_id"] == TEAM and console.asked[-2].query["state"] == "active"


def test_a_role_is_taken_back_by_the_command_that_is_printed(console: ConsoleStandIn, run: Run) -> None:
    undo = [{"kind": "set_role", "role": "viewer", "ids": [EVE]}]
    console.answer("GET", "/roles/auditor", {"id": "auditor", "name": "Auditor"})
    console.answer("GET", f"/users/{EVE}", {"id": EVE, "name": "eve"})
    console.answer("POST", "/users/acts", {**ANSWER, "items": [FINE], "undo": undo})
    result = run("bulk", "people", "role", EVE, "--role", "auditor")
    assert (result.code, f"tollway bulk people role --role viewer {EVE}\n" in result.err) == (0, True)


def test_a_dry_run_asks_for_the_preview_and_its_json_is_whole(console: ConsoleStandIn, run: Run) -> None:
    listed(console, "users", **{f"user-{number}": f"user_{number:016}" for number in range(120)})
    console.answer("POST", "/users/acts/preview", {**ANSWER, "items": [FINE] * 40})
    shown = run("bulk", "people", "invite", "--all", "--dry-run", "--json").json
    assert (shown["done"], len(shown["items"])) == (120, 120)
    asked = [one for one in console.asked if one.path.endswith("/preview")]
    assert [len(one.json["ids"]) for one in asked] == [50, 50, 20]


def test_people_join_a_team_and_an_account_gets_an_owner(console: ConsoleStandIn, run: Run) -> None:
    listed(console, "teams", interns=TEAM)
    listed(console, "users", eve=EVE)
    listed(console, "service-accounts", ci=ACCOUNT)
    back = [{"kind": "leave", "ids": [EVE]}]
    console.answer("POST", f"/teams/{TEAM}/members/acts", {**ANSWER, "items": [FINE], "undo": back})
    assert (
        f"tollway bulk people leave --team {TEAM} {EVE}\n"
        in run("bulk", "people", "join", "eve", "--team", "interns").err
    )
    back = [{"kind": "set_owner", "role": None, "owner_id": BOB, "ids": [ACCOUNT]}]
    console.answer("POST", "/service-accounts/acts", {**ANSWER, "items": [FINE], "undo": back})
    result = run("bulk", "accounts", "owner", "ci", "--owner", "eve")
    assert console.asked[-1].json == {"kind": "set_owner", "role": None, "owner_id": EVE, "ids": [ACCOUNT]}
    assert f"tollway bulk accounts owner --owner {BOB} {ACCOUNT}\n" in result.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("people", "delete", "--all"), "not an act"),
        (("people", "role", "--all"), "needs --role"),
        (("people", "join", "--all"), "needs --team"),
        (("people", "deactivate"), "--all"),
        (("accounts", "owner", "--all"), "needs --owner"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_missing_is_said_before_anything_is_done(
    console: ConsoleStandIn, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    result = run("bulk", *arguments)
    assert (result.code, told in result.err) == (2, True), result.err
    assert not [one for one in console.asked if one.method == "POST"]
