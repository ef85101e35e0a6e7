"""Dialogs: Escape closes each, and the keyboard is again where it was; what they ask is sent as it was said."""

import pages
import pytest
import stand_in
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

TOKEN = "/tokens/4tKq9XbLm2Pz"
OPENED = [
    ("/alerts", None),
    ("/model-groups", "New group"),
    ("/tokens", "Revoke all…"),
    ("/tokens", "Change many…"),
    (TOKEN, "Extend"),
    (TOKEN, "Edit limits"),
    (TOKEN, "Edit its rights"),
    ("/applications", "New application"),
    ("/rotation", "Add a policy"),
    ("/rotation", "Set a rule"),
    ("/people", "Invite a person"),
    ("/teams", "New team"),
    ("/roles", "New role"),
    ("/webhooks", "Add a webhook"),
    ("/plans", "New plan"),
]
"""A page and the button of a dialog; without a button: the search, by its keys."""


@pytest.mark.slow
@pytest.mark.parametrize(("path", "button"), OPENED)
def test_escape_closes_a_dialog_and_gives_the_focus_back(path: str, button: str | None, tab: Tab) -> None:
    tab.goto(path)
    pages.settle(tab)
    if button is None:
        tab.keyboard.press("Control+k")
    else:
        opener = tab.get_by_role("button", name=button, exact=True).first
        opener.focus()
        tab.keyboard.press("Enter")
    tab.get_by_role("dialog").wait_for()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    if button is not None:
        expect(opener).to_be_focused()


def test_alerts_are_acknowledged_together_and_taken_back(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/alerts")
    tab.get_by_role("checkbox", name="Select all on this page").check()
    tab.get_by_role("group", name="Acts on the selected alerts").get_by_role("button", name="Acknowledge").click()
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_text("3 alerts open again")).to_be_visible()
    ids = [f"alrt_000000000000000{number}" for number in (1, 2, 3)]
    asked = [one for one in console.posted if one[0].startswith("POST alerts")]
    assert asked == [("POST alerts/acknowledge", {"ids": ids, "note": ""}), ("POST alerts/reopen", {"ids": ids})]


def test_all_tokens_before_an_instant_are_revoked_when_the_words_are_typed(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens")
    tab.get_by_role("button", name="Revoke all…").click()
    dialog = tab.get_by_role("dialog")
    revoke = dialog.get_by_role("button", name="Revoke for ever")
    expect(revoke).to_be_disabled()
    dialog.get_by_label("Only those issued before").fill("2026-11-01T10:00")
    dialog.get_by_label("Why").fill("a laptop was lost")
    dialog.get_by_label("Type revoke all to confirm").fill("revoke all")
    revoke.click()
    expect(tab.get_by_text("3 tokens revoked")).to_be_visible()
    (asked,) = [body for path, body in console.posted if path == "POST tokens/revoke-all"]
    assert (asked["kind"], asked["reason"], asked["is_compromised"]) == ("installation", "a laptop was lost", False)
    assert asked["issued_before"].startswith("2026-11-01T")


def test_many_people_get_a_role_and_it_is_taken_back(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/people")
    tab.get_by_role("checkbox", name="Select operator").check()
    tab.get_by_role("checkbox", name="Select Mbali Dube").check()
    bar = tab.get_by_role("group", name="Acts on the selected people")
    bar.get_by_role("button", name="Give a role…").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Give the role")).to_be_disabled()
    dialog.get_by_role("combobox", name="Role").click()
    tab.get_by_role("option", name="Viewer").click()
    expect(dialog.get_by_text("1 person will be given it; for 1 it is refused.")).to_be_visible()
    dialog.get_by_role("button", name="Give the role").click()
    expect(dialog.get_by_text("This is the last owner")).to_be_visible()
    dialog.get_by_role("button", name="Undo").click()
    expect(tab.get_by_text("Taken back")).to_be_visible()
    acts = [body for path, body in console.posted if path == "POST users/acts"]
    assert [(act["role"], act["ids"]) for act in acts] == [("viewer", ["user_1", "user_3"]), ("developer", ["user_3"])]
    assert ("POST users/acts/preview", acts[0]) in console.posted


def test_all_that_match_are_chosen_and_asked_for_a_hundred_at_a_time(tab: Tab, console: stand_in.StandIn) -> None:
    console.crowd = 244
    tab.goto("/people?search=Person")
    tab.get_by_role("checkbox", name="Select all on this page").check()
    bar = tab.get_by_role("group", name="Acts on the selected people")
    expect(bar.get_by_text("50 people selected")).to_be_visible()
    bar.get_by_role("button", name="Select all 244 that match").click()
    expect(bar.get_by_text("244 people selected")).to_be_visible()
    expect(bar.get_by_role("button", name="Select all")).to_have_count(0)
    tab.get_by_role("button", name="Next").click()
    expect(tab.get_by_role("checkbox", name="Select Person 051")).to_be_checked()
    bar.get_by_role("button", name="Give a role…").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Role").click()
    tab.get_by_role("option", name="Developer").click()
    expect(dialog.get_by_text("244 people will be given it")).to_be_visible()
    dialog.get_by_role("button", name="Give the role").click()
    expect(tab.get_by_text("244 people given it")).to_be_visible()
    for path in ("POST users/acts/preview", "POST users/acts"):
        assert [len(body["ids"]) for asked, body in console.posted if asked == path] == [100, 100, 44]


def test_deactivating_many_is_confirmed_by_typing_when_tokens_end(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/people")
    tab.get_by_role("checkbox", name="Select Mbali Dube").check()
    tab.get_by_role("button", name="Deactivate…").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("1 session and 3 tokens end with it")).to_be_visible()
    act = dialog.get_by_role("button", name="Deactivate", exact=True)
    expect(act).to_be_disabled()
    dialog.get_by_label("Type deactivate 1").fill("deactivate 1")
    act.click()
    expect(tab.get_by_text("1 person deactivated")).to_be_visible()
    expect(tab.get_by_role("group", name="Acts on the selected people")).to_have_count(0)
    assert console.posted[-1] == ("POST users/acts", {"kind": "deactivate", "role": None, "ids": ["user_3"]})
