"""What people do on the pages, against the stand-in: each act ends in what the page promises."""

import re
from collections.abc import Iterator

import objects
import pages
import pytest
import stand_in
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from tollway.contract.policy import DEFAULT_TIMEOUTS

USUAL = {
    "Connect, seconds": f"{DEFAULT_TIMEOUTS.connect_seconds:g}",
    "First byte, seconds": f"{DEFAULT_TIMEOUTS.first_byte_seconds:g}",
    "Idle, seconds": f"{DEFAULT_TIMEOUTS.idle_seconds:g}",
    "In all, seconds": f"{DEFAULT_TIMEOUTS.total_seconds:g}",
}

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


@pytest.fixture
def tab(browser: Browser, console: stand_in.StandIn) -> Iterator[Tab]:
    """A page of it that may use the clipboard."""
    with stand_in.running(console) as origin:
        context = browser.new_context(
            base_url=origin, reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"]
        )
        yield context.new_page()
        context.close()


def test_new_token_shows_its_secret_once_and_turns_green_with_its_first_call(
    tab: Tab, console: stand_in.StandIn
) -> None:
    tab.goto("/tokens/new")
    tab.get_by_role("button", name="Production application").click()
    tab.get_by_label("Name").fill("billing worker")
    for _ in range(3):
        tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Create token").click()
    expect(tab.get_by_role("status").filter(has_text="Waiting for the first call")).to_be_visible()
    tab.get_by_role("button", name="Copy the token").click()
    assert tab.evaluate("navigator.clipboard.readText()") == f"tws_{stand_in.NEW_TOKEN}{stand_in.NEW_SECRET}"
    console.next_token = stand_in.NEW_TOKEN
    expect(tab.get_by_text("The first call has arrived.")).to_be_visible(timeout=10_000)
    wish = console.posted[0][1]
    assert wish["name"] == "billing worker"
    (budget,) = wish["limits"]["budgets"]
    assert (budget["limit_usd"], budget["period"], budget["soft"]) == ("100", "month", False)
    tab.get_by_role("link", name="Go to the token").click()
    tab.wait_for_url(f"**/tokens/{stand_in.NEW_TOKEN}")
    expect(tab.locator("h1")).to_contain_text("Active")
    assert stand_in.NEW_SECRET not in tab.content()


def test_revoking_issues_a_replacement_that_is_shown_once(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens/4tKq9XbLm2Pz")
    tab.get_by_role("button", name="More acts").click()
    tab.get_by_role("menuitem", name="Revoke").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Issue a replacement").check()
    dialog.get_by_label("Somebody else has it").check()
    dialog.get_by_label("Type shop production to confirm").fill("shop production")
    dialog.get_by_role("button", name="Revoke and replace").click()
    tab.get_by_role("button", name="Copy the new token").click()
    assert tab.evaluate("navigator.clipboard.readText()") == f"tws_{stand_in.NEW_TOKEN}{stand_in.NEW_SECRET}"
    assert console.posted == [("POST tokens/4tKq9XbLm2Pz/replace", {"revoke": True, "is_compromised": True})]
    expect(tab.locator("h1")).to_contain_text("Revoked")
    tab.get_by_role("button", name="I have put it away").click()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert stand_in.NEW_SECRET not in tab.content()


def test_a_leaked_token_is_replaced_from_the_inbox_and_its_event_is_closed(tab: Tab, console: stand_in.StandIn) -> None:
    """The old one stays held back; the new secret is still there when the event has left the list."""
    console.tokens[0]["state"] = "quarantined"
    tab.goto("/security?event=sec_4tKq9XbLm2PzR7wY")
    tab.get_by_role("button", name="Replace…").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_label("Revoke the old one now")).not_to_be_checked()
    dialog.get_by_role("button", name="Issue the replacement").click()
    expect(tab.get_by_text(f"tws_{stand_in.NEW_TOKEN}{stand_in.NEW_SECRET}")).to_be_visible()
    assert console.posted == [("POST tokens/4tKq9XbLm2Pz/replace", {"revoke": False, "is_compromised": False})]
    tab.get_by_role("button", name="I have put it away").click()
    expect(tab.get_by_text("the event is acknowledged")).to_be_visible()
    closed = {"note": f"replaced by tws_{stand_in.NEW_TOKEN}…"}
    assert console.posted[-1] == ("POST security/events/sec_4tKq9XbLm2PzR7wY/acknowledge", closed)


def test_refused_wish_leads_back_to_the_step_with_the_field(tab: Tab) -> None:
    tab.goto("/tokens/new")
    tab.get_by_role("button", name="Blank").click()
    tab.get_by_label("Name").fill("refuse me")
    for _ in range(3):
        tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Create token").click()
    expect(tab.get_by_text("this name is taken")).to_be_visible()


def test_disabling_tokens_in_bulk_shows_at_once_and_can_be_undone(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens")
    tab.get_by_role("checkbox", name="Select shop production").check()
    tab.get_by_role("checkbox", name="Select support assistant").check()
    tab.get_by_role("button", name="Disable").click()
    expect(tab.get_by_role("row").filter(has_text="shop production")).to_contain_text("Disabled")
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_role("row").filter(has_text="shop production")).to_contain_text("Active")
    assert [token["state"] for token in console.tokens[:2]] == ["active", "active"]


def test_revoking_needs_the_name_typed(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/tokens/4tKq9XbLm2Pz")
    pages.ask_revoke(tab)
    act = tab.get_by_role("button", name="Revoke for ever")
    expect(act).to_be_disabled()
    tab.get_by_role("dialog").get_by_role("textbox").fill("shop production")
    act.click()
    expect(tab.get_by_text("Its calls are refused for ever")).to_be_visible()
    assert console.tokens[0]["state"] == "revoked"


def test_pasted_secret_finds_its_token_and_never_leaves_the_browser(tab: Tab) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Home")).to_be_visible()  # before it, nobody listens to keys
    tab.keyboard.press("Control+k")
    tab.get_by_role("combobox", name="Search").fill("tws_4tKq9XbLm2PzSecretPartOfTheToken123456")
    assert tab.get_by_role("combobox", name="Search").input_value() == "tws_4tKq9XbLm2Pz…"
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_contain_text("shop production")
    assert not any("SecretPart" in request for request in asked)


TYPING = """(box, texts) => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
    for (const text of texts) {
        set.call(box, text);
        box.dispatchEvent(new Event("input", { bubbles: true }));
    }
}"""
"""Types faster than any machine is slow."""


def test_search_finds_on_the_server_what_no_short_list_has(tab: Tab, console: stand_in.StandIn) -> None:
    usual = console.items("applications")[0]
    console.created["applications"] = [{**usual, "id": f"app_{n}", "name": f"Filler {n:03}"} for n in range(250)]
    console.created["applications"].append({**usual, "id": "app_far", "name": "Zebra crossing"})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if "search=" in request.url else None)
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Home")).to_be_visible()
    tab.keyboard.press("Control+k")
    box = tab.get_by_role("combobox", name="Search")
    box.evaluate(TYPING, ["Z", "Ze", "Zeb", "Zebr", "Zebra"])
    expect(tab.get_by_role("option", name="Zebra crossing")).to_be_visible()
    assert {url.rpartition("search=")[2].partition("&")[0] for url in asked} == {"Zebra"}, "once nothing is typed"
    box.fill("gpt-4o")
    expect(tab.get_by_role("option", name="gpt-4o-mini")).to_be_visible()
    box.fill("shop")
    expect(tab.get_by_role("option", name="Web shop application")).to_be_visible()
    expect(tab.get_by_role("option", name="Web shop team")).to_be_visible()
    box.fill("nothing of that name")
    expect(tab.get_by_text("Nothing found for this")).to_be_visible()
    box.fill("zebra")
    tab.get_by_role("option", name="Zebra crossing").click()
    tab.wait_for_url("**/applications/app_far**")


def test_filters_of_calls_are_in_the_address(tab: Tab) -> None:
    tab.goto("/calls?view=history&range=24h&model=gpt-4o")
    pages.settle(tab)
    assert set(tab.locator("tbody tr td:nth-child(3)").all_inner_texts()) == {"gpt-4o"}
    tab.get_by_role("button", name="Remove the filter model gpt-4o").click()
    expect(tab).not_to_have_url("model=")
    tab.get_by_role("button", name="Next").click()
    expect(tab.get_by_text("Page 2")).to_be_visible()


def test_paused_calls_stand_still(tab: Tab) -> None:
    tab.goto("/calls")
    pages.settle(tab)
    tab.get_by_role("button", name="Pause").click()
    first = tab.locator("tbody tr").first.inner_text()
    tab.wait_for_timeout(2_600)
    assert tab.locator("tbody tr").first.inner_text() == first
    tab.get_by_role("button", name="Resume").click()
    expect(tab.locator("tbody tr").first).not_to_have_text(first, timeout=5_000)


def test_reader_without_a_session_is_led_to_sign_in_and_back(tab: Tab, console: stand_in.StandIn) -> None:
    console.is_signed_in = False
    tab.goto("/tokens?state=active")
    tab.wait_for_url("**/sign-in?next=%2Ftokens%3Fstate%3Dactive")


def test_provider_is_added_and_tested_at_once(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/providers/new")
    tab.get_by_role("combobox", name="Kind").click()
    tab.get_by_role("option", name="Groq").click()
    tab.get_by_label("Key", exact=False).first.fill("gsk_example")
    tab.get_by_role("button", name="Add and test").click()
    expect(tab.get_by_text("Works,")).to_be_visible()
    assert console.posted[0][1]["credential"] == "gsk_example"


def test_stale_badge_appears_when_live_events_drop(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/")
    badge = tab.locator(".live")
    expect(badge).to_have_attribute("data-state", "live")
    console.is_live_broken = True
    expect(badge).to_have_attribute("data-state", "stale", timeout=10_000)
    console.is_live_broken = False
    expect(badge).to_have_attribute("data-state", "live", timeout=15_000)


def test_upstreams_say_what_they_are_doing_now(tab: Tab) -> None:
    tab.goto("/")
    rows = tab.get_by_role("region", name="Upstreams").get_by_role("row")
    groq = rows.filter(has_text="Groq").get_by_role("cell")
    expect(groq.nth(1)).to_have_text("Resting")
    expect(groq.nth(2)).to_have_text("3")
    expect(groq.nth(1).locator("[title]")).to_have_attribute("title", re.compile("others are tried first until"))
    quiet = rows.filter(has_text="OpenRouter").get_by_role("cell")
    expect(quiet.nth(1)).to_have_text("Active")
    expect(quiet.nth(2)).to_have_text("0")
    expect(tab.locator(".launch").filter(has_text="/orders")).to_contain_text("2 in flight")


def test_home_page_says_what_cached_prompts_saved_and_that_it_is_an_estimate(tab: Tab) -> None:
    tab.goto("/")
    figure = tab.get_by_role("region", name="Figures").locator(".figure").filter(has_text="Saved by cached prompts")
    expect(figure.locator(".figure-value")).to_have_text("$0.1426")
    expect(figure.locator("[title]")).to_have_attribute("title", re.compile("at the prices of now; .* no known price"))


def test_connection_of_a_provider_is_set_in_the_form(tab: Tab, console: stand_in.StandIn) -> None:
    tab.goto("/providers/new")
    tab.get_by_role("combobox", name="Kind").click()
    tab.get_by_role("option", name="Any OpenAI-compatible server").click()
    tab.get_by_label("Base URL").fill("https://rack.example/v1")
    tab.get_by_text("Connection: deadlines").click()
    for name in ("Connect, seconds", "First byte, seconds", "Idle, seconds", "In all, seconds"):
        expect(tab.get_by_label(name)).to_have_value(USUAL[name])
    tab.get_by_label("First byte, seconds").fill("30")
    tab.get_by_label("Headers").fill("X-Team search")
    expect(tab.get_by_text("is not Name: value")).to_be_visible()
    expect(tab.get_by_role("button", name="Add and test")).to_be_disabled()
    tab.get_by_label("Headers").fill("X-Team: search: all\nX-Cost-Centre:7")
    tab.get_by_label("Private authority").fill("/etc/tollway/ca.pem")
    tab.get_by_label("Outgoing proxy").fill("http://proxy.example:3128")
    tab.get_by_label("Its login").fill("env:PROXY_LOGIN")
    tab.get_by_role("button", name="Add and test").click()
    expect(tab.get_by_text("Works,")).to_be_visible()
    wish = console.posted[0][1]
    assert wish["timeouts"] == {**objects.TIMEOUTS, "first_byte_seconds": 30}
    assert wish["headers"] == {"X-Team": "search: all", "X-Cost-Centre": "7"}
    assert (wish["ca_file"], wish["proxy_url"]) == ("/etc/tollway/ca.pem", "http://proxy.example:3128")
    assert wish["proxy_credential"] == "env:PROXY_LOGIN"


def test_what_was_not_touched_in_the_connection_is_not_sent(tab: Tab, console: stand_in.StandIn) -> None:
    made = {"id": "prov_x", "name": "Rack 5", "headers": ["X-Team"], "proxy_credential": "…"}
    console.created["providers"].append({**console.all_providers()[0], **made})
    tab.goto("/providers/prov_x/edit")
    expect(tab.get_by_text("Sent with every call: X-Team.")).to_be_visible()
    tab.get_by_label("Name").fill("Rack 6")
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url("**/providers/prov_x")
    wish = console.posted[0][1]
    assert wish["name"] == "Rack 6"
    assert not wish.keys() & {"timeouts", "headers", "ca_file", "proxy_url", "proxy_credential"}
    tab.goto("/providers/prov_x/edit")
    tab.get_by_role("button", name="Replace them").click()
    tab.get_by_label("Headers").fill("X-Team: ops")
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url("**/providers/prov_x")
    assert console.posted[1][1]["headers"] == {"X-Team": "ops"}


@pytest.mark.parametrize(
    ("path", "is_dialog"),
    [
        ("/providers/prov_openai/edit", False),
        ("/services/svc_orders/edit", False),
        ("/tokens/4tKq9XbLm2Pz", True),
        ("/applications/app_shop", True),
    ],
)
def test_change_that_somebody_else_overtook_is_refused(
    tab: Tab, console: stand_in.StandIn, path: str, *, is_dialog: bool
) -> None:
    """Two people edit the same object: the second to save does not undo the first."""
    tab.goto(path)
    pages.settle(tab)
    if is_dialog:
        tab.get_by_role("button", name=re.compile("^Edit")).first.click()
    console.version += 1
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    assert console.posted == []
    tab.reload()
    pages.settle(tab)
    if is_dialog:
        tab.get_by_role("button", name=re.compile("^Edit")).first.click()
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator(".toast").filter(has_text="Saved")).to_be_visible()
    assert [what.partition(" ")[0] for what, _ in console.posted] == ["PATCH"]


def test_provider_page_says_which_key_rests(tab: Tab) -> None:
    tab.goto("/providers/prov_groq")
    expect(tab.locator("h1")).to_contain_text("Resting")
    expect(tab.get_by_role("listitem").filter(has_text="…k9Qz")).to_contain_text("Resting")
    tab.goto("/providers")
    expect(tab.get_by_role("row").filter(has_text="Groq")).to_contain_text("Resting")
    expect(tab.get_by_role("row").filter(has_text="OpenRouter")).to_contain_text("Active")


def test_home_page_tells_what_was_changed_lately_and_by_whom(tab: Tab) -> None:
    tab.goto("/")
    acts = tab.get_by_role("list", name="Latest changes").get_by_role("listitem")
    expect(acts.filter(has_text="operator changed provider openai")).to_be_visible()
    expect(acts.filter(has_text="operator invited user Jonas Weber")).to_be_visible()
    expect(acts.filter(has_text="Somebody tried to sign in as Kenji Sato refused")).to_be_visible()
    expect(acts.filter(has_text="Mbali Dube tried to create provider")).to_be_visible()
    expect(acts.filter(has_text="Kenji Sato signed in")).to_be_visible()
    expect(acts.get_by_role("link", name="openai")).to_have_attribute("href", re.compile("^/providers/"))
    tab.get_by_role("link", name="All of them").click()
    expect(tab.locator("h1")).to_have_text("Audit")
