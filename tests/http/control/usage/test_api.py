"""Usage and calls over HTTP."""

import csv
import io

from msgspec.structs import replace
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
    assert (asked.order, asked.largest) == ("calls", 0)
    browser.get("/api/v1/usage?by=token&interval=hour&order=cost&largest=6")
    asked = console.ledger.asked[-1]
    assert isinstance(asked, UsageQuery) and (asked.order, asked.largest) == ("cost", 6)


def test_what_cannot_be_asked_is_refused(browser: TestClient) -> None:
    for query in (
        "by=colour",
        "interval=week",
        "order=size",
        "largest=0",
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


def test_calls_are_found_by_the_rule_that_refused_them(browser: TestClient, console: Console) -> None:
    console.ledger.calls = [call(1), call(2, rule="`deny gpt-*` in the rights of the team `shop`")]
    (found,) = browser.get("/api/v1/calls", params={"rule": "deny gpt-*"}).json()["items"]
    assert (found["request_id"], found["rule"]) == ("req_2", "`deny gpt-*` in the rights of the team `shop`")
    assert browser.get("/api/v1/calls", params={"rule": ""}).status_code == 422


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


def test_one_call_shows_the_lines_that_its_cost_is_made_of(browser: TestClient, console: Console) -> None:
    sandbox = {"model": "sandbox-small", "provider_id": "prov_sandbox", "upstream_model": "sandbox-small"}
    usage = Usage(1_000, 10, cached_input_tokens=600)
    console.ledger.calls = [
        call(1, **sandbox, usage=usage, cost_nanos=111_000, price_source="sandbox"),
        call(2, **sandbox, usage=usage, cost_nanos=5, price_source="sandbox"),
        call(3, **sandbox, usage=Usage(1_000, web_searches=2), cost_nanos=None, price_source="sandbox"),
        call(4, cost_nanos=0),
    ]
    known, changed, partly, free = (browser.get(f"/api/v1/calls/req_{number}").json() for number in (1, 2, 3, 4))
    assert known["price_lines"] == [
        {"unit": "cached_input", "count": 600, "each_usd": "0.000000075", "sum_usd": "0.000045"},
        {"unit": "input", "count": 400, "each_usd": "0.00000015", "sum_usd": "0.00006"},
        {"unit": "output", "count": 10, "each_usd": "0.0000006", "sum_usd": "0.000006"},
    ]
    assert changed["price_lines"] is None, "its price was another one"
    assert [line["unit"] for line in partly["price_lines"]] == ["input"]
    assert (partly["unpriced_units"], partly["cost_usd"]) == (["web_search"], None)
    assert (free["price_lines"], free["unpriced_units"]) == ([], [])


def test_without_the_ledger_usage_is_unavailable_and_tokens_are_not(browser: TestClient, console: Console) -> None:
    console.ledger.is_away = True
    answer = browser.get("/api/v1/usage")
    assert (answer.status_code, answer.json()["code"]) == (503, "usage.unavailable")
    assert browser.get("/api/v1/tokens").status_code == 200


def test_savings_are_those_of_cached_prompts_in_the_time_asked_for(browser: TestClient, console: Console) -> None:
    price = {"input_usd_per_million": "2", "output_usd_per_million": "8", "cached_input_usd_per_million": "0.5"}
    offer = {"name": "house", "price": price}
    body = {"name": "rack", "kind": "openai-compatible", "base_url": "https://rack.example/v1", "models": [offer]}
    provider = browser.post("/api/v1/providers", json=body).json()
    console.ledger.rows = [
        replace(row("house"), keys=("house", provider["id"]), cached_input_tokens=1_000_000),
        replace(row("other"), keys=("other", provider["id"]), cached_input_tokens=7),
    ]
    assert browser.get("/api/v1/savings?since=2027-01-01T00:00:00Z&until=2027-01-02T00:00:00Z").json() == {
        "saved_usd": "1.50",
        "cached_input_tokens": 1_000_007,
        "unpriced_cached_input_tokens": 7,
    }
    asked = console.ledger.asked[-1]
    assert isinstance(asked, UsageQuery) and asked.by == ("model", "provider")
    assert asked.until_ns - asked.since_ns == 86_400 * NS
    assert browser.get("/api/v1/savings?since=2027-01-02T00:00:00Z&until=2027-01-01T00:00:00Z").status_code == 422
