"""What routes get of the request."""

from starlette.testclient import TestClient


def test_a_list_names_its_next_page_until_there_is_none(browser: TestClient) -> None:
    browser.post("/api/v1/teams", json={"name": "a"})
    first = browser.get("/api/v1/teams?limit=1").json()
    second = browser.get("/api/v1/teams", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert (first["next_cursor"] is None, second["next_cursor"]) == (False, None)
