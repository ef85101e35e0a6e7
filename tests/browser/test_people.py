"""People on the real console: invited, in a team, with a token, deactivated; and the audit log tells all of it."""

import pytest
from playwright.sync_api import Browser, expect
from test_real_console import Running, call, issue, running

__all__ = ["running"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_person_comes_calls_and_goes(running: Running, browser: Browser) -> None:
    owner = running.context.new_page()
    owner.goto("/teams")
    owner.get_by_role("button", name="New team").click()
    owner.get_by_role("dialog").get_by_label("Name").fill("Payments")
    owner.get_by_role("button", name="Create").click()
    expect(owner.locator("h1")).to_contain_text("Payments", timeout=15_000)

    owner.goto("/people")
    owner.get_by_role("button", name="Invite a person").click()
    owner.get_by_role("textbox", name="Name").last.fill("mbali")
    owner.get_by_role("combobox", name="Teams").click()
    owner.get_by_role("option", name="Payments").click()
    owner.keyboard.press("Tab")
    owner.get_by_role("button", name="Invite", exact=True).click()
    link = owner.locator(".secret code").inner_text(timeout=15_000)
    owner.get_by_role("button", name="Done").click()

    context = browser.new_context(base_url=running.console, reduced_motion="reduce")
    mbali = context.new_page()
    mbali.goto(link)
    expect(mbali.locator("h1")).to_have_text("Welcome, mbali")
    mbali.locator("input[name=password]").fill("a quiet orange bicycle")
    mbali.locator("button[type=submit]").click()
    expect(mbali.locator("h1")).to_have_text("Home", timeout=20_000)
    expect(mbali.get_by_role("link", name="Teams")).to_be_visible()
    expect(mbali.get_by_role("link", name="People")).to_have_count(0)
    secret = issue(mbali, "mbali laptop")
    call(running.gateway, secret)

    owner.goto("/people?search=mbali")
    owner.get_by_role("link", name="mbali").click()
    expect(owner.get_by_role("link", name="mbali laptop")).to_be_visible(timeout=15_000)
    owner.get_by_role("button", name="Deactivate").click()
    owner.get_by_role("dialog").get_by_role("textbox").fill("mbali")
    owner.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(owner.locator(".toast").filter(has_text="mbali deactivated: 1 session and 1 token ended")).to_be_visible(
        timeout=15_000
    )
    with pytest.raises(OSError, match="401"):
        call(running.gateway, secret)
    mbali.reload()
    expect(mbali.locator("h1")).to_have_text("Sign in", timeout=15_000)
    context.close()

    owner.goto("/audit")
    acts = owner.get_by_role("region", name="Audit entries")
    for act in ("user.deactivate", "token.revoke", "token.issue", "user.accept_invite", "user.invite", "team.create"):
        expect(acts.get_by_text(act).first).to_be_visible(timeout=15_000)
    owner.get_by_role("button", name="Check the log").click()
    expect(owner.get_by_text("Whole:")).to_be_visible(timeout=15_000)
    owner.close()
