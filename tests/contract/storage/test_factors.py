"""Second factors on SQLite and PostgreSQL: what is used up is used up once, however many try at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.factors import SQLFactorStore
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions import SQLSessionStore
from tollway.control.factors.model import AuthenticatorApp, Challenge, Passkey
from tollway.control.sessions.model import Half, SetupLink, User
from tollway.kernel.errors import TollwayError

USER = User("user_1", "Ada", "ada", "owner", "$argon2id$", 1)
APP = AuthenticatorApp("user_1", b"sealed", -1, 5)


@pytest.fixture
def opened(database, tmp_path: Path) -> ConfigDatabase:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ConfigDatabase(writer, database("config", writer=False))


@pytest.fixture
def sessions(opened: ConfigDatabase) -> SQLSessionStore:
    store = SQLSessionStore(opened)
    store.replace_setup_link(SetupLink(b"link", 100))
    assert store.add_first_user(USER, link_hash=b"link", now_ns=50)
    return store


@pytest.fixture
def store(opened: ConfigDatabase, sessions: SQLSessionStore) -> SQLFactorStore:
    return SQLFactorStore(opened)


def passkey(number: int, *, count: int = 0) -> Passkey:
    return Passkey(
        f"pkey_{number}", "user_1", f"key {number}", bytes([number]), b"public", count, "usb nfc", False, number
    )


def test_an_app_is_replaced_confirmed_and_forgotten(store: SQLFactorStore) -> None:
    assert store.find_app("user_1") is None and not store.delete_app("user_1")
    store.put_app(APP)
    confirmed = AuthenticatorApp("user_1", b"other", 7, 6, 9)
    store.put_app(confirmed)
    assert store.find_app("user_1") == confirmed
    assert store.delete_app("user_1") and store.find_app("user_1") is None


def test_a_step_is_used_once_and_none_before_it_afterwards(store: SQLFactorStore) -> None:
    store.put_app(APP)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: store.advance_app("user_1", 100), range(16)))
    assert done.count(True) == 1
    assert not store.advance_app("user_1", 99)
    assert store.advance_app("user_1", 101)
    assert not store.advance_app("user_2", 500)


def test_a_recovery_code_is_used_once(store: SQLFactorStore) -> None:
    store.replace_codes("user_1", [b"one", b"two"], 5)
    assert store.count_codes("user_1") == 2
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: store.use_code("user_1", b"one"), range(16)))
    assert done.count(True) == 1
    assert not store.use_code("user_2", b"two")
    store.replace_codes("user_1", [b"three"], 6)
    assert not store.use_code("user_1", b"two") and store.count_codes("user_1") == 1
    store.replace_codes("user_1", [], 7)
    assert store.count_codes("user_1") == 0


def test_passkeys_are_kept_named_and_forgotten_by_their_person_only(store: SQLFactorStore) -> None:
    for number in (2, 1):
        store.add_passkey(passkey(number))
    assert store.list_passkeys("user_1") == (passkey(1), passkey(2))
    assert store.find_passkey(b"\x01") == passkey(1) and store.find_passkey(b"\x09") is None
    assert not store.rename_passkey("user_2", "pkey_1", "mine")
    assert store.rename_passkey("user_1", "pkey_1", "phone")
    assert not store.delete_passkey("user_2", "pkey_1")
    assert store.delete_passkey("user_1", "pkey_2")
    assert [one.name for one in store.list_passkeys("user_1")] == ["phone"]


def test_a_credential_is_registered_once(store: SQLFactorStore) -> None:
    store.add_passkey(passkey(1))
    with pytest.raises(TollwayError, match=r"management\.conflict"):
        store.add_passkey(Passkey("pkey_9", "user_1", "again", b"\x01", b"public", 0, "", False, 9))


def test_a_counter_only_grows_unless_it_never_counts(store: SQLFactorStore) -> None:
    store.add_passkey(passkey(1))
    assert store.use_passkey(passkey(1), 0, 10) and store.use_passkey(passkey(1), 0, 11)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: store.use_passkey(passkey(1), 5, 12), range(16)))
    assert done.count(True) == 1
    assert not store.use_passkey(passkey(1), 5, 13)
    assert not store.use_passkey(passkey(1), 0, 13), "one that counted cannot begin not to"
    found = store.find_passkey(b"\x01")
    assert found is not None and (found.sign_count, found.used_ns) == (5, 12)


def test_a_challenge_is_taken_once_and_old_ones_are_purged(store: SQLFactorStore) -> None:
    old, new = Challenge(b"old", "sign_in", None, 10), Challenge(b"new", "confirm", "user_1", 90)
    store.add_challenge(old, 5)
    store.add_challenge(new, 10)
    assert store.take_challenge(b"old") is None
    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(lambda _: store.take_challenge(b"new"), range(16)) if one]
    assert taken == [new]


def test_everything_of_a_person_is_found_and_forgotten_together(store: SQLFactorStore) -> None:
    store.put_app(APP)
    assert store.kinds(["user_1"]) == {}, "an app that was not confirmed is none"
    store.put_app(AuthenticatorApp("user_1", b"sealed", -1, 5, 9))
    store.add_passkey(passkey(1))
    store.add_passkey(passkey(2))
    store.replace_codes("user_1", [b"one"], 5)
    store.add_challenge(Challenge(b"new", "register", "user_1", 90), 5)
    assert store.kinds(["user_1", "user_2"]) == {"user_1": frozenset({"totp", "passkey"})}
    assert store.delete_all("user_1") == 3
    assert store.kinds(["user_1"]) == {} and store.count_codes("user_1") == 0
    assert store.take_challenge(b"new") is None


def test_a_half_done_sign_in_is_finished_once_and_ends_with_the_sessions(
    sessions: SQLSessionStore, store: SQLFactorStore
) -> None:
    half = Half(b"half", "user_1", "session.begin", 90)
    sessions.add_half(Half(b"old", "user_1", "session.begin", 10), 5)
    sessions.add_half(half, 10)
    assert sessions.find_half(b"old") is None
    assert sessions.find_half(b"half") == (half, USER)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: sessions.delete_half(b"half"), range(16)))
    assert done.count(True) == 1
    sessions.add_half(half, 10)
    sessions.delete_sessions("user_1")
    assert sessions.find_half(b"half") is None
