"""How sessions and half-done sign-ins are kept, without HTTP."""

import pytest

from kit.console import NAME, PASSWORD, Console
from tollway.control.sessions.keeping import HALF_SECONDS, Beginning, Entered, Origin, derive_csrf
from tollway.control.sessions.model import hash_secret
from tollway.kernel.errors import TollwayError

HERE = Origin("127.0.0.1", "browser")


def enter(console: Console) -> Entered:
    found = console.sessions.sign_in(name=NAME, password=PASSWORD, origin=HERE, replaced=None)
    assert isinstance(found, Entered)
    return found


def test_a_renewed_session_has_another_id_and_secret_and_the_same_beginning_and_end(console: Console) -> None:
    before = enter(console)
    live = console.sessions.find_live(before.secret.reveal())
    assert live is not None
    console.clock.advance(60)
    why = Beginning("session.confirm", "password", before.secret.reveal())
    after = console.sessions.renew(*live, HERE, why)
    stored = console.session_store.find_session(hash_secret(after.secret.reveal()))
    assert stored is not None
    session = stored[0]
    assert session.id != live[0].id and session.created_ns == live[0].created_ns
    assert session.expires_ns == live[0].expires_ns and session.confirmed_ns == console.clock.now_ns()
    assert console.sessions.find_live(before.secret.reveal()) is None
    assert after.session.csrf == derive_csrf(after.secret.reveal()) != before.session.csrf


def test_beginning_anew_leaves_one_session(console: Console) -> None:
    first = enter(console)
    enter(console)
    user_id = first.session.user_id
    after = console.sessions.begin_anew(user_id, HERE, Beginning("session.begin", "totp"))
    (only,) = console.session_store.list_sessions(user_id)
    assert (only.id, only.method) == (after.session.session_id, "totp")
    with pytest.raises(TollwayError, match=r"management\.unauthenticated"):
        console.sessions.begin_anew("user_nobody", HERE, Beginning("session.begin", "totp"))


def test_a_half_is_found_until_its_time_is_over_and_taken_once(console: Console) -> None:
    user = console.session_store.find_user_by_name(NAME)
    assert user is not None
    halfway = console.sessions.begin_half(user, "session.begin", ("totp",))
    found = console.sessions.find_half(halfway.secret.reveal())
    assert found is not None and found[1] == user
    assert halfway.secret.reveal().encode() not in found[0].secret_hash
    assert console.sessions.take_half(found[0]) and not console.sessions.take_half(found[0])
    again = console.sessions.begin_half(user, "session.begin", ("totp",))
    console.clock.advance(HALF_SECONDS)
    assert console.sessions.find_half(again.secret.reveal()) is None
