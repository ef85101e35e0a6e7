"""One's own account: every place one is signed in is seen and ended, and a new password ends them all."""

from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console
from kit.matrix import add_person, sign_in

A = "/api/v1/account"
NEW = "another quiet bicycle"


def test_every_sign_in_is_listed_with_where_and_what(console: Console, browser: TestClient) -> None:
    other = console.client(peer="192.0.2.7")
    other.post("/api/v1/session", json={"name": NAME, "password": PASSWORD}, headers={"user-agent": "Firefox/140"})
    items = browser.get(f"{A}/sessions").json()["items"]
    assert {(one["address"], one["is_current"]) for one in items} >= {("192.0.2.7", False), ("127.0.0.1", True)}
    assert [one["agent"] for one in items if one["address"] == "192.0.2.7"] == ["Firefox/140"]
    assert sum(one["is_current"] for one in items) == 1


def test_a_session_is_ended_from_elsewhere_by_the_next_request(console: Console, browser: TestClient) -> None:
    other = console.signed_in()
    (found,) = [one for one in other.get(f"{A}/sessions").json()["items"] if one["is_current"]]
    assert browser.delete(f"{A}/sessions/{found['id']}").status_code == 204
    assert other.get(f"{A}/sessions").status_code == 401
    assert browser.delete(f"{A}/sessions/{found['id']}").status_code == 404
    told = browser.get("/api/v1/audit", params={"object_id": found["id"], "outcome": "done"}).json()["items"]
    assert [entry["action"] for entry in told] == ["session.end", "session.begin"]


def test_nobody_ends_a_session_of_somebody_else(console: Console, browser: TestClient) -> None:
    add_person(console, "eve", "owner")
    eve = sign_in(console, "eve")
    own = browser.get(f"{A}/sessions").json()["items"][0]["id"]
    assert eve.delete(f"{A}/sessions/{own}").status_code == 404
    assert own not in {one["id"] for one in eve.get(f"{A}/sessions").json()["items"]}


def test_signing_out_everywhere_else_leaves_this_one(console: Console, browser: TestClient) -> None:
    others = [console.signed_in() for _ in range(3)]
    assert browser.post(f"{A}/sessions/end-others").json()["sessions"] >= 3
    assert {other.get("/api/v1/session").status_code for other in others} == {401}
    assert browser.get("/api/v1/session").status_code == 200
    assert browser.post(f"{A}/sessions/end-others").json() == {"sessions": 0}


def test_a_new_password_ends_every_session_and_begins_a_new_one(console: Console, browser: TestClient) -> None:
    other, before = console.signed_in(), browser.cookies["tollway"]
    answer = browser.post(f"{A}/password", json={"current": PASSWORD, "new": NEW})
    assert answer.status_code == 200 and browser.cookies["tollway"] != before
    browser.headers["x-tollway-csrf"] = answer.json()["csrf"]
    assert browser.post(f"{A}/sessions/end-others").status_code == 200
    assert other.get("/api/v1/session").status_code == 401
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        assert console.client().post("/api/v1/session", json={"name": NAME, "password": password}).status_code == status
    listed = browser.get("/api/v1/audit", params={"action": "user.password"}).json()["items"]
    assert len(listed) == 1 and "bicycle" not in str(listed)


def test_a_password_is_not_guessed_through_a_stolen_session(console: Console, browser: TestClient) -> None:
    """Wrong current passwords count like failed sign-ins, and the session stays what it was."""
    statuses = [browser.post(f"{A}/password", json={"current": f"guess {n}", "new": NEW}).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    assert browser.get("/api/v1/session").status_code == 200
    assert console.client().post("/api/v1/session", json={"name": NAME, "password": PASSWORD}).status_code == 429


def test_a_weak_new_password_is_refused_with_its_place(browser: TestClient) -> None:
    for new in ("short", "password1234", f"{NAME}{NAME}{NAME}{NAME}"):
        answer = browser.post(f"{A}/password", json={"current": PASSWORD, "new": new})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/new")
    assert browser.get("/api/v1/session").status_code == 200


def test_the_command_line_has_no_account(operator: TestClient) -> None:
    assert operator.get(f"{A}/sessions").status_code == 403
