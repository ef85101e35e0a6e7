"""`tollway call` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

CALL = {
    "request_id": "req_1",
    "started_at": "2026-11-24T02:00:00Z",
    "status": 200,
    "outcome": "ok",
    "model": "gpt-4o",
    "service_name": None,
    "route": "/v1/chat/completions",
    "token_name": "ci",
    "usage": {"input_tokens": 5, "output_tokens": 16},
    "cost_usd": "0.00001",
}
WEATHER = {**CALL, "request_id": "req_2", "model": "", "service_name": "weather", "usage": None}


def test_calls_are_listed_by_page_up_to_the_limit(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/calls", {"items": [CALL], "next_cursor": "c"})
    console.answer("GET", "/calls", {"items": [WEATHER, CALL], "next_cursor": None})
    listed = run("call", "list", "--since", "2026-11-01", "--until", "2026-11-30", "--where", "token=t", "--limit", "2")
    assert all(word in listed.out for word in ("gpt-4o", "5 / 16", "weather", "req_2"))
    assert listed.out.count("req_1") == 1
    asked = console.asked[0].query
    assert (asked["since"], asked["until"]) == ("2026-11-01T00:00:00Z", "2026-11-30T00:00:00Z")
    assert asked["token"] == "t" and console.asked[1].query["cursor"] == "c"


def test_a_list_as_json_is_what_the_console_said(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/calls", {"items": [CALL], "next_cursor": None})
    console.answer("GET", "/calls", {"items": [], "next_cursor": None})
    assert run("call", "list", "--json").json == {"items": [CALL]}
    assert run("call", "list").out == "no calls in this time\n"


@pytest.mark.parametrize("flag", [("--since", "soon"), ("--where", "colour=red")])
def test_wrong_flags_are_usage_errors_that_name_the_flag(run: Run, flag: tuple[str, str]) -> None:
    refused = run("call", "list", *flag)
    assert refused.code == 2 and flag[0] in refused.err


def test_one_call_is_shown(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/calls/req_1", CALL)
    assert "gpt-4o" in run("call", "show", "req_1").out
    assert run("call", "show", "req_9").code == 1
