"""Second steps, passkeys at sign-in, and confirming who one is, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console, console_on
from kit.factors import SECOND, STEP_UP, A, S, add_app, add_passkey, first_step, prove, take
from kit.matrix import add_person, sign_in

TOKENS = "/api/v1/tokens"


def audit(client: TestClient, action: str) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = client.get("/api/v1/audit", params={"action": action}).json()["items"]
    return listed


def test_a_sensitive_act_needs_a_proof_of_less_than_ten_minutes_ago(console: Console, browser: TestClient) -> None:
    console.clock.advance(599)
    assert browser.post(TOKENS, json={"name": "in time"}).status_code == 201
    console.clock.advance(1)
    refused = browser.post(TOKENS, json={"name": "late"})
    assert (refused.status_code, refused.json()["code"]) == (403, "management.step_up")
    assert browser.get(TOKENS).status_code == 200, "what reads stays open"
    before = browser.cookies["tollway"]
    answer = browser.post(STEP_UP, json={"password": PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    take(browser, answer)
    assert browser.post(TOKENS, json={"name": "late"}).status_code == 201
    assert browser.cookies["tollway"] != before
    (entry,) = audit(browser, "session.confirm")
    assert entry["after"]["method"] == "password"  # type: ignore[index]  # JSON
    (refusal,) = browser.get("/api/v1/audit", params={"outcome": "refused"}).json()["items"]
    assert (refusal["action"], refusal["code"]) == ("POST issue_token", "management.step_up")


def test_r34_after_a_confirmation_the_old_cookie_and_the_old_value_are_dead(
    console: Console, browser: TestClient
) -> None:
    before, csrf = browser.cookies["tollway"], browser.headers["x-tollway-csrf"]
    take(browser, browser.post(STEP_UP, json={"password": PASSWORD}))
    thief = console.client()
    thief.cookies.set("tollway", before)
    assert thief.get(S).status_code == 401
    assert browser.post(TOKENS, json={"name": "x"}, headers={"x-tollway-csrf": csrf}).status_code == 403


def test_confirming_does_not_prolong_a_session(console: Console, browser: TestClient) -> None:
    end = browser.get(S).json()["expires_at"]
    console.clock.advance(900)
    body = take(browser, browser.post(STEP_UP, json={"password": PASSWORD}))
    assert body["expires_at"] == end
    assert body["confirm_by"] == ["password"]
    (session,) = [one for one in browser.get(f"{A}/sessions").json()["items"] if one["is_current"]]
    assert session["confirmed_at"] > session["created_at"]


def test_a_wrong_proof_leaves_the_session_as_it_is(console: Console, browser: TestClient) -> None:
    console.clock.advance(700)
    for body, pointer in (({"password": "wrong"}, "/password"), ({"code": "123456"}, "/code"), ({}, "")):
        answer = browser.post(STEP_UP, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    both = browser.post(STEP_UP, json={"password": PASSWORD, "code": "123456"})
    assert both.status_code == 422
    assert browser.get(S).status_code == 200
    assert browser.post(TOKENS, json={"name": "x"}).json()["code"] == "management.step_up"


def test_a_refused_act_is_repeated_under_the_same_idempotency_key(console: Console, browser: TestClient) -> None:
    console.clock.advance(700)
    headers = {"idempotency-key": "once"}
    assert browser.post(TOKENS, json={"name": "x"}, headers=headers).status_code == 403
    take(browser, browser.post(STEP_UP, json={"password": PASSWORD}))
    assert browser.post(TOKENS, json={"name": "x"}, headers=headers).status_code == 201


def test_what_begins_a_session_is_never_answered_twice_from_memory(console: Console, browser: TestClient) -> None:
    headers = {"idempotency-key": "again"}
    take(browser, browser.post(STEP_UP, json={"password": PASSWORD}, headers=headers))
    again = browser.post(STEP_UP, json={"password": PASSWORD}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "management.idempotency")
    assert "csrf" not in again.json()


def test_the_local_socket_needs_no_confirmation(console: Console) -> None:
    operator = console.operator()
    console.clock.advance(100_000)
    assert operator.post(TOKENS, json={"name": "x"}).status_code == 201


def test_who_has_a_second_factor_confirms_with_it_and_not_with_the_password(
    console: Console, browser: TestClient
) -> None:
    app, (recovery, *_) = add_app(console, browser)
    console.clock.advance(700)
    assert browser.get(S).json()["confirm_by"] == ["totp", "recovery"]
    refused = browser.post(STEP_UP, json={"password": PASSWORD})
    assert refused.status_code == 422 and "totp, recovery" in refused.json()["errors"][0]["message"]
    take(browser, browser.post(STEP_UP, json={"code": app.code()}))
    assert browser.post(STEP_UP, json={"code": app.code()}).status_code == 422, "one use"
    take(browser, browser.post(STEP_UP, json={"code": recovery}))
    assert browser.post(STEP_UP, json={"code": recovery}).status_code == 422, "one use"
    assert browser.post(TOKENS, json={"name": "x"}).status_code == 201


def test_a_confirmation_by_passkey(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    console.clock.advance(700)
    take(browser, browser.post(STEP_UP, json={"passkey": prove(browser, phone, f"{STEP_UP}/options")}))
    assert browser.post(TOKENS, json={"name": "x"}).status_code == 201
    again = phone.prove({"challenge": "AAAA"})
    assert browser.post(STEP_UP, json={"passkey": again}).json()["errors"][0]["pointer"] == "/passkey"


def test_a_sign_in_with_a_second_factor_has_two_steps(console: Console, browser: TestClient) -> None:
    app, _ = add_app(console, browser)
    client = console.client()
    answer = client.post(S, json={"name": NAME, "password": PASSWORD})
    assert (answer.status_code, answer.json()["methods"]) == (202, ["totp", "recovery"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("tollway-half=") and {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert client.get(S).status_code == 401, "half signed in is not signed in"
    assert client.get(f"{A}/factors").status_code == 401
    wrong = client.post(SECOND, json={"code": app.wrong_code()})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "management.second_factor")
    done = client.post(SECOND, json={"code": app.next_code()})
    assert done.status_code == 200 and client.get(S).json() == done.json()
    assert "tollway-half" not in client.cookies
    assert audit(browser, "session.begin")[0]["after"]["method"] == "totp"  # type: ignore[index]  # JSON


def test_over_tls_the_cookie_of_a_half_is_bound_to_the_host_too(tmp_path: Path) -> None:
    with console_on(tmp_path, is_behind_tls=True) as console:
        browser = console.client("https://localhost")
        browser.headers["x-tollway-csrf"] = browser.post(S, json={"name": NAME, "password": PASSWORD}).json()["csrf"]
        add_app(console, browser)
        cookie = (
            console.client("https://localhost").post(S, json={"name": NAME, "password": PASSWORD}).headers["set-cookie"]
        )
        assert cookie.startswith("__Host-tollway-half=") and "Secure" in cookie and "Domain" not in cookie


def test_a_wrong_password_says_the_same_whether_or_not_there_is_a_second_factor(
    console: Console, browser: TestClient
) -> None:
    def answer(name: str) -> dict[str, object]:
        found = console.client().post(S, json={"name": name, "password": "not the password"})
        assert found.status_code == 401 and "set-cookie" not in found.headers
        return {key: value for key, value in found.json().items() if key != "request_id"}

    without, verified = answer(NAME), console.hasher.verified
    add_app(console, browser)
    assert answer(NAME) == answer("nobody") == without
    assert console.hasher.verified == verified + 2, "the same work for each"


def test_a_half_ends_with_time_with_use_and_with_the_sessions_of_its_person(
    console: Console, browser: TestClient
) -> None:
    app, codes = add_app(console, browser)
    late, used, ended = (first_step(console) for _ in range(3))
    secret = used.cookies["tollway-half"]
    assert used.post(SECOND, json={"code": app.next_code()}).status_code == 200
    used.cookies.set("tollway-half", secret)
    assert used.post(SECOND, json={"code": codes[0]}).status_code == 401
    console.clock.advance(300)
    assert late.post(SECOND, json={"code": app.code()}).status_code == 401
    take(browser, browser.post(f"{STEP_UP}", json={"code": app.next_code()}))
    ended = first_step(console)
    take(browser, browser.delete(f"{A}/totp"))
    assert ended.post(SECOND, json={"code": codes[1]}).status_code == 401


def test_nothing_but_the_cookie_says_whose_second_step_it_is(console: Console, browser: TestClient) -> None:
    app, codes = add_app(console, browser)
    client = console.client()
    for body in ({"code": app.next_code()}, {"code": codes[0]}):
        assert client.post(SECOND, json=body).status_code == 401
    assert client.post(f"{SECOND}/options").status_code == 401
    halfway = first_step(console)
    assert halfway.post(SECOND, json={"password": PASSWORD}).status_code == 401, "a password is no second step"


def test_a_passkey_alone_signs_in(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    client = console.client()
    options = client.post(f"{S}/passkey/options").json()["public_key"]
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    answer = phone.prove(options)
    assert client.post(f"{S}/passkey", json={"passkey": answer}).status_code == 200
    assert client.get(S).json()["user"]["name"] == NAME
    replayed = console.client().post(f"{S}/passkey", json={"passkey": answer})
    assert (replayed.status_code, replayed.json()["code"]) == (401, "management.sign_in")


def test_a_passkey_is_the_second_step_after_the_password(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    client = first_step(console)
    assert client.post(SECOND, json={"passkey": prove(client, phone, f"{S}/passkey/options")}).status_code == 401
    assert client.post(SECOND, json={"passkey": prove(client, phone, f"{SECOND}/options")}).status_code == 200


def test_a_passkey_is_refused_whenever_one_thing_is_wrong(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    first = console.client()
    assert first.post(f"{S}/passkey", json={"passkey": prove(first, phone, f"{S}/passkey/options")}).status_code == 200
    for wrong in (
        {"origin": "http://localhost:8081"},
        {"origin": "https://localhost"},
        {"rp_id": "localhost.example"},
        {"is_verified": False},
        {"user_handle": b"user_somebody"},
        {"step": 0},
        {"credential_id": b"another credential"},
    ):
        console.clock.advance(901)
        client = console.client()
        client.headers.update({"x-forwarded-host": "localhost:8081", "x-forwarded-proto": "https"})
        presented = prove(client, replace(phone, **wrong), f"{S}/passkey/options")
        answer = client.post(f"{S}/passkey", json={"passkey": presented})
        assert (answer.status_code, answer.json()["code"]) == (401, "management.sign_in"), wrong


def test_a_challenge_expires(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    client = console.client()
    answer = prove(client, phone, f"{S}/passkey/options")
    console.clock.advance(300)
    assert client.post(f"{S}/passkey", json={"passkey": answer}).status_code == 401


def test_challenges_are_bounded_for_each_source(console: Console) -> None:
    client = console.client()
    statuses = [client.post(f"{S}/passkey/options").status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert console.client(peer="127.0.0.2").post(f"{S}/passkey/options").status_code == 200


def test_a_link_does_not_get_round_the_second_factor(console: Console, browser: TestClient) -> None:
    app, _ = add_app(console, browser)
    user_id = browser.get(S).json()["user"]["id"]
    url = console.operator().post(f"/api/v1/users/{user_id}/link").json()["url"]
    client = console.client()
    body = {"link_token": url.partition("token=")[2], "password": "another quiet bicycle"}
    assert client.post("/api/v1/welcome", json=body).status_code == 202
    assert client.get(S).status_code == 401
    assert client.post(SECOND, json={"code": app.next_code()}).status_code == 200


def test_a_hundred_parallel_wrong_codes_evaluate_at_most_the_allowed_number(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = add_app(console, browser)
    client, wrong, evaluated = first_step(console), app.wrong_code(), []
    half = client.cookies["tollway-half"]
    real = console.checks.take_code
    monkeypatch.setattr(console.checks, "take_code", lambda *given: evaluated.append(1) or real(*given))

    def attempt(_: int) -> int:
        one = console.client()
        one.cookies.set("tollway-half", half)
        return one.post(SECOND, json={"code": wrong}).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(attempt, range(100)))
    assert len(evaluated) == statuses.count(401) <= 5
    assert statuses.count(401) + statuses.count(429) == 100


def test_knowing_the_password_does_not_empty_the_counter_between_guesses(console: Console, browser: TestClient) -> None:
    app, _ = add_app(console, browser)
    statuses = []
    for _ in range(4):
        client = console.client()
        begun = client.post(S, json={"name": NAME, "password": PASSWORD}).status_code
        guessed = client.post(SECOND, json={"code": app.wrong_code()}).status_code if begun == 202 else None
        statuses.append((begun, guessed))
    assert statuses == [(202, 401), (202, 401), (202, 429), (429, None)]


def test_codes_are_bounded_for_each_person_from_everywhere_together(console: Console, browser: TestClient) -> None:
    app, codes = add_app(console, browser)
    statuses = []
    for n in range(11):
        client = first_step(console, peer=f"198.51.100.{n}")
        statuses += [client.post(SECOND, json={"code": app.wrong_code()}).status_code for _ in range(2)]
    assert statuses == [401] * 20 + [429] * 2
    client = first_step(console, peer="203.0.113.9")
    assert client.post(SECOND, json={"code": app.code(ahead=1)}).status_code == 429
    assert client.post(SECOND, json={"code": codes[0]}).status_code == 200, "no guessing there, and a way in"


@pytest.mark.parametrize("gives_handle", [True, False])
def test_a_passkey_of_somebody_else_is_no_second_step(
    console: Console, browser: TestClient, *, gives_handle: bool
) -> None:
    """Who knows a password and has a passkey of their own gets no further with it, whatever it says whose it is."""
    add_passkey(browser)
    add_person(console, "eve", "admin")
    stranger, _ = add_passkey(sign_in(console, "eve"), credential_id=b"credential-of-eve")
    client = first_step(console)
    options = client.post(f"{SECOND}/options").json()["public_key"]
    handle = stranger.user_handle if gives_handle else None
    presented = replace(stranger, user_handle=handle).prove(options)
    assert client.post(SECOND, json={"passkey": presented}).status_code == 401
