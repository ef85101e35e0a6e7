"""Acts on several people over HTTP: each as if asked alone, refusals listed, previews that change nothing, undo."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in
from tollway.control.audit.model import Wanted

U = "/api/v1/users"


def invite(browser: TestClient, name: str, role: str = "viewer", **more: object) -> str:
    made: str = browser.post(U, json={"name": name, "role": role, **more}).json()["user"]["id"]
    return made


def outcomes(answer: dict[str, object]) -> dict[str, str]:
    return {item["name"] or item["id"]: item["outcome"] for item in answer["items"]}


def test_roles_are_given_to_many_and_given_back(browser: TestClient, console: Console) -> None:
    eve, bob = invite(browser, "eve"), invite(browser, "bob", "auditor")
    act = {"kind": "set_role", "role": "auditor", "ids": [eve, bob, "user_none"]}
    preview = browser.post(f"{U}/acts/preview", json=act).json()
    assert outcomes(preview) == {"eve": "done", "bob": "nothing_to_do", "user_none": "refused"}
    assert browser.get(f"{U}/{eve}").json()["role"] == "viewer", "a preview changes nothing"
    assert console.plane.audit.page(Wanted(action="user.change")) == ()
    done = browser.post(f"{U}/acts", json=act).json()
    assert (done["done"], done["nothing_to_do"], done["refused"]) == (1, 1, 1)
    assert done["items"][2]["detail"] == "There is no such person."
    assert browser.get(f"{U}/{eve}").json()["role"] == "auditor"
    assert done["undo"] == [{"kind": "set_role", "role": "viewer", "ids": [eve]}]
    (undo,) = done["undo"]
    assert browser.post(f"{U}/acts", json=undo).json()["done"] == 1
    assert browser.get(f"{U}/{eve}").json()["role"] == "viewer"
    (refused,) = console.plane.audit.page(Wanted(outcome="refused"))
    assert (refused.action, refused.object_id, refused.code) == ("user.set_role", "user_none", "management.not_found")


def test_all_that_match_a_filter_are_found_to_be_acted_on(browser: TestClient) -> None:
    eve, bob, ann = invite(browser, "eve"), invite(browser, "bob", "auditor"), invite(browser, "ann", "auditor")
    matching = f"{U}/acts/matching"
    found = browser.get(matching, params={"role": "auditor"}).json()
    assert (sorted(found["ids"]), found["has_more"]) == (sorted([ann, bob]), False)
    assert browser.get(matching, params={"state": "invited", "search": "e"}).json()["ids"] == [eve]
    assert len(browser.get(matching).json()["ids"]) == 4, "with who invited them"
    assert browser.get(matching, params={"limit": 1}).status_code == 422, "it is no page"


def test_deactivation_ends_sessions_and_tokens_of_all_but_oneself(browser: TestClient, console: Console) -> None:
    me = browser.get("/api/v1/session").json()["user"]["id"]
    gone = [add_person(console, name, role="developer") for name in ("eve", "bob")]
    eve = sign_in(console, "eve")
    eve.post("/api/v1/tokens", json={"name": "mine"})
    act = {"kind": "deactivate", "ids": [*gone, me]}
    assert browser.post(f"{U}/acts/preview", json=act).json()["done"] == 2
    assert eve.get("/api/v1/tokens").status_code == 200, "nobody is signed out by a preview"
    done = browser.post(f"{U}/acts", json=act).json()
    assert outcomes(done) == {"eve": "done", "bob": "done", "ada": "refused"}
    assert (done["items"][0]["sessions"], done["items"][0]["tokens"], done["undo"]) == (1, 1, [])
    assert eve.get("/api/v1/tokens").status_code == 401
    again = browser.post(f"{U}/acts", json={"kind": "reactivate", "ids": gone}).json()
    assert (again["done"], browser.get(f"{U}/{gone[0]}").json()["state"]) == (2, "active")


def test_only_who_was_invited_is_invited_again_and_previews_make_no_link(browser: TestClient, console: Console) -> None:
    invited, active = invite(browser, "eve"), add_person(console, "bob", role="viewer")
    act = {"kind": "invite_again", "ids": [invited, active]}
    preview = browser.post(f"{U}/acts/preview", json=act).json()
    assert [item["link"] for item in preview["items"]] == [None, None]
    answer = browser.post(f"{U}/acts", json=act)
    assert answer.headers["cache-control"] == "no-store"
    assert outcomes(answer.json()) == {"eve": "done", "bob": "refused"}
    assert "/welcome?token=" in answer.json()["items"][0]["link"]["url"]


def test_nobody_gives_many_what_they_may_not_give_one(browser: TestClient, console: Console) -> None:
    boss, eve = add_person(console, "boss", role="owner"), invite(browser, "eve")
    rights = [{"permission": name, "reach": "all"} for name in ("users.read", "users.write")]
    role = browser.post("/api/v1/roles", json={"name": "clerk", "rights": rights}).json()["id"]
    add_person(console, "clerk", role=role)
    clerk = sign_in(console, "clerk")
    act = {"kind": "set_role", "role": "admin", "ids": [boss, eve]}
    for path in (f"{U}/acts/preview", f"{U}/acts"):
        answer = clerk.post(path, json=act).json()
        assert {item["code"] for item in answer["items"]} == {"management.forbidden"}
    assert browser.get(f"{U}/{boss}").json()["role"] == "owner"


def test_people_join_and_leave_a_team_together(browser: TestClient) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    eve, bob = invite(browser, "eve", team_ids=[team]), invite(browser, "bob")
    path, act = f"/api/v1/teams/{team}/members/acts", {"kind": "join", "ids": [eve, bob]}
    assert outcomes(browser.post(f"{path}/preview", json=act).json()) == {"eve": "refused", "bob": "done"}
    done = browser.post(path, json=act).json()
    assert (done["done"], done["refused"], done["undo"]) == (1, 1, [{"kind": "leave", "ids": [bob]}])
    assert browser.post(path, json=done["undo"][0]).json()["done"] == 1
    names = [one["name"] for one in browser.get(f"/api/v1/teams/{team}/members").json()["items"]]
    assert names == ["eve"], "who was in the team before is in it still"
    assert browser.post("/api/v1/teams/team_none/members/acts", json=act).status_code == 404


@pytest.mark.parametrize("body", [{"kind": "set_role", "ids": ["u"]}, {"kind": "deactivate", "ids": []},
                                  {"kind": "deactivate", "ids": ["u"] * 101}])  # fmt: skip
def test_an_act_that_says_too_little_or_is_about_too_many_is_refused_whole(browser: TestClient, body: object) -> None:
    assert browser.post(f"{U}/acts", json=body).status_code == 422
