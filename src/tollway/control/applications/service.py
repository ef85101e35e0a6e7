"""Make, change, switch and delete applications. When a method returns, the policy store has the change."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from tollway.contract.limits import Limits
from tollway.contract.policy import State
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.applications.errors import application_in_use, application_name_taken, application_not_found
from tollway.control.applications.model import Application, ApplicationChange, NewApplication
from tollway.control.applications.ports import ApplicationStore, OwnedTokens, TeamDirectory
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.limits.ports import Deed, Edit, LimitedOwners
from tollway.control.limits.service import compile_limits, find_faults
from tollway.control.names import check_name
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.plans.assigning import NoPlans, find_plan
from tollway.control.plans.ports import PlanDirectory
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.teams.model import DEFAULT_TEAM_ID
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import APPLICATION, new_id


@dataclass(frozen=True, slots=True)
class ApplicationParts:
    """What the service is built from."""

    store: ApplicationStore
    tokens: OwnedTokens
    teams: TeamDirectory
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock
    plans: PlanDirectory = field(default_factory=NoPlans)


class Applications:
    """The applications of this installation. Thread-safe."""

    def __init__(self, parts: ApplicationParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def create(self, new: NewApplication, actor: Actor) -> Application:
        """Make an application, in the default team unless told otherwise, or in the only team the maker sees.

        Raises management.invalid (also for a team that is unknown or out of sight), .conflict (name taken).
        """
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            application_id = new_id(APPLICATION)
            draft = Application(
                id=application_id,
                name="",
                team_id=DEFAULT_TEAM_ID,
                state="active",
                limits=compile_limits(application_id, new.limits),
                created_ns=now,
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
            )
            team_id = new.team_id or _first_team(actor.sight)
            change = ApplicationChange(new.name, team_id, new.limits, new.plan_id)
            application = self._changed(draft, change, actor)
            self._store.add(application)
            self._parts.touching.touch_application(application_id)
            self._record(actor, "create", None, application)
            return application

    def get(self, application_id: str, sight: Sight = EVERYWHERE) -> Application:
        """Return the application. Raises management.not_found, also for one that is out of sight."""
        application = self._store.find(application_id)
        if application is None or not sight.covers(team_id=application.team_id):
            raise application_not_found()
        return application

    def find_named(self, name: str) -> Application | None:
        """Return the application of that name (case ignored)."""
        return self._store.find_named(name)

    def page(
        self,
        *,
        team_id: str | None = None,
        search: str | None = None,
        sight: Sight = EVERYWHERE,
        after: Position | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page[Application]:
        """Return a page of the applications in sight, newest first; `search` is the beginning of a name."""
        return self._store.page(team_id=team_id, search=search, sight=sight, after=after, limit=bound_size(limit))

    def names(self, application_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        return self._store.names(application_ids)

    def change(
        self, application_id: str, change: ApplicationChange, actor: Actor, *, expected_version: int | None = None
    ) -> Application:
        """Change what is given; a change of nothing leaves version and instants.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken).
        """
        with self._transactions.write():
            before = self._at_version(application_id, actor, expected_version)
            return self._save(before, self._changed(before, change, actor), actor, "change")

    def find_limits(self, application_id: str, sight: Sight) -> tuple[str, Limits, int]:
        """Return the application's name, its limits and its version. Raises management.not_found."""
        application = self.get(application_id, sight)
        return application.name, application.limits, application.version

    def edit_limits(self, application_id: str, edit: Edit, deed: Deed) -> tuple[Limits, int]:
        """Bring the application's limits to what `edit` returns; see LimitedOwners. Raises as `change`."""
        with self._transactions.write():
            before = self._at_version(application_id, deed.actor, deed.expected_version)
            saved = self._save(before, replace(before, limits=edit(before.limits)), deed.actor, deed.act)
            return saved.limits, saved.version

    def disable(self, application_id: str, actor: Actor, *, expected_version: int | None = None) -> Application:
        """Refuse the calls of all its tokens until it is enabled again. Idempotent. Raises management.not_found."""
        return self._switch(application_id, "disabled", actor, expected_version)

    def enable(self, application_id: str, actor: Actor, *, expected_version: int | None = None) -> Application:
        """Undo `disable`. Idempotent. Raises management.not_found."""
        return self._switch(application_id, "active", actor, expected_version)

    def delete(self, application_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete an application without live tokens; its expired tokens are revoked, so that none can come back.

        Raises management.not_found, .precondition, .conflict (live tokens).
        """
        parts = self._parts
        with self._transactions.write():
            before = self._at_version(application_id, actor, expected_version)
            now = parts.clock.now_ns()
            if live := parts.tokens.count_live(now_ns=now, application_id=application_id):
                raise application_in_use(live)
            for token_id in parts.tokens.owned_ids(application_id):
                parts.touching.touch_token(token_id)
            parts.tokens.revoke_owned(application_id, now_ns=now, by=str(actor), reason="its application was deleted")
            self._store.bury(application_id, now_ns=now, by=str(actor))
            parts.touching.touch_application(application_id)
            self._record(actor, "delete", before, None)

    def _switch(self, application_id: str, state: State, actor: Actor, expected_version: int | None) -> Application:
        with self._transactions.write():
            before = self._at_version(application_id, actor, expected_version)
            self._parts.touching.touch_application(application_id)
            act = "enable" if state == "active" else "disable"
            return self._save(before, replace(before, state=state), actor, act)

    def _at_version(self, application_id: str, actor: Actor, expected_version: int | None) -> Application:
        application = self.get(application_id, actor.sight)
        check_version(application.version, expected_version)
        return application

    def _save(self, before: Application, after: Application, actor: Actor, act: str) -> Application:
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._parts.touching.touch_application(saved.id)
        if saved.team_id != before.team_id:
            for token_id in self._parts.tokens.owned_ids(saved.id):
                self._parts.touching.touch_token(token_id)
        self._record(actor, act, before, saved)
        return saved

    def _record(self, actor: Actor, act: str, before: Application | None, after: Application | None) -> None:
        found = after or before
        assert found is not None, "something was made, changed or deleted"
        subject = Subject("application", found.id, found.name)
        facts = [
            None if one is None else pick(one, "name", "team_id", "state", "limits", "plan_id")
            for one in (before, after)
        ]
        self._parts.trail.record(actor, f"application.{act}", subject, *facts)

    def _changed(self, application: Application, change: ApplicationChange, actor: Actor) -> Application:
        faults = Faults()
        fields: dict[str, object] = {}
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.team_id is not UNSET:
            if not actor.sight.covers(team_id=change.team_id) or self._parts.teams.find(change.team_id) is None:
                faults.add("/team_id", "there is no such team")
            fields["team_id"] = change.team_id
        if change.limits is not UNSET:
            faults.extend("/limits", find_faults(change.limits))
            fields["limits"] = compile_limits(application.id, change.limits, application.limits)
        if change.plan_id is not UNSET:
            fields |= find_plan(self._parts.plans, change.plan_id, faults)
        faults.check()
        if change.name is not UNSET:
            other = self._store.find_named(change.name)
            if other is not None and other.id != application.id:
                raise application_name_taken()
        return replace(application, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in


def _first_team(sight: Sight) -> str:
    """Return the team of an application that was made without one."""
    if len(sight.team_ids) == 1 and not sight.covers(team_id=DEFAULT_TEAM_ID):
        return next(iter(sight.team_ids))
    return DEFAULT_TEAM_ID


_: type[LimitedOwners] = Applications
