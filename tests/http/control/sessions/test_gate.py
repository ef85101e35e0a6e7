"""Every way to check a password, code, passkey or link goes through one gate, and shares its counters."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console
from kit.factors import SECOND, STEP_UP, A, S, add_app, add_passkey, first_step, prove
from tollway.kernel.errors import TollwayError
from tollway.web.openapi import build_document

FACTOR_FIELDS = {"password", "current", "code", "passkey", "link_token"}
"""Fields of requests by which somebody proves who they are."""

CHECKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "sign_in": (S, {"name": NAME, "password": "wrong"}, "any"),
    "finish_sign_in": (SECOND, {"code": "000000"}, "half"),
    "step_up": (STEP_UP, {"code": "000000"}, "session"),
    "sign_in_with_passkey": (f"{S}/passkey", {"passkey": "PRESENTED"}, "any"),
    "change_own_password": (f"{A}/password", {"current": "wrong", "new": "another quiet bicycle"}, "session"),
}
"""Operations that check a factor of a known account: each must stop at the account's limit, whoever filled it."""

ELSEWHERE = {
    "set_up": "before there is an account: by source",
    "accept_link": "a link of 256 random bits: by source",
    "confirm_totp": "the person's own new app: tested below",
    "add_passkey": "a new key, which proves nothing yet",
}


def test_every_operation_that_checks_a_factor_is_known_here() -> None:
    document = build_document()
    found = set()
    for path in document["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            schema = document["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
            if FACTOR_FIELDS & set(schema.get("properties", {})) and "/mail" not in str(body):
                found.add(operation["operationId"])
    found.discard("set_up_mail")  # the login of a mail server is no person's
    assert found == CHECKS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("filled_by", CHECKS)
def test_r36_all_of_them_share_one_counter(console: Console, browser: TestClient, filled_by: str) -> None:
    """Five wrong proofs by one of them close all of them for this account from there, and none was let through."""
    add_app(console, browser)
    phone, _ = add_passkey(browser)
    half = first_step(console).cookies["tollway-half"]
    console.sessions.gate.passed(console.sessions.gate.enter("127.0.0.1", NAME))

    def ask(operation: str) -> int:
        path, body, who = CHECKS[operation]
        client = browser if who == "session" else console.client()
        if who == "half":
            client.cookies.set("tollway-half", half)
        if "passkey" in body:
            phone.is_verified = False
            body = {"passkey": prove(console.client(), phone, f"{S}/passkey/options")}
        return client.post(path, json=body).status_code

    assert [ask(filled_by) for _ in range(5)] == [ask_status(filled_by)] * 5
    assert {operation: ask(operation) for operation in CHECKS} == dict.fromkeys(CHECKS, 429)
    assert console.client().post(S, json={"name": NAME, "password": PASSWORD}).status_code == 429
    page = console.client().post("/sign-in", data={"name": NAME, "password": PASSWORD})
    assert page.status_code == 429
    client = console.client()
    client.cookies.set("tollway-half", half)
    assert client.post("/sign-in/second-step", data={"code": "000000"}).status_code == 429


def ask_status(operation: str) -> int:
    """Return how a wrong proof is answered: inside a session as a wrong field, since the session stays."""
    return 422 if CHECKS[operation][2] == "session" else 401


def test_confirming_an_app_counts_with_the_others(console: Console, browser: TestClient) -> None:
    browser.post(f"{A}/totp")
    statuses = [browser.post(f"{A}/totp/confirm", json={"code": "000000"}).status_code for _ in range(5)]
    assert statuses == [422] * 5
    assert console.client().post(S, json={"name": NAME, "password": PASSWORD}).status_code == 429


def test_r36_the_count_outlives_a_failure_after_it(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_app(console, browser)
    client = first_step(console)

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(console.checks, "take_code", broken)
    assert [client.post(SECOND, json={"code": "000000"}).status_code for _ in range(5)] == [500] * 4 + [429]


def test_a_first_step_gives_the_source_back_and_keeps_the_account_counted(console: Console) -> None:
    gate = console.sessions.gate
    for _ in range(5):
        gate.halfway(gate.enter("198.51.100.1", "ada"))
    with pytest.raises(TollwayError, match=r"management\.throttled"):
        gate.enter("198.51.100.1", "ada")
    for n in range(20):
        gate.enter("198.51.100.1", f"other {n}")
    with pytest.raises(TollwayError, match=r"management\.throttled"):
        gate.enter("198.51.100.1", "one more")
