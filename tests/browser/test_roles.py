"""What each role is shown on the real console: no act that its role refuses, and a reason where a link leads to one.

Also a service account from its making to what its token may do at the management API.
"""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab
from test_real_console import Running, running

__all__ = ["running"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSWORD = "a quiet orange bicycle"
PAGES = {
    "/": None,
    "/tokens": "tokens.read",
    "/applications": "applications.read",
    "/services": "services.read",
    "/providers": "providers.read",
    "/models": "models.read",
    "/usage": "usage.read",
    "/people": "users.read",
    "/service-accounts": "service_accounts.read",
    "/teams": "teams.read",
    "/roles": "roles.read",
    "/audit": "audit.read",
    "/security": "security.read",
    "/webhooks": "notices.read",
    "/settings": "overview.read",
    "/tokens/new": "tokens.write",
    "/services/new": "services.write",
    "/providers/new": "providers.write",
}
ACTS = {
    "New token": "tokens.write",
    "Add a service": "services.write",
    "Publish the first service": "services.write",
    "Add a provider": "providers.write",
    "Add the first provider": "providers.write",
    "New application": "applications.write",
    "Create the first application": "applications.write",
    "Invite a person": "users.write",
    "New service account": "service_accounts.write",
    "New team": "teams.write",
    "New role": "roles.write",
    "Add a webhook": "notices.write",
}


def invite(owner: Tab, browser: Browser, running: Running, name: str, role: str) -> BrowserContext:
    """Invite somebody with a role into the first team, and sign them in in a browser of their own."""
    owner.goto("/people")
    owner.get_by_role("button", name="Invite a person").click()
    owner.get_by_role("textbox", name="Name").last.fill(name)
    owner.get_by_role("combobox", name="Role", exact=True).click()
    owner.get_by_role("option", name=role, exact=True).click()
    owner.get_by_role("button", name="Invite", exact=True).click()
    link = owner.locator(".secret code").inner_text(timeout=15_000)
    context = browser.new_context(base_url=running.console, reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(link)
    tab.locator("input[name=password]").fill(PASSWORD)
    tab.locator("button[type=submit]").click()
    expect(tab.locator("h1")).to_have_text("Home", timeout=20_000)
    tab.close()
    return context


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=pytest.mark.slow) for role in ("Viewer", "Developer", "Billing")]
)
def test_nobody_is_offered_what_their_role_refuses(running: Running, browser: Browser, role: str) -> None:
    owner = running.context.new_page()
    context = invite(owner, browser, running, f"a {role.lower()}", role)
    tab = context.new_page()
    wrong: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    tab.goto("/")
    held = {right["permission"] for right in tab.request.get("/api/v1/session").json()["rights"]}
    for path, needed in PAGES.items():
        tab.goto(path)
        tab.locator("h1").wait_for()
        tab.wait_for_function("() => !document.querySelector('main .skeleton')")
        is_refused = tab.locator("h1").inner_text() == "You may not do this"
        assert is_refused == (needed is not None and needed not in held), f"{role} {path}"
        if is_refused:
            assert tab.locator("main code").first.inner_text() == needed
        for name, permission in ACTS.items():
            offered = tab.get_by_role("button", name=name, exact=True).or_(
                tab.get_by_role("link", name=name, exact=True)
            )
            if permission not in held:
                assert offered.count() == 0, f"{role} {path} offers {name}"
    assert not wrong, f"{role}: {wrong}"
    owner.close()
    context.close()


def test_a_service_account_manages_what_its_token_and_role_both_permit(running: Running) -> None:
    tab = running.context.new_page()
    tab.goto("/service-accounts")
    tab.get_by_role("button", name="New service account").first.click()
    tab.get_by_role("textbox", name="Name").last.fill("deploy pipeline")
    tab.get_by_role("combobox", name="Team", exact=True).last.click()
    tab.get_by_role("option").first.click()
    tab.get_by_role("button", name="Create", exact=True).click()
    expect(tab.locator("h1")).to_contain_text("deploy pipeline", timeout=15_000)
    tab.get_by_role("link", name="New token").click()
    tab.get_by_role("button", name="Blank").click()
    tab.get_by_label("Name").fill("deploys")
    tab.get_by_role("button", name="Continue").click()
    tab.get_by_placeholder("Add a permission").click()
    tab.get_by_role("option", name="tokens.read").click()
    tab.get_by_role("combobox", name="Reach of tokens.read").click()
    tab.get_by_role("option", name="team").click()
    for _ in range(2):
        tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Create token").click()
    secret = tab.locator(".secret code").inner_text(timeout=15_000)
    assert [item["name"] for item in ask(running, "tokens", secret)["items"]] == ["deploys"]
    with pytest.raises(HTTPError) as refused:
        ask(running, "teams", secret)
    assert refused.value.code == 403
    tab.goto("/service-accounts")
    tab.get_by_role("link", name="deploy pipeline").click()
    expect(tab.get_by_role("link", name="deploys")).to_be_visible(timeout=15_000)
    tab.get_by_role("button", name="Deactivate").click()
    tab.get_by_role("dialog").get_by_role("textbox").fill("deploy pipeline")
    tab.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(tab.locator(".toast").filter(has_text="1 token ended")).to_be_visible(timeout=15_000)
    with pytest.raises(HTTPError) as refused:
        ask(running, "tokens", secret)
    assert refused.value.code == 401
    tab.close()


def ask(running: Running, what: str, secret: str) -> dict[str, list[dict[str, str]]]:
    """Read a list of the management API as a script does."""
    headers = {"Authorization": f"Bearer {secret}"}
    with urlopen(Request(f"{running.console}/api/v1/{what}", headers=headers), timeout=20) as answer:
        found: dict[str, list[dict[str, str]]] = json.load(answer)
        return found
