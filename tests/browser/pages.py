"""Every page of the dashboard, with a way to bring it into the state worth testing and picturing."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page as Tab


def nothing(_tab: Tab) -> None:
    """Leave the page as it loads."""


@dataclass(frozen=True)
class Page:
    """One page or state of a page. `is_fresh` asks for an installation before its first provider."""

    name: str
    path: str
    heading: str
    prepare: Callable[[Tab], None] = nothing
    is_fresh: bool = False


def settle(tab: Tab) -> None:
    """Wait until the page has its heading, its data and its fonts."""
    tab.wait_for_selector("h1")
    tab.wait_for_function("() => !document.querySelector('main .skeleton')")
    tab.evaluate("() => document.fonts.ready")
    tab.wait_for_timeout(250)


PAGES = [
    Page("home", "/", "Home"),
    Page("home-24h", "/?range=24h&compare=1", "Home"),
    Page("home-fresh", "/", "Home", is_fresh=True),
]
