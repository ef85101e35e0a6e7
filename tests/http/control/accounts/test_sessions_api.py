"""Where other people are signed in: seen, and ended at once, by who may; never of who may do more."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in


def test_somebody_is_signed_out_where_one_chooses_or_everywhere(console: Console, browser: TestClient) -> None:
    user_id = add_person(console, "eve", "developer")
    first, second, third = (sign_in(console, "eve") for _ in range(3))
    place = f"/api/v1/users/{user_id}/sessions"
    listed = browser.get(place).json()["items"]
    assert len(listed) == 3 and all(item["agent"] == "testclient" for item in listed)
    assert browser.delete(f"{place}/{listed[0]['id']}").status_code == 204
    assert browser.delete(f"{place}/{listed[0]['id']}").status_code == 404
    alive = [client for client in (first, second, third) if client.get("/api/v1/session").status_code == 200]
    assert len(alive) == 2
    assert browser.post(f"{place}/end").json() == {"sessions": 2}
    assert not [client for client in alive if client.get("/api/v1/session").status_code == 200]
    acts = browser.get(f"/api/v1/audit?action=user.sign_out&object_id={user_id}").json()["items"]
    assert [act["after"] for act in acts] == [{"sessions": 2}, {"session_id": listed[0]["id"]}]


def test_nobody_signs_out_who_may_do_more_and_no_session_of_another(console: Console, browser: TestClient) -> None:
    add_person(console, "adam", "admin")
    adam = sign_in(console, "adam")
    owner_id = browser.get("/api/v1/session").json()["user"]["id"]
    place = f"/api/v1/users/{owner_id}/sessions"
    session = adam.get(place).json()["items"][0]
    for answer in (adam.delete(f"{place}/{session['id']}"), adam.post(f"{place}/end")):
        assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")
    other = add_person(console, "eve", "developer")
    assert adam.delete(f"/api/v1/users/{other}/sessions/{session['id']}").status_code == 404
    assert browser.get("/api/v1/session").status_code == 200
