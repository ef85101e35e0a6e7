"""Who is in which team. Being in a team is what a permission with the reach `team` reaches."""

from dataclasses import dataclass

from tollway.control.access.grant import check_grant, check_membership, of_management
from tollway.control.access.model import NO_RIGHTS, Sight
from tollway.control.accounts.errors import member_not_found, user_not_found
from tollway.control.accounts.model import Member
from tollway.control.accounts.ports import AccountStore, RoleDirectory, TeamDirectory
from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.paging import Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.teams.errors import team_not_found
from tollway.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class MemberParts:
    """What the service is built from."""

    store: AccountStore
    teams: TeamDirectory
    roles: RoleDirectory
    transactions: Transactions
    trail: Trail
    clock: Clock


class Members:
    """The memberships of this installation's teams. Thread-safe."""

    def __init__(self, parts: MemberParts) -> None:
        self._store = parts.store
        self._teams = parts.teams
        self._roles = parts.roles
        self._transactions = parts.transactions
        self._trail = parts.trail
        self._clock = parts.clock

    def page(self, team_id: str, sight: Sight, *, after: Position | None, limit: int) -> Page[Member]:
        """Return a page of who is in a team. Raises management.not_found, also for a team that is out of sight."""
        self._check_team(team_id, sight)
        return self._store.members(team_id, after=after, limit=bound_size(limit))

    def join(self, team_id: str, user_id: str, actor: Actor) -> bool:
        """Put a person into a team; return whether they were not in it yet. Idempotent.

        Raises management.not_found; .forbidden where the person's role would permit more there than the actor may give.
        """
        with self._transactions.write():
            self._check_team(team_id, actor.sight)
            user = self._store.find(user_id)
            if user is None or user.kind != "person" or user.state == "deleted":
                raise user_not_found()
            check_grant(of_management(NO_RIGHTS, frozenset({team_id})), actor.bound)
            is_new = not self._store.is_member(team_id, user_id)
            if is_new:
                role = self._roles.find(user.role)
                check_membership(NO_RIGHTS if role is None else role.rights, team_id, actor.sight, actor.bound)
                self._store.join(team_id, user_id, now_ns=self._clock.now_ns(), by=str(actor))
                subject = Subject("user", user.id, user.name)
                self._trail.record(actor, "member.join", subject, None, {"team_id": team_id})
            return is_new

    def leave(self, team_id: str, user_id: str, actor: Actor) -> None:
        """Take a person out of a team: at their next request they see nothing of it. Raises management.not_found."""
        with self._transactions.write():
            self._check_team(team_id, actor.sight)
            if not self._store.is_member(team_id, user_id):
                raise member_not_found()
            self._store.leave(user_id, team_id)
            user = self._store.find(user_id)
            subject = Subject("user", user_id, user.name if user else "")
            self._trail.record(actor, "member.leave", subject, {"team_id": team_id})

    def _check_team(self, team_id: str, sight: Sight) -> None:
        if not sight.covers(team_id=team_id) or self._teams.find(team_id) is None:
            raise team_not_found()
