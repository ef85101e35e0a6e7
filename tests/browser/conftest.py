"""A Chromium and a stand-in console a file of page tests; without a Chromium they are skipped with the reason.

Not one a session: Playwright's event loop runs in the test's own thread for as long as it is open, and the tests of
other folders, which the same worker may run next, could not start theirs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

sys.path.insert(0, str(Path(__file__).resolve().parent))

import chromium
import stand_in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if chromium.find() is None:
        pytest.skip(chromium.MISSING)
    if not (stand_in.UI / "index.html").is_file():
        pytest.skip("the dashboard is not built: python scripts/build_ui.py")
    with sync_playwright() as playwright, chromium.launched(playwright) as started:
        yield started


@pytest.fixture(scope="module")
def busy_origin(browser: Browser) -> Iterator[str]:
    """A console with history."""
    with stand_in.running(stand_in.StandIn()) as origin:
        yield origin


@pytest.fixture(scope="module")
def fresh_origin(browser: Browser) -> Iterator[str]:
    """A console before its first provider."""
    with stand_in.running(stand_in.StandIn(is_fresh=True)) as origin:
        yield origin


@pytest.fixture
def console() -> stand_in.StandIn:
    """A console of this test alone."""
    return stand_in.StandIn()


@pytest.fixture
def tab(browser: Browser, console: stand_in.StandIn) -> Iterator[Tab]:
    """A page of it."""
    with stand_in.running(console) as origin:
        context = browser.new_context(base_url=origin, reduced_motion="reduce")
        yield context.new_page()
        context.close()
