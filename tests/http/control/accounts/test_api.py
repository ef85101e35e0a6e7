"""People over HTTP: from the invitation to the end, and what each step means for sessions and tokens."""

from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console
from kit.control import ACTOR
from kit.factors import add_app, add_passkey
from kit.matrix import add_person, sign_in
from tollway.control.access.model import Permission, Reach
from tollway.control.actor import Actor
from tollway.control.tokens.model import NewToken

U = "/api/v1/users"


def invite(browser: TestClient, name: str = "eve", role: str = "developer", **more: object) -> tuple[str, str]:
    """Return the id of who was invited, and the token of the link."""
    answer = browser.post(U, json={"name": name, "role": role, **more})
    assert answer.status_code == 201, answer.text
    url = urlsplit(answer.json()["link"]["url"])
    assert url.path == "/welcome"
    return answer.json()["user"]["id"], parse_qs(url.query)["token"][0]


def test_who_is_invited_chooses_a_password_and_is_signed_in(browser: TestClient, console: Console) -> None:
    user_id, link = invite(browser)
    assert browser.get(f"{U}/{user_id}").json()["state"] == "invited"
    newcomer = console.client()
    answer = newcomer.post("/api/v1/welcome", json={"link_token": link, "password": PASSWORD})
    assert answer.status_code == 200
    session = newcomer.get("/api/v1/session").json()
    assert session["user"] == {"id": user_id, "name": "eve", "role": "developer", "role_name": "Developer"}
    assert {"permission": "tokens.write", "reach": "own"} in session["rights"]
    shown = browser.get(f"{U}/{user_id}").json()
    assert (shown["state"], shown["signed_in_at"] is None) == ("active", False)
    again = console.client().post("/api/v1/welcome", json={"link_token": link, "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (403, "management.user_link")


def test_a_link_is_shown_once_and_never_repeated(browser: TestClient) -> None:
    body, key = {"name": "eve", "role": "viewer"}, {"idempotency-key": "k1"}
    first = browser.post(U, json=body, headers=key)
    assert first.status_code == 201 and first.headers["cache-control"] == "no-store"
    second = browser.post(U, json=body, headers=key)
    assert second.status_code == 409 and "welcome" not in second.text


def test_a_weak_password_leaves_the_link_as_it_was(browser: TestClient, console: Console) -> None:
    _, link = invite(browser)
    client = console.client()
    assert client.post("/api/v1/welcome", json={"link_token": link, "password": "short"}).status_code == 422
    assert client.post("/api/v1/welcome", json={"link_token": link, "password": PASSWORD}).status_code == 200


def test_a_link_ends_after_its_time(browser: TestClient, console: Console) -> None:
    _, link = invite(browser)
    console.clock.advance(7 * 86_400)
    body = {"link_token": link, "password": PASSWORD}
    assert console.client().post("/api/v1/welcome", json=body).status_code == 403


def test_nobody_signs_in_before_the_link_was_used(browser: TestClient, console: Console) -> None:
    invite(browser)
    unknown = console.client().post("/api/v1/session", json={"name": "nobody", "password": ""})
    for password in ("", "x", PASSWORD):
        answer = console.client().post("/api/v1/session", json={"name": "eve", "password": password})
        assert answer.status_code == (422 if not password else 401)
    assert unknown.status_code == 422


def test_a_reset_ends_every_other_session(browser: TestClient, console: Console) -> None:
    user_id = add_person(console, "eve", "viewer")
    before = sign_in(console, "eve")
    made = browser.post(f"{U}/{user_id}/link")
    assert (made.status_code, made.json()["purpose"]) == (201, "reset")
    assert before.get("/api/v1/session").status_code == 200, "making a link ends nothing yet"
    link = made.json()["url"].partition("token=")[2]
    after = console.client()
    new = "another quiet bicycle"
    assert after.post("/api/v1/welcome", json={"link_token": link, "password": new}).status_code == 200
    assert before.get("/api/v1/session").status_code == 401
    assert after.get("/api/v1/session").status_code == 200
    old = console.client().post("/api/v1/session", json={"name": "eve", "password": PASSWORD})
    assert old.status_code == 401


@pytest.mark.parametrize("end", ["deactivate", "delete"])
def test_sessions_and_own_tokens_end_by_the_next_call(browser: TestClient, console: Console, end: str) -> None:
    user_id = add_person(console, "eve", "developer")
    eve = sign_in(console, "eve")
    token = eve.post("/api/v1/tokens", json={"name": "own"}).json()
    assert (token["owner_id"], token["owner_name"]) == (user_id, None) or token["owner_id"] == user_id
    assert browser.get(f"{U}/{user_id}").json()["personal_tokens"] == 1
    answer = browser.post(f"{U}/{user_id}/deactivate") if end == "deactivate" else browser.delete(f"{U}/{user_id}")
    assert (answer.status_code, answer.json()["sessions"], answer.json()["tokens"]) == (200, 1, 1)
    assert eve.get("/api/v1/session").status_code == 401
    assert console.plane.policy.token(token["id"]).state == "revoked"
    assert console.client().post("/api/v1/session", json={"name": "eve", "password": PASSWORD}).status_code == 401


def test_a_role_counts_from_the_next_request(browser: TestClient, console: Console) -> None:
    user_id = add_person(console, "eve", "viewer")
    eve = sign_in(console, "eve")
    assert eve.post("/api/v1/tokens", json={"name": "own"}).status_code == 403
    assert browser.patch(f"{U}/{user_id}", json={"role": "developer"}).json()["role_name"] == "Developer"
    assert eve.post("/api/v1/tokens", json={"name": "own"}).status_code == 201


def test_an_administrator_makes_no_owner_and_touches_none(console: Console, browser: TestClient) -> None:
    add_person(console, "adam", "admin")
    owner_id = browser.get("/api/v1/session").json()["user"]["id"]
    adam = sign_in(console, "adam")
    assert adam.post(U, json={"name": "x", "role": "owner"}).status_code == 403
    for answer in (
        adam.post(f"{U}/{owner_id}/link"),
        adam.post(f"{U}/{owner_id}/deactivate"),
        adam.delete(f"{U}/{owner_id}"),
        adam.patch(f"{U}/{owner_id}", json={"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")
        assert "installation.own" in answer.json()["detail"]


def test_the_last_owner_stays(browser: TestClient, operator: TestClient) -> None:
    owner_id = browser.get("/api/v1/session").json()["user"]["id"]
    assert operator.delete(f"{U}/{owner_id}").json()["detail"].startswith("This is the last owner")


def test_tokens_change_hands(browser: TestClient, console: Console) -> None:
    ada, eve = (add_person(console, name, "developer") for name in ("ada2", "eve"))
    token_id = sign_in(console, "ada2").post("/api/v1/tokens", json={"name": "own"}).json()["id"]
    assert browser.post(f"{U}/{ada}/hand-over", json={"to_user_id": eve}).json() == {"tokens": 1}
    assert browser.get(f"/api/v1/tokens/{token_id}").json()["owner_name"] == "eve"
    listed = browser.get("/api/v1/tokens", params={"owner_id": eve}).json()["items"]
    assert [token["id"] for token in listed] == [token_id]


def test_people_are_listed_with_filters_and_pages(browser: TestClient, console: Console) -> None:
    team = console.plane.teams.create("red", console_actor())
    for name in ("eve", "eva", "bob"):
        invite(browser, name, team_ids=[team.id])
    console.clock.advance(1)
    found = browser.get(U, params={"search": "EV", "state": "invited", "team_id": team.id}).json()["items"]
    assert {person["name"] for person in found} == {"eve", "eva"}
    assert found[0]["teams"] == [{"id": team.id, "name": "red"}]
    first = browser.get(U, params={"limit": 3}).json()
    rest = browser.get(U, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert {person["name"] for person in first["items"] + rest["items"]} == {"eve", "eva", "bob", NAME}


def test_the_form_of_a_link_says_whom_it_is_for(browser: TestClient, console: Console) -> None:
    _, link = invite(browser, "eve <b>")
    client = console.client()
    page = client.get("/welcome", params={"token": link})
    assert page.status_code == 200 and "Welcome, eve &lt;b&gt;" in page.text
    weak = client.post("/welcome", data={"link_token": link, "password": "short"})
    assert weak.status_code == 422 and 'role="alert"' in weak.text
    done = client.post("/welcome", data={"link_token": link, "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert client.get("/api/v1/session").status_code == 200
    for used in (client.get("/welcome", params={"token": link}), client.post("/welcome", data={"link_token": link})):
        assert used.status_code == 403 and "no longer works" in used.text


def console_actor():
    from kit.control import ACTOR

    return ACTOR


def test_an_administrator_takes_lost_factors_away_from_who_may_do_less(console: Console, browser: TestClient) -> None:
    add_person(console, "eve", "developer")
    eve = sign_in(console, "eve")
    user_id = eve.get("/api/v1/session").json()["user"]["id"]
    add_app(console, eve)
    add_passkey(eve)
    assert browser.get(f"/api/v1/users/{user_id}").json()["second_factors"] == ["passkey", "totp"]
    done = browser.post(f"/api/v1/users/{user_id}/reset-factors").json()
    assert (done["factors"], done["sessions"], done["user"]["second_factors"]) == (2, 1, [])
    assert eve.get("/api/v1/session").status_code == 401
    assert console.client().post("/api/v1/session", json={"name": "eve", "password": PASSWORD}).status_code == 200
    (entry,) = browser.get("/api/v1/audit", params={"action": "user.reset_factors"}).json()["items"]
    assert entry["after"] == {"factors": 2, "sessions": 1}


@pytest.mark.parametrize(
    ("actor", "person", "status"),
    [("admin", "developer", 200), ("admin", "admin", 403), ("admin", "owner", 403), ("owner", "owner", 403)],
)
def test_r20_nobody_resets_the_factors_of_an_equal_or_higher_role(
    console: Console, actor: str, person: str, status: int
) -> None:
    person_id = add_person(console, "person", person)
    add_person(console, "actor", actor)
    assert sign_in(console, "actor").post(f"/api/v1/users/{person_id}/reset-factors").status_code == status
    assert console.operator().post(f"/api/v1/users/{person_id}/reset-factors").status_code == 200


def test_nobody_resets_their_own_factors_this_way(browser: TestClient) -> None:
    user_id = browser.get("/api/v1/session").json()["user"]["id"]
    assert browser.post(f"/api/v1/users/{user_id}/reset-factors").status_code == 403


def test_factors_go_with_a_deleted_account(console: Console, browser: TestClient) -> None:
    user_id = add_person(console, "eve", "developer")
    add_app(console, sign_in(console, "eve"))
    assert browser.delete(f"/api/v1/users/{user_id}").status_code == 200
    assert console.factor_store.find_app(user_id) is None


def test_a_token_that_may_change_people_invites_them_with_no_more_than_it_has(console: Console) -> None:
    plane = console.plane
    scopes = {Permission.USERS_WRITE: Reach.ALL, Permission.SERVICES_READ: Reach.TEAM}
    role = plane.roles.create("narrow", "", {Permission.SERVICES_READ: Reach.TEAM}, ACTOR).id
    boss = plane.account_store.find_named(NAME)
    assert boss is not None
    client = console.client_by(plane.tokens.issue(NewToken("hr", scopes=scopes), Actor(boss.id, "user")).secret)
    assert client.post(U, json={"name": "eve", "role": role}).status_code == 201
    giving = plane.roles.create("giving", "", {Permission.USERS_WRITE: Reach.ALL}, ACTOR).id
    for beyond in ("developer", giving):  # who may give tokens away gives more calls than the token can
        refused = client.post(U, json={"name": "mallory", "role": beyond})
        assert (refused.status_code, refused.json()["code"]) == (403, "management.forbidden")
    mate = add_person(console, "mate", role)
    assert client.post(f"{U}/{mate}/deactivate").status_code == 200
    assert client.post(f"{U}/{boss.id}/deactivate").status_code == 403
