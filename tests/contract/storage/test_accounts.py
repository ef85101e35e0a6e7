"""People, memberships and custom roles on SQLite and PostgreSQL; and how one account becomes the first of many."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, insert, text

from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.migrate import TREES, migrate
from tollway.adapters.storage.sessions import SQLSessionStore
from tollway.control.access.model import Permission, Reach, RoleChange, Sight
from tollway.control.accounts.model import NewUser, UserFilter
from tollway.control.applications.model import NewApplication
from tollway.control.service_accounts.model import NewServiceAccount, ServiceAccountFilter
from tollway.control.sessions.keeping import Origin
from tollway.control.sessions.model import Session
from tollway.control.tokens.model import NewToken, TokenFilter
from tollway.kernel.errors import TollwayError

HERE = Origin("::1")
SCOPES = {Permission.TOKENS_READ: Reach.TEAM}


@pytest.fixture
def plane(database, tmp_path: Path) -> ControlPlane:
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ControlPlane(Surroundings(writer, database("config", writer=False))).start()


def test_people_are_read_as_they_were_written(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    users = [plane.accounts.invite(NewUser(name, "viewer", (team.id,)), ACTOR).user for name in ("Ada", "Abe", "Zoë")]
    assert {plane.accounts.get(user.id) for user in users} == set(users)
    assert plane.account_store.find_named("zoë") == users[2]
    assert {user.name for user in plane.accounts.page(UserFilter(search="a")).items} == {"Ada", "Abe"}
    assert plane.accounts.page(UserFilter(search="%")).items == ()
    pages, after = [], None
    while True:
        page = plane.accounts.page(UserFilter(team_id=team.id), after=after, limit=2)
        pages.append(page.items)
        if (after := page.next) is None:
            break
    assert sorted(map(len, pages)) == [1, 2] and {one for page in pages for one in page} == set(users)
    assert plane.account_store.count_owners() == 0


def test_ending_access_ends_links_and_sessions(plane: ControlPlane) -> None:
    user = plane.accounts.invite(NewUser("Ada", "viewer"), ACTOR).user
    sessions = SQLSessionStore(plane.database)
    for number in range(3):
        one = Session(f"sess_{number}", bytes([number]), user.id, 1, 1, 10**18, "::1", "curl", 1)
        sessions.add_session(one, replaced_hash=None, idle_before_ns=0)
    assert sessions.find_session(b"\x01") is None, "nobody who is not active has a session that counts"
    ended = plane.accounts.delete(user.id, ACTOR)
    assert ended.sessions == 3
    assert sessions.list_sessions(user.id) == []


def test_r24_a_link_is_used_once_however_many_use_it_at_once(plane: ControlPlane, database) -> None:
    """At four consoles, each with a lock and connections of its own: the database is what they have in common."""
    consoles = [ConfigDatabase(database("config"), database("config", writer=False)) for _ in range(4)]
    sessions = SQLSessionStore(plane.database)
    user = plane.accounts.invite(NewUser("Ada", "viewer"), ACTOR).user
    with plane.database.write():
        from tollway.control.sessions.model import UserLink

        plane.account_store.replace_link(UserLink(b"link", user.id, "invite", 100))
    assert not sessions.accept_link(user, link_hash=b"link", now_ns=100)
    assert not sessions.accept_link(user, link_hash=b"other", now_ns=1)
    with ThreadPoolExecutor(8) as pool:
        stores = [SQLSessionStore(consoles[number % 4]) for number in range(50)]
        done = list(pool.map(lambda store: store.accept_link(user, link_hash=b"link", now_ns=99), stores))
    assert done.count(True) == 1


def test_memberships_are_of_a_team_and_end_with_it(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    user = plane.accounts.invite(NewUser("Ada", "viewer"), ACTOR).user
    plane.members.join(team.id, user.id, ACTOR)
    assert SQLSessionStore(plane.database).team_ids(user.id) == {team.id}
    plane.teams.delete(team.id, ACTOR)
    assert SQLSessionStore(plane.database).team_ids(user.id) == frozenset()


def test_roles_are_read_as_they_were_written(plane: ControlPlane) -> None:
    rights = {Permission.TOKENS_READ: Reach.TEAM, Permission.USAGE_READ: Reach.ALL}
    role = plane.roles.create("Support", "Looks", rights, ACTOR)
    assert plane.roles.get(role.id) == role
    changed = plane.roles.change(role.id, RoleChange(name="Help", rights={}), ACTOR)
    assert plane.roles.all()[-1] == changed
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.roles.create("HELP", "", {}, ACTOR)
    plane.roles.delete(role.id, ACTOR)


def test_a_permission_that_is_not_known_any_more_permits_nothing(plane: ControlPlane) -> None:
    role = plane.roles.create("Support", "", {Permission.TOKENS_READ: Reach.TEAM}, ACTOR)
    with plane.database.write():
        plane.database.writing().execute(text('UPDATE roles SET rights = \'{"rockets.launch": "all"}\''))
    assert plane.roles.rights_of(role.id) == {}


def test_lists_of_tokens_end_where_sight_ends(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    red, blue = plane.teams.create("red", ACTOR), plane.teams.create("blue", ACTOR)
    for team in (red, blue):
        application = plane.applications.create(NewApplication(team.name, team.id), ACTOR)
        for number in range(3):
            plane.tokens.issue(NewToken(f"{team.name}{number}", application.id), ACTOR)
    plane.tokens.issue(NewToken("own"), ACTOR)
    seen = Sight(Reach.TEAM, ACTOR.id, frozenset({red.id}))
    few = plane.tokens.page(sight=seen).items
    assert {token.name for token in few} == {"red0", "red1", "red2", "own"}
    assert (
        plane.tokens.page(TokenFilter(owner_id=ACTOR.id), sight=seen).items
        == plane.tokens.page(sight=Sight(Reach.OWN, ACTOR.id)).items
    )
    assert plane.tokens.page(sight=Sight(Reach.OWN)).items == ()
    monkeypatch.setattr("tollway.adapters.storage.tokens._MANY", 0)
    assert plane.tokens.page(sight=seen).items == few


def test_the_account_that_was_alone_becomes_the_owner(empty_place, tmp_path: Path) -> None:
    engine = empty_place("config")
    _migrate_to(engine, "0002")
    old = MetaData()
    with engine.begin() as connection:
        old.reflect(connection)
        for number in (2, 1):
            name = f"user_{number}"
            row = {"id": name, "name": name, "name_key": name, "role": "admin", "password_hash": "x"}
            connection.execute(insert(old.tables["users"]).values(created_ns=number, **row))
        for token_id, by in (("a", "user:user_1"), ("b", "local:operator")):
            row = {"id": token_id, "kind": "s", "name": "n", "name_key": "n", "state": "active", "mac": b"m"}
            row |= {"pepper_version": 1, "environment": "live", "limits": "{}", "version": 1}
            row |= {"created_ns": 1, "created_by": by, "updated_ns": 1, "updated_by": by}
            connection.execute(insert(old.tables["tokens"]).values(row))
    migrate(engine, "config", tmp_path / "backups")
    store = SQLSessionStore(ControlPlane(Surroundings(engine, empty_place("config", writer=False))).database)
    first, second = store.find_user("user_1"), store.find_user("user_2")
    assert first is not None and second is not None
    assert (first.role, first.state, first.version, first.updated_ns) == ("owner", "active", 1, 1)
    assert second.role == "admin"
    with engine.connect() as connection:
        owners = dict(connection.execute(text("SELECT id, owner_id FROM tokens")).fetchall())
    assert owners == {"a": "user_1", "b": None}


def _migrate_to(engine: Engine, revision: str) -> None:
    script = ScriptDirectory(str(TREES / "config"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS config"))
        with EnvironmentContext(
            Config(), script, fn=lambda found, _: script._upgrade_revs(revision, found)
        ) as environment:
            environment.configure(connection=connection, transactional_ddl=True)
            environment.run_migrations()


def test_service_accounts_and_their_tokens_are_seen_by_their_team(plane: ControlPlane) -> None:
    red, blue = (plane.teams.create(name, ACTOR).id for name in ("red", "blue"))
    person = plane.accounts.invite(NewUser("Ada", "developer", (red, blue)), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(person, state="active"))
    ids = {}
    for name, team in (("one", red), ("two", blue)):
        account = plane.service_accounts.create(NewServiceAccount(name, "viewer", team, person.id), ACTOR)
        issued = plane.tokens.issue(NewToken(name, owner_id=account.id, scopes=SCOPES), ACTOR)
        ids[name] = account.id, issued.token.id
        assert plane.tokens.get(issued.token.id) == issued.token
        assert plane.bearers.identify(issued.secret.reveal(), HERE).team_ids == frozenset({team})
    sight = Sight(Reach.TEAM, "user_other", frozenset({red}))
    assert [one.id for one in plane.service_accounts.page(sight=sight).items] == [ids["one"][0]]
    assert [one.id for one in plane.tokens.page(sight=sight).items] == [ids["one"][1]]
    assert plane.account_store.owned_services(person.id) == tuple(
        sorted((plane.service_accounts.get(account_id) for account_id, _ in ids.values()), key=lambda one: one.id)
    )
    assert plane.service_accounts.page(ServiceAccountFilter(search="TW")).items[0].name == "two"
    assert [one.name for one in plane.accounts.page(UserFilter()).items] == ["Ada"]
    plane.accounts.delete(person.id, ACTOR)
    assert plane.service_accounts.count_ownerless() == 2
    plane.service_accounts.delete(ids["one"][0], ACTOR)
    left = plane.service_accounts.page(ServiceAccountFilter(is_ownerless=True)).items
    assert [one.id for one in left] == [ids["two"][0]]
