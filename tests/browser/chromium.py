"""Finds and starts the system's Chromium for page tests and screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

MISSING = "no Chromium is installed; on Debian or Ubuntu: sudo apt-get install chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """Return the path of an installed Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    return None


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Start it and close it."""
    browser = playwright.chromium.launch(executable_path=find(), args=OPTIONS)
    try:
        yield browser
    finally:
        browser.close()
