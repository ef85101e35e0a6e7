"""`tollway application` and `tollway team` against a stand-in console."""

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

APPLICATION = {
    "id": "app_0123456789abcdef",
    "name": "shop",
    "state": "active",
    "team_id": "team_1",
    "limits": {"requests": [], "concurrency": {"calls": 3}, "budgets": []},
}
TEAM = {"id": "team_0123456789abcdef", "name": "payments", "is_default": False, "created_at": "2026-11-24T02:00:00Z"}


def test_create_sends_team_and_limits(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    console.answer("POST", "/applications", APPLICATION, 201)
    result = run("application", "create", "shop", "--team", "payments", "--concurrency", "3", "--json")
    assert result.json == APPLICATION
    assert console.asked[-1].json == {"name": "shop", "team_id": TEAM["id"], "limits": {"concurrency": {"calls": 3}}}


def test_lists_show_limits_in_the_words_of_the_flags(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/applications", {"items": [APPLICATION], "next_cursor": None})
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    assert "3 at once" in run("application", "list").out
    assert "payments" in run("team", "list").out


@pytest.mark.parametrize("kind", ["application", "team", "provider", "service", "user", "service-account", "token"])
def test_a_list_is_searched_by_the_beginning_of_names(console: ConsoleStandIn, run: Run, kind: str) -> None:
    console.answer("GET", f"/{kind}s", {"items": [], "next_cursor": None})
    assert run(kind, "list", "--search", "pay").code == 0
    assert console.asked[-1].query["search"] == "pay"


@pytest.mark.parametrize("action", ["disable", "enable"])
def test_switching_an_application(console: ConsoleStandIn, run: Run, action: str) -> None:
    console.answer("GET", f"/applications/{APPLICATION['id']}", APPLICATION)
    console.answer("POST", f"/applications/{APPLICATION['id']}/{action}", {**APPLICATION, "state": f"{action}d"})
    assert run("application", action, APPLICATION["id"]).out == f"shop ({APPLICATION['id']}) is {action}d\n"


@pytest.mark.parametrize(("kind", "item"), [("application", APPLICATION), ("team", TEAM)])
def test_show_and_remove(console: ConsoleStandIn, run: Run, kind: str, item: dict[str, str]) -> None:
    console.answer("GET", f"/{kind}s", {"items": [item], "next_cursor": None})
    console.answer("DELETE", f"/{kind}s/{item['id']}", None, 204)
    assert run(kind, "show", item["name"], "--json").json == item
    assert item["name"] in run(kind, "show", item["name"]).out
    assert run(kind, "remove", item["name"], "--json").json == {"id": item["id"], "name": item["name"], "removed": True}
    assert console.asked[-1].method == "DELETE"


def test_create_team(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/teams", TEAM, 201)
    assert run("team", "create", "payments", "--json").json == TEAM
    assert console.asked[-1].json == {"name": "payments"}


def test_an_application_goes_to_another_team_under_another_name(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", f"/applications/{APPLICATION['id']}", APPLICATION)
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    console.answer("PATCH", f"/applications/{APPLICATION['id']}", {**APPLICATION, "name": "store"})
    changed = run("application", "change", APPLICATION["id"], "--name", "store", "--team", "payments")
    assert "store" in changed.out and "3 at once" in changed.out
    assert console.asked[-1].json == {"name": "store", "team_id": TEAM["id"]}


def test_rename_team(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/teams", {"items": [TEAM], "next_cursor": None})
    console.answer("PATCH", f"/teams/{TEAM['id']}", {**TEAM, "name": "billing"})
    assert run("team", "rename", "payments", "billing", "--json").json["name"] == "billing"
    assert console.asked[-1].json == {"name": "billing"}
