"""`tollway rights`, and what it says of a token, against a stand-in console."""

from typing import Any

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ID = "abcdefABCDEF"
SILENT: dict[str, Any] = {
    "scopes": None,
    "models": {"allow": None, "deny": []},
    "services": {"allow": None, "deny": []},
    "routes": {"allow": None, "deny": []},
    "networks": {"allow": None, "deny": [], "mode": "enforce"},
    "hours": {"zone": "UTC", "windows": None},
    "parameters": {"output_tokens_max": None, "no_tools": False, "no_images": False, "streaming_only": False},
}
FULL: dict[str, Any] = {
    "scopes": ["generate"],
    "models": {"allow": ["gpt-*"], "deny": ["gpt-4"]},
    "services": {"allow": [], "deny": []},
    "routes": {"allow": None, "deny": ["DELETE /**"]},
    "networks": {"allow": ["10.0.0.0/8"], "deny": [], "mode": "watch"},
    "hours": {"zone": "Europe/Berlin", "windows": [{"days": ["mon", "fri"], "start": "09:00", "end": "17:30"}]},
    "parameters": {"output_tokens_max": 100, "no_tools": True, "no_images": False, "streaming_only": True},
}


def owned(rights: dict[str, Any], level: str = "token") -> dict[str, Any]:
    """Return rights as the API shows them."""
    return {"level": level, "owner_id": ID, "rights": rights, "updated_at": None, "updated_by": None}


@pytest.fixture
def token(console: ConsoleStandIn) -> str:
    """The path of a token called ci."""
    console.answer("GET", f"/tokens/{ID}", {"id": ID, "name": "ci", "state": "active"})
    return f"/tokens/{ID}"


def test_show_says_every_part_in_a_line(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/rights", owned(FULL, "installation"))
    assert run("rights", "show", "installation").out.splitlines() == [
        "scopes: generate",
        "models allowed: gpt-*",
        "models denied: gpt-4",
        "services allowed: none",
        "routes denied: DELETE /**",
        "networks allowed (watched only): 10.0.0.0/8",
        "hours: mon,fri 09:00-17:30 (Europe/Berlin)",
        "requests: at most 100 output tokens, no tools, streaming only",
    ]


def test_show_says_when_a_level_says_nothing(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/rights", owned(SILENT, "installation"))
    assert run("rights", "show", "installation").out == "it says nothing: all is permitted\n"


def test_set_sends_the_parts_that_flags_name_and_keeps_the_rest(console: ConsoleStandIn, run: Run, token: str) -> None:
    console.answer("GET", f"{token}/rights", owned(FULL))
    console.answer("PATCH", f"{token}/rights", owned(FULL))
    result = run(
        *("rights", "set", "token", ID, "--deny-model", "o*", "--deny-model", "gpt-4", "--enforce"),
        *("--hours", "sat-mon", "--hours", "wed 22:00-06:00", "--no-images", "--clear", "routes"),
    )
    assert result.code == 0
    assert console.asked[-1].json == {
        "models": {"allow": ["gpt-*"], "deny": ["o*", "gpt-4"]},
        "networks": {"allow": ["10.0.0.0/8"], "deny": [], "mode": "enforce"},
        "hours": {
            "zone": "Europe/Berlin",
            "windows": [
                {"days": ["sat", "sun", "mon"], "start": "00:00", "end": "24:00"},
                {"days": ["wed"], "start": "22:00", "end": "06:00"},
            ],
        },
        "parameters": {"output_tokens_max": 100, "no_tools": True, "no_images": True, "streaming_only": True},
        "routes": None,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rights", "set", "everybody"), "installation, team"),
        (("rights", "set", "team"), "say which team"),
        (("rights", "set", "installation", "x"), "leave it out"),
        (("rights", "set", "installation", "--hours", "someday"), "names no day"),
        (("rights", "set", "installation", "--hours", "mon 9-5"), "mon-fri 09:00-17:30"),
        (("rights", "set", "installation", "--clear", "colours"), "no part of rights"),
    ],
    ids=["level", "owner", "installation", "day", "time", "clear"],
)
def test_what_cannot_be_meant_is_a_usage_error(
    console: ConsoleStandIn, run: Run, arguments: tuple[str, ...], words: str
) -> None:
    console.answer("GET", "/rights", owned(SILENT, "installation"))
    result = run(*arguments)
    assert result.code == 2
    assert words in " ".join(result.err.split())


def test_a_tokens_rights_name_their_sources(console: ConsoleStandIn, run: Run, token: str) -> None:
    sources = [
        {"level": "team", "owner_id": "team_1", "name": "shop", "rights": FULL},
        {"level": "lists", "owner_id": ID, "name": "ci", "rights": {**SILENT, "models": {"allow": ["a"], "deny": []}}},
    ]
    console.answer("GET", f"{token}/rights/effective", {"sources": sources})
    lines = run("token", "rights", ID).out.splitlines()
    assert lines[:2] == ["team shop:", "  scopes: generate"]
    assert lines[-2:] == ["its own plain lists:", "  models allowed: a"]


@pytest.mark.parametrize(("allowed", "code"), [(True, 0), (False, 1)])
def test_may_says_yes_or_no_and_why(console: ConsoleStandIn, run: Run, token: str, *, allowed: bool, code: int) -> None:
    verdict = {
        "allowed": allowed,
        "code": None if allowed else "token.model_denied",
        "reason": None if allowed else "`models.allow` in the rights of the token `ci`",
        "watched": None,
        "ways": [{"provider": "openai", "upstream_model": "gpt-4o", "reason": None}],
    }
    console.answer("GET", f"{token}/may", verdict)
    result = run("token", "may", ID, "--model", "gpt-4o", "--method", "get", "--address", "192.0.2.1", "--tools")
    assert result.code == code
    assert result.out.startswith("yes\n" if allowed else "no: `models.allow` in the rights of the token `ci` (token.")
    asked = console.asked[-1]
    assert asked.query == {"model": "gpt-4o", "method": "GET", "address": "192.0.2.1", "tools": "true"}


def test_would_block_counts_addresses_and_says_what_it_does_not_know(
    console: ConsoleStandIn, run: Run, token: str
) -> None:
    answer = {
        "calls_looked_at": 10,
        "calls_without_address": 1,
        "calls_blocked": 4,
        "addresses": [{"address": "192.0.2.1", "calls": 4, "rule": "allow", "last_at": "2026-11-27T01:00:00Z"}],
        "more_addresses": 2,
        "is_cut": True,
    }
    console.answer("GET", f"{token}/would-block", answer)
    result = run("token", "would-block", ID, "--networks", "10.0.0.0/8", "--networks", "::/0", "--days", "30")
    assert "4 of 10 calls would have been blocked" in result.out
    assert "192.0.2.1" in result.out
    assert "2 more addresses" in result.err and "1 calls have no address" in result.err and "older calls" in result.err
    assert (console.asked[-1].query["allow"], console.asked[-1].query["days"]) == ("10.0.0.0/8,::/0", "30")


def test_would_block_of_an_application_is_of_all_its_tokens(console: ConsoleStandIn, run: Run) -> None:
    app = {"id": "app_0123456789abcdef", "name": "shop"}
    answer = {
        "calls_looked_at": 3,
        "calls_without_address": 0,
        "calls_blocked": 0,
        "addresses": [],
        "more_addresses": 0,
        "is_cut": False,
    }
    console.answer("GET", "/applications", {"items": [app], "next_cursor": None})
    console.answer("GET", f"/applications/{app['id']}/would-block", answer)
    said = run("application", "would-block", "shop", "--deny", "192.0.2.0/24")
    assert said.out == "0 of 3 calls would have been blocked\n" and said.err == ""
    assert console.asked[-1].query == {"deny": "192.0.2.0/24", "days": "7"}


def test_what_is_said_in_lines_is_handed_on_whole_as_json(console: ConsoleStandIn, run: Run, token: str) -> None:
    verdict = {"allowed": True, "code": None, "reason": None, "watched": None, "ways": []}
    blocked = {"calls_looked_at": 3, "calls_blocked": 0}
    console.answer("GET", f"{token}/rights", owned(FULL))
    console.answer("PATCH", f"{token}/rights", owned(SILENT))
    console.answer("GET", f"{token}/rights/effective", {"sources": []})
    console.answer("GET", f"{token}/may", verdict)
    console.answer("GET", f"{token}/would-block", blocked)
    assert run("rights", "show", "token", ID, "--json").json == owned(FULL)
    assert run("rights", "set", "token", ID, "--clear", "models", "--json").json == owned(SILENT)
    assert run("token", "rights", ID, "--json").json == {"sources": []}
    assert run("token", "may", ID, "--json").json == verdict
    assert run("token", "would-block", ID, "--json").json == blocked


def test_set_says_what_has_become_of_the_rights(console: ConsoleStandIn, run: Run, token: str) -> None:
    console.answer("GET", f"{token}/rights", owned(FULL))
    console.answer("PATCH", f"{token}/rights", owned(SILENT))
    assert run("rights", "set", "token", ID, "--scope", "models", "--zone", "Asia/Tokyo").out.startswith(
        "it says nothing"
    )
    assert console.asked[-1].json == {
        "scopes": ["models"],
        "hours": {"zone": "Asia/Tokyo", "windows": FULL["hours"]["windows"]},
    }


def test_a_token_without_rights_may_do_all(console: ConsoleStandIn, run: Run, token: str) -> None:
    console.answer("GET", f"{token}/rights/effective", {"sources": []})
    assert run("token", "rights", ID).out == "no rights are set at any level: all is permitted\n"


def test_may_tells_what_networks_would_refuse_if_they_were_enforced(
    console: ConsoleStandIn, run: Run, token: str
) -> None:
    watched = "`networks.allow` in the rights of the token `ci`"
    console.answer(
        "GET", f"{token}/may", {"allowed": True, "code": None, "reason": None, "watched": watched, "ways": []}
    )
    said = run("token", "may", ID)
    assert said.code == 0 and said.out == f"yes\nbut it would be refused if networks were enforced: {watched}\n"
