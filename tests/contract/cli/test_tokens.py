"""`tollway token` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ID = "abcdefABCDEF"
TOKEN = {  # As the API writes it, shortened.
    "id": ID,
    "masked": f"tws_{ID}…",
    "name": "ci",
    "state": "active",
    "application_name": None,
    "limits": {"requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}], "concurrency": None, "budgets": []},
    "expires_at": "2027-02-22T02:00:00Z",
    "last_used_at": None,
}
NO_METERS = {"requests": [], "concurrency": None, "budgets": []}


def test_issue_sends_every_flag_and_prints_the_whole_answer(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/applications", {"items": [{"id": "app_1", "name": "shop"}], "next_cursor": None})
    console.answer("POST", "/tokens", {**TOKEN, "token": "tws_secret"}, 201)
    result = run(
        *("token", "issue", "--name", "ci", "--model", "a", "--model", "b", "--service", "w", "--application", "shop"),
        *("--expires", "2027-02-22", "--rpm", "60", "--concurrency", "2", "--budget", "5/month", "--json"),
    )
    assert result.code == 0
    assert result.json["id"] == ID
    assert result.json["token"] == "tws_secret"
    assert console.asked[-1].json == {
        "name": "ci",
        "application_id": "app_1",
        "models": ["a", "b"],
        "services": ["w"],
        "expires_at": "2027-02-22T00:00:00Z",
        "limits": {
            "requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}],
            "concurrency": {"calls": 2},
            "budgets": [{"name": "month", "limit_usd": "5.00", "period": "month"}],
        },
    }


def test_issue_leaves_defaults_to_the_server_and_never_is_null(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/tokens", {**TOKEN, "token": "tws_secret"}, 201)
    assert run("token", "issue", "--name", "ci").code == 0
    assert console.asked[-1].json == {"name": "ci", "limits": {}}
    run("token", "issue", "--name", "ci", "--expires", "never")
    assert console.asked[-1].json["expires_at"] is None


def test_issue_prints_the_secret_alone_on_standard_output(console: ConsoleStandIn, run: Run) -> None:
    """So that `TOKEN=$(tollway token issue --name ci)` works."""
    console.answer("POST", "/tokens", {**TOKEN, "token": "tws_secret"}, 201)
    result = run("token", "issue", "--name", "ci")
    assert result.out == "tws_secret\n"
    assert "only time" in result.err


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--expires", "soon"], "--expires"),
        (["--budget", "five"], "--budget"),
        (["--rpm", "0"], "--rpm"),
        (["--rpm", "x"], "--rpm"),
        (["--nothing"], "--nothing"),
    ],
)
def test_wrong_flags_are_usage_errors_that_name_the_flag(run: Run, flags: list[str], named: str) -> None:
    result = run("token", "issue", "--name", "ci", *flags)
    assert result.code == 2
    assert named in result.err


def test_list_follows_every_page(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/tokens", {"items": [TOKEN], "next_cursor": "next"})
    console.answer("GET", "/tokens", {"items": [{**TOKEN, "id": "2"}], "next_cursor": None})
    result = run("token", "list", "--state", "active", "--json")
    assert [item["id"] for item in result.json["items"]] == [ID, "2"]
    assert console.asked[0].query["state"] == "active"
    assert console.asked[1].query["cursor"] == "next"


def test_list_is_a_table_for_people(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/tokens", {"items": [TOKEN], "next_cursor": None})
    result = run("token", "list")
    assert "60/60s" in result.out
    assert ID in result.out


@pytest.mark.parametrize("action", ["disable", "enable"])
def test_switching_sends_no_body(console: ConsoleStandIn, run: Run, action: str) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    console.answer("POST", f"/tokens/{ID}/{action}", TOKEN)
    assert run("token", action, ID, "--json").json["id"] == ID
    assert console.asked[-1].body == b""


def test_rename_changes_the_name_only(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    console.answer("PATCH", f"/tokens/{ID}", {**TOKEN, "name": "nightly"})
    assert run("token", "rename", ID, "nightly", "--json").json["name"] == "nightly"
    assert console.asked[-1].json == {"name": "nightly"}


def test_a_token_is_changed_in_what_is_named(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    console.answer("PATCH", f"/tokens/{ID}", TOKEN)
    console.answer("GET", "/applications", {"items": [{"id": "app_1", "name": "shop"}], "next_cursor": None})
    run("token", "change", ID, "--model", "a", "--model", "b", "--service", "all", "--application", "shop")
    assert console.asked[-1].json == {"models": ["a", "b"], "services": None, "application_id": "app_1"}
    run("token", "change", ID, "--expires", "never", "--scope", "tokens.read:team")
    rights = [{"permission": "tokens.read", "reach": "team"}]
    assert console.asked[-1].json == {"expires_at": None, "scopes": rights}
    assert run("token", "change", ID, "--expires", "soon").code == 2


def test_show_says_what_is_left(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    rpm = {
        "name": "rpm", "measure": "requests", "unit": "calls", "allowed": "60", "used": "7", "reserved": "0",
        "window_seconds": 60, "period": None, "models": [], "soft": False, "resets_at": None,
    }  # fmt: skip
    meters = {"every": [rpm, {**rpm, "name": "60s", "measure": "input_tokens", "unit": "tokens", "allowed": "5000"}]}
    console.answer("GET", f"/tokens/{ID}/meters", meters)
    out = run("token", "show", ID).out
    assert "rpm: 7 of 60 calls in 60 s" in out
    assert "60s: 7 of 5000 tokens in 60 s" in out


def test_show_works_before_there_are_meters(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/tokens/{ID}", TOKEN)
    console.refuse("GET", f"/tokens/{ID}/meters", 503, "gateway.meters_unavailable", "No worker has run yet.")
    result = run("token", "show", ID)
    assert (result.code, "not known" in result.err) == (0, True)
    assert run("token", "show", ID, "--json").json == {**TOKEN, "meters": None}
