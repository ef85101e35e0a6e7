"""Who is in a team, over HTTP: what joining and leaving changes at the next request."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in


def test_who_joins_sees_the_teams_rows_and_who_leaves_does_not(browser: TestClient, console: Console) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    shop = browser.post("/api/v1/applications", json={"name": "shop", "team_id": team}).json()["id"]
    user_id = add_person(console, "eve", "viewer")
    eve = sign_in(console, "eve")
    members = f"/api/v1/teams/{team}/members"
    assert eve.get(f"/api/v1/applications/{shop}").status_code == 404
    assert browser.put(f"{members}/{user_id}").status_code == 204
    assert eve.get(f"/api/v1/applications/{shop}").status_code == 200
    (member,) = eve.get(members).json()["items"]
    assert [member[name] for name in ("user_id", "name", "role", "role_name")] == [user_id, "eve", "viewer", "Viewer"]
    assert browser.delete(f"{members}/{user_id}").status_code == 204
    assert eve.get(f"/api/v1/applications/{shop}").status_code == 404
    assert eve.get(members).status_code == 404


def test_who_runs_a_team_adds_to_it_and_to_no_other(browser: TestClient, console: Console) -> None:
    red, blue = (browser.post("/api/v1/teams", json={"name": name}).json()["id"] for name in ("red", "blue"))
    add_person(console, "lead", "api_owner", (red,))
    user_id = add_person(console, "eve", "viewer")
    lead = sign_in(console, "lead")
    assert lead.put(f"/api/v1/teams/{red}/members/{user_id}").status_code == 204
    assert lead.put(f"/api/v1/teams/{blue}/members/{user_id}").status_code == 404
    made = lead.post("/api/v1/applications", json={"name": "shop"})
    assert (made.status_code, made.json()["team_id"]) == (201, red), "the only team they see"
    assert lead.post("/api/v1/applications", json={"name": "x", "team_id": blue}).status_code == 422
