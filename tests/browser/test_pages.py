"""Every page of the dashboard: whole, quiet, its own, accessible, on a desk, on a wall and on a phone.

The pages run under the console's own content security policy: a style or script that it refuses is
a console error here.
"""

import gzip
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import pages
import pytest
import stand_in
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DESK = {"width": 1440, "height": 900}
WALL = {"width": 3840, "height": 2160}
PHONE = {"width": 390, "height": 844}
VIOLATIONS = {"resultTypes": ["violations"]}
Opened = tuple[Tab, list[str]]
"""A page, and what happened in it that should not."""
NON_VARIANTS = [page for page in pages.PAGES if not page.is_variant]
WIDE_TABLES = """() => [...document.querySelectorAll('.table-scroll:has(> .table-cards)')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"""
USUAL = (
    *("home", "calls", "limits", "plan", "tokens", "token", "token-new", "application", "provider", "provider-new"),
    *("models", "usage", "people", "roles", "account", "audit", "security", "webhooks"),
)
"""Of each kind of page one or two: they are looked at in every run, all of them in the slow one."""


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """One window for all pages, as a person has: what they share is fetched and compiled once."""
    context = browser.new_context(viewport=DESK, color_scheme="light", reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest, desk: BrowserContext, busy_origin: str, fresh_origin: str
) -> Iterator[tuple[pages.Page, Tab, list[str]]]:
    """The page in question, loaded once for all the tests that look at it: they run one after the other."""
    page: pages.Page = request.param
    tab, faults = open_page(desk, fresh_origin if page.is_fresh else busy_origin, page)
    yield page, tab, faults
    tab.close()


def open_page(context: BrowserContext, origin: str, page: pages.Page) -> Opened:
    """Open a page and collect everything that should not happen."""
    faults: list[str] = []
    tab = context.new_page()
    tab.on(
        "console",
        lambda message: faults.append(f"console: {message.text}") if message.type in ("error", "warning") else None,
    )
    tab.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    tab.on(
        "request",
        lambda request: None if is_own(request.url, origin) else faults.append(f"left the origin: {request.url}"),
    )
    tab.goto(origin + page.path)
    pages.settle(tab)
    page.prepare(tab)
    return tab, faults


def each(chosen: list[pages.Page], usual: Collection[str] = ()) -> pytest.MarkDecorator:
    """Give `opened` these pages; variants of a page, and all but the `usual` if any are, are for the slow run."""

    def is_slow(page: pages.Page) -> bool:
        return page.is_variant or bool(usual and page.name not in usual)

    values = [pytest.param(page, id=page.name, marks=[pytest.mark.slow] if is_slow(page) else []) for page in chosen]
    return pytest.mark.parametrize("opened", values, indirect=True)


def is_own(url: str, origin: str) -> bool:
    """Does the address belong to the console? Data in the page itself leaves nothing."""
    return url.startswith((origin + "/", "data:", "blob:"))


@each(pages.PAGES, USUAL)
def test_page_is_whole_quiet_accessible_in_light_and_dark_and_fits_wall_and_phone(
    opened: tuple[pages.Page, Tab, list[str]],
) -> None:
    """One load a page: the three looks are three states of the same document."""
    page, tab, faults = opened
    if page.heading:
        assert tab.locator("h1").inner_text().startswith(page.heading)
    assert tab.title().endswith("Tollway")
    assert violations(Axe().run(tab, options=VIOLATIONS).response) == []
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    pages.come_to_rest(tab)
    contrast = {**VIOLATIONS, "runOnly": ["color-contrast"]}
    assert violations(tab.evaluate("options => axe.run(document, options)", contrast)) == []
    for screen in (WALL, PHONE):
        tab.set_viewport_size(screen)
        tab.wait_for_function(f"() => document.documentElement.scrollWidth <= {screen['width']}", timeout=20_000)
    assert tab.evaluate(WIDE_TABLES) == [], "on a phone, rows are cards"
    assert faults == []


@pytest.mark.slow
@each(NON_VARIANTS, ())
def test_page_is_accessible_on_a_phone(opened: tuple[pages.Page, Tab, list[str]]) -> None:
    _page, tab, _faults = opened
    tab.set_viewport_size(PHONE)
    tab.emulate_media(color_scheme="light")
    pages.come_to_rest(tab)
    assert violations(Axe().run(tab, options=VIOLATIONS).response) == []


def test_rows_are_cards_on_a_phone_and_tables_to_who_listens_and_types(browser: Browser, busy_origin: str) -> None:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    tab, faults = open_page(context, busy_origin, next(page for page in pages.PAGES if page.name == "people"))
    row = tab.get_by_role("row").filter(has_text="Mbali Dube")
    cells = row.get_by_role("cell")
    assert cells.count() == tab.get_by_role("columnheader").count() > 5
    name, state = cells.nth(1).bounding_box(), cells.nth(2).bounding_box()
    assert name and state and name["y"] < state["y"] and name["width"] > 200
    label = cells.nth(2).evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label == '"State"' == f'"{tab.get_by_role("columnheader").nth(2).inner_text()}"'
    everybody = tab.get_by_role("checkbox", name="Select all on this page")
    everybody.focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Select operator", "the order is that of the table"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "operator"
    everybody.press("Space")
    assert row.get_by_role("checkbox").is_checked()
    assert violations(Axe().run(tab, options=VIOLATIONS).response) == [] == faults
    context.close()


def violations(response: dict[str, Any]) -> list[str]:
    """Return what axe-core has found: rule and element."""
    return [
        f"{rule['id']}: {node['target']} {node['html'][:150]} {node.get('failureSummary', '')}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]


@each(NON_VARIANTS, ("home", "calls", "token", "token-new", "people", "provider-new"))
def test_every_control_is_reached_by_the_tab_key_and_shows_where_it_is(
    opened: tuple[pages.Page, Tab, list[str]],
) -> None:
    _page, tab, _faults = opened
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(DESK)
    pages.come_to_rest(tab)
    wanted = tab.evaluate(f"{CONTROLS}().length")
    seen: set[int] = set()
    for _ in range(min(wanted, 40)):
        tab.keyboard.press("Tab")
        at, has_ring = tab.evaluate(FOCUSED)
        if at == BODY:  # past the last control, before the first again
            continue
        assert has_ring, f"no focus ring on {tab.evaluate('document.activeElement.outerHTML.slice(0, 120)')}"
        seen.add(at)
    assert len(seen) >= min(wanted, 40) - 2


def test_paths_of_pages_are_those_of_the_navigation(browser: Browser, busy_origin: str) -> None:
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, busy_origin, pages.PAGES[0])
    links = tab.locator("nav[aria-label=Main] a").evaluate_all(
        "links => links.map(link => new URL(link.href).pathname)"
    )
    known = {urlsplit(page.path).path for page in pages.PAGES}
    assert set(links) <= known
    context.close()


def test_print_grows_with_the_screen(browser: Browser, busy_origin: str) -> None:
    """On a wall the page is read from afar: it takes most of the width, in larger print."""
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, busy_origin, pages.PAGES[0])
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    small = tab.evaluate(size)
    tab.set_viewport_size(WALL)
    tab.wait_for_function(f"() => {size} >= 1.3 * {small}", timeout=20_000)
    assert tab.evaluate("document.querySelector('.page').clientWidth") >= 0.65 * WALL["width"]
    context.close()


def test_first_page_needs_at_most_200_kilobytes_of_script(browser: Browser, busy_origin: str) -> None:
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, busy_origin, pages.PAGES[0])
    tab.locator(".u-wrap").first.wait_for()
    names = tab.evaluate("() => performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
    scripts = {stand_in.UI / name.lstrip("/") for name in names if name.endswith(".js")}
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in scripts) <= 200_000
    context.close()


BODY = -1
CONTROLS = """(() => [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
  .filter(item => item.tabIndex >= 0 && !item.disabled && item.checkVisibility({visibilityProperty: true}))
  .filter(item => item.type !== 'radio' || item.checked))"""  # a group of radio buttons is one stop
FOCUSED = """() => {
  const item = document.activeElement;
  const beside = item.nextElementSibling;
  const parts = [item, item.parentElement, beside, beside?.firstElementChild].filter(Boolean);
  const looks = parts.map(part => getComputedStyle(part));
  const isRinged = part => part.outlineStyle !== 'none' && part.outlineWidth !== '0px';
  const has = looks.some(isRinged) || item.matches('input:not([type=checkbox], [type=radio]), textarea');
  return [item === document.body ? -1 : [...document.querySelectorAll('*')].indexOf(item), has];
}"""


@pytest.mark.slow
@pytest.mark.parametrize("page", NON_VARIANTS, ids=lambda page: page.name)
def test_page_says_what_is_wrong_while_the_console_answers_nothing_but_the_session(
    page: pages.Page, browser: Browser, busy_origin: str
) -> None:
    """A page that waits for ever, or is blank, is worse than one that says so."""
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    tab, errors = context.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    problem = '{"title": "The console cannot do this now", "status": 503, "code": "management.unavailable"}'
    tab.route(
        "**/api/v1/**",
        lambda route: (
            route.continue_()
            if urlsplit(route.request.url).path.endswith("/session")
            else route.fulfill(status=503, content_type="application/problem+json", body=problem)
        ),
    )
    tab.goto(busy_origin + page.path)
    tab.wait_for_selector("h1")
    needs_nothing = page.name in ("not-found", "token-new", "service-new", "provider-new")
    if not needs_nothing:
        tab.get_by_role("alert").first.wait_for()
        assert "cannot do this now" in tab.get_by_role("alert").first.inner_text()
    assert not errors
    context.close()
