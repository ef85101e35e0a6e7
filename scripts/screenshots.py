"""Pictures of every page of the dashboard: light, dark, on a phone, on a wall (4K). Whoever changes one looks at them.

`screenshots.py [--out DIR] [--only TEXT] [--origin URL]`; without an origin, of the stand-in with canned answers.
`--real`: of a gateway that is started and seeded for it, with the pages of the sign-in. Each page is then also checked:
no violation that axe-core finds, no error on the browser's console, nothing that scrolls sideways. Exits with 1 for
any.
"""

import argparse
import contextlib
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

import chromium
import pages
import seeded
import stand_in
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage

Looks = dict[str, dict[str, object]]
ROOT = Path(__file__).resolve().parents[1]
LOOKS: Looks = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "wall": {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 2},
}


def main() -> int:
    """Take the pictures; 1 when no Chromium is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    parser.add_argument("--look", choices=list(LOOKS), help="only this look")
    parser.add_argument("--origin", default="", help="a running console, with a session file of --state")
    parser.add_argument("--real", action="store_true", help="of a gateway that is started and seeded for it")
    parser.add_argument("--state", default="", help="Playwright storage state with a session")
    options = parser.parse_args()
    if chromium.find() is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    looks = {name: LOOKS[name] for name in LOOKS if options.look in (None, name)}
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        browser = stack.enter_context(chromium.launched(playwright))
        if options.real:
            return take_real(browser, options, looks)
        if options.origin:
            take(browser, options.origin, options, looks, is_fresh=None)
            return 0
        for is_fresh in (False, True):
            origin = stack.enter_context(stand_in.running(stand_in.StandIn(is_fresh=is_fresh)))
            take(browser, origin, options, looks, is_fresh=is_fresh)
    return 0


def take_real(browser: Browser, options: argparse.Namespace, looks: Looks) -> int:
    """Take and check the pictures of a gateway that is started for it; 1 when a page has a fault."""
    faults: list[str] = []
    with seeded.running(browser) as place:
        origin = place.tollway.console_url
        faults += _take_all(browser, origin, seeded.SET_UP, place.ids, None, options, looks)
        seeded.fill(place)
        state = place.context.storage_state()
        faults += _take_all(browser, origin, seeded.PAGES, place.ids, state, options, looks)
        faults += _take_all(browser, origin, seeded.OUTSIDE, place.ids, None, options, looks)
    for fault in faults:
        print("fault:", fault, file=sys.stderr)
    print(f"{len(faults)} faults")
    return 1 if faults else 0


def _take_all(
    browser: Browser,
    origin: str,
    paths: dict[str, str],
    ids: dict[str, str],
    state: object,
    options: argparse.Namespace,
    looks: Looks,
) -> list[str]:
    found: list[str] = []
    for look, settings in looks.items():
        context = browser.new_context(**settings, reduced_motion="reduce", storage_state=state)  # type: ignore[arg-type]
        for name, path in paths.items():
            if options.only in name:
                target = options.out / f"real-{name}-{look}.png"
                found += [
                    f"{name}, {look}: {fault}" for fault in _take_one(context, origin + path.format(**ids), target)
                ]
        context.close()
    return found


def _take_one(context: BrowserContext, url: str, target: Path) -> list[str]:
    """Take one picture; return what is wrong with the page."""
    tab, faults = context.new_page(), []

    def hear(message: ConsoleMessage) -> None:
        # A page that is refused, such as that of a link that is over, says so with its own status.
        if message.type == "error" and message.location["url"] != url:
            faults.append(f"console: {message.text}")

    tab.on("console", hear)
    tab.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    tab.goto(url)
    pages.settle(tab)
    tab.screenshot(path=target, full_page=True)
    print(target, urlsplit(tab.url).path)
    if tab.locator("h1").first.inner_text() == "No such page":
        faults.append("there is no such page")
    wide, has = tab.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > has:
        faults.append(f"scrolls sideways: {wide} px in {has}")
    for violation in Axe().run(tab).response["violations"]:
        faults.append(f"axe {violation['id']}: {violation['nodes'][0]['html'][:120]}")
    tab.close()
    return faults


def take(
    browser: Browser,
    origin: str,
    options: argparse.Namespace,
    looks: Looks,
    *,
    is_fresh: bool | None,
) -> None:
    """Take the pictures of all pages of one origin."""
    for page in pages.PAGES:
        if options.only not in page.name or (is_fresh is not None and page.is_fresh != is_fresh):
            continue
        for look, settings in looks.items():
            context = browser.new_context(**settings, storage_state=options.state or None)  # type: ignore[arg-type]
            tab = context.new_page()
            tab.on(
                "console",
                lambda message: print("console:", message.type, message.text) if message.type == "error" else None,
            )
            tab.on("pageerror", lambda error: print("page error:", error))
            tab.goto(origin + page.path)
            pages.settle(tab)
            page.prepare(tab)
            path = options.out / f"{page.name}-{look}.png"
            tab.screenshot(path=path, full_page=True)
            print(path, urlsplit(tab.url).path)
            context.close()


if __name__ == "__main__":
    sys.exit(main())
