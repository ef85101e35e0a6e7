"""Usage and calls over HTTP."""

import csv
import io

from starlette.testclient import TestClient

from kit.console import Console
from tollway.contract.ledger_api import CallsQuery, UsageQuery, UsageRow
from tollway.contract.records import Attempt, Charge, CloseRecord
from tollway.contract.usage import Usage

NS = 10**9


def row(key: str) -> UsageRow:
    return UsageRow((key,), None, 10, 1, 2, 3, 100, 50, 5, 250_000_000, 4, 1, 1500, 2500, 3500, 900, 990, 40, 60, 2)


def call(number: int, **fields: object) -> CloseRecord:
    return CloseRecord(
        f"req_{number}", number * NS, 5_000, 200, "ok", "chat", method="POST", route="/v1/chat/completions", **fields
    )  # type: ignore[arg-type]  # given by name


def test_sums_have_names_and_exact_money(browser: TestClient, console: Console) -> None:
    token = browser.post("/api/v1/tokens", json={"name": "=ci"}).json()
    console.ledger.rows = [row(token["id"]), row("gone")]
    items = browser.get("/api/v1/usage?by=token").json()["items"]
    assert items[0]["labels"] == {"token": "=ci"}
    assert items[1]["labels"] == {"token": "gone"}
    assert (items[0]["cost_usd"], items[0]["duration_p95_ms"], items[0]["limited"]) == ("0.25", 2.5, 2)


def test_csv_has_the_same_sums_and_no_formula(browser: TestClient, console: Console) -> None:
    token = browser.post("/api/v1/tokens", json={"name": "=ci"}).json()
    console.ledger.rows = [row(token["id"])]
    answer = browser.get("/api/v1/usage.csv?by=token")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["token"], line["token_name"], line["cost_usd"]) == (token["id"], "'=ci", "0.25")
    assert answer.headers["content-type"].startswith("text/csv")


def test_the_question_reaches_the_ledger_as_asked(browser: TestClient, console: Console) -> None:
    browser.get(
        "/api/v1/usage?by=model,token&interval=hour&since=2027-01-01T00:00:00Z&until=2027-01-02T00:00:00Z&model=m&limit=7"
    )
    asked = console.ledger.asked[-1]
    assert isinstance(asked, UsageQuery)
    assert (asked.by, asked.interval, asked.filters, asked.limit) == (("model", "token"), "hour", {"model": "m"}, 7)
    assert asked.until_ns - asked.since_ns == 86_400 * NS


def test_what_cannot_be_asked_is_refused(browser: TestClient) -> None:
    for query in (
        "by=colour",
        "interval=week",
        "since=yesterday",
        "since=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z",
        "colour=1",
        "limit=0",
    ):
        assert browser.get(f"/api/v1/usage?{query}").status_code == 422, query


def test_calls_are_paged_newest_first(browser: TestClient, console: Console) -> None:
    console.ledger.calls = [call(number) for number in range(1, 6)]
    first = browser.get("/api/v1/calls?limit=2").json()
    console.ledger.calls.append(call(9))
    second = browser.get("/api/v1/calls", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["request_id"] for one in first["items"] + second["items"]] == ["req_5", "req_4", "req_3", "req_2"]
    assert browser.get("/api/v1/calls", params={"model": "x", "cursor": first["next_cursor"]}).status_code == 422
    assert isinstance(console.ledger.asked[-1], CallsQuery)


def test_one_call_shows_everything_with_names(browser: TestClient, console: Console) -> None:
    token = browser.post("/api/v1/tokens", json={"name": "ci"}).json()
    console.ledger.calls = [
        call(
            1,
            token_id=token["id"],
            cost_nanos=None,
            stages_us=(1, 2, 3, 4, 5, 6),
            usage=Usage(input_tokens=3),
            charges=(Charge("o", "b", 0, 5),),
            attempts=(Attempt("p", "m", "k", 1, 2, 200, ""),),
        )
    ]
    shown = browser.get("/api/v1/calls/req_1").json()
    assert shown["token_name"] == "ci"
    assert shown["cost_usd"] is None
    assert shown["stages_us"]["upstream"] == 5
    assert shown["charges"][0]["amount_usd"] == "0.000000005"
    assert browser.get("/api/v1/calls/req_none").status_code == 404


def test_without_the_ledger_usage_is_unavailable_and_tokens_are_not(browser: TestClient, console: Console) -> None:
    console.ledger.is_away = True
    answer = browser.get("/api/v1/usage")
    assert (answer.status_code, answer.json()["code"]) == (503, "usage.unavailable")
    assert browser.get("/api/v1/tokens").status_code == 200
