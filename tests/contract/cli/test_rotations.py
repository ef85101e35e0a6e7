"""`tollway rotation` and `tollway lifetime` against a stand-in console."""

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn

POLICY = {
    "id": "rot_1", "name": "quarterly", "state": "active", "scope": "application", "scope_id": "app_1",
    "every_seconds": 7_776_000, "overlap_seconds": 604_800, "delivery": "webhook",
}  # fmt: skip
RULE = {"scope": "team", "scope_id": "team_1", "default_seconds": None, "max_seconds": 86_400, "idle_seconds": None}


def test_a_policy_is_added_with_its_scope_and_webhook(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/applications", {"items": [{"id": "app_1", "name": "shop"}], "next_cursor": None})
    console.answer("GET", "/webhooks", {"items": [{"id": "hook_1", "name": "vault"}], "next_cursor": None})
    console.answer("POST", "/rotation-policies", POLICY, 201)
    flags = ("--name", "quarterly", "--every", "90d", "--overlap", "7d", "--application", "shop", "--webhook", "vault")
    assert "quarterly" in run("rotation", "add", *flags).out
    assert console.asked[-1].json == {
        "name": "quarterly",
        "scope": "application",
        "scope_id": "app_1",
        "every_seconds": 7_776_000,
        "overlap_seconds": 604_800,
        "delivery": "webhook",
        "webhook_id": "hook_1",
    }
    run("rotation", "add", "--name", "all", "--every", "30d")
    assert console.asked[-1].json["scope"] == "installation"


def test_an_unclear_policy_is_a_usage_error(run: Run) -> None:
    assert run("rotation", "add", "--name", "a", "--every", "often").code == 2
    assert run("rotation", "add", "--name", "a", "--every", "1d", "--team", "x", "--token", "y").code == 2


def test_policies_are_listed_switched_and_removed(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/rotation-policies", {"items": [POLICY]})
    assert "quarterly" in run("rotation", "list").out
    console.answer("PATCH", "/rotation-policies/rot_1", {**POLICY, "state": "disabled"})
    run("rotation", "disable", "quarterly")
    assert console.asked[-1].json == {"state": "disabled"}
    run("rotation", "enable", "rot_1")
    assert console.asked[-1].json == {"state": "active"}
    console.answer("DELETE", "/rotation-policies/rot_1", None, 204)
    assert "is removed" in run("rotation", "remove", "quarterly").out
    assert run("rotation", "remove", "quarterly", "--json").json["removed"]
    assert run("rotation", "enable", "other").code == 1


def test_rules_are_set_listed_and_removed(console: ConsoleStandIn, run: Run) -> None:
    console.answer("GET", "/teams", {"items": [{"id": "team_1", "name": "shop"}], "next_cursor": None})
    console.answer("PUT", "/lifetime-rules", RULE)
    assert run("lifetime", "set", "--team", "shop", "--max", "1d").code == 0
    assert console.asked[-1].json == {"scope": "team", "scope_id": "team_1", "max_seconds": 86_400}
    run("lifetime", "set", "--default", "30d", "--idle", "90d")
    assert console.asked[-1].json == {
        "scope": "installation",
        "default_seconds": 30 * 86_400,
        "idle_seconds": 90 * 86_400,
    }
    console.answer("GET", "/lifetime-rules", {"items": [RULE]})
    assert "team_1" in run("lifetime", "list").out
    console.answer("DELETE", "/lifetime-rules", None, 204)
    assert "removed" in run("lifetime", "remove", "--team", "shop").out
    assert run("lifetime", "set", "--team", "a", "--role", "b", "--max", "1d").code == 2
