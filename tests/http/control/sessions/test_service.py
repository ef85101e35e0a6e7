"""Set-up and sessions without HTTP: what the command line and the composer use."""

import pytest

from kit.console import NAME, PASSWORD, Console
from tollway.control.actor import Actor
from tollway.control.sessions.keeping import Entered, Origin, SignedIn
from tollway.control.sessions.model import Proof, hash_secret
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

HERE = Origin("127.0.0.1")


def enter(console: Console) -> tuple[SignedIn, Secret[str]]:
    found = console.sessions.sign_in(name=NAME, password=PASSWORD, origin=HERE, replaced=None)
    assert isinstance(found, Entered)
    return found.session, found.secret


def test_a_link_is_refused_once_somebody_can_sign_in(console: Console) -> None:
    assert not console.sessions.is_setup_needed()
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        console.sessions.issue_setup_link()


def test_only_the_hash_of_a_session_is_stored(console: Console) -> None:
    signed_in, secret = enter(console)
    found = console.session_store.find_session(hash_secret(secret.reveal()))
    assert found is not None and secret.reveal().encode() not in found[0].secret_hash
    assert signed_in.csrf not in secret.reveal()
    assert console.sessions.find_signed_in(secret.reveal()) == signed_in


def test_live_sessions_are_listed_and_use_is_recorded_once_a_minute(console: Console) -> None:
    signed_in, secret = enter(console)
    start = console.clock.now_ns()
    for seconds, seen in ((59, 0), (1, 60)):
        console.clock.advance(seconds)
        console.sessions.find_signed_in(secret.reveal())
        newest = next(
            one for one in console.sessions.list_sessions(signed_in.user_id) if one.id == signed_in.session_id
        )
        assert newest.last_seen_ns == start + seen * 10**9
    console.clock.advance(1_800)
    assert console.sessions.list_sessions(signed_in.user_id) == []


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    before = console.session_store.find_user_by_name(NAME)
    monkeypatch.setattr(console.hasher, "needs_rehash", lambda _: True)
    console.sessions.sign_in(name=NAME, password=PASSWORD, origin=HERE, replaced=None)
    after = console.session_store.find_user_by_name(NAME)
    assert before is not None and after is not None
    assert before.password_hash != after.password_hash


def test_who_is_gone_meanwhile_confirms_nothing_and_changes_no_password(console: Console) -> None:
    signed_in, secret = enter(console)
    console.sessions.sign_out(signed_in.session_id, Actor(signed_in.user_id, "user"))
    with pytest.raises(TollwayError, match=r"management\.unauthenticated"):
        console.sessions.confirm(secret.reveal(), Proof(password=PASSWORD), origin=HERE)
    with pytest.raises(TollwayError, match=r"management\.sign_in"):
        console.sessions.change_password(user_id="user_gone", current=PASSWORD, new="x" * 20, origin=HERE)
