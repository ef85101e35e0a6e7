"""Checks of second factors, without HTTP: what is accepted is used up, and nothing else is."""

from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.console import NAME, Console
from tollway.control.factors.checking import CHALLENGE_SECONDS, app_aad
from tollway.control.factors.totp import build_code, step_at
from tollway.control.sessions.keeping import Origin
from tollway.control.sessions.model import User
from tollway.kernel.errors import TollwayError

HERE = Origin("127.0.0.1")


def person(console: Console) -> User:
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    return user


def code_of(console: Console, secret: bytes) -> str:
    return build_code(secret, step_at(console.clock.now_ns() // 10**9))


def test_of_many_who_use_one_code_at_once_one_succeeds(console: Console) -> None:
    user = person(console)
    secret = b32decode(console.factors.begin_app(user, HERE).secret.reveal())
    console.factors.confirm_app(user, code_of(console, secret), HERE)
    console.clock.advance(30)
    code = code_of(console, secret)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: console.checks.take_code(user.id, code), range(16)))
    assert done.count(True) == 1


def test_an_app_that_was_not_confirmed_proves_nothing(console: Console) -> None:
    user = person(console)
    secret = b32decode(console.factors.begin_app(user, HERE).secret.reveal())
    assert not console.checks.take_code(user.id, code_of(console, secret))
    assert not console.checks.held(user.id).is_any


def test_a_secret_opens_in_its_own_row_only(console: Console) -> None:
    user = person(console)
    console.factors.begin_app(user, HERE)
    app = console.factor_store.find_app(user.id)
    assert app is not None
    sealer = console.plane.keys.second_factors
    assert len(sealer.open(app.sealed, app_aad(user.id))) == 20
    with pytest.raises(TollwayError):
        sealer.open(app.sealed, app_aad("user_other"))


def test_r29_a_challenge_answers_its_purpose_and_person_and_is_used_up_by_any_try(console: Console) -> None:
    import json

    from tollway.control.factors.shown import write_bytes

    user = person(console)

    def said(challenge: bytes) -> bytes:
        return json.dumps({"challenge": write_bytes(challenge)}).encode()

    checks = console.checks
    asked = checks.ask_passkey("confirm", user.id)
    assert asked.place.origin == "http://localhost" and asked.passkeys == ()
    assert checks.take_challenge(said(asked.challenge), "sign_in", None) is None
    assert checks.take_challenge(said(asked.challenge), "confirm", user.id) is None, "used up by the wrong try"
    again = checks.ask_passkey("confirm", user.id)
    assert checks.take_challenge(said(again.challenge), "confirm", user.id) == again.challenge
    late = checks.ask_passkey("confirm", user.id)
    console.clock.advance(CHALLENGE_SECONDS)
    assert checks.take_challenge(said(late.challenge), "confirm", user.id) is None
    assert checks.take_challenge(b"not client data", "confirm", user.id) is None
