"""`tollway alert` against a stand-in console."""

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

ALERT = {
    "id": "alrt_1",
    "kind": "budget",
    "state": "open",
    "level": "token",
    "owner_id": "t1",
    "owner_name": "ci",
    "limit_name": "month",
    "measure": "cost",
    "percent": 81,
    "used": "8.10",
    "allowed": "10.00",
    "fired_at": "2027-01-01T00:00:00Z",
    "until": None,
}
FAILING = {**ALERT, "id": "alrt_2", "kind": "provider", "owner_name": "openai", "measure": None}


def test_alerts_are_listed(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/alerts", {"items": [ALERT, FAILING], "next_cursor": None})
    shown = run("alert", "list").out
    assert "month: 81 % (8.10 of 10.00 USD)" in shown and "keys fail" in shown
    assert run("alert", "list", "--state", "all", "--json").json == {"items": [ALERT, FAILING]}


def test_alerts_are_acknowledged_and_reopened(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/alerts/acknowledge", {"items": [{**ALERT, "state": "acknowledged"}]})
    assert "acknowledged" in run("alert", "acknowledge", "alrt_1", "alrt_2", "--note", "seen").out
    assert console.asked[-1].json == {"ids": ["alrt_1", "alrt_2"], "note": "seen"}
    console.answer("POST", "/alerts/reopen", {"items": [ALERT]})
    assert run("alert", "reopen", "alrt_1", "--json").json == {"items": [ALERT]}
