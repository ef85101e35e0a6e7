"""One's own second factors over HTTP: what is shown once, what ends with a change, and what audit and disk keep."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kit.authenticator import Authenticator
from kit.console import NAME, PASSWORD, Console, console_on
from kit.control import ACTOR
from kit.factors import SECOND, A, S, add_app, add_passkey, first_step, take
from kit.matrix import add_person, sign_in
from tollway.control.access.model import Permission, Reach
from tollway.control.actor import Actor
from tollway.control.service_accounts.model import NewServiceAccount
from tollway.control.tokens.model import NewToken

F = f"{A}/factors"


def test_without_factors_there_is_nothing_and_a_place_for_passkeys(browser: TestClient) -> None:
    assert browser.get(F).json() == {
        "app": None,
        "passkeys": [],
        "recovery_codes": 0,
        "passkey_place": {"rp_id": "localhost", "origin": "http://localhost"},
    }


def test_an_app_is_set_up_by_a_code_and_its_secret_is_shown_once(console: Console, browser: TestClient) -> None:
    begun = browser.post(f"{A}/totp")
    assert begun.headers["cache-control"] == "no-store"
    shown = begun.json()
    assert re.fullmatch(r"[A-Z2-7]{32}", shown["secret"])
    assert shown["uri"].startswith(f"otpauth://totp/Tollway%20localhost:{NAME}?secret={shown['secret']}&")
    assert shown["qr"]["path"].startswith("M4 4h7v1h-7z")
    assert browser.get(F).json()["app"] is None, "it counts once a code came back"
    assert console.client().post(S, json={"name": NAME, "password": PASSWORD}).status_code == 200
    _, codes = add_app(console, browser)
    assert len(codes) == 10
    found = browser.get(F).json()
    assert found["app"] is not None and found["recovery_codes"] == 10
    assert shown["secret"] not in browser.get(F).text
    again = browser.post(f"{A}/totp")
    assert (again.status_code, again.json()["code"]) == (409, "management.conflict")


def test_the_code_that_confirms_is_used_up_by_that(console: Console, browser: TestClient) -> None:
    app, _ = add_app(console, browser)
    client = first_step(console)
    assert client.post(SECOND, json={"code": app.code()}).status_code == 401
    assert client.post(SECOND, json={"code": app.next_code()}).status_code == 200


def test_a_wrong_code_confirms_nothing_and_counts(console: Console, browser: TestClient) -> None:
    browser.post(f"{A}/totp")
    statuses = [browser.post(f"{A}/totp/confirm", json={"code": "000000"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert browser.get(F).json()["app"] is None
    assert browser.post(f"{A}/totp/confirm", json={"code": "x" * 65}).status_code == 422


def test_beginning_anew_makes_the_secret_before_worthless(console: Console, browser: TestClient) -> None:
    first = browser.post(f"{A}/totp").json()["secret"]
    app, _ = add_app(console, browser)
    assert app.code() and browser.get(F).json()["app"] is not None and first
    assert browser.post(f"{A}/totp/confirm", json={"code": app.next_code()}).status_code == 409


@pytest.mark.parametrize("change", ["add an app", "remove an app", "add a passkey", "remove a passkey"])
def test_every_other_session_ends_and_this_browser_has_a_new_one(
    console: Console, browser: TestClient, change: str
) -> None:
    if change == "remove an app":
        add_app(console, browser)
    if change == "remove a passkey":
        key_id = add_passkey(browser)[1]["factors"]["passkeys"][0]["id"]
    console.operator()
    with_session = console.session_store.list_sessions(browser.get(S).json()["user"]["id"])
    before = browser.cookies["tollway"]
    other = console.client()
    other.cookies.set("tollway", before)
    assert other.get(S).status_code == 200 and with_session
    match change:
        case "add an app":
            add_app(console, browser)
        case "remove an app":
            take(browser, browser.delete(f"{A}/totp"))
        case "add a passkey":
            add_passkey(browser)
        case _:
            take(browser, browser.delete(f"{A}/passkeys/{key_id}"))
    assert browser.cookies["tollway"] != before
    assert other.get(S).status_code == 401
    assert browser.get(S).status_code == 200
    assert len(console.session_store.list_sessions(browser.get(S).json()["user"]["id"])) == 1


def test_recovery_codes_come_with_the_first_factor_are_renewed_and_go_with_the_last(
    console: Console, browser: TestClient
) -> None:
    none = browser.post(f"{A}/recovery-codes")
    assert (none.status_code, none.json()["code"]) == (409, "management.conflict")
    _, first = add_app(console, browser)
    _, added = add_passkey(browser)
    assert added["recovery_codes"] is None, "there are some already"
    renewed = browser.post(f"{A}/recovery-codes")
    assert renewed.status_code == 201 and renewed.headers["cache-control"] == "no-store"
    second = renewed.json()["codes"]
    assert not set(first) & set(second)
    client = first_step(console)
    assert client.post(SECOND, json={"code": first[0]}).status_code == 401
    assert client.post(SECOND, json={"code": second[0].upper()}).status_code == 200
    assert browser.get(F).json()["recovery_codes"] == 9
    take(browser, browser.delete(f"{A}/totp"))
    assert browser.get(F).json()["recovery_codes"] == 9
    key_id = browser.get(F).json()["passkeys"][0]["id"]
    take(browser, browser.delete(f"{A}/passkeys/{key_id}"))
    assert browser.get(F).json()["recovery_codes"] == 0
    assert console.client().post(S, json={"name": NAME, "password": PASSWORD}).status_code == 200


def test_passkeys_are_several_and_named(console: Console, browser: TestClient) -> None:
    add_passkey(browser, "phone")
    options = browser.post(f"{A}/passkeys/options").json()["public_key"]
    assert len(options["excludeCredentials"]) == 1
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"] == {"id": "localhost", "name": "Tollway"} and options["attestation"] == "none"
    console.clock.advance(1)
    _, body = add_passkey(browser, " key ring ", credential_id=b"credential-000002")
    phone, ring = body["factors"]["passkeys"]
    assert (phone["name"], ring["name"], ring["used_at"]) == ("phone", "key ring", None)
    renamed = browser.patch(f"{A}/passkeys/{phone['id']}", json={"name": "old phone"})
    assert renamed.json()["name"] == "old phone"
    for bad in ("", " ", "x" * 101, "two\nlines"):
        assert browser.patch(f"{A}/passkeys/{phone['id']}", json={"name": bad}).status_code == 422
    take(browser, browser.delete(f"{A}/passkeys/{phone['id']}"))
    assert [one["name"] for one in browser.get(F).json()["passkeys"]] == ["key ring"]
    assert browser.delete(f"{A}/passkeys/{phone['id']}").status_code == 404


def test_a_passkey_is_registered_once_and_for_its_own_challenge(console: Console, browser: TestClient) -> None:
    phone, _ = add_passkey(browser)
    options = browser.post(f"{A}/passkeys/options").json()["public_key"]
    twice = browser.post(f"{A}/passkeys", json={"name": "again", "passkey": phone.register(options)})
    assert twice.status_code == 409
    phone.credential_id = b"credential-000003"
    replayed = browser.post(f"{A}/passkeys", json={"name": "again", "passkey": phone.register(options)})
    assert (replayed.status_code, replayed.json()["errors"][0]["pointer"]) == (422, "/passkey")
    for wrong in ({"origin": "http://evil.example"}, {"is_verified": False}, {"rp_id": "evil.example"}):
        for name, value in wrong.items():
            setattr(phone, name, value)
        options = browser.post(f"{A}/passkeys/options").json()["public_key"]
        refused = browser.post(f"{A}/passkeys", json={"name": "again", "passkey": phone.register(options)})
        assert refused.status_code == 422
    sign_in_options = console.client().post(f"{S}/passkey/options").json()["public_key"]
    other = {**sign_in_options, "user": options["user"]}
    fresh = phone.__class__(credential_id=b"credential-000004")
    refused = browser.post(f"{A}/passkeys", json={"name": "again", "passkey": fresh.register(other)})
    assert refused.status_code == 422, "a challenge is good for its own purpose only"


def test_passkeys_are_bounded_also_for_two_registrations_at_once(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.control.factors.service.PASSKEYS_MAX", 2)
    add_passkey(browser)
    asked = [browser.post(f"{A}/passkeys/options").json()["public_key"] for _ in range(2)]
    answers = []
    for number, options in enumerate(asked):
        phone = Authenticator(credential_id=b"credential-at-once-%d" % number)
        answer = browser.post(f"{A}/passkeys", json={"name": "one more", "passkey": phone.register(options)})
        answers.append(answer.status_code)
        if answer.status_code == 201:
            take(browser, answer)
    assert answers == [201, 409]
    refused = browser.post(f"{A}/passkeys/options")
    assert refused.status_code == 409 and "at most 2 passkeys" in refused.json()["detail"]


def test_what_is_not_there_is_not_removed(browser: TestClient) -> None:
    refused = browser.delete(f"{A}/totp")
    assert (refused.status_code, refused.json()["code"]) == (404, "management.not_found")
    assert browser.get("/api/v1/audit", params={"action": "totp.remove"}).json()["items"] == []


@pytest.mark.parametrize("name", ["client_data", "attestation"])
def test_garbage_is_refused_without_a_fault(browser: TestClient, name: str) -> None:
    for garbage in ("AAAA", "e30", "_" * 8, "oA"):
        body = {"credential_id": "AAAA", "client_data": "AAAA", "attestation": "AAAA", name: garbage}
        assert browser.post(f"{A}/passkeys", json={"name": "x", "passkey": body}).status_code == 422


def test_nobody_sees_or_changes_the_factors_of_others(console: Console, browser: TestClient) -> None:
    key_id = add_passkey(browser)[1]["factors"]["passkeys"][0]["id"]
    add_person(console, "eve", "admin")
    eve = sign_in(console, "eve")
    assert eve.get(F).json()["passkeys"] == []
    assert eve.delete(f"{A}/passkeys/{key_id}").status_code == 404
    assert eve.patch(f"{A}/passkeys/{key_id}", json={"name": "mine"}).status_code == 404


def test_audit_tells_of_every_change_and_of_no_secret(console: Console, browser: TestClient) -> None:
    app, codes = add_app(console, browser)
    secret = browser.post(f"{A}/recovery-codes").json()["codes"][0]
    key_id = add_passkey(browser)[1]["factors"]["passkeys"][0]["id"]
    browser.patch(f"{A}/passkeys/{key_id}", json={"name": "old phone"})
    take(browser, browser.delete(f"{A}/passkeys/{key_id}"))
    take(browser, browser.delete(f"{A}/totp"))
    text = browser.get("/api/v1/audit", params={"limit": 200}).text
    for action in (
        "totp.begin",
        "totp.confirm",
        "totp.remove",
        "passkey.add",
        "passkey.rename",
        "passkey.remove",
        "recovery_codes.renew",
    ):
        assert f'"{action}"' in text
    assert not [one for one in (*codes, secret, app.code()) if one in text]


def test_r15_nothing_that_is_stored_opens_anything(tmp_path: Path) -> None:
    """Secrets are sealed or hashed on disk, and a stored hash is no code."""
    with console_on(tmp_path) as console:
        browser = console.signed_in()
        secret = browser.post(f"{A}/totp").json()["secret"]
        _, codes = add_app(console, browser)
        user_id = browser.get(S).json()["user"]["id"]
        held = console.factor_store.find_app(user_id)
        assert held is not None
        client = first_step(console)
        assert client.post(SECOND, json={"code": held.sealed.hex()[:64]}).status_code == 401
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("config.db*"))
    for canary in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert canary.encode() not in raw


def test_without_a_name_for_the_console_there_are_no_passkeys(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    monkeypatch.setattr(console.checks, "_parts", replace(console.checks._parts, place=None))
    assert browser.get(F).json()["passkey_place"] is None
    for path in (f"{A}/passkeys/options", f"{S}/passkey/options"):
        answer = browser.post(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "management.conflict")
    assert "passkey" not in console.client().get("/sign-in").text


def test_a_role_may_ask_for_a_second_factor(tmp_path: Path) -> None:
    with console_on(tmp_path, second_factor_roles=("owner",)) as console:
        browser = console.signed_in()
        session = browser.get(S).json()
        assert session["needs_second_factor"] is True
        assert session["rights"] == [{"permission": "account.use", "reach": "own"}]
        refused = browser.get("/api/v1/tokens")
        assert refused.status_code == 403 and "second factor" in refused.json()["detail"]
        add_app(console, browser)
        assert browser.get(S).json()["needs_second_factor"] is False
        assert browser.get("/api/v1/tokens").status_code == 200
        add_person(console, "eve", "viewer")
        assert sign_in(console, "eve").get("/api/v1/services").status_code == 200


def test_a_token_manages_nothing_while_its_owner_lacks_the_factor_that_their_role_asks_for(tmp_path: Path) -> None:
    with console_on(tmp_path, second_factor_roles=("*",)) as console:
        team_id = console.plane.teams.create("red", ACTOR).id
        user_id = add_person(console, "ada too", "viewer", (team_id,))
        account = console.plane.service_accounts.create(NewServiceAccount("svc", "viewer", team_id, user_id), ACTOR)
        scopes = {Permission.SERVICES_READ: Reach.TEAM}
        tokens = console.plane.tokens
        of_person, of_account = (
            console.client_by(tokens.issue(NewToken("t", scopes=scopes, owner_id=owner), actor).secret)
            for owner, actor in ((None, Actor(user_id, "user")), (account.id, ACTOR))
        )
        refused = of_person.get("/api/v1/services")
        assert refused.status_code == 403 and "owner asks for a second factor" in refused.json()["detail"]
        assert of_account.get("/api/v1/services").status_code == 200, "it has nothing to sign in with"
        add_app(console, sign_in(console, "ada too"))
        assert of_person.get("/api/v1/services").status_code == 200


def test_the_command_line_has_no_factors(operator: TestClient) -> None:
    assert operator.get(F).status_code == 403
