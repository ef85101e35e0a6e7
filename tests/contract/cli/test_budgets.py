"""`tollway limit` and `tollway budget` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

TEAM = {"id": "team_0123456789abcdef", "name": "payments"}
TOP_UP = {"id": "top_0123456789abcdef", "amount_usd": "2.00", "amount": None, "ends_at": "2027-01-01T00:00:00Z"}
BUDGET = {"id": "bud_1", "name": "month", "limit_usd": "5.00", "limit_tokens": None, "period": "month",
          "top_ups": [TOP_UP]}  # fmt: skip
TOKENS = {"id": "lim_1", "name": "60s", "measure": "total_tokens", "amount": 10, "amount_usd": None, "top_ups": [],
          "window_seconds": 60, "period": None}  # fmt: skip
LIMITS = {"requests": [], "concurrency": None, "budgets": [BUDGET], "limits": [TOKENS]}
OWNED = {"level": "team", "owner_id": TEAM["id"], "owner_name": "payments", "limits": LIMITS}
MONTH = {"name": "month", "measure": "cost", "unit": "usd", "allowed": "7.00", "used": "1.00", "reserved": "0.25",
         "window_seconds": 0, "period": "month", "resets_at": "2026-12-01T00:00:00Z", "models": [],
         "soft": False}  # fmt: skip
SLOTS = {**MONTH, "name": "concurrency", "measure": "concurrency", "unit": "calls", "allowed": "3", "used": "1",
         "reserved": "0", "period": None}  # fmt: skip
SHARE = {**MONTH, "name": "60s", "measure": "total_tokens", "unit": "tokens", "allowed": "10", "used": "4",
         "reserved": "0", "window_seconds": 60, "models": ["gpt-*"], "soft": True}  # fmt: skip
ONCE = {**MONTH, "name": "total", "period": "total", "reserved": "0.00", "resets_at": None}
METERS = {"every": [MONTH, SLOTS, SHARE, ONCE]}
PATH = f"/limits/team/{TEAM['id']}"


@pytest.fixture
def team(console: ConsoleStandIn) -> ConsoleStandIn:
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    console.answer("GET", PATH, OWNED)
    console.answer("GET", f"{PATH}/meters", METERS)
    console.answer("PUT", PATH, OWNED)
    console.answer("POST", f"{PATH}/top-ups", OWNED, 201)
    return console


def test_owner_is_shown_with_what_is_used(team: ConsoleStandIn, run: Run) -> None:
    shown = run("limit", "show", "team:payments").out
    assert "month: 1.00 and 0.25 held of 7.00 USD, all there again at 2026-12-01T00:00:00Z" in shown
    assert "concurrency: 1 of 3 calls at once" in shown
    assert "60s for gpt-*: 4 of 10 tokens in 60 s (soft)" in shown
    assert "total: 1.00 of 7.00 USD in all" in shown
    assert "top-up top_0123456789abcdef of month: 2.00 more until 2027-01-01T00:00:00Z" in shown
    assert run("limit", "show", "team:payments", "--json").json == {**OWNED, "meters": METERS}
    team.answer("GET", "/limits", {"items": [OWNED]})
    assert "payments" in run("limit", "list").out


def test_limits_are_set_and_cleared(team: ConsoleStandIn, run: Run) -> None:
    assert "payments: 5.00 USD/month, 10 total tokens/60s" in run("limit", "set", "team:payments", "--rpm", "6").out
    assert team.asked[-1].json == {"requests": [{"name": "rpm", "requests": 6, "window_seconds": 60}]}
    assert run("limit", "set", "team:payments").code == 2
    assert run("limit", "clear", "team:payments").code == 0
    assert team.asked[-1].json == {}


def test_a_budget_that_does_not_go_on_from_another_is_told_of(console: ConsoleStandIn, run: Run) -> None:
    after = {**OWNED, "limits": {**LIMITS, "budgets": [{**BUDGET, "name": "day"}]}}
    console.answer("GET", "/limits/global/global", OWNED)
    console.answer("PUT", "/limits/global/global", after)
    assert "does not count against budget `day`" in run("limit", "set", "global", "--budget", "5/day").err


def test_top_up_is_in_the_unit_of_the_limit(team: ConsoleStandIn, run: Run) -> None:
    assert run("budget", "top-up", "team:payments", "month", "2", "--for", "2027-01-01").code == 0
    assert team.asked[-1].json == {"limit": "month", "amount_usd": "2.00", "ends_at": "2027-01-01T00:00:00Z"}
    assert run("budget", "top-up", "team:payments", "60s", "2k", "--for", "2027-01-01").code == 0
    assert team.asked[-1].json == {"limit": "60s", "amount": 2_000, "ends_at": "2027-01-01T00:00:00Z"}
    for wrong in (("month", "five", "--for", "3d"), ("month", "5", "--for", "never"), ("month", "5", "--for", "x")):
        assert run("budget", "top-up", "team:payments", *wrong).code == 2


def test_budgets_are_listed_with_their_end(console: ConsoleStandIn, run: Run) -> None:
    meter = {"name": "month", "unit": "usd", "used": "4.00", "allowed": "5.00"}
    item = {"level": "token", "owner_name": "ci", "plan_name": "interns", "percent": 80.0, "meter": meter}
    rows = [{**item, "used_up_at": "2027-01-21T00:00:00Z"}, {**item, "percent": 100.0, "used_up_at": None}]
    console.answer("GET", "/budgets", {"items": rows})
    shown = run("budget", "list", "--percent", "80").out
    assert "month (plan interns)" in shown
    assert "2027-01-21T00:00:00Z" in shown
    assert " now" in shown
    assert console.asked[-1].query == {"percent": "80", "budgets_only": "true", "limit": "200"}
    assert run("budget", "list", "--all-limits", "--json").json == {"items": rows}


def test_top_up_is_ended(team: ConsoleStandIn, run: Run) -> None:
    team.answer("DELETE", f"{PATH}/top-ups/top_1", None, 204)
    assert run("budget", "end-top-up", "team:payments", "top_1", "--json").json == OWNED


@pytest.mark.parametrize(
    ("owner", "path"),
    [("global", "/limits/global/global"), ("model:openai/gpt-4o", "/limits/model/openai~gpt-4o")],
)
def test_other_owners(console: ConsoleStandIn, run: Run, owner: str, path: str) -> None:
    console.answer("PUT", path, OWNED)
    assert run("limit", "clear", owner).code == 0
    assert run("limit", "clear", "planet:mars").code == 2
    assert run("limit", "clear", "team").code == 2
