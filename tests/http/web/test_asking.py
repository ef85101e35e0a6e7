"""What routes get of the request."""

from starlette.testclient import TestClient

from kit.console import Console


def test_r16_a_cursor_with_a_right_mac_over_hostile_content_is_no_statement(
    browser: TestClient, console: Console
) -> None:
    browser.post("/api/v1/teams", json={"name": "red"})
    cursors = console.services.cursors
    before = browser.get("/api/v1/teams").json()
    for text in ("'; DROP TABLE teams; --", "' OR '1'='1", "\x00", "%", "a" * 200, "\ud7ff"):
        cursor = cursors.write("/api/v1/teams?{}", (2**62, text))
        answer = browser.get("/api/v1/teams", params={"cursor": cursor})
        assert answer.status_code in (200, 422), answer.text
    assert browser.get("/api/v1/teams").json() == before


def test_a_list_names_its_next_page_until_there_is_none(browser: TestClient) -> None:
    browser.post("/api/v1/teams", json={"name": "a"})
    first = browser.get("/api/v1/teams?limit=1").json()
    second = browser.get("/api/v1/teams", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert (first["next_cursor"] is None, second["next_cursor"]) == (False, None)
