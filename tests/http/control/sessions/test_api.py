"""Set-up, sign-in and sign-out over HTTP; the rules R34, R36, R37 and A5 of the threat research."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console, console_on

S = "/api/v1/session"


def sign_in(client: TestClient, name: str = NAME, password: str = PASSWORD) -> int:
    return client.post(S, json={"name": name, "password": password}).status_code


def test_signing_in_shows_who_and_sets_a_cookie_that_script_cannot_read(console: Console) -> None:
    client = console.client()
    answer = client.post(S, json={"name": NAME, "password": PASSWORD})
    assert answer.json()["user"]["role"] == "owner"
    cookie, _ = answer.headers.get_list("set-cookie")
    assert cookie.startswith("tollway=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(S).json() == answer.json()


def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    with console_on(tmp_path, is_behind_tls=True) as console:
        client = console.client("https://localhost")
        cookie = client.post(S, json={"name": NAME, "password": PASSWORD}).headers["set-cookie"]
        assert cookie.startswith("__Host-tollway=")
        assert "Secure" in cookie and "Domain" not in cookie
        assert client.get(S).status_code == 200


def test_r34_a_planted_session_id_is_worth_nothing(console: Console) -> None:
    client = console.client()
    client.cookies.set("tollway", "A" * 43, domain="localhost.local")
    assert sign_in(client) == 200
    secrets = {cookie.value for cookie in client.cookies.jar if cookie.value}
    assert any(secret != "A" * 43 for secret in secrets)
    planted = console.client()
    planted.cookies.set("tollway", "A" * 43)
    assert planted.get(S).status_code == 401


def test_r34_signing_in_again_ends_the_session_before_at_once(console: Console) -> None:
    client = console.client()
    sign_in(client)
    before = client.cookies["tollway"]
    sign_in(client)
    assert client.cookies["tollway"] != before
    thief = console.client()
    thief.cookies.set("tollway", before)
    assert thief.get(S).status_code == 401


def test_r34_signing_out_ends_the_session_on_the_server(browser: TestClient, console: Console) -> None:
    secret = browser.cookies["tollway"]
    assert browser.delete(S).status_code == 204
    thief = console.client()
    thief.cookies.set("tollway", secret)
    assert thief.get(S).status_code == 401


@pytest.mark.parametrize(("idle", "status"), [(1_799, 200), (1_800, 401)])
def test_a_session_ends_when_it_was_not_used(browser: TestClient, console: Console, idle: int, status: int) -> None:
    console.clock.advance(idle)
    assert browser.get(S).status_code == status


def test_a_session_ends_after_its_absolute_time_however_much_it_is_used(browser: TestClient, console: Console) -> None:
    for _ in range(28):
        console.clock.advance(1_500)
        assert browser.get(S).status_code == 200
    console.clock.advance(1_500)
    assert browser.get(S).status_code == 401


def test_wrong_name_and_wrong_password_are_told_apart_by_nothing(console: Console) -> None:
    client = console.client()
    wrong = client.post(S, json={"name": NAME, "password": "not the password"})
    unknown = client.post(S, json={"name": "nobody", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 401
    skip = {"request_id"}
    assert {k: v for k, v in wrong.json().items() if k not in skip} == {
        k: v for k, v in unknown.json().items() if k not in skip
    }
    assert console.hasher.verified == 2, "an unknown name costs the same work"


def test_an_unknown_name_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    with console_on(tmp_path, memory_kib=8_192) as console:
        stored = console.session_store.find_user_by_name(NAME)
        assert stored is not None

        def median(password_hash: str | None) -> float:
            times = []
            for _ in range(15):
                start = time.thread_time()
                console.hasher.verify("not the password", password_hash)
                times.append(time.thread_time() - start)
            return statistics.median(times)

        assert 0.5 < median(None) / median(stored.password_hash) < 2


def test_a5_five_failures_lock_the_account_for_that_source_only(console: Console) -> None:
    client = console.client()
    assert [sign_in(client, password="wrong password") for _ in range(6)] == [401] * 5 + [429]
    refused = client.post(S, json={"name": NAME, "password": PASSWORD})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 900
    assert sign_in(console.client(peer="127.0.0.2")) == 200
    console.clock.advance(901)
    assert sign_in(client) == 200


def test_a5_a_hundred_parallel_wrong_sign_ins_evaluate_at_most_five(console: Console) -> None:
    def attempt(_: int) -> int:
        return sign_in(console.client(), password="wrong password")

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert console.hasher.verified <= 5
    assert statuses.count(401) <= 5
    assert statuses.count(401) + statuses.count(429) == 100


def test_a5_a_source_may_try_twenty_times_on_any_accounts(console: Console) -> None:
    client = console.client()
    statuses = [sign_in(client, f"user{n}", "wrong password") for n in range(21)]
    assert statuses == [401] * 20 + [429]


def test_a5_forwarded_headers_do_not_make_another_source(console: Console) -> None:
    client = console.client()
    statuses = []
    for n in range(6):
        client.headers.update({"x-forwarded-for": f"192.0.2.{n}", "forwarded": f"for=192.0.2.{n}"})
        statuses.append(sign_in(client, password="wrong password"))
    assert statuses[-1] == 429


def test_r37_spellings_of_a_name_share_one_counter(console: Console) -> None:
    client = console.client()
    spellings = ["ada", "ADA", " ada ", "ａda", "Ada"]
    assert [sign_in(client, one, "wrong password") for one in spellings] == [401] * 5
    assert sign_in(client, "aDa", "wrong password") == 429


def test_a_success_gives_the_attempts_back(console: Console) -> None:
    client = console.client()
    for _ in range(6):
        assert [sign_in(client, password="wrong password") for _ in range(3)] == [401] * 3
        assert sign_in(client) == 200


def test_r36_counters_outlive_a_failure_after_them(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while the password is checked must not undo the count."""
    client = console.client()

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(console.hasher, "verify", broken)
    assert [sign_in(client) for _ in range(6)] == [500] * 5 + [429]


def test_set_up_works_once_and_only_with_the_newest_link(tmp_path: Path) -> None:
    with console_on(tmp_path) as console:
        assert console.client().get("/api/v1/setup").json() == {"needed": False}
        body = {"link_token": "A" * 43, "name": "eve", "password": PASSWORD}
        answer = console.client().post("/api/v1/setup", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "management.setup_link")


def test_a_password_too_long_to_be_one_is_refused_without_looking(console: Console) -> None:
    assert sign_in(console.client(), password="x" * 1_025) == 422
    assert console.hasher.verified == 0


def test_the_operator_gets_a_new_set_up_link_until_there_is_an_owner(tmp_path: Path) -> None:
    with console_on(tmp_path, is_set_up=False) as console:
        made = console.operator().post("/api/v1/setup/link")
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        link = made.json()["url"].partition("/setup?token=")[2]
        body = {"link_token": link, "name": NAME, "password": PASSWORD}
        assert console.client().post("/api/v1/setup", json=body).status_code == 200


def test_nobody_else_gets_a_set_up_link(operator: TestClient, browser: TestClient) -> None:
    assert operator.post("/api/v1/setup/link").json()["code"] == "management.conflict"
    assert browser.post("/api/v1/setup/link").json()["code"] == "management.forbidden"
