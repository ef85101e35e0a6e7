"""Filters and the history: Back takes a filter away, what is typed leaves no trail, and boxes follow the URL."""

import re

import pages
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

PLAIN = re.compile(r"/audit$")


def test_back_takes_a_filter_away_and_what_was_typed_with_it(tab: Tab) -> None:
    tab.goto("/teams")
    tab.goto("/audit")
    pages.settle(tab)
    box = tab.get_by_label("Search by name, id or request id")
    tab.get_by_text("Refused", exact=True).click()
    expect(tab).to_have_url(re.compile(r"outcome=refused$"))
    box.press_sequentially("team", delay=20)
    expect(tab).to_have_url(re.compile(r"outcome=refused&search=team$"))
    box.press_sequentially("_7", delay=20)
    expect(tab).to_have_url(re.compile(r"search=team_7$"))
    tab.go_back()
    expect(tab).to_have_url(PLAIN)
    expect(box).to_have_value("")
    expect(tab.get_by_role("radio", name="All")).to_be_checked()
    tab.go_forward()
    expect(box).to_have_value("team_7")
    expect(tab.get_by_role("radio", name="Refused")).to_be_checked()
    tab.go_back()
    tab.go_back()
    expect(tab).to_have_url(re.compile(r"/teams$"))


def test_a_filter_set_to_what_it_is_leaves_no_entry_and_a_dialog_that_closes_none(tab: Tab) -> None:
    tab.goto("/audit?outcome=refused")
    pages.settle(tab)
    before = tab.evaluate("history.length")
    tab.get_by_text("Refused", exact=True).first.click()
    tab.goto("/model-groups?new=1")
    tab.get_by_role("dialog").wait_for()
    tab.keyboard.press("Escape")
    expect(tab).to_have_url(re.compile(r"/model-groups\??$"))
    assert tab.evaluate("history.length") == before + 1
