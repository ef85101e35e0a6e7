"""Make, rename and delete teams."""

from collections.abc import Collection
from dataclasses import replace

from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import SETUP, Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.names import check_name
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.teams.errors import team_in_use, team_name_taken, team_not_found
from tollway.control.teams.model import DEFAULT_TEAM_ID, DEFAULT_TEAM_NAME, Team
from tollway.control.teams.ports import TeamStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import TEAM, new_id


class Teams:
    """The teams of this installation. Thread-safe."""

    def __init__(self, store: TeamStore, transactions: Transactions, trail: Trail, clock: Clock) -> None:
        self._store = store
        self._transactions = transactions
        self._trail = trail
        self._clock = clock

    def ensure_default(self) -> None:
        """Make the default team unless it exists. Called at every start."""
        if self._store.find(DEFAULT_TEAM_ID) is None:
            with self._transactions.write():
                self._store.add(self._build(DEFAULT_TEAM_ID, DEFAULT_TEAM_NAME, SETUP))

    def create(self, name: str, actor: Actor) -> Team:
        """Make a team. Raises management.invalid, management.conflict (name taken)."""
        with self._transactions.write():
            self._check_name(name, None)
            team = self._build(new_id(TEAM), name, actor)
            self._store.add(team)
            self._trail.record(actor, "team.create", Subject("team", team.id, name), None, pick(team, "name"))
            return team

    def get(self, team_id: str, sight: Sight = EVERYWHERE) -> Team:
        """Return the team. Raises management.not_found, also for one that is out of sight."""
        team = self._store.find(team_id)
        if team is None or not sight.covers(team_id=team_id):
            raise team_not_found()
        return team

    def find_named(self, name: str) -> Team | None:
        """Return the team of that name (case ignored)."""
        return self._store.find_named(name)

    def page(
        self,
        *,
        search: str | None = None,
        sight: Sight = EVERYWHERE,
        after: Position | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page[Team]:
        """Return a page of the teams in sight, newest first; `search` is the beginning of a name."""
        return self._store.page(search=search, sight=sight, after=after, limit=bound_size(limit))

    def names(self, team_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        return self._store.names(team_ids)

    def rename(self, team_id: str, name: str, actor: Actor, *, expected_version: int | None = None) -> Team:
        """Change the name. Raises management.not_found, .precondition, .invalid, .conflict."""
        with self._transactions.write():
            team = self.get(team_id, actor.sight)
            check_version(team.version, expected_version)
            if name == team.name:
                return team
            self._check_name(name, team_id)
            now = self._clock.now_ns()
            after = replace(team, name=name, updated_ns=now, updated_by=str(actor), version=team.version + 1)
            self._store.put(after)
            subject = Subject("team", team_id, name)
            self._trail.record(actor, "team.rename", subject, pick(team, "name"), pick(after, "name"))
            return after

    def delete(self, team_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete a team that owns nothing; who is in it leaves it.

        Raises management.not_found, .precondition, .conflict (in use, or the default).
        """
        with self._transactions.write():
            team = self.get(team_id, actor.sight)
            check_version(team.version, expected_version)
            if team.is_default or self._store.owns_anything(team_id):
                raise team_in_use()
            self._store.remove(team_id)
            self._trail.record(actor, "team.delete", Subject("team", team_id, team.name), pick(team, "name"))

    def _build(self, team_id: str, name: str, actor: Actor) -> Team:
        now = self._clock.now_ns()
        return Team(team_id, name, now, str(actor), now, str(actor))

    def _check_name(self, name: str, own_id: str | None) -> None:
        faults = Faults()
        check_name(name, "/name", faults)
        faults.check()
        other = self._store.find_named(name)
        if other is not None and other.id != own_id:
            raise team_name_taken()
