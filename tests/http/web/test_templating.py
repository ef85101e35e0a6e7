"""Values on pages are text, never HTML."""

import pytest
from jinja2 import UndefinedError

from tollway.web.templating import render, render_form, render_message


def test_values_are_escaped_and_pages_are_not_cached() -> None:
    page = render_message("<b>", "<script>alert(1)</script>")
    assert b"<script" not in page.body and b"<b>" not in page.body
    assert page.headers["cache-control"] == "no-store"


def test_a_value_that_is_missing_is_a_mistake() -> None:
    with pytest.raises(UndefinedError):
        render("sign_in.html")
    page = render_form("sign_in.html", fault="", name="", next="/", passkey_origin="")
    assert page.headers["referrer-policy"] == "same-origin"
