"""Every page of the dashboard: whole, quiet, its own, accessible, on a desk, on a wall and on a phone.

The pages run under the console's own content security policy: a style or script that it refuses is
a console error here.
"""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pages
import pytest
import stand_in
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

DESK = {"width": 1440, "height": 900}
WALL = {"width": 3840, "height": 2160}
PHONE = {"width": 390, "height": 844}
LOOKED_AT = [
    pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.is_variant else []) for page in pages.PAGES
]
Open = Callable[[BrowserContext, pages.Page], tuple[Tab, list[str]]]


@pytest.fixture
def open_page(busy_origin: str, fresh_origin: str) -> Open:
    """Open a page and collect everything that should not happen."""

    def go(context: BrowserContext, page: pages.Page) -> tuple[Tab, list[str]]:
        origin = fresh_origin if page.is_fresh else busy_origin
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

    return go


def is_own(url: str, origin: str) -> bool:
    """Does the address belong to the console? Data in the page itself leaves nothing."""
    return url.startswith((origin + "/", "data:", "blob:"))


@pytest.mark.parametrize("page", LOOKED_AT)
def test_page_is_whole_quiet_accessible_in_light_and_dark_and_fits_wall_and_phone(
    browser: Browser, open_page: Open, page: pages.Page
) -> None:
    """One load a page: the three looks are three states of the same document."""
    context = browser.new_context(viewport=DESK, color_scheme="light", reduced_motion="reduce")
    tab, faults = open_page(context, page)
    if page.heading:
        assert tab.locator("h1").inner_text().startswith(page.heading)
    assert tab.title().endswith("Tollway")
    assert violations(tab, {}) == []
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    pages.come_to_rest(tab)
    assert violations(tab, {"runOnly": ["color-contrast"]}) == []
    for screen in (WALL, PHONE):
        tab.set_viewport_size(screen)
        tab.wait_for_function(f"() => document.documentElement.scrollWidth <= {screen['width']}", timeout=5_000)
    assert faults == []
    context.close()


def violations(tab: Tab, options: dict[str, object]) -> list[str]:
    """Return what axe-core finds: rule and element."""
    found = Axe().run(tab, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:150]} {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("page", [page for page in pages.PAGES if not page.is_variant], ids=lambda page: page.name)
def test_every_control_is_reached_by_the_tab_key_and_shows_where_it_is(
    browser: Browser, open_page: Open, page: pages.Page
) -> None:
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    tab, _faults = open_page(context, page)
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
    context.close()


def test_paths_of_pages_are_those_of_the_navigation(browser: Browser, open_page: Open) -> None:
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, pages.PAGES[0])
    links = tab.locator("nav[aria-label=Main] a").evaluate_all(
        "links => links.map(link => new URL(link.href).pathname)"
    )
    known = {urlsplit(page.path).path for page in pages.PAGES}
    assert set(links) <= known
    context.close()


def test_print_grows_with_the_screen(browser: Browser, open_page: Open) -> None:
    """On a wall the page is read from afar: it takes most of the width, in larger print."""
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, pages.PAGES[0])
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    small = tab.evaluate(size)
    tab.set_viewport_size(WALL)
    tab.wait_for_function(f"() => {size} >= 1.3 * {small}", timeout=5_000)
    assert tab.evaluate("document.querySelector('.page').clientWidth") >= 0.65 * WALL["width"]
    context.close()


def test_first_page_needs_at_most_200_kilobytes_of_script(browser: Browser, open_page: Open) -> None:
    context = browser.new_context(viewport=DESK)
    tab, _faults = open_page(context, pages.PAGES[0])
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
