"""The pages on the real console: set up, issue a token in the wizard, call the sandbox, see it arrive.

One gateway for the whole file, with its built-in sandbox; nothing leaves the machine.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pages
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

READY = re.compile(r"ready (\S+) (\S+)\n")
SET_UP = re.compile(r"/setup(?:#|\?token=)(\S+)")


@dataclass(frozen=True)
class Running:
    """A gateway that answers, and the browser that set it up and is signed in."""

    gateway: str
    console: str
    context: BrowserContext


@pytest.fixture(scope="module")
def running(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start Tollway on free ports and set it up through its own page."""
    folder = tmp_path_factory.mktemp("gateway")
    output = folder / "output"
    addresses = ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--workers", "1"]
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tollway", "serve", "--data", str(folder / "data"), *addresses],
            stdout=sink,
            stderr=sink,
        )
    try:
        gateway, console, link = wait_until_ready(process, output)
        context = browser.new_context(
            base_url=console, reduced_motion="reduce", viewport={"width": 1440, "height": 900}
        )
        tab = context.new_page()
        tab.goto(f"/setup?token={link}")
        tab.locator("input[name=name]").fill("operator")
        tab.locator("input[name=password]").fill("a long enough password 7")
        tab.locator("button[type=submit]").click()
        expect(tab.locator("h1")).to_have_text("Home", timeout=20_000)
        tab.close()
        yield Running(gateway, console, context)
        context.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_until_ready(process: subprocess.Popen[bytes], output: Path) -> tuple[str, str, str]:
    """Return gateway URL, console URL and set-up token once all are printed; the output is shown when it fails."""
    clock = pages.Deadline(60)
    while clock.is_left():
        text = output.read_text()
        ready, link = READY.search(text), SET_UP.search(text)
        if ready and link:
            return ready[1], ready[2], link[1]
        if process.poll() is not None:
            break
    raise AssertionError(f"the gateway did not start: {output.read_text()}")


def call(gateway: str, token: str) -> dict[str, object]:
    """Make one chat call to the sandbox."""
    body = {"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{gateway}/v1/chat/completions", json.dumps(body).encode(), headers), timeout=20) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def issue(tab: Tab, name: str, *, application: str = "") -> str:
    """Walk the wizard and return the secret."""
    tab.goto("/tokens/new")
    tab.get_by_role("button", name="Blank").click()
    tab.get_by_label("Name").fill(name)
    if application:
        tab.get_by_role("combobox", name="Application").click()
        tab.get_by_role("option", name=application).click()
    for _ in range(3):
        tab.get_by_role("button", name="Continue").click()
    tab.get_by_role("button", name="Create token").click()
    return tab.locator(".secret code").inner_text(timeout=10_000)


def test_first_call_with_a_new_token_turns_the_wizard_green_and_is_on_the_home_page(running: Running) -> None:
    tab = running.context.new_page()
    secret = issue(tab, "first steps")
    expect(tab.get_by_text("Waiting for the first call")).to_be_visible()
    call(running.gateway, secret)
    expect(tab.get_by_text("The first call has arrived.")).to_be_visible(timeout=10_000)
    tab.get_by_role("link", name="See it").click()
    expect(tab.locator("h1")).to_contain_text("sandbox-small")
    expect(tab.get_by_role("table", name="Stages of the call")).to_be_visible()
    tab.goto("/")
    expect(tab.get_by_role("list", name="Latest calls").get_by_text("first steps").first).to_be_visible(timeout=10_000)
    tab.close()


def test_disabled_and_revoked_tokens_are_refused_by_the_next_call(running: Running) -> None:
    tab = running.context.new_page()
    secret = issue(tab, "short-lived")
    tab.get_by_role("link", name="Go to the token").click()
    call(running.gateway, secret)
    tab.get_by_role("button", name="Disable").click()
    expect(tab.locator(".toast").filter(has_text="short-lived disabled")).to_be_visible(timeout=15_000)
    with pytest.raises(OSError, match="403"):
        call(running.gateway, secret)
    tab.get_by_role("button", name="Undo").click()
    expect(tab.locator(".toast").filter(has_text="short-lived enabled")).to_be_visible(timeout=15_000)
    call(running.gateway, secret)
    pages.ask_revoke(tab)
    tab.get_by_role("dialog").get_by_role("textbox").fill("short-lived")
    tab.get_by_role("button", name="Revoke for ever").click()
    expect(tab.get_by_text("Its calls are refused for ever")).to_be_visible(timeout=15_000)
    with pytest.raises(OSError, match="401"):
        call(running.gateway, secret)
    tab.close()


def test_provider_is_added_and_changed_with_its_connection(running: Running) -> None:
    tab = running.context.new_page()
    tab.goto("/providers/new")
    tab.get_by_role("combobox", name="Kind").click()
    tab.get_by_role("option", name="OpenAI-compatible").click()
    tab.get_by_label("Name").fill("rack")
    tab.get_by_label("Base URL").fill("https://rack.example/v1")
    tab.get_by_text("Connection: deadlines").click()
    tab.get_by_label("Connect, seconds").fill("0.5")
    tab.get_by_label("Headers").fill("X-Team: search")
    tab.get_by_label("Outgoing proxy").fill("http://127.0.0.1:1025")
    tab.get_by_role("button", name="Add and test").click()
    expect(tab.locator("h1")).to_contain_text("rack", timeout=15_000)
    tab.get_by_role("link", name="Edit").click()
    expect(tab.get_by_label("Connect, seconds")).to_have_value("0.5")
    expect(tab.get_by_text("Sent with every call: X-Team.")).to_be_visible()
    tab.get_by_label("Outgoing proxy").fill("")
    tab.get_by_label("Idle, seconds").fill("7")
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator(".toast").filter(has_text="Saved")).to_be_visible(timeout=15_000)
    expect(tab.locator("dl").first).to_contain_text("0.5 s connect, 120 s first byte, 7 s idle")
    tab.close()


@pytest.mark.parametrize("path", sorted({page.path for page in pages.PAGES if page.path.count("/") == 1}))
def test_page_is_quiet_on_the_real_console(running: Running, path: str) -> None:
    tab = running.context.new_page()
    faults: list[str] = []
    tab.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(path)
    pages.settle(tab)
    assert tab.locator("[role=alert]").count() == 0, tab.locator("[role=alert]").first.inner_text()
    assert faults == []
    tab.close()


def test_a_one_time_link_shows_a_new_secret_to_a_stranger_once(running: Running, browser: Browser) -> None:
    tab = running.context.new_page()
    issue(tab, "for somebody")
    tab.get_by_role("link", name="Go to the token").click()
    tab.get_by_role("button", name="Give by link").click()
    tab.get_by_role("button", name="Make the link").click()
    link = tab.get_by_role("dialog").locator("code").inner_text()
    stranger = browser.new_context(reduced_motion="reduce")
    page = stranger.new_page()
    told: list[str] = []
    page.on("request", lambda request: told.append(str(request.headers)))
    page.goto(link)
    assert Axe().run(page).violations_count == 0
    assert page.url.endswith("/collect")  # the secret is off the address bar
    page.get_by_role("button", name="Show it now, once").click()
    secret = page.get_by_label("Secret").input_value()
    assert Axe().run(page).violations_count == 0
    assert not any(link.partition("#")[2] in each for each in told)  # in no referrer
    assert call(running.gateway, secret)["object"] == "chat.completion"
    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Show it now, once").click()
    expect(page.locator("h1")).to_have_text("There is nothing to show")
    stranger.close()
    tab.close()
