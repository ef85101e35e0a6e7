"""Pictures of every page of the dashboard: light, dark, on a phone, on a wall (4K). Whoever changes one looks at them.

`screenshots.py [--out DIR] [--only TEXT] [--origin URL]`; without an origin, of the stand-in with canned answers.
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
import stand_in

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
    parser.add_argument("--state", default="", help="Playwright storage state with a session")
    options = parser.parse_args()
    if chromium.find() is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    looks = {name: LOOKS[name] for name in LOOKS if options.look in (None, name)}
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        browser = stack.enter_context(chromium.launched(playwright))
        if options.origin:
            take(browser, options.origin, options, looks, is_fresh=None)
            return 0
        for is_fresh in (False, True):
            origin = stack.enter_context(stand_in.running(stand_in.StandIn(is_fresh=is_fresh)))
            take(browser, origin, options, looks, is_fresh=is_fresh)
    return 0


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
