"""The audit log over HTTP: every act that changes something is in it, done or refused, with the id of its request."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from kit.acts import Doer, do_all
from kit.console import PASSWORD, Console
from kit.matrix import add_person, sign_in
from tollway.web.routers import api_routes

A = "/api/v1/audit"
SILENT = {"apply_configuration", "advance_keys", "retire_keys", "advance_token_job"}
"""The acts of the first are those of the objects it changes, each with its own entry. What a step of a change of the
root key does is the program's own act, and a key that people's passwords hang on is not retired; both are shown in
tests/unit/control/keys. A job is in the log where it is started, undone or cancelled; to work on it is the program's
own step.
"""
READING = {
    "look_up_tokens",
    "preview_token_job",
    "preview_people_act",
    "preview_members_act",
    "preview_service_accounts_act",
}
"""They change nothing; they are no GET because of what they are asked with."""


def entries(browser: TestClient, **query: object) -> list[dict[str, object]]:
    return list(browser.get(A, params={"limit": 200, **query}).json()["items"])


def acts(browser: TestClient, operator: TestClient) -> Iterator[tuple[str, str]]:
    """Do every act of the management API once, and yield its operation with its answer."""

    def send(
        client: TestClient, name: str, method: str, path: str, body: object = None
    ) -> tuple[str, dict[str, object]]:
        answer = client.request(method, f"/api/v1{path}", **({} if body is None else {"json": body}))
        assert answer.status_code < 300, f"{name}: {answer.text}"
        done.append((name, answer.headers["x-request-id"]))
        return name, answer.json() if answer.content else {}

    done: list[tuple[str, str]] = []
    _, team = send(browser, "create_team", "POST", "/teams", {"name": "red"})
    send(browser, "change_team", "PATCH", f"/teams/{team['id']}", {"name": "blue"})
    _, invited = send(browser, "invite_user", "POST", "/users", {"name": "eve", "role": "developer"})
    user = invited["user"]["id"]  # type: ignore[index]
    send(browser, "add_member", "PUT", f"/teams/{team['id']}/members/{user}")
    send(browser, "remove_member", "DELETE", f"/teams/{team['id']}/members/{user}")
    send(browser, "change_user", "PATCH", f"/users/{user}", {"role": "viewer"})
    send(browser, "create_user_link", "POST", f"/users/{user}/link")
    owner = browser.get("/api/v1/session").json()["user"]["id"]
    send(browser, "reset_factors", "POST", f"/users/{user}/reset-factors")
    send(browser, "hand_over", "POST", f"/users/{user}/hand-over", {"to_user_id": owner})
    send(browser, "deactivate_user", "POST", f"/users/{user}/deactivate")
    send(browser, "reactivate_user", "POST", f"/users/{user}/reactivate")
    send(browser, "delete_user", "DELETE", f"/users/{user}")
    _, role = send(browser, "create_role", "POST", "/roles", {"name": "r", "rights": []})
    send(browser, "change_role", "PATCH", f"/roles/{role['id']}", {"name": "s"})
    send(browser, "delete_role", "DELETE", f"/roles/{role['id']}")
    _, shop = send(browser, "create_application", "POST", "/applications", {"name": "shop"})
    send(browser, "change_application", "PATCH", f"/applications/{shop['id']}", {"name": "store"})
    _, token = send(browser, "issue_token", "POST", "/tokens", {"name": "ci"})
    send(browser, "change_token", "PATCH", f"/tokens/{token['id']}", {"name": "build"})
    new = {"name": "p", "kind": "openai", "credentials": ["sk-canary-secret"]}
    _, provider = send(browser, "create_provider", "POST", "/providers", new)
    send(browser, "change_provider", "PATCH", f"/providers/{provider['id']}", {"priority": 3})
    send(browser, "test_provider", "POST", f"/providers/{provider['id']}/test")
    _, service = send(
        browser,
        "create_service",
        "POST",
        "/services",
        {"name": "s", "path_prefix": "/s", "base_url": "http://a.example"},
    )
    send(browser, "change_service", "PATCH", f"/services/{service['id']}", {"name": "t"})
    for kind, one in (("application", shop), ("token", token), ("provider", provider), ("service", service)):
        for act in ("disable", "enable"):
            send(browser, f"{act}_{kind}", "POST", f"/{kind}s/{one['id']}/{act}")
    send(browser, "revoke_token", "POST", f"/tokens/{token['id']}/revoke", {"reason": "leaked"})
    for kind, one in (("application", shop), ("provider", provider), ("service", service), ("team", team)):
        send(browser, f"delete_{kind}", "DELETE", f"/{kind}s/{one['id']}")
    acts_of_notices(browser, send)
    send(operator, "rotate_key", "POST", "/keys/rotate")
    send(operator, "create_backup", "POST", "/backup")
    send(operator, "begin_backup", "POST", "/backup/begin")
    # Its entry is written when it is whole.
    while operator.get("/api/v1/backup").json()["state"] == "running":
        time.sleep(0.01)
    yield from done


def acts_of_notices(browser: TestClient, send: Callable[..., tuple[str, dict[str, object]]]) -> None:
    """Do every act with webhooks and mail once."""
    _, hook = send(browser, "create_webhook", "POST", "/webhooks", {"name": "h", "url": "https://hooks.example/"})
    path = f"/webhooks/{hook['id']}"
    send(browser, "change_webhook", "PATCH", path, {"name": "i"})
    send(browser, "replace_webhook_secret", "POST", f"{path}/secret")
    _, delivery = send(browser, "test_webhook", "POST", f"{path}/test")
    send(browser, "resend_delivery", "POST", f"{path}/deliveries/{delivery['id']}/resend")
    for act in ("disable", "enable"):
        send(browser, f"{act}_webhook", "POST", f"{path}/{act}")
    send(browser, "delete_webhook", "DELETE", path)
    server = {"host": "mail.example", "from_address": "tollway@example.com"}
    send(browser, "set_up_mail", "PUT", "/mail", server)
    send(browser, "test_mail", "POST", "/mail/test", {"to": "ada@example.com"})
    send(browser, "remove_mail", "DELETE", "/mail")


def all_entries(browser: TestClient) -> Iterator[dict[str, object]]:
    """Yield the whole log, newest first."""
    cursor: str | None = ""
    while cursor is not None:
        page = browser.get(A, params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
        yield from page["items"]
        cursor = page["next_cursor"]


def test_every_act_leaves_one_entry_with_its_request(
    console: Console, browser: TestClient, operator: TestClient
) -> None:
    doer = Doer(console, browser, dict(acts(browser, operator)))
    do_all(doer)
    done, browser = doer.done, doer.browser
    found = {str(entry["request_id"]): entry for entry in all_entries(browser)}
    assert not [name for name, request_id in done.items() if request_id not in found]
    assert all(found[str(request_id)]["outcome"] == "done" for request_id in done.values())
    changing = {route.name for route in api_routes() if (route.methods or set()) - {"GET"}}
    ways_in = {"sign_in", "sign_in_with_passkey", "finish_sign_in", "set_up", "accept_link", "sign_out"}
    of_oneself = {"end_own_session", "end_other_sessions", "change_own_password", "create_setup_link", "step_up"}
    of_factors = {"begin_totp", "confirm_totp", "remove_totp", "add_passkey", "rename_passkey", "remove_passkey"}
    elsewhere = ways_in | of_oneself | of_factors | {"renew_recovery_codes"}
    challenges = {"ask_passkey", "ask_second_step", "ask_step_up", "ask_new_passkey"}
    assert changing - set(done) - elsewhere - challenges - READING == SILENT, "a new act must be done here once"
    assert "canary" not in json.dumps(list(found.values()))
    assert browser.get(f"{A}/verify").json()["is_whole"] is True


def test_coming_and_going_is_written_and_what_was_typed_is_not(console: Console, browser: TestClient) -> None:
    client = console.client()
    client.post("/api/v1/session", json={"name": "ada", "password": "canary-password"})
    client.post("/api/v1/session", json={"name": "canary-name", "password": "canary-password"})
    user_id = add_person(console, "eve", "viewer")
    eve = sign_in(console, "eve")
    eve.delete("/api/v1/session")
    listed = entries(browser, action="session")
    assert [(entry["action"], entry["outcome"], entry["object_name"]) for entry in listed[:2]] == [
        ("session.end", "done", ""),
        ("session.begin", "done", ""),
    ]
    refused = [entry for entry in listed if entry["outcome"] == "refused"]
    assert [(entry["actor"], entry["object_name"]) for entry in refused] == [("unknown:", ""), ("unknown:", "ada")]
    assert listed[0]["actor"] == f"user:{user_id}"
    assert entries(browser, action="setup")[0]["action"] == "setup.finish"
    assert "canary" not in json.dumps(listed)


def test_an_invitation_and_a_reset_are_told_apart(console: Console, browser: TestClient) -> None:
    link = browser.post("/api/v1/users", json={"name": "eve", "role": "viewer"}).json()["link"]["url"].partition("=")[2]
    console.client().post("/api/v1/welcome", json={"link_token": link, "password": PASSWORD})
    assert entries(browser)[0]["action"] == "user.accept_invite"
    assert link not in json.dumps(entries(browser))


def test_every_refused_act_of_somebody_known_is_written(console: Console, browser: TestClient) -> None:
    user_id = add_person(console, "eve", "viewer")
    eve = sign_in(console, "eve")
    refused = [
        eve.post("/api/v1/tokens", json={"name": "x"}),
        eve.get("/api/v1/users"),
        eve.delete("/api/v1/applications/app_0"),
        browser.post("/api/v1/teams", json={"name": ""}),
        browser.delete("/api/v1/teams/team_none"),
        browser.post("/api/v1/teams", json={"name": "x"}, headers={"x-tollway-csrf": "wrong"}),
    ]
    found = {entry["request_id"]: entry for entry in entries(browser, outcome="refused")}
    shown = [found[answer.headers["x-request-id"]] for answer in refused]
    assert [(entry["action"], entry["code"]) for entry in shown] == [
        ("POST issue_token", "management.forbidden"),
        ("GET list_users", "management.forbidden"),
        ("DELETE delete_application", "management.forbidden"),
        ("POST create_team", "management.invalid"),
        ("DELETE delete_team", "management.not_found"),
        ("POST", "management.csrf"),
    ]
    assert shown[0]["actor"] == f"user:{user_id}" and shown[0]["role"] == "viewer"
    assert (shown[2]["kind"], shown[2]["object_id"]) == ("application", "app_0")


def test_nobody_unknown_fills_the_log(console: Console, browser: TestClient) -> None:
    before = browser.get(f"{A}/verify").json()["checked"]
    for _ in range(50):
        console.client().post("/api/v1/tokens", json={"name": "x"})
        console.client().post("/api/v1/session", json={"name": "ada", "password": "wrong password"})
    assert browser.get(f"{A}/verify").json()["checked"] - before <= 5, "as many as the throttle lets through"


def test_entries_are_paged_and_filtered(browser: TestClient) -> None:
    for name in ("a", "b", "c"):
        browser.post("/api/v1/teams", json={"name": name})
    first = browser.get(A, params={"action": "team", "limit": 2}).json()
    rest = browser.get(A, params={"action": "team", "limit": 2, "cursor": first["next_cursor"]}).json()
    assert [entry["object_name"] for entry in first["items"] + rest["items"]] == ["c", "b", "a"]
    assert rest["next_cursor"] is None
    assert browser.get(A, params={"limit": 2, "cursor": first["next_cursor"]}).status_code == 422
    assert entries(browser, search="B")[0]["after"] == {"name": "b"}


def test_a_pasted_token_finds_what_was_done_to_it_and_with_it(browser: TestClient, console: Console) -> None:
    body = {"name": "script", "scopes": [{"permission": "teams.write", "reach": "all"}]}
    issued = browser.post("/api/v1/tokens", json=body).json()
    script = {"authorization": f"Bearer {issued['token']}"}
    console.client().post("/api/v1/teams", json={"name": "red"}, headers=script)
    browser.post("/api/v1/tokens", json={"name": "other"})
    for search in (issued["token"], issued["masked"], issued["id"]):
        found = entries(browser, search=search)
        assert {entry["action"] for entry in found} >= {"token.issue"}, search
        assert all(issued["id"] in (entry["object_id"], entry["token_id"]) for entry in found)
        assert any(entry["token_id"] == issued["id"] for entry in found), "also what it was used for"


def test_the_log_is_exported_line_by_line(browser: TestClient) -> None:
    for name in ("a", "b"):
        browser.post("/api/v1/teams", json={"name": name})
    answer = browser.get(f"{A}/export", params={"action": "team.create"})
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert [json.loads(line)["object_name"] for line in answer.text.splitlines()] == ["b", "a"]


def test_a_head_that_was_kept_is_asked_for(browser: TestClient) -> None:
    head = browser.get(f"{A}/verify").json()
    since = {"since_seq": head["head_seq"], "since_hash": head["head_hash"]}
    browser.post("/api/v1/teams", json={"name": "a"})
    assert browser.get(f"{A}/verify", params=since).json()["is_whole"] is True
    other = browser.get(f"{A}/verify", params={**since, "since_hash": "0" * 64}).json()
    assert (other["is_whole"], other["at_seq"]) == (False, head["head_seq"])
    assert browser.get(f"{A}/verify", params={"since_seq": 1}).status_code == 422


def test_a_log_is_checked_in_parts_each_from_where_the_last_one_ended(browser: TestClient) -> None:
    whole = browser.get(f"{A}/verify").json()
    part = browser.get(f"{A}/verify", params={"limit": 1}).json()
    assert (part["checked"], part["total"], part["has_more"]) == (1, whole["checked"], True)
    behind = {"behind_seq": part["head_seq"], "behind_hash": part["head_hash"]}
    assert browser.get(f"{A}/verify", params=behind).json() == whole
    assert (whole["total"], whole["has_more"]) == (whole["checked"], False)
    assert browser.get(f"{A}/verify", params={**behind, "behind_hash": "0" * 64}).json()["is_whole"] is False
    assert browser.get(f"{A}/verify", params={"behind_seq": 1}).status_code == 422


@pytest.mark.parametrize("role", ["developer", "viewer", "billing", "api_owner"])
def test_only_who_may_read_the_log_reads_it(console: Console, role: str) -> None:
    add_person(console, "eve", role)
    assert sign_in(console, "eve").get(A).status_code == 403


def test_an_export_as_csv_has_every_column_and_runs_nothing(browser: TestClient) -> None:
    browser.post("/api/v1/teams", json={"name": "=HYPERLINK(1)"})
    answer = browser.get(f"{A}/export", params={"format": "csv", "action": "team.create"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "audit.csv" in answer.headers["content-disposition"]
    (record,) = csv.DictReader(io.StringIO(answer.text))
    (entry,) = entries(browser, action="team.create")
    assert record.keys() == entry.keys()
    assert record["object_name"] == "'=HYPERLINK(1)"
    assert (record["actor"], record["code"]) == (entry["actor"], "")
    assert json.loads(record["after"]) == entry["after"]
    assert browser.get(f"{A}/export", params={"format": "xml"}).status_code == 422
