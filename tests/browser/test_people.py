"""People on the real console: invited, in a team, with a passkey, an application and tokens, deactivated; and the
audit log tells all of it.
"""

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab
from test_real_console import Running, call, issue, running
from test_second_factors import sign_out, with_authenticator

__all__ = ["running"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


ACTS = (
    "user.deactivate",
    "token.revoke",
    "token.issue",
    "application.create",
    "user.accept_invite",
    "user.invite",
    "team.create",
)


@pytest.mark.parametrize(
    ("name", "team", "has_reader"),
    [("mbali", "Payments", False), pytest.param("naledi", "Stocks", True, marks=pytest.mark.slow)],
    ids=["by password", "by passkey"],
)
def test_a_person_comes_calls_and_goes(
    running: Running, browser: Browser, name: str, team: str, has_reader: bool
) -> None:
    owner = running.context.new_page()
    owner.goto("/teams")
    owner.get_by_role("button", name="New team").click()
    owner.get_by_role("dialog").get_by_label("Name").fill(team)
    owner.get_by_role("button", name="Create").click()
    expect(owner.locator("h1")).to_contain_text(team, timeout=15_000)

    owner.goto("/people")
    owner.get_by_role("button", name="Invite a person").click()
    owner.get_by_role("textbox", name="Name").last.fill(name)
    owner.get_by_role("combobox", name="Teams").click()
    owner.get_by_role("option", name=team).click()
    owner.keyboard.press("Tab")
    owner.get_by_role("button", name="Invite", exact=True).click()
    link = owner.locator(".secret code").inner_text(timeout=15_000)
    owner.get_by_role("button", name="Done").click()

    localhost = running.console.replace("127.0.0.1", "localhost")  # where passkeys are
    context = browser.new_context(base_url=localhost, reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    person = join(context, link.replace("127.0.0.1", "localhost"), name, has_reader=has_reader)
    expect(person.get_by_role("link", name="Teams")).to_be_visible()
    expect(person.get_by_role("link", name="People")).to_have_count(0)
    make_application(owner, f"{team} till", team=team)
    of_application = issue(owner, f"{team} tablet", application=f"{team} till")
    secret = issue(person, f"{name} laptop")
    call(running.gateway, secret)
    call(running.gateway, of_application)
    person.goto("/calls")
    calls = person.get_by_role("region", name="Calls")
    expect(calls.get_by_role("row").filter(has_text=f"{team} tablet")).to_have_count(1, timeout=15_000)
    calls.get_by_role("link", name="sandbox-small").first.click()
    expect(person.get_by_role("table", name="Stages of the call")).to_be_visible()

    owner.goto(f"/people?search={name}")
    owner.get_by_role("link", name=name).click()
    expect(owner.get_by_role("link", name=f"{name} laptop")).to_be_visible(timeout=15_000)
    owner.get_by_role("button", name="Deactivate").click()
    owner.get_by_role("dialog").get_by_role("textbox").fill(name)
    owner.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(owner.locator(".toast").filter(has_text=f"{name} deactivated: 1 session and 1 token ended")).to_be_visible(
        timeout=15_000
    )
    with pytest.raises(OSError, match="401"):
        call(running.gateway, secret)
    call(running.gateway, of_application)  # what the team's application does goes on
    person.reload()
    expect(person.locator("h1")).to_have_text("Sign in", timeout=15_000)
    context.close()

    tell_all(owner, [*ACTS, *(["passkey.add"] if has_reader else [])])
    owner.close()


def join(context: BrowserContext, link: str, name: str, *, has_reader: bool) -> Tab:
    """Accept an invitation; on a device with a fingerprint reader, that is from then on how one signs in."""
    tab = with_authenticator(context)[0] if has_reader else context.new_page()
    tab.goto(link)
    expect(tab.locator("h1")).to_have_text(f"Welcome, {name}")
    tab.locator("input[name=password]").fill("a quiet orange bicycle")
    tab.locator("button[type=submit]").click()
    expect(tab.locator("h1")).to_have_text("Home", timeout=20_000)
    if has_reader:
        sign_in_by_passkey(tab)
    return tab


def make_application(tab: Tab, name: str, *, team: str) -> None:
    """Make an application that a team owns."""
    tab.goto("/applications")
    tab.get_by_role("button", name="New application").click()
    tab.get_by_role("dialog").get_by_label("Name").first.fill(name)
    tab.get_by_role("dialog").get_by_role("combobox", name="Team").click()
    tab.get_by_role("option", name=team).click()
    tab.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(tab.locator("h1")).to_contain_text(name, timeout=15_000)


def sign_in_by_passkey(tab: Tab) -> None:
    """Add a passkey to one's account, and come back by it."""
    tab.goto("/account")
    tab.get_by_role("button", name="Add a passkey").click()
    tab.get_by_role("dialog").get_by_label("Name").fill("phone")
    tab.get_by_role("dialog").get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="I have kept them").click(timeout=15_000)
    sign_out(tab)
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.locator("h1")).to_have_text("Home", timeout=20_000)


def tell_all(tab: Tab, acts: list[str]) -> None:
    """Look for an entry of each act in the audit log, and have the log checked."""
    tab.goto("/audit")
    entries = tab.get_by_role("region", name="Audit entries")
    for act in acts:
        expect(entries.get_by_text(act).first).to_be_visible(timeout=15_000)
    tab.get_by_role("button", name="Check the log").click()
    expect(tab.get_by_text("Whole:")).to_be_visible(timeout=15_000)
