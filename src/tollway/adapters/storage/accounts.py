"""People and their memberships in the config database. Deleted people stay as rows whose name is free again."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, RowMapping, and_, delete, false, func, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import HIGHEST, after_position, chunks, in_order, read_names, read_page
from tollway.adapters.storage.config_schema import teams
from tollway.adapters.storage.sessions import end_sessions, read_user, user_values
from tollway.adapters.storage.sessions_schema import members, sessions, user_links, users
from tollway.control.access.model import Reach, Sight
from tollway.control.accounts.model import Member, UserFilter
from tollway.control.accounts.ports import AccountStore
from tollway.control.model import Page, Position
from tollway.control.service_accounts.model import ServiceAccountFilter
from tollway.control.service_accounts.ports import ServiceAccountStore
from tollway.control.sessions.model import User, UserLink, canonical_name


class SQLAccountStore:
    """Implements AccountStore and ServiceAccountStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, user: User) -> None:
        """Store a new person."""
        self._database.writing().execute(insert(users).values(user_values(user)))

    def put(self, user: User) -> None:
        """Store a changed person."""
        self._database.writing().execute(update(users).where(users.c.id == user.id).values(user_values(user)))

    def find(self, user_id: str) -> User | None:
        """Return the person, also a deleted one."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).mappings().first()
        return read_user(row) if row else None

    def find_named(self, name_key: str) -> User | None:
        """Return the person with this canonical name, by the unique index on name_key."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.name_key == name_key)).mappings().first()
        return read_user(row) if row else None

    def page(self, wanted: UserFilter, *, after: Position | None, limit: int) -> Page[User]:
        """Return people, newest first, by users_by_time."""
        query = in_order(select(users), users)
        query = query.where(users.c.kind == "person")
        query = query.where(users.c.state == wanted.state if wanted.state else users.c.state != "deleted")
        if wanted.role is not None:
            query = query.where(users.c.role == wanted.role)
        if wanted.team_id is not None:
            of_team = select(members.c.user_id).where(members.c.team_id == wanted.team_id)
            query = query.where(users.c.id.in_(of_team))
        if wanted.search:
            low = canonical_name(wanted.search)
            query = query.where(and_(users.c.name_key >= low, users.c.name_key < low + HIGHEST))
        if (condition := after_position(users, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, read_user, limit=limit)

    def page_of_services(
        self, wanted: ServiceAccountFilter, *, sight: Sight, after: Position | None, limit: int
    ) -> Page[User]:
        """Return the service accounts in sight, newest first, by users_by_time."""
        query = in_order(select(users).where(users.c.kind == "service", *_of_services(wanted)), users)
        if sight.reach is not Reach.ALL:
            of_teams = users.c.team_id.in_(sorted(sight.team_ids)) if sight.reach is Reach.TEAM else false()
            query = query.where(or_(users.c.owner_id == sight.user_id, of_teams))
        if (condition := after_position(users, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, read_user, limit=limit)

    def owned_services(self, owner_id: str) -> tuple[User, ...]:
        """Return the service accounts of an owner, by users_by_owner."""
        query = select(users).where(users.c.owner_id == owner_id, users.c.state != "deleted").order_by(users.c.id)
        with self._database.reading() as connection:
            return tuple(read_user(row) for row in connection.execute(query).mappings())

    def count_ownerless(self) -> int:
        """Return how many service accounts have no owner. Reads every account: there are thousands at most."""
        query = select(func.count()).select_from(users)
        query = query.where(users.c.kind == "service", users.c.owner_id.is_(None), users.c.state != "deleted")
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        with self._database.reading() as connection:
            return read_names(connection, users, user_ids)

    def count_owners(self) -> int:
        """Return how many active people are owners. Reads every user: there are thousands at most."""
        query = (
            select(func.count())
            .select_from(users)
            .where(users.c.role == "owner", users.c.state == "active", users.c.kind == "person")
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def replace_link(self, link: UserLink) -> None:
        """Store a link and delete those of the same person."""
        connection = self._database.writing()
        connection.execute(delete(user_links).where(user_links.c.user_id == link.user_id))
        connection.execute(
            insert(user_links).values(
                secret_hash=link.secret_hash, user_id=link.user_id, purpose=link.purpose, expires_ns=link.expires_ns
            )
        )

    def end_access(self, user_id: str) -> int:
        """Delete all links and sessions of a person."""
        connection = self._database.writing()
        connection.execute(delete(user_links).where(user_links.c.user_id == user_id))
        return end_sessions(connection, user_id)

    def end_sessions(self, user_id: str, session_id: str | None = None) -> int:
        """Delete a session of a person, or all of them."""
        if session_id is None:
            return end_sessions(self._database.writing(), user_id)
        query = delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id == session_id)
        return self._database.writing().execute(query).rowcount

    def teams_of(self, user_ids: Collection[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return the teams of each person as (id, name), by name; by members_by_user."""
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        with self._database.reading() as connection:
            for chunk in chunks(user_ids):
                query = (
                    select(members.c.user_id, teams.c.id, teams.c.name)
                    .join(teams, teams.c.id == members.c.team_id)
                    .where(members.c.user_id.in_(chunk))
                    .order_by(teams.c.name_key)
                )
                for row in connection.execute(query):
                    found[row[0]].append((row[1], row[2]))
        return {user_id: tuple(its_teams) for user_id, its_teams in found.items()}

    def members(self, team_id: str, *, after: Position | None, limit: int) -> Page[Member]:
        """Return who is in a team, newest person first; reads the team's members by primary key."""
        columns = (members.c.created_ns.label("joined_ns"), members.c.created_by.label("joined_by"))
        query = select(users, *columns).join(members, members.c.user_id == users.c.id)
        query = in_order(query.where(members.c.team_id == team_id), users)
        if (condition := after_position(users, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, _member, limit=limit)

    def is_member(self, team_id: str, user_id: str) -> bool:
        """Return whether the person is in the team."""
        query = select(members.c.user_id).where(members.c.team_id == team_id, members.c.user_id == user_id)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def join(self, team_id: str, user_id: str, *, now_ns: int, by: str) -> None:
        """Put a person into a team."""
        row = {"team_id": team_id, "user_id": user_id, "created_ns": now_ns, "created_by": by}
        self._database.writing().execute(insert(members).values(row))

    def leave(self, user_id: str, team_id: str | None = None) -> None:
        """Take a person out of a team, or of all."""
        query = delete(members).where(members.c.user_id == user_id)
        self._database.writing().execute(query if team_id is None else query.where(members.c.team_id == team_id))


def _of_services(wanted: ServiceAccountFilter) -> list[ColumnElement[bool]]:
    conditions = [users.c.state == wanted.state if wanted.state else users.c.state != "deleted"]
    if wanted.team_id is not None:
        conditions.append(users.c.team_id == wanted.team_id)
    if wanted.owner_id is not None:
        conditions.append(users.c.owner_id == wanted.owner_id)
    if wanted.is_ownerless:
        conditions.append(users.c.owner_id.is_(None))
    if wanted.search:
        low = canonical_name(wanted.search)
        conditions.append(and_(users.c.name_key >= low, users.c.name_key < low + HIGHEST))
    return conditions


def _member(row: RowMapping) -> Member:
    return Member(read_user(row), row["joined_ns"], row["joined_by"])


_: type[AccountStore] = SQLAccountStore
_services: type[ServiceAccountStore] = SQLAccountStore
