"""What people do about limits, plans and many tokens on the pages, against the stand-in."""

import limits
import pytest
import stand_in
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
PLAN = limits.PLANS[0]["id"]


def test_many_tokens_get_a_plan_with_preview_progress_and_undo(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens")
    tab.get_by_role("button", name="Change many…").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("42 tokens match: every token that is not revoked")
    begin = dialog.get_by_role("button", name="Change 42 tokens")
    expect(begin).to_be_disabled()
    dialog.get_by_role("combobox", name="Plan", exact=True).click()
    tab.get_by_role("option", name="interns").click()
    begin.click()
    expect(dialog.get_by_role("status")).to_contain_text("42 tokens of 42 changed", timeout=10_000)
    asked = [body for path, body in console.posted if path == "POST token-jobs"]
    assert asked == [{"filter": {"everything": True}, "act": {"kind": "set_plan", "plan_id": PLAN}}]
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.get_by_role("status")).to_be_visible()
    assert console.posted[-1][0].endswith("/undo")


def test_revoking_many_needs_their_number_typed(tab: Tab) -> None:
    tab.goto("/tokens")
    tab.get_by_role("button", name="Change many…").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("combobox", name="What").click()
    tab.get_by_role("option", name="Revoke for ever").click()
    begin = dialog.get_by_role("button", name="Change 42 tokens")
    expect(begin).to_be_disabled()
    dialog.get_by_label("Type revoke 42").fill("revoke 42")
    expect(begin).to_be_enabled()


def test_a_token_is_topped_up_for_a_while(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens/4tKq9XbLm2Pz")
    tab.get_by_role("button", name="Top up").first.click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("More, in USD").fill("7,50")
    dialog.get_by_role("button", name="Top up").click()
    expect(dialog).to_be_hidden()
    path, body = console.posted[-1]
    assert path == "POST limits/token/4tKq9XbLm2Pz/top-ups"
    assert (body["limit"], body["amount_usd"]) == ("monthly", "7.50")


def test_limits_of_the_installation_are_edited_in_the_one_form(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/limits")
    tab.get_by_role("button", name="Limits of the installation", exact=True).click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Add a limit").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    path, body = console.posted[-1]
    assert path == "PUT limits/global/global"
    assert [rule["measure"] for rule in body["limits"]] == [
        "requests", "requests", "concurrency", "total_tokens", "requests",
    ]  # fmt: skip
    assert [budget["limit_usd"] for budget in body["budgets"]] == ["250"]
