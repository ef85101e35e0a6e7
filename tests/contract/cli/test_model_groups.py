"""`tollway model-group` against a stand-in console."""

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

CHEAP = {"name": "cheap", "models": ["a", "b*"], "description": "", "updated_at": "", "updated_by": ""}


def test_a_group_is_made_when_there_is_none(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/model-groups/cheap", {"title": "no"}, 404)
    console.answer("POST", "/model-groups", CHEAP, 201)
    assert "a, b*" in run("model-group", "set", "cheap", "a", "b*").out
    assert console.asked[-1].json == {"name": "cheap", "models": ["a", "b*"]}


def test_a_group_that_is_there_is_changed(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/model-groups/cheap", CHEAP)
    console.answer("PATCH", "/model-groups/cheap", CHEAP)
    assert run("model-group", "set", "cheap", "a", "--description", "x", "--json").json == CHEAP
    assert console.asked[-1].json == {"models": ["a"], "description": "x"}


def test_groups_are_listed_and_removed(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/model-groups", {"items": [CHEAP]})
    assert "a, b*" in run("model-group", "list").out
    assert run("model-group", "list", "--json").json == {"items": [CHEAP]}
    console.answer("DELETE", "/model-groups/cheap", None, 204)
    assert run("model-group", "remove", "cheap").out == "cheap is removed\n"
