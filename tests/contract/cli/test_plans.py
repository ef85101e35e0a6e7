"""`tollway plan` against a stand-in console."""

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

LIMITS = {"requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}], "concurrency": None, "budgets": []}
PLAN = {"id": "plan_0123456789abcdef", "name": "interns", "limits": LIMITS, "tokens": 3, "applications": 1}
TOKEN = {"id": "abcdefghijkl", "name": "ci", "state": "active"}


def test_create_and_list(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/plans", PLAN, 201)
    console.answer("GET", "/plans", {"items": [PLAN], "next_cursor": None})
    assert run("plan", "create", "interns", "--rpm", "60", "--json").json == PLAN
    assert console.asked[-1].json == {
        "name": "interns",
        "description": "",
        "limits": {"requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}]},
    }
    assert "60/60s" in run("plan", "list").out
    assert "interns" in run("plan", "show", "interns").out


def test_change_sends_what_is_given(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/plans", {"items": [PLAN], "next_cursor": None})
    console.answer("PATCH", f"/plans/{PLAN['id']}", PLAN)
    assert run("plan", "change", "interns", "--budget", "5/month", "--description", "x").code == 0
    assert console.asked[-1].json == {
        "description": "x",
        "limits": {"budgets": [{"name": "month", "limit_usd": "5.00", "period": "month"}]},
    }
    assert run("plan", "change", "interns").code == 2


def test_a_plan_is_given_and_taken_away(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/plans", {"items": [PLAN], "next_cursor": None})
    console.answer("GET", "/tokens", {"items": [TOKEN], "next_cursor": None})
    console.answer("PATCH", f"/tokens/{TOKEN['id']}", {**TOKEN, "plan_name": "interns"})
    assert "interns" in run("plan", "assign", "interns", "--token", "ci").out
    assert console.asked[-1].json == {"plan_id": PLAN["id"]}
    assert run("plan", "withdraw", "--token", "ci").code == 0
    assert console.asked[-1].json == {"plan_id": None}
    assert run("plan", "withdraw").code == 2
    console.answer("DELETE", f"/plans/{PLAN['id']}", None, 204)
    assert "is removed" in run("plan", "remove", "interns").out
