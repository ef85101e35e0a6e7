"""Every page of the dashboard, with a way to bring it into the state worth testing and picturing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from life import give_by_link, new_policy, new_rule, rotate
from playwright.sync_api import Page as Tab


def nothing(_tab: Tab) -> None:
    """Leave the page as it loads."""


@dataclass(frozen=True)
class Page:
    """One page or state of a page.

    `is_fresh` asks for an installation before its first provider; `is_another` says that the same page is in the list
    already, of something else.
    """

    name: str
    path: str
    heading: str
    prepare: Callable[[Tab], None] = nothing
    is_fresh: bool = False
    is_another: bool = False

    @property
    def is_variant(self) -> bool:
        """Is it another state of a page that is in the list already?"""
        return (
            self.prepare is not nothing
            or self.is_fresh
            or self.is_another
            or "view=" in self.path
            or "compare=" in self.path
        )


@dataclass
class Deadline:
    """Time left for something outside; each look at it waits a moment."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def is_left(self) -> bool:
        """Wait a moment and say whether any time is left."""
        time.sleep(0.1)
        return time.monotonic() - self.started < self.seconds


def settle(tab: Tab) -> None:
    """Wait until the page has its heading, its data and its fonts."""
    tab.wait_for_selector("h1")
    tab.wait_for_function("() => !document.querySelector('main .skeleton')")
    tab.evaluate("() => document.fonts.ready")
    come_to_rest(tab)


def come_to_rest(tab: Tab) -> None:
    """Wait until nothing moves any more: colours in transition have no contrast worth measuring."""
    tab.evaluate(
        """async () => {
          const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
          await frame();
          const moves = one => one.playState === 'running' && one.effect.getComputedTiming().iterations !== Infinity;
          for (let left = 60; left && document.getAnimations().some(moves); left--) await frame();
          await frame();
        }"""
    )


def open_palette(tab: Tab) -> None:
    """Search for something with several kinds of hits."""
    tab.keyboard.press("Control+k")
    tab.get_by_role("combobox", name="Search").fill("se")
    tab.get_by_role("option", name="old search indexer").wait_for()
    come_to_rest(tab)


def open_key_map(tab: Tab) -> None:
    """Show the keyboard map."""
    tab.keyboard.press("?")
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def open_range(tab: Tab) -> None:
    """Open the time range menu."""
    tab.get_by_role("button", name="Time range").click()
    come_to_rest(tab)


def to_limits(tab: Tab) -> None:
    """Walk the wizard to its step of limits."""
    tab.get_by_role("button", name="A person's own use").click()
    tab.get_by_label("Name").fill("Ana's notebook")
    for _ in range(2):
        tab.get_by_role("button", name="Continue").click()
    come_to_rest(tab)


def to_issued(tab: Tab) -> None:
    """Walk the wizard to its end."""
    to_limits(tab)
    for _ in range(1):
        tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Create token").click()
    tab.get_by_text("It is shown now and never again").wait_for()
    come_to_rest(tab)


def select_rows(tab: Tab) -> None:
    """Choose two tokens."""
    for index in (1, 2):
        tab.get_by_role("checkbox").nth(index).check()
    come_to_rest(tab)


def edit_limits(tab: Tab) -> None:
    """Open the limits of a token."""
    tab.get_by_role("button", name="Edit limits").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def edit_rights(tab: Tab) -> None:
    """Open the rights of a token."""
    tab.get_by_role("button", name="Edit its rights").click()
    tab.get_by_role("dialog").get_by_text("Requests to models").wait_for()
    come_to_rest(tab)


def ask_may(tab: Tab) -> None:
    """Ask whether a token may use a model, and whom networks would have refused."""
    tab.get_by_label("Path", exact=True).fill("/v1/messages")
    tab.get_by_role("button", name="Ask", exact=True).click()
    tab.get_by_label("If only these networks were allowed").fill("10.0.0.0/8")
    tab.get_by_role("button", name="Who would have been blocked?").click()
    tab.get_by_text("198.51.100.23").wait_for()
    come_to_rest(tab)


def edit_plan(tab: Tab) -> None:
    """Open the editor of a plan, with what is seldom needed of its limit."""
    tab.get_by_role("button", name="Edit", exact=True).click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def change_many(tab: Tab) -> None:
    """Ask for a change of many tokens."""
    tab.get_by_role("button", name="Change many…").click()
    tab.get_by_role("dialog").get_by_text("42 tokens").first.wait_for()
    come_to_rest(tab)


def edit_scopes(tab: Tab) -> None:
    """Open what a token may manage."""
    tab.get_by_role("button", name="More acts").click()
    tab.get_by_role("menuitem", name="What it may manage").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def revoke_all(tab: Tab) -> None:
    """Open the question before every token is revoked."""
    tab.get_by_role("button", name="Revoke all…").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def new_group(tab: Tab) -> None:
    """Open the form of a group of models."""
    tab.get_by_role("button", name="New group").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def ask_replace(tab: Tab) -> None:
    """Open the question before a replacement."""
    tab.get_by_role("button", name="More acts").click()
    tab.get_by_role("menuitem", name="Replace").click()
    tab.get_by_role("dialog").get_by_role("button", name="Revoke and replace").wait_for()
    come_to_rest(tab)


def ask_revoke(tab: Tab) -> None:
    """Open the question before a revocation."""
    tab.get_by_role("button", name="More acts").click()
    tab.get_by_role("menuitem", name="Revoke").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def new_application(tab: Tab) -> None:
    """Open the form of a new application."""
    tab.get_by_role("button", name="New application").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def invite_person(tab: Tab) -> None:
    """Open the form of an invitation."""
    tab.get_by_role("button", name="Invite a person").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def deactivate_many(tab: Tab) -> None:
    """Choose three people and see what deactivating them would come to."""
    for name in ("operator", "Ana Ruiz", "Mbali Dube"):
        tab.get_by_role("checkbox", name=f"Select {name}").check()
    tab.get_by_role("button", name="Deactivate…").click()
    tab.get_by_text("it is refused").wait_for()


def ask_deactivate(tab: Tab) -> None:
    """Open the question before a deactivation."""
    tab.get_by_role("button", name="Deactivate").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def open_entry(tab: Tab) -> None:
    """Open what an act changed."""
    tab.get_by_role("button", name="Details of entry").first.click()
    come_to_rest(tab)


def open_event(tab: Tab) -> None:
    """Open the facts of a security event."""
    tab.get_by_role("button", name="Details of Leaked token").first.click()
    come_to_rest(tab)


def new_role(tab: Tab) -> None:
    """Open the form of a role."""
    tab.get_by_role("button", name="New role").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def new_webhook(tab: Tab) -> None:
    """Open the form of a webhook, with single events to choose."""
    tab.get_by_role("button", name="Add a webhook").click()
    tab.get_by_text("Only these", exact=True).click()
    tab.get_by_role("checkbox", name="token.revoked").check()
    come_to_rest(tab)


def edit_mail(tab: Tab) -> None:
    """Open the form of the mail server."""
    tab.get_by_role("button", name="Edit mail").click()
    tab.get_by_role("dialog").wait_for()
    come_to_rest(tab)


def open_delivery(tab: Tab) -> None:
    """Open what was sent and how it went."""
    tab.get_by_role("button", name="Details of msg_1aQ").click()
    tab.get_by_text("shop production").wait_for()
    come_to_rest(tab)


def as_table(tab: Tab) -> None:
    """Show the charts as tables."""
    for radio in tab.locator("main").get_by_text("Table", exact=True).all():
        radio.click()
    come_to_rest(tab)


PAGES = [
    Page("home", "/", "Home"),
    Page("home-24h", "/?range=24h&compare=1", "Home"),
    Page("home-tables", "/", "Home", as_table),
    Page("home-fresh", "/", "Home", is_fresh=True),
    Page("palette", "/", "Home", open_palette),
    Page("key-map", "/", "Home", open_key_map),
    Page("range", "/", "Home", open_range),
    Page("calls", "/calls", "Live calls"),
    Page("calls-history", "/calls?view=history&range=24h&model=gpt-4o", "Live calls"),
    Page("calls-fresh", "/calls", "Live calls", is_fresh=True),
    Page("call", "/calls/req_000000000000000000000042", ""),
    Page("limits", "/limits", "Limits & budgets"),
    Page("limits-fresh", "/limits", "Limits & budgets", is_fresh=True),
    Page("alerts", "/alerts", "Alerts"),
    Page("alerts-all", "/alerts?view=all&state=all", "Alerts"),
    Page("alerts-fresh", "/alerts", "Alerts", is_fresh=True),
    Page("plans", "/plans", "Plans"),
    Page("plans-fresh", "/plans", "Plans", is_fresh=True),
    Page("plan", "/plans/plan_0000000000000001", "interns"),
    Page("plan-edit", "/plans/plan_0000000000000001", "interns", edit_plan),
    Page("tokens-bulk", "/tokens", "Tokens", change_many),
    Page("tokens", "/tokens", "Tokens", select_rows),
    Page("tokens-revoke-all", "/tokens", "Tokens", revoke_all),
    Page("tokens-fresh", "/tokens", "Tokens", is_fresh=True),
    Page("token-new", "/tokens/new", "New token"),
    Page("token-new-limits", "/tokens/new", "New token", to_limits),
    Page("token-issued", "/tokens/new", "", to_issued),
    Page("token", "/tokens/4tKq9XbLm2Pz?range=24h", "shop production"),
    Page("token-rotate", "/tokens/4tKq9XbLm2Pz", "shop production", rotate),
    Page("token-link", "/tokens/4tKq9XbLm2Pz", "shop production", give_by_link),
    Page("token-waiting", "/tokens/c0GyWd5uTaJ3", "nightly reports", is_another=True),
    Page("token-limits", "/tokens/4tKq9XbLm2Pz", "shop production", edit_limits),
    Page("token-rights", "/tokens/4tKq9XbLm2Pz", "shop production", edit_rights),
    Page("token-scopes", "/tokens/R6nBf2kXoV9e", "Ana's laptop", edit_scopes),
    Page("token-may", "/tokens/4tKq9XbLm2Pz", "shop production", ask_may),
    Page("token-revoke", "/tokens/4tKq9XbLm2Pz", "shop production", ask_revoke),
    Page("token-replace", "/tokens/4tKq9XbLm2Pz", "shop production", ask_replace),
    Page("token-revoked", "/tokens/y7PaEi4DqN0b", "old search indexer", is_another=True),
    Page("applications", "/applications", "Applications"),
    Page("applications-new", "/applications", "Applications", new_application),
    Page("application", "/applications/app_shop?range=24h", "Web shop"),
    Page("services", "/services", "Services"),
    Page("services-fresh", "/services", "Services", is_fresh=True),
    Page("service-new", "/services/new", "Add a service"),
    Page("service-edit", "/services/svc_orders/edit", "Edit Orders"),
    Page("service", "/services/svc_orders?range=24h", "Orders"),
    Page("providers", "/providers", "Providers"),
    Page("providers-fresh", "/providers", "Providers", is_fresh=True),
    Page("provider-new", "/providers/new", "Add a provider"),
    Page("provider-edit", "/providers/prov_openai/edit", "Edit OpenAI"),
    Page("provider", "/providers/prov_local?range=24h&test=1", "Rack 4"),
    Page("models", "/models", "Models"),
    Page("model-groups", "/model-groups", "Model groups"),
    Page("model-groups-new", "/model-groups", "Model groups", new_group),
    Page("models-unpriced", "/models?view=unpriced", "Models"),
    Page("usage", "/usage?range=7d", "Usage & cost"),
    Page("people", "/people", "People"),
    Page("people-invite", "/people", "People", invite_person),
    Page("people-many", "/people", "People", deactivate_many),
    Page("person", "/people/user_3", "Mbali Dube"),
    Page("service accounts", "/service-accounts", "Service accounts"),
    Page("service account", "/service-accounts/sva_nightly", "nightly import"),
    Page("person-deactivate", "/people/user_3", "Mbali Dube", ask_deactivate),
    Page("teams", "/teams", "Teams"),
    Page("team", "/teams/team_shop?range=24h", "Web shop"),
    Page("roles", "/roles", "Roles"),
    Page("roles-new", "/roles", "Roles", new_role),
    Page("account", "/account", "Your account"),
    Page("audit", "/audit", "Audit", open_entry),
    Page("rotation", "/rotation", "Rotation"),
    Page("rotation-fresh", "/rotation", "Rotation", is_fresh=True),
    Page("rotation-new", "/rotation", "Rotation", new_policy),
    Page("rotation-rule", "/rotation", "Rotation", new_rule),
    Page("security", "/security", "Security", open_event),
    Page("security-fresh", "/security", "Security", is_fresh=True),
    Page("security-rules", "/security?tab=rules", "Security"),
    Page("security-decoys", "/security?tab=decoys", "Security"),
    Page("webhooks", "/webhooks", "Webhooks"),
    Page("webhooks-fresh", "/webhooks", "Webhooks", is_fresh=True),
    Page("webhooks-new", "/webhooks", "Webhooks", new_webhook),
    Page("webhooks-mail", "/webhooks", "Webhooks", edit_mail),
    Page("webhook", "/webhooks/hook_4tKq9XbLm2PzR7wY", "On-call room"),
    Page("webhook-delivery", "/webhooks/hook_4tKq9XbLm2PzR7wY", "On-call room", open_delivery),
    Page("settings", "/settings", "Settings"),
    Page("not-found", "/nothing-here", "No such page"),
]
