"""Teams in the config database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import after_position, in_order, named_like, read_names, read_page
from tollway.adapters.storage.config_schema import applications, providers, services, teams
from tollway.adapters.storage.sessions_schema import members, users
from tollway.control.access.model import Reach, Sight
from tollway.control.model import Page, Position, name_key
from tollway.control.teams.model import Team
from tollway.control.teams.ports import TeamStore


class SQLTeamStore:
    """Implements TeamStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, team: Team) -> None:
        """Store a new team."""
        self._database.writing().execute(insert(teams).values(_values(team)))

    def put(self, team: Team) -> None:
        """Store a changed team."""
        self._database.writing().execute(update(teams).where(teams.c.id == team.id).values(_values(team)))

    def remove(self, team_id: str) -> None:
        """Delete the team and its memberships."""
        self._database.writing().execute(delete(members).where(members.c.team_id == team_id))
        self._database.writing().execute(delete(teams).where(teams.c.id == team_id))

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        with self._database.reading() as connection:
            row = connection.execute(select(teams).where(teams.c.id == team_id)).mappings().first()
        return _team(row) if row else None

    def find_named(self, name: str) -> Team | None:
        """Return the team of that name (case ignored)."""
        with self._database.reading() as connection:
            row = connection.execute(select(teams).where(teams.c.name_key == name_key(name))).mappings().first()
        return _team(row) if row else None

    def page(self, *, search: str | None, sight: Sight, after: Position | None, limit: int) -> Page[Team]:
        """Return the teams in sight, newest first. Sorts in memory: there are few."""
        query = named_like(in_order(select(teams), teams), teams, search)
        if sight.reach is not Reach.ALL:
            query = query.where(teams.c.id.in_(sorted(sight.team_ids)))
        if (condition := after_position(teams, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, _team, limit=limit)

    def names(self, team_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        with self._database.reading() as connection:
            return read_names(connection, teams, team_ids)

    def owns_anything(self, team_id: str) -> bool:
        """Whether anything is the team's, by applications_by_team and users_by_team; upstreams are few."""
        with self._database.reading() as connection:
            for table in (applications, services, providers):
                owned = table.c.team_id == team_id
                query = select(table.c.id).where(owned, table.c.deleted_ns.is_(None)).limit(1)
                if connection.execute(query).first() is not None:
                    return True
            query = select(users.c.id).where(users.c.team_id == team_id, users.c.state != "deleted").limit(1)
            return connection.execute(query).first() is not None


def _values(team: Team) -> dict[str, Any]:
    return {
        "id": team.id,
        "name": team.name,
        "name_key": name_key(team.name),
        "created_ns": team.created_ns,
        "created_by": team.created_by,
        "updated_ns": team.updated_ns,
        "updated_by": team.updated_by,
        "version": team.version,
    }


def _team(row: RowMapping) -> Team:
    return Team(
        id=row["id"],
        name=row["name"],
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


_: type[TeamStore] = SQLTeamStore
