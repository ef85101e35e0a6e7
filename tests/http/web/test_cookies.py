"""The session cookie's name and bounds."""

from kit.console import Console


def test_a_cookie_too_long_to_be_a_session_is_not_looked_up(console: Console) -> None:
    client = console.client()
    client.cookies.set("tollway", "A" * 65)
    assert client.get("/api/v1/session").status_code == 401


def test_signing_out_takes_the_cookie_away(console: Console) -> None:
    browser = console.signed_in()
    cookie = browser.delete("/api/v1/session").headers["set-cookie"]
    assert cookie.startswith('tollway=""') and "Max-Age=0" in cookie and "HttpOnly" in cookie
