"""`tollway usage` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ANSWER = {
    "items": [
        {
            "keys": {"token": "abc", "model": "gpt-4o"},
            "labels": {"token": "ci"},
            "start": "2026-11-24T02:00:00Z",
            "calls": 12,
            "refused": 1,
            "client_errors": 0,
            "server_errors": 0,
            "input_tokens": 10,
            "output_tokens": 20,
            "cost_usd": "0.000123456",
            "unpriced_calls": 0,
            "duration_p50_ms": 1.5,
            "duration_p95_ms": 3.0,
        }
    ],
    "resolution": "hour",
    "is_cut": True,
}


def test_query_is_sent_as_given(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/usage", ANSWER)
    result = run(
        *("usage", "--by", "token,model", "--since", "2026-11-01", "--until", "2026-11-02", "--interval", "hour"),
        *("--where", "provider=prov_1", "--order", "cost", "--limit", "5", "--json"),
    )
    assert result.json == ANSWER
    assert console.asked[-1].query == {
        "by": "token,model",
        "since": "2026-11-01T00:00:00Z",
        "until": "2026-11-02T00:00:00Z",
        "interval": "hour",
        "provider": "prov_1",
        "order": "cost",
        "limit": "5",
    }


def test_table_shows_names_where_known_ids_where_not_and_exact_money(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/usage", ANSWER)
    result = run("usage", "--by", "token,model")
    assert "ci" in result.out
    assert "gpt-4o" in result.out
    assert "0.000123456" in result.out
    assert "more rows" in result.err


def test_json_format_and_json_flag_are_the_same(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/usage", ANSWER)
    assert run("usage", "--format", "json").out == run("usage", "--json").out


def test_csv_is_passed_on_as_the_server_wrote_it(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/usage.csv", b"token,calls\nci,12\n", media="text/csv")
    assert run("usage", "--by", "token", "--format", "csv").out == "token,calls\nci,12\n"


def test_no_calls_says_so(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/usage", {"items": [], "resolution": "minute", "is_cut": False})
    assert run("usage").out == "no calls in this time\n"


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--by", "colour"], "--by"),
        (["--since", "soon"], "--since"),
        (["--until", "soon"], "--until"),
        (["--where", "token"], "--where"),
        (["--where", "colour=red"], "--where"),
        (["--interval", "week"], "--interval"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_wrong_flags_are_usage_errors_that_name_the_flag(run: Run, flags: list[str], named: str) -> None:
    result = run("usage", *flags)
    assert result.code == 2
    assert named in result.err
