"""Idempotency-Key: one request, one effect."""

from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient

from kit.console import Console

TEAMS = "/api/v1/teams"


def test_the_same_request_is_carried_out_once_and_answered_twice(browser: TestClient) -> None:
    first = browser.post(TEAMS, json={"name": "a"}, headers={"idempotency-key": "k1"})
    second = browser.post(TEAMS, json={"name": "a"}, headers={"idempotency-key": "k1"})
    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len(browser.get(TEAMS).json()["items"]) == 2


def test_another_body_under_the_same_key_is_refused(browser: TestClient) -> None:
    browser.post(TEAMS, json={"name": "a"}, headers={"idempotency-key": "k1"})
    answer = browser.post(TEAMS, json={"name": "b"}, headers={"idempotency-key": "k1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "management.idempotency")


def test_a_secret_is_never_shown_again(browser: TestClient) -> None:
    first = browser.post("/api/v1/tokens", json={"name": "a"}, headers={"idempotency-key": "k1"})
    second = browser.post("/api/v1/tokens", json={"name": "a"}, headers={"idempotency-key": "k1"})
    assert (second.status_code, second.json()["code"]) == (409, "management.idempotency")
    assert first.json()["token"] not in second.text
    assert len(browser.get("/api/v1/tokens").json()["items"]) == 1


def test_keys_belong_to_the_caller_and_the_path(browser: TestClient, operator: TestClient) -> None:
    for client, path, body in (
        (browser, TEAMS, {"name": "a"}),
        (operator, TEAMS, {"name": "b"}),
        (browser, "/api/v1/applications", {"name": "a"}),
    ):
        answer = client.post(path, json=body, headers={"idempotency-key": "k1"})
        assert answer.status_code == 201, answer.text


def test_a_refusal_is_repeated_and_a_failure_of_ours_is_not(browser: TestClient, console: Console) -> None:
    headers = {"idempotency-key": "k1"}
    assert browser.post(TEAMS, json={}, headers=headers).status_code == 422
    assert browser.post(TEAMS, json={}, headers=headers).headers["idempotency-replayed"] == "true"
    console.plane.policy.fail_next = 1
    headers = {"idempotency-key": "k2"}
    statuses = [browser.post("/api/v1/applications", json={"name": "a"}, headers=headers).status_code for _ in range(2)]
    assert statuses[0] >= 500
    assert statuses[1] < 500


def test_after_a_day_a_key_is_new_again(browser: TestClient, console: Console) -> None:
    body = {"name": "a"}
    browser.post(TEAMS, json=body, headers={"idempotency-key": "k1"})
    console.clock.advance(86_401)
    answer = console.signed_in().post(TEAMS, json=body, headers={"idempotency-key": "k1"})
    assert answer.status_code == 409
    assert "idempotency-replayed" not in answer.headers


def test_ten_parallel_requests_under_one_key_have_one_effect(console: Console) -> None:
    client = console.signed_in()

    def post(_: int) -> int:
        return client.post(TEAMS, json={"name": "a"}, headers={"idempotency-key": "k"}).status_code

    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(post, range(10)))
    assert set(statuses) <= {201, 409}
    assert [team["name"] for team in client.get(TEAMS).json()["items"]].count("a") == 1


def test_a_key_is_printable_and_bounded(browser: TestClient) -> None:
    for key in ("", "a b", "x" * 201):
        assert browser.post(TEAMS, json={"name": "a"}, headers={"idempotency-key": key}).status_code == 409
