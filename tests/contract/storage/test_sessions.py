"""Users, sessions, the set-up link and attempt counters on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from kit.control import Surroundings
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions import SQLSessionStore, SQLThrottleStore
from tollway.adapters.storage.sessions_schema import users
from tollway.control.sessions.model import Session, SetupLink, User
from tollway.control.sessions.throttle import Bucket

USER = User("user_1", "Ada", "ada", "owner", "$argon2id$", 1)
BUCKET = Bucket(b"b" * 32, 5, 1_000)


@pytest.fixture
def around(database, tmp_path: Path) -> Surroundings:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return Surroundings(writer, database("config", writer=False))


@pytest.fixture
def database_(around: Surroundings) -> ConfigDatabase:
    return ConfigDatabase(around.writer, around.reader)


@pytest.fixture
def store(database_: ConfigDatabase) -> SQLSessionStore:
    store = SQLSessionStore(database_)
    store.replace_setup_link(SetupLink(b"link", 100))
    return store


def session(number: int, *, seen: int = 50, expires: int = 1_000) -> Session:
    return Session(f"sess_{number}", bytes([number]), "user_1", 50, seen, expires, "::1", "curl", 50)


def test_the_migration_makes_the_schema_that_the_stores_use(around: Surroundings) -> None:
    with around.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, users.metadata)
    assert [one for one in found if one[0] != "remove_table" or one[1].name != "alembic_version"] == []


def test_the_first_user_needs_the_link_in_time_and_comes_alone(store: SQLSessionStore) -> None:
    assert not store.has_users()
    assert not store.add_first_user(USER, link_hash=b"other", now_ns=50)
    assert not store.add_first_user(USER, link_hash=b"link", now_ns=100)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: store.add_first_user(USER, link_hash=b"link", now_ns=50), range(8)))
    assert done.count(True) == 1
    assert store.find_user_by_name("ada") == store.find_user("user_1") == USER
    assert store.find_setup_link(b"link") is None


def test_browsers_are_known_by_person_and_the_least_used_give_way(store: SQLSessionStore) -> None:
    store.add_first_user(USER, link_hash=b"link", now_ns=50)
    assert store.meet_device("user_1", b"a", 1) == "first"
    assert store.meet_device("user_1", b"b", 2) == "new"
    assert store.meet_device("user_1", b"a", 3) == "known"
    for number in range(49):
        assert store.meet_device("user_1", bytes([number]), 4 + number) == "new"
    assert store.meet_device("user_1", b"a", 60) == "known", "it was used after b, which had to give way"
    assert store.meet_device("user_1", b"b", 61) == "new"


def test_all_browsers_but_one_are_forgotten(store: SQLSessionStore) -> None:
    store.add_first_user(USER, link_hash=b"link", now_ns=50)
    for name in (b"a", b"b"):
        store.meet_device("user_1", name, 1)
    store.forget_devices("user_1", kept=b"a")
    assert (store.meet_device("user_1", b"a", 2), store.meet_device("user_1", b"b", 2)) == ("known", "new")
    store.forget_devices("user_1", kept=b"")
    assert store.meet_device("user_1", b"a", 3) == "first"


def test_a_newer_link_replaces_the_one_before(store: SQLSessionStore) -> None:
    store.replace_setup_link(SetupLink(b"new", 100))
    assert store.find_setup_link(b"link") is None
    assert store.find_setup_link(b"new") == SetupLink(b"new", 100)


def test_sessions_are_found_touched_and_ended(store: SQLSessionStore) -> None:
    store.add_first_user(USER, link_hash=b"link", now_ns=50)
    for number in (1, 2):
        store.add_session(session(number), replaced_hash=None, idle_before_ns=0)
    assert store.find_session(b"\x01") == (session(1), USER)
    store.touch_session("sess_1", 70)
    store.touch_session("sess_1", 60)
    assert [one.last_seen_ns for one in store.list_sessions("user_1")] == [70, 50]
    assert not store.delete_session("sess_1", user_id="user_2")
    assert store.delete_session("sess_1", user_id="user_1")
    assert store.find_session(b"\x01") is None
    assert store.delete_sessions("user_1") == 1


def test_a_new_session_ends_the_one_it_replaces_and_purges_what_has_ended(store: SQLSessionStore) -> None:
    store.add_first_user(USER, link_hash=b"link", now_ns=50)
    for old in (session(1), session(2, expires=50), session(3, seen=9), session(4)):
        store.add_session(old, replaced_hash=None, idle_before_ns=0)
    store.add_session(session(5), replaced_hash=b"\x01", idle_before_ns=10)
    assert {one.id for one in store.list_sessions("user_1")} == {"sess_4", "sess_5"}


def test_a_password_hash_is_replaced(store: SQLSessionStore) -> None:
    store.add_first_user(USER, link_hash=b"link", now_ns=50)
    store.set_password_hash("user_1", "newer", instead_of=USER.password_hash)
    store.set_password_hash("user_1", "late", instead_of=USER.password_hash)
    found = store.find_user("user_1")
    assert found is not None and found.password_hash == "newer"


def test_parallel_attempts_are_counted_exactly(database_: ConfigDatabase) -> None:
    throttle = SQLThrottleStore(database_)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: throttle.take((BUCKET,), 10), range(30)))
    assert waits.count(0) == 5
    assert {wait for wait in waits if wait} == {1_000}


def test_a_full_counter_counts_nothing_anywhere_until_its_window_ends(database_: ConfigDatabase) -> None:
    throttle = SQLThrottleStore(database_)
    other = Bucket(b"o" * 32, 6, 10_000)
    for _ in range(5):
        assert throttle.take((BUCKET, other), 10) == 0
    assert throttle.take((BUCKET, other), 500) == 510
    assert throttle.take((other,), 500) == 0, "the refused attempt was not counted here"
    assert throttle.take((other,), 500) > 0
    assert throttle.take((BUCKET,), 1_010) == 0


def test_a_success_gives_back_and_clears(database_: ConfigDatabase) -> None:
    throttle = SQLThrottleStore(database_)
    source = Bucket(b"s" * 32, 2, 1_000)
    for _ in range(10):
        assert throttle.take((BUCKET, source), 10) == 0
        throttle.give_back((BUCKET, source), cleared=BUCKET)
