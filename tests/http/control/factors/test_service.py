"""One's own factors, without HTTP: what the last step of a change does when something came between."""

from base64 import b32decode

import pytest

from kit.console import NAME, Console
from tollway.control.factors.totp import build_code, step_at
from tollway.control.sessions.keeping import Origin
from tollway.kernel.errors import TollwayError

HERE = Origin("127.0.0.1")


def test_an_app_is_confirmed_once(console: Console) -> None:
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        console.factors.confirm_app(user, "000000", HERE)
    secret = b32decode(console.factors.begin_app(user, HERE).secret.reveal())
    changed = console.factors.confirm_app(user, build_code(secret, step_at(console.clock.now_ns() // 10**9)), HERE)
    assert changed.codes is not None and len(changed.codes) == 10
    assert "***" in repr(changed.codes) and changed.codes[0].reveal() not in repr(changed)
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        console.factors.begin_app(user, HERE)


def test_the_sessions_of_a_change_are_one_transaction_with_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the new session cannot begin, the factor has not gone."""
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    secret = b32decode(console.factors.begin_app(user, HERE).secret.reveal())
    console.factors.confirm_app(user, build_code(secret, step_at(console.clock.now_ns() // 10**9)), HERE)

    def broken(*_: object) -> None:
        raise TollwayError("management.unavailable")

    monkeypatch.setattr(console.sessions, "begin", broken)
    with pytest.raises(TollwayError, match=r"management\.unavailable"):
        console.factors.remove_app(user, HERE)
    assert console.checks.held(user.id).has_app
    assert len(console.session_store.list_sessions(user.id)) == 1


def test_an_app_that_was_removed_while_its_code_was_checked_is_not_confirmed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    console.factors.begin_app(user, HERE)

    def remove_meanwhile(*_: object) -> bool:
        console.factors.remove_app(user, HERE)
        return True

    monkeypatch.setattr(type(console.factors.checks), "take_step", remove_meanwhile)
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        console.factors.confirm_app(user, "000000", HERE)
    assert not console.checks.held(user.id).is_any
