"""What people do with webhooks and mail on the pages, against the stand-in."""

import re

import pytest
import stand_in
from notices import HOOK_ID
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def test_a_new_webhook_ends_with_its_secret_shown_once(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/webhooks")
    tab.get_by_role("button", name="Add a webhook").click()
    tab.get_by_label("Name").fill("Pager")
    tab.get_by_role("textbox", name="Address").fill("https://pager.example/in")
    tab.get_by_text("Only these", exact=True).click()
    tab.get_by_role("checkbox", name="token.revoked").check()
    tab.get_by_role("button", name="Add", exact=True).click()
    expect(tab.get_by_text("whsec_")).to_be_visible()
    ((act, wish),) = console.posted
    assert (act, wish["events"], wish["allow_private"]) == ("POST webhooks", ["token.revoked"], False)
    tab.get_by_role("button", name="Done").click()
    expect(tab.get_by_text("whsec_")).to_have_count(0)


def test_the_log_keeps_its_filter_in_the_address_and_sends_again(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto(f"/webhooks/{HOOK_ID}")
    tab.get_by_text("Failed", exact=True).first.wait_for()
    tab.get_by_role("radiogroup", name="Filter by state").get_by_text("Failed").click()
    expect(tab).to_have_url(re.compile(r"state=failed"))
    expect(tab.get_by_role("region", name="Deliveries").get_by_role("row")).to_have_count(2)
    tab.reload()
    expect(tab.get_by_role("region", name="Deliveries").get_by_role("row")).to_have_count(2)
    tab.get_by_role("button", name="Send msg_4dR again").click()
    expect(tab.get_by_text("is sent again")).to_be_visible()
    assert console.posted[-1][0] == f"POST webhooks/{HOOK_ID}/deliveries/msg_4dR/resend"


def test_a_webhook_is_tried_switched_off_and_given_a_new_secret(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto(f"/webhooks/{HOOK_ID}")
    tab.get_by_role("button", name="Send a test").click()
    expect(tab.get_by_text("Taken in")).to_be_visible()
    tab.get_by_role("button", name="Disable").click()
    expect(tab.get_by_text("Disabled", exact=True).first).to_be_visible()
    tab.get_by_role("button", name="Replace secret").click()
    tab.get_by_role("button", name="Replace", exact=True).click()
    expect(tab.get_by_text("whsec_")).to_be_visible()
    acts = [act.rpartition("/")[2] for act, _ in console.posted]
    assert acts == ["test", "disable", "secret"]


def test_a_webhook_is_deleted_by_typing_its_name(tab: Tab) -> None:
    tab.goto(f"/webhooks/{HOOK_ID}")
    tab.get_by_role("button", name="Delete").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_role("textbox").fill("On-call room")
    dialog.get_by_role("button", name="Delete").click()
    expect(tab).to_have_url(re.compile(r"/webhooks$"))


def test_mail_keeps_the_password_that_nobody_typed(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/webhooks")
    tab.get_by_role("button", name="Edit mail").click()
    tab.get_by_label("From name").fill("Gate")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    ((act, wish),) = console.posted
    assert (act, wish["from_name"], "password" in wish) == ("PUT mail", "Gate", False)
