"""Teams over HTTP."""

from starlette.testclient import TestClient

T = "/api/v1/teams"


def test_a_team_is_added_renamed_and_deleted(browser: TestClient) -> None:
    made = browser.post(T, json={"name": "red"})
    assert made.status_code == 201
    path = f"{T}/{made.json()['id']}"
    assert browser.patch(path, json={"name": "blue"}, headers={"if-match": made.headers["etag"]}).status_code == 200
    assert browser.get(path).json()["name"] == "blue"
    assert {team["name"] for team in browser.get(T).json()["items"]} == {"blue", "default"}
    assert browser.delete(path).status_code == 204
    assert browser.get(path).status_code == 404


def test_the_default_team_stays(browser: TestClient) -> None:
    assert browser.delete(f"{T}/team_default").status_code == 409
