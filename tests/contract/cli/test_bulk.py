"""`tollway bulk` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

JOB = {"id": "job_0123456789abcdef", "state": "running", "act": "disable", "total": 3, "looked_at": 0, "changed": 0,
       "can_undo": False}  # fmt: skip
DONE = {**JOB, "state": "done", "changed": 2, "can_undo": True}
PLAN = {"id": "plan_0123456789abcdef", "name": "interns"}
TEAM = {"id": "team_0123456789abcdef", "name": "payments"}


@pytest.fixture
def jobs(console: ConsoleStandIn) -> ConsoleStandIn:
    console.answer("GET", "/plans", {"items": [PLAN], "next_cursor": None})
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    console.answer("POST", "/token-jobs", JOB, 201)
    console.answer("POST", f"/token-jobs/{JOB['id']}/advance", JOB)
    console.answer("POST", f"/token-jobs/{JOB['id']}/advance", DONE)
    console.answer("POST", f"/token-jobs/{JOB['id']}/undo", DONE, 201)
    console.answer("POST", f"/token-jobs/{JOB['id']}/cancel", {**DONE, "state": "cancelled"})
    console.answer("GET", f"/token-jobs/{JOB['id']}", DONE)
    console.answer("GET", "/token-jobs", {"items": [DONE], "next_cursor": None})
    return console


def test_job_is_begun_and_followed_to_its_end(jobs: ConsoleStandIn, run: Run) -> None:
    said = run("bulk", "tokens", "plan", "--plan", "interns", "--team", "payments", "--state", "active").out
    assert said == f"2 of 3 tokens changed (done); take it back with: tollway bulk undo {JOB['id']}\n"
    begun = next(asked for asked in jobs.asked if asked.path == "/api/v1/token-jobs")
    assert begun.json == {
        "filter": {"state": "active", "team_id": TEAM["id"], "everything": False},
        "act": {"kind": "set_plan", "plan_id": PLAN["id"]},
    }


@pytest.mark.parametrize(
    ("arguments", "act"),
    [
        (("plan", "--plan", "none"), {"kind": "set_plan", "plan_id": None}),
        (("limits", "--rpm", "6"), {"kind": "set_limits", "limits": {
            "requests": [{"name": "rpm", "requests": 6, "window_seconds": 60}]}}),
        (("extend", "--until", "2027-01-01"), {"kind": "extend", "expires_at": "2027-01-01T00:00:00Z"}),
        (("extend", "--until", "never"), {"kind": "extend", "expires_at": None}),
        (("enable",), {"kind": "enable"}),
        (("revoke", "--reason", "left"), {"kind": "revoke", "reason": "left"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_acts(jobs: ConsoleStandIn, run: Run, arguments: tuple[str, ...], act: dict[str, object]) -> None:
    assert run("bulk", "tokens", *arguments, "--all", "--json").json == DONE
    begun = next(asked for asked in jobs.asked if asked.path == "/api/v1/token-jobs")
    assert begun.json == {"filter": {"everything": True}, "act": act}


def test_dry_run_only_looks(jobs: ConsoleStandIn, run: Run) -> None:
    sample = [{"id": "abcdefghijkl", "name": "ci", "state": "active", "application_name": None, "plan_name": None}]
    jobs.answer("POST", "/token-jobs/preview", {"total": 7, "sample": sample})
    assert "7 tokens match" in run("bulk", "tokens", "disable", "--search", "c", "--dry-run").out
    assert [asked.path for asked in jobs.asked] == ["/api/v1/token-jobs/preview"]
    assert jobs.asked[0].json["filter"] == {"search": "c", "everything": False}


def test_jobs_are_listed_shown_undone_and_cancelled(jobs: ConsoleStandIn, run: Run) -> None:
    assert JOB["id"] in run("bulk", "list").out
    assert run("bulk", "show", JOB["id"], "--json").json == DONE
    assert run("bulk", "undo", JOB["id"], "--json").json == DONE
    assert "(cancelled)" in run("bulk", "cancel", JOB["id"]).out


@pytest.mark.parametrize("arguments", [("plan",), ("limits",), ("extend",), ("dance",), ("extend", "--until", "x")])
def test_what_is_missing_is_named(jobs: ConsoleStandIn, run: Run, arguments: tuple[str, ...]) -> None:
    result = run("bulk", "tokens", *arguments, "--all")
    assert (result.code, jobs.asked) == (2, [])
